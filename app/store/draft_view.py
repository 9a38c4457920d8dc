"""A store's pages with its draft: the same code, another look, and nothing that can be bought.

A draft is shown to the editor's frame, or to whoever has a shared link. Its pages come from the same views;
what differs is the look that ``visit`` hands to them, and what is done to an answer before it leaves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from flask import current_app, g, request
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.assets import known_sheet, static_url
from app.draft_paths import DraftPath, draft_path, preview_until
from app.edge import db, now, services, this_face
from kit.errors import Forbidden, NotFound
from kit.money import total
from orders.view import CartLine, CartView
from pricing.listing import listings
from pricing.reading import EVERYTHING
from tenants.partners import HostEntry
from tenants.storefront import Storefront
from themes.content import theme_of
from themes.draft_links import open_link
from themes.drafts import read_draft

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# Pages that lead to a purchase or tell of one. A draft sells nothing, so it shows none of them.
_SELLING = tuple(f"app.store.{room}" for room in ("checkout", "orders", "returns", "cases", "account"))
_NOTHING_SOLD = "This is a draft: nothing can be bought, sent or changed from it."
_LITERAL = re.compile(r'(\s(?:href|action)=")/(?!/|_assets/|_img/|_preview/|_draft/)')
_BODY = re.compile(r"<body[^>]*>")
_SHEET = re.compile(r'/_theme/([0-9a-f]+)\.css"')
_CANONICAL = re.compile(
    r'<link rel="canonical"[^>]*>\n?|<meta property="og:url"[^>]*>\n?|<link rel="alternate"[^>]*>\n?'
)


@dataclass(frozen=True, slots=True)
class Viewing:
    """A draft that is being looked at, and until when that is allowed."""

    path: DraftPath
    until: datetime


def viewing() -> Viewing | None:
    """The draft that this request may see; None on an ordinary page, and for a link that opens nothing."""
    return cast("Viewing | None", g.get("viewing"))


def editing() -> bool:
    """Whether the page stands in the editor's frame, which is told where each section begins."""
    seen = viewing()
    return seen is not None and seen.path.editing


def let_in(entry: HostEntry) -> None:
    """Judge what a request for a draft brings along, before any view runs.

    Raises NotFound for a link that opens nothing here, and Forbidden for whatever would change something
    or belongs to a purchase.
    """
    path = draft_path(request.environ)
    if path is None:
        return
    # A draft knows no shopper: its forms carry no token, and it leaves no cookie behind.
    g.csrf, g.visitor_token, g.visitor_is_new = "", "", False
    if path.editing:
        until = preview_until(services().config, path.token, store_id=entry.store_id)
        if until is None or until <= now():
            raise NotFound("This preview is over. Open the editor again.")
    else:
        until = open_link(
            db(), partner_id=entry.partner_id, store_id=entry.store_id, token=path.token, now=now()
        )
    g.viewing = Viewing(path, until)
    view = current_app.view_functions.get(request.endpoint or "")
    if request.method not in _SAFE or getattr(view, "__module__", "").startswith(_SELLING):
        raise Forbidden(_NOTHING_SOLD)


def drafted(entry: HostEntry, store: Storefront) -> Storefront:
    """The store as its draft shows it, as if it were open."""
    if "drafted" not in g:
        content = read_draft(db(), partner_id=entry.partner_id, store_id=entry.store_id).content
        g.drafted = replace(
            store,
            state="live",
            theme=theme_of(content).name,
            settings=content.settings,
            pages=content.pages,
        )
    return cast(Storefront, g.drafted)


def sample_cart(entry: HostEntry, currency: str) -> CartView:
    """A bag to look at: one of the store's newest goods, which nobody has chosen."""
    found = listings(
        db(), partner_id=entry.partner_id, store_id=entry.store_id, now=now(), selection=EVERYTHING,
        order="newest", limit=2,
    ).products  # fmt: skip
    lines = []
    for product in found:
        variant = next((each for each in product.variants if each.price is not None), None)
        if variant is None or variant.price is None:
            continue
        lines.append(
            CartLine(
                variant_id=variant.variant_id,
                product_handle=product.handle,
                product_title=product.title,
                variant_title=variant.title,
                picture=variant.picture or next(iter(product.pictures), None),
                quantity=1,
                price=variant.price,
                was=None,
                amount=variant.price,
                left=variant.left,
                problem="",
            )
        )
    return CartView(None, tuple(lines), total((line.amount for line in lines), currency))


def finish(response: Response) -> Response:
    """Let a draft's answer lead within the draft, say what it is, and be kept by nobody."""
    path = draft_path(request.environ)
    if path is None:
        return response
    portal = services().config.url(services().config.portal_host)
    response.headers["Content-Security-Policy"] = _policy(portal if path.editing else "")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Referrer-Policy"] = "no-referrer"
    if response.mimetype == "text/html":
        html = _CANONICAL.sub("", response.get_data(as_text=True))
        seen = viewing()
        if seen is None:
            # A link that opens nothing leads to the store as everybody sees it.
            html = html.replace(path.prefix, "")
        else:
            html = _LITERAL.sub(rf"\1{path.prefix}/", html)
            html = html.replace("</head>", f"{_head(path, portal, html)}</head>", 1)
            if not path.editing:
                html = _BODY.sub(lambda found: found[0] + _banner(seen.until), html, count=1)
        response.set_data(html)
    return response


def _policy(framed_by: str) -> str:
    """The store's own policy, with who may frame the page: the portal for its editor, else nobody."""
    policy = dict(this_face().headers)["Content-Security-Policy"]
    policy = re.sub(r"form-action [^;]*", "form-action 'self'", policy)
    return policy.replace("frame-ancestors 'none'", f"frame-ancestors {framed_by}") if framed_by else policy


def _head(path: DraftPath, portal: str, html: str) -> Markup:
    framed = Markup()
    if path.editing:
        # The frame has a new sheet's words at once, and need not wait until it is fetched.
        sheet = _SHEET.search(html)
        framed = Markup(
            '<meta name="awning-editor" content="{}"><meta name="awning-tokens" content="{}">'
        ).format(portal, known_sheet(sheet[1]) if sheet else "")
    return Markup(
        '<meta name="robots" content="noindex">{framed}<link rel="stylesheet" href="{css}">'
        '<script type="module" src="{js}" data-says="{says}" data-prefix="{prefix}"></script>'
    ).format(
        framed=framed,
        css=static_url("store/draft.css"),
        js=static_url("store/draft.js"),
        says=_NOTHING_SOLD,
        prefix=path.prefix,
    )


def _banner(until: datetime) -> str:
    banner = Markup(
        '<aside class="awning-draft" lang="en" dir="ltr" aria-label="Draft"><p><strong>Draft.</strong>'
        " This is how the store may look. Nothing can be bought here. The link works until {}.</p></aside>"
    ).format(f"{until:%-d %B %Y}")
    # As plain text: what it is put behind is a page already, and must not be escaped once more.
    return str(banner)
