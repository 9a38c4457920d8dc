"""Lighthouse and the Nu checker of HTML: programs of others that judge pages. Node and Java run them."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_MODULES = Path(__file__).parent / "node" / "node_modules"
_LIGHTHOUSE = _MODULES / ".bin" / "lighthouse"
_NU_CHECKER = _MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
SPEED = "performance"
CATEGORIES = (SPEED, "accessibility", "best-practices", "seo")
LEAST = 95
_TRIES = 3
_SECONDS = 180


def lighthouse(
    address: str, chromium: str, *, categories: tuple[str, ...], indexed: bool = True
) -> dict[str, int]:
    """Its scores of 100 by category, as a phone on a slow network. A page that keeps itself out of search
    engines is not ``indexed``.

    It looks twice more where one is short, because a machine that is busy for a moment takes points off; the
    middle one counts.
    """
    looks = [_look(address, chromium, categories, indexed)]
    if min(looks[0].values()) < LEAST:
        looks += [_look(address, chromium, categories, indexed) for _ in range(2)]
    return {each: sorted(look[each] for look in looks)[len(looks) // 2] for each in categories}


def _look(address: str, chromium: str, categories: tuple[str, ...], indexed: bool) -> dict[str, int]:
    for tries in range(1, _TRIES + 1):
        with tempfile.NamedTemporaryFile(suffix=".json") as report:
            why = _run(address, chromium, categories, indexed, report.name)
            if not why:
                told: dict[str, Any] = json.loads(Path(report.name).read_text())
                return {each: round(100 * told["categories"][each]["score"]) for each in categories}
        # Now and then it loses the browser that it has started, and judges nothing.
        print(f"  Lighthouse broke off, try {tries} of {_TRIES}: {why}", flush=True)
    raise RuntimeError(f"Lighthouse could not look at {address}")


def _run(address: str, chromium: str, categories: tuple[str, ...], indexed: bool, report: str) -> str:
    """Let Lighthouse look once, and write its report; why it did not, or nothing."""
    flags = "--headless --no-sandbox --disable-gpu --disable-background-networking"
    try:
        done = subprocess.run(
            [
                *(str(_LIGHTHOUSE), address, "--quiet", "--output=json", f"--output-path={report}"),
                *(f"--chrome-flags={flags}", f"--only-categories={','.join(categories)}"),
                *([] if indexed else ["--skip-audits=is-crawlable"]),
            ],
            env={**os.environ, "CHROME_PATH": chromium},
            timeout=_SECONDS,
            capture_output=True,
            text=True,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {_SECONDS} seconds"
    return done.stderr.strip()[-300:] or f"exit code {done.returncode}" if done.returncode else ""


def html_problems(pages: dict[str, str]) -> Iterator[str]:
    """What the Nu checker says of pages, by their names: errors and warnings."""
    with tempfile.TemporaryDirectory() as folder:
        named = {}
        for number, (name, html) in enumerate(pages.items()):
            path = Path(folder) / f"{number}.html"
            path.write_text(html, encoding="utf-8")
            named[path.name] = name
        done = subprocess.run(
            ["java", "-Xss1m", "-jar", str(_NU_CHECKER), "--exit-zero-always", "--format", "json", folder],
            check=True,
            timeout=300,
            capture_output=True,
            text=True,
        )
    for message in json.loads(done.stderr)["messages"]:
        name = named[Path(message["url"]).name]
        yield f"{name}: {message['message']} (line {message.get('lastLine', '?')})"
