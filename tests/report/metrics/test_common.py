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
    """Price less refund; the leap day counts."""
    bookings = [
        {"booking": "1", "entity": "a", "ends_on": "2024-02-29", "price": 10, "refund": 3, "quantity": 2},
        {"booking": "2", "ends_on": "2024-02-01", "price": 5, "cancelled_on": "2024-01-31"},
        {"booking": "3", "ends_on": "2024-03-01", "price": 7},
        {"booking": "4", "ends_on": "2024-02-02", "price": 20},
    ]
    rows = common.services_ended(make_data(bookings=bookings), FEBRUARY)
    assert rows["earned"].tolist() == [7, 20] and rows["booking"].tolist() == ["1", "4"]
    assert {"entity", "quantity", "price"} <= set(rows)


@given(st.lists(st.tuples(st.sampled_from([*DAYS, None]), st.sampled_from([*DAYS, None])), max_size=5))
def test_each_day_is_what_a_loop_over_days_gives(stays):
    """For any stays, open or backwards ones too: every row once for each of its days in the period."""
    frame = pd.DataFrame(
        {"n": range(len(stays)), "first": days(*("" for _ in stays)), "last": days(*("" for _ in stays))}
    )
    for column, at in (("first", 0), ("last", 1)):
        frame[column] = pd.Series([stay[at] for stay in stays], dtype="datetime64[s]")
    frame.index = frame.index + 7
    made = common.each_day(frame, "first", "last", FEBRUARY)
    wanted = [
        (n, day) for n, (first, last) in enumerate(stays) if first is not None and last is not None
        for day in DAYS if first <= day <= last and day.month == 2
    ]  # fmt: skip
    assert list(zip(made["n"], made["day"], strict=True)) == wanted and made.index.tolist() == list(range(len(wanted)))


def test_records_have_fields_of_the_columns_types():
    """Numbers stay numbers, days stay days."""
    (row,) = common.records(pd.DataFrame({"amount": [1.5], "on": days("2024-02-29")}))
    assert row.amount == 1.5 and f"{row.on:%d}" == "29"
