"""The gateway that speaks to Stripe, through its library."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import stripe

from payments.gateway.errors import GatewayRefused, GatewayUnavailable, SignatureInvalid
from payments.gateway.reading import (
    account_of,
    dispute_of,
    event_of,
    movement_of,
    refund_of,
    session_of,
    transfer_of,
)
from payments.gateway.records import (
    AccountSnapshot,
    BalanceMovement,
    CheckoutSnapshot,
    DisputeSnapshot,
    GatewayEvent,
    RefundSnapshot,
    TransferSnapshot,
)

_TOLERANCE_SECONDS = 300
_SESSION_EXPANDED = ["payment_intent.latest_charge.balance_transaction"]
_DISPUTE_EXPANDED = ["payment_intent"]
_ACCOUNT_PARTS: Any = ["configuration.recipient", "requirements"]


class StripeGateway:
    """The gateway that speaks to Stripe, or to a sandbox that answers as Stripe does."""

    def __init__(
        self,
        *,
        api_key: str,
        webhook_secrets: Sequence[str],
        api_base: str = "",
        transport: stripe.HTTPClient | None = None,
    ) -> None:
        """``webhook_secrets`` holds one secret, or two while they are being changed over."""
        self._stripe = stripe.StripeClient(
            api_key,
            base_addresses={"api": api_base} if api_base else {},
            http_client=transport or stripe.RequestsClient(timeout=20),
            max_network_retries=2,
        )
        self._secrets = tuple(webhook_secrets)

    def open_session(self, request: dict[str, Any], *, key: str) -> CheckoutSnapshot:
        return self._session("post", "", request, idempotency_key=key)

    def read_session(self, session_id: str) -> CheckoutSnapshot:
        return self._session("get", f"/{session_id}", {"expand": _SESSION_EXPANDED})

    def expire_session(self, session_id: str) -> CheckoutSnapshot:
        # Only an open session can be ended. What it has become decides what happens next.
        with suppress(GatewayRefused):
            self._session("post", f"/{session_id}/expire", {})
        return self.read_session(session_id)

    def _session(self, method: str, path: str, params: dict[str, Any], **options: str) -> CheckoutSnapshot:
        # A session is read for a dozen of its fields. The library would make an object of each of its
        # hundreds, at a cost of more than the rest of the call.
        with _translated():
            answer = self._stripe.raw_request(method, f"/v1/checkout/sessions{path}", **params, **options)
        return session_of(answer.data)

    def refund_in_full(self, payment_intent_id: str, *, key: str) -> str:
        with _translated():
            refund = self._stripe.v1.refunds.create(
                {"payment_intent": payment_intent_id}, {"idempotency_key": key}
            )
        return refund.id

    def refund(
        self, payment_intent_id: str, *, amount: int, metadata: Mapping[str, str], key: str
    ) -> RefundSnapshot:
        with _translated():
            refund = self._stripe.v1.refunds.create(
                {
                    "payment_intent": payment_intent_id,
                    "amount": amount,
                    "reason": "requested_by_customer",
                    "metadata": dict(metadata),
                },
                {"idempotency_key": key},
            )
        return refund_of(refund.to_dict())

    def read_refund(self, refund_id: str) -> RefundSnapshot:
        with _translated():
            asked = self._stripe.v1.refunds.retrieve(refund_id, {"expand": ["payment_intent"]})
        return refund_of(asked.to_dict())

    def read_dispute(self, dispute_id: str) -> DisputeSnapshot:
        with _translated():
            dispute = self._stripe.v1.disputes.retrieve(dispute_id, {"expand": _DISPUTE_EXPANDED})
        return dispute_of(dispute.to_dict())

    def answer_dispute(self, dispute_id: str, *, evidence: Mapping[str, str], key: str) -> DisputeSnapshot:
        asked: Any = {"evidence": dict(evidence), "submit": True, "expand": _DISPUTE_EXPANDED}
        with _translated():
            dispute = self._stripe.v1.disputes.update(dispute_id, asked, {"idempotency_key": key})
        return dispute_of(dispute.to_dict())

    def accept_dispute(self, dispute_id: str) -> DisputeSnapshot:
        with _translated():
            dispute = self._stripe.v1.disputes.close(dispute_id, {"expand": _DISPUTE_EXPANDED})
        return dispute_of(dispute.to_dict())

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
        with _translated():
            made = self._stripe.v1.transfers.create(
                {
                    "amount": amount,
                    "currency": currency.lower(),
                    "destination": destination,
                    "transfer_group": group,
                    "metadata": dict(metadata),
                },
                {"idempotency_key": key},
            )
        return self._transfer(made.to_dict())

    def read_transfer(self, transfer_id: str) -> TransferSnapshot:
        with _translated():
            found = self._stripe.v1.transfers.retrieve(transfer_id).to_dict()
        return self._transfer(found)

    def transfers_of(self, group: str, *, destination: str) -> Iterator[TransferSnapshot]:
        with _translated():
            page = self._stripe.v1.transfers.list(
                {"transfer_group": group, "destination": destination, "limit": 100}
            )
            for found in page.auto_paging_iter():
                yield self._transfer(found.to_dict())

    def _transfer(self, transfer: Mapping[str, Any]) -> TransferSnapshot:
        listed = transfer.get("reversals") or {}
        reversals = list(listed.get("data") or ())
        if listed.get("has_more"):
            with _translated():
                page = self._stripe.v1.transfers.reversals.list(transfer["id"], {"limit": 100})
                reversals = [each.to_dict() for each in page.auto_paging_iter()]
        return transfer_of(transfer, reversals)

    def create_account(self, request: dict[str, Any], *, key: str) -> AccountSnapshot:
        asked: Any = {**request, "include": _ACCOUNT_PARTS}
        with _translated():
            made = self._stripe.v2.core.accounts.create(asked, {"idempotency_key": key})
        return account_of(made.to_dict())

    def read_account(self, account_id: str) -> AccountSnapshot:
        with _translated():
            found = self._stripe.v2.core.accounts.retrieve(account_id, {"include": _ACCOUNT_PARTS})
        return account_of(found.to_dict())

    def account_link(self, account_id: str, *, kind: str, return_to: str, again_at: str) -> str:
        use: Any = {
            "type": kind,
            kind: {"refresh_url": again_at, "return_url": return_to},
        }
        with _translated():
            return self._stripe.v2.core.account_links.create({"account": account_id, "use_case": use}).url

    def verify(self, payload: bytes, signature: str) -> GatewayEvent:
        for secret in self._secrets:
            try:
                stripe.WebhookSignature.verify_header(payload.decode(), signature, secret, _TOLERANCE_SECONDS)
            except (stripe.SignatureVerificationError, ValueError, TypeError):
                continue
            # The library refuses what is too old, and would take what is dated ahead for ever.
            if _signed_at(signature) > time.time() + _TOLERANCE_SECONDS:
                break
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                return event_of(json.loads(payload))
            break
        raise SignatureInvalid("The signature does not match, or is not of the last five minutes.")

    def events_since(self, moment: datetime) -> Iterator[GatewayEvent]:
        with _translated():
            page = self._stripe.v1.events.list({"created": {"gte": int(moment.timestamp())}, "limit": 100})
            for event in page.auto_paging_iter():
                yield event_of(event.to_dict())

    def movements(
        self, *, since: datetime | None = None, until: datetime | None = None, source: str = ""
    ) -> Iterator[BalanceMovement]:
        moments = {"gte": since, "lte": until}
        created = {name: int(moment.timestamp()) for name, moment in moments.items() if moment}
        asked: dict[str, Any] = {"limit": 100, "expand": ["data.source"]}
        if created:
            asked["created"] = created
        if source:
            asked["source"] = source
        more = True
        while more:
            # As with sessions, the library's objects would cost more than everything else that is done here.
            with _translated():
                page = self._stripe.raw_request("get", "/v1/balance_transactions", **asked).data
            for item in page["data"]:
                yield movement_of(item)
            more = page["has_more"] and bool(page["data"])
            if more:
                asked["starting_after"] = page["data"][-1]["id"]


class _translated:  # noqa: N801 - read as a word at the place of use
    """Turn the library's errors into the two kinds that matter here."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, stripe.APIConnectionError | stripe.RateLimitError):
            raise GatewayUnavailable(str(error)) from error
        if isinstance(error, stripe.StripeError):
            if error.http_status is None or error.http_status >= 500 or error.http_status == 409:
                raise GatewayUnavailable(str(error)) from error
            raise GatewayRefused(error.user_message or str(error), error.code or "") from error


def _signed_at(signature: str) -> int:
    """When a signature that was found good says that it was made, in seconds."""
    return int(next(part.split("=")[1] for part in signature.split(",") if part.startswith("t=")))
