"""Months, weeks and quarters by name."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.model.period import Period


@pytest.mark.parametrize(
    ("name", "start", "end", "label", "previous"),
    [
        ("2026-10", date(2026, 10, 1), date(2026, 10, 31), "October 2026", "2026-09"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "February 2024", "2024-01"),
        ("2026-01", date(2026, 1, 1), date(2026, 1, 31), "January 2026", "2025-12"),
        ("2026-W01", date(2025, 12, 29), date(2026, 1, 4), "Week 01, 2026", "2025-W52"),
        ("2026-W53", date(2026, 12, 28), date(2027, 1, 3), "Week 53, 2026", "2026-W52"),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31), "Q1 2026", "2025-Q4"),
    ],
)
def test_name_span_label_and_predecessor(name: str, start: date, end: date, label: str, previous: str) -> None:
    """Leap days, ISO years and year ends included."""
    period = Period.parse(name)
    assert (period.start, period.end, period.label, period.previous().name) == (start, end, label, previous)


@pytest.mark.parametrize("name", ["2026", "2026-13", "2026-00", "2025-W53", "2026-Q5", "October", "", "2026-10-31"])
def test_what_is_no_period_is_refused_with_the_forms(name: str) -> None:
    """The message shows how to write one."""
    with pytest.raises(QuarterdeckError, match="Write a month as 2026-10"):
        Period.parse(name)


@given(day=st.dates(date(1990, 1, 1), date(2100, 1, 1)), kind=st.sampled_from(["month", "week", "quarter"]))
def test_periods_tile_the_calendar(day: date, kind: str) -> None:
    """Each day is in exactly one period, which meets its predecessor, and names itself."""
    period = Period.containing(day, kind)
    assert day in period and Period.parse(period.name) == period and period.kind == kind
    assert (period.start - period.previous().end).days == 1


def test_latest_complete_is_over_on_the_day() -> None:
    """A month counts on its last day, not before."""
    assert Period.latest_complete(date(2026, 10, 31)).name == "2026-10"
    assert Period.latest_complete(date(2026, 10, 30)).name == "2026-09"
    assert Period.latest_complete(date(2026, 11, 1), "week").name == "2026-W44"
