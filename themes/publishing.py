"""Publishing a draft, the history of what was published, and going back to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from storage import audit
from storage.revisions import store_changed
from tenants.models import Store
from themes.colour import TEXT, contrast
from themes.content import Content, content_of, theme_of
from themes.draft_changes import become
from themes.drafts import change_draft, current_version, newest
from themes.looks import publish_look
from themes.tokens import Look, look


@dataclass(frozen=True, slots=True)
class PublishedLook:
    """A look that was published once. ``shown`` is what shoppers see now."""

    look_id: UUID
    theme: str
    theme_label: str
    actor: str
    published_at: datetime
    shown: bool


_HISTORY = text("""
    SELECT k.look_id, k.theme, k.actor, k.created_at, k.look_id = s.published_look_id AS shown
      FROM look_versions k JOIN stores s ON s.partner_id = k.partner_id AND s.store_id = k.store_id
     WHERE k.partner_id = :partner_id AND k.store_id = :store_id AND s.partner_id = :partner_id
     ORDER BY k.created_at DESC, k.look_id DESC LIMIT :most
""")
_VERSION = text("""
    SELECT k.theme, k.settings, k.pages, s.published_look_id
      FROM look_versions k JOIN stores s ON s.partner_id = k.partner_id AND s.store_id = k.store_id
     WHERE k.partner_id = :partner_id AND k.store_id = :store_id AND k.look_id = :look_id
       AND s.partner_id = :partner_id
""")


def refuse_unreadable(shown: Look) -> None:
    """Raises Refusal for a look whose body text does not reach 4.5 to 1 on its ground, light or dark."""
    for colours in (shown.tokens, shown.dark):
        reached = contrast(colours["ink"], colours["paper"])
        if reached < TEXT:
            raise Refusal(
                f"Text on this ground reaches {int(reached * 10) / 10} to 1, and {TEXT} is needed for"
                " everybody to read it. Choose a lighter or a darker ground.",
                field="paper",
            )


def publish_draft(
    session: Session, *, partner_id: UUID, store_id: UUID, seen: int, actor: str, now: datetime
) -> UUID:
    """Let shoppers see the draft from the next request on, and return the look's key.

    Raises DraftChanged where somebody changed the draft since, and Refusal where nothing differs, where
    the look cannot be read, and where its theme is gone.
    """
    draft = newest(session, partner_id=partner_id, store_id=store_id, seen=seen, actor=actor, now=now)
    if not draft.differs:
        raise Refusal("Nothing differs from what is published.")
    content = draft.content
    theme = theme_of(content)
    if theme.id != content.theme.partition("@")[0]:
        raise Refusal("The theme of this draft is not installed any more. Choose a preset.", field="preset")
    refuse_unreadable(look(theme.name, content.settings))
    look_id = publish_look(
        session,
        partner_id=partner_id,
        store_id=store_id,
        theme=theme.name,
        settings=content.settings,
        pages=content.pages,
        actor=actor,
        now=now,
    )
    audit.record(
        session,
        actor=actor,
        action="look.published",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={"look_id": str(draft.published_look_id) if draft.published_look_id else None},
        after={"look_id": str(look_id), "theme": theme.name},
    )
    return look_id


def published_looks(
    session: Session, *, partner_id: UUID, store_id: UUID, most: int = 50
) -> tuple[PublishedLook, ...]:
    """Return what was published, the newest first."""
    rows = session.execute(_HISTORY, {"partner_id": partner_id, "store_id": store_id, "most": most})
    return tuple(
        PublishedLook(
            row.look_id,
            row.theme,
            theme_of(content_of(row.theme, {}, {})).label,
            row.actor,
            row.created_at,
            bool(row.shown),
        )
        for row in rows
    )


def published_look(session: Session, *, partner_id: UUID, store_id: UUID, look_id: UUID) -> Content:
    """Return a look that this store published once. Raises NotFound."""
    return _version(session, partner_id, store_id, look_id)[0]


def revert_look(
    session: Session, *, partner_id: UUID, store_id: UUID, look_id: UUID, actor: str, now: datetime
) -> None:
    """Let shoppers see a look of before again. The draft becomes it, too, as a step that can be undone.

    Raises NotFound for a look that is not this store's, and Refusal for the one that is shown already.
    """
    version = current_version(session, partner_id=partner_id, store_id=store_id)
    content, shown = _version(session, partner_id, store_id, look_id)
    if shown == look_id:
        raise Refusal("Shoppers see this look already.")
    change_draft(
        session,
        partner_id=partner_id,
        store_id=store_id,
        seen=version,
        make=become(content, mark=f"revert:{look_id}", words="An earlier look published again"),
        actor=actor,
        now=now,
    )
    session.execute(
        update(Store)
        .where(Store.partner_id == partner_id, Store.store_id == store_id)
        .values(published_look_id=look_id)
    )
    store_changed(session, store_id=store_id)
    audit.record(
        session,
        actor=actor,
        action="look.reverted",
        subject=f"store:{store_id}",
        partner_id=partner_id,
        now=now,
        before={"look_id": str(shown) if shown else None},
        after={"look_id": str(look_id), "theme": content.theme},
    )


def _version(
    session: Session, partner_id: UUID, store_id: UUID, look_id: UUID
) -> tuple[Content, UUID | None]:
    row = session.execute(
        _VERSION, {"partner_id": partner_id, "store_id": store_id, "look_id": look_id}
    ).one_or_none()
    if row is None:
        raise NotFound("There is no such look in this store's history.")
    return content_of(row.theme, row.settings, row.pages), row.published_look_id
