"""The ledger as a file: SQLite, in which whom a mail went to and what it said is sealed."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import fields
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, TextIO

from ..model.delivery import FEEDBACK, Delivery, DeliveryKey, Ledger, State, masked
from ..model.errors import QuarterdeckError
from ..model.files import put_once
from ..model.period import Period
from .seal import Seal

KEY = tuple(field.name for field in fields(DeliveryKey))
COLUMNS = (*KEY, *(field.name for field in fields(Delivery) if field.name != "key"))
FOREVER = "silenced/"
"""Marks under it are never forgotten: whoever unsubscribed stays so."""
PATIENCE = 30.0
"""Seconds to wait for another process's write."""
LAYOUTS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE delivery (
            slug TEXT, period TEXT, recipient TEXT, version INTEGER, state TEXT, owner TEXT, lease REAL, at TEXT,
            expires REAL, address TEXT, subject TEXT, variant TEXT, size INTEGER, content TEXT, snapshot TEXT,
            message_id TEXT, region TEXT, reason TEXT, delivered TEXT, bounced TEXT, complained TEXT, opened TEXT,
            clicked TEXT, PRIMARY KEY (slug, period, recipient, version))""",
        "CREATE INDEX reader ON delivery (slug, recipient)",
        "CREATE TABLE mark (name TEXT PRIMARY KEY, value TEXT, expires REAL)",
    ),
)
"""What each version of the file added to the one before it; `PRAGMA user_version` counts them. Only ever append."""
_SEALED = ("address", "subject", "snapshot")
_KEYED = " AND ".join(f"{name} = :{name}" for name in KEY)
_PAGE = 500
_LOST = "Restore it from a copy: without it nobody knows what was sent"
_REMEDIES = {
    "BUSY": "Another run is writing: wait for it to end, and try again",
    "FULL": "Free space on its disk, and try again",
    "CORRUPT": _LOST,
    "NOTADB": _LOST,
}


def to_columns(delivery: Delivery) -> dict[str, Any]:
    """A delivery as values by the names in COLUMNS."""
    return {name: getattr(delivery.key if name in KEY else delivery, name) for name in COLUMNS}


def to_delivery(columns: dict[str, Any]) -> Delivery:
    """The delivery that `to_columns` wrote."""
    key = DeliveryKey(**{name: columns[name] for name in KEY})
    return Delivery(key, **{name: columns[name] for name in COLUMNS if name in columns and name not in KEY})


def keep_until(key: DeliveryKey, now: float, days: int) -> int:
    """The Unix time until which a row written now is kept: so long that its report is refused when it is forgotten."""
    ended = datetime.combine(Period.parse(key.period).end, time.max, UTC).timestamp()
    return int(max(now, ended + 1)) + days * 86400


def export(ledger: Ledger, out: TextIO) -> None:
    """Write all rows as CSV, without what the mails told; addresses are masked."""
    names = [name for name in COLUMNS if name not in ("snapshot", "lease")]
    table = csv.writer(out, lineterminator="\n")
    table.writerow(names)
    for delivery in ledger.rows():
        columns = to_columns(delivery)
        columns["address"] = columns["address"] and masked(columns["address"])
        table.writerow(columns[name] for name in names)


class FileLedger(Ledger):
    """The ledger of senders that share a disk, made at the first write.

    What last changed `days` before `now` (a Unix time) is forgotten here and now, unless its period ended later. Raises
    QuarterdeckError for a file that cannot be used, and without the package that seals.
    """

    def __init__(self, path: Path, key_path: Path, now: float, days: int = 730) -> None:
        self._path, self._seal, self._now, self._days = path, Seal(key_path), now, days
        with self._open() as db:
            for table in ("delivery", "mark"):
                db.execute(f"DELETE FROM {table} WHERE expires < ?", (now,))

    def claim(self, delivery: Delivery, now: float, *, retry: bool = False) -> bool:
        """One upsert, so of two senders one wins."""
        columns = self._closed(delivery.key, to_columns(delivery))
        values, changes = (", ".join(f"{mark}{name}" for name in columns) for mark in (":", "excluded."))
        return self._write(
            f"INSERT INTO delivery ({', '.join(columns)}) VALUES ({values})"
            f" ON CONFLICT DO UPDATE SET ({', '.join(columns)}) = ({changes})"
            " WHERE delivery.state = 'claimed' AND delivery.lease < :now OR delivery.state = :again",
            {**columns, "now": now, "again": "failed" if retry else ""},
        )

    def advance(self, key: DeliveryKey, to: State, *, was: tuple[State, ...], owner: str = "", **columns: Any) -> bool:
        """One update, under its condition."""
        columns = self._closed(key, {**columns, "state": to})
        states = {f"was{number}": state for number, state in enumerate(was)}
        return self._write(
            f"UPDATE delivery SET {', '.join(f'{name} = :{name}' for name in columns)} WHERE {_KEYED}"
            f" AND state IN ({', '.join(f':{name}' for name in states)}) AND (:me = '' OR owner = :me)",
            {**columns, **states, **vars(key), "me": owner},
        )

    def get(self, key: DeliveryKey) -> Delivery | None:
        """The row, or None."""
        return next(self._select(_KEYED, vars(key)), None)

    def of_report(self, slug: str, period: str) -> Iterator[Delivery]:
        """The report's rows, a page at a time."""
        return self._select("slug = :slug AND period = :period", {"slug": slug, "period": period})

    def last_sent(self, slug: str, recipient: str) -> Delivery | None:
        """The newest by `at`."""
        asked = {"slug": slug, "recipient": recipient}
        sent = self._select("slug = :slug AND recipient = :recipient AND state = 'sent'", asked)
        return max(sent, key=lambda delivery: (delivery.at, delivery.key), default=None)

    def note(self, key: DeliveryKey, feedback: str, at: str) -> bool:
        """One update of an empty column."""
        assert feedback in FEEDBACK
        changed = f"UPDATE delivery SET {feedback} = :at, expires = :expires WHERE {_KEYED} AND {feedback} = ''"
        return self._write(changed, self._closed(key, {**vars(key), "at": at}))

    def rows(self) -> Iterator[Delivery]:
        """Every row, a page at a time."""
        return self._select("TRUE", {})

    def mark(self, name: str, value: str = "") -> bool:
        """One insert, unless the name is there."""
        expires = None if name.startswith(FOREVER) else self._now + self._days * 86400
        values = {"name": name, "value": value, "expires": expires}
        return self._write("INSERT INTO mark VALUES (:name, :value, :expires) ON CONFLICT DO NOTHING", values)

    def marked(self, name: str) -> str | None:
        """The value, or None."""
        with self._open() as db:
            row = db.execute("SELECT value FROM mark WHERE name = ?", (name,)).fetchone()
        return row and str(row[0])

    def unmark(self, name: str) -> None:
        """One deletion."""
        self._write("DELETE FROM mark WHERE name = :name", {"name": name})

    def _closed(self, key: DeliveryKey, columns: dict[str, Any]) -> dict[str, Any]:
        sealed = {name: self._seal.close(columns[name]) for name in _SEALED if name in columns}
        return {**columns, **sealed, "expires": keep_until(key, self._now, self._days)}

    def _select(self, where: str, values: dict[str, Any]) -> Iterator[Delivery]:
        """Rows in the order of their keys, a page at a time, so that none is locked while they are used."""
        after: dict[str, Any] = {**dict.fromkeys(KEY, ""), "version": 0}
        query = (
            f"SELECT {', '.join(COLUMNS)} FROM delivery WHERE {where} AND ({', '.join(KEY)}) >"
            f" ({', '.join(f':after_{name}' for name in KEY)}) ORDER BY {', '.join(KEY)} LIMIT {_PAGE}"
        )
        while True:
            with self._open() as db:
                page = db.execute(query, {**values, **{f"after_{name}": after[name] for name in KEY}}).fetchall()
            for row in page:
                after = dict(zip(COLUMNS, row, strict=True))
                yield to_delivery({**after, **{name: self._seal.open(after[name]) for name in _SEALED}})
            if len(page) < _PAGE:
                return

    def _write(self, statement: str, values: dict[str, Any]) -> bool:
        with self._open(make=True) as db:
            return db.execute(statement, values).rowcount > 0

    @contextmanager
    def _open(self, *, make: bool = False) -> Iterator[sqlite3.Connection]:
        """A connection for one statement: nothing is shared between threads, and nothing is left open to be forked."""
        try:
            if make:
                put_once(self._path, bytes)
            place = self._path if make or self._path.exists() else ":memory:"  # whoever looks makes none
            with closing(sqlite3.connect(place, timeout=PATIENCE, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = EXTRA")  # FULL, and the journal's removal is on disk too
                self._migrate(db)
                yield db
        except (sqlite3.Error, OSError) as err:
            kind = getattr(err, "sqlite_errorname", "").removeprefix("SQLITE_").split("_")[0]
            remedy = _REMEDIES.get(kind, "See that the file and its folder can be read and written")
            raise QuarterdeckError(str(self._path), f"cannot be used: {err}", remedy) from err

    def _migrate(self, db: sqlite3.Connection) -> None:
        """Bring the file to the newest layout, or leave it as it was."""

        def version() -> int:
            found = int(db.execute("PRAGMA user_version").fetchone()[0])
            if found > len(LAYOUTS):
                problem = f"is of a newer Quarterdeck (layout {found}; this one knows {len(LAYOUTS)})"
                raise QuarterdeckError(str(self._path), problem, "Upgrade Quarterdeck")
            return found

        if version() == len(LAYOUTS):
            return
        db.execute("BEGIN IMMEDIATE")
        for layout in LAYOUTS[version() :]:  # asked again: another process may have been first
            for statement in layout:
                db.execute(statement)
        db.execute(f"PRAGMA user_version = {len(LAYOUTS)}")
        db.execute("COMMIT")
