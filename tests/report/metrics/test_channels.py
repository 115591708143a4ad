"""Visibility, launch scores, campaign cases and roadmaps against hand-made tables."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import channels

OCTOBER = Period.parse("2026-10")
TODAY = date(2026, 10, 31)
ENTITIES = [
    {"entity": "boat", "name": "Boat"},
    {"entity": "house", "name": "House"},
    {"entity": "yard", "name": "Yard"},
]
CHANNELS = [
    {"channel": "trips", "name": "Trips", "kind": "ota", "commission": 0.1},
    {"channel": "tours", "name": "Tours", "kind": "ota", "commission": 0.3},
    {"channel": "site", "name": "Site", "kind": "direct"},
    {"channel": "fair", "name": "Fair", "kind": "social"},
]


def listing(entity: str, channel: str, status: str, live_on: str = "") -> dict[str, str]:
    """A row of the table of listings."""
    return {"entity": entity, "channel": channel, "status": status, "live_on": live_on}


LISTINGS = [
    listing("house", "trips", "live"),
    listing("boat", "tours", "absent"),
    listing("boat", "trips", "live", "2026-11-05"),
    listing("house", "site", "draft"),
    listing("boat", "site", "live", "2026-10-31"),
]


def test_a_listing_is_live_from_the_day_on_which_it_went_live(make_data):
    """One is live since today, one goes live after the as-of and one says so without a day; the most shown comes first.

    Entities stand in the order of their table; one without a listing has no row; what is not in the table is missing.
    """
    data = make_data(as_of="2026-10-31", entities=ENTITIES[::-1], channels=CHANNELS, listings=LISTINGS)
    matrix = channels.visibility(data, TODAY)
    assert matrix.index.tolist() == ["House", "Boat"]
    assert list(matrix.columns) == ["Site", "Trips", "Tours"]
    assert matrix.fillna(-1).to_numpy().tolist() == [[2, 1, -1], [3, 1, 0]]


def test_channels_that_show_as_much_stand_by_name(make_data):
    """The order does not depend on the order of rows."""
    rows = [{"entity": "boat", "channel": f"c{n:02}", "status": "draft" if n % 3 else "planned"} for n in range(24)]
    named = [{"channel": f"c{n:02}", "name": f"C{n:02}"} for n in range(24)]
    shown = channels.visibility(make_data(entities=ENTITIES, channels=named, listings=rows[::-1]), TODAY)
    assert list(shown.columns) == [f"C{n:02}" for n in range(24) if n % 3] + [f"C{n:02}" for n in range(0, 24, 3)]


def test_live_ota_listings_count_only_travel_agencies(make_data):
    """None at the end of October, one in November; without the table of channels nobody knows which they are."""
    data = make_data(entities=ENTITIES, channels=CHANNELS, listings=LISTINGS)
    assert channels.live_ota_listings(data, OCTOBER).value == 0
    found = channels.live_ota_listings(data, Period.parse("2026-11"))
    assert found.rows[["entity", "channel"]].to_numpy().tolist() == [["boat", "trips"]]


def test_listings_stay_when_the_table_of_channels_is_absent(make_data):
    """A missing register of channels hides no listing."""
    data = make_data(entities=ENTITIES, listings=LISTINGS)
    assert channels.listings(data, TODAY)["state"].tolist() == ["planned", "absent", "planned", "draft", "live"]
    assert channels.live_ota_listings(data, OCTOBER).note == "no OTA listing on record"


def test_launch_scores_run_from_0_for_the_worst_to_10_for_the_best(make_data):
    """The planned step decides the order, then the score, then the id; commission that nobody knows does not count."""
    launches = [
        {"entity": "yard", "channel": "site", "step": 2, "effort_days": 3, "demand": 10, "lead_days": 20},
        {"entity": "house", "channel": "fair", "step": 2, "effort_days": 3, "demand": 10, "lead_days": 20},
        {"entity": "boat", "channel": "trips", "step": 2, "effort_days": 2, "demand": 4, "lead_days": 10},
        {"entity": "boat", "channel": "tours", "step": 1, "effort_days": 6, "demand": 12, "lead_days": 30},
    ]
    made = channels.launch_sequence(make_data(entities=ENTITIES, channels=CHANNELS, launches=launches))
    expected = pd.DataFrame(
        [
            ("Tours", "Boat", 0.0, 0.0, 10.0, 0.0, 2.5), ("Trips", "Boat", 10.0, 10.0, 0.0, 10.0, 7.5),
            ("Fair", "House", None, 7.5, 7.5, 5.0, 20 / 3), ("Site", "Yard", None, 7.5, 7.5, 5.0, 20 / 3),
        ],
        columns=["name", "entity_name", "commission_score", "effort_score", "demand_score", "lead_time_score", "score"],
    )  # fmt: skip
    pd.testing.assert_frame_equal(made[list(expected)], expected, check_dtype=False)


def test_a_single_candidate_scores_10_even_on_an_unknown_channel(make_data):
    """With nothing to compare with, nothing is worse."""
    data = make_data(entities=ENTITIES, launches=[{"entity": "boat", "channel": "trips", "step": 1, "demand": 3}])
    assert channels.launch_sequence(data)[["score", "demand_score"]].to_numpy().tolist() == [[10, 10]]


COMMON = {"entity": "boat", "channel": "site", "list": "list", "booking_value": 300, "cost": 500}
CASES = [
    {**COMMON, "campaign": "c", "case": "high", "open_rate": 0.5, "click_rate": 0.1, "booking_rate": 0.4},
    {**COMMON, "campaign": "c", "case": "base", "open_rate": 0.5, "click_rate": 0.1, "booking_rate": 0.2},
    {**COMMON, "campaign": "b", "case": "base", "list": "", "starts_on": "2026-02-01"},
    {**COMMON, "campaign": "a", "case": "base", "open_rate": 0.1, "click_rate": 0.1, "booking_rate": 0.1,
     "starts_on": "2026-02-01"},
]  # fmt: skip


def test_campaign_outcome_follows_from_its_assumptions(make_data):
    """2,000 people x 0.5 x 0.1 x 0.2 are 20 bookings of 300, less 500; without a list there is no outcome."""
    assets = [{"asset": "list", "entity": "boat", "size": 2000, "status": "in use"}]
    data = make_data(entities=ENTITIES, channels=CHANNELS, assets=assets, campaigns=CASES)
    expected = pd.DataFrame(
        [
            ("c", "base", 2000, 20, 6000, 5500), ("c", "high", 2000, 40, 12000, 11500),
            ("a", "base", 2000, 2, 600, 100), ("b", "base", None, None, None, None),
        ],
        columns=["campaign", "case", "audience", "bookings", "revenue", "outcome"],
    )  # fmt: skip
    made = channels.campaign_cases(data)
    pd.testing.assert_frame_equal(made[list(expected)], expected, check_dtype=False)
    assert "order" not in made
    base = channels.campaign_outcome(data, OCTOBER, "base")
    assert (base.value, len(base.rows)) == (pytest.approx(5600), 2)
    assert channels.campaign_outcome(data, OCTOBER, "high").value == pytest.approx(11500)
    assert channels.campaign_outcome(data, OCTOBER, "low").note == "no list to mail to"


def test_milestones_fall_into_windows_by_days_from_the_as_of(make_data):
    """Done counts only when it was known; today is within 30 days; the earliest first, another plan left out."""
    due = {"2026-10-01": "2026-10-01", "2026-10-30": "", "2026-10-31": "", "2026-11-20": "2026-11-01",
           "2026-11-30": "", "2026-12-01": "", "2026-12-30": "", "2026-12-31": "", "2027-01-29": "",
           "2027-01-30": ""}  # fmt: skip
    rows = [
        {"milestone": day, "plan": "marketing", "due_on": day, "done_on": done} for day, done in reversed(due.items())
    ]
    data = make_data(as_of="2026-10-31", milestones=[*rows, {"milestone": "n", "plan": "local-seo"}])
    days = [-30, -1, 0, 20, 30, 31, 60, 61, 90, 91]
    windows = ["done", "overdue", *["30 days"] * 3, *["60 days"] * 2, *["90 days"] * 2, "later"]
    expected = pd.DataFrame({"milestone": list(due), "days": days, "window": windows})
    made = channels.roadmap(data, "marketing", TODAY)
    pd.testing.assert_frame_equal(made[list(expected)], expected, check_dtype=False)


def test_absent_tables_give_empty_tables(make_data):
    """Nothing on record: nothing shown, no error."""
    data = make_data(entities=ENTITIES)
    assert channels.visibility(data, TODAY).empty
    assert channels.launch_sequence(data).empty
    assert channels.campaign_cases(data).empty
    assert channels.roadmap(data, "marketing", TODAY).empty
    assert channels.campaign_outcome(data, OCTOBER, "base").value is None
