"""The books against sums done by hand and by plain loops."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from journals import ACCOUNTS as CHART
from journals import OF, Row, journals, total
from quarterdeck.model.period import Period
from quarterdeck.report.metrics import books

MARCH, LEAP = Period.parse("2026-03"), Period.parse("2024-02")
ACCOUNTS = [
    {"account": "bank", "name": "Bank", "type": "asset", "role": "cash", "category": "Cash"},
    {"account": "safe", "name": "Safe", "type": "asset", "role": "cash", "category": "Cash"},
    {"account": "loan", "name": "Loan", "type": "liability", "role": "loan", "category": "Loan"},
    {"account": "fuel", "name": "Fuel", "type": "expense", "role": "direct", "category": "Fuel"},
    {"account": "misc", "name": "Unsorted", "type": "expense", "role": "uncategorised", "category": "Unsorted"},
    {"account": "idle", "name": "Idle", "type": "asset", "role": "prepaid", "category": "Prepaid"},
]


def paid(entry: str, day: str, account: str, amount: float, who: str = "Acme", document: str = "r1") -> list[Row]:
    """An expense paid from the bank."""
    same = {"entry": entry, "date": day, "entity": "e", "counterparty": who, "document": document}
    return [
        {"line": f"{entry}-1", "account": account, "amount": amount, **same},
        {"line": f"{entry}-2", "account": "bank", "amount": -amount, **same},
    ]


LEDGER = [
    {"line": "0-1", "entry": "0", "date": "2026-01-01", "account": "bank", "amount": 1000},
    {"line": "0-2", "entry": "0", "date": "2026-01-01", "account": "loan", "amount": -1000},
    *paid("feb", "2026-02-26", "fuel", 100),
    *paid("mar", "2026-03-05", "fuel", 100, document="r2"),
    *paid("far", "2026-03-13", "fuel", 100, document="r3"),
    *paid("odd", "2026-03-21", "misc", 75, who="", document=""),
    *paid("low", "2026-03-22", "misc", 25, who="", document=""),
    *paid("dip", "2026-03-22", "misc", 25, who="", document=""),
    *paid("back", "2026-03-23", "fuel", -30),
    *paid("twice", "2026-03-24", "fuel", -30),
]
FLAGGED = ["amount", "previous", "variance", "variance_share", "uncategorised", "duplicate", "no_receipt"]


@settings(max_examples=15)
@given(journals())
def test_trial_balance_and_expenses_are_what_a_loop_gives(make_data, rows):
    """For any journal: every account's balance on its side, both sides equal, and expenses by category."""
    data = make_data(trusted=True, accounts=CHART, ledger=rows)
    until = [row for row in rows if row["date"] <= "2024-02-29"]
    table = books.trial_balance(data, LEAP).set_index("account")
    assert table.index.tolist() == list(OF)
    for account, debit, credit in table[["debit", "credit"]].itertuples():
        balance = total([row for row in until if row["account"] == account])
        assert (debit if balance > 0 else -credit if balance < 0 else 0) == pytest.approx(balance)
        assert (debit > 0) + (credit > 0) == (balance != 0)
    assert table["debit"].sum() == pytest.approx(table["credit"].sum())
    assert books.trial_balance_difference(data, LEAP).value == (pytest.approx(0, abs=0.005) if until else None)
    spent: dict[str, dict[str, float]] = {}
    for month in ("2024-02", "2024-01"):
        for row in rows:
            if OF[row["account"]]["type"] == "expense" and row["date"].startswith(month):
                category = OF[row["account"]]["category"]
                spent.setdefault(category, dict.fromkeys(("2024-02", "2024-01"), 0.0))[month] += row["amount"]
    audit = books.expense_audit(data, LEAP).set_index("category")
    months = {row["date"][:7] for row in rows}
    if "2024-02" not in months:
        assert not len(audit) and books.total_expense(data, LEAP).value is None
        return
    assert audit["amount"].to_dict() == pytest.approx({name: sums["2024-02"] for name, sums in spent.items()})
    assert books.total_expense(data, LEAP).value == pytest.approx(audit["amount"].sum(), abs=1e-6)
    if "2024-01" in months:
        assert audit["previous"].to_dict() == pytest.approx({name: sums["2024-01"] for name, sums in spent.items()})
        assert (audit["variance"] - audit["amount"] + audit["previous"]).abs().max() < 1e-9 or not len(audit)
    else:
        assert audit[["previous", "variance", "variance_share"]].isna().all(axis=None)


def test_trial_balance_shows_every_account(make_data):
    """Accounts that are idle or stand at nothing too, with neither debit nor credit."""
    emptied = [{"line": str(n), "date": "2026-03-01", "account": "safe", "amount": n} for n in (5, -5)]
    table = books.trial_balance(make_data(accounts=ACCOUNTS, ledger=[*LEDGER, *emptied]), MARCH)
    assert table.columns.tolist() == ["account", "name", "type", "debit", "credit"]
    table = table.set_index("account")
    assert len(table) == 6 and table.loc[["idle", "safe"], ["debit", "credit"]].isna().all(axis=None)
    assert table.loc["bank", "debit"] == 1000 - 365 and table.loc["loan", "credit"] == 1000


def test_debits_less_credits_name_what_does_not_balance(make_data):
    """A line without its other side is the difference, in the rows by account, type and category."""
    ledger = [*LEDGER, {"line": "x", "entry": "x", "date": "2026-03-31", "account": "bank", "amount": 7}]
    measure = books.trial_balance_difference(make_data(accounts=ACCOUNTS, ledger=ledger), MARCH)
    assert measure.value == 7 and {"account", "name", "type", "category", "balance"} <= set(measure.rows)


def test_expenses_are_flagged_for_what_they_lack(make_data):
    """Paid twice within 7 days is doubled, unless money came back or nobody is named; 75 without paper lacks proof."""
    lines = books.expenses(make_data(accounts=ACCOUNTS, ledger=LEDGER[::-1]), MARCH, 75).set_index("entry")
    assert lines.index[lines["duplicate"]].tolist() == ["mar"]
    assert lines.index[lines["no_receipt"]].tolist() == ["odd"]
    assert lines.index[lines["uncategorised"]].tolist() == ["odd", "dip", "low"]
    assert not books.expenses(make_data(accounts=ACCOUNTS, ledger=LEDGER), MARCH, 75.01)["no_receipt"].any()


@pytest.mark.parametrize(
    "other",
    [{"entity": "f"}, {"account": "misc"}, {"counterparty": "Bolt"}, {"amount": 99}, {"entry": "feb"}],
    ids=lambda other: next(iter(other)),
)
def test_what_differs_is_no_duplicate(make_data, other):
    """Another entity, account, counterparty or amount, or the same entry, is not a bill paid twice."""
    first, again = paid("feb", "2026-02-26", "fuel", 100)[0], paid("mar", "2026-03-02", "fuel", 100)[0]
    data = make_data(accounts=ACCOUNTS, ledger=[first, {**again, **other}])
    assert not books.expenses(data, MARCH)["duplicate"].any()


def test_audit_compares_with_the_period_before_and_counts_flags(make_data):
    """Fuel went from 100 to 140 net of refunds; unsorted is new, so it has no share of change; the most first."""
    data = make_data(accounts=ACCOUNTS, ledger=LEDGER)
    table = books.expense_audit(data, MARCH)
    assert table.columns.tolist() == ["category", *FLAGGED] and table["category"].tolist() == ["Fuel", "Unsorted"]
    assert table.iloc[0][FLAGGED].tolist() == [140, 100, 40, 0.4, 0, 1, 0]
    assert table.iloc[1][["amount", "previous", "variance", "uncategorised", "duplicate", "no_receipt"]].tolist() == [
        125, 0, 125, 3, 0, 1,
    ]  # fmt: skip
    assert table["variance_share"].isna().tolist() == [False, True]
    assert table["amount"].sum() == books.total_expense(data, MARCH).value == 265
    assert books.flagged_expense(data, MARCH).value == 100 + 75 + 25 + 25
    assert books.flagged_expense(data, MARCH, 200).value == 100 + 75 + 25 + 25, "uncategorised all the same"


def test_the_receipt_minimum_reaches_flags_and_audit(make_data):
    """From 20 on every unsorted line lacks its receipt; paid by nobody named, none is doubled; by default from 75."""
    sorted_out = [{**row, "role": "overhead"} for row in ACCOUNTS if row["account"] == "misc"]
    data = make_data(accounts=[*ACCOUNTS[:4], *sorted_out], ledger=LEDGER)
    assert books.expense_audit(data, MARCH, 20)["no_receipt"].sum() == 3
    assert books.flagged_expense(data, MARCH, 20).value == 100 + 75 + 25 + 25
    assert (
        books.flagged_expense(data, MARCH).value == 100 + 75
        and books.expense_audit(data, MARCH)["no_receipt"].sum() == 1
    )
    assert books.expenses(data, MARCH)["no_receipt"].sum() == 1


def test_a_category_that_only_the_month_before_had_is_shown_as_zero(make_data):
    """Nothing unsorted in April: it fell by all of it; February before January's silence is compared with nothing."""
    ledger = [*LEDGER, *paid("apr", "2026-04-02", "fuel", 10)]
    data = make_data(accounts=ACCOUNTS, ledger=ledger)
    row = books.expense_audit(data, Period.parse("2026-04")).set_index("category").loc["Unsorted"]
    assert row[["amount", "previous", "variance_share", "uncategorised"]].tolist() == [0, 125, -1, 0]


def test_bank_is_compared_on_the_day_of_its_last_statement(make_data):
    """On the 21st the ledger holds 625: the statement says 600, whatever was paid on later days."""
    bank = [
        {"account": "bank", "date": "2026-03-21", "balance": 600},
        {"account": "bank", "date": "2026-02-21", "balance": 5},
        {"account": "bank", "date": "2026-04-30", "balance": 1},
        {"account": "safe", "date": "2026-03-31", "balance": 0.25},
    ]
    data = make_data(accounts=ACCOUNTS, ledger=LEDGER, bank=bank)
    table = books.reconciliation(data, MARCH)
    assert table.columns.tolist() == ["account", "name", "statement_on", "bank", "ledger", "difference"]
    assert table[["account", "bank", "ledger", "difference"]].values.tolist() == [
        ["bank", 600, 625, -25], ["safe", 0.25, 0, 0.25],
    ]  # fmt: skip
    measure = books.bank_difference(data, MARCH)
    assert measure.value == -24.75 and measure.rows["contribution"].tolist() == [-25, 0.25]


def test_an_account_without_statement_is_not_known(make_data):
    """It is listed, and nothing is claimed of it."""
    data = make_data(accounts=ACCOUNTS, ledger=LEDGER, bank=[{"account": "safe", "date": "2026-03-31", "balance": 2}])
    table = books.reconciliation(data, MARCH).set_index("account")
    assert table.loc["bank", ["bank", "ledger", "difference"]].isna().all()
    assert books.bank_difference(data, MARCH).value == 2 and len(books.bank_difference(data, MARCH).rows) == 1
    assert books.bank_difference(data, MARCH.previous()).note == "no bank statement"


def test_controls_that_work_are_a_share_of_all(make_data):
    """One of four works; the rows name them."""
    states = ("working", "partial", "missing", "partial")
    data = make_data(systems=[{"control": str(n), "status": state} for n, state in enumerate(states)])
    measure = books.controls_working(data, MARCH)
    assert measure.value == 0.25 and {"control", "title", "status"} <= set(measure.rows)


def test_absent_tables_give_unknown_and_empty(make_data):
    """Nothing raises without books, and no figure is zero."""
    data = make_data()
    assert books.trial_balance_difference(data, MARCH).note == "no ledger entry"
    assert books.bank_difference(data, MARCH).note == "no bank statement"
    assert books.controls_working(data, MARCH).note == "no control registered"
    for metric in (books.total_expense, books.flagged_expense):
        assert metric(data, MARCH).note == "no ledger entry in March 2026"
    audit = books.expense_audit(data, MARCH)
    assert (
        audit.columns.tolist() == ["category", *FLAGGED]
        and not len(audit)
        and not len(books.trial_balance(data, MARCH))
    )
