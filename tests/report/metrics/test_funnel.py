"""The funnel, acquisition cost and churn against counts done by hand."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import funnel

OCTOBER = Period.parse("2026-10")
ENTITIES = [{"entity": "boat", "name": "Boat"}, {"entity": "web", "name": "Web", "sells_for": "boat"}]
CHANNELS = [{"channel": "ads", "name": "Ads"}, {"channel": "mail", "name": "Mail"}]
LEADS = [
    {"entity": "web", "channel": "ads", "created_on": "2026-10-02", "qualified_on": "2026-10-03",
     "quoted_on": "2026-10-04", "won_on": "2026-10-05", "value": 1000},
    {"entity": "web", "channel": "ads", "created_on": "2026-10-06", "quoted_on": "2026-10-08", "lost_on": "2026-10-09"},
    {"entity": "boat", "created_on": "2026-10-07"},
    {"entity": "boat", "channel": "mail", "created_on": "2026-09-20", "won_on": "2026-10-20", "value": 500},
    {"entity": "boat", "channel": "mail", "created_on": "2026-10-21", "won_on": "2026-11-03", "value": 800},
]  # fmt: skip
ACCOUNTS = [
    {"account": "sales", "type": "revenue", "role": "revenue", "behaviour": "none"},
    {"account": "fuel", "type": "expense", "role": "direct", "behaviour": "variable"},
    {"account": "ads", "type": "expense", "role": "overhead", "behaviour": "fixed"},
]
LEDGER = [
    {"date": "2026-10-10", "entity": "boat", "account": "sales", "amount": -2000},
    {"date": "2026-10-10", "entity": "boat", "account": "fuel", "amount": 500},
    {"date": "2026-10-11", "entity": "boat", "account": "ads", "amount": 300, "channel": "ads"},
    {"date": "2026-10-12", "entity": "boat", "account": "ads", "amount": 40},
]


@pytest.fixture
def data(make_data):
    """Four enquiries of October, of which one is won by its end; one of September is won in October."""
    return make_data(
        as_of="2026-10-31", entities=ENTITIES, channels=CHANNELS, leads=LEADS, accounts=ACCOUNTS, ledger=LEDGER
    )


def test_enquiries_are_leads_created_in_the_period(data):
    """Four in October; none in August is not known, as nothing had been recorded by then."""
    assert funnel.enquiries(data, OCTOBER).value == 4
    assert funnel.enquiries(data, Period.parse("2026-08")).note == "no enquiry recorded"


def test_a_month_without_enquiries_after_the_first_is_a_true_zero(make_data):
    """Somebody counted before, so that none came is known; the last day of a month is in it."""
    data = make_data(entities=ENTITIES, leads=[{"entity": "boat", "created_on": "2026-09-30"}])
    assert funnel.enquiries(data, OCTOBER).value == 0
    assert funnel.enquiries(data, Period.parse("2026-09")).value == 1


STEPS = st.lists(st.none() | st.integers(0, 50), min_size=3, max_size=3)


@settings(max_examples=12)
@given(st.lists(st.tuples(st.integers(-25, 30), STEPS), min_size=1, max_size=9))
def test_the_funnel_agrees_with_counts_lead_by_lead(make_data, journeys):
    """In a leap February: who got as far as each stage or further, who was won so far, and when.

    A lead won in the period may have asked before it; the order of rows does not matter; each rate re-sums.
    """
    first, period, columns = date(2024, 2, 1), Period.parse("2024-02"), ["qualified_on", "quoted_on", "won_on"]
    rows, reached, won = [], [0, 0, 0, 0], 0
    for offset, steps in journeys:
        asked = first + timedelta(days=offset)
        days = ["" if step is None else (asked + timedelta(days=step)).isoformat() for step in steps]
        rows.append({"entity": "boat", "created_on": asked.isoformat(), **dict(zip(columns, days, strict=True))})
        last = max([n for n, day in enumerate(days, 1) if day], default=0)
        if asked in period:
            reached = [count + (n <= last) for n, count in enumerate(reached)]
        won += days[2].startswith("2024-02")
    random.Random(1).shuffle(rows)
    spend = [{"date": "2024-02-29", "entity": "boat", "account": "ads", "amount": 300, "channel": "ads"}]
    data = make_data(trusted=True, entities=ENTITIES, leads=rows, accounts=ACCOUNTS, ledger=spend)
    expected = pd.DataFrame({"stage": list(funnel.STAGES), "leads": reached})
    expected["share"] = expected["leads"] / max(reached[0], 1)
    pd.testing.assert_frame_equal(funnel.stages(data, period), expected, check_dtype=False)
    conversion, cac = funnel.conversion(data, period), funnel.cac(data, period)
    assert conversion.value == (pytest.approx(reached[3] / reached[0]) if reached[0] else None)
    assert conversion.note == ("" if reached[0] else "no enquiry in the period")
    assert cac.value == (pytest.approx(300 / won) if won else None)
    assert cac.note == ("" if won else "no customer won in the period")
    for measure in (conversion, cac):
        if measure.value is not None:
            parts = measure.rows.groupby("part")["contribution"].sum()
            assert parts.get("numerator", 0) / parts["denominator"] == pytest.approx(measure.value)


def test_conversion_does_not_know_the_future(data):
    """One of four; the sale of September's lead and that of November do not count."""
    assert funnel.conversion(data, OCTOBER).value == 0.25


def test_cac_is_channel_spend_over_customers_won_in_the_period(data):
    """300 of spend that names a channel over two customers won; without books nobody knows."""
    assert funnel.cac(data, OCTOBER).value == 150
    assert funnel.cac(data, Period.parse("2026-09")).note == "no ledger entry in September 2026"


def test_by_channel_shows_cost_conversion_and_payback(make_data):
    """Ads: 300 for one customer of 1,000, of which three quarters are left: 300 over a twelfth of a year's 750.

    Who won most, then the id, decides among equals; what nobody spent, won or can price is missing, not zero; a channel
    that the table does not hold keeps its id; a refunded sale that leaves less than nothing pays nothing back.
    """
    leads = [
        *LEADS[:4],
        {"entity": "shop", "channel": "fair", "created_on": "2026-10-07", "won_on": "2026-10-08", "value": 70},
        {"entity": "boat", "channel": "back", "created_on": "2025-10-31", "won_on": "2025-11-01", "value": -80},
        {"entity": "boat", "channel": "pens", "created_on": "2025-10-31", "won_on": "2025-11-01", "value": 0.8},
        {"entity": "boat", "channel": "pens", "created_on": "2025-10-31", "won_on": "2025-11-01", "value": 0},
        {"entity": "boat", "channel": "old", "created_on": "2025-10-31", "won_on": "2025-10-31", "value": 9},
    ]
    ledger = [*LEDGER, {"date": "2026-10-12", "entity": "boat", "account": "ads", "amount": 6, "channel": "pens"},
              {"date": "2026-10-12", "entity": "boat", "account": "ads", "amount": 6, "channel": "gifts"}]  # fmt: skip
    shop = {"entity": "shop", "name": "Shop"}
    data = make_data(entities=[*ENTITIES, shop], channels=CHANNELS, leads=leads, accounts=ACCOUNTS, ledger=ledger)
    months = 365 / 30.4375
    columns = [
        "channel", "spend", "enquiries", "won", "conversion", "cac", "customers", "value", "contribution", "payback"
    ]  # fmt: skip
    expected = pd.DataFrame(
        [
            ("Ads", 300, 2, 1, 0.5, 300, 1, 1000, 750, months * 300 / 750),
            ("pens", 6, 0, 0, None, 3, 2, 0.8, 0.6, months * 6 / 0.6),
            ("gifts", 6, 0, 0, None, None, 0, 0, None, None),
            ("back", 0, 0, 0, None, 0, 1, -80, -60, None),
            ("fair", 0, 1, 1, 1, 0, 1, 70, None, None),
            ("Mail", 0, 1, 1, 1, 0, 1, 500, 375, 0),
            ("not recorded", 0, 1, 0, 0, None, 0, 0, None, None),
        ],
        columns=columns,
    )  # fmt: skip
    pd.testing.assert_frame_equal(funnel.by_channel(data, OCTOBER), expected, check_dtype=False)


def test_spend_that_names_no_channel_is_counted_apart(make_data):
    """Of overhead in the categories where others name one; a direct cost and other months do not count."""
    accounts = [*ACCOUNTS, {"account": "rent", "type": "expense", "role": "overhead", "category": "Rent"},
                {"account": "fee", "type": "expense", "role": "direct", "category": "Fees"}]  # fmt: skip
    lines = [("ads", 12, ""), ("ads", 300, "mail"), ("rent", 900, ""), ("fee", 5, ""), ("fee", 6, "mail")]
    ledger = [{"date": "2026-10-05", "account": a, "amount": much, "channel": c} for a, much, c in lines]
    data = make_data(accounts=accounts, ledger=[*ledger, {**ledger[0], "date": "2026-09-30"}])
    assert funnel.spend_without_channel(data, OCTOBER).value == 12


def test_a_sale_without_contribution_pays_nothing_back(make_data):
    """Nothing earned, nothing to pay back from: missing, not endless."""
    leads = [{"entity": "boat", "channel": "ads", "created_on": "2026-10-02", "won_on": "2026-10-05", "value": 0}]
    data = make_data(entities=ENTITIES, leads=leads, accounts=ACCOUNTS, ledger=LEDGER)
    assert funnel.by_channel(data, OCTOBER)["payback"].isna().all()


def test_a_brand_has_the_contribution_share_of_whom_it_sells_for(make_data):
    """The brand has no revenue of its own; the boat keeps 1,500 of 2,000; a brand with sales keeps its own share."""
    own = {"entity": "own", "name": "Own", "sells_for": "boat"}
    ledger = [*LEDGER, {"date": "2026-10-10", "entity": "own", "account": "sales", "amount": -10}]
    data = make_data(
        entities=[*ENTITIES, own, {"entity": "yard", "name": "Yard"}], leads=[], accounts=ACCOUNTS, ledger=ledger
    )
    assert funnel.contribution_share(data, OCTOBER) == {"boat": 0.75, "web": 0.75, "own": 1}


def test_churn_is_clients_lost_over_clients_at_the_start(make_data):
    """Of four at the start two left, on the first day and in the middle; one that came and one gone do not count."""
    clients = [
        {"client": "a", "since": "2026-01-01", "ended_on": "2026-10-15"},
        {"client": "b", "since": "2026-01-01"},
        {"client": "c", "since": "2026-09-30", "ended_on": "2026-11-02"},
        {"client": "d", "since": "2026-10-01"},
        {"client": "e", "since": "2026-01-01", "ended_on": "2026-09-30"},
        {"client": "f", "since": "2026-01-01", "ended_on": "2026-10-01"},
    ]
    data = make_data(entities=ENTITIES, clients=clients)
    assert funnel.churn(data, OCTOBER).value == 0.5
    assert funnel.churn(data, Period.parse("2025-12")).note == "no client at its start"


def test_absent_tables_give_nothing_known_and_no_error(make_data):
    """Nothing recorded: no zero is claimed."""
    data = make_data(entities=ENTITIES)
    for metric in (funnel.enquiries, funnel.conversion, funnel.cac, funnel.churn):
        assert metric(data, OCTOBER).value is None
    assert funnel.by_channel(data, OCTOBER).empty
    assert funnel.stages(data, OCTOBER)[["leads", "share"]].to_numpy().sum() == 0
