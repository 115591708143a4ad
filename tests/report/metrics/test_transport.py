"""Queue, utilisation, punctuality and satisfaction against hand-made jobs, and counts in plain Python."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import transport

OCTOBER = Period.parse("2026-10")
TODAY = date(2026, 10, 31)
ENTITIES = [
    {"entity": "crew", "name": "Crew", "kind": "transport"},
    {"entity": "boat", "name": "Boat", "kind": "charter"},
]


def job(name: str, stage: str, **more: object) -> dict[str, object]:
    """A row of the table of deliveries."""
    return {"delivery": name, "entity": "crew", "stage": stage, "booked_on": "2026-09-01", "vessel": name, **more}


JOBS = [
    job("a", "delivered", promised_on="2026-10-10", departed_on="2026-10-08", delivered_on="2026-10-10", price=900,
        miles=100),
    job("b", "delivered", promised_on="2026-10-11", departed_on="2026-09-29", delivered_on="2026-10-12", price=600,
        miles=200, late_cause="weather"),
    job("c", "delivered", promised_on="2026-11-05", departed_on="2026-10-30", delivered_on="2026-11-02"),
    job("d", "delivered", promised_on="2026-11-09", departed_on="2026-11-03", delivered_on="2026-11-08"),
    job("e", "quoted"),
    job("f2", "preparing", promised_on="2026-10-28"),
    job("f1", "preparing", promised_on="2026-10-28"),
    job("f3", "preparing", promised_on="2026-10-27"),
    job("g", "cancelled", promised_on="2026-10-01", departed_on="2026-09-30"),
    job("h", "delivered", departed_on="2026-10-15", delivered_on="2026-10-15", price=0, miles=0, vessel="a"),
    job("i", "delivered", promised_on="2026-10-15", departed_on="2026-10-10", delivered_on="2026-10-15", price=0,
        miles=0, vessel="a"),
    job("u", "under way"),
]  # fmt: skip


@pytest.fixture
def data(make_data):
    """Jobs as seen at the end of October: c is under way, d has not left, h was never promised, u has not left."""
    return make_data(as_of="2026-10-31", entities=ENTITIES, deliveries=JOBS)


def test_stages_follow_dates_as_of_the_day_rather_than_the_status(data):
    """Furthest first, then by the promise; delivered and cancelled jobs are out of the queue."""
    expected = pd.DataFrame(
        [
            ("c", "under way", 0), ("f3", "preparing", 4), ("f1", "preparing", 3), ("f2", "preparing", 3),
            ("d", "booked", 0), ("u", "booked", None), ("e", "quoted", None),
        ],
        columns=["delivery", "stage", "days_late"],
    )  # fmt: skip
    rows = transport.queue(data, TODAY)
    pd.testing.assert_frame_equal(rows[list(expected)], expected, check_dtype=False)
    assert "order" not in rows
    assert rows["sold"].tolist() == [True] * 6 + [False]


def test_a_job_counts_as_delivered_by_its_date(make_data):
    """One that arrived is out of the queue, whatever its stage says; one that left is under way."""
    rows = [
        job("x", "preparing", departed_on="2026-10-01", delivered_on="2026-10-02"),
        job("y", "enquiry", departed_on="2026-10-02"),
    ]
    made = transport.queue(make_data(entities=ENTITIES, deliveries=rows), TODAY)
    assert made[["delivery", "stage"]].to_numpy().tolist() == [["y", "under way"]]


def test_on_time_counts_jobs_delivered_by_the_promised_day(data):
    """On the day is on time: two of three; the job without a promise does not count."""
    measure = transport.on_time_rate(data, OCTOBER)
    assert measure.value == pytest.approx(2 / 3)
    assert measure.rows["days_late"].tolist() == [0, 0, 0, 1, 0]
    assert measure.note == "2 of 3 jobs"
    assert transport.on_time_rate(data, Period.parse("2026-09")).note == "no promised job delivered in the period"


def test_revenue_per_mile_is_a_ratio_of_sums(data):
    """1,500 over 300 miles, not the mean of 9 and 3."""
    assert transport.revenue_per_mile(data, OCTOBER).value == 5
    empty = transport.revenue_per_mile(data, Period.parse("2026-09"))
    assert empty.note == "no mile sailed for a job delivered in the period"


def test_vessel_utilisation_counts_days_under_way_in_the_period(data):
    """a 3 + 5 (two jobs of it on the 10th and 15th count once), b 12, c 2 days so far; the cancelled job none."""
    days = transport.busy_days(data, OCTOBER, "vessel")
    assert days.groupby("vessel").size().to_dict() == {"a": 8, "b": 12, "c": 2}
    assert days.loc[days["vessel"] == "a", "delivery"].tolist() == ["a", "a", "a", "i", "i", "i", "i", "h"]
    assert transport.vessel_utilisation(data, OCTOBER).value == pytest.approx(22 / (3 * 31))


def test_a_job_under_way_is_busy_until_the_day_of_the_data_or_the_period(make_data):
    """As of the 20th ten days from the 11th; without an as-of to the end of the month, the last day included."""
    rows = [job("x", "under way", departed_on="2026-10-11")]
    for as_of, days in (("2026-10-20", 10), ("", 21), ("2026-11-30", 21)):
        data = make_data(as_of=as_of, entities=ENTITIES, deliveries=rows)
        assert len(transport.busy_days(data, OCTOBER, "vessel")) == days


SHIFTS = st.tuples(st.sampled_from("ABC"), st.integers(-400, 40), st.integers(0, 9))


@settings(max_examples=10)
@given(st.lists(SHIFTS, min_size=1, max_size=8))
def test_crew_days_count_once_however_many_jobs(make_data, shifts):
    """Days of each person by sets of days; those who worked in twelve periods are the pool, whatever the row order."""
    leap = Period.parse("2024-02")
    rows, worked = [], {}
    for person, offset, length in shifts:
        first = date(2024, 2, 1) + timedelta(days=offset)
        days = {first + timedelta(days=n) for n in range(length + 1)}
        rows.append({"person": person, "starts_on": min(days).isoformat(), "ends_on": max(days).isoformat()})
        worked.setdefault(person, set()).update(day for day in days if date(2023, 3, 1) <= day <= leap.end)
    random.Random(1).shuffle(rows)
    data = make_data(trusted=True, entities=ENTITIES, deliveries=JOBS, crew_days=rows)
    pool = {person: days for person, days in worked.items() if days}
    month = {person: sum(day in leap for day in days) / 29 for person, days in pool.items()}
    expected = sorted(
        ((month[person], len(days) / 366, person) for person, days in pool.items()),
        key=lambda row: (-row[0], -row[1], row[2]),
    )
    made = transport.utilisation(data, leap, "person")
    assert made[["period", "year", "person"]].to_numpy().tolist() == [pytest.approx(list(row)) for row in expected]
    assert made.index.tolist() == list(range(len(made)))
    measure = transport.crew_utilisation(data, leap)
    assert measure.value == (pytest.approx(sum(month.values()) / len(month)) if month else None)
    assert month or measure.note == "no job in twelve periods"


def test_late_causes_sum_days_late_by_cause(make_data):
    """Most days first, equals by name; jobs on time and before the last twelve periods do not count.

    One still under way counts with its days late so far, and as open.
    """
    common = {"promised_on": "2026-10-10", "departed_on": "2026-10-01"}
    arrivals = [("2026-10-12", "weather"), ("2026-10-12", "engine"), ("2026-10-13", ""), ("2026-10-12", "weather"),
                ("2026-10-12", ""), ("2026-10-10", "none")]  # fmt: skip
    rows = [
        job(str(n), "delivered", **common, delivered_on=day, late_cause=cause)
        for n, (day, cause) in enumerate(arrivals)
    ]
    rows.append(job("old", "delivered", promised_on="2025-10-01", delivered_on="2025-10-31", late_cause="weather"))
    rows.append(job("first", "delivered", promised_on="2025-10-30", delivered_on="2025-11-01", late_cause="engine"))
    rows.append(job("waits", "under way", promised_on="2026-10-29", departed_on="2026-10-28", late_cause="weather"))
    rows.append(job("in time", "booked", promised_on="2026-10-31", late_cause="weather"))
    expected = pd.DataFrame(
        [("weather", 3, 1, 6), ("not recorded", 2, 0, 5), ("engine", 2, 0, 4)],
        columns=["cause", "jobs", "open", "days"],
    )
    made = transport.late_causes(make_data(entities=ENTITIES, deliveries=rows), OCTOBER)
    pd.testing.assert_frame_equal(made, expected, check_dtype=False)


@settings(max_examples=8)
@given(st.lists(st.tuples(st.integers(0, 10), st.integers(1, 31), st.sampled_from(["crew", "boat"])), max_size=8))
def test_nps_is_the_share_of_promoters_less_that_of_detractors(make_data, given_scores):
    """By counting: 9 and 10 against 0 to 6; another kind of entity does not count."""
    rows = [
        {"review": f"{n:02}", "entity": entity, "date": f"2026-10-{day:02}", "score": score}
        for n, (score, day, entity) in enumerate(given_scores)
    ]
    data = make_data(trusted=True, entities=ENTITIES, reviews=rows[::-1])
    for entity, kind in (("crew", "transport"), ("boat", "charter")):
        scores = [row["score"] for row in rows if row["entity"] == entity]
        points = sum(score >= 9 for score in scores) - sum(score <= 6 for score in scores)
        assert transport.nps(data, OCTOBER, kind).value == (
            pytest.approx(100 * points / len(scores)) if scores else None
        )
    assert transport.nps(data, OCTOBER).value == transport.nps(data, OCTOBER, "transport").value
    said = transport.reviews(data, OCTOBER)
    worst = sorted((row["score"], row["date"], row["review"]) for row in rows if row["entity"] == "crew")
    assert said["review"].tolist() == [review for *_, review in worst]
    assert transport.nps(data, Period.parse("2026-09")).note == "no review in the period"


def test_absent_tables_give_nothing_known_and_no_error(make_data):
    """No jobs, no crew, no reviews."""
    data = make_data(entities=ENTITIES)
    for metric in (
        transport.on_time_rate, transport.revenue_per_mile, transport.vessel_utilisation, transport.crew_utilisation,
        transport.nps,
    ):  # fmt: skip
        assert metric(data, OCTOBER).value is None
    assert transport.vessel_utilisation(data, OCTOBER).note == "no job in twelve periods"
    assert transport.queue(data, TODAY).empty
    assert transport.late_causes(data, OCTOBER).empty
    assert transport.utilisation(data, OCTOBER, "person").empty
