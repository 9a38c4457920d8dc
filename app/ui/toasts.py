"""One sentence that the page after a redirect shows, and how to take back what it tells of."""

from __future__ import annotations

from dataclasses import dataclass

from flask import flash, get_flashed_messages


@dataclass(frozen=True, slots=True)
class Toast:
    """``undo`` is the address that a POST takes it back with, and ``what`` tells it which; both are
    empty when nothing can be taken back."""

    sentence: str
    undo: str = ""
    what: str = ""


def say(sentence: str, *, undo: str = "", what: str = "") -> None:
    """Let the next page show a sentence."""
    # The session's cookie is JSON, so what goes in is plain.
    flash([sentence, undo, what])  # type: ignore[arg-type]


def toasts() -> list[Toast]:
    """What the page is to show; each is shown once."""
    return [Toast(*values) for values in get_flashed_messages()]
