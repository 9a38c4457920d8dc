"""Somebody at the editor: its forms, its pictures, and the draft as it then is."""

from __future__ import annotations

import io
import re
from typing import Any

from PIL import Image

from tests.app.faces import Visitor
from tests.world import Shop, World
from themes.content import Content
from themes.draft_changes import become
from themes.drafts import Draft, change_draft, read_draft

PANELS = ("look", "presets", "changes", "history", "share")


def owner_of(world: World, shop: Shop | None = None) -> Visitor:
    return Visitor(world, "portal", "owner", shop or world.ada)


def draft(shop: Shop) -> Draft:
    with shop.transaction() as session:
        return read_draft(session, **shop.keys)


def version(shop: Shop) -> str:
    return str(draft(shop).version)


def post(visitor: Visitor, shop: Shop, path: str = "/editor", **form: object) -> Any:
    """Send a form of the editor as the page has it now; names take their dashes."""
    sent = {name.replace("__", "-"): value for name, value in form.items()}
    return visitor.post(path, **{"version": version(shop), **sent})


def put(shop: Shop, content: Content) -> None:
    with shop.transaction() as session:
        change_draft(
            session, **shop.keys, seen=draft(shop).version, make=become(content, mark="x", words="x"),
            actor="ann@example.com", now=shop.world.now,
        )  # fmt: skip


def png(colour: str = "#1c4cc8", size: tuple[int, int] = (400, 100)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "PNG")
    return out.getvalue()


def upload(visitor: Visitor, shop: Shop, data: bytes, path: str = "/editor", key: str = "logo") -> Any:
    form = {
        "csrf_token": visitor.token, "version": version(shop), "act": "set", "has": key,
        f"f-{key}": (io.BytesIO(data), "picture.png"),
    }  # fmt: skip
    return visitor.client.post(path, data=form, base_url=visitor.base)


def section(shop: Shop, place: int) -> dict[str, Any]:
    return draft(shop).content.pages["home"][place]


def field_by_id(response: Any, name: str) -> str:
    found = re.search(rf'id="{name}"[^>]*value="([^"]*)"', response.text)
    assert found, response.text
    return found[1]


def preview_of(owner: Visitor) -> str:
    found = re.search(r'data-preview="http://[^/]+(/_preview/[^"]+)"', owner.get("/editor").text)
    assert found
    return found[1]
