"""Who gets a persona's report: the personas' own lists, or a table of DynamoDB; and who wishes to get none."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ..model.delivery import Ledger, recipient_id, without_addresses
from ..model.errors import QuarterdeckError
from ..model.persona import Persona, Recipient, to_recipient
from .recipients_csv import read_csv
from .table import Table

KEYS = ("persona", "recipient")
"""Of the table: a report's slug, or ALL, and a `recipient_id`."""
ALL = "*"
"""In place of a persona: all of them, those that a reader is added to later included."""


@dataclass(frozen=True)
class Reader:
    """Someone who gets the report of a slug; whoever is not `active` is sent nothing, for a reason and since a day."""

    slug: str
    address: str
    name: str = ""
    locale: str = ""
    time_zone: str = ""
    active: bool = True
    unsubscribed_at: str = ""
    why: str = ""

    @property
    def id(self) -> str:
        """The reader's `recipient_id`."""
        return recipient_id(self.address)

    @property
    def persona(self) -> str:
        """The persona of the report."""
        return self.slug.partition("/")[0]


class Recipients(Protocol):
    """A list of readers, and the memory of those who are to be sent no more."""

    def of(self, slug: str) -> list[Reader]:
        """All readers of a report (`treasurer`, `audit/acme`), the silenced too; none for an unknown one."""

    def rows(self) -> list[Reader]:
        """All readers of all reports, by slug."""

    def reader(self, slug: str, recipient: Recipient) -> Reader:
        """A reader of a report who need not stand on a list, silenced as anybody."""

    def silence(self, recipient: str, persona: str, why: str, at: str) -> None:
        """Send a `recipient_id` no more of a persona, or (empty) of all; the first reason and time are kept.

        It outlasts removal from the list and holds when the reader is added again.
        """

    def restore(self, recipient: str) -> None:
        """Forget whatever silenced a `recipient_id`: only at the reader's own wish."""


class FileRecipients(Recipients):
    """The lists in the personas' files; who is silenced stands in the ledger."""

    def __init__(self, personas: Iterable[Persona], ledger: Ledger) -> None:
        self._personas = {persona.id: persona for persona in personas}
        self._ledger = ledger

    def of(self, slug: str) -> list[Reader]:
        """The readers in the order of the file."""
        id, _, subject = slug.partition("/")
        listed = self._personas[id].recipients if id in self._personas else ()
        return [self.reader(slug, recipient) for recipient in listed if recipient.subject == subject]

    def rows(self) -> list[Reader]:
        """The readers in the order of personas and files."""
        listed = [(persona, it) for persona in self._personas.values() for it in persona.recipients]
        return [self.reader(_slug(persona.id, it), it) for persona, it in sorted(listed, key=lambda pair: pair[0].id)]

    def reader(self, slug: str, recipient: Recipient) -> Reader:
        """With the marks of all reports and of this persona's."""
        id = recipient_id(recipient.address)
        marks = (self._ledger.marked(_mark(id, which)) for which in (ALL, slug.partition("/")[0]))
        kept = next((mark for mark in marks if mark is not None), None)
        return _silenced(_reader(slug, recipient), None if kept is None else json.loads(kept or "{}"))

    def silence(self, recipient: str, persona: str, why: str, at: str) -> None:
        """One mark."""
        self._ledger.mark(_mark(recipient, persona), json.dumps({"why": why, "at": at}))

    def restore(self, recipient: str) -> None:
        """Forget each mark."""
        for persona in (ALL, *self._personas):
            self._ledger.unmark(_mark(recipient, persona))


class TableRecipients(Recipients):
    """The lists in a table with KEYS, over a low-level client of boto3.

    One item for each report's slug and reader. Silences are items of their own, under the persona `*`: adding,
    importing and removing readers cannot undo one.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._table = Table(client, name)

    def of(self, slug: str) -> list[Reader]:
        """The readers in the order of their ids."""
        return self._readers([*self._listed(slug), *self._listed(ALL)])

    def rows(self) -> list[Reader]:
        """All readers of all reports, by slug."""
        return sorted(self._readers(self._table.scan()), key=lambda reader: (reader.slug, reader.address))

    def reader(self, slug: str, recipient: Recipient) -> Reader:
        """With the silences in the table."""
        return self._readers([{**recipient.model_dump(), "persona": slug}, *self._listed(ALL)])[0]

    def add(self, persona: str, recipient: Recipient) -> None:
        """Put a reader on a list, or change what it says of one."""
        key = {"persona": _slug(persona, recipient), "recipient": recipient_id(recipient.address)}
        self._table.put({**key, **recipient.model_dump()})

    def remove(self, recipient: str, personas: Collection[str] = ()) -> int:
        """Take a `recipient_id` off some personas' lists, or off all; says off how many."""
        found = [row for row in self.rows() if row.id == recipient and (not personas or row.persona in personas)]
        for row in found:
            self._table.delete({"persona": row.slug, "recipient": recipient})
        return len(found)

    def import_csv(self, path: Path, personas: Collection[str]) -> int:
        """Add the readers of a CSV (columns address, persona, name, locale, time_zone, subject); says how many.

        Raises QuarterdeckError for the first bad row before anything is written. Reading a file again changes nothing.
        """
        rows = read_csv(path, personas)
        for persona, recipient in rows:
            self.add(persona, recipient)
        return len(rows)

    def silence(self, recipient: str, persona: str, why: str, at: str) -> None:
        """One item, unless it is there."""
        key = {"persona": ALL, "recipient": f"{recipient}/{persona or ALL}"}
        self._table.write(key, {"why": why, "at": at}, "attribute_not_exists(persona)", {})

    def restore(self, recipient: str) -> None:
        """Delete each item that silences the reader."""
        for item in self._listed(ALL):
            if item["recipient"].startswith(f"{recipient}/"):
                self._table.delete({"persona": ALL, "recipient": item["recipient"]})

    def _readers(self, items: Iterable[dict[str, str]]) -> list[Reader]:
        listed, silenced = [], {}
        for item in items:
            if item["persona"] == ALL:
                silenced[item["recipient"]] = item
            else:
                listed.append(_checked(item))
        return [_silenced(it, silenced.get(f"{it.id}/{ALL}") or silenced.get(f"{it.id}/{it.persona}")) for it in listed]

    def _listed(self, persona: str) -> Iterator[dict[str, str]]:
        return self._table.query("persona", persona, ConsistentRead=True)


def _reader(slug: str, recipient: Recipient) -> Reader:
    return Reader(slug, **recipient.model_dump(exclude={"subject"}))


def _silenced(reader: Reader, silence: Mapping[str, str] | None) -> Reader:
    if silence is None:
        return reader
    return replace(reader, active=False, unsubscribed_at=silence.get("at", ""), why=silence.get("why", ""))


def _checked(item: Mapping[str, str]) -> Reader:
    """The reader of an item, which another program may have written; skipped if it is bad, for the others' sake."""
    slug, since = item["persona"], item.get("unsubscribed_at", "")
    try:
        said = {name: item[name] for name in Recipient.model_fields if name in item}
        reader = _reader(slug, to_recipient(said, ""))
    except QuarterdeckError as err:
        why = without_addresses(f"{err.where}: {err.problem}")[:200]
        return Reader(slug, item.get("address", ""), active=False, why=f"skipped ({why})")
    off = since or item.get("active", "").casefold() in ("false", "0", "no")
    return _silenced(reader, {"at": since, "why": "unsubscribed" if since else "not active"} if off else None)


def _slug(persona: str, recipient: Recipient) -> str:
    return f"{persona}/{recipient.subject}" if recipient.subject else persona


def _mark(recipient: str, persona: str) -> str:
    return f"silenced/{recipient}/{persona or ALL}"
