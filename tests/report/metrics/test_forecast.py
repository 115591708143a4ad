"""Forecast and capital ranking against sums done by hand."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from journals import ACCOUNTS, ENTITIES, Row, entry
from quarterdeck.model.period import Period
from quarterdeck.report.metrics import forecast

MARCH = Period.parse("2026-03")
SCENARIOS = [
    {"scenario": "high", "revenue": 2, "cost": 1, "monthly_growth": 0.1},
    {"scenario": "low", "revenue": 0, "cost": 1, "monthly_growth": 0},
    {"scenario": "base", "revenue": 1, "cost": 0.5, "monthly_growth": 0},
]


def books() -> list[Row]:
    """2,500 in the bank at the end of March; 300 received and 800 paid a month."""
    ledger = entry("0", "2026-01-01", bank=4000, capital=-4000)
    for month in ("01", "02", "03"):
        ledger += entry(f"s{month}", f"2026-{month}-04", bank=300, sales=-300)
        ledger += entry(f"r{month}", f"2026-{month}-05", bank=-800, rent=800)
    return ledger


def option(title: str, cost: float, monthly: float, delay: float = 0, confidence: float = 1) -> Row:
    """Where capital could go."""
    return {"investment": title, "title": title, "entity": "a", "cost": cost, "monthly_return": monthly,
            "delay_months": delay, "confidence": confidence}  # fmt: skip


def floor(name: str, measure: str, threshold: float, limit: str = "at least") -> Row:
    """One of the owner's rules."""
    return {"rule": name, "measure": measure, "limit": limit, "threshold": threshold}


OPTIONS = [
    option("Slow", 1200, 100, delay=2),
    option("Fast", 900, 600, confidence=0.5),
    option("Never", 10, 0),
    option("Loss", 10, -5),
]


@pytest.fixture
def data(make_data):
    """The books with scenarios, a cash floor of 700 and four options."""
    return make_data(
        accounts=ACCOUNTS, entities=ENTITIES, ledger=books(), scenarios=SCENARIOS, investments=OPTIONS,
        rules=[floor("low", "cash", 700), floor("high", "cash", 9000, "at most"), floor("x", "gross_burn", 8000)],
    )  # fmt: skip


def test_paths_start_at_cash_and_move_by_their_factors(data):
    """Low burns 800 a month; base 100; high grows from 660. In the order low, base, high."""
    table = forecast.cash_forecast(data, MARCH, 2)
    assert table["scenario"].tolist() == ["low"] * 3 + ["base"] * 3 + ["high"] * 3
    assert table["month"].tolist() == ["2026-03", "2026-04", "2026-05"] * 3
    path = table.pivot(index="month", columns="scenario", values="cash")
    assert path["low"].tolist() == [2500, 1700, 900]
    assert path["base"].tolist() == [2500, 2400, 2300]
    assert path["high"].tolist() == pytest.approx([2500, 2500 + 660 - 800, 2500 + 660 + 726 - 1600])
    high = table[table["scenario"] == "high"]
    assert high["received"].tolist() == pytest.approx([0, 660, 726]) and high["paid"].tolist() == [0, 800, 800]
    assert len(forecast.cash_forecast(data, MARCH)) == 3 * 7


def test_with_a_year_of_books_a_month_is_as_the_year_before(make_data):
    """April 2025 to March 2026: each month received its own sum, paid 100, drew 10 and paid back 5 of a loan."""
    ledger = entry("0", "2025-04-01", bank=1000, loan=-1000)
    for number, month in enumerate(MARCH.trailing(12)):
        for name, moved in (("sales", -number), ("rent", 100), ("draws", 10), ("loan", 5)):
            ledger += entry(f"{name}{number}", f"{month.name}-09", bank=-moved, **{name: moved})
    data = make_data(accounts=ACCOUNTS, ledger=ledger, scenarios=[SCENARIOS[0], SCENARIOS[2]])
    path = forecast.cash_forecast(data, MARCH, 13)
    base = path[path["scenario"] == "base"].set_index("month")
    assert base["received"].tolist() == [0, *range(12), 0] and base["paid"].tolist() == [0, *[50] * 13]
    assert base["drawn"].tolist() == [0, *[15] * 13], "neither scenario nor loan taken up changes it"
    start = 1000 + sum(range(12)) - 12 * 115
    assert base["cash"].tolist()[:3] == [start, start - 65, start - 64 - 65]
    high = path[path["scenario"] == "high"].set_index("month")
    assert high.loc["2026-06", "received"] == pytest.approx(2 * 2 * 1.1**3) and high.loc["2026-06", "drawn"] == 15
    gone = [row for row in ledger if not row["date"].startswith("2025-09")]
    usual = forecast.usual_months(make_data(accounts=ACCOUNTS, ledger=gone), MARCH)
    assert usual["received"].tolist() == [0, 1, 2, 3, 4, 10, 6, 7, 8, 9, 10, 11], "September is the mean of the last 3"
    assert usual["paid"].tolist() == [100] * 12 and usual["drawn"].tolist() == [15] * 12
    assert not len(
        forecast.cash_forecast(make_data(accounts=ACCOUNTS, ledger=[*ledger[:2]], scenarios=SCENARIOS), MARCH)
    )


def test_a_forecast_within_a_month_starts_at_the_last_whole_one(data):
    """A week of April stands on March; a quarter on its last month."""
    for period in ("2026-W15", "2026-Q1"):
        assert forecast.cash_forecast(data, Period.parse(period)).equals(forecast.cash_forecast(data, MARCH))


def test_forecast_fact_resums(data):
    """The rows add up to the cash at the end of the path, six months on and the base path unless told."""
    measure = forecast.forecast_cash(data, MARCH)
    assert measure.value == pytest.approx(1900) == measure.rows["contribution"].sum()
    assert measure.rows["contribution"].tolist() == pytest.approx([2500] + [-100] * 6)
    assert forecast.forecast_cash(data, MARCH, "low", 2).value == 900


def test_the_month_in_which_cash_ends_is_named(make_data, data):
    """2,500 at 800 a month ends below zero in the fourth month, and base in the 26th; none at exactly zero."""
    assert forecast.cash_out(data, MARCH, 6) == {"low": "2026-07", "base": "", "high": ""}
    assert forecast.cash_out(data, MARCH, 3) == {"low": "", "base": "", "high": ""}
    assert forecast.cash_out(data, MARCH)["base"] == "" and forecast.cash_out(data, MARCH, 26)["base"] == "2028-05"
    ledger = [*books(), *entry("sale", "2026-03-06", bank=700, loan=-700)]
    even = make_data(accounts=ACCOUNTS, ledger=ledger, scenarios=SCENARIOS[1:2])
    assert forecast.cash_out(even, MARCH, 4) == {"low": ""}


def test_capital_goes_first_to_what_pays_back_first_while_it_lasts(data):
    """2,500 less a reserve of 700: fast (3 months) fits, slow (14) then does not; what never pays back comes last."""
    table = forecast.capital_ranking(data, MARCH)
    assert table.columns.tolist() == [
        "option", "entity", "cost", "monthly_return", "once", "payback_months", "gain_24_months", "return_24_months",
        "left", "fits",
    ]  # fmt: skip
    assert table["option"].tolist() == ["Fast", "Slow", "Never", "Loss"] and set(table["entity"]) == {"A & Co"}
    assert table["monthly_return"].tolist() == [300, 100, 0, -5]
    assert table["payback_months"].tolist()[:2] == [3, 14] and table["payback_months"].isna().tolist()[2:] == [True] * 2
    assert table["return_24_months"].tolist() == pytest.approx(
        [(24 * 300 - 900) / 900, (22 * 100 - 1200) / 1200, -1, -13]
    )
    assert table["gain_24_months"].tolist() == [6300, 1000, -10, -130] and table["once"].isna().all()
    assert table["left"].tolist() == [1800, 900, 900, 900]
    assert table["fits"].tolist() == [True, False, False, False] and table.index.tolist() == [0, 1, 2, 3]


def test_what_comes_once_is_taken_from_its_own_table_and_never_counted_monthly(make_data):
    """A campaign's base case (2 bookings of 500) 46 days on, a bill of 90 overdue; what has begun is no option."""
    case = {"campaign": "c", "case": "base", "name": "Songs", "entity": "a", "list": "l", "open_rate": 1, "cost": 100,
            "click_rate": 1, "booking_rate": 0.5, "booking_value": 500, "starts_on": "2026-05-16"}  # fmt: skip
    data = make_data(
        accounts=ACCOUNTS, entities=ENTITIES, ledger=books(), assets=[{"asset": "l", "size": 4}],
        campaigns=[case, {**case, "case": "low", "booking_rate": 0},
                   {**case, "campaign": "d", "starts_on": "2026-03-31"},
                   {**case, "campaign": "e", "booking_rate": 0.05, "name": "Flop", "starts_on": "2026-04-01"}],
        clients=[{"client": "k", "entity": "a"}], payments=[], contracts=[],
        invoices=[{"invoice": "1", "client": "k", "issued_on": "2026-02-01", "due_on": "2026-02-16", "amount": 90}],
    )  # fmt: skip
    table = forecast.capital_ranking(data, MARCH)
    assert table["option"].tolist() == [
        "Collect what is overdue and bill what was missed",
        "Campaign: Songs",
        "Campaign: Flop",
    ]
    assert table["once"].tolist() == [90, 1000, 100] and table["monthly_return"].isna().all()
    assert table["payback_months"].tolist()[:2] == pytest.approx([1, 46 / 30.4 + 1])
    assert pd.isna(table["payback_months"].iloc[2]), "what only covers its cost pays nothing back"
    assert table["gain_24_months"].tolist() == [90, 900, 0] and table["fits"].tolist() == [True, True, False]
    assert table["left"].tolist() == [2500, 2500, 2400]


@settings(max_examples=8)
@given(st.permutations([option("A", 900, 100), option("B", 900, 100), option("C", 901, 100), option("D", 0, 1),
                        option("E", 1800, 400, delay=30)]))  # fmt: skip
def test_options_rank_and_fit_in_any_order_of_rows(make_data, rows):
    """What costs nothing fits and takes nothing; of equals the name decides; 1,800 is spent to the last cent."""
    data = make_data(trusted=True, accounts=ACCOUNTS, ledger=books(), rules=[floor("r", "cash", 700)], investments=rows)
    table = forecast.capital_ranking(data, MARCH)
    assert table["option"].tolist() == ["D", "A", "B", "C", "E"]
    assert table["fits"].tolist() == [True, True, True, False, False]
    assert table["return_24_months"].isna().tolist() == [True, False, False, False, False]
    assert table["return_24_months"].iloc[-1] == -1, "its return begins after the 24 months"


@pytest.mark.parametrize(
    ("rules", "reserve"),
    [
        ([], 0),
        ([floor("c", "cash", 700)], 700),
        ([floor("r", "runway", 4)], 2000),
        ([floor("c", "cash", 700), floor("r", "runway", 4)], 2000),
        ([floor("c", "cash", 3000), floor("r", "runway", 4)], 3000),
        ([floor("c", "cash", 700, "at most")], 0),
    ],
)
def test_the_highest_reserve_is_held_back(make_data, rules, reserve):
    """A cash floor as it is, a runway floor times the burn of 500 a month; the rows name the rule."""
    measure = forecast.deployable_cash(make_data(accounts=ACCOUNTS, ledger=books(), rules=rules), MARCH)
    assert measure.value == 2500 - reserve == measure.rows["contribution"].sum()
    held = measure.rows[measure.rows["memo"].fillna("").str.startswith("reserve: rule ")]
    assert held["contribution"].tolist() == ([-reserve] if reserve else []) and measure.rows.index.is_unique


def test_who_gains_cash_needs_no_reserve_for_its_runway(make_data):
    """A burn below zero asks for nothing."""
    ledger = [*books(), *entry("big", "2026-03-06", bank=9000, sales=-9000)]
    data = make_data(accounts=ACCOUNTS, ledger=ledger, rules=[floor("r", "runway", 4)])
    assert forecast.deployable_cash(data, MARCH).value == 11500


def test_nothing_recorded_forecasts_nothing(make_data):
    """Without books there is no path and no cash to deploy; options are still ranked."""
    data = make_data(scenarios=SCENARIOS, investments=[option("x", 5, 1)])
    table = forecast.cash_forecast(data, MARCH)
    assert not len(table) and table.columns.tolist() == ["scenario", "month", "received", "paid", "drawn", "cash"]
    assert (
        forecast.cash_out(data, MARCH) == {} and forecast.deployable_cash(data, MARCH).note == "no cash in the ledger"
    )
    assert forecast.forecast_cash(data, MARCH).note == "no base scenario, or no cash in the ledger"
    assert forecast.capital_ranking(data, MARCH)["fits"].tolist() == [False]


def test_a_burn_that_is_not_known_leaves_the_reserve_open(make_data):
    """Cash of long ago, and no books for three months: nothing is called deployable, and no path drawn."""
    data, later = make_data(accounts=ACCOUNTS, ledger=books(), scenarios=SCENARIOS), Period.parse("2026-09")
    assert forecast.deployable_cash(data, later).note == "no ledger entry in the 3 months to September 2026"
    assert not len(forecast.cash_forecast(data, later))


def test_no_option_ranks_nothing(make_data):
    """An absent table makes an empty ranking."""
    assert not len(forecast.capital_ranking(make_data(), MARCH))
