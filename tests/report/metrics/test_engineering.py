"""Engineering's figures, on small tables whose answers are computed by hand."""

from __future__ import annotations

import statistics

import pandas as pd
import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import cloud, engineering

OCTOBER = Period.parse("2026-10")
TWO = [{"entity": "a", "name": "A"}, {"entity": "b", "name": "B"}]


def seen(observation, entity, layer, status, **more):
    """One observation of August, a weakness of security unless told otherwise."""
    common = {"area": "security", "severity": "none" if status == "ok" else "high", "seen_on": "2026-08-01"}
    return {
        "observation": observation,
        "entity": entity,
        "layer": layer,
        "status": status,
        "title": observation,
        **common,
        **more,
    }


@pytest.fixture
def audited(make_data):
    """Two places with one gap, another gap that was mended in October, one of another area, one seen later."""
    return make_data(
        entities=TWO,
        observations=[
            seen(
                "o1",
                "a",
                "secrets",
                "missing",
                gap="key",
                severity="critical",
                action="vault",
                risk=9,
                effort_days=2,
                money=10,
            ),
            seen("o2", "b", "secrets", "weak", gap="key", action="vault", risk=3, effort_days=1),
            seen(
                "o3", "a", "waf", "missing", gap="no-waf", fixed_on="2026-10-31", action="wall", risk=9, effort_days=1
            ),
            seen(
                "o4",
                "a",
                "ci",
                "missing",
                gap="no-ci",
                area="delivery",
                severity="low",
                action="ci",
                risk=5,
                effort_days=1,
            ),
            seen("o5", "b", "waf", "ok"),
            seen("o6", "b", "tls", "weak", gap="tls", seen_on="2026-11-02"),
        ],
    )


def test_security_gaps_count_sorts_that_are_open(audited):
    """One sort in two places counts once; what was mended counts until the period before; the later one not yet."""
    assert engineering.security_gaps(audited, OCTOBER).value == 1
    assert engineering.security_gaps(audited, OCTOBER.previous()).value == 2
    assert engineering.open_serious(audited, OCTOBER).value == 2


def test_audit_matrix_has_the_worst_open_state_and_its_evidence(audited):
    """What was mended is ok, and a layer that nobody looked at has no cell."""
    matrix = engineering.audit_matrix(audited, OCTOBER).set_index(["entity", "layer"])
    assert matrix["state"].to_dict() == {
        ("A", "ci"): "missing", ("A", "secrets"): "missing", ("A", "waf"): "ok",
        ("B", "secrets"): "weak", ("B", "waf"): "ok",
    }  # fmt: skip
    assert matrix.loc[("B", "secrets"), "evidence"] == "o2"


def test_actions_are_ranked_by_risk_removed_for_a_day(audited):
    """One action in two places adds up: (9 + 3) points in (2 + 1) days is less than 5 points in a day."""
    ranked = engineering.ranked_actions(audited, OCTOBER)
    assert ranked[["rank", "action", "mends", "risk_per_day"]].to_numpy().tolist() == [
        [1, "ci", "A", 5],
        [2, "vault", "A, B", 4],
    ]
    assert engineering.ranked_actions(audited, OCTOBER, 1)["action"].tolist() == ["ci"]


def test_observations_by_severity_and_age(audited):
    """Three are open, 91 days old."""
    table = engineering.by_severity_and_age(audited, OCTOBER).set_index("severity")
    assert table["over 90 days"].to_dict() == {"critical": 1, "high": 1, "medium": 0, "low": 1}
    assert table.drop(columns="over 90 days").to_numpy().sum() == 0


@pytest.mark.parametrize("days", [[1], [5, 1], [9, 1, 2], [1, 2, 4, 9]])
def test_lead_time_is_the_median_and_its_rows_add_up_to_it(make_data, days):
    """The same as the standard library's median, for odd and even counts."""
    releases = [
        {
            "entity": "a",
            "committed_on": (pd.Timestamp("2026-10-20") - pd.Timedelta(days=n)).date(),
            "deployed_on": "2026-10-20",
        }
        for n in days
    ]
    measure = engineering.lead_time(make_data(entities=TWO, deployments=releases), OCTOBER)
    assert measure.value == statistics.median(days) == measure.rows["contribution"].sum()


def test_delivery_rates(make_data):
    """31 days with 31 releases are seven a week; one of them failed."""
    releases = [{"entity": "a", "deployed_on": f"2026-10-{n:02}", "failed": str(n == 9).lower()} for n in range(1, 32)]
    data = make_data(
        entities=TWO, deployments=[*releases, {"entity": "a", "deployed_on": "2026-09-30", "failed": "true"}]
    )
    assert engineering.deployment_frequency(data, OCTOBER).value == pytest.approx(7)
    assert engineering.change_failure_rate(data, OCTOBER).value == pytest.approx(1 / 31)
    assert engineering.change_failure_rate(data, OCTOBER.previous(2)).value is None


def test_site_health_weighs_by_requests(make_data):
    """300 requests at 100 ms and 100 at 500 ms are 200 ms; a site that nobody measures is empty."""
    weeks = [
        {"entity": "a", "date": "2026-10-04", "requests": 300, "errors": 3, "p50_ms": 10, "p95_ms": 100},
        {"entity": "a", "date": "2026-10-11", "requests": 100, "errors": 1, "p50_ms": 50, "p95_ms": 500},
        {"entity": "a", "date": "2026-11-01", "requests": 100, "errors": 99, "p50_ms": 50, "p95_ms": 9999},
    ]
    data = make_data(entities=TWO, web_metrics=weeks)
    assert engineering.latency(data, OCTOBER).value == 200
    assert engineering.error_rate(data, OCTOBER).value == 0.01
    health = engineering.site_health(data, OCTOBER).set_index("entity")
    assert health.loc["A"].tolist() == [400, 20, 200, 0.01]
    assert health.loc["B"].isna().all()


def daily(service, first, amounts):
    """One row of cost a day."""
    days = pd.date_range(first, periods=len(amounts)).strftime("%Y-%m-%d")
    return [{"service": service, "date": day, "amount": amount} for day, amount in zip(days, amounts, strict=True)]


def test_a_day_far_above_its_trend_is_flagged(make_data):
    """Only the peak is: not the steady service, not a first day without history, not the peak of another period."""
    noise = [1.0, 1.2] * 30
    noise[40] = 9.0
    rows = daily("s3", "2026-09-01", noise) + daily("ses", "2026-09-01", [0.5] * 60) + daily("new", "2026-10-30", [99])
    odd = cloud.anomalies(make_data(cloud_costs=rows), OCTOBER)
    assert odd[["service", "amount"]].to_numpy().tolist() == [["s3", 9.0]]
    assert odd["date"].iloc[0] == pd.Timestamp("2026-10-11")
    assert odd["expected"].iloc[0] == pytest.approx(1.1)


def test_cloud_cost_by_service_and_month(make_data):
    """Totals by service are those of the rows, beside the month before."""
    data = make_data(cloud_costs=daily("s3", "2026-09-30", [2, 3]) + daily("ses", "2026-10-01", [5]))
    assert cloud.cloud_cost(data, OCTOBER).value == 8
    table = cloud.services(data, OCTOBER).set_index("service")
    assert table["amount"].to_dict() == {"ses": 5, "s3": 3}
    assert table.loc["s3", "change"] == 1
    assert table["share"].sum() == 1
    assert cloud.by_service_and_month(data, OCTOBER)["amount"].sum() == 10


def test_savings_of_one_service_never_exceed_its_cost(make_data):
    """Half, then half of the rest: 6 + 3 of 12 a month; a candidate for an unknown service saves an unknown sum."""
    rows = [row for month in ("08", "09", "10") for row in daily("s3", f"2026-{month}-01", [12])]
    candidates = [
        {"optimisation": "o1", "service": "s3", "saving": 0.5, "effort_days": 1},
        {"optimisation": "o2", "service": "s3", "saving": 0.5, "effort_days": 1},
        {"optimisation": "o3", "service": "gone", "saving": 0.9, "effort_days": 1},
    ]
    data = make_data(cloud_costs=rows, optimisations=candidates)
    assert cloud.savings(data, OCTOBER)["saving"].tolist()[:2] == [6, 3]
    assert cloud.cloud_saving(data, OCTOBER).value == 9


def test_everything_is_not_known_without_tables(make_data):
    """Empty tables give unknown figures and empty tables, no zero and no exception."""
    data = make_data()
    for metric in (
        engineering.security_gaps, engineering.open_serious, engineering.deployment_frequency, engineering.lead_time,
        engineering.change_failure_rate, engineering.error_rate, engineering.latency, cloud.cloud_cost,
        cloud.cloud_saving,
    ):  # fmt: skip
        assert metric(data, OCTOBER).value is None, metric.__name__
    for frame in (
        engineering.audit_matrix(data, OCTOBER), engineering.ranked_actions(data, OCTOBER),
        engineering.site_health(data, OCTOBER),
        engineering.open_observations(data, OCTOBER), cloud.services(data, OCTOBER), cloud.anomalies(data, OCTOBER),
        cloud.savings(data, OCTOBER), cloud.by_service_and_month(data, OCTOBER),
    ):  # fmt: skip
        assert len(frame) == 0
    assert engineering.by_severity_and_age(data, OCTOBER).drop(columns="severity").to_numpy().sum() == 0


def test_a_peak_is_not_judged_without_two_weeks_before_it(make_data):
    """After 13 recorded days a peak is not judged, after 14 it is."""
    for before, flagged in ((13, 0), (14, 1)):
        rows = daily("s3", "2026-10-01", [1.0] * before + [50.0])
        assert len(cloud.anomalies(make_data(cloud_costs=rows), OCTOBER)) == flagged
