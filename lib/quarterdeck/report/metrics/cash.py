"""Cash: burn, runway and what technology takes of it.

Burn follows the direct method of the cash-flow statement (ASC 230, IAS 7): operating entries only, each by the net
change that it makes on cash accounts. Entries that touch equity, owner's draws or fixed assets are financing or
investing as a whole; of one that touches a loan only the loan's part is, and interest paid with it is operating
(IAS 7.12); a transfer between cash accounts changes nothing.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pandas as pd

from ...model.period import Period
from ..data import Data, remembered
from ..measure import Measure
from .common import in_period, month_of, months, posted, postings, recorded

OPERATING = ("received", "paid")
FINANCING = ("equity", "draw", "fixed_asset")
STEPS = {
    "received": "Received from operations",
    "paid": "Paid for operations",
    "draw": "Owner's draws",
    "loan": "Loans",
    "fixed_asset": "Fixed assets",
    "equity": "Capital",
}
CASH_POSITIVE = "cash-positive: no end in sight at this pace"
"""Why a runway is not known when the business gains cash."""
LASTING = "over 5 years at this pace"
"""Why a runway that would not be read as one is not stated."""
_ENDLESS = {CASH_POSITIVE: "endless", LASTING: "over 5 years"}
MEAN_MONTHS = 3
"""Whole months that a monthly mean covers."""

_OF_A_YEAR = {"month": 1 / 12, "quarter": 1 / 4, "week": 7 / 365}


@remembered
def cash_moves(data: Data) -> pd.DataFrame:
    """Lines that say how entries change cash and why: `flow`, and `net`, what the entry changes by that flow.

    An entry that touches FINANCING is that as a whole: its cash lines, by the first of these. Of the others, what is
    borrowed or paid back is `loan` (the loan's lines, seen from cash), and the rest, interest included, `received`
    (above zero) or `paid`: the cash lines with the loan's beside them.
    """
    lines = postings(data, "counterparty", "memo")
    financed = lines[lines["role"].isin(FINANCING)].sort_values("role", key=lambda role: role.map(FINANCING.index))
    why = financed.drop_duplicates("entry").set_index("entry")["role"]
    lines = lines[
        lines["role"].isin(["cash", "loan"]) & lines["entry"].isin(lines.loc[lines["role"] == "cash", "entry"])
    ]
    lines = lines.assign(flow=lines["entry"].map(why).astype("str"))
    loans = lines[lines["flow"].isna() & (lines["role"] == "loan")]
    loans = loans.assign(amount=-loans["amount"], flow="loan")
    parts = [lines[lines["flow"].isna() | (lines["role"] == "cash")], loans]
    parts = [part.assign(net=part.groupby("entry")["amount"].transform("sum").round(2)) for part in parts]
    moves = pd.concat(parts, ignore_index=True)
    moves["flow"] = moves["flow"].fillna(moves["net"].gt(0).map({True: "received", False: "paid"}))
    return moves[moves["net"] != 0]


@remembered
def operating_cash(data: Data) -> pd.DataFrame:
    """Cash lines of operating entries, loan lines beside them; `net` is an entry's sum: below zero it paid."""
    moves = cash_moves(data)
    return moves[moves["flow"].isin(OPERATING)]


def cash_bridge(data: Data, period: Period) -> pd.DataFrame:
    """From opening to closing cash, as a cash-flow statement by the direct method: columns `step` and `amount`.

    The first row is cash at the period's start, the last the fact `cash` at its end and the sum of all others, which
    are STEPS. Without an entry in the period there is no bridge.
    """
    rows: list[tuple[str, float]] = []
    if recorded(data, [period]):
        before = cash(data, replace(period, end=period.start - timedelta(days=1))).value or 0.0
        sums = in_period(cash_moves(data), "date", period).groupby("flow")["amount"].sum().to_dict()
        steps = [(step, float(sums.get(flow, 0.0))) for flow, step in STEPS.items()]
        rows = [("Opening cash", before), *steps, ("Closing cash", cash(data, period).value or 0.0)]
    return pd.DataFrame(rows, columns=["step", "amount"])


def gross_burn(data: Data, period: Period) -> Measure:
    """Cash paid out by operating entries in the period, in money."""
    cash = operating_cash(data)
    return posted(data, cash[cash["net"] < 0], period, sign=-1)


def net_burn(data: Data, period: Period) -> Measure:
    """Gross burn less cash received, in money; below zero the business gained cash."""
    return posted(data, operating_cash(data), period, sign=-1)


@remembered
def cash(data: Data, period: Period) -> Measure:
    """Balance of all cash accounts at the period's end, from the ledger, in money."""
    lines = postings(data, "counterparty", "memo")
    lines = lines[(lines["role"] == "cash") & (lines["date"] <= period.end.isoformat())]
    return Measure.total(lines, "amount") if len(lines) else Measure.unknown("no cash in the ledger")


def mean_net_burn(data: Data, period: Period) -> Measure:
    """Net burn a month: the mean of the last 3 months that anybody recorded, in money."""
    return monthly_mean(data, operating_cash(data), period, sign=-1)


def monthly_mean(data: Data, lines: pd.DataFrame, period: Period, *, sign: int = 1) -> Measure:
    """The mean a month of ledger lines over those of the last 3 months that were recorded, in money."""
    known = [month.name for month in recorded(data, months(period, MEAN_MONTHS))]
    if not known:
        return Measure.unknown(f"no ledger entry in the {MEAN_MONTHS} months to {period.label}")
    lines = lines[month_of(lines, "date").isin(known)]
    return Measure.total(lines.assign(mean=lines["amount"] / len(known)), "mean", sign=sign)


def runway(data: Data, period: Period) -> Measure:
    """Months until cash is gone: cash at the period's end over the mean net burn; below zero it is overdrawn."""
    return _lasts(data, period, operating_cash(data), float("inf"))


def full_runway(data: Data, period: Period) -> Measure:
    """Runway when the owner's draws and debt service (loan entries that pay) leave cash as in the last 3 months too.

    Past five years it is not stated: a divisor near zero makes a number that nobody should plan with.
    """
    return _lasts(data, period, outflows(data), 60)


def outflows(data: Data) -> pd.DataFrame:
    """Cash lines of operations, of the owner's draws, and of loans as far as they are paid back."""
    moves = cash_moves(data)
    return moves[moves["flow"].isin([*OPERATING, "draw"]) | ((moves["flow"] == "loan") & (moves["net"] < 0))]


def _lasts(data: Data, period: Period, moves: pd.DataFrame, longest: float) -> Measure:
    """Cash over the mean a month that `moves` lose of it; the note says when the period before had no end."""
    now, before = (_left(data, one, moves, longest) for one in (period, period.previous()))
    words = _ENDLESS.get(before.note)
    said = f"{words} by the mean to {period.previous().label}"
    return replace(now, note=said) if words and now.value is not None else now


def _left(data: Data, period: Period, moves: pd.DataFrame, longest: float) -> Measure:
    held, burn = cash(data, period), monthly_mean(data, moves, period, sign=-1)
    if held.rows is None or burn.rows is None or held.value is None or burn.value is None:
        return Measure.unknown(held.note or burn.note)
    if burn.value <= 0:
        return Measure.unknown(CASH_POSITIVE)
    if held.value / burn.value > longest:
        return Measure.unknown(LASTING)
    return Measure.ratio(held.rows, "contribution", burn.rows, "contribution")


def monthly_cash(data: Data, period: Period) -> pd.DataFrame:
    """Columns month, received, paid, net_burn, cash at the month's end: the recorded ones of the last 12 months."""
    flows, rows = operating_cash(data), []
    for month in recorded(data, months(period, 12)):
        here = in_period(flows, "date", month)
        received, paid = here.loc[here["net"] > 0, "amount"].sum(), -here.loc[here["net"] < 0, "amount"].sum()
        rows.append((month.name, received, paid, paid - received, cash(data, month).value))
    return pd.DataFrame(rows, columns=["month", "received", "paid", "net_burn", "cash"])


def technology_cost(data: Data, period: Period) -> Measure:
    """Cloud bills of the period by service and the period's share of domain renewals, in money.

    Rows carry `item`: Email, Data transfer, Other cloud (by the service's name) or Domains (annual cost spread evenly
    over the year, for domains registered by then and not lapsed).
    """
    cloud = in_period(data.table("cloud_costs", ["date", "service", "amount"]), "date", period)
    if not len(cloud):
        return Measure.unknown(f"no cloud bill in {period.label}")
    item = pd.Series("Other cloud", index=cloud.index)
    item = item.mask(cloud["service"].str.contains("transfer|bandwidth", case=False), "Data transfer")
    item = item.mask(cloud["service"].str.contains(r"\bSES\b|e-?mail", case=False), "Email")
    domains = data.table("domains", ["domain", "registered_on", "expires_on", "annual_cost"])
    held = (domains["registered_on"] <= period.end.isoformat()) & (domains["expires_on"] >= period.start.isoformat())
    renewals = domains[held].rename(columns={"domain": "service", "annual_cost": "amount"})[["service", "amount"]]
    renewals = renewals.assign(item="Domains", amount=renewals["amount"] * _OF_A_YEAR[period.kind])
    return Measure.total(pd.concat([cloud.assign(item=item), renewals], ignore_index=True), "amount")


def technology_share(data: Data, period: Period) -> pd.DataFrame:
    """Columns item, amount, previous (the period before) and share of gross burn; empty when the bill is not known."""
    none = pd.DataFrame({"item": [], "contribution": []})
    sums = {}
    for column, one in (("amount", period), ("previous", period.previous())):
        rows = technology_cost(data, one).rows
        sums[column] = (none if rows is None else rows).groupby("item")["contribution"].sum()
    table = pd.DataFrame(sums).dropna(subset=["amount"])
    table["share_of_gross_burn"] = table["amount"] / (gross_burn(data, period).value or float("nan"))
    return table.rename_axis("item").sort_values("amount", ascending=False, kind="stable").reset_index()
