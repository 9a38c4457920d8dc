"""Stripe's fee: the company's cost, and of it what the partner's price list agrees."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from uuid import UUID

import pytest
from sqlalchemy import text

from payments.fees import post_fee
from payments.gateway.protocol import Gateway
from payments.gateway.records import CheckoutSnapshot
from payments.settlement import Reference, settle
from storage.database import transaction
from tests.payments.test_refunds import accounts, sound
from tests.world import GERMAN, Shop, World


@contextmanager
def shared(world: World, bps: int) -> Iterator[None]:
    """Let the partners of the default list bear a part of the fee."""
    for value in (bps, 0):
        with transaction(world.services.console) as session:
            session.execute(text("UPDATE price_lists SET fee_share_bps = :v"), {"v": value})
        if value == bps:
            yield


def posted(shop: Shop, order_id: UUID) -> dict[str, tuple[int, str]]:
    with shop.transaction() as session:
        rows = session.execute(
            text(
                "SELECT split_part(source, ':', 1) AS fact, amount, currency FROM ledger_entries"
                " WHERE partner_id = :p AND order_id = :o AND source LIKE 'fee%'"
            ),
            {"p": shop.partner_id, "o": order_id},
        )
        return {row.fact: (row.amount, row.currency) for row in rows}


def test_a_partner_bears_its_share_of_the_fee_rounded_down(world: World) -> None:
    ada, ben = world.ada, world.ben
    before = ada.buy((world.mug, 1))
    with shared(world, 5000):
        order_id = ada.buy((world.mug, 1))
        theirs = ben.buy((world.mug, 1), contact=GERMAN)
    fee, _ = posted(ada, order_id)["fee"]
    assert posted(ada, order_id)["fee_share"] == (fee // 2, "USD")
    assert posted(ben, theirs)["fee_share"][1] == "EUR"
    # What was agreed when the order was placed counts, whatever is agreed later.
    assert "fee_share" not in posted(ada, before)
    assert accounts(ada, order_id)["partner_payable"] == 960 - fee // 2
    sound(world)


class Elsewhere:
    """A gateway whose fees are taken in another currency, or not known yet."""

    def __init__(self, gateway: Gateway, **changed: object) -> None:
        self._gateway, self._changed = gateway, changed

    def read_session(self, session_id: str) -> CheckoutSnapshot:
        return replace(self._gateway.read_session(session_id), **self._changed)  # type: ignore[arg-type]


@pytest.mark.parametrize("currency", ["USD", "GBP"])
def test_a_fee_in_another_currency_is_the_companys_and_stays_in_its_own(world: World, currency: str) -> None:
    ada = world.ada
    with shared(world, 2500):
        started = ada.start(ada.fill_cart((world.mug, 1)))
        ada.pay(started.order_id)
    reference = Reference(ada.partner_id, started.order_id, 1)
    snapshot = world.services.gateway.read_session(ada.session_id(started.order_id))
    with ada.transaction() as session:
        unknown = replace(snapshot, fee=None, fee_currency=None)
        assert settle(session, reference=reference, snapshot=unknown, now=world.now) == "paid"
    assert posted(ada, started.order_id) == {}
    later = Elsewhere(world.services.gateway, fee=101, fee_currency=currency)
    for _ in range(2):
        post_fee(ada.tenant, gateway=later, reference=reference, now=world.now)  # type: ignore[arg-type]
    expected = {"fee": (101, currency)}
    if currency == "USD":
        expected["fee_share"] = (25, "USD")
    assert posted(ada, started.order_id) == expected
