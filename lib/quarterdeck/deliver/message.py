"""A digest as a mail file that names no reader, and as a page that a browser shows."""

from __future__ import annotations

import binascii
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.header import Header
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import SMTP, EmailPolicy, compat32
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..model.address import parse_address, unbroken
from ..model.files import write
from .digest import Digest
from .layout import content_id, self_contained, to_html
from .plain import to_text
from .words import one_line

CODE = "in-place-of-this-comes-the-readers-own-code"
"""Stands for a code in a mail that is the same for all readers."""
_CODE = re.compile(rb"(?:=\r\n)?".join(re.escape(letter.encode()) for letter in CODE))
_PARTS = compat32.clone(linesep="\r\n")  # the newer policies parse the parts' few fixed headers again and again


class _Headers(EmailPolicy):
    """Folds encoded words alone: folded by Python, an address may be encoded and dead, or lose its name's quotes."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """A header as bytes."""
        if str(value).isascii():
            return _WHOLE.fold_binary(name, value)
        said, to = str(value), ""
        for address in getattr(value, "addresses", ()):
            said, to = address.display_name, f"\r\n <{address.addr_spec}>"
        words = Header(said, "utf-8", 75, name).encode(linesep="\r\n")
        return f"{name}: {words}{to}\r\n".encode("ascii")


_POLICY, _WHOLE = _Headers(linesep="\r\n"), SMTP.clone(max_line_length=998)


def to_message(digest: Digest, html: str, text: str) -> bytes:
    """The mail file: plain text beside HTML with its pictures, the same bytes for the same digest.

    It is dated noon UTC of the as-of day. Sender, reader and Message-ID belong to a delivery, so it has none.
    """
    headers = EmailMessage(policy=_POLICY)
    headers["Subject"] = subject_line(digest.subject)
    headers["Date"] = format_datetime(datetime.combine(date.fromisoformat(digest.as_of[:10]), time(12), UTC))
    headers["List-Id"] = f"<{_list_id(digest)}>"
    headers["Auto-Submitted"] = "auto-generated"
    headers["X-Entity-Ref-ID"] = _token(f"{digest.key.slug}/{digest.key.period}")
    seal = hashlib.sha256(f"{digest.subject}\0{html}\0{text}".encode()).hexdigest()[:24]
    plain, page = _text("plain", text), _text("html", html)
    if digest.pictures:
        page = MIMEMultipart("related", f"=_{seal}_1", [page, *_pictures(digest)], policy=_PARTS)
    body = MIMEMultipart("alternative", f"=_{seal}_0", [plain, page], policy=_PARTS)
    return headers.as_bytes().removesuffix(b"\r\n") + body.as_bytes()


def subject_line(text: str) -> str:
    """A subject that begins no new header; the email package would undo what is encoded (`=?utf-8?q?=0A?=`)."""
    return one_line(text, 200).replace("=?", "= ?")


def _text(kind: str, text: str) -> MIMEBase:
    part = MIMENonMultipart("text", kind, charset="utf-8", policy=_PARTS)
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(binascii.b2a_qp("\n".join(text.splitlines()).encode() + b"\n", istext=True).decode())
    return part


def _pictures(digest: Digest) -> Iterator[MIMEBase]:
    for number, picture in enumerate(digest.pictures):
        part = MIMEImage(picture.png, "png", policy=_PARTS)
        part.add_header("Content-Disposition", "inline", filename=f"chart-{number + 1}.png")
        part["Content-ID"] = f"<{content_id(digest, number)}>"
        yield part


@dataclass(frozen=True)
class Envelope:
    """Whom one mail goes to, from whom, where its reader unsubscribes (`mailto:`, `https:`), its delivery's tag."""

    sender: str
    to: str
    name: str = ""
    reply_to: str = ""
    unsubscribe: tuple[str, ...] = ()
    delivery: str = ""


def addressed(mail: bytes, envelope: Envelope) -> bytes:
    """A mail file with the headers of one delivery before its own; not a byte of the digest changes.

    An `https:` address to unsubscribe at is one that a POST confirms (RFC 8058). Raises QuarterdeckError for an
    address that no header can carry.
    """
    headers = EmailMessage(policy=_POLICY)
    headers["From"] = parse_address(envelope.sender)
    headers["To"] = parse_address(envelope.to, envelope.name)
    if envelope.reply_to:
        headers["Reply-To"] = parse_address(envelope.reply_to)
    if envelope.unsubscribe:
        headers["List-Unsubscribe"] = ", ".join(f"<{unbroken(address)}>" for address in envelope.unsubscribe)
    if any(address.startswith("https:") for address in envelope.unsubscribe):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    if envelope.delivery:
        headers["X-Quarterdeck-Delivery"] = envelope.delivery
    return headers.as_bytes().removesuffix(b"\r\n") + mail


def with_code(mail: bytes, code: str) -> bytes:
    """A mail file with a reader's own code wherever CODE stands; of the same length, so that no line is broken anew."""

    def put(found: re.Match[bytes]) -> bytes:
        letters = iter(code)
        return re.sub(rb"=\r\n|.", lambda part: part[0] if part[0][1:] else next(letters).encode(), found[0])

    assert len(code) == len(CODE)
    return _CODE.sub(put, mail)


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
