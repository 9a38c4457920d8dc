"""Files under addresses that never change."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import assets
from app.theme_check.goods import storefront
from storage.objects import FolderStore
from tenants.storefront import Storefront
from themes.registry import installed
from themes.tokens import look

KEY = "f" * 64


def visited() -> Storefront:
    """The store whose host is asked."""
    return storefront(installed().theme("aurora"))


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    objects = FolderStore(tmp_path)
    objects.put(f"pictures/{KEY}.webp", b"full", "image/webp")
    objects.put(f"pictures/{KEY}-320.avif", b"small", "image/avif")
    app = Flask(__name__)
    app.register_blueprint(assets.blueprint(objects, storefront=visited))
    return app.test_client()


def test_a_theme_asset_is_immutable_and_comes_from_its_owner(client: FlaskClient) -> None:
    aurora = installed().theme("aurora")
    own, inherited = assets.asset_url(aurora, "css/theme.css"), assets.asset_url(aurora, "css/base.css")
    assert "/aurora@1/" in own
    assert "/base@1/" in inherited
    for url in (own, inherited, assets.asset_url(aurora, "fonts/instrument-sans.woff2")):
        answer = client.get(url)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_an_old_address_still_answers_and_is_not_kept(client: FlaskClient) -> None:
    answer = client.get("/_assets/0000/base@1/css/base.css")
    assert answer.status_code == 200
    assert "immutable" not in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "url",
    [
        "/_assets/0/base@1/../theme.toml",
        "/_assets/0/base@1/css/../../theme.toml",
        "/_assets/0/base@1/css/%2e%2e/%2e%2e/theme.toml",
        "/_assets/0/base@1/missing.css",
        "/_assets/0/nobody@1/css/base.css",
        "/_assets/0/aurora@1/css/base.css",
        "/_assets/0/app/../assets.py",
        "/_assets/0/app/%2e%2e/assets.py",
        "/_assets/0/app/missing.js",
        f"/_img/{KEY}-641.webp",
        f"/_img/{'0' * 64}-640.webp",
        f"/_img/{KEY}.png",
        f"/_img/{KEY}.avif",
        "/_img/../secret.webp",
        "/_img/short.webp",
        "/_theme/../x.css",
    ],
)
def test_everything_else_is_not_found(client: FlaskClient, url: str) -> None:
    assert client.get(url).status_code == 404


def test_an_asset_that_no_theme_has_is_a_mistake_of_the_template() -> None:
    with pytest.raises(LookupError):
        assets.asset_url(installed().theme("aurora"), "css/none.css")


def test_pictures_say_what_they_are(client: FlaskClient) -> None:
    full, small = client.get(f"/_img/{KEY}.webp"), client.get(f"/_img/{KEY}-320.avif")
    assert (full.data, full.content_type) == (b"full", "image/webp")
    assert (small.data, small.content_type) == (b"small", "image/avif")
    assert "immutable" in small.headers["Cache-Control"]
    assert small.headers["X-Content-Type-Options"] == "nosniff"


def test_a_size_that_is_not_made_yet_is_the_whole_picture_for_a_while(client: FlaskClient) -> None:
    answer = client.get(f"/_img/{KEY}-640.avif")
    assert (answer.data, answer.content_type) == (b"full", "image/webp")
    assert "immutable" not in answer.headers["Cache-Control"]


def test_a_token_sheet_is_found_by_a_process_that_never_rendered_it(client: FlaskClient) -> None:
    aurora = installed().theme("aurora")
    store = storefront(aurora, aurora.preset("kitchen"))
    shown = look(store.theme, store.settings)
    url = assets.token_sheet_url(shown)
    assert client.get(url).data.decode() == shown.css
    assert "immutable" in client.get(url).headers["Cache-Control"]
    shown = look(visited().theme, visited().settings)
    fresh = client.get(f"/_theme/{shown.hash}.css")
    assert "immutable" in fresh.headers["Cache-Control"]
    stale = client.get("/_theme/0123456789.css")
    assert stale.status_code == 200
    assert "immutable" not in stale.headers["Cache-Control"]


def test_sheets_and_scripts_stay_small() -> None:
    aurora = installed().theme("aurora")
    sizes = {".css": 20_000, ".js": 15_000}
    for _, folder in aurora.chain:
        for path in (folder / "assets").rglob("*"):
            if path.suffix in sizes:
                assert path.stat().st_size < sizes[path.suffix] * 2


def test_text_is_sent_packed_to_those_who_ask_and_pictures_never(client: FlaskClient) -> None:
    sheet = assets.asset_url(installed().theme("market"), "css/theme.css")
    plain = client.get(sheet)
    packed = client.get(sheet, headers={"Accept-Encoding": "gzip, br"})
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    font = assets.asset_url(installed().theme("market"), "fonts/archivo.woff2")
    for url in (f"/_img/{KEY}.webp", font):
        assert "Content-Encoding" not in client.get(url, headers={"Accept-Encoding": "gzip"}).headers
