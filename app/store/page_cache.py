"""Rendered pages kept in memory: answered with one small query, and never a stale price.

An entry stands only for the revision that the host's entry carries at this very request, and only
until the next moment at which a price changes by the calendar. What differs from shopper to shopper
(the token of forms, the number in the bag) is put into places kept free for it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from uuid import UUID

from app.store.rendering import BAG_PLACEHOLDER, CSRF_PLACEHOLDER

# A store, the language that its shopper chose (empty for the store's own), and the address that
# its links have.
Key = tuple[UUID, str, str]


@dataclass(frozen=True, slots=True)
class CachedPage:
    """A page as rendered, with placeholders. ``good_until`` is None when no change is scheduled."""

    revision: tuple[int, int]
    good_until: datetime | None
    body: bytes

    def for_shopper(self, *, csrf: str, bag: str) -> bytes:
        """The page as this shopper gets it."""
        return self.body.replace(_CSRF, csrf.encode()).replace(_BAG, bag.encode())


_CSRF, _BAG = CSRF_PLACEHOLDER.encode(), BAG_PLACEHOLDER.encode()


class PageCache:
    """The pages of a process, the least recently used dropped beyond ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._pages: OrderedDict[Key, CachedPage] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, *, revision: tuple[int, int], now: datetime) -> CachedPage | None:
        with self._lock:
            page = self._pages.get(key)
            if page is None or page.revision != revision:
                return None
            if page.good_until is not None and page.good_until <= now:
                return None
            self._pages.move_to_end(key)
            return page

    def put(self, key: Key, page: CachedPage) -> None:
        if len(page.body) > self._limit // 8:
            return
        with self._lock:
            old = self._pages.pop(key, None)
            self._size += len(page.body) - (len(old.body) if old else 0)
            self._pages[key] = page
            while self._size > self._limit:
                _, dropped = self._pages.popitem(last=False)
                self._size -= len(dropped.body)
