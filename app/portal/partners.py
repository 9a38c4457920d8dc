"""Which partner a person works for right now, where it works for several."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, redirect, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from app.edge import person, this_face
from app.portal.here import page
from kit.errors import NotFound
from storage.database import transaction
from storage.tenancy import Tenant
from tenants.access import switch_partner
from tenants.models import Partner

partners = Blueprint("partners", __name__)


@partners.get("/partners")
def index() -> Response:
    return page("portal/partners.html", choices=[(key, _name(key)) for key in person().partner_ids])


def _name(partner_id: UUID) -> str:
    # Each partner's name lies behind its own wall, so each is read in a transaction of its own.
    with Tenant(this_face().engine, partner_id).begin() as session:
        return session.execute(select(Partner.name).where(Partner.partner_id == partner_id)).scalar_one()


@partners.post("/partners")
def switch() -> Response:
    try:
        chosen = UUID(request.form.get("partner_id", ""))
    except ValueError:
        raise NotFound("You do not work for this partner.") from None
    with transaction(this_face().engine) as session:
        switch_partner(session, who=person(), partner_id=chosen)
    return redirect(url_for("home.index", store=None), 303)
