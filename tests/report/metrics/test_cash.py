"""Cash metrics against sums done by hand."""

from __future__ import annotations

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import cash

ACCOUNTS = [
    {"account": "bank", "type": "asset", "role": "cash", "behaviour": "none"},
    {"account": "till", "type": "asset", "role": "cash", "behaviour": "none"},
    {"account": "sales", "type": "revenue", "role": "revenue", "behaviour": "none"},
    {"account": "rent", "type": "expense", "role": "overhead", "behaviour": "fixed"},
    {"account": "capital", "type": "equity", "role": "equity", "behaviour": "none"},
    {"account": "draw", "type": "equity", "role": "draw", "behaviour": "none"},
]


def entry(name: str, day: str, **lines: float) -> list[dict[str, object]]:
    """One journal entry: an amount for each account."""
    assert not round(sum(lines.values()), 2)
    return [
        {"line": f"{name}-{account}", "entry": name, "date": day, "account": account, "amount": amount}
        for account, amount in lines.items()
    ]


def books() -> list[dict[str, object]]:
    """Three months: capital 10,000, rent 1,000 a month, sales 400 a month, a transfer and a draw."""
    rows = entry("open", "2026-01-01", bank=10000, capital=-10000)
    for month in ("01", "02", "03"):
        rows += entry(f"rent{month}", f"2026-{month}-05", bank=-1000, rent=1000)
        rows += entry(f"sale{month}", f"2026-{month}-06", bank=400, sales=-400)
    rows += entry("move", "2026-03-07", bank=-500, till=500)
    return rows + entry("draw", "2026-03-08", bank=-250, draw=250)


MARCH = Period.parse("2026-03")


def test_burn_leaves_out_capital_draws_and_transfers(make_data):
    """Only rent is burnt, and only sales are received."""
    data = make_data(accounts=ACCOUNTS, ledger=books())
    assert cash.gross_burn(data, MARCH).value == 1000
    assert cash.cash_received(data, MARCH).value == 400
    assert cash.net_burn(data, MARCH).value == 600


def test_cash_is_everything_on_cash_accounts(make_data):
    """10,000 less three times 600 less the draw, over both accounts."""
    data = make_data(accounts=ACCOUNTS, ledger=books())
    assert cash.cash(data, MARCH).value == 10000 - 3 * 600 - 250
    assert cash.cash(data, Period.parse("2025-12")).value is None


def test_runway_is_cash_over_mean_net_burn_and_resums(make_data):
    """7,950 of cash at 600 a month; the rows give the same."""
    measure = cash.runway(make_data(accounts=ACCOUNTS, ledger=books()), MARCH)
    assert measure.value == pytest.approx(7950 / 600)
    parts = measure.rows.groupby("part")["contribution"].sum()
    assert parts["numerator"] / parts["denominator"] == pytest.approx(measure.value)


def test_runway_of_a_business_that_gains_cash_is_not_known(make_data):
    """No burn, no end: a note instead of a number."""
    rows = [*books(), *entry("big", "2026-03-09", bank=9000, sales=-9000)]
    measure = cash.runway(make_data(accounts=ACCOUNTS, ledger=rows), MARCH)
    assert measure.value is None and measure.note == cash.CASH_POSITIVE


def test_a_month_that_nobody_recorded_is_not_known_and_out_of_the_mean(make_data):
    """April has no entry: its burn is unknown, and the mean of February to April is that of two months."""
    data = make_data(accounts=ACCOUNTS, ledger=books())
    assert cash.gross_burn(data, Period.parse("2026-04")).value is None
    assert cash.mean_net_burn(data, Period.parse("2026-04")).value == 600
    assert cash.monthly_cash(data, Period.parse("2026-04"))["month"].tolist() == ["2026-01", "2026-02", "2026-03"]


def test_a_refund_to_a_customer_is_paid_out(make_data):
    """Money given back counts as burn, not as negative receipts."""
    rows = [*books(), *entry("back", "2026-03-10", sales=100, bank=-100)]
    assert cash.gross_burn(make_data(accounts=ACCOUNTS, ledger=rows), MARCH).value == 1100


def test_order_of_rows_changes_nothing(make_data):
    """Reversed books give the same figures."""
    data = make_data(accounts=ACCOUNTS, ledger=books()[::-1])
    assert cash.gross_burn(data, MARCH).value == 1000 and cash.cash(data, MARCH).value == 7950


def test_absent_tables_give_unknown_never_zero(make_data):
    """Without a ledger nothing is known."""
    data = make_data()
    for metric in (cash.gross_burn, cash.cash_received, cash.net_burn, cash.cash, cash.runway, cash.technology_cost):
        assert metric(data, MARCH).value is None
    assert not len(cash.monthly_cash(data, MARCH)) and not len(cash.technology_share(data, MARCH))


def test_technology_cost_adds_cloud_and_a_month_of_domains(make_data):
    """Email 3, transfer 2, the rest 40, and a twelfth of the two domains held in March."""
    data = make_data(
        accounts=ACCOUNTS,
        ledger=books(),
        cloud_costs=[
            {"date": "2026-03-01", "service": "Amazon SES", "amount": 3},
            {"date": "2026-03-02", "service": "Data Transfer", "amount": 2},
            {"date": "2026-03-03", "service": "Compute", "amount": 40},
            {"date": "2026-04-01", "service": "Compute", "amount": 99},
        ],
        domains=[
            {"domain": "a.example", "registered_on": "2020-01-01", "expires_on": "2027-01-01", "annual_cost": 12},
            {"domain": "b.example", "registered_on": "2020-01-01", "expires_on": "2026-03-02", "annual_cost": 24},
            {"domain": "c.example", "registered_on": "2020-01-01", "expires_on": "2026-02-01", "annual_cost": 600},
        ],
    )
    assert cash.technology_cost(data, MARCH).value == pytest.approx(48)
    table = cash.technology_share(data, MARCH).set_index("item")
    assert table.loc["Domains", "amount"] == pytest.approx(3)
    assert table.loc["Other cloud", "share_of_gross_burn"] == pytest.approx(0.04)
