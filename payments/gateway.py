"""Everything said to Stripe and heard from it. No other file of the program imports ``stripe``.

The rest sees the ``Gateway`` protocol and frozen records, so that a test can hand in a gateway that
talks to the sandbox in process.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import stripe

from kit.errors import Refusal

_TOLERANCE_SECONDS = 300
_EXPANDED = ["payment_intent.latest_charge.balance_transaction"]
_DISPUTE_EXPANDED = ["payment_intent"]


class GatewayUnavailable(Exception):
    """Stripe did not answer, or answered that it could not. The same call may be made again."""


class GatewayRefused(Exception):
    """Stripe understood the call and will not do it; asking again changes nothing. ``code`` is Stripe's word
    for why, where it has one."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class SignatureInvalid(Refusal):
    """A webhook was not signed by Stripe for us, or is too old."""


@dataclass(frozen=True, slots=True)
class CheckoutSnapshot:
    """A Checkout Session as Stripe has it now. Amounts are minor units.

    ``status`` is open, complete or expired; ``paid`` whether the money has come. ``fee`` is what
    Stripe keeps, once it is known, in the currency of settlement. ``risk`` is Stripe's word for how likely
    a fraud is: normal, elevated, highest, or something else where it does not know.
    """

    session_id: str
    url: str | None
    status: str
    paid: bool
    amount: int
    currency: str
    metadata: Mapping[str, str]
    payment_intent_id: str | None
    charge_id: str | None
    fee: int | None
    fee_currency: str | None
    risk: str


@dataclass(frozen=True, slots=True)
class RefundSnapshot:
    """A refund as Stripe has it now. ``status`` is pending, succeeded or failed; a refund that succeeded may
    fail after all, when the shopper's bank sends the money back. ``failure`` says why, in Stripe's word.

    ``payment`` is the metadata of the payment that it is of, where that was asked for.
    """

    refund_id: str
    status: str
    amount: int
    currency: str
    metadata: Mapping[str, str]
    failure: str
    payment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DisputeMovement:
    """What Stripe took for a dispute, as a negative ``amount`` and a ``fee``, or gave back; minor units."""

    movement_id: str
    amount: int
    fee: int
    currency: str


@dataclass(frozen=True, slots=True)
class DisputeSnapshot:
    """A dispute as Stripe has it now. ``state`` is inquiry, open, won, lost, or closed for an inquiry that
    came to nothing; ``amount`` is what the bank asks for, in minor units.

    ``metadata`` is of the payment. ``due`` is until when an answer is taken; ``answers`` counts those sent.
    """

    dispute_id: str
    state: str
    amount: int
    currency: str
    reason: str
    metadata: Mapping[str, str]
    opened: datetime
    due: datetime | None
    answers: int
    movements: tuple[DisputeMovement, ...]


@dataclass(frozen=True, slots=True)
class ReversalSnapshot:
    """Part of a transfer that came back, in minor units."""

    reversal_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class TransferSnapshot:
    """A transfer to a partner's account as Stripe has it now, with everything of it that came back."""

    transfer_id: str
    amount: int
    currency: str
    destination: str
    metadata: Mapping[str, str]
    reversals: tuple[ReversalSnapshot, ...]


@dataclass(frozen=True, slots=True)
class NeedSnapshot:
    """Something that Stripe asks of an account's owner: ``what`` in Stripe's word, and ``by`` when, where it
    gives time. ``stops`` says that it is due, and keeps money from the account until then."""

    what: str
    by: datetime | None
    stops: bool


@dataclass(frozen=True, slots=True)
class AccountSnapshot:
    """A partner's account as Stripe has it now. ``able`` says that transfers to it are possible."""

    account_id: str
    able: bool
    closed: bool
    needs: tuple[NeedSnapshot, ...]
    metadata: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """A webhook, verified. ``object_id`` names what it is about."""

    event_id: str
    type: str
    object_id: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BalanceMovement:
    """One line of Stripe's own account of our money, in minor units: ``amount`` comes in or, negative, goes
    out, and ``fee`` is kept of it.

    ``source`` is the charge, refund or dispute behind it, with the ``metadata`` that it was made with;
    ``charge`` is the payment that a refund or a dispute takes from. ``created`` is in whole seconds.
    """

    movement_id: str
    kind: str
    source: str
    charge: str
    metadata: Mapping[str, str]
    amount: int
    fee: int
    currency: str
    created: datetime


class Gateway(Protocol):
    """What the program needs of Stripe. Every call may raise GatewayUnavailable or GatewayRefused."""

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
        return self._session("get", f"/{session_id}", {"expand": _EXPANDED})

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
        return _snapshot(answer.data)

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
        return _refund(refund.to_dict())

    def read_refund(self, refund_id: str) -> RefundSnapshot:
        with _translated():
            asked = self._stripe.v1.refunds.retrieve(refund_id, {"expand": ["payment_intent"]})
        return _refund(asked.to_dict())

    def read_dispute(self, dispute_id: str) -> DisputeSnapshot:
        with _translated():
            dispute = self._stripe.v1.disputes.retrieve(dispute_id, {"expand": _DISPUTE_EXPANDED})
        return _dispute(dispute.to_dict())

    def answer_dispute(self, dispute_id: str, *, evidence: Mapping[str, str], key: str) -> DisputeSnapshot:
        asked: Any = {"evidence": dict(evidence), "submit": True, "expand": _DISPUTE_EXPANDED}
        with _translated():
            dispute = self._stripe.v1.disputes.update(dispute_id, asked, {"idempotency_key": key})
        return _dispute(dispute.to_dict())

    def accept_dispute(self, dispute_id: str) -> DisputeSnapshot:
        with _translated():
            dispute = self._stripe.v1.disputes.close(dispute_id, {"expand": _DISPUTE_EXPANDED})
        return _dispute(dispute.to_dict())

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
        return TransferSnapshot(
            transfer_id=transfer["id"],
            amount=transfer["amount"],
            currency=transfer["currency"].upper(),
            destination=_id_of(transfer.get("destination")) or "",
            metadata=transfer.get("metadata") or {},
            reversals=tuple(ReversalSnapshot(each["id"], each["amount"]) for each in reversals),
        )

    def create_account(self, request: dict[str, Any], *, key: str) -> AccountSnapshot:
        asked: Any = {**request, "include": _ACCOUNT_PARTS}
        with _translated():
            made = self._stripe.v2.core.accounts.create(asked, {"idempotency_key": key})
        return _account(made.to_dict())

    def read_account(self, account_id: str) -> AccountSnapshot:
        with _translated():
            found = self._stripe.v2.core.accounts.retrieve(account_id, {"include": _ACCOUNT_PARTS})
        return _account(found.to_dict())

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
                return _event(json.loads(payload))
            break
        raise SignatureInvalid("The signature does not match, or is not of the last five minutes.")

    def events_since(self, moment: datetime) -> Iterator[GatewayEvent]:
        with _translated():
            page = self._stripe.v1.events.list({"created": {"gte": int(moment.timestamp())}, "limit": 100})
            for event in page.auto_paging_iter():
                yield _event(event.to_dict())

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
                yield _movement(item)
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


def _id_of(value: Any) -> str | None:
    """The id of what may be expanded, a bare id, or nothing."""
    return str(value["id"]) if isinstance(value, Mapping) else value


def _part(whole: Any, name: str) -> Any:
    """A part of what may be expanded; None where it is not."""
    return whole.get(name) if isinstance(whole, Mapping) else None


def _snapshot(session: Mapping[str, Any]) -> CheckoutSnapshot:
    intent = session.get("payment_intent")
    charge = _part(intent, "latest_charge")
    movement = _part(charge, "balance_transaction")
    fee_currency = _part(movement, "currency")
    return CheckoutSnapshot(
        session_id=session["id"],
        url=session.get("url"),
        status=session.get("status") or "open",
        paid=session.get("payment_status") == "paid",
        amount=session.get("amount_total") or 0,
        currency=(session.get("currency") or "").upper(),
        metadata=session.get("metadata") or {},
        payment_intent_id=_id_of(intent),
        charge_id=_id_of(charge),
        fee=_part(movement, "fee"),
        fee_currency=fee_currency.upper() if fee_currency else None,
        risk=_part(_part(charge, "outcome"), "risk_level") or "",
    )


# Stripe waits for a person or a bank in two ways, and gives up in two; the program has one of each.
_REFUND_STATES = {"succeeded": "succeeded", "failed": "failed", "canceled": "failed"}


def _refund(refund: Mapping[str, Any]) -> RefundSnapshot:
    return RefundSnapshot(
        refund_id=refund["id"],
        status=_REFUND_STATES.get(refund.get("status") or "", "pending"),
        amount=refund["amount"],
        currency=refund["currency"].upper(),
        metadata=refund.get("metadata") or {},
        failure=refund.get("failure_reason") or "",
        payment=_part(refund.get("payment_intent"), "metadata") or {},
    )


# An inquiry asks before it takes. What Stripe or the bank ended without taking anything was never lost.
_DISPUTE_STATES = {
    "warning_needs_response": "inquiry",
    "warning_under_review": "inquiry",
    "warning_closed": "closed",
    "prevented": "closed",
    "won": "won",
    "lost": "lost",
}


def _dispute(dispute: Mapping[str, Any]) -> DisputeSnapshot:
    details = dispute.get("evidence_details") or {}
    due = details.get("due_by")
    return DisputeSnapshot(
        dispute_id=dispute["id"],
        state=_DISPUTE_STATES.get(dispute["status"], "open"),
        amount=dispute["amount"],
        currency=dispute["currency"].upper(),
        reason=dispute.get("reason") or "",
        metadata=_part(dispute.get("payment_intent"), "metadata") or {},
        opened=datetime.fromtimestamp(dispute["created"], UTC),
        due=datetime.fromtimestamp(due, UTC) if due else None,
        answers=details.get("submission_count") or 0,
        movements=tuple(
            DisputeMovement(item["id"], item["amount"], item["fee"], item["currency"].upper())
            for item in dispute["balance_transactions"]
        ),
    )


_ACCOUNT_PARTS: Any = ["configuration.recipient", "requirements"]


def _account(account: Mapping[str, Any]) -> AccountSnapshot:
    recipient = _part(account.get("configuration"), "recipient")
    balance = _part(_part(recipient, "capabilities"), "stripe_balance")
    closed = bool(account.get("closed"))
    requirements = account.get("requirements")
    asked = _part(requirements, "entries") or ()
    soonest = _part(_part(requirements, "summary"), "minimum_deadline") or {}
    return AccountSnapshot(
        account_id=account["id"],
        able=not closed and _part(_part(balance, "stripe_transfers"), "status") == "active",
        closed=closed,
        needs=tuple(_need(each, soonest) for each in asked if each.get("awaiting_action_from") == "user"),
        metadata=account.get("metadata") or {},
    )


def _need(entry: Mapping[str, Any], soonest: Mapping[str, Any]) -> NeedSnapshot:
    """Something asked for. Stripe names one moment, by which the first of the most pressing is due; to be
    done by then is right for all of these."""
    status = (entry.get("minimum_deadline") or {}).get("status")
    by = soonest.get("time") if soonest.get("status") == status else None
    return NeedSnapshot(
        what=entry.get("description") or "",
        by=datetime.fromisoformat(by) if by else None,
        stops=status != "eventually_due",
    )


def _movement(item: Mapping[str, Any]) -> BalanceMovement:
    source = item.get("source")
    identifier = _id_of(source) or ""
    behind = _id_of(_part(source, "charge")) or ""
    return BalanceMovement(
        movement_id=item["id"],
        kind=item["type"],
        source=identifier,
        charge=identifier if _part(source, "object") == "charge" else behind,
        metadata=_part(source, "metadata") or {},
        amount=item["amount"],
        fee=item["fee"],
        currency=item["currency"].upper(),
        created=datetime.fromtimestamp(item["created"], UTC),
    )


def _signed_at(signature: str) -> int:
    """When a signature that was found good says that it was made, in seconds."""
    return int(next(part.split("=")[1] for part in signature.split(",") if part.startswith("t=")))


def _event(payload: dict[str, Any]) -> GatewayEvent:
    if payload.get("object") == "v2.core.event":
        # Events of the API's second version carry no object, only what it is called.
        about = payload.get("related_object") or {}
        return GatewayEvent(payload["id"], payload["type"], str(about.get("id", "")), payload)
    return GatewayEvent(
        event_id=payload["id"],
        type=payload["type"],
        object_id=str(payload["data"]["object"].get("id", "")),
        payload=payload,
    )


class InProcess(stripe.HTTPClient):
    """A transport that calls a sandbox in the same process, without a socket.

    ``call`` takes method, address, headers and body, and returns status, headers and body.
    """

    name = "in-process"

    def __init__(
        self,
        call: Callable[[str, str, dict[str, str], bytes], tuple[int, Mapping[str, str], bytes]],
    ) -> None:
        super().__init__(verify_ssl_certs=False)
        self._call = call

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        body = post_data.encode() if isinstance(post_data, str) else post_data or b""
        try:
            status, answered, content = self._call(method.upper(), url, dict(headers or {}), body)
        except ConnectionError as error:
            # The library's error classes carry no types.
            lost: Exception = stripe.APIConnectionError(str(error), should_retry=True)  # type: ignore[no-untyped-call]
            raise lost from error
        return content.decode(), status, {name.lower(): value for name, value in answered.items()}

    def close(self) -> None:
        return None
