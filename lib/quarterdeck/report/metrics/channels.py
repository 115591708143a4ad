"""Where each entity can be found and booked, which channels to open next, and what a campaign may bring."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ..measure import Measure
from .common import entity_names

if TYPE_CHECKING:
    import pandas as pd

    from ...model.period import Period
    from ..data import Data

STATES = ("absent", "planned", "draft", "live")
CASES = ("low", "base", "high")
WINDOWS = ("done", "overdue", "30 days", "60 days", "90 days", "later")


def listings(data: Data, day: date) -> pd.DataFrame:
    """Each listing with its `state` on a day: live only with a date on which it went live."""
    rows = data.table("listings", ["entity", "channel", "status", "live_on", "rating", "reviews", "views", "note"])
    live = (rows["status"] == "live") & (rows["live_on"] <= day.isoformat())
    rows = rows.assign(state=rows["status"].where(rows["status"] != "live", "planned").where(~live, "live"))
    channels = data.table("channels", ["channel", "name", "kind"])
    rows = rows.merge(channels.rename(columns={"name": "channel_name"}), on="channel", how="left")
    return rows.assign(entity_name=rows["entity"].map(entity_names(data)))


def visibility(data: Data, day: date) -> pd.DataFrame:
    """Entity by channel: 0 absent, 1 planned, 2 draft, 3 live; channels that show most come first."""
    rows = listings(data, day)
    rows = rows.assign(level=rows["state"].map({state: level for level, state in enumerate(STATES)}))
    matrix = rows.pivot_table(index="entity_name", columns="channel_name", values="level", aggfunc="max", fill_value=0)
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
    import pandas as pd

    rows = data.table("launches").merge(data.table("channels", ["channel", "name", "commission"]), on="channel")
    scores = pd.DataFrame(
        {
            f"{name}_score": _scaled(rows[column], higher)
            for name, column, higher in (
                ("commission", "commission", False),
                ("effort", "effort_days", False),
                ("demand", "demand", True),
                ("lead_time", "lead_days", False),
            )
        }
    )
    rows = rows.assign(entity_name=rows["entity"].map(entity_names(data)), **scores, score=scores.mean(axis=1))
    return rows.sort_values(["step", "score", "channel"], ascending=[True, False, True]).reset_index(drop=True)


def _scaled(values: pd.Series[float], higher: bool) -> pd.Series[float]:
    distance = values - values.min() if higher else values.max() - values
    width = values.max() - values.min()
    return 10 * distance / width if width else distance + 10.0


def campaign_cases(data: Data) -> pd.DataFrame:
    """Each campaign's low, base and high case: its assumptions and the outcome that follows from them.

    `audience` is the size of the list; `bookings` are audience times open, click and booking rate; `revenue`
    is bookings times the value of one; `outcome` is revenue less cost.
    """
    rows = data.table("campaigns").merge(
        data.table("assets", ["asset", "size"]), left_on="list", right_on="asset", how="left"
    )
    rows = rows.rename(columns={"size": "audience"}).assign(order=rows["case"].map(CASES.index))
    bookings = rows["audience"] * rows["open_rate"] * rows["click_rate"] * rows["booking_rate"]
    rows = rows.assign(bookings=bookings, revenue=bookings * rows["booking_value"])
    rows = rows.assign(outcome=rows["revenue"] - rows["cost"]).sort_values(["starts_on", "campaign", "order"])
    return rows.drop(columns=["asset", "order"]).reset_index(drop=True)


def campaign_outcome(data: Data, period: Period, case: str) -> Measure:
    """Revenue less cost of the planned campaigns in one case; unknown without an audience."""
    rows = campaign_cases(data)
    rows = rows[rows["case"] == case]
    return Measure.total(rows, "outcome") if rows["outcome"].notna().any() else Measure.unknown("no list to mail to")


def roadmap(data: Data, plan: str, day: date) -> pd.DataFrame:
    """Milestones of a plan by due day: `days` from `day` to due, and `window`, one of WINDOWS."""
    import pandas as pd

    rows = data.table("milestones")
    rows = rows[rows["plan"] == plan].sort_values(["due_on", "milestone"]).reset_index(drop=True)
    days = (rows["due_on"] - pd.Timestamp(day)).dt.days
    windows = pd.cut(days, [-float("inf"), -1, 30, 60, 90, float("inf")], labels=list(WINDOWS[1:]))
    return rows.assign(days=days, window=windows.astype(str).where(rows["done_on"].isna(), WINDOWS[0]))
