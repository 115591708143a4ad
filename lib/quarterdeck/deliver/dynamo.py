"""The ledger as a table of DynamoDB, for senders that share no disk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..model.delivery import FEEDBACK, Delivery, DeliveryKey, Ledger, State
from .ledger import COLUMNS, FOREVER, keep_until, to_columns, to_delivery
from .table import Item, Table

KEYS = ("pk", "sk")
INDEX = "by-report"
INDEXES = {INDEX: ("report", "line")}
EXPIRES = "expires"
"""The attribute that the table's time to live goes by."""


class TableLedger(Ledger):
    """The ledger in a table with KEYS and INDEXES, over a low-level client of boto3.

    What is written expires `days` after `now` (a Unix time), rows never before `days` after the end of their period.
    """

    def __init__(self, client: Any, name: str, now: float, days: int = 730) -> None:
        self._table, self._now, self._days = Table(client, name), now, days

    def claim(self, delivery: Delivery, now: float, *, retry: bool = False) -> bool:
        """One conditional write, so of two senders one wins."""
        key = delivery.key
        index = {"report": f"{key.slug}/{key.period}", "line": f"{key.recipient}#{key.version:06}"}
        free = "attribute_not_exists(pk) OR (#state = :claimed AND #lease < :now) OR #state = :again"
        asked: dict[str, Any] = {"claimed": "claimed", "now": now, "again": "failed" if retry else ""}
        return self._table.write(_place(key), {**to_columns(delivery), **index, **self._expires(key)}, free, asked)

    def advance(self, key: DeliveryKey, to: State, *, was: tuple[State, ...], owner: str = "", **columns: Any) -> bool:
        """One conditional write."""
        asked: dict[str, str] = {f"was{number}": state for number, state in enumerate(was)}
        condition = f"#state IN ({', '.join(f':{name}' for name in asked)})"
        if owner:
            condition, asked = f"{condition} AND #owner = :me", {**asked, "me": owner}
        return self._table.write(_place(key), {**columns, "state": to, **self._expires(key)}, condition, asked)

    def get(self, key: DeliveryKey) -> Delivery | None:
        """The row, or None."""
        item = self._table.get(_place(key))
        return _delivery(item) if item else None

    def of_report(self, slug: str, period: str) -> Iterator[Delivery]:
        """The report's rows, by the index."""
        return _deliveries(self._table.query("report", f"{slug}/{period}", IndexName=INDEX))

    def last_sent(self, slug: str, recipient: str) -> Delivery | None:
        """The newest by `at`."""
        rows = self._table.query("pk", f"{slug}#{recipient}", ConsistentRead=True)
        sent = (delivery for delivery in _deliveries(rows) if delivery.state == "sent")
        return max(sent, key=lambda delivery: (delivery.at, delivery.key), default=None)

    def note(self, key: DeliveryKey, feedback: str, at: str) -> bool:
        """One conditional write of an empty column, with a stamp of its own: it may cross an `advance`."""
        assert feedback in FEEDBACK
        changes: Item = {feedback: at, **self._expires(key)}
        free, stamp = f"#{feedback} = :empty", f"{feedback}_write"
        return self._table.write(_place(key), changes, free, {"empty": ""}, stamp)

    def rows(self) -> Iterator[Delivery]:
        """Every row, by a scan of the table."""
        return _deliveries(self._table.scan())

    def mark(self, name: str, value: str = "") -> bool:
        """One conditional write."""
        changes = {"value": value} | (
            {} if name.startswith(FOREVER) else {EXPIRES: int(self._now) + self._days * 86400}
        )
        return self._table.write(_mark(name), changes, "attribute_not_exists(pk)", {})

    def marked(self, name: str) -> str | None:
        """The value, or None."""
        item = self._table.get(_mark(name))
        return item["value"] if item else None

    def unmark(self, name: str) -> None:
        """One deletion."""
        self._table.delete(_mark(name))

    def _expires(self, key: DeliveryKey) -> dict[str, int]:
        return {EXPIRES: keep_until(key, self._now, self._days)}


def _place(key: DeliveryKey) -> dict[str, str]:
    return {"pk": f"{key.slug}#{key.recipient}", "sk": f"{key.period}#{key.version:06}"}


def _mark(name: str) -> dict[str, str]:
    return {"pk": f"mark#{name}", "sk": "mark"}


def _deliveries(items: Iterator[dict[str, str]]) -> Iterator[Delivery]:
    return (_delivery(item) for item in items if "slug" in item)  # marks have none


def _delivery(item: Mapping[str, str]) -> Delivery:
    types = {"lease": float, "version": int, "size": int}
    return to_delivery({name: types.get(name, str)(item[name]) for name in COLUMNS if name in item})
