"""What search engines read: a product and its place, as schema.org data."""

from __future__ import annotations

import json
import re
from typing import Any

from markupsafe import Markup

from pricing.listing import ProductListing, VariantListing

_TAGS = re.compile(r"<[^>]+>")


def product_data(product: ProductListing, url: str, base_url: str, brand: str) -> Markup:
    """Return a ProductGroup with its variants, or a Product where there is only one variant."""
    offers = [_variant(product, variant, url) for variant in product.variants if variant.price is not None]
    about: dict[str, Any] = {
        "@context": "https://schema.org",
        "name": product.title,
        "description": _TAGS.sub(" ", product.description).strip()[:600] or product.summary,
        "url": url,
        "brand": {"@type": "Brand", "name": brand},
        "image": [f"{base_url}/_img/{picture.key}.webp" for picture in product.pictures[:4]],
    }
    if len(offers) == 1:
        return _block({**about, "@type": "Product", "sku": offers[0]["sku"], "offers": offers[0]["offers"]})
    group = {"@type": "ProductGroup", "productGroupID": product.handle, "hasVariant": offers}
    return _block({**about, **group, "variesBy": list(product.option_names)})


def breadcrumb_data(steps: list[tuple[str, str]]) -> Markup:
    """Return where a page stands, from the outermost step (name, address) inwards."""
    items = [
        {"@type": "ListItem", "position": position, "name": name, "item": url}
        for position, (name, url) in enumerate(steps, 1)
    ]
    return _block({"@context": "https://schema.org", "@type": "BreadcrumbList", "itemListElement": items})


def _variant(product: ProductListing, variant: VariantListing, url: str) -> dict[str, Any]:
    assert variant.price is not None
    stock = "InStock" if variant.available else "OutOfStock"
    return {
        "@type": "Product",
        "name": f"{product.title}, {variant.title}" if variant.title else product.title,
        "sku": variant.sku,
        "offers": {
            "@type": "Offer",
            "url": f"{url}?variant={variant.sku}",
            "price": str(variant.price.decimal),
            "priceCurrency": variant.price.currency,
            "availability": f"https://schema.org/{stock}",
        },
    }


def _block(data: dict[str, Any]) -> Markup:
    # With "<" escaped, no value can end the element that it stands in.
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return Markup(f'<script type="application/ld+json">{text}</script>')  # noqa: S704
