"""Invoices and payments of the agency, with everything that goes wrong between contract and money."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from .common import Row, day, draw, happened, months, numbered

# Days from invoice to payment: fast, slow, or never for the last so many invoices.
PAYS = {
    "acorn-dental": (9, 0),
    "bluefin-tackle": (16, 0),
    "cafe-nino": (27, 1),
    "driftwood-yoga": (41, 4),
    "emerald-pools": (66, 5),
    "foghorn-books": (13, 0),
    "granite-tile": (74, 6),
    "harbor-hounds": (22, 0),
    "ironwood-law": (38, 1),
    "juniper-florist": (30, 3),
    "kelp-kitchen": (58, 5),
    "lantern-theater": (19, 0),
    "mesa-hvac": (33, 1),
    "north-star-optics": (25, 2),
    "ofarrell-roofing": (20, 1),
}
WITHOUT_CONTRACT = {"granite-tile": 80, "mesa-hvac": 60}
FEES_STILL_BILLED = {"C-103": 80, "C-108": 70}
NEVER_BILLED = {
    ("kelp-kitchen", "2026-03"),
    ("kelp-kitchen", "2026-08"),
    ("ironwood-law", "2026-06"),
    ("driftwood-yoga", "2026-07"),
    ("harbor-hounds", "2026-09"),
}
CREDIT_NOTE = ("north-star-optics", "2026-07", -60.0)
PAID_TWICE = ("harbor-hounds", "2026-05")


def fee(client: str, first: date, contracts: list[Row]) -> float:
    """What the agency bills for a month: the contract's fee, or an old one where nobody noticed the change."""
    amount = float(WITHOUT_CONTRACT.get(client, 0))
    for row in contracts:
        if row["client"] == client and row["starts_on"] <= first.isoformat():
            amount = float(FEES_STILL_BILLED.get(row["contract"]) or row["monthly_fee"])
    return amount


def billing(clients: list[Row], contracts: list[Row]) -> tuple[list[Row], list[Row]]:
    """Invoices of every month with a service, and the payments against them."""
    rng, rows = draw("billing"), []
    for first in months():
        month = f"{first:%Y-%m}"
        for client in clients:
            id, since, ended = client["client"], day(client["since"]), day(client["ended_on"])
            amount = fee(id, first, contracts)
            if not amount or (since or first) > first or (ended and ended < first) or (id, month) in NEVER_BILLED:
                continue
            issued = first + timedelta(days=rng.randint(0, 4))
            rows.append({"client": id, "month": month, "issued_on": issued, "amount": amount})
    rows.append({**dict(zip(("client", "month", "amount"), CREDIT_NOTE, strict=True)), "issued_on": date(2026, 7, 21)})
    rows = numbered(
        [{**row, "due_on": row["issued_on"] + timedelta(days=15)} for row in rows], "invoice", "INV", "issued_on"
    )
    return rows, payments(rng, rows)


def payments(rng: Random, invoices: list[Row]) -> list[Row]:
    """Money received: each client in its own time, the slow ones slower through the year."""
    rows = []
    for client, (days, open_count) in PAYS.items():
        own = [row for row in invoices if row["client"] == client and row["amount"] > 0]
        for n, row in enumerate(own[: len(own) - open_count]):
            paid = happened(row["issued_on"] + timedelta(days=days + rng.randint(-4, 6) + (n if days > 30 else 0)))
            amount = row["amount"] + (CREDIT_NOTE[2] if (client, row["month"]) == CREDIT_NOTE[:2] else 0)
            if paid:
                rows.append({"invoice": row["invoice"], "paid_on": paid, "amount": amount})
            if paid and (client, row["month"]) == PAID_TWICE:
                rows.append({"invoice": row["invoice"], "paid_on": paid + timedelta(days=6), "amount": amount})
                rows.append({"invoice": row["invoice"], "paid_on": paid + timedelta(days=13), "amount": -amount})
    return numbered(rows, "payment", "P", "paid_on")
