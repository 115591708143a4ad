"""Bookings: charters and concerts, hauling jobs and trailers, stays in the house."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random
from typing import Any

from .common import (
    CHARTERS,
    CONCERTS,
    END,
    HAULING,
    JADA,
    JOBS,
    LODGING,
    NIGHT_RATE,
    NIGHTS,
    START,
    TRICKY_CUSTOMERS,
    Row,
    draw,
    happened,
    month_end,
    months,
    name_of,
    numbered,
    pick,
    rename,
)

ACTS = ("Harbor Lights Trio", "Los Faroles", "The Tidal Quartet", "Saltwater Brass", "Nina Vale Duo", "Cedar & Foam")
CONCERT_CHANNELS = {"newsletter": 5, "website": 2, "": 1}
CHARTER_CHANNELS = {
    "google-search": 4, "website": 4, "referral": 4, "google-ads": 4, "instagram": 3, "yelp": 1.5, "newsletter": 1.5,
    "": 2,
}  # fmt: skip
JOB_CHANNELS = {
    "google-search": 4, "craigslist": 4, "google-ads": 3, "phone": 3, "facebook": 2.5, "yelp": 1, "referral": 2, "": 3,
}  # fmt: skip


def bookings() -> list[Row]:
    """Charters, hauling jobs and stays, by day of booking."""
    return numbered([*charters(), *jobs(), *stays()], "booking", "B", "booked_on")


def booking(entity: str, asset: str, customer: str, channel: str, days: tuple[date, date, date], **rest: Any) -> Row:
    """One booking with every column."""
    empty = {"deposit_on": None, "balance_on": None, "cancelled_on": None, "refund": None}
    made = dict(zip(("booked_on", "starts_on", "ends_on"), days, strict=True))
    return {
        "entity": entity,
        "asset": asset,
        "customer": customer,
        "channel": channel,
        **made,
        "quantity": 1,
        **empty,
        **rest,
    }


def charters() -> list[Row]:
    """Private charters and concerts on board: half down when booked, the rest on the day or a little later."""
    rng, rows = draw("charters"), []
    ahead = [(date(2026, 11, 1), 2, 1), (date(2026, 12, 1), 1, 0), (date(2027, 1, 1), 1, 0)]
    plan = [*zip(months(), CHARTERS, CONCERTS, strict=True), *ahead]
    for first, count, concerts in plan:
        days = sorted(rng.sample(range(0, month_end(first).day), count))
        for n, offset in enumerate(days):
            starts, concert = first + timedelta(days=offset), n < concerts
            booked = starts - timedelta(days=rng.randint(6, 48))
            if first > END:
                booked = END - timedelta(days=rng.randint(2, 26))
            price = rng.choice((1290, 1350, 1420)) if concert else rng.choice((850, 895, 950, 990, 1050, 1090))
            customer = f"Concert: {rng.choice(ACTS)}" if concert else name_of(rng)
            channel = pick(rng, CONCERT_CHANNELS if concert else CHARTER_CHANNELS)
            late = rng.choice((0, 0, 0, 0, 0, 2, 9, 21))
            row = booking(
                JADA,
                "jada-yacht",
                customer,
                channel,
                (booked, starts, starts),
                price=price,
                deposit=price // 2,
                deposit_on=happened(booked + timedelta(days=rng.choice((0, 0, 1, 3)))),
                balance_on=happened(starts + timedelta(days=late)),
            )
            rows.append(row)
    blemish(rows)
    return rows + cancelled_charters(rng)


def blemish(rows: list[Row]) -> None:
    """Awkward names, a benefit sail for nothing, and two balances that never came."""
    rename([row for row in rows if row["price"] < 1200], TRICKY_CUSTOMERS[JADA])
    served = [row for row in rows if START <= row["starts_on"] <= END]
    free = next(row for row in served if row["starts_on"] >= date(2026, 5, 1) and row["price"] < 1200)
    free.update(customer="Sea Cadets Benefit Sail", price=0, deposit=0, deposit_on=None, channel="referral")
    served[-2]["balance_on"] = served[12]["balance_on"] = None


def cancelled_charters(rng: Random) -> list[Row]:
    """Charters called off: refunded in full, in half, or not at all."""
    rows = []
    for text, price, share in (
        ("2025-12-20", 950, 1),
        ("2026-03-14", 990, 0.5),
        ("2026-06-21", 1090, 1),
        ("2026-08-08", 1050, 0),
        ("2026-10-24", 950, 0.5),
    ):
        starts = date.fromisoformat(text)
        booked = starts - timedelta(days=rng.randint(22, 40))
        called_off = starts - timedelta(days=rng.randint(4, 12))
        channel = pick(rng, {"google-ads": 2, "website": 2, "instagram": 1})
        rows.append(
            booking(
                JADA,
                "jada-yacht",
                name_of(rng),
                channel,
                (booked, starts, starts),
                price=price,
                deposit=price // 2,
                deposit_on=booked,
                cancelled_on=called_off,
                refund=price // 2 * share,
            )
        )
    return rows


def jobs() -> list[Row]:
    """Junk hauled away and trailers let by the day, paid when done."""
    rng, rows = draw("jobs"), []
    busy = {f"qdn-trailer-{n}": START - timedelta(days=1) for n in (1, 2)}
    plan = [*zip(months(), JOBS, strict=True), (date(2026, 11, 1), 4)]
    for first, count in plan:
        if first == date(2026, 6, 1):
            busy["qdn-trailer-3"] = first
        days = sorted(rng.randrange(month_end(first).day if first < END else 9) for _ in range(count))
        for starts in (first + timedelta(days=n) for n in days):
            idle = [name for name, until in busy.items() if until < starts]
            trailer = rng.choice(idle) if idle and rng.random() < 0.48 else ""
            ends = starts + timedelta(days=rng.choice((0, 0, 1, 2)) if trailer else 0)
            if trailer:
                busy[trailer] = ends
            booked = min(starts - timedelta(days=rng.choice((0, 1, 1, 2, 3, 5, 8))), END)
            price = 40 * ((ends - starts).days + 1) + 5 if trailer else rng.choice((75, 90, 105, 115, 125, 140, 170))
            channel = pick(rng, JOB_CHANNELS)
            row = booking(
                HAULING, trailer or "qdn-truck", name_of(rng), channel, (booked, starts, ends), price=price, deposit=0
            )
            fate = rng.random()
            if fate < 0.05 and booked < starts:
                row["cancelled_on"] = happened(starts - timedelta(days=1))
            elif fate < 0.97:
                row["balance_on"] = happened(ends + timedelta(days=rng.choice((0, 0, 0, 0, 1, 4))))
            rows.append(row)
    rename(rows, TRICKY_CUSTOMERS[HAULING])
    return rows


def stays() -> list[Row]:
    """Stays in the house, one after another, paid in full when booked."""
    rng, rows = draw("stays"), list[Row]()
    plan = [*zip(months(), NIGHTS, NIGHT_RATE, strict=True), (date(2026, 11, 1), 7, 92), (date(2026, 12, 1), 8, 104)]
    for first, wanted, rate in plan:
        lengths: list[int] = []
        while sum(lengths) < wanted:
            lengths.append(min(rng.choice((2, 2, 3, 3, 4, 5)), wanted - sum(lengths)))
        arrival = max([first, *(row["ends_on"] for row in rows[-1:])])
        gaps = (month_end(first) - arrival).days + 3 - sum(lengths)
        for left, nights in zip(range(len(lengths), 0, -1), lengths, strict=True):
            gap = rng.randint(0, 2 * gaps // (left + 1)) if gaps > 0 else 0
            gaps, arrival = gaps - gap, arrival + timedelta(days=gap)
            rows.append(stay(rng, arrival, nights, rate))
            arrival = rows[-1]["ends_on"]
    rename(rows, TRICKY_CUSTOMERS[LODGING])
    return [*(row for row in rows if row["booked_on"] <= END), *cancelled_stays(rng)]


def stay(rng: Random, arrival: date, nights: int, rate: int) -> Row:
    """One stay, priced by night with a weekend supplement."""
    leaves = arrival + timedelta(days=nights)
    booked = arrival - timedelta(days=rng.choice((1, 3, 6, 9, 14, 21, 30, 44)))
    weekend = sum((arrival + timedelta(days=n)).weekday() in (4, 5) for n in range(nights))
    price = rate * nights + 18 * weekend + rng.choice((-6, 0, 0, 4))
    channel = pick(rng, {"airbnb": 7, "furnished-finder": 2, "referral": 1.5, "": 0.5})
    return booking(
        LODGING,
        "rental-house",
        name_of(rng),
        channel,
        (booked, arrival, leaves),
        quantity=nights,
        price=price,
        deposit=price,
        deposit_on=booked,
        balance_on=None,
    )


def cancelled_stays(rng: Random) -> list[Row]:
    """Stays called off; what the house keeps depends on how late."""
    rows = []
    for text, nights, share in (
        ("2025-12-27", 3, 0.5),
        ("2026-02-14", 2, 1),
        ("2026-05-22", 3, 1),
        ("2026-07-03", 4, 0.5),
        ("2026-09-12", 2, 0),
        ("2026-10-17", 3, 1),
    ):
        arrival = date.fromisoformat(text)
        row = stay(rng, arrival, nights, 118)
        booked = arrival - timedelta(days=rng.randint(20, 35))
        called_off = arrival - timedelta(days=2 if share == 0 else rng.randint(6, 15))
        row.update(booked_on=booked, deposit_on=booked, cancelled_on=called_off, refund=round(row["price"] * share, 2))
        rows.append(row)
    return rows
