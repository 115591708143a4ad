"""Looking ahead: cash under low, base and high assumptions, and where capital earns its keep."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from ...model.period import Period
from ..data import Data
from ..measure import Measure
from .cash import cash, mean_net_burn, monthly_mean, operating_cash
from .common import entity_names, months, records

CASES = ("low", "base", "high")
HORIZON = 24
"""Months over which an option's return counts."""


def cash_forecast(data: Data, period: Period, ahead: int = 6) -> pd.DataFrame:
    """Cash month by month under each scenario: columns scenario, month, received, paid and cash at the month's end.

    Start is the cash at the last whole month's end; received and paid are the means of the last 3 recorded months
    times the scenario's factors, and what is received grows by `monthly_growth`. Each path begins with the start.
    """
    month, flows = months(period, 1)[0], operating_cash(data)
    start = cash(data, month).value
    received = monthly_mean(data, flows[flows["net"] > 0], month).value
    paid = monthly_mean(data, flows[flows["net"] < 0], month, sign=-1).value
    cases = data.table("scenarios", ["scenario", "revenue", "cost", "monthly_growth"])
    rows: list[tuple[str, str, float, float, float]] = []
    if start is not None and received is not None and paid is not None:
        for case in records(cases.sort_values("scenario", key=lambda names: names.map(CASES.index))):
            held, to = start, month
            rows.append((case.scenario, month.name, 0.0, 0.0, start))
            for step in range(1, ahead + 1):
                to = Period.containing(to.end + timedelta(days=1))
                coming, going = received * case.revenue * (1 + case.monthly_growth) ** step, paid * case.cost
                held += coming - going
                rows.append((case.scenario, to.name, coming, going, held))
    return pd.DataFrame(rows, columns=["scenario", "month", "received", "paid", "cash"])


def forecast_cash(data: Data, period: Period, scenario: str = "base", ahead: int = 6) -> Measure:
    """Cash `ahead` months on under a scenario: the start, plus what comes in, less what goes out, in money."""
    path = cash_forecast(data, period, ahead)
    path = path[path["scenario"] == scenario]
    if not len(path):
        return Measure.unknown(f"no {scenario} scenario, or no cash in the ledger")
    return Measure.total(path.assign(change=path["cash"].diff().fillna(path["cash"])), "change")


def cash_out(data: Data, period: Period, ahead: int = 24) -> dict[str, str]:
    """For each scenario the first month that ends with less than nothing; empty when there is none within `ahead`."""
    path = cash_forecast(data, period, ahead)
    empty = path[path["cash"] < 0].groupby("scenario")["month"].min()
    return {case: str(empty.get(case, "")) for case in path["scenario"].unique()}


def deployable_cash(data: Data, period: Period) -> Measure:
    """Cash at the period's end above the reserve, in money.

    The reserve is the highest that the owner's rules ask for: a cash floor, or a runway floor times the mean net burn.
    """
    held, burn = cash(data, period), mean_net_burn(data, period)
    if held.rows is None or burn.value is None:
        return Measure.unknown(held.note or burn.note)
    rules = data.table("rules", ["rule", "measure", "limit", "threshold"])
    floors = rules[rules["measure"].isin(["cash", "runway"]) & (rules["limit"] == "at least")]
    reserve = floors["threshold"].where(floors["measure"] == "cash", floors["threshold"] * max(burn.value, 0.0))
    reserves = pd.DataFrame({"memo": "reserve: rule " + floors["rule"], "amount": -reserve})
    return Measure.total(pd.concat([held.rows, reserves.nsmallest(1, "amount")], ignore_index=True), "amount")


def capital_ranking(data: Data, period: Period) -> pd.DataFrame:
    """Where capital could go, the soonest payback first.

    Columns option, entity, cost, monthly_return (expected: times the probability that it works), payback_months (the
    delay included), return_24_months (gain within 24 months over cost, as a share) and `fits`: whether deployable cash
    still pays for it after the options ranked before. An option that never pays back comes last and does not fit.
    """
    options = data.table("investments")
    cost, monthly = options["cost"], options["monthly_return"] * options["confidence"]
    gain = monthly * (HORIZON - options["delay_months"]).clip(lower=0) - cost
    table = options[["title", "entity", "cost"]].rename(columns={"title": "option"})
    table = table.assign(
        entity=table["entity"].map(entity_names(data)),
        monthly_return=monthly,
        payback_months=options["delay_months"] + (cost / monthly).where(monthly > 0),
        return_24_months=(gain / cost).where(cost > 0),
        fits=gain > 0,
    )
    table = table.sort_values(["payback_months", "return_24_months", "option"], ascending=[True, False, True])
    left, fits = deployable_cash(data, period).value or 0.0, []
    for option in records(table):
        fits.append(bool(option.fits and option.cost <= left))
        left -= option.cost * fits[-1]
    return table.assign(fits=fits).reset_index(drop=True)
