"""What the stand-in for CloudFront does with a path of the API: it asks there, and changes nothing."""

from __future__ import annotations

from email.message import Message
from http.client import HTTPConnection, HTTPException
from io import BufferedIOBase
from typing import NamedTuple
from urllib.parse import urlsplit

LARGEST, SECONDS = 10_000_000, 30
"""What an HTTP API takes, in bytes, and how long it may think."""
_HOP_BY_HOP = {"connection", "content-length", "date", "host", "keep-alive", "server", "transfer-encoding"}


class Said(NamedTuple):
    """An answer of the API, as it came."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def ask_api(api: str, method: str, target: str, headers: Message, body: BufferedIOBase) -> Said:
    """Its answer to a request, whose body is read as far as its length says; 413 or 504 where there is none."""
    length = headers.get("Content-Length", "0")
    if not length.isdigit() or int(length) > LARGEST:
        return Said(413, [("Connection", "close")], b"")
    content, at = body.read(int(length)), urlsplit(api)
    sent = {name: value for name, value in headers.items() if name.lower() not in _HOP_BY_HOP}
    connection = HTTPConnection(at.netloc, timeout=SECONDS)
    try:
        connection.request(method, at.path + target, content or None, sent)
        answer = connection.getresponse()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP_BY_HOP]
        return Said(answer.status, kept, answer.read())
    except (HTTPException, OSError):
        return Said(504, [], b"")
    finally:
        connection.close()
