"""Occupancy, rates and maintenance against nights counted by hand, and one by one in plain Python."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import lodging

OCTOBER = Period.parse("2026-10")
ENTITIES = [
    {"entity": "house", "name": "House", "kind": "lodging", "capacity": 1, "started_on": "2026-01-01"},
    {"entity": "boat", "name": "Boat", "kind": "charter", "capacity": 1},
]


def stay(name: str, booked: str, arrival: str, departure: str, price: float, **more: object) -> dict[str, object]:
    """A booking of the house."""
    return {"booking": name, "entity": "house", "booked_on": booked, "starts_on": arrival, "ends_on": departure,
            "price": price, **more}  # fmt: skip


BOOKINGS = [
    stay("a", "2026-09-20", "2026-09-29", "2026-10-03", 400),
    stay("b", "2026-09-30", "2026-10-10", "2026-10-13", 600, refund=60),
    stay("c", "2026-09-01", "2026-10-20", "2026-10-25", 999, cancelled_on="2026-10-01"),
    stay("d", "2026-09-01", "2026-10-05", "2026-10-06", 5000, entity="boat"),
    stay("e", "2026-10-01", "2026-10-31", "2026-11-04", 480),
    stay("day use", "2026-10-02", "2026-10-07", "2026-10-07", 50),
]


@pytest.fixture
def data(make_data):
    """In October 2 nights of a at 100, 3 of b at 180, 1 of e at 120; c is cancelled, d no stay, one has no night."""
    return make_data(as_of="2026-10-31", entities=ENTITIES, bookings=BOOKINGS)


def test_nights_belong_to_the_day_of_service_and_cancelled_stays_are_left_out(data):
    """6 of 31 nights; departure days are free."""
    assert lodging.occupancy(data, OCTOBER).value == pytest.approx(6 / 31)
    days = lodging.nights(data, OCTOBER)["day"].dt.day.tolist()
    assert sorted(days) == [1, 2, 10, 11, 12, 31]


def test_a_stay_in_two_rooms_sells_two_nights_a_day(make_data):
    """Its quantity says so: 3 days of 2 rooms are 6 of 62 nights at 120, and the house is full."""
    rooms = [{**ENTITIES[0], "capacity": 2}]
    data = make_data(entities=rooms, bookings=[stay("two", "2026-10-01", "2026-10-14", "2026-10-17", 720, quantity=6)])
    assert lodging.occupancy(data, OCTOBER).value == pytest.approx(6 / 62)
    assert lodging.adr(data, OCTOBER).value == pytest.approx(120)
    assert lodging.nights(data, OCTOBER)[["rooms", "revenue"]].values.tolist() == [[2.0, 240.0]] * 3
    assert lodging.calendar(data, OCTOBER).loc["2026-10", 14] == 1


def test_adr_and_revpar_take_revenue_net_of_refunds_by_night(data):
    """860 of room revenue over 6 nights sold and over 31 available."""
    assert lodging.adr(data, OCTOBER).value == pytest.approx(860 / 6)
    assert lodging.revpar(data, OCTOBER).value == pytest.approx(860 / 31)


def test_stays_are_counted_where_they_end_and_lead_time_where_they_begin(data):
    """Ended: 400, 540 and 50 of day use; begun: b after 10, e after 30 and the day use after 5 days."""
    assert lodging.revenue_per_booking(data, OCTOBER).value == pytest.approx(990 / 3)
    assert lodging.lead_time(data, OCTOBER).value == pytest.approx(15)


OFFERS = st.tuples(st.integers(-15, 70), st.integers(0, 9), st.integers(0, 900), st.booleans(), st.booleans())


@settings(max_examples=12)
@given(st.lists(OFFERS, min_size=1, max_size=8), st.sampled_from(["2024-02", "2024-W09", "2024-Q1"]), st.integers(1, 3))
def test_rates_agree_with_a_count_day_by_day(make_data, offers, name, capacity):
    """Occupancy, ADR and RevPAR by a loop over days and stays, in a leap year, whatever the order of rows.

    RevPAR is occupancy times ADR; the rows add up to each figure.
    """
    period, opened = Period.parse(name), date(2024, 2, 10)
    rows, sold, revenue = [], 0, 0.0
    for number, (offset, length, price, cancelled, refunded) in enumerate(offers):
        arrival = date(2024, 2, 1) + timedelta(days=offset)
        departure, refund = arrival + timedelta(days=length), price / 2 if refunded else 0
        rows.append(
            stay(str(number), "2024-01-01", arrival.isoformat(), departure.isoformat(), price, refund=refund,
                 cancelled_on="2024-01-02" if cancelled else "")
        )  # fmt: skip
        nights = [arrival + timedelta(days=n) for n in range(length)]
        sold += 0 if cancelled else sum(day in period for day in nights)
        revenue += 0 if cancelled else sum((price - refund) / length for day in nights if day in period)
    random.Random(1).shuffle(rows)
    entities = [{**ENTITIES[0], "capacity": capacity, "started_on": opened.isoformat()}]
    data = make_data(trusted=True, entities=entities, bookings=rows)
    room = capacity * ((period.end - max(period.start, opened)).days + 1)
    occupancy, adr, revpar = (metric(data, period) for metric in (lodging.occupancy, lodging.adr, lodging.revpar))
    known = any(row["starts_on"] <= period.end.isoformat() and not row["cancelled_on"] for row in rows)
    assert occupancy.value == (pytest.approx(sold / room) if known else None)
    assert adr.value == (pytest.approx(revenue / sold) if sold else None)
    assert revpar.value == (pytest.approx(revenue / room) if known else None)
    if sold:
        assert revpar.value == pytest.approx(occupancy.value * adr.value)
        for measure in (occupancy, adr, revpar):
            parts = measure.rows.groupby("part")["contribution"].sum()
            assert parts["numerator"] / parts["denominator"] == pytest.approx(measure.value)


def test_a_month_without_a_stay_has_occupancy_0_and_no_adr(make_data):
    """An empty house is a fact, a rate without nights is not; before the first stay on record nothing is known."""
    data = make_data(entities=ENTITIES, bookings=BOOKINGS[:1])
    november = Period.parse("2026-11")
    assert lodging.occupancy(data, november).value == 0
    notes = {
        lodging.adr: "no night sold in the period",
        lodging.revenue_per_booking: "no stay ended in the period",
        lodging.lead_time: "no stay began in the period",
    }
    for metric, note in notes.items():
        assert (metric(data, november).value, metric(data, november).note) == (None, note)
    assert lodging.occupancy(data, Period.parse("2026-08")).note == "no stay recorded by then"
    last_day = stay("f", "2026-08-01", "2026-08-31", "2026-09-01", 60)
    assert lodging.occupancy(make_data(entities=ENTITIES, bookings=[last_day]), Period.parse("2026-08")).value == 1 / 31


def test_without_capacity_or_before_the_opening_occupancy_is_not_known(make_data):
    """Nothing to divide by is said, not guessed, even where another house has a capacity."""
    houses = [{**ENTITIES[0], "capacity": ""}, {**ENTITIES[0], "entity": "barn", "capacity": 5}]
    data = make_data(entities=houses, bookings=BOOKINGS[:1])
    assert lodging.occupancy(data, OCTOBER).note == "capacity is not given"
    assert lodging.calendar(data, OCTOBER).isna().all(axis=None)
    data = make_data(entities=[{**ENTITIES[0], "started_on": "2026-12-01"}], bookings=BOOKINGS[:1])
    assert lodging.occupancy(data, OCTOBER).note == "not open in the period"
    assert lodging.calendar(data, OCTOBER).isna().all(axis=None)
    data = make_data(entities=[{**ENTITIES[0], "capacity": 0}], bookings=BOOKINGS[:1])
    assert lodging.calendar(data, OCTOBER).isna().all(axis=None)


def test_the_calendar_marks_the_days_sold(make_data):
    """A row a month, a column a day; the first stay is of 29 September, so months before it are missing.

    September's empty nights are empty, as its occupancy counts them; half of two houses is a half.
    """
    barn = {**ENTITIES[0], "entity": "barn", "started_on": "2026-10-31", "capacity": 2}
    empty = {**ENTITIES[0], "entity": "shed", "capacity": 0}
    days = lodging.calendar(make_data(entities=[*ENTITIES, barn, empty], bookings=BOOKINGS), OCTOBER)
    assert days.index.tolist() == [month.name for month in OCTOBER.trailing(12)]
    assert list(days.columns) == list(range(1, 32))
    assert days.loc["2026-10"].tolist() == [
        1 / 3 if day == 31 else float(day in (1, 2, 10, 11, 12)) for day in range(1, 32)
    ]
    assert days.loc["2026-09"].dropna().to_dict() == {day: float(day >= 29) for day in range(1, 31)}
    assert days.loc[:"2026-08"].isna().all(axis=None)


def test_channel_mix_names_channels_and_takes_off_commission(make_data):
    """400 at 10 % leaves 360; a stay without a channel is said to be so; most revenue first, equals by name."""
    channels = [{"channel": "x", "name": "Ex", "commission": 0.1}, {"channel": "w", "name": "We"}]
    rows = [
        {**BOOKINGS[0], "channel": "x"}, {**BOOKINGS[0], "booking": "w", "channel": "w"}, BOOKINGS[1],
        stay("old", "2025-09-01", "2025-10-30", "2025-10-31", 9),
        stay("y", "2025-09-01", "2025-10-30", "2025-11-01", 60),
    ]  # fmt: skip
    expected = pd.DataFrame(
        [
            ("not recorded", 2, 5, 600, 600, 600 / 1400, 120), ("Ex", 1, 4, 400, 360, 400 / 1400, 90),
            ("We", 1, 4, 400, 400, 400 / 1400, 100),
        ],
        columns=["channel", "stays", "nights", "revenue", "net", "share", "net_adr"],
    )  # fmt: skip
    made = lodging.channel_mix(make_data(entities=ENTITIES, channels=channels, bookings=rows), OCTOBER)
    pd.testing.assert_frame_equal(made, expected, check_dtype=False)


def ticket(name: str, opened: str, closed: str = "", status: str = "done", estimate: object = "") -> dict[str, object]:
    """A ticket of the house."""
    return {"ticket": name, "entity": "house", "opened_on": opened, "closed_on": closed, "status": status,
            "estimate": estimate}  # fmt: skip


TICKETS = [
    ticket("1", "2026-10-01", "2026-11-03", estimate=50), ticket("3", "2026-08-01", "2026-10-31"),
    ticket("4", "2026-09-01", status="scheduled", estimate=7), ticket("2", "2026-09-01", status="waiting"),
    ticket("5", "2026-10-31", status="open"), ticket("6", "2026-11-01", status="open"),
]  # fmt: skip


@pytest.mark.parametrize("as_of", ["2026-10-31", ""])
def test_open_tickets_are_seen_as_of_the_day(make_data, as_of):
    """One closed later was open then, whatever its status says today; the oldest come first."""
    data = make_data(as_of=as_of, entities=ENTITIES, tickets=TICKETS)
    rows = lodging.maintenance(data, date(2026, 10, 31))
    expected = pd.DataFrame(
        [("2", 60, "waiting"), ("4", 60, "scheduled"), ("1", 30, "open"), ("5", 0, "open")],
        columns=["ticket", "age", "status"],
    )
    pd.testing.assert_frame_equal(rows[list(expected)], expected, check_dtype=False)
    assert lodging.open_tickets(data, OCTOBER).value == 4
    costs = lodging.open_tickets(data, OCTOBER, "estimate")
    assert (costs.value, costs.note, len(costs.rows)) == (57, "2 without an estimate", 2)


def test_an_estimate_is_never_a_false_zero(make_data):
    """Only tickets without an estimate are not known; no open ticket at all is a true zero, said without a note."""
    august = Period.parse("2026-08")
    data = make_data(entities=ENTITIES, tickets=TICKETS)
    assert lodging.open_tickets(data, august, "estimate").note == "1 without an estimate"
    assert lodging.open_tickets(data, august, "estimate").value is None
    assert lodging.open_tickets(data, Period.parse("2026-07")).note == "no ticket recorded by then"
    closed = lodging.open_tickets(make_data(entities=ENTITIES, tickets=TICKETS[1:2]), OCTOBER, "estimate")
    assert (closed.value, closed.note) == (0, "")
    first_day = make_data(entities=ENTITIES, tickets=[ticket("7", "2026-07-31", estimate=3)])
    assert lodging.open_tickets(first_day, Period.parse("2026-07"), "estimate").value == 3


def test_absent_tables_give_nothing_known_and_no_error(make_data):
    """No lodging, no stays, no tickets."""
    data = make_data(entities=ENTITIES[1:])
    for metric in (
        lodging.occupancy, lodging.adr, lodging.revpar, lodging.revenue_per_booking, lodging.lead_time,
        lodging.open_tickets,
    ):  # fmt: skip
        assert metric(data, OCTOBER).value is None
    assert lodging.channel_mix(data, OCTOBER).empty
    assert not lodging.calendar(data, OCTOBER).notna().any(axis=None)
    assert lodging.maintenance(data, date(2026, 10, 31)).empty


def test_nights_sold_ahead_are_those_booked_by_then(data, make_data):
    """At the end of September: 2 nights of a, 3 of b, and 5 of c, which was cancelled the day after."""
    september = Period.parse("2026-09")
    assert lodging.on_the_books(data, september).value == pytest.approx((2 + 3 + 5) / 30)
    assert lodging.on_the_books(data, OCTOBER).value == pytest.approx(3 / 30)
    assert lodging.on_the_books(data, OCTOBER, days=3).value == pytest.approx(1)
    assert lodging.on_the_books(data, Period.parse("2026-08")).value is None
    roomless = make_data(entities=[{**ENTITIES[0], "capacity": ""}], bookings=BOOKINGS[:2])
    assert lodging.on_the_books(roomless, september).note == "capacity is not given"


def test_a_stay_cancelled_by_then_is_not_on_the_books(make_data):
    """Cancelled on the last day of the period: gone, and alone it is no stay on record."""
    gone, september = {**BOOKINGS[2], "cancelled_on": "2026-09-30"}, Period.parse("2026-09")
    data = make_data(as_of="2026-10-31", entities=ENTITIES, bookings=[BOOKINGS[0], gone])
    assert lodging.on_the_books(data, september).value == pytest.approx(2 / 30)
    data = make_data(as_of="2026-10-31", entities=ENTITIES, bookings=[gone])
    assert lodging.on_the_books(data, september).note == "no stay recorded by then"
