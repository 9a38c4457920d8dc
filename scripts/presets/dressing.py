"""A demo on a free port, with a store that wears one preset after another."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from sqlalchemy import text

from app.services import embedded_database
from bench.installation import free_port
from storage.database import transaction
from storage.embedded import EmbeddedServer
from themes.looks import publish_look
from themes.registry import Preset, Theme, installed

_STORE = "hollin-wren"
_READY_SECONDS = 300
_PUBLISHED = text("""
    SELECT s.partner_id, s.store_id, k.settings, k.pages FROM stores s
      JOIN look_versions k ON k.partner_id = s.partner_id AND k.look_id = s.published_look_id
     WHERE s.slug = :slug
""")


class DressedDemo:
    """The demo in a folder that is gone in the end. ``store`` is the address of the store that is dressed;
    ``owners`` has the addresses of portal and console, each with the link that signs its owner in."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="awning-presets-"))
        self._urls = self.folder / "urls.json"
        self.store = ""
        self.owners: dict[str, tuple[str, str]] = {}

    def __enter__(self) -> DressedDemo:
        places = {"--port": free_port(), "--urls": self._urls, "--data-dir": self.folder / "data"}
        options = [str(part) for pair in places.items() for part in pair]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "demo", *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + _READY_SECONDS
        while not self._urls.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the demo did not start")
            time.sleep(0.2)
        found = json.loads(self._urls.read_text())
        self.store = next(each["url"] for each in found["stores"] if each["slug"] == _STORE).rstrip("/")
        for each in found["sign_in"]:
            if each["role"] == "owner":
                self.owners.setdefault(each["face"], (found[each["face"]], each["url"]))
        postgres = next(path.parent for path in self.folder.rglob("postmaster.pid"))
        self._console = embedded_database(EmbeddedServer(postgres).start()).console()
        with transaction(self._console) as session:
            self._before = session.execute(_PUBLISHED, {"slug": _STORE}).one()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._console.dispose()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)
        shutil.rmtree(self.folder, ignore_errors=True)

    def dress(self, theme: Theme, preset: Preset) -> None:
        """Publish a preset with the store's own logo and pictures, light or dark as the device asks."""
        settings = {**preset.settings, "scheme": "auto", "logo": self._before.settings["logo"]}
        with transaction(self._console) as session:
            publish_look(
                session,
                partner_id=self._before.partner_id,
                store_id=self._before.store_id,
                theme=theme.name,
                settings=settings,
                pages=self._before.pages,
                actor="presets",
                now=datetime.now(UTC),
            )

    def receipts(self) -> list[Path]:
        """The receipts that were sent so far, the newest last."""
        return sorted(self.folder.rglob("receipt.*.eml"), key=lambda path: path.stat().st_mtime)


def presets() -> list[tuple[Theme, Preset]]:
    """Every preset of the installed themes."""
    return [(theme, preset) for theme in installed().themes for preset in theme.presets]
