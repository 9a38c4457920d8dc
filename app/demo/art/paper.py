"""Things of paper: notebook, poster, card set."""

from __future__ import annotations

from app.demo.art.colours import colour, shade
from app.demo.art.prints import Print
from app.demo.art.sheet import DUSK, Sheet, rectangle


def notebook(sheet: Sheet, fill: str, design: Print) -> str:
    """A hard-bound notebook with an elastic band and a ribbon."""
    light, light_def = sheet.gradient(
        (0, DUSK, 0.32),
        (0.085, DUSK, 0.08),
        (0.1, DUSK, 0.26),
        (0.125, "#fff", 0.14),
        (0.4, "#fff", 0.05),
        (1, DUSK, 0.12),
    )
    band = colour("ink") if fill != colour("ink") and fill != colour("black") else design.ink(1)
    return (
        f"{sheet.lying(rectangle(106, 104, 206, 306, 8), 0.36, 0, 0)}<defs>{light_def}</defs>"
        f'<path d="M168 396 L168 430 L173 423 L178 430 L178 396Z" fill="{colour("tomato")}"/>'
        f'<rect x="104" y="98" width="202" height="306" rx="7" fill="{colour("paper")}"/>'
        f'<path d="M110 402.5H302" stroke="{DUSK}" stroke-opacity=".25"/>'
        f'<rect x="100" y="94" width="202" height="305" rx="7" fill="{fill}"/>{design.at(136, 150, 128)}'
        f'<rect x="100" y="94" width="202" height="305" rx="7" fill="url(#{light})"/>'
        f'<rect x="276" y="94" width="8" height="305" fill="{band}"/>'
        '<rect x="276" y="94" width="2.5" height="305" fill="#fff" opacity=".16"/>'
        f'<rect x="284" y="94" width="3" height="305" fill="{DUSK}" opacity=".14"/>'
    )


def poster(sheet: Sheet, fill: str, design: Print) -> str:
    """A poster between two rails of oak, hung from a cord."""
    light, light_def = sheet.gradient(
        (0, DUSK, 0.09), (0.12, "#fff", 0.12), (0.5, "#fff", 0), (1, DUSK, 0.12)
    )
    wood = colour("wood")
    rails = "".join(
        f'<rect x="84" y="{y}" width="232" height="13" rx="2" fill="{wood}"/>'
        f'<rect x="84" y="{y}" width="232" height="4" rx="2" fill="#fff" opacity=".25"/>'
        f'<rect x="84" y="{y + 9}" width="232" height="4" rx="2" fill="{DUSK}" opacity=".15"/>'
        for y in (84, 399)
    )
    # Two short bars stand for the printed caption: real lettering would need a font at drawing time.
    caption = (
        f'<rect x="112" y="370" width="56" height="5" fill="{design.ink(1)}"/>'
        f'<rect x="264" y="370" width="24" height="3" fill="{design.ink(1)}" opacity=".7"/>'
    )
    return (
        f"{sheet.lying(rectangle(94, 98, 220, 318), 0.3, 0, 0, 10)}"
        f'<path d="M120 92 L200 44 L280 92" fill="none" stroke="{shade("coffee", 0.04)}" stroke-width="1.6"/>'
        f'<circle cx="200" cy="43" r="3.4" fill="{shade("coffee", 0)}"/><defs>{light_def}</defs>'
        f'<rect x="92" y="92" width="216" height="312" fill="{fill}"/>{design.at(108, 128, 184)}{caption}'
        f'<rect x="92" y="92" width="216" height="312" fill="url(#{light})"/>{rails}'
    )


def cards(sheet: Sheet, fill: str, design: Print) -> str:
    """Three folded cards fanned over an envelope."""
    first, second, third = design.inks
    card = rectangle(0, 0, 148, 206, 2)
    turned = Print(design.name, (second, third, first))
    grounds = ((fill, design), (colour("paper"), turned), (fill, Print(design.name, (third, first, second))))
    shade_id, shade_def = sheet.gradient(
        (0, DUSK, 0.1), (0.05, "#fff", 0.2), (0.4, "#fff", 0), (1, DUSK, 0.08)
    )
    spots = ((68, 128, -15), (126, 92, 0), (184, 120, 15))
    drawn = "".join(
        f'<g transform="translate({x} {y}) rotate({turn} 74 206)">{sheet.lying(card, 0.26, 2, 7, 7)}'
        f'<path d="{card}" fill="{ground}"/>{inked.at(18, 34, 112)}<path d="{card}" '
        f'fill="url(#{shade_id})"/></g>'
        for (x, y, turn), (ground, inked) in zip(spots, grounds, strict=True)
    )
    kraft, seal = colour("kraft"), colour("tomato" if fill != colour("tomato") else "ink")
    envelope = rectangle(76, 268, 248, 156, 3)
    return (
        f"<defs>{shade_def}</defs>{drawn}{sheet.lying(envelope, 0.32, 3, 10, 9)}"
        f'<path d="{envelope}" fill="{kraft}"/>'
        f'<path d="M76 270L200 356L324 270" fill="{shade("kraft", 0.03)}" stroke="{DUSK}" '
        'stroke-opacity=".2" '
        f'stroke-width="1.4"/><path d="M78 422L164 336M322 422L236 336" stroke="{DUSK}" stroke-opacity=".14" '
        'stroke-width="1.4"/>'
        f'<circle cx="200" cy="356" r="19" fill="{seal}"/>'
        '<circle cx="200" cy="356" r="12" fill="none" stroke="#fff" stroke-opacity=".4" stroke-width="1.6"/>'
    )
