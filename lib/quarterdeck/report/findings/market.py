"""Rules for selling: channels, enquiries and marketing plans."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ...model.report import Finding
from ..metrics import channels, funnel
from ..metrics.common import entity_names, in_period, records, span
from ..metrics.rules import marketing_spend
from .common import Rule, amount, counts, day, found_in, many, named

if TYPE_CHECKING:
    from ...model.period import Period
    from ..data import Data


def no_live_ota_listing(data: Data, period: Period, as_of: date) -> list[Finding]:
    """No entity is live on an online travel agency; at stake is a month of sales expected from opening them."""
    rows = channels.listings(data, as_of)
    rows = rows[rows["kind"] == "ota"]
    if (rows["state"] == "live").any():
        return []
    launches = data.table("launches", ["entity", "channel", "demand"]).merge(rows[["entity", "channel"]])
    wins = data.table("leads", ["entity", "won_on", "value"]).dropna(subset=["won_on"])
    worth = launches["entity"].map(wins.groupby("entity")["value"].mean()).fillna(wins["value"].mean())
    rate = funnel.conversion(data, span(period)).value
    first = channels.launch_sequence(data)
    opens = f"{first['name'].iloc[0]} for {first['entity_name'].iloc[0]}" if len(first) else "the first agency"
    plan = f" The plan has the first live by {day(data, first['planned_on'].min())}." if len(first) else ""
    states = ", ".join(f"{count} {state}" for state, count in counts(rows["state"]).items())
    return found_in(
        data, as_of, rows, "no-live-ota-listing",
        f"No online travel agency lists {named(rows['entity_name'])}", "critical",
        f"Of {many(len(rows), 'listing')} on {named(rows['channel_name'], 4)} none is live: {states}.{plan}",
        action=f"Open {opens} and put the listing live", rule="no_live_ota_listing",
        money=None if rate is None or not len(launches) else (launches["demand"] * worth).sum() * rate,
    )  # fmt: skip


def unanswered_enquiries(data: Data, period: Period, as_of: date, answer_days: int = 7) -> list[Finding]:
    """Enquiries of the last three periods to which nobody answered within a week; at stake is what they asked for."""
    leads = in_period(data.table("leads"), "created_on", span(period, 3))
    moved = leads[["qualified_on", "quoted_on", "won_on", "lost_on"]].notna().any(axis=1)
    rows = leads[~moved & (leads["created_on"] <= (as_of - timedelta(days=answer_days)).isoformat())]
    rows, names = rows.sort_values(["value", "lead"], ascending=[False, True]), entity_names(data)
    asked, several = float(rows["value"].sum()), rows["entity"].nunique() > 1
    parts = [f"{names.get(str(entity), entity)} {count}" for entity, count in counts(rows["entity"]).items()]
    first = [f"{lead.lead}{f' for {names.get(lead.entity)}' if several else ''}" for lead in records(rows)]
    return found_in(
        data, as_of, rows, "unanswered-enquiries", "Enquiries wait for an answer", "high",
        f"Older than {answer_days} days and not answered: {len(rows)}, worth {amount(data, asked)}"
        f"{f' ({named(parts)})' if several else ''}.",
        since="created_on", money=asked, rule="unanswered_enquiries",
        action=f"Answer these enquiries, the most valuable first: {named(first)}",
    )  # fmt: skip


def leads_without_channel(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Enquiries of the period of which nobody noted where they came from, so no channel's cost can be judged."""
    leads = in_period(data.table("leads", ["entity", "channel", "created_on"]), "created_on", period)
    rows = leads[leads["channel"].isna()]
    return found_in(
        data, as_of, rows, "leads-without-channel", "Nobody noted where enquiries came from", "medium",
        f"{len(rows)} of {len(leads)} enquiries of {period.label} have no channel.",
        since="created_on", action="Ask every enquirer where they found us and require the answer",
        rule="leads_without_channel",
    )  # fmt: skip


def spend_without_customers(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Channels paid for in the last three periods that won nobody; at stake is the spend."""
    recent = span(period, 3)
    spend = marketing_spend(data, recent).rows
    won = set(in_period(data.table("leads", ["channel", "won_on"]), "won_on", recent)["channel"].dropna())
    if spend is None or (rows := spend[~spend["channel"].isin(won)])["amount"].sum() <= 0:
        return []
    names = data.table("channels", ["channel", "name"]).set_index("channel")["name"]
    sums = rows.groupby("channel")["amount"].sum().sort_values(ascending=False, kind="stable")
    told = [str(names.get(str(channel), channel)) for channel in sums.index]
    parts = [f"{name} ({amount(data, float(paid))})" for name, paid in zip(told, sums, strict=True)]
    return found_in(
        data, as_of, rows, "spend-without-customers", "Channels cost money and bring no customer", "medium",
        f"In three periods nobody came through {named(parts)}.", since="date", money=float(sums.sum()),
        action=f"Stop or rework {named(told)}", rule="spend_without_customers",
    )  # fmt: skip


def costly_channels(data: Data, period: Period, as_of: date, return_minimum: float = 3.0) -> list[Finding]:
    """Channels whose CAC in twelve periods lies above its target and whose customers bring less than thrice the spend.

    Three is the usual minimum of lifetime value over CAC (Skok, SaaS Metrics 2.0); at stake is the spend over target.
    """
    kpis = data.table("kpis", ["measured_by", "target", "owner"]).dropna(subset=["target"])
    kpis, rows = kpis[kpis["measured_by"] == "cac"], funnel.by_channel(data, period)
    if not len(kpis):
        return []
    target = float(kpis["target"].iloc[0])
    rows = rows[(rows["cac"] > target) & ~(rows["contribution"] >= return_minimum * rows["spend"])]
    parts = [
        f"{row.channel} cost {amount(data, row.cac)} a customer ({amount(data, row.spend)} for {row.customers:.0f})"
        f"{f', contribution {amount(data, row.contribution)}' if row.contribution == row.contribution else ''}"
        for row in records(rows)
    ]
    return found_in(
        data, as_of, rows.assign(entity=""), "costly-channels", "Channels cost more a customer than the target",
        "medium", f"In twelve periods {'; '.join(parts)}. The target is {amount(data, target)} a customer.",
        money=float((rows["spend"] - target * rows["customers"]).sum()), rule="costly_channels",
        owner=str(kpis["owner"].iloc[0]),
        action=f"Halve the budget of {named(rows['channel'])} until more enquiries are won",
    )  # fmt: skip


def late_milestones(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Steps of the marketing plans past their day, one finding a plan."""
    found = []
    for plan, words in (("local-seo", "Local-SEO"), ("marketing", "Marketing")):
        rows = channels.roadmap(data, plan, as_of)
        rows = rows[rows["window"] == "overdue"]
        found += found_in(
            data, as_of, rows, f"overdue-milestones-{plan}", f"{words} milestones are overdue", "medium",
            f"{len(rows)} overdue, the oldest by {-rows['days'].min():.0f} days: {named(rows['title'])}.",
            since="due_on", rule="late_milestones",
            action=f"Finish it or set a new day: {rows['title'].iloc[0]}" if len(rows) else "",
            owner=str(rows["owner"].iloc[0]) if len(rows) else "",
        )  # fmt: skip
    return found


SELLING: tuple[Rule, ...] = (
    no_live_ota_listing, unanswered_enquiries, leads_without_channel, spend_without_customers, costly_channels,
    late_milestones,
)  # fmt: skip
RULES: tuple[Rule, ...] = SELLING
