"""Financial rules over monthly series."""

from __future__ import annotations

import pandas as pd
import pytest

from journals import ACCOUNTS, Row, entry
from quarterdeck.model.period import Period
from quarterdeck.report.metrics import rules

MAY = Period.parse("2026-05")
LEDGER = [
    *entry("open", "2026-01-01", capital=-10000, bank=10000),
    *entry("jan", "2026-01-05", rent=900, bank=-900),
    *entry("feb", "2026-02-05", rent=1500, bank=-1500),
    *entry("mar", "2026-03-05", rent=1000, bank=-1000),
    *entry("apr", "2026-04-05", rent=1100, bank=-1100),
    *entry("may", "2026-05-05", told={"channel": "radio"}, misc=1250, bank=-1250),
    *entry("draw", "2026-05-06", draws=300, bank=-300),
]
INVOICES = [
    {"invoice": "1", "issued_on": "2026-04-01", "due_on": "2026-05-30", "amount": 100},
    {"invoice": "2", "issued_on": "2026-05-01", "due_on": "2026-05-31", "amount": 500},
    {"invoice": "3", "issued_on": "2026-05-01", "due_on": "2026-05-02", "amount": -5},
]
PAYMENTS = [
    {"payment": "1", "invoice": "1", "paid_on": "2026-05-31", "amount": 30},
    {"payment": "2", "invoice": "1", "paid_on": "2026-06-02", "amount": 20},
]


def rule(name: str, measure: str, limit: str, threshold: float) -> Row:
    """One of the owner's rules."""
    return {"rule": name, "measure": measure, "limit": limit, "threshold": threshold, "severity": "high"}


def test_a_broken_rule_says_by_how_much_and_since_when(make_data):
    """Burn over 1,000 in April and May, not in March: 250 too much, since April; the kept rule comes after."""
    limits = [
        rule("draws", "owner_draw", "at most", 300),
        rule("cloud", "cloud_cost", "at most", 1),
        rule("burn", "gross_burn", "at most", 1000),
    ]
    table = rules.check_rules(make_data(accounts=ACCOUNTS, ledger=LEDGER, rules=limits), MAY)
    assert table["rule"].tolist() == ["burn", "cloud", "draws"] and table.index.tolist() == [0, 1, 2]
    assert table["status"].tolist() == ["broken", "not known", "kept"]
    assert table["value"].tolist()[0] == 1250 and table["value"].tolist()[2] == 300 and pd.isna(table["value"].iloc[1])
    assert table["excess"].tolist()[0] == 250 and table["excess"].tolist()[2] == 0 and pd.isna(table["excess"].iloc[1])
    assert f"{table['since'].iloc[0]:%Y-%m-%d}" == "2026-04-01" and table["since"].isna().tolist() == [
        False,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("measure", "limit", "threshold", "value", "status", "since"),
    [
        ("gross_burn", "at most", 1000, 1250, "broken", "2026-04"),
        ("net_burn", "at most", 890, 1250, "broken", "2026-01"),
        ("cash", "at least", 5000, 3950, "broken", "2026-05"),
        ("cash", "at least", 3950.004, 3950, "kept", ""),
        ("cash", "at least", 3950.01, 3950, "broken", "2026-05"),
        ("runway", "at least", 3, 3950 / (3350 / 3), "kept", ""),
        ("runway", "at least", 4, 3950 / (3350 / 3), "broken", "2026-05"),
        ("owner_draw", "at most", 299.99, 300, "broken", "2026-05"),
        ("overdue_receivables", "at most", 64, 65, "broken", "2026-05"),
        ("cloud_cost", "at most", 6, 7, "broken", "2026-05"),
        ("marketing_spend", "at least", 1300, 1250, "broken", "2026-01"),
    ],
)
def test_each_series_is_held_to_its_limit(make_data, measure, limit, threshold, value, status, since):
    """Value, status and first month of the breach, for a limit from above and from below."""
    data = make_data(
        accounts=ACCOUNTS, ledger=LEDGER, invoices=INVOICES, payments=PAYMENTS,
        cloud_costs=[{"date": "2026-05-31", "amount": 7}], rules=[rule("r", measure, limit, threshold)],
    )  # fmt: skip
    (row,) = rules.check_rules(data, MAY).to_dict("records")
    assert row["value"] == pytest.approx(value) and row["status"] == status
    assert row["excess"] == pytest.approx(abs(value - threshold) if status == "broken" else 0)
    assert ("" if pd.isna(row["since"]) else f"{row['since']:%Y-%m}") == since


def test_a_breach_is_followed_two_years_back_over_every_month(make_data):
    """Rent too high for 30 months: since the first of the last 24; a month without books ends the run."""
    ledger = [line for p in MAY.trailing(30) for line in entry(p.name, p.start.isoformat(), rent=50, bank=-50)]
    data = make_data(accounts=ACCOUNTS, ledger=ledger, rules=[rule("r", "gross_burn", "at most", 49)])
    assert f"{rules.check_rules(data, MAY)['since'].iloc[0]:%Y-%m-%d}" == "2024-06-01"
    gap = [line for line in ledger if not line["date"].startswith("2025-12")]
    data = make_data(accounts=ACCOUNTS, ledger=gap, rules=[rule("r", "gross_burn", "at most", 49)])
    assert f"{rules.check_rules(data, Period.parse('2026-W22'))['since'].iloc[0]:%Y-%m-%d}" == "2026-01-01"


def test_a_business_that_gains_cash_keeps_its_runway(make_data):
    """Without net burn the runway has no end; without books it is not known."""
    ledger = [*LEDGER, *entry("sale", "2026-05-07", sales=-9000, bank=9000)]
    limit = [rule("r", "runway", "at least", 6)]
    table = rules.check_rules(make_data(accounts=ACCOUNTS, ledger=ledger, rules=limit), MAY)
    assert table["status"].tolist() == ["kept"] and table[["value", "excess", "since"]].isna().all(axis=None)
    assert rules.check_rules(make_data(accounts=ACCOUNTS, ledger=[], rules=limit), MAY)["status"].tolist() == [
        "not known"
    ]


def test_rules_of_one_status_keep_the_owner_s_order(make_data):
    """Twenty rules, every second broken: the broken first, either half as the table has it."""
    limits = [rule(f"{n:02}", "owner_draw", "at most", 299 + n % 2) for n in range(20)]
    table = rules.check_rules(make_data(accounts=ACCOUNTS, ledger=LEDGER, rules=limits[::-1]), MAY)
    assert table["rule"].tolist() == [f"{n:02}" for n in (*range(18, -1, -2), *range(19, 0, -2))]


def test_marketing_and_draws_are_lines_of_their_month(make_data):
    """Only May's expense names a channel; rows name memo and channel; before the books nothing is known."""
    data = make_data(
        accounts=ACCOUNTS, ledger=[*LEDGER, *entry("x", "2026-05-01", told={"channel": "tv"}, due=9, sales=-9)]
    )
    spend, draw = rules.marketing_spend(data, MAY), rules.owner_draw(data, MAY)
    assert spend.value == 1250 and spend.rows["channel"].tolist() == ["radio"]
    assert draw.value == 300 and "memo" in draw.rows
    assert rules.marketing_spend(data, MAY.previous()).value == 0 == rules.owner_draw(data, MAY.previous()).value
    for metric in (rules.marketing_spend, rules.owner_draw):
        assert metric(data, Period.parse("2025-05")).note == "no ledger entry in May 2025"


def test_overdue_is_what_was_due_and_not_paid_by_then(make_data):
    """100 due, 30 paid in time to count, 20 paid later, 5 of credit; what is due on the last day is not overdue."""
    assert rules.overdue(make_data(invoices=INVOICES, payments=PAYMENTS), MAY).value == 70 - 5


def test_overdue_is_not_known_without_invoices_or_payments(make_data):
    """Neither nothing billed nor nothing known of payments is a zero."""
    no_invoice = rules.overdue(make_data(payments=[]), MAY)
    assert no_invoice.value is None and no_invoice.note == "no invoices, or nothing known of their payment"


def test_overdue_is_not_known_while_nobody_records_payments(make_data):
    """Invoices without a table of payments."""
    assert rules.overdue(make_data(invoices=INVOICES), MAY).value is None
    assert rules.overdue(make_data(invoices=INVOICES, payments=[]), MAY).value == 95


def test_no_rules_no_rows(make_data):
    """An absent table makes an empty check, with its columns."""
    table = rules.check_rules(make_data(), MAY)
    assert not len(table) and {"rule", "value", "excess", "status", "since"} <= set(table)
