"""Rules for selling and delivering: channels, enquiries, stays and jobs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ...model.period import Period
from ...model.report import Finding, Severity
from ..metrics import channels, funnel, lodging, transport
from ..metrics.common import entity_names, in_period, postings, records, span
from ..metrics.rules import marketing_spend
from .common import Rule, amount, day, make, many, named

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
    first = channels.launch_sequence(data)
    opens = f"{first['name'].iloc[0]} for {first['entity_name'].iloc[0]}" if len(first) else "the first agency"
    states = ", ".join(f"{count} {state}" for state, count in _counts(rows["state"]).items())
    return _found(
        data, as_of, rows, "no-live-ota-listing", "No listing is live on any online travel agency", "critical",
        f"Of {many(len(rows), 'listing')} on {named(rows['channel_name'].unique())} none is live: {states}.",
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
    parts = [f"{names.get(str(entity), entity)} {count}" for entity, count in _counts(rows["entity"]).items()]
    first = [f"{lead.lead}{f' for {names.get(lead.entity)}' if several else ''}" for lead in records(rows)]
    return _found(
        data, as_of, rows, "unanswered-enquiries", "Enquiries wait for an answer", "high",
        f"Older than {answer_days} days and not answered: {len(rows)}, worth {amount(data, asked)}"
        f"{f' ({named(parts)})' if several else ''}.",
        since="created_on", money=asked, rule="unanswered_enquiries",
        action=f"Answer them, the dearest first: {named(first)}",
    )  # fmt: skip


def leads_without_channel(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Enquiries of the period of which nobody noted where they came from, so no channel's cost can be judged."""
    leads = in_period(data.table("leads", ["entity", "channel", "created_on"]), "created_on", period)
    rows = leads[leads["channel"].isna()]
    return _found(
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
    return _found(
        data, as_of, rows, "spend-without-customers", "Channels cost money and bring no customer", "medium",
        f"In three periods nobody came through {named(parts)}.", since="date", money=float(sums.sum()),
        action=f"Stop or rework {named(told)}", rule="spend_without_customers",
    )  # fmt: skip


def late_milestones(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Steps of the marketing plans past their day, one finding a plan."""
    found = []
    for plan, words in (("local-seo", "Local-SEO"), ("marketing", "Marketing")):
        rows = channels.roadmap(data, plan, as_of)
        rows = rows[rows["window"] == "overdue"]
        found += _found(
            data, as_of, rows, f"overdue-milestones-{plan}", f"{words} milestones are overdue", "medium",
            f"{len(rows)} overdue, the oldest by {-rows['days'].min():.0f} days: {named(rows['title'])}.",
            since="due_on", rule="late_milestones",
            action=f"Finish it or set a new day: {rows['title'].iloc[0]}" if len(rows) else "",
            owner=str(rows["owner"].iloc[0]) if len(rows) else "",
        )  # fmt: skip
    return found


def double_booked_nights(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Nights from the period on that were sold more often than there is room; at stake is their mean price each."""
    sold = lodging.nights(data, Period(period.start, as_of + timedelta(days=365), period.name))
    room = data.table("entities", ["entity", "capacity"]).set_index("entity")["capacity"]
    sold = sold.assign(excess=sold.groupby(["entity", "day"])["rooms"].transform("sum") - sold["entity"].map(room))
    rows = sold[sold["excess"] > 0]
    nights, bookings = rows.drop_duplicates(["entity", "day"]), rows["booking"].drop_duplicates().sort_values()
    return _found(
        data, as_of, rows, "double-booked-nights", "Nights are sold twice", "high",
        f"{many(len(nights), 'night')} too often: {named(map(day, nights['day']))}, in bookings {named(bookings)}.",
        since="day", money=float(rows["revenue"].mean() * nights["excess"].sum()), rule="double_booked_nights",
        action="Move one guest of each pair and join the calendars",
    )  # fmt: skip


def few_nights_ahead(data: Data, period: Period, as_of: date, pace_minimum: float = 0.75) -> list[Finding]:
    """Fewer nights of the next 30 days are sold than usual at a period's end; at stake are the others at the ADR."""
    now, *earlier = (lodging.on_the_books(data, each) for each in reversed(period.trailing(7)))
    known = [measure.value for measure in earlier if measure.value is not None]
    rate, rows = lodging.adr(data, span(period, 3)).value, now.rows
    if now.value is None or rows is None or not known or now.value >= pace_minimum * sum(known) / len(known):
        return []
    room, usual = rows.loc[rows["part"] == "denominator", "contribution"].sum(), sum(known) / len(known)
    return _found(
        data, as_of, rows, "few-nights-ahead", "Fewer nights are sold ahead than usual", "medium",
        f"{now.value * room:.0f} of {room:.0f} nights in the next 30 days are sold; at the ends of the {len(known)} "
        f"periods before it was {usual * room:.0f} on average.",
        money=None if rate is None else (usual - now.value) * room * rate, rule="few_nights_ahead",
        action="Lower the rate of the free nights of the next 30 days, or offer them on one more channel",
    )  # fmt: skip


def stale_maintenance(
    data: Data, period: Period, as_of: date, stale_days: int = 30, urgent_days: int = 7
) -> list[Finding]:
    """Pressing maintenance that has been open for long, urgent for a week; at stake is the estimate."""
    rows = lodging.maintenance(data, as_of)
    allowed = rows["priority"].map({"urgent": urgent_days, "high": stale_days})
    rows = rows[rows["age"] > allowed]
    return _found(
        data, as_of, rows, "stale-maintenance", "Pressing maintenance is left undone", "high",
        f"Urgent for more than {urgent_days} days or of high priority for more than {stale_days}: "
        f"{named(f'{title} ({age:.0f} days)' for title, age in zip(rows['title'], rows['age'], strict=True))}.",
        since="opened_on", money=float(rows["estimate"].sum()), rule="stale_maintenance",
        action=f"Have it mended: {named(rows['title'])}",
    )  # fmt: skip


def overdue_deliveries(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Jobs past the promised day and not delivered; at stake is their price."""
    rows = transport.queue(data, as_of)
    rows = rows[rows["days_late"] > 0].sort_values(["days_late", "delivery"], ascending=[False, True])
    promised = map(day, rows["promised_on"])
    parts = [f"{vessel} (promised {when})" for vessel, when in zip(rows["vessel"], promised, strict=True)]
    return _found(
        data, as_of, rows, "overdue-deliveries", "Jobs are past the promised day", "high",
        f"{len(rows)} not delivered: {named(parts)}.", since="promised_on", money=float(rows["price"].sum()),
        action=f"Agree on a new day with {named(rows['customer'] + ' (' + rows['vessel'] + ')')}",
        rule="overdue_deliveries",
    )  # fmt: skip


def late_deliveries(data: Data, period: Period, as_of: date, on_time_minimum: float = 0.85) -> list[Finding]:
    """Too few jobs of the last three periods arrived on the promised day."""
    recent = span(period, 3)
    rate, rows = transport.on_time_rate(data, recent).value, transport.delivered(data, recent)
    rows = rows[rows["days_late"] > 0]
    if rate is None or rate >= on_time_minimum:
        return []
    causes = _counts(rows["late_cause"].fillna("cause not recorded"))
    return _found(
        data, as_of, rows, "late-deliveries", "Too many jobs arrive late", "medium",
        f"Of the jobs of three periods {rate:.0%} came by the promised day; late: "
        f"{named(f'{cause} {count}' for cause, count in causes.items())}.",
        since="promised_on", rule="late_deliveries",
        action=f"Allow for {causes.index[0]} before promising a day" if len(causes) else "",
    )  # fmt: skip


def unpaid_deliveries(data: Data, period: Period, as_of: date, paid_days: int = 7) -> list[Finding]:
    """Jobs delivered more than a week ago that the ledger still holds as receivable; at stake is what is owed."""
    lines = postings(data, "booking")
    owed = lines[lines["role"] == "receivable"].groupby("booking")["amount"].sum().round(2)
    rows = data.table("deliveries", ["delivery", "entity", "customer", "delivered_on"])
    rows = rows[rows["delivered_on"] < (as_of - timedelta(days=paid_days)).isoformat()]
    rows = rows.assign(owed=rows["delivery"].map(owed)).sort_values(["owed", "delivery"], ascending=[False, True])
    rows = rows[rows["owed"] > 0]
    parts = [f"{who} {amount(data, much)}" for who, much in zip(rows["customer"], rows["owed"], strict=True)]
    return _found(
        data, as_of, rows, "unpaid-deliveries", "Delivered jobs are not paid", "high",
        f"Delivered more than {paid_days} days ago and open in the ledger: {many(len(rows), 'job')}, {named(parts)}.",
        since="delivered_on", money=float(rows["owed"].sum()), rule="unpaid_deliveries",
        action=f"Collect from {named(rows['customer'])}",
    )  # fmt: skip


def _found(
    data: Data, as_of: date, rows: pd.DataFrame, id: str, title: str, severity: Severity, evidence: str, *,
    since: str = "", **more: Any,
) -> list[Finding]:  # fmt: skip
    """One finding about all rows, or none without rows: the entity that they share, since the earliest `since`."""
    if not len(rows):
        return []
    shared = rows["entity"].nunique() == 1 and rows["entity"].notna().all()
    entity, first = str(rows["entity"].iloc[0]) if shared else "", rows[since].min().date().isoformat() if since else ""
    return [make(data, as_of, id, title, severity, evidence=evidence, entity=entity, since=first, **more)]


def _counts(values: pd.Series[str]) -> pd.Series[int]:
    """How often each value stands, the most frequent first, the alphabet deciding ties."""
    return values.value_counts().sort_index().sort_values(ascending=False, kind="stable")


SELLING: tuple[Rule, ...] = (
    no_live_ota_listing, unanswered_enquiries, leads_without_channel, spend_without_customers, late_milestones,
)  # fmt: skip
LODGING: tuple[Rule, ...] = (double_booked_nights, few_nights_ahead, stale_maintenance)
DELIVERIES: tuple[Rule, ...] = (overdue_deliveries, late_deliveries, unpaid_deliveries)
RULES: tuple[Rule, ...] = (*SELLING, *LODGING, *DELIVERIES)
