"""The words of stores: all of them in every language, whole, and on the pages that shoppers read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import Forbidden, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.exceptions import NotFound as HttpNotFound

from app.errors import worded
from app.languages import LANGUAGES, known_locale, language_of, locale_in, say, translations
from app.store.said import SENTENCES, known_sentence, said
from scripts.messages import ROOT, catalogue, extracted, spoken
from tests.app.faces import Visitor, words
from tests.world import GERMAN, World

OTHERS = [language for language in LANGUAGES if language != "en"]
# The sentences that shoppers meet come from here.
_SPEAKERS = (
    "orders/accounts/addresses.py",
    "orders/accounts/changing.py",
    "orders/accounts/links.py",
    "orders/accounts/making.py",
    "orders/accounts/reordering.py",
    "orders/accounts/signing.py",
    "orders/cart.py",
    "orders/cases/opening.py",
    "orders/cases/writing.py",
    "orders/emails.py",
    "orders/stock.py",
    "payments/returns/asking.py",
    "payments/returns/units.py",
)


def places(text: str) -> set[str]:
    return set(re.findall(r"%\((\w+)\)[sd]", text))


@pytest.mark.parametrize("language", OTHERS)
def test_each_text_has_words_with_the_same_values_in_it(language: str) -> None:
    """`make messages` lists what has no words yet."""
    found = catalogue(language)
    wanted = {message.id for message in extracted() if message.id}
    assert {message.id for message in found if message.id} == wanted
    for message in found:
        if not message.id:
            continue
        assert not message.fuzzy, message.id
        assert spoken(message.string), message.id
        if isinstance(message.id, tuple):
            assert len(message.string) == found.num_plurals, message.id
            # One and two are words of their own, where a language has them.
            for form in message.string:
                assert places(message.id[1]) - {"num"} <= places(form) <= places(message.id[1]), form
            assert "num" in places(message.string[-1]) or "num" not in places(message.id[1]), message.id
        else:
            assert places(message.string) == places(message.id), message.id
            assert message.string.count("%(") == len(re.findall(r"%\(\w+\)[sd]", message.string)), message.id


def test_a_language_is_read_as_it_is_written() -> None:
    """Nothing compiled lies about that could be older than the words."""
    assert list((ROOT / "app").rglob("*.mo")) == []
    assert translations("de").gettext("Add to bag") == "In den Warenkorb"
    arabic = [
        translations("ar").ngettext("%(num)d thing", "%(num)d things", n) for n in (0, 1, 2, 3, 11, 100)
    ]
    assert len(set(arabic)) == 6
    assert translations("xx").gettext("Add to bag") == "Add to bag"
    assert say("de_AT", "Order %(number)s", number=7) == "Bestellung 7"


def test_a_locale_keeps_its_country_in_another_language() -> None:
    assert locale_in("en_US", "de") == "de"
    assert locale_in("de_AT", "en") == "en_AT"
    assert locale_in("de_AT", "de") == "de_AT"
    assert locale_in("ar-EG", "ar") == "ar-EG"
    assert known_locale("nonsense!") == "en"
    assert language_of("ar_EG") == "ar"


def sentences_of(path: str) -> Iterator[str]:
    """What a file refuses with or calls a problem, with its values in it."""
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            text = "".join(str(part.value) if isinstance(part, ast.Constant) else "1" for part in node.values)
        else:
            continue
        if re.fullmatch(r"[A-Z1][^\n]*[a-z][^\n]* [^\n]*\.", text) and len(text) < 120:
            yield text


@pytest.mark.parametrize("path", _SPEAKERS)
def test_what_the_floors_below_say_to_shoppers_is_listed(path: str) -> None:
    docs = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(ast.parse((ROOT / path).read_text()))
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
    }
    for sentence in sentences_of(path):
        if sentence not in docs and "Raises" not in sentence and not sentence.startswith("1 of these"):
            assert known_sentence(sentence)[0], sentence


def test_a_sentence_is_known_by_its_values() -> None:
    assert known_sentence("Only 3 left. Lower the quantity to go on.")[1] == {"left": "3"}
    german = translations("de")
    assert said("Only 3 left. Lower the quantity to go on.", german).startswith("Nur noch 3 da.")
    assert said("Return declined: Worn", german) == "Rückgabe abgelehnt: Worn"
    assert said("Something that nobody listed", german) == "Something that nobody listed"
    for sentence in SENTENCES:
        assert known_sentence(sentence)[0] == sentence
    for error in (HttpNotFound(), Forbidden(), MethodNotAllowed(), RequestEntityTooLarge(), PoolTimeout()):
        assert all(known_sentence(part)[0] for part in worded(error)[1:])


def test_a_shopper_chooses_a_language_and_keeps_it(world: World) -> None:
    shopper, other = Visitor(world, "store"), Visitor(world, "store", shop=world.ben)
    address = f"/products/{world.tote}"
    assert "Add to bag" in words(shopper.get(address))
    page = shopper.get(f"{address}?lang=de")
    assert "In den Warenkorb" in words(page)
    assert '<html lang="de" dir="ltr"' in page.text
    assert "21,60\xa0$" not in page.text
    assert "18,00\xa0$" in page.text
    base = f"http://{world.ada.slug}.localhost:8000{address}"
    assert f'<link rel="canonical" href="{base}?lang=de">' in page.text
    assert f'<link rel="alternate" hreflang="ar" href="{base}?lang=ar">' in page.text
    assert f'<link rel="alternate" hreflang="x-default" href="{base}">' in page.text
    # The choice holds from then on, in this store and for this shopper alone.
    assert "Noch nichts drin" in words(shopper.get("/cart"))
    assert "Add to bag" in words(Visitor(world, "store").get(address))
    assert "Add to bag" in words(other.get(address))
    arabic = shopper.get("/?lang=ar")
    assert '<html lang="ar" dir="rtl"' in arabic.text
    assert 'aria-current="true"><bdi>العربية</bdi>' in arabic.text
    assert "أضف إلى السلة" in words(shopper.get(address))
    # What is no language of ours changes nothing.
    assert '<html lang="ar"' in shopper.get("/?lang=tlh").text
    assert '<html lang="en-US"' in Visitor(world, "store").get("/?lang=%00").text


@pytest.mark.parametrize("locale", ["de_DE", "ar_EG"])
def test_pages_and_refusals_are_in_the_stores_language(world: World, locale: str) -> None:
    shop = world.shop("gil", "EUR", "DE", tax_inclusive=True, locale=locale)
    shopper = Visitor(world, "store", shop=shop)
    told = translations(language_of(locale))
    for path in ("/", "/search?q=qqqq", "/help/terms", "/collections/all", "/nothing"):
        page = shopper.get(path)
        for english in ("Skip to the content", "Terms of sale", "Back to the shop", "Nothing found"):
            assert english not in words(page), path
    variant = world.variant(world.scarce_mug)
    shopper.get(f"/products/mug-{world.number}")
    token = re.search(r'name="csrf_token" value="(\w+)"', shopper.get(f"/products/{world.tote}").text)
    assert token
    form = {"csrf_token": token[1], "variant_id": str(variant), "quantity": "5000"}
    refused = shopper.client.post("/cart/add", data=form, base_url=shopper.base)
    assert refused.status_code == 422
    assert said("Choose a quantity from 1 to 99.", told) in words(refused)
    shopper.client.post("/cart/add", data={**form, "quantity": "1"}, base_url=shopper.base)
    page = shopper.client.post(
        "/checkout", data={"csrf_token": token[1], "act": "pay", "country": "DE"}, base_url=shopper.base
    )
    assert told.gettext("Enter the city.") in words(page)


def test_mails_are_in_the_language_that_was_bought_in(world: World) -> None:
    order_id = world.ada.buy((world.tote, 1))
    theirs = world.shop("gil", "EUR", "DE", tax_inclusive=True, locale="de_DE").buy(
        (world.tote, 1), contact=GERMAN
    )
    world.run_jobs()
    subjects = {}
    folder = Path(world.services.config.data_dir) / "mail"
    for path in folder.rglob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=default)
        for key in (order_id, theirs):
            if str(key) in str(mail["Message-ID"]) and str(mail["Message-ID"]).startswith("<receipt"):
                subjects[key] = (str(mail["Subject"]), mail.get_body(("plain",)).get_content())
    assert subjects[order_id][0].startswith("Your order ")
    assert subjects[theirs][0].startswith("Deine Bestellung ")
    assert "Danke für deine Bestellung" in subjects[theirs][1]
    assert "Total" not in subjects[theirs][1]
