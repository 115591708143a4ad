"""Revenue recognition over the service date: contract liabilities from bookings, tied to the ledger.

The five steps of ASC 606 and IFRS 15: a booking is the contract, its service the one performance obligation, its
price (less refunds) the transaction price, allocated to it whole, recognised when the service has ended. Money
received before that is deferred revenue; what is kept of a cancelled booking is recognised on the day of cancellation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.period import Period
from ..measure import Measure
from .common import in_period, months, postings

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data

KINDS = ("deposits", "recognised", "refunds")


def movements(data: Data) -> pd.DataFrame:
    """Every change of deferred revenue that the bookings ask for: columns booking, entity, date, kind, amount.

    `kind` is deposits (advance money, positive), recognised or refunds (negative).
    """
    import pandas as pd

    rows = data.table("bookings").drop(columns=["customer", "channel", "asset", "quantity"])
    rows = rows.assign(closes=rows["cancelled_on"].fillna(rows["ends_on"]), refund=rows["refund"].fillna(0.0))
    deposit, balance = rows["deposit_on"] < rows["closes"], rows["balance_on"] < rows["closes"]
    held = rows["deposit"].where(deposit, 0.0) + (rows["price"] - rows["deposit"]).where(balance, 0.0)
    given = rows["refund"].where(rows["cancelled_on"].notna(), 0.0).clip(upper=held)
    parts = [
        _part(rows, "deposits", "deposit_on", rows["deposit"].where(deposit, 0.0)),
        _part(rows, "deposits", "balance_on", (rows["price"] - rows["deposit"]).where(balance, 0.0)),
        _part(rows, "refunds", "closes", -given),
        _part(rows, "recognised", "closes", given - held),
    ]
    return pd.concat(parts, ignore_index=True)


def _part(rows: pd.DataFrame, kind: str, day: str, amount: pd.Series[float]) -> pd.DataFrame:
    made = rows[["booking", "entity"]].assign(date=rows[day], kind=kind, amount=amount)
    return made[made["amount"] != 0]


def deposits_taken(data: Data, period: Period) -> Measure:
    """Money received in the period before its service was delivered, in money."""
    rows = movements(data)
    if not len(rows):
        return Measure.unknown("no booking with a deposit")
    return Measure.total(in_period(rows[rows["kind"] == "deposits"], "date", period), "amount")


def deferred_revenue(data: Data, period: Period) -> Measure:
    """Money held at the period's end for services still owed, from the bookings, in money."""
    rows = movements(data)
    if not len(rows):
        return Measure.unknown("no booking with a deposit")
    return Measure.total(rows[rows["date"] <= period.end.isoformat()], "amount")


def delivered(data: Data, period: Period) -> Measure:
    """What was earned: price less refund of bookings whose service ended in the period, not cancelled, in money."""
    rows = data.table("bookings", ["booking", "entity", "ends_on", "price", "refund", "cancelled_on"])
    if not len(rows):
        return Measure.unknown("no booking")
    ended = in_period(rows[rows["cancelled_on"].isna()], "ends_on", period)
    return Measure.total(ended.assign(earned=ended["price"] - ended["refund"].fillna(0.0)), "earned")


def deferred_in_ledger(data: Data, period: Period) -> Measure:
    """Balance of the ledger's deferred-revenue accounts at the period's end, in money."""
    lines = postings(data, "booking")
    lines = lines[(lines["role"] == "deferred_revenue") & (lines["date"] <= period.end.isoformat())]
    if not len(lines):
        return Measure.unknown("no deferred revenue in the ledger")
    return Measure.total(lines, "amount", sign=-1)


def roll_forward(data: Data, period: Period, count: int = 6) -> pd.DataFrame:
    """Month by month: opening, plus deposits, less recognised and refunds, is closing; the ledger beside it.

    Columns month, opening, deposits, recognised, refunds, closing, ledger and difference (ledger less closing;
    missing when the ledger holds no deferred revenue by then).
    """
    import pandas as pd

    moved, rows = movements(data), []
    for month in months(period, count):
        opening = moved.loc[moved["date"] < month.start.isoformat(), "amount"].sum()
        here = in_period(moved, "date", month)
        change = [here.loc[here["kind"] == kind, "amount"].sum() for kind in KINDS]
        closing, ledger = round(opening + sum(change), 2), deferred_in_ledger(data, month).value
        off = None if ledger is None else round(ledger - closing, 2)
        rows.append((month.name, opening, *change, closing, ledger, off))
    return pd.DataFrame(rows, columns=["month", "opening", *KINDS, "closing", "ledger", "difference"])


def deferred_gaps(data: Data, period: Period) -> pd.DataFrame:
    """Bookings that ledger and roll-forward hold differently: columns booking, expected, ledger, difference.

    The worst first. What ledger lines without a booking hold is one row with an empty booking, and stands against what
    the bookings asked for before the ledger began: the opening balance.
    """
    import pandas as pd

    end = period.end.isoformat()
    moved, lines = movements(data), postings(data, "booking")
    moved["booking"] = moved["booking"].where(moved["date"] >= lines["date"].min(), "")
    lines = lines[(lines["role"] == "deferred_revenue") & (lines["date"] <= end)]
    expected = moved[moved["date"] <= end].groupby("booking")["amount"].sum()
    ledger = -lines.assign(booking=lines["booking"].fillna("")).groupby("booking")["amount"].sum()
    table = pd.concat([expected.rename("expected"), ledger.rename("ledger")], axis=1).fillna(0.0)
    table = table.assign(difference=(table["ledger"] - table["expected"]).round(2))
    table = table[table["difference"] != 0].rename_axis("booking").reset_index()
    return table.sort_values(["difference", "booking"], key=lambda c: -c.abs() if c.name == "difference" else c)


def five_steps(data: Data, period: Period) -> pd.DataFrame:
    """The five steps with what the period held at each: columns step, what, count and amount (money)."""
    import pandas as pd

    rows = data.table("bookings", ["booked_on", "ends_on", "cancelled_on", "price", "deposit"])
    end = period.end.isoformat()
    live = rows[~(rows["cancelled_on"] <= end)]
    taken, done = in_period(live, "booked_on", period), in_period(live, "ends_on", period)
    owed = live[(live["ends_on"] > end) & (live["booked_on"] <= end)]
    steps = [
        ("1 Contract", "bookings taken and not cancelled", taken),
        ("2 Obligations", "services still owed", owed),
        ("3 Price", "prices of bookings taken", taken),
        ("4 Allocation", "one service a booking, so its whole price", taken),
        ("5 Recognition", "services that ended in the period", done),
    ]
    return pd.DataFrame(
        [(step, what, len(found), found["price"].sum()) for step, what, found in steps],
        columns=["step", "what", "bookings", "amount"],
    )
