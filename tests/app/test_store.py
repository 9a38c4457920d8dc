"""A store over HTTP: hosts, states, cached pages, the bag and the way to Stripe."""

from __future__ import annotations

import re
from html import unescape

import pytest
from sqlalchemy import create_engine, text

from app.hosts import Hosts
from kit.money import Money
from payments.sandbox.faults import ApiFault
from pricing.retail import set_prices
from storage.database import transaction
from tenants.partners import add_hostname, set_store_state
from tests.app.shopper import Shopper, statements
from tests.world import PAID, World


def test_an_unknown_host_is_404_and_never_some_store(world: World) -> None:
    for host in (
        "nobody.localhost",
        f"{world.ada.slug}.localhost.example",
        f"x.{world.ada.slug}.localhost",
        "10.0.0.1",
    ):
        response = Shopper(world.ada, host).get("/")
        assert response.status_code == 404
        assert "Ada" not in response.text


def test_a_store_answers_on_its_own_domain_too_and_names_that_one(world: World) -> None:
    host = f"shop-{world.ada.slug}.example"
    with transaction(world.services.console) as session:
        add_hostname(session, **world.ada.keys, host=host.upper(), actor="staff", now=world.now)
    for base in (host, f"{world.ada.slug}.localhost"):
        response = Shopper(world.ada, base).get("/")
        assert response.status_code == 200
        assert f'<link rel="canonical" href="http://{host}:8000/">' in response.text


@pytest.mark.parametrize("state", ["paused", "draft", "closed"])
def test_a_store_that_is_not_open_has_its_own_page_and_503(world: World, state: str) -> None:
    shopper = Shopper(world.ada)
    assert shopper.get("/").status_code == 200
    with transaction(world.services.console) as session:
        set_store_state(session, **world.ada.keys, state=state, actor="staff", now=world.now)
    for path in ("/", "/collections/all", f"/products/{world.tote}", "/cart", "/checkout", "/search?q=a"):
        response = shopper.get(path)
        assert response.status_code == 503, path
        assert "Ada &amp; Co" in response.text
    assert shopper.add(world.mug).status_code == 503


def test_health_answers_on_every_host(world: World) -> None:
    from werkzeug.test import Client

    client = Client(Hosts(world.services, faces={}, store=world.installation.store_app))
    for base in ("http://nobody.example", f"http://{world.ada.slug}.localhost"):
        assert client.get("/healthz", base_url=base).json == {"status": "ok"}
        assert client.get("/readyz", base_url=base).json == {"status": "ready"}


def test_a_warm_page_is_one_statement_and_a_cold_one_at_most_four(world: World) -> None:
    shopper = Shopper(world.ada)
    for path in (f"/products/{world.tote}", "/collections/all"):
        with statements(world) as cold:
            assert shopper.get(path).status_code == 200
        with statements(world) as warm:
            assert shopper.get(path).status_code == 200
        assert len(cold) <= 4, cold
        assert len(warm) == 1, warm


def test_a_cached_page_never_shows_a_stale_price(world: World) -> None:
    shopper = Shopper(world.ada)
    path = f"/products/{world.tote}"
    assert "$18.00" in shopper.get(path).text
    with world.ada.transaction() as session:
        set_prices(
            session,
            **world.ada.keys,
            prices={world.variant(world.tote): Money(2345, "USD")},
            actor="ada",
            now=world.now,
        )
    world.later(minutes=1)
    assert "$23.45" in shopper.get(path).text


def test_a_page_of_one_shopper_gives_nothing_of_it_to_another(world: World) -> None:
    first, second = Shopper(world.ada), Shopper(world.ada)
    first.add(world.mug, 3)
    first.get("/cart")
    one, other = first.get(f"/products/{world.tote}"), second.get(f"/products/{world.tote}")
    assert first.token
    assert second.token
    assert first.token != second.token
    assert re.findall(r'data-bag>Bag <span class="num">(.*?)</span>', one.text + other.text) == ["3", "0"]


def test_the_bag_works_without_script(world: World) -> None:
    shopper = Shopper(world.ada)
    assert shopper.add(world.mug, 2).status_code == 303
    assert "$43.20" in shopper.get("/cart").text
    variant = world.variant(world.mug)
    assert shopper.post("/cart/update", variant_id=variant, quantity=1).status_code == 303
    assert "$21.60" in shopper.get("/cart").text
    removed = shopper.post("/cart/update", variant_id=variant, quantity=0)
    assert "was removed" in removed.text
    assert "Nothing in it yet" in shopper.get("/cart").text
    assert shopper.post("/cart/update", variant_id=variant, quantity="lots").status_code == 422
    assert shopper.post("/cart/add", variant_id="not one", quantity=1).status_code == 404


def test_a_form_from_elsewhere_changes_nothing(world: World) -> None:
    shopper = Shopper(world.ada)
    shopper.get(f"/products/{world.tote}")
    form = {"variant_id": str(world.variant(world.tote)), "quantity": "1", "csrf_token": shopper.token}
    for headers, data in (
        ({"Origin": "http://evil.example"}, form),
        ({"Sec-Fetch-Site": "cross-site"}, form),
        ({"Sec-Fetch-Site": "same-site", "Origin": f"http://{world.ben.slug}.localhost"}, form),
        ({}, {**form, "csrf_token": "0" * 64}),
        ({}, {key: value for key, value in form.items() if key != "csrf_token"}),
    ):
        response = shopper.client.post("/cart/add", data=data, headers=headers, base_url=shopper.base)
        assert response.status_code == 403, headers
    assert "Nothing in it yet" in shopper.get("/cart").text


def test_cookies_stay_on_their_host_and_out_of_reach_of_scripts(world: World) -> None:
    cookies = Shopper(world.ada).get(f"/products/{world.tote}").headers.getlist("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert "Domain=" not in cookie
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie


def test_answers_carry_the_headers_that_keep_others_out(world: World) -> None:
    headers = Shopper(world.ada).get("/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_checkout_says_what_is_missing_and_loses_nothing(world: World) -> None:
    shopper = Shopper(world.ada)
    shopper.add(world.mug)
    response = shopper.checkout(email="maya", line1="", city="", country="FR")
    assert response.status_code == 422
    for said in ("e-mail address", "street", "city", "do not deliver"):
        assert said in unescape(response.text)
    assert 'value="Maya Lind"' in response.text
    assert 'value="maya"' in response.text


@pytest.mark.parametrize("kind", ["rate_limit", "error", "answer_lost"])
def test_while_stripe_does_not_answer_nothing_typed_is_lost(world: World, kind: str) -> None:
    for sku, quantity in ((world.mug, 2), (world.scarce_mug, 3)):
        shopper = Shopper(world.ada)
        shopper.add(sku, quantity)
        world.installation.sandbox.faults.expect_api(ApiFault(kind, "/v1/checkout/sessions", count=3))
        response = shopper.checkout(name="Maya of the Harbour")
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "5"
        for said in ("Nothing was charged", "did not answer", 'value="Maya of the Harbour"'):
            assert said in response.text
        world.installation.sandbox.faults.clear()
        order_id, _ = _newest(world)
        # Pressing again goes on with the order that waits.
        assert "/c/pay/cs_" in shopper.checkout(name="Maya of the Harbour").location
        assert _newest(world)[0] == order_id


def test_from_bag_to_confirmation(world: World) -> None:
    shopper = Shopper(world.ada)
    shopper.add(world.mug, 2)
    leaving = shopper.checkout()
    assert leaving.status_code == 303
    assert leaving.location.startswith("http://pay.localhost/c/pay/cs_")
    order_id, done = _newest(world)
    assert world.ada.pay(order_id) == PAID
    page = shopper.get(done)
    assert page.status_code == 200
    assert "Thank you" in page.text
    assert "Partner told" not in page.text
    tracking = re.search(r'href="(/order/[^"]+)"', page.text)
    assert tracking
    assert shopper.get(tracking[1]).status_code == 200
    # Nobody without the link, and no other store, finds the order.
    assert shopper.get(tracking[1][:-3] + "abc").status_code == 404
    assert Shopper(world.ben).get(tracking[1]).status_code == 404
    assert "Nothing in it yet" in shopper.get("/cart").text


def _newest(world: World):  # type: ignore[no-untyped-def]
    from app.store.links import order_token
    from orders.reading import newest_orders

    with world.ada.transaction() as session:
        order = newest_orders(session, partner_id=world.ada.partner_id, unpaid=True, limit=1)[0]
    token = order_token(
        world.services.config.secret, partner_id=world.ada.partner_id, order_id=order.order_id
    )
    return order.order_id, f"/checkout/done/{token}?session=x"


def test_from_bag_to_redirect_takes_at_most_twelve_statements(world: World) -> None:
    world.goods(f"third-{world.number},Third,,,third-{world.number},9.00,50\n")
    shopper = Shopper(world.ada)
    for sku in (world.mug, world.tote, f"third-{world.number}"):
        shopper.add(sku)
    shopper.get("/checkout")
    rate = world.installation.rates["USD"]
    with statements(world) as seen:
        response = shopper.post(
            "/checkout", act="pay", email="maya@example.com", name="Maya Lind", line1="12 Harbour Street",
            city="Portland", region="OR", postcode="97201", country="US", rate_id=rate,
        )  # fmt: skip
    assert response.status_code == 303
    assert "/c/pay/" in response.location
    assert len(seen) <= 12, "\n\n".join(seen)


def test_sold_out_and_unknown_goods_are_told(world: World) -> None:
    shopper = Shopper(world.ada)
    other = world.ada.fill_cart((world.scarce_mug, 3))
    world.ada.start(other)
    page = shopper.get(f"/products/mug-{world.number}?variant={world.scarce_mug}")
    assert "sold out" in page.text.lower()
    assert shopper.add(world.scarce_mug).status_code == 422
    assert shopper.get("/products/nothing-of-the-kind").status_code == 404
    assert shopper.get(f"/products/{world.tote}?variant=other").status_code == 404


def test_a_declined_card_leaves_everything_as_it_was(world: World) -> None:
    shopper = Shopper(world.ada)
    shopper.add(world.mug)
    shopper.checkout()
    order_id, done = _newest(world)
    assert world.ada.pay(order_id, "4000000000000002") == "declined"
    assert "as soon as the payment is confirmed" in shopper.get(done).text
    assert "$21.60" in shopper.get("/cart").text
    assert world.ada.pay(order_id) == PAID
    assert "Thank you" in shopper.get(done).text


def test_a_price_that_changed_is_shown_and_confirmed_before_paying(world: World) -> None:
    shopper = Shopper(world.ada)
    shopper.add(world.mug)
    with world.ada.transaction() as session:
        set_prices(
            session,
            **world.ada.keys,
            prices={world.variant(world.mug): Money(3000, "USD")},
            actor="ada",
            now=world.now,
        )
    world.later(minutes=1)
    assert shopper.checkout().location == "/cart"
    page = shopper.get("/cart")
    assert "$30.00" in page.text
    assert "$21.60" in page.text
    assert shopper.post("/cart/confirm").status_code == 303
    assert "/c/pay/" in shopper.checkout().location


def test_search_collections_and_policies(world: World) -> None:
    shopper = Shopper(world.ada)
    world.goods(f"zither-{world.number},Zither {world.ada.slug},,,zither-{world.number},9.00,50\n")
    assert f"/products/zither-{world.number}" in shopper.get(f"/search?q=zither+{world.ada.slug}").text
    assert "Nothing found for" in shopper.get("/search?q=%25%25%25").text
    for path in ("/collections/all?sort=price", "/collections/all?sort=-price&in_stock=1", "/help/returns"):
        assert shopper.get(path).status_code == 200
    assert shopper.get("/collections/none").status_code == 404
    assert shopper.get("/help/none").status_code == 404
    assert f"http://{world.ada.slug}.localhost:8000/products/{world.tote}" in shopper.get("/sitemap.xml").text


def test_an_order_link_of_one_store_is_not_one_of_its_sisters(world: World) -> None:
    """The link names the partner, so a host of another partner answers as if there were nothing."""
    order_id = world.ada.buy((world.mug, 1))
    from app.store.links import order_token

    token = order_token(world.services.config.secret, partner_id=world.ada.partner_id, order_id=order_id)
    assert Shopper(world.ada).get(f"/order/{token}").status_code == 200
    assert Shopper(world.ben).get(f"/order/{token}").status_code == 404
    forged = order_token("another secret", partner_id=world.ada.partner_id, order_id=order_id)
    assert Shopper(world.ada).get(f"/order/{forged}").status_code == 404


def test_a_database_that_went_away_is_told_and_recovered_from(world: World) -> None:
    """Every connection is cut under the running program, as when PostgreSQL restarts."""
    shopper = Shopper(world.ada)
    assert shopper.get("/").status_code == 200
    owner = create_engine(world.services.database.owner_url)
    with owner.begin() as connection:
        cut = connection.execute(
            text(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                " WHERE usename = 'awning_face' AND datname = current_database()"
            )
        ).scalar_one()
    owner.dispose()
    assert cut > 0
    answers = [shopper.get("/collections/all") for _ in range(cut + 1)]
    told = [answer for answer in answers if answer.status_code != 200]
    assert told
    assert {answer.status_code for answer in told} == {503}
    assert all(answer.headers["Retry-After"] for answer in told)
    assert answers[-1].status_code == 200
    assert shopper.add(world.mug).status_code == 303
