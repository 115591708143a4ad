"""Occupancy, rates and maintenance against nights counted by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import lodging

OCTOBER = Period.parse("2026-10")
ENTITIES = [
    {"entity": "house", "name": "House", "kind": "lodging", "capacity": 1, "started_on": "2026-01-01"},
    {"entity": "boat", "name": "Boat", "kind": "charter", "capacity": 1},
]
BOOKINGS = [
    {"booking": "a", "entity": "house", "booked_on": "2026-09-20", "starts_on": "2026-09-29", "ends_on": "2026-10-03",
     "price": 400},
    {"booking": "b", "entity": "house", "booked_on": "2026-09-30", "starts_on": "2026-10-10", "ends_on": "2026-10-13",
     "price": 600, "refund": 60},
    {"booking": "c", "entity": "house", "booked_on": "2026-09-01", "starts_on": "2026-10-20", "ends_on": "2026-10-25",
     "price": 999, "cancelled_on": "2026-10-01"},
    {"booking": "d", "entity": "boat", "booked_on": "2026-09-01", "starts_on": "2026-10-05", "ends_on": "2026-10-06",
     "price": 5000},
    {"booking": "e", "entity": "house", "booked_on": "2026-10-01", "starts_on": "2026-10-31", "ends_on": "2026-11-04",
     "price": 480},
]  # fmt: skip


@pytest.fixture
def data(make_data):
    """In October 2 nights of a at 100, 3 of b at 180, 1 of e at 120; c is cancelled and d no stay."""
    return make_data(as_of="2026-10-31", entities=ENTITIES, bookings=BOOKINGS)


def test_nights_belong_to_the_day_of_service_and_cancelled_stays_are_left_out(data):
    """6 of 31 nights; departure days are free."""
    assert lodging.occupancy(data, OCTOBER).value == pytest.approx(6 / 31)
    days = lodging.nights(data, OCTOBER)["day"].dt.day.tolist()
    assert sorted(days) == [1, 2, 10, 11, 12, 31]


def test_adr_and_revpar_take_revenue_net_of_refunds_by_night(data):
    """860 of room revenue over 6 nights sold and over 31 available; RevPAR is their product."""
    assert lodging.adr(data, OCTOBER).value == pytest.approx(860 / 6)
    assert lodging.revpar(data, OCTOBER).value == pytest.approx(860 / 31)
    product = lodging.occupancy(data, OCTOBER).value * lodging.adr(data, OCTOBER).value
    assert lodging.revpar(data, OCTOBER).value == pytest.approx(product)


def test_revenue_of_all_nights_is_the_revenue_of_the_stays(data):
    """Spreading loses nothing, whatever the periods."""
    year = Period(date(2026, 1, 1), date(2026, 12, 31), "2026")
    assert lodging.nights(data, year)["revenue"].sum() == pytest.approx(400 + 540 + 480)


def test_nights_agree_with_a_count_day_by_day(data):
    """An independent count: for each day, the stays with arrival on or before and departure after it."""
    stays = lodging.stays(data)
    days = [OCTOBER.start + timedelta(days=n) for n in range(OCTOBER.days)]
    count = sum(
        start.date() <= day < end.date()
        for day in days
        for start, end in zip(stays["starts_on"], stays["ends_on"], strict=True)
    )
    assert len(lodging.nights(data, OCTOBER)) == count


def test_revenue_per_booking_counts_stays_that_ended_in_the_period(data):
    """Stays a and b: 400 and 540."""
    assert lodging.revenue_per_booking(data, OCTOBER).value == pytest.approx(470)


def test_lead_time_is_from_booking_to_arrival_of_stays_begun(data):
    """Stays b and e: 10 and 30 days."""
    assert lodging.lead_time(data, OCTOBER).value == pytest.approx(20)


def test_a_month_without_a_stay_has_occupancy_0_and_no_adr(make_data):
    """An empty house is a fact, a rate without nights is not."""
    data = make_data(entities=ENTITIES, bookings=BOOKINGS[:1])
    assert lodging.occupancy(data, Period.parse("2026-11")).value == 0
    assert lodging.adr(data, Period.parse("2026-11")).value is None
    assert lodging.occupancy(data, Period.parse("2026-08")).value is None


def test_without_capacity_occupancy_is_not_known(make_data):
    """Nothing to divide by is said, not guessed."""
    data = make_data(entities=[{**ENTITIES[0], "capacity": ""}], bookings=BOOKINGS[:1])
    measure = lodging.occupancy(data, OCTOBER)
    assert measure.value is None
    assert "capacity" in measure.note


def test_capacity_counts_from_the_first_day_of_trading(make_data):
    """Opened on the 22nd: 10 nights in October, and 29 in a leap February."""
    data = make_data(entities=[{**ENTITIES[0], "started_on": "2026-10-22", "capacity": 2}], bookings=[])
    assert lodging.available(data, OCTOBER)["available"].tolist() == [20]
    data = make_data(entities=[{**ENTITIES[0], "started_on": "2020-01-01"}], bookings=[])
    assert lodging.available(data, Period.parse("2024-02"))["available"].tolist() == [29]


def test_the_calendar_marks_the_days_sold(data):
    """A row a month, a column a day of the month, missing before the first stay on 29 September."""
    days = lodging.calendar(data, OCTOBER)
    assert days.shape == (12, 31)
    assert days.loc["2026-10"].sum() == 6
    assert days.loc["2026-09"].notna().sum() == 2
    assert days.loc["2026-08"].isna().all()


def test_channel_mix_names_channels_and_takes_off_commission(make_data):
    """400 at 10 % leaves 360; a stay without a channel is said to be so."""
    channels = [{"channel": "x", "name": "Ex", "commission": 0.1}]
    data = make_data(entities=ENTITIES, channels=channels, bookings=[{**BOOKINGS[0], "channel": "x"}, BOOKINGS[1]])
    mix = lodging.channel_mix(data, OCTOBER).set_index("channel")
    assert mix.loc["Ex", ["stays", "nights", "revenue", "net", "net_adr"]].tolist() == [1, 4, 400, 360, 90]
    assert mix.loc["not recorded", "revenue"] == 540
    assert mix["share"].sum() == pytest.approx(1)


def test_open_tickets_are_seen_as_of_the_day(make_data):
    """One closed later was open then, whatever its status says today."""
    tickets = [
        {
            "ticket": "1",
            "entity": "house",
            "opened_on": "2026-10-01",
            "closed_on": "2026-11-03",
            "status": "done",
            "estimate": 50,
        },
        {"ticket": "2", "entity": "house", "opened_on": "2026-09-01", "status": "waiting"},
        {"ticket": "3", "entity": "house", "opened_on": "2026-08-01", "closed_on": "2026-09-02", "status": "done"},
    ]
    data = make_data(as_of="2026-10-31", entities=ENTITIES, tickets=tickets)
    rows = lodging.maintenance(data, date(2026, 10, 31))
    assert rows[["ticket", "age", "status"]].to_numpy().tolist() == [["2", 60, "waiting"], ["1", 30, "open"]]
    assert lodging.open_tickets(data, OCTOBER).value == 2
    assert lodging.open_tickets(data, Period.parse("2026-08")).value == 1
    costs = lodging.open_tickets(data, OCTOBER, "estimate")
    assert (costs.value, costs.note) == (50, "1 without an estimate")


def test_absent_tables_give_nothing_known_and_no_error(make_data):
    """No lodging, no stays, no tickets."""
    data = make_data(entities=ENTITIES[1:])
    for metric in (
        lodging.occupancy,
        lodging.adr,
        lodging.revpar,
        lodging.revenue_per_booking,
        lodging.lead_time,
        lodging.open_tickets,
    ):
        assert metric(data, OCTOBER).value is None
    assert lodging.channel_mix(data, OCTOBER).empty
    assert not lodging.calendar(data, OCTOBER).notna().any(axis=None)
    assert lodging.maintenance(data, date(2026, 10, 31)).empty
