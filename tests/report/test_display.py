"""What a cell's output carries: tables and figures as plain values, captions, words for who cannot see."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import plotly.express as px
import plotly.graph_objects as go
import pytest

from quarterdeck.deliver.bars import read_bars
from quarterdeck.model.format import Formats
from quarterdeck.report.display import MIME, bundle, figure_from, plain, table_from, unique


def test_table_units_follow_types_and_names_are_words() -> None:
    """Numbers to the right, days as days, missing as missing, an index that has a name as a column."""
    frame = pd.DataFrame(
        {
            "due_on": pd.to_datetime(["2026-10-31", None]),
            "amount": [1.5, np.nan],
            "paid": [True, False],
            "who": ["A", None],
        },
        index=pd.Index(["x", "y"], name="invoice"),
    )
    table = table_from(frame, set(), units={"amount": "USD"})
    assert table.columns == ("Invoice", "Due on", "Amount", "Paid", "Who")
    assert table.units == ("text", "date", "USD", "text", "text")
    assert table.rows == (("x", "2026-10-31", 1.5, True, "A"), ("y", None, None, False, None))


def test_captions_of_ad_hoc_displays_say_what_they_hold() -> None:
    """A chart's title, else its axes; a table's attribute, else its columns."""
    frame = pd.DataFrame({"lock": ["A"], "water_level": [3]})
    formats = Formats()
    assert (
        figure_from(px.bar(frame, x="lock", y="water_level").to_dict(), set(), formats).caption == "Water level by lock"
    )
    titled = figure_from(px.bar(frame, x="lock", y="water_level", title="High water").to_dict(), set(), formats)
    assert titled.caption == "High water" and "title" not in titled.spec["layout"] and titled.id == "fig-high-water"
    assert table_from(frame, set()).caption == "Lock, water level"
    frame.attrs["caption"] = "Locks"
    assert table_from(frame, set()).caption == "Locks"


def test_alternative_text_carries_the_extremes() -> None:
    """Who cannot see the chart hears its highest, lowest and last value."""
    figure = go.Figure(
        go.Bar(x=["Jan", "Feb", "Mar"], y=[1200, 3400.5, None], name="Fares"), {"title": {"text": "Fares"}}
    )
    assert figure_from(figure.to_dict(), set(), Formats()).alt == (
        "Fares. Fares: highest 3,400.5 at Feb, lowest 1,200 at Jan, last 3,400.5 at Feb."
    )


def test_a_hover_says_what_the_chart_says_and_names_no_column() -> None:
    """A label without a name says its value alone; what the code only draws by, or is written anyway, is left out."""
    frame = pd.DataFrame(
        {"step": ["Opening"], "base": [0], "sum": [3], "kind": ["balance"], "text": ["$3"], "due_on": ["May"]}
    )
    named = {"step": "", "sum": "Cash, USD"}
    drawn = {"x": "sum", "y": "step", "labels": named}
    bar = px.bar(frame, **drawn, base="base", color="kind", text="text", hover_data=["due_on"])

    def hover(fig: go.Figure) -> str:
        return str(figure_from(fig.to_dict(), set(), Formats()).spec["data"][0]["hovertemplate"])

    rest = "Cash, USD=%{x}<br>%{y}<br>Due on=%{customdata[0]}<extra></extra>"
    assert hover(bar.update_layout(showlegend=False)) == rest
    assert hover(bar.update_layout(showlegend=True)) == f"kind=balance<br>{rest}"
    assert hover(px.imshow([[1]])) == "%{x}<br>%{y}<br>%{z}<extra></extra>"
    assert hover(px.bar(frame, **drawn, text="sum")) == "Cash, USD=%{x}<br>%{y}<extra></extra>"
    own = "<b>%{y}</b>, Due: %{x}<extra></extra>"
    assert hover(go.Figure(go.Bar(y=[1], hovertemplate=own))) == own


def test_alternative_text_is_in_the_unit_of_each_series() -> None:
    """As the axis of each writes it, and a waterfall's total as it is drawn."""
    figure = go.Figure([go.Bar(x=["a"], y=[8412], name="Revenue"), go.Scatter(x=["a"], y=[0.31], yaxis="y2")])
    figure.add_waterfall(x=["b", "c"], y=[-60, 0], measure=["relative", "total"])
    figure.update_layout(yaxis={"tickprefix": "$"}, yaxis2={"tickformat": ".0%"}, title="T")
    said = figure_from(figure.to_dict(), set(), Formats()).alt
    plan = pd.DataFrame({"start": ["2026-10-01"], "end": ["2026-10-09"], "step": ["a"]})
    timeline = figure_from(px.timeline(plan, x_start="start", x_end="end", y="step").to_dict(), set(), Formats())
    assert "highest" not in timeline.alt and read_bars(timeline, Formats()) is None
    assert "highest $8,412 at a" in said and "highest 31% at a" in said and "last −$60 at c" in said


@pytest.mark.parametrize("kind", ["f8", "i4", "u1"])
def test_typed_arrays_become_plain_lists(kind: str) -> None:
    """Mail and machine read numbers, not base64."""
    values = np.array([[1, 2], [3, 4]], dtype=kind)
    spec = go.Figure(go.Heatmap(z=values)).to_dict()
    assert plain(spec)["data"][0]["z"] == [[1, 2], [3, 4]]


def test_what_json_has_no_word_for_becomes_null_or_text() -> None:
    """NaN, infinity, days and numpy scalars."""
    assert plain([float("nan"), float("inf"), dt.date(2026, 1, 2), np.int64(3), pd.NaT]) == [
        None,
        None,
        "2026-01-02",
        3,
        None,
    ]


def test_ids_are_stable_and_unique() -> None:
    """The second of a name is the second, in every run."""
    taken: set[str] = set()
    assert [unique("fig-cash", taken) for _ in range(3)] == ["fig-cash", "fig-cash-2", "fig-cash-3"]
    assert len(unique("x" * 200, taken)) <= 60


def test_pipeline_and_jupyterlab_get_what_they_can_show() -> None:
    """Markdown and the machine's copy there, plain HTML here; never text/html in a run of the pipeline."""
    assert set(bundle("prose", {}, "<p>x</p>", pipeline=True)) == {"text/markdown", MIME}
    assert set(bundle("prose", {}, "<p>x</p>", pipeline=False)) == {"text/html"}
