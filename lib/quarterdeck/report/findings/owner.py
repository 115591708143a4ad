"""What an owner must know: no pipeline, revenue that nobody recorded, stakes in doubt, losses, undecided billing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ...model.period import Period
from ...model.report import Finding, Severity
from ..metrics import assets, coverage, kpis, profit
from ..metrics.common import entity_names, months, records
from .common import Rule, amount, day, make, named

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data


def empty_pipelines(data: Data, period: Period, as_of: date, *, pipeline_days: int = 90) -> list[Finding]:
    """An entity that sells and has no open enquiry of the last `pipeline_days` days; at stake, a quarter's revenue."""
    leads = data.table("leads", ["entity", "created_on", "won_on", "lost_on"])
    if not len(leads):
        return []
    fresh = leads[leads["created_on"] > (as_of - timedelta(days=pipeline_days)).isoformat()]
    still = fresh.loc[fresh["won_on"].isna() & fresh["lost_on"].isna(), "entity"]
    made = []
    for entity, name in _sellers(data):
        if (still == entity).any():
            continue
        ours = leads[leads["entity"] == entity]
        last = ours["created_on"].max()
        said = f"the last came on {day(data, last)}" if len(ours) else "none was ever recorded"
        finding = make(
            data, as_of, f"empty-pipeline-{entity}", f"{name} has no open enquiry", "critical",
            rule="empty_pipelines", entity=entity, money=_revenue_at_stake(data, period, entity),
            evidence=f"No enquiry of the last {pipeline_days} days is open; {said}.",
            action=f"Make a list of ten prospects for {name} and call them this week",
            since=last.date().isoformat() if len(ours) else "",
        )  # fmt: skip
        made.append(finding)
    return made


def unrecorded_revenue(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Sales of the last twelve months that are not in the ledger: one finding an entity, with the months named."""
    cells = coverage.coverage(data, months(period, 12))
    made = []
    for entity, gaps in cells[cells["missing"] > 0].groupby("entity"):
        name, sold, missing = gaps["name"].iloc[0], float(gaps["sold"].sum()), float(gaps["missing"].sum())
        severity: Severity = "critical" if (gaps["recorded"] <= 0).any() else "high"
        spans = [Period.parse(name).label for name in gaps["period"]]
        finding = make(
            data, as_of, f"revenue-not-recorded-{entity}", f"Sales of {name} are missing from the books", severity,
            rule="unrecorded_revenue", entity=str(entity), money=missing,
            evidence=f"Of {amount(data, sold)} sold in {named(spans)}, {amount(data, missing)} is not in the ledger.",
            action="Post the missing sales from bookings and invoices, then close the month",
            since=str(gaps["period"].min()) + "-01",
        )  # fmt: skip
        made.append(finding)
    return made


def doubtful_stakes(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Claims of equity that conflict, exceed the whole or are not documented: one finding an entity.

    At stake is the largest doubtful share of the entity's assets' value.
    """
    register, names = assets.equity_register(data), entity_names(data)
    owned = data.table("assets", ["entity", "value", "status"])
    value = owned[owned["status"] != "sold"].groupby("entity")["value"].sum()
    made = []
    for entity, claims in register[register["issue"] != ""].groupby("entity"):
        conflict = claims["issue"].str.contains("conflicting|over").any()
        claimed = "; ".join(
            f"{holder} {' or '.join(f'{share:.0%}' for share in theirs['share'])} ({theirs['issue'].iloc[0]})"
            for holder, theirs in claims.groupby("holder")
        )
        share = min(1.0, float(claims.groupby("holder")["share"].max().sum()))
        worth = float(value.get(entity, 0.0))
        name = names.get(str(entity), str(entity))
        finding = make(
            data, as_of, f"equity-in-doubt-{entity}",
            f"Who owns {name} {'is contested' if conflict else 'is not documented'}",
            "critical" if conflict else "high", rule="doubtful_stakes", entity=str(entity),
            money=share * worth if worth else None,
            evidence=f"{len(claims)} of {(register['entity'] == entity).sum()} claims cannot be relied on: {claimed}.",
            action=f"Have counsel settle the stakes in {name} in one signed agreement",
        )  # fmt: skip
        made.append(finding)
    return made


def undecided_billing(data: Data, period: Period, as_of: date) -> list[Finding]:
    """An entity for which nobody decided how it bills; at stake is a quarter's revenue."""
    billing = data.table("entities", ["entity", "billing"]).set_index("entity")["billing"]
    return [
        make(
            data, as_of, f"billing-undecided-{entity}", f"{name} has no billing model", "high",
            rule="undecided_billing", entity=entity, money=_revenue_at_stake(data, period, entity),
            evidence=f"No way of billing is on record for what {name} sells.",
            action=f"Decide how {name} bills and write it into every quote",
        )
        for entity, name in _sellers(data)
        if billing.isna()[entity]
    ]  # fmt: skip


def losses(data: Data, period: Period, as_of: date) -> list[Finding]:
    """An entity whose last three months together made a loss; high when not even direct cost is earned.

    A brand that sells for another entity is left out: what it spends is that entity's cost of selling.
    """
    made, entities = [], data.table("entities", ["entity", "sells_for"])
    brands = set(entities.loc[entities["sells_for"].notna(), "entity"])
    for row in records(profit.by_entity(data, period, 3).dropna(subset=["gap"])):
        if row.gap <= 0 or row.entity in brands:
            continue
        finding = make(
            data, as_of, f"loss-{row.entity}", f"{row.name} loses money",
            "high" if row.contribution <= 0 else "medium", rule="losses", entity=row.entity, money=row.gap,
            evidence=f"In three months revenue of {amount(data, row.revenue)} met direct cost of "
            f"{amount(data, row.direct)} and overhead of {amount(data, row.overhead)}.",
            action="Raise price, cut overhead or stop: decide with a date",
        )  # fmt: skip
        made.append(finding)
    return made


def unmeasured_kpis(data: Data, period: Period, as_of: date) -> list[Finding]:
    """KPIs that were defined and nobody measures: one finding that names those whose data is there already."""
    register = kpis.register(data)
    missing = register[register["state"] != kpis.MEASURED]
    if not len(missing):
        return []
    now = missing.loc[missing["state"] == kpis.MEASURABLE, "kpi"]
    owners = missing["owner"].value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return [
        make(
            data, as_of, "kpis-not-measured", f"{len(missing)} of {len(register)} KPIs are not measured", "medium",
            rule="unmeasured_kpis", owner=str(owners.index[0]),
            evidence=f"{len(missing)} KPIs have no fact that measures them; {len(now)} could be measured today"
            + (f": {', '.join(now)}." if len(now) else "."),
            action="Measure first those whose tables are already there",
        )
    ]  # fmt: skip


def late_actions(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Agreed actions that are past their due day on `as_of`: one finding that names the oldest."""
    actions = data.table("actions", ["title", "owner", "due_on", "done_on"])
    late = actions[actions["done_on"].isna() & (actions["due_on"] < as_of.isoformat())].sort_values(["due_on", "title"])
    if not len(late):
        return []
    oldest = late.iloc[0]
    return [
        make(
            data, as_of, "late-actions", f"{len(late)} agreed actions are late",
            "high" if len(late) > 4 else "medium", rule="late_actions", owner=str(oldest["owner"]),
            since=oldest["due_on"].date().isoformat(),
            evidence=f"{len(late)} of {int(actions['done_on'].isna().sum())} open actions are past their due day; "
            f"the oldest, “{oldest['title']}”, was due on {day(data, oldest['due_on'])}.",
            action="Finish, move or drop each of them at the next meeting",
        )
    ]  # fmt: skip


def idle_assets(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Assets that are owned, have a value and are not used: one finding with their value."""
    owned = data.table("assets", ["name", "status", "value"])
    idle = owned[(owned["status"] == "idle") & (owned["value"] > 0)]
    idle = idle.sort_values(["value", "name"], ascending=[False, True])
    if not len(idle):
        return []
    return [
        make(
            data, as_of, "idle-assets", f"{len(idle)} assets are idle", "low", rule="idle_assets",
            money=idle["value"].sum(),
            evidence=f"{len(idle)} assets worth {amount(data, idle['value'].sum())} are not used: "
            f"{named(idle['name'])}.",
            action="Use, let or sell each of them",
        )
    ]  # fmt: skip


def _sellers(data: Data) -> list[tuple[str, str]]:
    """Id and name of the entities that sell something: all but holdings."""
    entities: pd.DataFrame = data.table("entities", ["entity", "name", "kind"])
    entities = entities[entities["kind"] != "holding"]
    return list(zip(entities["entity"], entities["name"], strict=True))


def _revenue_at_stake(data: Data, period: Period, entity: str) -> float | None:
    """Revenue of the last three months, or None when there is none to lose."""
    table = profit.by_entity(data, period, 3).set_index("entity")["revenue"]
    value = float(table.get(entity, 0.0))
    return value if value > 0 else None


RULES: tuple[Rule, ...] = (
    empty_pipelines,
    unrecorded_revenue,
    doubtful_stakes,
    undecided_billing,
    losses,
    unmeasured_kpis,
    late_actions,
    idle_assets,
)
