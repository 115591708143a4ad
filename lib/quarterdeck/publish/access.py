"""Who may open what: cookies that CloudFront checks before it answers, one set for each path prefix."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from email.utils import formatdate
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

POLICY, SIGNATURE, KEY_ID, HASH = (
    f"CloudFront-{name}" for name in ("Policy", "Signature", "Key-Pair-Id", "Hash-Algorithm")
)
SHARED = ("/assets/", "/site_libs/")
"""Prefixes that every page needs and that say nothing of any report."""
_TO_COOKIE, _FROM_COOKIE = bytes.maketrans(b"+=/", b"-_~"), bytes.maketrans(b"-_~", b"+=/")
_PREFIX = re.compile(r"/(?:[A-Za-z0-9_][A-Za-z0-9._-]*/)*")


def prefixes(slug: str) -> tuple[str, ...]:
    """What a report's reader may open: its corner and what pages share; the owner, of no slug, may open all."""
    return (f"/r/{slug}/", *SHARED) if slug else ("/",)


def cookies(site_url: str, prefix: str, until: int, key_id: str, private_key: RSAPrivateKey) -> list[str]:
    """The values of `Set-Cookie` that open everything under a prefix until a moment in seconds since 1970.

    `site_url` ends without a slash, the prefix with one; `key_id` is CloudFront's for the key's public half. A browser
    keeps one set for each path, and a set carries one policy: so a reader gets a set for each of `prefixes`.
    """
    if not _PREFIX.fullmatch(prefix):
        raise ValueError(f"{prefix!r} is no prefix of a site")  # `*` or `?` in a policy would open more than one report
    condition = {"DateLessThan": {"AWS:EpochTime": until}}
    statement = {"Resource": f"{site_url}{prefix}*", "Condition": condition}
    policy = json.dumps({"Statement": [statement]}, separators=(",", ":")).encode()
    values = {
        POLICY: _encoded(policy),
        SIGNATURE: _encoded(private_key.sign(policy, PKCS1v15(), SHA256())),
        KEY_ID: key_id,
        HASH: "SHA256",  # CloudFront takes a signature to be of SHA-1 unless told
    }
    # Not Max-Age, which is reckoned from a clock that this module does not ask.
    kept = f"Path={urlsplit(site_url).path}{prefix}; Expires={formatdate(until, usegmt=True)}"
    return [f"{name}={value}; {kept}; Secure; HttpOnly; SameSite=Lax" for name, value in values.items()]


def admits(url: str, cookies: Mapping[str, str], now: float, keys: Mapping[str, RSAPublicKey]) -> bool:
    """Whether CloudFront, which knows these public keys by id, lets a request with these cookies see a URL.

    The URL is as asked, query included, neither decoded nor with `..` resolved.
    """
    try:
        policy, signature = _decoded(cookies[POLICY]), _decoded(cookies[SIGNATURE])
        if cookies[HASH] != "SHA256":
            return False
        keys[cookies[KEY_ID]].verify(signature, policy, PKCS1v15(), SHA256())
    except (KeyError, ValueError, InvalidSignature):
        return False
    (statement,) = json.loads(policy)["Statement"]
    until: int = statement["Condition"]["DateLessThan"]["AWS:EpochTime"]
    return now < until and bool(_pattern(statement["Resource"]).fullmatch(url))


def _pattern(resource: str) -> re.Pattern[str]:
    """What a policy's resource matches: `*` is any text, `?` any character."""
    parts = (".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", resource))
    return re.compile("".join(parts), re.DOTALL)


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).translate(_TO_COOKIE).decode()


def _decoded(value: str) -> bytes:
    """What a cookie carries; raises ValueError for anything that is not exactly how `_encoded` writes it."""
    content = base64.b64decode(value.encode("ascii").translate(_FROM_COOKIE), validate=True)
    if _encoded(content) != value:
        raise ValueError(value)
    return content
