"""Sample records for the pages of a store, and a small application that has the endpoints they name."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask
from flask_babel import Babel

from app.store.filters import Asked, chips
from catalog.pictures import PictureRef
from kit.money import Money
from orders.view import (
    CartDiscount,
    CartLine,
    CartView,
    CodeProblem,
    DeliveryOption,
    OrderDiscountView,
    OrderLineView,
    OrderView,
    Quote,
    ShipmentView,
    TimelineEntry,
)
from payments.returns.models import REASONS, STATES
from payments.returns.reading import ReturnedLine, ReturnView
from payments.returns.units import Returnable, UnitsOfLine
from pricing.listing import ProductListing, VariantListing
from pricing.narrowing import Wanted, narrow
from pricing.shelves import ShelfItem, ShelfVariant
from tenants.storefront import MenuItem, Storefront
from themes.registry import installed
from themes.sections import compose

NOW = datetime(2026, 11, 20, 9, 14, tzinfo=UTC)
PICTURE = PictureRef("a" * 64, 960, 1200, 'A "tee" & more', (320, 640, 960))
IMAGE = {"key": "b" * 64, "width": 1600, "height": 1160, "alt": "A table", "sizes": [320, 640]}
ENDPOINTS = {
    "return_goods": "/order/<token>/return",
    "withdraw_from": "/order/<token>/withdraw",
    "keep_goods": "/order/<token>/returns/<return_id>/cancel",
    "home": "/",
    "collection": "/collections/<handle>",
    "product": "/products/<handle>",
    "search": "/search",
    "suggestions": "/search/suggestions",
    "cart": "/cart",
    "cart_add": "/cart/add",
    "cart_code": "/cart/code",
    "cart_update": "/cart/update",
    "cart_confirm": "/cart/confirm",
    "checkout": "/checkout",
    "confirmation": "/thanks/<token>",
    "order": "/order/<token>",
    "policy": "/policies/<slug>",
}


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def application() -> Flask:
    app = Flask(__name__)
    Babel(app)
    pages = Blueprint("store", __name__)
    for name, rule in ENDPOINTS.items():
        pages.add_url_rule(rule, name, lambda **_: "", methods=["GET", "POST"])
    app.register_blueprint(pages)
    return app


PRESETS = {
    "reading-room": "aurora@1",
    "kitchen": "aurora@1",
    "broadcast": "market@1",
    "depot": "market@1",
}


def storefront(preset: str = "reading-room", **given: Any) -> Storefront:
    settings = installed().theme(PRESETS[preset]).preset(preset).settings
    values: dict[str, Any] = {
        "partner_id": UUID(int=1),
        "store_id": UUID(int=2),
        "slug": "hollin",
        "name": "Hollin & <Wren>",
        "tagline": "A reading room",
        "state": "live",
        "currency": "USD",
        "country": "US",
        "locale": "en_US",
        "tax_inclusive": False,
        "support_email": "help@hollin.example",
        "company_name": "Northlight Goods",
        "theme": PRESETS[preset],
        "settings": {**settings, "announcement": "Free delivery this week"},
        "pages": {},
        "menu": (MenuItem("all", "Shop", 24), MenuItem("mugs", "Mugs", 1)),
        "host": "hollin.localhost",
        "returns_days": 30,
    }
    return Storefront(**{**values, **given})


def variant(number: int, *options: str, available: bool = True, left: int | None = None) -> VariantListing:
    price = usd(3600) if available or options else None
    return VariantListing(
        UUID(int=number), f"TEE-{number}", options, price, usd(4000), None, available, left, PICTURE
    )


def tee() -> ProductListing:
    variants = (
        variant(1, "Rose", "S", left=2),
        variant(2, "Rose", "M", available=False, left=0),
        variant(3, "Ink", "S", available=False, left=0),
        variant(4, "Ink", "M", available=False, left=0),
        variant(5, "Oat", "M"),
    )
    return ProductListing(
        UUID(int=50),
        "tee",
        "Far Hills tee",
        "Heavy cotton",
        "<p>Printed by hand.</p>",
        "Northlight",
        "Shirts",
        ("Colour", "Size"),
        {"Rose": "#dba9a4", "Ink": "#242b39", "Oat": "#ebe4d4"},
        (PICTURE, PictureRef("c" * 64, 200, 250, "", ())),
        variants,
    )


def plate() -> ProductListing:
    """A product with nothing but a name: no picture, no options, nothing to sell."""
    only = VariantListing(UUID(int=9), "PLATE", (), None, None, None, False, 0, None)
    return ProductListing(UUID(int=51), "plate", "Plate", "", "", "", "", (), {}, (), (only,))


def mug() -> ProductListing:
    only = VariantListing(UUID(int=10), "MUG", (), usd(2400), None, None, True, None, PICTURE)
    return ProductListing(UUID(int=52), "mug", "Mug", "350 ml", "", "", "", (), {}, (PICTURE,), (only,))


def cart(*, changed: bool = False) -> CartView:
    problem = "This is sold out." if changed else ""
    lines = (
        CartLine(
            UUID(int=1), "tee", "Far Hills tee", "Rose, S", PICTURE, 2, usd(3600), None, usd(7200), 2, ""
        ),
        CartLine(
            UUID(int=10),
            "mug",
            "Mug",
            "",
            None,
            1,
            usd(2400),
            usd(2000) if changed else None,
            usd(2400),
            None,
            problem,
        ),
    )
    return CartView(UUID(int=7), lines, usd(9600))


COUPON = CartDiscount("partner", UUID(int=8), "SPRING", "SPRING", usd(900), usd(960), (900, 0))
PROMOTION = CartDiscount("company", UUID(int=9), "Spring at <Hollin>", "", usd(500), usd(500), (300, 200))
PROBLEMS = (
    CodeProblem("SPRING", "unknown"),
    CodeProblem("SPRING", "not_begun", moment=NOW),
    CodeProblem("SPRING", "ended", moment=NOW),
    CodeProblem("SPRING", "used_up"),
    CodeProblem("SPRING", "used_by_customer", times=2),
    CodeProblem("SPRING", "not_for_these"),
    CodeProblem("SPRING", "too_small", amount=usd(400)),
    CodeProblem("SPRING", "lowest"),
    CodeProblem("SPRING", "better_offer"),
)


def reduced_cart() -> CartView:
    return replace(cart(), code="SPRING", discounts=(COUPON, PROMOTION))


DELIVERY = (
    DeliveryOption(UUID(int=11), "Standard", usd(490), usd(6000), (2, 4)),
    DeliveryOption(UUID(int=12), "Collect", usd(0), None, (1, 1)),
)


def order(payment: str = "paid", fulfilment: str = "shipped") -> OrderView:
    line = OrderLineView(
        "Tee",
        "Rose",
        "T",
        PICTURE,
        2,
        0,
        usd(3600),
        usd(7200),
        usd(7200),
        usd(0),
        usd(1),
        usd(1),
        usd(0),
        usd(0),
    )
    address = {
        "name": "A Buyer",
        "line1": "12 Pine Street",
        "city": "Portland",
        "postcode": "97205",
        "country": "US",
    }
    return OrderView(
        UUID(int=1),
        UUID(int=77),
        UUID(int=2),
        1042,
        NOW,
        NOW,
        payment,
        fulfilment,
        "buyer@example.org",
        address,
        "Standard",
        usd(7200),
        usd(0),
        usd(576),
        usd(7776),
        False,
        usd(900),
        None,
        (line,),
        (
            TimelineEntry(NOW, "placed", "Order placed"),
            TimelineEntry(NOW + timedelta(hours=1), "paid", "Paid"),
        ),
        (ShipmentView("UPS", "1Z9", "https://example.org/t", NOW),),
        (
            OrderDiscountView("partner", UUID(int=8), "SPRING", "SPRING", usd(300), usd(300)),
            OrderDiscountView("company", UUID(int=9), "Spring at <Hollin>", "", usd(100), usd(100)),
        ),
    )


def sections() -> list[Any]:
    page = [
        {"type": "hero", "settings": {"heading": "Low sun", "picture": IMAGE}},
        {"type": "featured", "settings": {"count": 3}},
        {"type": "quote", "settings": {"source": "Someone"}},
        {"type": "picture_text", "settings": {"picture": IMAGE, "label": "More", "url": "/collections/all"}},
        {"type": "collections", "settings": {}},
        {"type": "richtext", "settings": {"heading": "Note"}},
        {"type": "facts", "settings": {}},
    ]
    made = compose(installed().theme("aurora"), page)
    assert not made.problems
    menu = storefront().menu
    return [
        SimpleNamespace(
            type=each.type, settings=each.settings, products=[tee(), mug(), plate()], collections=menu
        )
        for each in made.sections
    ]


ASKED = Asked(
    Wanted({"colour": frozenset({"oat"})}, in_stock=True), low=500, high=9000, sort="price", shown=48
)


def listing(products: list[ProductListing], total: int, asked: Asked = ASKED) -> dict[str, Any]:
    """What every list's page is given."""
    items = tuple(
        ShelfItem(
            each.product_id,
            each.title,
            each.option_names,
            each.swatches,
            tuple(ShelfVariant(variant.options, variant.available) for variant in each.variants),
        )
        for each in (tee(), mug(), plate())
    )
    narrowed = narrow(items, asked.wanted)
    return {
        "products": products,
        "total": total,
        "facets": narrowed.facets,
        "in_stock_count": narrowed.in_stock,
        "sold_out": True,
        "asked": asked,
        "typed": dict(asked.pairs()),
        "chips": chips("/collections/all", asked, narrowed.facets, {}, currency="USD"),
        "sorts": ("featured", "newest", "price", "-price", "title"),
        "before": {"q": '"><script>'},
        "list_url": "/collections/all",
        "clear_url": "/collections/all?sort=price",
        "next_url": "?shown=48#more" if total > len(products) else None,
    }


def pages() -> dict[str, tuple[str, dict[str, Any]]]:
    """Every page in its telling states: name, then template and context."""
    collection = SimpleNamespace(handle="all", title="Everything", description="<p>All of it</p>")
    listed = listing([tee(), mug(), plate()], 60) | {"collection": collection}
    nothing = {"read_as": "", "near": (), "collections": (), "many": False}
    bought = {"returns_days": 30, "delivery": DELIVERY}
    checkout = {"countries": [("US", "United States"), ("DE", "Germany")], "cart": cart()}
    quote = Quote(usd(9600), usd(490), usd(100), usd(10190), True)
    bag = {"free_from": None, "to_free": None, "removed": None, "refused": None, "typed": None}
    undo = SimpleNamespace(variant_id=UUID(int=3), quantity=1, title="Mug")
    known: dict[str, tuple[str, dict[str, Any]]] = {
        "home": ("home.html", {"sections": sections()}),
        "empty home": ("home.html", {"sections": []}),
        "collection": ("collection.html", listed),
        "empty collection": (
            "collection.html",
            {**listing([], 0), "collection": collection},
        ),
        "search": (
            "search.html",
            {**listing([mug()], 1), **nothing, "query": "<mug>", "read_as": "mug"},
        ),
        "nothing found": (
            "search.html",
            {**listing([], 0, Asked()), **nothing, "query": "zzz", "read_as": "mug", "near": (mug(),)},
        ),
        "cart": (
            "cart.html",
            {**bag, "cart": cart(), "free_from": usd(12000), "to_free": usd(2400)},
        ),
        "changed cart": (
            "cart.html",
            {**bag, "cart": cart(changed=True), "free_from": usd(6000), "removed": undo},
        ),
        "empty cart": (
            "cart.html",
            {**bag, "cart": CartView(None, (), usd(0))},
        ),
        "reduced cart": ("cart.html", {**bag, "cart": reduced_cart()}),
        "reduced checkout": (
            "checkout.html",
            {
                **checkout,
                "cart": reduced_cart(),
                "form": {},
                "errors": {},
                "delivery_options": DELIVERY,
                "quote": quote,
            },
        ),
        "checkout": (
            "checkout.html",
            {**checkout, "form": {}, "errors": {}, "delivery_options": DELIVERY, "quote": quote},
        ),
        "refused checkout": (
            "checkout.html",
            {
                **checkout,
                "form": {"email": '"><script>', "country": "DE", "rate_id": str(DELIVERY[1].rate_id)},
                "errors": {"email": "Write an address.", "rate_id": "Choose one.", "": "Try again."},
                "delivery_options": (),
                "quote": None,
            },
        ),
        "not found": (
            "message.html",
            {"status": 404, "heading": "Not here.", "body": "It moved.", "action": ("Home", "/")},
        ),
        "paused": ("message.html", {"status": 503, "heading": "Closed.", "body": "Soon.", "action": None}),
    }
    for problem in PROBLEMS:
        lost = replace(cart(), code="SPRING", problem=problem)
        refused = SimpleNamespace(typed='"><script>', problem=problem, sentence="")
        known[f"code {problem.reason}"] = ("cart.html", {**bag, "cart": cart(), "refused": refused})
        known[f"lost {problem.reason}"] = (
            "cart.html",
            {**bag, "cart": lost, "typed": {"email": '"><script>'}},
        )
    for product in (tee(), mug(), plate()):
        for one in product.variants[:3]:
            known[f"{product.handle} {one.sku}"] = (
                "product.html",
                {"product": product, "selected": one, "related": [mug()], **bought},
            )
    for state in ("paid", "awaiting", "failed"):
        known[f"confirmation {state}"] = (
            "confirmation.html",
            {"order": order(state), "tracking_url": "/order/x"},
        )
        known[f"order {state}"] = ("order.html", {"order": order(state), "tracking_url": "/order/x"})
    known |= return_pages()
    for slug in ("delivery", "returns", "privacy", "terms", "contact"):
        known[slug] = ("policy.html", {"slug": slug, **bought})
    return known


def return_pages() -> dict[str, tuple[str, dict[str, Any]]]:
    """What comes back of an order: asking for it, and each of its states on the order's page."""
    line_id = UUID(int=21)
    last = (NOW + timedelta(days=30)).date()
    line = UnitsOfLine(line_id, UUID(int=3), "Mug <Oat>", None, 3, 1, 2)
    sent = Returnable(False, last, "", (line,))
    shared = {
        "order": order("paid"), "token": "x", "order_url": "/order/x", "here_url": "/order/x/return",
        "gives_back": None, "reasons": REASONS, "form": {}, "errors": {},
    }  # fmt: skip
    refused = {
        "form": {"note": "</textarea><b>", f"units-{line_id}": '"><script>'},
        "errors": {
            f"units-{line_id}": "Less.",
            f"reason-{line_id}": "Why?",
            "note": "Shorter.",
            "units": "?",
        },
    }
    known: dict[str, tuple[str, dict[str, Any]]] = {
        "return": ("return.html", {**shared, "kind": "return", "found": sent}),
        "refused return": ("return.html", {**shared, **refused, "kind": "return", "found": sent}),
        "withdrawal": ("return.html", {**shared, "kind": "withdrawal", "found": sent}),
        "unsent withdrawal": (
            "return.html",
            {
                **shared,
                "kind": "withdrawal",
                "found": replace(sent, unsent=True, last_day=None),
                "gives_back": usd(2000),
            },
        ),
    }
    for problem in ("over", "nothing", "disputed", "unpaid"):
        found = replace(sent, problem=problem)
        known[f"return {problem}"] = ("return.html", {**shared, "kind": "return", "found": found})
        known[f"order {problem}"] = ("order.html", {**_order_with(found), "returns": []})
    back = ReturnView(
        UUID(int=1), UUID(int=22), UUID(int=2), 1042, "Hollin", "Hollin", "return", "requested", "<b>", NOW,
        None, None, "It was <used>", NOW, None, None, None, "succeeded", usd(100),
        (ReturnedLine(line_id, "Mug <Oat>", 2, "other", 1, True),),
    )  # fmt: skip
    for state in STATES:
        known[f"order with a return {state}"] = (
            "order.html",
            {**_order_with(sent), "returns": [replace(back, state=state), replace(back, kind="withdrawal")]},
        )
    return known


def _order_with(found: Returnable) -> dict[str, Any]:
    return {
        "order": order("paid"),
        "tracking_url": "/order/x",
        "token": "x",
        "returnable": found,
        "instructions": "4 Quay <Road>",
    }
