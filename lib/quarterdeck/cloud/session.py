"""A reader's session: the cookies that open their reports, and who a request is from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from email.utils import formatdate
from itertools import accumulate
from urllib.parse import urlsplit

from ..deliver.members import DAY, EVERY, Members, Person
from ..publish.access import SHARED, SIGNATURE, cookies, prefixes
from .secret import Secrets
from .tokens import Claims, Refused, issue, verify

SESSION, LASTS, OPEN = "qd_session", 90 * DAY, 3600
"""The cookie's name; for how many seconds it holds, and those of CloudFront beside it."""
_AT_ONCE = 4
"""Corners that one answer opens, at most."""
_ROOM = 9_500
"""Characters of cookies in one answer: an HTTP API takes 10 KB of headers."""
_LONGEST = 1500
"""Characters of slugs in a session: a browser keeps cookies of up to 4,096."""
_KEPT = "Secure; HttpOnly; SameSite=Lax"


def open_session(person: Person, goes: str, secrets: Secrets, site_url: str, now: float, until: int = 0) -> list[str]:
    """The values of `Set-Cookie` that sign somebody in until a Unix time, or for 90 days.

    Renewed, a session ends when it would have: `until` is its `exp`. CloudFront's cookies hold for an hour. Those of
    somebody with many reports open the one that the path `goes` leads to, and a few more; a renewal that names another
    path opens that one.
    """
    first = sorted(person.reports, key=lambda slug: not goes.startswith(prefixes(slug)[0]))
    lengths = accumulate(len(slug) + 3 for slug in first)
    person = replace(person, reports=tuple(it for it, length in zip(first, lengths, strict=True) if length <= _LONGEST))
    until = until or int(now) + LASTS
    token = issue(person, secrets, site_url, now, until - int(now))
    signed_in = f"{SESSION}={token}; Path=/; Expires={formatdate(until, usegmt=True)}; {_KEPT}"
    hour = min(until, int(now) + OPEN), secrets.edge_key_id, secrets.edge_key
    opened = (cookies(site_url, prefix, *hour) for prefix in _opened(person.role, person.reports, _AT_ONCE))
    return _fitting([signed_in], opened)


def who(header: str, secrets: Secrets, members: Members, site_url: str, now: float) -> Claims:
    """Whom a request with this `Cookie` header is from; raises Refused, for somebody revoked since too."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    tokens = [value for name, _, value in pairs if name == SESSION]
    if len(tokens) != 1:  # one of two may be from another site of the domain
        raise Refused
    claims = verify(tokens[0], secrets, site_url, now)
    person = members.person(claims.sub)
    if person is None or claims.iat <= person.revoked_at:
        raise Refused
    return claims


def close_session(claims: Claims | None, site_url: str) -> list[str]:
    """The values of `Set-Cookie` that sign out whoever a session is of, if it still is one."""
    gone = f"Expires={formatdate(0, usegmt=True)}; {_KEPT}"
    opened = _opened(claims.role, claims.reports) if claims else []
    # Without its signature a set opens nothing.
    closed = ([f"{SIGNATURE}=; Path={urlsplit(site_url).path}{prefix}; {gone}"] for prefix in opened)
    return _fitting([f"{SESSION}=; Path=/; {gone}"], closed)


def _fitting(kept: list[str], more: Iterable[list[str]]) -> list[str]:
    """What is kept, and of the sets those that one answer has room for."""
    for one in more:
        if sum(len("Set-Cookie: \r\n") + len(it) for it in [*kept, *one]) <= _ROOM:
            kept = [*kept, *one]
    return kept


def _opened(role: str, reports: Sequence[str], most: int | None = None) -> list[str]:
    """The prefixes of the site that somebody may open: first what they need for the first of their reports."""
    if role == "admin" or EVERY in reports:
        return ["/"]
    corners = [prefixes(slug)[0] for slug in reports[:most]]
    return [*corners[:1], *SHARED, *([] if role == "guest" else ["/console/"]), *corners[1:]]
