"""Rules for clients billed by contract: each finds what is wrong, and nothing once the rows are mended."""

from __future__ import annotations

from datetime import date

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.findings import clients

OCTOBER = Period.parse("2026-10")
TODAY = date(2026, 10, 31)
BASE = {
    "entities": [{"entity": "agency", "name": "Agency"}],
    "clients": [{"client": "ann", "entity": "agency", "name": "Ann & Co", "since": "2026-10-01"}],
}
SIGNED = {"contract": "K1", "client": "ann", "starts_on": "2026-10-01", "signed_on": "2026-09-20", "monthly_fee": 100}
BILL = {
    "invoice": "1",
    "client": "ann",
    "month": "2026-10",
    "issued_on": "2026-10-01",
    "due_on": "2026-10-15",
    "amount": 100,
}
PAID = {"invoice": "1", "paid_on": "2026-10-10", "amount": 100}


@pytest.mark.parametrize(
    ("contract", "id", "severity", "money"),
    [
        (None, "no-contract-ann", "high", 100),
        ({**SIGNED, "signed_on": ""}, "unsigned-contract-ann", "high", 1200),
        ({**SIGNED, "ends_on": "2026-10-30"}, "expired-contract-ann", "high", 1200),
        ({**SIGNED, "ends_on": "2026-11-30"}, "expiring-contract-ann", "medium", 1200),
    ],
)
def test_each_gap_in_the_paper_is_its_own_finding(make_data, contract, id, severity, money):
    """At stake is a year of the fee or, without a contract, a year of billing."""
    data = make_data(as_of="2026-10-31", **BASE, contracts=[contract] if contract else [], invoices=[BILL])
    (found,) = clients.contract_gaps(data, OCTOBER, TODAY)
    assert (found.id, found.severity, found.money, found.entity) == (id, severity, money, "agency")
    assert found.title.startswith("Ann & Co ")
    assert "Ann & Co" in found.action
    assert ("K1" in found.action) == bool(contract)


def test_a_contract_in_force_is_no_finding_and_the_notice_can_be_shortened(make_data):
    """30 days left are no finding when 20 days of notice are wanted."""
    data = make_data(as_of="2026-10-31", **BASE, contracts=[{**SIGNED, "ends_on": "2026-11-30"}])
    assert clients.contract_gaps(data, OCTOBER, TODAY, expiring_days=20) == []


@pytest.mark.parametrize(
    ("amount", "id", "money"), [(None, "months-not-invoiced", 100), (60, "billed-below-contract", 40), (100, "", 0)]
)
def test_service_under_contract_must_be_billed_in_full(make_data, amount, id, money):
    """No invoice and an invoice below the fee are told apart; the full fee is no finding."""
    invoices = [{**BILL, "amount": amount}] if amount else []
    data = make_data(as_of="2026-10-31", **BASE, contracts=[SIGNED], invoices=invoices)
    found = clients.service_not_billed(data, OCTOBER, TODAY)
    assert [(f.id, f.money, f.since) for f in found] == ([(id, money, "2026-10-01")] if id else [])


@pytest.mark.parametrize(
    ("payments", "overdue"),
    [([], 100), ([{**PAID, "amount": 30}], 70), ([PAID], 0), ([PAID, {**PAID, "payment": "2"}], 0)],
)
def test_what_is_open_after_its_day_is_overdue(make_data, payments, overdue):
    """Unpaid and partly paid are; paid once or twice is not."""
    data = make_data(as_of="2026-10-31", **BASE, contracts=[SIGNED], invoices=[BILL], payments=payments)
    assert [f.money for f in clients.overdue_receivables(data, OCTOBER, TODAY)] == ([overdue] if overdue else [])


def test_overdue_for_more_than_90_days_is_serious(make_data):
    """Severity follows age."""
    old = {**BILL, "due_on": "2026-08-01"}
    severities = [
        clients.overdue_receivables(make_data(as_of="2026-10-31", **BASE, invoices=[row]), OCTOBER, TODAY)[0].severity
        for row in (BILL, old)
    ]
    assert severities == ["medium", "high"]


@pytest.mark.parametrize("rule", clients.RULES, ids=lambda rule: rule.__name__)
def test_a_rule_is_silent_without_data(make_data, rule):
    """Absent tables are no finding and no error."""
    assert rule(make_data(), OCTOBER, TODAY) == []


def test_one_debtor_is_named_in_the_title_and_several_in_the_action(make_data):
    """Whose work to pause is said only of debts older than 90 days; the largest debtor comes first."""
    bob = {"client": "bob", "entity": "agency", "name": "Bob", "since": "2026-01-01"}
    base = {**BASE, "clients": [*BASE["clients"], bob]}
    old = {**BILL, "invoice": "2", "client": "bob", "due_on": "2026-07-01", "amount": 40}
    (one,) = clients.overdue_receivables(make_data(as_of="2026-10-31", **base, invoices=[BILL]), OCTOBER, TODAY)
    assert (one.title, one.action) == ("Ann & Co has not paid what is due", "Call Ann & Co")
    (two,) = clients.overdue_receivables(make_data(as_of="2026-10-31", **base, invoices=[BILL, old]), OCTOBER, TODAY)
    assert two.title == "Clients have not paid what is due"
    assert two.action == "Call Ann & Co, Bob; pause work for the 1 over 90 days late"
    assert two.evidence == "2 invoices, $140 after credit, of it $40 for over 90 days: Ann & Co $100, Bob $40."


def test_months_not_billed_are_named_when_one_client_is_concerned(make_data):
    """Which months to invoice, and whom."""
    data = make_data(as_of="2026-10-31", **BASE, contracts=[SIGNED], invoices=[{**BILL, "month": "2026-09"}])
    (found,) = clients.service_not_billed(data, OCTOBER, TODAY)
    assert found.evidence == "$100 is missing in 1 client month: October 2026."
    assert found.action == "Invoice the months left out to Ann & Co"
