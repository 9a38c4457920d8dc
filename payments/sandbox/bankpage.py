"""Turns what the sandbox holds into the test bank's page. Every value that came from outside is escaped."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from payments.sandbox import bankrows
from payments.sandbox.balance import retrieve_balance
from payments.sandbox.bankrows import Forms, item, select, submit, when
from payments.sandbox.clicks import API, CALLS, COUNTS, DEBIT_DELAYS, WEBHOOKS
from payments.sandbox.control import Desk
from payments.sandbox.debits import DELAY
from payments.sandbox.errors import Json
from payments.sandbox.rendering import document, money
from payments.sandbox.state import State

_SHOWN = 10  # entries of each list at a time
_WAITING = 5  # webhooks that wait; the rest are counted


@dataclass(frozen=True)
class Told:
    """What the last click came to. ``refused`` when nothing was done."""

    text: str
    refused: bool = False


@dataclass(frozen=True)
class _List:
    """One list of the page: what it holds, how an entry looks, and what is said when there is none."""

    title: str
    kind: str
    row: Callable[[State, Forms, Json], Markup]
    empty: str


LISTS: Mapping[str, _List] = {
    "payments": _List(
        "Payments",
        "checkout.session",
        bankrows.payment,
        "No payment yet. Buy something in a store, and it is listed here as soon as its payment page opens.",
    ),
    "refunds": _List(
        "Refunds",
        "refund",
        bankrows.refund,
        "No refund yet. Give money back from an order in the console, and let it fail here afterwards.",
    ),
    "disputes": _List(
        "Disputes",
        "dispute",
        bankrows.dispute,
        "No dispute yet. Open one above, at a payment that came in.",
    ),
    "payouts": _List("Payouts to the company’s bank", "payout", bankrows.payout, "No payout yet."),
    "transfers": _List(
        "Transfers to partners",
        "transfer",
        bankrows.transfer,
        "No partner was paid yet. Approve a payout run in the console, and its transfers are listed here.",
    ),
    "accounts": _List(
        "Partners’ accounts",
        "v2.core.account",
        bankrows.account,
        "No partner has an account at Stripe yet. One is made when a partner sets up payouts.",
    ),
}


def bank_page(desk: Desk, told: Told, *, token: str, action: str, place: Mapping[str, str]) -> str:
    """Return the whole page. ``place`` names, for a list that was paged through, the entry before it."""
    forms = Forms(action, token)
    state = desk.state
    before = {"payouts": _balance(state, forms)}
    parts = [_list(state, forms, name, place.get(name, ""), before.get(name)) for name in LISTS]
    return document(
        state.merchant_name,
        "Test bank",
        "bank.html",
        "bank",
        told=_told(told),
        lists=Markup("\n").join(parts),
        side=_faults(desk, forms) + _webhooks(desk, forms) + _debits(state, forms),
    )


def _told(told: Told) -> Markup:
    if not told.text:
        return Markup("")
    if told.refused:
        return Markup(
            '<div class="summary" id="said" role="alert"><h2>Nothing was done</h2><p>{}</p></div>'
        ).format(told.text)
    return Markup('<div class="summary done" id="said" role="status"><p>{}</p></div>').format(told.text)


def _section(name: str, title: str, content: Markup) -> Markup:
    return Markup(
        '<section id="{0}" aria-labelledby="{0}-title"><h2 id="{0}-title">{1}</h2>{2}</section>'
    ).format(name, title, content)


def _list(state: State, forms: Forms, name: str, after: str, before: Markup | None) -> Markup:
    listed = LISTS[name]
    start = state.store.position(after) if after else None
    found = state.select(listed.kind, older_than=start, limit=_SHOWN + 1)
    content = before or Markup("")
    if found:
        rows = Markup("\n").join(listed.row(state, forms, each) for each in found[:_SHOWN])
        content += Markup('<ul class="items">{}</ul>').format(rows)
    else:
        content += Markup('<p class="none">{}</p>').format(
            "There is nothing older." if start else listed.empty
        )
    ways = []
    if start:
        ways.append(("", "Newest", f"{listed.title}"))
    if len(found) > _SHOWN:
        ways.append((urlencode({name: found[_SHOWN - 1]["id"]}), "Older", listed.title))
    links = Markup("").join(
        Markup('<a href="?{}#{}">{}<span class="hidden">: {}</span></a>').format(query, name, label, title)
        for query, label, title in ways
    )
    if links:
        content += Markup('<p class="more">{}</p>').format(links)
    return _section(name, listed.title, content)


def _balance(state: State, forms: Forms) -> Markup:
    balance = retrieve_balance(state)
    rows = []
    for ready, coming in zip(balance["available"], balance["pending"], strict=True):
        unit = ready["currency"]
        amount = money(ready["amount"], unit)
        acts = Markup("")
        if ready["amount"] > 0:
            deeds = {"pay-out": "Pay it out", "fail-payout": "Pay it out, and let it come back"}
            acts = forms.buttons({"currency": unit}, amount, deeds)
        notes: list[str | Markup] = []
        if coming["amount"]:
            notes.append(f"{money(coming['amount'], unit)} more is not available yet")
        state_of = "Available at Stripe" if ready["amount"] >= 0 else "Owed to Stripe"
        rows.append(item(amount, state_of, "", notes, acts))
    return Markup('<ul class="items">{}</ul>').format(Markup("").join(rows))


def _webhooks(desk: Desk, forms: Forms) -> Markup:
    waiting = desk.state.deliveries.pending()
    if not waiting:
        return _section(
            "webhooks",
            "Webhooks that wait",
            Markup('<p class="none">None. Everything sent was received.</p>'),
        )
    now = time.time()
    rows = []
    for each in waiting[:_WAITING]:
        notes: list[str | Markup] = [Markup("Next attempt: {}").format(when(each["due"]))]
        words, tone = "Is sent now", ""
        if each["attempts"]:
            words, tone = f"Failed {each['attempts']} times, tried again later", "bad"
            if each["attempts"] == 1:
                words = "Failed once, tried again later"
            notes.append(f"The answer was: {str(each['answer'])[:160]}")
        elif each["due"] > now:
            words, tone = "Held back", "warn"
        rows.append(item(each["type"], words, tone, notes, Markup("")))
    content = Markup('<ul class="items">{}</ul>').format(Markup("").join(rows))
    if len(waiting) > _WAITING:
        content += Markup('<p class="none">And {} more.</p>').format(len(waiting) - _WAITING)
    return _section(
        "webhooks",
        "Webhooks that wait",
        content + Markup('<div class="acts">{}</div>').format(forms.form({}, submit("send", "Send all now"))),
    )


def _faults(desk: Desk, forms: Forms) -> Markup:
    waiting = desk.faults.waiting()
    calls = {(method, path): which for method, path, which in CALLS.values()}
    said = [_webhook_words(each) for each in waiting["webhook"]]
    said += [_api_words(each, calls) for each in waiting["api"]]
    if said:
        listed = Markup("").join(Markup("<li>{}</li>").format(each) for each in said)
        heal = forms.form({}, submit("heal", "Clear all of them"))
        now = Markup('<p>Set to go wrong:</p><ul class="set">{}</ul><div class="acts">{}</div>').format(
            listed, heal
        )
    else:
        now = Markup('<p class="none">Nothing is set to go wrong.</p>')
    kinds = {name: f"It {words}" for name, (_, _, words) in WEBHOOKS.items()}
    hook = forms.form(
        {},
        select("kind", "The next webhook", kinds, "webhook")
        + submit("webhook-fault", "Set this for the next webhook"),
    )
    which = {name: f"… {words}" for name, (_, _, words) in CALLS.items()}
    call = forms.form(
        {},
        select("count", "Which calls to Stripe", COUNTS, "api")
        + select("call", "What they ask for", which, "api")
        + select("kind", "What becomes of each", {kind: f"It {words}" for kind, words in API.items()}, "api")
        + Markup(
            '<p class="note">A call that fails or stays without an answer is tried twice again at once,'
            " so that one failure is seldom seen: let 3 fail. One that is refused as one too many is not"
            " tried again. Work in the background calls Stripe too.</p>"
        )
        + submit("api-fault", "Set this for these calls"),
    )
    parts = Markup("<h3>A webhook</h3>{}<h3>A call to Stripe</h3>{}").format(hook, call)
    return _section("faults", "What goes wrong", now + parts)


def _webhook_words(fault: Mapping[str, object]) -> str:
    kind, seconds = str(fault["kind"]), float(str(fault["seconds"]))
    said = [words for known, after, words in WEBHOOKS.values() if known == kind and after in (seconds, 0.0)]
    words = said[0] if said else f"comes {seconds:g} seconds late"
    kinds = "" if fault["types"] == "*" else f" of type {fault['types']}"
    count = int(str(fault["count"]))
    if not count:
        return f"{float(str(fault['probability'])):.0%} of webhooks{kinds}: each {words}."
    if count == 1:
        return f"The next webhook{kinds} {words}."
    return f"The next {count} webhooks{kinds}: each {words}."


def _api_words(fault: Mapping[str, object], calls: Mapping[tuple[str, str], str]) -> str:
    method, path = str(fault["method"]), str(fault["path"])
    which = calls.get((method, path), f"({method} {path})")
    kind, count = str(fault["kind"]), int(str(fault["count"]))
    words = API[kind]
    if kind == "timeout":
        words = f"is answered after {float(str(fault['seconds'])):g} seconds"
    return (
        f"The next call {which} {words}." if count == 1 else f"The next {count} calls {which}: each {words}."
    )


def _debits(state: State, forms: Forms) -> Markup:
    chosen = str(state.store.setting("debit_delay", DELAY))
    options = dict(DEBIT_DELAYS)
    options.setdefault(chosen, f"{chosen} seconds")
    form = forms.form(
        {},
        select("debit_delay", "A bank debit settles after", options, "all", chosen)
        + submit("debits", "Set this for new debits"),
    )
    return _section("debits", "How long a debit takes", form)
