"""What the floors below say to shoppers, in the shopper's language.

They know no languages: a refusal is an English sentence with its values in it. Here each stands with the
places of its values, by which it is recognised and said again. A sentence that is not listed stays as it is;
a test holds the list against what those floors say.
"""

from __future__ import annotations

import re
from functools import lru_cache
from gettext import NullTranslations


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


SENTENCES = (
    # Bag and checkout.
    _("This is no longer sold here. Remove it to go on."),
    _("This has sold out. Remove it to go on."),
    _("Only %(left)s left. Lower the quantity to go on."),
    _("Choose a quantity from 1 to %(most)s."),
    _("Choose a quantity from 0 to %(most)s."),
    _("This is not sold here."),
    _("This is no longer sold here."),
    _("This has sold out."),
    _("Put something into your bag first."),
    _("Enter a code."),
    _("Some of this has just sold out."),
    _("Choose a way of delivery that goes to this country."),
    _("The payment page could not be opened. Please try again."),
    # Returns.
    _("This order has not been sent yet. You can withdraw from it."),
    _("Choose why."),
    _("This can no longer be taken back."),
    _("The time for this has passed. The last day was %(day)s."),
    _("This order was not paid, so there is nothing to give back."),
    _("Your bank has asked for this payment back, and decides about it."),
    _("Everything of this order has been given back, or is on its way back."),
    _("This belongs to another order."),
    _("0 to %(most)s of these can come back."),
    _("None of these can come back."),
    _("Say how many come back."),
    _("There is no such order."),
    _("There is no such return."),
    # The newsletter and support cases.
    _("Enter your e-mail address, such as name@example.com."),
    _("Enter your name."),
    _("Choose what it is about."),
    _("Write what it is about."),
    _("At most %(most)s characters."),
    _("You have written to us several times already. Go on there: our mails have the links."),
    _("You have written very often within this hour. Wait a little before you write again."),
    _("This is closed. Write again to open it."),
    _("There is no such case."),
    # Accounts, and what is kept.
    _("Too many tries. Wait fifteen minutes."),
    _("This e-mail address and password do not belong together."),
    _("This is not your password."),
    _("This link no longer works. Ask for a new one."),
    _("You have an account with this address already. Sign in with its password."),
    _("A password has %(least)s to %(most)s characters."),
    _("This is your address already."),
    _("Confirm the address that you have first. We have sent you a link."),
    _("There is no such address."),
    _("You can keep %(most)s addresses. Remove one first."),
    _("Enter the name of who receives the parcel."),
    _("Enter the street and number."),
    _("Enter the city."),
    _("Enter the postcode."),
    _("We do not deliver to this country. Choose one from the list."),
    _("Enter the order's number, such as 1042. It stands in the receipt."),
    # The story of an order.
    _("Order placed"),
    _("Payment confirmed"),
    _("Payment was not made in time"),
    _("Payment failed"),
    _("A card was declined"),
    _("Paid after the goods had gone; refunded in full"),
    _("Refund of %(amount)s on its way"),
    _("Refund of %(amount)s given"),
    _("Refund of %(amount)s came back from the bank"),
    _("Return asked for"),
    _("Return accepted"),
    _("Return declined"),
    _("What was sent back has arrived"),
    _("Return taken back by the shopper"),
    _("Shopper withdrew from the contract"),
    _("Receipt sent"),
    _("Shipping notice sent"),
    _("Shopper told of the refund"),
    _("Shopper told that the return is registered"),
    _("Shopper told that the return is accepted"),
    _("Shopper told that the return is declined"),
    _("Shopper told that the goods have arrived"),
    _("Support case opened"),
    _("Support case closed"),
    _("Support case opened again"),
    _("Shopper told that its message has arrived"),
    _("Shopper told of an answer"),
    _("Sent"),
    _("Delivered"),
    # Pages of errors.
    _("Not found"),
    _("Not allowed"),
    _("Too large"),
    _("Sign in"),
    _("That cannot be done"),
    _("Payment is not reachable"),
    _("The payment service did not answer. Nothing was charged. Please try again in a moment."),
    _("The text holds characters that cannot be stored."),
    _("One moment, please"),
    _("Many people are here at once. Please try again in a moment."),
    _("Somebody was quicker"),
    _("This changed at the same moment elsewhere. Please try again."),
    _("The service is restarting. Please try again in a moment."),
    _("You may not do this."),
    _("There is nothing at this address."),
    _("This address cannot be used that way."),
    _("What was sent is too large. Files may have up to 64 MB."),
    _("Sign in first."),
    _("The request was not understood."),
    _("This form was sent from another site."),
    _("This page was open for too long. Go back, reload it, and try again."),
)


def said(sentence: str, translations: NullTranslations) -> str:
    """A sentence of the floors below in the language of the translations."""
    template, values = known_sentence(sentence)
    if not template:
        # A step of an order may have its reason behind it, as somebody wrote it.
        head, mark, reason = sentence.partition(": ")
        return f"{said(head, translations)}: {reason}" if mark else sentence
    found = translations.gettext(template)
    return found % values if values else found


def known_sentence(sentence: str) -> tuple[str, dict[str, str]]:
    """The listed sentence that this one is, and the values in it; empty where none is."""
    if sentence in _PLAIN:
        return sentence, {}
    for pattern, template in _patterns():
        if match := pattern.fullmatch(sentence):
            return template, match.groupdict()
    return "", {}


_PLAIN = frozenset(SENTENCES)


@lru_cache(maxsize=1)
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The sentences with values, each as what it looks like when they are in it."""
    return tuple(
        (re.compile(re.sub(r"%\\\((\w+)\\\)s|%\((\w+)\)s", _place, re.escape(text))), text)
        for text in SENTENCES
        if "%(" in text
    )


def _place(match: re.Match[str]) -> str:
    return f"(?P<{match[1] or match[2]}>.{{1,60}})"
