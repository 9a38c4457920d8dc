"""The tutorial of docs/themes.md, followed as it is written."""

from __future__ import annotations

import re
from pathlib import Path

import themes
from app.theme_check.checking import check_theme
from themes.registry import Registry

GUIDE = Path(__file__).parents[2] / "docs" / "themes.md"
OWN = Path(themes.__file__).parent
_FILE = re.compile(r"`(corner/[a-z./]+)`:\n```[a-z]+\n(.*?)```", re.DOTALL)


def test_the_tutorials_theme_has_no_findings(tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    files = dict(_FILE.findall(text))
    added = re.search(r"add to the sheet's end:\n```css\n(.*?)```", text, re.DOTALL)
    assert added
    market = OWN / "market" / "assets"
    files["corner/assets/css/theme.css"] = (market / "css" / "theme.css").read_text() + added[1]
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    fonts = tmp_path / "corner" / "assets" / "fonts"
    fonts.mkdir()
    (fonts / "archivo.woff2").write_bytes((market / "fonts" / "archivo.woff2").read_bytes())
    registry = Registry([tmp_path / "corner", *(path.parent for path in OWN.glob("*/theme.toml"))])
    corner = registry.theme("corner")
    assert set(files) >= {"corner/theme.toml", "corner/sections/hours.toml", "corner/sections/hours.html"}
    assert [preset.id for preset in corner.presets] == ["corner", "kiosk"]
    assert "hours" in corner.sections
    assert list(check_theme(corner, registry)) == []
