"""The draft of a store's look: changed by whoever saw its newest version, undone and done again.

A store has one draft. It begins as the published look when it is first changed, and it is kept when it is
published, so that its steps still lead back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from kit.errors import NotFound, Refusal
from storage.database import insert_rows
from themes.content import Content, content_of, nameless
from themes.draft_changes import Change, Maker
from themes.models import LookDraft, LookStep

MOST_STEPS = 100
# Letters typed one after the other are one step back, and so is a slider that is drawn.
_ONE_STEP = timedelta(seconds=4)


@dataclass(frozen=True, slots=True)
class Draft:
    """A store's draft, or its published look where nobody has begun one: then ``version`` is 0.

    ``undo`` and ``redo`` say in words what a step would change, and are empty where there is none.
    ``changed_by`` and ``changed_at`` are None as long as ``version`` is 0.
    """

    version: int
    content: Content
    published: Content
    published_look_id: UUID | None
    undo: str
    redo: str
    changed_by: str | None
    changed_at: datetime | None

    @property
    def differs(self) -> bool:
        """Whether publishing would change anything."""
        return nameless(self.content) != nameless(self.published)


class DraftChanged(Refusal):
    """Somebody else changed the draft since the one who asks has seen it; nothing was changed by it.

    ``changes`` say in words what was done meanwhile, the oldest first.
    """

    def __init__(self, draft: Draft, changes: tuple[str, ...]) -> None:
        super().__init__(f"{draft.changed_by} changed this draft while you were looking at it.")
        self.draft = draft
        self.changes = changes


_READ = text("""
    SELECT coalesce(d.version, 0) AS version, d.step, d.actor, d.changed_at, s.published_look_id,
           k.theme AS published_theme, k.settings AS published_settings, k.pages AS published_pages,
           t.theme, t.settings, t.pages, t.words AS undo,
           (SELECT b.step FROM look_steps b WHERE b.partner_id = :partner_id AND b.store_id = :store_id
               AND b.step < d.step ORDER BY b.step DESC LIMIT 1) AS step_before,
           (SELECT n.words FROM look_steps n WHERE n.partner_id = :partner_id AND n.store_id = :store_id
               AND n.step = d.step + 1) AS redo
      FROM stores s
      LEFT JOIN look_versions k ON k.partner_id = s.partner_id AND k.look_id = s.published_look_id
      LEFT JOIN look_drafts d ON d.partner_id = s.partner_id AND d.store_id = s.store_id
      LEFT JOIN look_steps t ON t.partner_id = d.partner_id AND t.store_id = d.store_id AND t.step = d.step
     WHERE s.partner_id = :partner_id AND s.store_id = :store_id
""")
_LOCK = text("""
    SELECT d.version FROM look_drafts d WHERE d.partner_id = :partner_id AND d.store_id = :store_id FOR UPDATE
""")
_MOVE = text("""
    UPDATE look_drafts SET version = version + 1, step = :step, actor = :actor, changed_at = :now
     WHERE partner_id = :partner_id AND store_id = :store_id
""")
_FORGET = text("""
    DELETE FROM look_steps WHERE partner_id = :partner_id AND store_id = :store_id
       AND (step > :step OR step <= :step - :most)
""")
_LAST = text("""
    SELECT t.step, t.mark, t.actor, t.at FROM look_steps t
     WHERE t.partner_id = :partner_id AND t.store_id = :store_id AND t.step >= :step
     ORDER BY t.step DESC LIMIT 1
""")
_SINCE = text("""
    SELECT t.words FROM look_steps t
     WHERE t.partner_id = :partner_id AND t.store_id = :store_id AND t.version > :seen ORDER BY t.step
""")


def read_draft(session: Session, *, partner_id: UUID, store_id: UUID) -> Draft:
    """Return a store's draft; its published look where it has none. Raises NotFound for no such store."""
    return _draft(_row(session, partner_id, store_id))


def change_draft(
    session: Session, *, partner_id: UUID, store_id: UUID, seen: int, make: Maker, actor: str, now: datetime
) -> Change:
    """Change the draft, as somebody does who has seen this version of it.

    Raises DraftChanged where that is not the newest, and whatever ``make`` raises. What changes nothing
    is no step.
    """
    row = _begin(session, partner_id, store_id, seen, actor, now)
    draft = _draft(row)
    change = make(draft.content)
    if change.content != draft.content:
        _keep(session, partner_id, store_id, row, change, actor, now)
    return change


def step_back(
    session: Session, *, partner_id: UUID, store_id: UUID, seen: int, actor: str, now: datetime
) -> str:
    """Undo the newest change, and return its words. Raises DraftChanged, or Refusal where none is left."""
    row = _begin(session, partner_id, store_id, seen, actor, now)
    if row.step_before is None:
        raise Refusal("There is nothing left to undo.")
    _move(session, partner_id, store_id, row.step_before, actor, now)
    return str(row.undo)


def step_forward(
    session: Session, *, partner_id: UUID, store_id: UUID, seen: int, actor: str, now: datetime
) -> str:
    """Do again what was undone, and return its words. Raises DraftChanged, or Refusal."""
    row = _begin(session, partner_id, store_id, seen, actor, now)
    if row.redo is None:
        raise Refusal("There is nothing to do again.")
    _move(session, partner_id, store_id, row.step + 1, actor, now)
    return str(row.redo)


def newest(
    session: Session, *, partner_id: UUID, store_id: UUID, seen: int, actor: str, now: datetime
) -> Draft:
    """Return the draft, locked until the transaction ends. Raises DraftChanged for another version."""
    return _draft(_begin(session, partner_id, store_id, seen, actor, now))


def current_version(session: Session, *, partner_id: UUID, store_id: UUID) -> int:
    """The draft's version, locked where there is a draft; for what does not depend on what it shows."""
    found = session.execute(_LOCK, {"partner_id": partner_id, "store_id": store_id}).scalar_one_or_none()
    return found or 0


def _begin(
    session: Session, partner_id: UUID, store_id: UUID, seen: int, actor: str, now: datetime
) -> Row[Any]:
    """The draft, locked and begun where there was none."""
    keys = {"partner_id": partner_id, "store_id": store_id}
    if session.execute(_LOCK, keys).one_or_none() is None:
        _create(session, partner_id, store_id, actor, now)
        # Whoever began one at the same moment was waited for, and has left a version to be judged by.
        session.execute(_LOCK, keys)
    row = _row(session, partner_id, store_id)
    if row.version != seen:
        since = session.execute(_SINCE, {**keys, "seen": seen}).scalars().all()
        raise DraftChanged(_draft(row), tuple(since))
    return row


def _create(session: Session, partner_id: UUID, store_id: UUID, actor: str, now: datetime) -> None:
    content = _draft(_row(session, partner_id, store_id)).content
    keys = {"partner_id": partner_id, "store_id": store_id}
    draft = {**keys, "version": 0, "step": 0, "actor": actor, "changed_at": now}
    if insert_rows(session, LookDraft, [draft], unless_there=True):
        change = Change(content, "", "Published look")
        insert_rows(session, LookStep, [_step(keys, 0, change, 0, actor, now)])


def _keep(
    session: Session,
    partner_id: UUID,
    store_id: UUID,
    row: Row[Any],
    change: Change,
    actor: str,
    now: datetime,
) -> None:
    keys = {"partner_id": partner_id, "store_id": store_id}
    last = session.execute(_LAST, {**keys, "step": row.step}).one()
    same = last.step == row.step and (last.mark, last.actor) == (change.mark, actor) and row.step > 0
    if same and now - last.at < _ONE_STEP:
        session.execute(
            LookStep.__table__.update()  # type: ignore[attr-defined]
            .where(
                LookStep.partner_id == partner_id, LookStep.store_id == store_id, LookStep.step == row.step
            )
            .values(
                theme=change.content.theme,
                settings=change.content.settings,
                pages=change.content.pages,
                version=row.version + 1,
                at=now,
            )
        )
        _move(session, partner_id, store_id, row.step, actor, now)
        return
    step = row.step + 1
    session.execute(_FORGET, {**keys, "step": row.step, "most": MOST_STEPS - 1})
    insert_rows(session, LookStep, [_step(keys, step, change, row.version + 1, actor, now)])
    _move(session, partner_id, store_id, step, actor, now)


def _step(
    keys: dict[str, UUID], step: int, change: Change, version: int, actor: str, now: datetime
) -> dict[str, Any]:
    return {
        **keys,
        "step": step,
        "theme": change.content.theme,
        "settings": change.content.settings,
        "pages": change.content.pages,
        "mark": change.mark,
        "words": change.words,
        "version": version,
        "actor": actor,
        "at": now,
    }


def _move(session: Session, partner_id: UUID, store_id: UUID, step: int, actor: str, now: datetime) -> None:
    session.execute(
        _MOVE, {"partner_id": partner_id, "store_id": store_id, "step": step, "actor": actor, "now": now}
    )


def _row(session: Session, partner_id: UUID, store_id: UUID) -> Row[Any]:
    row = session.execute(_READ, {"partner_id": partner_id, "store_id": store_id}).one_or_none()
    if row is None:
        raise NotFound("There is no such store.")
    return row


def _draft(row: Row[Any]) -> Draft:
    published = content_of(row.published_theme, row.published_settings, row.published_pages)
    begun = row.theme is not None
    return Draft(
        version=row.version,
        content=Content(row.theme, row.settings, row.pages) if begun else published,
        published=published,
        published_look_id=row.published_look_id,
        undo=row.undo if begun and row.step_before is not None else "",
        redo=row.redo or "",
        changed_by=row.actor if row.version else None,
        changed_at=row.changed_at if row.version else None,
    )
