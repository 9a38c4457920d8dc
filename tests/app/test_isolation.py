"""What one partner can do with another's keys at the portal: nothing. And what each role may not."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from orders.cases.opening import open_case
from orders.placing import Contact
from payments.statements.issuing import issue_statements
from payments.statements.periods import next_month
from pricing.events import announce_event
from pricing.lists import create_price_list
from storage.database import transaction
from tenants.terms import set_grants, set_price_list
from tests.app.faces import UNSAFE, Visitor, path_of, rules, words
from tests.orders.newsletter.test_newsletter import subscribe
from tests.payments.payout_world import account, earn, line_of, pay
from tests.world import World
from themes.draft_changes import set_look
from themes.draft_links import make_link
from themes.drafts import change_draft, read_draft

SECRETS = Contact(
    email="private-maya@example.com",
    name="Maya Privately",
    line1="12 Hidden Street",
    line2="",
    city="Portsecret",
    region="OR",
    postcode="97299",
    country="US",
    phone="+1 555 0199",
)
# Rooms whose routes belong to everybody who signs in, or to nobody.
OPEN = ("sign_in.", "assets.", "demo.")
# The catalogue is the company's: what a key of it leads to is each partner's own view of the same thing.
SHARED = {"variant_id", "kind", "page"}


def rows_of(world: World, partner_id: UUID) -> dict[str, str]:
    """A digest of everything that a partner has, by table."""
    found = {}
    with transaction(world.services.console) as session:
        tables = session.execute(
            text(
                "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
                " WHERE a.attname = 'partner_id' AND c.relnamespace = 'public'::regnamespace"
                " AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
                " AND has_table_privilege(c.oid, 'SELECT')"
            )
        ).scalars()
        for table in sorted(tables):
            rows = session.execute(
                text(f"SELECT t::text FROM {table} t WHERE partner_id = :p ORDER BY 1"), {"p": partner_id}
            ).scalars()
            found[table] = sha256("\n".join(rows).encode()).hexdigest()
    # That somebody of the partner was seen is not a change of what it has.
    found.pop("web_sessions", None)
    return found


def keys_of_ada(world: World) -> dict[str, Any]:
    """Ada's keys, by the name that a route's address gives them."""
    order_id = world.ada.buy((world.mug, 2), contact=SECRETS)
    return {
        "line_id": payout_of_ada(world),
        "case_id": case_of_ada(world, order_id),
        "store_id": world.ada.store_id,
        "order_id": order_id,
        "partner_id": world.ada.partner_id,
        "store": world.ada.slug,
        "variant_id": world.variant(world.mug),
        "event_id": event_for_ada(world),
        "statement_id": statement_of_ada(world),
        "kind": "csv",
        **look_of_ada(world),
        "page": "home",
    }


def case_of_ada(world: World, order_id: UUID) -> UUID:
    """What a shopper of Ada's wrote about an order."""
    with world.ada.transaction() as session:
        return open_case(
            session, **world.ada.keys, email=SECRETS.email, name=SECRETS.name, subject="delivery",
            message="Where is it?", locale="en_US", order_id=order_id, now=world.now,
        ).case_id  # fmt: skip


def look_of_ada(world: World) -> dict[str, Any]:
    """A draft that Ada has changed, a link that shows it, and what she has published."""
    ada = world.ada
    with ada.transaction() as session:
        change_draft(
            session, **ada.keys, seen=0, make=partial(set_look, given={"brand": "#155157"}),
            actor="ada@example.com", now=world.now,
        )  # fmt: skip
        _, link = make_link(session, **ada.keys, actor="ada@example.com", now=world.now)
        look_id = read_draft(session, **ada.keys).published_look_id
    return {"look_id": look_id, "link_id": link.link_id}


def statement_of_ada(world: World) -> UUID:
    """A statement of this month, as if it were over."""
    ends = next_month(world.now)
    with world.ada.transaction() as session:
        (made,) = issue_statements(
            session, partner_id=world.ada.partner_id, until=ends, now=ends + timedelta(days=1)
        )
    return made.statement_id


def payout_of_ada(world: World) -> UUID:
    """A payout that Ada has got."""
    now = world.now
    account(world.ada)
    earn(world.ada)
    run_id = pay(world.ada)
    world.installation.clock.moment = now
    return UUID(str(line_of(world.ada, run_id).line_id))


def event_for_ada(world: World) -> UUID:
    """A sale event for partners on a price list that is Ada's alone."""
    with transaction(world.services.console) as session:
        gold = create_price_list(
            session, name=f"Gold {world.number}", customer_fields=[], actor="staff", now=world.now
        )
        set_price_list(
            session, partner_id=world.ada.partner_id, price_list_id=gold, actor="staff", now=world.now
        )
        return announce_event(
            session, name="For Ada", note="", visible_from=world.now, begins=world.now,
            ends=world.now + timedelta(days=7), products={world.product(f"mug-{world.number}"): 1000},
            price_lists=[gold], actor="staff", now=world.now,
        )  # fmt: skip


def bad_form(world: World, keys: dict[str, Any]) -> dict[str, Any]:
    """Everything that a form of the portal could ask for, with Ada's keys in it."""
    mug, tote = world.variant(world.mug), world.variant(world.tote)
    return {
        **{name: str(value) for name, value in keys.items()},
        "act": "save", "pick": [str(mug)], f"p-{tote}": "99.00", f"w-{tote}": "18.00",
        "method": "markup", "value": "500", "rounding": "none", "what": world.now.isoformat(),
        "name": "Taken over", "tagline": "Taken over", "support_email": "ben@example.com",
        "on_wholesale_rise": "pause", "version": "0", "has": "brand", "f-brand": "#123456",
    }  # fmt: skip


def test_the_order_has_secrets_that_its_own_partner_may_see(world: World) -> None:
    """Without this, the tests below would hold nothing."""
    keys = keys_of_ada(world)
    with transaction(world.services.console) as session:
        set_grants(
            session, partner_id=world.ada.partner_id, fields=["name", "email", "phone", "address"],
            actor="staff", now=world.now,
        )  # fmt: skip
    page = words(Visitor(world, "portal", "owner", world.ada).get(f"/orders/{keys['order_id']}"))
    for secret in (SECRETS.email, SECRETS.name, SECRETS.line1, SECRETS.city, SECRETS.phone):
        assert secret in page


def test_no_route_of_the_portal_shows_or_changes_another_partners_things(world: World) -> None:
    keys = keys_of_ada(world)
    ben = Visitor(world, "portal", "owner", world.ben)
    before = rows_of(world, world.ada.partner_id)
    assert len(before) > 10
    named = tried = 0
    for rule, method in rules(ben.app):
        if rule.endpoint.startswith(OPEN):
            continue
        unknown = set(rule.arguments) - set(keys)
        assert not unknown, f"{rule} takes {unknown}: say here what Ada's is"
        path = path_of(ben.app, rule, keys)
        named += bool(rule.arguments)
        for address in (path, f"{path}?store={world.ada.slug}"):
            if method in UNSAFE:
                response = ben.send(method, address, data=bad_form(world, keys))
            else:
                response = ben.get(address)
            about_ada = set(rule.arguments) - SHARED or "?" in address
            allowed = {302, 303, 403, 404, 415, 422} | (set() if about_ada else {200, 204})
            page = response.text
            # The list of one's own partners carries no store; the example answers with the refusal's words.
            harmless = rule.endpoint == "partners.index" or page == "There is no such store."
            assert response.status_code in allowed or harmless, (method, address, response.status_code)
            for secret in (
                *_texts(keys),
                "Ada & Co",
                "Ada &amp; Co",
                world.ada.slug,
                SECRETS.email,
                "12 Hidden",
            ):
                assert secret not in page, (method, address, secret)
            tried += 1
    assert named >= 3
    assert tried > 40
    assert rows_of(world, world.ada.partner_id) == before


def _texts(keys: dict[str, Any]) -> list[str]:
    return [
        str(keys[name]) for name in ("order_id", "store_id", "statement_id", "line_id", "look_id", "link_id")
    ]


def test_an_order_of_another_partner_is_answered_as_if_it_were_none(world: World) -> None:
    keys = keys_of_ada(world)
    ben = Visitor(world, "portal", "owner", world.ben)
    theirs, nobodys = ben.get(f"/orders/{keys['order_id']}"), ben.get(f"/orders/{UUID(int=9)}")
    assert theirs.status_code == nobodys.status_code == 404
    assert words(theirs) == words(nobodys)


def test_nobody_switches_to_a_partner_that_they_do_not_work_for(world: World) -> None:
    ben = Visitor(world, "portal", "owner", world.ben)
    for wanted in (str(world.ada.partner_id), "not one", ""):
        assert ben.post("/partners", partner_id=wanted).status_code == 404
    assert world.ben.slug in ben.get("/").text
    both = Visitor(world, "portal", "owner", world.ben, email=f"both-{world.number}@example.com")
    Visitor(world, "portal", "analyst", world.ada, email=both.email)
    assert both.post("/partners", partner_id=world.ada.partner_id).status_code == 303
    page = both.get("/").text
    assert world.ada.slug in page
    assert world.ben.slug not in page
    # The role is that of the partner in use: an owner there is an analyst here.
    assert both.post("/store", name="Mine now").status_code == 403


def test_who_lost_access_is_out_at_once(world: World) -> None:
    from tenants.terms import set_member_role
    from tests.app.faces import person_id

    Visitor(world, "portal", "owner", world.ada)
    helper = Visitor(world, "portal", "manager", world.ada)
    assert helper.get("/").status_code == 200
    with transaction(world.services.console) as session:
        set_member_role(
            session, partner_id=world.ada.partner_id, person_id=person_id(session, helper.email),
            role="", actor="staff", now=world.now,
        )  # fmt: skip
    assert helper.get("/").status_code == 302


@pytest.mark.parametrize("role", ["support", "analyst"])
def test_a_role_that_reads_changes_nothing(world: World, role: str) -> None:
    keys = keys_of_ada(world)
    reader = Visitor(world, "portal", role, world.ada)
    before = rows_of(world, world.ada.partner_id)
    tried = 0
    for rule, method in rules(reader.app, unsafe=True):
        # Support may ask the company for a refund, which moves nothing, and answers what shoppers write.
        asks = role == "support" and rule.endpoint.startswith(("refund_requests.send", "cases."))
        if asks or rule.endpoint.startswith((*OPEN, "partners.")):
            continue
        response = reader.send(method, path_of(reader.app, rule, keys), data=bad_form(world, keys))
        assert response.status_code == 403, (method, rule)
        tried += 1
    assert tried >= 8
    assert rows_of(world, world.ada.partner_id) == before
    # They may read, and no button offers what would be refused.
    for path in ("/", "/orders", "/prices", "/prices/rule", "/prices/file", "/store", "/editor", "/earnings"):
        page = reader.get(path)
        assert page.status_code == 200, path
        assert "Save" not in words(page), path


def test_a_manager_changes_prices_and_the_store(world: World) -> None:
    manager = Visitor(world, "portal", "manager", world.ada)
    mug = world.variant(world.mug)
    assert manager.post("/prices", **{f"p-{mug}": "25.00", f"w-{mug}": "21.60"}).status_code == 303
    assert manager.post("/store/state", act="pause").status_code == 303


@pytest.mark.parametrize("granted", [[], ["name"], ["email"], ["city"], ["name", "email", "city"]])
def test_what_is_not_granted_of_a_customer_is_on_no_page(world: World, granted: list[str]) -> None:
    order_id = world.ada.buy((world.mug, 1), contact=SECRETS)
    case_id = case_of_ada(world, order_id)
    subscribe(world.ada, SECRETS.email)
    with transaction(world.services.console) as session:
        set_grants(session, partner_id=world.ada.partner_id, fields=granted, actor="staff", now=world.now)
    of = {
        "name": ["Maya Privately", "Maya", "Privately"],
        "email": [SECRETS.email],
        "phone": [SECRETS.phone, "555 0199"],
        "address": ["12 Hidden Street", "97299"],
        "city": ["Portsecret"],
    }
    owner = Visitor(world, "portal", "owner", world.ada)
    pages = {}
    for rule, method in rules(owner.app):
        if method == "GET" and not rule.endpoint.startswith(OPEN):
            keys = {"order_id": order_id, "store_id": world.ada.store_id, "case_id": case_id}
            path = path_of(owner.app, rule, keys)
            pages[path] = owner.get(path).text
    # A search must not tell either what a page may not show.
    for asked in ("Privately", "private-maya", "Hidden", "0199"):
        pages[asked] = owner.get(f"/customers?q={asked}").text.replace(asked, "")
    for name, secrets in of.items():
        for secret in secrets:
            if name not in granted:
                assert not [path for path, page in pages.items() if secret in page], (name, secret)
        if name in granted:
            assert secrets[0] in pages[f"/orders/{order_id}"], name
    analyst = Visitor(world, "portal", "analyst", world.ada)
    for path in (f"/orders/{order_id}", "/orders", "/customers", "/"):
        page = analyst.get(path).text
        assert not [secret for secrets in of.values() for secret in secrets if secret in page], path
