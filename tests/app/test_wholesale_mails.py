"""Mail about changes of wholesale: who gets it, what it says, and that each gets it once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from email.message import Message

import pytest
from sqlalchemy import text

from app.mail.mailer import Mailer, MailUndelivered
from app.mail.wholesale import send_wholesale_mails, spread_wholesale_mails
from pricing.notices import note_readers, partners_to_tell
from storage.database import transaction
from tenants.access import invite
from tests.pricing.test_rises import change_of, choose, own, raise_to, withdraw
from tests.world import Shop, World, eur, usd


def person(shop: Shop, role: str) -> str:
    """Somebody of a partner; returns the address."""
    email = f"{role}@{shop.slug}.example"
    with transaction(shop.world.services.console) as session:
        invite(
            session, email=email, name=role.title(), face="portal", role=role,
            partner_id=shop.partner_id, now=shop.world.now,
        )  # fmt: skip
    return email


def mails(shop: Shop, mailer: Mailer | None = None) -> list[tuple[str, str, str]]:
    """What a partner's people got: to whom, the subject, the text."""
    found = []
    for _, message in (mailer or shop.world.services.mailer).messages():  # type: ignore[attr-defined]
        if shop.slug in str(message["To"]):
            found.append((str(message["To"]), str(message["Subject"]), message.get_content()))
    return sorted(found)


def test_owners_and_managers_are_told_once_for_all_variants_of_a_change(world: World) -> None:
    owner, manager = person(world.ada, "owner"), person(world.ada, "manager")
    person(world.ada, "support")
    person(world.ben, "owner")
    own(world.ada, world.mug, usd("15.00"))
    own(world.ada, world.tote, usd("15.00"))
    own(world.ben, world.mug, eur("90.00"))
    choose(world.ada, "keep_amount")
    begins = raise_to(world, {world.mug: usd("20.00"), world.tote: usd("16.00")})
    world.run_jobs()
    assert [to for to, _, _ in mails(world.ada)] == sorted([owner, manager])
    to, subject, body = mails(world.ada)[1]
    assert to == owner
    assert subject == f"Wholesale rises on {begins:%d %B %Y}: 2 of your prices go under the floor"
    assert body.startswith("Hello Owner,")
    assert f"from {begins:%d %B %Y, %H:%M} UTC on" in body
    assert "Ada & Co: 2 prices" in body
    assert "Mug, Oat: wholesale USD 12.00 to USD 20.00; your price USD 15.00, then USD 23.00" in body
    assert "you keep your margin's amount" in body
    assert f"/prices/ahead?store={world.ada.slug}" in body
    assert mails(world.ben) == []
    # The job once more, as after a crash: nobody is told a second time.
    folder = world.services.config.data_dir / "mail"
    before = {file.name: file.stat().st_mtime_ns for file in folder.iterdir()}
    change_id = change_of(world, world.mug)
    spread_wholesale_mails(world.services, change_id=change_id, kind="announced", now=world.now)
    world.run_jobs()
    assert {file.name: file.stat().st_mtime_ns for file in folder.iterdir()} == before


def test_each_partner_hears_of_its_own_prices_alone(world: World) -> None:
    person(world.ada, "owner")
    person(world.ben, "owner")
    own(world.ada, world.mug, usd("15.00"))
    own(world.ben, world.tote, eur("15.00"))
    raise_to(world, {world.mug: usd("20.00")})
    raise_to(world, {world.tote: eur("13.00")})
    world.run_jobs()
    ((_, _, to_ada),) = mails(world.ada)
    ((_, _, to_ben),) = mails(world.ben)
    assert "USD 21.00" in to_ada
    assert "EUR" not in to_ada
    assert world.ben.slug not in to_ada
    assert "Tote" not in to_ada
    assert "EUR 16.66, you earn EUR 1.00" in to_ben
    assert world.ada.slug not in to_ben
    assert "USD" not in to_ben


def test_a_change_at_once_says_that_it_is_in_force(world: World) -> None:
    person(world.ada, "owner")
    own(world.ada, world.mug, usd("15.00"))
    world.later(minutes=1)
    choose(world.ada, "pause")
    raise_to(world, {world.mug: usd("20.00")}, days=0)
    world.later(minutes=1)
    world.run_jobs()
    ((_, subject, body),) = mails(world.ada)
    assert subject == "Wholesale has risen: 1 of your prices is under the floor"
    assert "in force since" in body
    assert "paused" in body


def test_an_imported_file_is_one_change_however_it_is_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pricing.importing._BATCH", 1)
    person(world.ada, "owner")
    own(world.ada, world.mug, usd("15.00"))
    own(world.ada, world.tote, usd("15.00"))
    world.later(minutes=1)
    world.goods(
        f"mug-{world.number},Mug,Colour,Oat,{world.mug},24.00,40\n"
        f"tote-{world.number},Tote,,,{world.tote},20.00,100\n",
        percent=9000,
    )
    world.run_jobs()
    ((_, subject, body),) = mails(world.ada)
    assert "2 of your prices are under the floor" in subject
    assert "USD 12.00 to USD 21.60" in body
    assert "USD 10.00 to USD 18.00" in body


def test_nobody_is_told_of_a_fall_or_of_goods_at_the_rule(world: World) -> None:
    person(world.ada, "owner")
    own(world.ada, world.mug, usd("15.00"))
    raise_to(world, {world.mug: usd("11.00"), world.tote: usd("14.00")})
    world.run_jobs()
    assert mails(world.ada) == []


class Refusing:
    """A mail server that takes nothing for some addresses."""

    def __init__(self, real: Mailer, refused: str) -> None:
        self.real, self.refused = real, refused

    def send(self, message: Message) -> None:
        if self.refused in str(message["To"]):
            raise MailUndelivered("this address is not served today")
        self.real.send(message)


def test_a_mail_that_fails_keeps_nobody_back_and_repeats_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, manager = person(world.ada, "owner"), person(world.ada, "manager")
    own(world.ada, world.mug, usd("15.00"))
    raise_to(world, {world.mug: usd("20.00")})
    about = {"tenant": world.ada.tenant, "change_id": change_of(world, world.mug), "kind": "announced"}
    real = world.services.mailer
    monkeypatch.setattr(world.services, "mailer", Refusing(real, manager))
    with pytest.raises(MailUndelivered):
        send_wholesale_mails(world.services, **about, now=world.now)  # type: ignore[arg-type]
    assert [to for to, _, _ in mails(world.ada, real)] == [owner]
    monkeypatch.setattr(world.services, "mailer", Refusing(real, owner))
    # The owner has it and is not spoken to again, or this would raise.
    send_wholesale_mails(world.services, **about, now=world.now)  # type: ignore[arg-type]
    assert [to for to, _, _ in mails(world.ada, real)] == sorted([owner, manager])


def test_who_was_told_hears_that_it_does_not_happen(world: World) -> None:
    person(world.ada, "owner")
    person(world.ben, "owner")
    own(world.ada, world.mug, usd("15.00"))
    begins = raise_to(world, {world.mug: usd("20.00")})
    world.run_jobs()
    withdraw(world, world.mug)
    world.run_jobs()
    subjects = [subject for _, subject, _ in mails(world.ada)]
    assert f"Wholesale does not rise on {begins:%d %B %Y}" in subjects
    assert len(subjects) == 2
    assert mails(world.ben) == []


def test_a_change_withdrawn_before_the_mail_left_is_not_told_at_all(world: World) -> None:
    person(world.ada, "owner")
    own(world.ada, world.mug, usd("15.00"))
    raise_to(world, {world.mug: usd("20.00")})
    withdraw(world, world.mug)
    world.run_jobs()
    assert mails(world.ada) == []
    with transaction(world.services.console) as session:
        assert not session.execute(
            text("SELECT 1 FROM wholesale_notices WHERE partner_id = :p"), {"p": world.ada.partner_id}
        ).all()


def test_a_withdrawal_waits_for_the_partner_that_is_being_told(world: World) -> None:
    """Whoever is noted as told before a withdrawal is told of the withdrawal, whichever comes first."""
    person(world.ada, "owner")
    own(world.ada, world.mug, usd("15.00"))
    raise_to(world, {world.mug: usd("20.00")})
    change_id = change_of(world, world.mug)
    with ThreadPoolExecutor(1) as pool:
        with world.ada.transaction() as session:
            readers = note_readers(
                session, partner_id=world.ada.partner_id, change_id=change_id, kind="announced"
            )
            assert len(readers) == 1
            withdrawing = pool.submit(withdraw, world, world.mug)
            with pytest.raises(TimeoutError):
                withdrawing.result(timeout=0.5)
        withdrawing.result(timeout=10)
    with transaction(world.services.console) as session:
        told = partners_to_tell(session, change_id=change_id, kind="withdrawn", limit=9, now=world.now)
    assert told == [world.ada.partner_id]


def test_many_partners_are_found_a_page_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.mail.partners._AT_ONCE", 1)
    cleo = world.shop("cleo", "USD", "US", tax_inclusive=False)
    for shop in (world.ada, cleo):
        person(shop, "owner")
        own(shop, world.mug, usd("15.00"))
    raise_to(world, {world.mug: usd("20.00")})
    world.run_jobs()
    assert len(mails(world.ada)) == len(mails(cleo)) == 1
