"""Partners that are paid: their accounts, what they have earned, and runs by two people."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text, update

from payments.inbox import HEAD_START, drain
from payments.ledger.balances import balances
from payments.payouts.accounts import make_account, refresh_account, set_up_account
from payments.payouts.reading import open_draft, run_lines
from payments.payouts.runs import approve_run, draft_run, exclude_line, withdraw_run
from payments.payouts.sending import send_line
from payments.sandbox import call
from storage.database import transaction
from tenants.models import Company
from tests.world import CONTACT, GERMAN, Shop, World

FINANCE, OWNER = "finance@example.com", "owner@example.com"


def control(world: World, address: str, /, **body: object) -> Any:
    """Turn a knob of the sandbox."""
    pay = world.installation.pay
    status, _, answer = call(
        world.installation.sandbox, "POST", f"{pay}/_sandbox/{address}",
        {"Content-Type": "application/json"}, json.dumps(body).encode(),
    )  # fmt: skip
    assert status == 200, answer
    return json.loads(answer)


def account(shop: Shop, *, able: bool = True) -> str:
    """Set up a shop's payout account at Stripe; returns Stripe's id of it."""
    world = shop.world
    country = "US" if shop.currency == "USD" else "DE"
    with shop.transaction() as session:
        set_up_account(session, partner_id=shop.partner_id, country=country, actor="them", now=world.now)
    made = make_account(shop.tenant, gateway=world.services.gateway, now=world.now)
    assert made.stripe_id
    if able:
        control(world, f"accounts/{made.stripe_id}/onboard")
        refresh_account(shop.tenant, gateway=world.services.gateway, stripe_id=made.stripe_id, now=world.now)
    return made.stripe_id


def earn(shop: Shop, mugs: int = 2) -> UUID:
    """Sell mugs, and let the margin and Stripe's balance become available."""
    with transaction(shop.world.services.console) as session:
        session.execute(update(Company).values(hold_from="payment", hold_days=0))
    order_id = shop.buy((shop.world.mug, mugs), contact=CONTACT if shop.currency == "USD" else GERMAN)
    shop.world.later(days=8)
    return order_id


def available(shop: Shop) -> int:
    with shop.transaction() as session:
        found = balances(session, partner_id=shop.partner_id, now=shop.world.now)
    return sum(each.available.minor for each in found)


def draft(world: World, actor: str = FINANCE) -> UUID:
    """Draft a run, in which partners of other tests are left out."""
    with transaction(world.services.console) as session:
        left = open_draft(session)
        if left:
            withdraw_run(session, run_id=left.run_id, actor=OWNER, now=world.now)
    with transaction(world.services.console) as session:
        run_id = draft_run(session, actor=actor, now=world.now)
        mine = {world.ada.partner_id, world.ben.partner_id}
        for line in run_lines(session, run_id=run_id, excluded=False, limit=10_000):
            if line.partner_id not in mine:
                exclude_line(
                    session, run_id=run_id, partner_id=line.partner_id, line_id=line.line_id,
                    note="Another test’s", actor=actor, now=world.now,
                )  # fmt: skip
    return run_id


def approve(world: World, run_id: UUID, actor: str = OWNER) -> int:
    with transaction(world.services.console) as session:
        return approve_run(session, run_id=run_id, actor=actor, now=world.now)


def line_of(shop: Shop, run_id: UUID) -> Any:
    """A shop's line of a run, as the database has it."""
    with shop.transaction() as session:
        return session.execute(
            text("SELECT l.* FROM payout_lines l WHERE l.partner_id = :p AND l.run_id = :r"),
            {"p": shop.partner_id, "r": run_id},
        ).one_or_none()


def send(shop: Shop, run_id: UUID) -> str:
    line = line_of(shop, run_id)
    return send_line(
        shop.tenant, gateway=shop.world.services.gateway, line_id=line.line_id, now=shop.world.now
    )


def pay(*shops: Shop) -> UUID:
    """A whole run by two people, sent."""
    run_id = draft(shops[0].world)
    approve(shops[0].world, run_id)
    for shop in shops:
        assert send(shop, run_id) == "paid"
    return run_id


def hear(world: World) -> None:
    """Let Stripe's webhooks arrive and be handled."""
    world.deliver_webhooks()
    drain(
        world.services.face, gateway=world.services.gateway, now=world.now,
        patience=HEAD_START + timedelta(seconds=1),
    )  # fmt: skip


def transfers(world: World, run_id: UUID) -> list[Any]:
    """The transfers that the sandbox has of a run."""
    status, _, body = call(
        world.installation.sandbox, "GET",
        f"{world.installation.pay}/v1/transfers?transfer_group=payout-run:{run_id}&limit=100",
        {"Authorization": "Bearer sk_test_sandbox"}, b"",
    )  # fmt: skip
    assert status == 200, body
    found: list[Any] = json.loads(body)["data"]
    return found


def posted(shop: Shop, source: str) -> int:
    """How often entries of sources like this were posted."""
    with shop.transaction() as session:
        return int(
            session.execute(
                text("SELECT count(*) FROM ledger_entries WHERE partner_id = :p AND source LIKE :s"),
                {"p": shop.partner_id, "s": source},
            ).scalar_one()
        )
