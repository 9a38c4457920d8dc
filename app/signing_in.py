"""Signing in and out, forgotten passwords, invitations: the same for portal and console."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, redirect, request, url_for
from jinja2 import Environment
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from app.edge import db, now, set_cookie, this_face, visitor
from app.ui.rendering import answer
from app.ui.toasts import say
from kit.errors import Refusal
from storage.database import transaction
from storage.jobs import Job, enqueue
from tenants import access
from tenants.models import Company
from tenants.passwords import LONGEST, SHORTEST

_TITLES = {"portal": "Partners", "console": "Console"}
_LOCAL_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")


def company_name(session: Session) -> str:
    """The company's name, for pages of people who are not signed in. Empty before it is set up."""
    return session.scalar(select(Company.name)) or ""


def local_path(wanted: str) -> str:
    """A path of this face to go to; the first page where something else was asked for."""
    return wanted if len(wanted) < 2000 and _LOCAL_PATH.fullmatch(wanted) else "/"


def sign_in_blueprint(face_name: str, environment: Environment) -> Blueprint:
    """Make the blueprint ``sign_in`` of a face. Register it for anyone.

    Addresses: ``/sign-in``, ``/sign-out``, ``/forgotten``, ``/reset/<token>``, ``/welcome/<token>``.
    """
    views = Blueprint("sign_in", __name__)

    def page(template: str, status: int = 200, **context: Any) -> Response:
        context |= {"brand": company_name(db()), "face_title": _TITLES[face_name]}
        return answer(environment, f"ui/signing_in/{template}", context, status)

    def let_in(cookie: str, to: str) -> Response:
        response = redirect(to, 303)
        set_cookie(response, this_face().session_cookie, cookie, days=access.SESSION_LIFE.days)
        return response

    @views.get("/sign-in")
    def form() -> Response:
        going_to = local_path(request.args.get("next", "/"))
        if visitor() is not None:
            return redirect(going_to, 303)
        return page("sign_in.html", email="", going_to=going_to, error="")

    @views.post("/sign-in")
    def sign_in() -> Response:
        email, going_to = request.form.get("email", "")[:254], local_path(request.form.get("next", "/"))
        try:
            cookie = access.sign_in(
                this_face().engine,
                face=face_name,
                email=email,
                password=request.form.get("password", ""),
                address=request.remote_addr or "",
                user_agent=request.user_agent.string,
                now=now(),
            )
        except access.SignInRefused as refusal:
            return page("sign_in.html", 422, email=email, going_to=going_to, error=refusal.message)
        return let_in(cookie, going_to)

    @views.post("/sign-out")
    def sign_out() -> Response:
        signed_in = visitor()
        if signed_in is not None:
            with transaction(this_face().engine) as session:
                access.sign_out(session, token_hash=signed_in.token_hash, now=now())
        say("You are signed out.")
        response = redirect(url_for("sign_in.form"), 303)
        response.delete_cookie(this_face().session_cookie, path="/")
        return response

    @views.get("/forgotten")
    def forgotten() -> Response:
        return page("forgotten.html", sent_to="")

    @views.post("/forgotten")
    def send_reset() -> Response:
        # The answer is the same whether or not somebody has this address: it tells nobody who is here.
        email = request.form.get("email", "").strip()[:254]
        with transaction(this_face().engine) as session:
            person = access.find_person(session, email=email, face=face_name)
            if person is not None:
                enqueue(session, Job("person.reset", {"person_id": str(person.person_id), "face": face_name}))
        return page("forgotten.html", sent_to=email or "the address")

    @views.get("/welcome/<token>")
    def welcome(token: str) -> Response:
        return _password_page(token, {})

    @views.get("/reset/<token>")
    def reset(token: str) -> Response:
        return _password_page(token, {})

    @views.post("/welcome/<token>")
    def accept(token: str) -> Response:
        return _use(token)

    @views.post("/reset/<token>")
    def set_new(token: str) -> Response:
        return _use(token)

    def _password_page(token: str, errors: dict[str, str]) -> Response:
        try:
            with transaction(this_face().engine) as session:
                link, person = access.peek_link(session, token=token, face=face_name, now=now())
        except access.LinkSpent as spent:
            return page("link_spent.html", 410, message=spent.message)
        response = page(
            "password.html",
            422 if errors else 200,
            invited=link.purpose == "invitation",
            known=person.password_hash is not None,
            name=person.name,
            email=person.email,
            errors=errors,
            shortest=SHORTEST,
            longest=LONGEST,
        )
        # The address is a key, so it is not told to whoever is linked from here.
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def _use(token: str) -> Response:
        password = request.form.get("password", "")
        if password != request.form.get("again", ""):
            return _password_page(token, {"again": "The two passwords differ. Write the same one twice."})
        try:
            with transaction(this_face().engine) as session:
                link, _ = access.peek_link(session, token=token, face=face_name, now=now())
                person_id = access.use_link(
                    session, token=token, face=face_name, password=password, now=now()
                )
                cookie = access.open_session(
                    session,
                    face=face_name,
                    person_id=person_id,
                    partner_id=link.partner_id,
                    user_agent=request.user_agent.string,
                    now=now(),
                )
        except access.LinkSpent as spent:
            return page("link_spent.html", 410, message=spent.message)
        except Refusal as refusal:
            return _password_page(token, {refusal.field: refusal.message})
        return let_in(cookie, "/")

    return views
