"""Words from data and from analysts, made safe and short for a message: one line, or a few tags of HTML."""

from __future__ import annotations

import re
from html import escape, unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

# Control characters, direction overrides, byte-order marks and lone surrogates; joiners of emoji stay.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]")
_KEPT = {"p", "ul", "ol", "li", "blockquote", "strong", "em", "code", "a"}
_SAME = {"b": "strong", "i": "em", "div": "p", "pre": "p", "tr": "p"}
_SKIPPED = {"script", "style", "template", "svg", "math", "iframe", "object", "noscript", "head", "title"}


def one_line(text: object, limit: int = 300) -> str:
    """Text on one line without control or direction-override characters, cut at a word with `…` past `limit`."""
    line = str(text)
    line = " ".join((line if line.isprintable() else _UNPRINTABLE.sub(" ", line)).split())
    if len(line) <= limit:
        return line
    cut = line[: limit - 1]
    head = cut.rpartition(" ")[0]
    return (head if len(head) > limit // 2 else cut).rstrip(" ,;:.") + "…"


def sanitise(html: str, base: str = "", limit: int = 100_000) -> str:
    """HTML of paragraphs, lists, emphasis and web links only, tags balanced, cut with `…` after `limit` characters.

    Headings become bold paragraphs; a picture becomes its alternative text; relative links are resolved against
    `base`, and a link that leads neither to the web nor to a mailbox loses its address.
    """
    parser = _Fragment(base, limit)
    parser.feed(html)
    parser.close()
    return parser.finish()


def plain(html: str, base: str = "", limit: int = 100_000) -> str:
    """The same content as lines of text; list items start with `- `, a link's address follows its words."""
    text = re.sub(r'<a href="([^"]*)">(.*?)</a>', r"\2 (\1)", sanitise(html, base, limit), flags=re.DOTALL)
    text = re.sub(r"<li>(?:\s*<p>)?", "\n- ", " ".join(text.split()))
    text = re.sub(r"</?(?:p|ul|ol|blockquote)>", "\n", text.replace("<br>", "\n"))
    lines = (one_line(unescape(re.sub(r"<[^>]*>", "", line)), limit + 10) for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


class _Fragment(HTMLParser):
    """Rebuilds a fragment from a small set of tags; everything else is kept as its text."""

    def __init__(self, base: str, left: int) -> None:
        super().__init__(convert_charrefs=True)
        self.base, self.left, self.skipping = base, left, 0
        self.parts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipping += tag in _SKIPPED
        if self.skipping or self.left <= 0:
            return
        values = dict(attrs)
        self.left -= 1  # tags and addresses use up the limit too, or a cut text could still be a long page
        if tag == "br":
            self.parts.append("<br>")
        elif tag == "img":
            self.handle_data(values.get("alt") or "")
        elif re.fullmatch("h[1-6]", tag):
            self._begin("p")
            self._begin("strong")
        elif tag in ("td", "th"):
            self.handle_data(" ")
        elif _SAME.get(tag, tag) in _KEPT:
            self._begin(_SAME.get(tag, tag), address(values.get("href") or "", self.base))

    def _begin(self, tag: str, address: str = "") -> None:
        if tag == "a":
            cost = len(escape(address)) // 4
            if not address or cost > self.left:
                return
            self.left -= cost
        self.parts.append(f'<a href="{escape(address)}">' if tag == "a" else f"<{tag}>")
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self.skipping = max(0, self.skipping - 1)
            return
        name = "p" if re.fullmatch("h[1-6]", tag) else _SAME.get(tag, tag)
        if not self.skipping and name in self.open:
            while (last := self.open.pop()) != name:
                self.parts.append(f"</{last}>")
            self.parts.append(f"</{name}>")

    def handle_data(self, data: str) -> None:
        if self.skipping or self.left <= 0:
            return
        text = _UNPRINTABLE.sub(" ", data)
        self.parts.append(escape(text if len(text) <= self.left else one_line(text, self.left)))
        self.left -= len(text)

    def finish(self) -> str:
        return "".join(self.parts + [f"</{tag}>" for tag in reversed(self.open)]).strip()


def address(href: str, base: str) -> str:
    """An absolute address that leads to the web or to a mailbox, or nothing."""
    try:
        address = urljoin(base, _UNPRINTABLE.sub("", href).strip())
        return address if urlsplit(address).scheme in ("http", "https", "mailto") else ""
    except ValueError:
        return ""
