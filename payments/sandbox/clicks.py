"""What a person may let the bank do by clicking on the test bank's page, and what is then told.

Each deed takes the form's values and returns a plain sentence of what happened. It raises StripeError with
a plain sentence where it cannot be done; nothing is changed then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from payments.sandbox.cards import CARDS
from payments.sandbox.control import Desk
from payments.sandbox.debits import settle_debit
from payments.sandbox.disputes import CLOSED, decide_dispute, escalate, open_dispute
from payments.sandbox.errors import Json, StripeError
from payments.sandbox.faults import ApiFault, WebhookFault
from payments.sandbox.onboarding import ask_more, close_account, onboard
from payments.sandbox.paying import Payment, attempt
from payments.sandbox.payouts import pay_out
from payments.sandbox.refunds import fail_refund
from payments.sandbox.rendering import money
from payments.sandbox.sessions import expire_session, retrieve_session
from payments.sandbox.transfers import reverse_transfer

Values = Mapping[str, str]

DISPUTE_REASONS = {
    "fraudulent": "I did not make this payment",
    "product_not_received": "The goods never came",
    "product_unacceptable": "The goods are not as described",
    "duplicate": "I was charged twice",
    "credit_not_processed": "A refund that I was promised never came",
    "unrecognized": "I do not know this name on my statement",
    "general": "Another reason",
}
DECLINES = {
    card.number: f"The card {card.title[0].lower()}{card.title[1:]}" for card in CARDS if card.decline
}
DEBIT_DELAYS = {"10": "10 seconds", "60": "1 minute", "3600": "1 hour", "604800": "7 days"}

# What Stripe may ask of a partner's account, and within which time; at once where it gives none.
ASKED = {
    "identity.individual.documents.primary_verification": "A picture of an identity document",
    "identity.individual.id_numbers": "A tax or identity number",
    "identity.business_details.address": "The address of the business",
    "default_payout_method": "A bank account",
}
WITHIN = {"": "At once: it receives nothing until then", "604800": "Within 7 days", "86400": "Within a day"}

# What may become of a webhook: the fault's kind, its seconds, and the words for it.
WEBHOOKS = {
    "duplicate": ("duplicate", 0.0, "is delivered twice"),
    "late-10": ("delay", 10.0, "comes 10 seconds late"),
    "late-60": ("delay", 60.0, "comes 1 minute late"),
    "late-600": ("delay", 600.0, "comes 10 minutes late"),
    "drop": ("drop", 0.0, "is dropped and never comes"),
    "reorder": ("reorder", 0.0, "comes after the one behind it"),
    "corrupt": ("corrupt", 0.0, "is altered on its way"),
}
CALLS = {
    "any": ("*", "*", "of any kind"),
    "session": ("POST", "/v1/checkout/sessions", "to open a payment page"),
    "read": ("GET", "/v1/checkout/sessions/*", "to look up a payment"),
    "refund": ("POST", "/v1/refunds", "to give money back"),
    "transfer": ("POST", "/v1/transfers", "to pay a partner"),
}
API = {
    "rate_limit": "is refused as one too many (429)",
    "error": "fails at Stripe (500)",
    "timeout": "is kept waiting for 25 seconds",
    "answer_lost": "is done, but its answer is lost",
}
# Stripe's library tries a failed call twice again by itself, so that one failure is seldom seen.
COUNTS = {"1": "The next call", "3": "The next 3 calls", "20": "The next 20 calls"}
PATIENCE = 25.0  # seconds; longer than the 20 for which Awning waits for an answer


@dataclass(frozen=True)
class Deed:
    """One thing that can be clicked. ``waits`` runs outside of a transaction, since it sends webhooks."""

    run: Callable[[Desk, Values], str]
    waits: bool = False


def _refused(reason: str) -> StripeError:
    return StripeError(409, reason)


def _known(desk: Desk, kind: str, values: Values, word: str) -> Json:
    found = desk.state.find(values.get("id", ""))
    if found is None or found["object"] != kind:
        raise StripeError(404, f"The bank knows no such {word}. It may belong to a demo that was made anew.")
    return found


def _chosen(options: Mapping[str, object], values: Values, name: str) -> str:
    given = values.get(name, "")
    if given not in options:
        raise StripeError(400, f"Choose one of the options that are listed; “{given[:40]}” is none of them.")
    return given


def _amount(thing: Json) -> str:
    return money(thing["amount"], thing["currency"])


def _decline(desk: Desk, values: Values) -> str:
    number = _chosen(DECLINES, values, "card")
    session = _open(desk, values)
    if session["amount_total"] == 0:
        raise _refused("There is nothing to pay here, so no card can be declined.")
    known = session["customer_details"] or {}
    address = {name: text for name, text in (known.get("address") or {}).items() if text}
    person = Payment(
        card=number,
        email=known.get("email"),
        name=known.get("name"),
        phone=known.get("phone"),
        address=address,
    )
    made = attempt(desk.state, session["id"], person)
    return f"A card was tried and declined. The shopper reads: {made.message}"


def _open(desk: Desk, values: Values) -> Json:
    session = retrieve_session(desk.state, _known(desk, "checkout.session", values, "payment")["id"])
    if session["status"] != "open":
        raise _refused(
            "This payment page has expired."
            if session["status"] == "expired"
            else "This payment page was used already: a payment that came in cannot be declined afterwards."
        )
    return session


def _expire(desk: Desk, values: Values) -> str:
    expire_session(desk.state, _open(desk, values)["id"])
    return "The payment page has expired. Nothing was paid."


def _settle(desk: Desk, values: Values, *, fails: bool) -> str:
    session = _known(desk, "checkout.session", values, "payment")
    intent = desk.state.find(session["payment_intent"] or "")
    if intent is None or intent["status"] != "processing":
        raise _refused("No debit of this payment is pending any more.")
    settle_debit(desk.state, intent["id"], fails=fails)
    if fails:
        return f"The debit of {_amount(intent)} failed: there was not enough money in the account."
    return f"The debit of {_amount(intent)} came in."


def _dispute(desk: Desk, values: Values, *, inquiry: bool = False) -> str:
    reason = _chosen(DISPUTE_REASONS, values, "reason")
    charge = _known(desk, "charge", values, "payment")
    if charge["disputed"]:
        raise _refused("This payment is disputed already, and a payment can be disputed only once.")
    if charge["status"] != "succeeded":
        raise _refused("This payment has not come in, so there is nothing to dispute.")
    if charge["amount_captured"] == charge["amount_refunded"]:
        raise _refused("All of this payment was given back, so nothing is left to dispute.")
    made = open_dispute(desk.state, charge["id"], reason=reason, inquiry=inquiry)
    if inquiry:
        return f"The bank asks about {_amount(made)}. It has taken nothing yet."
    return f"A dispute over {_amount(made)} was opened. The bank took the money and its fee at once."


def _decide(desk: Desk, values: Values, *, won: bool) -> str:
    dispute = _known(desk, "dispute", values, "dispute")
    if dispute["status"] in CLOSED:
        raise _refused("This dispute was decided already, and that is final.")
    inquiry = dispute["status"].startswith("warning_")
    if inquiry and not won:
        raise _refused("The bank only asks so far, so there is nothing to lose.")
    decide_dispute(desk.state, dispute["id"], won=won)
    if inquiry:
        return f"The bank is satisfied: {_amount(dispute)} stays with the company."
    if won:
        return f"The company won: {_amount(dispute)} came back. The fee did not."
    return f"The company lost: {_amount(dispute)} and the fee stay with the shopper’s bank."


def _escalate(desk: Desk, values: Values) -> str:
    dispute = _known(desk, "dispute", values, "dispute")
    if dispute["status"] in CLOSED or not dispute["status"].startswith("warning_"):
        raise _refused("The bank does not only ask here; it has decided, or taken the money already.")
    made = escalate(desk.state, dispute["id"])
    return f"The bank now disputes {_amount(made)}, and took the money and its fee."


def _fail_refund(desk: Desk, values: Values) -> str:
    refund = _known(desk, "refund", values, "refund")
    if refund["status"] != "succeeded":
        raise _refused(f"This refund is {refund['status']}; only one that succeeded can fail afterwards.")
    fail_refund(desk.state, refund["id"])
    return f"The refund of {_amount(refund)} failed: the shopper’s bank sent the money back."


def _pay_out(desk: Desk, values: Values, *, fails: bool) -> str:
    unit = values.get("currency", "").lower()
    if len(unit) != 3 or not unit.isalpha():
        raise StripeError(400, "Choose a currency that is listed.")
    try:
        payout = pay_out(desk.state, unit, fails=fails)
    except StripeError as refusal:
        if refusal.body.get("code") != "balance_insufficient":
            raise
        raise _refused(
            f"Nothing in {unit.upper()} is available yet, so there is nothing to pay out."
        ) from None
    if fails:
        return f"A payout of {_amount(payout)} was sent and came back: the bank account has been closed."
    return f"{_amount(payout)} was paid out to the company’s bank account."


def _onboard(desk: Desk, values: Values, *, active: bool) -> str:
    account = _open_account(desk, values)
    onboard(desk.state, account["id"], active=active)
    if active:
        return "The account can receive money."
    return "The account is restricted: transfers to it are refused until it is opened again."


def _open_account(desk: Desk, values: Values) -> Json:
    account = _known(desk, "v2.core.account", values, "account")
    if account["closed"]:
        raise _refused("This account was closed, and that is final.")
    return account


def _ask_more(desk: Desk, values: Values) -> str:
    account = _open_account(desk, values)
    entry, within = _chosen(ASKED, values, "entry"), _chosen(WITHIN, values, "within")
    ask_more(desk.state, account["id"], entry=entry, seconds=int(within) if within else None)
    asked = ASKED[entry]
    if within:
        return f"Stripe asks for it {WITHIN[within].lower()}: {asked[0].lower()}{asked[1:]}."
    return f"The account is restricted until it is handed in: {asked[0].lower()}{asked[1:]}."


def _close_account(desk: Desk, values: Values) -> str:
    close_account(desk.state, _open_account(desk, values)["id"])
    return "The account is closed for good. Transfers to it are refused."


def _reverse(desk: Desk, values: Values, *, half: bool) -> str:
    transfer = _known(desk, "transfer", values, "transfer")
    left = transfer["amount"] - transfer["amount_reversed"]
    if not left:
        raise _refused("All of this transfer came back already.")
    amount = max(1, left // 2) if half else left
    reverse_transfer(desk.state, transfer["id"], {"amount": amount})
    return f"{money(amount, transfer['currency'])} came back from the partner’s account."


def _set_debits(desk: Desk, values: Values) -> str:
    delay = _chosen(DEBIT_DELAYS, values, "debit_delay")
    desk.state.store.set_setting("debit_delay", int(delay))
    return f"A bank debit that is begun from now on settles after {DEBIT_DELAYS[delay]}."


def _send(desk: Desk, _: Values) -> str:
    done = desk.state.deliveries.drain(8.0)
    if not done.delivered and not done.failed:
        return "No webhook was waiting."
    later = f"; {done.failed} failed and will be tried again" if done.failed else ""
    return f"Webhooks received: {done.delivered}{later}."


def _webhook_fault(desk: Desk, values: Values) -> str:
    kind, seconds, words = WEBHOOKS[_chosen(WEBHOOKS, values, "kind")]
    desk.faults.expect_webhook(WebhookFault(kind, count=1, seconds=seconds))
    return f"The next webhook {words}."


def _api_fault(desk: Desk, values: Values) -> str:
    kind, call = _chosen(API, values, "kind"), _chosen(CALLS, values, "call")
    count = _chosen(COUNTS, values, "count")
    method, path, which = CALLS[call]
    seconds = PATIENCE if kind == "timeout" else 0.0
    desk.faults.expect_api(ApiFault(kind, path, method, int(count), seconds))
    each = "" if count == "1" else ": each"
    return f"{COUNTS[count]} {which}{each} {API[kind]}."


def _heal(desk: Desk, _: Values) -> str:
    desk.faults.clear()
    return "Nothing is set to go wrong any more. What happened already stays."


DEEDS: Mapping[str, Deed] = {
    "decline": Deed(_decline),
    "expire": Deed(_expire),
    "settle": Deed(lambda d, v: _settle(d, v, fails=False)),
    "bounce": Deed(lambda d, v: _settle(d, v, fails=True)),
    "dispute": Deed(_dispute),
    "inquire": Deed(lambda d, v: _dispute(d, v, inquiry=True)),
    "escalate": Deed(_escalate),
    "win": Deed(lambda d, v: _decide(d, v, won=True)),
    "lose": Deed(lambda d, v: _decide(d, v, won=False)),
    "fail-refund": Deed(_fail_refund),
    "pay-out": Deed(lambda d, v: _pay_out(d, v, fails=False)),
    "fail-payout": Deed(lambda d, v: _pay_out(d, v, fails=True)),
    "restrict": Deed(lambda d, v: _onboard(d, v, active=False)),
    "activate": Deed(lambda d, v: _onboard(d, v, active=True)),
    "ask-more": Deed(_ask_more),
    "close-account": Deed(_close_account),
    "reverse-half": Deed(lambda d, v: _reverse(d, v, half=True)),
    "reverse": Deed(lambda d, v: _reverse(d, v, half=False)),
    "debits": Deed(_set_debits),
    "send": Deed(_send, waits=True),
    "webhook-fault": Deed(_webhook_fault),
    "api-fault": Deed(_api_fault),
    "heal": Deed(_heal),
}
