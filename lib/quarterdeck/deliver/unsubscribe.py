"""Links that let a reader be sent no more: signed, without an address in them, confirmed by a POST."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from contextlib import suppress
from html import escape
from typing import Any

from ..model.errors import QuarterdeckError
from .aws import asking
from .recipients import Recipients

_TOKEN = re.compile(r"([0-9a-f]{20})\.([a-z0-9-]*)\.([A-Za-z0-9_-]{22})")
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer"><title>{title}</title>
<style>body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem}}
button{{font:inherit;padding:.6rem 1.2rem}}</style></head>
<body><main><h1>{title}</h1>{body}</main></body></html>
"""
_FORM = '<form method="post"><button name="List-Unsubscribe" value="One-Click">Unsubscribe</button></form>'


def link(site_url: str, secret: bytes, recipient: str, persona: str = "") -> str:
    """Where a `recipient_id` unsubscribes from a persona's reports or (empty) from all; always the same address."""
    return f"{site_url}/unsubscribe?t={recipient}.{persona}.{_signature(secret, recipient, persona)}"


def confirm(method: str, token: str, secret: bytes, recipients: Recipients, at: str) -> tuple[int, str]:
    """Answer a request with the `t` of a link: an HTTP status and a page.

    Only a POST unsubscribes, by the page's button or by a mail program (RFC 8058): scanners of mail follow links.
    """
    parts = _TOKEN.fullmatch(token)
    if not parts:
        return 400, _page("This link is not whole", "<p>Copy all of it from the mail, or answer the mail.</p>")
    recipient, persona, signature = parts.groups()
    if not hmac.compare_digest(signature, _signature(secret, recipient, persona)):
        # Not 403: CloudFront would show its sign-in page instead.
        return 400, _page("This link is not valid", "<p>Take the one in your newest mail, or answer that mail.</p>")
    which = f"the report “{escape(persona)}”" if persona else "any report"
    if method in ("GET", "HEAD"):
        return 200, _page("Unsubscribe?", f"<p>You will not be sent {which} any more.</p>{_FORM}")
    if method != "POST":
        return 405, _page("This is no way to unsubscribe", "<p>Open the link in the mail.</p>")
    recipients.silence(recipient, persona, "unsubscribed", at)
    return 200, _page("You are unsubscribed", f"<p>You will not be sent {which} any more.</p>")


def read_secret(client: Any, name: str) -> bytes:
    """The secret of a name or ARN, over a client of Secrets Manager, or what it holds as `unsubscribe` in JSON.

    Raises QuarterdeckError for a short one too.
    """
    where = f"secret {name}"
    new = f'aws secretsmanager create-secret --name {name} --secret-string "$(openssl rand -hex 32)"'
    with asking(where, f"Make it: {new}"):
        found = client.get_secret_value(SecretId=name)
    secret = found["SecretString"].encode() if "SecretString" in found else bytes(found["SecretBinary"])
    with suppress(ValueError, TypeError, KeyError):
        secret = str(json.loads(secret)["unsubscribe"]).encode()
    if len(secret) < 32:
        raise QuarterdeckError(
            where, "is shorter than 32 bytes", "Put a longer one in: `openssl rand -hex 32` makes it"
        )
    return secret


def _signature(secret: bytes, recipient: str, persona: str) -> str:
    """128 bits, as RFC 2104 allows to shorten it; the first word keeps it apart from other uses of the secret."""
    made = hmac.new(secret, f"unsubscribe\0{recipient}\0{persona}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made[:16]).decode().rstrip("=")


def _page(title: str, body: str) -> str:
    return _PAGE.format(title=title, body=body)
