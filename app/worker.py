"""The worker: takes jobs from the queue and hands each to the room that does it.

A job's handler opens its own transactions. A job that fails is tried again, later each time; one
whose worker was killed is tried again too, by ``app.clockwork``. Handlers are written so that doing a
thing twice is the same as once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import procrastinate
from flask import Flask
from procrastinate import RetryStrategy

from app.clockwork import add_periodic
from app.mail.cases import send_case_mails
from app.mail.events import send_event_mails, spread_event_mails
from app.mail.newsletter import send_newsletter_mail
from app.mail.orders import send_order_mails
from app.mail.payouts import send_payout_mails
from app.mail.people import send_reset
from app.mail.shoppers import send_shopper_link
from app.mail.statements import send_statement_mail
from app.mail.wholesale import send_wholesale_mails, spread_wholesale_mails
from app.personal_data import erase_of_partner
from app.pictures import fetch_picture, keep_sizes, make_sizes
from app.services import Services
from app.statement_files import draw_pdf
from app.statements import issue_for, spread_statements
from kit.ids import NIL
from orders.newsletter.asking import grant_wish
from payments.checkout import resume
from payments.disputes.sending import send_acceptance, send_answer
from payments.fees import post_fee
from payments.inbox import HEAD_START, drain
from payments.payouts.sending import send_line
from payments.refunds.sending import send_refund
from payments.settlement import Reference
from storage.tenancy import Tenant

_RETRY = RetryStrategy(max_attempts=12, exponential_wait=2)


def create(services: Services, store_app: Flask) -> procrastinate.App:
    """Make the queue's application with a task for each job's name."""
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(
            conninfo=services.database.conninfo(), min_size=1, max_size=6, timeout=10
        )
    )

    def task(name: str) -> Callable[[Callable[..., Any]], Any]:
        return app.task(name=name, queue="default", retry=_RETRY)

    def tenant(partner_id: str) -> Tenant:
        return Tenant(services.face, UUID(partner_id))

    def mail(kinds: tuple[str, ...], partner_id: str, order_id: str) -> None:
        send_order_mails(
            services,
            store_app,
            tenant=tenant(partner_id),
            order_id=UUID(order_id),
            kinds=kinds,
            now=services.clock.now(),
        )

    @task("order.paid")
    def order_paid(partner_id: str, order_id: str, attempt: int) -> None:
        with tenant(partner_id).begin() as session:
            grant_wish(
                session,
                partner_id=UUID(partner_id),
                order_id=UUID(order_id),
                page="/checkout",
                now=services.clock.now(),
            )
        mail(("receipt", "notice"), partner_id, order_id)

    @task("order.shipped")
    def order_shipped(partner_id: str, order_id: str) -> None:
        mail(("shipped",), partner_id, order_id)

    @task("order.refunded")
    def order_refunded(partner_id: str, order_id: str, refund_id: str) -> None:
        mail((f"refunded:{refund_id}",), partner_id, order_id)

    @task("order.return")
    def order_return(partner_id: str, order_id: str, return_id: str, step: str) -> None:
        mail((f"return_{step}:{return_id}",), partner_id, order_id)

    @task("order.request_declined")
    def order_request_declined(partner_id: str, order_id: str, request_id: str) -> None:
        mail((f"request_declined:{request_id}",), partner_id, order_id)

    @task("order.unsold")
    def order_unsold(partner_id: str, order_id: str, attempt: int) -> None:
        mail(("unsold",), partner_id, order_id)

    @task("order.check")
    def order_check(partner_id: str, order_id: str) -> None:
        resume(
            tenant(partner_id),
            gateway=services.gateway,
            order_id=UUID(order_id),
            now=services.clock.now(),
        )

    @task("payment.fee")
    def payment_fee(partner_id: str, order_id: str, attempt: int) -> None:
        post_fee(
            tenant(partner_id),
            gateway=services.gateway,
            reference=Reference(UUID(partner_id), UUID(order_id), attempt),
            now=services.clock.now(),
        )

    @task("refund.send")
    def refund_send(partner_id: str, refund_id: str) -> None:
        send_refund(
            tenant(partner_id),
            gateway=services.gateway,
            refund_id=UUID(refund_id),
            now=services.clock.now(),
        )

    @task("dispute.answer")
    def dispute_answer(partner_id: str, dispute_id: str, answer: str) -> None:
        send_answer(
            tenant(partner_id),
            gateway=services.gateway,
            dispute_id=UUID(dispute_id),
            answer=answer,
            now=services.clock.now(),
        )

    @task("dispute.accept")
    def dispute_accept(partner_id: str, dispute_id: str) -> None:
        send_acceptance(
            tenant(partner_id),
            gateway=services.gateway,
            dispute_id=UUID(dispute_id),
            now=services.clock.now(),
        )

    @task("order.disputed")
    def order_disputed(partner_id: str, order_id: str, dispute_id: str) -> None:
        mail((f"disputed:{dispute_id}",), partner_id, order_id)

    @task("order.decided")
    def order_decided(partner_id: str, order_id: str, dispute_id: str) -> None:
        mail((f"decided:{dispute_id}",), partner_id, order_id)

    @task("payout.send")
    def payout_send(partner_id: str, line_id: str) -> None:
        send_line(
            tenant(partner_id),
            gateway=services.gateway,
            line_id=UUID(line_id),
            now=services.clock.now(),
        )

    @task("payout.tell")
    def payout_tell(partner_id: str, notice_id: str, kind: str, subject_id: str, actor: str) -> None:
        send_payout_mails(
            services,
            tenant=tenant(partner_id),
            notice_id=UUID(notice_id),
            kind=kind,
            subject_id=UUID(subject_id),
            actor=actor,
            now=services.clock.now(),
        )

    @task("newsletter.mail")
    def newsletter_mail(partner_id: str, subscriber_id: str, kind: str) -> None:
        send_newsletter_mail(
            services,
            store_app,
            tenant=tenant(partner_id),
            subscriber_id=UUID(subscriber_id),
            kind=kind,
            now=services.clock.now(),
        )

    @task("case.mail")
    def case_mail(partner_id: str, case_id: str, entry_id: str) -> None:
        send_case_mails(
            services,
            store_app,
            tenant=tenant(partner_id),
            case_id=UUID(case_id),
            entry_id=UUID(entry_id),
            now=services.clock.now(),
        )

    @task("person.reset")
    def person_reset(person_id: str, face: str) -> None:
        send_reset(services, person_id=UUID(person_id), face=face, now=services.clock.now())

    @task("shopper.link")
    def shopper_link(partner_id: str, link_id: str) -> None:
        send_shopper_link(
            services, store_app, tenant=tenant(partner_id), link_id=UUID(link_id), now=services.clock.now()
        )

    @task("personal.due")
    def personal_due(partner_id: str) -> None:
        erase_of_partner(tenant(partner_id), now=services.clock.now())

    @task("wholesale.changed")
    def wholesale_changed(change_id: str, kind: str, after: str = str(NIL)) -> None:
        spread_wholesale_mails(
            services,
            change_id=UUID(change_id),
            kind=kind,
            after=UUID(after),
            now=services.clock.now(),
        )

    @task("wholesale.tell")
    def wholesale_tell(partner_id: str, change_id: str, kind: str) -> None:
        send_wholesale_mails(
            services,
            tenant=tenant(partner_id),
            change_id=UUID(change_id),
            kind=kind,
            now=services.clock.now(),
        )

    @task("event.changed")
    def event_changed(event_id: str, kind: str, after: str = str(NIL)) -> None:
        spread_event_mails(
            services, event_id=UUID(event_id), kind=kind, after=UUID(after), now=services.clock.now()
        )

    @task("event.tell")
    def event_tell(partner_id: str, event_id: str, kind: str) -> None:
        send_event_mails(
            services,
            tenant=tenant(partner_id),
            event_id=UUID(event_id),
            kind=kind,
            now=services.clock.now(),
        )

    @task("picture.fetch")
    def picture_fetch(picture_id: str) -> None:
        fetch_picture(services, UUID(picture_id))

    @task("picture.sizes")
    def picture_sizes(picture_id: str) -> None:
        make_sizes(services, UUID(picture_id))

    @task("brand.sizes")
    def brand_sizes(key: str) -> None:
        keep_sizes(services.objects, key)

    @task("statement.spread")
    def statement_spread(until: str, after: str = str(NIL)) -> None:
        spread_statements(services, until=datetime.fromisoformat(until), after=UUID(after))

    @task("statement.issue")
    def statement_issue(partner_id: str, until: str) -> None:
        issue_for(tenant=tenant(partner_id), until=datetime.fromisoformat(until), now=services.clock.now())

    @task("statement.pdf")
    def statement_pdf(partner_id: str, statement_id: str) -> None:
        draw_pdf(services, tenant=tenant(partner_id), statement_id=UUID(statement_id))

    @task("statement.tell")
    def statement_tell(partner_id: str, person_id: str, until: str) -> None:
        send_statement_mail(
            services,
            tenant=tenant(partner_id),
            person_id=UUID(person_id),
            until=datetime.fromisoformat(until),
            now=services.clock.now(),
        )

    add_periodic(app, services)
    return app


def run(services: Services, store_app: Flask, *, until_empty: bool = False, concurrency: int = 4) -> None:
    """Work until stopped by a signal, or until the queue is empty."""
    app = create(services, store_app)
    if until_empty:
        # Whoever waits for an empty queue waits for no browser.
        drain(services.face, gateway=services.gateway, now=services.clock.now(), patience=HEAD_START)
    with app.open():
        app.run_worker(
            concurrency=concurrency,
            wait=not until_empty,
            fetch_job_polling_interval=0.25,
            listen_notify=False,
            delete_jobs="successful",
            install_signal_handlers=not until_empty,
        )
