"""Findings of cash and books: each goes when its rows go."""

from __future__ import annotations

from datetime import date

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.findings import money

MARCH, AS_OF = Period.parse("2026-03"), date(2026, 3, 31)
ACCOUNTS = [
    {"account": "bank", "name": "Bank", "type": "asset", "role": "cash"},
    {"account": "sales", "type": "revenue", "role": "revenue"},
    {"account": "rent", "type": "expense", "role": "overhead", "category": "Rent"},
    {"account": "misc", "type": "expense", "role": "uncategorised", "category": "Unsorted"},
    {"account": "owed", "type": "liability", "role": "deferred_revenue"},
    {"account": "capital", "type": "equity", "role": "equity"},
]


def entry(name: str, day: str, account: str, amount: float, **told: str) -> list[dict[str, object]]:
    """Money paid from the bank (negative: into it)."""
    same = {"entry": name, "date": day, **told}
    return [
        {"line": f"{name}-1", "account": account, "amount": amount, **same},
        {"line": f"{name}-2", "account": "bank", "amount": -amount, **same},
    ]


OPEN = entry("open", "2026-01-01", "capital", -2000, document="d")
RENT = [
    row
    for n in (1, 2, 3)
    for row in entry(f"rent{n}", f"2026-0{n}-03", "rent", 600, document=f"d{n}", counterparty="Lessor")
]


def test_a_broken_rule_names_value_excess_and_since(make_data):
    """Burn of 600 against at most 500, in all three months."""
    limit = {"rule": "cap", "name": "Spend less", "measure": "gross_burn", "limit": "at most", "threshold": 500,
             "severity": "high", "owner": "Ann", "remedy": "Stop"}  # fmt: skip
    data = make_data(accounts=ACCOUNTS, ledger=[*OPEN, *RENT], rules=[limit])
    (found,) = money.broken_rules(data, MARCH, AS_OF)
    assert (found.id, found.severity, found.money, found.since) == ("rule-cap", "high", 100, "2026-01-01")
    assert (found.owner, found.action, found.due, found.leads) == ("Ann", "Stop", "2026-04-07", True)
    assert found.title == "Broken rule: gross burn at $600, limit $500"
    assert "$600, $100 above the limit of $500 since January 2026" in found.evidence
    assert not money.broken_rules(data, Period.parse("2025-12"), AS_OF)


def test_a_short_runway_is_priced_at_the_burn(make_data):
    """200 at 600 a month is 1/3 month; two more months would need 1,000."""
    limit = {"rule": "r", "measure": "runway", "limit": "at least", "threshold": 2, "severity": "critical"}
    (found,) = money.broken_rules(make_data(accounts=ACCOUNTS, ledger=[*OPEN, *RENT], rules=[limit]), MARCH, AS_OF)
    assert found.money == pytest.approx(1000) and "0.3 months, 1.7 months below" in found.evidence


def test_cash_that_runs_out_on_the_base_path_is_serious(make_data):
    """200 left at 600 a month ends below zero in April."""
    paths = [{"scenario": name, "revenue": 1, "cost": 1, "monthly_growth": 0} for name in ("low", "base")]
    data = make_data(accounts=ACCOUNTS, ledger=[*OPEN, *RENT], scenarios=paths)
    (found,) = money.cash_runs_out(data, MARCH, AS_OF, within_months=2)
    assert found.severity == "high" and "April 2026" in found.title and found.money == 1000


def test_cash_that_lasts_is_no_finding(make_data):
    """A sale that pays the rent for years."""
    ledger = [*OPEN, *RENT, *entry("sale", "2026-03-04", "sales", -90000)]
    paths = [{"scenario": "base", "revenue": 1, "cost": 1, "monthly_growth": 0}]
    assert not money.cash_runs_out(make_data(accounts=ACCOUNTS, ledger=ledger, scenarios=paths), MARCH, AS_OF)


def test_revenue_behind_target_says_what_is_missing(make_data):
    """100 earned of 400."""
    ledger = [*OPEN, *entry("sale", "2026-02-04", "sales", -100)]
    targets = [{"month": f"2026-0{n}", "amount": amount} for n, amount in ((2, 100), (3, 300), (4, 900))]
    ledger = [{**row, "entity": "e"} for row in ledger]
    data = make_data(accounts=ACCOUNTS, ledger=ledger, targets=[{**row, "entity": "e"} for row in targets])
    (found,) = money.behind_target(data, MARCH, AS_OF)
    assert found.money == 300 and "1 of 2 months missed" in found.evidence
    assert not money.behind_target(data, Period.parse("2026-02"), AS_OF)


def test_a_deposit_posted_to_revenue_breaks_the_roll_forward(make_data):
    """The ledger never got the 250 that the booking says was taken."""
    booking = {"booking": "B7", "price": 900, "deposit": 250, "deposit_on": "2026-03-02", "ends_on": "2026-05-01"}
    ledger = [*OPEN]
    for name, amount in (("other", -1), ("undone", 1)):
        ledger += entry(name, "2026-01-02", "owed", amount, booking="B1")
    (found,) = money.deferred_difference(make_data(accounts=ACCOUNTS, ledger=ledger, bookings=[booking]), MARCH, AS_OF)
    assert found.money == 250 and "$250 less" in found.evidence and "B7" in found.evidence
    assert found.since == "2026-03-01"


def test_a_deposit_in_its_place_is_no_finding(make_data):
    """Posted to the deferred account, it ties out."""
    booking = {"booking": "B7", "price": 900, "deposit": 250, "deposit_on": "2026-03-02", "ends_on": "2026-05-01"}
    ledger = [*OPEN, *entry("dep", "2026-03-02", "owed", -250, booking="B7")]
    assert not money.deferred_difference(make_data(accounts=ACCOUNTS, ledger=ledger, bookings=[booking]), MARCH, AS_OF)


@pytest.mark.parametrize(("balance", "count"), [(200, 0), (195, 1)])
def test_bank_and_ledger_are_the_same_or_a_finding(make_data, balance, count):
    """The ledger holds 200."""
    bank = [{"account": "bank", "date": "2026-03-31", "balance": balance}]
    found = money.bank_differs(make_data(accounts=ACCOUNTS, ledger=[*OPEN, *RENT], bank=bank), MARCH, AS_OF)
    assert len(found) == count and all(f.money == 5 for f in found)


def test_each_flag_is_one_finding_with_count_and_sum(make_data):
    """Two unsorted lines without paper, one of them large; rent is in order."""
    odd = [*entry("a", "2026-02-05", "misc", 90), *entry("b", "2026-03-05", "misc", 10)]
    data = make_data(accounts=ACCOUNTS, ledger=[*OPEN, *RENT, *odd])
    found = {finding.id: finding for finding in money.expense_flags(data, MARCH, AS_OF)}
    assert sorted(found) == ["expenses-no-receipt", "expenses-uncategorised"]
    assert found["expenses-uncategorised"].money == 100 and found["expenses-no-receipt"].money == 90


def test_serious_controls_and_late_milestones_are_named_with_their_owner(make_data):
    """A working control, a minor gap and a milestone that is reached or still ahead are not."""
    data = make_data(
        systems=[
            {"control": "close", "title": "Months close", "status": "missing", "severity": "high", "owner": "Ann"},
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
    assert [(f.id, f.owner) for f in money.system_gaps(data, MARCH, AS_OF)] == [("control-close", "Ann")]
    assert [(f.id, f.owner) for f in money.late_milestones(data, MARCH, AS_OF)] == [("late-milestone-m1", "Bo")]


@pytest.mark.parametrize("rule", money.RULES, ids=lambda rule: rule.__name__)
def test_nothing_there_is_nothing_found(make_data, rule):
    """Every rule survives absent tables."""
    assert rule(make_data(), MARCH, AS_OF) == []


def test_who_answers_for_most_controls_owns_what_the_books_lack(make_data):
    """Two of three controls are Ann's, so the difference with the bank is hers."""
    owners = [{"control": str(n), "status": "working", "owner": name} for n, name in enumerate(("Bo", "Ann", "Ann"))]
    bank = [{"account": "bank", "date": "2026-03-31", "balance": 1}]
    data = make_data(accounts=ACCOUNTS, ledger=[*OPEN, *RENT], bank=bank, systems=owners)
    assert [finding.owner for finding in money.bank_differs(data, MARCH, AS_OF)] == ["Ann"]
