"""What the editor refuses, and how it is mended: wrong words, pictures, goods, and somebody who was quicker."""

from __future__ import annotations

import io
import re

import pytest

from tests.app.faces import Visitor, field, words
from tests.app.portal.editing import (
    draft,
    owner_of,
    png,
    post,
    put,
    section,
    upload,
)
from tests.world import World
from themes.content import Content
from themes.sections import MOST_SECTIONS


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
