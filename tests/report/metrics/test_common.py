"""The helpers that all metrics share."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import ACCOUNTS, ENTITIES, entry
from quarterdeck.model.period import Period
from quarterdeck.report.metrics import common

FEBRUARY = Period.parse("2024-02")
DAYS = pd.date_range("2024-01-30", "2024-03-02").tolist()
AROUND = st.sampled_from([None, *DAYS[:3], DAYS[16], *DAYS[-4:]])
"""No day, one in the middle of February, or one around its first or last."""


def days(*texts: str) -> pd.Series:
    """A date column as tables have it; an empty text is a missing day."""
    return pd.to_datetime(pd.Series([text or None for text in texts])).astype("datetime64[s]")


def test_a_period_holds_its_first_and_last_day():
    """The leap day too; the days around it and missing ones are out."""
    frame = pd.DataFrame({"on": days("2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01", "")})
    assert common.in_period(frame, "on", FEBRUARY).index.tolist() == [1, 2]
    assert common.month_of(frame.head(4), "on").tolist() == ["2024-01", "2024-02", "2024-02", "2024-03"]


@pytest.mark.parametrize(
    ("period", "count", "first", "last"),
    [
        ("2024-02", 1, "2024-02", "2024-02"),
        ("2024-02", 3, "2023-12", "2024-02"),
        ("2024-Q1", 3, "2024-01", "2024-03"),
        ("2024-W09", 2, "2024-01", "2024-02"),
    ],
)
def test_months_are_the_last_whole_ones(period, count, first, last):
    """A month itself counts, a quarter's last does, a week that runs into March stands on February."""
    found = common.months(Period.parse(period), count)
    assert [found[0].name, found[-1].name, len(found)] == [first, last, count]


def test_a_span_and_a_year_cover_the_periods_before():
    """Two quarters; twelve periods by default; the year of a week is the twelve whole months before it."""
    assert (common.span(Period.parse("2024-Q1"), 2).start.isoformat(), common.span(FEBRUARY).start.isoformat()) == (
        "2023-10-01", "2023-03-01",
    )  # fmt: skip
    assert common.span(FEBRUARY).end == FEBRUARY.end
    year = common.year(Period.parse("2024-W08"))
    assert (year.start.isoformat(), year.end.isoformat()) == ("2023-02-01", "2024-01-31")


def test_entities_are_named_and_chosen_by_kind(make_data):
    """In the order of the table."""
    data = make_data(entities=[{"entity": "z", "name": "Z", "kind": "lodging"}, *ENTITIES])
    assert list(common.entity_names(data).items()) == [("z", "Z"), ("a", "A & Co"), ("b", "B")]
    assert common.entities_of(data, "lodging") == ["z"] and common.entities_of(data, "holding") == []


def test_postings_carry_their_account_and_keep_strays(make_data):
    """Type, role, category and behaviour come from the chart; a line on no account of it stays, without them."""
    ledger = [*entry("1", "2024-02-29", fuel=2, bank=-2), {"line": "x", "account": "stray", "date": "2024-02-01"}]
    lines = common.postings(make_data(accounts=ACCOUNTS, ledger=ledger), "memo")
    assert lines.columns.tolist() == [
        "line", "entry", "date", "entity", "account", "amount", "memo", "type", "role", "category", "behaviour",
    ]  # fmt: skip
    assert lines.loc[0, ["account", "type", "role", "category", "behaviour"]].tolist() == [
        "fuel", "expense", "direct", "direct", "variable",
    ]  # fmt: skip
    assert lines["role"].isna().tolist() == [False, False, True]


def test_what_was_posted_is_not_known_in_a_month_without_books(make_data):
    """March has an entry elsewhere, so nothing of fuel is zero; in April nobody kept the books."""
    ledger = [*entry("1", "2024-02-29", fuel=2, bank=-2), *entry("2", "2024-03-31", rent=2, bank=-2)]
    data = make_data(accounts=ACCOUNTS, ledger=ledger)
    fuel, (march, april) = (
        common.postings(data).query("account == 'fuel'"),
        (Period.parse(f"2024-0{n}") for n in (3, 4)),
    )
    assert [common.posted(data, fuel, FEBRUARY).value, common.posted(data, fuel, FEBRUARY, sign=-1).value] == [2, -2]
    assert common.posted(data, fuel, march).value == 0
    assert common.posted(data, fuel, april) == common.Measure.unknown("no ledger entry in April 2024")
    assert common.recorded(data, [FEBRUARY, march, april]) == [FEBRUARY, march]


def test_a_service_is_earned_when_it_has_ended_and_was_not_cancelled(make_data):
    """Price less refund; the leap day counts; the rows are what a reader is shown of a booking."""
    bookings = [
        {"booking": "1", "entity": "a", "ends_on": "2024-02-29", "price": 10, "refund": 3, "quantity": 2},
        {"booking": "2", "ends_on": "2024-02-01", "price": 5, "cancelled_on": "2024-01-31"},
        {"booking": "3", "ends_on": "2024-03-01", "price": 7},
        {"booking": "4", "ends_on": "2024-02-02", "price": 20},
    ]
    rows = common.services_ended(make_data(bookings=bookings), FEBRUARY)
    assert rows["earned"].tolist() == [7, 20] and rows["booking"].tolist() == ["1", "4"]
    assert list(rows) == [
        "booking", "entity", "ends_on", "quantity", "price", "refund", "cancelled_on", "earned",
    ]  # fmt: skip


def stays(*spans: tuple[object, object]) -> pd.DataFrame:
    """Stays by their first and last day, either of which may be missing; the index says nothing."""
    first, last = (pd.Series([span[at] for span in spans], dtype="datetime64[s]") for at in (0, 1))
    return pd.DataFrame({"n": range(len(spans)), "first": first, "last": last}).set_index(pd.Index([7] * len(spans)))


@given(st.lists(st.tuples(AROUND, AROUND), max_size=5))
def test_each_day_is_what_a_loop_over_days_gives(spans):
    """For any stays, open or backwards ones too: every row once for each of its days in the period."""
    made = common.each_day(stays(*spans), "first", "last", FEBRUARY)
    wanted = [
        (n, day) for n, (first, last) in enumerate(spans) if first is not None and last is not None
        for day in DAYS if first <= day <= last and day.month == 2
    ]  # fmt: skip
    assert list(zip(made["n"], made["day"], strict=True)) == wanted and made.index.tolist() == list(range(len(wanted)))


def test_a_stay_is_cut_to_the_period_and_one_without_an_end_has_no_day():
    """Into February, out of it, backwards and open; the rows keep their columns and get the day."""
    rows = stays(
        ("2024-01-15", "2024-02-02"), ("2024-02-29", "2024-04-01"), ("2024-02-09", "2024-02-08"),
        ("2024-02-05", None), (None, "2024-02-05"),
    )  # fmt: skip
    made = common.each_day(rows, "first", "last", FEBRUARY)
    assert list(made) == ["n", "first", "last", "day"]
    assert made["n"].tolist() == [0, 0, 1]
    assert made["day"].dt.strftime("%m-%d").tolist() == ["02-01", "02-02", "02-29"]


def test_records_have_fields_of_the_columns_types():
    """Numbers stay numbers, days stay days; a record has the columns and nothing else."""
    (row,) = common.records(pd.DataFrame({"amount": [1.5], "on": days("2024-02-29")}))
    assert row.amount == 1.5 and f"{row.on:%d}" == "29" and row._fields == ("amount", "on")
