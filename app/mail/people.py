"""Mail to people who sign in: invitations, to a partner's in the look of its store, and password resets."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.mail.mailer import compose
from app.services import Services
from app.store.rendering import render
from kit.ids import token_hash
from storage.database import transaction
from tenants.access import RESET_LIFE, create_link
from tenants.models import Company, Person, Store
from tenants.storefront import Storefront, read_storefront


def send_reset(services: Services, *, person_id: UUID, face: str, now: datetime) -> None:
    """Create a reset link and send it. The link is made here, so that no job ever holds a token."""
    with transaction(services.console if face == "console" else services.face) as session:
        person = session.get_one(Person, person_id)
        company = session.scalar(select(Company.name)) or ""
        token = create_link(
            session, purpose="reset", face=face, person_id=person_id, life=RESET_LIFE, now=now
        )
    host = services.config.console_host if face == "console" else services.config.portal_host
    services.mailer.send(
        compose(
            sender=(company, services.config.mail_from),
            to=person.email,
            subject="Choose a new password",
            text=(
                f"Hello {person.name},\n\nsomebody asked for a new password for this address. If it was"
                f" you, choose one here within an hour:\n\n{services.config.url(host, f'/reset/{token}')}"
                "\n\nIf it was not you, nothing happens.\n"
            ),
            message_id=f"reset.{token_hash(token).hex()[:32]}@{services.config.platform_domain}",
            at=now,
        )
    )


def invitation(
    services: Services,
    *,
    email: str,
    name: str,
    face: str,
    token: str,
    now: datetime,
    partner_id: UUID | None = None,
) -> str:
    """Send an invitation, and return its address so that staff can also hand it over.

    One to a partner's portal looks like the partner's store, the oldest where there are several. Before there
    is one, and to the company's console, it is plain.
    """
    with transaction(services.console) as session:
        company = session.scalar(select(Company.name)) or ""
        store = _first_store(session, partner_id) if partner_id else None
    host = services.config.console_host if face == "console" else services.config.portal_host
    address = services.config.url(host, f"/welcome/{token}")
    subject, html = f"{company} invites you", ""
    plain = (
        f"Hello {name},\n\n{company} has set up access for you. Choose a password within seven days:"
        f"\n\n{address}\n"
    )
    if store is not None:
        context = {
            "person_name": name,
            "invitation_url": address,
            "base_url": services.config.url(store.host),
        }
        subject = render(store, "mail/invitation.subject.txt", **context)
        html = render(store, "mail/invitation.html", **context)
        plain = render(store, "mail/invitation.txt", **context)
    services.mailer.send(
        compose(
            sender=(company, services.config.mail_from),
            to=email,
            subject=subject,
            text=plain,
            html=html,
            message_id=f"invitation.{token_hash(token).hex()[:32]}@{services.config.platform_domain}",
            at=now,
        )
    )
    return address


def _first_store(session: Session, partner_id: UUID) -> Storefront | None:
    found = session.scalar(
        select(Store.store_id)
        .where(Store.partner_id == partner_id)
        .order_by(Store.created_at, Store.store_id)
        .limit(1)
    )
    return read_storefront(session, partner_id=partner_id, store_id=found) if found else None
