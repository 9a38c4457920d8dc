"""The store editor over HTTP, without script: each change is a form that comes back to the same place."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from functools import partial
from typing import Any, get_args

import html5lib
import pytest
from PIL import Image
from sqlalchemy import text

from app.portal import editor_view as view
from storage.database import transaction
from tests.app.faces import Visitor, face, field, words
from tests.world import Shop, World
from themes.content import Content
from themes.draft_changes import become, set_look
from themes.drafts import Draft, change_draft, read_draft
from themes.registry import installed
from themes.sections import MOST_SECTIONS
from themes.settings import Kind, Schema
from themes.tokens import look

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


def test_the_old_address_leads_here_and_every_panel_opens(world: World) -> None:
    owner = owner_of(world)
    assert owner.get("/look").location == "/editor"
    for panel in PANELS:
        page = owner.get(f"/editor?panel={panel}")
        assert page.status_code == 200
        assert "frame-src http://ada" in page.headers["Content-Security-Policy"]
    assert "frame-src" not in owner.get("/prices").headers["Content-Security-Policy"]
    for page_name in ("home", "collection", "product", "cart", "nonsense"):
        assert owner.get(f"/editor?page={page_name}&panel=nonsense&section=nonsense").status_code == 200
    # Looking begins no draft.
    assert draft(world.ada).version == 0
    assert owner.get("/editor/faces.css").text.count("@font-face") >= 3


def test_every_part_of_the_editor_is_valid_and_names_things_once(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    put(ada, Content("aurora@1", {"glow": "1", "brand": "#f5dc3a"}, {"home": [
        {"id": "a", "type": "gone", "settings": {}}, {"id": "b", "type": "lost", "settings": {}},
        {"id": "c", "type": "hero", "settings": {}}, {"id": "d", "type": "richtext", "settings": {}},
    ]}))  # fmt: skip
    upload(owner, ada, png())
    pages = [owner.get(f"/editor?panel={panel}").text for panel in PANELS]
    pages += [owner.get(f"/editor?section={name}").text for name in ("a", "c", "d")]
    pages.append(owner.get("/editor?page=cart").text)
    pages.append(owner.post("/editor", version=0, act="set", has="brand", **{"f-brand": "no"}).text)
    pages.append(post(owner, ada, act="set", has="brand", f__brand="no").text)
    pages.append(post(owner, ada, "/editor/share").text)
    for page in pages:
        html5lib.HTMLParser(strict=True).parse(page)
        named = re.findall(r'\sid="([^"]+)"', page)
        assert len(named) == len(set(named)), [name for name in named if named.count(name) > 1]
        pointed = set(" ".join(re.findall(r'aria-(?:describedby|labelledby)="([^"]+)"', page)).split())
        assert pointed <= set(named), pointed - set(named)


@pytest.mark.parametrize("role", ["support", "analyst"])
def test_who_may_not_change_the_look_sees_it(world: World, role: str) -> None:
    reader = Visitor(world, "portal", role, world.ada)
    page = reader.get("/editor?section=s1")
    assert page.status_code == 200
    assert "Owners and managers change the look" in words(page)
    assert "Publish" not in words(page)
    assert 'name="act"' not in page.text.replace('name="act" value="set"', "")
    for path in ("/editor", "/editor/undo", "/editor/publish", "/editor/share"):
        assert reader.post(path, version=0, act="discard").status_code == 403


def test_settings_are_saved_to_the_draft_and_come_back_to_the_same_place(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    saved = post(
        owner,
        ada,
        "/editor?panel=look",
        act="set",
        has=["brand", "paper"],
        f__brand="1C4CC8",
        f__paper="sage",
    )
    assert (saved.status_code, saved.location) == (303, "/editor?page=home&panel=look")
    assert draft(ada).content.settings == {"brand": "#1c4cc8", "paper": "sage"}
    page = owner.get("/editor")
    assert field(page, "f-brand") == "#1c4cc8"
    assert "Saved as draft" in words(page)
    # Nobody else sees it, and the shop not yet.
    assert draft(world.ben).version == 0
    shop = Visitor(world, "store", shop=ada)
    before = shop.get("/").text
    world.later(minutes=1)
    first = draft(ada).published_look_id
    assert post(owner, ada, "/editor/publish").status_code == 303
    page = owner.get("/editor")
    assert "The new look is published" in words(page)
    assert shop.get("/").text != before
    # The sentence that says so takes it back, too.
    assert 'action="/editor/revert">' in page.text
    assert owner.post("/editor/revert", what=first).status_code == 303
    assert shop.get("/").text == before
    assert post(owner, ada, "/editor/undo").status_code == 303
    assert post(owner, ada, "/editor/publish").status_code == 303
    assert "Nothing differs" in words(post(owner, ada, "/editor/publish"))


def test_a_whole_form_changes_only_what_was_touched(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    page = owner.get("/editor")
    form: dict[str, Any] = {"act": "set", "has": re.findall(r'name="has" value="(\w+)"', page.text)}
    form |= {name: field(page, name) for name in re.findall(r'name="(was-\w+)"', page.text)}
    form |= {
        name: field(page, name) for name in re.findall(r'<input[^>]*name="(f-\w+)" type="text"', page.text)
    }
    form["f-announcement"] = "Open late"
    choices = [each for each in installed().theme("aurora").schema.settings if each.options]
    form |= {f"f-{each.id}": each.default for each in choices}
    assert owner.post("/editor", version=0, **form).status_code == 303
    assert draft(ada).content.settings == {"announcement": "Open late"}
    assert draft(ada).undo == "Line above the header"


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("brand", "red", "six digits"),
        ("brand", "#fff;background:url(//x)", "six digits"),
        ("announcement", "x" * 10_000, "at most 300 characters"),
        ("paper", "granite", "Choose one of"),
    ],
)
def test_what_is_not_allowed_is_said_at_its_field_and_stays_there(
    world: World, key: str, value: str, sentence: str
) -> None:
    owner = owner_of(world)
    refused = post(owner, world.ada, act="set", has=key, **{f"f__{key}": value})
    assert refused.status_code == 422
    assert re.search(rf'id="f-{key}-error">.*?{sentence}', refused.text, re.DOTALL)
    if key != "paper":
        assert field(refused, f"f-{key}") == value
    assert draft(world.ada).version == 0


def test_words_of_every_kind_come_back_as_they_are(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    odd = "\u202eمرحبا 👩‍👩‍👧 <b>&\"'"
    assert post(owner, ada, act="set", has="announcement", f__announcement=odd).status_code == 303
    assert field(owner.get("/editor"), "f-announcement") == odd
    post(owner, ada, act="add", kind="richtext")
    made = section(ada, 1)["id"]
    harmful = "**Hi** <script>alert(1)</script>[there](javascript:x)\n\n- one\n- two"
    sent = post(owner, ada, f"/editor?section={made}", act="set", has="text", f__text=harmful)
    assert sent.status_code == 303
    kept = section(ada, 1)["settings"]["text"]
    assert kept.startswith("<p><strong>Hi</strong>")
    assert "script" not in kept
    assert "<li>two</li>" in kept
    assert "**Hi**" in owner.get(f"/editor?section={made}").text
    long = post(owner, ada, f"/editor?section={made}", act="set", has="text", f__text="x" * 10_001)
    assert "at most 10,000" in words(long)


def test_the_script_gets_the_editor_alone_and_what_was_taken_out_is_said(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    post(owner, ada, act="add", kind="richtext")
    made = section(ada, 1)["id"]
    form = {
        "csrf_token": owner.token,
        "version": version(ada),
        "act": "set",
        "has": "text",
        "f-text": "<script>x</script>Hi",
    }
    part = owner.client.post(
        f"/editor?section={made}", data=form, base_url=owner.base, headers={"X-Editor": "1"}
    )
    assert part.status_code == 200
    assert part.text.lstrip().startswith('<div id="editor"')
    assert "Taken out: script" in words(part)
    assert f'data-version="{version(ada)}"' in part.text


def test_sections_are_added_moved_hidden_copied_and_removed_with_undo(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    added = post(owner, ada, act="add", kind="quote")
    made = section(ada, 1)["id"]
    assert added.location == f"/editor?page=home&section={made}"
    assert "A good mug outlives its fashion" in words(owner.get(added.location))
    assert post(owner, ada, act="up", section=made).status_code == 303
    assert section(ada, 0)["id"] == made
    post(owner, ada, act="down", section=made)
    post(owner, ada, act="place", section=made, to=0)
    assert section(ada, 0)["id"] == made
    post(owner, ada, act="hide", section=made)
    assert "hidden" in words(owner.get("/editor"))
    post(owner, ada, act="show", section=made)
    assert "hidden" not in section(ada, 0)
    post(owner, ada, act="duplicate", section=made)
    assert [each["type"] for each in draft(ada).content.pages["home"]] == ["quote", "quote", "featured"]
    assert post(owner, ada, act="remove", section=made).status_code == 303
    page = owner.get("/editor")
    assert "Quote removed." in words(page)
    what = re.search(r'name="what" value="(\d+)"', page.text)
    assert what
    assert owner.post("/editor/undo", what=what[1]).status_code == 303
    assert section(ada, 0)["id"] == made
    assert post(owner, ada, "/editor/redo").status_code == 303
    assert section(ada, 0)["id"] != made
    gone = post(owner, ada, act="up", section=made)
    assert gone.status_code == 404
    assert "no longer on the page" in words(gone)
    for wrong in ({"act": "add", "kind": "carousel"}, {"act": "nonsense"}):
        assert post(owner, ada, **wrong).status_code in (404, 422)


def test_a_full_page_says_how_many_it_holds(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    full = [{"id": f"s{n}", "type": "quote", "settings": {}} for n in range(MOST_SECTIONS)]
    put(ada, Content("aurora@1", {}, {"home": full}))
    refused = post(owner, ada, act="add", kind="quote")
    assert refused.status_code == 422
    assert "at most 25 sections" in words(refused)


def test_of_two_people_the_second_is_told_who_was_first_and_can_go_on_top(world: World) -> None:
    ada = world.ada
    ann = Visitor(world, "portal", "owner", ada, email=f"ann-{world.number}@example.com")
    bob = Visitor(world, "portal", "manager", ada, email=f"bob-{world.number}@example.com")
    page = bob.get("/editor")
    seen = field(page, "version")
    assert post(ann, ada, act="set", has="brand", f__brand="#155157").status_code == 303
    late = {
        "act": "set", "has": ["brand", "announcement"], "f-brand": "#643038", "was-brand": field(page, "was-brand"),
        "f-announcement": "Bob's words", "was-announcement": field(page, "was-announcement"),
    }  # fmt: skip
    refused = bob.post("/editor", version=seen, **late)
    assert refused.status_code == 409
    told = words(refused)
    assert ann.email in told
    assert "Done meanwhile: Brand colour." in told
    assert draft(ada).content.settings == {"brand": "#155157"}
    # The form once more, with the version of now: only what Bob touched is in it.
    again = re.search(r'role="alert" id="conflict".*?</form>', refused.text, re.DOTALL)
    assert again
    fields = dict(re.findall(r'<textarea hidden name="([^"]+)">([^<]*)</textarea>', again[0]))
    assert fields == {"act": "set", "has": "announcement", "f-announcement": "Bob&#39;s words"}
    newest = re.search(r'name="version" value="(\d+)"', again[0])
    assert newest
    assert (
        bob.post("/editor", version=newest[1], **{**fields, "f-announcement": "Bob's words"}).status_code
        == 303
    )
    assert draft(ada).content.settings == {"brand": "#155157", "announcement": "Bob's words"}
    for path in ("/editor/publish", "/editor/undo", "/editor/fix"):
        assert bob.post(path, version=seen).status_code == 409
    for nonsense in ("", "x", "-1", "9" * 30):
        assert bob.post("/editor", version=nonsense, act="discard").status_code == 409


def test_a_logo_gives_its_colours_and_a_bad_picture_a_sentence(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    assert upload(owner, ada, png()).status_code == 303
    logo = draft(ada).content.settings["logo"]
    assert logo["alt"] == "Ada & Co"
    page = owner.get("/editor")
    assert "Take these colours" in words(page)
    assert f"/_img/{logo['key']}" in page.text
    smaller = f"/_img/{logo['key']}-320.avif"
    assert owner.get(smaller).content_type == "image/webp"
    world.run_jobs()
    assert owner.get(smaller).content_type == "image/avif"
    assert post(owner, ada, act="colours").status_code == 303
    assert draft(ada).content.settings["brand"].startswith("#1")
    post(owner, ada, act="set", has="logo", alt__logo="A blue sign")
    assert draft(ada).content.settings["logo"]["alt"] == "A blue sign"
    before = draft(ada).version
    for harmful in (b"<svg onload=alert(1)>", b"hello", png()[:200], b""):
        refused = upload(owner, ada, harmful)
        assert refused.status_code == 422, harmful
        assert 'id="f-logo-error"' in refused.text
    assert draft(ada).version == before
    post(owner, ada, act="set", has="logo", x__logo="1")
    assert "logo" not in draft(ada).content.settings
    # A picture that was never uploaded is not taken for one.
    forged = '{"key": "' + "a" * 64 + '", "width": 1, "height": 1}'
    post(owner, ada, act="set", has="logo", k__logo=forged)
    assert "logo" not in draft(ada).content.settings


def test_a_picture_survives_somebody_being_quicker(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    post(owner, ada, act="set", has="brand", f__brand="#155157")
    form = {
        "csrf_token": owner.token, "version": "0", "act": "set", "has": "logo",
        "f-logo": (io.BytesIO(png()), "logo.png"),
    }  # fmt: skip
    refused = owner.client.post("/editor", data=form, base_url=owner.base)
    assert refused.status_code == 409
    kept = re.search(r'<textarea hidden name="k-logo">([^<]*)</textarea>', refused.text)
    assert kept
    carried = kept[1].replace("&#34;", '"')
    assert post(owner, ada, act="set", has="logo", k__logo=carried).status_code == 303
    logo = draft(ada).content.settings["logo"]
    assert logo["width"] == 400
    world.run_jobs()
    assert world.services.objects.exists(f"pictures/{logo['key']}-320.avif")


def test_a_colour_that_cannot_be_read_is_marked_and_mended(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    post(owner, ada, act="set", has="brand", f__brand="#f5dc3a")
    page = owner.get("/editor")
    assert re.search(r"1\.\d : 1 of 4\.5", words(page))
    assert "So that everybody can read your store" in words(page)
    assert post(owner, ada, "/editor/fix", key="brand").status_code == 303
    mended = draft(ada).content.settings["brand"]
    assert mended != "#f5dc3a"
    assert re.search(r"4\.[5-9] : 1", words(owner.get("/editor")))
    for wrong in ("paper", "nothing", ""):
        assert post(owner, ada, "/editor/fix", key=wrong).status_code == 404


def test_a_preset_is_taken_and_undone(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    post(owner, ada, act="set", has="announcement", f__announcement="Open late")
    page = words(owner.get("/editor?panel=presets"))
    for label in ("Reading room", "Kitchen table", "Broadcast", "Depot"):
        assert label in page
    assert (
        post(
            owner, ada, "/editor?panel=presets", act="preset", theme="aurora@1", preset="kitchen"
        ).status_code
        == 303
    )
    assert draft(ada).content.settings["display"] == "bricolage"
    assert draft(ada).content.settings["announcement"] == "Open late"
    assert "in the draft" in words(owner.get("/editor?panel=presets"))
    post(owner, ada, "/editor/undo")
    assert draft(ada).content.settings == {"announcement": "Open late"}
    assert post(owner, ada, act="preset", theme="x", preset="y").status_code == 404


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


def test_what_the_theme_no_longer_has_is_named_and_stays(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    put(ada, Content("aurora@1", {"glow": "12"}, {"home": [
        {"id": "a", "type": "carousel", "settings": {"speed": 3}}, {"id": "b", "type": "quote", "settings": {"size": 2}},
    ]}))  # fmt: skip
    page = words(owner.get("/editor"))
    for named in ("Setting “glow”", "Section “carousel”", "Quote: setting “size”"):
        assert named in page
    assert owner.get("/editor?section=a").status_code == 200
    assert post(owner, ada, "/editor?section=a", act="set", has="speed", f__speed="9").status_code == 422
    world.later(minutes=1)
    assert post(owner, ada, "/editor/publish").status_code == 303
    assert draft(ada).published.settings == {"glow": "12"}
    assert draft(ada).published.pages["home"][0]["settings"] == {"speed": 3}
    assert post(owner, ada, act="forget", key="glow").status_code == 303
    assert draft(ada).content.settings == {}
    # A whole theme that is gone is said, and nothing is published in its place.
    put(ada, Content("gone@1", {}, {}))
    assert owner.get("/editor").status_code == 200
    assert "not installed any more" in words(post(owner, ada, "/editor/publish"))


def test_goods_are_found_by_name_and_unknown_ones_refused(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    found = owner.get("/editor/products?q=mug").json
    assert {"handle": f"mug-{world.number}", "title": "Mug"} in found
    assert owner.get("/editor/products?q=%25zz").json == []
    place = "/editor?section=s1"
    refused = post(owner, ada, place, act="set", has="collection", f__collection="nothing-here")
    assert refused.status_code == 422
    assert "There is no collection “nothing-here”" in words(refused)
    assert post(owner, ada, place, act="set", has=["count"], f__count="12").status_code == 303
    assert section(ada, 0)["settings"] == {"count": 12}
    refused = post(owner, ada, place, act="set", has=["count"], f__count="99")
    assert "from 1 to 24" in words(refused)
    for kind, path in (("home", "/"), ("collection", "/collections/all"), ("cart", "/cart")):
        assert owner.get(f"/editor/page/{kind}").json == {"path": path}
    assert owner.get("/editor/page/product").json["path"].startswith("/products/")
    assert owner.get("/editor/page/nothing").status_code == 404


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


def field_by_id(response: Any, name: str) -> str:
    found = re.search(rf'id="{name}"[^>]*value="([^"]*)"', response.text)
    assert found, response.text
    return found[1]


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


SCHEMA = """
label = "Everything"
[[groups]]
id = "all"
label = "All"
settings = [
  { id = "a_color", type = "color", label = "A colour", default = "#643038", requires_contrast_with = "paper" },
  { id = "a_scheme", type = "color_scheme", label = "A scheme", default = "x", options = [{ value = "x", label = "X" }] },
  { id = "a_font", type = "font", label = "A font", default = "x", options = [{ value = "x", label = "A rather long name of a face" }] },
  { id = "an_image", type = "image", label = "An image", optional = true },
  { id = "a_choice", type = "choice", label = "A choice", default = "x", options = [{ value = "x", label = "X" }, { value = "y", label = "Y" }] },
  { id = "a_range", type = "range", label = "A range", default = 4, min = 2, max = 8, step = 2 },
  { id = "a_bool", type = "bool", label = "A bool", default = true },
  { id = "a_text", type = "text", label = "A text", default = "Words <here>" },
  { id = "a_richtext", type = "richtext", label = "A rich text", default = "<p>Some <strong>words</strong></p>" },
  { id = "a_url", type = "url", label = "An address", default = "/help/returns" },
  { id = "a_product", type = "product", label = "A product", optional = true },
  { id = "a_collection", type = "collection", label = "A collection", default = "all" },
  { id = "a_menu", type = "menu", label = "A menu", default = "main" },
]
"""


def test_every_type_of_setting_has_a_control_with_its_value_and_its_label(world: World) -> None:
    schema = Schema.read(SCHEMA)
    assert {setting.type for setting in schema.settings} == set(get_args(Kind))
    portal = face(world.installation, "portal")
    answers = view.Answers(errors={setting.id: f"Wrong: {setting.label}." for setting in schema.settings})
    groups = view.controls(schema, {}, answers, look("aurora", {}), view.places(()))
    with portal.test_request_context("/editor"):
        template = portal.extensions["awning.portal"].get_template("portal/editor_controls.html")
        made = template.make_module({"at_args": {}, "may_change": True})
        html = str(made.controls(groups))
    for setting in schema.settings:
        assert f'name="f-{setting.id}"' in html, setting.id
        assert f"Wrong: {setting.label}." in html
        assert setting.label in re.sub(r"<[^>]+>", " ", html.replace(f"Wrong: {setting.label}.", ""))
    for shown in (
        'value="#643038"', 'value="/help/returns"', 'value="Words &lt;here&gt;"', "Some **words**", 'type="range"',
        'min="2" max="8" step="2"', '<option value="main" selected>All collections', '<option value="all">Everything',
    ):  # fmt: skip
        assert shown in html, shown


def test_every_section_of_every_theme_can_be_edited_and_seen(world: World) -> None:
    owner, ada = owner_of(world), world.ada
    guest, path = Visitor(world, "store", shop=ada), preview_of(owner)
    for theme in installed().themes:
        if not theme.presets:
            continue
        kinds = sorted(theme.sections)
        put(
            ada,
            Content(theme.name, {}, {"home": [{"id": kind, "type": kind, "settings": {}} for kind in kinds]}),
        )
        for kind in kinds:
            page = owner.get(f"/editor?section={kind}")
            assert page.status_code == 200
            assert theme.sections[kind].label in words(page)
            # Each says in a few words what it is for, where one is chosen.
            assert re.search(rf'name="kind" value="{kind}"><b>[^<]+</b><small>[^<]+</small>', page.text), kind
        assert guest.get(f"{path}/").status_code == 200
        for preset in theme.presets:
            taken = post(owner, ada, act="preset", theme=theme.name, preset=preset.id)
            assert taken.status_code == 303
            assert guest.get(f"{path}/").status_code == 200


def preview_of(owner: Visitor) -> str:
    found = re.search(r'data-preview="http://[^/]+(/_preview/[^"]+)"', owner.get("/editor").text)
    assert found
    return found[1]


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
