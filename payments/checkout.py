"""From a cart to Stripe's page, and back to a settled order.

Nothing is asked of Stripe while a transaction holds locks: what will be asked is stored and
committed, then asked, then the answer is stored. A crash between any two steps is mended by asking
again with the same key.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from kit.errors import Refusal
from orders import placing
from orders.cart import lock_cart
from orders.placing import Contact, PlacedOrder
from orders.stock import SoldOut
from payments.gateway.errors import GatewayRefused
from payments.gateway.protocol import Gateway
from payments.gateway.records import CheckoutSnapshot
from payments.models import PaymentAttempt
from payments.settlement import Outcome, Reference, end, record_unsold, settle
from pricing.delivery import Tables
from storage.database import insert_rows
from storage.tenancy import Tenant

log = logging.getLogger(__name__)

# Stripe takes no expiry under thirty minutes; one more keeps clear of clocks that differ.
SESSION_LIFE = timedelta(minutes=31)
# A session about to expire would end under the shopper's hands, so a fresh one is opened instead.
_STILL_USEFUL = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class ReturnAddresses:
    """Where Stripe sends the shopper: ``success`` holds the literal ``{CHECKOUT_SESSION_ID}``."""

    success: str
    cancel: str


@dataclass(frozen=True, slots=True)
class Started:
    """Where to send the shopper: to Stripe's page, or to the order when it is paid already."""

    order_id: UUID
    url: str | None


@dataclass(frozen=True, slots=True)
class _Attempt:
    reference: Reference
    state: str
    request: dict[str, Any]
    session_id: str | None
    url: str | None
    expires_at: datetime
    fingerprint: bytes

    @property
    def key(self) -> str:
        return f"cs:{self.reference.order_id}:{self.reference.attempt}"


class PaymentsUnavailable(Refusal):
    """The payment page could not be opened; nothing was charged and the cart is as it was."""


def start(
    tenant: Tenant,
    *,
    gateway: Gateway,
    store_id: UUID,
    cart_id: UUID,
    contact: Contact,
    rate_id: UUID,
    tables: Tables,
    return_to: Callable[[UUID], ReturnAddresses],
    clock: Callable[[], datetime],
    seen: str | None = None,
    locale: str = "",
) -> Started:
    """Place the cart's order and open its Checkout Session; pressing twice gives the same session.

    ``seen`` are the discounts that the shopper was shown: see ``placing.draft``. ``locale`` is what it reads
    in, where that is not the store's.

    Raises what ``placing.draft`` and ``placing.place`` raise, GatewayUnavailable when Stripe does
    not answer (the order waits, and asking again goes on with it), and PaymentsUnavailable when
    Stripe refuses.
    """
    for _ in range(3):
        attempt, useless = _prepare(
            tenant,
            store_id=store_id,
            cart_id=cart_id,
            contact=contact,
            rate_id=rate_id,
            tables=tables,
            return_to=return_to,
            now=clock(),
            seen=seen,
            locale=locale,
        )
        if useless is None:
            return _open(tenant, gateway=gateway, attempt=attempt, now=clock())
        # The shopper changed its order: what was asked for before must end first, lest both be paid.
        if _close(tenant, gateway=gateway, attempt=useless, now=clock()) in ("paid", "already"):
            return Started(useless.reference.order_id, None)
    raise PaymentsUnavailable("The payment page could not be opened. Please try again.")


def _prepare(
    tenant: Tenant,
    *,
    store_id: UUID,
    cart_id: UUID,
    contact: Contact,
    rate_id: UUID,
    tables: Tables,
    return_to: Callable[[UUID], ReturnAddresses],
    now: datetime,
    seen: str | None,
    locale: str,
) -> tuple[_Attempt, _Attempt | None]:
    """Return the attempt to open, and the one that has to be ended before, if there is one."""
    with tenant.begin() as session:
        lock_cart(session, partner_id=tenant.partner_id, cart_id=cart_id)
        waiting = _waiting(session, tenant.partner_id, cart_id)
        drafted = placing.draft(
            session,
            partner_id=tenant.partner_id,
            store_id=store_id,
            cart_id=cart_id,
            contact=contact,
            rate_id=rate_id,
            tables=tables,
            now=now,
            seen=seen,
        )
        if waiting:
            same = waiting.fingerprint == drafted.fingerprint
            fresh = waiting.expires_at > now + _STILL_USEFUL
            return waiting, None if same and fresh else waiting
        order = placing.place(
            session,
            partner_id=tenant.partner_id,
            store_id=store_id,
            cart_id=cart_id,
            draft=drafted,
            now=now,
            locale=locale,
        )
        return _record_attempt(session, order, return_to(order.order_id), now, drafted.fingerprint), None


def _record_attempt(
    session: Session, order: PlacedOrder, back: ReturnAddresses, now: datetime, fingerprint: bytes
) -> _Attempt:
    reference = Reference(order.partner_id, order.order_id, 1)
    expires_at = (now + SESSION_LIFE).replace(microsecond=0)
    request = session_request(order, back, reference=reference, expires_at=expires_at)
    attempt = {
        "partner_id": order.partner_id,
        "order_id": order.order_id,
        "attempt": reference.attempt,
        "amount": order.total.minor,
        "currency": order.total.currency,
        "request": request,
        "expires_at": expires_at,
    }
    insert_rows(session, PaymentAttempt, [attempt])
    return _Attempt(reference, "opening", request, None, None, expires_at, fingerprint)


def session_request(
    order: PlacedOrder, back: ReturnAddresses, *, reference: Reference, expires_at: datetime
) -> dict[str, Any]:
    """What Stripe is asked for: the frozen lines and delivery as they are charged, after discounts and tax
    included.

    A line is one item of its whole amount, because tax rounds on the line and a unit price times the
    quantity might not give it back.
    """
    currency = order.total.currency.lower()
    metadata = {
        "order": str(order.order_id),
        "store": str(order.store_id),
        "partner": str(order.partner_id),
        "attempt": str(reference.attempt),
    }

    def item(title: str, amount: int, *, reduced: bool = False) -> dict[str, Any]:
        # The shopper finds there another amount than the listed one, so it is said why.
        said = {"description": "Discount included"} if reduced else {}
        return {
            "quantity": 1,
            "price_data": {
                "currency": currency,
                "unit_amount": amount,
                "product_data": {"name": title[:250], **said},
            },
        }

    items = [
        item(
            f"{line.quantity} × {line.title}" if line.quantity > 1 else line.title,
            line.amount.minor,
            reduced=line.reduced,
        )
        for line in order.lines
    ]
    if order.delivery:
        items.append(item(order.delivery_name, order.delivery.minor))
    return {
        "mode": "payment",
        "client_reference_id": str(order.order_id),
        "customer_email": order.email,
        "line_items": items,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata, "transfer_group": str(order.order_id)},
        "success_url": back.success,
        "cancel_url": back.cancel,
        "expires_at": int(expires_at.timestamp()),
    }


def _open(tenant: Tenant, *, gateway: Gateway, attempt: _Attempt, now: datetime) -> Started:
    order_id = attempt.reference.order_id
    if attempt.state == "open" and attempt.url:
        return Started(order_id, attempt.url)
    try:
        snapshot = gateway.open_session(attempt.request, key=attempt.key)
    except GatewayRefused as error:
        log.exception("Stripe refused to open a session for order %s", order_id)
        with tenant.begin() as session:
            end(session, reference=attempt.reference, payment="failed", now=now)
        raise PaymentsUnavailable(
            "The payment page could not be opened. Nothing was charged; please try again."
        ) from error
    with tenant.begin() as session:
        session.execute(
            text(
                "UPDATE payment_attempts SET state = 'open', session_id = :session_id, url = :url"
                " WHERE partner_id = :partner_id AND order_id = :order_id AND attempt = :attempt"
                " AND state = 'opening'"
            ),
            {
                "session_id": snapshot.session_id,
                "url": snapshot.url,
                "partner_id": tenant.partner_id,
                "order_id": order_id,
                "attempt": attempt.reference.attempt,
            },
        )
    return Started(order_id, snapshot.url)


def _close(tenant: Tenant, *, gateway: Gateway, attempt: _Attempt, now: datetime) -> Outcome:
    """End an attempt at Stripe and apply what came of it: it may turn out to be paid."""
    session_id = attempt.session_id
    if session_id is None:
        try:
            session_id = gateway.open_session(attempt.request, key=attempt.key).session_id
        except GatewayRefused:
            # It was never opened and can no longer be, so nobody can pay it.
            with tenant.begin() as session:
                end(session, reference=attempt.reference, payment="failed", now=now)
            return "expired"
    return apply(tenant, gateway=gateway, snapshot=gateway.expire_session(session_id), now=now)


def apply(tenant: Tenant, *, gateway: Gateway, snapshot: CheckoutSnapshot, now: datetime) -> Outcome:
    """Bring the order of a freshly fetched session up to date, and give back money that came too late."""
    reference = Reference.of(snapshot.metadata)
    if reference is None or reference.partner_id != tenant.partner_id:
        return "unknown"
    try:
        with tenant.begin() as session:
            return settle(session, reference=reference, snapshot=snapshot, now=now)
    except SoldOut:
        log.warning("Order %s was paid after its stock had gone; refunding", reference.order_id)
    if snapshot.payment_intent_id:
        gateway.refund_in_full(snapshot.payment_intent_id, key=f"refund-unsold:{reference.order_id}")
    with tenant.begin() as session:
        record_unsold(session, reference=reference, snapshot=snapshot, now=now)
    return "refunded"


def resume(tenant: Tenant, *, gateway: Gateway, order_id: UUID, now: datetime) -> Outcome:
    """Ask Stripe about an order's newest attempt and apply the answer: for the confirmation page and
    the sweep. An attempt past its time is ended."""
    with tenant.begin() as session:
        attempt = _newest(session, tenant.partner_id, order_id)
    if attempt is None:
        return "unknown"
    if attempt.state == "complete":
        return "already"
    if attempt.expires_at <= now or attempt.session_id is None:
        return _close(tenant, gateway=gateway, attempt=attempt, now=now)
    return apply(tenant, gateway=gateway, snapshot=gateway.read_session(attempt.session_id), now=now)


_ATTEMPT = """
    SELECT o.order_id, o.fingerprint, a.attempt, a.state, a.request, a.session_id, a.url, a.expires_at
      FROM orders o
      JOIN payment_attempts a ON a.partner_id = o.partner_id AND a.order_id = o.order_id
     WHERE o.partner_id = :partner_id AND a.partner_id = :partner_id AND {which}
     ORDER BY o.placed_at DESC, a.attempt DESC LIMIT 1
"""
_WAITING = text(_ATTEMPT.format(which="o.cart_id = :id AND o.payment = 'awaiting'"))
_NEWEST = text(_ATTEMPT.format(which="o.order_id = :id"))


def _waiting(session: Session, partner_id: UUID, cart_id: UUID) -> _Attempt | None:
    return _read_attempt(session, _WAITING, partner_id, cart_id)


def _newest(session: Session, partner_id: UUID, order_id: UUID) -> _Attempt | None:
    return _read_attempt(session, _NEWEST, partner_id, order_id)


def _read_attempt(session: Session, statement: Any, partner_id: UUID, key: UUID) -> _Attempt | None:
    row = session.execute(statement, {"partner_id": partner_id, "id": key}).one_or_none()
    if row is None:
        return None
    return _Attempt(
        reference=Reference(partner_id, row.order_id, row.attempt),
        state=row.state,
        request=row.request,
        session_id=row.session_id,
        url=row.url,
        expires_at=row.expires_at,
        fingerprint=row.fingerprint,
    )
