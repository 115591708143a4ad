"""The figures of a report, calculated a second time: plain Python, exact fractions, standard definitions.

Nothing of the product is imported here. Each function states the definition that it follows; the facts' ids are those
of `docs/reference/facts.md`. What a day after the as-of day brought is not known. What nobody recorded (a month without
a ledger line, the time before the first invoice) is unknown too, never zero, and no part of a mean; a mean or a year
to date ends with the last whole month.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any

Row = dict[str, str]
Answer = Fraction | None
DAY = timedelta(days=1)
# Columns whose day may lie after the as-of day: what it brings has not happened yet.
EVENTS = {
    "bookings": ("deposit_on", "balance_on", "cancelled_on"),
    "clients": ("ended_on",),
    "leads": ("qualified_on", "quoted_on", "won_on", "lost_on"),
    "observations": ("fixed_on",),
    "deliveries": ("departed_on", "delivered_on"),
    "tickets": ("closed_on",),
}
# The day on which a row came into being: before it there is no row.
BIRTHS = {
    "ledger": "date",
    "bank": "date",
    "bookings": "booked_on",
    "invoices": "issued_on",
    "payments": "paid_on",
    "leads": "created_on",
    "observations": "seen_on",
    "deployments": "deployed_on",
    "cloud_costs": "date",
    "tickets": "opened_on",
    "reviews": "date",
    "web_metrics": "date",
    "deliveries": "booked_on",
}


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def number(text: str) -> Fraction:
    return Fraction(text or "0")


def share(upper: Any, lower: Any) -> Answer:
    """One number over another; unknown when there is nothing to divide by."""
    return Fraction(upper) / Fraction(lower) if lower else None


class Month:
    """A calendar month, cut at the as-of day when it was still running."""

    def __init__(self, name: str, as_of: date) -> None:
        year, month = map(int, name.split("-"))
        self.name, self.as_of, self.index = name, as_of, 12 * year + month - 1
        self.start = date(year, month, 1)
        self.last = self.shift(1)[0] - DAY
        self.end = min(self.last, as_of)

    def shift(self, months: int) -> tuple[date, str]:
        year, month = divmod(self.index + months, 12)
        return date(year, month + 1, 1), f"{year}-{month + 1:02}"

    def back(self, months: int) -> Month:
        return Month(self.shift(-months)[1], self.as_of)

    def trailing(self, months: int) -> list[Month]:
        return [self.back(n) for n in range(months - 1, -1, -1)]

    @property
    def whole(self) -> Month:
        """The last month that had ended: this one, or the one before while it was running."""
        return self if self.end == self.last else self.back(1)

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1

    def __contains__(self, when: date | None) -> bool:
        return when is not None and self.start <= when <= self.end


class Company:
    """The tables as they were known on one day, of all entities or of some."""

    def __init__(self, folder: Path, as_of: date, entities: Iterable[str] = ()) -> None:
        self.folder, self.as_of = folder, as_of
        self.scope = set(entities) or {row["entity"] for row in self.read("entities")}
        self.whole = not set(entities)
        self.cache: dict[str, list[Row]] = {}

    def read(self, name: str) -> list[Row]:
        with (self.folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def table(self, name: str) -> list[Row]:
        if name not in self.cache:
            self.cache[name] = list(self.known(name))
        return self.cache[name]

    def known(self, name: str) -> Iterator[Row]:
        clients = {row["client"]: row["entity"] for row in self.read("clients")}
        for row in self.read(name):
            owner = row.get("entity") or (clients[row["client"]] if "client" in row else "")
            if owner and owner not in self.scope:
                continue
            born = day(row.get(BIRTHS.get(name, ""), ""))
            if born and born > self.as_of:
                continue
            for column in EVENTS.get(name, ()):
                when = day(row[column])
                if when and when > self.as_of:
                    row[column] = ""
                    if column == "cancelled_on":  # what a cancellation gave back was not given yet
                        row["refund"] = ""
            yield row

    # ------------------------------------------------------------------------------------------------ ledger

    def accounts(self) -> dict[str, Row]:
        return {row["account"]: row for row in self.read("accounts")}

    def lines(self, until: date, since: date = date.min, **wanted: str) -> list[Row]:
        """Ledger lines between two days on accounts with a type, role or behaviour."""
        chart = self.accounts()
        return [
            row
            for row in self.table("ledger")
            if since <= date.fromisoformat(row["date"]) <= until
            and all(chart[row["account"]][key] == value for key, value in wanted.items())
        ]

    def posted(self, until: date, since: date = date.min, **wanted: str) -> Fraction:
        return sum((number(row["amount"]) for row in self.lines(until, since, **wanted)), Fraction())

    def kept(self, month: Month) -> bool:
        """Whether anybody kept these books in a month."""
        return bool(self.lines(month.end, month.start))

    def posted_in(self, month: Month, **wanted: str) -> Fraction:
        return self.posted(month.end, month.start, **wanted)

    def flows(self, month: Month) -> tuple[Fraction, Fraction]:
        """Operating cash received and paid in a month.

        An entry that touches equity, draws or fixed assets is financing or investing. Of any other that moves cash the
        legs outside cash and loans are its cause: the interest in a loan's instalment, the fee of a transfer.
        """
        chart, entries = self.accounts(), defaultdict(list)
        for row in self.lines(month.end, month.start):
            entries[row["entry"]].append((chart[row["account"]]["role"], number(row["amount"])))
        received = paid = Fraction()
        for legs in entries.values():
            if any(role == "cash" for role, _ in legs):
                if {role for role, _ in legs} & {"equity", "draw", "fixed_asset"}:
                    continue
                moved = -sum((amount for role, amount in legs if role not in ("cash", "loan")), Fraction())
                received, paid = received + max(moved, Fraction()), paid + max(-moved, Fraction())
        return received, paid

    def cash(self, month: Month) -> Answer:
        return self.posted(month.end, role="cash") if self.lines(month.end, role="cash") else None

    def gross_burn(self, month: Month) -> Answer:
        return self.flows(month)[1] if self.kept(month) else None

    def net_burn(self, month: Month) -> Answer:
        received, paid = self.flows(month)
        return paid - received if self.kept(month) else None

    def mean(self, month: Month, of: Callable[[Month], Fraction | None]) -> Answer:
        """The mean of a series over those of the last three whole months in which it is known."""
        known = [value for each in month.whole.trailing(3) if (value := of(each)) is not None]
        return share(sum(known), len(known))

    def mean_flows(self, month: Month) -> tuple[Answer, Answer]:
        received = self.mean(month, lambda each: self.flows(each)[0] if self.kept(each) else None)
        return received, self.mean(month, self.gross_burn)

    def runway(self, month: Month) -> Answer:
        """Cash over mean net burn; without a burn there is no end to it."""
        cash, burn = self.cash(month), self.mean(month, self.net_burn)
        return cash / burn if cash is not None and burn is not None and burn > 0 else None

    def mean_cost(self, month: Month, behaviour: str) -> Answer:
        def cost(each: Month) -> Answer:
            return self.posted_in(each, type="expense", behaviour=behaviour) if self.kept(each) else None

        return self.mean(month, cost)

    def fixed_cost(self, month: Month) -> Answer:
        return self.mean_cost(month, "fixed")

    def variable_cost(self, month: Month) -> Answer:
        return self.mean_cost(month, "variable")

    def flagship(self) -> str:
        revenue: dict[str, Fraction] = defaultdict(Fraction)
        for row in self.table("bookings"):
            revenue[row["entity"]] += number(row["price"])
        return max(revenue, key=lambda entity: revenue[entity])

    def contribution_per_unit(self, month: Month) -> Answer:
        """Revenue less variable cost of the flagship's books over the units that it delivered, of twelve months."""
        only, year = Company(self.folder, self.as_of, [self.flagship()]), month.whole.trailing(12)
        revenue = -sum(only.posted_in(each, type="revenue") for each in year)
        variable = sum(only.posted_in(each, type="expense", behaviour="variable") for each in year)
        return share(revenue - variable, sum(number(row["quantity"]) for each in year for row in only.done(each)))

    def break_even(self, month: Month) -> Answer:
        fixed, unit = self.fixed_cost(month), self.contribution_per_unit(month)
        return fixed / unit if fixed is not None and unit is not None and unit > 0 else None

    def break_even_with_others(self, month: Month) -> Answer:
        """Break-even of the fixed cost that the other entities' contribution a month, of twelve, leaves."""
        fixed, unit, year = self.fixed_cost(month), self.contribution_per_unit(month), month.whole.trailing(12)
        if fixed is None or unit is None or unit <= 0:
            return None
        others = self.scope - {self.flagship()}
        rest = Company(self.folder, self.as_of, others) if others else None
        kept = [each for each in year if self.kept(each)]
        for each in kept if rest else []:
            fixed += rest.posted_in(each, type="revenue") / len(kept)
            fixed += rest.posted_in(each, type="expense", behaviour="variable") / len(kept)
        return fixed / unit if fixed > 0 else None

    def units_delivered(self, month: Month) -> Answer:
        return sum(
            (number(row["quantity"]) for row in self.done(month) if row["entity"] == self.flagship()), Fraction()
        )

    def revenue_against_target(self, month: Month) -> Answer:
        """Revenue of the entities and months that have a target, since January, over these targets."""
        last = month.whole
        year = [each for each in last.trailing(12) if each.name[:4] == last.name[:4]]
        goals = {(row["month"], row["entity"]): number(row["amount"]) for row in self.table("targets")}
        goals = {key: goal for key, goal in goals.items() if key[0] in {each.name for each in year}}
        earned = sum(self.revenue_of(entity, Month(name, self.as_of)) for name, entity in goals)
        return share(earned, sum(goals.values())) if any(map(self.kept, year)) else None

    def drawn(self, month: Month) -> Fraction:
        """What the owner drew and what was paid back of loans; a loan taken up is neither."""
        chart, entries, sum_ = self.accounts(), defaultdict(list), Fraction()
        for row in self.lines(month.end, month.start):
            entries[row["entry"]].append((chart[row["account"]]["role"], number(row["amount"])))
        for legs in entries.values():
            roles = {role for role, _ in legs}
            if "cash" not in roles or "equity" in roles:
                continue
            if "draw" in roles:
                sum_ -= sum((amount for role, amount in legs if role == "cash"), Fraction())
            elif "fixed_asset" not in roles:
                sum_ += max(sum((amount for role, amount in legs if role == "loan"), Fraction()), Fraction())
        return sum_

    def mean_drawn(self, month: Month) -> Answer:
        return self.mean(month, lambda each: self.drawn(each) if self.kept(each) else None)

    def full_runway(self, month: Month) -> Answer:
        """Runway with draws and debt service; five years are as good as no end."""
        cash, burn, drawn = self.cash(month), self.mean(month, self.net_burn), self.mean_drawn(month)
        if cash is None or burn is None or drawn is None or burn + drawn <= 0:
            return None
        return cash / (burn + drawn) if cash <= 60 * (burn + drawn) else None

    def forecast_cash(self, month: Month) -> Answer:
        """Cash and six months, each as the same one a year before, or if nobody recorded that, as the mean of three.

        Received and paid by the base factors, receipts growing from the first month on; draws and debt service as then.
        """
        base = next(row for row in self.read("scenarios") if row["scenario"] == "base")
        cash, (received, paid), drawn = self.cash(month.whole), self.mean_flows(month), self.mean_drawn(month)
        if cash is None or received is None or paid is None or drawn is None:
            return None
        growth = 1 + number(base["monthly_growth"])
        for step in range(1, 7):
            like = month.whole.back(12 - step)
            went = (*self.flows(like), self.drawn(like)) if self.kept(like) else (received, paid, drawn)
            cash += went[0] * number(base["revenue"]) * growth**step - went[1] * number(base["cost"]) - went[2]
        return cash

    def deployable_cash(self, month: Month) -> Answer:
        """Cash above the most that the owner's rules keep in hand: a sum, or months of net burn."""
        cash, burn = self.cash(month), self.mean(month, self.net_burn)
        if cash is None or burn is None:
            return None
        floors = [row for row in self.read("rules") if row["limit"] == "at least"]
        factors = {"cash": Fraction(1), "runway": max(burn, Fraction())}
        return cash - max(number(row["threshold"]) * factors[row["measure"]] for row in floors)

    def trial_balance_difference(self, month: Month) -> Answer:
        return self.posted(month.end) if self.lines(month.end) else None

    def expenses(self, month: Month) -> Answer:
        return self.posted_in(month, type="expense") if self.kept(month) else None

    def flagged_expenses(self, month: Month) -> Answer:
        """Uncategorised, without a receipt from 75 on, or the second of two alike within ten days: each line once."""
        chart, total = self.accounts(), Fraction()
        every = self.lines(month.end, type="expense")
        for row in self.lines(month.end, month.start, type="expense"):
            when, amount = date.fromisoformat(row["date"]), number(row["amount"])
            alike = [
                other
                for other in every
                if other["entry"] < row["entry"]
                and all(other[key] == row[key] for key in ("entity", "account", "amount", "counterparty"))
                and (when - date.fromisoformat(other["date"])).days <= 10
            ]
            uncategorised = chart[row["account"]]["role"] == "uncategorised"
            if uncategorised or (amount >= 75 and not row["document"]) or alike:
                total += amount
        return total if self.kept(month) else None

    def bank_difference(self, month: Month) -> Answer:
        """The newest statement of each account, by the period's end, less the ledger of the statement's day."""
        newest: dict[str, Row] = {}
        for row in sorted(self.table("bank"), key=lambda row: row["date"]):
            if date.fromisoformat(row["date"]) <= month.end:
                newest[row["account"]] = row
        total = Fraction()
        for account, row in newest.items():
            lines = [line for line in self.lines(date.fromisoformat(row["date"])) if line["account"] == account]
            total += number(row["balance"]) - sum(number(line["amount"]) for line in lines)
        return total if newest else None

    def net_profit(self, month: Month) -> Answer:
        result = -self.posted_in(month, type="revenue") - self.posted_in(month, type="expense")
        return result if self.kept(month) else None

    def net_assets(self, month: Month) -> Answer:
        value = self.posted(month.end, type="asset") + self.posted(month.end, type="liability")
        return value if self.lines(month.end) else None

    def profitability_gap(self, month: Month) -> Answer:
        results = (Company(self.folder, self.as_of, [entity]).net_profit(month) or 0 for entity in self.scope)
        lost = sum((max(-result, Fraction()) for result in results), Fraction())
        return lost if self.kept(month) else None

    # ---------------------------------------------------------------------------------------------- bookings

    def done(self, month: Month) -> list[Row]:
        """Bookings whose service ended in the month, not cancelled."""
        return [row for row in self.table("bookings") if day(row["ends_on"]) in month and not row["cancelled_on"]]

    def delivered_revenue(self, month: Month) -> Fraction:
        return sum((number(row["price"]) - number(row["refund"]) for row in self.done(month)), Fraction())

    def receipts(self) -> Iterator[tuple[Row, date, Fraction]]:
        """Each booking's deposit and balance, with the day on which it arrived."""
        for row in self.table("bookings"):
            if arrived := day(row["deposit_on"]):
                yield row, arrived, number(row["deposit"])
            if arrived := day(row["balance_on"]):
                yield row, arrived, number(row["price"]) - number(row["deposit"])

    def deferred_revenue(self, month: Month) -> Fraction:
        """Money held at the end of the month for services that end later and were not cancelled by then."""
        return sum(
            (
                amount
                for row, arrived, amount in self.receipts()
                if arrived <= month.end
                and date.fromisoformat(row["ends_on"]) > month.end
                and not ((gone := day(row["cancelled_on"])) and gone <= month.end)
            ),
            Fraction(),
        )

    def deposits_taken(self, month: Month) -> Fraction:
        return sum(
            (
                amount
                for row, arrived, amount in self.receipts()
                if arrived in month and arrived < date.fromisoformat(row["ends_on"])
            ),
            Fraction(),
        )

    # ----------------------------------------------------------------------------------------------- lodging

    def lodgings(self) -> list[Row]:
        return [row for row in self.table("entities") if row["kind"] == "lodging"]

    def stays(self) -> list[Row]:
        houses = {row["entity"] for row in self.lodgings()}
        return [row for row in self.table("bookings") if row["entity"] in houses]

    @staticmethod
    def nights(stay: Row, first: date, last: date) -> Fraction:
        """Nights of a stay that lie between two days: the night of departure is not one; two rooms count twice."""
        arrival, departure = date.fromisoformat(stay["starts_on"]), date.fromisoformat(stay["ends_on"])
        inside = (min(departure - DAY, last) - max(arrival, first)).days + 1
        return number(stay["quantity"]) * max(inside, 0) / (departure - arrival).days

    def nights_sold(self, month: Month) -> Fraction:
        kept = (row for row in self.stays() if not row["cancelled_on"])
        return sum((self.nights(row, month.start, month.end) for row in kept), Fraction())

    def nights_available(self, first: date, last: date) -> Fraction:
        """Nights that the houses had to sell, from the first day of trading on."""
        return sum(
            (
                number(row["capacity"]) * max((last - max(first, date.fromisoformat(row["started_on"]))).days + 1, 0)
                for row in self.lodgings()
            ),
            Fraction(),
        )

    def room_revenue(self, month: Month) -> Fraction:
        """Price less refund of each stay, spread evenly over its nights."""
        return sum(
            (
                (number(row["price"]) - number(row["refund"]))
                * self.nights(row, month.start, month.end)
                / number(row["quantity"])
                for row in self.stays()
                if not row["cancelled_on"]
            ),
            Fraction(),
        )

    def let_by(self, last: date, known: date) -> bool:
        """Whether any stay that was sold and not cancelled on a day had begun by another."""
        return any(date.fromisoformat(row["starts_on"]) <= last for row in self.held(known))

    def held(self, known: date) -> list[Row]:
        return [
            row
            for row in self.stays()
            if date.fromisoformat(row["booked_on"]) <= known
            and not ((gone := day(row["cancelled_on"])) and gone <= known)
        ]

    def occupancy(self, month: Month) -> Answer:
        available = self.nights_available(month.start, month.end)
        return share(self.nights_sold(month), available) if self.let_by(month.end, self.as_of) else None

    def adr(self, month: Month) -> Answer:
        return share(self.room_revenue(month), self.nights_sold(month))

    def revpar(self, month: Month) -> Answer:
        available = self.nights_available(month.start, month.end)
        return share(self.room_revenue(month), available) if self.let_by(month.end, self.as_of) else None

    def on_the_books(self, month: Month) -> Answer:
        """Of the thirty nights after the period: booked by its end and not cancelled by then."""
        first, last = month.end + DAY, month.end + 30 * DAY
        sold = sum(self.nights(row, first, last) for row in self.held(month.end))
        return share(sold, self.nights_available(first, last)) if self.let_by(last, month.end) else None

    def booking_lead_time(self, month: Month) -> Answer:
        begun = [row for row in self.stays() if day(row["starts_on"]) in month and not row["cancelled_on"]]
        ahead = [(date.fromisoformat(row["starts_on"]) - date.fromisoformat(row["booked_on"])).days for row in begun]
        return share(sum(ahead), len(ahead))

    def revenue_per_booking(self, month: Month) -> Answer:
        ended = [row for row in self.stays() if day(row["ends_on"]) in month and not row["cancelled_on"]]
        return share(sum(number(row["price"]) - number(row["refund"]) for row in ended), len(ended))

    def open_now(self, month: Month) -> list[Row]:
        return [
            row
            for row in self.table("tickets")
            if date.fromisoformat(row["opened_on"]) <= month.end
            and not ((closed := day(row["closed_on"])) and closed <= month.end)
        ]

    def open_tickets(self, month: Month) -> Answer:
        return Fraction(len(self.open_now(month))) if self.begun("tickets", "opened_on", month) else None

    def maintenance_estimate(self, month: Month) -> Answer:
        """Estimates of what is open; unknown when there is none on any of it."""
        rows = self.open_now(month)
        estimates = [number(row["estimate"]) for row in rows if row["estimate"]]
        known = self.begun("tickets", "opened_on", month) and (estimates or not rows)
        return sum(estimates, Fraction()) if known else None

    def begun(self, table: str, column: str, month: Month) -> bool:
        """Whether a table had any row by the end of the month."""
        return any(date.fromisoformat(row[column]) <= month.end for row in self.table(table))

    # ---------------------------------------------------------------------------------------------- passages

    def arrived(self, month: Month) -> list[Row]:
        return [row for row in self.table("deliveries") if day(row["delivered_on"]) in month]

    def on_time_rate(self, month: Month) -> Answer:
        promised = [row for row in self.arrived(month) if row["promised_on"]]
        return share(sum(row["delivered_on"] <= row["promised_on"] for row in promised), len(promised))

    def revenue_per_mile(self, month: Month) -> Answer:
        rows = self.arrived(month)
        return share(sum(number(row["price"]) for row in rows), sum(number(row["miles"]) for row in rows))

    @staticmethod
    def busy(spans: Iterable[tuple[str, date, date]], month: Month) -> Answer:
        """Days of a month on which each of those was busy who was so in twelve months; a day counts once."""
        days: dict[str, set[date]] = defaultdict(set)
        for name, first, last in spans:
            for step in range((last - first).days + 1):
                days[name].add(first + step * DAY)
        year = month.back(11).start
        active = {name: taken for name, taken in days.items() if any(year <= each <= month.end for each in taken)}
        return share(sum(each in month for taken in active.values() for each in taken), len(active) * month.days)

    def crew_utilisation(self, month: Month) -> Answer:
        jobs = {row["delivery"] for row in self.table("deliveries")}
        rows = [row for row in self.table("crew_days") if row["delivery"] in jobs]
        rows = [row for row in rows if date.fromisoformat(row["starts_on"]) <= self.as_of]
        spans = (
            (row["person"], date.fromisoformat(row["starts_on"]), date.fromisoformat(row["ends_on"])) for row in rows
        )
        return self.busy(spans, month)

    def vessel_utilisation(self, month: Month) -> Answer:
        """From the day of departure to that of arrival, both included, or to the as-of day while under way."""
        return self.busy(
            (
                (row["vessel"], date.fromisoformat(row["departed_on"]), day(row["delivered_on"]) or self.as_of)
                for row in self.table("deliveries")
                if row["departed_on"]
            ),
            month,
        )

    def nps(self, month: Month) -> Answer:
        """Of those whose goods or vessels were moved: promoters less detractors, per hundred."""
        movers = {row["entity"] for row in self.table("entities") if row["kind"] == "transport"}
        rows = [row for row in self.table("reviews") if row["entity"] in movers]
        scores = [int(row["score"]) for row in rows if day(row["date"]) in month]
        return share(100 * (sum(score >= 9 for score in scores) - sum(score <= 6 for score in scores)), len(scores))

    # --------------------------------------------------------------------------------------------- invoicing

    def fees(self, month: Month) -> dict[str, Fraction]:
        """What each client agreed to pay for a month of which the contract covers a day."""
        owed: dict[str, Fraction] = defaultdict(Fraction)
        for row in self.table("contracts"):
            ends = day(row["ends_on"])
            if date.fromisoformat(row["starts_on"]) <= month.last and not (ends and ends < month.start):
                owed[row["client"]] += number(row["monthly_fee"])
        return owed

    def contracted(self, month: Month) -> Fraction:
        return sum(self.fees(month).values(), Fraction())

    def billed_by(self, month: Month) -> bool:
        """Whether billing had begun; who has a contract and was never billed at all lacks it from the start."""
        months = [row["month"] for row in self.table("invoices")]
        return not months or min(months) <= month.name

    def invoiced(self, month: Month) -> Answer:
        billed = sum((number(r["amount"]) for r in self.table("invoices") if r["month"] == month.name), Fraction())
        return billed if self.billed_by(month) else None

    def collected(self, month: Month) -> Answer:
        mine = {row["invoice"] for row in self.table("invoices") if row["month"] == month.name}
        paid = sum((number(row["amount"]) for row in self.table("payments") if row["invoice"] in mine), Fraction())
        return paid if self.billed_by(month) else None

    def billing_gap(self, month: Month) -> Answer:
        billed: dict[str, Fraction] = defaultdict(Fraction)
        for row in self.table("invoices"):
            if row["month"] == month.name:
                billed[row["client"]] += number(row["amount"])
        gaps = (max(fee - billed[client], Fraction()) for client, fee in self.fees(month).items())
        return sum(gaps, Fraction()) if self.billed_by(month) else None

    def balances(self, month: Month) -> list[tuple[Row, Fraction]]:
        """What is open of each invoice at the end of the month."""
        paid: dict[str, Fraction] = defaultdict(Fraction)
        for row in self.table("payments"):
            if date.fromisoformat(row["paid_on"]) <= month.end:
                paid[row["invoice"]] += number(row["amount"])
        return [
            (row, number(row["amount"]) - paid[row["invoice"]])
            for row in self.table("invoices")
            if date.fromisoformat(row["issued_on"]) <= month.end
        ]

    def receivables(self, month: Month) -> Answer:
        owed = sum((open_ for _, open_ in self.balances(month)), Fraction())
        return owed if self.begun("invoices", "issued_on", month) else None

    def customer_receivables(self, month: Month) -> Answer:
        """Services that ended and invoices, as far as nobody paid them; jobs without either, by the ledger."""
        if not self.lines(month.end):
            return None
        papers = {row["booking"] for row in self.table("bookings")} | {row["invoice"] for row in self.table("invoices")}
        ended = [row for row in self.table("bookings") if day(row["ends_on"]) <= month.end and not row["cancelled_on"]]
        names = {row["booking"] for row in ended}
        owed = sum((number(row["price"]) for row in ended), Fraction())
        owed -= sum(money for row, when, money in self.receipts() if row["booking"] in names and when <= month.end)
        jobs = (row for row in self.lines(month.end, role="receivable") if row["booking"] not in papers)
        return owed + (self.receivables(month) or 0) + sum((number(row["amount"]) for row in jobs), Fraction())

    def receivables_difference(self, month: Month) -> Answer:
        """The control account less the subledger."""
        owed = self.customer_receivables(month)
        return None if owed is None else self.posted(month.end, role="receivable") - owed

    def overdue_receivables(self, month: Month) -> Fraction:
        """Due before the last day: on the due day itself nobody is late."""
        late = (open_ for row, open_ in self.balances(month) if date.fromisoformat(row["due_on"]) < month.end)
        return sum(late, Fraction())

    def ageing(self, month: Month) -> dict[str, Fraction]:
        """Receivables by days past due: current, 1–30, 31–60, 61–90, 90+."""
        buckets = dict.fromkeys(("current", "1–30", "31–60", "61–90", "90+"), Fraction())
        for row, open_ in self.balances(month):
            late = (month.end - date.fromisoformat(row["due_on"])).days
            name = "current" if late <= 0 else "1–30" if late <= 30 else "31–60" if late <= 60 else "61–90"
            buckets[name if late <= 90 else "90+"] += open_
        return buckets

    def money_recoverable(self, month: Month) -> Fraction:
        """What is overdue, and the gaps of those of twelve months that are over."""
        gaps = (self.billing_gap(each) or 0 for each in month.trailing(12) if each.end == each.last)
        return self.overdue_receivables(month) + sum(gaps, Fraction())

    def dso(self, month: Month) -> Answer:
        sales = sum(number(row["amount"]) for row in self.table("invoices") if day(row["issued_on"]) in month)
        return share((self.receivables(month) or 0) * month.days, max(sales, 0))

    def days_to_pay(self, month: Month) -> Answer:
        """Days from invoice to payment, weighted by the money received; money given back is not received."""
        sent = {row["invoice"]: date.fromisoformat(row["issued_on"]) for row in self.read("invoices")}
        got = [row for row in self.table("payments") if day(row["paid_on"]) in month and number(row["amount"]) > 0]
        waited = sum(
            (date.fromisoformat(row["paid_on"]) - sent[row["invoice"]]).days * number(row["amount"]) for row in got
        )
        return share(waited, sum(number(row["amount"]) for row in got))

    # ----------------------------------------------------------------------------------------------- revenue

    def sales(self, month: Month) -> dict[str, Fraction]:
        """What each entity delivered or invoiced in a month."""
        sold: dict[str, Fraction] = defaultdict(Fraction)
        clients = {row["client"]: row["entity"] for row in self.table("clients")}
        for row in self.done(month):
            sold[row["entity"]] += number(row["price"]) - number(row["refund"])
        for row in self.arrived(month):
            sold[row["entity"]] += number(row["price"])
        for row in self.table("invoices"):
            if day(row["issued_on"]) in month:
                sold[clients[row["client"]]] += number(row["amount"])
        return sold

    def revenue_of(self, entity: str, month: Month) -> Fraction:
        rows = self.lines(month.end, month.start, type="revenue")
        return -sum((number(row["amount"]) for row in rows if row["entity"] == entity), Fraction())

    def revenue_coverage(self, month: Month) -> Answer:
        sold = self.sales(month)
        found = sum((min(self.revenue_of(entity, month), sale) for entity, sale in sold.items()), Fraction())
        return share(found, sum(sold.values()))

    def revenue_unrecorded(self, month: Month) -> Answer:
        missing, known = Fraction(), False
        for each in month.whole.trailing(12):
            sold = self.sales(each)
            known = known or any(sold.values()) or bool(self.lines(each.end, each.start, type="revenue"))
            for entity, sale in sold.items():
                gap = sale - self.revenue_of(entity, each)
                missing += gap if gap > sale * Fraction(2, 100) else 0
        return missing if known else None

    # --------------------------------------------------------------------------------------------- customers

    def spent(self, month: Month) -> Fraction:
        rows = self.lines(month.end, month.start, type="expense")
        return sum((number(row["amount"]) for row in rows if row["channel"]), Fraction())

    def marketing_spend(self, month: Month) -> Answer:
        return self.spent(month) if self.kept(month) else None

    def won(self, month: Month) -> int:
        return sum(day(row["won_on"]) in month for row in self.table("leads"))

    def cac(self, month: Month) -> Answer:
        return share(self.spent(month), self.won(month)) if self.kept(month) else None

    def cac_year(self, month: Month) -> Answer:
        year = month.trailing(12)
        return share(sum(self.spent(each) for each in year), sum(self.won(each) for each in year))

    def enquiries(self, month: Month) -> Answer:
        count = Fraction(sum(day(row["created_on"]) in month for row in self.table("leads")))
        return count if self.begun("leads", "created_on", month) else None

    def conversion(self, month: Month) -> Answer:
        made = [row for row in self.table("leads") if day(row["created_on"]) in month]
        return share(sum(bool(row["won_on"]) for row in made), len(made))

    def churn(self, month: Month) -> Answer:
        """Of the clients that there were when the month began: those that left in it."""
        before = [
            row
            for row in self.table("clients")
            if date.fromisoformat(row["since"]) < month.start
            and not ((left := day(row["ended_on"])) and left < month.start)
        ]
        return share(sum(day(row["ended_on"]) in month for row in before), len(before))

    def live_ota_listings(self, month: Month) -> Fraction:
        agencies = {row["channel"] for row in self.read("channels") if row["kind"] == "ota"}
        days = [day(row["live_on"]) for row in self.table("listings") if row["channel"] in agencies]
        return Fraction(sum(bool(live and live <= month.end) for live in days))

    def campaign_base(self, month: Month) -> Fraction:
        case = next(row for row in self.table("campaigns") if row["case"] == "base")
        people = next(number(row["size"]) for row in self.read("assets") if row["asset"] == case["list"])
        rates = number(case["open_rate"]) * number(case["click_rate"]) * number(case["booking_rate"])
        return people * rates * number(case["booking_value"]) - number(case["cost"])

    # --------------------------------------------------------------------------------------------- registers

    def controls_working(self, month: Month) -> Answer:
        rows = self.read("systems")
        return share(sum(row["status"] == "working" for row in rows), len(rows))

    def asset_value(self, month: Month) -> Fraction:
        """What is owned: neither sold nor planned, and acquired by the end of the month."""
        owned = [row for row in self.table("assets") if row["status"] not in ("sold", "planned")]
        owned = [row for row in owned if not ((got := day(row["acquired_on"])) and got > month.end)]
        return sum((number(row["value"]) for row in owned), Fraction())

    def stakes_in_doubt(self, month: Month) -> Fraction:
        rows = self.table("equity")
        total: dict[str, Fraction] = defaultdict(Fraction)
        claims: dict[tuple[str, str], set[str]] = defaultdict(set)
        for row in rows:
            total[row["entity"]] += number(row["share"])
            claims[row["entity"], row["holder"]].add(row["share"])
        doubtful = (
            not row["document"] or len(claims[row["entity"], row["holder"]]) > 1 or total[row["entity"]] > 1
            for row in rows
        )
        return Fraction(sum(doubtful))

    def kpis_unmeasured(self, month: Month) -> Fraction:
        return Fraction(sum(not row["measured_by"] for row in self.table("kpis")))

    def observed(self, month: Month) -> list[Row]:
        return [
            row
            for row in self.table("observations")
            if row["status"] != "ok"
            and date.fromisoformat(row["seen_on"]) <= month.end
            and not ((fixed := day(row["fixed_on"])) and fixed <= month.end)
        ]

    def security_gaps(self, month: Month) -> Answer:
        gaps = {row["gap"] for row in self.observed(month) if row["area"] == "security"}
        return Fraction(len(gaps)) if self.begun("observations", "seen_on", month) else None

    def serious_observations(self, month: Month) -> Answer:
        count = Fraction(sum(row["severity"] in ("critical", "high") for row in self.observed(month)))
        return count if self.begun("observations", "seen_on", month) else None

    # ---------------------------------------------------------------------------------------------- engineering

    def cloud_bill(self, month: Month, service: str = "") -> Answer:
        """The bill, or a service's part of it; unknown in a month without one."""
        rows = [row for row in self.table("cloud_costs") if day(row["date"]) in month]
        part = sum((number(row["amount"]) for row in rows if service in ("", row["service"])), Fraction())
        return part if rows else None

    def cloud_cost(self, month: Month) -> Answer:
        return self.cloud_bill(month)

    def technology_cost(self, month: Month) -> Answer:
        """The cloud's bill, and a twelfth of the yearly cost of each domain that was held in the month."""
        domains = [row for row in self.table("domains") if date.fromisoformat(row["registered_on"]) <= month.end]
        domains = [row for row in domains if date.fromisoformat(row["expires_on"]) >= month.start]
        bill = self.cloud_bill(month)
        return None if bill is None else bill + sum(number(row["annual_cost"]) / 12 for row in domains)

    def cloud_saving(self, month: Month) -> Answer:
        """Each candidate saves its share of what the ones before it left of its service's mean month."""
        left: dict[str, Fraction] = {}
        for row in self.read("optimisations"):
            left[row["service"]] = left.get(row["service"], Fraction(1)) * (1 - number(row["saving"]))
        saved = Fraction()
        for service, rest in left.items():
            mean = self.mean(month, lambda each, of=service: self.cloud_bill(each, of))
            if mean is None:
                return None
            saved += (1 - rest) * mean
        return saved

    def weeks(self, month: Month) -> list[Row]:
        return [row for row in self.table("web_metrics") if day(row["date"]) in month]

    def error_rate(self, month: Month) -> Answer:
        rows = self.weeks(month)
        return share(sum(number(row["errors"]) for row in rows), sum(number(row["requests"]) for row in rows))

    def latency_p95(self, month: Month) -> Answer:
        rows = self.weeks(month)
        total = sum(number(row["p95_ms"]) * number(row["requests"]) for row in rows)
        return share(total, sum(number(row["requests"]) for row in rows))

    def releases(self, month: Month) -> list[Row]:
        return [row for row in self.table("deployments") if day(row["deployed_on"]) in month]

    def change_failure_rate(self, month: Month) -> Answer:
        rows = self.releases(month)
        return share(sum(row["failed"] == "true" for row in rows), len(rows))

    def deployment_frequency(self, month: Month) -> Answer:
        known = self.begun("deployments", "deployed_on", month)
        return share(7 * len(self.releases(month)), month.days) if known else None

    def lead_time(self, month: Month) -> Answer:
        waits = [
            (date.fromisoformat(row["deployed_on"]) - date.fromisoformat(row["committed_on"])).days
            for row in self.releases(month)
        ]
        return Fraction(median(waits)) if waits else None


FACTS = (
    *("cash", "gross_burn", "net_burn", "runway", "full_runway", "technology_cost"),
    *("break_even_with_others", "units_delivered", "customer_receivables", "receivables_difference"),
    *("break_even", "contribution_per_unit", "fixed_cost", "variable_cost"),
    *("revenue_against_target", "forecast_cash", "deployable_cash"),
    *("deferred_revenue", "delivered_revenue", "deposits_taken"),
    *("trial_balance_difference", "expenses", "flagged_expenses", "bank_difference", "controls_working"),
    *("live_ota_listings", "cac", "conversion", "enquiries", "marketing_spend", "campaign_base"),
    *("adr", "booking_lead_time", "occupancy", "on_the_books", "revenue_per_booking", "revpar"),
    *("maintenance_estimate", "open_tickets"),
    *("crew_utilisation", "nps", "on_time_rate", "revenue_per_mile", "vessel_utilisation"),
    *("billing_gap", "collected", "contracted", "invoiced", "money_recoverable"),
    *("days_to_pay", "dso", "overdue_receivables", "receivables"),
    *("net_assets", "net_profit", "profitability_gap", "revenue_coverage", "revenue_unrecorded", "cac_year", "churn"),
    *("asset_value", "stakes_in_doubt", "kpis_unmeasured", "security_gaps", "serious_observations"),
    *("cloud_cost", "cloud_saving", "error_rate", "latency_p95"),
    *("change_failure_rate", "deployment_frequency", "lead_time"),
)


def answer(folder: Path, fact: str, month: str, as_of: str, entities: Iterable[str] = ()) -> Answer:
    """One fact of a month as it was known on a day; None where it cannot be known."""
    known = date.fromisoformat(as_of)
    value: Answer = getattr(Company(folder, known, entities), fact)(Month(month, known))
    return value
