"""Who may sign in, the links that let them, and how often somebody may ask: items of the cloud's table."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from ..model.address import plain_address
from ..model.delivery import recipient_id
from ..model.errors import BadValue, nearest
from .table import Item, Table
from .words import one_line

KEYS = ("pk", "sk")
EXPIRES = "expires"
"""The attribute that the table's time to live goes by."""
ROLES = ("guest", "crew", "captain", "admin")
"""From the least to the most that one may do; what each may, `cloud.permissions` says."""
EVERY = "*"
"""In place of a report's slug: all of them."""
DAY = 86400
IN_DIGEST, IN_INVITATION, ON_REQUEST = 14 * DAY, 3 * DAY, 3600
"""For how many seconds a link holds."""
_KEPT = 90 * DAY
_SECTION = re.compile("[A-Za-z0-9_.%-]{1,200}")
_SLUG = re.compile("[a-z0-9][a-z0-9-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")


@dataclass(frozen=True)
class Person:
    """Somebody who may sign in: their `recipient_id`, and the slugs of the reports that are theirs, or `*`.

    What they were given until `revoked_at` (a Unix time) is worth nothing.
    """

    id: str
    address: str
    name: str
    role: str
    reports: tuple[str, ...]
    revoked_at: float = 0

    @property
    def home(self) -> str:
        """The path of the site where they begin."""
        if self.role != ROLES[0]:
            return "/console/"
        return "/" if EVERY in self.reports else f"/r/{self.reports[0]}/" if self.reports else "/m/"


class Members:
    """The people and links in a table with KEYS; `now` is always a Unix time.

    Every method raises QuarterdeckError for a table that cannot be used.
    """

    def __init__(self, table: Table, site_url: str) -> None:
        self._table, self._site_url = table, site_url

    def invite(self, address: str, role: str, reports: Collection[str], now: float, name: str = "") -> str:
        """Let somebody in, or give them more; their `recipient_id`.

        Role and reports are never less than before: whoever is to have less is revoked first. Raises BadValue for what
        is no address, role or slug.
        """
        address, name = plain_address(address), one_line(name)
        if role not in ROLES:
            raise BadValue(f"role {role[:60]!r}", "is none", nearest(role, ROLES))
        for slug in reports:
            if slug != EVERY and not _SLUG.fullmatch(slug):
                raise BadValue(f"report {slug[:60]!r}", "is no slug", "Write it as audit or audit/acme")
        id = recipient_id(address)
        while True:
            was = self._table.get(_person(id))
            roles = {role, was.get("role", "") or role}
            theirs = " ".join(sorted({*reports, *was.get("reports", "").split()}))
            changes = {"role": max(roles, key=ROLES.index), "reports": theirs, "name": name or was.get("name", "")}
            if was.items() >= changes.items():
                return id
            free = "#role = :role_was AND #reports = :reports_was" if was else "attribute_not_exists(pk)"
            asked = {f"{it}_was": was[it] for it in ("role", "reports")} if was else {}
            if self._table.write(_person(id), {"address": address, **changes}, free, asked):
                return id

    def person(self, id: str) -> Person | None:
        """Who has a `recipient_id`; None for one who was never let in, or was revoked."""
        return _read(self._table.get(_person(id)))

    def people(self) -> Iterator[Person]:
        """Everybody who may sign in, in no order that can be relied on."""
        return filter(None, (_read(item) for item in self._table.scan() if item["sk"] == "person"))

    def link(self, recipient: str, goes: str, now: float, seconds: int) -> str:
        """An address that signs a `recipient_id` in, once, for so many seconds, and leads to a path of the site.

        What it is worth is known to whoever holds it alone: the table keeps a hash.
        """
        code = secrets.token_urlsafe(32)
        until = int(now) + seconds
        said: Item = {"recipient": recipient, "goes": goes, "made": now, "until": until, EXPIRES: until + _KEPT}
        self._table.put({**_link(code), **said})
        return f"{self._site_url}/m/#{code}"

    def reader_link(self, address: str, slug: str, goes: str, now: float, name: str = "") -> str:
        """The link in somebody's own digest of a report, whom it lets in; empty for one who was revoked."""
        was = self._table.get(_person(recipient_id(plain_address(address))))
        if was and not was["role"]:
            return ""
        return self.link(self.invite(address, ROLES[0], [slug], now, name), goes, now, IN_DIGEST)

    def redeem(self, code: str, now: float) -> tuple[Person, str] | None:
        """Whom a link signs in, and the path it leads to; None for one that is spent, old, revoked or none at all.

        One conditional write spends it: of all who try at once, one wins. `code.section` leads to a section of a page.
        """
        free = "#until > :now AND attribute_not_exists(used_at)"
        if not self._table.write(_link(code), {"used_at": int(now)}, free, {"now": now}):
            return None
        person, goes, made = self._meant(code)
        return (person, goes) if person and made > person.revoked_at else None

    def stale(self, code: str) -> tuple[Person, str] | None:
        """Whom a link was for, spent or old as it may be, and the path it led to; None for another code.

        Whoever holds it may have a fresh one sent to that person, and be told nothing.
        """
        person, goes, _ = self._meant(code)
        return (person, goes) if person else None

    def _meant(self, code: str) -> tuple[Person | None, str, float]:
        item, section = self._table.get(_link(code)), code.partition(".")[2]
        goes = item.get("goes", "") + (f"#{section}" if _SECTION.fullmatch(section) else "")
        return self.person(item.get("recipient", "")), goes, float(item.get("made", 0))

    def revoke(self, recipient: str, now: float) -> bool:
        """End the sessions and links of a `recipient_id`, take role and reports away; says whether there was one."""
        changes: Item = {"role": "", "reports": "", "revoked_at": now}
        return self._table.write(_person(recipient), changes, "attribute_exists(pk)", {})

    def allow(self, what: str, limit: int, seconds: int, now: float) -> bool:
        """Whether something happened at most `limit` times in this stretch of so many seconds; counts this one too."""
        window = int(now // seconds)
        name = hashlib.sha256(what.encode(errors="replace")).hexdigest()  # it may hold an address
        key = {"pk": f"rate#{name}#{window}", "sk": "rate"}
        return self._table.count(key, {EXPIRES: (window + 2) * seconds}) <= limit


def _person(id: str) -> dict[str, str]:
    return {"pk": f"person#{id}", "sk": "person"}


def _link(code: str) -> dict[str, str]:
    secret = code.partition(".")[0].encode(errors="replace")
    return {"pk": f"link#{hashlib.sha256(secret).hexdigest()}", "sk": "link"}


def _read(item: Mapping[str, str]) -> Person | None:
    if not item.get("role"):
        return None
    id, reports = item["pk"].removeprefix("person#"), tuple(item["reports"].split())
    return Person(id, item["address"], item["name"], item["role"], reports, float(item.get("revoked_at", 0)))
