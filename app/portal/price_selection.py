"""Which prices a view of the grid is about: all of its rows, whatever page of them is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.edge import db, now
from app.portal.here import here
from pricing.grid import GridIndex, grid_index
from pricing.outlook import overtaken_prices

SHOWN = ("all", "own", "rule", "ahead")


@dataclass(frozen=True, slots=True)
class View:
    """A tab of the grid and what was searched for in it."""

    show: str = "all"
    search: str = ""

    @classmethod
    def asked(cls, given: Mapping[str, str]) -> View:
        """What the parameters of an address, or the fields of a form, ask for."""
        show = given.get("show", "all")
        return cls(show if show in SHOWN else "all", given.get("q", "").strip()[:100])

    @property
    def address(self) -> dict[str, Any]:
        """The parameters that lead back to it; None for those that go without saying."""
        return {"show": None if self.show == "all" else self.show, "q": self.search or None}

    def index(self) -> GridIndex:
        """Every variant that the search finds."""
        return grid_index(db(), **here().keys, now=now(), search=self.search)

    def rows(self, index: GridIndex) -> list[UUID]:
        """The variants of the tab, in the catalogue's order."""
        if self.show == "all":
            return list(index.variant_ids)
        if self.show == "ahead":
            overtaken = {row.variant_id for row in overtaken_prices(db(), **here().keys, now=now())}
            return [key for key in index.variant_ids if key in overtaken]
        return [key for key in index.variant_ids if (key in index.own) == (self.show == "own")]
