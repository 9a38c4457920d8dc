"""Every page of a store in its telling states: a name, the template, and what it is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from app.store.filters import Asked, chips
from app.theme_check.account_pages import ADDRESSES, SHOPPER, account_pages
from app.theme_check.cases import case_pages, letter_pages
from app.theme_check.goods import IMAGE, forty, mug, plate, tee, usd
from app.theme_check.orders import DELIVERY, NOW, PROBLEMS, cart, order, reduced_cart
from orders.view import CartView, Quote
from payments.returns.models import REASONS, STATES
from payments.returns.reading import ReturnedLine, ReturnView
from payments.returns.units import Returnable, UnitsOfLine
from pricing.listing import ProductListing
from pricing.narrowing import Wanted, narrow
from pricing.shelves import ShelfItem, ShelfVariant
from tenants.storefront import MenuItem
from themes.registry import Theme
from themes.sections import compose


def sections(theme: Theme) -> list[Any]:
    """All sections that the theme has, filled."""
    given: dict[str, dict[str, Any]] = {
        "hero": {"heading": "Low sun", "picture": IMAGE},
        "featured": {"count": 4},
        "quote": {"source": "Someone"},
        "picture_text": {"picture": IMAGE, "label": "More", "url": "/collections/all"},
        "richtext": {"heading": "Note"},
        "gallery": {"heading": "Seen", **{f"picture_{number}": IMAGE for number in range(1, 6)}},
        "questions": {"question_2": "And then?", "answer_2": "<p>Then it is over.</p>"},
    }
    ordered = [*given, *(name for name in theme.sections if name not in given)]
    made = compose(theme, [{"type": name, "settings": given.get(name, {})} for name in ordered])
    menu = (MenuItem("all", "Shop", 24), MenuItem("mugs", "Mugs", 1))
    return [
        SimpleNamespace(
            type=each.type,
            settings=each.settings,
            products=[tee(), mug(), plate(), forty()],
            collections=menu,
            ends=NOW + timedelta(days=3),
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


def pages(theme: Theme) -> dict[str, tuple[str, dict[str, Any]]]:
    """Name, then template and context."""
    collection = SimpleNamespace(handle="all", title="Everything", description="<p>All of it</p>")
    listed = listing([tee(), mug(), plate()], 60) | {"collection": collection}
    nothing = {"read_as": "", "near": (), "collections": (), "many": False}
    bought = {"returns_days": 30, "delivery": DELIVERY}
    checkout = {"countries": [("US", "United States"), ("DE", "Germany")], "cart": cart()}
    quote = Quote(usd(9600), usd(490), usd(100), usd(10190), True)
    bag = {"free_from": None, "to_free": None, "removed": None, "refused": None, "typed": None}
    undo = SimpleNamespace(variant_id=UUID(int=3), quantity=1, title="Mug")
    known: dict[str, tuple[str, dict[str, Any]]] = {
        "home": ("home.html", {"sections": sections(theme)}),
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
    for product in (tee(), mug(), plate(), forty()):
        for one in product.variants[:3]:
            known[f"{product.handle} {one.sku}"] = (
                "product.html",
                {"product": product, "selected": one, "related": [mug()], **bought},
            )
    offer = {"shopper": None, "keepable": False, "shortest": 10, "token": "x"}
    signed_in = {"shopper": SHOPPER, "keepable": True}
    known["confirmation signed in"] = (
        "confirmation.html",
        {"order": order("paid"), "tracking_url": "/order/x", **offer, **signed_in},
    )
    known["checkout signed in"] = (
        "checkout.html",
        {
            **checkout, "form": {}, "errors": {}, "delivery_options": DELIVERY, "quote": quote,
            "shopper": SHOPPER, "kept": ADDRESSES,
        },
    )  # fmt: skip
    erased = replace(order("paid"), email="", address={"country": "US"}, erased_at=NOW)
    known["order erased"] = ("order.html", {"order": erased, "tracking_url": "/order/x"})
    known |= account_pages()
    for state in ("paid", "awaiting", "failed"):
        known[f"confirmation {state}"] = (
            "confirmation.html",
            {"order": order(state), "tracking_url": "/order/x", **offer},
        )
        known[f"order {state}"] = ("order.html", {"order": order(state), "tracking_url": "/order/x"})
    known |= return_pages() | letter_pages() | case_pages()
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
