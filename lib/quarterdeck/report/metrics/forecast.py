"""Looking ahead: cash under low, base and high assumptions, and where capital earns its keep."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd

from ...model.period import Period
from ..data import Data, remembered
from ..measure import Measure
from .cash import MEAN_MONTHS, cash, mean_net_burn, outflows
from .channels import campaign_cases
from .common import entity_names, month_of, months, recorded, records
from .receivables import money_recoverable

CASES = ("low", "base", "high")
AHEAD = 6
"""Months that the forecast looks ahead: in its fact, its chart and its finding."""
FLOWS = ["received", "paid", "drawn"]
HORIZON = 24
"""Months over which an option's return counts."""


@remembered
def cash_forecast(data: Data, period: Period, ahead: int = AHEAD) -> pd.DataFrame:
    """Cash month by month under each scenario: columns scenario, month, received, paid, drawn, cash at the month's end.

    The seasonal naive method (Hyndman and Athanasopoulos, Forecasting, 5.2): a month to come is as the same month a
    year before (see `usual_months`). What is received and paid is multiplied by the scenario's factors, and what is
    received grows by `monthly_growth`; draws and debt service are as they were. Each path begins with the cash at the
    last whole month's end.
    """
    month = months(period, 1)[0]
    start, usual = cash(data, month).value, usual_months(data, month)
    cases = data.table("scenarios", ["scenario", "revenue", "cost", "monthly_growth"])
    rows: list[tuple[str, str, float, float, float, float]] = []
    if start is not None and len(usual) == 12:
        for case in records(cases.sort_values("scenario", key=lambda names: names.map(CASES.index))):
            held, to = start, month
            rows.append((case.scenario, month.name, 0.0, 0.0, 0.0, start))
            for step in range(1, ahead + 1):
                to = Period.containing(to.end + timedelta(days=1))
                received, paid, drawn = usual.iloc[(step - 1) % 12].tolist()
                received, paid = received * case.revenue * (1 + case.monthly_growth) ** step, paid * case.cost
                held += received - paid - drawn
                rows.append((case.scenario, to.name, received, paid, drawn, held))
    return pd.DataFrame(rows, columns=["scenario", "month", *FLOWS, "cash"])


def usual_months(data: Data, month: Period) -> pd.DataFrame:
    """What the 12 months after `month` bring by experience: columns received, paid, drawn (draws and debt service).

    Each is as the same month a year before; where nobody recorded that one, as the mean of the recorded among the
    last 3. Without any of these there is no row.
    """
    moves, year = outflows(data), months(month, 12)
    known = [one.name for one in recorded(data, year)]
    column = moves["flow"].where(moves["flow"].isin(FLOWS), "drawn")
    sums = moves.groupby([month_of(moves, "date"), column])["amount"].sum().unstack(fill_value=0)
    sums = sums.reindex(columns=FLOWS, fill_value=0.0).reindex(known, fill_value=0.0) * [1.0, -1.0, -1.0]
    mean = sums[sums.index.isin([one.name for one in year[-MEAN_MONTHS:]])].mean()
    return sums.reindex([one.name for one in year]).fillna(mean).dropna()


def forecast_cash(data: Data, period: Period, scenario: str = "base", ahead: int = AHEAD) -> Measure:
    """Cash `ahead` months on under a scenario: the start, plus what comes in, less what goes out, in money."""
    path = cash_forecast(data, period, ahead)
    path = path[path["scenario"] == scenario]
    if not len(path):
        return Measure.unknown(f"no {scenario} scenario, or no cash in the ledger")
    return Measure.total(path.assign(change=path["cash"].diff().fillna(path["cash"])), "change")


def cash_out(data: Data, period: Period, ahead: int = AHEAD) -> dict[str, str]:
    """For each scenario the first month that ends with less than nothing; empty when there is none within `ahead`."""
    path = cash_forecast(data, period, ahead)
    empty = path[path["cash"] < 0].groupby("scenario")["month"].min()
    return {case: str(empty.get(case, "")) for case in path["scenario"].unique()}


@remembered
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


@remembered
def capital_ranking(data: Data, period: Period) -> pd.DataFrame:
    """Where capital could go, the soonest payback first: the table `investments` and what `_once` finds.

    Columns option, entity, cost, monthly_return (expected: times the probability that it works) or once (what comes a
    single time), payback_months (the delay included), gain_24_months (return within 24 months less cost),
    return_24_months (the gain over cost, as a share), left (deployable cash after the options ranked before) and
    `fits`: whether that pays for it. An option that never pays back comes last and does not fit.
    """
    options = data.table("investments").rename(columns={"title": "option"})
    options["monthly_return"] *= options["confidence"]
    options = pd.concat([options, _once(data, period)], ignore_index=True)
    options = options.astype(dict.fromkeys(["cost", "monthly_return", "once", "delay_months"], "float64"))
    cost, monthly = options["cost"], options["monthly_return"]
    gain = options["once"].fillna(monthly * (HORIZON - options["delay_months"]).clip(lower=0)) - cost
    needs = (cost / monthly).where(monthly > 0).mask(options["once"] > cost, 0.0)
    table = options[["option", "entity", "cost", "monthly_return", "once"]].assign(
        entity=options["entity"].map(entity_names(data)),
        payback_months=options["delay_months"] + needs,
        gain_24_months=gain,
        return_24_months=(gain / cost).where(cost > 0),
        left=0.0,
        fits=gain > 0,
    )
    table = table.sort_values(["payback_months", "return_24_months", "option"], ascending=[True, False, True])
    left, lefts, fits = deployable_cash(data, period).value or 0.0, [], []
    for option in records(table):
        lefts.append(left)
        fits.append(bool(option.fits and option.cost <= left))
        left -= option.cost * fits[-1]
    return table.assign(left=lefts, fits=fits).reset_index(drop=True)


def _once(data: Data, period: Period) -> pd.DataFrame:
    """What brings money a single time, from its own table: columns option, entity, cost, once, delay_months.

    A campaign yet to start brings the revenue of its base case a month after its first mailing; asking for what is
    overdue or was not billed brings at most the money recoverable, within a month.
    """
    cases = campaign_cases(data).dropna(subset="outcome")
    cases = cases[(cases["case"] == "base") & (cases["starts_on"] > period.end.isoformat())]
    wait = (cases["starts_on"] - pd.Timestamp(period.end)).dt.days / 30.4 + 1
    made = cases.assign(option="Campaign: " + cases["name"], once=cases["revenue"], delay_months=wait)
    made = made[["option", "entity", "cost", "once", "delay_months"]]
    due = money_recoverable(data, period).value or 0.0
    if due <= 0:
        return made
    asked = {
        "option": "Collect what is overdue and bill what was missed",
        "cost": 0.0,
        "once": due,
        "delay_months": 1.0,
    }
    return pd.concat([made, pd.DataFrame([asked])], ignore_index=True)
