"""Rules for running what was sold: stays, repairs and jobs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from ...model.period import Period
from ...model.report import Finding
from ..metrics import lodging, transport
from ..metrics.common import entities_of, postings, records, span
from .common import Rule, amount, counts, day, found_in, many, named

if TYPE_CHECKING:
    from ..data import Data


def double_booked_nights(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Nights from the period on that were sold more often than there is room; at stake is their mean price each."""
    sold = lodging.nights(data, Period(period.start, as_of + timedelta(days=365), period.name))
    room = data.table("entities", ["entity", "capacity"]).set_index("entity")["capacity"]
    sold = sold.assign(excess=sold.groupby(["entity", "day"])["rooms"].transform("sum") - sold["entity"].map(room))
    rows = sold[sold["excess"] > 0]
    nights, bookings = rows.drop_duplicates(["entity", "day"]), rows["booking"].drop_duplicates().sort_values()
    when = named(day(data, night) for night in nights["day"])
    return found_in(
        data, as_of, rows, "double-booked-nights", "Nights are sold twice", "high",
        f"{many(len(nights), 'night')} too often: {when}, in bookings {named(bookings)}.",
        since="day", money=float(rows["revenue"].mean() * nights["excess"].sum()), rule="double_booked_nights",
        action="Move one guest of each pair and join the calendars",
    )  # fmt: skip


def few_nights_ahead(data: Data, period: Period, as_of: date, pace_minimum: float = 0.75) -> list[Finding]:
    """Fewer nights of the next 30 days are sold than usual at a period's end; at stake are the free ones at the ADR.

    Due in a week, since every day that passes is a night that nobody can sell any more.
    """
    now, *earlier = (lodging.on_the_books(data, each) for each in reversed(period.trailing(7)))
    known = [measure.value for measure in earlier if measure.value is not None]
    rate, rows = lodging.adr(data, span(period, 3)).value, now.rows
    if now.value is None or rows is None or not known or now.value >= pace_minimum * sum(known) / len(known):
        return []
    room, usual = rows.loc[rows["part"] == "denominator", "contribution"].sum(), sum(known) / len(known)
    free = (1 - now.value) * room
    priced = f" {free:.0f} free nights at the ADR of {amount(data, rate)} are at stake." if rate is not None else ""
    return found_in(
        data, as_of, rows, "few-nights-ahead", "Fewer nights are sold ahead than usual", "high",
        f"{now.value * room:.0f} of {room:.0f} nights in the next 30 days are sold; at the ends of the {len(known)} "
        f"periods before it was {usual * room:.0f} on average.{priced}",
        money=None if rate is None else free * rate, rule="few_nights_ahead", within=7,
        action="Lower the rate of the free nights of the next 30 days, or offer them on one more channel",
    )  # fmt: skip


def occupancy_below_target(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Fewer nights of the period were sold than the target asks for; at stake are the missing ones at its ADR."""
    kpis = data.table("kpis", ["entity", "measured_by", "target", "owner"]).dropna(subset=["target"])
    houses = entities_of(data, "lodging")
    kpis = kpis[kpis["entity"].isna() | (kpis["entity"].isin(houses) & (len(houses) == 1))]  # one's is none for two
    kpis, sold = kpis[kpis["measured_by"] == "occupancy"], lodging.occupancy(data, period)
    target = kpis["target"].max() / 100
    if sold.value is None or sold.rows is None or not sold.value < target:
        return []
    room = sold.rows.loc[sold.rows["part"] == "denominator", "contribution"].sum()
    missing, rate = (target - sold.value) * room, lodging.adr(data, period).value
    best, label = max((lodging.occupancy(data, each).value or 0.0, each.label) for each in period.trailing(12))
    return found_in(
        data, as_of, sold.rows, "occupancy-below-target", "Occupancy is below its target", "medium",
        f"{sold.value:.0%} of the nights of {period.label} were sold, the target is {target:.0%}: "
        f"{missing:.0f} nights short. The best of twelve periods was {label} with {best:.0%}.",
        money=None if rate is None else missing * rate, rule="occupancy_below_target",
        owner=str(kpis["owner"].iloc[0]),
        action="Set lower weekday and long-stay rates for the months below target",
    )  # fmt: skip


def stale_maintenance(
    data: Data, period: Period, as_of: date, stale_days: int = 30, urgent_days: int = 7
) -> list[Finding]:
    """Pressing repairs that are not finished, urgent ones after a week; the money is their estimated cost."""
    rows = lodging.maintenance(data, as_of)
    allowed = rows["priority"].map({"urgent": urgent_days, "high": stale_days})
    rows = rows[rows["age"] > allowed]
    return found_in(
        data, as_of, rows, "stale-maintenance", "Pressing repairs are not finished", "high",
        f"Urgent for more than {urgent_days} days or of high priority for more than {stale_days}: "
        f"{named(f'{row.title} ({row.age:.0f} days, {row.status})' for row in records(rows))}. "
        "The amount is the estimated cost of repair.",
        since="opened_on", money=float(rows["estimate"].sum()), rule="stale_maintenance",
        action=f"Repair: {named(rows['title'])}",
    )  # fmt: skip


def overdue_deliveries(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Jobs past the promised day and not delivered; at stake is their price."""
    rows = transport.queue(data, as_of)
    rows = rows[rows["days_late"] > 0].sort_values(["days_late", "delivery"], ascending=[False, True])
    causes = rows["late_cause"].fillna("cause not recorded")
    whens = [day(data, promised) for promised in rows["promised_on"]]
    parts = [f"{v} (promised {when}; {cause})" for v, when, cause in zip(rows["vessel"], whens, causes, strict=True)]
    return found_in(
        data, as_of, rows, "overdue-deliveries", "Jobs are past the promised day", "high",
        f"{len(rows)} not delivered: {named(parts)}.", since="promised_on", money=float(rows["price"].sum()),
        action=f"Agree on a new day with {named(rows['customer'] + ' (' + rows['vessel'] + ')')}",
        rule="overdue_deliveries",
    )  # fmt: skip


def late_deliveries(data: Data, period: Period, as_of: date, on_time_minimum: float = 0.85) -> list[Finding]:
    """Too few jobs of the last twelve periods arrived on the promised day."""
    recent = span(period)
    measure, rows = transport.on_time_rate(data, recent), transport.delivered(data, recent)
    rate = measure.value
    rows = rows[rows["days_late"] > 0]
    if rate is None or rate >= on_time_minimum:
        return []
    causes = counts(rows["late_cause"].fillna("cause not recorded"))
    return found_in(
        data, as_of, rows, "late-deliveries", "Too many jobs arrive late", "medium",
        f"In twelve periods {measure.note} ({rate:.0%}) came by the promised day, wanted are {on_time_minimum:.0%}; "
        f"late: {named((f'{cause} {count}' for cause, count in causes.items()), 4)}.",
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
    return found_in(
        data, as_of, rows, "unpaid-deliveries", "Delivered jobs are not paid", "high",
        f"Delivered more than {paid_days} days ago and open in the ledger: {many(len(rows), 'job')}, {named(parts)}.",
        since="delivered_on", money=float(rows["owed"].sum()), rule="unpaid_deliveries",
        action=f"Collect from {named(rows['customer'])}",
    )  # fmt: skip


LODGING: tuple[Rule, ...] = (double_booked_nights, few_nights_ahead, occupancy_below_target)
UPKEEP: tuple[Rule, ...] = (stale_maintenance,)
DELIVERIES: tuple[Rule, ...] = (overdue_deliveries, late_deliveries, unpaid_deliveries)
RULES: tuple[Rule, ...] = (*LODGING, *UPKEEP, *DELIVERIES)
