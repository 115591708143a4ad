"""Profit by entity and a short balance sheet, from the ledger alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.period import Period
from ..measure import Measure
from .common import entity_names, in_period, months

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data

_SIDES = {"asset": "Assets", "liability": "Liabilities", "equity": "Equity"}


def by_entity(data: Data, period: Period, count: int = 12) -> pd.DataFrame:
    """Income statement by entity over the last `count` months: contribution costing (variable result before overhead).

    Columns: `entity` (id), `name`, `revenue`, `direct`, `contribution`, `margin` (share of revenue), `overhead`,
    `overhead_share` (share of all overhead), `profit`, `gap` (what lacks to zero). Overhead is every expense that is
    not direct, uncategorised ones too. Values are missing for an entity without a posting: unknown, not zero.
    """
    import pandas as pd

    lines = pd.concat([_result_lines(data, one) for one in months(period, count)], ignore_index=True)
    kind = lines["role"].where(lines["role"].isin(["revenue", "direct"]), "overhead")
    names = entity_names(data)
    table = pd.DataFrame({"entity": list(names), "name": list(names.values())})
    posted = table["entity"].isin(lines["entity"])
    for column, sign in (("revenue", -1.0), ("direct", 1.0), ("overhead", 1.0)):
        sums = lines[kind == column].groupby("entity")["amount"].sum() * sign
        table[column] = table["entity"].map(sums).astype("float64").fillna(0.0).where(posted)
    contribution = table["revenue"] - table["direct"]
    profit = contribution - table["overhead"]
    whole = table["overhead"].sum()
    table = table.assign(
        contribution=contribution,
        margin=(contribution / table["revenue"]).where(table["revenue"] > 0),
        overhead_share=table["overhead"] / whole if whole else float("nan"),
        profit=profit,
        gap=(-profit).clip(lower=0.0),
    )
    columns = ["entity", "name", "revenue", "direct", "contribution", "margin", "overhead", "overhead_share"]
    return table[[*columns, "profit", "gap"]].sort_values(["profit", "entity"], ignore_index=True)


def net_profit(data: Data, period: Period) -> Measure:
    """Revenue less all expenses posted in the period (accrual basis)."""
    lines = _result_lines(data, period)
    return Measure.total(lines, "amount", sign=-1) if len(lines) else Measure.unknown("nothing was posted")


def profitability_gap(data: Data, period: Period) -> Measure:
    """What entities that lost money in the period lack to zero, summed: one's profit does not hide another's loss."""
    lines = _result_lines(data, period)
    if not len(lines):
        return Measure.unknown("nothing was posted")
    losses = lines.groupby("entity")["amount"].sum().rename("loss").reset_index()
    return Measure.total(losses[losses["loss"] > 0], "loss")


def balance_sheet(data: Data, period: Period) -> pd.DataFrame:
    """Assets, liabilities and equity when the period ended and one period earlier; the two sides are equal.

    Columns: `side`, `line` (the accounts' category), `amount`, `previous`. The result so far is a line of equity.
    """
    import pandas as pd

    now, before = _balances(data, period), _balances(data, period.previous())
    rows: list[tuple[object, ...]] = []
    for side, title in _SIDES.items():
        part = now[now["type"] == side]
        earlier = before[before["type"] == side].groupby("category")["balance"].sum()
        sign = 1.0 if side == "asset" else -1.0
        for line, balance in part.groupby("category")["balance"].sum().items():
            rows.append((title, line, sign * balance, sign * float(earlier.get(line, 0.0))))
    if len(now):
        results = [-float(frame.loc[~frame["type"].isin(list(_SIDES)), "balance"].sum()) for frame in (now, before)]
        rows.append(("Equity", "Result to date", *results))
    return pd.DataFrame(rows, columns=["side", "line", "amount", "previous"])


def net_assets(data: Data, period: Period) -> Measure:
    """Assets less liabilities in the ledger when the period ended; the rows are the balances of the accounts."""
    balances = _balances(data, period)
    if not len(balances):
        return Measure.unknown("nothing was posted")
    return Measure.total(balances[balances["type"].isin(["asset", "liability"])], "balance")


def _result_lines(data: Data, period: Period) -> pd.DataFrame:
    """Ledger lines of a period on accounts of revenue and expense, with the account's role."""
    accounts = data.table("accounts", ["account", "type", "role"])
    ledger = in_period(data.table("ledger", ["line", "date", "entity", "account", "amount"]), "date", period)
    return ledger.merge(accounts[accounts["type"].isin(["revenue", "expense"])], on="account")


def _balances(data: Data, period: Period) -> pd.DataFrame:
    """Balance of each account when a period ended (debit positive), with name, type and category."""
    ledger = data.table("ledger", ["date", "account", "amount"])
    ledger = ledger[ledger["date"] <= period.end.isoformat()]
    sums = ledger.groupby("account")["amount"].sum().round(2).rename("balance").reset_index()
    return sums.merge(data.table("accounts", ["account", "name", "type", "category"]), on="account")
