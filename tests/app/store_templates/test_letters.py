"""Mails of newsletter, cases and invitations, in each theme and language, whatever stands in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import html5lib
import pytest

from app.languages import LANGUAGES
from app.theme_check import goods
from app.theme_check.cases import case_pages
from app.theme_check.orders import NOW
from app.theme_check.rendering import application
from tests.app.store_templates.test_pages import RENDERER
from themes.registry import installed

HOSTILE = 'Hollin & <Wren>"</title><script>alert(1)</script>'
APP = application()
CASE = case_pages()["refused case"][1]["case"]
MAILS: dict[str, tuple[str, dict[str, Any]]] = {
    **{
        f"newsletter {step}": (
            "newsletter",
            {
                "step": step,
                "asked_at": NOW,
                "confirm_url": "http://a.example/c",
                "leave_url": "http://a.example/l",
            },
        )
        for step in ("confirm", "welcome", "known")
    },
    **{
        f"case {step}": (
            "case",
            {
                "step": step,
                "case": CASE,
                "who": HOSTILE,
                "said_words": HOSTILE,
                "case_url": "http://a.example/s",
            },
        )
        for step in ("opened", "answer")
    },
    "invitation": ("invitation", {"person_name": HOSTILE, "invitation_url": "http://a.example/w"}),
}


@pytest.mark.parametrize("name", MAILS)
@pytest.mark.parametrize("theme", ["aurora", "market"])
def test_it_is_whole_and_valid_in_each_language(name: str, theme: str) -> None:
    template, context = MAILS[name]
    shop = goods.storefront(installed().theme(theme))
    for language in LANGUAGES:
        told = replace(shop, name=HOSTILE, company_name=HOSTILE, locale=language)
        with APP.app_context():
            made = {
                kind: RENDERER.render(told, f"mail/{template}.{kind}", base_url="http://a.example", **context)
                for kind in ("html", "txt", "subject.txt")
            }
        html5lib.HTMLParser(strict=True).parse(made["html"].lstrip())
        assert "<script" not in made["html"]
        assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in made["html"]
        # Readable where it is dark: what has a colour has one for that too.
        assert "prefers-color-scheme:dark" in made["html"]
        # A button keeps its own ground there, and so the ink that reads on it.
        assert ".ink a.act{color:" in made["html"]
        assert made["html"].count('<a class="act"') == 1
        assert "&amp;" not in made["txt"]
        assert HOSTILE in made["txt"]
        assert "\n" not in made["subject.txt"].strip()
        assert "http://a.example/" in made["txt"]
