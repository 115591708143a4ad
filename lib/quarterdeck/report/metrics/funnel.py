"""How strangers become customers, what that costs, and how many clients leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from ..data import remembered
from ..measure import Measure
from .common import in_period, posted, postings, span
from .margin import contribution_by_entity
from .rules import marketing_spend

if TYPE_CHECKING:
    from ...model.period import Period
    from ..data import Data

STAGES = {"Enquiries": "created_on", "Qualified": "qualified_on", "Quoted": "quoted_on", "Won": "won_on"}
UNRECORDED = "not recorded"


def enquiries(data: Data, period: Period) -> Measure:
    """Leads created in the period; unknown when no lead was ever recorded by then."""
    leads = data.table("leads", ["lead", "entity", "channel", "created_on", "value"])
    if not (leads["created_on"] <= period.end.isoformat()).any():
        return Measure.unknown("no enquiry recorded")
    return Measure.total(in_period(leads, "created_on", period))


def stages(data: Data, period: Period) -> pd.DataFrame:
    """The funnel of the leads created in a period: `stage`, `leads` that reached it or a later one, `share` of all."""
    leads = in_period(data.table("leads", [*STAGES.values()]), "created_on", period)
    reached = leads[list(STAGES.values())].notna().iloc[:, ::-1].cummax(axis=1).iloc[:, ::-1].sum()
    counts = reached.astype(float).to_numpy()
    return pd.DataFrame({"stage": list(STAGES), "leads": counts, "share": counts / max(len(leads), 1)})


def conversion(data: Data, period: Period) -> Measure:
    """Share of the leads created in the period that have been won so far (a cohort; young cohorts still rise)."""
    leads = in_period(data.table("leads", ["lead", "entity", "channel", "created_on", "won_on"]), "created_on", period)
    return Measure.ratio(leads[leads["won_on"].notna()], None, leads, None, note="no enquiry in the period")


def cac(data: Data, period: Period) -> Measure:
    """Customer acquisition cost, of marketing alone: spend of the period over customers won, whenever they asked."""
    spend = marketing_spend(data, period)
    if spend.rows is None:
        return spend
    won = in_period(data.table("leads", ["lead", "entity", "channel", "won_on"]), "won_on", period)
    return Measure.ratio(spend.rows, "amount", won, None, note="no customer won in the period")


def churn(data: Data, period: Period) -> Measure:
    """Customer churn: clients that left in the period over clients at its start."""
    clients = data.table("clients", ["client", "name", "since", "ended_on"])
    start = period.start.isoformat()
    at_start = clients[(clients["since"] < start) & ~(clients["ended_on"] < start)]
    return Measure.ratio(in_period(at_start, "ended_on", period), None, at_start, None, note="no client at its start")


@remembered
def by_channel(data: Data, period: Period) -> pd.DataFrame:
    """What each channel cost and brought in the last twelve periods, the most spend first.

    Columns: `channel` (its name), `spend`, `enquiries`, `won` (of these so far), `conversion` (won over enquiries),
    `customers` (won in the time, whenever they asked), `cac` (spend over customers), `value` (of their sales),
    `contribution` (that value at the entity's contribution share) and `payback` in months: CAC over the monthly
    contribution per customer (Skok, SaaS Metrics 2.0). A figure that cannot be computed is missing.
    """
    year = span(period)
    leads = data.table("leads", ["entity", "channel", "created_on", "won_on", "value"])
    leads = leads.assign(channel=leads["channel"].fillna(UNRECORDED), cohort_won=leads["won_on"].notna())
    created, won = in_period(leads, "created_on", year), in_period(leads, "won_on", year)
    won = won.assign(contribution=won["value"] * won["entity"].map(contribution_share(data, period)))
    spend = marketing_spend(data, year).rows
    made = pd.DataFrame(
        {
            "spend": pd.Series(dtype=float) if spend is None else spend.groupby("channel")["amount"].sum(),
            "enquiries": created.groupby("channel").size(),
            "won": created.groupby("channel")["cohort_won"].sum(),
            "conversion": created.groupby("channel")["cohort_won"].mean(),
            "customers": won.groupby("channel").size(),
            "value": won.groupby("channel")["value"].sum(),
            "contribution": won.groupby("channel")["contribution"].sum(min_count=1),
        }
    ).fillna(dict.fromkeys(["spend", "enquiries", "won", "customers", "value"], 0.0))
    made.insert(4, "cac", (made["spend"] / made["customers"]).where(made["customers"] > 0))
    months = year.days / 30.4375
    made["payback"] = (months * made["spend"] / made["contribution"]).where(made["contribution"] > 0)
    made = made.rename_axis("channel").reset_index()
    made = made.sort_values(["spend", "customers", "channel"], ascending=[False, False, True], ignore_index=True)
    names = data.table("channels", ["channel", "name"]).set_index("channel")["name"]
    return made.replace({"channel": names.to_dict()})


def spend_without_channel(data: Data, period: Period) -> Measure:
    """Expenses that name no channel in categories where others do: marketing that no channel's cost holds.

    Only overhead is looked at, since a direct cost belongs to a sale and its channel.
    """
    lines = postings(data, "channel")
    lines = lines[lines["role"] == "overhead"]
    named = lines.loc[lines["channel"].notna(), "category"].unique()
    return posted(data, lines[lines["channel"].isna() & lines["category"].isin(named)], period)


@remembered
def contribution_share(data: Data, period: Period) -> dict[str, float]:
    """Share of revenue left after variable cost in the last twelve months; a brand has that of whom it sells for."""
    margin = contribution_by_entity(data, period)
    entities = data.table("entities", ["entity", "name", "sells_for"]).set_index("entity")
    own = entities["name"].map(dict(zip(margin["entity"], margin["margin"], strict=True)))
    return {str(entity): share for entity, share in own.fillna(entities["sells_for"].map(own)).dropna().items()}
