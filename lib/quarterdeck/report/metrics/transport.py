"""Jobs that move a vessel or goods: the queue, how busy vessels and crew are, whether jobs arrive on time."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ..measure import Measure
from ..schema import schemas
from .common import each_day, entities_of, in_period, span

if TYPE_CHECKING:
    import pandas as pd

    from ...model.period import Period
    from ..data import Data

_DONE = ("delivered", "cancelled")


def jobs(data: Data) -> pd.DataFrame:
    """All deliveries, their `stage` by dates where these say it: a job is under way from its departure."""
    rows = data.table("deliveries")
    stage = rows["stage"].where(~rows["stage"].isin(["under way", "delivered"]), "booked")
    stage = stage.mask(rows["departed_on"].notna() & (stage != "cancelled"), "under way")
    return rows.assign(stage=stage.mask(rows["delivered_on"].notna(), "delivered"))


def queue(data: Data, day: date) -> pd.DataFrame:
    """Jobs neither delivered nor cancelled, furthest stage first; `days_late` since the promised day (0: not due)."""
    import pandas as pd

    rows = jobs(data)
    rows = rows[~rows["stage"].isin(_DONE)]
    order = schemas()["deliveries"].columns["stage"].of
    late = (pd.Timestamp(day) - rows["promised_on"]).dt.days.clip(lower=0)
    rows = rows.assign(days_late=late, order=rows["stage"].map(order.index))
    rows = rows.sort_values(["order", "promised_on", "delivery"], ascending=[False, True, True])
    return rows.drop(columns="order").reset_index(drop=True)


def delivered(data: Data, period: Period) -> pd.DataFrame:
    """Jobs delivered in a period, with `days_late` (negative when early)."""
    rows = in_period(data.table("deliveries"), "delivered_on", period)
    return rows.assign(days_late=(rows["delivered_on"] - rows["promised_on"]).dt.days)


def on_time_rate(data: Data, period: Period) -> Measure:
    """Share of the jobs delivered in the period that arrived by the promised day; those without one do not count."""
    rows = delivered(data, period).dropna(subset=["promised_on"])
    rows = rows[["delivery", "entity", "promised_on", "delivered_on", "days_late"]]
    return Measure.ratio(rows[rows["days_late"] <= 0], None, rows, None, note="no job delivered in the period")


def revenue_per_mile(data: Data, period: Period) -> Measure:
    """Agreed price over nautical miles, of the jobs delivered in the period."""
    rows = delivered(data, period)[["delivery", "entity", "delivered_on", "price", "miles"]]
    return Measure.ratio(rows, "price", rows, "miles", note="no mile sailed for a job delivered in the period")


def vessel_days(data: Data, period: Period) -> pd.DataFrame:
    """One row for each day of the period on which a vessel was under way, departure and arrival included."""
    import pandas as pd

    rows = jobs(data)
    rows = rows[rows["departed_on"].notna() & (rows["stage"] != "cancelled")]
    known = min(period.end, data.as_of or period.end)
    rows = rows.assign(until=rows["delivered_on"].fillna(pd.Timestamp(known)))
    days = each_day(rows, "departed_on", "until", period)
    return days[["delivery", "entity", "vessel", "day"]].drop_duplicates(["vessel", "day"])


def crew_days(data: Data, period: Period) -> pd.DataFrame:
    """One row for each day of the period on which a crew member was on a job, however many jobs that day."""
    rows = data.table("crew_days", ["delivery", "person", "starts_on", "ends_on"])
    days = each_day(rows, "starts_on", "ends_on", period)
    return days[["delivery", "person", "day"]].drop_duplicates(["person", "day"])


def vessel_utilisation(data: Data, period: Period) -> Measure:
    """Days under way over days of the period, for all vessels that moved in the last twelve periods."""
    return _utilisation(vessel_days(data, period), vessel_days(data, span(period)), "vessel", period)


def crew_utilisation(data: Data, period: Period) -> Measure:
    """Days on a job over days of the period, for everybody who worked in the last twelve periods."""
    return _utilisation(crew_days(data, period), crew_days(data, span(period)), "person", period)


def _utilisation(busy: pd.DataFrame, year: pd.DataFrame, who: str, period: Period) -> Measure:
    pool = year[[who]].drop_duplicates().sort_values(who).assign(days=period.days)
    return Measure.ratio(busy, None, pool, "days", note="nobody on a job in twelve periods")


def utilisation(data: Data, period: Period, who: str) -> pd.DataFrame:
    """Share of days busy by `vessel` or `person` in the period, and in the last twelve; the busiest first."""
    import pandas as pd

    days, year = (vessel_days if who == "vessel" else crew_days), span(period)
    made = pd.DataFrame(
        {
            "period": days(data, period).groupby(who).size() / period.days,
            "year": days(data, year).groupby(who).size() / year.days,
        }
    ).fillna(0.0)
    return made.rename_axis(who).reset_index().sort_values(["period", "year", who], ascending=[False, False, True])


def late_causes(data: Data, period: Period) -> pd.DataFrame:
    """Why the jobs delivered late in the last twelve periods were late: `cause`, `jobs`, `days` late in all."""
    rows = delivered(data, span(period))
    rows = rows[rows["days_late"] > 0].assign(cause=lambda f: f["late_cause"].fillna("not recorded"))
    made = rows.groupby("cause").agg(jobs=("delivery", "size"), days=("days_late", "sum")).reset_index()
    return made.sort_values(["days", "cause"], ascending=[False, True]).reset_index(drop=True)


def reviews(data: Data, period: Period, kind: str = "transport") -> pd.DataFrame:
    """What customers of a kind of entity said, worst first; `points` is 100 for a promoter, -100 for a detractor."""
    rows = in_period(data.table("reviews"), "date", period)
    rows = rows[rows["entity"].isin(entities_of(data, kind))]
    points = 100 * ((rows["score"] >= 9).astype(int) - (rows["score"] <= 6).astype(int))
    return rows.assign(points=points).sort_values(["score", "date", "review"])


def nps(data: Data, period: Period, kind: str = "transport") -> Measure:
    """Net promoter score (Reichheld, 2003): percentage of scores 9 and 10 less percentage of 0 to 6."""
    rows = reviews(data, period, kind)[["review", "entity", "date", "score", "points"]]
    return Measure.ratio(rows, "points", rows, None, note="no review in the period")
