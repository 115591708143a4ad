"""What would keep a mail from arriving whole and reading well: the one rule, for the inbox and before sending."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from urllib.parse import unquote

from ..model.check import Check
from .layout import MAX_BYTES

MAX_MESSAGE_BYTES = 10_000_000
"""Beyond ten megabytes mailbox providers begin to refuse a message."""
_SOURCES = ("src", "srcset", "background", "poster")


def proofread(name: str, mail: bytes) -> list[Check]:
    """Everything wrong with a mail file, as checks of that name; none for a good one."""
    message = message_from_bytes(mail, policy=default)
    assert isinstance(message, EmailMessage)
    found: list[Check] = []

    def fault(problem: str, remedy: str, warn: bool = False) -> None:
        found.append(Check(name, "warn" if warn else "wrong", problem, remedy))

    compose = "compose it again with `quarterdeck reports --force`"
    body = message.get_body(("html",))
    html = str(body.get_content()) if body else ""
    size = len(html.encode())
    if size > MAX_BYTES:
        fault(f"{size // 1000} KB of HTML", "Gmail cuts it off at 102; carry less under `digest:` in the persona")
    if len(mail) > MAX_MESSAGE_BYTES:
        fault(f"{len(mail) / 1e6:.0f} MB in all", "10 is the most; carry fewer charts under `digest:` in the persona")
    page = _Page()
    page.feed(html)
    page.close()
    if not page.links:
        fault("no link to the report", "set SITE_URL", warn=True)
    named = {unquote(source[4:]) for source in page.sources if source.lower().startswith("cid:")}
    inside = {str(part["Content-ID"]).strip(" <>") for part in message.walk() if part.get_content_maintype() == "image"}
    if missing := named - inside:
        fault(f"{len(missing)} pictures are named and not there", compose)
    if unused := inside - named:
        fault(f"{len(unused)} pictures are there and not named", compose)
    if other := [source for source in page.sources if not source.lower().startswith("cid:")]:
        fault(f"a picture that mail programs do not show ({other[0][:30]})", "show it as a chart of the notebook")
    if not message["List-Id"]:
        fault("no List-Id", compose)
    return found


class _Page(HTMLParser):
    """The addresses of a page's pictures, in attributes and styles, and how many links it has."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str] = []
        self.links, self.styled = 0, False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.styled = tag == "style"
        values = {key: value.strip() for key, value in attrs if value}
        self.links += tag == "a" and "href" in values
        self.sources += [values[key] for key in _SOURCES if key in values]
        self._style(values.get("style", ""))

    def handle_endtag(self, tag: str) -> None:
        self.styled = False

    def handle_data(self, data: str) -> None:
        if self.styled:
            self._style(data)

    def _style(self, text: str) -> None:
        self.sources += re.findall(r"""url\(\s*["']?([^"')]+)""", text)
