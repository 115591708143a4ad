"""An address of mail: one rule for settings, recipients and headers."""

from __future__ import annotations

import re
from email.headerregistry import Address

from .delivery import masked
from .errors import BadValue

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_PLAIN = re.compile(rf"(?=.{{1,254}}$)(?=[^@]{{1,64}}@){_ATOM}(\.{_ATOM})*@{_LABEL}(\.{_LABEL})+")
"""RFC 5321's, without quotes and with a dot in its domain; SES takes no other letters in front of the @."""
_NAMED = re.compile(r'(?:"((?:[^"\\]|\\.)*)"|([^<>@]*?))\s*<([^<>]*)>')
_AMBIGUOUS = re.compile("[ßς\u200c\u200d]")  # Python's IDNA (2003) makes another domain of these than browsers do
_BREAK = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]|=\?")  # the email package undoes `=?utf-8?q?=0A?=` in headers


def parse_address(text: str, name: str = "") -> Address:
    """What `name@example.com` or `Name <name@example.com>` means, its domain in ASCII; `name` wins over one in it.

    Raises BadValue, which tells no whole address, for what no header can carry.
    """
    named = _NAMED.fullmatch(unbroken(text).strip())
    shown = re.sub(r"\\(.)", r"\1", named[1] or "") or named[2] or "" if named else ""
    written = (named[3] if named else text).strip()
    local, _, domain = written.rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode()}" if len(written) < 255 else ""
    except UnicodeError:
        plain = ""
    if not _PLAIN.fullmatch(plain) or _AMBIGUOUS.search(domain):
        remedy = "Write it as name@example.com, in front of the @ without accents"
        raise BadValue(f"address {masked(written)[:60]!r}", "is none that mail can carry", remedy)
    return Address(unbroken(name) or shown, addr_spec=plain)


def plain_address(text: str) -> str:
    """An address that stands alone, its domain in ASCII; raises BadValue for any other text."""
    found = parse_address(text)
    if found.display_name:
        raise BadValue(f"address {masked(found.addr_spec)!r}", "has a name beside it", "Write the address alone")
    return found.addr_spec


def unbroken(text: str) -> str:
    """Text that begins no new header; raises BadValue for a control character, also for one that `=?` may encode."""
    if _BREAK.search(text):
        problem = "holds a line break, a control character or `=?`"
        raise BadValue(f"address {text[:1]!r}…", problem, "Write it on one line, in its own letters")
    return text
