"""A ledger that forgets when the test ends; whole otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import RLock
from typing import Any

from quarterdeck.model.delivery import FEEDBACK, Delivery, DeliveryKey, State


class MemoryLedger:
    """A `Ledger` in a dictionary; atomic between threads."""

    def __init__(self, *rows: Delivery) -> None:
        self._rows = {row.key: row for row in rows}
        self._marks: dict[str, str] = {}
        self._lock = RLock()

    def claim(self, delivery: Delivery, now: float, *, retry: bool = False) -> bool:
        with self._lock:
            held = self._rows.get(delivery.key)
            free = held is None or (held.state == "claimed" and held.lease < now) or (retry and held.state == "failed")
            if free:
                self._rows[delivery.key] = replace(delivery, state="claimed")
            return free

    def advance(self, key: DeliveryKey, to: State, *, was: tuple[State, ...], owner: str = "", **columns: Any) -> bool:
        with self._lock:
            held = self._rows.get(key)
            if held is None or held.state not in was or (owner and held.owner != owner):
                return False
            self._rows[key] = replace(held, state=to, **columns)
            return True

    def get(self, key: DeliveryKey) -> Delivery | None:
        return self._rows.get(key)

    def of_report(self, slug: str, period: str) -> Iterator[Delivery]:
        with self._lock:
            rows = sorted(self._rows.values(), key=lambda row: row.key)
        return (row for row in rows if (row.key.slug, row.key.period) == (slug, period))

    def last_sent(self, slug: str, recipient: str) -> Delivery | None:
        rows = [row for row in self.rows() if (row.key.slug, row.key.recipient, row.state) == (slug, recipient, "sent")]
        return max(rows, key=lambda row: row.at, default=None)

    def note(self, key: DeliveryKey, feedback: str, at: str) -> bool:
        assert feedback in FEEDBACK
        with self._lock:
            held = self._rows.get(key)
            if held is None or getattr(held, feedback):
                return False
            self._rows[key] = replace(held, **{feedback: at})
            return True

    def rows(self) -> Iterator[Delivery]:
        with self._lock:
            return iter(list(self._rows.values()))

    def mark(self, name: str, value: str = "") -> bool:
        with self._lock:
            free = name not in self._marks
            self._marks.setdefault(name, value)
            return free

    def marked(self, name: str) -> str | None:
        return self._marks.get(name)

    def unmark(self, name: str) -> None:
        with self._lock:
            self._marks.pop(name, None)
