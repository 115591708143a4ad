"""Audits, delivery and the health of sites, on small tables whose answers are computed by hand or in plain Python."""

from __future__ import annotations

import random
import statistics
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import engineering

OCTOBER = Period.parse("2026-10")
TWO = [{"entity": "a", "name": "A"}, {"entity": "b", "name": "B"}, {"entity": "c", "name": "C"}]


def seen(observation, entity, layer, status, **more):
    """One observation of August, a weakness of security unless told otherwise."""
    common = {"area": "security", "severity": "none" if status == "ok" else "high", "seen_on": "2026-08-01"}
    return {"observation": observation, "entity": entity, "layer": layer, "status": status,
            "title": f"Saw {observation}", **common, **more}  # fmt: skip


OBSERVATIONS = [
    seen("o7", "a", "secrets", "weak", gap="key", seen_on="2026-10-31"),
    seen("o1", "a", "secrets", "missing", gap="key", severity="critical", action="vault", risk=9, effort_days=2,
         money=10, owner="Ann", location="x.py, line 1"),
    seen("o2", "b", "secrets", "weak", gap="key", action="vault", risk=3, effort_days=1, owner="Bo"),
    seen("o3", "a", "waf", "missing", gap="no-waf", fixed_on="2026-10-31", action="wall", risk=9, effort_days=1),
    seen("o4", "a", "ci", "missing", gap="no-ci", area="delivery", severity="low", action="ci", risk=5, effort_days=1,
         owner="Ann"),
    seen("o5", "b", "waf", "ok", seen_on="2026-10-31"),
    seen("o6", "b", "tls", "weak", gap="tls", seen_on="2026-11-02"),
    seen("o8", "b", "logging", "weak", severity="none", seen_on="2026-08-02"),
    seen("o9", "b", "waf", "ok", seen_on="2026-08-01", action="none", risk=1, effort_days=1),
]  # fmt: skip


@pytest.fixture
def audited(make_data):
    """One sort of gap in three places, one mended in October, one of another area, one seen later."""
    return make_data(entities=TWO, observations=OBSERVATIONS)


def test_open_observations_are_worst_first(audited):
    """By severity, then age, then id; what is ok, mended by then or seen later is not open; of one area if asked."""
    expected = pd.DataFrame([("o1", 91), ("o2", 91), ("o7", 0), ("o4", 91), ("o8", 90)], columns=["observation", "age"])
    made = engineering.open_observations(audited, OCTOBER)
    pd.testing.assert_frame_equal(made[["observation", "age"]], expected, check_dtype=False)
    assert engineering.open_observations(audited, OCTOBER, "delivery")["observation"].tolist() == ["o4"]


def test_observations_of_one_severity_and_day_stand_by_id(make_data):
    """Whatever their order in the table."""
    rows = [seen(name, "a", "waf", "weak") for name in ("o2", "o3", "o1")]
    made = engineering.open_observations(make_data(entities=TWO, observations=rows), OCTOBER)
    assert made["observation"].tolist() == ["o1", "o2", "o3"]


def test_security_gaps_count_sorts_that_are_open(audited):
    """One sort in three places counts once; what was mended counts until the period before; the later one not yet."""
    gaps = engineering.security_gaps(audited, OCTOBER)
    assert gaps.rows[["observation", "gap", "location"]].to_numpy().tolist() == [["o1", "key", "x.py, line 1"]]
    assert engineering.security_gaps(audited, OCTOBER.previous()).value == 2
    assert engineering.open_serious(audited, OCTOBER).value == 3


def test_before_the_first_audit_no_gap_is_known(audited, make_data):
    """A month in which nobody looked is not free of gaps; one that began on its last day is."""
    for metric in (engineering.security_gaps, engineering.open_serious):
        assert metric(audited, Period.parse("2026-07")).note == "no audit is recorded by then"
    clean = make_data(entities=TWO, observations=[seen("o1", "a", "waf", "ok", seen_on="2026-07-31")])
    assert engineering.security_gaps(clean, Period.parse("2026-07")).value == 0


def test_audit_matrix_has_the_worst_open_state_and_its_evidence(audited):
    """What was mended is ok, a layer that nobody looked at has no cell, of equals the newest is the evidence."""
    expected = pd.DataFrame(
        [
            ("A", "ci", "missing", 2, "Saw o4", None), ("A", "secrets", "missing", 2, "Saw o1", "x.py, line 1"),
            ("A", "waf", "ok", 0, "Saw o3", None), ("B", "logging", "weak", 1, "Saw o8", None),
            ("B", "secrets", "weak", 1, "Saw o2", None), ("B", "waf", "ok", 0, "Saw o5", None),
        ],
        columns=["entity", "layer", "state", "level", "evidence", "location"],
    )  # fmt: skip
    made = engineering.audit_matrix(audited, OCTOBER)
    pd.testing.assert_frame_equal(made.drop(columns="seen_on"), expected, check_dtype=False)
    assert made["seen_on"].dt.strftime("%m-%d").tolist() == ["08-01", "08-01", "08-01", "08-02", "08-01", "10-31"]


def test_observations_by_severity_and_age(make_data):
    """A month is 30 days, three are 90; a severity without an observation has zeros."""
    days = ["2026-10-31", "2026-10-01", "2026-09-30", "2026-08-02", "2026-08-01", "2026-06-01"]
    rows = [seen(str(n), "a", "waf", "weak", seen_on=day) for n, day in enumerate(days)]
    rows.append(seen("x", "a", "waf", "weak", seen_on="2026-06-01", severity="low"))
    expected = pd.DataFrame(
        [("critical", 0, 0, 0), ("high", 2, 2, 2), ("medium", 0, 0, 0), ("low", 0, 0, 1)],
        columns=["severity", *engineering.AGES],
    )
    made = engineering.by_severity_and_age(make_data(entities=TWO, observations=rows), OCTOBER)
    pd.testing.assert_frame_equal(made, expected, check_dtype=False, check_names=True)
    made = engineering.by_severity_and_age(make_data(entities=TWO, observations=rows[:1]), OCTOBER)
    assert made["to 30 days"].tolist() == [0, 1, 0, 0]
    assert list(made) == list(expected)


def test_actions_are_ranked_by_risk_removed_for_a_day(make_data):
    """One action in two places adds up: (9 + 3) points in (2 + 1) days is less than 5 points in a day.

    Equals by points, then by name; what takes no time, or of which nobody said, cannot be ranked.
    """
    rows = [
        *OBSERVATIONS,
        seen("p1", "a", "ci", "weak", action="big", risk=10, effort_days=2, money=3),
        seen("p2", "a", "ci", "weak", action="best", risk=5, effort_days=1),
        seen("p3", "a", "ci", "weak", action="free", risk=5, effort_days=0),
        seen("p4", "a", "ci", "weak", action="unknown", effort_days=1),
        seen("p5", "a", "ci", "weak", action="endless", risk=5),
        seen("p6", "a", "ci", "weak", action="", risk=5, effort_days=1),
    ]
    data = make_data(entities=TWO, observations=rows)
    expected = pd.DataFrame(
        [
            (1, "big", "A", "security", 10, 2, 5, 3, None), (2, "best", "A", "security", 5, 1, 5, None, None),
            (3, "ci", "A", "delivery", 5, 1, 5, None, "Ann"), (4, "vault", "A, B", "security", 12, 3, 4, 10, "Ann"),
        ],
        columns=["rank", "action", "mends", "area", "risk", "effort_days", "risk_per_day", "money", "owner"],
    )  # fmt: skip
    made = engineering.ranked_actions(data, OCTOBER)
    assert made.pop("severity").tolist() == ["high", "high", "low", "critical"]
    pd.testing.assert_frame_equal(made, expected, check_dtype=False)
    assert engineering.ranked_actions(data, OCTOBER, 1)["action"].tolist() == ["big"]


def test_ten_actions_are_ranked_unless_told(make_data):
    """The eleventh is left out."""
    rows = [seen(f"o{n}", "a", "ci", "weak", action=f"{n:02}", risk=1, effort_days=1) for n in range(11)]
    ranked = engineering.ranked_actions(make_data(entities=TWO, observations=rows), OCTOBER)
    assert ranked["action"].tolist() == [f"{n:02}" for n in range(10)]


RELEASES = st.lists(st.tuples(st.integers(-3, 31), st.integers(0, 20), st.booleans()), min_size=1, max_size=7)


@settings(max_examples=12)
@given(RELEASES)
def test_delivery_agrees_with_the_standard_library(make_data, releases):
    """Frequency, median lead time and failure rate of a leap February; rows add up, whatever their order."""
    period, rows, days, failures = Period.parse("2024-02"), [], [], 0
    for number, (offset, age, failed) in enumerate(releases):
        live = date(2024, 2, 1) + timedelta(days=offset)
        committed = (live - timedelta(days=age)).isoformat()
        rows.append({"deployment": str(number), "entity": "a", "deployed_on": live.isoformat(),
                     "committed_on": committed, "failed": str(failed).lower()})  # fmt: skip
        if live in period:
            days.append(age)
            failures += failed
    random.Random(1).shuffle(rows)
    data = make_data(trusted=True, entities=TWO, deployments=rows)
    frequency, lead = engineering.deployment_frequency(data, period), engineering.lead_time(data, period)
    failure = engineering.change_failure_rate(data, period)
    known = any(offset <= 28 for offset, *_ in releases)
    assert frequency.value == (pytest.approx(7 * len(days) / 29, abs=1e-6) if known else None)
    assert frequency.note == ("" if known else "no release is recorded by then")
    assert lead.value == (statistics.median(days) if days else None)
    assert failure.value == (pytest.approx(failures / len(days)) if days else None)
    assert lead.note == failure.note == ("" if days else "no release in the period")
    if days:
        assert lead.rows["contribution"].notna().all()
        assert lead.rows["contribution"].sum() == pytest.approx(lead.value)


def test_a_first_release_on_the_last_day_of_a_period_is_known(make_data):
    """One release in 31 days; the month before it knows nothing; the row says what was released where and when."""
    release = {"deployment": "d", "entity": "a", "deployed_on": "2026-10-31"}
    data = make_data(entities=TWO, deployments=[release])
    frequency = engineering.deployment_frequency(data, OCTOBER)
    assert frequency.value == pytest.approx(7 / 31, abs=1e-6)
    assert list(frequency.rows) == ["deployment", "entity", "deployed_on", "weekly", "contribution"]
    assert engineering.deployment_frequency(data, OCTOBER.previous()).value is None


def week(entity, day, requests, errors, p50, p95):
    """One week of a site."""
    return {"entity": entity, "date": day, "requests": requests, "errors": errors, "p50_ms": p50, "p95_ms": p95}


def test_site_health_weighs_by_requests(make_data):
    """300 requests at 100 ms and 100 at 500 ms are 200 ms; a site that nobody measures, or nobody visits, is empty."""
    weeks = [
        week("a", "2026-10-04", 300, 3, 10, 100), week("a", "2026-10-31", 100, 1, 50, 500),
        week("a", "2026-11-01", 100, 99, 50, 9999), week("b", "2026-10-04", 1, 1, 3, 900),
        week("c", "2026-10-04", 0, 0, 0, 0),
    ]  # fmt: skip
    data = make_data(entities=[{"entity": "d", "name": "D"}, *TWO], web_metrics=weeks)
    expected = pd.DataFrame(
        [("B", 1, 3, 900, 1), ("A", 400, 20, 200, 0.01), ("C", *[None] * 4), ("D", *[None] * 4)],
        columns=["entity", "requests", "p50_ms", "p95_ms", "error_rate"],
    )
    pd.testing.assert_frame_equal(engineering.site_health(data, OCTOBER), expected, check_dtype=False)
    assert engineering.latency(data, OCTOBER).value == pytest.approx((400 * 200 + 900) / 401)
    assert engineering.error_rate(data, OCTOBER).value == pytest.approx(5 / 401)
    for metric in (engineering.latency, engineering.error_rate):
        assert metric(data, Period.parse("2026-09")).note == "no traffic was measured"


def test_everything_is_not_known_without_tables(make_data):
    """Empty tables give unknown figures and empty tables, no zero and no exception."""
    data = make_data()
    for metric in (
        engineering.security_gaps, engineering.open_serious, engineering.deployment_frequency, engineering.lead_time,
        engineering.change_failure_rate, engineering.error_rate, engineering.latency,
    ):  # fmt: skip
        assert metric(data, OCTOBER).value is None, metric.__name__
    for table in (
        engineering.audit_matrix, engineering.ranked_actions, engineering.site_health, engineering.open_observations
    ):  # fmt: skip
        assert len(table(data, OCTOBER)) == 0
    assert engineering.by_severity_and_age(data, OCTOBER).drop(columns="severity").to_numpy().sum() == 0
