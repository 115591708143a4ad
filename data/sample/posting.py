"""Entries that follow from sales: deposits, revenue, refunds, and what each sale costs."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

from .book import CARD, CHECKING, DEPOSITS, KEPT_FEES, RECEIVABLE, REVENUE, Book
from .common import AGENCY, END, HAULING, JADA, LODGING, START, TRANSPORT, Row, Tables, cents, months

UNRECORDED = (HAULING, "2026-04")


def post_sale(book: Book, sale: Row, deposits: str) -> None:
    """Deposit, then revenue when the service ended, or what a cancellation gives back and keeps."""
    entity, price, deposit, ends = sale["entity"], sale["price"], sale["deposit"], sale["ends_on"]
    told = {"counterparty": sale["customer"], "booking": sale["booking"], "document": sale["booking"]}
    if sale["deposit_on"]:
        book.post(sale["deposit_on"], entity, [(CHECKING, deposit), (deposits, -deposit)], memo="Deposit", **told)
    if sale["cancelled_on"]:
        refund = sale["refund"] or 0
        book.post(sale["cancelled_on"], entity, [(DEPOSITS, refund), (CHECKING, -refund)], memo="Refund", **told)
        kept = deposit - refund
        book.post(sale["cancelled_on"], entity, [(DEPOSITS, kept), (KEPT_FEES, -kept)], memo="Deposit kept", **told)
        return
    if ends > END or ends < START:
        return
    if (entity, f"{ends:%Y-%m}") != UNRECORDED:
        rest, paid = price - deposit, sale["balance_on"]
        into = CHECKING if paid == ends else RECEIVABLE
        book.post(
            ends, entity, [(deposits, deposit), (into, rest), (REVENUE[entity], -price)], memo="Service given", **told
        )
        if paid and paid != ends:
            book.post(paid, entity, [(CHECKING, rest), (RECEIVABLE, -rest)], memo="Balance", **told)
    costs = {JADA: charter_costs, HAULING: job_costs, LODGING: stay_costs}[entity]
    costs(book, sale)


def charter_costs(book: Book, sale: Row) -> None:
    """Crew, fuel, food and cleaning of one trip."""
    rng, on, id = book.rng, sale["ends_on"], sale["booking"]
    book.spend(
        on,
        JADA,
        "5000",
        cents(rng, 118, 140),
        rng.choice(("Capt. Gil Novak", "Capt. Ana Reyes")),
        "Captain",
        booking=id,
    )
    book.spend(on, JADA, "5000", cents(rng, 58, 72), rng.choice(("Toby Lark", "Mina Sato")), "Deckhand", booking=id)
    book.spend(on, JADA, "5010", cents(rng, 24, 41), "Harbor Island Fuel Dock", "Diesel", through=CARD, booking=id)
    book.spend(
        on, JADA, "5020", cents(rng, 28, 52), "Galley & Deck Services", "Cleaning and ice", through=CARD, booking=id
    )
    if sale["customer"].startswith("Concert"):
        book.spend(
            on, JADA, "5020", cents(rng, 150, 190), sale["customer"].removeprefix("Concert: "), "Musicians", booking=id
        )
    if sale["price"]:
        book.spend(on, JADA, "5600", round(0.029 * sale["price"] + 0.3, 2), "Card processor", "Card fee", booking=id)


def job_costs(book: Book, sale: Row) -> None:
    """Tip fee, diesel and a helper for a haul; a wash for a trailer that comes back."""
    rng, on, id = book.rng, sale["ends_on"], sale["booking"]
    if sale["asset"] != "qdn-truck":
        book.spend(on, HAULING, "5110", cents(rng, 9, 16), "Yard Wash", "Trailer wash", through=CARD, booking=id)
        return
    book.spend(on, HAULING, "5100", cents(rng, 31, 62), "Miramar Landfill", "Tip fee", through=CARD, booking=id)
    book.spend(on, HAULING, "5120", cents(rng, 9, 19), "Mesa Fuel", "Diesel", through=CARD, booking=id)
    book.spend(on, HAULING, "5110", cents(rng, 38, 60), rng.choice(("Omar Diaz", "Jess Pruitt")), "Helper", booking=id)


def stay_costs(book: Book, sale: Row) -> None:
    """Cleaning, the co-host's share, supplies and the platform's commission."""
    rng, on, id = book.rng, sale["ends_on"], sale["booking"]
    book.spend(on, LODGING, "5300", cents(rng, 68, 84), "Bright Key Cleaning", "Turnover", booking=id)
    share = round(0.22 * sale["price"], 2)
    book.spend(on, LODGING, "5310", share, "Lena Ortiz", "Co-host, 22 %", booking=id)
    book.spend(on, LODGING, "5310", cents(rng, 8, 17), "Corner Supply", "Coffee, soap, paper", through=CARD, booking=id)
    if sale["channel"] == "airbnb":
        fee = round(0.03 * sale["price"], 2)
        book.spend(on, LODGING, "5500", fee, "Airbnb", "Commission", booking=id, channel="airbnb")


def post_deliveries(book: Book, tables: Tables) -> None:
    """Revenue on arrival, paid days later or not yet; crew by the day, and the way home."""
    crew = defaultdict(list)
    for row in tables["crew_days"]:
        crew[row["delivery"]].append(row)
    finished = [row for row in tables["deliveries"] if row["delivered_on"]]
    unpaid = {finished[n]["delivery"] for n in (-9, -2, -1)}
    for row in finished:
        on, id = row["delivered_on"], row["delivery"]
        told = {"counterparty": row["customer"], "booking": id, "document": id}
        book.post(
            on, TRANSPORT, [(RECEIVABLE, row["price"]), (REVENUE[TRANSPORT], -row["price"])], memo="Delivered", **told
        )
        paid = on + timedelta(days=book.rng.choice((0, 2, 5, 9, 16, 28)))
        if id not in unpaid:
            book.post(paid, TRANSPORT, [(CHECKING, row["price"]), (RECEIVABLE, -row["price"])], memo="Payment", **told)
        for seat in crew[id]:
            days = (seat["ends_on"] - seat["starts_on"]).days + 1
            pay = round(min(days, 4) * 42 + cents(book.rng, 0, 9), 2)
            book.spend(on, TRANSPORT, "5400", pay, seat["person"], "Crew pay", booking=id)
        book.spend(on, TRANSPORT, "5410", cents(book.rng, 28, 66), "Coast Rail", "Way home", through=CARD, booking=id)


def post_agency(book: Book, tables: Tables) -> None:
    """Invoices, payments, and the freelancers who do the work."""
    by_invoice = {row["invoice"]: row for row in tables["invoices"]}
    names = {row["client"]: row["name"] for row in tables["clients"]}
    for row in tables["invoices"]:
        told = {"counterparty": names[row["client"]], "booking": row["invoice"], "document": row["invoice"]}
        memo = "Invoice" if row["amount"] > 0 else "Credit note"
        book.post(
            row["issued_on"],
            AGENCY,
            [(RECEIVABLE, row["amount"]), (REVENUE[AGENCY], -row["amount"])],
            memo=memo,
            **told,
        )
    for row in tables["payments"]:
        client = names[by_invoice[row["invoice"]]["client"]]
        memo = "Payment" if row["amount"] > 0 else "Refund of a second payment"
        book.post(
            row["paid_on"],
            AGENCY,
            [(CHECKING, row["amount"]), (RECEIVABLE, -row["amount"])],
            memo=memo,
            counterparty=client,
            booking=row["invoice"],
            document=row["payment"],
        )
    for first in months():
        for vendor, low, high in (("Freelance: Ivo Brandl", 190, 260), ("Freelance: Dana Whitt", 130, 200)):
            book.spend(first + timedelta(days=24), AGENCY, "5200", cents(book.rng, low, high), vendor, "Site work")
