"""Settings: what is allowed, what is said when it is not, and pages made of sections."""

from __future__ import annotations

from typing import Any

import pytest

from themes.registry import installed
from themes.sections import MOST_SECTIONS, compose
from themes.settings import Schema, SchemaError, clean_rich_text

KEY = "a" * 64


def judge(kind: str, value: Any, **given: Any) -> tuple[Any, str]:
    defaults: dict[str, Any] = {"bool": False, "range": 0, "color": "#000000", "choice": "a", "font": "a"}
    options = [{"value": "a", "label": "A"}] if kind in ("choice", "font", "color_scheme") else []
    setting = {"id": "it", "type": kind, "label": "It", "options": options, **given}
    setting["default"] = defaults.get(kind)
    setting["optional"] = setting["default"] is None
    schema = Schema.model_validate({"groups": [{"id": "g", "label": "G", "settings": [setting]}]})
    chosen = schema.choose({"it": value})
    return chosen.values["it"], chosen.problems.get("it", "")


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("color", "#ABCDEF", "#abcdef"),
        ("choice", "a", "a"),
        ("font", "a", "a"),
        ("range", 7, 7),
        ("bool", True, True),
        ("text", "  words ", "words"),
        ("url", "/collections/mugs", "/collections/mugs"),
        ("url", "https://example.org/x", "https://example.org/x"),
        ("collection", "mugs-and-cups", "mugs-and-cups"),
        (
            "image",
            {"key": KEY, "width": 4, "height": 5},
            {"key": KEY, "width": 4, "height": 5, "alt": "", "sizes": []},
        ),
        ("richtext", "<p>Hello <b>you</b></p>", "<p>Hello you</p>"),
        ("text", "", None),
    ],
)
def test_what_is_allowed_is_kept(kind: str, value: Any, kept: Any) -> None:
    assert judge(kind, value) == (kept, "")


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("color", "red"),
        ("color", "#fff"),
        ("color", "#000000;}body{display:none"),
        ("color", 7),
        ("choice", "b"),
        ("range", 101),
        ("range", 1.5),
        ("range", True),
        ("bool", "yes"),
        ("text", "x" * 301),
        ("text", ["x"]),
        ("url", "javascript:alert(1)"),
        ("url", "//evil.example"),
        ("url", "/\\evil.example"),
        ("url", "http://example.org"),
        ("product", "../x"),
        ("image", {"key": "short", "width": 1, "height": 1}),
        ("image", {"key": KEY, "width": 1}),
        ("image", {"key": KEY, "width": 1, "height": 1, "onload": "x"}),
        ("image", "https://example.org/x.png"),
    ],
)
def test_what_is_not_allowed_is_refused_with_a_sentence(kind: str, value: Any) -> None:
    _, problem = judge(kind, value)
    assert problem.endswith(".")


def test_an_unknown_key_is_reported_and_left_out() -> None:
    chosen = installed().theme("aurora").schema.choose({"css": "body{}"})
    assert chosen.problems == {"css": "This theme has no such setting."}
    assert "css" not in chosen.values


def test_rich_text_loses_everything_that_acts() -> None:
    dirty = '<p onclick="x()">a<script>b</script><a href="javascript:x">c</a><img src=x onerror=y></p>'
    clean = clean_rich_text(dirty)
    assert "script" not in clean
    assert "onclick" not in clean
    assert "img" not in clean
    assert clean.startswith("<p>a")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[[groups]]\nid="g"\nlabel="G"\n[[groups.settings]]\nid="x"\ntype="nonsense"\nlabel="X"', "type"),
        ('[[groups]]\nid="g"\nlabel="G"\n[[groups.settings]]\nid="x"\ntype="text"\nlabel="X"', "default"),
        (
            '[[groups]]\nid="g"\nlabel="G"\n[[groups.settings]]\nid="x"\ntype="color"\nlabel="X"\ndefault="red"',
            "not allowed",
        ),
        (
            '[[groups]]\nid="g"\nlabel="G"\n'
            + '[[groups.settings]]\nid="x"\ntype="text"\nlabel="X"\noptional=true\n' * 2,
            "twice",
        ),
        ('colour = "red"', "colour"),
        ('needs = ["weather"]', "needs"),
        ('needs = ["products"]', "named count"),
    ],
)
def test_a_wrong_schema_names_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(SchemaError, match=words):
        Schema.read(text)


def test_a_page_keeps_the_sections_that_it_can_and_reports_the_rest() -> None:
    aurora = installed().theme("aurora")
    page = [
        {"type": "quote", "settings": {"text": "Well.", "size": 9}},
        {"type": "marquee", "settings": {}},
        "hero",
        {"type": "facts"},
    ]
    made = compose(aurora, page)
    assert [section.type for section in made.sections] == ["quote", "facts"]
    assert made.sections[0].settings["text"] == "Well."
    assert set(made.problems) == {"0.size", "1", "2"}


def test_a_page_has_an_end() -> None:
    made = compose(installed().theme("aurora"), [{"type": "facts"}] * 40)
    assert len(made.sections) == MOST_SECTIONS
    assert "" in made.problems
