"""Unit economics against sums done by hand and by plain loops."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from journals import ACCOUNTS, EDGES, ENTITIES, OF, Row, journals, total
from quarterdeck.model.period import Period
from quarterdeck.report.metrics import margin

OCTOBER, LEAP, NAN = Period.parse("2026-10"), Period.parse("2024-02"), float("nan")


def line(number: int, month: str, account: str, amount: float, entity: str = "a") -> Row:
    """A ledger line; the other side does not matter here."""
    return {"line": str(number), "date": f"2026-{month}-10", "entity": entity, "account": account, "amount": amount}


def sold(booking: str, day: str, quantity: float, price: float, **more: object) -> Row:
    """A booking whose service ended on a day."""
    return {"booking": booking, "entity": "a", "ends_on": day, "quantity": quantity, "price": price, **more}


LEDGER = [
    line(1, "09", "sales", -3000),
    line(2, "10", "sales", -1000),
    line(3, "10", "fuel", 700),
    line(4, "10", "post", 100),
    line(5, "08", "rent", 2100, "b"),
    line(6, "09", "rent", 2400, "b"),
    line(7, "10", "rent", 2700, "b"),
    line(8, "07", "rent", 9999, "b"),
]
BOOKINGS = [
    sold("1", "2026-09-10", 3, 3000),
    sold("2", "2026-10-31", 1, 1000),
    sold("3", "2026-10-12", 5, 9, cancelled_on="2026-10-01"),
    sold("4", "2026-11-12", 7, 7000),
    sold("5", "2025-10-31", 8, 1),
    sold("6", "2026-10-01", 2, 3, entity="b"),
]


@pytest.fixture
def data(make_data):
    """A sells 4 trips for 4,000 at 800 of variable cost; B has rent of 2,400 a month and 2 jobs."""
    return make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=LEDGER, bookings=BOOKINGS)


@given(journals(), st.lists(st.tuples(st.sampled_from(EDGES), st.sampled_from("ab"), st.integers(1, 9)), max_size=6))
def test_margins_are_what_a_loop_over_the_lines_gives(make_data, rows, sales):
    """For any journal: fixed and variable cost a month, and each entity's contribution, also per unit."""
    bookings = [sold(str(n), day, units, 1, entity=entity) for n, (day, entity, units) in enumerate(sales)]
    data = make_data(trusted=True, accounts=ACCOUNTS, entities=ENTITIES, ledger=rows, bookings=bookings)
    last = {row["date"][:7] for row in rows} & {"2023-12", "2024-01", "2024-02"}
    for metric, behaviour in ((margin.fixed_cost, "fixed"), (margin.variable_cost, "variable")):
        spent = [r for r in rows if r["date"][:7] in last and OF[r["account"]]["behaviour"] == behaviour]
        wanted = pytest.approx(total(spent) / len(last), abs=1e-6) if last else None
        assert metric(data, LEAP).value == wanted
    table = margin.contribution_by_entity(data, LEAP).set_index("entity")
    year = [r for r in rows if "2023-03-01" <= r["date"] <= "2024-02-29"]
    for entity, name in (("a", "A & Co"), ("b", "B")):
        own, found = [r for r in year if r["entity"] == entity], table.loc[name]
        units = sum(n for day, of, n in sales if of == entity and "2023-03-01" <= day <= "2024-02-29")
        revenue = total([r for r in own if r["account"] == "sales"], sign=-1)
        variable = total([r for r in own if r["account"] in ("fuel", "post")])
        if not own:
            assert found[["revenue", "variable_cost", "contribution", "margin", "per_unit"]].isna().all()
            continue
        assert found[["revenue", "variable_cost"]].tolist() == pytest.approx([revenue, variable])
        assert found["contribution"] == pytest.approx(revenue - variable, abs=1e-9)
        share = pytest.approx((revenue - variable) / revenue) if revenue > 0 else pytest.approx(NAN, nan_ok=True)
        assert found["margin"] == share
        unit = margin.contribution_per_unit(data, LEAP, entity).value
        if units and any(r["account"] in ("fuel", "post", "sales") for r in own):
            assert found["per_unit"] == pytest.approx((revenue - variable) / units) == pytest.approx(unit, abs=1e-6)
        else:
            assert unit is None


def test_contribution_per_unit_is_revenue_less_variable_cost_over_units_delivered(data):
    """(4,000 - 800) / 4; cancelled, earlier and later bookings do not count; rows name booking and memo."""
    measure = margin.contribution_per_unit(data, OCTOBER, "a")
    assert measure.value == pytest.approx(800) and {"booking", "memo"} <= set(measure.rows)


def test_break_even_is_mean_fixed_cost_over_contribution_and_resums(data):
    """2,400 over 800 is 3 trips, also from the rows, which say over how many units they are spread."""
    measure = margin.break_even(data, OCTOBER, "a")
    assert measure.value == pytest.approx(3)
    parts = measure.rows.groupby("part")["contribution"].sum()
    assert parts["numerator"] / parts["denominator"] == pytest.approx(3)
    assert set(measure.rows.loc[measure.rows["part"] == "denominator", "units"]) == {4}


def test_the_lines_of_the_chart_cross_at_break_even(data):
    """Nothing sold leaves fixed cost; at 3 trips revenue equals total cost; twice that earns the fixed cost again."""
    lines = margin.break_even_lines(data, OCTOBER, "a")
    assert lines["units"].tolist() == pytest.approx([0, 3, 6]) and lines["fixed_cost"].tolist() == [2400] * 3
    assert lines["revenue"].tolist() == pytest.approx([0, 3000, 6000])
    assert lines["total_cost"].tolist() == pytest.approx([2400, 3000, 3600])


def test_the_others_contribution_lowers_break_even(make_data, data):
    """B earned 1,200 and paid 300 of post in the three months kept: 300 a month, so 2,100 of 2,400 is left."""
    assert margin.break_even_with_others(data, OCTOBER, "a").value == margin.break_even(data, OCTOBER, "a").value
    ledger = [*LEDGER, line(20, "09", "sales", -1200, "b"), line(21, "10", "post", 300, "b")]
    four = [row for row in ledger if row["line"] != "8"]
    measure = margin.break_even_with_others(
        make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=four, bookings=BOOKINGS), OCTOBER, "a"
    )
    assert measure.value == pytest.approx((2400 - 900 / 3) / 800)
    parts = measure.rows.groupby("part")["contribution"].sum()
    assert parts["numerator"] / parts["denominator"] == pytest.approx(measure.value)
    rich = [*four, line(22, "08", "sales", -6300, "b")]
    carried = make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=rich, bookings=BOOKINGS)
    assert margin.break_even_with_others(carried, OCTOBER, "a").note.endswith("pays all fixed cost")
    assert margin.break_even_with_others(make_data(), OCTOBER, "").value is None


def test_units_delivered_are_those_whose_service_ended(make_data, data):
    """One trip in October of A, two jobs of B; without bookings it is not known."""
    assert margin.units_delivered(data, OCTOBER, "a").value == 1
    assert margin.units_delivered(data, OCTOBER, "b").value == 2
    assert margin.units_delivered(make_data(bookings=[]), OCTOBER, "a").note == "no booking"


@pytest.mark.parametrize(("fuel", "value"), [(3199, 2400 * 4 / 1), (3200, None), (5000, None)])
def test_units_that_earn_nothing_never_break_even(make_data, fuel, value):
    """Cost up to the price: not known, with the reason; one less is many trips."""
    ledger = [*LEDGER, line(9, "10", "fuel", fuel)]
    data = make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=ledger, bookings=BOOKINGS)
    measure = margin.break_even(data, OCTOBER, "a")
    assert measure.value == (value and pytest.approx(value))
    if value is None:
        assert measure.note == "each unit loses money, so no volume breaks even"
        lines = margin.break_even_lines(data, OCTOBER, "a")
        assert not len(lines) and lines.columns.tolist() == ["units", "fixed_cost", "total_cost", "revenue"]


def test_nothing_delivered_and_nothing_there_are_not_known(make_data):
    """Nothing to divide by is said, not zero."""
    data = make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=LEDGER)
    assert margin.contribution_per_unit(data, OCTOBER, "a").note == "no unit delivered in 12 months"
    assert margin.break_even(data, OCTOBER, "a").note == "no unit delivered in 12 months"
    assert margin.break_even(data, OCTOBER, "").note == "no revenue or variable cost in the ledger"
    assert margin.break_even(data, Period.parse("2025-01"), "a").note.startswith("no ledger entry in the 3 months")
    assert margin.flagship(data) == "" and not len(margin.break_even_lines(data, OCTOBER, "a"))


def test_flagship_is_the_best_seller_unless_one_in_scope_is_wanted(make_data, data):
    """Most booking revenue wins, cancelled ones aside; an unknown wish is ignored."""
    assert margin.flagship(data) == "a"
    assert margin.flagship(data, "b") == "b"
    assert margin.flagship(data, "elsewhere") == "a"
    cancelled = sold("7", "2026-10-01", 1, 99999, entity="b", cancelled_on="2026-09-09")
    assert margin.flagship(make_data(entities=ENTITIES, bookings=[*BOOKINGS, cancelled])) == "a"


def test_contribution_by_entity_leaves_units_open_where_nothing_is_sold(make_data):
    """The most first; A earns 3,200 on 4 trips; B sells nothing, and C has no line."""
    entities = [*ENTITIES[::-1], {"entity": "c", "name": "C"}]
    data = make_data(accounts=ACCOUNTS, entities=entities, ledger=LEDGER, bookings=BOOKINGS[:4])
    table = margin.contribution_by_entity(data, OCTOBER)
    assert table["entity"].tolist() == ["A & Co", "B", "C"] and table["units"].tolist()[0] == "trips"
    assert table.columns.tolist() == [
        "entity", "revenue", "variable_cost", "contribution", "margin", "sold", "units", "per_unit",
    ]  # fmt: skip
    assert table.iloc[0][["revenue", "variable_cost", "contribution", "margin", "sold", "per_unit"]].tolist() == [
        4000, 800, 3200, 0.8, 4, 800,
    ]  # fmt: skip
    assert table.iloc[1][["revenue", "variable_cost"]].tolist() == [0, 0]
    assert str(table["revenue"].iloc[1]) == "0.0"
    assert table.iloc[1][["margin", "sold", "units", "per_unit"]].isna().all()
    assert table.iloc[2].drop("entity").isna().all()


def test_costs_are_expenses_of_every_sort(data):
    """Direct, overhead and uncategorised, with who was paid, for what, on which paper."""
    lines = margin.costs(data)
    assert set(lines["account"]) == {"fuel", "post", "rent"}
    assert {"counterparty", "memo", "document", "category"} <= set(lines)


WANTED = [
    {"month": month, "entity": entity, "amount": amount}
    for month, entity, amount in (
        ("2026-08", "a", 500), ("2026-09", "a", 1000), ("2026-09", "b", 500), ("2026-10", "a", 3000),
        ("2026-11", "a", 4000), ("2025-10", "a", 1),
    )
]  # fmt: skip


def test_targets_stand_beside_what_was_earned_and_later_months_are_open(make_data):
    """August sold nothing, September 3,000 of 1,500, October 1,000: B's 70,000 are out, as it has no target then."""
    ledger = [*LEDGER, line(9, "10", "sales", -70000, "b"), line(10, "11", "sales", -5)]
    data = make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=ledger, targets=WANTED)
    table = margin.targets(data, OCTOBER)
    assert table["month"].tolist() == ["2026-08", "2026-09", "2026-10", "2026-11"]
    assert table["target"].tolist() == [500, 1500, 3000, 4000]
    assert table["actual"].tolist()[:3] == [0, 3000, 1000] and pd.isna(table["actual"].iloc[3])
    measure = margin.revenue_against_target(data, OCTOBER)
    assert measure.value == pytest.approx(4000 / 5000) and {"booking", "memo"} <= set(measure.rows)
    week = Period.parse("2026-W45")
    assert margin.revenue_against_target(data, week).value == measure.value, "November is not over"


def test_what_the_rest_of_the_year_needs_is_spread_over_its_months(make_data):
    """9,000 wanted in 2026, 4,000 earned by October: November needs 5,000; nothing once more is earned than wanted."""
    data = make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=LEDGER, targets=WANTED)
    assert margin.needed_a_month(data, OCTOBER) == 5000
    assert margin.needed_a_month(data, OCTOBER.previous()) == (9000 - 3000) / 2
    assert margin.needed_a_month(data, Period.parse("2026-11")) is None
    much = [*LEDGER, line(9, "10", "sales", -9000)]
    assert margin.needed_a_month(make_data(accounts=ACCOUNTS, ledger=much, targets=WANTED), OCTOBER) == 0


def test_targets_of_months_that_nobody_recorded_are_open(make_data):
    """June has a target and no books: its actual is missing; the year's share still counts what was wanted."""
    wanted = [{**row, "month": month} for row, month in zip(WANTED, ("2026-06", "2026-09"), strict=False)]
    data = make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=LEDGER, targets=wanted)
    assert margin.targets(data, OCTOBER)["actual"].isna().tolist() == [True, False]
    assert margin.revenue_against_target(data, OCTOBER).value == 3000 / 1500
    assert margin.revenue_against_target(data, Period.parse("2027-01")).note == "no ledger entry in 2027"
    assert margin.revenue_against_target(data, Period.parse("2026-01")).note == "no ledger entry in 2026"


def test_no_target_is_not_known(make_data):
    """Books without targets, and nothing at all: no share."""
    data = make_data(accounts=ACCOUNTS, entities=ENTITIES, ledger=LEDGER)
    assert margin.revenue_against_target(data, OCTOBER).note == "no target" and not len(margin.targets(data, OCTOBER))
    assert margin.targets(data, OCTOBER).columns.tolist() == ["month", "target", "actual"]
