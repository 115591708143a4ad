"""Findings of the books: each goes when its rows go."""

from __future__ import annotations

from datetime import date

import pytest

from journals import LESSEE, OPEN, RENT, paid
from quarterdeck.model.period import Period
from quarterdeck.report.findings import books

MARCH, AS_OF = Period.parse("2026-03"), date(2026, 3, 31)


def test_a_deposit_posted_to_revenue_breaks_the_roll_forward(make_data):
    """The ledger never got the 250 that the booking says was taken."""
    booking = {"booking": "B7", "price": 900, "deposit": 250, "deposit_on": "2026-03-02", "ends_on": "2026-05-01"}
    ledger = [*OPEN]
    for name, amount in (("other", -1), ("undone", 1)):
        ledger += paid(name, "2026-01-02", "owed", amount, booking="B1")
    (found,) = books.deferred_difference(make_data(accounts=LESSEE, ledger=ledger, bookings=[booking]), MARCH, AS_OF)
    assert found.money == 250 and "$250 less" in found.evidence and "B7" in found.evidence
    assert found.action == "Post or correct the entries of B7"
    assert found.since == "2026-03-01"


def test_a_deposit_in_its_place_is_no_finding(make_data):
    """Posted to the deferred account, it ties out."""
    booking = {"booking": "B7", "price": 900, "deposit": 250, "deposit_on": "2026-03-02", "ends_on": "2026-05-01"}
    ledger = [*OPEN, *paid("dep", "2026-03-02", "owed", -250, booking="B7")]
    assert not books.deferred_difference(make_data(accounts=LESSEE, ledger=ledger, bookings=[booking]), MARCH, AS_OF)


@pytest.mark.parametrize(("balance", "count"), [(200, 0), (195, 1)])
def test_bank_and_ledger_are_the_same_or_a_finding(make_data, balance, count):
    """The ledger holds 200."""
    bank = [{"account": "bank", "date": "2026-03-31", "balance": balance}]
    found = books.bank_differs(make_data(accounts=LESSEE, ledger=[*OPEN, *RENT], bank=bank), MARCH, AS_OF)
    assert len(found) == count and all(f.money == 5 for f in found)


def test_each_flag_is_one_finding_with_count_and_sum(make_data):
    """Two unsorted lines without paper, one of them large; rent is in order."""
    odd = [*paid("a", "2026-02-05", "misc", 90), *paid("b", "2026-03-05", "misc", 10)]
    data = make_data(accounts=LESSEE, ledger=[*OPEN, *RENT, *odd])
    found = {finding.id: finding for finding in books.expense_flags(data, MARCH, AS_OF)}
    assert sorted(found) == ["expenses-no-receipt", "expenses-uncategorised"]
    assert found["expenses-uncategorised"].money == 100 and found["expenses-no-receipt"].money == 90
    (flag,) = [one for one in books.expense_flags(data, MARCH, AS_OF) if one.id == "expenses-no-receipt"]
    assert flag.action.endswith(": not known $90 on Feb 5, 2026")


def test_a_deposit_in_revenue_is_said_to_stand_there(make_data):
    """250 posted to sales for a service of May."""
    booking = {"booking": "B7", "price": 900, "deposit": 250, "deposit_on": "2026-03-02", "ends_on": "2026-05-01"}
    ledger = [*OPEN, *paid("early", "2026-03-02", "sales", -250, booking="B7")]
    for name, amount in (("other", -1), ("undone", 1)):
        ledger += paid(name, "2026-01-02", "owed", amount, booking="B1")
    (found,) = books.deferred_difference(make_data(accounts=LESSEE, ledger=ledger, bookings=[booking]), MARCH, AS_OF)
    assert found.evidence.endswith("$250 of it was posted as revenue before the service.")


SERVICE = {"booking": "B1", "entity": "a", "customer": "Ann Lee", "price": 80, "deposit": 0, "ends_on": "2026-02-28",
           "deposit_on": "", "balance_on": ""}  # fmt: skip
OWED = [
    {"line": "1", "entry": "1", "date": "2026-02-28", "entity": "a", "account": "due", "amount": 80, "booking": "B1"},
    {"line": "2", "entry": "1", "date": "2026-02-28", "entity": "a", "account": "sales", "amount": -80},
]


@pytest.mark.parametrize(("ends", "severity"), [("2026-02-28", "medium"), ("2025-12-01", "high"), ("2026-03-01", "")])
def test_a_service_that_nobody_paid_for_long_names_customer_and_sum(make_data, ends, severity):
    """More than 30 days; past 90 it is serious; on the 30th day nothing is said."""
    data = make_data(accounts=LESSEE, ledger=OWED, bookings=[{**SERVICE, "ends_on": ends}])
    found = books.unpaid_services(data, MARCH, AS_OF)
    assert [one.severity for one in found] == [severity] * bool(severity)
    for one in found:
        assert one.money == 80 and one.action.startswith("Collect from Ann Lee") and one.since == ends
        assert one.entity == "a" and "Ann Lee $80 since " in one.evidence and "(B1)" in one.evidence


def test_receivables_that_no_document_explains_are_a_finding(make_data):
    """30 more on the account than the booking owes, without a document; without them it ties out."""
    more = [{**OWED[0], "line": "3", "entry": "2", "amount": 30, "booking": ""},
            {**OWED[1], "line": "4", "entry": "2", "amount": -30}]  # fmt: skip
    data = make_data(accounts=LESSEE, ledger=[*OWED, *more], bookings=[SERVICE])
    assert not books.receivables_differ(data, MARCH, AS_OF), "lines without a document are their own record"
    wrong = [{**row, "booking": "B1"} for row in more]
    (found,) = books.receivables_differ(
        make_data(accounts=LESSEE, ledger=[*OWED, *wrong], bookings=[SERVICE]), MARCH, AS_OF
    )
    assert found.money == 30 and "holds $110, the documents $80; apart: B1 $30" in found.evidence
    assert found.since == "2026-02-28" and found.action == "Post or correct the entries of B1"


def test_serious_controls_and_late_milestones_are_named_with_their_owner(make_data):
    """A working control, a minor gap and a milestone that is reached or still ahead are not."""
    data = make_data(
        systems=[
            {
                "control": "close",
                "title": "Months close",
                "status": "missing",
                "severity": "high",
                "owner": "Ann",
                "note": "old months still change",
            },
            {"control": "tags", "status": "missing", "severity": "low"},
            {"control": "bank", "status": "working", "severity": "high"},
        ],
        milestones=[
            {"milestone": "m1", "plan": "profitability", "due_on": "2026-03-01", "owner": "Bo"},
            {"milestone": "m2", "plan": "profitability", "due_on": "2026-03-01", "done_on": "2026-02-01"},
            {"milestone": "m3", "plan": "profitability", "due_on": "2026-04-01"},
            {"milestone": "m4", "plan": "marketing", "due_on": "2026-03-01"},
        ],
    )
    assert [(f.id, f.owner) for f in books.system_gaps(data, MARCH, AS_OF)] == [("control-close", "Ann")]
    assert [f.title for f in books.system_gaps(data, MARCH, AS_OF)] == ["Old months still change"]
    assert [f.evidence for f in books.system_gaps(data, MARCH, AS_OF)] == ["Control missing: Months close."]
    assert [(f.id, f.owner) for f in books.late_milestones(data, MARCH, AS_OF)] == [("late-milestone-m1", "Bo")]


@pytest.mark.parametrize("rule", books.RULES, ids=lambda rule: rule.__name__)
def test_nothing_there_is_nothing_found(make_data, rule):
    """Every rule survives absent tables."""
    assert rule(make_data(), MARCH, AS_OF) == []


def test_who_answers_for_most_controls_owns_what_the_books_lack(make_data):
    """Two of three controls are Ann's, so the difference with the bank is hers."""
    owners = [{"control": str(n), "status": "working", "owner": name} for n, name in enumerate(("Bo", "Ann", "Ann"))]
    bank = [{"account": "bank", "date": "2026-03-31", "balance": 1}]
    data = make_data(accounts=LESSEE, ledger=[*OPEN, *RENT], bank=bank, systems=owners)
    assert [finding.owner for finding in books.bank_differs(data, MARCH, AS_OF)] == ["Ann"]
