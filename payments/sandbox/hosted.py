"""The pages that Stripe would host: paying a session, its 3-D Secure step, and onboarding an account."""

from __future__ import annotations

from markupsafe import Markup
from werkzeug.exceptions import HTTPException, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from payments.sandbox.errors import Json, StripeError
from payments.sandbox.lines import choose_delivery
from payments.sandbox.onboarding import onboard, open_link
from payments.sandbox.outcomes import Attempt, Outcome
from payments.sandbox.paying import Payment, answer_challenge, attempt
from payments.sandbox.rendering import FOLDER, Entered, checkout, document, money
from payments.sandbox.sessions import retrieve_session
from payments.sandbox.state import State

_MAP = Map(
    [
        Rule("/assets/page.css", methods=["GET"], endpoint="style"),
        Rule("/c/pay/<id>", methods=["GET"], endpoint="show"),
        Rule("/c/pay/<id>", methods=["POST"], endpoint="pay"),
        Rule("/c/pay/<id>/delivery", methods=["POST"], endpoint="deliver"),
        Rule("/c/pay/<id>/authenticate", methods=["GET"], endpoint="challenge"),
        Rule("/c/pay/<id>/authenticate", methods=["POST"], endpoint="authenticate"),
        Rule("/onboarding/<id>", methods=["GET"], endpoint="onboarding"),
        Rule("/onboarding/<id>", methods=["POST"], endpoint="onboarded"),
    ]
)
_ADDRESS = ("line1", "line2", "postal_code", "city", "state", "country")


class Pages:
    """Answers a browser."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._css = (FOLDER / "page.css").read_bytes()

    def __call__(self, http: Request) -> Response:
        try:
            name, values = _MAP.bind("").match(http.path, method=http.method)
            with self._state.store.transaction():
                answer: Response = getattr(self, f"_{name}")(http, values.get("id", ""))
        except (NotFound, StripeError) as refusal:
            if isinstance(refusal, StripeError) and refusal.status != 404:
                answer = self._message("This cannot be done", str(refusal), status=refusal.status)
            else:
                answer = self._message("There is nothing here", "The address may be cut short.", status=404)
        except HTTPException as problem:
            answer = self._message(
                "This cannot be done", str(problem.description), status=problem.code or 400
            )
        answer.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        answer.headers["X-Content-Type-Options"] = "nosniff"
        answer.headers["Referrer-Policy"] = "same-origin"
        return answer

    def _page(self, html: str, status: int = 200) -> Response:
        answer = Response(html, status, mimetype="text/html")
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def _message(
        self, heading: str, text: str, *, status: int = 200, way: tuple[str, str] | None = None
    ) -> Response:
        return self._page(
            document(
                self._state.merchant_name,
                heading,
                "message.html",
                heading=heading,
                text=text,
                way=Markup('<p><a href="{}">{}</a></p>').format(*way) if way else "",
            ),
            status,
        )

    def _style(self, http: Request, _: str) -> Response:
        return Response(self._css, mimetype="text/css", headers={"Cache-Control": "max-age=300"})

    def _show(self, http: Request, identifier: str) -> Response:
        session = retrieve_session(self._state, identifier)
        if session["status"] != "open":
            return self._closed(session)
        return self._form(session, self._said(session))

    def _said(self, session: Json) -> Entered:
        """Return what an earlier attempt left to be said: the reason why the card was declined."""
        known = session["customer_details"] or {}
        values = {name: known[name] for name in ("email", "name", "phone") if known.get(name)}
        values |= {name: text for name, text in (known.get("address") or {}).items() if text}
        intent = self._state.find(session["payment_intent"] or "")
        failure = intent["last_payment_error"] if intent else None
        return Entered(values, notice=failure["message"] if failure else "")

    def _form(self, session: Json, entered: Entered, status: int = 200) -> Response:
        state = self._state
        lines = state.store.private(session["id"])["lines"]
        rates = [
            state.require("shipping_rate", each["shipping_rate"]) for each in session["shipping_options"]
        ]
        return self._page(checkout(state.merchant_name, session, lines, rates, entered), status)

    def _closed(self, session: Json) -> Response:
        if session["status"] == "complete":
            return redirect(_success(session), 303)
        way = (session["cancel_url"], "Go back to the shop") if session["cancel_url"] else None
        return self._message(
            "This payment page has expired",
            "Nothing was paid. Go back to your cart to start again.",
            status=410,
            way=way,
        )

    def _deliver(self, http: Request, identifier: str) -> Response:
        session = retrieve_session(self._state, identifier)
        if session["status"] != "open":
            return self._closed(session)
        choose_delivery(session, http.form.get("shipping_rate", ""))
        self._state.store.update(session)
        return self._form(session, Entered(_values(http)))

    def _pay(self, http: Request, identifier: str) -> Response:
        session = retrieve_session(self._state, identifier)
        if session["status"] != "open":
            return self._closed(session)
        values = _values(http)
        problems = _problems(session, values)
        if values.get("shipping_rate"):
            choose_delivery(session, values["shipping_rate"])
        if problems:
            return self._form(session, Entered(values, problems), 422)
        if values.get("total") != str(session["amount_total"]):
            # A person pays the amount that was on the button, and no other.
            self._state.store.update(session)
            total = money(session["amount_total"], session["currency"])
            return self._form(session, Entered(values, notice=f"The total is now {total}. Pay again."), 409)
        try:
            made = attempt(self._state, identifier, _payment(values))
        except StripeError as refusal:
            if refusal.status != 402:
                raise
            return self._form(session, Entered(values, {"number": str(refusal)}), 422)
        return self._after(made, values)

    def _after(self, made: Attempt, values: dict[str, str]) -> Response:
        session = made.session
        if made.outcome is Outcome.CHALLENGE:
            return redirect(f"/c/pay/{session['id']}/authenticate", 303)
        if made.outcome is Outcome.DECLINED:
            return self._form(session, Entered(values, notice=made.message), 402)
        return self._closed(session)

    def _challenge(self, http: Request, identifier: str) -> Response:
        session = retrieve_session(self._state, identifier)
        if session["status"] != "open":
            return self._closed(session)
        intent = self._state.find(session["payment_intent"] or "")
        if intent is None or intent["status"] != "requires_action":
            return redirect(f"/c/pay/{identifier}", 303)
        return self._page(
            document(
                self._state.merchant_name,
                "Confirm that it is you",
                "authenticate.html",
                session=identifier,
                total=money(session["amount_total"], session["currency"]),
            )
        )

    def _authenticate(self, http: Request, identifier: str) -> Response:
        made = answer_challenge(self._state, identifier, passed=http.form.get("outcome") == "complete")
        if made.outcome is Outcome.DECLINED:
            return redirect(f"/c/pay/{identifier}", 303)
        return self._closed(made.session)

    def _onboarding(self, http: Request, token: str) -> Response:
        account, ways = open_link(self._state, token)
        if ways["expired"]:
            return redirect(ways["refresh_url"] or "/", 303)
        name = account["display_name"] or account["contact_email"] or account["id"]
        return self._page(
            document(self._state.merchant_name, "Set up payouts", "onboarding.html", owner=name, token=token)
        )

    def _onboarded(self, http: Request, token: str) -> Response:
        account, ways = open_link(self._state, token)
        if ways["expired"]:
            return redirect(ways["refresh_url"] or "/", 303)
        if http.form.get("outcome") == "complete":
            onboard(self._state, account["id"])
        if ways["return_url"]:
            return redirect(ways["return_url"], 303)
        return self._message("Done", "You can close this page.")


def _success(session: Json) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def _values(http: Request) -> dict[str, str]:
    return {name: value.strip() for name, value in http.form.items()}


def _problems(session: Json, values: dict[str, str]) -> dict[str, str]:
    """Return what is wrong with the answers, a sentence for each field."""
    problems: dict[str, str] = {}
    before, at, after = values.get("email", "").partition("@")
    if not (before and at and "." in after):
        problems["email"] = "Enter an e-mail address such as name@example.com."
    if not values.get("name"):
        problems["name"] = "Enter your name."
    if session["phone_number_collection"]["enabled"] and not values.get("phone"):
        problems["phone"] = "Enter a phone number."
    allowed = (session["shipping_address_collection"] or {}).get("allowed_countries")
    if allowed or session["billing_address_collection"] == "required":
        asked = (("line1", "an address"), ("postal_code", "a postcode"), ("city", "a city"))
        problems |= {name: f"Enter {what}." for name, what in asked if not values.get(name)}
        country = values.get("country", "").upper()
        if len(country) != 2 or (allowed and country not in allowed):
            problems["country"] = "Choose a country that is delivered to."
    return problems


def _payment(values: dict[str, str]) -> Payment:
    chosen = values.get("number") or values.get("method", "")
    return Payment(
        card=None if chosen.startswith("debit") else chosen,
        debit_fails=chosen == "debit_fails",
        email=values["email"],
        name=values["name"],
        phone=values.get("phone") or None,
        address={name: values[name] for name in _ADDRESS if values.get(name)},
        shipping_rate=values.get("shipping_rate") or None,
    )
