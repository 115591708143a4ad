"""What all parts share: the span, the ids, the seasons, and small helpers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from random import Random
from typing import Any

SEED = 2034
START, END = date(2025, 11, 1), date(2026, 10, 31)
Row = dict[str, Any]
Tables = dict[str, list[Row]]

JADA, BRAND, HAULING = "jada", "queenofsandiego", "quickdumpnow"
AGENCY, LODGING, TRANSPORT = "dangerouscentaur", "rental-3028-51st", "yacht-delivery"

# Service per month, November to October: seasons of San Diego.
CHARTERS = (3, 2, 1, 2, 3, 4, 4, 5, 6, 4, 4, 3)
CONCERTS = (0, 1, 0, 0, 0, 1, 1, 1, 2, 1, 1, 1)
JOBS = (11, 10, 9, 11, 13, 14, 15, 16, 16, 15, 13, 13)
NIGHTS = (7, 8, 6, 7, 9, 9, 10, 13, 17, 13, 9, 8)
NIGHT_RATE = (92, 104, 88, 90, 98, 101, 104, 116, 128, 118, 100, 94)
DELIVERIES = (2, 1, 2, 1, 2, 3, 3, 3, 3, 2, 2, 2)

FIRST = [
    "Ada",
    "Ben",
    "Carla",
    "Dmitri",
    "Elena",
    "Farid",
    "Greta",
    "Hugo",
    "Imani",
    "Jonas",
    "Keiko",
    "Luis",
    "Mara",
    "Nils",
    "Odette",
    "Pavel",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
    "Uma",
    "Viktor",
    "Wendy",
    "Xavier",
    "Yara",
    "Zeno",
]
LAST = [
    "Abbott",
    "Bianchi",
    "Castell",
    "Delgado",
    "Eklund",
    "Ferris",
    "Grove",
    "Hartwig",
    "Ibarra",
    "Jensen",
    "Kowal",
    "Lindqvist",
    "Moreau",
    "Nakano",
    "Okafor",
    "Petrov",
    "Quimby",
    "Rennick",
    "Sandoval",
    "Thorne",
    "Ueda",
    "Varga",
    "Whitlock",
    "Ximenes",
    "Yates",
    "Zamora",
]
TRICKY_CUSTOMERS = {
    JADA: [
        "Zoë Ångström-Núñez",
        "Siobhán O'Malley",
        "The Coronado Amateur Radio, Tidepool and Sunset Appreciation Society of Greater San Diego County",
    ],
    HAULING: ["Smith & Sons Salvage", 'D\'Arcy "Red" Malone', "<Unit 4> Property Mgmt"],
    LODGING: ["José María Peña", "Łukasz Żółć"],
    TRANSPORT: ["Kai'olu & Partners"],
}


def draw(name: str) -> Random:
    """A generator of its own for each table, so that changing one leaves the others as they are."""
    return Random(f"{SEED} {name}")


def parse(text: str) -> list[Row]:
    """A table written by hand as rows of text."""
    header, *lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    return [dict(zip(header, cells, strict=True)) for cells in lines]


def day(text: str) -> date | None:
    """A date, or None for an empty cell."""
    return date.fromisoformat(text) if text else None


def months(first: date = START, last: date = END) -> list[date]:
    """The first day of every month from one day to another."""
    return [date(n // 12, n % 12 + 1, 1) for n in range(first.year * 12 + first.month - 1, last.year * 12 + last.month)]


def month_end(first: date) -> date:
    """The last day of the month of a day."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def name_of(rng: Random) -> str:
    """An invented person."""
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def rename(rows: list[Row], names: list[str]) -> None:
    """Give some customers names that tables, pages and mail must survive, spread over the rows."""
    for n, name in enumerate(names, 1):
        rows[len(rows) * n // (len(names) + 1)]["customer"] = name


def happened(when: date | None) -> date | None:
    """The day, unless it still lies ahead."""
    return when if when is not None and when <= END else None


def numbered(rows: list[Row], key: str, prefix: str, by: str) -> list[Row]:
    """Rows in order of a date, each with an id in front."""
    rows.sort(key=lambda row: row[by])
    return [{key: f"{prefix}-{n:04}", **row} for n, row in enumerate(rows, 1)]


def pick(rng: Random, weights: Mapping[str, float]) -> str:
    """One of several by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def cents(rng: Random, low: float, high: float) -> float:
    """An amount between two, to the cent."""
    return round(rng.uniform(low, high), 2)
