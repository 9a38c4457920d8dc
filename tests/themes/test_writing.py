"""Rich text as it is written and kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from themes.colour import contrast
from themes.contrast import readability
from themes.settings import clean_rich_text
from themes.tokens import look
from themes.writing import taken_out, to_html, to_text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("Hello\nthere", "<p>Hello<br>there</p>"),
        ("One\n\nTwo", "<p>One</p><p>Two</p>"),
        ("**Bold** and *soft*", "<p><strong>Bold</strong> and <em>soft</em></p>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("### Why", "<h3>Why</h3>"),
        ("5 * 3 * 2 = 30", "<p>5 * 3 * 2 = 30</p>"),
        ("<script>alert(1)</script>Hi", "<p>Hi</p>"),
        ("[x](javascript:alert(1))", '<p><a rel="noopener nofollow">x</a>)</p>'),
        ('[x](https://a.example"onclick="y)', '<p><a href="https://a.example&quot;onclick=&quot;y" rel="noopener nofollow">x</a></p>'),
        ("[Mugs](/collections/mugs)", '<p><a href="/collections/mugs" rel="noopener nofollow">Mugs</a></p>'),
        ("\u202eمرحبا 👩‍👩‍👧", "<p>\u202eمرحبا 👩‍👩‍👧</p>"),
        ("", ""),
    ],
)  # fmt: skip
def test_what_is_written_becomes_plain_html(written: str, kept: str) -> None:
    assert clean_rich_text(to_html(written)) == kept


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\r\0", exclude_categories=("Cc", "Cs", "Zl", "Zp"))).map(str.strip),
        max_size=4,
    )
)  # fmt: skip
def test_what_is_kept_is_read_and_written_to_the_same(paragraphs: list[str]) -> None:
    kept = clean_rich_text(to_html("\n\n".join(paragraphs)))
    assert clean_rich_text(to_html(to_text(kept))) == kept


def test_what_cleaning_takes_out_is_named() -> None:
    assert taken_out("<p>Hi <script>x</script><STRONG>a</STRONG> <img src=x> 3 < 4") == ["script", "img"]


def test_a_colour_is_judged_on_what_it_stands_on() -> None:
    shown = look("aurora", {"brand": "#f5dc3a"})
    setting = next(each for each in shown.theme.schema.settings if each.id == "brand")
    judged = readability(shown, setting, "#f5dc3a")
    assert judged
    assert not judged.passes
    assert judged.reached < 1.5
    assert contrast(judged.nearest, judged.ground) >= 4.5
    fine = readability(shown, setting, "#643038")
    assert fine
    assert fine.passes
    assert fine.nearest == "#643038"
    assert readability(shown, setting, None) is None
    second = next(each for each in shown.theme.schema.settings if each.id == "brand_2")
    assert readability(shown, second, "#f5dc3a") is None
