"""Mail to people who sign in: invitations and password resets."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.mail.mailer import compose
from app.services import Services
from kit.ids import token_hash
from storage.database import transaction
from tenants.access import RESET_LIFE, create_link
from tenants.models import Company, Person


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


def invitation(services: Services, *, email: str, name: str, face: str, token: str, now: datetime) -> str:
    """Send an invitation, and return its address so that staff can also hand it over."""
    with transaction(services.console) as session:
        company = session.scalar(select(Company.name)) or ""
    host = services.config.console_host if face == "console" else services.config.portal_host
    address = services.config.url(host, f"/welcome/{token}")
    services.mailer.send(
        compose(
            sender=(company, services.config.mail_from),
            to=email,
            subject=f"{company} invites you",
            text=(
                f"Hello {name},\n\n{company} has set up access for you. Choose a password within seven"
                f" days:\n\n{address}\n"
            ),
            message_id=f"invitation.{token_hash(token).hex()[:32]}@{services.config.platform_domain}",
            at=now,
        )
    )
    return address
