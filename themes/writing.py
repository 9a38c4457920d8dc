"""Rich text as a person writes it: paragraphs, **bold**, *italics*, [links](https://…), lists, headings.

What is kept is HTML that was cleaned; what is shown in a field is made from it again. HTML that somebody
pastes passes through the same cleaning.
"""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

_KEPT = frozenset(("p", "br", "strong", "em", "a", "ul", "ol", "li", "h3"))
_BLOCK = re.compile(r"<(?:p|ul|ol|h3)\b")
_LINK = re.compile(r"(?<!\\)\[([^\]\n]+)\]\(([^)\s]+)\)")
_BOLD = re.compile(r"(?<!\\)\*\*(?=\S)(.+?)(?<=[^\s\\])\*\*")
_ITALIC = re.compile(r"(?<![\\*])\*(?=[^\s*])([^*]+?)(?<=[^\s\\])\*(?!\*)")
_TAG = re.compile(r"<\s*([a-zA-Z][a-zA-Z0-9]*)")


def to_html(text: str) -> str:
    """Return what was written as HTML. It is not cleaned: the setting's own judgement does that."""
    blocks = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "".join(_block(block.strip()) for block in blocks if block.strip())


def to_text(html: str) -> str:
    """Return kept HTML as a person would write it."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.out)).strip()


def taken_out(text: str) -> list[str]:
    """Name the elements in a text that cleaning takes out, each once."""
    named = dict.fromkeys(found.lower() for found in _TAG.findall(text))
    return [name for name in named if name not in _KEPT]


def _block(block: str) -> str:
    if _BLOCK.match(block):
        return block
    lines = block.split("\n")
    if all(line.startswith("- ") for line in lines):
        return f"<ul>{''.join(f'<li>{_inline(line[2:])}</li>' for line in lines)}</ul>"
    if all(re.match(r"\d+\. ", line) for line in lines):
        items = (_inline(line.partition(" ")[2]) for line in lines)
        return f"<ol>{''.join(f'<li>{item}</li>' for item in items)}</ol>"
    if block.startswith("### ") and len(lines) == 1:
        return f"<h3>{_inline(block[4:])}</h3>"
    return f"<p>{'<br>'.join(_inline(line) for line in lines)}</p>"


def _inline(text: str) -> str:
    text = _LINK.sub(lambda found: f'<a href="{escape(found[2])}">{found[1]}</a>', text)
    text = _BOLD.sub(r"<strong>\1</strong>", text)
    text = _ITALIC.sub(r"<em>\1</em>", text)
    return re.sub(r"\\([*\[])", r"\1", text)


class _Reader(HTMLParser):
    """Writes down what it reads. Only what cleaning lets through ever comes here."""

    def __init__(self) -> None:
        super().__init__()
        self.out: list[str] = []
        self._href = ""
        self._numbers: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href = dict(attrs).get("href") or ""
            self.out.append("[" if self._href else "")
        elif tag == "ul":
            self._numbers.append(-1)
        elif tag == "ol":
            self._numbers.append(0)
        elif tag == "li":
            if self._numbers and self._numbers[-1] >= 0:
                self._numbers[-1] += 1
                self.out.append(f"{self._numbers[-1]}. ")
            else:
                self.out.append("- ")
        else:
            self.out.append({"strong": "**", "em": "*", "br": "\n", "h3": "### "}.get(tag, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self.out.append(f"]({self._href})" if self._href else "")
        elif tag in ("ul", "ol"):
            del self._numbers[-1:]
            self.out.append("\n")
        else:
            self.out.append({"strong": "**", "em": "*", "li": "\n", "p": "\n\n", "h3": "\n\n"}.get(tag, ""))

    def handle_data(self, data: str) -> None:
        # An angle bracket that is meant as one stays what it is when it is read again.
        plain = data.replace("&", "&amp;").replace("<", "&lt;")
        self.out.append(re.sub(r"([*\[])", r"\\\1", plain))
