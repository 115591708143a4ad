"""Findings of cash: each goes when its rows go."""

from __future__ import annotations

from datetime import date

import pytest

from journals import LESSEE, OPEN, RENT, paid
from quarterdeck.model.period import Period
from quarterdeck.report.findings import money

MARCH, AS_OF = Period.parse("2026-03"), date(2026, 3, 31)


def test_a_broken_rule_names_value_excess_and_since(make_data):
    """Burn of 600 against at most 500, in all three months."""
    limit = {"rule": "cap", "name": "Spend less", "measure": "gross_burn", "limit": "at most", "threshold": 500,
             "severity": "high", "owner": "Ann", "remedy": "Stop"}  # fmt: skip
    data = make_data(accounts=LESSEE, ledger=[*OPEN, *RENT], rules=[limit])
    (found,) = money.broken_rules(data, MARCH, AS_OF)
    assert (found.id, found.severity, found.money, found.since) == ("rule-cap", "high", 100, "2026-01-01")
    assert (found.owner, found.action, found.due, found.leads) == ("Ann", "Stop", "2026-04-07", True)
    assert found.title == "Broken rule: gross burn at $600, limit $500"
    assert "$600, $100 above the limit of $500 since January 2026" in found.evidence
    assert not money.broken_rules(data, Period.parse("2025-12"), AS_OF)


def test_a_short_runway_is_priced_at_the_burn(make_data):
    """200 at 600 a month is 1/3 month; two more months would need 1,000."""
    limit = {"rule": "r", "measure": "runway", "limit": "at least", "threshold": 2, "severity": "critical"}
    (found,) = money.broken_rules(make_data(accounts=LESSEE, ledger=[*OPEN, *RENT], rules=[limit]), MARCH, AS_OF)
    assert found.money == pytest.approx(1000) and "0.3 months, 1.7 months below" in found.evidence


def test_cash_that_runs_out_on_the_base_path_is_serious(make_data):
    """200 left at 600 a month ends below zero in April."""
    paths = [{"scenario": name, "revenue": 1, "cost": 1, "monthly_growth": 0} for name in ("low", "base")]
    data = make_data(accounts=LESSEE, ledger=[*OPEN, *RENT], scenarios=paths)
    (found,) = money.cash_runs_out(data, MARCH, AS_OF, within_months=2)
    assert found.severity == "critical" and "April 2026" in found.title and found.money == 1000
    assert "within 2 months it lacks most in May 2026, $1,000" in found.evidence
    paths[1]["revenue"], paths[1]["cost"] = 0, 0
    (found,) = money.cash_runs_out(make_data(accounts=LESSEE, ledger=[*OPEN, *RENT], scenarios=paths), MARCH, AS_OF)
    assert found.severity == "high" and "low path" in found.title and found.money == 6 * 600 - 200


def test_cash_that_lasts_is_no_finding(make_data):
    """A sale that pays the rent for years."""
    ledger = [*OPEN, *RENT, *paid("sale", "2026-03-04", "sales", -90000)]
    paths = [{"scenario": "base", "revenue": 1, "cost": 1, "monthly_growth": 0}]
    assert not money.cash_runs_out(make_data(accounts=LESSEE, ledger=ledger, scenarios=paths), MARCH, AS_OF)


def test_revenue_behind_target_says_what_is_missing(make_data):
    """100 earned of 400."""
    ledger = [*OPEN, *paid("sale", "2026-02-04", "sales", -100)]
    targets = [{"month": f"2026-0{n}", "amount": amount} for n, amount in ((2, 100), (3, 300), (4, 900))]
    ledger = [{**row, "entity": "e"} for row in ledger]
    data = make_data(accounts=LESSEE, ledger=ledger, targets=[{**row, "entity": "e"} for row in targets])
    (found,) = money.behind_target(data, MARCH, AS_OF)
    assert found.money == 300 and "1 of 2 months missed" in found.evidence
    assert "Each month left needs $1,200; the last three earned $100 on average" in found.evidence
    assert money.behind_target(data, Period.parse("2026-W15"), AS_OF) == [found], (
        "a week stands on its last whole month"
    )
    assert not money.behind_target(data, Period.parse("2026-02"), AS_OF)


@pytest.mark.parametrize(("march", "april", "count"), [(280, 900, 1), (280, 100, 0), (300, 900, 0), (150, 100, 1)])
def test_a_small_shortfall_counts_when_the_rest_of_the_year_cannot_make_up_for_it(make_data, march, april, count):
    """Of 400: 380 earned is little, unless April needs far more than the mean; 250 is much in any case."""
    ledger = [*OPEN, *paid("sale", "2026-02-04", "sales", -100), *paid("more", "2026-03-04", "sales", -march)]
    targets = [
        {"month": f"2026-0{n}", "amount": amount, "entity": "e"} for n, amount in ((2, 100), (3, 300), (4, april))
    ]
    data = make_data(accounts=LESSEE, ledger=[{**row, "entity": "e"} for row in ledger], targets=targets)
    assert len(money.behind_target(data, MARCH, AS_OF)) == count


def test_the_rule_for_overdue_receivables_says_what_it_counts(make_data):
    """An invoice of 90 past due; 70 of a booking is named beside it and not counted."""
    limit = {"rule": "r", "measure": "overdue_receivables", "limit": "at most", "threshold": 50, "severity": "high"}
    bill = {"invoice": "1", "client": "k", "issued_on": "2026-03-01", "due_on": "2026-03-16", "amount": 90}
    tables = {"rules": [limit], "clients": [{"client": "k"}], "invoices": [bill], "payments": []}
    sale = {"booking": "B", "price": 70, "deposit": 0, "ends_on": "2026-03-02", "deposit_on": "", "balance_on": ""}
    (found,) = money.broken_rules(make_data(accounts=LESSEE, bookings=[sale], **tables), MARCH, AS_OF)
    assert found.title == "Broken rule: overdue client invoices at $90, limit $50" and found.money == 40
    assert found.evidence.endswith("Not counted: $70 of bookings and jobs that customers have not paid.")


@pytest.mark.parametrize("rule", money.RULES, ids=lambda rule: rule.__name__)
def test_nothing_there_is_nothing_found(make_data, rule):
    """Every rule survives absent tables."""
    assert rule(make_data(), MARCH, AS_OF) == []
