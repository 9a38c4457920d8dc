"""Events: the account's history, read back by those who may have missed a webhook."""

from __future__ import annotations

from collections.abc import Sequence

from payments.sandbox.errors import Json, invalid
from payments.sandbox.listing import page
from payments.sandbox.params import listing, many, text
from payments.sandbox.state import State

LIST = listing({"type": text(), "types": many(text(), 20)})


def list_events(state: State, params: Json) -> Json:
    """Return a page of events, filtered by ``type`` or by ``types`` (not both)."""
    if "type" in params and "types" in params:
        raise invalid("You may only specify one of these parameters: type, types.", param="types")
    wanted = params.get("types") or ([params["type"]] if "type" in params else None)
    filters: dict[str, str | Sequence[str]] = {}
    if wanted is not None:
        filters["type"] = wanted
    return page(state, "event", params, "/v1/events", filters)
