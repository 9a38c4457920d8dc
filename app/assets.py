"""Files that never change under their address: theme assets, token sheets, pictures."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from flask import Blueprint, Response, abort, request

from storage.objects import ObjectMissing, ObjectStore
from tenants.storefront import Storefront
from themes.pictures import WIDTHS, full_name
from themes.registry import Registry, Theme, installed, tree_hash
from themes.tokens import Look, look

STATIC = Path(__file__).parent / "static"
_FOREVER = "public, max-age=31536000, immutable"
# A page from before a deployment may ask for a file of after it: it is served, and not kept.
_BRIEFLY = "public, max-age=60"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".webp": "image/webp",
    ".avif": "image/avif",
    ".ico": "image/x-icon",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}
_PICTURE = re.compile(r"(?P<key>[0-9a-f]{64})(?:-(?P<width>[0-9]{2,4}))?\.(?P<fmt>webp|avif)")
_sheets: dict[str, str] = {}
_MOST_SHEETS = 5000


def asset_url(theme: Theme, path: str) -> str:
    """Return the address of a theme's file, or of its nearest ancestor's. Raises LookupError."""
    return _theme_asset(theme.chain, path)


def static_url(path: str) -> str:
    """Return the address of a file in ``app/static``."""
    return f"/_assets/{_static_hash()}/app/{path}"


def token_sheet_url(shown: Look) -> str:
    """Return the address of a look's token sheet, and remember the sheet for whoever asks for it."""
    if shown.hash not in _sheets:
        if len(_sheets) >= _MOST_SHEETS:
            _sheets.clear()
        _sheets[shown.hash] = shown.css
    return f"/_theme/{shown.hash}.css"


def known_sheet(digest: str) -> str:
    """The token sheet of this name, where this process has just put its address on a page; else nothing."""
    return _sheets.get(digest, "")


def blueprint(
    objects: ObjectStore,
    *,
    storefront: Callable[[], Storefront | None],
    registry: Registry | None = None,
) -> Blueprint:
    """Return the blueprint ``assets``. ``storefront`` answers with the store that is being visited.

    Nothing here needs a session or a database, except a token sheet that this process has not made.
    """
    themes = registry or installed()
    assets = Blueprint("assets", __name__)

    @assets.get("/_assets/<digest>/<bundle>/<path:path>")
    def file(digest: str, bundle: str, path: str) -> Response:
        found = _locate(themes, bundle, path)
        if found is None:
            abort(404)
        current, target = found
        kind = _TYPES.get(target.suffix)
        if kind is None:
            abort(404)
        return _answer(target.read_bytes(), kind, _FOREVER if digest == current else _BRIEFLY)

    @assets.get("/_theme/<digest>.css")
    def tokens(digest: str) -> Response:
        sheet = _sheets.get(digest)
        if sheet is None:
            store = storefront()
            if store is None:
                abort(404)
            shown = look(store.theme, store.settings, themes)
            if shown.hash != digest:
                return _answer(shown.css.encode(), _TYPES[".css"], _BRIEFLY)
            sheet = shown.css
        return _answer(sheet.encode(), _TYPES[".css"], _FOREVER)

    @assets.get("/_img/<name>")
    def image(name: str) -> Response:
        asked = _PICTURE.fullmatch(name)
        if asked is None:
            abort(404)
        try:
            return _answer(objects.get(f"pictures/{name}"), f"image/{asked['fmt']}", _FOREVER)
        except ObjectMissing:
            if int(asked["width"] or 0) not in WIDTHS:
                abort(404)
        # Of a picture that has just come, the worker may not have made this size yet.
        try:
            return _answer(objects.get(full_name(asked["key"])), "image/webp", _BRIEFLY)
        except ObjectMissing:
            abort(404)

    return assets


def _answer(data: bytes, kind: str, caching: str) -> Response:
    packs = kind.startswith(("text/", "image/svg", "application/manifest"))
    packed = packs and bool(request.accept_encodings.best_match(["gzip"]))
    answer = Response(_packed(data) if packed else data, content_type=kind)
    if packs:
        answer.headers["Vary"] = "Accept-Encoding"
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    answer.headers["Cache-Control"] = caching
    answer.headers["X-Content-Type-Options"] = "nosniff"
    # A theme's file or a picture, opened by itself, may do nothing at all.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@lru_cache(maxsize=512)
def _packed(data: bytes) -> bytes:
    return gzip.compress(data, mtime=0)


def _locate(themes: Registry, bundle: str, path: str) -> tuple[str, Path] | None:
    if bundle == "app":
        return (_static_hash(), STATIC / path) if _inside(STATIC, path) else None
    found = themes.find(bundle, f"assets/{path}")
    if found is None or found[0] != bundle:
        return None
    return themes.theme(bundle).asset_hash, found[1]


def _inside(folder: Path, path: str) -> bool:
    if "\\" in path or any(step.startswith(".") or not step for step in path.split("/")):
        return False
    target = folder / path
    return target.is_file() and target.resolve().is_relative_to(folder.resolve())


@lru_cache(maxsize=1)
def _static_hash() -> str:
    return tree_hash(STATIC)


@lru_cache(maxsize=4096)
def _theme_asset(chain: tuple[tuple[str, Path], ...], path: str) -> str:
    for name, folder in chain:
        if (folder / "assets" / path).is_file():
            return f"/_assets/{_asset_hash(folder)}/{name}/{path}"
    raise LookupError(f"no theme in {chain[0][0]} has an asset {path!r}")


@lru_cache(maxsize=64)
def _asset_hash(folder: Path) -> str:
    return tree_hash(folder / "assets")
