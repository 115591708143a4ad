"""The owner's financial rules: each limits a monthly series, and says since when it is broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import takewhile
from typing import Any

import pandas as pd

from ...model.period import Period
from ..data import Data, remembered
from ..measure import Measure
from .cash import CASH_POSITIVE, cash, gross_burn, net_burn, runway
from .cloud import cloud_cost
from .common import months, posted, postings, records
from .margin import COSTS
from .receivables import open_invoices

BACK = 24
"""Months back that a breach is followed."""


def owner_draw(data: Data, period: Period) -> Measure:
    """What the owner took out in the period, in money."""
    lines = postings(data, "memo")
    return posted(data, lines[lines["role"] == "draw"], period)


def marketing_spend(data: Data, period: Period) -> Measure:
    """Expenses of the period that name a marketing channel, in money."""
    lines = postings(data, "channel")
    return posted(data, lines[lines["role"].isin(COSTS) & lines["channel"].notna()], period)


def overdue(data: Data, period: Period) -> Measure:
    """What clients owed past its due day at the period's end, credit notes deducted, in money."""
    owed = open_invoices(data, period.end)
    if data.absent({"payments"}) or not len(data.table("invoices", ["invoice"])):
        return Measure.unknown("no invoices, or nothing known of their payment")
    return Measure.total(owed[owed["days_overdue"] > 0], "balance")


SERIES: dict[str, Callable[[Data, Period], Measure]] = {
    "gross_burn": gross_burn,
    "net_burn": net_burn,
    "runway": runway,
    "cash": cash,
    "owner_draw": owner_draw,
    "overdue_receivables": overdue,
    "cloud_cost": cloud_cost,
    "marketing_spend": marketing_spend,
}


@remembered
def check_rules(data: Data, period: Period) -> pd.DataFrame:
    """Each rule against the last whole month: the broken first.

    Columns of the table `rules`, and `value` (missing when not known), `excess` (how far beyond the limit, in
    the threshold's unit; zero when kept), `status` (broken, kept, not known) and `since` (first day of the first month
    of the unbroken run of breaches, at most 24 months ago). A runway without end keeps every rule.
    """
    rules, trail = data.table("rules"), months(period, BACK)[::-1]
    found = [_check(data, rule, trail) for rule in records(rules)]
    made = pd.DataFrame(found, columns=["value", "excess", "status", "since"])
    rules = rules.join(made.astype({"value": float, "excess": float, "since": "datetime64[s]"}))
    order = {"broken": 0, "not known": 1, "kept": 2}
    return rules.sort_values("status", key=lambda status: status.map(order), kind="stable", ignore_index=True)


def _check(data: Data, rule: Any, trail: list[Period]) -> tuple[float | None, float | None, str, date | None]:
    """Value, excess, status and since of one rule; `trail` is the months from the newest back."""

    def excess(value: float | None) -> float:
        beyond = 0.0 if value is None else value - rule.threshold
        beyond = beyond if rule.limit == "at most" else -beyond
        return beyond if round(beyond, 2) > 0 else 0.0

    now = SERIES[rule.measure](data, trail[0])
    if now.value is None:
        endless = now.note == CASH_POSITIVE
        return None, None, "kept" if endless else "not known", None
    broken = list(takewhile(lambda month: excess(SERIES[rule.measure](data, month).value), trail))
    return now.value, excess(now.value), "broken" if broken else "kept", broken[-1].start if broken else None
