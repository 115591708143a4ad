"""What clients agreed to pay, were billed and paid, by month of service; and what they owe, by age."""

from __future__ import annotations

from datetime import date

import pandas as pd

from ...model.period import Period
from ..data import Data, remembered
from ..measure import Measure
from .common import in_period, span

BUCKETS = ("current", "1–30", "31–60", "61–90", "90+")
STATES = ("missing", "expired", "unsigned", "not started", "expiring", "in force")
_NO_CLIENT = "no client in scope"


def contracted_rows(data: Data, months: list[str]) -> pd.DataFrame:
    """Fees agreed: `client`, `month`, `contract`, `service`, `monthly_fee`.

    A contract counts in full in every month with a day that it covers, until the client left; of two for one service in
    one month the later counts. An unsigned contract counts too, since the fee was agreed.
    """
    contracts = data.table("contracts", ["contract", "client", "service", "starts_on", "ends_on", "monthly_fee"])
    rows = contracts.merge(data.table("clients", ["client", "ended_on"]), on="client")
    rows = rows.merge(pd.DataFrame({"month": pd.Series(months, dtype="str")}), how="cross")
    first = pd.to_datetime(rows["month"], format="%Y-%m")
    stop = rows[["ends_on", "ended_on"]].min(axis=1)
    rows = rows[(rows["starts_on"] <= first + pd.offsets.MonthEnd(0)) & ~(stop < first)]
    rows = rows.sort_values(["month", "client", "service", "starts_on", "contract"], ignore_index=True)
    rows = rows.drop_duplicates(["client", "service", "month"], keep="last")
    return rows[["client", "month", "contract", "service", "monthly_fee"]]


@remembered
def billing(data: Data, period: Period) -> pd.DataFrame:
    """What each client agreed to, was billed and paid, by month of service that a period touches.

    Columns: `client`, `month`, `contracted`, `invoiced` (credit notes deducted), `collected` (so far, of those
    invoices), `gap` (contracted and not invoiced) and `beyond` (invoiced beyond the contract). Neither of the last two
    is ever negative, so that one client billed too much does not hide another billed too little.
    """
    keys, months = ["client", "month"], [str(month) for month in pd.period_range(period.start, period.end, freq="M")]
    invoices = data.table("invoices", ["invoice", "client", "month", "amount"])
    invoices = invoices[invoices["month"].isin(months)]
    paid = data.table("payments", ["invoice", "amount"]).merge(invoices[["invoice", *keys]], on="invoice")
    made = pd.DataFrame(
        {
            "contracted": contracted_rows(data, months).groupby(keys)["monthly_fee"].sum(),
            "invoiced": invoices.groupby(keys)["amount"].sum(),
            "collected": paid.groupby(keys)["amount"].sum(),
        }
    )
    made = made.fillna(0.0).rename_axis(keys).reset_index().sort_values(keys, ignore_index=True)
    gap = (made["contracted"] - made["invoiced"]).round(2)
    return made.assign(gap=gap.clip(lower=0.0), beyond=(-gap).clip(lower=0.0))


def billed(data: Data, period: Period, column: str) -> Measure:
    """A column of `billing` summed over the months of the period, whenever the invoices were sent."""
    known = data.table("invoices", ["month"])["month"]
    if not len(data.table("clients", ["client"])):
        return Measure.unknown(_NO_CLIENT)
    if column != "contracted" and period.end.isoformat()[:7] < min(known, default=""):
        return Measure.unknown("no invoice recorded by then")
    return Measure.total(billing(data, period), column)


def unbilled(data: Data, period: Period) -> pd.DataFrame:
    """Complete client months of twelve periods with a `gap` (see `billing`), since the first billed in scope."""
    known = data.table("invoices", ["month"])["month"]
    last = Period.latest_complete(_last_day(data, period)).name
    rows = billing(data, span(period))
    return rows[(rows["gap"] > 0) & rows["month"].between(min(known, default=""), last)].reset_index(drop=True)


@remembered
def open_invoices(data: Data, day: date) -> pd.DataFrame:
    """Invoices with a balance at a day's end: `paid`, `balance` (negative for credit), `days_overdue`, `bucket`."""
    rows = data.table("invoices", ["invoice", "client", "month", "issued_on", "due_on", "amount"])
    payments = data.table("payments", ["invoice", "paid_on", "amount"])
    paid = payments[payments["paid_on"] <= day.isoformat()].groupby("invoice")["amount"].sum()
    rows = rows[rows["issued_on"] <= day.isoformat()]
    rows = rows.assign(
        paid=rows["invoice"].map(paid).fillna(0.0), days_overdue=(pd.Timestamp(day) - rows["due_on"]).dt.days
    )
    bucket = pd.cut(rows["days_overdue"], [-float("inf"), 0, 30, 60, 90, float("inf")], labels=list(BUCKETS))
    rows = rows.assign(balance=(rows["amount"] - rows["paid"]).round(2), bucket=bucket.astype(str))
    return rows[rows["balance"] != 0].reset_index(drop=True)


def _last_day(data: Data, period: Period) -> date:
    return min(period.end, data.as_of or period.end)


def _owed(data: Data, period: Period) -> pd.DataFrame:
    return open_invoices(data, _last_day(data, period))


def receivables(data: Data, period: Period) -> Measure:
    """What clients owed at the end of the period, credit notes deducted."""
    if not (data.table("invoices", ["issued_on"])["issued_on"] <= period.end.isoformat()).any():
        return Measure.unknown("nothing billed yet")
    return Measure.total(_owed(data, period), "balance")


def dso(data: Data, period: Period) -> Measure:
    """Days sales outstanding: receivables at the end of the period over sales invoiced in it, times its days.

    The Credit Research Foundation's formula; sales are less credit notes, and not known where these outweigh them.
    """
    owed = _owed(data, period)
    owed = owed.assign(balance_days=owed["balance"] * period.days)
    sales = in_period(data.table("invoices", ["invoice", "client", "issued_on", "amount"]), "issued_on", period)
    sales = sales if sales["amount"].sum() > 0 else sales.head(0)
    return Measure.ratio(owed, "balance_days", sales, "amount", note="nothing invoiced in the period")


def ageing(data: Data, period: Period) -> pd.DataFrame:
    """What each client owed at the period's end by days overdue: `client`, the buckets, `total`; most owed first."""
    rows = _owed(data, period)
    made = rows.pivot_table(index="client", columns="bucket", values="balance", aggfunc="sum", fill_value=0.0)
    made = made.reindex(columns=list(BUCKETS), fill_value=0.0).rename_axis(columns=None)
    made = made.assign(total=made.sum(axis=1)).reset_index()
    return made.sort_values(["total", "client"], ascending=[False, True], ignore_index=True)


def _paid_days(data: Data, period: Period) -> pd.DataFrame:
    rows = in_period(data.table("payments", ["payment", "invoice", "paid_on", "amount"]), "paid_on", period)
    rows = rows[rows["amount"] > 0].merge(data.table("invoices", ["invoice", "client", "issued_on"]), on="invoice")
    return rows.assign(money_days=rows["amount"] * (rows["paid_on"] - rows["issued_on"]).dt.days)


def days_to_pay(data: Data, period: Period) -> Measure:
    """Payment velocity: mean days from invoice to payment of the money received in the period, weighted by amount."""
    rows = _paid_days(data, period)
    return Measure.ratio(rows, "money_days", rows, "amount", note="no payment in the period")


def velocity(data: Data, period: Period) -> pd.DataFrame:
    """Days to pay by client in the last three periods (`now`) and in the three before (`before`), with the `change`."""
    made = pd.DataFrame()
    for name, last in (("now", period), ("before", period.previous(3))):
        sums = _paid_days(data, span(last, 3)).groupby("client")[["money_days", "amount"]].sum()
        made = made.join((sums["money_days"] / sums["amount"]).rename(name), how="outer")
    made = made.assign(change=made["now"] - made["before"]).rename_axis("client").reset_index()
    return made.sort_values(["now", "client"], ascending=[False, True], ignore_index=True)


@remembered
def silent_payers(data: Data, period: Period) -> pd.DataFrame:
    """Clients that owe and paid nothing in the last three periods, whom `velocity` cannot show; longest wait first.

    Columns: `client`, `owed`, `waiting` (days at the period's end since the oldest invoice still open was issued) and
    `last_paid`, missing when they never paid.
    """
    day = _last_day(data, period)
    owed = _owed(data, period)
    billed, total = owed[owed["balance"] > 0].groupby("client"), owed.groupby("client")["balance"].sum()
    payments = data.table("payments", ["invoice", "paid_on", "amount"])
    paid = payments[(payments["amount"] > 0) & (payments["paid_on"] <= day.isoformat())]
    paid = paid.merge(data.table("invoices", ["invoice", "client"]), on="invoice")
    made = pd.DataFrame({"owed": total[total > 0], "waiting": (pd.Timestamp(day) - billed["issued_on"].min()).dt.days})
    made = made.dropna(subset="owed").join(paid.groupby("client")["paid_on"].max().rename("last_paid"))
    made = made[~(made["last_paid"] >= span(period, 3).start.isoformat())].rename_axis("client").reset_index()
    return made.sort_values(["waiting", "client"], ascending=[False, True], ignore_index=True)


def money_recoverable(data: Data, period: Period) -> Measure:
    """What asking for it could bring now: overdue balances, and service under contract that was not billed."""
    if not len(data.table("clients", ["client"])):
        return Measure.unknown(_NO_CLIENT)
    owed = _owed(data, period)
    owed = owed[owed["days_overdue"] > 0].rename(columns={"balance": "recoverable"}).assign(why="overdue")
    gaps = unbilled(data, period).rename(columns={"gap": "recoverable"}).assign(why="not billed")
    columns = ["why", "client", "month", "invoice", "recoverable"]
    return Measure.total(pd.concat([owed, gaps]).reindex(columns=columns), "recoverable")


def contract_register(data: Data, day: date, expiring_days: int = 60) -> pd.DataFrame:
    """Contract of each client served on a day: `state`, `monthly_fee`, `ends_on`, `days_left`, `billed` in a year.

    It is the one that runs on the day, else the next to start, else the last that ended; of several the latest.
    `state` is the worst that holds of missing, expired, unsigned, not started, expiring (ends within `expiring_days`
    and none follows) and in force.
    """
    clients = data.table("clients", ["client", "entity", "name", "since", "ended_on"])
    clients = clients[~(clients["ended_on"] <= day.isoformat())].sort_values("client")
    contracts = data.table("contracts", ["client", "contract", "starts_on", "ends_on", "signed_on", "monthly_fee"])
    contracts = contracts.sort_values(["ends_on", "starts_on", "contract"])
    today = pd.Timestamp(day)
    ended, ahead = contracts["ends_on"] < today, contracts["starts_on"] > today
    coming = contracts[ahead].sort_values(["starts_on", "contract"]).iloc[::-1]
    ranked = pd.concat([contracts[ended], coming, contracts[~ended & ~ahead]]).drop_duplicates("client", keep="last")
    rows = clients.merge(ranked, on="client", how="left")
    left = (rows["ends_on"] - today).dt.days
    followed = rows["client"].isin(coming.loc[coming["signed_on"].notna(), "client"])
    state = pd.Series("in force", index=rows.index).mask((left <= expiring_days) & ~followed, "expiring")
    state = state.mask(rows["starts_on"] > today, "not started").mask(rows["signed_on"].isna(), "unsigned")
    state = state.mask(left < 0, "expired")
    state = state.mask(rows["contract"].isna(), "missing")
    invoices = data.table("invoices", ["client", "issued_on", "amount"])
    recent = invoices[invoices["issued_on"] > (pd.Timestamp(day) - pd.DateOffset(years=1)).date().isoformat()]
    billed = rows["client"].map(recent.groupby("client")["amount"].sum()).fillna(0.0)
    rows = rows.assign(state=state, days_left=left, billed=billed)
    return rows.sort_values("state", key=lambda states: states.map(STATES.index), kind="stable", ignore_index=True)
