"""Entries that follow from nothing but the calendar: bills, the card, the loan, opening balances; and the bank."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from .bills import MONTHLY, MOVES, ONCE
from .book import (
    CAPITAL,
    CARD,
    CHECKING,
    DEPOSITS,
    DEPRECIATED,
    DRAWS,
    FIXED,
    LOAN,
    PREPAID,
    RETAINED,
    REVENUE,
    SALES_TAX,
    SAVINGS,
    Book,
)
from .common import BRAND, END, JADA, START, Row, Tables, day, month_end, months
from .posting import post_agency, post_deliveries, post_sale

BANK_FEE_NOT_IN_LEDGER = 18.0

DRAW = {1: 400, 4: 500, 7: 600, 10: 500}
OPENING = {
    CHECKING: 9250.0,
    SAVINGS: 7200.0,
    FIXED: 104950.0,
    DEPRECIATED: -21800.0,
    SALES_TAX: -212.4,
    LOAN: -11400.0,
    CAPITAL: -60000.0,
}


def ledger(tables: Tables) -> Book:
    """Post everything that happened, in the order of the tables, then what the bank and the card did."""
    book = Book()
    misposted = max(
        (
            row
            for row in tables["bookings"]
            if row["entity"] == JADA and row["deposit_on"] and row["deposit_on"] >= date(2026, 10, 1)
        ),
        key=lambda row: row["starts_on"],
    )
    for row in tables["bookings"]:
        post_sale(book, row, DEPOSITS if row is not misposted else REVENUE[JADA])
    post_deliveries(book, tables)
    post_agency(book, tables)
    post_overhead(book, tables)
    post_opening(book, tables)
    return book


def post_overhead(book: Book, tables: Tables) -> None:
    """What comes every month or once, repairs, cloud, domains, loan, draws, depreciation, and the card's bill."""
    cloud: dict[str, float] = defaultdict(float)
    for row in tables["cloud_costs"]:
        cloud[f"{row['date']:%Y-%m}"] += float(row["amount"])
    for first in months():
        for entity, account, vendor, memo, amount, dom, through, channel in MONTHLY:
            on = min(first + timedelta(days=dom - 1), month_end(first))
            varied = (
                amount if account in ("6010", "6120", "6110") else amount + book.rng.choice((0, 0, 0, 1.5, -2, 4.25))
            )
            book.spend(on, entity, account, varied, vendor, memo, through=through, channel=channel)
        bill = round(cloud[f"{first:%Y-%m}"], 2)
        book.spend(
            month_end(first), BRAND, "6050", bill, "Amazon Web Services", "Cloud, by the cost report", through=CARD
        )
        book.post(
            first + timedelta(days=14),
            JADA,
            [(LOAN, 190), (CHECKING, -190)],
            memo="Loan principal",
            counterparty="Harbor Federal",
            document=f"LN-{first:%Y%m}",
        )
        book.post(
            month_end(first),
            JADA,
            [("6130", 290), (DEPRECIATED, -290)],
            memo="Depreciation",
            document=f"DP-{first:%Y%m}",
        )
        book.post(
            month_end(first),
            JADA,
            [("6010", 95), (PREPAID, -95)],
            memo="Annual cover used",
            document=f"PI-{first:%Y%m}",
        )
        if first.month in DRAW:
            owed = DRAW[first.month]
            book.post(
                first + timedelta(days=21),
                JADA,
                [(DRAWS, owed), (CHECKING, -owed)],
                memo="Owner's draw",
                counterparty="Maren Holt",
                document=f"DR-{first:%Y%m}",
            )
    post_once(book, tables)
    for first in months(date(2025, 11, 1), date(2026, 9, 30)):
        owed = -book.balance(CARD, month_end(first))
        book.post(
            month_end(first) + timedelta(days=12),
            BRAND,
            [(CARD, owed), (CHECKING, -owed)],
            memo="Card bill paid",
            counterparty="Harbor Federal Card",
            document=f"CC-{first:%Y%m}",
        )


def post_once(book: Book, tables: Tables) -> None:
    """Single expenses, renewals of domains, repairs, and cash that moves outside operations."""
    book.post(
        date(2025, 11, 1),
        JADA,
        [(PREPAID, 1140), (CHECKING, -1140)],
        memo="Annual cover, paid ahead",
        counterparty="Harbor Umbrella Cover",
        document="PI-2025",
    )
    for entity, account, vendor, memo, amount, on, through in ONCE:
        twice = account == "6020"
        book.spend(date.fromisoformat(on), entity, account, amount, vendor, memo, through=through, twice=twice)
    for row in tables["domains"]:
        expires = date.fromisoformat(row["expires_on"])
        renewed = expires if expires <= END else expires.replace(year=expires.year - 1)
        if START <= renewed < END and expires > END:
            book.spend(
                renewed,
                row["entity"],
                "6060",
                float(row["annual_cost"]),
                row["registrar"],
                f"Renewal {row['domain']}",
                through=CARD,
            )
    for row in tables["tickets"]:
        if row["cost"]:
            on = day(row["closed_on"]) or date.fromisoformat(row["opened_on"]) + timedelta(days=7)
            book.spend(
                on,
                row["entity"],
                "6020",
                float(row["cost"]),
                "Repairs: " + row["asset"],
                f"{row['ticket']} {row['title']}",
            )
    for text, entity, debit, credit, amount, memo in MOVES:
        book.post(
            date.fromisoformat(text), entity, [(debit, amount), (credit, -amount)], memo=memo, document="MV-" + text
        )


def post_opening(book: Book, tables: Tables) -> None:
    """Opening balances: deposits held for service to come, the constants, and retained earnings to balance."""
    held = sum(
        row["deposit"]
        for row in tables["bookings"]
        if row["deposit_on"] and row["deposit_on"] < START <= row["ends_on"]
    )
    lines = {**OPENING, DEPOSITS: -float(held)}
    lines[RETAINED] = -round(sum(lines.values()), 2)
    book.post(START, JADA, lines.items(), memo="Opening balances", document="OB-2025-11")


def bank(book: Book) -> list[Row]:
    """Statements at month ends: what the ledger says, but for one fee that nobody posted."""
    rows = []
    for first in months():
        for account in (CHECKING, SAVINGS):
            balance = book.balance(account, month_end(first))
            if account == CHECKING and month_end(first) == END:
                balance -= BANK_FEE_NOT_IN_LEDGER
            rows.append({"account": account, "date": month_end(first), "balance": f"{balance:.2f}"})
    return rows
