"""A figure and exactly the rows that make it."""

from __future__ import annotations

import pandas as pd
import pytest

from quarterdeck.report.measure import Measure

ROWS = pd.DataFrame({"n": [1.0, 2.0, 3.5]})


def test_total_counts_sums_and_turns_the_sign() -> None:
    """Without a column it counts rows."""
    assert [Measure.total(ROWS).value, Measure.total(ROWS, "n").value, Measure.total(ROWS, "n", sign=-1).value] == [
        3,
        6.5,
        -6.5,
    ]


def test_ratio_keeps_both_parts() -> None:
    """The rows say which part they are, and re-compute the value."""
    measure = Measure.ratio(ROWS, "n", ROWS.head(2), None)
    assert measure.rows is not None and measure.value == 3.25
    parts = measure.rows.groupby("part")["contribution"].sum()
    assert parts["numerator"] / parts["denominator"] == pytest.approx(3.25)


def test_nothing_to_divide_by_is_not_known() -> None:
    """No infinity, no zero, no error."""
    measure = Measure.ratio(ROWS, "n", ROWS.head(0), "n", note="no nights")
    assert (measure.value, measure.note) == (None, "no nights")
