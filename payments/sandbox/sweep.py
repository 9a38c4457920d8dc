"""What happens at Stripe by the passing of time alone."""

from __future__ import annotations

from payments.sandbox.debits import settle_due
from payments.sandbox.refunds import fail_due
from payments.sandbox.sessions import expire_due
from payments.sandbox.state import State


def sweep(state: State) -> int:
    """Expire sessions, settle bank debits and fail refunds whose time has come; returns how many."""
    with state.store.transaction():
        return expire_due(state) + settle_due(state) + fail_due(state)
