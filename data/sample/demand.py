"""Enquiries before the sale, opinions after it, and the revenue that is hoped for."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from .common import (
    AGENCY,
    BRAND,
    CHARTERS,
    DELIVERIES,
    END,
    HAULING,
    JADA,
    JOBS,
    LODGING,
    NIGHTS,
    START,
    TRANSPORT,
    Row,
    Tables,
    draw,
    happened,
    months,
    numbered,
    pick,
)

# Enquiries that came to nothing, and those that are still open, by entity.
LOST = {JADA: 190, BRAND: 34, HAULING: 215, AGENCY: 18, LODGING: 62, TRANSPORT: 24}
OPEN = {JADA: 14, BRAND: 5, HAULING: 17, AGENCY: 0, LODGING: 6, TRANSPORT: 0}
LEAD_CHANNELS = {
    JADA: {"google-search": 4, "website": 4, "google-ads": 6, "instagram": 6, "yelp": 2, "newsletter": 1, "": 4},
    BRAND: {"website": 4, "instagram": 3, "newsletter": 3, "": 1},
    HAULING: {"google-search": 4, "craigslist": 6, "google-ads": 4, "phone": 3, "facebook": 5, "yelp": 2, "": 5},
    AGENCY: {"referral": 4, "website": 3, "google-search": 1},
    LODGING: {"airbnb": 6, "furnished-finder": 4, "": 1},
    TRANSPORT: {"website": 3, "broker": 4, "referral": 2},
}
LEAD_VALUE = {
    JADA: (850, 1450),
    BRAND: (900, 1500),
    HAULING: (65, 240),
    AGENCY: (60, 150),
    LODGING: (200, 600),
    TRANSPORT: (350, 950),
}


def leads(tables: Tables) -> list[Row]:
    """Every enquiry: those that became the sales above, those that were lost, those still open."""
    rng, rows = draw("leads"), []
    for sale in tables["bookings"]:
        if sale["booked_on"] >= START:
            rows.append(won(rng, sale["entity"], sale["channel"], sale["booked_on"], sale["price"]))
    for sale in tables["deliveries"]:
        channel = pick(rng, LEAD_CHANNELS[TRANSPORT])
        if sale["stage"] in ("enquiry", "quoted"):
            rows.append(lead(TRANSPORT, channel, sale["booked_on"], sale["price"]))
            if sale["stage"] == "quoted":
                rows[-1].update(qualified_on=sale["booked_on"], quoted_on=sale["booked_on"] + timedelta(days=2))
        elif sale["stage"] != "cancelled" and sale["booked_on"] >= START:
            rows.append(won(rng, TRANSPORT, channel, sale["booked_on"], sale["price"]))
    rows.append(won(rng, AGENCY, "referral", date(2026, 1, 26), 110))
    for entity, count in LOST.items():
        rows += [lost(rng, entity) for _ in range(count)]
    for entity, count in OPEN.items():
        for n in range(count):
            made = END - timedelta(days=rng.randint(0, 24) if n % 5 else rng.randint(40, 120))
            rows.append(lead(entity, pick(rng, LEAD_CHANNELS[entity]), made, rng.randint(*LEAD_VALUE[entity])))
            if rng.random() < 0.5:
                rows[-1]["qualified_on"] = happened(made + timedelta(days=rng.randint(0, 4)))
    return numbered(rows, "lead", "L", "created_on")


def lead(entity: str, channel: str, created: date, value: float | None) -> Row:
    """An enquiry that nobody has answered yet."""
    return {
        "entity": entity,
        "channel": channel,
        "created_on": created,
        "qualified_on": None,
        "quoted_on": None,
        "won_on": None,
        "lost_on": None,
        "value": value,
    }


def won(rng: Random, entity: str, channel: str, sold: date, value: float) -> Row:
    """An enquiry that became a sale."""
    created = sold - timedelta(days=rng.choice((0, 0, 1, 2, 3, 6, 10)))
    between = sold - created
    quoted = created + between * 2 // 3
    return lead(entity, channel, created, value) | {
        "qualified_on": created + between // 3,
        "quoted_on": quoted,
        "won_on": sold,
    }


def lost(rng: Random, entity: str) -> Row:
    """An enquiry that came to nothing, most often because nobody answered in time."""
    # Enquiries follow the season: two draws, the nearer to July kept.
    created = min(
        (START + timedelta(days=rng.randrange(350)) for _ in range(2)), key=lambda d: abs((d - date(2026, 7, 10)).days)
    )
    if entity == AGENCY:
        created = START + timedelta(days=rng.randrange(230))
    row = lead(entity, pick(rng, LEAD_CHANNELS[entity]), created, rng.randint(*LEAD_VALUE[entity]))
    last = created
    if rng.random() < 0.62:
        row["qualified_on"] = last = min(created + timedelta(days=rng.choice((0, 1, 1, 2, 4, 7))), END)
        if rng.random() < 0.6:
            row["quoted_on"] = last = min(last + timedelta(days=rng.choice((0, 1, 2, 5))), END)
    row["lost_on"] = min(last + timedelta(days=rng.randint(3, 21)), END)
    if rng.random() < 0.06:
        row["value"] = None
    return row


COMMENTS = {
    JADA: {
        10: "Best evening of our visit",
        9: "Captain knew every landmark",
        8: "Lovely, though we waited at the dock",
        7: "Sound system cut out twice",
        5: "Nobody told us where to park",
        3: "Left 40 minutes late, no word from anyone",
    },
    LODGING: {
        10: "Spotless and quiet",
        9: "Well equipped kitchen",
        8: "Good value; bathroom fan is loud",
        7: "Fence is down, dog got out",
        5: "Shower ran cold",
        2: "No hot water on the second day",
    },
    TRANSPORT: {
        10: "Boat arrived cleaner than it left",
        9: "Daily position reports, thank you",
        8: "Careful crew",
        7: "Good crew, unclear price",
        4: "Two days late and I had to ask why",
        2: "Quote changed after the trip",
    },
}


def reviews(tables: Tables) -> list[Row]:
    """What guests and owners said, a few days after; late deliveries score lower."""
    rng, rows = draw("reviews"), []
    sales = [
        (r["entity"], r["booking"], r["ends_on"], False)
        for r in tables["bookings"]
        if r["entity"] in (JADA, LODGING) and not r["cancelled_on"]
    ]
    sales += [
        (TRANSPORT, r["delivery"], r["delivered_on"], bool(r["late_cause"]))
        for r in tables["deliveries"]
        if r["delivered_on"]
    ]
    for entity, sale, done, late in sales:
        given = happened(done + timedelta(days=rng.randint(1, 9)))
        if not given or given < START or rng.random() < 0.25:
            continue
        good, bad = (10, 10, 9, 9, 9, 8, 8, 7), (7, 5, 4, 3, 2)
        score = rng.choice(bad if late or rng.random() < 0.12 else good)
        told = COMMENTS[entity].get(score) if rng.random() < 0.75 else None
        rows.append({"entity": entity, "sale": sale, "date": given, "score": score, "comment": told})
    return numbered(rows, "review", "R", "date")


def targets() -> list[Row]:
    """Revenue wanted by month and entity through 2026: the season, and one more charter in its last quarter."""
    wanted = {JADA: 1080, HAULING: 95, AGENCY: 80, LODGING: 112, TRANSPORT: 480}
    units = {JADA: CHARTERS, HAULING: JOBS, AGENCY: (14,) * 12, LODGING: NIGHTS, TRANSPORT: DELIVERIES}
    rows = []
    for first in months(START, date(2026, 12, 31)):
        for entity, price in wanted.items():
            count = units[entity][(first.month - 11) % 12] + (entity == JADA and first >= date(2026, 10, 1))
            amount = round(price * count / 50) * 50
            rows.append({"month": f"{first:%Y-%m}", "entity": entity, "measure": "revenue", "amount": amount})
    return rows
