"""The funnel, acquisition cost and churn against counts done by hand."""

from __future__ import annotations

import pytest

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
    assert funnel.enquiries(data, Period.parse("2026-08")).value is None


def test_a_month_without_enquiries_after_the_first_is_a_true_zero(make_data):
    """Somebody counted before, so that none came is known."""
    data = make_data(entities=ENTITIES, leads=[{"entity": "boat", "created_on": "2026-08-01"}])
    assert funnel.enquiries(data, OCTOBER).value == 0


def test_conversion_is_of_the_cohort_and_does_not_know_the_future(data):
    """One of four; the sale of September's lead and that of November do not count."""
    measure = funnel.conversion(data, OCTOBER)
    assert measure.value == 0.25
    parts = measure.rows.groupby("part")["contribution"].sum()
    assert parts["numerator"] / parts["denominator"] == 0.25


def test_a_stage_counts_leads_that_went_further(data):
    """The lead quoted without a day of qualification was qualified."""
    counts = funnel.stages(data, OCTOBER).set_index("stage")["leads"].to_dict()
    assert counts == {"Enquiries": 4, "Qualified": 2, "Quoted": 2, "Won": 1}


def test_cac_is_channel_spend_over_customers_won_in_the_period(data):
    """300 of spend that names a channel over two customers won."""
    assert funnel.cac(data, OCTOBER).value == 150
    assert funnel.cac(data, Period.parse("2026-09")).value is None


def test_by_channel_shows_cost_conversion_and_payback(data):
    """Ads: 300 for one customer of 1,000, of which three quarters are left; that is 365 days of a year's 750."""
    rows = funnel.by_channel(data, OCTOBER).set_index("channel")
    assert rows.loc["Ads", ["spend", "enquiries", "won", "conversion", "cac"]].tolist() == [300, 2, 1, 0.5, 300]
    assert rows.loc["Ads", "contribution"] == 750
    assert rows.loc["Ads", "payback"] == pytest.approx(300 / (750 / (365 / 30.4375)))
    assert rows.loc["Mail", "cac"] == 0
    assert rows.loc["not recorded", "enquiries"] == 1
    assert rows.loc["not recorded", "payback"] != rows.loc["not recorded", "payback"]


def test_a_brand_has_the_contribution_share_of_whom_it_sells_for(data):
    """The brand has no revenue of its own; the boat keeps 1,500 of 2,000."""
    assert funnel.contribution_share(data, OCTOBER) == {"web": 0.75, "boat": 0.75}


def test_churn_is_clients_lost_over_clients_at_the_start(make_data):
    """Of three at the start one left; one that came and one that left before do not count."""
    clients = [
        {"client": "a", "since": "2026-01-01", "ended_on": "2026-10-15"},
        {"client": "b", "since": "2026-01-01"},
        {"client": "c", "since": "2026-09-30", "ended_on": "2026-11-02"},
        {"client": "d", "since": "2026-10-01"},
        {"client": "e", "since": "2026-01-01", "ended_on": "2026-09-30"},
    ]
    assert funnel.churn(make_data(entities=ENTITIES, clients=clients), OCTOBER).value == pytest.approx(1 / 3)


def test_absent_tables_give_nothing_known_and_no_error(make_data):
    """Nothing recorded: no zero is claimed."""
    data = make_data(entities=ENTITIES)
    for metric in (funnel.enquiries, funnel.conversion, funnel.cac, funnel.churn):
        assert metric(data, OCTOBER).value is None
    assert funnel.by_channel(data, OCTOBER).empty
    assert funnel.stages(data, OCTOBER)["leads"].sum() == 0
