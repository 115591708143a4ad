"""Revenue recognition over the service date: contract liabilities from bookings, tied to the ledger.

The five steps of ASC 606 and IFRS 15: a booking is the contract, its service the one performance obligation, its
price (less refunds) the transaction price, allocated to it whole, recognised when the service has ended. Money
received before that is deferred revenue; what is kept of a cancelled booking is recognised on the day of cancellation.
"""

from __future__ import annotations

import pandas as pd

from ...model.period import Period
from ..data import Data, remembered
from ..measure import Measure
from .common import entity_names, in_period, months, postings, services_ended
from .coverage import coverage

KINDS = ("deposits", "recognised", "refunds")


@remembered
def movements(data: Data) -> pd.DataFrame:
    """Every change of deferred revenue that the bookings ask for: columns booking, entity, date, kind, amount.

    `kind` is deposits (advance money, positive), recognised or refunds (negative).
    """
    rows = data.table("bookings")
    closes = rows["cancelled_on"].fillna(rows["ends_on"])
    deposit = rows["deposit"].where(rows["deposit_on"] < closes, 0.0)
    rest = (rows["price"] - rows["deposit"]).where(rows["balance_on"] < closes, 0.0)
    given = rows["refund"].where(rows["cancelled_on"].notna()).fillna(0.0).clip(upper=deposit + rest)
    moves = [
        ("deposits", rows["deposit_on"], deposit),
        ("deposits", rows["balance_on"], rest),
        ("refunds", closes, -given),
        ("recognised", closes, given - deposit - rest),
    ]
    parts = [rows[["booking", "entity"]].assign(date=day, kind=kind, amount=amount) for kind, day, amount in moves]
    made = pd.concat(parts, ignore_index=True)
    return made[made["amount"] != 0]


def deposits_taken(data: Data, period: Period) -> Measure:
    """Money received in the period before its service was delivered, in money."""
    rows = movements(data)
    return _advance(rows, in_period(rows[rows["kind"] == "deposits"], "date", period))


def deferred_revenue(data: Data, period: Period) -> Measure:
    """Money held at the period's end for services still owed, from the bookings, in money."""
    rows = movements(data)
    return _advance(rows, rows[rows["date"] <= period.end.isoformat()])


def _advance(rows: pd.DataFrame, some: pd.DataFrame) -> Measure:
    return Measure.total(some, "amount") if len(rows) else Measure.unknown("no booking was paid in advance")


def delivered(data: Data, period: Period) -> Measure:
    """What was earned: price less refund of bookings whose service ended in the period, not cancelled, in money."""
    if not len(data.table("bookings", ["booking"])):
        return Measure.unknown("no booking")
    return Measure.total(services_ended(data, period), "earned")


def deferred_in_ledger(data: Data, period: Period) -> Measure:
    """Balance of the ledger's deferred-revenue accounts at the period's end, in money."""
    lines = _deferred_lines(data, period)
    return Measure.total(lines, "amount", sign=-1) if len(lines) else Measure.unknown("none in the ledger")


@remembered
def _deferred_lines(data: Data, period: Period) -> pd.DataFrame:
    lines = postings(data, "booking")
    return lines[(lines["role"] == "deferred_revenue") & (lines["date"] <= period.end.isoformat())]


@remembered
def roll_forward(data: Data, period: Period, count: int = 6) -> pd.DataFrame:
    """Month by month: opening, plus deposits, less recognised and refunds, is closing; the ledger beside it.

    Columns month, opening, deposits, recognised, refunds, closing, ledger and difference (ledger less closing;
    missing when the ledger holds no deferred revenue by then).
    """
    moved, rows = movements(data), []
    for month in months(period, count):
        opening = moved.loc[moved["date"] < month.start.isoformat(), "amount"].sum()
        here = in_period(moved, "date", month)
        change = [here.loc[here["kind"] == kind, "amount"].sum() for kind in KINDS]
        ledger = deferred_in_ledger(data, month).value
        rows.append((month.name, opening, *change, round(opening + sum(change), 2), ledger))
    table = pd.DataFrame(rows, columns=["month", "opening", *KINDS, "closing", "ledger"])
    table["ledger"] = table["ledger"].astype("float64")
    return table.assign(difference=(table["ledger"] - table["closing"]).round(2))


def deferred_gaps(data: Data, period: Period) -> pd.DataFrame:
    """Bookings that ledger and roll-forward hold differently: columns booking, expected, ledger, difference.

    The worst first. What ledger lines without a booking hold is one row with an empty booking, and stands against what
    the bookings asked for before the ledger began: the opening balance.
    """
    moved, began = movements(data), data.table("ledger", ["date"])["date"].min()
    moved["booking"] = moved["booking"].where(moved["date"] >= began, "")
    moved = moved[moved["date"] <= period.end.isoformat()]
    lines = _deferred_lines(data, period).fillna({"booking": ""})
    expected, ledger = (rows.groupby("booking")["amount"].sum() for rows in (moved, lines))
    table = pd.DataFrame({"expected": expected, "ledger": -ledger}).fillna(0.0).rename_axis("booking").reset_index()
    table = table.assign(difference=(table["ledger"] - table["expected"]).round(2))
    table = table[table["difference"] != 0]
    return table.sort_values("difference", key=lambda off: -off.abs(), kind="stable", ignore_index=True)


def five_steps(data: Data, period: Period) -> pd.DataFrame:
    """The five steps with what the period held at each: columns step, what, bookings (count) and amount (money)."""
    live, end = data.table("bookings", ["booked_on", "ends_on", "cancelled_on", "price"]), period.end.isoformat()
    live = live[~(live["cancelled_on"] <= end)]
    taken = in_period(live, "booked_on", period)["price"]
    owed = live.loc[(live["ends_on"] > end) & (live["booked_on"] <= end), "price"]
    steps = [
        ("1 Contract", "bookings taken and not cancelled", taken),
        ("2 Obligations", "services still owed", owed),
        ("3 Price", "prices of bookings taken", taken),
        ("4 Allocation", "one service a booking, so its whole price", taken),
        ("5 Recognition", "services that ended in the period, less refunds", services_ended(data, period)["earned"]),
    ]
    rows = [(step, what, len(amounts), amounts.sum()) for step, what, amounts in steps]
    return pd.DataFrame(rows, columns=["step", "what", "bookings", "amount"])


def early_revenue(data: Data, period: Period) -> Measure:
    """Revenue in the ledger at the period's end for bookings whose service had not ended by then, in money."""
    bookings = data.table("bookings", ["booking", "cancelled_on", "ends_on"])
    if not len(bookings):
        return Measure.unknown("no booking")
    closes = bookings["cancelled_on"].fillna(bookings["ends_on"])
    ahead = bookings.loc[~(closes <= period.end.isoformat()), "booking"]
    lines = postings(data, "booking", "counterparty", "memo")
    lines = lines[(lines["role"] == "revenue") & (lines["date"] <= period.end.isoformat())]
    return Measure.total(lines[lines["booking"].isin(ahead)], "amount", sign=-1)


def revenue_bridge(data: Data, period: Period) -> pd.DataFrame:
    """From service delivered to the ledger's revenue, by entity.

    Columns entity (name), delivered, kept, billed, early, other, ledger and deferred: `kept` stays of bookings
    cancelled in the period, `billed` are invoices issued and jobs delivered, `early` is revenue posted before its
    service, `other` what none of these explains (below zero: sales that nobody posted), and `ledger` their sum.
    `deferred` is the part of delivered and kept that was paid in advance: what the roll-forward recognises.
    """
    moved, early = in_period(movements(data), "date", period), early_revenue(data, period).rows
    moved = moved[moved["kind"] == "recognised"]
    cancelled = data.table("bookings", ["booking", "cancelled_on"]).dropna(subset="cancelled_on")["booking"]
    cells = coverage(data, [period]).set_index("entity")
    sums = {
        "delivered": services_ended(data, period).groupby("entity")["earned"].sum(),
        "kept": -moved[moved["booking"].isin(cancelled)].groupby("entity")["amount"].sum(),
        "early": None if early is None else in_period(early, "date", period).groupby("entity")["contribution"].sum(),
        "deferred": -moved.groupby("entity")["amount"].sum(),
    }
    columns = ["delivered", "kept", "billed", "early", "other", "ledger", "deferred"]
    names = entity_names(data)
    table = pd.DataFrame({name: part for name, part in sums.items() if part is not None}).reindex(list(names))
    table = table.assign(billed=cells["sold"], ledger=cells["recorded"]).reindex(columns=columns).fillna(0.0)
    table["billed"] -= table["delivered"]
    table["other"] = table["ledger"] - table[["delivered", "kept", "billed", "early"]].sum(axis=1)
    table = table.round(2)[(table.round(2) != 0).any(axis=1)]
    return table.rename(index=names).rename_axis("entity").reset_index()
