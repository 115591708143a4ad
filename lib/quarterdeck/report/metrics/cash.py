"""Cash: burn, runway and what technology takes of it.

Burn follows the direct method of the cash-flow statement (ASC 230, IAS 7): operating entries only, each by the net
change that it makes on cash accounts; equity, owner's draws, loans, fixed assets and transfers between cash
accounts are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.period import Period
from ..measure import Measure
from .common import in_period, month_of, months, postings, recorded

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data

FINANCING = ("equity", "draw", "loan", "fixed_asset")
CASH_POSITIVE = "cash-positive: no end in sight at this pace"
"""Why a runway is not known when the business gains cash."""

_OF_A_YEAR = {"month": 1 / 12, "quarter": 1 / 4, "week": 7 / 365}


def operating_cash(data: Data) -> pd.DataFrame:
    """Cash lines of operating entries; `net` is the entry's change in cash: below zero it paid, above it received."""
    lines = postings(data, "counterparty", "memo")
    is_cash = lines["role"] == "cash"
    financed = lines.loc[lines["role"].isin(FINANCING), "entry"]
    cash = lines[is_cash & lines["entry"].isin(lines.loc[~is_cash, "entry"]) & ~lines["entry"].isin(financed)]
    net = cash.groupby("entry", sort=False)["amount"].transform("sum").round(2)
    return cash.assign(net=net).drop(columns=["role", "category", "behaviour"])


def gross_burn(data: Data, period: Period) -> Measure:
    """Cash paid out by operating entries in the period, in money."""
    cash = operating_cash(data)
    return _flow(data, cash[cash["net"] < 0], period, -1)


def cash_received(data: Data, period: Period) -> Measure:
    """Cash taken in by operating entries in the period, in money."""
    cash = operating_cash(data)
    return _flow(data, cash[cash["net"] > 0], period, 1)


def net_burn(data: Data, period: Period) -> Measure:
    """Gross burn less cash received, in money; below zero the business gained cash."""
    return _flow(data, operating_cash(data), period, -1)


def _flow(data: Data, cash: pd.DataFrame, period: Period, sign: int) -> Measure:
    if not recorded(data, [period]):
        return Measure.unknown(f"no ledger entry in {period.label}")
    return Measure.total(in_period(cash, "date", period), "amount", sign=sign)


def cash(data: Data, period: Period) -> Measure:
    """Balance of all cash accounts at the period's end, from the ledger, in money."""
    lines = postings(data, "counterparty", "memo")
    lines = lines[(lines["role"] == "cash") & (lines["date"] <= period.end.isoformat())]
    return Measure.total(lines, "amount") if len(lines) else Measure.unknown("no cash in the ledger")


def mean_net_burn(data: Data, period: Period, count: int = 3) -> Measure:
    """Net burn a month: the mean of the last `count` months that anybody recorded, in money."""
    return monthly_mean(data, operating_cash(data), period, count, sign=-1)


def monthly_mean(data: Data, lines: pd.DataFrame, period: Period, count: int = 3, *, sign: int = 1) -> Measure:
    """The mean a month of ledger lines over the last `count` recorded months; contributions are shares of the mean."""
    known = [month.name for month in recorded(data, months(period, count))]
    if not known:
        return Measure.unknown(f"no ledger entry in the {count} months to {period.label}")
    lines = lines[month_of(lines, "date").isin(known)]
    return Measure.total(lines.assign(mean=lines["amount"] / len(known)), "mean", sign=sign)


def runway(data: Data, period: Period) -> Measure:
    """Months until cash is gone: cash at the period's end over the mean net burn of the last 3 months."""
    import pandas as pd

    held, burn = cash(data, period), mean_net_burn(data, period)
    if held.value is None or burn.value is None:
        return Measure.unknown(held.note or burn.note)
    if burn.value <= 0:
        return Measure.unknown(CASH_POSITIVE)
    assert held.rows is not None and burn.rows is not None
    parts = [held.rows.assign(part="numerator"), burn.rows.assign(part="denominator")]
    return Measure(held.value / burn.value, pd.concat(parts, ignore_index=True), "ratio")


def monthly_cash(data: Data, period: Period, count: int = 12) -> pd.DataFrame:
    """Columns month, received, paid, net_burn, cash at the month's end: the recorded months of the last `count`."""
    import pandas as pd

    flows = operating_cash(data)
    rows = []
    for month in recorded(data, months(period, count)):
        here = in_period(flows, "date", month)
        received, paid = here.loc[here["net"] > 0, "amount"].sum(), -here.loc[here["net"] < 0, "amount"].sum()
        rows.append((month.name, received, paid, paid - received, cash(data, month).value))
    return pd.DataFrame(rows, columns=["month", "received", "paid", "net_burn", "cash"])


def technology_cost(data: Data, period: Period) -> Measure:
    """Cloud bills of the period by service and the period's share of domain renewals, in money.

    Rows carry `item`: Email, Data transfer, Other cloud (by the service's name) or Domains (annual cost spread evenly
    over the year, for domains registered by then and not lapsed).
    """
    import pandas as pd

    cloud = in_period(data.table("cloud_costs", ["date", "service", "amount"]), "date", period)
    if not len(cloud):
        return Measure.unknown(f"no cloud bill in {period.label}")
    email = cloud["service"].str.contains(r"\bSES\b|e-?mail", case=False)
    transfer = cloud["service"].str.contains(r"transfer|bandwidth", case=False)
    item = pd.Series("Other cloud", index=cloud.index).mask(transfer, "Data transfer").mask(email, "Email")
    domains = data.table("domains", ["domain", "registered_on", "expires_on", "annual_cost"])
    held = (domains["registered_on"] <= period.end.isoformat()) & (domains["expires_on"] >= period.start.isoformat())
    names = domains[held]
    renewals = pd.DataFrame(
        {"service": names["domain"], "amount": names["annual_cost"] * _OF_A_YEAR[period.kind], "item": "Domains"}
    )
    return Measure.total(pd.concat([cloud.assign(item=item), renewals], ignore_index=True), "amount")


def technology_share(data: Data, period: Period) -> pd.DataFrame:
    """Columns item, amount, previous (the period before) and share of gross burn; empty when the bill is not known."""
    import pandas as pd

    made, before = technology_cost(data, period), technology_cost(data, period.previous())
    if made.rows is None:
        return pd.DataFrame(columns=["item", "amount", "previous", "share_of_gross_burn"])
    table = made.rows.groupby("item")["contribution"].sum().rename("amount").to_frame()
    if before.rows is not None:
        table["previous"] = before.rows.groupby("item")["contribution"].sum()
    else:
        table["previous"] = float("nan")
    burn = gross_burn(data, period).value
    table["share_of_gross_burn"] = table["amount"] / burn if burn else float("nan")
    return table.sort_values("amount", ascending=False).reset_index()
