"""Unit economics against sums done by hand."""

from __future__ import annotations

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import margin

OCTOBER = Period.parse("2026-10")
ACCOUNTS = [
    {"account": "bank", "type": "asset", "role": "cash", "behaviour": "none"},
    {"account": "sales", "type": "revenue", "role": "revenue", "behaviour": "none"},
    {"account": "fuel", "type": "expense", "role": "direct", "behaviour": "variable"},
    {"account": "rent", "type": "expense", "role": "overhead", "behaviour": "fixed"},
]
ENTITIES = [{"entity": "boat", "name": "Boat & Co", "units": "trips"}, {"entity": "house", "name": "House"}]


def line(number: int, month: str, account: str, amount: float, entity: str = "boat") -> dict[str, object]:
    """A ledger line; the other side does not matter here."""
    return {"line": str(number), "date": f"2026-{month}-10", "entity": entity, "account": account, "amount": amount}


LEDGER = [
    line(1, "09", "sales", -3000),
    line(2, "10", "sales", -1000),
    line(3, "10", "fuel", 800),
    line(4, "08", "rent", 2100, "house"),
    line(5, "09", "rent", 2400, "house"),
    line(6, "10", "rent", 2700, "house"),
    line(7, "07", "rent", 9999, "house"),
]
BOOKINGS = [
    {"booking": "1", "entity": "boat", "ends_on": "2026-09-10", "quantity": 3, "price": 3000},
    {"booking": "2", "entity": "boat", "ends_on": "2026-10-10", "quantity": 1, "price": 1000},
    {
        "booking": "3",
        "entity": "boat",
        "ends_on": "2026-10-12",
        "cancelled_on": "2026-10-01",
        "quantity": 5,
        "price": 9,
    },
    {"booking": "4", "entity": "boat", "ends_on": "2026-11-12", "quantity": 7, "price": 7000},
]


@pytest.fixture
def data(make_data):
    """A boat that sells 4 trips for 4,000 at 800 of fuel, and rent of 2,400 a month."""
    return make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=LEDGER, bookings=BOOKINGS)


def test_contribution_per_unit_is_revenue_less_variable_cost_over_units_delivered(data):
    """(4,000 - 800) / 4; cancelled and future bookings do not count."""
    assert margin.contribution_per_unit(data, OCTOBER, "boat").value == pytest.approx(800)


def test_break_even_is_mean_fixed_cost_over_contribution_and_resums(data):
    """2,400 over 800 is 3 trips, also from the rows."""
    measure = margin.break_even(data, OCTOBER, "boat")
    assert measure.value == pytest.approx(3)
    parts = measure.rows.groupby("part")["contribution"].sum()
    assert parts["numerator"] / parts["denominator"] == pytest.approx(3)


def test_the_lines_of_the_chart_cross_at_break_even(data):
    """At 3 trips revenue equals total cost; before it lies below."""
    lines = margin.break_even_lines(data, OCTOBER, "boat").set_index("units")
    assert lines.loc[3, "revenue"] == pytest.approx(lines.loc[3, "total_cost"])
    assert lines.loc[2, "revenue"] < lines.loc[2, "total_cost"]


def test_units_that_lose_money_never_break_even(make_data):
    """Fuel dearer than the trip: not known, with the reason."""
    ledger = [*LEDGER, line(8, "10", "fuel", 5000)]
    data = make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=ledger, bookings=BOOKINGS)
    measure = margin.break_even(data, OCTOBER, "boat")
    assert measure.value is None and "loses money" in measure.note
    assert not len(margin.break_even_lines(data, OCTOBER, "boat"))


def test_nothing_delivered_and_nothing_there_are_not_known(make_data):
    """Nothing to divide by is said, not zero."""
    data = make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=LEDGER)
    assert margin.contribution_per_unit(data, OCTOBER, "boat").value is None
    assert margin.break_even(data, OCTOBER, "").value is None
    assert margin.flagship(data) == ""


def test_flagship_is_the_best_seller_unless_one_in_scope_is_wanted(data):
    """Most booking revenue wins; an unknown wish is ignored."""
    assert margin.flagship(data) == "boat"
    assert margin.flagship(data, "house") == "house"
    assert margin.flagship(data, "elsewhere") == "boat"


def test_contribution_by_entity_adds_up_and_leaves_units_open_where_nothing_is_sold(data):
    """The boat earns 3,200 on 4 trips; the house sells nothing."""
    table = margin.contribution_by_entity(data, OCTOBER).set_index("entity")
    assert table.loc["Boat & Co", ["revenue", "variable_cost", "contribution", "per_unit"]].tolist() == [
        4000,
        800,
        3200,
        800,
    ]
    assert table.loc["House", ["margin", "sold", "per_unit"]].isna().all()


def test_targets_stand_beside_what_was_earned_and_later_months_are_open(make_data):
    """September met, October missed, November not known; the year to date is 4,000 of 5,000."""
    wanted = [("2026-09", 2000), ("2026-10", 3000), ("2026-11", 4000), ("2025-10", 1)]
    data = make_data(
        accounts=ACCOUNTS,
        entities=ENTITIES,
        ledger=[*LEDGER, line(9, "10", "sales", -70000, "house")],
        targets=[{"month": month, "entity": "boat", "amount": amount} for month, amount in wanted],
    )
    table = margin.targets(data, OCTOBER).set_index("month")
    assert table["actual"].iloc[:2].tolist() == [3000, 1000] and table["actual"].isna().tolist() == [False, False, True]
    assert margin.revenue_against_target(data, OCTOBER).value == pytest.approx(0.8)
    assert margin.revenue_against_target(data, Period.parse("2027-01")).value is None
