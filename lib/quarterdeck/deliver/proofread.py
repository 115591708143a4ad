"""What would keep a mail from arriving whole and reading well: the one rule, for the inbox and before sending."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from urllib.parse import unquote

from ..model.check import Check, faults
from .layout import MAX_BYTES

MAX_MESSAGE_BYTES = 10_000_000
"""Beyond ten megabytes mailbox providers begin to refuse a message."""
_URL = re.compile(r"""url\(\s*["']?([^"')]+)""")
_SOURCES = ("src", "srcset", "background", "poster")


def proofread(name: str, mail: bytes) -> list[Check]:
    """Everything wrong with a mail file, as checks of that name; none for a good one."""
    message = message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    body = message.get_body(("html",))
    html = str(body.get_content()) if body else ""
    page = _Page()
    page.feed(html)
    page.close()
    named = {unquote(source[4:]) for source in page.sources if source.lower().startswith("cid:")}
    inside = {str(part["Content-ID"]).strip(" <>") for part in message.walk() if part.get_content_maintype() == "image"}
    missing, unused = len(named - inside), len(inside - named)
    others = [source for source in page.sources if not source.lower().startswith("cid:")]
    size, fewer = len(html.encode()), "carry fewer sections or charts under `digest:` in the persona"
    again = "compose it again with `quarterdeck reports --force`"
    return faults(
        name,
        (size > MAX_BYTES, "wrong", f"{size // 1000} KB of HTML", f"Gmail cuts it off at 102; {fewer}"),
        (len(mail) > MAX_MESSAGE_BYTES, "wrong", f"{len(mail) / 1e6:.0f} MB in all", f"10 is the most; {fewer}"),
        (not page.links, "warn", "no link to the report", "set SITE_URL"),
        (missing, "wrong", f"{missing} pictures are named and not there", again),
        (unused, "wrong", f"{unused} pictures are there and not named", again),
        (others, "wrong", f"a picture that mail programs do not show ({''.join(others[:1])[:30]})",
         "show it as a chart of the notebook"),
        (not message["List-Id"], "wrong", "no List-Id", again),
    )  # fmt: skip


class _Page(HTMLParser):
    """The addresses of a page's pictures, in attributes and styles, and how many links to the web it has."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.links = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value.strip() for key, value in attrs if value}
        self.links += tag == "a" and values.get("href", "").startswith(("http:", "https:"))
        self.sources += [values[key] for key in _SOURCES if key in values] + _URL.findall(values.get("style", ""))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "style":
            self.sources += _URL.findall(data)
