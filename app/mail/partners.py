"""How partners are told of something: a job for each partner, and in it a mail to each of its people."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from app.mail.mailer import MailUndelivered, compose
from app.services import Services
from pricing.notices import Reader
from storage.database import transaction
from storage.jobs import Job, enqueue
from storage.tenancy import Tenant

_AT_ONCE = 200


def spread(
    services: Services,
    topic: str,
    about: dict[str, str],
    *,
    subject: UUID,
    find: Callable[..., Sequence[UUID]],
) -> None:
    """Make a job for each partner that is to be told, some at once and the rest in a job of its own.

    ``about`` are the arguments of the jobs ``<topic>.tell`` and ``<topic>.changed``; ``find`` takes a session
    of the company's role and a ``limit``, and returns the next partners. A partner's jobs about one
    ``subject`` follow one another, so that nobody hears that it does not happen before hearing of it. Each
    is tried again by itself, so a mail that fails touches no other.
    """
    with transaction(services.console) as session:
        found = find(session, limit=_AT_ONCE)
        jobs = [
            Job(f"{topic}.tell", {**about, "partner_id": str(key)}, lock=f"{topic}.{subject}.{key}")
            for key in found
        ]
        if len(found) == _AT_ONCE:
            jobs.append(Job(f"{topic}.changed", {**about, "after": str(found[-1])}))
        if jobs:
            enqueue(session, *jobs)


def tell(
    services: Services,
    tenant: Tenant,
    company: str,
    readers: Iterable[Reader],
    mail: tuple[str, str],
    *,
    about: str,
    note: Callable[..., None],
    now: datetime,
) -> None:
    """Send a mail, a subject and a text, to each of a partner's readers, and ``note`` that it left.

    The mail server is spoken to outside any transaction. ``about`` begins the Message-ID, which names the
    partner too: somebody who works for two hears from both. Raises MailUndelivered after all were tried,
    so that another attempt sends what is missing alone.
    """
    subject, text = mail
    domain = services.config.platform_domain
    failed: MailUndelivered | None = None
    for reader in readers:
        try:
            services.mailer.send(
                compose(
                    sender=(company, services.config.mail_from),
                    to=reader.email,
                    subject=subject,
                    text=f"Hello {reader.name},\n\n{text}",
                    message_id=f"{about}.{tenant.partner_id}.{reader.person_id}@{domain}",
                    at=now,
                )
            )
        except MailUndelivered as error:
            failed = error
            continue
        with tenant.begin() as session:
            note(session, person_id=reader.person_id)
    if failed:
        raise failed


def in_utc(moment: datetime) -> str:
    """A moment as these mails write it, such as 02 March 2026, 09:00 UTC."""
    return f"{moment:%d %B %Y, %H:%M} UTC"
