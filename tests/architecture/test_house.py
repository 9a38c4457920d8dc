"""The house's own rules: folders that a contract names, words that must not appear, sizes that read well."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_OUTSIDE = {"tests", "migrations", "bench", "docs", "scripts"}


def _tracked(pattern: str) -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files", pattern], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [ROOT / name for name in names]


def test_every_folder_is_a_floor_of_the_house() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = next(contract for contract in settings["contracts"] if contract["id"] == "floors")["layers"]
    named = {room.strip() for floor in layers for room in floor.split("|")}
    folders = {
        path.relative_to(ROOT).parts[0] for path in _tracked("*.py") if len(path.relative_to(ROOT).parts) > 1
    }
    assert folders - _OUTSIDE == named
    assert set(settings["root_packages"]) == named


def test_the_tenant_is_set_in_one_place_by_a_literal() -> None:
    for path in _tracked("*.py"):
        if path.relative_to(ROOT).parts[0] in _OUTSIDE:
            continue
        text = path.read_text()
        assert not re.search(r"\bset_config\s*\(", text.replace("``set_config()``", "")), path
        if path != ROOT / "storage" / "tenancy.py":
            # How the planner works says nothing of whose rows are meant.
            assert "SET LOCAL" not in text.replace("SET LOCAL plan_cache_mode", ""), path


def test_domain_code_does_not_commit() -> None:
    floors = ("kit", "tenants", "catalog", "pricing", "themes", "orders", "payments")
    for path in _tracked("*.py"):
        parts = path.relative_to(ROOT).parts
        if parts[0] in floors and "sandbox" not in parts:
            assert ".commit()" not in path.read_text(), path


def test_every_test_of_a_tenant_statement_can_fail() -> None:
    from tests.sql_rules import breach

    assert breach("SELECT * FROM orders o WHERE o.order_id = %(a)s")
    assert breach(
        "SELECT * FROM orders o JOIN order_lines l ON l.order_id = o.order_id WHERE o.partner_id = 1"
    )
    assert breach("UPDATE stores SET name = 'x' WHERE store_id = %(a)s")
    assert breach("INSERT INTO orders (order_id) VALUES (1)")
    assert breach("SELECT set_config('awning.partner', 'x', true)")
    assert not breach("SELECT * FROM orders o WHERE o.partner_id = %(a)s")
    assert not breach("SELECT * FROM products p")
