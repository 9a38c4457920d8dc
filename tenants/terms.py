"""What the company agrees with one partner: its price list, its grants, whether it may sell at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from storage import audit
from storage.revisions import store_changed
from tenants.directory import GRANTS
from tenants.models import PORTAL_ROLES, Membership, Partner, Store


def set_partner_state(
    session: Session, *, partner_id: UUID, state: str, actor: str, now: datetime, reason: str = ""
) -> None:
    """Let a partner sell, or pause all its live stores at once. Orders under way go on."""
    if state not in ("active", "paused"):
        raise Refusal("A partner is active or paused.", field="state")
    _change(session, partner_id, {"state": state}, "partner.state", actor, now, reason)


def set_price_list(
    session: Session, *, partner_id: UUID, price_list_id: UUID, actor: str, now: datetime, reason: str = ""
) -> None:
    """Put a partner on another price list, from now on. Placed orders keep what they froze."""
    known = session.execute(
        text("SELECT 1 FROM price_lists WHERE price_list_id = :id"), {"id": price_list_id}
    ).first()
    if known is None:
        raise Refusal("Choose one of the price lists.", field="price_list_id")
    values = {"price_list_id": price_list_id}
    _change(session, partner_id, values, "partner.price_list", actor, now, reason)


def set_grants(
    session: Session,
    *,
    partner_id: UUID,
    fields: Sequence[str] | None,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Say which fields of its customers a partner may see; None for what its price list grants."""
    if fields is not None and set(fields) - set(GRANTS):
        raise Refusal("Choose from the fields that are listed.", field="customer_fields")
    values = {"customer_fields": None if fields is None else [name for name in GRANTS if name in fields]}
    _change(session, partner_id, values, "partner.grants", actor, now, reason)


def _change(
    session: Session,
    partner_id: UUID,
    values: dict[str, Any],
    action: str,
    actor: str,
    now: datetime,
    reason: str,
) -> None:
    partner = session.execute(
        select(Partner).where(Partner.partner_id == partner_id).with_for_update()
    ).scalar_one_or_none()
    if partner is None:
        raise NotFound("There is no such partner.")
    before = {name: getattr(partner, name) for name in values}
    if before == values:
        return
    session.execute(update(Partner).where(Partner.partner_id == partner_id).values(**values))
    for store_id in session.scalars(select(Store.store_id).where(Store.partner_id == partner_id)):
        store_changed(session, store_id=store_id)
    audit.record(
        session,
        actor=actor,
        action=action,
        subject=f"partner:{partner_id}",
        partner_id=partner_id,
        now=now,
        before=_plain(before),
        after=_plain(values),
        reason=reason,
    )


def set_member_role(
    session: Session, *, partner_id: UUID, person_id: UUID, role: str, actor: str, now: datetime
) -> None:
    """Give a person of a partner another role; an empty one takes the access away.

    Raises Refusal when the partner would be left without an owner.
    """
    if role and role not in PORTAL_ROLES:
        raise Refusal(f"A role is one of: {', '.join(PORTAL_ROLES)}.", field="role")
    members = {
        member.person_id: member
        for member in session.scalars(
            select(Membership).where(Membership.partner_id == partner_id).with_for_update()
        )
    }
    member = members.get(person_id)
    if member is None:
        raise NotFound("This person does not work for this partner.")
    before = member.role
    if before == role:
        return
    owners = [item for item in members.values() if item.role == "owner" and item.person_id != person_id]
    if before == "owner" and not owners:
        raise Refusal("A partner keeps at least one owner. Make somebody else owner first.", field="role")
    if role:
        member.role = role
    else:
        session.delete(member)
    session.flush()
    audit.record(
        session,
        actor=actor,
        action="partner.role",
        subject=f"person:{person_id}",
        partner_id=partner_id,
        now=now,
        before={"role": before},
        after={"role": role or None},
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, UUID) else value for name, value in values.items()}
