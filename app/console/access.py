"""What each role of the company's staff may see and change."""

from __future__ import annotations

from collections.abc import Callable

from flask import request

from tenants.access import SignedIn

_READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_EVERYBODY = ("owner", "catalogue", "finance", "support", "viewer")

# For each room of the console: who may look, and who may change something. An owner may do all.
READ = {
    "home": _EVERYBODY,
    "products": ("owner", "catalogue", "viewer"),
    "wholesale": ("owner", "catalogue", "viewer"),
    "promotions": ("owner", "catalogue", "finance", "viewer"),
    "partners": ("owner", "finance", "viewer"),
    "orders": ("owner", "finance", "support", "viewer"),
    "cases": ("owner", "support", "viewer"),
    "refunds": ("owner", "finance", "support"),
    "money": ("owner", "finance"),
    "payouts": ("owner", "finance"),
    "settings": ("owner", "finance", "viewer"),
}
CHANGE = {
    "home": ("owner",),
    "products": ("owner", "catalogue"),
    "wholesale": ("owner", "catalogue"),
    "promotions": ("owner", "catalogue"),
    "partners": ("owner",),
    "orders": ("owner", "support"),
    "cases": ("owner", "support"),
    "refunds": ("owner", "finance", "support"),
    "money": ("owner",),
    "payouts": ("owner", "finance"),
    "settings": ("owner",),
}
ROLE_WORDS = {
    "owner": "Owner: everything",
    "catalogue": "Catalogue: products, wholesale and promotions",
    "finance": "Finance: refunds, payouts and money; reads orders, partners, promotions and settings",
    "support": "Support: orders, refunds and cases",
    "viewer": "Viewer: reads everything but money, changes nothing",
}


def may(role: str, room: str, *, change: bool = False) -> bool:
    """Whether a role may look into a room, or change something there."""
    return role in (CHANGE if change else READ)[room]


def staff(room: str) -> Callable[[SignedIn | None], bool]:
    """The rule of a room's blueprint: some may look, and fewer may send a change."""

    def rule(person: SignedIn | None) -> bool:
        changes = request.method not in _READ_METHODS
        return person is not None and may(person.role, room, change=changes)

    return rule
