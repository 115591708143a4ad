"""The register of KPIs and the agenda, row by row."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from quarterdeck.model.period import Period
from quarterdeck.model.report import Finding
from quarterdeck.report.metrics import kpis

OCTOBER = Period.parse("2026-10")
DAY = date(2026, 10, 31)
TWO = [{"entity": "a", "name": "A & Co"}, {"entity": "b", "name": "B"}]


def test_kpi_states(make_data):
    """Measured by a fact; measurable when its tables have rows for its entity; otherwise what lacks is named.

    A table without entities counts for all; tables that nobody named, or that do not exist, measure nothing.
    """
    data = make_data(
        entities=TWO,
        bookings=[{"entity": "a"}],
        channels=[{}],
        kpis=[
            {"name": "1", "measured_by": "cash", "tables": "ledger"},
            {"name": "7", "entity": "a", "tables": "bookings channels"},
            {"name": "4", "entity": "b", "tables": "bookings leads"},
            {"name": "3", "tables": "bookings fuel_log"},
            {"name": "6", "tables": "bookings"},
            {"name": "5"},
        ],
    )
    expected = pd.DataFrame(
        [
            ("3", None, "not measured", "fuel_log"), ("4", "B", "not measured", "bookings, leads"),
            ("5", None, "not measured", ""), ("6", None, "measurable now", ""), ("7", "A & Co", "measurable now", ""),
            ("1", None, "measured", ""),
        ],
        columns=["kpi", "entity", "state", "lacks"],
    )  # fmt: skip
    made = kpis.register(data)
    pd.testing.assert_frame_equal(made[list(expected)], expected, check_dtype=False)
    assert list(made) == ["kpi", "entity", "definition", "state", "lacks", "measured_by", "target", "unit", "owner"]
    assert kpis.unmeasured_kpis(data, OCTOBER).value == 5


def action(title, due, **more):
    """An agreed action of September."""
    return {"title": title, "owner": "Ann", "created_on": "2026-09-01", "due_on": due, **more}


ACTIONS = [
    action("in time", "2026-11-30", created_on="2026-10-30", effort_days=2),
    action("a day late", "2026-10-30", entity="b"),
    action("later", "2026-10-21", entity="a"),
    action("answer", "2026-11-29", finding="f1", created_on="2026-10-01"),
    action("low answer", "2026-10-01", finding="f5"),
    action("far", "2026-12-01", finding="f9"),
    action("done", "2026-10-01", done_on="2026-10-02", finding="f3"),
    action("about nothing known", "2026-11-02", finding="gone"),
]
FOUND = [
    Finding("f1", "T1", "critical", "a", "…", money=5, due="2026-11-07"),
    Finding("f2", "T2", "high", "b", "…", action="act", due="2026-11-14", owner="Di", money=1),
    Finding("f3", "T3", "high", "b", "…", action="dear", due="2026-11-14", money=9),
    Finding("f4", "T4", "critical", "", "…"),
    Finding("f5", "T5", "low", "b", "…", due="2026-11-14"),
    Finding("f6", "T6", "medium", "b", "…", due="2026-11-14"),
    Finding("f7", "Y", "high", "b", "…", due="2026-11-13", money=1),
    Finding("f8", "X", "high", "b", "…", due="2026-11-13", money=1),
    Finding("f9", "answered by what is due later", "high", "b", "…"),
]


def test_agenda_orders_findings_and_open_actions(make_data):
    """Critical, late, high, in time, low: the latest first, then the dearest, then the soonest, then by name.

    An answered finding appears once, in the words of its action; done and far actions not at all; the finding of an
    action that is done comes back.
    """
    made = kpis.agenda(make_data(entities=TWO, actions=ACTIONS), FOUND, DAY)
    expected = pd.DataFrame(
        [
            ("critical", "answer", "", "Ann", "2026-11-29", 0, 30, 1, 5),
            ("critical", "T4", "", "", None, 0, None, None, None),
            ("agreed", "later", "A & Co", "Ann", "2026-10-21", 10, 60, 1, None),
            ("agreed", "a day late", "B", "Ann", "2026-10-30", 1, 60, 1, None),
            ("high", "dear", "B", "", "2026-11-14", 0, None, None, 9),
            ("high", "X", "B", "", "2026-11-13", 0, None, None, 1),
            ("high", "Y", "B", "", "2026-11-13", 0, None, None, 1),
            ("high", "act", "B", "Di", "2026-11-14", 0, None, None, 1),
            ("agreed", "about nothing known", "", "Ann", "2026-11-02", 0, 60, 1, None),
            ("agreed", "in time", "", "Ann", "2026-11-30", 0, 1, 2, None),
            ("low", "low answer", "", "Ann", "2026-10-01", 30, 60, 1, None),
        ],
        columns=["priority", "what", "entity", "owner", "due", "days_late", "age", "effort_days", "money"],
    ).assign(due=lambda frame: pd.to_datetime(frame["due"]).astype("datetime64[s]"))  # fmt: skip
    pd.testing.assert_frame_equal(made, expected, check_dtype=False)


def test_the_agenda_reaches_as_far_as_asked(make_data):
    """31 days on, what is due on 1 December is in it."""
    data = make_data(entities=TWO, actions=ACTIONS)
    assert "far" in kpis.agenda(data, [], DAY, 31)["what"].tolist()


@pytest.mark.parametrize(("actions", "found"), [([], FOUND), (ACTIONS, []), ([], [])])
def test_columns_keep_their_types_when_one_side_is_empty(make_data, actions, found):
    """Days and amounts stay numbers, days due stay dates."""
    made = kpis.agenda(make_data(entities=TWO, actions=actions), found, DAY)
    assert made[["days_late", "age", "effort_days", "money"]].dtypes.eq("float64").all()
    assert pd.api.types.is_datetime64_any_dtype(made["due"])
    assert len(made) == (7 if found else 6 if actions else 0)


def test_nothing_is_known_without_tables(make_data):
    """No KPI defined is said, never zero."""
    data = make_data(entities=TWO)
    assert kpis.unmeasured_kpis(data, OCTOBER).note == "no KPI is defined"
    assert not len(kpis.register(data))
