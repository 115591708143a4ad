"""A digest as a mail file that names no reader, and as a page that a browser shows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from ..model.errors import QuarterdeckError
from ..model.files import write
from .digest import Digest
from .layout import content_id, self_contained, to_html
from .plain import to_text
from .words import one_line

_PLAIN = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
"""An address as the HTML standard has it, with a dot in its domain; SES takes no other letters before the @."""


def to_message(digest: Digest, html: str, text: str) -> bytes:
    """The mail file: plain text beside HTML with its pictures, the same bytes for the same digest.

    It is dated noon UTC of the as-of day. Sender, reader and Message-ID belong to a delivery, so it has none.
    """
    message = EmailMessage(policy=SMTP.clone(max_line_length=76))
    message["Subject"] = one_line(digest.subject, 200)
    message["Date"] = format_datetime(datetime.combine(date.fromisoformat(digest.as_of[:10]), time(12), UTC))
    message["List-Id"] = f"<{_list_id(digest)}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Entity-Ref-ID"] = _token(f"{digest.key.slug}/{digest.key.period}")
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    page = message.get_payload(1)
    assert isinstance(page, EmailMessage)
    for number, picture in enumerate(digest.pictures):
        name = content_id(digest, number)
        page.add_related(
            picture.png, "image", "png", cid=f"<{name}>", disposition="inline", filename=f"chart-{number + 1}.png"
        )
    seal = hashlib.sha256(f"{digest.subject}\0{html}\0{text}".encode()).hexdigest()[:24]
    for number, part in enumerate(part for part in message.walk() if part.is_multipart()):
        part.set_boundary(f"=_{seal}_{number}")
    return message.as_bytes(policy=SMTP.clone(max_line_length=998))


@dataclass(frozen=True)
class Envelope:
    """Whom one mail goes to, from whom, and where its reader unsubscribes: `mailto:` and `https:` addresses."""

    sender: str
    to: str
    name: str = ""
    reply_to: str = ""
    unsubscribe: tuple[str, ...] = ()


def addressed(mail: bytes, envelope: Envelope) -> bytes:
    """A mail file with the headers of one delivery before its own; not a byte of the digest changes.

    An `https:` address to unsubscribe at is one that a POST confirms (RFC 8058). Raises QuarterdeckError for an
    address that no header can carry.
    """
    headers = EmailMessage(policy=SMTP.clone(max_line_length=998))  # folded, a long address would be encoded and dead
    headers["From"] = _address(envelope.sender)
    headers["To"] = _address(envelope.to, envelope.name)
    if envelope.reply_to:
        headers["Reply-To"] = _address(envelope.reply_to)
    if envelope.unsubscribe:
        headers["List-Unsubscribe"] = ", ".join(f"<{_line(address)}>" for address in envelope.unsubscribe)
    if any(address.startswith("https:") for address in envelope.unsubscribe):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers.as_bytes().removesuffix(b"\r\n") + mail


def _address(address: str, name: str = "") -> Address:
    shown, written = parseaddr(_line(address))
    local, _, domain = written.rpartition("@")
    try:
        plain = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        plain = ""
    if not _PLAIN.fullmatch(plain):
        told = f"{local[:1]}…@{domain}" if local else f"{domain[:1]}…"
        raise QuarterdeckError(f"address {told}", "is none that mail can carry", "Write it as name@example.com")
    return Address(_line(name) or shown, addr_spec=plain)


def _line(text: str) -> str:
    if "\r" in text or "\n" in text:
        raise QuarterdeckError(f"address {text[:1]}…", "holds a line break", "Write it on one line")
    return text


def write_digest(path: Path, digest: Digest, markdown: Callable[[str], str]) -> None:
    """Write a mail file (see `mail_path`) and, beside it, an `.html` for a browser.

    A file whose bytes would stay the same is left alone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    html = to_html(digest, markdown)
    _write_changed(path, to_message(digest, html, to_text(digest)))
    _write_changed(path.with_suffix(".html"), self_contained(html, digest).encode())


def _write_changed(path: Path, content: bytes) -> None:
    if not path.is_file() or path.read_bytes() != content:
        write(path, content)


def _list_id(digest: Digest) -> str:
    host = urlsplit(digest.url).hostname or "reports.localhost"
    return ".".join([*(_token(part) for part in reversed(digest.key.slug.split("/"))), host])


def _token(text: str) -> str:
    """A header's word: whatever is not a letter, digit, slash, dot or hyphen becomes a hyphen."""
    return re.sub(r"[^A-Za-z0-9/.-]+", "-", text)[:120]
