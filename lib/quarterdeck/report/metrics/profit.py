"""Profit by entity and a short balance sheet, from the ledger alone."""

from __future__ import annotations

import pandas as pd

from ...model.period import Period
from ..data import Data
from ..measure import Measure
from .books import balances
from .common import entity_names, in_period, months, posted, postings, span

_SIDES = {"asset": "Assets", "liability": "Liabilities", "equity": "Equity"}
_ORDER = {"asset": 0, "liability": 1, "equity": 2}


def by_entity(data: Data, period: Period, count: int = 12) -> pd.DataFrame:
    """Income statement by entity over the last `count` whole months: revenue, direct cost, contribution, overhead.

    Columns: `entity` (id), `name`, `revenue`, `direct`, `contribution`, `margin` (share of revenue), `overhead`,
    `overhead_share` (share of all overhead), `profit`, `gap` (what lacks to zero). Overhead is every expense that is
    not direct, uncategorised ones too. Values are missing for an entity without a posting: unknown, not zero.
    """
    lines = in_period(_result_lines(data), "date", span(months(period, 1)[0], count))
    kind = lines["role"].where(lines["role"].isin(["revenue", "direct"]), "overhead")
    sums = lines.groupby(["entity", kind])["amount"].sum().unstack().reindex(columns=["revenue", "direct", "overhead"])
    names = entity_names(data)
    sums = sums.fillna(0.0).reindex(list(names))
    revenue, contribution = 0.0 - sums["revenue"], 0.0 - sums["revenue"] - sums["direct"]
    profit, whole = contribution - sums["overhead"], sums["overhead"].sum()
    table = pd.DataFrame(
        {
            "name": pd.Series(names),
            "revenue": revenue,
            "direct": sums["direct"],
            "contribution": contribution,
            "margin": (contribution / revenue).where(revenue > 0),
            "overhead": sums["overhead"],
            "overhead_share": sums["overhead"] / (whole or float("nan")),
            "profit": profit,
            "gap": (0.0 - profit).clip(lower=0.0),
        }
    )
    return table.rename_axis("entity").reset_index().sort_values(["profit", "entity"], ignore_index=True)


def net_profit(data: Data, period: Period) -> Measure:
    """Revenue less all expenses posted in the period (accrual basis), in money."""
    return posted(data, _result_lines(data), period, sign=-1)


def profitability_gap(data: Data, period: Period) -> Measure:
    """What entities that lost money in the period lack to zero, summed: one's profit does not hide another's loss."""
    result = net_profit(data, period)
    if result.rows is None:
        return result
    losses = result.rows.groupby("entity")["amount"].sum().rename("loss").reset_index()
    return Measure.total(losses[losses["loss"] > 0], "loss")


def balance_sheet(data: Data, period: Period) -> pd.DataFrame:
    """Assets, liabilities and equity when the period ended and one period earlier; the two sides are equal.

    Columns: `side`, `line` (the accounts' category), `amount`, `previous` (missing when the books began later). The
    result so far is a line of equity.
    """
    rows, before = balances(data, period), balances(data, period.previous()).set_index("account")["balance"]
    rows["previous"] = rows["account"].map(before).fillna(0.0 if len(before) else float("nan"))
    rows["side"] = rows["type"].map(_SIDES).fillna("Equity")
    rows["line"] = rows["category"].where(rows["type"].isin(list(_SIDES)), "Result to date")
    rows = rows.sort_values("type", key=lambda types: types.map(_ORDER), kind="stable")
    sums = rows.groupby(["side", "line"], sort=False)[["balance", "previous"]].sum(min_count=1)
    sums = sums.rename(columns={"balance": "amount"}).reset_index()
    for column in ("amount", "previous"):
        sums[column] = sums[column].where(sums["side"] == "Assets", 0.0 - sums[column])
    return sums


def net_assets(data: Data, period: Period) -> Measure:
    """Assets less liabilities in the ledger when the period ended; the rows are the balances of the accounts."""
    rows = balances(data, period)
    if not len(rows):
        return Measure.unknown("nothing was posted")
    return Measure.total(rows[rows["type"].isin(["asset", "liability"])], "balance")


def _result_lines(data: Data) -> pd.DataFrame:
    """Ledger lines on accounts of revenue and expense."""
    lines = postings(data)
    return lines[lines["type"].isin(["revenue", "expense"])]
