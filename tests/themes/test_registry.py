"""Theme folders: parents, resolution, and paths that must lead nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from themes.registry import PROTECTED, Registry, ThemeError, UnknownTheme, installed


def theme(folder: Path, name: str, parent: str = "", **files: str) -> Path:
    where = folder / name
    where.mkdir(parents=True)
    lineage = f'parent = "{parent}"\n' if parent else ""
    text = f'id = "{name}"\nversion = 1\napi = 1\nlabel = "{name}"\n{lineage}'
    (where / "theme.toml").write_text(text, encoding="utf-8")
    for path, content in files.items():
        target = where / path.replace("__", "/").replace("_html", ".html")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
    return where


def test_a_theme_answers_first_and_its_ancestors_after_it(tmp_path: Path) -> None:
    root = theme(tmp_path, "root", templates__home_html="root", templates__cart_html="root")
    mid = theme(tmp_path, "mid", "root", templates__cart_html="mid")
    leaf = theme(tmp_path, "leaf", "mid", templates__home_html="leaf")
    registry = Registry([leaf, root, mid])
    found = {name: registry.resolve(f"leaf@1/templates/{name}.html") for name in ("home", "cart", "none")}
    assert found["home"] == leaf / "templates/home.html"
    assert found["cart"] == mid / "templates/cart.html"
    assert found["none"] is None
    assert registry.resolve("root@1/templates/home.html") == root / "templates/home.html"


def test_what_the_core_owns_cannot_be_overridden(tmp_path: Path) -> None:
    root = theme(tmp_path, "root", templates__checkout_html="core", mail__receipt_html="core")
    leaf = theme(tmp_path, "leaf", "root", templates__checkout_html="own", mail__receipt_html="own")
    registry = Registry([root, leaf])
    assert "templates/checkout.html" in PROTECTED
    assert registry.resolve("leaf@1/templates/checkout.html") == root / "templates/checkout.html"
    assert registry.resolve("leaf@1/mail/receipt.html") == root / "mail/receipt.html"


@pytest.mark.parametrize(
    "path",
    [
        "../secret",
        "templates/../../secret",
        "/etc/passwd",
        "templates//home.html",
        "./templates/home.html",
        "templates\\..\\secret",
        ".hidden",
        "templates/\0home.html",
        "",
        "link/secret",
    ],
)
def test_no_path_leaves_a_theme(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret").write_text("secret", encoding="utf-8")
    where = theme(tmp_path, "leaf", templates__home_html="home")
    (where / ".hidden").write_text("hidden", encoding="utf-8")
    (where / "link").symlink_to(tmp_path)
    assert Registry([where]).resolve(f"leaf@1/{path}") is None


def test_an_unknown_theme_resolves_to_nothing() -> None:
    assert installed().resolve("nobody@1/templates/home.html") is None
    assert installed().resolve("aurora@9/templates/home.html") is None
    with pytest.raises(UnknownTheme):
        installed().theme("nobody")


def test_an_id_alone_means_the_installed_version() -> None:
    assert installed().theme("aurora").name == "aurora@1"


def test_a_circle_of_parents_is_refused(tmp_path: Path) -> None:
    folders = [theme(tmp_path, "one", "two"), theme(tmp_path, "two", "one")]
    with pytest.raises(ThemeError, match="its own ancestor"):
        Registry(folders)


def test_a_missing_parent_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ThemeError, match="not installed"):
        Registry([theme(tmp_path, "one", "two")])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'id' is missing"),
        ("not toml at all", "cannot be read"),
        ('id = "x"\nversion = 1\nlabel = "X"\napi = 9', "theme API 9"),
    ],
)
def test_a_broken_theme_file_names_what_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "theme.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ThemeError, match=words):
        Registry([tmp_path])


def test_presets_of_the_installed_themes_choose_only_what_is_allowed() -> None:
    for each in installed().themes:
        for preset in each.presets:
            assert each.schema.choose(preset.settings).problems == {}


def test_every_section_has_a_template() -> None:
    aurora = installed().theme("aurora")
    assert aurora.sections
    for section in aurora.sections:
        assert installed().resolve(f"aurora@1/sections/{section}.html")
