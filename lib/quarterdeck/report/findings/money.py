"""Rules of cash: limits that are broken, money heading for zero, revenue short of its targets."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ...model.period import Period
from ...model.report import Finding
from ..metrics import cash, customers, forecast, margin, rules
from ..metrics.common import months, records
from .common import Rule, amount, answers_for, make, many

if TYPE_CHECKING:
    from ..data import Data


_CALLED = {"overdue_receivables": "overdue client invoices"}


def broken_rules(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Each financial rule that the last whole month breaks: by how much and since when."""
    checked = rules.check_rules(data, period)
    return [_broken(data, period, as_of, rule) for rule in records(checked[checked["status"] == "broken"])]


def _broken(data: Data, period: Period, as_of: date, rule: Any) -> Finding:
    in_months = rule.measure == "runway"
    burn = cash.mean_net_burn(data, period).value or 0.0
    value, limit, excess = (
        f"{number:.1f} months" if in_months else amount(data, number)
        for number in (rule.value, rule.threshold, rule.excess)
    )
    side = "above" if rule.limit == "at most" else "below"
    measure = _CALLED.get(rule.measure, rule.measure.replace("_", " "))
    others = ""
    if rule.measure == "overdue_receivables":
        items = customers.open_items(data, months(period, 1)[0].end)
        invoices = data.table("invoices", ["invoice"])["invoice"]
        more = float(items.loc[~items["document"].isin(invoices), "owed"].sum())
        others = (
            f" Not counted: {amount(data, more)} of bookings and jobs that customers have not paid." if more else ""
        )
    return make(
        data,
        as_of,
        f"rule-{rule.rule}",
        f"Broken rule: {measure} at {value}, limit {limit}",
        rule.severity,
        rule="broken_rules",
        evidence=f"{measure.capitalize()}: {value}, {excess} {side} the limit of {limit} since {rule.since:%B %Y}."
        + others,
        money=rule.excess * burn if in_months else rule.excess,
        action=rule.remedy,
        owner=rule.owner,
        since=f"{rule.since:%Y-%m-%d}",
        leads=True,
    )


def cash_runs_out(data: Data, period: Period, as_of: date, *, within_months: int = forecast.AHEAD) -> list[Finding]:
    """Cash that a scenario takes below zero within `within_months`: said for base if it does, else for low."""
    out = forecast.cash_out(data, period, within_months)
    case = next((name for name in ("base", "low") if out.get(name)), "")
    if not case:
        return []
    path = forecast.cash_forecast(data, period, within_months)
    path = path[path["scenario"] == case]
    lacks, last = -float(path["cash"].min()), Period.parse(path["month"].iloc[path["cash"].argmin()]).label
    month = Period.parse(out[case]).label
    return [
        make(
            data,
            as_of,
            "cash-runs-out",
            f"Cash runs out in {month} on the {case} path",
            "critical" if case == "base" else "high",
            rule="cash_runs_out",
            evidence=f"Cash ends {month} below zero; within {many(within_months, 'month')} it lacks most in {last}, "
            f"{amount(data, lacks)}.",
            money=lacks,
            action=f"Cut or postpone payments, or agree financing, before {month}",
            owner=answers_for(data, "rules"),
        )
    ]


def behind_target(data: Data, period: Period, as_of: date, *, tolerance: float = 0.1) -> list[Finding]:
    """Revenue of the year to the last whole month that is short of its targets, and not by a trifle.

    That is by more than `tolerance` (a share), or so that each month left needs more than `tolerance` beyond the mean
    of the last three.
    """
    share = margin.revenue_against_target(data, period).value
    if share is None or share >= 1:
        return []
    table = margin.targets(data, period)
    table = table[table["month"] <= months(period, 1)[0].name]
    recent, needed = float(table["actual"].tail(3).mean()), margin.needed_a_month(data, period)
    if share >= 1 - tolerance and not (needed and needed > (1 + tolerance) * recent):
        return []
    wanted, missed = float(table["target"].sum()), int((table["actual"].fillna(0.0) < table["target"]).sum())
    lacks, last = table["target"].iloc[-1] - table["actual"].iloc[-1], Period.parse(table["month"].iloc[-1]).label
    late = f", {last} by {amount(data, lacks)}" if lacks > 0 else ""
    needs = ""
    if needed:
        needs = (
            f" Each month left needs {amount(data, needed)}; the last three earned {amount(data, recent)} on average."
        )
    return [
        make(
            data,
            as_of,
            "revenue-behind-target",
            "Revenue is behind its targets",
            "medium",
            rule="behind_target",
            evidence=f"{amount(data, wanted * share)} earned in {period.end.year} against {amount(data, wanted)} "
            f"targeted; {missed} of {many(len(table), 'month')} missed{late}." + needs,
            money=wanted * (1 - share),
            action="Raise sales of the entities furthest behind, or set the targets anew",
            owner=answers_for(data, "rules"),
        )
    ]


RULES: tuple[Rule, ...] = (broken_rules, cash_runs_out, behind_target)
