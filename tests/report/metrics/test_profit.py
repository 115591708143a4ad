"""Profit and balance sheet against sums done by hand and by plain loops."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given

from journals import ACCOUNTS, ENTITIES, OF, entry, journals, total
from quarterdeck.model.period import Period
from quarterdeck.report.metrics import profit

OCTOBER, LEAP = Period.parse("2026-10"), Period.parse("2024-02")
LEDGER = [
    *entry("1", "2026-09-01", "a", bank=2000, capital=-2000),
    *entry("2", "2026-10-05", "a", bank=1000, sales=-1000),
    *entry("3", "2026-10-06", "a", fuel=300, bank=-300),
    *entry("4", "2026-10-07", "a", rent=900, bank=-900),
    *entry("5", "2026-10-08", "b", bank=500, sales=-500),
    *entry("6", "2026-10-31", "b", misc=100, bank=-100),
    *entry("7", "2026-10-10", "b", bank=700, loan=-700),
]


@pytest.fixture
def books(make_data):
    """A sells 1,000 in October at 300 direct and 900 overhead; B sells 500 and spent 100 without a category."""
    return make_data(entities=ENTITIES, accounts=ACCOUNTS, ledger=LEDGER)


@given(journals())
def test_results_and_balances_are_what_a_loop_gives(make_data, rows):
    """For any journal: profit by entity adds up, losses are not hidden, and the balance sheet balances."""
    data = make_data(trusted=True, entities=ENTITIES, accounts=ACCOUNTS, ledger=rows)
    year = [row for row in rows if "2023-03-01" <= row["date"] <= "2024-02-29"]
    table = profit.by_entity(data, LEAP).set_index("entity")
    results = [row for row in year if OF[row["account"]]["type"] in ("revenue", "expense")]
    for entity in "ab":
        own, found = [row for row in results if row["entity"] == entity], table.loc[entity]
        sums = {
            role: total([row for row in own if OF[row["account"]]["role"] == role]) for role in ("revenue", "direct")
        }
        made, rest = total(own, sign=-1), total(own) - sum(sums.values())
        wanted = [0 - sums["revenue"], sums["direct"], 0 - sum(sums.values()), rest, made, max(0, -made)]
        columns = ["revenue", "direct", "contribution", "overhead", "profit", "gap"]
        assert found[columns].tolist() == pytest.approx(wanted, abs=1e-9) if own else found[columns].isna().all()
    month = [row for row in results if row["date"].startswith("2024-02")]
    kept = any(row["date"].startswith("2024-02") for row in rows)
    assert profit.net_profit(data, LEAP).value == (pytest.approx(total(month, sign=-1), abs=1e-6) if kept else None)
    lost = sum(max(0, total([row for row in month if row["entity"] == entity])) for entity in "ab")
    assert profit.profitability_gap(data, LEAP).value == (pytest.approx(lost, abs=1e-6) if kept else None)
    until = [row for row in rows if row["date"] <= "2024-02-29"]
    sheet = profit.balance_sheet(data, LEAP)
    sides = sheet.groupby("side")["amount"].sum().reindex(["Assets", "Liabilities", "Equity"], fill_value=0)
    assert sides["Assets"] == pytest.approx(sides["Liabilities"] + sides["Equity"], abs=0.005)
    assert sides["Assets"] == pytest.approx(total([r for r in until if OF[r["account"]]["type"] == "asset"]), abs=1e-9)
    owned = total([row for row in until if OF[row["account"]]["type"] in ("asset", "liability")])
    assert profit.net_assets(data, LEAP).value == (pytest.approx(owned, abs=1e-6) if until else None)


def test_profit_by_entity_shows_each_gap_to_zero(books):
    """Revenue, contribution, overhead share, profit and gap are those computed by hand; the worst first."""
    table = profit.by_entity(books, OCTOBER)
    assert table.columns.tolist() == [
        "entity", "name", "revenue", "direct", "contribution", "margin", "overhead", "overhead_share", "profit", "gap",
    ]  # fmt: skip
    assert table.iloc[0].tolist() == ["a", "A & Co", 1000, 300, 700, 0.7, 900, 0.9, -200, 200]
    assert table.iloc[1].tolist() == ["b", "B", 500, 0, 500, 1, 100, 0.1, 400, 0]
    assert table.index.tolist() == [0, 1]


def test_months_before_the_count_are_out(make_data):
    """One month leaves out September; twelve, the default, reach to last November."""
    months = [(day, entry(day, day, sales=-1, bank=1)) for day in ("2025-10-31", "2025-11-01", "2026-09-30")]
    data = make_data(
        entities=ENTITIES, accounts=ACCOUNTS, ledger=[*LEDGER, *(row for _, rows in months for row in rows)]
    )
    assert profit.by_entity(data, OCTOBER, 1).set_index("entity").loc["a", "revenue"] == 1000
    assert profit.by_entity(data, OCTOBER).set_index("entity").loc["a", "revenue"] == 1002


def test_without_sales_or_overhead_no_share_is_made_up(make_data):
    """A only spends, B is without a posting: its cells are missing, and entities of equal profit stand in order."""
    data = make_data(entities=ENTITIES, accounts=ACCOUNTS, ledger=entry("1", "2026-10-05", "a", fuel=1, bank=-1))
    table = profit.by_entity(data, OCTOBER).set_index("entity")
    assert table.loc["a", ["margin", "overhead_share"]].isna().all() and str(table.loc["a", "revenue"]) == "0.0"
    assert table.loc["b"].drop("name").isna().all() and table.loc["b", "name"] == "B"
    even = make_data(entities=ENTITIES[::-1], accounts=ACCOUNTS, ledger=entry("1", "2026-10-05", "x", fuel=1, bank=-1))
    assert profit.by_entity(even, OCTOBER)["entity"].tolist() == ["a", "b"]


def test_one_entity_s_profit_does_not_hide_another_s_loss(books):
    """Net profit is the sum, the gap counts losses only, and the rows add up to both."""
    made, gap = profit.net_profit(books, OCTOBER), profit.profitability_gap(books, OCTOBER)
    assert (made.value, gap.value) == (200, 200) and made.rows["contribution"].sum() == 200
    assert gap.rows[["entity", "loss"]].values.tolist() == [["a", 200]]
    for metric in (profit.net_profit, profit.profitability_gap):
        assert metric(books, OCTOBER.previous(2)).note == "no ledger entry in August 2026"


def test_the_balance_sheet_stands_in_its_order_beside_the_period_before(books):
    """Assets, liabilities, equity and the result so far, each line with what it was in September."""
    sheet = profit.balance_sheet(books, OCTOBER)
    assert sheet.columns.tolist() == ["side", "line", "amount", "previous"]
    assert sheet.values.tolist() == [
        ["Assets", "cash", 2900, 2000], ["Liabilities", "loan", 700, 0], ["Equity", "equity", 2000, 2000],
        ["Equity", "Result to date", 200, 0],
    ]  # fmt: skip
    measure = profit.net_assets(books, OCTOBER)
    assert measure.value == 2200 and measure.rows["account"].tolist() == ["bank", "loan"]


def test_a_balance_sheet_of_the_first_month_has_nothing_before_it(books):
    """Before the books began nothing is known; a balance of nothing is no negative zero."""
    sheet = profit.balance_sheet(books, OCTOBER.previous())
    assert sheet["previous"].isna().all() and sheet["amount"].tolist() == [2000, 2000]
    assert not len(profit.balance_sheet(books, OCTOBER.previous(2)))
    assert profit.net_assets(books, OCTOBER.previous(2)).note == "nothing was posted"


def test_a_settled_liability_is_zero_without_a_sign(make_data):
    """Borrowed and repaid."""
    ledger = [*entry("1", "2026-10-01", bank=5, loan=-5), *entry("2", "2026-10-02", bank=-5, loan=5)]
    sheet = profit.balance_sheet(make_data(accounts=ACCOUNTS, ledger=ledger), OCTOBER)
    assert [str(amount) for amount in sheet["amount"]] == ["0.0", "0.0"]


def test_nothing_there_is_not_known(make_data):
    """Empty tables give unknown figures and empty tables, with their columns."""
    data = make_data(entities=ENTITIES)
    for metric in (profit.net_profit, profit.profitability_gap, profit.net_assets):
        assert metric(data, OCTOBER).value is None
    assert not len(profit.balance_sheet(data, OCTOBER))
    assert pd.isna(profit.by_entity(data, OCTOBER)["profit"]).all()
