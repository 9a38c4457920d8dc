"""Putting the program together: each face behind its host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.hosts import Hosts
from app.services import Services

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def create_app(services: Services) -> Hosts:
    """Make the program as one WSGI application."""
    from app.console.face import create as create_console
    from app.portal.face import create as create_portal
    from app.site.face import create as create_site
    from app.store.face import create as create_store

    config = services.config
    faces: dict[str, WSGIApplication] = {
        config.site_host: create_site(services),
        config.portal_host: create_portal(services),
        config.console_host: create_console(services),
    }
    if config.environment != "production" and not config.smtp_url:
        from app.demo.mailbox import create as create_mailbox

        faces[config.mailbox_host] = create_mailbox(services)
    return Hosts(services, faces=faces, store=create_store(services))
