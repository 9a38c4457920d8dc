"""Signing in: limits that last, answers that give nothing away, links that work once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from kit.errors import Refusal
from storage.database import transaction
from tenants import access
from tenants.access import LinkSpent, SignInRefused
from tests.world import World

PASSWORD = "correct horse battery"


def invited(world: World, who: str = "owner") -> tuple[str, str]:
    """An invited partner's person: its address and the invitation's token."""
    email = f"{who}-{world.number}-{world.ada.slug}@example.com"
    with transaction(world.services.console) as session:
        token = access.invite(
            session, email=email, name="Ada", face="portal", role="owner",
            partner_id=world.ada.partner_id, now=world.now,
        )  # fmt: skip
    return email, token


def joined(world: World) -> str:
    email, token = invited(world)
    with transaction(world.services.face) as session:
        access.use_link(session, token=token, face="portal", password=PASSWORD, now=world.now)
    return email


def sign_in(
    world: World, email: str, password: str = PASSWORD, *, face: str = "portal", address: str = ""
) -> str:
    return access.sign_in(
        world.services.face,
        face=face,
        email=email,
        password=password,
        address=address or f"192.0.2.{world.number % 250}-{world.ada.slug}",
        user_agent="tests",
        now=world.now,
    )


def who(world: World, token: str, face: str = "portal") -> access.SignedIn | None:
    with transaction(world.services.face) as session:
        return access.who(session, face=face, token=token, now=world.now)


def test_an_invited_person_chooses_a_password_and_signs_in(world: World) -> None:
    email = joined(world)
    person = who(world, sign_in(world, email.upper()))
    assert person is not None
    assert (person.email, person.role, person.partner_id) == (email, "owner", world.ada.partner_id)


def test_the_cookie_is_not_what_is_stored(world: World) -> None:
    token = sign_in(world, joined(world))
    with transaction(world.services.face) as session:
        stored = session.execute(text("SELECT token_hash FROM web_sessions")).scalars().all()
    assert token.encode() not in stored


def test_every_sign_in_gets_a_session_of_its_own(world: World) -> None:
    email = joined(world)
    assert sign_in(world, email) != sign_in(world, email)


def test_the_answer_does_not_tell_who_has_an_account(world: World) -> None:
    email = joined(world)
    answers = set()
    for address, password in ((email, "wrong password"), ("nobody@example.com", PASSWORD)):
        with pytest.raises(SignInRefused) as refused:
            sign_in(world, address, password)
        answers.add(refused.value.message)
    assert len(answers) == 1


def test_a_partner_cannot_enter_the_console_nor_use_its_cookie_there(world: World) -> None:
    email = joined(world)
    with pytest.raises(SignInRefused):
        sign_in(world, email, face="console")
    assert who(world, sign_in(world, email), face="console") is None


def test_too_many_tries_are_refused_even_with_the_right_password(world: World) -> None:
    email = joined(world)
    for _ in range(8):
        with pytest.raises(SignInRefused):
            sign_in(world, email, "wrong password")
    with pytest.raises(SignInRefused, match="Too many"):
        sign_in(world, email)
    world.later(minutes=16)
    assert sign_in(world, email)


def test_one_address_cannot_try_many_accounts(world: World) -> None:
    for number in range(40):
        with pytest.raises(SignInRefused):
            sign_in(world, f"guess-{number}@example.com", address=f"198.51.100.1-{world.ada.slug}")
    with pytest.raises(SignInRefused, match="Too many"):
        sign_in(world, joined(world), address=f"198.51.100.1-{world.ada.slug}")


def test_a_link_works_once_even_for_two_at_the_same_moment(world: World) -> None:
    _, token = invited(world)

    def use(_: int) -> bool:
        try:
            with transaction(world.services.face) as session:
                access.use_link(session, token=token, face="portal", password=PASSWORD, now=world.now)
            return True
        except LinkSpent:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(use, range(4))) == [False, False, False, True]


def test_a_link_expires_and_belongs_to_its_face(world: World) -> None:
    _, token = invited(world)
    with transaction(world.services.face) as session, pytest.raises(LinkSpent):
        access.peek_link(session, token=token, face="console", now=world.now)
    with transaction(world.services.face) as session, pytest.raises(LinkSpent):
        access.peek_link(session, token="made up", face="portal", now=world.now)
    with transaction(world.services.face) as session, pytest.raises(LinkSpent):
        access.peek_link(session, token=token, face="portal", now=world.now + timedelta(days=7))


def test_a_short_password_does_not_use_the_link_up(world: World) -> None:
    _, token = invited(world)
    with pytest.raises(Refusal, match="10 to 200"), transaction(world.services.face) as session:
        access.use_link(session, token=token, face="portal", password="short", now=world.now)
    with transaction(world.services.face) as session:
        assert access.use_link(session, token=token, face="portal", password=PASSWORD, now=world.now)


def test_a_new_password_ends_every_open_session(world: World) -> None:
    email = joined(world)
    cookie = sign_in(world, email)
    with transaction(world.services.face) as session:
        person = access.find_person(session, email=email, face="portal")
        assert person is not None
        token = access.create_link(
            session,
            purpose="reset",
            face="portal",
            person_id=person.person_id,
            life=access.RESET_LIFE,
            now=world.now,
        )
    with transaction(world.services.face) as session:
        access.use_link(session, token=token, face="portal", password="another password", now=world.now)
    assert who(world, cookie) is None
    with pytest.raises(SignInRefused):
        sign_in(world, email)
    assert sign_in(world, email, "another password")


def test_a_session_can_be_revoked_and_expires(world: World) -> None:
    email = joined(world)
    cookie = sign_in(world, email)
    person = who(world, cookie)
    assert person is not None
    with transaction(world.services.face) as session:
        access.sign_out(session, token_hash=person.token_hash, now=world.now)
    assert who(world, cookie) is None
    cookie = sign_in(world, email)
    world.later(days=15)
    assert who(world, cookie) is None


def test_somebody_who_left_a_partner_is_out_at_once(world: World) -> None:
    email = joined(world)
    cookie = sign_in(world, email)
    with transaction(world.services.console) as session:
        session.execute(text("DELETE FROM memberships WHERE partner_id = :p"), {"p": world.ada.partner_id})
    assert who(world, cookie) is None


def test_a_person_works_only_for_its_own_partners(world: World) -> None:
    from kit.errors import NotFound

    person = who(world, sign_in(world, joined(world)))
    assert person is not None
    with transaction(world.services.face) as session, pytest.raises(NotFound):
        access.switch_partner(session, who=person, partner_id=world.ben.partner_id)
    with transaction(world.services.face) as session, pytest.raises(NotFound):
        access.switch_partner(session, who=person, partner_id=UUID(int=1))


@pytest.mark.parametrize("email", ["", "a", "a@", "@b", "a b@c.de", "x" * 250 + "@example.com"])
def test_an_invitation_needs_an_address(world: World, email: str) -> None:
    with pytest.raises(Refusal, match="e-mail address"), transaction(world.services.console) as session:
        access.invite(
            session,
            email=email,
            name="",
            face="portal",
            role="owner",
            partner_id=world.ada.partner_id,
            now=world.now,
        )
