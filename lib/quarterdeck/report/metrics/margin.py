"""Unit economics: contribution margin, break-even, and revenue against its targets.

Contribution margin and break-even follow cost-volume-profit analysis (Horngren, Cost Accounting): revenue less
variable cost pays for fixed cost. What is variable and what is fixed is the chart of accounts' `behaviour`.
"""

from __future__ import annotations

import pandas as pd

from ...model.period import Period
from ..data import Data, remembered
from ..measure import Measure
from .cash import monthly_mean
from .common import in_period, month_of, months, postings, recorded, services_ended, year

COSTS = ("direct", "overhead", "uncategorised")


@remembered
def costs(data: Data) -> pd.DataFrame:
    """Ledger lines of expense."""
    lines = postings(data, "counterparty", "memo", "document")
    return lines[lines["role"].isin(COSTS)]


@remembered
def fixed_cost(data: Data, period: Period) -> Measure:
    """Fixed cost a month: the mean of the last 3 recorded months over all entities in scope, in money."""
    lines = costs(data)
    return monthly_mean(data, lines[lines["behaviour"] == "fixed"], period)


def variable_cost(data: Data, period: Period) -> Measure:
    """Variable cost a month: the mean of the last 3 recorded months over all entities in scope, in money."""
    lines = costs(data)
    return monthly_mean(data, lines[_is_variable(lines)], period)


def flagship(data: Data, wanted: str = "") -> str:
    """The entity whose unit carries the break-even: `wanted`, else the one with most booking revenue; empty if none."""
    if wanted in set(data.table("entities", ["entity"])["entity"]):
        return wanted
    bookings = data.table("bookings", ["entity", "price", "cancelled_on"])
    sold = bookings[bookings["cancelled_on"].isna()].groupby("entity")["price"].sum()
    return str(sold.idxmax()) if len(sold) else ""


@remembered
def contribution_per_unit(data: Data, period: Period, entity: str) -> Measure:
    """Revenue less variable cost of the last 12 months, over units delivered in them, in money a unit."""
    lines = in_period(postings(data, "booking", "memo"), "date", year(period))
    lines = lines[(lines["entity"] == entity) & ((lines["role"] == "revenue") | _is_variable(lines))]
    if not len(lines):
        return Measure.unknown("no revenue or variable cost in the ledger")
    sold = services_ended(data, year(period))
    sold, earned = sold[sold["entity"] == entity], lines.assign(earned=-lines["amount"])
    return Measure.ratio(earned, "earned", sold, "quantity", note="no unit delivered in 12 months")


@remembered
def break_even(data: Data, period: Period, entity: str) -> Measure:
    """Units a month at which contribution pays all fixed cost: mean fixed cost over contribution per unit."""
    fixed, unit = fixed_cost(data, period), contribution_per_unit(data, period, entity)
    if fixed.rows is None or unit.rows is None or unit.value is None:
        return Measure.unknown(fixed.note or unit.note)
    if unit.value <= 0:
        return Measure.unknown("each unit loses money, so no volume breaks even")
    earned = unit.rows[unit.rows["part"] == "numerator"].assign(units=_sold(unit.rows))
    earned["contribution"] /= earned["units"]
    return Measure.ratio(fixed.rows, "contribution", earned, "contribution")


def break_even_with_others(data: Data, period: Period, entity: str) -> Measure:
    """Units a month that pay the fixed cost which the other entities' contribution (mean of 12 months) leaves."""
    even, known = break_even(data, period, entity), recorded(data, months(period, 12))
    if even.rows is None or even.value is None:
        return even
    lines = in_period(postings(data, "booking", "memo"), "date", year(period))
    lines = lines[(lines["entity"] != entity) & ((lines["role"] == "revenue") | _is_variable(lines))]
    fixed, unit = (even.rows[even.rows["part"] == part] for part in ("numerator", "denominator"))
    fixed = pd.concat([fixed, lines.assign(contribution=lines["amount"] / max(len(known), 1))], ignore_index=True)
    if fixed["contribution"].sum() <= 0:
        return Measure.unknown("the other entities' contribution pays all fixed cost")
    return Measure.ratio(fixed, "contribution", unit, "contribution")


def units_delivered(data: Data, period: Period, entity: str) -> Measure:
    """Units of an entity whose service ended in the period and was not cancelled."""
    if not len(data.table("bookings", ["booking"])):
        return Measure.unknown("no booking")
    sold = services_ended(data, period)
    return Measure.total(sold[sold["entity"] == entity], "quantity")


def break_even_lines(data: Data, period: Period, entity: str) -> pd.DataFrame:
    """The classic chart: columns units (0, break-even and twice that), fixed_cost, total_cost, revenue; or empty."""
    point, fixed = break_even(data, period, entity).value, fixed_cost(data, period).value
    rows = contribution_per_unit(data, period, entity).rows
    if point is None or fixed is None or rows is None:
        return pd.DataFrame(columns=["units", "fixed_cost", "total_cost", "revenue"], dtype=float)
    revenue = rows.loc[rows["role"] == "revenue", "contribution"].sum() / _sold(rows) * point
    lines = pd.DataFrame({"units": [0, point, 2 * point], "fixed_cost": fixed})
    return lines.assign(total_cost=[fixed, revenue, 2 * revenue - fixed], revenue=[0, revenue, 2 * revenue])


@remembered
def contribution_by_entity(data: Data, period: Period) -> pd.DataFrame:
    """Last 12 months: entity (name), revenue, variable_cost, contribution, margin (share), sold, units, per_unit.

    `units` names what is sold and `sold` counts it; an entity without bookings has no figure per unit, and one without
    any posting no figure at all.
    """
    lines = in_period(postings(data), "date", year(period))
    sums = {"revenue": lines["role"] == "revenue", "variable_cost": _is_variable(lines)}
    made = pd.DataFrame({name: lines[which].groupby("entity")["amount"].sum() for name, which in sums.items()})
    entities = data.table("entities", ["entity", "name", "units"]).set_index("entity")
    made = made.reindex(lines["entity"].unique()).fillna(0.0).reindex(entities.index)
    made["revenue"] = 0.0 - made["revenue"]
    made["contribution"] = made["revenue"] - made["variable_cost"]
    made["margin"] = (made["contribution"] / made["revenue"]).where(made["revenue"] > 0)
    sold = services_ended(data, year(period)).groupby("entity")["quantity"].sum()
    made["sold"] = sold[sold > 0].reindex(made.index)
    made["units"] = entities["units"].where(made["sold"].notna())
    made["per_unit"] = made["contribution"] / made["sold"]
    made.insert(0, "entity", entities["name"])
    return made.sort_values("contribution", ascending=False, kind="stable", ignore_index=True)


def _sold(rows: pd.DataFrame) -> float:
    return float(rows.loc[rows["part"] == "denominator", "contribution"].sum())


def _is_variable(lines: pd.DataFrame) -> pd.Series[bool]:
    return lines["role"].isin(COSTS) & (lines["behaviour"] == "variable")


def targets(data: Data, period: Period) -> pd.DataFrame:
    """Every month of the year that has a target: columns month, target, actual (missing where it is not known)."""
    wanted, earned, passed = _against_target(data, period)
    known = [month.name for month in recorded(data, passed)]
    table = wanted.groupby("month")["amount"].sum().rename("target").to_frame()
    actual = (0.0 - earned.groupby("month")["amount"].sum()).reindex(known, fill_value=0.0)
    return table.assign(actual=actual.reindex(table.index)).reset_index()


def revenue_against_target(data: Data, period: Period) -> Measure:
    """Revenue of the year's months, to the last whole one, over their targets, as a share."""
    wanted, earned, passed = _against_target(data, period)
    if not recorded(data, passed):
        return Measure.unknown(f"no ledger entry in {passed[0].name[:4]}")
    wanted = wanted[wanted["month"] <= passed[-1].name]
    return Measure.ratio(earned.assign(earned=-earned["amount"]), "earned", wanted, "amount", note="no target")


def needed_a_month(data: Data, period: Period) -> float | None:
    """What each month left of the year must earn for all its targets together; None when no month is left."""
    table = targets(data, period)
    left = int((table["month"] > months(period, 1)[0].name).sum())
    return max(float(table["target"].sum() - table["actual"].sum()), 0.0) / left if left else None


@remembered
def _against_target(data: Data, period: Period) -> tuple[pd.DataFrame, pd.DataFrame, list[Period]]:
    """Targets of a period's year, ledger revenue of the same entities and months, and the year's months so far."""
    last = months(period, 1)[0]
    passed = last.trailing(last.start.month)
    wanted = data.table("targets", ["month", "entity", "measure", "amount"])
    wanted = wanted[(wanted["measure"] == "revenue") & wanted["month"].str.startswith(last.name[:4])]
    lines = postings(data, "booking", "memo")
    lines = lines[(lines["role"] == "revenue") & (lines["date"] <= last.end.isoformat())]
    earned = lines.assign(month=month_of(lines, "date")).merge(wanted[["month", "entity"]], on=["month", "entity"])
    return wanted, earned, passed
