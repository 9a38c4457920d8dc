"""The store editor over HTTP, without script: each change is a form that comes back to the same place."""

from __future__ import annotations

import re
from typing import Any, get_args

import html5lib
import pytest

from app.portal import editor_view as view
from tests.app.faces import Visitor, face, field, words
from tests.app.portal.editing import (
    PANELS,
    draft,
    owner_of,
    png,
    post,
    preview_of,
    put,
    section,
    upload,
    version,
)
from tests.world import World
from themes.content import Content
from themes.registry import installed
from themes.settings import Kind, Schema
from themes.tokens import look


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
