"""Rules for selling and delivering: channels, enquiries, stays and jobs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ...model.period import Period
from ...model.report import Finding, Severity
from ..metrics import channels, funnel, lodging, transport
from ..metrics.common import entity_names, in_period, span
from ..metrics.rules import marketing_spend
from .common import Rule, amount, make

if TYPE_CHECKING:
    import pandas as pd

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
    states = ", ".join(f"{count} {state}" for state, count in _counts(rows["state"]).items())
    return _found(
        data, as_of, rows, "no-live-ota-listing", "No listing is live on any online travel agency", "critical",
        f"Of {len(rows)} listings on {_some(rows['channel_name'].unique())} none is live: {states}.",
        action="Open the first channel of the launch sequence", rule="no_live_ota_listing",
        money=None if rate is None or not len(launches) else (launches["demand"] * worth).sum() * rate,
    )  # fmt: skip


def unanswered_enquiries(data: Data, period: Period, as_of: date, answer_days: int = 7) -> list[Finding]:
    """Enquiries of the last three periods to which nobody answered within a week; at stake is what they asked for."""
    leads = in_period(data.table("leads"), "created_on", span(period, 3))
    moved = leads[["qualified_on", "quoted_on", "won_on", "lost_on"]].notna().any(axis=1)
    rows = leads[~moved & (leads["created_on"] <= (as_of - timedelta(days=answer_days)).isoformat())]
    asked, names = float(rows["value"].sum()), entity_names(data)
    parts = [f"{names.get(str(entity), entity)} {count}" for entity, count in _counts(rows["entity"]).items()]
    return _found(
        data, as_of, rows, "unanswered-enquiries", "Enquiries wait for an answer", "high",
        f"{len(rows)} older than {answer_days} days, worth {amount(data, asked)}, not answered: {_some(parts)}.",
        day="created_on", money=asked, action="Answer the most valuable ones today", rule="unanswered_enquiries",
    )  # fmt: skip


def leads_without_channel(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Enquiries of the period of which nobody noted where they came from, so no channel's cost can be judged."""
    leads = in_period(data.table("leads", ["entity", "channel", "created_on"]), "created_on", period)
    rows = leads[leads["channel"].isna()]
    return _found(
        data, as_of, rows, "leads-without-channel", "Nobody noted where enquiries came from", "medium",
        f"{len(rows)} of {len(leads)} enquiries of {period.label} have no channel.",
        day="created_on", action="Ask every enquirer and make the field mandatory", rule="leads_without_channel",
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
    parts = [f"{names.get(str(channel), channel)} ({amount(data, float(paid))})" for channel, paid in sums.items()]
    return _found(
        data, as_of, rows, "spend-without-customers", "Channels cost money and bring no customer", "medium",
        f"In three periods nobody came through {_some(parts)}.", day="date", money=float(sums.sum()),
        action="Stop or rework these channels", rule="spend_without_customers",
    )  # fmt: skip


def late_milestones(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Steps of the marketing plans past their day, one finding a plan."""
    found = []
    for plan in ("local-seo", "marketing"):
        rows = channels.roadmap(data, plan, as_of)
        rows = rows[rows["window"] == "overdue"]
        found += _found(
            data, as_of, rows, f"overdue-milestones-{plan}", f"Milestones of the plan {plan} are overdue", "medium",
            f"{len(rows)} overdue, the oldest by {-rows['days'].min():.0f} days: {_some(rows['title'])}.",
            day="due_on", action="Finish them or set a new day", rule="late_milestones",
            owner=str(rows["owner"].iloc[0]) if len(rows) else "",
        )  # fmt: skip
    return found


def double_booked_nights(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Nights from the period on that were sold more often than there is room; at stake is their mean price each."""
    sold = lodging.nights(data, Period(period.start, as_of + timedelta(days=365), period.name))
    room = data.table("entities", ["entity", "capacity"]).set_index("entity")["capacity"]
    sold = sold.assign(excess=sold.groupby(["entity", "day"])["booking"].transform("size") - sold["entity"].map(room))
    rows = sold[sold["excess"] > 0]
    nights, bookings = rows.drop_duplicates(["entity", "day"]), rows["booking"].drop_duplicates().sort_values()
    return _found(
        data, as_of, rows, "double-booked-nights", "Nights are sold twice", "high",
        f"{len(nights)} nights are sold too often ({_some(nights['day'].dt.strftime('%Y-%m-%d'))}), "
        f"in bookings {_some(bookings)}.",
        day="day", money=float(rows["revenue"].mean() * nights["excess"].sum()), rule="double_booked_nights",
        action="Move one guest of each pair and join the calendars",
    )  # fmt: skip


def stale_maintenance(data: Data, period: Period, as_of: date, stale_days: int = 30) -> list[Finding]:
    """Pressing maintenance that has been open for long; at stake is the estimate."""
    rows = lodging.maintenance(data, as_of)
    rows = rows[rows["priority"].isin(["urgent", "high"]) & (rows["age"] > stale_days)]
    return _found(
        data, as_of, rows, "stale-maintenance", "Pressing maintenance is left undone", "high",
        f"{len(rows)} urgent or high tickets are open for more than {stale_days} days, "
        f"the oldest for {rows['age'].max():.0f}: {_some(rows['title'])}.",
        day="opened_on", money=float(rows["estimate"].sum()), action="Schedule the oldest first",
        rule="stale_maintenance",
    )  # fmt: skip


def overdue_deliveries(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Jobs past the promised day and not delivered; at stake is their price."""
    rows = transport.queue(data, as_of)
    rows = rows[rows["days_late"] > 0].sort_values(["days_late", "delivery"], ascending=[False, True])
    days = rows["promised_on"].dt.strftime("%Y-%m-%d")
    parts = [f"{vessel} (promised {day})" for vessel, day in zip(rows["vessel"], days, strict=True)]
    return _found(
        data, as_of, rows, "overdue-deliveries", "Jobs are past the promised day", "high",
        f"{len(rows)} not delivered: {_some(parts)}.", day="promised_on", money=float(rows["price"].sum()),
        action="Call these owners with a new day", rule="overdue_deliveries",
    )  # fmt: skip


def late_deliveries(data: Data, period: Period, as_of: date, on_time_minimum: float = 0.9) -> list[Finding]:
    """Too few jobs of the last three periods arrived on the promised day."""
    recent = span(period, 3)
    rate, rows = transport.on_time_rate(data, recent).value, transport.delivered(data, recent)
    rows = rows[rows["days_late"] > 0]
    if rate is None or rate >= on_time_minimum:
        return []
    causes = [f"{cause} {count}" for cause, count in _counts(rows["late_cause"].fillna("not recorded")).items()]
    return _found(
        data, as_of, rows, "late-deliveries", "Too many jobs arrive late", "medium",
        f"Of the jobs of three periods {100 * rate:.0f} % came on time, {100 * on_time_minimum:.0f} % should; "
        f"late were {len(rows)}, by cause: {_some(causes)}.",
        day="promised_on", action="Remove the first cause, or promise later days", rule="late_deliveries",
    )  # fmt: skip


def _found(
    data: Data, as_of: date, rows: pd.DataFrame, id: str, title: str, severity: Severity, evidence: str, *,
    day: str = "", **more: Any,
) -> list[Finding]:  # fmt: skip
    """One finding about all rows, or none without rows: the entity that they share, since the earliest `day`."""
    if not len(rows):
        return []
    shared = rows["entity"].nunique() == 1 and rows["entity"].notna().all()
    entity, since = str(rows["entity"].iloc[0]) if shared else "", rows[day].min().date().isoformat() if day else ""
    return [make(data, as_of, id, title, severity, evidence=evidence, entity=entity, since=since, **more)]


def _counts(values: pd.Series[str]) -> pd.Series[int]:
    """How often each value stands, the most frequent first, the alphabet deciding ties."""
    return values.value_counts().sort_index().sort_values(ascending=False, kind="stable")


def _some(names: Iterable[str], most: int = 3) -> str:
    """The first names in a sentence, and how many more there are."""
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


SELLING: tuple[Rule, ...] = (
    no_live_ota_listing, unanswered_enquiries, leads_without_channel, spend_without_customers, late_milestones,
)  # fmt: skip
LODGING: tuple[Rule, ...] = (double_booked_nights, stale_maintenance)
DELIVERIES: tuple[Rule, ...] = (overdue_deliveries, late_deliveries)
RULES: tuple[Rule, ...] = (*SELLING, *LODGING, *DELIVERIES)
