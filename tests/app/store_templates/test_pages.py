"""Every store page, in every preset: valid, safe under the content security policy, and in order."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import html5lib
import pytest
from flask import Flask, g
from jinja2 import UndefinedError

from app.store.rendering import Renderer
from app.theme_check import goods, orders
from app.theme_check.pages import pages
from app.theme_check.rendering import application
from tenants.storefront import Storefront
from themes.registry import installed

AURORA = installed().theme("aurora")
PAGES = pages(AURORA)

RENDERER = Renderer()


def storefront(**given: Any) -> Storefront:
    return replace(goods.storefront(AURORA, AURORA.presets[0]), **given)


@pytest.fixture(scope="module")
def app() -> Flask:
    return application()


def show(app: Flask, name: str, **given: Any) -> str:
    template, context = PAGES[name]
    with app.test_request_context("/"):
        return RENDERER.render(
            storefront(**given),
            template,
            page_title="A page",
            canonical_url="http://hollin.localhost/x",
            base_url="http://hollin.localhost",
            **context,
        )


@pytest.mark.parametrize("name", list(PAGES))
def test_forms_that_change_something_carry_a_token(app: Flask, name: str) -> None:
    page = show(app, name)
    for form in re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL):
        assert 'name="csrf_token" value="%%csrf%%"' in form


def test_nothing_that_a_person_typed_becomes_markup(app: Flask) -> None:
    assert "<mug>" not in show(app, "search")
    refused = show(app, "refused checkout")
    assert '"><script>' not in refused
    assert "&#34;&gt;&lt;script&gt;" in refused
    assert "<Wren>" not in refused


def test_a_cached_page_has_placeholders_and_a_fresh_one_has_values(app: Flask) -> None:
    assert "%%bag%%" in show(app, "cart")
    template, context = PAGES["cart"]
    with app.test_request_context("/"):
        g.bag_count, g.csrf_token = 3, "secret"
        page = RENDERER.render(
            storefront(), template, page_title="", canonical_url="", base_url="", **context
        )
    assert '<span class="num">3</span>' in page
    assert 'value="secret"' in page
    assert "%%" not in page


def test_every_option_is_a_link(app: Flask) -> None:
    page = show(app, "tee TEE-1")
    for sku in ("TEE-1", "TEE-2", "TEE-3", "TEE-5"):
        assert f'href="/products/tee?variant={sku}"' in page


def test_money_and_direction_follow_the_store(app: Flask) -> None:
    assert "24,00\xa0$" in show(app, "mug MUG", locale="de_DE")
    assert 'dir="rtl"' in show(app, "home", locale="ar")
    assert 'lang="en-US" dir="ltr"' in show(app, "home")
    assert "$24.00" in show(app, "mug MUG", locale="xx")


def test_a_paused_store_offers_nothing_to_buy(app: Flask) -> None:
    page = show(app, "paused")
    assert "/cart" not in page
    assert "/collections" not in page


def test_a_missing_name_is_an_error_and_not_a_gap(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(UndefinedError):
        RENDERER.render(storefront(), "cart.html", page_title="")


@pytest.mark.parametrize("name", ["receipt.html", "receipt.txt", "shipped.html", "shipped.txt"])
@pytest.mark.parametrize("theme", ["aurora", "market"])
def test_mail_is_written_without_a_request(app: Flask, name: str, theme: str) -> None:
    order = orders.order()
    with app.app_context():
        mail = RENDERER.render(
            goods.storefront(installed().theme(theme)),
            f"mail/{name}",
            order=order,
            shipment=order.shipments[0],
            tracking_url="http://hollin.localhost/order/x",
        )
    assert "1042" in mail
    assert "$77.76" in mail
    if name.endswith(".txt"):
        assert "Hollin & <Wren>" in mail
    else:
        assert "Hollin &amp; &lt;Wren&gt;" in mail
        html5lib.HTMLParser(strict=True).parse(mail.lstrip())


@pytest.mark.parametrize("name", ["receipt", "shipped"])
def test_a_subject_is_one_line(app: Flask, name: str) -> None:
    with app.app_context():
        subject = RENDERER.render(storefront(), f"mail/{name}.subject.txt", order=orders.order())
    assert "\n" not in subject
    assert "1042" in subject
