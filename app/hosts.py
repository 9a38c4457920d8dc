"""Which face answers on which host. The host is looked up exactly, and an unknown one leads nowhere."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.middleware.proxy_fix import ProxyFix

from app.services import Services
from storage import schema

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


# A job that could have begun minutes ago and has not: no worker runs, or it does not keep up.
_STUCK = text("""
    SELECT count(*) FROM procrastinate_jobs j
     WHERE j.status = 'todo' AND (j.scheduled_at IS NULL OR j.scheduled_at < now() - interval '5 minutes')
       AND EXISTS (SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'deferred'
                      AND e.at < now() - interval '5 minutes')
""")


class Hosts:
    """The program as one WSGI application: health for every host, then the host's face.

    Each face is an application of its own, so that no route, cookie or database role of one can be
    reached through another.
    """

    def __init__(
        self, services: Services, *, faces: dict[str, WSGIApplication], store: WSGIApplication
    ) -> None:
        self._services = services
        self._faces = faces
        self._store = store
        self._migrated = False
        # A shopper's address is what the nearest of our own proxies says; what stands before it, anybody may
        # have written. Scheme and host are never taken from a request.
        proxies = services.config.proxies
        self._seen: WSGIApplication = self._answer
        if proxies:
            self._seen = ProxyFix(self._answer, x_for=proxies, x_proto=0, x_host=0, x_port=0, x_prefix=0)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._seen(environ, start_response)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/healthz":
            return _json(start_response, "200 OK", {"status": "ok"})
        if path == "/readyz":
            problems = self.problems()
            status = "503 Service Unavailable" if problems else "200 OK"
            return _json(start_response, status, {"status": "not ready" if problems else "ready", **problems})
        host = environ.get("HTTP_HOST", "").rsplit(":", 1)[0].lower()
        return self._faces.get(host, self._store)(environ, start_response)

    def problems(self) -> dict[str, str]:
        """What keeps this process from serving: database, migrations, queue. Empty when nothing does."""
        try:
            with self._services.face.connect() as connection:
                # Asked until it is true once: a schema never goes back under a running program.
                self._migrated = self._migrated or schema.is_current(self._services.face)
                if not self._migrated:
                    return {"migrations": "the database needs `awning migrate`"}
                stuck = connection.execute(_STUCK).scalar_one()
        except SQLAlchemyError:
            return {"database": "the database does not answer"}
        return {"queue": f"{stuck} jobs wait for more than five minutes"} if stuck else {}


def _json(start_response: StartResponse, status: str, body: dict[str, str]) -> list[bytes]:
    data = json.dumps(body).encode()
    start_response(
        status,
        [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(data))),
            ("Cache-Control", "no-store"),
        ],
    )
    return [data]
