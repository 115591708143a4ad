"""The books against sums done by hand."""

from __future__ import annotations

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import books

MARCH = Period.parse("2026-03")
ACCOUNTS = [
    {"account": "bank", "name": "Bank", "type": "asset", "role": "cash", "category": "Cash"},
    {"account": "loan", "name": "Loan", "type": "liability", "role": "loan", "category": "Loan"},
    {"account": "fuel", "name": "Fuel", "type": "expense", "role": "direct", "category": "Fuel"},
    {"account": "misc", "name": "Unsorted", "type": "expense", "role": "uncategorised", "category": "Unsorted"},
    {"account": "idle", "name": "Idle", "type": "asset", "role": "prepaid", "category": "Prepaid"},
]


def paid(
    entry: str, day: str, account: str, amount: float, who: str = "Acme", document: str = "r1"
) -> list[dict[str, object]]:
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
    *paid("mar", "2026-03-02", "fuel", 100, document="r2"),
    *paid("far", "2026-03-20", "fuel", 100, document="r3"),
    *paid("odd", "2026-03-21", "misc", 80, who="", document=""),
    *paid("low", "2026-03-22", "misc", 20, who="", document=""),
    *paid("back", "2026-03-23", "fuel", -30),
]


def test_trial_balance_shows_every_account_and_balances(make_data):
    """Idle accounts too; debits equal credits."""
    data = make_data(accounts=ACCOUNTS, ledger=LEDGER)
    table = books.trial_balance(data, MARCH).set_index("account")
    assert len(table) == 5 and table.loc["idle", ["debit", "credit"]].isna().all()
    assert table["debit"].sum() == table["credit"].sum() == 1000
    assert table.loc["bank", "debit"] == 1000 - 370
    assert books.trial_balance_difference(data, MARCH).value == 0


def test_expenses_are_flagged_for_what_they_lack(make_data):
    """Paid again within 7 days is doubled; 80 without paper lacks a receipt, 20 does not; unsorted is uncategorised."""
    lines = books.expenses(make_data(accounts=ACCOUNTS, ledger=LEDGER), MARCH, 75).set_index("entry")
    assert lines.index[lines["duplicate"]].tolist() == ["mar"]
    assert lines.index[lines["no_receipt"]].tolist() == ["odd"]
    assert lines.index[lines["uncategorised"]].tolist() == ["odd", "low"]


def test_audit_compares_with_the_period_before_and_counts_flags(make_data):
    """Fuel went from 100 to 170 net of a refund; unsorted is new, so it has no share of change."""
    data = make_data(accounts=ACCOUNTS, ledger=LEDGER)
    table = books.expense_audit(data, MARCH).set_index("category")
    assert table.loc["Fuel", ["amount", "previous", "variance", "duplicate"]].tolist() == [170, 100, 70, 1]
    assert table.loc["Fuel", "variance_share"] == 0.7
    assert table.loc["Unsorted", "amount"] == 100 and table["variance_share"].isna()["Unsorted"]
    assert table["amount"].sum() == books.total_expense(data, MARCH).value == 270
    assert books.flagged_expense(data, MARCH).value == 100 + 80 + 20


def test_bank_is_compared_on_the_day_of_its_statement(make_data):
    """On the 21st the ledger holds 620: the statement says 600, whatever was paid on later days."""
    bank = [
        {"account": "bank", "date": "2026-03-21", "balance": 600},
        {"account": "bank", "date": "2026-04-30", "balance": 1},
    ]
    data = make_data(accounts=ACCOUNTS, ledger=LEDGER, bank=bank)
    row = books.reconciliation(data, MARCH).iloc[0]
    assert (row["ledger"], row["difference"]) == (620, -20)
    assert books.bank_difference(data, MARCH).value == -20


def test_an_account_without_statement_is_not_known(make_data):
    """It is listed, and nothing is claimed of it."""
    data = make_data(accounts=ACCOUNTS, ledger=LEDGER)
    assert books.reconciliation(data, MARCH)[["bank", "ledger", "difference"]].isna().all(axis=None)
    assert books.bank_difference(data, MARCH).value is None


def test_controls_that_work_are_a_share_of_all(make_data):
    """One of two works."""
    data = make_data(systems=[{"control": "a", "status": "working"}, {"control": "b", "status": "partial"}])
    assert books.controls_working(data, MARCH).value == 0.5


def test_absent_tables_give_unknown_and_empty(make_data):
    """Nothing raises without books, and no figure is zero."""
    data = make_data()
    for metric in (books.trial_balance_difference, books.bank_difference, books.total_expense, books.controls_working):
        assert metric(data, MARCH).value is None
    assert books.flagged_expense(data, MARCH).value is None
    assert not len(books.expense_audit(data, MARCH)) and not len(books.trial_balance(data, MARCH))
