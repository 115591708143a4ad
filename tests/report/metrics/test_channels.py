"""Visibility, launch scores, campaign cases and roadmaps against hand-made tables."""

from __future__ import annotations

from datetime import date

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import channels

OCTOBER = Period.parse("2026-10")
TODAY = date(2026, 10, 31)
ENTITIES = [{"entity": "boat", "name": "Boat"}, {"entity": "house", "name": "House"}]
CHANNELS = [
    {"channel": "trips", "name": "Trips", "kind": "ota", "commission": 0.1},
    {"channel": "tours", "name": "Tours", "kind": "ota", "commission": 0.3},
    {"channel": "site", "name": "Site", "kind": "direct"},
]


def listing(entity: str, channel: str, status: str, live_on: str = "") -> dict[str, str]:
    """A row of the table of listings."""
    return {"entity": entity, "channel": channel, "status": status, "live_on": live_on}


def test_a_listing_is_live_only_from_the_day_on_which_it_went_live(make_data):
    """One is live, one goes live after the as-of and one says so without a day."""
    rows = [
        listing("boat", "site", "live", "2026-01-01"),
        listing("boat", "trips", "live", "2026-11-05"),
        listing("house", "trips", "live"),
        listing("house", "site", "draft"),
    ]
    data = make_data(as_of="2026-10-31", entities=ENTITIES, channels=CHANNELS, listings=rows)
    matrix = channels.visibility(data, TODAY)
    assert matrix.loc["Boat"].to_dict() == {"Site": 3, "Trips": 1}
    assert matrix.loc["House"].to_dict() == {"Site": 2, "Trips": 1}
    assert channels.live_ota_listings(data, OCTOBER).value == 0
    assert channels.live_ota_listings(make_data(entities=ENTITIES, listings=rows), OCTOBER).value == 0
    assert channels.live_ota_listings(make_data(entities=ENTITIES, listings=rows), Period.parse("2026-11")).value == 1


def test_no_ota_on_record_is_not_known_rather_than_zero(make_data):
    """A company without travel agencies has no such figure."""
    data = make_data(entities=ENTITIES, channels=CHANNELS, listings=[listing("boat", "site", "live", "2026-01-01")])
    assert channels.live_ota_listings(data, OCTOBER).value is None


def test_launch_scores_run_from_0_for_the_worst_to_10_for_the_best(make_data):
    """Trips is best in all but demand; the planned step decides the order, not the score."""
    launches = [
        {"entity": "boat", "channel": "tours", "step": 1, "effort_days": 6, "demand": 12, "lead_days": 30},
        {"entity": "boat", "channel": "trips", "step": 2, "effort_days": 2, "demand": 4, "lead_days": 10},
    ]
    rows = channels.launch_sequence(make_data(entities=ENTITIES, channels=CHANNELS, launches=launches))
    assert rows["name"].tolist() == ["Tours", "Trips"]
    assert rows["score"].tolist() == [2.5, 7.5]
    assert rows["demand_score"].tolist() == [10, 0]


def test_a_single_candidate_scores_10(make_data):
    """With nothing to compare with, nothing is worse."""
    launches = [{"entity": "boat", "channel": "trips", "step": 1}]
    data = make_data(entities=ENTITIES, channels=CHANNELS, launches=launches)
    assert channels.launch_sequence(data)["score"].tolist() == [10]


def test_campaign_outcome_follows_from_its_assumptions(make_data):
    """2,000 people x 0.5 x 0.1 x 0.2 are 20 bookings of 300, less 500."""
    common = {"campaign": "c", "entity": "boat", "channel": "site", "list": "list", "booking_value": 300, "cost": 500}
    rates = {"open_rate": 0.5, "click_rate": 0.1}
    cases = [
        {**common, **rates, "case": "high", "booking_rate": 0.4},
        {**common, **rates, "case": "base", "booking_rate": 0.2},
    ]
    assets = [{"asset": "list", "entity": "boat", "size": 2000, "status": "in use"}]
    data = make_data(entities=ENTITIES, channels=CHANNELS, assets=assets, campaigns=cases)
    assert channels.campaign_cases(data)["case"].tolist() == ["base", "high"]
    assert channels.campaign_outcome(data, OCTOBER, "base").value == pytest.approx(5500)
    assert channels.campaign_outcome(data, OCTOBER, "low").value is None


def test_a_campaign_without_a_list_has_no_known_outcome(make_data):
    """No audience, no figure."""
    rows = [{"campaign": "c", "case": "base", "entity": "boat", "channel": "site"}]
    data = make_data(entities=ENTITIES, channels=CHANNELS, campaigns=rows)
    assert channels.campaign_outcome(data, OCTOBER, "base").value is None


@pytest.mark.parametrize(
    ("due", "done", "window"),
    [
        ("2026-10-30", "", "overdue"), ("2026-10-31", "", "30 days"), ("2026-11-30", "", "30 days"),
        ("2026-12-01", "", "60 days"), ("2027-01-29", "", "90 days"), ("2027-01-30", "", "later"),
        ("2026-10-01", "2026-10-01", "done"), ("2026-11-20", "2026-11-01", "30 days"),
    ],
)  # fmt: skip
def test_milestones_fall_into_windows_by_days_from_the_as_of(make_data, due, done, window):
    """Done counts only when it was known; today is within 30 days."""
    rows = [
        {"milestone": "m", "plan": "marketing", "due_on": due, "done_on": done},
        {"milestone": "n", "plan": "local-seo"},
    ]
    data = make_data(as_of="2026-10-31", milestones=rows)
    assert channels.roadmap(data, "marketing", TODAY)["window"].tolist() == [window]


def test_absent_tables_give_empty_tables(make_data):
    """Nothing on record: nothing shown, no error."""
    data = make_data(entities=ENTITIES)
    assert channels.visibility(data, TODAY).empty
    assert channels.launch_sequence(data).empty
    assert channels.campaign_cases(data).empty
    assert channels.roadmap(data, "marketing", TODAY).empty
