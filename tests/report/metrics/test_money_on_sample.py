"""Money on the sample data, computed a second time with plain Python over the CSV files."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.data import Data
from quarterdeck.report.findings import books as of_books
from quarterdeck.report.findings import money
from quarterdeck.report.metrics import books, cash, customers, deferred, margin

FOLDER = Path(__file__).parents[3] / "data"
OCTOBER, AS_OF = Period.parse("2026-10"), date(2026, 10, 31)
pytestmark = pytest.mark.skipif(not (FOLDER / "ledger.csv").is_file(), reason="no sample data: run data/generate.py")


@pytest.fixture(scope="module")
def data() -> Data:
    """The sample data as of the end of October 2026."""
    return Data(FOLDER, as_of=AS_OF, trusted=True)


def rows(name: str) -> list[dict[str, str]]:
    """A CSV as dictionaries of text."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def entries() -> list[tuple[str, set[str], float]]:
    """Month, roles and change in cash of each journal entry."""
    role = {row["account"]: row["role"] for row in rows("accounts")}
    month, roles, change = {}, defaultdict(set), defaultdict(float)
    for line in rows("ledger"):
        month[line["entry"]] = line["date"][:7]
        roles[line["entry"]].add(role[line["account"]])
        change[line["entry"]] += float(line["amount"]) * (role[line["account"]] == "cash")
    return [(month[entry], roles[entry], round(change[entry], 2)) for entry in month]


def test_burn_and_cash_agree_with_a_loop_over_the_ledger(data):
    """Gross and net burn of October, and cash at its end."""
    outside = {"equity", "draw", "loan", "fixed_asset"}
    moved = [change for month, roles, change in entries() if month == "2026-10" and not roles & outside]
    assert cash.gross_burn(data, OCTOBER).value == pytest.approx(-sum(change for change in moved if change < 0))
    assert cash.net_burn(data, OCTOBER).value == pytest.approx(-sum(moved))
    assert cash.cash(data, OCTOBER).value == pytest.approx(sum(change for _, _, change in entries()))


def test_break_even_agrees_with_a_loop_and_with_the_business(data):
    """About 6 charters a month, at a gross burn of about 7,000 to 9,000."""
    accounts = {row["account"]: row for row in rows("accounts")}
    fixed = earned = 0.0
    for line in rows("ledger"):
        account, amount = accounts[line["account"]], float(line["amount"])
        if account["role"] in ("direct", "overhead", "uncategorised"):
            fixed += amount * (account["behaviour"] == "fixed" and line["date"] >= "2026-08-01")
            earned -= amount * (account["behaviour"] == "variable" and line["entity"] == "jada")
        earned -= amount * (account["role"] == "revenue" and line["entity"] == "jada")
    sold = sum(
        float(row["quantity"])
        for row in rows("bookings")
        if row["entity"] == "jada" and not row["cancelled_on"] and "2025-11-01" <= row["ends_on"] <= "2026-10-31"
    )
    value = margin.break_even(data, OCTOBER, margin.flagship(data)).value
    assert value == pytest.approx(fixed / 3 / (earned / sold))
    assert 5.5 <= value <= 6.5 and 7000 <= cash.gross_burn(data, OCTOBER).value <= 9000


def test_trial_balance_balances(data):
    """Debits equal credits over the whole chart."""
    table = books.trial_balance(data, OCTOBER)
    assert len(table) == len(rows("accounts"))
    assert table["debit"].sum() == pytest.approx(table["credit"].sum())


def test_roll_forward_differs_from_the_ledger_only_where_a_finding_names_it(data):
    """Every month ties out but those since the finding's first."""
    (finding,) = of_books.deferred_difference(data, OCTOBER, AS_OF)
    table = deferred.roll_forward(data, OCTOBER, 12)
    off = table[table["difference"] != 0]
    assert off["month"].min() == finding.since[:7] and abs(off["difference"].iloc[-1]) == finding.money


def test_every_finding_can_be_acted_on(data):
    """Each has evidence, action, a due date after as-of or an agreed one, and ids are unique."""
    found = [finding for rule in (*money.RULES, *of_books.RULES) for finding in rule(data, OCTOBER, AS_OF)]
    assert len({finding.id for finding in found}) == len(found) > 5
    assert all(finding.evidence and finding.action and finding.due for finding in found)
    assert any(finding.id.startswith("rule-") and finding.since for finding in found)


def test_the_customers_subledger_ties_out_to_the_control_account(data):
    """Every entity's documents, added up by a loop over the ledger's receivable lines; the rest is a finding."""
    role, held = {row["account"]: row["role"] for row in rows("accounts")}, defaultdict(float)
    for line in rows("ledger"):
        held[line["entity"]] += float(line["amount"]) * (role[line["account"]] == "receivable")
    items = customers.open_items(data, AS_OF)
    owed = items.groupby("entity")["owed"].sum().to_dict()
    assert owed == {entity: pytest.approx(value) for entity, value in held.items() if round(value, 2)}
    assert not of_books.receivables_differ(data, OCTOBER, AS_OF)
    assert customers.owed_by_customers(data, OCTOBER).value == pytest.approx(sum(held.values()))


def test_delivered_and_ledger_revenue_tie_out_but_for_what_nobody_posted(data):
    """Twelve months: only the month without hauling revenue keeps a rest, and only October posts too early."""
    for month in OCTOBER.trailing(12):
        table = deferred.revenue_bridge(data, month)
        earned = sum(
            -float(line["amount"])
            for line in rows("ledger")
            if line["account"].startswith("4") and line["date"][:7] == month.name
        )
        assert table["ledger"].sum() == pytest.approx(earned)
        assert (table["other"].sum() != 0) == (month.name == "2026-04")
        assert (table["early"].sum() != 0) == (month == OCTOBER)
        forward = deferred.roll_forward(data, month, 1)
        assert table["deferred"].sum() == pytest.approx(-forward["recognised"].iloc[0])
