"""Where each entity can be found and booked, which channels to open next, and what a campaign may bring."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from ..measure import Measure
from .common import entity_names

if TYPE_CHECKING:
    from ...model.period import Period
    from ..data import Data

STATES = ("absent", "planned", "draft", "live")
CASES = ("low", "base", "high")
WINDOWS = ("done", "overdue", "30 days", "60 days", "90 days", "later")


def listings(data: Data, day: date) -> pd.DataFrame:
    """Each listing with its `state` on a day: live only with a date on which it went live, until then planned."""
    rows = data.table("listings")
    early = (rows["status"] == "live") & ~(rows["live_on"] <= day.isoformat())
    rows = rows.assign(state=rows["status"].mask(early, "planned"), entity_name=rows["entity"].map(entity_names(data)))
    channels = data.table("channels", ["channel", "name", "kind"]).rename(columns={"name": "channel_name"})
    return rows.merge(channels, on="channel", how="left")


def visibility(data: Data, day: date) -> pd.DataFrame:
    """Entity by channel: 0 absent, 1 planned, 2 draft, 3 live; channels that show most come first.

    Missing where the table has no row: that channel is not meant for that entity.
    """
    rows = listings(data, day)
    rows = rows.assign(level=rows["state"].map(STATES.index))
    matrix = rows.pivot_table(index="entity_name", columns="channel_name", values="level", aggfunc="max")
    order = matrix.sum().sort_values(ascending=False, kind="stable").index
    return matrix.reindex([name for name in entity_names(data).values() if name in matrix.index])[list(order)]


def live_ota_listings(data: Data, period: Period) -> Measure:
    """Listings live on online travel agencies at the end of the period; unknown when none was ever looked at."""
    rows = listings(data, period.end)
    rows = rows.loc[rows["kind"] == "ota", ["entity", "channel", "state", "live_on"]]
    return Measure.total(rows[rows["state"] == "live"]) if len(rows) else Measure.unknown("no OTA listing on record")


def launch_sequence(data: Data) -> pd.DataFrame:
    """Channels to open in the planned order, with a score from 0 to 10 for each criterion and their mean.

    10 goes to the lowest commission, least effort, highest demand and shortest lead time among the candidates, 0 to the
    other end, in between linearly (min-max scaling); all criteria weigh the same. Unknown commission does not count.
    """
    rows = data.table("launches").merge(
        data.table("channels", ["channel", "name", "commission"]), on="channel", how="left"
    )
    scores = pd.DataFrame(
        {
            "commission_score": _scaled(-rows["commission"]),
            "effort_score": _scaled(-rows["effort_days"]),
            "demand_score": _scaled(rows["demand"]),
            "lead_time_score": _scaled(-rows["lead_days"]),
        }
    )
    rows = rows.assign(entity_name=rows["entity"].map(entity_names(data)), **scores, score=scores.mean(axis=1))
    return rows.sort_values(["step", "score", "channel"], ascending=[True, False, True], ignore_index=True)


def _scaled(values: pd.Series[float]) -> pd.Series[float]:
    above = values - values.min()
    return 10 * above / above.max() if above.max() else above + 10.0


def campaign_cases(data: Data) -> pd.DataFrame:
    """Each campaign's low, base and high case: its assumptions and the outcome that follows from them.

    `audience` is the size of the list; `bookings` are audience times open, click and booking rate; `revenue`
    is bookings times the value of one; `outcome` is revenue less cost.
    """
    rows = data.table("campaigns")
    audience = rows["list"].map(data.table("assets", ["asset", "size"]).set_index("asset")["size"])
    bookings = audience * rows["open_rate"] * rows["click_rate"] * rows["booking_rate"]
    revenue = bookings * rows["booking_value"]
    rows = rows.assign(audience=audience, bookings=bookings, revenue=revenue, outcome=revenue - rows["cost"])
    rows = rows.assign(order=rows["case"].map(CASES.index)).sort_values(["starts_on", "campaign", "order"])
    return rows.drop(columns="order").reset_index(drop=True)


def campaign_outcome(data: Data, period: Period, case: str) -> Measure:
    """Revenue less cost of the planned campaigns with a list, in one case; the same in every period."""
    rows = campaign_cases(data).dropna(subset="outcome")
    rows = rows[rows["case"] == case]
    return Measure.total(rows, "outcome") if len(rows) else Measure.unknown("no list to mail to")


def roadmap(data: Data, plan: str, day: date) -> pd.DataFrame:
    """Milestones of a plan by due day: `days` from `day` to due, and `window`, one of WINDOWS."""
    rows = data.table("milestones")
    rows = rows[rows["plan"] == plan].sort_values(["due_on", "milestone"], ignore_index=True)
    days = (rows["due_on"] - pd.Timestamp(day)).dt.days
    windows = pd.cut(days, [-float("inf"), -1, 30, 60, 90, float("inf")], labels=list(WINDOWS[1:]))
    return rows.assign(days=days, window=windows.astype(str).where(rows["done_on"].isna(), WINDOWS[0]))
