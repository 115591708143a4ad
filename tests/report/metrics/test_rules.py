"""Financial rules over monthly series."""

from __future__ import annotations

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import rules

MAY = Period.parse("2026-05")
ACCOUNTS = [
    {"account": "bank", "role": "cash"},
    {"account": "rent", "role": "overhead"},
    {"account": "draw", "role": "draw"},
    {"account": "capital", "role": "equity"},
]


def entry(name: str, day: str, account: str, amount: float, **told: str) -> list[dict[str, object]]:
    """Money paid from the bank (negative: into it)."""
    return [
        {"line": f"{name}-1", "entry": name, "date": day, "account": account, "amount": amount, **told},
        {"line": f"{name}-2", "entry": name, "date": day, "account": "bank", "amount": -amount},
    ]


LEDGER = [
    *entry("open", "2026-01-01", "capital", -10000),
    *entry("jan", "2026-01-05", "rent", 900),
    *entry("feb", "2026-02-05", "rent", 1500),
    *entry("mar", "2026-03-05", "rent", 800),
    *entry("apr", "2026-04-05", "rent", 1100),
    *entry("may", "2026-05-05", "rent", 1250, channel="radio"),
    *entry("draw", "2026-05-06", "draw", 300),
]


def rule(name: str, measure: str, limit: str, threshold: float) -> dict[str, object]:
    """One of the owner's rules."""
    return {"rule": name, "measure": measure, "limit": limit, "threshold": threshold, "severity": "high"}


def test_a_broken_rule_says_by_how_much_and_since_when(make_data):
    """Burn over 1,000 in April and May, not in March: 250 too much, since April; the kept rule comes after."""
    limits = [rule("draws", "owner_draw", "at most", 300), rule("burn", "gross_burn", "at most", 1000)]
    table = rules.check_rules(make_data(accounts=ACCOUNTS, ledger=LEDGER, rules=limits), MAY).set_index("rule")
    assert table.index.tolist() == ["burn", "draws"] and table["status"].tolist() == ["broken", "kept"]
    assert table.loc["burn", "excess"] == 250 and f"{table.loc['burn', 'since']:%Y-%m-%d}" == "2026-04-01"


def test_a_floor_is_broken_from_below(make_data):
    """4,150 of cash are 850 short of 5,000, since May; runway is 4,150 over a mean of 1,050."""
    limits = [rule("cash", "cash", "at least", 5000), rule("runway", "runway", "at least", 3)]
    table = rules.check_rules(make_data(accounts=ACCOUNTS, ledger=LEDGER, rules=limits), MAY).set_index("rule")
    assert table.loc["cash", ["value", "excess"]].tolist() == [4150, 850]
    assert f"{table.loc['cash', 'since']:%Y-%m}" == "2026-05"
    assert table.loc["runway", "status"] == "kept" and round(table.loc["runway", "value"], 3) == round(4150 / 1050, 3)


def test_what_is_not_known_is_not_called_kept(make_data):
    """Invoices and cloud bills are absent."""
    limits = [rule("a", "overdue_receivables", "at most", 1), rule("b", "cloud_cost", "at most", 1)]
    table = rules.check_rules(make_data(accounts=ACCOUNTS, ledger=LEDGER, rules=limits), MAY)
    assert table["status"].tolist() == ["not known", "not known"] and table["value"].isna().all()


def test_a_business_that_gains_cash_keeps_its_runway(make_data):
    """Without net burn the runway has no end."""
    ledger = [*LEDGER, *entry("sale", "2026-05-07", "rent", -9000)]
    table = rules.check_rules(
        make_data(accounts=ACCOUNTS, ledger=ledger, rules=[rule("r", "runway", "at least", 6)]), MAY
    )
    assert table["status"].tolist() == ["kept"]


def test_marketing_spend_is_expense_that_names_a_channel(make_data):
    """Only May's line does."""
    data = make_data(accounts=ACCOUNTS, ledger=LEDGER)
    assert rules.marketing_spend(data, MAY).value == 1250
    assert rules.marketing_spend(data, MAY.previous()).value == 0
    assert rules.marketing_spend(data, Period.parse("2025-05")).value is None


def test_overdue_is_what_was_due_and_not_paid_by_then(make_data):
    """100 due, 30 paid in time to count, 20 paid later; the other is not due yet."""
    data = make_data(
        invoices=[
            {"invoice": "1", "issued_on": "2026-04-01", "due_on": "2026-05-01", "amount": 100},
            {"invoice": "2", "issued_on": "2026-05-01", "due_on": "2026-06-01", "amount": 500},
        ],
        payments=[
            {"payment": "1", "invoice": "1", "paid_on": "2026-05-02", "amount": 30},
            {"payment": "2", "invoice": "1", "paid_on": "2026-06-02", "amount": 20},
        ],
    )
    assert rules.overdue(data, MAY).value == 70


def test_no_rules_no_rows(make_data):
    """An absent table makes an empty check."""
    assert not len(rules.check_rules(make_data(), MAY))
