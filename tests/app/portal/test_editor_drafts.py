"""A draft on its way to the shoppers: seen, shared, published and taken back."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

from sqlalchemy import text

from storage.database import transaction
from tests.app.faces import Visitor, field, words
from tests.app.portal.editing import (
    draft,
    field_by_id,
    owner_of,
    post,
    preview_of,
)
from tests.world import World
from themes.draft_changes import set_look
from themes.drafts import change_draft


def test_what_would_change_is_listed_and_can_be_discarded(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    assert "what shoppers see already" in words(owner.get("/editor?panel=changes"))
    post(owner, ada, act="set", has="paper", f__paper="sage")
    post(owner, ada, act="add", kind="quote")
    page = words(owner.get("/editor?panel=changes"))
    assert "Paper Warm Sage" in page
    assert "Quote added" in page
    post(owner, ada, act="discard")
    assert not draft(ada).differs
    post(owner, ada, "/editor/undo")
    assert draft(ada).differs


def test_history_leads_back_and_only_to_ones_own(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    first = draft(ada).published_look_id
    post(owner, ada, act="set", has="paper", f__paper="sage")
    world.later(minutes=1)
    post(owner, ada, "/editor/publish")
    page = words(owner.get("/editor?panel=history"))
    assert "Shoppers see this one" in page
    assert owner.email in page
    assert post(owner, ada, act="take", look_id=first).status_code == 303
    assert draft(ada).content.settings == {}
    assert draft(ada).published.settings == {"paper": "sage"}
    assert post(owner, ada, "/editor/revert", look_id=first).status_code == 303
    assert draft(ada).published_look_id == first
    ben = owner_of(world, world.ben)
    for look_id in (first, "nonsense", ""):
        assert post(ben, world.ben, "/editor/revert", look_id=look_id).status_code == 404
        assert post(ben, world.ben, act="take", look_id=look_id).status_code == 404
    assert draft(world.ben).version == 0


def test_links_are_made_shown_once_and_withdrawn(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    made = post(owner, ada, "/editor/share")
    url = field_by_id(made, "new-link")
    assert re.fullmatch(rf"http://{ada.slug}\.localhost(:\d+)?/_draft/[\w-]{{43}}/", url)
    assert url not in owner.get("/editor?panel=share").text
    with transaction(world.services.console) as session:
        stored = session.execute(
            text("SELECT token_hash FROM draft_links WHERE store_id = :s"), {"s": ada.store_id}
        ).scalar_one()
    assert url.split("/")[-2].encode() not in bytes(stored)
    link_id = field(owner.get("/editor?panel=share"), "link_id")
    ben = owner_of(world, world.ben)
    assert post(ben, world.ben, "/editor/withdraw", link_id=link_id).status_code == 404
    assert post(owner, ada, "/editor/withdraw", link_id=link_id).status_code == 303
    assert post(owner, ada, "/editor/withdraw", link_id=link_id).status_code == 404
    for _ in range(10):
        assert post(owner, ada, "/editor/share").status_code == 200
    full = post(owner, ada, "/editor/share")
    assert full.status_code == 422
    assert "At most 10 links" in words(full)


def test_a_draft_is_seen_by_whoever_has_the_link_and_sells_nothing(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    post(owner, ada, act="set", has="announcement", f__announcement="Only in the draft")
    post(owner, ada, act="add", kind="hero")
    path = "/" + field_by_id(post(owner, ada, "/editor/share"), "new-link").split("/", 3)[3]
    guest = Visitor(world, "store", shop=ada)
    product = f"products/mug-{world.number}"
    for page in ("", "collections/all", product, "cart", "search?q=mug", "help/returns"):
        shown = guest.get(path + page)
        assert shown.status_code == 200, page
        said = words(shown)
        assert "Draft." in said
        assert "Only in the draft" in said
        assert shown.headers["Cache-Control"] == "private, no-store"
        assert "noindex" in shown.headers["X-Robots-Tag"]
        assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"]
        assert shown.headers["Referrer-Policy"] == "no-referrer"
        assert "Set-Cookie" not in shown.headers
        assert "&lt;body" not in shown.text
        assert 'rel="canonical"' not in shown.text
        links = re.findall(r'(?:href|action)="(/[^"]*)"', shown.text)
        assert links
        outside = [link for link in links if not link.startswith((path, "/_assets/", path.rstrip("/")))]
        assert outside == []
        assert "Only in the draft" not in words(guest.get(f"/{page}"))
    # Its own token sheet, even for a process that has not made it.
    sheet = re.search(r'href="([^"]*/_theme/[0-9a-f]+\.css)"', guest.get(path).text)
    assert sheet
    assert guest.get(sheet[1]).status_code == 200
    for method, page in (("POST", "cart/add"), ("POST", "checkout"), ("GET", "checkout"), ("POST", "")):
        refused = guest.client.open(path + page, method=method, base_url=guest.base)
        assert refused.status_code in (403, 405), page
        if refused.status_code == 403:
            assert "nothing can be bought" in words(refused)
    assert guest.get(f"{path}products/none").status_code == 404
    # Another store's host knows nothing of it, and neither does a link that was cut short.
    elsewhere = Visitor(world, "store", shop=world.ben)
    for visitor, wrong in (
        (elsewhere, path),
        (guest, path[:-3] + "/"),
        (guest, "/_draft/"),
        (guest, "/_preview/1.x/"),
    ):
        refused = visitor.get(wrong)
        assert refused.status_code == 404
        assert "Only in the draft" not in words(refused)
    link_id = field(owner.get("/editor?panel=share"), "link_id")
    post(owner, ada, "/editor/withdraw", link_id=link_id)
    assert "withdrawn" in words(guest.get(path))


def test_a_link_expires_after_two_weeks(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    path = "/" + field_by_id(post(owner, ada, "/editor/share"), "new-link").split("/", 3)[3]
    guest = Visitor(world, "store", shop=ada)
    world.later(days=13, hours=23)
    assert guest.get(path).status_code == 200
    world.later(hours=1)
    expired = guest.get(path)
    assert expired.status_code == 404
    assert "expired" in words(expired)
    assert "noindex" in expired.headers["X-Robots-Tag"]


def test_the_preview_is_framed_by_the_portal_alone(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    path = preview_of(owner)
    with ada.transaction() as session:
        change_draft(
            session, **ada.keys, seen=0, make=partial(set_look, given={"announcement": "Being edited"}),
            actor="ann@example.com", now=world.now,
        )  # fmt: skip
    guest = Visitor(world, "store", shop=ada)
    shown = guest.get(f"{path}/")
    assert shown.status_code == 200
    assert "Being edited" in words(shown)
    portal = world.services.config.url(world.services.config.portal_host)
    assert f"frame-ancestors {portal}" in shown.headers["Content-Security-Policy"]
    assert f'name="awning-editor" content="{portal}"' in shown.text
    assert "<!--section:s1-->" in shown.text
    assert "<!--section" not in guest.get("/").text
    assert "frame-ancestors 'none'" in guest.get("/").headers["Content-Security-Policy"]
    assert guest.client.post(f"{path}/cart/add", base_url=guest.base).status_code == 403
    assert Visitor(world, "store", shop=world.ben).get(f"{path}/").status_code == 404
    until, _, signature = path.removeprefix("/_preview/").partition(".")
    for forged in (f"{int(until) + 60}.{signature}", f"{until}.{'0' * 43}", f"{until}.ü", "x.y", until):
        assert guest.get(f"/_preview/{forged}/").status_code == 404, forged
    world.later(hours=12, minutes=1)
    over = guest.get(f"{path}/")
    assert over.status_code == 404
    assert "Open the editor again" in words(over)


def test_a_store_that_is_not_open_shows_its_draft_to_its_own(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    assert owner.post("/store/state", act="pause").status_code == 303
    guest = Visitor(world, "store", shop=ada)
    assert guest.get("/").status_code == 503
    assert guest.get(f"{preview_of(owner)}/").status_code == 200


def test_nothing_is_shown_of_a_draft_between_its_look_and_the_next_request(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    guest = Visitor(world, "store", shop=ada)
    path = preview_of(owner)
    for words_of_now in ("First", "Second"):
        post(owner, ada, act="set", has="announcement", f__announcement=words_of_now)
        world.later(seconds=int(timedelta(minutes=1).total_seconds()))
        assert words_of_now in words(guest.get(f"{path}/"))
