"""Nights sold and what they earned, by service date: the definitions of USALI (12th edition) and STR.

Cancelled stays are left out; room revenue is the agreed price before commission, less refunds, spread evenly over
a stay's nights; a night belongs to the day on which it begins. A stay whose quantity is twice
the nights between its days took two rooms.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from ..data import Data, remembered
from ..measure import Measure
from .common import each_day, entities_of, in_period, span

if TYPE_CHECKING:
    from ...model.period import Period

_STAY = ["booking", "entity", "channel", "booked_on", "starts_on", "ends_on", "quantity", "price", "refund"]


@remembered
def stays(data: Data, day: date = date.max) -> pd.DataFrame:
    """Stays of lodging entities, booked and not cancelled by a day, with `nights`, `last_night` and net `revenue`."""
    rows, known = data.table("bookings", [*_STAY, "cancelled_on"]), day.isoformat()
    held = (rows["booked_on"] <= known) & ~(rows["cancelled_on"] <= known)
    rows = rows[rows["entity"].isin(entities_of(data, "lodging")) & held]
    length = (rows["ends_on"] - rows["starts_on"]).dt.days
    rooms = (rows["quantity"] / length.where(length > 0)).fillna(1.0).clip(lower=1.0)
    return rows.assign(
        nights=length * rooms,
        rooms=rooms,
        last_night=rows["ends_on"] - timedelta(days=1),
        revenue=rows["price"] - rows["refund"].fillna(0.0),
    )


@remembered
def nights(data: Data, period: Period, day: date = date.max) -> pd.DataFrame:
    """One row for each night of a period on which a stay had been sold by a day, with its `rooms` and their `revenue`.

    Columns: `booking`, `entity`, `channel`, `day`, `rooms`, `revenue`.
    """
    rows = each_day(stays(data, day), "starts_on", "last_night", period)
    rows = rows.assign(revenue=rows["revenue"] / rows["nights"] * rows["rooms"])
    return rows[["booking", "entity", "channel", "day", "rooms", "revenue"]]


@remembered
def rooms(data: Data, period: Period) -> pd.DataFrame:
    """One row for each day of a period on which a lodging entity was open: `entity`, `day`, `capacity`."""
    rows = data.table("entities", ["entity", "kind", "capacity", "started_on"])
    rows = rows[rows["kind"] == "lodging"].assign(until=pd.Timestamp(period.end))
    return each_day(rows, "started_on", "until", period)[["entity", "day", "capacity"]]


@remembered
def occupancy(data: Data, period: Period) -> Measure:
    """Nights sold over nights available: capacity times days open."""
    return _per_available(data, period, "rooms")


@remembered
def revpar(data: Data, period: Period) -> Measure:
    """Revenue per available room night: room revenue over nights available, the product of occupancy and ADR."""
    return _per_available(data, period, "revenue")


@remembered
def on_the_books(data: Data, period: Period, days: int = 30) -> Measure:
    """Share of the nights of the `days` after a period that was already sold at its end (pace)."""
    ahead = replace(period, start=period.end + timedelta(days=1), end=period.end + timedelta(days=days))
    return _per_available(data, ahead, "rooms", period.end)


def _per_available(data: Data, period: Period, column: str, day: date = date.max) -> Measure:
    room = rooms(data, period)
    if not (stays(data, day)["starts_on"] <= period.end.isoformat()).any():
        return Measure.unknown("no stay recorded by then")
    if room["capacity"].isna().any():
        return Measure.unknown("capacity is not given")
    return Measure.ratio(nights(data, period, day), column, room, "capacity", note="not open in the period")


@remembered
def adr(data: Data, period: Period) -> Measure:
    """Average daily rate: room revenue over nights sold."""
    sold = nights(data, period)
    return Measure.ratio(sold, "revenue", sold, "rooms", note="no night sold in the period")


def revenue_per_booking(data: Data, period: Period) -> Measure:
    """Mean room revenue of the stays that ended in the period."""
    ended = in_period(stays(data), "ends_on", period)
    return Measure.ratio(ended, "revenue", ended, None, note="no stay ended in the period")


def lead_time(data: Data, period: Period) -> Measure:
    """Mean days from booking to arrival of the stays that began in the period."""
    begun = in_period(stays(data), "starts_on", period)
    begun = begun.assign(days=(begun["starts_on"] - begun["booked_on"]).dt.days)
    return Measure.ratio(begun, "days", begun, None, note="no stay began in the period")


def calendar(data: Data, period: Period) -> pd.DataFrame:
    """Share of capacity sold on each day of the last twelve periods: a row a month, a column a day of the month.

    Missing before the month of the first stay on record, while nothing was open, and for days that the month does not
    have: where a period's occupancy is known, its empty nights show as empty.
    """
    year = span(period)
    days = pd.date_range(year.start, year.end)
    room = rooms(data, year).groupby("day")["capacity"].sum(skipna=False)
    sold = nights(data, year).groupby("day")["rooms"].sum().reindex(days, fill_value=0)
    first = stays(data)["starts_on"].min()
    share = (sold / room[room > 0].reindex(days)).where(days >= first.replace(day=1))
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


@remembered
def maintenance(data: Data, day: date) -> pd.DataFrame:
    """Tickets open at a day's end, the oldest first, with `age` in days; one closed later has the status `open`."""
    rows = data.table("tickets")
    rows = rows[(rows["opened_on"] <= day.isoformat()) & ~(rows["closed_on"] <= day.isoformat())]
    age = (pd.Timestamp(day) - rows["opened_on"]).dt.days
    rows = rows.assign(age=age, status=rows["status"].replace("done", "open"))
    return rows.sort_values(["age", "ticket"], ascending=[False, True], ignore_index=True)


def open_tickets(data: Data, period: Period, column: str | None = None) -> Measure:
    """Tickets open at the end of the period, counted, or their `estimate` summed."""
    if not (data.table("tickets", ["opened_on"])["opened_on"] <= period.end.isoformat()).any():
        return Measure.unknown("no ticket recorded by then")
    rows = maintenance(data, period.end)
    priced = rows.dropna(subset=column) if column else rows
    lacking = f"{len(rows) - len(priced)} without an estimate" if len(priced) < len(rows) else ""
    return (
        replace(Measure.total(priced, column), note=lacking) if len(priced) or not lacking else Measure.unknown(lacking)
    )
