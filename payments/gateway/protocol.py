"""What the program needs of Stripe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

from payments.gateway.records import (
    AccountSnapshot,
    BalanceMovement,
    CheckoutSnapshot,
    DisputeSnapshot,
    GatewayEvent,
    RefundSnapshot,
    TransferSnapshot,
)


class Gateway(Protocol):
    """The calls that the program makes. Every call may raise GatewayUnavailable or GatewayRefused."""

    def open_session(self, request: dict[str, Any], *, key: str) -> CheckoutSnapshot:
        """Open a Checkout Session; the same key gives the same session."""

    def read_session(self, session_id: str) -> CheckoutSnapshot:
        """Return the session with its payment, charge and fee."""

    def expire_session(self, session_id: str) -> CheckoutSnapshot:
        """End an open session; one that is complete or expired already is returned as it is."""

    def refund_in_full(self, payment_intent_id: str, *, key: str) -> str:
        """Give all of a payment back, and return the refund's id."""

    def refund(
        self, payment_intent_id: str, *, amount: int, metadata: Mapping[str, str], key: str
    ) -> RefundSnapshot:
        """Give back ``amount`` minor units of a payment; the same key gives the same refund."""

    def read_refund(self, refund_id: str) -> RefundSnapshot:
        """Return a refund with its payment's metadata."""

    def read_dispute(self, dispute_id: str) -> DisputeSnapshot:
        """Return a dispute with its movements and its payment's metadata."""

    def answer_dispute(self, dispute_id: str, *, evidence: Mapping[str, str], key: str) -> DisputeSnapshot:
        """Send the bank an answer, which is final. ``evidence`` is by Stripe's names of its fields."""

    def accept_dispute(self, dispute_id: str) -> DisputeSnapshot:
        """Give a dispute up: it is lost at once."""

    def transfer(
        self,
        *,
        amount: int,
        currency: str,
        destination: str,
        group: str,
        metadata: Mapping[str, str],
        key: str,
    ) -> TransferSnapshot:
        """Send ``amount`` minor units to an account; the same key gives the same transfer."""

    def read_transfer(self, transfer_id: str) -> TransferSnapshot:
        """Return a transfer."""

    def transfers_of(self, group: str, *, destination: str) -> Iterator[TransferSnapshot]:
        """Yield the transfers of a group to an account, newest first."""

    def create_account(self, request: dict[str, Any], *, key: str) -> AccountSnapshot:
        """Make an account that can be sent money; the same key gives the same account."""

    def read_account(self, account_id: str) -> AccountSnapshot:
        """Return an account."""

    def account_link(self, account_id: str, *, kind: str, return_to: str, again_at: str) -> str:
        """Return the address of Stripe's page for an account's owner, which works once and for minutes.

        ``kind`` is account_onboarding or account_update; ``again_at`` is where a page that no longer works
        leads, so that a new one is made.
        """

    def verify(self, payload: bytes, signature: str) -> GatewayEvent:
        """Return a webhook's event. Raises SignatureInvalid."""

    def events_since(self, moment: datetime) -> Iterator[GatewayEvent]:
        """Yield the events that Stripe made since then, newest first."""

    def movements(
        self, *, since: datetime | None = None, until: datetime | None = None, source: str = ""
    ) -> Iterator[BalanceMovement]:
        """Yield the movements of our balance at Stripe from ``since`` to ``until``, newest first; only those
        of one charge, refund or dispute where ``source`` names it. Stripe is asked for a hundred at a time,
        as they are taken."""
