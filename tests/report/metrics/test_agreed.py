"""Agreed actions, KPIs with their actuals, and releases by entity, on small tables worked out by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from quarterdeck.model.period import Period
from quarterdeck.model.report import Finding
from quarterdeck.report.metrics import assets, cloud, engineering, kpis

OCTOBER = Period.parse("2026-10")
DAY = date(2026, 10, 31)
TWO = [{"entity": "a", "name": "A & Co"}, {"entity": "b", "name": "B"}]


def action(title, due, **more):
    """An agreed action of September."""
    return {"action": title, "title": title, "owner": "Ann", "created_on": "2026-09-01", "due_on": due, **more}


ACTIONS = [
    action("today", "2026-10-31", area="money"),
    action("late", "2026-10-30", entity="b"),
    action("later", "2026-10-01", entity="a", area="marketing"),
    action("done late", "2026-10-01", done_on="2026-10-03", area="money"),
    action("done before", "2026-09-20", done_on="2026-09-30"),
    action("done on the first", "2026-12-01", done_on="2026-10-01"),
]


def test_agreed_actions_are_late_open_or_done(make_data):
    """The latest first, done ones last; done before the period is gone; days count until done."""
    made = kpis.agreed_actions(make_data(entities=TWO, actions=ACTIONS), OCTOBER, DAY)
    expected = pd.DataFrame(
        [
            ("later", "A & Co", "late", 30, 60),
            ("late", "B", "late", 1, 60),
            ("today", "", "open", 0, 60),
            ("done late", "", "done", 2, 32),
            ("done on the first", "", "done", 0, 30),
        ],
        columns=["what", "entity", "state", "days_late", "age"],
    )
    pd.testing.assert_frame_equal(made[list(expected)], expected, check_dtype=False)


def test_agreed_actions_of_an_area_keep_those_without_one(make_data):
    """What belongs to another area is left out; an empty table is an empty table."""
    made = kpis.agreed_actions(make_data(entities=TWO, actions=ACTIONS), OCTOBER, DAY, "money")
    assert made["what"].tolist() == ["late", "today", "done late", "done on the first"]
    assert not len(kpis.agreed_actions(make_data(entities=TWO, actions=[]), OCTOBER, DAY, "money"))


def test_the_agenda_says_the_money_of_a_finding_once_and_leads_with_a_broken_rule(make_data):
    """Two actions answer one finding, one action answers two: it takes the place of the worse, a rule before all."""
    found = [
        Finding("rule", "Rule", "high", "a", "…", money=890, due="2026-11-06", leads=True),
        Finding("overdue", "Overdue", "high", "a", "…", money=2390, due="2026-11-13"),
        Finding("stakes", "Stakes", "critical", "a", "…", money=5, due="2026-11-06"),
        Finding("new", "New", "critical", "b", "…", money=7, due="2026-11-06", action="do it"),
        Finding("other", "Other", "critical", "b", "…", money=8, due="2026-11-06"),
    ]
    actions = [
        action("call", "2026-11-20", finding="overdue rule"),
        action("papers", "2026-11-20", finding="stakes"),
        action("promise", "2026-11-21", finding="stakes"),
    ]
    made = kpis.agenda(make_data(entities=TWO, actions=actions), found, DAY, urgent=found[:4])
    assert made["what"].tolist() == ["call", "do it", "papers", "promise"]
    assert made["money"].fillna(0).tolist() == [890, 7, 5, 0]


def test_a_kpi_has_the_value_of_the_metric_named_as_its_fact(make_data):
    """The cloud's cost; a fact that no metric computes is not known."""
    data = make_data(entities=TWO, cloud_costs=[{"service": "s3", "date": "2026-10-05", "amount": 12}])
    assert kpis.actual(data, OCTOBER, "cloud_cost") == 12 == cloud.cloud_cost(data, OCTOBER).value
    assert kpis.actual(data, OCTOBER, "smiles") is None
    assert kpis.actual(data, OCTOBER, "occupancy") is None
    assert kpis.actual(data, OCTOBER, "break_even") is None


def test_releases_by_entity(make_data):
    """Counts, failures, and medians of lead time; an entity without a release has a zero and unknowns."""
    releases = [
        {
            "deployment": str(n),
            "entity": "b",
            "committed_on": f"2026-10-{1 + n:02}",
            "deployed_on": day,
            "failed": failed,
        }
        for n, (day, failed) in enumerate([("2026-10-01", "true"), ("2026-10-04", "false"), ("2026-10-31", "false")])
    ]
    releases.append({**releases[0], "deployment": "x", "deployed_on": "2026-11-01"})
    made = engineering.releases_by_entity(make_data(entities=TWO, deployments=releases), OCTOBER)
    assert made["entity"].tolist() == ["B", "A & Co"]
    assert made.loc[0, ["releases", "lead_days", "failed"]].tolist() == [3, 2, 1]
    assert made.loc[0, "failure_rate"] == pytest.approx(1 / 3)
    assert made.loc[0, "a_week"] == pytest.approx(3 * 7 / 31)
    assert made.loc[1, "releases"] == 0 and made.loc[1, ["lead_days", "failure_rate"]].isna().all()
    assert engineering.releases_by_entity(make_data(entities=TWO, deployments=[]), OCTOBER)["releases"].tolist() == [
        0,
        0,
    ]


def test_notes_say_where_gaps_and_doubtful_claims_are(make_data):
    """Six of one and half a dozen of the other: sorts against places, serious against security, claims by entity."""
    gap = {"status": "weak", "gap": "key", "severity": "high", "seen_on": "2026-10-01"}
    seen = [
        {**gap, "observation": "1", "entity": "a", "area": "security"},
        {**gap, "observation": "2", "entity": "b", "area": "security"},
        {**gap, "observation": "3", "entity": "b", "area": "ux"},
    ]
    stakes = [{"stake": str(n), "entity": name, "holder": str(n), "share": 0.1} for n, name in enumerate("abb")]
    data = make_data(entities=TWO, observations=seen, equity=stakes)
    assert engineering.security_gaps(data, OCTOBER).note == "sorts of gap, in 2 places"
    assert engineering.open_serious(data, OCTOBER).note == "2 of them in security"
    assert assets.stakes_in_doubt(data, OCTOBER).note == "B 2, A & Co 1"
