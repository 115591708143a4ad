"""Deferred revenue against sums done by hand."""

from __future__ import annotations

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import deferred

JUNE, JULY = Period.parse("2026-06"), Period.parse("2026-07")
ACCOUNTS = [
    {"account": "bank", "type": "asset", "role": "cash"},
    {"account": "owed", "type": "liability", "role": "deferred_revenue"},
]
BOOKINGS = [
    # Deposit in May, balance in June, delivered in July: 1,000 is owed at the end of June.
    {
        "booking": "paid", "price": 1000, "deposit": 300, "booked_on": "2026-05-01", "deposit_on": "2026-05-02",
        "balance_on": "2026-06-20", "starts_on": "2026-07-03", "ends_on": "2026-07-04",
    },
    # Cancelled in June: 150 of 200 given back, 50 kept and recognised.
    {
        "booking": "cancelled", "price": 800, "deposit": 200, "refund": 150, "booked_on": "2026-05-01",
        "deposit_on": "2026-05-03", "starts_on": "2026-08-01", "ends_on": "2026-08-01", "cancelled_on": "2026-06-10",
    },
    # Paid after its service: never deferred.
    {
        "booking": "later", "price": 500, "deposit": 0, "booked_on": "2026-06-01", "starts_on": "2026-06-05",
        "ends_on": "2026-06-05", "balance_on": "2026-06-09",
    },
]  # fmt: skip


def post(number: int, day: str, booking: str, amount: float) -> dict[str, object]:
    """A line on the deferred account: a deposit is a credit."""
    return {"line": str(number), "date": day, "account": "owed", "amount": amount, "booking": booking}


LEDGER = [
    post(1, "2026-05-02", "paid", -300),
    post(2, "2026-05-03", "cancelled", -200),
    post(3, "2026-06-10", "cancelled", 200),
    post(4, "2026-06-20", "paid", -700),
    post(5, "2026-07-04", "paid", 1000),
]


def test_roll_forward_ties_out_month_by_month(make_data):
    """Opening + deposits + recognised + refunds = closing = ledger, in each month."""
    table = deferred.roll_forward(make_data(accounts=ACCOUNTS, bookings=BOOKINGS, ledger=LEDGER), JULY, 3)
    assert table["closing"].tolist() == [500, 1000, 0]
    assert table["opening"].tolist() == [0, 500, 1000]
    assert table.set_index("month").loc["2026-06", ["deposits", "recognised", "refunds"]].tolist() == [700, -50, -150]
    assert table["difference"].tolist() == [0, 0, 0]


def test_facts_are_what_the_rows_sum_to(make_data):
    """700 taken in June, 500 delivered, 1,000 owed at its end."""
    data = make_data(bookings=BOOKINGS)
    assert deferred.deposits_taken(data, JUNE).value == 700
    assert deferred.delivered(data, JUNE).value == 500
    measure = deferred.deferred_revenue(data, JUNE)
    assert measure.value == 1000 == measure.rows["contribution"].sum()


def test_a_refund_after_the_service_lowers_what_was_earned(make_data):
    """500 delivered, 80 given back: 420 earned."""
    booking = {"booking": "b", "price": 500, "deposit": 0, "ends_on": "2026-06-05", "refund": 80}
    assert deferred.delivered(make_data(bookings=[booking]), JUNE).value == 420


def test_a_deposit_posted_elsewhere_is_named(make_data):
    """Without line 4 the ledger holds 700 too little, for that booking alone."""
    data = make_data(accounts=ACCOUNTS, bookings=BOOKINGS, ledger=[row for row in LEDGER if row["line"] != "4"])
    gaps = deferred.deferred_gaps(data, JUNE)
    assert gaps[["booking", "difference"]].values.tolist() == [["paid", -700]]


def test_an_opening_balance_stands_for_the_bookings_before_it(make_data):
    """One line without bookings equals the deposits taken before the books began, so nothing differs."""
    ledger = [post(0, "2026-06-01", "", -500), *LEDGER[2:]]
    assert not len(deferred.deferred_gaps(make_data(accounts=ACCOUNTS, bookings=BOOKINGS, ledger=ledger), JULY))


def test_five_steps_count_each_booking_where_it_stands(make_data):
    """At the end of June one service is owed; one ended in June; one was taken in June."""
    table = deferred.five_steps(make_data(bookings=BOOKINGS), JUNE).set_index("step")
    assert table["bookings"].tolist() == [1, 1, 1, 1, 1]
    assert table.loc["2 Obligations", "amount"] == 1000 and table.loc["5 Recognition", "amount"] == 500


@pytest.mark.parametrize("metric", [deferred.deposits_taken, deferred.deferred_revenue, deferred.delivered])
def test_no_booking_is_not_known(make_data, metric):
    """An absent table is no zero."""
    assert metric(make_data(), JUNE).value is None


def test_empty_tables_make_empty_reports(make_data):
    """Nothing raises without bookings or ledger."""
    data = make_data()
    assert not deferred.roll_forward(data, JUNE)["closing"].any() and not len(deferred.deferred_gaps(data, JUNE))
    assert deferred.five_steps(data, JUNE)["bookings"].sum() == 0
