"""Jobs that move a vessel or goods: the queue, how busy vessels and crew are, whether jobs arrive on time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from ..data import Data, remembered
from ..measure import Measure
from ..schema import schemas
from .common import each_day, entities_of, in_period, span

if TYPE_CHECKING:
    from ...model.period import Period


SOLD = ("booked", "preparing", "under way")


def jobs(data: Data) -> pd.DataFrame:
    """All deliveries, their `stage` by dates where these say it: a job is under way from its departure."""
    rows = data.table("deliveries")
    stage = rows["stage"].where(~rows["stage"].isin(["under way", "delivered"]), "booked")
    stage = stage.mask(rows["departed_on"].notna() & (stage != "cancelled"), "under way")
    return rows.assign(stage=stage.mask(rows["delivered_on"].notna(), "delivered"))


def queue(data: Data, day: date) -> pd.DataFrame:
    """Jobs neither delivered nor cancelled, furthest stage first; `sold` or still an enquiry or a quote.

    `days_late` counts from the promised day; 0 is not due.
    """
    rows = jobs(data)
    rows = rows[~rows["stage"].isin(["delivered", "cancelled"])]
    order = schemas()["deliveries"].columns["stage"].of
    late = (pd.Timestamp(day) - rows["promised_on"]).dt.days.clip(lower=0)
    rows = rows.assign(days_late=late, sold=rows["stage"].isin(SOLD), order=rows["stage"].map(order.index))
    rows = rows.sort_values(["order", "promised_on", "delivery"], ascending=[False, True, True], ignore_index=True)
    return rows.drop(columns="order")


def delivered(data: Data, period: Period) -> pd.DataFrame:
    """Jobs delivered in a period, with `days_late` (negative when early)."""
    rows = in_period(data.table("deliveries"), "delivered_on", period)
    return rows.assign(days_late=(rows["delivered_on"] - rows["promised_on"]).dt.days)


def on_time_rate(data: Data, period: Period) -> Measure:
    """Share of the jobs delivered in the period that arrived by the promised day (SCOR: to the customer's commit date).

    Jobs without such a day do not count. The note says how many there were, since few make the share jump.
    """
    rows = delivered(data, period).dropna(subset="promised_on")
    rows = rows[["delivery", "entity", "promised_on", "delivered_on", "days_late"]]
    kept = rows[rows["days_late"] <= 0]
    measure = Measure.ratio(kept, None, rows, None, note="no promised job delivered in the period")
    return replace(measure, note=measure.note or f"{len(kept)} of {len(rows)} jobs")


def revenue_per_mile(data: Data, period: Period) -> Measure:
    """Agreed price over nautical miles, of the jobs delivered in the period."""
    rows = delivered(data, period)[["delivery", "entity", "delivered_on", "price", "miles"]]
    return Measure.ratio(rows, "price", rows, "miles", note="no mile sailed for a job delivered in the period")


@remembered
def busy_days(data: Data, period: Period, who: str) -> pd.DataFrame:
    """One row for each day of the period on which a `vessel` was under way, or a `person` on a job.

    The first and last day count, several jobs on one day count once, and a job that was cancelled moved no vessel.
    """
    if who == "person":
        rows = each_day(data.table("crew_days"), "starts_on", "ends_on", period)
    else:
        moved, known = jobs(data), pd.Timestamp(data.as_of or period.end)
        moved = moved[moved["stage"] != "cancelled"]
        rows = each_day(moved.assign(until=moved["delivered_on"].fillna(known)), "departed_on", "until", period)
    rows = rows.sort_values(["day", who, "delivery"])
    return rows[["delivery", who, "day"]].drop_duplicates([who, "day"])


def vessel_utilisation(data: Data, period: Period) -> Measure:
    """Days under way over days of the period, for all vessels that moved in the last twelve periods."""
    return _utilisation(data, period, "vessel")


def crew_utilisation(data: Data, period: Period) -> Measure:
    """Days on a job over days of the period, for everybody who worked in the last twelve periods."""
    return _utilisation(data, period, "person")


def _utilisation(data: Data, period: Period, who: str) -> Measure:
    pool = utilisation(data, period, who)[[who]].assign(days=period.days)
    return Measure.ratio(busy_days(data, period, who), None, pool, "days", note="no job in twelve periods")


def utilisation(data: Data, period: Period, who: str) -> pd.DataFrame:
    """Share of days busy by `vessel` or `person` in the period, and in the last twelve; the busiest first."""
    shares = {
        name: busy_days(data, days, who).groupby(who).size() / days.days
        for name, days in (("period", period), ("year", span(period)))
    }
    made = pd.DataFrame(shares).fillna(0.0).rename_axis(who).reset_index()
    return made.sort_values(["period", "year", who], ascending=[False, False, True], ignore_index=True)


def late_causes(data: Data, period: Period) -> pd.DataFrame:
    """Why jobs were late: `cause`, `jobs`, of them still `open`, and `days` late in all, so far for the open ones.

    Those delivered in the last twelve periods, and those in the queue past the promised day at the period's end.
    """
    done, waiting = delivered(data, span(period)), queue(data, min(period.end, data.as_of or period.end))
    rows = pd.concat([done.assign(open=False), waiting.assign(open=True)])
    rows = rows[rows["days_late"] > 0].assign(cause=lambda late: late["late_cause"].fillna("not recorded"))
    made = rows.groupby("cause", as_index=False).agg(
        jobs=("delivery", "size"), open=("open", "sum"), days=("days_late", "sum")
    )
    return made.sort_values(["days", "cause"], ascending=[False, True], ignore_index=True)


def reviews(data: Data, period: Period, kind: str = "transport") -> pd.DataFrame:
    """What customers of a kind of entity said, worst first; `points` is 100 for a promoter, -100 for a detractor."""
    rows = in_period(data.table("reviews"), "date", period)
    rows = rows[rows["entity"].isin(entities_of(data, kind))]
    points = 100 * ((rows["score"] >= 9).astype(int) - (rows["score"] <= 6).astype(int))
    return rows.assign(points=points).sort_values(["score", "date", "review"])


def nps(data: Data, period: Period, kind: str = "transport") -> Measure:
    """Net promoter score (Reichheld, 2003): percentage of scores 9 and 10 less percentage of 0 to 6."""
    rows = reviews(data, period, kind)[["review", "entity", "date", "score", "points"]]
    measure = Measure.ratio(rows, "points", rows, None, note="no review in the period")
    return replace(measure, note=measure.note or f"{len(rows)} review{'s' if len(rows) > 1 else ''}")
