"""A chart's numbers as a table with bars."""

from __future__ import annotations

import pytest

from quarterdeck.deliver.bars import MAX_ROWS, read_bars
from quarterdeck.model.format import Formats
from quarterdeck.model.report import Figure


def chart(labels: list[str]) -> Figure:
    spec = {"data": [{"type": "bar", "x": labels, "y": list(range(1, len(labels) + 1))}], "layout": {}}
    return Figure("f", "F", "F", spec)


@pytest.mark.parametrize("form", ["2026-{:02}-01", "2026-{:02}"])
def test_of_many_months_the_latest_are_kept(form: str) -> None:
    """What matters is how it ended; the months left out are the oldest."""
    bars = read_bars(chart([form.format(month) for month in range(1, 13)]), Formats())
    assert bars is not None and bars.hidden == 12 - MAX_ROWS
    assert [label for label, _ in bars.rows][::9] == ["Mar 2026", "Dec 2026"]


def test_of_many_names_the_first_are_kept() -> None:
    """Their order is the author's."""
    bars = read_bars(chart([f"Client {n}" for n in range(12)]), Formats())
    assert bars is not None and next(label for label, _ in bars.rows) == "Client 0"
