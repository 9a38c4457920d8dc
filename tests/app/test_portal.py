"""The partner portal over HTTP: signing in, what was earned, prices by hand, by file and by program."""

from __future__ import annotations

import re

import pytest
from werkzeug.test import TestResponse

from kit.money import Money
from pricing.grid import grid_rows
from storage.database import transaction
from tenants.access import INVITATION_LIFE, create_link, invite
from tests.app.faces import Visitor, field, person_id, words
from tests.world import CONTACT, GERMAN, Shop, World, eur, usd

PASSWORD = "correct horse battery"


def partner(world: World, shop: Shop | None = None, role: str = "owner") -> Visitor:
    return Visitor(world, "portal", role, shop or world.ada)


def invited(world: World, shop: Shop, email: str = "") -> tuple[Visitor, str]:
    """Somebody with an invitation that was not used yet."""
    visitor = Visitor(world, "portal", email=email or f"new-{shop.slug}@example.com")
    with transaction(world.services.console) as session:
        token = invite(
            session, email=visitor.email, name="Nora New", face="portal", role="owner",
            partner_id=shop.partner_id, now=world.now,
        )  # fmt: skip
    return visitor, token


def member(world: World, shop: Shop) -> Visitor:
    """Somebody with a password, signed out."""
    visitor, token = invited(world, shop)
    assert visitor.post(f"/welcome/{token}", password=PASSWORD, again=PASSWORD).status_code == 303
    assert visitor.post("/sign-out").status_code == 303
    return visitor


def price(shop: Shop, sku: str) -> Money | None:
    """What a shopper is asked."""
    with shop.transaction() as session:
        rows, _ = grid_rows(
            session, **shop.keys, variant_ids=[shop.world.variant(sku)], now=shop.world.later(minutes=1)
        )
    return rows[0].price


class Grid:
    """The price grid as it stands, to be filled in and sent."""

    def __init__(self, visitor: Visitor, search: str) -> None:
        self.visitor, self.path = visitor, f"/prices?q={search}"
        self.page = visitor.get(self.path)

    def send(self, typed: dict[str, str], **form: object) -> TestResponse:
        """Type into the fields of these SKUs, and press a button."""
        world = self.visitor.world
        fields: dict[str, object] = {}
        for sku, text in typed.items():
            key = world.variant(sku)
            fields[f"w-{key}"] = field(self.page, f"w-{key}")
            fields[f"p-{key}"] = text
        return self.visitor.post(self.path, **fields, **form)

    def stands(self, sku: str) -> str:
        return field(self.page, f"p-{self.visitor.world.variant(sku)}")


# Signing in


def test_an_invitation_sets_a_password_and_signs_in_once(world: World) -> None:
    visitor, token = invited(world, world.ada)
    page = visitor.get(f"/welcome/{token}")
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Nora New" in words(page)
    for password, again in (("short", "short"), (PASSWORD, PASSWORD + "!"), ("", ""), ("x" * 201,) * 2):
        refused = visitor.post(f"/welcome/{token}", password=password, again=again)
        assert refused.status_code == 422
        assert 'role="alert"' in refused.text
        assert len(password) < 5 or password not in refused.text
        assert visitor.get("/").status_code == 302
    assert visitor.post(f"/welcome/{token}", password=PASSWORD, again=PASSWORD).status_code == 303
    assert world.ada.slug in visitor.get("/").text
    other = Visitor(world, "portal")
    assert other.get(f"/welcome/{token}").status_code == 410
    assert (
        other.post(f"/welcome/{token}", password="another password", again="another password").status_code
        == 410
    )
    assert other.get("/").status_code == 302


def test_a_link_that_is_late_unknown_or_of_the_other_face_opens_nothing(world: World) -> None:
    visitor, token = invited(world, world.ada)
    console = Visitor(world, "console")
    for who, path in ((visitor, "/welcome/nothing"), (visitor, "/reset/x"), (console, f"/welcome/{token}")):
        assert who.get(path).status_code == 410
        assert who.post(path, password=PASSWORD, again=PASSWORD).status_code == 410
    world.later(days=INVITATION_LIFE.days)
    late = visitor.get(f"/welcome/{token}")
    assert late.status_code == 410
    assert words(late) == words(visitor.get("/welcome/nothing"))


def test_signing_in_says_the_same_of_a_wrong_password_and_of_nobody(world: World) -> None:
    known = member(world, world.ada)
    staff = Visitor(world, "console", "owner")
    answers = set()
    for email in (known.email, f"nobody-{world.number}@example.com", staff.email, "", "x" * 400):
        response = known.post("/sign-in", email=email, password="wrong horse battery")
        assert response.status_code == 422
        assert "Set-Cookie" not in response.headers
        answers.add(re.sub(r'(<input id="email")[^>]*>|value="[^"]*"', "", response.text))
    assert len(answers) == 1
    assert field(known.post("/sign-in", email="maya@", password="y"), "email") == "maya@"
    # The password is never sent back.
    assert "wrong horse" not in known.post("/sign-in", email="a@b.c", password="wrong horse").text


def test_the_session_cookie_is_new_each_time_and_stays_on_its_host(world: World) -> None:
    known = member(world, world.ada)
    known.client.set_cookie(known.session_cookie, "planted" * 6, domain=known.host)
    seen = set()
    for _ in range(2):
        response = known.post("/sign-in", email=known.email.upper(), password=PASSWORD)
        assert response.status_code == 303
        cookies = [c for c in response.headers.getlist("Set-Cookie") if c.startswith(known.session_cookie)]
        assert len(cookies) == 1
        assert "HttpOnly" in cookies[0]
        assert "SameSite=Lax" in cookies[0]
        assert "Domain=" not in cookies[0]
        assert "Path=/" in cookies[0]
        seen.add(cookies[0].split("=")[1].split(";")[0])
    assert len(seen) == 2
    assert not any(value.startswith("planted") for value in seen)


def test_signing_in_leads_back_to_pages_of_the_portal_alone(world: World) -> None:
    known = member(world, world.ada)
    going = known.get("/prices?show=own").location
    assert field(known.get(going), "next") == "/prices?show=own"
    for wanted, goes in (
        ("/orders", "/orders"),
        ("/prices?show=own", "/prices?show=own"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("orders", "/"),
        ("", "/"),
    ):
        response = known.post("/sign-in", email=known.email, password=PASSWORD, next=wanted)
        assert response.location == goes, wanted
        assert known.get(f"/sign-in?next={wanted}").location == goes, wanted


def test_too_many_tries_are_refused_also_with_the_right_password(world: World) -> None:
    known = member(world, world.ada)
    for _ in range(8):
        known.post("/sign-in", email=known.email, password="wrong horse battery")
    refused = known.post("/sign-in", email=known.email, password=PASSWORD)
    assert refused.status_code == 422
    assert "fifteen minutes" in words(refused)
    world.later(minutes=16)
    assert known.post("/sign-in", email=known.email, password=PASSWORD).status_code == 303


def test_signing_out_ends_the_session_also_for_who_kept_its_cookie(world: World) -> None:
    owner = partner(world)
    cookie = owner.cookie
    assert owner.post("/sign-out").location == "/sign-in"
    owner.client.set_cookie(owner.session_cookie, cookie, domain=owner.host)
    assert owner.get("/").status_code == 302


def test_a_forgotten_password_is_set_anew_by_mail(world: World) -> None:
    known = member(world, world.ada)
    elsewhere = Visitor(world, "portal", "owner", world.ada, email=known.email)
    assert elsewhere.get("/").status_code == 200
    nobody = f"nobody-{world.number}@example.com"
    answers = set()
    for email in (known.email, nobody):
        response = known.post("/forgotten", email=email)
        assert response.status_code == 200
        answers.add(response.text.replace(email, ""))
    assert len(answers) == 1, "the answer tells who signs in here"
    world.run_jobs()
    mails = [mail for _, mail in world.services.mailer.messages() if mail["To"] in (known.email, nobody)]
    assert [(mail["To"], mail["Subject"]) for mail in mails] == [(known.email, "Choose a new password")]
    link = re.search(r"http://portal\.localhost:\d+(/reset/\S+)", mails[0].get_content())
    assert link
    world.later(minutes=59)
    assert known.get(link[1]).status_code == 200
    assert known.post(link[1], password="a new password", again="a new password").status_code == 303
    # Whoever was signed in by the old password is out.
    assert elsewhere.get("/").status_code == 302
    assert known.post("/sign-out").status_code == 303
    assert known.post("/sign-in", email=known.email, password=PASSWORD).status_code == 422
    assert known.post("/sign-in", email=known.email, password="a new password").status_code == 303


def test_a_reset_link_works_for_an_hour(world: World) -> None:
    known = member(world, world.ada)
    with transaction(world.services.face) as session:
        from tenants.access import RESET_LIFE

        token = create_link(
            session, purpose="reset", face="portal", person_id=person_id(session, known.email),
            life=RESET_LIFE, now=world.now,
        )  # fmt: skip
    assert known.get(f"/reset/{token}").status_code == 200
    world.later(hours=1)
    assert known.post(f"/reset/{token}", password="a new password", again="a new password").status_code == 410


# What was earned


def test_home_shows_what_was_earned_of_ones_own_sales(world: World) -> None:
    world.ada.buy((world.mug, 2))
    world.later(days=40)
    world.ada.buy((world.tote, 1))
    world.later(days=2)
    world.ada.buy((world.mug, 1), (world.tote, 2))
    world.ben.buy((world.mug, 5), contact=GERMAN)
    said = words(partner(world).get("/"))
    # A mug earns 9.60 and a tote 8.00: today 9.60 + 16.00, two days ago 8.00, before that 19.20.
    assert re.search(r"Earned today, \w+ \d+ \w+ \$ ?25\.60", said), said
    assert "Earned in 30 days $33.60" in said
    assert "The 30 days before $19.20" in said
    assert "€" not in said
    theirs = words(partner(world, world.ben).get("/"))
    # 21.60 net of 19 % is 25.71 for the shopper; five of them earn what is left of wholesale.
    assert "$" not in theirs
    assert "Nothing has been sold yet" not in theirs


def test_the_days_are_those_of_the_readers_zone(world: World) -> None:
    moment = world.now.replace(hour=22, minute=30)
    world.later(seconds=int((moment - world.now).total_seconds()))
    world.ada.buy((world.tote, 1))
    world.later(hours=3)
    owner = partner(world)
    assert re.search(r"Earned today, [^$]+\$ ?0\.00", words(owner.get("/")))
    owner.client.set_cookie("awning-zone", "America/New_York", domain=owner.host)
    assert re.search(r"Earned today, [^$]+\$ ?8\.00", words(owner.get("/")))
    owner.client.set_cookie("awning-zone", "../../etc/passwd", domain=owner.host)
    assert owner.get("/").status_code == 200


def live_path(page: TestResponse) -> str:
    found = re.search(r'hx-get="([^"]+)"', page.text)
    assert found
    return found[1].replace("&amp;", "&")


def test_a_sale_arrives_on_the_open_page_and_only_on_its_own_partners(world: World) -> None:
    ada, ben = partner(world), partner(world, world.ben)
    mine, theirs = live_path(ada.get("/")), live_path(ben.get("/"))
    assert ada.get(mine).status_code == 204
    order_id = world.ada.buy((world.mug, 2))
    news = ada.get(mine)
    assert news.status_code == 200
    assert str(order_id) in news.text
    assert "2 × Mug" in words(news)
    assert "$19.20" in words(news)
    assert CONTACT.name not in news.text
    assert ben.get(theirs).status_code == 204
    assert ada.get(live_path(news)).status_code == 204
    # A sale that was shown does not arrive again, only the next one does.
    world.later(minutes=5)
    later = ada.get(live_path(ada.get("/")))
    assert later.status_code == 204


def test_where_the_money_of_an_order_went_adds_up(world: World) -> None:
    for shop, sign, contact in ((world.ada, "$", CONTACT), (world.ben, "€", GERMAN)):
        order_id = shop.buy((world.mug, 2), (world.tote, 1), contact=contact)
        owner = partner(world, shop)
        page = owner.get(f"/orders/{order_id}")
        found = re.search(r'<dl class="facts waterfall">(.*?)</dl>', page.text, re.DOTALL)
        assert found
        amounts = [
            (-1 if minus else 1) * int(figure.replace(",", "").replace(".", ""))
            for minus, figure in re.findall(rf"<dd[^>]*>(\u2212?)\{sign}([\d.,]+)</dd>", found[1])
        ]
        assert len(amounts) == 5, found[1]
        assert sum(amounts[:-1]) == amounts[-1] > 0
        with shop.transaction() as session:
            from orders.reading import read_order

            order = read_order(session, partner_id=shop.partner_id, order_id=order_id)
        assert amounts[0] == order.total.minor
        assert amounts[-1] == order.margin.minor
        listed = words(owner.get("/orders"))
        assert f"{sign}{order.margin.decimal}" in listed
    assert words(partner(world, world.ada).get("/orders")).count(" Mug,") == 1


def test_what_is_earned_is_pending_until_its_hold_ends(world: World) -> None:
    from orders.fulfilment import confirm_delivery, ship

    order_id = world.ada.buy((world.mug, 2))
    owner = partner(world)
    said = words(owner.get("/earnings"))
    assert "Available, USD $0.00 Pending $19.20" in said
    assert "Waiting for a parcel 1 order $19.20" in said
    with transaction(world.services.console) as session:
        which = {"partner_id": world.ada.partner_id, "order_id": order_id}
        ship(session, **which, carrier="Post", number="1", url="", actor="staff", now=world.now)
        confirm_delivery(session, **which, actor="staff", now=world.now)
    assert "Available, USD $0.00 Pending $19.20" in words(owner.get("/earnings"))
    world.later(days=14)
    owner = Visitor(world, "portal", "owner", world.ada, email=f"back-{world.number}@example.com")
    said = words(owner.get("/earnings"))
    assert "Available, USD $19.20 Pending $0.00" in said
    assert "Nothing is pending" in said
    assert "Nothing was earned yet" in words(partner(world, world.ben).get("/earnings"))


def test_orders_are_found_by_how_they_stand(world: World) -> None:
    order_id = world.ada.buy((world.tote, 1))
    owner = partner(world)
    for show, there in (("", True), ("to-send", True), ("sent", False), ("refunded", False), ("else", True)):
        assert (str(order_id) in owner.get(f"/orders?show={show}").text) == there, show
    for page in ("0", "-1", "2", "999999999999", "x"):
        for path in ("/orders", "/prices", "/customers", "/earnings"):
            assert owner.get(f"{path}?page={page}").status_code == 200, (path, page)


# Prices


def test_one_price_and_many_are_saved_and_shoppers_pay_them(world: World) -> None:
    owner = partner(world)
    grid = Grid(owner, world.mug)
    assert grid.stands(world.mug) == "21.60"
    assert grid.send({world.mug: "25,99"}, act="save").status_code == 303
    assert price(world.ada, world.mug) == usd("25.99")
    assert price(world.ada, world.scarce_mug) == usd("21.60")
    both = Grid(owner, str(world.number))
    assert both.stands(world.mug) == "25.99"
    assert both.send({world.mug: "26.00", world.tote: "$19"}, act="save").status_code == 303
    assert price(world.ada, world.mug) == usd("26.00")
    assert price(world.ada, world.tote) == usd("19.00")
    assert price(world.ben, world.tote) == eur("21.42")
    assert "2 prices saved" in words(owner.get("/prices"))


def test_a_price_under_the_floor_is_refused_and_nothing_is_lost_or_half_done(world: World) -> None:
    for shop, lowest, under in ((world.ada, "$13.00", "12.99"), (world.ben, "€15.47", "15.46")):
        owner = partner(world, shop)
        before = price(shop, world.tote)
        refused = Grid(owner, str(world.number)).send({world.tote: "30.00", world.mug: under}, act="save")
        assert refused.status_code == 422
        assert f"The lowest you can ask is {lowest}" in words(refused)
        for sku, typed in ((world.tote, "30.00"), (world.mug, under)):
            assert field(refused, f"p-{world.variant(sku)}") == typed
        bad = re.search(rf'<input[^>]*name="p-{world.variant(world.mug)}"[^>]*>', refused.text)
        assert bad
        assert 'aria-invalid="true"' in bad[0]
        assert price(shop, world.tote) == before
        lowest_amount = lowest[1:]
        assert Grid(owner, world.mug).send({world.mug: lowest_amount}, act="save").status_code == 303
        assert str(price(shop, world.mug).decimal) == lowest_amount


@pytest.mark.parametrize(
    "typed", ["abc", "-5", "1.999", "1,2,3", "12.999999999999999999999", "9" * 30, "<b>", "NaN", "0", "٣٠"]
)
def test_what_is_no_price_is_said_and_stands_there_still(world: World, typed: str) -> None:
    owner = partner(world)
    refused = Grid(owner, world.mug).send({world.mug: typed}, act="save")
    assert refused.status_code == 422, typed
    assert field(refused, f"p-{world.variant(world.mug)}") == typed
    assert "<b>" not in re.sub(r"<b>[^<]*\w[^<]*</b>|<b><|<b data", "", refused.text) or typed != "<b>"
    assert price(world.ada, world.mug) == usd("21.60")


def test_saving_can_be_undone_once(world: World) -> None:
    owner = partner(world)
    Grid(owner, world.mug).send({world.mug: "25.00"}, act="save")
    owner.get("/prices")
    world.later(minutes=5)
    Grid(owner, str(world.number)).send({world.mug: "30.00", world.tote: "31.00"}, act="save")
    page = owner.get("/prices")
    what = field(page, "what")
    assert 'action="/prices/undo' in page.text
    world.later(minutes=1)
    assert owner.post("/prices/undo", what=what).status_code == 303
    assert price(world.ada, world.mug) == usd("25.00")
    assert price(world.ada, world.tote) == usd("18.00")
    for again in (what, "", "yesterday", "2026-01-01T00:00:00"):
        assert owner.post("/prices/undo", what=again).status_code == 422, again
    assert price(world.ada, world.mug) == usd("25.00")


def test_a_rule_for_the_ticked_rows_is_shown_before_it_is_saved(world: World) -> None:
    owner = partner(world)
    grid = Grid(owner, str(world.number))
    mug = str(world.variant(world.mug))
    ticked = {"pick": [mug], "method": "markup", "rounding": "99"}
    shown = grid.send({world.mug: "21.60", world.tote: "18.00"}, act="apply", value="100", **ticked)
    assert shown.status_code == 200
    assert field(shown, f"p-{mug}") == "23.99"
    assert price(world.ada, world.mug) == usd("21.60")
    for value in ("", "x", "-3"):
        refused = grid.send({world.mug: "21.60"}, act="apply", value=value, **ticked)
        assert refused.status_code == 422, value
    nobody = grid.send({world.mug: "21.60"}, act="apply", value="100", method="markup", rounding="99")
    assert nobody.status_code == 422
    assert "Tick the rows" in words(nobody)


def test_the_stores_rule_is_seen_saved_and_taken_back(world: World) -> None:
    owner = partner(world)
    rule = {"method": "markup", "value": "100", "rounding": "none"}
    seen = owner.post("/prices/rule", act="preview", **rule)
    assert seen.status_code == 200
    assert price(world.ada, world.tote) == usd("18.00")
    assert owner.post("/prices/rule", act="save", **rule).status_code == 303
    assert price(world.ada, world.tote) == usd("20.00")
    assert price(world.ben, world.tote) == eur("21.42")
    what = field(owner.get("/prices"), "what")
    world.later(minutes=1)
    assert owner.post("/prices/rule/undo", what=what).status_code == 303
    assert price(world.ada, world.tote) == usd("18.00")
    for wrong in ({"value": "lots"}, {"value": ""}, {"method": "gift"}, {"rounding": "odd"}):
        refused = owner.post("/prices/rule", act="save", **{**rule, **wrong})
        assert refused.status_code == 422, wrong
    for what in ("", "markup", "gift:1:none", "markup:-1:none", "markup:1:odd"):
        assert owner.post("/prices/rule/undo", what=what).status_code == 422, what
    assert price(world.ada, world.tote) == usd("18.00")


def api(owner: Visitor, shop: Shop) -> str:
    return f"/api/v1/stores/{shop.store_id}/prices"


def put(owner: Visitor, path: str, body: object, **headers: str) -> TestResponse:
    token = owner.token
    return owner.client.put(path, json=body, headers={"X-CSRF-Token": token, **headers}, base_url=owner.base)


def test_a_program_reads_and_sets_prices(world: World) -> None:
    owner = partner(world)
    path = api(owner, world.ada)
    read = owner.get(path)
    row = next(item for item in read.json["prices"] if item["sku"] == world.mug)
    assert (row["wholesale"], row["lowest"], row["price"], row["earn"]) == ("12.00", "13.00", "21.60", "9.60")
    assert read.headers["X-CSRF-Token"] == owner.token
    done = put(owner, path, {"prices": [{"sku": world.mug, "price": "25.99"}]})
    assert done.status_code == 200
    assert done.json == {"saved": 1, "prices": [{"sku": world.mug, "price": "25.99", "earn": "13.99"}]}
    assert price(world.ada, world.mug) == usd("25.99")
    refused = put(
        owner, path,
        {"prices": [{"sku": world.tote, "price": "30.00"}, {"sku": world.mug, "price": "12.99"}]},
    )  # fmt: skip
    assert refused.status_code == 422
    assert [item["lowest"] for item in refused.json["refused"] if item["error"]] == ["13.00"]
    assert price(world.ada, world.tote) == usd("18.00")


@pytest.mark.parametrize(
    "body",
    [
        "x", [], {}, {"prices": []}, {"prices": "all"}, {"prices": [1]}, {"prices": [{}]},
        {"prices": [{"sku": 5, "price": "1"}]}, {"prices": [{"sku": "MUG", "price": 25.99}]},
        {"prices": [{"sku": "MUG", "price": "25.999"}]}, {"prices": [{"sku": "nothing", "price": "25.99"}]},
        {"prices": [{"sku": "MUG", "price": "25.99"}] * 2}, {"prices": [{"sku": "MUG", "price": "9" * 40}]},
        {"prices": [{"sku": "MUG", "price": "NaN"}]}, {"prices": [{"sku": "ＭＵＧ", "price": "25.99"}]},
    ],
)  # fmt: skip
def test_a_program_is_told_what_it_sent_wrong(world: World, body: object) -> None:
    owner = partner(world)
    text = repr(body)
    if isinstance(body, dict) and isinstance(body.get("prices"), list):
        body = {
            "prices": [
                {**row, "sku": row["sku"].replace("MUG", world.mug)}
                if isinstance(row, dict) and isinstance(row.get("sku"), str)
                else row
                for row in body["prices"]
            ]
        }
    refused = put(owner, api(owner, world.ada), body)
    assert refused.status_code == 422, text
    assert refused.json["error"]
    assert refused.json["message"]
    assert price(world.ada, world.mug) == usd("21.60")


def test_a_program_without_rights_is_told_so_in_json(world: World) -> None:
    body = {"prices": [{"sku": world.mug, "price": "25.99"}]}
    stranger = Visitor(world, "portal")
    path = api(stranger, world.ada)
    assert put(stranger, path, body).status_code == 401
    assert stranger.get(path).status_code == 401
    analyst = partner(world, role="analyst")
    assert analyst.get(path).status_code == 200
    assert put(analyst, path, body).status_code == 403
    ben = partner(world, world.ben)
    assert put(ben, path, body).status_code == 404
    assert ben.get(path).status_code == 404
    owner = partner(world)
    assert owner.client.put(path, json=body, base_url=owner.base).status_code == 403
    assert put(owner, path, body, Origin="http://evil.example").status_code == 403
    plain = owner.client.put(
        path,
        data="x",
        headers={"X-CSRF-Token": owner.token, "Content-Type": "text/plain"},
        base_url=owner.base,
    )
    assert plain.status_code == 415
    for response in (put(stranger, path, body), put(analyst, path, body), put(ben, path, body), plain):
        assert response.content_type == "application/json"
        assert response.json["message"]
    assert price(world.ada, world.mug) == usd("21.60")


# The store


def test_the_store_is_paused_and_opened_by_its_partner(world: World) -> None:
    owner = partner(world)
    ada, ben = Visitor(world, "store", shop=world.ada), Visitor(world, "store", shop=world.ben)
    assert ada.get("/").status_code == 200
    assert owner.post("/store/state", act="pause").status_code == 303
    assert (ada.get("/").status_code, ben.get("/").status_code) == (503, 200)
    assert owner.post("/store/state", act="open").status_code == 303
    assert ada.get("/").status_code == 200


def test_a_store_that_the_company_closed_is_not_opened_by_its_partner(world: World) -> None:
    from tenants.partners import set_store_state

    with transaction(world.services.console) as session:
        set_store_state(session, **world.ada.keys, state="closed", actor="staff", now=world.now)
    owner = partner(world)
    assert owner.post("/store/state", act="open").status_code in (403, 422)
    assert owner.post("/store/state", act="pause").status_code in (403, 422)
    assert Visitor(world, "store", shop=world.ada).get("/").status_code == 503


def test_the_stores_words_are_judged_and_kept(world: World) -> None:
    owner = partner(world)
    form = {
        "name": "Ada's Own", "tagline": "Made <well>", "support_email": "help@ada.example",
        "on_wholesale_rise": "keep_amount",
    }  # fmt: skip
    for wrong in ({"name": ""}, {"support_email": "nobody"}, {"on_wholesale_rise": "shrug"}):
        refused = owner.post("/store", **{**form, **wrong})
        assert refused.status_code == 422, wrong
        assert field(refused, "tagline") == "Made <well>"
    assert "Ada & Co" in words(owner.get("/store"))
    assert owner.post("/store", **form).status_code == 303
    shop = Visitor(world, "store", shop=world.ada).get("/")
    assert "Ada's Own" in words(shop)
    assert "<well>" not in shop.text
