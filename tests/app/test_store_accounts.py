"""Accounts over HTTP, without script: made, entered, proven by mail, and left; nobody sees another's things."""

from __future__ import annotations

import json
import re
from html import unescape
from uuid import UUID

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.mail.mailer import FolderMailer
from app.mail.orders import send_order_mails
from app.personal_data import sweep_personal
from app.store.links import order_token
from storage.database import transaction
from tenants.attempts import attempt_key, count_attempt
from tenants.terms import set_grants
from tests.app.faces import Visitor, words
from tests.app.shopper import Shopper, statements
from tests.orders.accounts_world import PASSWORD, buy
from tests.payments.returns.test_returns import sent
from tests.world import Shop, World


def address(world: World, name: str = "maya") -> str:
    return f"{name}-{world.number}@example.com"


def mails(world: World, to: str) -> list[tuple[str, str, str]]:
    """Subject, text and HTML of what was sent to an address, newest last."""
    mailer = world.services.mailer
    assert isinstance(mailer, FolderMailer)
    found = []
    for _, message in mailer.messages():
        if str(message["To"]) == to:
            parts = [message.get_body((kind,)) for kind in ("plain", "html")]
            found.append(
                (str(message["Subject"]), *(str(part.get_content()) if part else "" for part in parts))
            )
    return found[::-1]


def link_of(world: World, to: str, path: str) -> str:
    """The newest link of a kind that was mailed to an address."""
    world.run_jobs()
    found = [
        match[1]
        for _, plain, html in mails(world, to)
        for match in [re.search(rf"https?://[^/\s]+({path}/[\w=-]+)", plain)]
        if match and match[1] in html
    ]
    assert found, f"no {path} was mailed to {to}"
    return found[-1]


def token_of(shop: Shop, order_id: UUID) -> str:
    return order_token(shop.world.services.config.secret, partner_id=shop.partner_id, order_id=order_id)


def from_order(shop: Shop, order_id: UUID, password: str = PASSWORD) -> Shopper:
    """Somebody who makes an account on the page that thanks for an order."""
    shopper = Shopper(shop)
    token = token_of(shop, order_id)
    page = shopper.get(f"/checkout/done/{token}")
    assert "Make an account" in page.text
    made = shopper.post(f"/order/{token}/account", password=password)
    assert (made.status_code, made.location) == (303, "/account")
    return shopper


def registered(shop: Shop, email: str, password: str = PASSWORD) -> Shopper:
    """Somebody who made an account with the form and the link."""
    shopper = Shopper(shop)
    shopper.get("/account/new")
    assert "Look into your mailbox" in shopper.post("/account/new", email=email, password=password).text
    path = link_of(shop.world, email, "/account/confirm")
    shopper.get(path)
    assert shopper.post(path).location == "/account"
    return shopper


def enter(shop: Shop, email: str, password: str = PASSWORD, to: str = "") -> tuple[Shopper, TestResponse]:
    shopper = Shopper(shop)
    shopper.get(f"/account/sign-in{f'?next={to}' if to else ''}")
    return shopper, shopper.post("/account/sign-in", email=email, password=password, next=to)


def test_one_field_makes_an_account_and_the_link_brings_the_other_orders(world: World) -> None:
    ada, email = world.ada, address(world)
    first, second = buy(ada, email), buy(ada, email, (world.tote, 1))
    buy(world.ben, email)
    shopper = from_order(ada, second)
    page = words(shopper.get("/account"))
    assert "Order 1002" in page
    assert "Order 1001" not in page
    assert f"We have sent a link to {email}" in page
    # The link alone does nothing: programs look at links, and the button is pressed by a person.
    path = link_of(world, email, "/account/confirm")
    assert Shopper(ada).get(path).status_code == 200
    assert "Order 1001" not in shopper.get("/account").text
    shopper.get(path)
    assert shopper.post(path).location == "/account"
    page = words(shopper.get("/account"))
    assert "Order 1001" in page
    assert "Order 1002" in page
    assert "1003" not in page
    tracking = shopper.get(f"/order/{token_of(ada, first)}")
    assert tracking.status_code == 200
    gone = shopper.post(path)
    assert gone.status_code == 410
    assert "no longer works" in gone.text
    subject, plain, html = next(m for m in mails(world, email) if "Confirm your address" in m[0])
    assert subject == "Confirm your address for Ada & Co"
    assert "Ada & Co" in plain
    assert "Ada &amp; Co" in html


def test_in_another_browser_the_link_asks_for_the_password(world: World) -> None:
    ada, email = world.ada, address(world)
    order_id = buy(ada, email)
    from_order(ada, order_id, "the stranger's word")
    path = link_of(world, email, "/account/confirm")
    owner = Shopper(ada)
    assert "Password of the account" in owner.get(path).text
    refused = owner.post(path, password="my own password")
    assert refused.status_code == 422
    assert "not your password" in refused.text
    assert owner.get("/account").status_code == 303
    assert owner.post(path, password="the stranger's word").location == "/account"


def test_an_account_belongs_to_one_store(world: World) -> None:
    email = address(world)
    shopper = registered(world.ada, email)
    assert shopper.get("/account").status_code == 200
    cookie = shopper.client.get_cookie("awning-account", domain=f"{world.ada.slug}.localhost")
    assert cookie is not None
    assert cookie.http_only
    other = Shopper(world.ben)
    other.client.set_cookie("awning-account", cookie.value, domain=f"{world.ben.slug}.localhost")
    assert other.get("/account").status_code == 303
    _, refused = enter(world.ben, email)
    assert refused.status_code == 422
    assert "do not belong together" in refused.text


def test_nothing_tells_whether_an_address_is_known(world: World) -> None:
    ada, known, nobody = world.ada, address(world), address(world, "nobody")
    registered(ada, known)
    buy(ada, known)
    world.run_jobs()
    told = {known: len(mails(world, known)), nobody: 0}
    pages: dict[str, list[str]] = {known: [], nobody: []}
    for email in (known, nobody):
        shopper = Shopper(ada)
        for path, form in (
            ("/account/new", {"email": email, "password": "some other word"}),
            ("/account/forgotten", {"email": email}),
            ("/account/data/ask", {"email": email}),
            ("/find-order", {"email": email, "number": 1001}),
            ("/account/sign-in", {"email": email, "password": "wrong password"}),
        ):
            shopper.get(path)
            answer = shopper.post(path, **form)
            pages[email].append(f"{answer.status_code} {words(answer).replace(email, 'ADDRESS')}")
    assert pages[known] == pages[nobody]
    world.run_jobs()
    subjects = [subject for subject, _, _ in mails(world, known)[told[known] :]]
    assert sorted(subjects) == [
        "A new password for Ada & Co",
        "What Ada & Co keeps about you",
        "Where order 1001 at Ada & Co is",
        "Your account at Ada & Co",
    ]
    assert [subject for subject, _, _ in mails(world, nobody)] == ["Finish your account at Ada & Co"]
    # The password of the second wish is nobody's.
    assert enter(ada, known, "some other word")[1].status_code == 422


def test_pages_of_an_account_ask_to_sign_in_and_lead_back(world: World) -> None:
    ada, email = world.ada, address(world)
    registered(ada, email)
    stranger = Shopper(ada)
    for path in (
        "/account",
        "/account/addresses",
        "/account/addresses/new",
        "/account/sign-in-data",
        "/account/data",
        "/account/data/my-data.json",
    ):
        answer = stranger.get(path)
        assert (answer.status_code, answer.location) == (303, f"/account/sign-in?next={path}"), path
    stranger.get("/account/sign-in")
    assert stranger.post(f"/account/orders/{UUID(int=7)}/again").status_code == 303
    _, let_in = enter(ada, email, to="/account/addresses")
    assert let_in.location == "/account/addresses"
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert enter(ada, email, to=elsewhere)[1].location == "/"


def test_signing_out_and_a_changed_password_end_sessions(world: World) -> None:
    ada, email = world.ada, address(world)
    here = registered(ada, email)
    there, _ = enter(ada, email)
    here.get("/account/sign-in-data")
    refused = here.post("/account/sign-in-data", act="password", now="wrong word", password="short")
    assert refused.status_code == 422
    assert "This is not your password." in refused.text
    refused = here.post("/account/sign-in-data", act="password", now=PASSWORD, password="short")
    assert "10 to 200 characters" in refused.text
    assert PASSWORD not in refused.text
    changed = here.post("/account/sign-in-data", act="password", now=PASSWORD, password="a different word")
    assert changed.status_code == 303
    assert "is changed" in here.get(changed.location).text
    assert there.get("/account").status_code == 303
    here.get("/account")
    assert here.post("/account/sign-out").location == "/"
    assert here.get("/account").status_code == 303
    assert enter(ada, email)[1].status_code == 422
    assert enter(ada, email, "a different word")[1].status_code == 303


def test_a_forgotten_password_is_set_by_mail(world: World) -> None:
    ada, email = world.ada, address(world)
    registered(ada, email)
    shopper = Shopper(ada)
    shopper.get("/account/forgotten")
    assert "Enter your e-mail address" in shopper.post("/account/forgotten", email="nonsense").text
    shopper.post("/account/forgotten", email=email.upper())
    path = link_of(world, email, "/account/reset")
    assert email in shopper.get(path).text
    assert shopper.post(path, password="short").status_code == 422
    assert shopper.post(path, password="a new long word").location == "/account"
    assert shopper.get("/account").status_code == 200
    assert shopper.get(path).status_code == 410
    assert Shopper(world.ben).get(path).status_code == 410


def test_a_new_address_counts_when_its_link_was_used(world: World) -> None:
    ada, email, new = world.ada, address(world), address(world, "new")
    shopper = registered(ada, email)
    shopper.get("/account/sign-in-data")
    refused = shopper.post("/account/sign-in-data", act="email", now=PASSWORD, email="nonsense")
    assert "Enter your e-mail address" in refused.text
    shopper.post("/account/sign-in-data", act="email", now=PASSWORD, email=new)
    assert email in shopper.get("/account").text
    path = link_of(world, new, "/account/confirm")
    shopper.get(path)
    assert shopper.post(path).location == "/account"
    assert f"Signed in as {new}" in shopper.get("/account").text


def test_guessing_is_slowed_down(world: World) -> None:
    email = address(world)
    registered(world.ada, email)
    assert enter(world.ada, email, "wrong password")[1].status_code == 422
    with world.ada.transaction() as session:
        for _ in range(7):
            count_attempt(session, [attempt_key("shopper", f"{world.ada.store_id}:{email}")], world.now)
    late = enter(world.ada, email)[1]
    assert late.status_code == 422
    assert "Wait fifteen minutes" in late.text
    world.later(minutes=16)
    assert enter(world.ada, email)[1].status_code == 303


def test_addresses_are_kept_and_stand_in_the_checkout(world: World) -> None:
    ada, email = world.ada, address(world)
    order_id = buy(ada, email)
    shopper = registered(ada, email)
    page = shopper.get(f"/checkout/done/{token_of(ada, order_id)}")
    assert "Keep this address" in page.text
    assert shopper.post(f"/order/{token_of(ada, order_id)}/keep-address").location == "/account/addresses"
    assert "Keep this address" not in shopper.get(f"/checkout/done/{token_of(ada, order_id)}").text
    shopper.get("/account/addresses/new")
    refused = shopper.post("/account/addresses/new", name="", line1="1 Quay Road", country="FR")
    assert refused.status_code == 422
    for sentence in ("who receives", "Enter the city", "do not deliver"):
        assert sentence in refused.text
    assert 'value="1 Quay Road"' in refused.text
    kept = shopper.post(
        "/account/addresses/new", name="Maya at work", line1="1 Quay Road", city="Oakland", region="CA",
        postcode="94601", country="US", default="1",
    )  # fmt: skip
    assert kept.location == "/account/addresses"
    shopper.add(world.mug)
    checkout = shopper.get("/checkout")
    assert f'value="{email}"' in checkout.text
    assert 'value="1 Quay Road"' in checkout.text
    assert "12 Harbour Street" in checkout.text
    other = next(
        match for match in re.findall(r"/checkout\?address=[0-9a-f-]{36}", checkout.text)
        if 'value="12 Harbour Street"' in shopper.get(match).text
    )  # fmt: skip
    address_id = other.rpartition("=")[2]
    stranger = registered(ada, address(world, "stranger"))
    assert stranger.get(f"/account/addresses/{address_id}").status_code == 404
    stranger.get("/account/addresses/new")
    assert stranger.post(f"/account/addresses/{address_id}", act="default").status_code == 404
    stranger.post(f"/account/addresses/{address_id}", act="remove")
    assert shopper.get(f"/account/addresses/{address_id}").status_code == 200
    shopper.post(f"/account/addresses/{address_id}", act="remove")
    assert "12 Harbour Street" not in shopper.get("/account/addresses").text


def test_a_guests_checkout_costs_no_more_than_before(world: World) -> None:
    ada = world.ada
    guest, mine = Shopper(ada), registered(ada, address(world))
    counts = []
    for shopper in (guest, mine):
        shopper.add(world.mug)
        shopper.get("/checkout")
        with statements(world) as seen:
            assert shopper.get("/checkout").status_code == 200
        counts.append(len(seen))
    # Who is signed in, and the addresses.
    assert counts[1] <= counts[0] + 2
    assert counts[0] <= 3
    with statements(world) as seen:
        assert mine.get("/account").status_code == 200
    assert len(seen) <= 5, seen


def test_what_was_bought_goes_into_the_bag_again(world: World) -> None:
    ada, email = world.ada, address(world)
    whole = buy(ada, email, (world.mug, 2))
    part = buy(ada, email, (world.mug, 1), (world.scarce_mug, 3))
    shopper = registered(ada, email)
    assert shopper.post(f"/account/orders/{whole}/again").status_code == 403
    shopper.get("/account")
    assert shopper.post(f"/account/orders/{whole}/again").location == "/cart"
    assert "$43.20" in shopper.get("/cart").text
    shopper.get("/account")
    page = words(shopper.post(f"/account/orders/{part}/again"))
    assert "1 piece is in your bag." in page
    assert "Not sold any more: Mug, Tide" in page
    assert shopper.post(f"/account/orders/{buy(world.ben, email)}/again").status_code == 404


def test_an_order_is_found_by_mail_and_by_its_own_address_only(world: World) -> None:
    ada, email = world.ada, address(world)
    buy(ada, email)
    stranger = Shopper(ada)
    for path in ("/", "/nothing-here", "/help/contact"):
        assert 'href="/find-order"' in stranger.get(path).text, path
    page = stranger.get("/find-order")
    assert page.headers["Cache-Control"] == "private, no-store"
    assert 'name="robots" content="noindex"' in page.text
    refused = stranger.post("/find-order", number="many", email="nonsense")
    assert refused.status_code == 422
    assert "such as 1042" in unescape(refused.text)
    assert "name@example.com" in refused.text
    stranger.post("/find-order", number="1001", email=address(world, "else"))
    stranger.post("/find-order", number="1002", email=email)
    world.run_jobs()
    assert [subject for subject, _, _ in mails(world, email) if "Where order" in subject] == []
    assert stranger.post("/find-order", number="#1001", email=email.upper()).status_code == 200
    path = link_of(world, email, "/order")
    assert Shopper(ada).get(path).status_code == 200
    answers = [
        stranger.post("/find-order", number=number, email=f"guess-{number}@example.com").status_code
        for number in range(1, 25)
    ]
    assert 422 in answers


def test_what_is_kept_is_downloaded_and_deleted(world: World) -> None:
    ada, email = world.ada, address(world)
    order_id = sent(ada, buy(ada, email))
    buy(world.ben, email)
    with transaction(world.services.console) as session:
        session.execute(text("UPDATE company SET keep_orders_months = 2"))
    shopper = registered(ada, email)
    file = shopper.get("/account/data/my-data.json")
    assert file.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    given = json.loads(file.text)
    assert [order["number"] for order in given["orders"]] == [1001]
    assert given["account"]["accounts"][0]["email"] == email
    assert "12 Harbour Street" in shopper.get("/account/data/my-data.txt").text
    page = words(shopper.get("/account/data"))
    assert "something is open. Order 1001: Kept until" in page
    refused = shopper.post("/account/data", now="wrong word")
    assert "This is not your password." in refused.text
    done = shopper.post("/account/data", now=PASSWORD)
    assert "We have deleted what is kept about you." in done.text
    assert shopper.get("/account").status_code == 303
    assert enter(ada, email)[1].status_code == 422
    portal = Visitor(world, "portal", "owner", ada)
    with transaction(world.services.console) as session:
        set_grants(
            session, partner_id=ada.partner_id, fields=["name", "email", "phone", "address"], actor="staff",
            now=world.now,
        )  # fmt: skip
    for path in ("/customers", f"/orders/{order_id}"):
        seen = words(portal.get(path))
        assert email not in seen, path
        assert "Maya Lind" not in seen, path
    assert "Erased on" in words(portal.get("/customers"))
    staff = Visitor(world, "console", "owner")
    assert "wants it erased" in words(staff.get(f"/orders/{ada.partner_id}/{order_id}"))
    # When its time is over nothing is left, by the job alone.
    world.later(days=62)
    sweep_personal(world.services)
    world.run_jobs()
    page = words(Visitor(world, "console", "owner").get(f"/orders/{ada.partner_id}/{order_id}"))
    assert email not in page
    assert "Erased on" in page
    assert "Erased on" in words(Visitor(world, "console", "owner").get("/customers/?state=erased"))
    before = len(mails(world, ""))
    send_order_mails(
        world.services, world.installation.store_app, tenant=ada.tenant, order_id=order_id,
        kinds=("unsold",), now=world.now,
    )  # fmt: skip
    assert len(mails(world, "")) == before
    tracking = words(Shopper(ada).get(f"/order/{token_of(ada, order_id)}"))
    assert "were deleted on" in tracking
    with transaction(world.services.console) as session:
        left = session.execute(
            text("SELECT count(*) FROM orders WHERE partner_id = :p AND email <> ''"), {"p": ada.partner_id}
        ).scalar()
    assert left == 0


def test_a_guest_sees_and_deletes_with_a_link(world: World) -> None:
    ada, email = world.ada, address(world)
    buy(ada, email)
    guest = Shopper(ada)
    assert 'action="/account/data/ask"' in guest.get("/help/privacy").text
    assert guest.post("/account/data/ask", email="x").status_code == 422
    guest.post("/account/data/ask", email=email)
    path = link_of(world, email, "/account/data/link")
    assert "Order" not in guest.get(path).headers
    assert "Kept for 120 months after it has arrived." in words(guest.get(path))
    assert json.loads(guest.get(f"{path}/my-data.json").text)["orders"][0]["email"] == email
    assert Shopper(world.ben).get(path).status_code == 410
    done = guest.post(path)
    assert "We have deleted" in done.text
    assert guest.get(path).status_code == 410
    assert guest.get(f"{path}/my-data.json").status_code == 303


def test_who_has_not_proven_the_address_deletes_the_account_alone(world: World) -> None:
    ada, email = world.ada, address(world)
    buy(ada, email)
    latest = buy(ada, email)
    shopper = from_order(ada, latest)
    given = json.loads(shopper.get("/account/data/my-data.json").text)
    assert [order["number"] for order in given["orders"]] == [1002]
    shopper.get("/account/data")
    assert "The account is deleted." in shopper.post("/account/data", now=PASSWORD).text
    with transaction(world.services.console) as session:
        assert session.execute(
            text("SELECT count(*) FROM orders WHERE partner_id = :p AND email = :e"),
            {"p": ada.partner_id, "e": email},
        ).scalar() == 2  # fmt: skip
    assert shopper.get("/account").status_code == 303


def test_the_partner_sees_who_registers_at_once_and_no_more_than_granted(world: World) -> None:
    ada, email = world.ada, address(world)
    registered(ada, email)
    with transaction(world.services.console) as session:
        set_grants(session, partner_id=ada.partner_id, fields=[], actor="staff", now=world.now)
    owner = Visitor(world, "portal", "owner", ada)
    page = words(owner.get("/customers"))
    assert "Registered" in page
    assert email not in page
    with transaction(world.services.console) as session:
        set_grants(session, partner_id=ada.partner_id, fields=["email"], actor="staff", now=world.now)
    assert email in words(owner.get("/customers"))
    assert email not in words(Visitor(world, "portal", "owner", world.ben).get("/customers"))


def test_the_company_sees_customers_of_all_stores(world: World) -> None:
    email, other = address(world), address(world, "guest")
    registered(world.ada, email)
    buy(world.ben, other)
    staff = Visitor(world, "console", "support")
    page = words(staff.get(f"/customers/?q={world.number}@example.com"))
    assert email in page
    assert other in page
    assert "Registered" in page
    for state, found in (("registered", True), ("guest", False), ("erased", False), ("else", True)):
        assert (f"mailto:{email}" in staff.get(f"/customers/?state={state}&q={email}").text) == found, state
    assert "Nobody matches" in staff.get("/customers/?q=%25%25").text
    assert Visitor(world, "console", "catalogue").get("/customers/").status_code == 403


@pytest.mark.parametrize("given", ["x" * 100_000, "a\x00b", "\u202e" * 50, "<script>", ""])
def test_what_nobody_types_is_answered_calmly(world: World, given: str) -> None:
    ada = world.ada
    shopper = Shopper(ada)
    for path in (
        "/account/sign-in",
        "/account/new",
        "/account/forgotten",
        "/account/data/ask",
        "/find-order",
    ):
        shopper.get(path)
        answer = shopper.post(path, email=given, password=given, number=given, next=given)
        assert answer.status_code == 422, path
        assert "<script>" not in answer.text.replace('<script type="module"', "")
    for path in ("/account/confirm/", "/account/reset/", "/account/data/link/"):
        assert shopper.get(f"{path}nothing").status_code == 410
