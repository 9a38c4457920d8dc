"""Every store page, in every preset: valid, safe under the content security policy, and in order."""

from __future__ import annotations

import gzip
import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import html5lib
import pytest
from flask import Flask, g
from jinja2 import UndefinedError

sys.path.insert(0, str(Path(__file__).parent))
import records

import themes as themes_package
from app.store.rendering import Renderer
from themes.registry import Registry

PAGES = records.pages()

RENDERER = Renderer()


@pytest.fixture(scope="module")
def app() -> Flask:
    return records.application()


def show(app: Flask, name: str, preset: str = "reading-room", **given: Any) -> str:
    template, context = PAGES[name]
    with app.test_request_context("/"):
        return RENDERER.render(
            records.storefront(preset, **given),
            template,
            page_title="A page",
            canonical_url="http://hollin.localhost/x",
            base_url="http://hollin.localhost",
            **context,
        )


@pytest.mark.parametrize("name", list(PAGES))
@pytest.mark.parametrize("preset", records.PRESETS)
def test_a_page_is_valid_and_obeys_its_policy(app: Flask, name: str, preset: str) -> None:
    page = show(app, name, preset)
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    for element in tree.iter():
        assert "style" not in element.attrib
        assert not [each for each in element.attrib if str(each).startswith("on")]
        if element.tag == "script":
            assert (
                element.get("src", "").startswith("/_assets/") or element.get("type") == "application/ld+json"
            )
        if element.tag == "img":
            assert element.get("alt") is not None
            assert int(element.get("width", 0)) > 0
    ids = [element.get("id") for element in tree.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    ranks = [
        int(str(e.tag)[1]) for e in tree.iter() if isinstance(e.tag, str) and re.fullmatch("h[1-6]", e.tag)
    ]
    assert ranks.count(1) == 1
    main = ranks[ranks.index(1) :]
    assert all(later <= earlier + 1 for earlier, later in pairwise(main))
    assert len(gzip.compress(page.encode())) < 30_000


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
    assert "(%%bag%%)" in show(app, "cart")
    template, context = PAGES["cart"]
    with app.test_request_context("/"):
        g.bag_count, g.csrf_token = 3, "secret"
        page = RENDERER.render(
            records.storefront(), template, page_title="", canonical_url="", base_url="", **context
        )
    assert "(3)" in page
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
        RENDERER.render(records.storefront(), "cart.html", page_title="")


@pytest.mark.parametrize("name", ["receipt.html", "receipt.txt", "shipped.html", "shipped.txt"])
@pytest.mark.parametrize("preset", records.PRESETS)
def test_mail_is_written_without_a_request(app: Flask, name: str, preset: str) -> None:
    order = records.order()
    with app.app_context():
        mail = RENDERER.render(
            records.storefront(preset),
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
        subject = RENDERER.render(records.storefront(), f"mail/{name}.subject.txt", order=records.order())
    assert "\n" not in subject
    assert "1042" in subject


def test_a_theme_that_fails_is_shown_by_the_core_and_why_is_logged(
    app: Flask, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "broken"
    (broken / "templates").mkdir(parents=True)
    (broken / "theme.toml").write_text(
        'id = "broken"\nversion = 1\napi = 1\nlabel = "Broken"\nparent = "aurora"\n', encoding="utf-8"
    )
    (broken / "templates" / "product.html").write_text("{{ product.nothing_like_it }}", encoding="utf-8")
    themes = Path(themes_package.__file__).parent
    renderer = Renderer(Registry([broken, *(path.parent for path in themes.glob("*/theme.toml"))]))
    template, context = PAGES["mug MUG"]
    with app.test_request_context("/"):
        page = renderer.render(
            records.storefront(theme="broken@1"), template, page_title="A page", canonical_url="",
            base_url="", **context,
        )  # fmt: skip
    assert "<h1>Mug</h1>" in page
    assert "/broken@1/" not in page
    assert "/aurora@1/css/theme.css" in page
    assert "theme broken@1 failed in templates/product.html" in caplog.text
    assert "nothing_like_it" in caplog.text
