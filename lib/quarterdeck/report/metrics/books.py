"""The books: trial balance, bank reconciliation, and an audit of expenses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.period import Period
from ..measure import Measure
from .common import in_period, records
from .margin import costs

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data


def trial_balance(data: Data, period: Period) -> pd.DataFrame:
    """The whole chart of accounts at the period's end: columns account, name, type, debit, credit."""
    accounts = data.table("accounts", ["account", "name", "type"])
    balance = accounts["account"].map(_until(data, period).groupby("account")["amount"].sum()).fillna(0.0).round(2)
    return accounts.assign(debit=balance.where(balance > 0), credit=-balance.where(balance < 0))


def trial_balance_difference(data: Data, period: Period) -> Measure:
    """Debits less credits of all accounts at the period's end, in money; nothing else than zero is right."""
    lines = _until(data, period)
    if not len(lines):
        return Measure.unknown("no ledger entry")
    sums = lines.groupby("account")["amount"].sum().round(2)
    return Measure.total(sums.rename("balance").reset_index(), "balance")


def reconciliation(data: Data, period: Period) -> pd.DataFrame:
    """Bank against ledger for each cash account at its last statement by the period's end.

    Columns account, name, statement_on, bank, ledger and difference (bank less ledger); an account without a
    statement has the first two only.
    """
    accounts = data.table("accounts", ["account", "name", "role"])
    statements = data.table("bank", ["account", "date", "balance"]).sort_values("date")
    statements = statements[statements["date"] <= period.end.isoformat()].groupby("account").tail(1)
    table = accounts[accounts["role"] == "cash"][["account", "name"]].merge(statements, on="account", how="left")
    lines = data.table("ledger", ["date", "account", "amount"])
    ledger = [
        lines.loc[(lines["account"] == row.account) & (lines["date"] <= row.date), "amount"].sum()
        for row in records(table)
    ]
    table = table.rename(columns={"date": "statement_on", "balance": "bank"}).assign(ledger=ledger)
    table["ledger"] = table["ledger"].where(table["bank"].notna())
    return table.assign(difference=(table["bank"] - table["ledger"]).round(2))


def bank_difference(data: Data, period: Period) -> Measure:
    """Bank less ledger over all cash accounts at the period's end, in money."""
    table = reconciliation(data, period).dropna(subset=["bank"])
    if not len(table):
        return Measure.unknown("no bank statement")
    return Measure.total(table.assign(difference=table["bank"] - table["ledger"]), "difference")


def expenses(data: Data, period: Period, receipt_minimum: float = 75) -> pd.DataFrame:
    """Expense lines of the period with the flags uncategorised, duplicate and no_receipt.

    Duplicate: an entry of the 7 days before has the same entity, account, counterparty and amount (a bill paid twice
    often comes with two documents). No receipt: `receipt_minimum` or more without a document.
    """
    lines = costs(data)
    key = ["entity", "account", "counterparty", "amount"]
    lines = lines.sort_values(["date", "line"], kind="stable")
    before = lines.groupby(key, dropna=False, sort=False)[["date", "entry"]].shift()
    near = (lines["date"] - before["date"]).dt.days <= 7
    lines = lines.assign(
        uncategorised=lines["role"] == "uncategorised",
        duplicate=near & (lines["entry"] != before["entry"]) & lines["counterparty"].notna(),
        no_receipt=(lines["amount"] >= receipt_minimum) & lines["document"].isna(),
    )
    return in_period(lines, "date", period)


def expense_audit(data: Data, period: Period, receipt_minimum: float = 75) -> pd.DataFrame:
    """Expense by category: columns category, amount, previous, variance, variance_share, and counts of each flag.

    Month on month: `previous` is the period before; the share is missing where there was nothing before.
    """
    now, before = expenses(data, period, receipt_minimum), expenses(data, period.previous(), receipt_minimum)
    table = now.groupby("category").agg(
        amount=("amount", "sum"),
        uncategorised=("uncategorised", "sum"),
        duplicate=("duplicate", "sum"),
        no_receipt=("no_receipt", "sum"),
    )
    earlier = before.groupby("category")["amount"].sum()
    table = table.reindex(table.index.union(earlier.index)).fillna(0)
    table["previous"] = earlier.reindex(table.index).fillna(0)
    table["variance"] = table["amount"] - table["previous"]
    table["variance_share"] = (table["variance"] / table["previous"]).where(table["previous"] > 0)
    columns = ["amount", "previous", "variance", "variance_share", "uncategorised", "duplicate", "no_receipt"]
    return table[columns].sort_values("amount", ascending=False, kind="stable").reset_index()


def total_expense(data: Data, period: Period) -> Measure:
    """All expenses posted in the period, in money."""
    lines = in_period(costs(data), "date", period)
    return Measure.total(lines, "amount") if len(lines) else Measure.unknown(f"no expense in {period.label}")


def flagged_expense(data: Data, period: Period, receipt_minimum: float = 75) -> Measure:
    """Expenses of the period with any flag, each once, in money."""
    lines = expenses(data, period, receipt_minimum)
    if not len(lines):
        return Measure.unknown(f"no expense in {period.label}")
    return Measure.total(lines[lines["uncategorised"] | lines["duplicate"] | lines["no_receipt"]], "amount")


def controls_working(data: Data, period: Period) -> Measure:
    """Controls of the accounting system that work, over all; the register says only how it is today."""
    controls = data.table("systems", ["control", "title", "status"])
    return Measure.ratio(controls[controls["status"] == "working"], None, controls, None, note="no control registered")


def _until(data: Data, period: Period) -> pd.DataFrame:
    lines = data.table("ledger", ["date", "account", "amount"])
    return lines[lines["date"] <= period.end.isoformat()]
