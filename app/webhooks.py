"""Where Stripe tells us what happened: verified, stored, and answered at once."""

from __future__ import annotations

from flask import Blueprint, request
from werkzeug.wrappers import Response

from app.edge import now, services, signed_elsewhere, this_face
from payments.gateway.errors import SignatureInvalid
from payments.inbox import receive

webhooks = Blueprint("webhooks", __name__)

_LARGEST = 1 << 20


@webhooks.post("/webhooks/stripe")
@signed_elsewhere
def stripe() -> Response:
    """Store a signed event. 400 for a signature that is not ours, or too old; 200 also for a repeat."""
    if (request.content_length or 0) > _LARGEST:
        return Response("too large", 413)
    try:
        event = services().gateway.verify(request.get_data(), request.headers.get("Stripe-Signature", ""))
    except SignatureInvalid as error:
        return Response(error.message, 400)
    receive(this_face().engine, event=event, now=now())
    return Response("", 200)
