"""What others read of a store: search engines, phones, price comparisons, and whoever shares its address."""

from __future__ import annotations

import json
import re
from xml.sax.saxutils import escape

from flask import Response, abort
from werkzeug.wrappers import Response as AnyResponse

from app.edge import services
from app.store.blueprint import store
from app.store.browse import store_listings
from app.store.visit import primary_url, visit
from kit.money import Money
from pricing.listing import ProductListing, VariantListing
from pricing.reading import EVERYTHING
from storage.objects import ObjectMissing
from themes.brand import ICON_SIZES, brand_hash, card, drawable, icon
from themes.registry import installed
from themes.tokens import look

_XML = '<?xml version="1.0" encoding="UTF-8"?>'
_TAGS = re.compile(r"<[^>]+>")
_FOREVER = "public, max-age=31536000, immutable"
_BRIEFLY = "public, max-age=300"
_LONGEST = 5000


@store.get("/robots.txt")
def robots() -> AnyResponse:
    if visit().store.state != "live":
        return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")
    closed = "".join(
        f"Disallow: {path}\n"
        for path in ("/account", "/cart", "/checkout", "/find-order", "/order/", "/search")
    )
    text = f"User-agent: *\n{closed}Sitemap: {primary_url('/sitemap.xml')}\n"
    return Response(text, mimetype="text/plain")


@store.get("/sitemap.xml")
def sitemap() -> AnyResponse:
    if visit().store.state != "live":
        abort(404)
    paths = ["/", *(f"/collections/{item.handle}" for item in visit().store.menu)]
    paths += [f"/products/{item.handle}" for item in store_listings(selection=EVERYTHING).products]
    urls = "".join(f"<url><loc>{primary_url(path)}</loc></url>" for path in paths)
    opening = f'{_XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
    return Response(f"{opening}{urls}</urlset>", mimetype="application/xml")


@store.get("/feed.xml")
def feed() -> AnyResponse:
    """Every variant that is sold here, in the form that shopping searches read (RSS 2.0 with Google's
    product fields)."""
    here = visit().store
    if here.state != "live":
        abort(404)
    items = "".join(
        _item(product, variant, variant.price)
        for product in store_listings(selection=EVERYTHING, with_description=True).products
        for variant in product.variants
        if variant.price is not None
    )
    channel = f"<title>{escape(here.name)}</title><link>{primary_url('/')}</link>"
    channel += f"<description>{escape(here.tagline or here.name)}</description>"
    opening = f'{_XML}<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel>'
    return Response(f"{opening}{channel}{items}</channel></rss>", mimetype="application/xml")


def _item(product: ProductListing, variant: VariantListing, price: Money) -> str:
    several = len(product.variants) > 1
    address = f"/products/{product.handle}" + (f"?variant={variant.sku}" if several else "")
    told = " ".join(_TAGS.sub(" ", product.description).split()) or product.summary or product.title
    picture = variant.picture or next(iter(product.pictures), None)
    title = f"{product.title}, {variant.title}" if variant.title else product.title
    fields = {
        "g:id": variant.sku,
        "g:title": title[:150],
        "g:description": told[:_LONGEST],
        "g:link": primary_url(address),
        "g:image_link": primary_url(f"/_img/{picture.key}.webp") if picture else "",
        "g:availability": "in_stock" if variant.available else "out_of_stock",
        "g:price": _amount(variant.compare_at or price),
        "g:sale_price": _amount(price) if variant.compare_at else "",
        "g:brand": product.vendor or visit().store.name,
        "g:condition": "new",
        "g:item_group_id": product.handle if several else "",
        "g:product_type": product.kind,
        # Goods of the company's own making have no number of the trade.
        "g:identifier_exists": "no",
    }
    return f"<item>{''.join(f'<{k}>{escape(v)}</{k}>' for k, v in fields.items() if v)}</item>"


def _amount(price: Money) -> str:
    return f"{price.decimal} {price.currency}"


@store.get("/manifest.webmanifest")
def manifest() -> AnyResponse:
    """What a phone needs to put the store among its apps."""
    here = visit().store
    shown = look(here.theme, here.settings)
    digest = brand_hash(shown, name=here.name, tagline=here.tagline)
    about = {
        "name": here.name,
        "short_name": here.name[:24],
        "description": here.tagline or here.name,
        "start_url": "/",
        "display": "browser",
        "lang": here.locale.replace("_", "-"),
        "background_color": shown.tokens["paper"],
        "theme_color": shown.tokens["paper"],
        "icons": [
            {"src": f"/_brand/{digest}/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"}
            for size in ICON_SIZES[2:]
        ],
    }
    return Response(json.dumps(about, ensure_ascii=False), mimetype="application/manifest+json")


@store.get("/_brand/<digest>/<name>.png")
def brand_picture(digest: str, name: str) -> AnyResponse:
    """An icon or the card, drawn when it is first asked for and kept. An older look's address gives the
    store's present one, which nobody keeps for long."""
    here = visit().store
    if name not in _names(here.name):
        abort(404)
    shown = look(here.theme, here.settings)
    now = brand_hash(shown, name=here.name, tagline=here.tagline)
    objects, kept = services().objects, f"brand/{here.store_id.hex}-{now}-{name}.png"
    try:
        picture = objects.get(kept)
    except ObjectMissing:
        if name == "card":
            picture = card(shown, name=here.name, tagline=here.tagline, registry=installed())
        else:
            size = int(name.removeprefix("icon-"))
            picture = icon(shown, name=here.name, logo=_logo(shown.settings), size=size, registry=installed())
        objects.put(kept, picture, "image/png")
    response = Response(picture, mimetype="image/png")
    response.headers["Cache-Control"] = _FOREVER if digest == now else _BRIEFLY
    return response


def _names(store_name: str) -> list[str]:
    """The pictures that there are of a store."""
    cards = ["card"] if drawable(store_name) else []
    return [*cards, *(f"icon-{size}" for size in ICON_SIZES)]


def _logo(settings: dict[str, object]) -> bytes | None:
    logo = settings.get("logo")
    if not isinstance(logo, dict):
        return None
    try:
        return services().objects.get(f"pictures/{logo['key']}.webp")
    except ObjectMissing:
        return None
