"""The books: trial balance, bank reconciliation, and an audit of expenses."""

from __future__ import annotations

import pandas as pd

from ...model.period import Period
from ..data import Data
from ..measure import Measure
from .common import in_period, posted, recorded
from .margin import costs

FLAGS = ["uncategorised", "duplicate", "no_receipt"]


def balances(data: Data, period: Period) -> pd.DataFrame:
    """Each account posted until a period's end: columns account, balance (debit positive), name, type, category."""
    lines = data.table("ledger", ["date", "account", "amount"])
    lines = lines[lines["date"] <= period.end.isoformat()]
    sums = lines.groupby("account")["amount"].sum().round(2).rename("balance").reset_index()
    return sums.merge(data.table("accounts", ["account", "name", "type", "category"]), on="account")


def trial_balance(data: Data, period: Period) -> pd.DataFrame:
    """The whole chart of accounts at the period's end: columns account, name, type, debit, credit."""
    accounts = data.table("accounts", ["account", "name", "type"])
    balance = accounts["account"].map(balances(data, period).set_index("account")["balance"])
    return accounts.assign(debit=balance.where(balance > 0), credit=-balance.where(balance < 0))


def trial_balance_difference(data: Data, period: Period) -> Measure:
    """Debits less credits of all accounts at the period's end, in money; nothing else than zero is right."""
    rows = balances(data, period)
    return Measure.total(rows, "balance") if len(rows) else Measure.unknown("no ledger entry")


def reconciliation(data: Data, period: Period) -> pd.DataFrame:
    """Bank against ledger for each cash account at its last statement by the period's end.

    Columns account, name, statement_on, bank, ledger and difference (bank less ledger); an account without a
    statement has the first two only.
    """
    accounts = data.table("accounts", ["account", "name", "role"])
    bank = data.table("bank", ["account", "date", "balance"])
    bank = bank.rename(columns={"date": "statement_on", "balance": "bank"}).sort_values("statement_on")
    bank = bank[bank["statement_on"] <= period.end.isoformat()].drop_duplicates("account", keep="last")
    table = accounts.loc[accounts["role"] == "cash", ["account", "name"]].merge(bank, on="account", how="left")
    lines = data.table("ledger", ["date", "account", "amount"]).merge(bank, on="account")
    held = lines[lines["date"] <= lines["statement_on"]].groupby("account")["amount"].sum()
    table["ledger"] = table["account"].map(held).fillna(0.0).where(table["bank"].notna())
    return table.assign(difference=(table["bank"] - table["ledger"]).round(2))


def bank_difference(data: Data, period: Period) -> Measure:
    """Bank less ledger over all cash accounts, each at its last statement by the period's end, in money."""
    table = reconciliation(data, period).dropna(subset=["bank"])
    return Measure.total(table, "difference") if len(table) else Measure.unknown("no bank statement")


def expenses(data: Data, period: Period, receipt_minimum: float = 75) -> pd.DataFrame:
    """Expense lines of the period with the flags uncategorised, duplicate and no_receipt.

    Duplicate: an entry of the 7 days before has the same entity, account, counterparty and amount (a bill paid twice
    often comes with two documents). No receipt: `receipt_minimum` or more without a document.
    """
    lines = costs(data).sort_values(["date", "line"])
    before = lines.groupby(["entity", "account", "counterparty", "amount"])[["date", "entry"]].shift()
    near = (lines["date"] - before["date"]).dt.days <= 7
    lines = lines.assign(
        uncategorised=lines["role"] == "uncategorised",
        duplicate=near & (lines["entry"] != before["entry"]) & (lines["amount"] > 0),
        no_receipt=(lines["amount"] >= receipt_minimum) & lines["document"].isna(),
    )
    return in_period(lines, "date", period)


def expense_audit(data: Data, period: Period, receipt_minimum: float = 75) -> pd.DataFrame:
    """Expense by category: columns category, amount, previous, variance, variance_share, and counts of each flag.

    `previous` is the period before, missing when nobody recorded it; the share is missing where there was nothing.
    """
    table = expenses(data, period, receipt_minimum).groupby("category")[["amount", *FLAGS]].sum()
    earlier = in_period(costs(data), "date", period.previous()).groupby("category")["amount"].sum()
    if recorded(data, [period]):
        table = table.reindex(table.index.union(earlier.index), fill_value=0)
    nothing = 0.0 if recorded(data, [period.previous()]) else float("nan")
    previous = earlier.reindex(table.index, fill_value=nothing)
    variance = table["amount"] - previous
    table.insert(1, "previous", previous)
    table.insert(2, "variance", variance)
    table.insert(3, "variance_share", (variance / previous).where(previous > 0))
    return table.sort_values("amount", ascending=False, kind="stable").reset_index()


def total_expense(data: Data, period: Period) -> Measure:
    """All expenses posted in the period, in money."""
    return posted(data, costs(data), period)


def flagged_expense(data: Data, period: Period, receipt_minimum: float = 75) -> Measure:
    """Expenses of the period with any flag, each once, in money."""
    lines = expenses(data, period, receipt_minimum)
    return posted(data, lines[lines[FLAGS].any(axis=1)], period)


def controls_working(data: Data, period: Period) -> Measure:
    """Controls of the accounting system that work, over all; the register says only how it is today."""
    controls = data.table("systems", ["control", "title", "status"])
    return Measure.ratio(controls[controls["status"] == "working"], None, controls, None, note="no control registered")
