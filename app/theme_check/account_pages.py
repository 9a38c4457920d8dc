"""Pages of shoppers' accounts in their telling states: a name, the template, and what it is given."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from app.theme_check.goods import PICTURE, usd
from app.theme_check.orders import NOW
from orders.accounts.addresses import KeptAddress
from orders.accounts.orders import AccountOrder
from orders.accounts.reordering import Reordered
from orders.accounts.signing import Shopper
from payments.personal.due import KeptOrder
from payments.personal.erasing import Erased

SHOPPER = Shopper(
    UUID(int=1), UUID(int=2), UUID(int=31), UUID(int=32), "buyer@example.org", "A <Buyer>", True, None, b""
)
UNPROVEN = replace(SHOPPER, proven=False, order_id=UUID(int=77))
_PARTS = {
    "name": "A <Buyer>", "line1": "12 Pine Street with a name that is far too long for one line of a phone",
    "line2": "", "city": "Portland", "region": "OR", "postcode": "97205", "country": "US", "phone": "",
}  # fmt: skip
ADDRESSES = (KeptAddress(UUID(int=41), _PARTS, True), KeptAddress(UUID(int=42), _PARTS, False))
_ORDER = AccountOrder(
    UUID(int=77), 1042, NOW, "paid", "shipped", usd(7776), 5, 4, ("Tee", "Mug <b>", "Plate"), PICTURE
)
_WAITS = ("payment", "delivery", "return", "refund", "dispute", "hold", "")
ERASED = Erased(
    (KeptOrder(UUID(int=51), 1041, NOW, "", NOW),),
    tuple(
        KeptOrder(
            UUID(int=52 + at), 1042 + at, NOW, waits, NOW + timedelta(days=900) if at % 2 == 0 else None
        )
        for at, waits in enumerate(_WAITS)
    ),
)
_TYPED = '"><script>'


def account_pages() -> dict[str, tuple[str, dict[str, Any]]]:
    """Name, then template and context."""
    nobody: dict[str, Any] = {"errors": {}, "form": {}, "shopper": None, "shortest": 10, "token": "x"}
    mine = nobody | {"shopper": SHOPPER}
    wrong = {"form": {"email": _TYPED, "number": _TYPED}, "errors": {"email": "No.", "number": "No."}}
    email = {"email": "buyer@example.org"}
    listed = {
        "orders": [_ORDER, replace(_ORDER, payment="refunded", picture=None, lines=1, titles=("Tee",))],
        "tokens": {_ORDER.order_id: "x"}, "page_no": 2, "more": True, "again": None,
    }  # fmt: skip
    again = Reordered(3, ("Mug <Oat>",), (("Plate", 1),))
    countries = [("US", "United States"), ("DE", "Germany")]
    data = {**mine, **email, "proven": True, "erased": ERASED, "months": 120, "token": ""}
    known: dict[str, tuple[str, dict[str, Any]]] = {
        "sign in": ("sign_in.html", {**nobody, "next": "/account"}),
        "refused sign in": ("sign_in.html", {**nobody, **wrong, "next": "/checkout"}),
        "new account": ("new.html", nobody),
        "refused account": ("new.html", {**nobody, **wrong, "errors": {"password": "Longer."}}),
        "refused account from an order": (
            "from_order.html",
            {**nobody, **email, "errors": {"password": "Longer."}},
        ),
        "mail sent": ("sent.html", {**nobody, "email": _TYPED}),
        "confirm": ("confirm.html", {**nobody, **email, "purpose": "prove", "needs_password": False}),
        "confirm elsewhere": (
            "confirm.html",
            {**nobody, **email, "purpose": "register", "needs_password": True, "errors": {"password": "No."}},
        ),
        "forgotten": ("forgotten.html", {**nobody, **wrong}),
        "reset": ("reset.html", {**nobody, **email}),
        "link over": ("spent.html", {**nobody, "sentence": "It was used."}),
        "account": ("orders.html", {**mine, **listed}),
        "bought again": ("orders.html", {**mine, **listed, "again": again}),
        "nothing to buy again": (
            "orders.html",
            {**mine, **listed, "again": Reordered(0, ("Mug",), ())},
        ),
        "unproven account": (
            "orders.html",
            {**mine, **listed, "shopper": UNPROVEN, "page_no": 1, "more": False},
        ),
        "empty account": ("orders.html", {**mine, **listed, "orders": []}),
        "addresses": ("addresses.html", {**mine, "addresses": ADDRESSES}),
        "no addresses": ("addresses.html", {**mine, "addresses": ()}),
        "new address": ("address.html", {**mine, "countries": countries, "address_id": None}),
        "refused address": (
            "address.html",
            {
                **mine, "countries": countries, "address_id": UUID(int=41),
                "form": {**_PARTS, "name": _TYPED},
                "errors": {"name": "Who?", "country": "No.", "postcode": "No.", "city": "No."},
            },
        ),
        "signing in": ("sign_in_data.html", {**mine, "act": "", "done": True}),
        "refused password": (
            "sign_in_data.html",
            {**mine, "act": "password", "done": False, "errors": {"now": "No.", "password": "Longer."}},
        ),
        "refused e-mail": (
            "sign_in_data.html",
            {**mine, **wrong, "act": "email", "done": False, "errors": {"now": "No.", "email": "No."}},
        ),
        "my data": ("data.html", data),
        "refused deletion": ("data.html", {**data, "errors": {"now": "No."}}),
        "data of an unproven account": (
            "data.html",
            {**data, "shopper": UNPROVEN, "proven": False, "erased": Erased((), ())},
        ),
        "data by link": ("data.html", {**data, "shopper": None, "token": "x"}),
        "ask for data": ("ask_data.html", {**nobody, **wrong, "errors": {"email": "No."}}),
        "erased": (
            "erased.html",
            {**nobody, "erased": ERASED, "months": 0, "account_only": False},
        ),
        "account erased": (
            "erased.html",
            {**nobody, "erased": Erased((), ()), "months": 0, "account_only": True},
        ),
        "find order": ("find_order.html", nobody),
        "refused find order": ("find_order.html", {**nobody, **wrong}),
        "find order sent": ("find_order_sent.html", {**nobody, "email": _TYPED, "number": 1042}),
    }  # fmt: skip
    return {name: (f"templates/account/{template}", given) for name, (template, given) in known.items()}
