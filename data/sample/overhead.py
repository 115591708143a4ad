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
    """What comes every month, what comes once, and the card's bill, which must be last."""
    cloud: dict[str, float] = defaultdict(float)
    for row in tables["cloud_costs"]:
        cloud[f"{row['date']:%Y-%m}"] += float(row["amount"])
    for first in months():
        post_bills(book, first, round(cloud[f"{first:%Y-%m}"], 2))
        post_fixtures(book, first)
    post_once(book, tables)
    for first in months(START, date(2026, 9, 30)):
        owed = -book.balance(CARD, month_end(first))
        told = {"memo": "Card bill paid", "counterparty": "Harbor Federal Card", "document": f"CC-{first:%Y%m}"}
        book.post(month_end(first) + timedelta(days=12), BRAND, [(CARD, owed), (CHECKING, -owed)], **told)


def post_bills(book: Book, first: date, cloud: float) -> None:
    """The bills of a month: some the same each time, some a little off; then the cloud, as its cost report says."""
    for entity, account, vendor, memo, amount, dom, through, channel in MONTHLY:
        on = min(first + timedelta(days=dom - 1), month_end(first))
        steady = account in ("6010", "6110", "6120")
        billed = amount if steady else amount + book.rng.choice((0, 0, 0, 1.5, -2, 4.25))
        book.spend(on, entity, account, billed, vendor, memo, through=through, channel=channel)
    book.spend(month_end(first), BRAND, "6050", cloud, "Amazon Web Services", "Cloud, by the cost report", through=CARD)


def post_fixtures(book: Book, first: date) -> None:
    """Loan, depreciation, cover paid ahead, and the owner's draw of a quarter."""
    last, stamp = month_end(first), f"{first:%Y%m}"
    loan = {"memo": "Loan principal", "counterparty": "Harbor Federal", "document": f"LN-{stamp}"}
    book.post(first + timedelta(days=14), JADA, [(LOAN, 190), (CHECKING, -190)], **loan)
    book.post(last, JADA, [("6130", 290), (DEPRECIATED, -290)], memo="Depreciation", document=f"DP-{stamp}")
    book.post(last, JADA, [("6010", 95), (PREPAID, -95)], memo="Annual cover used", document=f"PI-{stamp}")
    drawn = DRAW.get(first.month, 0)
    told = {"memo": "Owner's draw", "counterparty": "Maren Holt", "document": f"DR-{stamp}"}
    book.post(first + timedelta(days=21), JADA, [(DRAWS, drawn), (CHECKING, -drawn)], **told)


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
    for entity, account, vendor, memo, amount, text, through in ONCE:
        twice = account == "6020"
        book.spend(date.fromisoformat(text), entity, account, amount, vendor, memo, through=through, twice=twice)
    for row in tables["domains"]:
        expires = date.fromisoformat(row["expires_on"])
        if expires > END:
            book.spend(
                expires.replace(year=expires.year - 1),
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
