"""Rules for selling and delivering: each finds what is wrong, and nothing once the rows are mended."""

from __future__ import annotations

from datetime import date

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.findings import market, operations

RULES = (*market.RULES, *operations.RULES)
OCTOBER = Period.parse("2026-10")
TODAY = date(2026, 10, 31)
BASE = {
    "entities": [
        {"entity": "boat", "name": "Boat", "kind": "charter"},
        {"entity": "house", "name": "House", "kind": "lodging", "capacity": 1},
        {"entity": "crew", "name": "Crew", "kind": "transport"},
    ],
    "channels": [
        {"channel": "trips", "name": "Trips", "kind": "ota"},
        {"channel": "ads", "name": "Ads", "kind": "search"},
    ],
}
ACCOUNTS = [{"account": "ads", "type": "expense", "role": "overhead", "behaviour": "fixed"}]
STAY = {"entity": "house", "booked_on": "2026-10-01", "starts_on": "2026-11-01", "ends_on": "2026-11-04", "price": 300}
TICKET = {"entity": "house", "priority": "high", "status": "open", "estimate": 75}
LATE = {
    "entity": "crew",
    "vessel": "Tern",
    "customer": "Ann",
    "promised_on": "2026-10-20",
    "stage": "booked",
    "price": 900,
}
PART_PAID = {"account": "owed", "entity": "crew", "amount": -150, "booking": "D1"}
PACE = [  # of the five periods' ends before October only May's had nights sold ahead: 10, so 2 on average
    {**STAY, "booked_on": "2026-05-01", "starts_on": "2026-06-01", "ends_on": "2026-06-11", "price": 1000},
    {**STAY, "booked_on": "2026-08-10", "starts_on": "2026-08-10", "ends_on": "2026-08-12", "price": 200},
]

HALF = {**STAY, "starts_on": "2026-10-01", "ends_on": "2026-10-16"}
SALES = [{"account": "sales", "type": "revenue", "role": "revenue", "behaviour": "none"},
         {"account": "ads", "type": "expense", "role": "overhead", "behaviour": "fixed"}]  # fmt: skip
DEAR = {  # two customers for 100, whose sales of 299 are all contribution: less than thrice what they cost
    "accounts": SALES,
    "kpis": [{"measured_by": "cac", "target": 40, "unit": "USD"}],
    "ledger": [
        {"date": "2026-10-03", "entity": "boat", "account": "ads", "amount": 100, "channel": "ads"},
        {"date": "2026-10-04", "entity": "boat", "account": "sales", "amount": -500},
    ],
    "leads": [
        {"entity": "boat", "created_on": "2025-11-01", "won_on": "2026-01-31", "channel": "ads", "value": value}
        for value in (200, 99)
    ],
}

WRONG = {
    market.no_live_ota_listing: (
        {
            "listings": [{"entity": "boat", "channel": "trips", "status": "draft"}],
            "launches": [{"entity": "boat", "channel": "trips", "demand": 4}],
            "leads": [
                {"entity": "boat", "created_on": "2026-10-01", "won_on": "2026-10-02", "value": 500},
                {"entity": "boat", "created_on": "2026-10-03"},
            ],
        },
        {"listings": [{"entity": "boat", "channel": "trips", "status": "live", "live_on": "2026-10-31"}]},
        "no-live-ota-listing", 4 * 500 * 0.5, "boat",
    ),
    market.unanswered_enquiries: (
        {"leads": [
            {"entity": "boat", "created_on": "2026-10-24", "value": 700},
            {"entity": "boat", "created_on": "2026-10-25"},
        ]},
        {"leads": [{"entity": "boat", "created_on": "2026-10-24", "lost_on": "2026-10-30"}]},
        "unanswered-enquiries", 700, "boat",
    ),
    market.leads_without_channel: (
        {"leads": [{"entity": "boat", "created_on": "2026-10-24"}]},
        {"leads": [{"entity": "boat", "created_on": "2026-10-24", "channel": "ads"}]},
        "leads-without-channel", None, "boat",
    ),
    market.spend_without_customers: (
        {
            "accounts": ACCOUNTS,
            "ledger": [{"date": "2026-10-03", "entity": "boat", "account": "ads", "amount": 90, "channel": "ads"}],
            "leads": [{"entity": "boat", "created_on": "2026-07-01", "won_on": "2026-07-31", "channel": "ads"}],
        },
        {"leads": [{"entity": "boat", "created_on": "2026-07-01", "won_on": "2026-08-01", "channel": "ads"}]},
        "spend-without-customers", 90, "boat",
    ),
    market.costly_channels: (
        DEAR, {"leads": [{**lead, "value": 150} for lead in DEAR["leads"]]}, "costly-channels", 100 - 2 * 40, "",
    ),
    market.late_milestones: (
        {"milestones": [{"plan": "local-seo", "due_on": "2026-10-30", "owner": "Lou", "entity": "boat"}]},
        {"milestones": [{"plan": "local-seo", "due_on": "2026-10-30", "done_on": "2026-10-31"}]},
        "overdue-milestones-local-seo", None, "boat",
    ),
    operations.double_booked_nights: (
        {"bookings": [STAY, {**STAY, "starts_on": "2026-11-03", "ends_on": "2026-11-05", "price": 160}]},
        {"bookings": [STAY, {**STAY, "starts_on": "2026-11-04", "ends_on": "2026-11-06"}]},
        "double-booked-nights", 90, "house",
    ),
    operations.few_nights_ahead: (
        {"bookings": PACE},
        {"bookings": [*PACE, {**STAY, "booked_on": "2026-10-20"}]},
        "few-nights-ahead", 30 * 100, "house",
    ),
    operations.occupancy_below_target: (
        {"bookings": [HALF], "kpis": [{"measured_by": "occupancy", "target": 60, "unit": "percent"}]},
        {"bookings": [{**HALF, "ends_on": "2026-10-20"}]},
        "occupancy-below-target", 72, "house",
    ),
    operations.stale_maintenance: (
        {"tickets": [{**TICKET, "opened_on": "2026-09-30"}]},
        {"tickets": [{**TICKET, "opened_on": "2026-10-01"}]},
        "stale-maintenance", 75, "house",
    ),
    operations.overdue_deliveries: (
        {"deliveries": [LATE]}, {"deliveries": [{**LATE, "delivered_on": "2026-10-31"}]},
        "overdue-deliveries", 900, "crew",
    ),
    operations.late_deliveries: (
        {"deliveries": [{**LATE, "delivered_on": "2026-10-21", "late_cause": "weather"}]},
        {"deliveries": [{**LATE, "delivered_on": "2026-10-20"}]},
        "late-deliveries", None, "crew",
    ),
    operations.unpaid_deliveries: (
        {
            "accounts": [{"account": "owed", "type": "asset", "role": "receivable", "behaviour": "none"}],
            "deliveries": [{**LATE, "delivery": "D1", "delivered_on": "2026-10-23"}],
            "ledger": [{"account": "owed", "entity": "crew", "amount": 900, "booking": "D1"}, PART_PAID],
        },
        {"ledger": [{"account": "owed", "entity": "crew", "amount": 150, "booking": "D1"}, PART_PAID]},
        "unpaid-deliveries", 750, "crew",
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_finds_what_is_wrong_and_nothing_once_it_is_mended(make_data, rule):
    """Each rule has its case; id, money and entity are as worked out by hand; mended rows give nothing."""
    wrong, mended, id, money, entity = WRONG[rule]
    found = rule(make_data(as_of="2026-10-31", **BASE, **wrong), OCTOBER, TODAY)
    assert [(f.id, f.money, f.entity, f.rule) for f in found] == [(id, money, entity, rule.__name__)]
    assert found[0].evidence.endswith(".")
    assert found[0].due > TODAY.isoformat()
    assert rule(make_data(as_of="2026-10-31", **BASE, **{**wrong, **mended}), OCTOBER, TODAY) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_is_silent_without_data(make_data, rule):
    """Absent tables are no finding and no error."""
    assert rule(make_data(), OCTOBER, TODAY) == []


def test_an_agreed_action_gives_owner_and_due_day(make_data):
    """The action that names the finding decides who and when."""
    actions = [{"finding": "overdue-deliveries", "owner": "Kim", "due_on": "2026-11-02"}]
    data = make_data(as_of="2026-10-31", **BASE, deliveries=[LATE], actions=actions)
    (found,) = operations.overdue_deliveries(data, OCTOBER, TODAY)
    assert (found.owner, found.due, found.since) == ("Kim", "2026-11-02", "2026-10-20")
    assert found.evidence == "1 not delivered: Tern (promised Oct 20, 2026; cause not recorded)."
    assert found.action == "x"  # the deed is the agreed one


@pytest.mark.parametrize(
    ("priority", "opened", "found"),
    [("urgent", "2026-10-23", 1), ("urgent", "2026-10-24", 0), ("high", "2026-10-01", 0), ("normal", "2026-01-01", 0)],
)
def test_urgent_maintenance_may_wait_for_a_week(make_data, priority, opened, found):
    """What is not pressing may wait for ever."""
    tickets = [{**TICKET, "priority": priority, "opened_on": opened, "title": "Heater"}]
    data = make_data(as_of="2026-10-31", **BASE, tickets=tickets)
    assert [f.action for f in operations.stale_maintenance(data, OCTOBER, TODAY)] == ["Repair: Heater"] * found


def test_nights_ahead_are_judged_by_the_usual_pace(make_data):
    """Two of thirty are usual: two are enough, one is not; the evidence names both."""
    for nights, expected in ((1, 1), (2, 0)):
        stay = {**STAY, "booked_on": "2026-10-20", "ends_on": f"2026-11-0{1 + nights}"}
        data = make_data(as_of="2026-10-31", **BASE, bookings=[*PACE, stay])
        found = operations.few_nights_ahead(data, OCTOBER, TODAY)
        assert len(found) == expected
        assert [f.evidence.startswith("1 of 30 nights in the next 30 days") for f in found] == [True] * expected


def test_actions_say_whom_and_what(make_data):
    """The first channel of the sequence, the most expensive enquiry, the oldest milestone."""
    data = make_data(
        as_of="2026-10-31", **BASE,
        listings=[{"entity": "boat", "channel": "trips", "status": "draft"}],
        launches=[{"entity": "boat", "channel": "trips"}],
        leads=[
            {"lead": "L1", "entity": "boat", "created_on": "2026-10-01", "value": 5},
            {"lead": "L2", "entity": "crew", "created_on": "2026-10-02", "value": 900},
        ],
        milestones=[{"plan": "marketing", "title": "Call brokers", "due_on": "2026-10-30"}],
    )  # fmt: skip
    actions = [finding.action for rule in market.SELLING for finding in rule(data, OCTOBER, TODAY)]
    assert "Open Trips for Boat and put the listing live" in actions
    assert "Answer these enquiries, the most valuable first: L2 for Crew, L1 for Boat" in actions
    ota = market.no_live_ota_listing(data, OCTOBER, TODAY)[0]
    assert ota.title == "No online travel agency lists Boat"
    assert ota.evidence == "Of 1 listing on Trips none is live: 1 draft. The plan has the first live by Jan 1, 2026."
    assert "Finish it or set a new day: Call brokers" in actions
