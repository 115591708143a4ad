"""Cash metrics against sums done by hand and by plain loops."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given

from journals import ACCOUNTS, OF, Row, entry, journals, total
from quarterdeck.model.period import Period
from quarterdeck.report.metrics import cash

MARCH, LEAP = Period.parse("2026-03"), Period.parse("2024-02")
OUTSIDE = {"equity", "draw", "fixed_asset"}


def books() -> list[Row]:
    """Three months: capital 10,000, rent 1,000 a month, sales 400 a month, a transfer and a draw."""
    rows = entry("open", "2026-01-01", bank=10000, capital=-10000)
    for month in ("01", "02", "03"):
        rows += entry(f"rent{month}", f"2026-{month}-05", bank=-1000, rent=1000)
        rows += entry(f"sale{month}", f"2026-{month}-06", bank=400, sales=-400)
    rows += entry("move", "2026-03-07", bank=-500, till=500)
    return rows + entry("draw", "2026-03-08", bank=-250, draws=250)


def flows(rows: list[Row]) -> list[tuple[str, float]]:
    """Month and change in cash, but for loans, of each entry that is neither financing nor investing, by a loop."""
    found = []
    for name in dict.fromkeys(row["entry"] for row in rows):
        lines = [row for row in rows if row["entry"] == name]
        roles = {OF[row["account"]]["role"] for row in lines}
        if "cash" in roles and not OUTSIDE & roles:
            change = total([row for row in lines if OF[row["account"]]["role"] in ("cash", "loan")])
            found.append((lines[0]["date"][:7], change))
    return found


@given(journals())
def test_burn_and_cash_are_what_a_loop_over_the_entries_gives(make_data, rows):
    """For any journal in any order: burn by entry, the mean of recorded months, the balance, and month by month."""
    data, moved = make_data(trusted=True, accounts=ACCOUNTS, ledger=rows), flows(rows)
    kept = {row["date"][:7] for row in rows}
    at_bank = [row for row in rows if OF[row["account"]]["role"] == "cash"]

    def out(month: str) -> float:
        return -sum(change for at, change in moved if at == month and change < 0)

    def net(month: str) -> float:
        return -sum(change for at, change in moved if at == month)

    if LEAP.name in kept:
        assert cash.gross_burn(data, LEAP).value == pytest.approx(out(LEAP.name))
        assert cash.net_burn(data, LEAP).value == pytest.approx(net(LEAP.name))
    else:
        assert cash.gross_burn(data, LEAP).value is cash.net_burn(data, LEAP).value is None
    last = [month for month in ("2023-12", "2024-01", "2024-02") if month in kept]
    mean = sum(map(net, last)) / len(last) if last else None
    assert cash.mean_net_burn(data, LEAP).value == (None if mean is None else pytest.approx(mean, abs=1e-6))
    table = cash.monthly_cash(data, LEAP)
    assert table["month"].tolist() == sorted(month for month in kept if "2023-03" <= month <= "2024-02")
    for month, received, paid, net_burn, at_end in table.itertuples(index=False):
        assert (paid, net_burn) == (pytest.approx(out(month)), pytest.approx(net(month)))
        assert received == pytest.approx(paid - net_burn) and received >= 0
        so_far = [row for row in at_bank if row["date"][:7] <= month]
        assert at_end == pytest.approx(total(so_far)) if so_far else pd.isna(at_end)


def test_interest_paid_with_an_instalment_is_burnt_and_the_principal_is_not(make_data):
    """IAS 7.12: of 450 paid to the bank 50 is interest; taking up the loan is no receipt."""
    rows = entry("loan", "2026-03-01", bank=5000, loan=-5000)
    rows += entry("pay", "2026-03-20", bank=-450, loan=400, rent=50)
    data = make_data(accounts=ACCOUNTS, ledger=rows)
    assert cash.gross_burn(data, MARCH).value == cash.net_burn(data, MARCH).value == 50


def test_burn_leaves_out_capital_draws_and_transfers(make_data):
    """Only rent is burnt, less sales received; rows name each line's date, counterparty and net."""
    data = make_data(accounts=ACCOUNTS, ledger=books())
    burn = cash.gross_burn(data, MARCH)
    assert burn.value == 1000 and burn.rows["net"].tolist() == [-1000] and {"counterparty", "memo"} <= set(burn.rows)
    assert cash.net_burn(data, MARCH).value == 600
    assert cash.net_burn(data, MARCH).rows["account"].tolist() == ["bank", "bank"]


def test_an_entry_counts_by_its_net_change_in_cash(make_data):
    """Sold 90 for the till with 20 of change from the bank: 70 received, nothing paid."""
    rows = entry("1", "2026-03-01", till=90, bank=-20, sales=-70)
    data = make_data(accounts=ACCOUNTS, ledger=rows)
    assert (cash.gross_burn(data, MARCH).value, cash.net_burn(data, MARCH).value) == (0, -70)


def test_cash_is_everything_on_cash_accounts(make_data):
    """10,000 less three times 600 less the draw, over both accounts, to the last day of the month."""
    data = make_data(accounts=ACCOUNTS, ledger=[*books(), *entry("end", "2026-03-31", bank=-7, rent=7)])
    assert cash.cash(data, MARCH).value == 10000 - 3 * 600 - 250 - 7
    assert {"counterparty", "memo"} <= set(cash.cash(data, MARCH).rows)
    assert cash.cash(data, Period.parse("2025-12")) == cash.Measure.unknown("no cash in the ledger")


def test_runway_is_cash_over_mean_net_burn_and_resums(make_data):
    """7,950 of cash at 600 a month; the rows give the same."""
    measure = cash.runway(make_data(accounts=ACCOUNTS, ledger=books()), MARCH)
    assert measure.value == pytest.approx(7950 / 600)
    parts = measure.rows.groupby("part")["contribution"].sum()
    assert parts["numerator"] / parts["denominator"] == pytest.approx(measure.value)


@given(journals())
def test_the_bridge_leads_from_opening_to_closing_cash(make_data, rows):
    """For any journal: every step is what a loop gives, and opening and steps add up to the fact of cash."""
    data = make_data(trusted=True, accounts=ACCOUNTS, ledger=rows)
    table = cash.cash_bridge(data, LEAP)
    if LEAP.name not in {row["date"][:7] for row in rows}:
        assert not len(table) and table.columns.tolist() == ["step", "amount"]
        return
    steps = dict.fromkeys(["received", "paid", "draw", "loan", "fixed_asset", "equity"], 0.0)
    opening = 0.0
    for name in dict.fromkeys(row["entry"] for row in rows):
        lines = [row for row in rows if row["entry"] == name]
        roles = {OF[row["account"]]["role"] for row in lines}
        change = total([row for row in lines if OF[row["account"]]["role"] == "cash"])
        why = next((role for role in ("equity", "draw", "fixed_asset") if role in roles), "")
        if lines[0]["date"] < "2024-02":
            opening += change
        elif lines[0]["date"] < "2024-03" and "cash" in roles:
            borrowed = 0.0 if why else total([row for row in lines if OF[row["account"]]["role"] == "loan"], sign=-1)
            steps["loan"] += borrowed
            steps[why or ("received" if change > borrowed else "paid")] += change - borrowed
    assert table["amount"].tolist() == pytest.approx(
        [opening, *steps.values(), opening + sum(steps.values())], abs=1e-6
    )
    assert table["amount"].iloc[-1] == pytest.approx(cash.cash(data, LEAP).value or 0, abs=1e-6)
    assert table["step"].tolist()[::7] == ["Opening cash", "Closing cash"]


def test_draws_and_debt_service_shorten_the_runway_and_a_new_loan_does_not(make_data):
    """600 a month of operations, 250 drawn and 50 paid back in three months; 900 borrowed is no burn."""
    rows = [*books(), *entry("back", "2026-02-08", bank=-50, loan=50), *entry("new", "2026-02-09", bank=900, loan=-900)]
    data = make_data(accounts=ACCOUNTS, ledger=rows)
    measure = cash.full_runway(data, MARCH)
    assert measure.value == pytest.approx((7950 + 850) / (600 + 300 / 3)) and measure.note == ""
    parts = measure.rows.groupby("part")["contribution"].sum()
    assert parts["numerator"] / parts["denominator"] == pytest.approx(measure.value)
    assert cash.runway(data, MARCH).value == pytest.approx(8800 / 600)


@pytest.mark.parametrize(("sold", "words"), [(2500, "endless"), (1550, "over 5 years"), (1200, "")])
def test_a_runway_says_when_the_period_before_had_no_end(make_data, sold, words):
    """Until March a sale of January pays 1,200 of rent in two months, or all but 50, or none of it."""
    rows = entry("0", "2026-01-01", bank=9000, capital=-9000)
    rows += entry("s", "2026-01-02", bank=sold, sales=-sold) + entry("r", "2026-01-03", bank=-1600, rent=1600)
    rows += entry("f", "2026-02-03", bank=-1, rent=1) + entry("m", "2026-03-03", bank=-2400, rent=2400)
    measure = cash.full_runway(make_data(accounts=ACCOUNTS, ledger=rows), MARCH)
    assert measure.value is not None and measure.note == (f"{words} by the mean to February 2026" if words else "")
    long = cash.full_runway(make_data(accounts=ACCOUNTS, ledger=rows), Period.parse("2026-02"))
    assert (long.note == cash.LASTING) == (words == "over 5 years")


def test_a_small_burn_is_a_burn(make_data):
    """0.90 lost in three months: 30 cents a month."""
    rows = [*books(), *entry("big", "2026-03-09", bank=1799.1, sales=-1799.1)]
    assert cash.runway(make_data(accounts=ACCOUNTS, ledger=rows), MARCH).value == pytest.approx((7950 + 1799.1) / 0.3)


def test_an_overdrawn_business_has_a_runway_below_zero(make_data):
    """600 owed to the bank at 600 a month."""
    rows = entry("1", "2026-03-05", bank=-1800, rent=1800) + entry("2", "2026-03-06", bank=1200, loan=-1200)
    rows += entry("3", "2026-02-06", due=1, sales=-1) + entry("4", "2026-01-31", due=1, sales=-1)
    assert cash.runway(make_data(accounts=ACCOUNTS, ledger=rows), MARCH).value == -1


@pytest.mark.parametrize("sold", [600, 601, 9000])
def test_runway_of_a_business_that_does_not_lose_cash_is_not_known(make_data, sold):
    """No burn on the mean of three months, no end: a note instead of a number."""
    rows = [*books(), *entry("big", "2026-03-09", bank=3 * sold, sales=-3 * sold)]
    measure = cash.runway(make_data(accounts=ACCOUNTS, ledger=rows), MARCH)
    assert measure.value is None and measure.note == cash.CASH_POSITIVE


def test_a_month_that_nobody_recorded_is_not_known_and_out_of_the_mean(make_data):
    """April has no entry: its burn is unknown, and the mean of February to April is that of two months."""
    data, april = make_data(accounts=ACCOUNTS, ledger=books()), Period.parse("2026-04")
    assert cash.gross_burn(data, april).note == "no ledger entry in April 2026"
    assert cash.mean_net_burn(data, april).value == 600 and cash.cash(data, april).value == 7950
    summer = Period.parse("2026-07")
    assert cash.mean_net_burn(data, summer).note == "no ledger entry in the 3 months to July 2026"
    assert cash.runway(data, summer).note == cash.mean_net_burn(data, summer).note


def test_a_refund_to_a_customer_is_paid_out(make_data):
    """Money given back counts as burn, not as negative receipts."""
    rows = [*books(), *entry("back", "2026-03-10", sales=100, bank=-100)]
    assert cash.gross_burn(make_data(accounts=ACCOUNTS, ledger=rows), MARCH).value == 1100


def test_absent_tables_give_unknown_never_zero(make_data):
    """Without a ledger nothing is known."""
    data = make_data()
    for metric in (cash.gross_burn, cash.net_burn, cash.cash, cash.runway, cash.technology_cost):
        assert metric(data, MARCH).value is None and metric(data, MARCH).note
    assert cash.monthly_cash(data, MARCH).columns.tolist() == ["month", "received", "paid", "net_burn", "cash"]
    assert not len(cash.monthly_cash(data, MARCH)) and not len(cash.technology_share(data, MARCH))


CLOUD = [
    {"date": "2026-02-27", "service": "Data Transfer", "amount": 1},
    {"date": "2026-03-01", "service": "Amazon SES", "amount": 3},
    {"date": "2026-03-02", "service": "Data Transfer", "amount": 2},
    {"date": "2026-03-02", "service": "Bandwidth for E-Mail", "amount": 1},
    {"date": "2026-03-03", "service": "Assessor", "amount": 40},
    {"date": "2026-04-01", "service": "Compute", "amount": 99},
]
DOMAINS = [
    {"domain": name, "registered_on": first, "expires_on": last, "annual_cost": cost}
    for name, first, last, cost in (
        ("a.example", "2020-01-01", "2027-01-01", 365),
        ("first.example", "2020-01-01", "2026-03-01", 730),
        ("last.example", "2026-03-31", "2027-01-01", 1095),
        ("lapsed.example", "2020-01-01", "2026-02-28", 9999),
        ("later.example", "2026-04-01", "2027-01-01", 9999),
    )
]


@pytest.mark.parametrize(
    ("period", "share", "cloud"), [("2026-03", 1 / 12, 46), ("2026-Q1", 1 / 4, 47), ("2026-W09", 7 / 365, 4)]
)
def test_technology_cost_adds_cloud_and_the_period_s_share_of_domains(make_data, period, share, cloud):
    """Domains held on any day of the period: three in March, four in the quarter, two and the lapsed in the week."""
    data, span = make_data(cloud_costs=CLOUD, domains=DOMAINS), Period.parse(period)
    held = [d for d in DOMAINS if d["registered_on"] <= span.end.isoformat() and d["expires_on"] >= str(span.start)]
    measure = cash.technology_cost(data, span)
    assert measure.value == pytest.approx(cloud + share * sum(float(d["annual_cost"]) for d in held))
    assert measure.rows["contribution"].sum() == pytest.approx(measure.value)
    assert set(measure.rows.loc[measure.rows["item"] == "Domains", "service"]) == {d["domain"] for d in held}
    assert measure.rows.index.is_unique


def test_technology_is_shown_by_item_beside_the_period_before_and_gross_burn(make_data):
    """March: the most first; of a burn of 1,000; February had one bill and no email."""
    table = cash.technology_share(make_data(accounts=ACCOUNTS, ledger=books(), cloud_costs=CLOUD), MARCH)
    assert table["item"].tolist() == ["Other cloud", "Email", "Data transfer"]
    assert table["amount"].tolist() == [40, 4, 2] and table["share_of_gross_burn"].tolist() == [0.04, 0.004, 0.002]
    assert table["previous"].tolist()[2] == 1 and table["previous"].isna().tolist() == [True, True, False]


def test_an_unknown_bill_or_burn_leaves_the_share_of_technology_open(make_data):
    """No bill in March is no table; a bill without a ledger has no share of burn and nothing before it."""
    before = make_data(cloud_costs=CLOUD[:1])
    assert cash.technology_cost(before, MARCH).note == "no cloud bill in March 2026"
    assert not len(cash.technology_share(before, MARCH))
    february = cash.technology_share(before, Period.parse("2026-02"))
    assert february["amount"].tolist() == [1] and february[["previous", "share_of_gross_burn"]].isna().all(axis=None)
