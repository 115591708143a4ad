"""Cloud cost, its trend and what could be saved, against sums and deviations computed in plain Python."""

from __future__ import annotations

import statistics
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import cloud

OCTOBER = Period.parse("2026-10")


def daily(service, first, amounts, step=1):
    """One row of cost every `step` days."""
    start = date.fromisoformat(first)
    return [
        {"service": service, "date": (start + timedelta(days=n * step)).isoformat(), "amount": amount}
        for n, amount in enumerate(amounts)
    ]


def test_services_stand_beside_the_period_before(make_data):
    """The dearest first, equals by name; a service without cost before has no change."""
    rows = [
        *daily("s3", "2026-09-30", [2, 3]), *daily("ses", "2026-10-01", [5]), *daily("sns", "2026-10-31", [3]),
        *daily("old", "2026-09-01", [7]),
    ]  # fmt: skip
    expected = pd.DataFrame(
        [
            ("ses", 5, None, None, 5 / 11, 0), ("s3", 3, 2, 1, 3 / 11, 0), ("sns", 3, None, None, 3 / 11, 0),
            ("old", None, 7, None, None, 0),
        ],
        columns=["service", "amount", "previous", "change", "share", "odd_days"],
    )  # fmt: skip
    made = cloud.services(make_data(cloud_costs=rows), OCTOBER)
    pd.testing.assert_frame_equal(made, expected, check_dtype=False)


def test_cost_by_month_goes_back_whole_months(make_data):
    """Six months at the end of a quarter or of a month that is not over; a refund counts; no month is no row."""
    months = ["2026-01", "2026-03", "2026-04", "2026-05", "2026-09", "2026-10"]
    rows = [row for month in months for row in daily("s3", f"{month}-27", [4, -1])]
    data = make_data(cloud_costs=rows)
    for period, kept in (("2026-10", months[3:]), ("2026-Q3", months[2:5]), ("2026-W40", months[2:5])):
        made = cloud.by_service_and_month(data, Period.parse(period))
        assert made.to_numpy().tolist() == [["s3", month, 3] for month in kept]
    assert cloud.by_service_and_month(data, OCTOBER, 2)["month"].tolist() == months[4:]


@settings(max_examples=10)
@given(
    st.lists(st.integers(95, 105), min_size=45, max_size=55),
    st.dictionaries(st.integers(12, 44), st.integers(104, 250), min_size=3),
    st.sampled_from([2.0, 3.0]),
)
def test_days_out_of_the_ordinary_are_those_beyond_the_control_limit(make_data, noise, peaks, sigma):
    """The same days and excesses as by the standard library, whatever the order of rows and the other services."""
    days = [peaks.get(n, amount) / 100 for n, amount in enumerate(noise)]
    rows = daily("s3", "2026-09-01", days)
    expected = []
    for n in range(14, len(days)):
        before = days[max(0, n - 28) : n]
        excess = days[n] - statistics.mean(before)
        if rows[n]["date"] >= "2026-10-01" and excess > sigma * statistics.stdev(before) and excess >= 0.5:
            expected.append((pd.Timestamp(rows[n]["date"]), "s3", days[n], days[n] - excess, excess))
    expected.sort(key=lambda row: (-round(row[4], 9), row[0]))
    steady = [*daily("a", "2026-09-01", [0.5] * 60), *daily("z", "2026-10-30", [99])]
    data = make_data(trusted=True, cloud_costs=[*steady, *rows[::-1]])
    made = cloud.anomalies(data, OCTOBER, sigma)
    columns = ["date", "service", "amount", "expected", "excess"]
    pd.testing.assert_frame_equal(
        made, pd.DataFrame(expected, columns=columns), check_dtype=False, check_index_type=False
    )
    counted = cloud.services(data, OCTOBER, sigma).set_index("service")["odd_days"].to_dict()
    assert counted == {"s3": len(expected), "a": 0, "z": 0}


def test_anomalies_need_two_weeks_before_and_half_a_unit_of_excess(make_data):
    """After 13 recorded days, daily or not, a peak is not judged, after 14 it is; 0.4 is noise, 0.6 is not."""
    for before, peak, flagged in ((13, 50, 0), (14, 50, 1), (14, 1.4, 0), (14, 1.6, 1)):
        rows = [row for name in ("b", "a") for row in daily(name, "2026-09-15", [1.0] * before + [peak], step=2)]
        found = cloud.anomalies(make_data(cloud_costs=rows), OCTOBER)
        assert found["service"].tolist() == ["a", "b"][: 2 * flagged]


def test_three_standard_deviations_are_the_limit_unless_told(make_data):
    """3.5 deviations above the trend are out of the ordinary, and just so at 3."""
    before = [1.0, 3.0] * 14
    peak = round(2 + 3.5 * statistics.stdev(before), 4)
    data = make_data(cloud_costs=daily("s3", "2026-09-20", [*before, peak]))
    assert len(cloud.anomalies(data, OCTOBER)) == 1 == cloud.services(data, OCTOBER)["odd_days"].sum()
    assert len(cloud.anomalies(data, OCTOBER, 3.6)) == 0


def test_savings_of_one_service_never_exceed_its_cost(make_data):
    """Half, then a quarter of the rest, of 12 a month; the best for a day of work first, no day counting as a tenth.

    The mean is of the months recorded among the last three; a candidate for an unknown service saves an unknown sum.
    """
    rows = [row for month in ("07", "09", "10") for row in daily("s3", f"2026-{month}-01", [12])]
    rows += daily("ses", "2026-10-02", [2])
    candidates = [
        ("o2", "s3", 0.25, 0.5), ("o4", "ses", 0.1, 0), ("o1", "s3", 0.5, 4), ("o3", "s3", 0.25, 0.375),
        ("o9", "gone", 0.9, 1),
    ]  # fmt: skip
    found = [
        {"optimisation": one, "service": service, "saving": share, "effort_days": days}
        for one, service, share, days in candidates
    ]
    data = make_data(cloud_costs=rows, optimisations=found)
    made = cloud.savings(data, OCTOBER)
    expected = pd.DataFrame(
        [
            ("o2", 12, 0.25, 1.5), ("o3", 12, 0.25, 1.125), ("o1", 12, 0.5, 6), ("o4", 1, 0.1, 0.1),
            ("o9", None, 0.9, None),
        ],
        columns=["optimisation", "monthly_cost", "share", "saving"],
    )  # fmt: skip
    pd.testing.assert_frame_equal(made[list(expected)], expected, check_dtype=False)
    assert cloud.cloud_saving(data, OCTOBER).value == pytest.approx(8.725)
    assert len(cloud.cloud_saving(data, OCTOBER).rows) == 4


def test_a_day_out_of_the_ordinary_is_no_usual_cost(make_data):
    """1 a day for two months and one day of 31: the usual month is what it costs without the excess of 30."""
    amounts = [1.0] * 61
    amounts[45] = 31.0
    candidate = {"service": "s3", "saving": 0.5, "effort_days": 1}
    data = make_data(cloud_costs=daily("s3", "2026-09-01", amounts), optimisations=[candidate])
    assert cloud.savings(data, OCTOBER)["monthly_cost"].tolist() == [pytest.approx(61 / 2)]


def test_a_service_billed_in_one_month_only_costs_that_a_month(make_data):
    """One recorded month is divided by one."""
    data = make_data(
        cloud_costs=daily("s3", "2026-10-01", [12]), optimisations=[{"service": "s3", "saving": 0.5, "effort_days": 1}]
    )
    assert cloud.cloud_saving(data, OCTOBER).value == 6
    assert cloud.cloud_cost(data, OCTOBER).value == 12


def test_nothing_is_known_without_tables(make_data):
    """No cost, no candidate: said, never zero."""
    data = make_data()
    assert cloud.cloud_cost(data, OCTOBER).note == "no cost was recorded"
    assert cloud.cloud_saving(data, OCTOBER).note == "no candidate for a service with cost"
    for table in (cloud.by_service_and_month, cloud.services, cloud.anomalies, cloud.savings):
        assert not len(table(data, OCTOBER))
