"""Unit economics: contribution margin, break-even, and revenue against its targets.

Contribution margin and break-even follow cost-volume-profit analysis: revenue less variable cost pays for fixed
cost. What is variable and what is fixed is the chart of accounts' `behaviour`.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ...model.period import Period
from ..measure import Measure
from .cash import monthly_mean
from .common import in_period, month_of, months, postings, recorded, span

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data

COSTS = ("direct", "overhead", "uncategorised")


def costs(data: Data, behaviour: str = "") -> pd.DataFrame:
    """Ledger lines of expense, of one behaviour (`fixed`, `variable`) or all."""
    lines = postings(data, "counterparty", "memo", "document")
    lines = lines[lines["role"].isin(COSTS)]
    return lines[lines["behaviour"] == behaviour] if behaviour else lines


def fixed_cost(data: Data, period: Period) -> Measure:
    """Fixed cost a month: the mean of the last 3 recorded months over all entities in scope, in money."""
    return monthly_mean(data, costs(data, "fixed"), period)


def variable_cost(data: Data, period: Period) -> Measure:
    """Variable cost a month: the mean of the last 3 recorded months over all entities in scope, in money."""
    return monthly_mean(data, costs(data, "variable"), period)


def flagship(data: Data, wanted: str = "") -> str:
    """The entity whose unit carries the break-even: `wanted`, else the one with most booking revenue; empty if none."""
    names = data.table("entities", ["entity"])["entity"]
    if wanted in set(names):
        return wanted
    bookings = data.table("bookings", ["entity", "price", "cancelled_on"])
    sold = bookings[bookings["cancelled_on"].isna()].groupby("entity", sort=True)["price"].sum()
    return str(sold.idxmax()) if len(sold) else ""


def units_delivered(data: Data, period: Period) -> pd.DataFrame:
    """Bookings whose service ended in the period and was not cancelled, with `entity` and `quantity`."""
    bookings = data.table("bookings", ["booking", "entity", "ends_on", "quantity", "price", "cancelled_on"])
    return in_period(bookings[bookings["cancelled_on"].isna()], "ends_on", period)


def contribution_per_unit(data: Data, period: Period, entity: str) -> Measure:
    """Revenue less variable cost of the trailing 12 months, over units delivered in them, in money a unit."""
    year = _year(period)
    lines = in_period(postings(data, "booking", "memo"), "date", year)
    lines = lines[(lines["entity"] == entity) & ((lines["role"] == "revenue") | _is_variable(lines))]
    if not len(lines):
        return Measure.unknown("no revenue or variable cost in the ledger")
    units = units_delivered(data, year)
    units = units[units["entity"] == entity]
    return Measure.ratio(
        lines.assign(earned=-lines["amount"]), "earned", units, "quantity", note="no unit delivered in 12 months"
    )


def break_even(data: Data, period: Period, entity: str) -> Measure:
    """Units a month at which contribution pays all fixed cost: mean fixed cost over contribution per unit."""
    import pandas as pd

    fixed, unit = fixed_cost(data, period), contribution_per_unit(data, period, entity)
    if fixed.value is None or unit.value is None or fixed.rows is None or unit.rows is None:
        return Measure.unknown(fixed.note or unit.note)
    if unit.value <= 0:
        return Measure.unknown("each unit loses money, so no volume breaks even")
    sold = unit.rows.loc[unit.rows["part"] == "denominator", "contribution"].sum()
    earned = unit.rows[unit.rows["part"] == "numerator"]
    earned = earned.assign(units=sold, contribution=earned["contribution"] / sold, part="denominator")
    rows = pd.concat([fixed.rows.assign(part="numerator"), earned], ignore_index=True)
    return Measure(fixed.value / unit.value, rows, "ratio")


def break_even_lines(data: Data, period: Period, entity: str) -> pd.DataFrame:
    """The classic chart: columns units (0 to twice break-even), fixed_cost, total_cost, revenue; or empty."""
    import pandas as pd

    point, fixed = break_even(data, period, entity).value, fixed_cost(data, period).value
    unit = contribution_per_unit(data, period, entity)
    if point is None or fixed is None or unit.rows is None or unit.value is None:
        return pd.DataFrame(columns=["units", "fixed_cost", "total_cost", "revenue"], dtype=float)
    sold = unit.rows.loc[unit.rows["part"] == "denominator", "contribution"].sum()
    price = unit.rows.loc[unit.rows["role"] == "revenue", "contribution"].sum() / sold
    units = pd.Series(range(int(2 * point) + 2), name="units")
    return pd.DataFrame(
        {
            "units": units,
            "fixed_cost": fixed,
            "total_cost": fixed + units * (price - unit.value),
            "revenue": units * price,
        }
    )


def contribution_by_entity(data: Data, period: Period) -> pd.DataFrame:
    """Trailing 12 months: columns entity, revenue, variable_cost, contribution, margin (share), units, per_unit.

    `units` names what is sold and `sold` counts it; an entity without bookings has no figure per unit, and one without
    any posting no figure at all.
    """
    import pandas as pd

    year = _year(period)
    lines, sold = in_period(postings(data), "date", year), units_delivered(data, year)
    table = data.table("entities", ["entity", "name", "units"])
    posted = table["entity"].isin(lines["entity"])

    def summed(rows: pd.DataFrame, column: str) -> pd.Series[float]:
        return table["entity"].map(rows.groupby("entity")[column].sum()).astype("float64").fillna(0.0)

    revenue = (0.0 - summed(lines[lines["role"] == "revenue"], "amount")).where(posted)
    variable = summed(lines[_is_variable(lines)], "amount").where(posted)
    count = summed(sold, "quantity")
    made = pd.DataFrame({"entity": table["name"], "revenue": revenue, "variable_cost": variable})
    made["contribution"] = revenue - variable
    made["margin"] = (made["contribution"] / revenue).where(revenue > 0)
    made["sold"] = count.where(count > 0)
    made["units"] = table["units"].where(count > 0)
    made["per_unit"] = made["contribution"] / made["sold"]
    return made.sort_values("contribution", ascending=False, kind="stable", ignore_index=True)


def _year(period: Period) -> Period:
    return span(months(period, 1)[0])


def _is_variable(lines: pd.DataFrame) -> pd.Series[bool]:
    return lines["role"].isin(COSTS) & (lines["behaviour"] == "variable")


def targets(data: Data, period: Period) -> pd.DataFrame:
    """Every month of the period's year that has a target: columns month, target, actual (empty when not known yet)."""
    wanted, earned = _target_rows(data, period), _targeted_revenue(data, period)
    table = wanted.groupby("month")["amount"].sum().rename("target").to_frame()
    table["actual"] = earned.groupby(month_of(earned, "date"))["amount"].sum() * -1
    return table.reset_index()


def revenue_against_target(data: Data, period: Period) -> Measure:
    """Revenue of the year to the period's end over its targets, as a share; of the entities that have a target."""
    wanted = _target_rows(data, period)
    wanted = wanted[wanted["month"] <= period.end.isoformat()[:7]]
    if not recorded(data, [Period(date(period.end.year, 1, 1), period.end, "year")]):
        return Measure.unknown(f"no ledger entry in {period.end.year}")
    earned = _targeted_revenue(data, period)
    return Measure.ratio(earned.assign(earned=-earned["amount"]), "earned", wanted, "amount", note="no target")


def _target_rows(data: Data, period: Period) -> pd.DataFrame:
    rows = data.table("targets", ["month", "entity", "measure", "amount"])
    return rows[(rows["measure"] == "revenue") & rows["month"].str.startswith(str(period.end.year))]


def _targeted_revenue(data: Data, period: Period) -> pd.DataFrame:
    lines = postings(data, "booking", "memo")
    lines = lines[(lines["role"] == "revenue") & lines["entity"].isin(_target_rows(data, period)["entity"])]
    return in_period(lines, "date", Period(date(period.end.year, 1, 1), period.end, "year"))
