"""What the cloud costs, day by day: trend, days out of the ordinary, and what could be saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..measure import Measure
from .common import in_period, month_of, months, span

if TYPE_CHECKING:
    from ...model.period import Period
    from ..data import Data

WINDOW = 28
"""Recorded days before a day that make its trend: four weeks of a daily bill, so that weekdays weigh alike."""
LEAST = 0.5
"""Excess of a day, in money, below which it is not worth a look."""


def cloud_cost(data: Data, period: Period) -> Measure:
    """Unblended cost of the period, all services."""
    days = in_period(data.table("cloud_costs"), "date", period)
    return Measure.total(days, "amount") if len(days) else Measure.unknown("no cost was recorded")


def by_service_and_month(data: Data, period: Period, count: int = 6) -> pd.DataFrame:
    """Cost of the last `count` months. Columns: `service`, `month`, `amount`; a month without a row is absent."""
    days = in_period(data.table("cloud_costs"), "date", span(months(period, 1)[0], count))
    return days.assign(month=month_of(days, "date")).groupby(["service", "month"])["amount"].sum().reset_index()


def services(data: Data, period: Period, sigma: float = 3.0) -> pd.DataFrame:
    """Each service's cost in the period beside the one before.

    Columns: `service`, `amount`, `previous`, `change`, `share` (of the period's cost), `odd_days` (days flagged as
    anomalies). The most expensive first.
    """
    costs = data.table("cloud_costs")
    sums = {
        name: in_period(costs, "date", days).groupby("service")["amount"].sum()
        for name, days in (("amount", period), ("previous", period.previous()))
    }
    made = pd.DataFrame(sums).rename_axis("service").reset_index()
    odd = anomalies(data, period, sigma)["service"].value_counts()
    made = made.assign(
        change=made["amount"] - made["previous"],
        share=made["amount"] / made["amount"].sum(),
        odd_days=made["service"].map(odd).fillna(0.0),
    )
    return made.sort_values(["amount", "service"], ascending=[False, True], ignore_index=True)


def anomalies(data: Data, period: Period, sigma: float = 3.0) -> pd.DataFrame:
    """Days of the period on which a service cost more than `sigma` standard deviations above its trend.

    Shewhart's control limit; the trend is the mean of the WINDOW days before. A day with fewer than 14 recorded days
    before it, or with an excess below LEAST, is not judged. Columns: `date`, `service`, `amount`, `expected` (mean),
    `excess`; the largest first.
    """
    costs = data.table("cloud_costs").sort_values(["service", "date"])
    before = costs.groupby("service")["amount"].rolling(WINDOW, closed="left", min_periods=14)
    costs = costs.assign(expected=before.mean().to_numpy(), spread=before.std().to_numpy())
    costs = costs.assign(excess=costs["amount"] - costs["expected"])
    odd = (costs["excess"] > sigma * costs["spread"]) & (costs["excess"] >= LEAST)
    flagged = in_period(costs[odd], "date", period)[["date", "service", "amount", "expected", "excess"]]
    return flagged.sort_values(["excess", "date", "service"], ascending=[False, True, True], ignore_index=True)


def savings(data: Data, period: Period) -> pd.DataFrame:
    """What each candidate saves: its share of the service's usual monthly cost.

    Usual is the mean of the last three months without the excess of days out of the ordinary (see `anomalies`).
    Several candidates for one service are applied one after another, the largest share first, so that together they
    never save more than it costs. Columns: `optimisation`, `title`, `service`, `monthly_cost`, `share`, `saving` (a
    month), `effort_days`, `owner`. The largest saving for a day of work first.
    """
    last = by_service_and_month(data, period, 3)
    odd = anomalies(data, span(months(period, 1)[0], 3)).groupby("service")["excess"].sum()
    usual = last.groupby("service")["amount"].sum().sub(odd, fill_value=0.0)
    monthly = usual / max(last["month"].nunique(), 1)
    found = data.table("optimisations").rename(columns={"saving": "share"})
    found = found.sort_values(["share", "optimisation"], ascending=[False, True])
    cost = found["service"].map(monthly)
    left = cost * (1 - found["share"]).groupby(found["service"]).cumprod()
    saving = left.groupby(found["service"]).shift().fillna(cost) * found["share"]
    found = found.assign(monthly_cost=cost, saving=saving, worth=saving / found["effort_days"].clip(lower=0.1))
    found = found.sort_values(["worth", "optimisation"], ascending=[False, True], ignore_index=True)
    columns = ["optimisation", "title", "service", "monthly_cost", "share", "saving", "effort_days", "owner"]
    return found[columns]


def cloud_saving(data: Data, period: Period) -> Measure:
    """What all candidates together would save a month."""
    found = savings(data, period).dropna(subset="saving")
    return Measure.total(found, "saving") if len(found) else Measure.unknown("no candidate for a service with cost")
