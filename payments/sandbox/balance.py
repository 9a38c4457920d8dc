"""The account's balance: every movement of money is a balance transaction, with its fee."""

from __future__ import annotations

from collections.abc import Sequence

from kit.money import decimals, round_half_up
from payments.sandbox.errors import Json
from payments.sandbox.listing import page
from payments.sandbox.params import listing, text
from payments.sandbox.state import State

# A charge costs 2.9 % and a fixed part: 30 minor units of a currency with two decimals (30 cents), 30
# units of one with none (30 yen), and 300 of one with three (0.300), so that it is about the same money.
PERCENTAGE = 290  # basis points
_FIXED = {0: 30, 2: 30, 3: 300}
# A dispute costs 15 units of a currency with decimals, and 1500 of one without.
_DISPUTE = {0: 1_500, 2: 1_500, 3: 15_000}
SETTLING = 2 * 86_400  # seconds until a charge's money is available

SCHEMA = """
CREATE TABLE IF NOT EXISTS movements (
    id TEXT PRIMARY KEY,
    currency TEXT NOT NULL,
    net INTEGER NOT NULL,
    available_on INTEGER NOT NULL,
    payout TEXT
);
CREATE INDEX IF NOT EXISTS movements_by_currency ON movements (currency, available_on, net);
"""

_CATEGORIES = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "payout": "payout",
}


def charge_fee(amount: int, currency: str) -> int:
    """Return what Stripe keeps of a charge, in minor units."""
    return round_half_up(amount * PERCENTAGE, 10_000) + _FIXED[decimals(currency.upper())]


def dispute_fee(currency: str) -> int:
    """Return what Stripe keeps of a dispute, in minor units, won or lost."""
    return _DISPUTE[decimals(currency.upper())]


def move(
    state: State,
    *,
    kind: str,
    amount: int,
    currency: str,
    source: str,
    fee: int = 0,
    available_on: int | None = None,
    category: str | None = None,
    description: str | None = None,
) -> Json:
    """Record a movement and return its balance transaction.

    ``amount`` is what comes in (negative: goes out) before ``fee``; without ``available_on`` it counts
    at once. ``category`` is the reporting category where the type does not settle it.
    """
    now = state.now()
    due = now if available_on is None else available_on
    details = [
        {
            "amount": fee,
            "application": None,
            "currency": currency,
            "description": "Stripe dispute fee" if category == "dispute" else "Stripe processing fees",
            "type": "stripe_fee",
        }
    ]
    transaction: Json = {
        "id": state.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": due,
        "balance_type": "payments",
        "created": now,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": details if fee else [],
        "net": amount - fee,
        "reporting_category": category or _CATEGORIES[kind],
        "source": source,
        "status": "available" if due <= now else "pending",
        "type": kind,
    }
    state.store.insert(transaction)
    state.store.execute(
        "INSERT INTO movements (id, currency, net, available_on) VALUES (?, ?, ?, ?)",
        (transaction["id"], currency, amount - fee, due),
    )
    return transaction


def available(state: State, currency: str) -> int:
    """Return what can be transferred or paid out now, in minor units."""
    rows = state.store.execute(
        "SELECT coalesce(sum(net), 0) FROM movements WHERE currency = ? AND available_on <= ?",
        (currency, state.now()),
    )
    amount: int = rows[0][0]
    return amount


def retrieve_balance(state: State) -> Json:
    """Return the balance: available and pending, for each currency that ever moved."""
    rows = state.store.execute(
        "SELECT currency, sum(CASE WHEN available_on <= ?1 THEN net ELSE 0 END),"
        " sum(CASE WHEN available_on > ?1 THEN net ELSE 0 END) FROM movements GROUP BY currency",
        (state.now(),),
    ) or [("usd", 0, 0)]

    def part(column: int) -> list[Json]:
        return [
            {"amount": row[column], "currency": row[0], "source_types": {"card": row[column]}} for row in rows
        ]

    return {
        "object": "balance",
        "available": part(1),
        "livemode": False,
        "pending": part(2),
        "refund_and_dispute_prefunding": {"available": [], "pending": []},
    }


LIST = listing({"currency": text(3), "payout": text(), "source": text(), "type": text()})


def list_transactions(state: State, params: Json) -> Json:
    """Return a page of balance transactions, filtered by payout, source or type."""
    names = ("payout", "source", "type")
    filters: dict[str, str | Sequence[str]] = {name: params[name] for name in names if name in params}
    if "payout" in filters:
        state.require("payout", params["payout"], param="payout")
    return page(state, "balance_transaction", params, "/v1/balance_transactions", filters)
