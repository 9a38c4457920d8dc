"""Themes that come with the program have no findings, and a bad theme has those that it deserves."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from typer.testing import CliRunner

import themes as themes_package
from app.cli import cli
from app.theme_check.checking import check_theme
from app.theme_check.markup import problems_of
from themes.registry import Registry, installed

OWN = [path.parent for path in sorted(Path(themes_package.__file__).parent.glob("*/theme.toml"))]


def test_an_installed_theme_has_no_findings() -> None:
    assert list(check_theme(installed().theme("aurora"), installed())) == []


_NOISE = "".join(
    f".x{number * 7919 % 100003} {{ color: #{number * 104729 % 0xFFFFFF:06x} }}" for number in range(6000)
)
_BAD = {
    "theme.toml": """
        id = "bad"
        version = 1
        api = 1
        label = "Bad"
        parent = "aurora"
        [[presets]]
        id = "one"
        label = "One"
        settings = { brand = "red", shade = 3 }
    """,
    "templates/search.html": "{{ query.nothing }}",
    "sections/map.toml": 'label = "Map"',
    "assets/css/theme.css": '@import "https://fonts.example/x.css"; a { background: url(//x.example/y.png) }'
    + _NOISE,
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What is found of a theme that does everything wrong."""
    folder = tmp_path_factory.mktemp("themes") / "bad"
    for name, content in _BAD.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(content), encoding="utf-8")
    registry = Registry([folder, *OWN])
    return [f"{each.where}: {each.problem}" for each in check_theme(registry.theme("bad"), registry)]


def test_a_preset_that_chooses_what_is_not_allowed_is_named(found: list[str]) -> None:
    assert "preset one: chooses brand: Write a colour as # and six digits, such as #643038." in found
    assert "preset one: chooses shade: This theme has no such setting." in found


def test_a_template_that_fails_is_found_on_its_page_and_nowhere_else(found: list[str]) -> None:
    failed = [each for each in found if "cannot be shown: UndefinedError" in each]
    assert failed
    assert all(each.startswith(("page 'search'", "page 'nothing found'")) for each in failed)


def test_what_would_be_loaded_from_elsewhere_or_is_too_much_is_found(found: list[str]) -> None:
    assert "assets/css: loads https://fonts.example/x.css, and a store loads nothing from elsewhere" in found
    assert "assets/css: loads //x.example/y.png, and a store loads nothing from elsewhere" in found
    assert any(each.endswith("bytes compressed, 20000 at most") for each in found)


def test_a_section_without_its_template_is_found(found: list[str]) -> None:
    assert "sections/map.toml: has settings and no template beside it" in found


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<h1>A</h1><p style='color:red'>b</p>", "style attribute on p"),
        ("<h1>A</h1><a onclick='x()'>b</a>", "onclick on a"),
        ("<h1>A</h1><script>x()</script>", "inline script"),
        ("<h1>A</h1><img src='/a.webp' width='3'>", "without alt text"),
        ("<h1>A</h1><script src='https://x.example/y.js'></script>", "https://x.example/y.js"),
        ("<h1>A</h1><i id='x'></i><i id='x'></i>", "the id x twice"),
        ("<p>A</p>", "0 main headings"),
        ("<h1>A</h1><h3>b</h3>", "leaves out a rank"),
        ("<h1>A</h1></b>", "no valid HTML"),
    ],
)
def test_a_page_is_told_what_is_wrong_with_it(body: str, words: str) -> None:
    page = f"<!doctype html><html lang=en><head><title>t</title></head><body>{body}</body></html>"
    assert any(words in problem for problem in problems_of(page)), list(problems_of(page))


def test_the_command_tells_of_each_theme_and_knows_no_others() -> None:
    runner = CliRunner()
    fine = runner.invoke(cli, ["theme", "check", "market"], env={"AWNING_CHROMIUM": None})
    assert (fine.exit_code, fine.output) == (0, "market@1: 0 findings.\n")
    unknown = runner.invoke(cli, ["theme", "check", "none"], env={"AWNING_CHROMIUM": None})
    assert unknown.exit_code == 1
