"""The owner's financial rules: each limits a monthly series, and says since when it is broken."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING, Any

from ...model.period import Period
from ..measure import Measure
from .cash import CASH_POSITIVE, cash, gross_burn, net_burn, runway
from .cloud import cloud_cost
from .common import in_period, months, postings, recorded, records
from .margin import COSTS
from .receivables import open_invoices

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data


def owner_draw(data: Data, period: Period) -> Measure:
    """What the owner took out in the period, in money."""
    lines = postings(data, "memo")
    return _posted(data, lines[lines["role"] == "draw"], period)


def marketing_spend(data: Data, period: Period) -> Measure:
    """Expenses of the period that name a marketing channel, in money."""
    lines = postings(data, "channel")
    return _posted(data, lines[lines["role"].isin(COSTS) & lines["channel"].notna()], period)


def _posted(data: Data, lines: pd.DataFrame, period: Period) -> Measure:
    if not recorded(data, [period]):
        return Measure.unknown(f"no ledger entry in {period.label}")
    return Measure.total(in_period(lines, "date", period), "amount")


def overdue(data: Data, period: Period) -> Measure:
    """What clients owed past its due day at the period's end, in money."""
    if not len(data.table("invoices", ["invoice"])):
        return Measure.unknown("no invoice")
    owed = open_invoices(data, period.end)
    if data.absent({"payments"}):
        return Measure.unknown("payments absent")
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


def check_rules(data: Data, period: Period, back: int = 24) -> pd.DataFrame:
    """Each rule against the last whole month: the broken first.

    Columns of the table `rules`, and `value` (missing when not known), `excess` (how far beyond the limit, in
    the threshold's unit; zero when kept), `status` (broken, kept, not known) and `since` (first day of the first month
    of the unbroken run of breaches, at most `back` months ago). A runway without end keeps every rule.
    """
    import pandas as pd

    rules = data.table("rules")
    trail = months(period, back)[::-1]
    found = [_check(data, rule, trail) for rule in records(rules)]
    made = pd.DataFrame(found, columns=["value", "excess", "status", "since"], index=rules.index)
    rules = rules.join(made.astype({"value": float, "excess": float, "since": "datetime64[s]"}))
    order = rules["status"].map({"broken": 0, "not known": 1, "kept": 2})
    return rules.assign(order=order).sort_values("order", kind="stable").drop(columns="order").reset_index(drop=True)


def _check(data: Data, rule: Any, trail: list[Period]) -> tuple[float | None, float | None, str, date | None]:
    """Value, excess, status and since of one rule; `trail` is the months from the newest back."""
    direction = 1 if rule.limit == "at most" else -1
    since = None
    now = SERIES[rule.measure](data, trail[0])
    if now.value is None:
        endless = rule.measure == "runway" and now.note == CASH_POSITIVE
        return None, None, "kept" if endless else "not known", None
    for month in trail:
        value = SERIES[rule.measure](data, month).value
        if value is None or round((value - rule.threshold) * direction, 2) <= 0:
            break
        since = month.start
    excess = max((now.value - rule.threshold) * direction, 0.0) if since else 0.0
    return now.value, excess, "broken" if since else "kept", since
