"""Things of cloth that are not worn: tote, cushion, tea towel."""

from __future__ import annotations

from app.demo.art.colours import colour
from app.demo.art.prints import Print
from app.demo.art.sheet import DUSK, Sheet, rectangle, stitch

_TOTE = "M92 204 L308 204 L320 428 Q320 438 311 438 L89 438 Q80 438 80 428 Z"
_CUSHION = (
    "M62 116 C112 132 288 132 338 116 C346 112 350 116 346 124 C330 174 330 330 346 380 C350 388 346 392 "
    "338 388 "
    "C288 372 112 372 62 388 C54 392 50 388 54 380 C70 330 70 174 54 124 C50 116 54 112 62 116Z"
)


def tote(sheet: Sheet, fill: str, design: Print) -> str:
    """A canvas tote that stands by itself."""
    clip, clip_def = sheet.clip(_TOTE)
    side, side_def = sheet.gradient((0, DUSK, 0.16), (0.2, DUSK, 0), (0.8, DUSK, 0), (1, DUSK, 0.2))
    behind = "M146 206 C140 66 252 62 254 206"
    front = "M138 206 C136 90 262 90 262 206"
    folds = sheet.folds(
        8,
        ("M112 206 C124 280 110 360 122 440 L96 440 L92 206Z", DUSK, 0.12),
        ("M262 206 C284 260 292 340 276 440 L304 440 L300 206Z", DUSK, 0.12),
        ("M176 206 C170 280 184 330 176 440 L196 440 C200 330 190 280 200 206Z", "#fff", 0.1),
        ("M80 426 C160 408 240 408 320 426 L320 440 L80 440Z", DUSK, 0.2),
    )
    return (
        f"{sheet.standing(202, 440, 126, 11, 0.32)}<defs>{clip_def}{side_def}</defs>"
        f'<path d="{behind}" fill="none" stroke="{fill}" stroke-width="14"/>'
        f'<path d="{behind}" fill="none" stroke="{DUSK}" stroke-opacity=".26" stroke-width="14"/>'
        f'<path d="{_TOTE}" fill="{fill}"/><g clip-path="url(#{clip})">{design.at(125, 254, 150)}{folds}'
        f'<rect x="80" y="200" width="240" height="240" fill="url(#{side})"/>'
        f'<path d="M80 204H320V228H80Z" fill="{DUSK}" opacity=".05"/></g>{stitch("M91 228 L309 228", 0.26)}'
        f'<path d="{front}" fill="none" stroke="{fill}" stroke-width="15"/>'
        f'<path d="{front}" fill="none" stroke="#fff" stroke-opacity=".14" stroke-width="5"/>'
        f'<path d="M130.5 206V229H145.5V206M254.5 206V229H269.5V206" fill="{fill}" stroke="{DUSK}" '
        'stroke-opacity=".22"/>'
    )


def cushion(sheet: Sheet, fill: str, design: Print) -> str:
    """A square cushion, printed large, with piping in the print's second colour."""
    clip, clip_def = sheet.clip(_CUSHION)
    puff, puff_def = sheet.radial(
        (0, "#fff", 0.2), (0.5, "#fff", 0), (0.78, DUSK, 0.08), (1, DUSK, 0.34), cx=0.44, cy=0.4, r=0.72
    )
    folds = sheet.folds(
        9,
        ("M54 116 C110 160 130 180 142 206 C110 190 84 166 54 130Z", DUSK, 0.2),
        ("M346 116 C296 160 272 180 258 206 C292 190 320 166 346 130Z", DUSK, 0.16),
        ("M54 388 C110 344 130 324 142 300 C110 316 84 340 54 374Z", DUSK, 0.24),
        ("M346 388 C296 344 272 324 258 300 C292 316 320 340 346 374Z", DUSK, 0.28),
        ("M90 140 C150 152 230 152 300 142 C240 168 150 168 90 140Z", "#fff", 0.2),
        ("M60 380 C140 362 260 362 340 380 L340 400 L60 400Z", DUSK, 0.16),
    )
    return (
        f"{sheet.lying(_CUSHION, 0.34, 6, 20, 12)}<defs>{clip_def}{puff_def}</defs>"
        f'<path d="{_CUSHION}" fill="{fill}"/><g clip-path="url(#{clip})">{design.at(94, 146, 212)}{folds}'
        f'<rect x="48" y="106" width="304" height="292" fill="url(#{puff})"/></g>'
        f'<path d="{_CUSHION}" fill="none" stroke="{design.ink(1)}" stroke-width="4"/>'
        f'<path d="{_CUSHION}" fill="none" stroke="{DUSK}" stroke-opacity=".16" stroke-width="1"/>'
    )


def towel(sheet: Sheet, fill: str, design: Print) -> str:
    """A tea towel over a rail: a repeat of the print and two woven stripes."""
    front = (
        "M112 112 C112 104 288 104 288 112 L292 424 C292 428 290 430 286 430 "
        "L114 430 C110 430 108 428 108 424Z"
    )
    back = "M124 108H278L286 396H122Z"
    clip, clip_def = sheet.clip(front)
    rail, rail_def = sheet.gradient((0, "#fff", 0.35), (0.35, "#fff", 0), (1, DUSK, 0.3), x2=0, y2=1)
    wood = colour("wood")
    folds = sheet.folds(
        7,
        ("M112 110 C132 200 120 320 130 432 L104 432 L108 110Z", DUSK, 0.16),
        ("M176 110 C164 200 180 320 170 432 L188 432 C192 320 184 200 192 110Z", DUSK, 0.14),
        ("M238 110 C250 220 234 330 244 432 L262 432 C256 330 262 220 256 110Z", DUSK, 0.12),
        ("M208 110 C202 220 214 330 208 432 L224 432 C226 330 218 220 224 110Z", "#fff", 0.14),
        ("M272 110 L294 110 L296 432 L278 432Z", DUSK, 0.16),
        ("M108 112 H292 V132 H108Z", DUSK, 0.14),
    )
    rod = rectangle(44, 96, 312, 18, 9)
    return (
        f"{sheet.lying(front, 0.26, 8, 14, 10)}<defs>{clip_def}{rail_def}</defs>"
        f'<path d="M70 60V104M330 60V104" stroke="{wood}" stroke-width="10" stroke-linecap="round"/>'
        f'<path d="M70 60V104M330 60V104" stroke="{DUSK}" stroke-opacity=".14" stroke-width="10" '
        'stroke-linecap="round"/>'
        f'<path d="{rod}" fill="{wood}"/><path d="{rod}" fill="url(#{rail})"/>'
        f'<path d="{back}" fill="{fill}"/><path d="{back}" fill="{DUSK}" opacity=".24"/>'
        f'<path d="{front}" fill="{fill}"/><g clip-path="url(#{clip})">'
        f"{design.repeat(130, 142, 64, 2, 3, 12)}"
        f'<path d="M100 386H300V394H100Z" fill="{design.ink(0)}"/><path d="M100 400H300V404H100Z" '
        f'fill="{design.ink(1)}"/>{folds}</g>'
        f'<path d="M112 112 C112 93 288 93 288 112" fill="none" stroke="{fill}" stroke-width="10"/>'
        '<path d="M114 103 C140 97 260 97 286 103" fill="none" stroke="#fff" stroke-opacity=".3" '
        'stroke-width="4"/>'
        f"{stitch('M111 422H289', 0.3)}"
    )
