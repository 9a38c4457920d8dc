"""Watches every statement that the faces' role sends, for the rules that tenancy rests on.

A statement on a tenant table states the partner for that table itself; row-level security is only the
backstop. The tenant is set by one literal SET LOCAL, first in its transaction. A breach fails the test
at the statement that made it.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Engine, event

from migrations.metadata import metadata
from storage.tenancy import tenant_tables

TENANT_TABLES = tuple(table.name for table in tenant_tables(metadata.tables.values()))
_NAMES = "|".join(TENANT_TABLES)
_KEYWORDS = frozenset(
    "on where set left join cross inner order group limit returning using values for as".split()
)
_USED = re.compile(rf"\b(?:FROM|JOIN|UPDATE|INTO)\s+({_NAMES})\b(?:\s+(?:AS\s+)?([a-z]\w*))?", re.IGNORECASE)
_SET = re.compile(r"SET LOCAL awning\.partner = '[0-9a-f-]{36}'")


def breach(statement: str) -> str:
    """What is wrong with a statement; empty when nothing is."""
    if "awning.partner" in statement:
        return "" if _SET.fullmatch(statement) else "the tenant is set by a literal SET LOCAL alone"
    statement = re.sub(r"%\(\w+\)s", "?", statement)
    for table, given in _USED.findall(statement):
        alias = given if given and given.lower() not in _KEYWORDS else table
        if re.search(rf"INSERT INTO {table}\b", statement, re.IGNORECASE):
            columns = re.search(
                rf"INSERT INTO {table}(?:\s+AS\s+\w+)?\s*\(([^)]*)\)", statement, re.IGNORECASE
            )
            if not columns or "partner_id" not in columns[1]:
                return f"an INSERT into {table} names its partner"
            continue
        stated = rf"\b{alias}\.partner_id\s*=|=\s*{alias}\.partner_id\b"
        alone = rf"(?:UPDATE|FROM)\s+{table}\b(?:(?!\bFROM\b|\bJOIN\b|\bUPDATE\b).)*?\bpartner_id\s*="
        if not re.search(stated, statement) and not re.search(alone, statement, re.IGNORECASE | re.DOTALL):
            return f"{table} AS {alias} is used without its partner"
    return ""


def watch(engine: Engine) -> None:
    """Judge every statement of an engine from now on."""

    @event.listens_for(engine, "before_cursor_execute")
    def judge(
        connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool
    ) -> None:
        problem = breach(statement)
        if problem:
            raise AssertionError(f"{problem}:\n{statement}")
