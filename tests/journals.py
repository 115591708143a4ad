"""Small double-entry journals, made by hand or by hypothesis, and their sums in plain Python."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

Row = dict[str, Any]

ACCOUNTS = [
    {"account": account, "name": account.title(), "type": type, "role": role, "category": role, "behaviour": behaviour}
    for account, type, role, behaviour in (
        ("bank", "asset", "cash", "none"),
        ("till", "asset", "cash", "none"),
        ("due", "asset", "receivable", "none"),
        ("boat", "asset", "fixed_asset", "none"),
        ("held", "liability", "deferred_revenue", "none"),
        ("loan", "liability", "loan", "none"),
        ("capital", "equity", "equity", "none"),
        ("draws", "equity", "draw", "none"),
        ("sales", "revenue", "revenue", "none"),
        ("fuel", "expense", "direct", "variable"),
        ("rent", "expense", "overhead", "fixed"),
        ("post", "expense", "overhead", "variable"),
        ("misc", "expense", "uncategorised", "none"),
    )
]
OF = {row["account"]: row for row in ACCOUNTS}
ENTITIES = [{"entity": "a", "name": "A & Co", "units": "trips"}, {"entity": "b", "name": "B", "units": "jobs"}]
EDGES = (
    "2023-02-28", "2023-03-01", "2023-11-30", "2023-12-01", "2023-12-31", "2024-01-01", "2024-01-31", "2024-02-01",
    "2024-02-15", "2024-02-29", "2024-03-01",
)  # fmt: skip
"""Days around the ends of months in a leap year: what a metric of February 2024 could take wrongly."""


def entry(name: str, day: str, entity: str = "a", told: Row | None = None, **lines: float) -> list[Row]:
    """The lines of one entry: an amount (debit positive) for each account; `told` is what every line says."""
    assert not round(sum(lines.values()), 2), "an entry sums to zero"
    same = {"entry": name, "date": day, "entity": entity, **(told or {})}
    return [{**same, "line": f"{name}-{account}", "account": account, "amount": lines[account]} for account in lines]


@st.composite
def journals(draw: st.DrawFn) -> list[Row]:
    """Up to 25 entries of two or three lines on the EDGES, lines in any order; amounts may be refunds."""
    rows: list[Row] = []
    amounts = st.integers(-5000, 5000).map(lambda cents: cents / 100)
    for number in range(draw(st.integers(1, 25))):
        first, second, third = draw(st.permutations(sorted(OF)))[:3]
        one, two = draw(amounts), draw(st.sampled_from([0.0, 0.0, 12.34]))
        lines = {first: one, second: round(-one - two, 2)} | ({third: two} if two else {})
        rows += entry(f"{number:02}", draw(st.sampled_from(EDGES)), draw(st.sampled_from("ab")), **lines)
    return draw(st.permutations(rows))


def total(rows: list[Row], *, sign: int = 1) -> float:
    """The sum of amounts, to the cent."""
    return round(sign * sum(row["amount"] for row in rows), 2) + 0.0


LESSEE = [
    {"account": "bank", "name": "Bank", "type": "asset", "role": "cash"},
    {"account": "sales", "type": "revenue", "role": "revenue"},
    {"account": "rent", "type": "expense", "role": "overhead", "category": "Rent"},
    {"account": "misc", "type": "expense", "role": "uncategorised", "category": "Unsorted"},
    {"account": "owed", "type": "liability", "role": "deferred_revenue"},
    {"account": "due", "type": "asset", "role": "receivable"},
    {"account": "capital", "type": "equity", "role": "equity"},
]
"""Accounts of a company that pays rent from one bank account, beside ACCOUNTS a plainer chart."""


def paid(name: str, day: str, account: str, amount: float, **told: str) -> list[Row]:
    """Money paid from the bank (negative: into it)."""
    same = {"entry": name, "date": day, **told}
    return [
        {"line": f"{name}-1", "account": account, "amount": amount, **same},
        {"line": f"{name}-2", "account": "bank", "amount": -amount, **same},
    ]


OPEN = paid("open", "2026-01-01", "capital", -2000, document="d")
RENT = [
    row
    for n in (1, 2, 3)
    for row in paid(f"rent{n}", f"2026-0{n}-03", "rent", 600, document=f"d{n}", counterparty="Lessor")
]
