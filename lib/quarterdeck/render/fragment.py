"""HTML that came out of Markdown, reduced to plain prose: a small set of tags, links that lead somewhere, no images."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

_KEPT = frozenset(
    re.findall(
        r"\w+",
        "p h1 h2 h3 h4 h5 h6 ul ol li blockquote pre dl dt dd table thead tbody tr th td "
        "a strong em b i s del code sub sup",
    )
)
_VOID = frozenset(("br", "hr"))
_LINK = re.compile(r"(?:https?://|mailto:|[#./?])", re.IGNORECASE)


class _Prose(HTMLParser):
    """Writes down the kept tags and all text; everything else leaves only its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.out: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            self.out.append(f"<{tag}>")
        elif tag in _KEPT:
            href = next((value or "" for name, value in attrs if name == "href"), "")
            link = f' href="{escape(href)}"' if tag == "a" and _LINK.match(href) else ""
            self.out.append(f"<{tag}{link}>")
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open:
                inner = self.open.pop()
                self.out.append(f"</{inner}>")
                if inner == tag:
                    break

    def handle_data(self, data: str) -> None:
        self.out.append(escape(data, quote=False))


def prose(html: str) -> str:
    """Keep what words need (paragraphs, headings, lists, tables, emphasis, safe links); balanced and well-formed."""
    parser = _Prose()
    parser.feed(html)
    parser.close()
    parser.out += [f"</{tag}>" for tag in reversed(parser.open)]
    return "".join(parser.out).strip()
