"""The portal's other rooms: who gets in, what each sees, and what a partner may know of its customers."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from app.onboarding import FirstLook, open_store
from storage.database import transaction
from tenants.access import invite
from tenants.models import Partner
from tenants.partners import NewStore
from tests.app.portal.visitors import BASE, PASSWORD, Visitor, member, portal
from tests.world import World

ROOMS = (
    "/",
    "/prices",
    "/prices/rule",
    "/prices/file",
    "/orders",
    "/customers",
    "/earnings",
    "/store",
    "/editor",
)


@pytest.mark.parametrize("path", ROOMS)
def test_nobody_gets_in_without_signing_in(world: World, path: str) -> None:
    answered = Visitor(portal(world)).get(path)
    assert answered.status_code == 302
    assert answered.headers["Location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("role", ["owner", "manager", "support", "analyst"])
def test_every_role_reads_every_room(world: World, role: str) -> None:
    order_id = world.ada.buy((world.mug, 1), (world.tote, 2))
    reader = member(world, world.ada, role)
    for path in (*ROOMS, f"/orders/{order_id}", "/store-code.svg", "/sales/live", "/partners"):
        answered = reader.get(path)
        assert answered.status_code == 200, (path, answered.text)


def test_signing_in_says_the_same_for_a_wrong_password_and_for_nobody(world: World) -> None:
    member(world, world.ada)
    visitor = Visitor(portal(world))
    wrong = visitor.sign_in(f"owner@{world.ada.slug}.example", "something else")
    nobody = visitor.sign_in("nobody@example.com", PASSWORD)
    assert wrong.status_code == nobody.status_code == 422
    assert "do not belong together" in wrong.text
    assert "do not belong together" in nobody.text


@pytest.mark.parametrize("next_path", ["https://evil.example", "//evil.example", "/\\evil.example", "evil"])
def test_after_signing_in_one_stays_here(world: World, next_path: str) -> None:
    member(world, world.ada)
    visitor = Visitor(portal(world))
    answered = visitor.post(
        "/sign-in",
        {"email": f"owner@{world.ada.slug}.example", "password": PASSWORD, "next": next_path},
        seen="/sign-in",
    )
    assert answered.headers["Location"] == "/"


def test_signing_out_ends_the_session_and_a_reset_ends_all(world: World) -> None:
    owner = member(world, world.ada)
    kept = owner.client.get_cookie("awning-partner", domain="portal.localhost")
    assert owner.post("/sign-out").status_code == 303
    owner.client.set_cookie("awning-partner", kept.value, domain="portal.localhost")
    assert owner.get("/").status_code == 302


def test_a_forgotten_password_is_answered_alike_and_its_link_works_once(world: World) -> None:
    email = f"owner@{world.ada.slug}.example"
    other = member(world, world.ada)
    visitor = Visitor(portal(world))
    known = visitor.post("/forgotten", {"email": email}, seen="/forgotten")
    unknown = visitor.post("/forgotten", {"email": "nobody@example.com"}, seen="/forgotten")
    assert known.status_code == unknown.status_code == 200
    assert known.text.replace(email, "") == unknown.text.replace("nobody@example.com", "")
    world.run_jobs()
    mails = sorted((world.services.config.data_dir / "mail").glob("*"), key=lambda file: file.stat().st_mtime)
    link = next(
        text.split("/reset/")[1].split()[0].replace("=\n", "")
        for text in (file.read_text() for file in reversed(mails))
        if "/reset/" in text and email in text
    )
    path = f"/reset/{link}"
    short = visitor.post(path, {"password": "short", "again": "short"}, seen=path)
    assert short.status_code == 422
    differing = visitor.post(path, {"password": "a new long one", "again": "another"}, seen=path)
    assert "differ" in differing.text
    new = {"password": "a new long one", "again": "a new long one"}
    assert visitor.post(path, new, seen=path).status_code == 303
    assert visitor.get("/").status_code == 200
    assert other.get("/").status_code == 302
    assert visitor.get(path).status_code == 410


def test_a_partner_sees_of_its_customers_what_was_granted(world: World) -> None:
    order_id = world.ada.buy((world.mug, 1))
    owner, analyst = member(world, world.ada), member(world, world.ada, "analyst")
    page = owner.get("/customers").text
    assert "Maya Lind" in page
    assert "maya@example.com" in page
    assert "Harbour Street" not in page
    for path in ("/customers", "/customers?q=maya", "/orders", f"/orders/{order_id}"):
        text = analyst.get(path).text
        assert "Maya" not in text, path
        assert "maya@example.com" not in text, path
    with transaction(world.services.console) as session:
        session.execute(
            update(Partner).where(Partner.partner_id == world.ada.partner_id).values(customer_fields=["city"])
        )
    for path in ("/customers", "/customers?q=Maya", "/orders", f"/orders/{order_id}"):
        text = owner.get(path).text
        assert "Maya" not in text.replace("“Maya”", ""), path
        assert "maya@example.com" not in text, path
    assert "Portland" in owner.get("/customers").text


def test_orders_and_earnings_of_another_partner_are_not_there(world: World) -> None:
    order_id = world.ben.buy((world.mug, 1), contact=_berlin())
    owner = member(world, world.ada)
    assert owner.get(f"/orders/{order_id}").status_code == 404
    assert owner.get(f"/?store={world.ben.slug}").status_code == 404
    assert "€" not in owner.get("/earnings").text


def _berlin() -> object:
    from dataclasses import replace

    from tests.world import CONTACT

    return replace(CONTACT, country="DE", region="", city="Berlin", postcode="10115")


def test_the_order_says_where_its_money_went(world: World) -> None:
    order_id = world.ben.buy((world.mug, 2), contact=_berlin())
    page = member(world, world.ben).get(f"/orders/{order_id}").text
    # 2 × 25.71 with 19 % tax inside and 4.50 for delivery; wholesale is 2 × 12.00.
    for amount in ("€55.92", "−€8.93", "−€3.78", "−€24.00", "€19.21"):
        assert amount in page


def test_new_sales_arrive_without_a_reload(world: World) -> None:
    owner = member(world, world.ada)
    page = owner.get("/").text
    address = page.split('id="sales" data-hx-get="')[1].split('"')[0].replace("&amp;", "&")
    assert owner.get(address).status_code == 204
    world.later(seconds=5)
    world.ada.buy((world.tote, 3))
    fresh = owner.get(address)
    assert fresh.status_code == 200
    assert "3 × " in fresh.text
    assert 'id="figures"' in fresh.text
    assert "$24.00" in fresh.text


def test_the_store_is_renamed_paused_and_opened(world: World) -> None:
    owner = member(world, world.ada)
    form = {
        "name": "  New   name ",
        "tagline": "Hello",
        "support_email": "Help@Example.com",
        "on_wholesale_rise": "pause",
    }
    assert owner.post("/store", form).status_code == 303
    assert "New name" in owner.get("/store").text
    wrong = owner.post("/store", {**form, "support_email": "no address", "name": ""})
    assert wrong.status_code == 422
    assert "Enter an e-mail address" in wrong.text
    assert 'value="no address"' in wrong.text
    assert owner.post("/store/state", {"act": "pause"}).status_code == 303
    assert "Open your store again" in owner.get("/").text
    assert owner.post("/store/state", {"act": "open"}).status_code == 303


def test_the_pages_of_a_second_store_keep_to_it(world: World) -> None:
    with transaction(world.services.console) as session:
        open_store(
            session,
            partner_id=world.ada.partner_id,
            store=NewStore(
                slug=f"{world.ada.slug}-two",
                name="Ada's second",
                currency="EUR",
                country="DE",
                locale="de_DE",
                tax_inclusive=True,
                support_email="two@ada.example",
            ),
            look=FirstLook("aurora", {}, {"home": []}),
            markup_bps=5000,
            rounding="none",
            stores_domain="localhost",
            actor="tests",
            now=world.later(minutes=1),
        )
    owner = member(world, world.ada)
    first, second = owner.get("/").text, owner.get(f"/?store={world.ada.slug}-two").text
    assert "Open your store" not in first
    assert "Open your store" in second
    assert f'href="/prices?store={world.ada.slug}-two"' in second
    assert "Ada&#39;s second" in owner.get(f"/prices?store={world.ada.slug}-two").text


def test_who_works_for_two_partners_changes_between_them(world: World) -> None:
    owner = member(world, world.ada)
    with transaction(world.services.console) as session:
        invite(
            session,
            email=f"owner@{world.ada.slug}.example",
            name="Owner",
            face="portal",
            role="analyst",
            partner_id=world.ben.partner_id,
            now=world.now,
        )
    assert "Ben" in owner.get("/partners").text
    assert owner.post("/partners", {"partner_id": str(world.ben.partner_id)}).status_code == 303
    assert "Ben &amp; Co" in owner.get("/").text
    assert owner.post("/store/state", {"act": "pause"}).status_code == 403
    elsewhere = owner.post("/partners", {"partner_id": "00000000-0000-4000-8000-000000000000"})
    assert elsewhere.status_code == 404


def test_a_form_from_elsewhere_changes_nothing(world: World) -> None:
    owner = member(world, world.ada)
    answered = owner.client.post("/store/state", data={"act": "pause"}, base_url=BASE)
    assert answered.status_code == 403
