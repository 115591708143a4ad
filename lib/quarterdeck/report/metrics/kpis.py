"""What should be measured and is not, and what is to be done in the next days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from ...model.report import SEVERITIES, Finding
from ..data import known_tables
from ..measure import Measure
from .common import entity_names

if TYPE_CHECKING:
    from ...model.period import Period
    from ..data import Data

MEASURED, MEASURABLE, NOT_MEASURED = "measured", "measurable now", "not measured"


def register(data: Data) -> pd.DataFrame:
    """Each KPI with its state: measured, measurable now (every table that it needs has rows for it), or not measured.

    Columns: `kpi` (name), `entity` (name), `definition`, `state`, `lacks` (tables without rows), `target`, `unit`,
    `owner`; the not measured first.
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
    return shown[["kpi", "entity", "definition", "state", "lacks", "target", "unit", "owner"]]


def _has_rows(data: Data, name: str, entity: str) -> bool:
    if name not in known_tables(data.folder):
        return False
    frame = data.table(name)
    return bool(len(frame[frame["entity"] == entity] if entity and "entity" in frame else frame))


def unmeasured_kpis(data: Data, period: Period) -> Measure:
    """How many KPIs nobody measures yet, whether or not their tables are there; the same in every period."""
    kpis = data.table("kpis", ["kpi", "entity", "name", "measured_by", "owner"])
    return Measure.total(kpis[kpis["measured_by"].isna()]) if len(kpis) else Measure.unknown("no KPI is defined")


def agenda(data: Data, findings: Sequence[Finding], as_of: date, days: int = 30) -> pd.DataFrame:
    """What to do in the next `days` days: open agreed actions, and serious findings that no open action answers.

    Columns: `priority` (severity of the finding, or `agreed`), `what`, `entity` (name), `owner`, `due`, `days_late`,
    `age` (days since agreed), `effort_days`, `money`. Late agreed actions come after what is critical,
    the others after what is high; then the latest, then the dearest first.
    """
    today = pd.Timestamp(as_of)
    actions = data.table("actions").rename(columns={"title": "what", "due_on": "due"})
    actions = actions[actions["done_on"].isna()]
    agreed = actions[actions["due"] <= today + pd.Timedelta(days=days)]
    agreed = agreed.assign(
        priority=agreed["finding"].map({one.id: one.severity for one in findings}).astype("str").fillna("agreed"),
        money=agreed["finding"].map({one.id: one.money for one in findings}),
        age=(today - agreed["created_on"]).dt.days,
        days_late=(today - agreed["due"]).dt.days.clip(lower=0),
    )
    answered = set(actions["finding"].dropna())
    found = pd.DataFrame(
        [
            (one.severity, one.action or one.title, one.entity, one.owner, pd.Timestamp(one.due), one.money, 0)
            for one in findings
            if one.severity in ("critical", "high") and one.id not in answered
        ],
        columns=["priority", "what", "entity", "owner", "due", "money", "days_late"],
    )
    columns = ["priority", "what", "entity", "owner", "due", "days_late", "age", "effort_days", "money"]
    types = {"due": "datetime64[s]"} | dict.fromkeys(["days_late", "age", "effort_days", "money"], "float64")
    made = pd.concat([part.reindex(columns=columns).astype(types) for part in (agreed, found)], ignore_index=True)
    rank = made["priority"].map({name: float(n) for n, name in enumerate(SEVERITIES)}).fillna(2.5)
    rank = rank.mask((made["priority"] == "agreed") & (made["days_late"] > 0), 0.5)
    made = made.assign(entity=made["entity"].map(entity_names(data)).fillna(""), rank=rank)
    order = ["rank", "days_late", "money", "due", "what"]
    return made.sort_values(order, ascending=[True, False, False, True, True], ignore_index=True)[columns]
