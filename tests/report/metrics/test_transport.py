"""Queue, utilisation, punctuality and satisfaction against hand-made jobs."""

from __future__ import annotations

from datetime import date

import pytest

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
    job("b", "delivered", promised_on="2026-10-10", departed_on="2026-09-29", delivered_on="2026-10-12", price=600,
        miles=200, late_cause="weather"),
    job("c", "delivered", promised_on="2026-11-05", departed_on="2026-10-30", delivered_on="2026-11-02"),
    job("d", "delivered", promised_on="2026-11-09", departed_on="2026-11-03", delivered_on="2026-11-08"),
    job("e", "quoted"),
    job("f", "preparing", promised_on="2026-10-28"),
    job("g", "cancelled", promised_on="2026-10-01", departed_on="2026-09-30"),
    job("h", "delivered", departed_on="2026-10-15", delivered_on="2026-10-15", price=0, miles=0),
]  # fmt: skip


@pytest.fixture
def data(make_data):
    """Jobs as seen at the end of October: c is under way, d has not left, h was never promised."""
    return make_data(as_of="2026-10-31", entities=ENTITIES, deliveries=JOBS)


def test_stages_follow_dates_as_of_the_day_rather_than_the_status(data):
    """Furthest first; delivered and cancelled jobs are out of the queue."""
    rows = transport.queue(data, TODAY)
    assert list(zip(rows["delivery"], rows["stage"], strict=True)) == [
        ("c", "under way"), ("f", "preparing"), ("d", "booked"), ("e", "quoted"),
    ]  # fmt: skip
    assert rows["days_late"].fillna(-1).tolist() == [0, 3, 0, -1]


def test_on_time_counts_jobs_delivered_by_the_promised_day(data):
    """On the day is on time; the job without a promise does not count."""
    assert transport.on_time_rate(data, OCTOBER).value == 0.5
    assert transport.on_time_rate(data, Period.parse("2026-09")).value is None


def test_revenue_per_mile_is_a_ratio_of_sums(data):
    """1,500 over 300 miles, not the mean of 9 and 3."""
    assert transport.revenue_per_mile(data, OCTOBER).value == 5


def test_vessel_utilisation_counts_days_under_way_in_the_period(data):
    """a 3, b 12, c 2 and h 1 days, of four vessels that moved; the cancelled job did not."""
    days = transport.vessel_days(data, OCTOBER).groupby("vessel").size().to_dict()
    assert days == {"a": 3, "b": 12, "c": 2, "h": 1}
    assert transport.vessel_utilisation(data, OCTOBER).value == pytest.approx(18 / (4 * 31))


def test_crew_days_count_once_however_many_jobs(make_data):
    """Ana: 1 to 5 and 4 to 6 October are six days; Bo worked in September only and is in the pool."""
    crew = [
        {"delivery": "a", "person": "Ana", "starts_on": "2026-10-01", "ends_on": "2026-10-05"},
        {"delivery": "b", "person": "Ana", "starts_on": "2026-10-04", "ends_on": "2026-10-06"},
        {"delivery": "b", "person": "Bo", "starts_on": "2026-09-29", "ends_on": "2026-09-30"},
    ]
    data = make_data(entities=ENTITIES, deliveries=JOBS, crew_days=crew)
    assert transport.crew_utilisation(data, OCTOBER).value == pytest.approx(6 / 62)
    table = transport.utilisation(data, OCTOBER, "person").set_index("person")
    assert table["period"].to_dict() == {"Ana": pytest.approx(6 / 31), "Bo": 0}
    assert table.loc["Bo", "year"] == pytest.approx(2 / 365)


def test_late_causes_sum_days_late_by_cause(data):
    """Only job b was late, by two days."""
    assert transport.late_causes(data, OCTOBER).to_numpy().tolist() == [["weather", 1, 2]]


def test_nps_is_promoters_less_detractors(make_data):
    """Scores 10, 9, 8, 6 give 25; another kind of entity does not count; 7 and 8 are passive."""
    scores = [("crew", 10), ("crew", 9), ("crew", 8), ("crew", 6), ("boat", 0)]
    reviews = [{"entity": entity, "date": "2026-10-05", "score": score} for entity, score in scores]
    data = make_data(entities=ENTITIES, reviews=reviews)
    assert transport.nps(data, OCTOBER).value == 25
    assert transport.nps(data, OCTOBER, "charter").value == -100
    assert transport.nps(data, Period.parse("2026-09")).value is None


def test_absent_tables_give_nothing_known_and_no_error(make_data):
    """No jobs, no crew, no reviews."""
    data = make_data(entities=ENTITIES)
    for metric in (
        transport.on_time_rate,
        transport.revenue_per_mile,
        transport.vessel_utilisation,
        transport.crew_utilisation,
        transport.nps,
    ):
        assert metric(data, OCTOBER).value is None
    assert transport.queue(data, TODAY).empty
    assert transport.late_causes(data, OCTOBER).empty
    assert transport.utilisation(data, OCTOBER, "person").empty
