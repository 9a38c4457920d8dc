"""Drafts of looks: one for each store, changed by who saw the newest, undone, published, gone back to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from kit.errors import NotFound, Refusal, Refusals
from storage.database import transaction
from tests.world import Shop, World
from themes.content import Content, content_of
from themes.differences import differences, kept_aside
from themes.draft_changes import (
    Maker,
    add_section,
    become,
    duplicate_section,
    forget_setting,
    hide_section,
    move_section,
    remove_section,
    set_look,
    set_section,
    shift_section,
    take_colours,
    take_preset,
)
from themes.draft_links import MOST_OPEN, make_link, open_link, open_links, withdraw_link
from themes.drafts import MOST_STEPS, Draft, DraftChanged, change_draft, read_draft, step_back, step_forward
from themes.publishing import (
    publish_draft,
    published_look,
    published_looks,
    refuse_unreadable,
    revert_look,
)
from themes.sections import MOST_SECTIONS
from themes.tokens import look


def draft(shop: Shop) -> Draft:
    with shop.transaction() as session:
        return read_draft(session, **shop.keys)


def change(shop: Shop, make: Maker, *, seen: int | None = None, actor: str = "ann@example.com") -> Draft:
    """Change a shop's draft as somebody who sees it as it is now, or as it was, a minute later."""
    shop.world.later(minutes=1)
    version = draft(shop).version if seen is None else seen
    with shop.transaction() as session:
        change_draft(session, **shop.keys, seen=version, make=make, actor=actor, now=shop.world.now)
    return draft(shop)


def stepped(shop: Shop, step: Any) -> Draft:
    with shop.transaction() as session:
        step(session, **shop.keys, seen=draft(shop).version, actor="ann@example.com", now=shop.world.now)
    return draft(shop)


def publish(shop: Shop) -> Any:
    shop.world.later(minutes=1)
    seen = draft(shop).version
    with shop.transaction() as session:
        return publish_draft(session, **shop.keys, seen=seen, actor="ann@example.com", now=shop.world.now)


def colour(value: str) -> Maker:
    return partial(set_look, given={"brand": value})


def kinds(shown: Draft) -> list[str]:
    return [section["type"] for section in shown.content.pages["home"]]


def test_a_draft_begins_as_what_is_published_and_is_one_stores_alone(world: World) -> None:
    before = draft(world.ada)
    assert (before.version, before.differs, before.undo, before.changed_by) == (0, False, "", None)
    after = change(world.ada, colour("#1c4cc8"))
    assert (after.version, after.differs, after.changed_by) == (1, True, "ann@example.com")
    assert after.content.settings["brand"] == "#1c4cc8"
    assert "brand" not in after.published.settings
    assert after.undo == "Brand colour"
    assert draft(world.ben).version == 0
    with world.ben.transaction() as session, pytest.raises(NotFound):
        read_draft(session, partner_id=world.ben.partner_id, store_id=world.ada.store_id)


def test_who_saw_an_older_version_is_refused_and_told_what_was_done(world: World) -> None:
    change(world.ada, colour("#1c4cc8"))
    with pytest.raises(DraftChanged) as refused:
        change(world.ada, colour("#155157"), seen=0, actor="bob@example.com")
    assert "ann@example.com" in refused.value.message
    assert refused.value.changes == ("Brand colour",)
    assert refused.value.draft.version == 1
    # The same change on top of what is there now.
    assert change(world.ada, colour("#155157"), actor="bob@example.com").version == 2
    with pytest.raises(DraftChanged), world.ada.transaction() as session:
        publish_draft(session, **world.ada.keys, seen=1, actor="ann@example.com", now=world.now)


def test_of_two_who_begin_at_the_same_moment_one_is_refused(world: World) -> None:
    def begin(number: int) -> bool:
        try:
            with world.ada.transaction() as session:
                change_draft(
                    session, **world.ada.keys, seen=0, make=colour(f"#10101{number}"),
                    actor=f"{number}@example.com", now=world.now,
                )  # fmt: skip
        except DraftChanged:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(begin, range(4)))
    assert sorted(outcomes) == [False, False, False, True]
    assert draft(world.ada).version == 1


def test_steps_are_undone_done_again_and_cut_off_by_a_new_one(world: World) -> None:
    for value in ("#111111", "#222222", "#333333"):
        change(world.ada, colour(value))
    assert stepped(world.ada, step_back).content.settings["brand"] == "#222222"
    back = stepped(world.ada, step_back)
    assert (back.content.settings["brand"], back.redo) == ("#111111", "Brand colour")
    assert stepped(world.ada, step_forward).content.settings["brand"] == "#222222"
    cut = change(world.ada, colour("#444444"))
    assert (cut.redo, cut.content.settings["brand"]) == ("", "#444444")
    with pytest.raises(Refusal, match="nothing to do again"):
        stepped(world.ada, step_forward)
    for _ in range(3):
        back = stepped(world.ada, step_back)
    assert not back.differs
    assert back.undo == ""
    with pytest.raises(Refusal, match="nothing left to undo"):
        stepped(world.ada, step_back)
    # What changes nothing is no step and no new version.
    assert change(world.ada, partial(set_look, given={"brand_2": None})).version == back.version


def test_what_is_typed_at_once_is_one_step(world: World) -> None:
    words = ["H", "He", "Hey"]
    for seen, typed in enumerate(words):
        world.later(seconds=1)
        with world.ada.transaction() as session:
            change_draft(
                session, **world.ada.keys, seen=seen, make=partial(set_look, given={"announcement": typed}),
                actor="ann@example.com", now=world.now,
            )  # fmt: skip
    assert draft(world.ada).content.settings["announcement"] == "Hey"
    assert draft(world.ada).version == 3
    assert "announcement" not in stepped(world.ada, step_back).content.settings


def test_no_more_steps_are_kept_than_a_hundred(world: World) -> None:
    for number in range(MOST_STEPS + 5):
        change(world.ada, colour(f"#{number:06x}"))
    with transaction(world.services.console) as session:
        kept = session.execute(
            text("SELECT count(*) FROM look_steps WHERE store_id = :s"), {"s": world.ada.store_id}
        ).scalar_one()
    assert kept == MOST_STEPS
    for _ in range(MOST_STEPS - 1):
        last = stepped(world.ada, step_back)
    assert last.undo == ""
    with pytest.raises(Refusal):
        stepped(world.ada, step_back)


def test_sections_are_added_moved_hidden_duplicated_and_removed(world: World) -> None:
    ada = world.ada
    change(ada, partial(add_section, page="home", kind="quote"))
    quote = draft(ada).content.pages["home"][1]["id"]
    change(ada, partial(add_section, page="home", kind="hero", after="s1"))
    assert kinds(draft(ada)) == ["featured", "hero", "quote"]
    change(ada, partial(shift_section, page="home", section_id=quote, by=-1))
    assert kinds(draft(ada)) == ["featured", "quote", "hero"]
    change(ada, partial(move_section, page="home", section_id=quote, to=99))
    assert kinds(draft(ada)) == ["featured", "hero", "quote"]
    change(ada, partial(set_section, page="home", section_id=quote, given={"text": "Less, but better."}))
    twice = change(ada, partial(duplicate_section, page="home", section_id=quote))
    assert [each["settings"].get("text") for each in twice.content.pages["home"][2:]] == [
        "Less, but better."
    ] * 2
    hidden = change(ada, partial(hide_section, page="home", section_id=quote, hidden=True))
    assert hidden.content.section("home", quote)["hidden"] is True
    change(ada, partial(remove_section, page="home", section_id=quote))
    assert kinds(draft(ada)) == ["featured", "hero", "quote"]
    with pytest.raises(NotFound, match="no longer on the page"):
        change(ada, partial(remove_section, page="home", section_id=quote))
    assert [each.after for each in differences(draft(ada).published, draft(ada).content)] == [
        "added",
        "added",
    ]


def test_a_page_takes_so_many_sections_and_no_unknown_ones(world: World) -> None:
    full = Content(
        "aurora@1",
        {},
        {"home": [{"id": f"s{n}", "type": "quote", "settings": {}} for n in range(MOST_SECTIONS)]},
    )
    for refused in (
        partial(add_section, page="home", kind="quote"),
        partial(duplicate_section, page="home", section_id="s3"),
    ):
        with pytest.raises(Refusal, match="at most 25 sections"):
            refused(full)
    with pytest.raises(Refusal, match="no such section"):
        add_section(Content("aurora@1", {}, {}), "home", "carousel")
    with pytest.raises(Refusal, match="no sections of its own"):
        add_section(Content("aurora@1", {}, {}), "cart", "quote")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"brand": "url(https://evil.example)"}, "six digits"),
        ({"brand": "#12345g"}, "six digits"),
        ({"brand": "red;}body{display:none"}, "six digits"),
        ({"announcement": "x" * 10_000}, "at most 300 characters"),
        ({"paper": "granite"}, "Choose one of"),
        ({"shadow": "deep"}, "no such setting"),
        ({"logo": {"key": "../../etc/passwd", "width": 1, "height": 1}}, "was uploaded"),
    ],
)
def test_what_is_not_allowed_is_refused_at_its_field(
    world: World, given: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Refusals) as refused:
        change(world.ada, partial(set_look, given=given))
    (field,) = given
    assert sentence in refused.value.errors[field]
    assert draft(world.ada).version == 0


def test_words_in_any_script_are_kept_and_script_in_rich_text_is_not(world: World) -> None:
    ada = world.ada
    odd = "\u202eمرحبا 👩‍👩‍👧 <b>&"
    change(ada, partial(set_look, given={"announcement": odd}))
    assert draft(ada).content.settings["announcement"] == odd
    change(ada, partial(add_section, page="home", kind="richtext"))
    made = draft(ada).content.pages["home"][-1]["id"]
    harmful = '<p onclick="x()">Hi <script>alert(1)</script><a href="javascript:x">there</a></p>'
    change(ada, partial(set_section, page="home", section_id=made, given={"text": harmful}))
    kept = draft(ada).content.section("home", made)["settings"]["text"]
    assert "script" not in kept
    assert "onclick" not in kept
    with pytest.raises(Refusals) as refused:
        change(ada, partial(set_section, page="home", section_id=made, given={"text": "x" * 10_001}))
    assert "at most 10,000" in refused.value.errors["text"]


def test_a_preset_is_one_step_that_keeps_words_pictures_and_logo(world: World) -> None:
    ada = world.ada
    logo = {"key": "a" * 64, "width": 10, "height": 10, "alt": "Ada", "sizes": []}
    change(ada, partial(set_look, given={"announcement": "Open late", "logo": logo, "brand_2": "#ff0000"}))
    before = draft(ada).content
    after = change(ada, partial(take_preset, theme_name="aurora@1", preset_id="kitchen")).content
    assert after.settings["brand"] == "#155157"
    assert after.settings["display"] == "bricolage"
    assert (after.settings["announcement"], after.settings["logo"]["key"]) == ("Open late", "a" * 64)
    assert after.pages == before.pages
    back = stepped(ada, step_back)
    assert back.content == before
    reading = change(ada, partial(take_preset, theme_name="aurora@1", preset_id="reading-room")).content
    assert "brand_2" not in reading.settings
    other = change(ada, partial(take_preset, theme_name="market@1", preset_id="depot")).content
    assert (other.theme, other.settings["voice"], other.settings["announcement"]) == (
        "market@1",
        "narrow",
        "Open late",
    )
    assert "display" not in other.settings
    for theme, preset in (("aurora@1", "none"), ("none@1", "kitchen")):
        with pytest.raises(NotFound):
            take_preset(before, theme, preset)


def test_a_preset_fills_a_page_that_has_nothing(world: World) -> None:
    empty = Content("aurora@1", {}, {})
    theme = look("aurora", {}).theme
    preset = replace(theme.presets[0], pages={"home": [{"type": "hero", "settings": {"heading": "Hi"}}]})

    class Themes:
        def theme(self, name: str) -> Any:
            return replace(theme, presets=(preset,))

    filled = take_preset(empty, "aurora@1", preset.id, registry=Themes()).content  # type: ignore[arg-type]
    assert filled.pages["home"][0]["settings"] == {"heading": "Hi"}
    kept = content_of("aurora@1", {}, {"home": [{"type": "quote"}]})
    same = take_preset(kept, "aurora@1", preset.id, registry=Themes()).content  # type: ignore[arg-type]
    assert same.pages == kept.pages


def test_colours_are_taken_from_a_logo_in_their_order(world: World) -> None:
    taken = change(world.ada, partial(take_colours, colours=["#1c4cc8", "#f5dc3a"]))
    assert (taken.content.settings["brand"], taken.content.settings["brand_2"]) == ("#1c4cc8", "#f5dc3a")
    assert taken.undo == "Colours of the logo"
    with pytest.raises(Refusal, match="Upload a logo"):
        take_colours(taken.content, [])


def test_what_the_theme_does_not_know_is_kept_aside_and_named(world: World) -> None:
    old = content_of(
        "aurora@1",
        {"brand": "#155157", "glow": "12"},
        {
            "home": [
                {"type": "carousel", "settings": {"speed": 3}},
                {"type": "quote", "settings": {"size": 2}},
                "odd",
            ]
        },
    )
    named = [each.words for each in kept_aside(old)]
    assert named == [
        "Setting “glow”",
        "Section “carousel”",
        "Quote: setting “size”",
        "Section “without a type”",
    ]
    moved = shift_section(old, "home", "s2", -1).content
    changed = set_section(moved, "home", "s2", {"text": "Kept"}).content
    chosen = take_preset(changed, "aurora@1", "kitchen").content
    assert chosen.settings["glow"] == "12"
    assert chosen.section("home", "s1")["settings"] == {"speed": 3}
    assert chosen.section("home", "s2")["settings"] == {"size": 2, "text": "Kept"}
    with pytest.raises(Refusal, match="no such section"):
        set_section(chosen, "home", "s1", {"speed": 4})
    assert "glow" not in forget_setting(chosen, "glow").content.settings
    for known in ("brand", "nothing"):
        with pytest.raises(NotFound):
            forget_setting(chosen, known)
    change(world.ada, become(chosen, mark="x", words="x"))
    publish(world.ada)
    assert draft(world.ada).published.settings["glow"] == "12"


def test_publishing_shows_the_draft_and_can_be_gone_back_from(world: World) -> None:
    ada = world.ada
    first = draft(ada).published_look_id
    assert first
    change(ada, colour("#1c4cc8"))
    second = publish(ada)
    after = draft(ada)
    assert (after.differs, after.published_look_id) == (False, second)
    with pytest.raises(Refusal, match="Nothing differs"):
        publish(ada)
    change(ada, colour("#155157"))
    with ada.transaction() as session:
        found = published_looks(session, **ada.keys)
        assert [(each.look_id, each.shown) for each in found] == [(second, True), (first, False)]
        assert found[0].actor == "ann@example.com"
        assert published_look(session, **ada.keys, look_id=second).settings["brand"] == "#1c4cc8"
        revert_look(session, **ada.keys, look_id=first, actor="bob@example.com", now=world.now)
    reverted = draft(ada)
    assert (reverted.differs, reverted.published_look_id, reverted.changed_by) == (
        False,
        first,
        "bob@example.com",
    )
    # What was being worked on is a step away.
    assert stepped(ada, step_back).content.settings["brand"] == "#155157"
    with ada.transaction() as session, pytest.raises(Refusal, match="already"):
        revert_look(session, **ada.keys, look_id=first, actor="ann@example.com", now=world.now)
    for shop, keys in (
        (world.ben, world.ben.keys),
        (world.ben, {**ada.keys, "partner_id": world.ben.partner_id}),
    ):
        with shop.transaction() as session, pytest.raises(NotFound):
            revert_look(session, **keys, look_id=second, actor="ben@example.com", now=world.now)
    with transaction(world.services.console) as session:
        told = session.execute(
            text("SELECT action FROM audit_log WHERE partner_id = :p AND action LIKE 'look.%' ORDER BY at"),
            {"p": ada.partner_id},
        ).scalars()
        assert list(told) == ["look.published", "look.reverted"]


def test_a_look_that_nobody_can_read_is_not_published(world: World) -> None:
    shown = look("aurora", {})
    refuse_unreadable(shown)
    with pytest.raises(Refusal, match=r"reaches 1\.\d to 1, and 4\.5 is needed"):
        refuse_unreadable(replace(shown, tokens={**shown.tokens, "ink": "#bbbbbb"}))
    change(world.ada, become(Content("gone@3", {}, {}), mark="x", words="x"))
    with pytest.raises(Refusal, match="not installed any more"):
        publish(world.ada)


def test_a_link_opens_one_stores_draft_until_it_expires_or_is_withdrawn(world: World) -> None:
    ada, ben = world.ada, world.ben
    with ada.transaction() as session:
        token, link = make_link(session, **ada.keys, actor="ann@example.com", now=world.now)
        other, _ = make_link(session, **ada.keys, actor="ann@example.com", now=world.now)
    for shop in (ada, ben):
        with shop.transaction() as session:
            found = open_links(session, **shop.keys, now=world.now)
            assert len(found) == (2 if shop is ada else 0)
    with ada.transaction() as session:
        assert open_link(session, **ada.keys, token=token, now=world.now) == world.now + timedelta(days=14)
        withdraw_link(session, **ada.keys, link_id=link.link_id, actor="ann@example.com", now=world.now)
        with pytest.raises(NotFound, match="was withdrawn"):
            open_link(session, **ada.keys, token=token, now=world.now)
        with pytest.raises(NotFound, match="withdrawn already"):
            withdraw_link(session, **ada.keys, link_id=link.link_id, actor="ann@example.com", now=world.now)
        with pytest.raises(NotFound, match="has expired"):
            open_link(session, **ada.keys, token=other, now=world.now + timedelta(days=14))
        with pytest.raises(NotFound, match="no draft behind"):
            open_link(session, **ada.keys, token="x" * 43, now=world.now)
    with ben.transaction() as session:
        for keys in (ben.keys, {**ben.keys, "store_id": ada.store_id}):
            with pytest.raises(NotFound, match="no draft behind"):
                open_link(session, **keys, token=other, now=world.now)
            with pytest.raises(NotFound):
                withdraw_link(session, **keys, link_id=link.link_id, actor="ben@example.com", now=world.now)
    with ada.transaction() as session:
        for _ in range(MOST_OPEN - 1):
            make_link(session, **ada.keys, actor="ann@example.com", now=world.now)
        with pytest.raises(Refusal, match="At most 10 links"):
            make_link(session, **ada.keys, actor="ann@example.com", now=world.now)


def test_what_would_change_is_said_thing_by_thing() -> None:
    before = content_of(
        "aurora@1",
        {"brand": "#155157"},
        {"home": [{"type": name} for name in ("hero", "featured", "quote", "facts")]},
    )
    after = set_look(before, {"brand": "#1c4cc8", "paper": "sage"}).content
    after = move_section(after, "home", "s4", 0).content
    after = hide_section(after, "home", "s3", True).content
    after = set_section(after, "home", "s1", {"heading": "New"}).content
    after = remove_section(after, "home", "s2").content
    said = [(each.where, each.before, each.after) for each in differences(before, after)]
    assert said == [
        ("Brand colour", "#155157", "#1c4cc8"),
        ("Paper", "Warm", "Sage"),
        ("Featured products", "", "removed"),
        ("Before you buy", "place 3", "place 1"),
        ("First picture: Heading", "Made to be used", "New"),
        ("Quote", "shown", "hidden"),
    ]
    assert differences(after, after) == ()
