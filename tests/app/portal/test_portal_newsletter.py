"""The newsletter in the portal: figures for everybody, addresses as granted, and a file with a purpose."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import text

from app.tables import read_table
from orders.newsletter.asking import leave
from storage.database import transaction
from tenants.terms import set_grants
from tests.app.faces import Visitor, words
from tests.orders.newsletter.test_newsletter import WORDS, ask_for, subscribe
from tests.world import World


def grant(world: World, *fields: str) -> None:
    for shop in (world.ada, world.ben):
        with transaction(world.services.console) as session:
            set_grants(session, partner_id=shop.partner_id, fields=list(fields), actor="staff", now=world.now)


def exported(world: World) -> list[tuple[str, str, dict[str, object]]]:
    with transaction(world.services.console) as session:
        rows = session.execute(
            text(
                "SELECT actor, reason, after FROM audit_log WHERE subject = :s AND action = :a ORDER BY entry_id"
            ),
            {"s": f"store:{world.ada.store_id}", "a": "newsletter.exported"},
        )
        return [(row.actor, row.reason, row.after) for row in rows]


def people(world: World) -> None:
    """Two who get Ada's news, one who left, one who never confirmed; and one of Ben's."""
    ada = world.ada
    subscribe(ada, "first@example.com")
    world.later(days=8)
    subscribe(ada, "=cmd@example.com", page="/collections/all")
    left = subscribe(ada, "left@example.com")
    with ada.transaction() as session:
        leave(session, **ada.keys, subscriber_id=left, now=world.now)
    ask_for(ada, "asked@example.com")
    subscribe(world.ben, "bens@example.com")


def test_figures_and_addresses(world: World) -> None:
    people(world)
    grant(world, "email")
    owner = Visitor(world, "portal", "owner", world.ada)
    page = words(owner.get("/newsletter"))
    assert "Get the news 2" in page
    assert "1 more has not confirmed yet." in page
    assert "first@example.com" in page
    for nobody in ("left@example.com", "asked@example.com", "bens@example.com"):
        assert nobody not in page
    assert "Nobody gets your news yet" not in page
    assert "first@example.com" not in words(Visitor(world, "portal", "owner", world.ben).get("/newsletter"))
    # An analyst sees figures; support sees addresses and takes none away.
    analyst = words(Visitor(world, "portal", "analyst", world.ada).get("/newsletter"))
    assert "Get the news 2" in analyst
    assert "@example.com" not in analyst.replace("analyst", "")
    support = Visitor(world, "portal", "support", world.ada)
    assert "first@example.com" in words(support.get("/newsletter"))
    assert "CSV" not in words(support.get("/newsletter"))
    assert support.post("/newsletter/file", purpose="x", kind="csv").status_code == 403


def test_what_was_not_granted_is_neither_shown_nor_exported(world: World) -> None:
    people(world)
    grant(world, "name", "city")
    owner = Visitor(world, "portal", "owner", world.ada)
    page = owner.get("/newsletter")
    assert "Get the news 2" in words(page)
    for shown in ("first@", "cmd@"):
        assert shown not in page.text
    refused = owner.post("/newsletter/file", purpose="News of May", kind="csv")
    assert refused.status_code == 422
    assert "does not let you see addresses" in words(refused)
    assert exported(world) == []


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_holds_who_confirmed_and_its_purpose_is_logged(world: World, kind: str) -> None:
    people(world)
    grant(world, "email")
    owner = Visitor(world, "portal", "owner", world.ada)
    answer = owner.post("/newsletter/file", purpose=" News of <May> ", kind=kind)
    assert answer.status_code == 200
    assert f"{world.ada.slug}-newsletter.{kind}" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "private, no-store"
    if kind == "csv":
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        # A sheet must not take an address for a formula.
        assert [row["email"] for row in rows] == ["'=cmd@example.com", "first@example.com"]
        assert (rows[0]["page"], rows[0]["consent"]) == ("/collections/all", WORDS)
        # Each has a link of its own to leave, for the mails that the partner sends.
        host, path = re.match(r"http://([^:/]+):8000(/newsletter/leave/\S+)", rows[1]["leave"]).groups()  # type: ignore[union-attr]
        assert host == f"{world.ada.slug}.localhost"
        shopper = world.installation.store_app.test_client()
        assert shopper.post(path, base_url=f"http://{host}").status_code == 200
        assert "first@example.com" not in words(owner.get("/newsletter"))
    else:
        table = read_table(answer.data)
        assert len(table.rows) == 2
    assert exported(world) == [(owner.email, "News of <May>", {"addresses": 2, "file": kind})]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"purpose": "  ", "kind": "csv"}, "Say what the addresses are for."),
        ({"purpose": "x" * 201, "kind": "csv"}, "At most 200 characters."),
        ({"purpose": "News", "kind": "exe"}, "Choose CSV or XLSX."),
    ],
)
def test_a_file_without_a_purpose_is_refused(world: World, form: dict[str, str], sentence: str) -> None:
    people(world)
    grant(world, "email")
    refused = Visitor(world, "portal", "owner", world.ada).post("/newsletter/file", **form)
    assert refused.status_code == 422
    assert sentence in words(refused)
    assert exported(world) == []


def test_nobody_yet(world: World) -> None:
    page = words(Visitor(world, "portal", "manager", world.ada).get("/newsletter"))
    assert "Nobody gets your news yet." in page
