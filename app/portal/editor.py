"""The store editor: sections, the real page with the draft, and settings, side by side.

Each change is a form that is sent and comes back to the same place; the page's script sends the same forms
and swaps what differs. Where one is stands in the address: the page that is looked at, the section or
panel that is open.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from app.draft_paths import preview_path
from app.edge import db, now, services, this_face
from app.portal import editor_view as view
from app.portal.access import may_change
from app.portal.here import environment, frame, here
from app.ui.rendering import answer
from kit.errors import NotFound
from pricing.listing import listings
from pricing.reading import EVERYTHING
from tenants.storefront import Storefront, read_storefront
from themes.content import theme_of
from themes.differences import differences, kept_aside
from themes.draft_changes import COMPOSED
from themes.draft_links import open_links
from themes.drafts import Draft, DraftChanged, read_draft
from themes.publishing import published_looks
from themes.tokens import look as work_out

editor = Blueprint("editor", __name__)
PAGES = (("home", "Home"), ("collection", "Collection"), ("product", "Product"), ("cart", "Bag"))
PANELS = ("look", "presets", "changes", "history", "share")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the editor one is: the page in the preview, and the section or panel that is open."""

    page: str
    section: str
    panel: str

    @property
    def arguments(self) -> dict[str, Any]:
        """What names this place in an address."""
        named = {"page": self.page, "section": self.section, "panel": self.panel}
        return {name: value for name, value in named.items() if value}

    def url(self, **other: str) -> str:
        """The address of this place, or of one that differs from it."""
        there = replace(self, **other)
        return url_for("editor.index", **(replace(there, panel="") if there.section else there).arguments)


@dataclass(frozen=True, slots=True)
class Refused:
    """A change that was not made: why, what stood in the form, and, where somebody else was quicker, what
    they did and the form once more."""

    sentence: str = ""
    answers: view.Answers = field(default_factory=view.Answers)
    conflict: DraftChanged | None = None
    again: tuple[tuple[str, str], ...] = ()
    status: int = 422


def place() -> Place:
    """The place that the request's address names; what it does not know is the beginning."""
    page = request.args.get("page", "home")
    panel = request.args.get("panel", "")
    return Place(
        page if page in dict(PAGES) else "home",
        request.args.get("section", "")[:40],
        panel if panel in PANELS else "",
    )


@editor.get("/look")
def old_address() -> AnyResponse:
    return redirect(url_for("editor.index"))


@editor.get("/editor")
def index() -> Response:
    return shown(place())


@editor.get("/editor/products")
def products() -> Response:
    """Products for a field that takes one: by part of their name."""
    found = view.products(db(), **here().keys, asked=" ".join(request.args.get("q", "")[:80].split()))
    return jsonify([{"handle": handle, "title": title} for handle, title in found])


@editor.get("/editor/faces.css")
def faces() -> Response:
    # The sheet is the same for all stores; the address is only for who may see this one.
    _ = here()
    sheet = Response(view.faces_sheet(), content_type="text/css; charset=utf-8")
    sheet.headers["Cache-Control"] = "private, max-age=3600"
    return sheet


def wants_part() -> bool:
    """Whether the page's own script asks, which swaps the editor in place."""
    return request.headers.get("X-Editor") == "1"


def shown(
    at: Place, refused: Refused | None = None, *, link: str = "", draft: Draft | None = None
) -> Response:
    """Answer with the editor. ``link`` is a shared link that was just made, which is shown this once."""
    store = read_storefront(db(), **here().keys)
    draft = draft or read_draft(db(), **here().keys)
    context = {**frame(), **_context(at, store, draft, refused or Refused()), "link": link}
    template = "portal/editor_work.html" if wants_part() else "portal/editor.html"
    response = answer(environment(), template, context, refused.status if refused else 200)
    if not wants_part():
        _frame_preview(response, context["preview_origin"])
    return response


def _frame_preview(response: Response, origin: str) -> None:
    """Let this page, and no other of the portal, hold a frame: the store's own."""
    policy = dict(this_face().headers)["Content-Security-Policy"]
    if origin:
        response.headers["Content-Security-Policy"] = f"{policy}; frame-src {origin}"


def _context(at: Place, store: Storefront, draft: Draft, refused: Refused) -> dict[str, Any]:
    content = draft.content
    theme = theme_of(content)
    look = work_out(theme.name, content.settings)
    sections = view.rows(content, at.page) if at.page in COMPOSED else ()
    chosen = next((row for row in sections if row.id == at.section and row.known), None)
    panel = "" if chosen else at.panel or "look"
    host = here().store.hosts[0] if here().store.hosts else ""
    return {
        "at": at,
        "at_args": at.arguments,
        "part": wants_part(),
        "pages": PAGES,
        "panel": panel,
        "draft": draft,
        "theme": theme,
        "sections": sections,
        "composed": at.page in COMPOSED,
        "kinds": view.kinds(theme),
        "chosen": chosen,
        "groups": _controls(at, store, draft, chosen, panel, look, refused.answers),
        "adjusted": look.adjustments if panel == "look" else (),
        "colours": view.logo_colours(content) if panel == "look" else (),
        "cards": view.cards(content) if panel == "presets" else (),
        "differences": differences(draft.published, content) if panel == "changes" else (),
        "looks": published_looks(db(), **here().keys) if panel == "history" else (),
        "links": open_links(db(), **here().keys, now=now()) if panel == "share" else (),
        "aside": kept_aside(content),
        "refused": refused,
        "may_change": may_change(),
        "preview_origin": services().config.url(host) if host else "",
        "preview": _preview(host),
        "preview_page": "" if wants_part() else _address(at.page),
    }


def _controls(
    at: Place,
    store: Storefront,
    draft: Draft,
    chosen: view.Row | None,
    panel: str,
    look: Any,
    answers: view.Answers,
) -> tuple[view.Controls, ...]:
    content = draft.content
    if chosen is not None:
        section = content.section(at.page, chosen.id)
        schema, values = theme_of(content).sections[section["type"]], section["settings"]
    elif panel == "look":
        schema, values = theme_of(content).schema, content.settings
    else:
        return ()
    known = {setting.id for setting in schema.settings}
    # What the theme does not know is kept aside, and has no control to stand at.
    values = {key: value for key, value in values.items() if key in known}
    goods = view.places(store.menu)
    if any(setting.type == "product" for setting in schema.settings):
        goods["product"] = view.products(db(), **here().keys)
    return view.controls(schema, values, answers, look, goods)


def _preview(host: str) -> str:
    """The address under which the store shows its draft to this editor; empty for a store without one."""
    if not host:
        return ""
    path = preview_path(services().config, store_id=here().store.store_id, now=now())
    return services().config.url(host, path)


def _address(page: str) -> str:
    """A page of the store that shows what a page of this kind looks like."""
    if page == "product":
        found = listings(
            db(), **here().keys, now=now(), selection=EVERYTHING, order="newest", limit=1
        ).products
        return f"/products/{found[0].handle}" if found else "/"
    return {"home": "/", "collection": "/collections/all", "cart": "/cart"}[page]


@editor.get("/editor/page/<page>")
def page_address(page: str) -> Response:
    """Where the preview finds a page of this kind."""
    if page not in dict(PAGES) or not here().store.hosts:
        raise NotFound("The editor has no such page.")
    return jsonify({"path": _address(page)})
