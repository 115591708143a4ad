"""Deliveries of vessels in every stage, and the crews that sailed them."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from random import Random

from .common import DELIVERIES, END, TRANSPORT, TRICKY_CUSTOMERS, Row, draw, months, name_of, numbered, pick, rename

ROUTES = (
    ("San Diego", "Newport Beach", 72),
    ("San Diego", "Dana Point", 56),
    ("Long Beach", "San Diego", 88),
    ("San Diego", "Avalon", 74),
    ("San Diego", "Ensenada", 62),
    ("Marina del Rey", "San Diego", 108),
    ("San Diego", "Oxnard", 134),
    ("Santa Barbara", "San Diego", 166),
    ("Oceanside", "San Diego", 32),
)
VESSELS = [
    "Meridian Wren",
    "Windfall",
    "Second Wind",
    "Tern",
    "Blue Ledger",
    "Amaranth",
    "Kestrel's Rest",
    "Low Tide",
    "Osprey II",
    "Señora del Mar",
    "Paper Moon",
    "Halcyon",
    "Gannet",
    "Old Friend",
    "Marlin & Co.",
    "Quiet Riot Act",
    "Sanderling",
    "Pelorus",
]
CREW = ("Cal Brandt", "Noor Haddad", "Petra Lowe", "Sam Iwata", "Rui Tavares")
LATE_CAUSES = {"weather": 4, "engine trouble": 3, "owner not ready": 2, "parts not delivered": 1, "crew ill": 1}


def deliveries() -> tuple[list[Row], list[Row]]:
    """Delivery jobs in every stage, and who sailed them."""
    rng, rows = draw("deliveries"), []
    fleet = itertools.cycle([(vessel, name_of(rng)) for vessel in VESSELS])
    for first, count in zip(months(), DELIVERIES, strict=True):
        for n in range(count):
            departs = first + timedelta(days=(n * 27) // count + rng.randint(1, 6))
            rows.append(delivered(rng, departs, next(fleet)))
    for stage, count in (
        ("under way", 1),
        ("preparing", 2),
        ("booked", 4),
        ("quoted", 4),
        ("enquiry", 4),
        ("cancelled", 4),
    ):
        rows += [waiting(rng, stage, n, next(fleet)) for n in range(count)]
    rows = numbered(rows, "delivery", "D", "booked_on")
    rename(rows, TRICKY_CUSTOMERS[TRANSPORT])
    return rows, crew_days(rng, rows)


def job(rng: Random, boat: tuple[str, str]) -> Row:
    """A delivery job before its dates."""
    origin, destination, miles = rng.choice(ROUTES)
    price = round((95 + 3.6 * miles + rng.choice((0, 20, 45))) / 5) * 5
    return {
        "entity": TRANSPORT,
        "customer": boat[1],
        "vessel": boat[0],
        "origin": origin,
        "destination": destination,
        "miles": miles,
        "price": price,
        "stage": "delivered",
        "booked_on": None,
        "promised_on": None,
        "departed_on": None,
        "delivered_on": None,
        "late_cause": None,
    }


def delivered(rng: Random, departs: date, boat: tuple[str, str]) -> Row:
    """A finished job; about one in four arrives after the promised day."""
    row = job(rng, boat)
    days = 1 if row["miles"] < 80 else 2 if row["miles"] < 140 else 3
    late = rng.choice((1, 2, 4, 6)) if rng.random() < 0.27 else 0
    promised = departs + timedelta(days=days)
    row.update(
        booked_on=departs - timedelta(days=rng.randint(8, 34)),
        promised_on=promised,
        departed_on=departs + timedelta(days=late // 2),
        delivered_on=promised + timedelta(days=late),
    )
    if late:
        row["late_cause"] = pick(rng, LATE_CAUSES)
    elif rng.random() < 0.2:
        row["promised_on"] = promised + timedelta(days=1)
    return row


def waiting(rng: Random, stage: str, n: int, boat: tuple[str, str]) -> Row:
    """A job that is not finished, or never will be."""
    row = job(rng, boat) | {"stage": stage}
    age = {"under way": 24, "preparing": 20 + 5 * n, "booked": 12 + 4 * n, "quoted": 6 + 5 * n, "enquiry": 1 + 3 * n}
    row["booked_on"] = END - timedelta(days=age.get(stage, 60 + 71 * n))
    if stage in ("preparing", "booked"):
        row["promised_on"] = END + timedelta(days=5 + 6 * n + (14 if stage == "booked" else 0))
    if stage == "under way":
        row.update(departed_on=END - timedelta(days=2), promised_on=END - timedelta(days=1), late_cause="weather")
    if stage == "preparing" and n == 1:
        row.update(promised_on=END - timedelta(days=4), late_cause="parts not delivered")
    return row


def crew_days(rng: Random, rows: list[Row]) -> list[Row]:
    """Two of five on every job that sailed, and one who prepares it ashore."""
    made = []
    for row in rows:
        if row["departed_on"]:
            ends = row["delivered_on"] or END + timedelta(days=1)
            first, *others = rng.sample(CREW, 3 if row["miles"] > 120 else 2)
            made.append(
                {
                    "delivery": row["delivery"],
                    "person": first,
                    "starts_on": row["departed_on"] - timedelta(days=1),
                    "ends_on": ends,
                }
            )
            made += [
                {"delivery": row["delivery"], "person": person, "starts_on": row["departed_on"], "ends_on": ends}
                for person in others
            ]
    return numbered(made, "assignment", "W", "starts_on")
