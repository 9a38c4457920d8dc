"""What the test bank shows of each thing: its amount, whose it is, how it stands, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from markupsafe import Markup

from payments.sandbox.clicks import ASKED, DECLINES, DISPUTE_REASONS, WITHIN
from payments.sandbox.disputes import CLOSED
from payments.sandbox.errors import Json
from payments.sandbox.rendering import money
from payments.sandbox.state import State


@dataclass(frozen=True)
class Forms:
    """Makes the page's forms: each sends its ``token`` to ``action``."""

    action: str
    token: str

    def form(self, hidden: Mapping[str, str], content: Markup) -> Markup:
        """Return a form with these hidden values."""
        given = {"token": self.token, **hidden}
        kept = Markup("").join(
            Markup('<input type="hidden" name="{}" value="{}">').format(name, value)
            for name, value in given.items()
        )
        return Markup('<form method="post" action="{}">{}{}</form>').format(self.action, kept, content)

    def buttons(self, hidden: Mapping[str, str], about: str, deeds: Mapping[str, str]) -> Markup:
        """Return a form with a button for each deed; ``about`` tells it apart for who only hears it."""
        button = Markup(
            '<button class="plain" type="submit" name="do" value="{}">{}'
            '<span class="hidden">: {}</span></button>'
        )
        made = Markup("").join(button.format(deed, label, about) for deed, label in deeds.items())
        return self.form(hidden, made)

    def opened(self, title: str, about: str, content: Markup) -> Markup:
        """Return what opens with a click, with a form inside."""
        return Markup('<details><summary>{}<span class="hidden">: {}</span></summary>{}</details>').format(
            title, about, content
        )


def select(name: str, label: str, options: Mapping[str, str], key: str, chosen: str = "") -> Markup:
    """Return a labelled choice; ``key`` makes its id the only one of the page."""
    listed = Markup("").join(
        Markup('<option value="{}"{}>{}</option>').format(
            value, Markup(" selected") if value == chosen else "", text
        )
        for value, text in options.items()
    )
    return Markup(
        '<div class="row"><label for="{0}-{1}">{2}</label><select id="{0}-{1}" name="{0}">{3}</select></div>'
    ).format(name, key, label, listed)


def submit(deed: str, label: str, about: str = "") -> Markup:
    heard = Markup('<span class="hidden">: {}</span>').format(about) if about else ""
    return Markup('<button type="submit" name="do" value="{}">{}{}</button>').format(deed, label, heard)


def when(seconds: float) -> Markup:
    """Return a moment (Unix seconds) as a person reads it."""
    moment = datetime.fromtimestamp(seconds, UTC)
    return Markup('<time datetime="{}">{} UTC</time>').format(
        f"{moment:%Y-%m-%dT%H:%M:%SZ}", f"{moment.day} {moment:%b %Y, %H:%M}"
    )


def item(title: str, state: str, tone: str, notes: list[str | Markup], acts: Markup) -> Markup:
    """Return one entry of a list. ``tone`` is good, warn, bad or empty, beside words that say the same."""
    told = Markup("").join(Markup('<span class="note">{}</span>').format(note) for note in notes if note)
    done = Markup('<div class="acts">{}</div>').format(acts) if acts else Markup("")
    return Markup('<li><div class="what"><h3>{}</h3><p class="state {}">{}</p>{}</div>{}</li>').format(
        title, tone, state, told, done
    )


def payment(state: State, forms: Forms, session: Json) -> Markup:
    """Return a payment, from its open page to its last refund."""
    amount = money(session["amount_total"], session["currency"])
    about = f"{amount}, {_who(session)}"
    intent = state.find(session["payment_intent"] or "")
    hidden = {"id": session["id"]}
    acts = Markup("")
    if session["status"] == "open" and session["expires_at"] > state.now():
        words, tone = _unpaid(intent)
        page = Markup('<a href="/c/pay/{}">Open its page<span class="hidden">: {}</span></a>')
        acts = page.format(session["id"], about) + forms.buttons(hidden, about, {"expire": "Let it expire"})
        if session["amount_total"]:
            choice = select("card", "Why", DECLINES, session["id"])
            asked = forms.form(hidden, choice + submit("decline", "Decline a card", about))
            acts += forms.opened("Decline…", about, asked)
    elif session["status"] != "complete":
        words, tone = "Expired, nothing was paid", ""
    elif session["payment_status"] == "no_payment_required" or intent is None:
        words, tone = "There was nothing to pay", ""
    elif intent["status"] == "processing":
        words, tone = "A bank debit is pending", "warn"
        acts = forms.buttons(hidden, about, {"settle": "Let it come in", "bounce": "Let it fail"})
    elif intent["status"] != "succeeded":
        words, tone = "The bank debit failed", "bad"
    else:
        words, tone, acts = _paid(state, forms, intent, about)
    notes: list[str | Markup] = [
        _goods(state, session),
        _where(session),
        when(session["created"]),
    ]
    return item(about, words, tone, notes, acts)


def _unpaid(intent: Json | None) -> tuple[str, str]:
    if intent is not None and intent["status"] == "requires_action":
        return "Waits for the shopper’s bank (3-D Secure)", "warn"
    if intent is not None and intent["last_payment_error"]:
        return f"Declined: {intent['last_payment_error']['message']}", "bad"
    return "Its payment page is open", "warn"


def _paid(state: State, forms: Forms, intent: Json, about: str) -> tuple[str, str, Markup]:
    charge = state.require("charge", intent["latest_charge"])
    back = money(charge["amount_refunded"], charge["currency"])
    if charge["disputed"]:
        found = state.select("dispute", {"charge": charge["id"]}, limit=1)
        words, tone = _standing(found[0])
        return f"Disputed. {words}", tone, _decisions(forms, found[0], about)
    if charge["amount_refunded"] == charge["amount_captured"]:
        return "Paid, and all of it given back", "", Markup("")
    words = f"Paid, and {back} given back" if charge["amount_refunded"] else "Paid"
    choice = select("reason", "What the shopper says", DISPUTE_REASONS, charge["id"])
    asked = forms.form(
        {"id": charge["id"]},
        choice + submit("dispute", "Open a dispute", about) + submit("inquire", "Only ask", about),
    )
    return words, "good", forms.opened("Dispute…", about, asked)


def _who(session: Json) -> str:
    known = session["customer_details"] or {}
    return known.get("email") or known.get("name") or session["customer_email"] or "somebody"


def _goods(state: State, session: Json) -> str:
    lines = state.store.private(session["id"])["lines"]
    if not lines:
        return ""
    first: str = lines[0]["description"]
    return f"{first} and {len(lines) - 1} more" if len(lines) > 1 else first


def _where(session: Json) -> str:
    """Return the store, as its address says, and the order that the caller named."""
    host = urlsplit(session["success_url"] or "").hostname or ""
    order = session["metadata"].get("order") or session["client_reference_id"] or ""
    return ", ".join(part for part in (host, f"order {order}" if order else "") if part)


def _payer(state: State, thing: Json) -> str:
    charge = state.find(thing["charge"] or "")
    details = charge["billing_details"] if charge else {}
    return details.get("email") or details.get("name") or "somebody"


def refund(state: State, forms: Forms, made: Json) -> Markup:
    """Return a refund."""
    about = f"{money(made['amount'], made['currency'])} to {_payer(state, made)}"
    words = {"succeeded": ("Given back", "good"), "failed": ("Failed: the money came back", "bad")}
    word, tone = words.get(made["status"], (made["status"].capitalize(), "warn"))
    acts = Markup("")
    if made["status"] == "succeeded":
        acts = forms.buttons({"id": made["id"]}, about, {"fail-refund": "Let it fail"})
    return item(about, word, tone, [when(made["created"])], acts)


_STANDINGS = {
    "needs_response": ("Open, waits for evidence", "warn"),
    "under_review": ("Open, the bank looks at the evidence", "warn"),
    "warning_needs_response": ("The bank asks, and has taken nothing", "warn"),
    "warning_under_review": ("The bank looks at the answer", "warn"),
    "warning_closed": ("Ended without a dispute", "good"),
    "won": ("Won by the company", "good"),
    "lost": ("Lost by the company", "bad"),
}


def dispute(state: State, forms: Forms, made: Json) -> Markup:
    """Return a dispute."""
    about = f"{money(made['amount'], made['currency'])}, {_payer(state, made)}"
    words, tone = _standing(made)
    notes: list[str | Markup] = [
        DISPUTE_REASONS.get(made["reason"], str(made["reason"])),
        when(made["created"]),
    ]
    if made["status"] not in CLOSED:
        due = Markup("Evidence is due by {}").format(when(made["evidence_details"]["due_by"]))
        notes.append(due)
    return item(about, words, tone, notes, _decisions(forms, made, about))


def _standing(dispute: Json) -> tuple[str, str]:
    status: str = dispute["status"]
    return _STANDINGS.get(status, (status.replace("_", " ").capitalize(), "warn"))


def _decisions(forms: Forms, dispute: Json, about: str) -> Markup:
    if dispute["status"] in CLOSED:
        return Markup("")
    deeds = {"win": "The company wins", "lose": "The company loses"}
    if dispute["status"].startswith("warning_"):
        deeds = {"win": "The bank is satisfied", "escalate": "It becomes a dispute"}
    return forms.buttons({"id": dispute["id"]}, about, deeds)


def payout(_: State, __: Forms, made: Json) -> Markup:
    """Return a payout, which is finished as soon as it is made."""
    words = {"paid": ("Paid", "good"), "failed": ("Came back", "bad")}
    word, tone = words.get(made["status"], (made["status"].replace("_", " ").capitalize(), "warn"))
    failure: str = made["failure_message"] or ""
    notes: list[str | Markup] = [failure, when(made["created"])]
    return item(money(made["amount"], made["currency"]), word, tone, notes, Markup(""))


def account(_: State, forms: Forms, made: Json) -> Markup:
    """Return a partner's account, which may receive money or not."""
    name = made["display_name"] or made["contact_email"] or made["id"]
    recipient = made["configuration"]["recipient"]
    active = recipient is not None and (
        recipient["capabilities"]["stripe_balance"]["stripe_transfers"]["status"] == "active"
    )
    email = str(made["contact_email"] or "")
    notes: list[str | Markup] = [] if name == email else [email]
    if made["closed"]:
        return item(name, "Closed for good", "bad", notes, Markup(""))
    asked = [
        each
        for each in made["requirements"]["entries"]
        if each["minimum_deadline"]["status"] == "eventually_due" and active
    ]
    notes += [f"Stripe asks for: {ASKED.get(each['description'], each['description'])}" for each in asked]
    deeds = {"restrict": "Restrict it"} if active else {"activate": "Let it receive money"}
    if asked:
        deeds = {"activate": "Everything was handed in", **deeds}
    words, tone = ("Can receive money", "good") if active else ("Cannot receive money", "warn")
    hidden = {"id": made["id"]}
    acts = forms.buttons(hidden, name, deeds | {"close-account": "Close it"})
    choice = select("entry", "What Stripe asks for", ASKED, made["id"])
    time = select("within", "Until when", WITHIN, f"{made['id']}-within")
    more = forms.form(hidden, choice + time + submit("ask-more", "Ask for it", name))
    return item(name, words, tone, notes, acts + forms.opened("Ask for more…", name, more))


def transfer(state: State, forms: Forms, made: Json) -> Markup:
    """Return a transfer to a partner."""
    account = state.find(made["destination"]) or {}
    to = account.get("display_name") or account.get("contact_email") or made["destination"]
    about = f"{money(made['amount'], made['currency'])} to {to}"
    back = made["amount_reversed"]
    if made["reversed"]:
        return item(about, "All of it came back", "bad", [when(made["created"])], Markup(""))
    words, tone = ("Sent", "good")
    if back:
        words, tone = f"Sent, and {money(back, made['currency'])} came back", "warn"
    deeds = {"reverse-half": "Let half come back", "reverse": "Let all of it come back"}
    acts = forms.buttons({"id": made["id"]}, about, deeds)
    return item(about, words, tone, [when(made["created"])], acts)
