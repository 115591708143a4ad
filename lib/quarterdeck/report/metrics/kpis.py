"""What should be measured and is not, and what is to be done in the next days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from ...model.report import SEVERITIES, Finding
from ..data import known_tables
from ..measure import Measure
from . import cash, cloud, engineering, funnel, lodging, margin, profit, receivables, transport
from .common import entity_names

if TYPE_CHECKING:
    from ...model.period import Period
    from ..data import Data

_MEASURES: tuple[Callable[[Data, Period], Measure], ...] = (
    *(cash.cash, cash.gross_burn, cash.net_burn, cash.runway, profit.net_profit, receivables.dso),
    *(cloud.cloud_cost, engineering.lead_time, engineering.change_failure_rate, engineering.latency),
    *(funnel.cac, funnel.churn, funnel.conversion, lodging.occupancy, lodging.adr, lodging.revpar),
    *(transport.on_time_rate, transport.crew_utilisation, transport.nps),
)
_METRICS = {metric.__name__: metric for metric in _MEASURES}  # facts are named after their metrics
MEASURED, MEASURABLE, NOT_MEASURED = "measured", "measurable now", "not measured"


def register(data: Data) -> pd.DataFrame:
    """Each KPI with its state: measured, measurable now (every table that it needs has rows for it), or not measured.

    Columns: `kpi` (name), `entity` (name), `definition`, `state`, `lacks` (tables without rows), `measured_by` (a
    fact), `target`, `unit`, `owner`; the not measured first.
    """
    kpis = data.table("kpis")
    needs = kpis["tables"].where(kpis["measured_by"].isna())
    lacks = [
        ", ".join(name for name in names.split() if not _has_rows(data, name, entity))
        for names, entity in zip(needs.fillna(""), kpis["entity"].fillna(""), strict=True)
    ]
    shown = kpis.assign(kpi=kpis["name"], entity=kpis["entity"].map(entity_names(data)), lacks=lacks)
    state = needs.mask(needs.notna(), MEASURABLE).where(shown["lacks"] == "").fillna(NOT_MEASURED)
    shown = shown.assign(state=state.mask(kpis["measured_by"].notna(), MEASURED))
    order = shown["state"].map((NOT_MEASURED, MEASURABLE, MEASURED).index)
    shown = shown.assign(order=order).sort_values(["order", "kpi"], ignore_index=True)
    return shown[["kpi", "entity", "definition", "state", "lacks", "measured_by", "target", "unit", "owner"]]


def _has_rows(data: Data, name: str, entity: str) -> bool:
    if name not in known_tables(data.folder):
        return False
    frame = data.table(name)
    return bool(len(frame[frame["entity"] == entity] if entity and "entity" in frame else frame))


def unmeasured_kpis(data: Data, period: Period) -> Measure:
    """How many KPIs nobody measures yet, whether or not their tables are there; the same in every period."""
    kpis = data.table("kpis", ["kpi", "entity", "name", "measured_by", "owner"])
    return Measure.total(kpis[kpis["measured_by"].isna()]) if len(kpis) else Measure.unknown("no KPI is defined")


def actual(data: Data, period: Period, fact: str, entity: str = "") -> float | None:
    """What the fact that measures a KPI came to in the period; None where it is not known or no metric has its name.

    `entity` is the one whose unit carries a break-even.
    """
    if fact == "break_even":
        return margin.break_even(data, period, margin.flagship(data, entity)).value
    metric = _METRICS.get(fact)
    return metric(data, period).value if metric else None


def agreed_actions(data: Data, period: Period, as_of: date, area: str = "") -> pd.DataFrame:
    """Actions that are open on `as_of`, the latest first, then those done since the period began.

    Columns: `what`, `entity` (name), `owner`, `due`, `state` (late, open, done), `days_late` and `age` (days since
    agreed, until done), `done_on`. With `area` only those of it, and those to which nobody gave one.
    """
    today, actions = pd.Timestamp(as_of), data.table("actions")
    actions = actions[actions["area"].isna() | (actions["area"] == area)] if area else actions
    done = actions["done_on"].notna()
    actions = actions[~done | (actions["done_on"] >= period.start.isoformat())]
    done, until = actions["done_on"].notna(), actions["done_on"].fillna(today)
    days_late = (until - actions["due_on"]).dt.days.clip(lower=0)
    made = actions.assign(
        entity=actions["entity"].map(entity_names(data)).fillna(""),
        state=days_late.gt(0).map({True: "late", False: "open"}).mask(done, "done"),
        days_late=days_late,
        age=(until - actions["created_on"]).dt.days,
        done=done,
    ).rename(columns={"title": "what", "due_on": "due"})
    order = ["done", "days_late", "due", "what"]
    made = made.sort_values(order, ascending=[True, False, True, True], ignore_index=True)
    return made[["what", "entity", "owner", "due", "state", "days_late", "age", "done_on", "finding"]]


def agenda(
    data: Data, findings: Sequence[Finding], as_of: date, days: int = 30, *, urgent: Sequence[Finding] | None = None
) -> pd.DataFrame:
    """What to do in the next `days` days: open agreed actions, and serious findings that no open action answers.

    Columns: `priority` (severity of the worst finding that an action answers, or `agreed`), `what`, `entity` (name),
    `owner`, `due`, `days_late`, `age` (days since agreed), `effort_days`, `money` (at stake; said once for each
    finding). What leads comes first; late agreed actions come after what is critical, the others after what is high;
    then the latest, then the most money. Of `urgent`, if given, come the findings that no action answers.
    """
    today = pd.Timestamp(as_of)
    actions = data.table("actions").rename(columns={"title": "what", "due_on": "due"})
    actions = actions[actions["done_on"].isna()]
    answers = actions["finding"].fillna("").str.split()
    worst = answers.map(lambda ids: min((one for one in findings if one.id in ids), key=_rank, default=None))
    actions = actions.assign(
        rank=worst.map(lambda one: _order(one) if one else None).astype("float64"),
        priority=worst.map(lambda one: one.severity if one else "agreed").astype("str"),
        money=worst.map(lambda one: one.money if one else None).astype("float64"),
        answered=worst.map(lambda one: one.id if one else None).astype("object"),
        age=(today - actions["created_on"]).dt.days,
        days_late=(today - actions["due"]).dt.days.clip(lower=0),
    )
    answered = {id for ids in answers for id in ids}
    found = pd.DataFrame(
        [
            (
                one.severity,
                one.action or one.title,
                one.entity,
                one.owner,
                pd.Timestamp(one.due),
                one.money,
                0,
                _order(one),
            )
            for one in (findings if urgent is None else urgent)
            if one.severity in ("critical", "high") and one.id not in answered
        ],
        columns=["priority", "what", "entity", "owner", "due", "money", "days_late", "rank"],
    )
    columns = ["priority", "what", "entity", "owner", "due", "days_late", "age", "effort_days", "money"]
    types = {"due": "datetime64[s]"} | dict.fromkeys(["days_late", "age", "effort_days", "money", "rank"], "float64")
    parts = (actions[actions["due"] <= today + pd.Timedelta(days=days)], found)
    made = pd.concat([part.reindex(columns=[*columns, "rank", "answered"]).astype(types) for part in parts])
    late = made["days_late"] > 0
    made["rank"] = made["rank"].fillna(late.map({True: 0.5, False: 2.5}))
    made["entity"] = made["entity"].map(entity_names(data)).fillna("")
    order = ["rank", "days_late", "money", "due", "what"]
    made = made.sort_values(order, ascending=[True, False, False, True, True], ignore_index=True)
    made["money"] = made["money"].mask(made["answered"].notna() & made["answered"].duplicated())
    return made[columns]


def _rank(finding: Finding) -> tuple[bool, int, float, str]:
    return finding.rank


def _order(finding: Finding) -> float:
    """Where a finding stands on the agenda: what leads first, then by severity."""
    return -1.0 if finding.leads else float(SEVERITIES.index(finding.severity))
