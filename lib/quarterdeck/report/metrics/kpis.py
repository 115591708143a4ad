"""What should be measured and is not, and what is to be done in the next days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from ...model.report import SEVERITIES, Finding
from ..data import known_tables
from ..measure import Measure
from .common import entity_names

if TYPE_CHECKING:
    import pandas as pd

    from ...model.period import Period
    from ..data import Data

MEASURED, MEASURABLE, NOT_MEASURED = "measured", "measurable now", "not measured"


def register(data: Data) -> pd.DataFrame:
    """Each KPI with its state: measured, measurable now (every table that it needs has rows for it), or not measured.

    Columns: `kpi` (name), `entity` (name), `definition`, `state`, `lacks` (tables without rows), `target`, `unit`,
    `owner`.
    """
    kpis = data.table("kpis")
    lacking = [
        [] if measured == measured else _lacking(data, entity, str(tables).split() if tables == tables else [])
        for measured, entity, tables in zip(kpis["measured_by"], kpis["entity"], kpis["tables"], strict=True)
    ]
    states = [
        MEASURED if measured == measured else NOT_MEASURED if lacks or tables != tables else MEASURABLE
        for measured, lacks, tables in zip(kpis["measured_by"], lacking, kpis["tables"], strict=True)
    ]
    named = {"kpi": kpis["name"], "entity": kpis["entity"].map(entity_names(data))}
    shown = kpis.assign(**named, state=states, lacks=list(map(", ".join, lacking)))
    order = shown["state"].map({NOT_MEASURED: 0, MEASURABLE: 1, MEASURED: 2})
    shown = shown.assign(order=order).sort_values(["order", "kpi"], ignore_index=True)
    return shown[["kpi", "entity", "definition", "state", "lacks", "target", "unit", "owner"]]


def _lacking(data: Data, entity: object, names: list[str]) -> list[str]:
    known = known_tables(data.folder)
    lacks = []
    for name in names:
        frame = data.table(name) if name in known else None
        if frame is not None and entity == entity and "entity" in frame:
            frame = frame[frame["entity"] == entity]
        if frame is None or not len(frame):
            lacks.append(name)
    return lacks


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
    import pandas as pd

    today, by_id = pd.Timestamp(as_of), {finding.id: finding for finding in findings}
    actions = data.table("actions")
    actions = actions[actions["done_on"].isna()]
    due = actions[actions["due_on"] <= today + pd.Timedelta(days=days)]
    agreed = due.assign(
        priority=due["finding"].map({id: finding.severity for id, finding in by_id.items()}).fillna("agreed"),
        money=due["finding"].map({id: finding.money for id, finding in by_id.items()}),
        age=(today - due["created_on"]).dt.days,
        days_late=(today - due["due_on"]).dt.days.clip(lower=0),
    ).rename(columns={"title": "what", "due_on": "due"})
    serious = [finding for finding in findings if finding.severity in ("critical", "high")]
    found = pd.DataFrame(
        [
            (one.severity, one.action or one.title, one.entity, one.owner, one.due, one.money)
            for one in serious
            if one.id not in set(actions["finding"].dropna())
        ],
        columns=["priority", "what", "entity", "owner", "due", "money"],
    ).assign(days_late=0.0, due=lambda frame: pd.to_datetime(frame["due"]))
    columns = ["priority", "what", "entity", "owner", "due", "days_late", "age", "effort_days", "money"]
    parts = [part.reindex(columns=columns).astype({"money": "float64", "age": "float64"}) for part in (agreed, found)]
    made = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    rank = made["priority"].map({name: float(n) for n, name in enumerate(SEVERITIES)}).fillna(2.5)
    rank = rank.mask((made["priority"] == "agreed") & (made["days_late"] > 0), 0.5)
    made = made.assign(
        entity=made["entity"].map(entity_names(data)).fillna(""), rank=rank, worth=made["money"].fillna(0.0)
    )
    order = ["rank", "days_late", "worth", "due", "what"]
    return made.sort_values(order, ascending=[True, False, False, True, True], ignore_index=True)[columns]
