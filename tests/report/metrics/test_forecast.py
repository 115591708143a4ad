"""Forecast and capital ranking against sums done by hand."""

from __future__ import annotations

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import forecast

MARCH = Period.parse("2026-03")
ACCOUNTS = [
    {"account": "bank", "role": "cash"},
    {"account": "sales", "role": "revenue"},
    {"account": "rent", "role": "overhead"},
    {"account": "capital", "role": "equity"},
]
SCENARIOS = [
    {"scenario": "high", "revenue": 2, "cost": 1, "monthly_growth": 0.1},
    {"scenario": "low", "revenue": 0, "cost": 1, "monthly_growth": 0},
    {"scenario": "base", "revenue": 1, "cost": 0.5, "monthly_growth": 0},
]


def moves(entry: str, day: str, account: str, amount: float) -> list[dict[str, object]]:
    """Cash in (positive) or out against an account."""
    return [
        {"line": f"{entry}-1", "entry": entry, "date": day, "account": "bank", "amount": amount},
        {"line": f"{entry}-2", "entry": entry, "date": day, "account": account, "amount": -amount},
    ]


@pytest.fixture
def data(make_data):
    """2,500 in the bank at the end of March; 300 received and 800 paid a month."""
    ledger = moves("0", "2026-01-01", "capital", 4000)
    for month in ("01", "02", "03"):
        ledger += moves(f"s{month}", f"2026-{month}-04", "sales", 300) + moves(
            f"r{month}", f"2026-{month}-05", "rent", -800
        )
    rules = [{"rule": "floor", "measure": "cash", "limit": "at least", "threshold": 700}]
    options = [
        {
            "investment": "slow",
            "title": "Slow",
            "cost": 1200,
            "monthly_return": 100,
            "delay_months": 2,
            "confidence": 1,
        },
        {
            "investment": "fast",
            "title": "Fast",
            "cost": 900,
            "monthly_return": 600,
            "delay_months": 0,
            "confidence": 0.5,
        },
        {"investment": "never", "title": "Never", "cost": 10, "monthly_return": 0, "delay_months": 0, "confidence": 1},
    ]
    return make_data(accounts=ACCOUNTS, ledger=ledger, scenarios=SCENARIOS, rules=rules, investments=options)


def test_paths_start_at_cash_and_move_by_their_factors(data):
    """Low burns 800 a month; base 100; high grows from 660."""
    path = forecast.cash_forecast(data, MARCH, 2).pivot(index="month", columns="scenario", values="cash")
    assert path["low"].tolist() == [2500, 1700, 900]
    assert path["base"].tolist() == [2500, 2400, 2300]
    assert path["high"].tolist() == pytest.approx([2500, 2500 + 660 - 800, 2500 + 660 + 726 - 1600])


def test_forecast_fact_resums(data):
    """The rows add up to the cash at the end of the base path."""
    measure = forecast.forecast_cash(data, MARCH, ahead=6)
    assert measure.value == pytest.approx(1900) == measure.rows["contribution"].sum()


def test_the_month_in_which_cash_ends_is_named(data):
    """2,500 at 800 a month ends below zero in the fourth month; the others last."""
    assert forecast.cash_out(data, MARCH, 6) == {"low": "2026-07", "base": "", "high": ""}


def test_capital_goes_first_to_what_pays_back_first_while_it_lasts(data):
    """2,500 less a reserve of 700: fast (3 months) fits, slow (14) does not after it, never comes last."""
    assert forecast.deployable_cash(data, MARCH).value == 1800
    table = forecast.capital_ranking(data, MARCH)
    assert table["option"].tolist() == ["Fast", "Slow", "Never"]
    assert table["payback_months"].tolist()[:2] == [3, 14] and table["payback_months"].isna().iloc[2]
    assert table["return_24_months"].tolist() == pytest.approx([(24 * 300 - 900) / 900, (22 * 100 - 1200) / 1200, -1])
    assert table["fits"].tolist() == [True, False, False]


def test_nothing_recorded_forecasts_nothing(make_data):
    """Without books there is no path and no cash to deploy; options are still ranked."""
    data = make_data(scenarios=SCENARIOS, investments=[{"investment": "x", "cost": 5}])
    assert not len(forecast.cash_forecast(data, MARCH)) and forecast.cash_out(data, MARCH) == {}
    assert forecast.forecast_cash(data, MARCH).value is None and forecast.deployable_cash(data, MARCH).value is None
    assert forecast.capital_ranking(data, MARCH)["fits"].tolist() == [False]


def test_no_option_ranks_nothing(make_data):
    """An absent table makes an empty ranking."""
    assert not len(forecast.capital_ranking(make_data(), MARCH))
