"""Things to wear: tee, sweatshirt, cap, beanie, socks, apron."""

from __future__ import annotations

from app.demo.art.colours import shade
from app.demo.art.prints import Print
from app.demo.art.sheet import DUSK, Sheet, stitch

_TEE = (
    "M158 88 C172 108 228 108 242 88 L292 106 C312 114 324 126 332 146 L366 226 C368 231 366 234 361 236 "
    "L318 253 C313 255 310 253 308 248 L297 220 C298 280 300 350 303 414 C303 423 299 427 290 427 "
    "C230 431 170 431 110 427 C101 427 97 423 97 414 C100 350 102 280 103 220 L92 248 C90 253 87 255 82 253 "
    "L39 236 C34 234 32 231 34 226 L68 146 C76 126 88 114 108 106 Z"
)
_SWEATSHIRT = (
    "M158 88 C172 106 228 106 242 88 L286 102 C314 110 328 126 334 156 L366 366 C368 376 364 382 354 384 "
    "L334 388 C324 390 319 386 317 376 L298 236 C298 290 300 340 302 398 L302 420 C302 428 298 431 290 431 "
    "L110 431 C102 431 98 428 98 420 L98 398 C100 340 102 290 102 236 L83 376 C81 386 76 390 66 388 "
    "L46 384 C36 382 32 376 34 366 L66 156 C72 126 86 110 114 102 Z"
)
_COLLAR = "M158 88 C172 108 228 108 242 88 L250 91 C232 122 168 122 150 91 Z"
_INSIDE = "M158 88 C172 74 228 74 242 88 C228 108 172 108 158 88Z"
_CROWN = "M84 316 C76 210 138 150 206 148 C278 150 320 214 314 310 C258 334 146 338 84 316Z"
_VISOR = (
    "M164 330 C218 330 270 323 314 309 C352 316 386 330 392 345 C395 355 387 359 375 357 "
    "C320 350 264 351 216 358 C186 361 166 348 164 330Z"
)
_KNIT = "M104 312 C96 196 140 128 200 126 C260 128 304 196 296 312Z"
_CUFF = (
    "M92 292 C150 306 250 306 308 292 C314 292 317 296 317 302 L318 352 C318 360 314 364 307 366 "
    "C240 378 160 378 93 366 C86 364 82 360 82 352 L83 302 C83 296 86 292 92 292Z"
)
_SOCK = (
    "M132 78 L206 78 C207 150 206 214 210 262 C212 290 234 306 268 326 C306 348 318 372 306 396 "
    "C298 412 278 414 254 408 C214 398 172 378 150 352 C132 330 130 296 132 262 Z"
)
_APRON = (
    "M150 132 L250 132 C254 176 268 208 306 226 C312 300 314 370 312 436 C312 442 309 445 303 445 L97 445 "
    "C91 445 88 442 88 436 C86 370 88 300 94 226 C132 208 146 176 150 132 Z"
)


def _collared(sheet: Sheet, fill: str) -> str:
    return (
        f'<path d="{_COLLAR}" fill="{fill}"/><path d="{_COLLAR}" fill="{DUSK}" opacity=".07"/>'
        f'<path d="M150 91 C168 122 232 122 250 91" fill="none" stroke="{DUSK}" stroke-opacity=".3" '
        'stroke-width="1.4"/>'
    )


def tee(sheet: Sheet, fill: str, design: Print) -> str:
    """A boxy tee with the print on its chest."""
    clip, clip_def = sheet.clip(_TEE)
    side, side_def = sheet.gradient((0, DUSK, 0.05), (0.28, DUSK, 0), (0.72, DUSK, 0), (1, DUSK, 0.08))
    folds = sheet.folds(
        7,
        ("M103 214 C120 250 150 268 190 276 C150 282 118 280 100 262Z", DUSK, 0.1),
        ("M297 214 C284 256 256 280 222 292 C256 294 286 286 302 262Z", DUSK, 0.1),
        ("M118 430 C132 370 128 330 112 292 C128 320 146 370 142 430Z", DUSK, 0.13),
        ("M262 430 C262 380 276 330 292 300 C288 340 284 390 290 430Z", DUSK, 0.15),
        ("M180 120 C160 200 168 300 182 400 C150 330 140 200 160 120Z", "#fff", 0.1),
        ("M64 160 L48 236 L36 230Z", DUSK, 0.14),
        ("M336 160 L352 236 L366 230Z", DUSK, 0.16),
    )
    return (
        f"{sheet.lying(_TEE, 0.2)}<defs>{clip_def}{side_def}</defs>"
        f'<path d="{_INSIDE}" fill="{fill}"/><path d="{_INSIDE}" fill="{DUSK}" opacity=".34"/>'
        f'<path d="{_TEE}" fill="{fill}"/><g clip-path="url(#{clip})">{design.at(134, 158, 132)}{folds}'
        f'<rect x="97" y="80" width="206" height="350" fill="url(#{side})"/></g>'
        '<path d="M103 220 C105 190 104 160 96 136 M297 220 C295 190 296 160 304 136" fill="none" '
        f'stroke="{DUSK}" stroke-opacity=".28" stroke-width="1.6"/>{_collared(sheet, fill)}'
        f"{stitch('M99 414 C160 419 240 419 301 414 M41 224 L86 242 M359 224 L314 242')}"
    )


def sweatshirt(sheet: Sheet, fill: str, design: Print) -> str:
    """A sweatshirt with ribbed cuffs and hem."""
    clip, clip_def = sheet.clip(_SWEATSHIRT)
    ribs = "".join(f"M{x} 402V431" for x in range(106, 300, 7))
    cuffs = "".join(f"M{x} {368 + (x - 36) * 0.16:.0f}l-3 22" for x in range(40, 84, 6))
    other = "".join(f"M{x} {375 - (x - 318) * 0.16:.0f}l3 22" for x in range(322, 366, 6))
    folds = sheet.folds(
        8,
        ("M102 236 C120 270 150 292 196 300 C150 308 116 300 100 284Z", DUSK, 0.12),
        ("M298 236 C284 276 254 300 216 310 C254 314 288 306 302 284Z", DUSK, 0.12),
        ("M110 400 C130 372 126 332 112 300 C130 330 148 366 144 400Z", DUSK, 0.14),
        ("M258 400 C262 372 276 336 292 306 C290 340 286 376 290 400Z", DUSK, 0.16),
        ("M182 120 C160 200 168 300 182 396 C150 330 142 200 162 120Z", "#fff", 0.1),
        ("M88 150 C72 220 64 300 58 376 L36 376 L64 160Z", DUSK, 0.1),
        ("M312 150 C328 220 338 300 344 376 L366 376 L336 160Z", DUSK, 0.14),
        ("M80 130 C66 200 58 280 56 350 C50 290 54 200 72 140Z", "#fff", 0.1),
    )
    return (
        f"{sheet.lying(_SWEATSHIRT, 0.2)}<defs>{clip_def}</defs>"
        f'<path d="{_INSIDE}" fill="{fill}"/><path d="{_INSIDE}" fill="{DUSK}" opacity=".34"/>'
        f'<path d="{_SWEATSHIRT}" fill="{fill}"/><g clip-path="url(#{clip})">'
        f"{design.at(136, 170, 128)}{folds}"
        f'<path d="M96 400H304V434H96Z M28 364L88 376L84 394L30 386Z M372 364L312 376L316 394L370 386Z" '
        f'fill="{DUSK}" opacity=".07"/><path d="{ribs}{cuffs}{other}" stroke="{DUSK}" stroke-opacity=".16" '
        'stroke-width="1.4" fill="none"/><path d="M97 400H303 M37 361L85 371 M363 361L315 371" fill="none" '
        f'stroke="{DUSK}" stroke-opacity=".26" stroke-width="1.3"/></g>'
        '<path d="M102 236 C104 200 104 164 98 132 M298 236 C296 200 296 164 302 132" fill="none" '
        f'stroke="{DUSK}" stroke-opacity=".3" stroke-width="1.6"/>{_collared(sheet, fill)}'
    )


def cap(sheet: Sheet, fill: str, design: Print) -> str:
    """A six-panel cap whose visor takes the print's second colour."""
    clip, clip_def = sheet.clip(_CROWN)
    visor, visor_def = sheet.gradient((0, "#fff", 0.18), (1, DUSK, 0.22), x2=0, y2=1)
    folds = sheet.folds(
        12,
        ("M70 340 C64 230 110 160 170 146 C118 190 104 260 112 340Z", DUSK, 0.3),
        ("M330 340 C336 240 300 170 230 146 C286 200 296 260 290 340Z", DUSK, 0.22),
        ("M190 160 C160 200 150 250 156 310 L186 310 C180 250 188 200 210 160Z", "#fff", 0.16),
        ("M84 330 C150 300 260 296 320 318 L320 300 C260 280 150 286 84 312Z", DUSK, 0.3),
    )
    badge = f'<g transform="translate(214 212) skewY(4)">{design.at(0, 0, 62)}</g>'
    brim = design.ink(1)
    return (
        f'<g transform="translate(-28 14) scale(.95)">{sheet.standing(214, 352, 150, 11, 0.34)}'
        f'<defs>{clip_def}{visor_def}</defs><path d="{_CROWN}" fill="{fill}"/>'
        f'<g clip-path="url(#{clip})">{folds}</g>'
        '<path d="M206 148 C160 180 136 240 140 328 M206 148 C262 178 284 236 282 320 M206 148 '
        f'C210 200 212 260 212 330" fill="none" stroke="{DUSK}" stroke-opacity=".32" stroke-width="1.5"/>'
        '<path d="M206 148 C157 180 132 240 136 327" fill="none" stroke="#fff" stroke-opacity=".14" '
        'stroke-width="1.2" stroke-dasharray="3 2.4"/>'
        f'<ellipse cx="206" cy="147" rx="10" ry="5" fill="{fill}"/>'
        '<ellipse cx="206" cy="146" rx="10" ry="4" fill="#fff" opacity=".16"/>'
        f'<circle cx="168" cy="196" r="3" fill="{DUSK}" opacity=".4"/>'
        f'<circle cx="250" cy="196" r="3" fill="{DUSK}" opacity=".4"/>{badge}'
        f'<path d="{_VISOR}" fill="{brim}"/><path d="{_VISOR}" fill="url(#{visor})"/>'
        f"{stitch('M178 340 C240 342 312 334 384 350 M172 335 C236 338 300 330 352 320', 0.2)}</g>"
    )


def beanie(sheet: Sheet, fill: str, design: Print) -> str:
    """A ribbed beanie with a woven label in its turned-up cuff."""
    clip, clip_def = sheet.clip(_KNIT)
    cuff_clip, cuff_def = sheet.clip(_CUFF)
    round_, round_def = sheet.gradient(
        (0, DUSK, 0.3), (0.2, DUSK, 0.04), (0.36, "#fff", 0.14), (0.56, DUSK, 0), (1, DUSK, 0.34)
    )
    ribs = "".join(
        f"M200 126 C{200 + k * 9.5:.0f} 150 {200 + k * 13.4:.0f} 220 {200 + k * 13.2:.0f} 316"
        for k in range(-7, 8)
    )
    cuff_ribs = "".join(f"M{84 + k * 9.75:.1f} 288V380" for k in range(25))
    return (
        f"{sheet.standing(202, 370, 124, 10, 0.32)}<defs>{clip_def}{cuff_def}{round_def}</defs>"
        f'<path d="{_KNIT}" fill="{fill}"/><g clip-path="url(#{clip})"><path d="{ribs}" fill="none" '
        f'stroke="{DUSK}" stroke-opacity=".22" stroke-width="3"/><path d="{ribs}" fill="none" stroke="#fff" '
        'stroke-opacity=".1" stroke-width="2" transform="translate(4 0)"/>'
        f'<rect x="90" y="120" width="220" height="200" fill="url(#{round_})"/>'
        f"{sheet.folds(7, ('M84 286 C150 304 250 304 316 286 L316 312 L84 312Z', DUSK, 0.4))}</g>"
        f'<path d="{_CUFF}" fill="{fill}"/><g clip-path="url(#{cuff_clip})"><path d="{cuff_ribs}" '
        f'stroke="{DUSK}" '
        'stroke-opacity=".2" stroke-width="3" fill="none"/><path d="'
        f'{cuff_ribs}" stroke="#fff" stroke-opacity=".1" stroke-width="2" fill="none" '
        'transform="translate(4 0)"/>'
        f'<rect x="80" y="286" width="240" height="90" fill="url(#{round_})"/></g>'
        f'<rect x="172" y="302" width="56" height="56" rx="2" fill="{shade("oat", 0.01)}"/>'
        f"{design.at(178, 308, 44)}"
        f"{stitch('M175 305H225V355H175Z', 0.3)}"
    )


def socks(sheet: Sheet, fill: str, design: Print) -> str:
    """A pair of socks; cuff, heel and toe in the print's first two colours."""
    clip, clip_def = sheet.clip(_SOCK)
    accent, second = design.ink(0), design.ink(1)
    ribs = "".join(f"M{x} 78V122" for x in range(138, 206, 6))
    inner = (
        f'<path d="{_SOCK}" fill="{fill}"/><g clip-path="url(#{clip})">'
        f"{design.repeat(126, 146, 92, 1, 2, 8)}"
        f'<path d="M120 70H220V124H120Z" fill="{accent}"/><path d="{ribs}" stroke="{DUSK}" '
        'stroke-opacity=".18" '
        f'stroke-width="2"/><path d="M120 290 C150 300 172 320 166 366 L120 380Z" fill="{accent}"/>'
        f'<path d="M258 316 C240 340 236 376 250 420 L330 420 L330 320Z" fill="{second}"/>'
        + sheet.folds(
            8,
            ("M120 70 L146 70 C140 200 140 300 170 380 L110 380Z", DUSK, 0.22),
            ("M196 70 L222 70 L224 290 C206 270 200 200 196 70Z", DUSK, 0.14),
            ("M156 124 C154 200 156 260 168 300 L186 290 C176 240 176 180 178 124Z", "#fff", 0.14),
            ("M150 400 C200 380 260 400 320 420 L150 440Z", DUSK, 0.26),
        )
        + "</g>"
    )
    back = (
        f'<g transform="translate(58 -14)">{sheet.lying(_SOCK, 0.24)}{inner}'
        f'<path d="{_SOCK}" fill="{DUSK}" opacity=".1"/></g>'
    )
    return (
        f'<defs>{clip_def}</defs><g transform="translate(-28 14)">{back}{sheet.lying(_SOCK, 0.26)}{inner}</g>'
    )


def apron(sheet: Sheet, fill: str, design: Print) -> str:
    """A bib apron on a peg, with a wide pocket."""
    clip, clip_def = sheet.clip(_APRON)
    folds = sheet.folds(
        8,
        ("M140 210 C150 300 132 380 140 446 L112 446 C110 380 118 300 118 220Z", DUSK, 0.16),
        ("M262 210 C256 300 276 380 268 446 L296 446 C294 380 286 300 284 222Z", DUSK, 0.18),
        ("M188 240 C178 310 192 380 184 446 L204 446 C208 380 198 310 206 240Z", "#fff", 0.1),
        ("M150 132 C148 180 140 200 120 214 L150 220 C164 200 166 160 164 132Z", DUSK, 0.1),
    )
    strap = "M158 134 C156 70 188 48 200 48 C212 48 244 70 242 134"
    ties = "M96 228 C64 240 58 300 74 352 M304 228 C338 244 344 306 322 366"
    return (
        f"{sheet.lying(_APRON, 0.22)}<defs>{clip_def}</defs>"
        f'<circle cx="200" cy="46" r="7" fill="{shade("wood", -0.06)}"/>'
        f'<circle cx="198" cy="44" r="3" fill="#fff" opacity=".4"/>'
        f'<path d="{strap}{ties}" fill="none" stroke="{fill}" stroke-width="9" stroke-linecap="round"/>'
        f'<path d="{strap}{ties}" fill="none" stroke="{DUSK}" stroke-opacity=".2" stroke-width="9" '
        'stroke-linecap="round"/>'
        f'<path d="{_APRON}" fill="{fill}"/><g clip-path="url(#{clip})">{design.at(160, 148, 80)}{folds}</g>'
        f'<path d="M128 286H272V366C272 372 268 376 262 376H138C132 376 128 372 128 366Z" fill="{fill}"/>'
        f'<path d="M128 286H272V366C272 372 268 376 262 376H138C132 376 128 372 128 366Z" fill="{DUSK}" '
        'opacity=".05"/>'
        f'<path d="M128 286H272V300H128Z" fill="{design.ink(1)}"/><path d="M128 300H272" stroke="{DUSK}" '
        'stroke-opacity=".2"/>'
        + stitch("M200 302V374 M132 304V364C132 369 135 372 140 372H260", 0.3)
        + stitch("M260 372C265 372 268 369 268 364V304 M92 434H308", 0.3)
    )
