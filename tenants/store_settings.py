"""What a partner decides of its own store: its words, where mail goes, whether it sells."""

from __future__ import annotations

import re
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal, Refusals
from storage import audit
from storage.revisions import store_changed
from tenants.models import Store
from tenants.partners import set_store_state

RISE_CHOICES = ("lift", "keep_percentage", "keep_amount", "pause")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def edit_store(
    session: Session,
    *,
    partner_id: UUID,
    store_id: UUID,
    name: str,
    tagline: str,
    support_email: str,
    on_wholesale_rise: str,
    actor: str,
    now: datetime,
) -> None:
    """Change a store's words, its support address, and what happens to fixed prices that wholesale
    overtakes. Raises Refusals naming each field, and NotFound for a store that is not the partner's."""
    wanted = {
        "name": " ".join(name.split()),
        "tagline": " ".join(tagline.split()),
        "support_email": support_email.strip().lower(),
        "on_wholesale_rise": on_wholesale_rise,
    }
    errors = _wrong(wanted)
    if errors:
        raise Refusals(errors)
    store = session.scalar(
        select(Store).where(Store.partner_id == partner_id, Store.store_id == store_id).with_for_update()
    )
    if store is None:
        raise NotFound("There is no such store.")
    before = {field: getattr(store, field) for field in wanted}
    changed = {field: value for field, value in wanted.items() if before[field] != value}
    if not changed:
        return
    session.execute(
        update(Store).where(Store.partner_id == partner_id, Store.store_id == store_id).values(**changed)
    )
    store_changed(session, store_id=store_id)
    audit.record(
        session,
        actor=actor,
        action="store.edited",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={field: before[field] for field in changed},
        after=dict(changed),
    )


def _wrong(wanted: dict[str, str]) -> dict[str, str]:
    errors = {}
    if not 1 <= len(wanted["name"]) <= 80:
        errors["name"] = "A store's name has 1 to 80 characters."
    if len(wanted["tagline"]) > 160:
        errors["tagline"] = "A tagline has at most 160 characters."
    if not _EMAIL.fullmatch(wanted["support_email"]) or len(wanted["support_email"]) > 254:
        errors["support_email"] = "Enter an e-mail address, such as hello@example.com."
    if wanted["on_wholesale_rise"] not in RISE_CHOICES:
        errors["on_wholesale_rise"] = f"Choose one of: {', '.join(RISE_CHOICES)}."
    return errors


def open_store(session: Session, *, partner_id: UUID, store_id: UUID, actor: str, now: datetime) -> None:
    """Let a draft or paused store sell. Raises Refusal for one that the company has closed."""
    _refuse_closed(session, partner_id, store_id)
    set_store_state(session, partner_id=partner_id, store_id=store_id, state="live", actor=actor, now=now)


def pause_store(session: Session, *, partner_id: UUID, store_id: UUID, actor: str, now: datetime) -> None:
    """Stop selling for a while; orders on their way still arrive. Raises Refusal for a store that is
    closed, or that has never been open."""
    if _refuse_closed(session, partner_id, store_id) == "draft":
        raise Refusal("A store that is not open yet need not be paused.", field="state")
    set_store_state(session, partner_id=partner_id, store_id=store_id, state="paused", actor=actor, now=now)


def _refuse_closed(session: Session, partner_id: UUID, store_id: UUID) -> str:
    state = session.scalar(
        select(Store.state).where(Store.partner_id == partner_id, Store.store_id == store_id)
    )
    if state is None:
        raise NotFound("There is no such store.")
    if state == "closed":
        raise Refusal("The company has closed this store. Ask it to open the store again.", field="state")
    return state
