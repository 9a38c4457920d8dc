"""Templates of themes that failed, as the company's work queue shows them until they are mended."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, text
from sqlalchemy.orm import Session

from kit.errors import NotFound
from themes.models import ThemeFailure

_LONGEST = 500
_NOTE = text("""
    INSERT INTO theme_failures (theme, template, problem, first_at, last_at)
    VALUES (:theme, :template, :problem, :now, :now)
    ON CONFLICT (theme, template) DO UPDATE SET problem = excluded.problem, last_at = excluded.last_at
""")


def note_failure(connection: Connection, *, theme: str, template: str, problem: str, now: datetime) -> None:
    """Note that a theme's template failed, such as ``templates/product.html``, and why."""
    values = {"theme": theme, "template": template, "problem": problem[:_LONGEST], "now": now}
    connection.execute(_NOTE, values)


def failures(session: Session) -> list[ThemeFailure]:
    """Every template that failed and was not put away since, the latest first."""
    return list(session.scalars(select(ThemeFailure).order_by(ThemeFailure.last_at.desc())))


def put_away(session: Session, *, theme: str, template: str) -> None:
    """Forget a failure that was mended; it comes back if the template fails again. Raises NotFound."""
    gone = delete(ThemeFailure).where(ThemeFailure.theme == theme, ThemeFailure.template == template)
    if session.execute(gone.returning(ThemeFailure.theme)).one_or_none() is None:
        raise NotFound("This failure has been put away already.")
