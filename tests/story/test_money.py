"""Money through anything that may happen to it: sold, given back, disputed, held, paid out, come back.

After each step a partner's balance is what a second bookkeeping says. Each example ends when Stripe's own
account of the money is ours, to the unit; the fixture ends with `awning verify`.

``STORY_STEPS`` says how many steps are taken at least, as for the story of prices.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from contextlib import nullcontext
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from kit.errors import Refusal
from orders.fulfilment import ship
from payments.holds import holds_of_order, place_hold, release_hold
from payments.ledger.balances import balances
from payments.ledger.points import move_points
from payments.payouts.sending import send_line
from payments.reconciliation.comparing import reconcile
from payments.refunds.asking import RefundAsked, ask_refund
from payments.refunds.sending import send_refund
from payments.sweep import sweep
from storage.database import transaction
from tests.orders.test_discounting import promotion
from tests.payments.payout_world import account, approve, control, draft, hear, line_of
from tests.payments.test_reconciliation import charge_of
from tests.story.money_book import HOLD, Account, Given, Line, Sold
from tests.world import CONTACT, GERMAN, Installation, Shop, World

STEPS = int(os.environ.get("STORY_STEPS", "300"))
_EXAMPLES, _LENGTH = 6, 50
_AMOUNTS = st.sampled_from([0, 0, 1, 333, 450, 490, 2000])


class Money(RuleBasedStateMachine):
    """Two partners, their shoppers, the company's staff, two banks and Stripe."""

    installation: Installation
    saw: Counter[str]

    @initialize()
    def begin(self) -> None:
        self.world = World(self.installation)
        self.shops = {"ada": self.world.ada, "ben": self.world.ben}
        self.book = {"ada": Account(), "ben": Account()}
        self.stripe_refunds: list[tuple[str, Sold, Given, str]] = []
        self.paid: list[tuple[str, Any, int]] = []
        self.waiting: list[tuple[str, UUID]] = []
        for who, shop in self.shops.items():
            account(shop)
            self.buy(who, mugs=2, totes=1, off=0)
            self.buy(who, mugs=1, totes=0, off=1000)
            self.send(who, 0)
        self.world.later(days=22)

    # What shoppers and staff do

    @rule(
        who=st.sampled_from(["ada", "ben"]), mugs=st.integers(0, 3), totes=st.integers(0, 2),
        off=st.sampled_from([0, 0, 1000, 3333, 9000]),
    )  # fmt: skip
    def buy(self, who: str, mugs: int, totes: int, off: int) -> None:
        chosen = [(sku, n) for sku, n in ((self.world.mug, mugs), (self.world.tote, totes)) if n]
        if not chosen or sum(line.quantity for o in self.book[who].orders for line in o.lines) > 15:
            return
        shop = self.shops[who]
        with promotion(self.world, name="Company days", value=off) if off else nullcontext():
            order_id = shop.buy(*chosen, contact=CONTACT if who == "ada" else GERMAN)
        self.book[who].orders.append(_sold(shop, order_id))
        self._saw("order with a promotion" if off else "order")

    @rule(who=st.sampled_from(["ada", "ben"]), place=st.integers(0, 99))
    def send(self, who: str, place: int) -> None:
        orders = [
            o for o in self.book[who].orders
            if not o.sent and o.available_on is None and o.refunded < o.total
        ]  # fmt: skip
        if orders:
            order = orders[place % len(orders)]
            with transaction(self.world.services.console) as session:
                ship(
                    session, partner_id=self.shops[who].partner_id, order_id=_key(order), carrier="Post",
                    number="", url="", actor="staff", now=self.world.now,
                )  # fmt: skip
            order.sent, order.available_on = True, self.world.now + HOLD
            self._saw("sent")

    @rule(
        who=st.sampled_from(["ada", "ben"]), place=st.integers(0, 99),
        units=st.lists(st.integers(0, 3), min_size=2, max_size=2), delivery=_AMOUNTS, goodwill=_AMOUNTS,
        funder=st.sampled_from(["company", "partner"]), all_of_it=st.booleans(), lost=st.booleans(),
    )  # fmt: skip
    def refund(
        self, who: str, place: int, units: list[int], delivery: int, goodwill: int, funder: str,
        all_of_it: bool, lost: bool,
    ) -> None:  # fmt: skip
        if not self.book[who].orders:
            return
        order = self.book[who].orders[place % len(self.book[who].orders)]
        shop, made = self.shops[who], self.world.services
        wanted = units[: len(order.lines)]
        if place % 2:
            # Half of them ask for no more than is left.
            wanted = [min(n, line.quantity - line.units) for n, line in zip(wanted, order.lines, strict=True)]
            delivery, goodwill = min(delivery, order.delivery_left), goodwill if place % 4 == 1 else 0
        if all_of_it:
            wanted = [line.quantity - line.units for line in order.lines]
            delivery, goodwill = order.delivery_left, 0
        expected = order.give(wanted, delivery, goodwill, funder)
        asked = RefundAsked(
            {line.line_id: n for line, n in zip(order.lines, wanted, strict=True)},  # type: ignore[misc]
            delivery, goodwill, funder,
        )  # fmt: skip
        try:
            with transaction(made.console) as session:
                refund_id = ask_refund(
                    session, partner_id=shop.partner_id, order_id=_key(order), asked=asked, actor="staff",
                    now=self.world.now,
                )  # fmt: skip
        except Refusal:
            assert expected is None
            self._saw("refund refused")
            return
        assert expected is not None
        if lost:
            # Stripe gives the money back, and its answer is lost: asking again gives nothing twice.
            control(self.world, "faults/api", kind="answer_lost", path="/v1/refunds", method="POST", count=1)
        for _ in range(2):
            send_refund(shop.tenant, gateway=made.gateway, refund_id=refund_id, now=self.world.now)
        order.record(expected)
        if not order.sent and all(line.units == line.quantity for line in order.lines):
            order.available_on = order.available_on or self.world.now
        with shop.transaction() as session:
            name = session.execute(
                text("SELECT stripe_id FROM refunds WHERE partner_id = :p AND refund_id = :r"),
                {"p": shop.partner_id, "r": refund_id},
            ).scalar_one()
        self.stripe_refunds.append((who, order, expected, str(name)))
        self._saw("refund of everything" if all_of_it else "goodwill" if goodwill else "refund")

    @rule(who=st.sampled_from(["ada", "ben"]), place=st.integers(0, 99))
    def hold_or_release(self, who: str, place: int) -> None:
        if not self.book[who].orders:
            return
        order = self.book[who].orders[place % len(self.book[who].orders)]
        keys = {"partner_id": self.shops[who].partner_id, "order_id": _key(order)}
        with transaction(self.world.services.console) as session:
            if order.held_by_hand:
                hold = next(
                    h for h in holds_of_order(session, **keys) if h.kind == "by_hand" and not h.released_at
                )
                release_hold(
                    session, partner_id=keys["partner_id"], hold_id=hold.hold_id, reason="seen", actor="staff",
                    now=self.world.now,
                )  # fmt: skip
            else:
                place_hold(
                    session, **keys, kind="by_hand", reason="a look", actor="staff", now=self.world.now
                )
        order.held_by_hand = not order.held_by_hand
        self._saw("held" if order.held_by_hand else "released")

    # What banks do

    @rule(place=st.integers(0, 99))
    def a_bank_sends_a_refund_back(self, place: int) -> None:
        known = [each for each in self.stripe_refunds if each[1].dispute == ""]
        if known:
            made = known[place % len(known)]
            _, order, given, name = made
            control(self.world, f"refunds/{name}/fail")
            self.stripe_refunds.remove(made)
            order.take_back(given)
            self._hear()
            self._saw("refund that came back")

    @rule(who=st.sampled_from(["ada", "ben"]), place=st.integers(0, 99), inquiry=st.booleans())
    def a_bank_disputes(self, who: str, place: int, inquiry: bool) -> None:
        orders = [o for o in self.book[who].orders if not o.dispute and o.refunded < o.total]
        if orders:
            order = orders[place % len(orders)]
            shop = self.shops[who]
            control(self.world, f"charges/{charge_of(shop, _key(order))}/dispute", inquiry=inquiry)
            order.dispute = "inquiry" if inquiry else "open"
            self._hear()
            self._saw(order.dispute)

    @rule(who=st.sampled_from(["ada", "ben"]), place=st.integers(0, 99), how=st.sampled_from(["win", "lose"]))
    def a_bank_decides(self, who: str, place: int, how: str) -> None:
        orders = [o for o in self.book[who].orders if o.dispute in ("inquiry", "open")]
        if not orders:
            return
        order = orders[place % len(orders)]
        shop = self.shops[who]
        with shop.transaction() as session:
            name = session.execute(
                text("SELECT stripe_id FROM disputes WHERE partner_id = :p AND order_id = :o"),
                {"p": shop.partner_id, "o": order.order_id},
            ).scalar_one()
        if order.dispute == "inquiry" and how == "lose":
            if order.refunded == order.total:
                return
            control(self.world, f"disputes/{name}/escalate")
            order.dispute = "open"
        else:
            control(self.world, f"disputes/{name}/{how}")
            order.dispute = {"win": "won", "lose": "lost"}[how]
        self._hear()
        self._saw(f"dispute {order.dispute}")

    # What two people of the company pay

    @rule(lost=st.booleans())
    def pay_out(self, lost: bool) -> None:
        owed = {who: self.book[who].figures(self.world.now)[0] - self._aside(who) for who in self.shops}
        try:
            run_id = draft(self.world)
        except Refusal:
            assert all(amount <= 0 for amount in owed.values())
            return
        self._lines_are_what_is_owed(run_id, owed)
        try:
            approve(self.world, run_id)
        except Refusal:
            assert all(amount <= 0 for amount in owed.values())
            return
        for who, shop in self.shops.items():
            if line_of(shop, run_id) is None or line_of(shop, run_id).state != "sending":
                continue
            if lost:
                # Stripe moves the money, and its answer is lost: asking again moves nothing twice.
                control(
                    self.world, "faults/api", kind="answer_lost", path="/v1/transfers", method="POST", count=1
                )
            self.waiting.append((who, run_id))
        self._try_again()

    def _aside(self, who: str) -> int:
        """What was approved for a partner and waits for the company's money at Stripe."""
        return sum(line_of(self.shops[w], run).amount for w, run in self.waiting if w == who)

    def _try_again(self) -> None:
        for who, run_id in list(self.waiting):
            shop = self.shops[who]
            for _ in range(2):
                send_line(
                    shop.tenant, gateway=self.world.services.gateway, now=self.world.now,
                    line_id=line_of(shop, run_id).line_id,
                )  # fmt: skip
            line = line_of(shop, run_id)
            if line.state == "sending":
                self._saw("payout that waits for the company's money")
                continue
            self.waiting.remove((who, run_id))
            if line.state == "failed":
                assert line.failure == "balance_changed"
                self._saw("payout whose balance changed")
            else:
                self.book[who].paid_out += line.amount
                self.paid.append((who, line, line.amount))
                self._saw("payout")

    def _lines_are_what_is_owed(self, run_id: UUID, owed: dict[str, int]) -> None:
        for who, shop in self.shops.items():
            line = line_of(shop, run_id)
            if owed[who] > 0:
                assert (line.state, line.amount) == ("draft", owed[who])
            elif owed[who] < 0:
                assert (line.state, line.reason, line.amount) == ("excluded", "negative", owed[who])
                self._saw("negative balance carried")
            else:
                assert line is None or line.state == "excluded"

    @rule(place=st.integers(0, 99), part=st.integers(1, 5000))
    def a_payout_comes_back(self, place: int, part: int) -> None:
        if not self.paid:
            return
        which = place % len(self.paid)
        who, line, left = self.paid[which]
        amount = min(part, left)
        control(self.world, f"transfers/{line.stripe_id}/reverse", amount=amount)
        self._hear()
        self.book[who].paid_out -= amount
        self.paid[which : which + 1] = [(who, line, left - amount)] if left > amount else []
        self._saw("payout that came back")

    # What time and Stripe's webhooks do

    @rule(days=st.sampled_from([1, 3, 8, 22]))
    def wait(self, days: int) -> None:
        self.world.later(days=days)
        self._try_again()
        self._saw("time")

    @rule()
    def the_night_comes(self) -> None:
        with transaction(self.world.services.console) as session:
            move_points(session, now=self.world.now)

    @rule(kind=st.sampled_from(["duplicate", "reorder", "drop"]), count=st.integers(1, 4))
    def webhooks_go_astray(self, kind: str, count: int) -> None:
        """The next ones do; whatever was lost, the sweep finds."""
        control(self.world, "faults/webhook", kind=kind, count=count)
        self._saw(f"webhooks {kind}")

    def _hear(self) -> None:
        made = self.world.services
        hear(self.world)
        sweep(face=made.face, console=made.console, gateway=made.gateway, now=self.world.now)
        hear(self.world)

    # What always holds

    def _saw(self, what: str) -> None:
        self.saw[what] += 1
        self.saw["step"] += 1

    @invariant()
    def every_figure_is_what_the_book_says(self) -> None:
        if not hasattr(self, "book"):
            return
        for who, shop in self.shops.items():
            with shop.transaction() as session:
                found = balances(session, partner_id=shop.partner_id, now=self.world.now)
            figures = (0, 0, 0)
            if found:
                (balance,) = found
                figures = (balance.available.minor, balance.pending.minor, balance.held.minor)
            assert figures == self.book[who].figures(self.world.now), who

    def teardown(self) -> None:
        if not hasattr(self, "book"):
            return
        made = self.world.services
        self.installation.sandbox.faults.clear()
        self._hear()
        found = reconcile(made.console, made.gateway, since=self.world.began, until=self.world.now)
        assert (found.differences, found.under_way) == ([], [])


def _key(order: Sold) -> UUID:
    assert isinstance(order.order_id, UUID)
    return order.order_id


def _sold(shop: Shop, order_id: UUID) -> Sold:
    """An order as it was frozen when it was sold."""
    keys = {"p": shop.partner_id, "o": order_id}
    with shop.transaction() as session:
        rows = session.execute(
            text(
                "SELECT line_id, quantity, net + tax AS paid, company_discount, tax,"
                " unit_wholesale * quantity AS wholesale FROM order_lines"
                " WHERE partner_id = :p AND order_id = :o ORDER BY position"
            ),
            keys,
        ).all()
        order = session.execute(
            text(
                "SELECT total, delivery + delivery_tax AS d FROM orders WHERE partner_id = :p AND order_id = :o"
            ),
            keys,
        ).one()
    lines = [Line(r.line_id, r.quantity, r.paid, r.company_discount, r.wholesale, r.tax) for r in rows]
    return Sold(order_id, lines, order.total, order.d)


def test_money_through_anything(installation: Installation, capsys: pytest.CaptureFixture[str]) -> None:
    saw = Counter[str]()
    machine = type("Money", (Money,), {"installation": installation, "saw": saw})
    while saw["step"] < STEPS:
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=_EXAMPLES,
                stateful_step_count=_LENGTH,
                database=None,
                phases=(Phase.generate,),
                print_blob=True,
                suppress_health_check=list(HealthCheck),
            ),
        )
    if "STORY_STEPS" in os.environ:
        with capsys.disabled():
            sys.stdout.write("".join(f"{count:8,} {what}\n" for what, count in saw.most_common()))
    # A story in which nothing happens would prove nothing.
    assert {"order", "sent"} <= set(saw)
    assert len(saw) > 8
    if STEPS >= 5000:
        assert {
            "refund", "payout", "open", "order with a promotion", "refund of everything", "goodwill",
            "refund refused", "dispute won", "dispute lost", "refund that came back",
            "payout that came back", "negative balance carried",
        } <= set(saw)  # fmt: skip
