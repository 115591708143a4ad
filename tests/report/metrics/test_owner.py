"""The owner's figures, on small tables whose answers are computed by hand."""

from __future__ import annotations

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import coverage, profit

OCTOBER = Period.parse("2026-10")
TWO = [{"entity": "a", "name": "A & Co", "kind": "charter"}, {"entity": "b", "name": "B", "kind": "agency"}]
CHART = [
    {"account": "1000", "type": "asset", "role": "cash", "category": "Cash"},
    {"account": "2000", "type": "liability", "role": "loan", "category": "Loans"},
    {"account": "3000", "type": "equity", "role": "equity", "category": "Capital"},
    {"account": "4000", "type": "revenue", "role": "revenue", "category": "Sales"},
    {"account": "5000", "type": "expense", "role": "direct", "category": "Fuel"},
    {"account": "6000", "type": "expense", "role": "overhead", "category": "Rent"},
    {"account": "6900", "type": "expense", "role": "uncategorised", "category": "Unknown"},
]


def entry(number, day, entity, account, amount):
    """Two lines of the journal: an account against cash."""
    common = {"entry": f"E{number}", "date": day, "entity": entity}
    return [
        {**common, "line": f"{number}a", "account": account, "amount": amount},
        {**common, "line": f"{number}b", "account": "1000", "amount": -amount},
    ]


@pytest.fixture
def books(make_data):
    """A sells 1,000 in October at 300 direct and 900 overhead; B sells 500 and spent 100 without a category."""
    lines = [
        *entry(1, "2026-09-01", "a", "3000", -2000),
        *entry(2, "2026-10-05", "a", "4000", -1000),
        *entry(3, "2026-10-06", "a", "5000", 300),
        *entry(4, "2026-10-07", "a", "6000", 900),
        *entry(5, "2026-10-08", "b", "4000", -500),
        *entry(6, "2026-10-09", "b", "6900", 100),
        *entry(7, "2026-10-10", "b", "2000", -700),
    ]
    return make_data(entities=TWO, accounts=CHART, ledger=lines)


def test_profit_by_entity_shows_each_gap_to_zero(books):
    """Revenue, contribution, overhead share, profit and gap are those computed by hand."""
    table = profit.by_entity(books, OCTOBER).set_index("entity")
    assert table.loc["a", ["revenue", "direct", "contribution", "overhead", "profit", "gap"]].tolist() == [
        1000, 300, 700, 900, -200, 200,
    ]  # fmt: skip
    assert table.loc["b", ["profit", "gap"]].tolist() == [400, 0]
    assert table["overhead_share"].tolist() == [0.9, 0.1]
    assert table.loc["a", "margin"] == 0.7


def test_one_entity_s_profit_does_not_hide_another_s_loss(books):
    """Net profit is the sum, the gap counts losses only, and the rows add up to both."""
    profit_made, gap = profit.net_profit(books, OCTOBER), profit.profitability_gap(books, OCTOBER)
    assert (profit_made.value, gap.value) == (200, 200)
    assert profit_made.rows["contribution"].sum() == 200
    assert profit.net_profit(books, OCTOBER.previous(2)).value is None


def test_an_entity_without_a_posting_is_unknown_not_zero(make_data):
    """B has no line in the ledger: its cells are empty."""
    data = make_data(entities=TWO, accounts=CHART, ledger=entry(1, "2026-10-05", "a", "4000", -1))
    assert profit.by_entity(data, OCTOBER).set_index("entity").loc["b", ["revenue", "profit"]].isna().all()


def test_the_balance_sheet_balances(books):
    """Assets equal liabilities and equity, now and one period before; net assets are their difference."""
    sheet = profit.balance_sheet(books, OCTOBER)
    for column in ("amount", "previous"):
        sides = sheet.groupby("side")[column].sum()
        assert sides["Assets"] == sides["Liabilities"] + sides["Equity"]
    assert sheet.set_index("line")["amount"].to_dict() == {
        "Cash": 2900, "Loans": 700, "Capital": 2000, "Result to date": 200,
    }  # fmt: skip
    assert profit.net_assets(books, OCTOBER).value == 2200


@pytest.fixture
def tracked(make_data):
    """A delivered 400 in October and posted 300; B billed 200 less a credit note of 50 and posted 150."""
    return make_data(
        entities=TWO,
        accounts=CHART,
        ledger=[*entry(1, "2026-10-05", "a", "4000", -300), *entry(2, "2026-10-05", "b", "4000", -150)],
        bookings=[
            {"entity": "a", "ends_on": "2026-10-31", "price": 450, "refund": 50},
            {"entity": "a", "ends_on": "2026-10-31", "price": 999, "cancelled_on": "2026-10-01"},
        ],
        clients=[{"client": "c", "entity": "b"}],
        invoices=[
            {"client": "c", "issued_on": "2026-10-02", "amount": 200},
            {"client": "c", "issued_on": "2026-10-03", "amount": -50},
        ],
    )


def test_coverage_names_the_sales_that_are_not_in_the_books(tracked):
    """A lacks 100 of 400; over both entities 450 of 550 are covered."""
    cells = coverage.coverage(tracked, [OCTOBER]).set_index("entity")
    assert cells["missing"].to_dict() == {"a": 100, "b": 0}
    assert cells.loc["a", "covered"] == 0.75
    assert coverage.revenue_coverage(tracked, OCTOBER).value == pytest.approx(450 / 550)
    assert coverage.revenue_unrecorded(tracked, OCTOBER).value == 100
    assert coverage.revenue_coverage(tracked, OCTOBER.previous()).value is None


def test_coverage_never_reads_tables_that_no_entity_calls_for(tracked):
    """Without a transport entity the absent table of deliveries makes nothing unknown."""
    tracked.touched.clear()
    coverage.revenue_coverage(tracked, OCTOBER)
    assert tracked.absent(tracked.touched) == []


def test_everything_is_not_known_without_tables(make_data):
    """Empty tables give unknown figures and empty tables, no zero and no exception."""
    data = make_data(entities=TWO)
    for metric in (
        profit.net_profit, profit.profitability_gap, profit.net_assets, coverage.revenue_coverage,
        coverage.revenue_unrecorded,
    ):  # fmt: skip
        assert metric(data, OCTOBER).value is None, metric.__name__
    for frame in (coverage.coverage(data, [OCTOBER]), profit.balance_sheet(data, OCTOBER)):
        assert len(frame) == 0


def test_negative_revenue_without_a_sale_is_no_gap(make_data):
    """A refund posted in a month without sales lacks nothing; against sales of 100 no more than these can lack."""
    sale = {"entity": "a", "ends_on": "2026-10-31", "price": 100}
    tables = {"entities": TWO[:1], "accounts": CHART, "ledger": entry(1, "2026-10-05", "a", "4000", 50)}
    assert coverage.coverage(make_data(**tables, bookings=[]), [OCTOBER])["missing"].tolist() == [0]
    assert coverage.coverage(make_data(**tables, bookings=[sale]), [OCTOBER])["missing"].tolist() == [100]
