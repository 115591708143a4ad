"""What becomes of each run and of each of its reports: items of one table, changed only under a condition."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from ..deliver.table import Item, Table
from ..model.report import ReportKey

DAYS = 400
"""For how long a run is remembered."""
_FIRST = "attribute_not_exists(pk)"
_STEPS = {
    "plan": ("planning", "queued"),
    "report": ("executing", "queued"),
    "assemble": ("assembling", "planning", "executing"),
    "send": ("sending", "executed"),
}
"""Each kind of work: the state while it is done, and those that it is waited for in."""
ENDED = ("done", "failed")
"""The states in which there is nothing more to do for a run."""


def run_id(told: str) -> str:
    """The id of a run that is asked for in these words: the same words, the same run."""
    return re.sub(r"[^A-Za-z0-9]+", "-", told).strip("-")[:80]


def run_item(run: str) -> dict[str, str]:
    """The key of a run."""
    return {"pk": f"run#{run}", "sk": "run"}


def report_item(run: str, key: ReportKey) -> dict[str, str]:
    """The key of one report of a run."""
    return {"pk": f"run#{run}", "sk": f"report#{key.slug}#{key.period}"}


def report_key(row: Mapping[str, str]) -> ReportKey:
    """Which report a row is about."""
    persona, _, subject = row["slug"].partition("/")
    return ReportKey(persona, subject, row["period"])


class Runs:
    """The runs in a table; every method raises QuarterdeckError for what AWS refuses."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def open(self, run: str, now: float, **said: str) -> bool:
        """Remember a run in state `queued`, once; says whether it is new."""
        at, expires = datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"), int(now) + DAYS * 86400
        row: Item = {"id": run, "state": "queued", "at": at, "why": "", "expires": expires, **said}
        new = self._table.write(run_item(run), row, _FIRST, {})
        at = at if new else self.get(run)["at"]  # whoever died before the next line is helped by the next try
        self._table.put({"pk": "runs", "sk": f"{at}#{run}", "id": run, "expires": expires})
        return new

    def get(self, run: str) -> dict[str, str]:
        """A run, empty when there is none."""
        return self._table.get(run_item(run))

    def newest(self, count: int) -> list[dict[str, str]]:
        """The last runs, the newest first."""
        listed = self._table.query("pk", "runs", ScanIndexForward=False, Limit=count)
        return [row for item in islice(listed, count) if (row := self.get(item["id"]))]

    def add(self, run: str, key: ReportKey, now: float, state: str = "queued") -> None:
        """Remember one report of a run, once."""
        row: Item = {"slug": key.slug, "period": key.period, "state": state, "expires": int(now) + DAYS * 86400}
        self._table.write(report_item(run, key), row, _FIRST, {})

    def reports(self, run: str) -> list[dict[str, str]]:
        """All reports of a run, by slug and period."""
        rows = self._table.query("pk", f"run#{run}", ConsistentRead=True)
        return [row for row in rows if row["sk"] != "run"]

    def claim(self, item: Item, kind: str, now: float, until: float) -> bool:
        """Take a piece of work until a moment, unless it is done or in other hands; the attempt is counted first."""
        doing, *waiting = _STEPS[kind]
        row = self._table.get(item)
        changes = {"state": doing, f"{kind}_lease": until, f"{kind}_attempts": 1 + int(row.get(f"{kind}_attempts", 0))}
        return self._change(item, changes, (doing, *waiting), f"{kind}_lease", now)

    def release(self, item: Item, kind: str, why: str) -> None:
        """Let the next attempt begin at once, after one that failed."""
        self._change(item, {f"{kind}_lease": 0, "why": why}, (_STEPS[kind][0],))

    def bury(self, item: Item, kind: str, now: float, why: str) -> bool:
        """Fail what nobody is working at and nobody will; says whether it was so."""
        return self._change(item, {"state": "failed", "why": why}, _STEPS[kind], f"{kind}_lease", now)

    def advance(self, item: Item, to: str, was: tuple[str, ...], **columns: str | float) -> bool:
        """Change an item's state if it was one of these."""
        return self._change(item, {"state": to, **columns}, was)

    def _change(
        self, item: Item, changes: Mapping[str, Any], was: tuple[str, ...], lease: str = "", now: float = 0.0
    ) -> bool:
        asked: dict[str, Any] = {f"was{number}": state for number, state in enumerate(was)}
        condition = f"#state IN ({', '.join(f':{name}' for name in asked)})"
        if lease:
            condition += f" AND (attribute_not_exists(#{lease}) OR #{lease} < :now)"
            asked["now"] = now
        return self._table.write(item, changes, condition, asked)
