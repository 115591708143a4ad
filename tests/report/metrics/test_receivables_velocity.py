"""Who has stopped paying, and which of a client's contracts counts on a day."""

from __future__ import annotations

from datetime import date

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import receivables

OCTOBER = Period.parse("2026-10")
TODAY = date(2026, 10, 31)
CLIENTS = [{"client": "ann", "name": "Ann", "since": "2020-01-01"}]
CONTRACT = {"client": "ann", "starts_on": "2026-01-01", "signed_on": "2025-12-01", "monthly_fee": 50}


def test_who_owes_and_paid_nothing_in_three_periods_is_silent(make_data):
    """Ann paid on the last day before, Ben never, Cy on the first day of the three; Dee paid back and Eve has credit.

    The wait counts from the issue of the oldest invoice still open, whose balance credit lowers.
    """
    bills = [
        ("a1", "ann", "2026-05-01", 10), ("a2", "ann", "2026-06-01", 20), ("a3", "ann", "2026-10-01", -5),
        ("b1", "ben", "2026-10-30", 7), ("c1", "cy", "2026-02-01", 9), ("d1", "dee", "2026-06-01", 8),
        ("e1", "eve", "2026-06-01", 4), ("e2", "eve", "2026-06-02", -6),
    ]  # fmt: skip
    paid = [("a1", "2026-07-31", 10), ("c1", "2026-08-01", 1), ("d1", "2026-08-05", -2), ("b1", "2026-11-01", 7)]
    invoices = [dict(zip(("invoice", "client", "issued_on", "amount"), row, strict=True)) for row in bills]
    payments = [dict(zip(("invoice", "paid_on", "amount"), row, strict=True)) for row in paid]
    data = make_data(as_of="2026-10-31", invoices=invoices, payments=payments)
    made = receivables.silent_payers(data, OCTOBER)
    assert list(made) == ["client", "owed", "waiting", "last_paid"]
    made["last_paid"] = made["last_paid"].dt.strftime("%Y-%m-%d").fillna("never")
    assert made.to_numpy().tolist() == [
        ["ann", 15, 152, "2026-07-31"],
        ["dee", 10, 152, "never"],
        ["ben", 7, 1, "never"],
    ]


def test_nobody_is_silent_where_nothing_was_billed(make_data):
    """Absent tables give an empty one with its columns."""
    made = receivables.silent_payers(make_data(), OCTOBER)
    assert made.empty and list(made) == ["client", "owed", "waiting", "last_paid"]


@pytest.mark.parametrize(
    ("more", "chosen", "state"),
    [
        ([{"contract": "2", "starts_on": "2026-11-01"}], "1", "in force"),
        ([{"contract": "2", "starts_on": "2026-10-31"}], "2", "in force"),
        ([{"contract": "0", "starts_on": "2025-01-01", "ends_on": "2025-12-31"}], "1", "in force"),
    ],
)
def test_the_contract_that_runs_on_the_day_counts(make_data, more, chosen, state):
    """One that starts tomorrow does not yet; one that starts today does; one that ended does not."""
    contracts = [{**CONTRACT, "contract": "1"}, *({**CONTRACT, **row} for row in more)]
    rows = receivables.contract_register(make_data(clients=CLIENTS, contracts=contracts), TODAY)
    assert rows[["contract", "state"]].to_numpy().tolist() == [[chosen, state]]


@pytest.mark.parametrize(("signed", "state"), [("2026-10-01", "in force"), ("", "expiring")])
def test_a_contract_that_a_signed_one_follows_is_not_expiring(make_data, signed, state):
    """The notice asks for a renewal; a draft is none."""
    ending = {**CONTRACT, "contract": "1", "ends_on": "2026-11-30"}
    following = {**CONTRACT, "contract": "2", "starts_on": "2026-12-01", "signed_on": signed}
    rows = receivables.contract_register(make_data(clients=CLIENTS, contracts=[following, ending]), TODAY)
    assert rows[["contract", "state"]].to_numpy().tolist() == [["1", state]]


def test_without_a_running_contract_the_next_to_start_counts_before_one_that_ended(make_data):
    """December's, not next year's nor the one of the past."""
    dates = {"old": ("2025-01-01", "2026-09-30"), "late": ("2027-02-01", ""), "soon": ("2026-12-01", "2026-12-31")}
    rows = [
        {**CONTRACT, "contract": name, "starts_on": first, "ends_on": last} for name, (first, last) in dates.items()
    ]
    made = receivables.contract_register(make_data(clients=CLIENTS, contracts=rows), TODAY)
    assert made[["contract", "state"]].to_numpy().tolist() == [["soon", "not started"]]
    made = receivables.contract_register(make_data(clients=CLIENTS, contracts=rows[:1]), TODAY)
    assert made[["contract", "state"]].to_numpy().tolist() == [["old", "expired"]]
