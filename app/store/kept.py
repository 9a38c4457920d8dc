"""What a store's process keeps in memory: rendered pages, and the goods that were read for them.

A thing stands only for the revision that the host's entry carries at this very request, and only until the
next moment at which a price changes by the calendar: nothing stale is ever shown. What differs from
shopper to shopper (the token of forms, the number in the bag) is put into places that a page keeps free.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Generic, TypeVar

from app.store.rendering import BAG_PLACEHOLDER, CSRF_PLACEHOLDER
from pricing.listing import Listings
from pricing.narrowing import Narrowed, Wanted, narrow, values_of
from pricing.shelves import Shelf

Thing = TypeVar("Thing")
# One thing may take this part of the room at most, so that a catalogue's feed does not empty it.
_LARGEST = 8


@dataclass(frozen=True, slots=True)
class _Entry(Generic[Thing]):
    revision: tuple[int, int]
    good_until: datetime | None
    thing: Thing
    weight: int


class Kept(Generic[Thing]):
    """Things of one kind, the least recently used dropped where together they weigh more than ``limit``."""

    def __init__(self, limit: int, weigh: Callable[[Thing], int]) -> None:
        self._limit = limit
        self._weigh = weigh
        self._weight = 0
        self._entries: OrderedDict[Hashable, _Entry[Thing]] = OrderedDict()
        self._lock = Lock()

    def __iter__(self) -> Iterator[Hashable]:
        """The keys of what is kept, which may be stale."""
        with self._lock:
            return iter(tuple(self._entries))

    def get(self, key: Hashable, *, revision: tuple[int, int], now: datetime) -> Thing | None:
        """What was kept under a key, where it still stands."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or entry.revision != revision:
                return None
            if entry.good_until is not None and entry.good_until <= now:
                return None
            self._entries.move_to_end(key)
            return entry.thing

    def put(
        self, key: Hashable, thing: Thing, *, revision: tuple[int, int], good_until: datetime | None
    ) -> None:
        """Keep a thing that was read or made at a revision. Without ``good_until`` no change is scheduled."""
        weight = self._weigh(thing)
        if weight > self._limit // _LARGEST:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            self._weight += weight - (old.weight if old else 0)
            self._entries[key] = _Entry(revision, good_until, thing, weight)
            while self._weight > self._limit:
                _, dropped = self._entries.popitem(last=False)
                self._weight -= dropped.weight


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it was rendered, with places kept free."""

    body: bytes

    def for_shopper(self, *, csrf: str, bag: str) -> bytes:
        """The page as this shopper gets it."""
        return self.body.replace(_CSRF, csrf.encode()).replace(_BAG, bag.encode())


_CSRF, _BAG = CSRF_PLACEHOLDER.encode(), BAG_PLACEHOLDER.encode()


@dataclass(frozen=True, slots=True)
class KnownShelf:
    """A collection's shelf with what each of its pages asks of it: what its products come in, and how it is
    counted with nothing chosen."""

    shelf: Shelf
    values: dict[str, frozenset[str]]
    unfiltered: Narrowed

    @classmethod
    def of(cls, shelf: Shelf) -> KnownShelf:
        return cls(shelf, values_of(shelf.items), narrow(shelf.items, Wanted()))


@dataclass(frozen=True, slots=True)
class Memory:
    """What one process keeps of all its stores.

    ``pages`` are found by store, chosen language (empty for the store's own) and the address that links
    have; ``goods`` by store and what was asked.
    """

    pages: Kept[Page]
    goods: Kept[Listings | KnownShelf]


def memory(*, page_bytes: int, variants: int) -> Memory:
    """Make room for pages of so many bytes, and for goods with so many variants."""
    return Memory(Kept(page_bytes, lambda page: len(page.body)), Kept(variants, _variants))


def _variants(goods: Listings | KnownShelf) -> int:
    items = goods.products if isinstance(goods, Listings) else goods.shelf.items
    return 1 + sum(len(item.variants) for item in items)
