"""Icons, inline: a handful from Lucide (ISC licence, copyright Lucide Contributors)."""

from __future__ import annotations

from markupsafe import Markup

_SHAPES = {
    "check": ('<path d="M20 6 9 17l-5-5"/>'),
    "circle-alert": (
        '<circle cx="12" cy="12" r="10"/>'
        '<line x1="12" x2="12" y1="8" y2="12"/>'
        '<line x1="12" x2="12.01" y1="16" y2="16"/>'
    ),
    "search": ('<path d="m21 21-4.34-4.34"/><circle cx="11" cy="11" r="8"/>'),
    "shopping-bag": (
        '<path d="M16 10a4 4 0 0 1-8 0"/>'
        '<path d="M3.103 6.034h17.794"/>'
        '<path d="M3.4 5.467a2 2 0 0 0-.4 1.2V20a2 2 0 0 0 2 2h14a2 2 0 0 0 2-2V6.667a2 2 0 0 '
        '0-.4-1.2l-2-2.667A2 2 0 0 0 17 2H7a2 2 0 0 0-1.6.8z"/>'
    ),
    "truck": (
        '<path d="M14 18V6a2 2 0 0 0-2-2H4a2 2 0 0 0-2 2v11a1 1 0 0 0 1 1h2"/>'
        '<path d="M15 18H9"/>'
        '<path d="M19 18h2a1 1 0 0 0 1-1v-3.65a1 1 0 0 0-.22-.624l-3.48-4.35A1 1 0 0 0 17.52 8H14"/>'
        '<circle cx="17" cy="18" r="2"/>'
        '<circle cx="7" cy="18" r="2"/>'
    ),
    "package": (
        '<path d="M11 21.73a2 2 0 0 0 2 0l7-4A2 2 0 0 0 21 16V8a2 2 0 0 0-1-1.73l-7-4a2 2 0 0 0-2 0l-7 4A2 '
        '2 0 0 0 3 8v8a2 2 0 0 0 1 1.73z"/>'
        '<path d="M12 22V12"/>'
        '<polyline points="3.29 7 12 12 20.71 7"/>'
        '<path d="m7.5 4.27 9 5.15"/>'
    ),
    "clock": ('<circle cx="12" cy="12" r="10"/><path d="M12 6v6l4 2"/>'),
    "package-check": (
        '<path d="M12 22V12"/>'
        '<path d="m16 17 2 2 4-4"/>'
        '<path d="M21 11.127V8a2 2 0 0 0-1-1.73l-7-4a2 2 0 0 0-2 0l-7 4A2 2 0 0 0 3 8v8a2 2 0 0 0 1 '
        '1.729l7 4a2 2 0 0 0 2 .001l1.32-.753"/>'
        '<path d="M3.29 7 12 12l8.71-5"/>'
        '<path d="m7.5 4.27 8.997 5.148"/>'
    ),
    "circle-check": ('<circle cx="12" cy="12" r="10"/><path d="m16 9-5.5 5.5L8 12"/>'),
    "circle-x": ('<circle cx="12" cy="12" r="10"/><path d="m15 9-6 6"/><path d="m9 9 6 6"/>'),
    "list-filter": ('<path d="M2 5h20"/><path d="M6 12h12"/><path d="M9 19h6"/>'),
    "user": ('<path d="M19 21v-2a4 4 0 0 0-4-4H9a4 4 0 0 0-4 4v2"/><circle cx="12" cy="7" r="4"/>'),
    "x": ('<path d="M18 6 6 18"/><path d="m6 6 12 12"/>'),
}


def icon(name: str, size: int = 18) -> Markup:
    """Return an icon that says nothing by itself: a word stands beside it. Raises KeyError."""
    line = (
        'fill="none" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round"'
    )
    box = f'class="icon" width="{size}" height="{size}" viewBox="0 0 24 24"'
    return Markup(f'<svg {box} {line} aria-hidden="true">{_SHAPES[name]}</svg>')  # noqa: S704
