"""What the rooms of orders and payments keep of a shopper, and how each erases it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from kit.money import Money
from orders.accounts.closing import remove_accounts
from orders.accounts.models import Account, AccountAddress, ShopperLink
from orders.accounts.signing import forget_guesses
from orders.keepers import Keeper, Whose
from orders.models import Customer
from orders.reading import read_order
from payments.refunds.reading import refunds_of_order
from payments.returns.reading import returns_of_order

_ORDERS = text("""
    SELECT o.order_id FROM orders o
     WHERE o.partner_id = :partner_id AND o.store_id = :store_id
       AND (o.customer_id = CAST(:customer_id AS uuid) OR lower(o.email) = :email)
       AND (CAST(:only AS uuid) IS NULL OR o.order_id = CAST(:only AS uuid))
     ORDER BY o.placed_at
""")


def _give_customer(session: Session, whose: Whose) -> dict[str, Any]:
    row = session.execute(
        select(Customer.__table__).where(
            Customer.partner_id == whose.partner_id, Customer.customer_id == whose.customer_id
        )
    ).one_or_none()
    if row is None:
        return {}
    if whose.order_id is not None:
        # Name and address are those of the latest order, which may be another one.
        return {"email": whose.email}
    return {
        "email": row.email,
        "name": row.name,
        "phone": row.phone,
        "address": {part: value for part, value in row.address.items() if value},
        "customer_since": _moment(row.created_at),
        "registered": _moment(row.registered_at),
    }


def _accounts(session: Session, whose: Whose) -> list[Any]:
    return list(
        session.execute(
            select(Account.__table__).where(
                Account.partner_id == whose.partner_id,
                Account.store_id == whose.store_id,
                Account.email == whose.email,
                Account.order_id == whose.order_id if whose.order_id else Account.email == whose.email,
            )
        )
    )


def _give_accounts(session: Session, whose: Whose) -> dict[str, Any]:
    given = []
    for account in _accounts(session, whose):
        addresses = session.execute(
            select(AccountAddress.address, AccountAddress.is_default).where(
                AccountAddress.partner_id == whose.partner_id,
                AccountAddress.account_id == account.account_id,
            )
        )
        given.append(
            {
                "email": account.email,
                "made": _moment(account.created_at),
                "address_proven": _moment(account.proven_at),
                "addresses": [
                    {
                        **{part: value for part, value in row.address.items() if value},
                        "default": row.is_default,
                    }
                    for row in addresses
                ],
            }
        )
    return {"accounts": given}


def _erase_accounts(session: Session, whose: Whose, now: datetime) -> None:
    keys = [account.account_id for account in _accounts(session, whose)]
    remove_accounts(session, partner_id=whose.partner_id, account_ids=keys)
    session.execute(
        delete(ShopperLink).where(
            ShopperLink.partner_id == whose.partner_id,
            ShopperLink.store_id == whose.store_id,
            ShopperLink.email == whose.email,
        )
    )
    forget_guesses(session, store_id=whose.store_id, email=whose.email)


def _give_orders(session: Session, whose: Whose) -> dict[str, Any]:
    return {
        "orders": [
            _order(session, whose.partner_id, order_id) for order_id in session.scalars(_ORDERS, whose.keys)
        ]
    }


# What the shop and its partner say to each other is no part of what is kept of the shopper.
SHOPPERS_STORY = (
    "placed", "paid", "shipped", "delivered", "expired", "failed", "declined", "refunded_unsold",
    "refund_pending", "refund_succeeded", "refund_failed", "return_", "withdrawn", "case_opened",
    "case_closed", "case_reopened",
)  # fmt: skip
SHOPPERS_MAILS = (
    "mail_receipt",
    "mail_shipped",
    "mail_unsold",
    "mail_refunded",
    "mail_return_",
    "mail_case_",
)


def _order(session: Session, partner_id: UUID, order_id: UUID) -> dict[str, Any]:
    keys = {"partner_id": partner_id, "order_id": order_id}
    order = read_order(session, partner_id=partner_id, order_id=order_id)
    return {
        "number": order.number,
        "placed": _moment(order.placed_at),
        "paid": _moment(order.paid_at),
        "payment": order.payment,
        "fulfilment": order.fulfilment,
        "email": order.email,
        "address": {part: value for part, value in order.address.items() if value},
        "language": order.locale,
        "lines": [
            {
                "product": line.product_title,
                "variant": line.variant_title,
                "sku": line.sku,
                "quantity": line.quantity,
                "each": _amount(line.unit),
                "amount": _amount(line.amount),
            }
            for line in order.lines
        ],
        "discounts": [
            {"name": item.name, "code": item.code, "amount": _amount(item.amount)} for item in order.discounts
        ],
        "delivery": {"way": order.delivery_name, "amount": _amount(order.delivery)},
        "tax": _amount(order.tax),
        "total": _amount(order.total),
        "parcels": [
            {
                "carrier": parcel.carrier,
                "number": parcel.number,
                "address": parcel.url,
                "sent": _moment(parcel.shipped_at),
            }
            for parcel in order.shipments
        ],
        "story": [
            {"at": _moment(entry.at), "what": entry.text}
            for entry in order.timeline
            if entry.kind.startswith(SHOPPERS_STORY)
        ],
        "mails": [
            {"at": _moment(entry.at), "what": entry.text}
            for entry in order.timeline
            if entry.kind.startswith(SHOPPERS_MAILS)
        ],
        "returns": [
            {
                "asked": _moment(each.asked_at),
                "kind": each.kind,
                "state": each.state,
                "note": each.note,
                "lines": [
                    {"product": line.title, "quantity": line.quantity, "reason": line.reason}
                    for line in each.lines
                ],
            }
            for each in returns_of_order(session, **keys)
        ],
        "refunds": [
            {"asked": _moment(each.asked_at), "state": each.state, "amount": _amount(each.amount)}
            for each in refunds_of_order(session, **keys)
        ],
    }


_NOTES = text("""
    UPDATE returns t SET note = ''
     WHERE t.partner_id = :partner_id AND t.order_id = :order_id AND t.note <> ''
""")
_REQUESTS = text("""
    UPDATE payment_attempts a SET request = a.request - 'customer_email'
     WHERE a.partner_id = :partner_id AND a.order_id = :order_id AND a.request ? 'customer_email'
""")


def _erase_beside(session: Session, partner_id: UUID, order_id: UUID, now: datetime) -> None:
    for statement in (_NOTES, _REQUESTS):
        session.execute(statement, {"partner_id": partner_id, "order_id": order_id})


def _moment(value: datetime | None) -> str | None:
    return value.isoformat(timespec="seconds") if value is not None else None


def _amount(value: Money) -> dict[str, str]:
    return {"amount": str(value.decimal), "currency": value.currency}


CUSTOMER = Keeper("customer", _give_customer)
ACCOUNT = Keeper("account", _give_accounts, erase=_erase_accounts)
ORDERS = Keeper("orders", _give_orders, erase_order=_erase_beside)
