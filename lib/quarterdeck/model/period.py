"""Reporting periods: `2026-10` (month), `2026-W44` (ISO week) or `2026-Q4` (quarter)."""

from __future__ import annotations

import calendar
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from .errors import QuarterdeckError

_FORM = re.compile(r"(?P<year>\d{4})-(?:(?P<month>\d{2})|W(?P<week>\d{2})|Q(?P<quarter>[1-4]))")


@dataclass(frozen=True, order=True)
class Period:
    """An inclusive span of days with a name; periods of one kind sort in time."""

    start: date
    end: date
    name: str

    @classmethod
    def parse(cls, name: str) -> Period:
        """Read a period's name; raises QuarterdeckError that shows the three accepted forms."""
        match = _FORM.fullmatch(name.strip())
        try:
            if not match:
                raise ValueError
            year = int(match["year"])
            if match["week"]:
                start = date.fromisocalendar(year, int(match["week"]), 1)
                return cls(start, start + timedelta(days=6), name.strip())
            first = int(match["month"]) if match["month"] else 3 * int(match["quarter"]) - 2
            last = first if match["month"] else first + 2
            return cls(date(year, first, 1), date(year, last, calendar.monthrange(year, last)[1]), name.strip())
        except ValueError:
            raise QuarterdeckError(
                "period",
                f"{name!r} is no period",
                "Write a month as 2026-10, a week as 2026-W44 or a quarter as 2026-Q4",
            ) from None

    @classmethod
    def containing(cls, day: date, kind: str = "month") -> Period:
        """The period of a kind (`month`, `week`, `quarter`) in which a day lies."""
        if kind == "week":
            year, week, _ = day.isocalendar()
            return cls.parse(f"{year}-W{week:02}")
        if kind == "quarter":
            return cls.parse(f"{day.year}-Q{(day.month + 2) // 3}")
        return cls.parse(f"{day.year}-{day.month:02}")

    @classmethod
    def latest_complete(cls, as_of: date, kind: str = "month") -> Period:
        """The last period of a kind that had ended when the day `as_of` was over."""
        current = cls.containing(as_of, kind)
        return current if current.end <= as_of else current.previous()

    @property
    def kind(self) -> str:
        """`month`, `week` or `quarter`."""
        return {"W": "week", "Q": "quarter"}.get(self.name[5], "month")

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.end - self.start).days + 1

    @property
    def label(self) -> str:
        """The period in words: `October 2026`, `Week 44, 2026`, `Q4 2026`."""
        if self.kind == "month":
            return f"{calendar.month_name[self.start.month]} {self.start.year}"
        return f"Week {self.name[6:]}, {self.name[:4]}" if self.kind == "week" else f"{self.name[5:]} {self.name[:4]}"

    def previous(self, count: int = 1) -> Period:
        """The period of the same kind `count` steps earlier."""
        period = self
        for _ in range(count):
            period = Period.containing(period.start - timedelta(days=1), self.kind)
        return period

    def trailing(self, count: int) -> list[Period]:
        """The last `count` periods of the same kind, this one included, oldest first."""
        return [self.previous(back) for back in range(count - 1, -1, -1)]

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    def __str__(self) -> str:
        return self.name


def periods_script(names: Iterable[str]) -> str:
    """The script that tells a report's pages of its other periods, the latest first; it works without a server."""
    latest_first = sorted(map(Period.parse, names), key=lambda period: (period.end, period.name), reverse=True)
    listed = [{"name": period.name, "label": period.label} for period in latest_first]
    return f"window.quarterdeckPeriods={json.dumps(listed)};\n"
