"""Pages through objects as Stripe's lists do, newest first."""

from __future__ import annotations

from collections.abc import Sequence

from payments.sandbox.errors import Json, missing
from payments.sandbox.state import State


def page(
    state: State, kind: str, params: Json, url: str, filters: dict[str, str | Sequence[str]] | None = None
) -> Json:
    """Return one page of a list. The cursors in ``params`` are ids of objects that may have gone by."""
    limit: int = params.get("limit", 10)
    after = _position(state, kind, params, "starting_after")
    before = _position(state, kind, params, "ending_before")
    found = state.select(
        kind,
        filters,
        created=params.get("created"),
        older_than=after,
        newer_than=before,
        limit=limit + 1,
        oldest_first=before is not None,
    )
    data = found[:limit]
    if before is not None:
        data.reverse()
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": url}


def whole(data: list[Json], url: str) -> Json:
    """Return a list that needs no paging, as objects carry inside."""
    return {"object": "list", "data": data, "has_more": False, "url": url}


def _position(state: State, kind: str, params: Json, name: str) -> tuple[int, int] | None:
    cursor = params.get(name)
    if cursor is None:
        return None
    position = state.store.position(cursor)
    if position is None:
        raise missing(kind, cursor, param=name)
    return position
