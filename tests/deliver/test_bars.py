"""A chart's numbers as a table with bars."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from quarterdeck.deliver.bars import MAX_ROWS, read_bars
from quarterdeck.deliver.compose import compose
from quarterdeck.deliver.layout import to_html
from quarterdeck.deliver.plain import to_text
from quarterdeck.model.format import Formats
from quarterdeck.model.report import Figure, Section

from .sample import URL, markdown, report

DOLLARS = Formats("en_US", "USD")


def chart(labels: list[str]) -> Figure:
    return drawn({"type": "bar", "x": labels, "y": list(range(1, len(labels) + 1))})


def drawn(*traces: dict[str, Any], **layout: Any) -> Figure:
    """A chart of traces."""
    return Figure("f", "F", "F", {"data": list(traces), "layout": layout})


def cells(figure: Figure, formats: Formats = DOLLARS) -> list[list[str]]:
    """What its table says, by row, without the labels."""
    bars = read_bars(figure, formats)
    assert bars is not None
    return [[cell.text for cell in row] for _, row in bars.rows]


@pytest.mark.parametrize("form", ["%Y-%m-%d", "%Y-%m", "%b %Y"])
def test_of_many_months_the_latest_are_kept(form: str) -> None:
    """What matters is how it ended; the months left out are the oldest."""
    bars = read_bars(chart([date(2026, month, 1).strftime(form) for month in range(1, 13)]), Formats())
    assert bars is not None and bars.hidden == 12 - MAX_ROWS
    assert [label for label, _ in bars.rows][::9] == ["Mar 2026", "Dec 2026"]


def test_of_many_names_the_first_are_kept() -> None:
    """Their order is the author's."""
    bars = read_bars(chart([f"Client {n}" for n in range(12)]), Formats())
    assert bars is not None and next(label for label, _ in bars.rows) == "Client 0"


def test_hours_of_one_day_are_told_apart() -> None:
    """Midnight is what a day is written with."""
    bars = read_bars(chart(["2026-10-30T00:00:00", "2026-10-31 09:30", "2026-10-31 14:00"]), DOLLARS)
    assert bars is not None
    assert [label for label, _ in bars.rows] == ["Oct 30, 2026", "Oct 31, 2026, 09:30", "Oct 31, 2026, 14:00"]


def test_a_code_among_names_is_no_month() -> None:
    """Labels are days where all are."""
    bars = read_bars(chart(["1974-05", "1964-03", "15 others"]), DOLLARS)
    assert bars is not None and [label for label, _ in bars.rows] == ["1974-05", "1964-03", "15 others"]


def test_marks_without_a_number_are_no_series() -> None:
    """Such as a line across each bar, whose values are the names of the bars."""
    bars, marks = {"type": "bar", "x": [3], "y": ["a"], "orientation": "h"}, {"x": [2], "y": ["a"], "mode": "markers"}
    assert cells(drawn(bars, marks)) == [["3"]]


def test_series_keep_their_own_axes() -> None:
    """Each is written in the unit of its axis, its bar measured against those of the same axis."""
    money = {"type": "bar", "name": "Revenue", "x": ["Jul", "Aug"], "y": [8412, 4206]}
    share = {"name": "Margin", "x": ["Jul", "Aug"], "y": [0.31, 0.4], "yaxis": "y2"}
    bars = read_bars(drawn(money, share, yaxis={"tickprefix": "$"}, yaxis2={"tickformat": ".0%"}), DOLLARS)
    assert bars is not None
    assert [[cell.text for cell in row] for _, row in bars.rows] == [["$8,412", "31%"], ["$4,206", "40%"]]
    assert [[cell.share for cell in row] for _, row in bars.rows] == [[100, 78], [50, 100]]


@pytest.mark.parametrize(
    ("axis", "said"),
    [
        ({"tickprefix": "$"}, "−$5,300"),
        ({"tickprefix": "€"}, "−€5,300"),
        ({"tickprefix": "~", "ticksuffix": " km"}, "−~5,300 km"),
        ({"tickformat": "$,.0f"}, "−$5,300"),
        ({"title": {"text": "Cash, USD"}}, "−$5,300"),
        ({"title": {"text": "Cash, EUR"}}, "−5,300"),
        ({}, "−5,300"),
    ],
)
def test_values_are_in_the_unit_of_their_axis(axis: dict[str, Any], said: str) -> None:
    """Only the sign or the code of the report's own currency makes money of them."""
    assert cells(drawn({"type": "bar", "x": ["a"], "y": [-5300]}, yaxis=axis)) == [[said]]


def test_a_waterfalls_totals_are_what_the_chart_draws() -> None:
    """Whatever values the totals have themselves; an absolute begins anew."""
    measures = ["relative", "relative", "total", "relative", "absolute", "relative", "total"]
    values = [60, 80, 0, -40, 10, 5, None]
    bars = {"type": "waterfall", "measure": measures, "x": list("abcdefg"), "y": values}
    assert cells(drawn(bars)) == [["60"], ["80"], ["140"], ["−40"], ["10"], ["5"], ["15"]]


def test_only_bars_of_one_label_add_up() -> None:
    """Of points in a line the last one stands."""
    points = {"x": ["a", "a"], "y": [1, 2]}
    assert cells(drawn(points)) == [["2"]] and cells(drawn({"type": "bar", **points})) == [["3"]]


def test_what_is_left_out_is_counted() -> None:
    """In both parts of the mail."""
    wide = drawn(*({"type": "bar", "name": f"S{n}", "x": list("abcdefghijk"), "y": [n] * 11} for n in range(5)))
    digest = compose(report(digest=("s",), sections=(Section("s", "S", (wide,)),)), url=URL)
    assert "(1 more row and 2 more series in the full report)" in to_text(digest)
    assert "1 more row and 2 more series in the full report." in to_html(digest, markdown)
