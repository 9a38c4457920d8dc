"""Money given back in any order, by anybody, with Stripe as it comes: nothing is lost, made or given twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from kit.errors import Refusal
from payments.inbox import HEAD_START, drain
from payments.refunds.asking import RefundAsked, refundable
from payments.refunds.sending import send_refund
from storage.database import transaction
from tests.orders.test_discounting import promotion
from tests.payments.test_refunds import accounts, ask, lines, one, sound
from tests.payments.test_settlement import control
from tests.world import GERMAN, Shop, World


class Refunds(RuleBasedStateMachine):
    """Two partners' orders, one of them with a promotion, and all that may happen to their refunds."""

    begun: World

    @initialize(mugs=st.integers(1, 4), totes=st.integers(1, 3), off=st.integers(1, 90))
    def buy(self, mugs: int, totes: int, off: int) -> None:
        self.world = world = World(self.begun.installation)
        with promotion(world, name="Company days", value=off * 100):
            promoted = world.ada.buy((world.mug, mugs), (world.tote, totes))
        plain = world.ben.buy((world.mug, mugs), contact=GERMAN)
        self.orders: list[tuple[Shop, UUID]] = [(world.ada, promoted), (world.ben, plain)]
        self.sold = {order_id: dict(accounts(shop, order_id)) for shop, order_id in self.orders}
        self.waiting: list[tuple[Shop, UUID]] = []
        self.back: set[str] = set()

    @rule(
        which=st.integers(0, 1), units=st.lists(st.integers(0, 3), min_size=2, max_size=2),
        delivery=st.sampled_from([0, 0, 1, 450, 490]), goodwill=st.sampled_from([0, 0, 1, 333, 2000]),
        funder=st.sampled_from(["company", "partner"]), restock=st.booleans(),
    )  # fmt: skip
    def ask_for(
        self, which: int, units: list[int], delivery: int, goodwill: int, funder: str, restock: bool
    ) -> None:
        shop, order_id = self.orders[which]
        with shop.transaction() as session:
            found = refundable(session, partner_id=shop.partner_id, order_id=order_id)
        if found is None:
            return
        wanted = {line.line_id: count for line, count in zip(found.lines, units, strict=False)}
        asked = RefundAsked(wanted, delivery, goodwill, funder, restock)
        fits = all(0 <= wanted.get(line.line_id, 0) <= line.left for line in found.lines)
        try:
            refund_id = ask(shop, order_id, asked)
        except Refusal:
            return
        assert fits
        self.waiting.append((shop, refund_id))

    @precondition(lambda self: self.waiting)
    @rule(place=st.integers(0, 9), twice=st.booleans())
    def send(self, place: int, twice: bool) -> None:
        shop, refund_id = self.waiting.pop(place % len(self.waiting))
        for _ in range(1 + twice):
            send_refund(
                shop.tenant, gateway=self.world.services.gateway, refund_id=refund_id, now=self.world.now
            )

    @rule(place=st.integers(0, 9))
    def let_one_come_back(self, place: int) -> None:
        with transaction(self.world.services.console) as session:
            given = (
                session.execute(
                    text(
                        "SELECT stripe_id FROM refunds WHERE state = 'succeeded' AND order_id = ANY(:o) ORDER BY 1"
                    ),
                    {"o": [order_id for _, order_id in self.orders]},
                )
                .scalars()
                .all()
            )
        # Of those that the bank sent back already, the program may not have heard yet.
        left = [name for name in given if name not in self.back]
        if left:
            self.back.add(left[place % len(left)])
            control(self.world, f"refunds/{left[place % len(left)]}/fail")

    @rule()
    def hear_of_it(self) -> None:
        self.world.deliver_webhooks()
        drain(
            self.world.services.face,
            gateway=self.world.services.gateway,
            now=self.world.now,
            patience=HEAD_START,
        )

    @invariant()
    def nothing_is_given_beyond_what_was_paid(self) -> None:
        for shop, order_id in getattr(self, "orders", []):
            sold, left = self.sold[order_id], accounts(shop, order_id)
            assert -sold["stripe_clearing"] >= -left.get("stripe_clearing", 0) >= 0
            for account in ("wholesale_revenue", "tax_payable", "delivery_revenue"):
                assert sold.get(account, 0) >= left.get(account, 0) >= 0
            assert sum(left.values()) == 0

    def teardown(self) -> None:
        if not getattr(self, "orders", []):
            return
        for shop, refund_id in self.waiting:
            send_refund(
                shop.tenant, gateway=self.world.services.gateway, refund_id=refund_id, now=self.world.now
            )
        self.hear_of_it()
        for shop, order_id in self.orders:
            with shop.transaction() as session:
                found = refundable(session, partner_id=shop.partner_id, order_id=order_id)
            if found is not None:
                everything = {line.line_id: line.left for line in found.lines}
                refund_id = ask(shop, order_id, RefundAsked(everything, found.delivery.minor))
                send_refund(
                    shop.tenant, gateway=self.world.services.gateway, refund_id=refund_id, now=self.world.now
                )
            left = accounts(shop, order_id)
            assert left.get("stripe_clearing", 0) == 0
            # Where goodwill gave the last of a payment, what was not given back as such stays sold, and the
            # goodwill is what it cost.
            if found is not None or not left.get("goodwill"):
                assert left.get("wholesale_revenue", 0) == left.get("tax_payable", 0) == 0
        sound(self.world)


def test_refunds_in_any_order(world: World) -> None:
    class Here(Refunds):
        pass

    Here.begun = world
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=15, stateful_step_count=20,
            suppress_health_check=list(HealthCheck), print_blob=True,
        ),
    )  # fmt: skip


def test_of_two_refunds_at_once_the_second_sees_what_the_first_left(world: World) -> None:
    order_id = world.ada.buy((world.mug, 3))
    (mug,) = lines(world.ada, order_id)

    def press(_: int) -> Any:
        try:
            return ask(world.ada, order_id, RefundAsked({mug: 2}))
        except Refusal as refusal:
            return refusal.field

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(press, range(8)))
    made = [one_ for one_ in found if isinstance(one_, UUID)]
    assert len(made) == 1
    assert set(found) - set(made) == {f"units-{mug}"}
    assert one(world.ada, "SELECT sum(quantity) FROM refund_lines WHERE partner_id = :p") == 2
