"""Nights sold and what they earned, by service date: the definitions of USALI (12th edition) and STR.

Cancelled stays are left out; room revenue is the agreed price before commission, less refunds, spread evenly over
a stay's nights; a night belongs to the day on which it begins.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ..measure import Measure
from .common import each_day, entities_of, in_period, span

if TYPE_CHECKING:
    import pandas as pd

    from ...model.period import Period
    from ..data import Data

_STAY = ["booking", "entity", "channel", "booked_on", "starts_on", "ends_on", "price", "refund", "cancelled_on"]


def stays(data: Data) -> pd.DataFrame:
    """Stays of lodging entities that were not cancelled, with `nights`, `last_night` and `revenue` (net of refunds)."""
    rows = data.table("bookings", _STAY)
    rows = rows[rows["entity"].isin(entities_of(data, "lodging")) & rows["cancelled_on"].isna()]
    nights = (rows["ends_on"] - rows["starts_on"]).dt.days.astype(float)
    last = rows["ends_on"] - timedelta(days=1)
    revenue = rows["price"] - rows["refund"].fillna(0.0)
    return rows.assign(nights=nights, last_night=last, revenue=revenue).drop(columns="cancelled_on")


def nights(data: Data, period: Period) -> pd.DataFrame:
    """One row for each night sold in a period: `booking`, `entity`, `channel`, `day`, `revenue` of that night."""
    rows = each_day(stays(data), "starts_on", "last_night", period)
    return rows.assign(revenue=rows["revenue"] / rows["nights"])[["booking", "entity", "channel", "day", "revenue"]]


def available(data: Data, period: Period) -> pd.DataFrame:
    """What each lodging entity could sell: `entity`, `available` (capacity times days open; missing without it)."""
    import pandas as pd

    rows = data.table("entities", ["entity", "kind", "capacity", "started_on"])
    rows = rows[rows["kind"] == "lodging"]
    opening = pd.Timestamp(period.start)
    first = rows["started_on"].mask(rows["started_on"] < opening, opening)
    days = ((pd.Timestamp(period.end) - first).dt.days + 1).clip(lower=0)
    return rows.assign(available=rows["capacity"] * days)[["entity", "available"]]


def occupancy(data: Data, period: Period) -> Measure:
    """Nights sold over nights available."""
    return _per_available(data, period, None)


def revpar(data: Data, period: Period) -> Measure:
    """Revenue per available room night: room revenue over nights available, the product of occupancy and ADR."""
    return _per_available(data, period, "revenue")


def adr(data: Data, period: Period) -> Measure:
    """Average daily rate: room revenue over nights sold."""
    sold = nights(data, period)
    return Measure.ratio(sold, "revenue", sold, None, note="no night sold in the period")


def revenue_per_booking(data: Data, period: Period) -> Measure:
    """Mean room revenue of the stays that ended in the period."""
    ended = in_period(stays(data), "ends_on", period)
    return Measure.ratio(ended, "revenue", ended, None, note="no stay ended in the period")


def lead_time(data: Data, period: Period) -> Measure:
    """Mean days from booking to arrival of the stays that began in the period."""
    begun = in_period(stays(data), "starts_on", period)
    begun = begun.assign(days=(begun["starts_on"] - begun["booked_on"]).dt.days)
    return Measure.ratio(begun, "days", begun, None, note="no stay began in the period")


def _per_available(data: Data, period: Period, column: str | None) -> Measure:
    known, room = stays(data), available(data, period)
    if not (known["starts_on"] <= period.end.isoformat()).any():
        return Measure.unknown("no stay recorded by then")
    if room["available"].isna().any():
        return Measure.unknown("capacity is not given")
    return Measure.ratio(nights(data, period), column, room, "available", note="not open in the period")


def calendar(data: Data, period: Period) -> pd.DataFrame:
    """Share of capacity sold on each day of the last twelve periods: a row a month, a column a day of the month.

    Missing before the first stay on record, and for days that the month does not have.
    """
    import pandas as pd

    year = span(period)
    sold = nights(data, year).groupby("day").size()
    entities = data.table("entities", ["kind", "capacity"])
    capacity = entities.loc[entities["kind"] == "lodging", "capacity"].sum()
    days = pd.date_range(year.start, year.end, name="day")
    share = sold.reindex(days, fill_value=0) / (capacity or float("nan"))
    share = share.where(share.index >= stays(data)["starts_on"].min())
    frame = pd.DataFrame({"month": days.strftime("%Y-%m"), "day": days.day, "share": share.to_numpy()})
    return frame.pivot(index="month", columns="day", values="share")


def channel_mix(data: Data, period: Period) -> pd.DataFrame:
    """Stays that ended in the last twelve periods by channel, most revenue first; `net` is left after commission."""
    rows = in_period(stays(data), "ends_on", span(period))
    rows = rows.merge(data.table("channels", ["channel", "name", "commission"]), on="channel", how="left")
    rows = rows.assign(
        channel=rows["name"].fillna("not recorded"), net=rows["revenue"] * (1 - rows["commission"].fillna(0.0))
    )
    made = rows.groupby("channel").agg(
        stays=("booking", "size"), nights=("nights", "sum"), revenue=("revenue", "sum"), net=("net", "sum")
    )
    made = made.assign(share=made["revenue"] / made["revenue"].sum(), net_adr=made["net"] / made["nights"])
    return made.sort_values(["revenue", "channel"], ascending=[False, True]).reset_index()


def maintenance(data: Data, day: date) -> pd.DataFrame:
    """Open tickets, the oldest first, with `age` in days; one closed only after `day` has the status `open`."""
    import pandas as pd

    rows = data.table("tickets")
    rows = rows[rows["closed_on"].isna()]
    status = rows["status"].where(rows["status"] != "done", "open")
    rows = rows.assign(age=(pd.Timestamp(day) - rows["opened_on"]).dt.days, status=status)
    return rows.sort_values(["age", "ticket"], ascending=[False, True]).reset_index(drop=True)


def open_tickets(data: Data, period: Period, column: str | None = None) -> Measure:
    """Tickets open at the end of the period, counted, or their `estimate` summed."""
    rows = data.table("tickets", ["ticket", "entity", "opened_on", "closed_on", "estimate"])
    end = period.end.isoformat()
    if not (rows["opened_on"] <= end).any():
        return Measure.unknown("no ticket recorded by then")
    rows = rows[(rows["opened_on"] <= end) & ~(rows["closed_on"] <= end)]
    unpriced = int(rows["estimate"].isna().sum()) if column else 0
    total = Measure.total(rows.fillna({"estimate": 0.0}), column)
    return replace(total, note=f"{unpriced} without an estimate") if unpriced else total
