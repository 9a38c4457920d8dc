"""Things for the table and the shelf: mug, cup, flask, plate, candle."""

from __future__ import annotations

from app.demo.art.colours import colour, shade
from app.demo.art.prints import Print
from app.demo.art.sheet import DUSK, Sheet, rectangle

_MUG = "M86 196 L93 372 Q95 398 122 398 L246 398 Q273 398 275 372 L282 196 Z"
_CUP = "M112 238 C114 306 134 352 168 362 L232 362 C266 352 286 306 288 238 Z"
_FLASK = (
    "M168 128 L232 128 L232 150 C232 170 262 176 262 206 L262 420 C262 434 254 440 242 440 L158 440 "
    "C146 440 138 434 138 420 L138 206 C138 176 168 170 168 150 Z"
)
_TIN = "M106 236 L106 386 C106 410 294 410 294 386 L294 236 Z"


def mug(sheet: Sheet, fill: str, design: Print) -> str:
    """A stoneware mug."""
    clip, clip_def = sheet.clip(_MUG)
    body, body_def = sheet.cylinder()
    mouth, mouth_def = sheet.gradient((0, DUSK, 0.42), (1, DUSK, 0.12))
    handle = "M276 236 C344 226 350 344 266 342"
    return (
        f"{sheet.standing(196, 402, 120, 12, 0.32)}<defs>{body_def}{clip_def}{mouth_def}</defs>"
        f'<path d="{handle}" fill="none" stroke="{fill}" stroke-width="24" stroke-linecap="round"/>'
        f'<path d="{handle}" fill="none" stroke="{DUSK}" stroke-opacity=".2" stroke-width="24" '
        'stroke-linecap="round"/>'
        f'<path d="M276 232 C338 222 345 330 270 336" fill="none" stroke="{fill}" stroke-width="13" '
        'stroke-linecap="round"/><path d="M286 230 C326 226 334 280 314 312" fill="none" stroke="#fff" '
        'stroke-opacity=".2" stroke-width="4" stroke-linecap="round"/>'
        f'<path d="{_MUG}" fill="{fill}"/><g clip-path="url(#{clip})">{design.at(106, 218, 156)}'
        f'<rect x="80" y="190" width="210" height="220" fill="url(#{body})"/>'
        f'<path d="M80 386H290V400H80Z" fill="{DUSK}" opacity=".08"/></g>'
        f'<ellipse cx="184" cy="196" rx="98" ry="17" fill="{fill}"/>'
        '<ellipse cx="184" cy="196" rx="98" ry="17" fill="#fff" opacity=".25"/>'
        f'<ellipse cx="184" cy="197" rx="91" ry="13.5" fill="{fill}"/>'
        f'<ellipse cx="184" cy="197" rx="91" ry="13.5" fill="url(#{mouth})"/>'
    )


def cup(sheet: Sheet, fill: str, design: Print) -> str:
    """An espresso cup, filled, on a saucer in the print's first colour."""
    clip, clip_def = sheet.clip(_CUP)
    body, body_def = sheet.cylinder()
    dish, dish_def = sheet.gradient((0, "#fff", 0.22), (0.5, "#fff", 0), (1, DUSK, 0.22))
    saucer = design.ink(0)
    handle = "M282 262 C334 252 334 330 262 328"
    return (
        f"{sheet.standing(202, 392, 150, 14, 0.32)}<defs>{clip_def}{body_def}{dish_def}</defs>"
        f'<ellipse cx="200" cy="376" rx="152" ry="28" fill="{shade(saucer, -0.09)}"/>'
        f'<ellipse cx="200" cy="370" rx="152" ry="27" fill="{saucer}"/>'
        f'<ellipse cx="200" cy="370" rx="152" ry="27" fill="url(#{dish})"/>'
        f'<ellipse cx="200" cy="368" rx="92" ry="14" fill="{DUSK}" opacity=".16"/>'
        f'<path d="{handle}" fill="none" stroke="{fill}" stroke-width="17" stroke-linecap="round"/>'
        f'<path d="{handle}" fill="none" stroke="{DUSK}" stroke-opacity=".18" stroke-width="17" '
        'stroke-linecap="round"/>'
        f'<path d="M286 260 C324 254 328 312 270 322" fill="none" stroke="{fill}" stroke-width="8"/>'
        f'<path d="{_CUP}" fill="{fill}"/><g clip-path="url(#{clip})">{design.at(140, 252, 104)}'
        f'<rect x="108" y="230" width="184" height="140" fill="url(#{body})"/></g>'
        f'<ellipse cx="200" cy="238" rx="88" ry="16" fill="{fill}"/>'
        '<ellipse cx="200" cy="238" rx="88" ry="16" fill="#fff" opacity=".25"/>'
        f'<ellipse cx="200" cy="240" rx="81" ry="12.5" fill="{colour("coffee")}"/>'
        '<path d="M124 243 C140 254 262 254 277 243 C270 252 240 252.5 200 252.5 C160 252.5 132 252 124 '
        '243Z" '
        f'fill="{colour("kraft")}" opacity=".75"/>'
    )


def flask(sheet: Sheet, fill: str, design: Print) -> str:
    """An insulated bottle with a wooden lid."""
    clip, clip_def = sheet.clip(_FLASK)
    body, body_def = sheet.cylinder(0.3, 0.3)
    lid = rectangle(164, 70, 72, 50, 9)
    lid_clip, lid_def = sheet.clip(lid)
    wood = colour("wood")
    return (
        f"{sheet.standing(206, 441, 84, 10, 0.36)}<defs>{clip_def}{body_def}{lid_def}</defs>"
        f'<path d="{lid}" fill="{wood}"/><g clip-path="url(#{lid_clip})">'
        '<path d="M160 84C190 82 210 87 240 84M160 98C190 100 210 95 240 98M160 110C200 108 220 112 240 '
        '109" '
        f'stroke="{DUSK}" stroke-opacity=".14" stroke-width="1.4" fill="none"/>'
        f'<rect x="160" y="66" width="80" height="60" fill="url(#{body})"/></g>'
        f'<rect x="170" y="119" width="60" height="12" fill="{shade("steel", 0)}"/>'
        f'<rect x="170" y="119" width="60" height="12" fill="url(#{body})"/>'
        f'<path d="{_FLASK}" fill="{fill}"/><g clip-path="url(#{clip})">{design.at(150, 246, 100)}'
        f'<rect x="138" y="120" width="124" height="322" fill="url(#{body})"/>'
        f'<path d="M138 408H262V411H138Z" fill="{DUSK}" opacity=".16"/>'
        f'<path d="M138 411H262V444H138Z" fill="{DUSK}" opacity=".07"/></g>'
        '<path d="M168 150 C168 172 138 178 138 206" fill="none" stroke="#fff" stroke-opacity=".25" '
        'stroke-width="2"/>'
    )


def plate(sheet: Sheet, fill: str, design: Print) -> str:
    """A plate seen from above, the print in its well and a painted rim."""
    cx, cy = 200, 252
    well = f"M{cx - 104} {cy}a104 104 0 1 0 208 0a104 104 0 1 0 -208 0Z"
    whole = f"M{cx - 156} {cy}a156 156 0 1 0 312 0a156 156 0 1 0 -312 0Z"
    clip, clip_def = sheet.clip(well)
    lit, lit_def = sheet.gradient((0, "#fff", 0.4), (0.5, "#fff", 0), (1, DUSK, 0.16), x2=0.9, y2=1)
    deep, deep_def = sheet.gradient((0, DUSK, 0.2), (0.45, DUSK, 0), (1, "#fff", 0.3), x2=0.9, y2=1)
    return (
        f"{sheet.lying(whole, 0.3, 8, 18, 11)}<defs>{clip_def}{lit_def}{deep_def}</defs>"
        f'<path d="{whole}" fill="{fill}"/><path d="{whole}" fill="url(#{lit})"/>'
        f'<circle cx="{cx}" cy="{cy}" r="150" fill="none" stroke="{design.ink(0)}" stroke-width="5"/>'
        f'<circle cx="{cx}" cy="{cy}" r="141" fill="none" stroke="{design.ink(1)}" stroke-width="1.6"/>'
        f'<path d="{well}" fill="{fill}"/><g clip-path="url(#{clip})">{design.at(122, 174, 156)}</g>'
        f'<circle cx="{cx}" cy="{cy}" r="105" fill="none" stroke="url(#{deep})" stroke-width="6"/>'
        '<path d="M78 196 A134 134 0 0 1 150 126" fill="none" stroke="#fff" stroke-opacity=".55" '
        'stroke-width="6" stroke-linecap="round"/>'
    )


def candle(sheet: Sheet, fill: str, design: Print) -> str:
    """A lit candle in a tin, its paper label printed."""
    clip, clip_def = sheet.clip(_TIN)
    body, body_def = sheet.cylinder(0.3, 0.3)
    glow, glow_def = sheet.radial(
        (0, "#ffdf9a", 0.85), (0.5, "#ffcf7a", 0.25), (1, "#ffcf7a", 0), cx=0.5, cy=0.5, r=0.5
    )
    wax = shade("oat", 0.03)
    return (
        f"{sheet.standing(204, 402, 116, 11, 0.34)}<defs>{clip_def}{body_def}{glow_def}</defs>"
        f'<path d="{_TIN}" fill="{fill}"/><g clip-path="url(#{clip})">'
        f'<rect x="100" y="266" width="200" height="104" fill="{colour("paper")}"/>{design.at(154, 272, 92)}'
        f'<path d="M100 266H300M100 370H300" stroke="{DUSK}" stroke-opacity=".16"/>'
        f'<rect x="104" y="230" width="192" height="184" fill="url(#{body})"/></g>'
        f'<ellipse cx="200" cy="236" rx="94" ry="20" fill="{shade(fill, 0.06)}"/>'
        f'<ellipse cx="200" cy="238" rx="87" ry="16.5" fill="{wax}"/>'
        f'<ellipse cx="200" cy="240" rx="60" ry="10" fill="#fff" opacity=".4"/>'
        f'<path d="M200 240 V214" stroke="{DUSK}" stroke-width="2.6" stroke-linecap="round"/>'
        f'<circle cx="200" cy="196" r="58" fill="url(#{glow})"/>'
        '<path d="M200 166 C212 186 213 198 210 206 C207 214 193 214 190 206 C187 196 192 182 200 166Z" '
        'fill="#f7b545"/><path d="M200 186 C206 196 206 203 204 208 C202 212 198 212 196 208 C194 202 196 '
        "196 "
        '200 186Z" fill="#fff3cf"/>'
    )
