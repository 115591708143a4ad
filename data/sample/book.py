"""The journal while it is written, and the accounts that it is written to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any

from .common import AGENCY, END, HAULING, JADA, LODGING, START, TRANSPORT, Row, draw

CHECKING, SAVINGS, RECEIVABLE, PREPAID, FIXED, DEPRECIATED = "1000", "1010", "1100", "1200", "1500", "1590"
PAYABLE, CARD, DEPOSITS, SALES_TAX, LOAN = "2000", "2010", "2100", "2300", "2500"
CAPITAL, RETAINED, DRAWS, KEPT_FEES, UNCATEGORISED = "3000", "3100", "3900", "4900", "6990"
REVENUE = {JADA: "4000", HAULING: "4100", AGENCY: "4200", LODGING: "4300", TRANSPORT: "4400"}


@dataclass
class Book:
    """The journal as it is written: entries of lines that sum to zero."""

    rng: Random = field(default_factory=lambda: draw("ledger"))
    entries: list[list[Row]] = field(default_factory=list)
    spent: dict[tuple[str, float], list[date]] = field(default_factory=lambda: defaultdict(list))
    receipts: int = 0

    def post(self, on: date, entity: str, lines: Iterable[tuple[str, float]], **told: Any) -> None:
        """Write one entry; lines of nothing are left out, and what still lies ahead is not written."""
        kept = [(account, round(amount, 2)) for account, amount in lines if round(amount, 2)]
        assert not round(sum(amount for _, amount in kept), 2), (on, kept)
        if kept and START <= on <= END:
            self.entries.append(
                [
                    {"date": on, "entity": entity, "account": account, "amount": amount, **told}
                    for account, amount in kept
                ]
            )

    def spend(
        self,
        on: date,
        entity: str,
        account: str,
        amount: float,
        vendor: str,
        memo: str,
        *,
        through: str = CHECKING,
        channel: str = "",
        booking: str = "",
        twice: bool = False,
    ) -> None:
        """An expense, with a receipt unless one in forty; bills are paid three weeks later.

        Two honest purchases never look like one paid twice: the second differs by cents.
        """
        while not twice and any(abs((on - other).days) < 12 for other in self.spent[vendor, round(amount, 2)]):
            amount += 0.35
        self.spent[vendor, round(amount, 2)].append(on)
        self.receipts += 1
        document = "" if self.rng.random() < 1 / 40 else f"RC-{self.receipts:05}"
        told = {"counterparty": vendor, "memo": memo, "booking": booking}
        self.post(on, entity, [(account, amount), (through, -amount)], document=document, channel=channel, **told)
        if through == PAYABLE:
            self.post(
                on + timedelta(days=21), entity, [(PAYABLE, amount), (CHECKING, -amount)], document=document, **told
            )

    def balance(self, account: str, until: date) -> float:
        """What an account holds at the end of a day."""
        lines = (line for entry in self.entries for line in entry)
        return float(round(sum(r["amount"] for r in lines if r["account"] == account and r["date"] <= until), 2))

    def rows(self) -> list[Row]:
        """All lines in order of date, numbered."""
        made = []
        for n, entry in enumerate(sorted(self.entries, key=lambda entry: entry[0]["date"]), 1):
            made += [{"entry": f"E-{n:05}", **line} for line in entry]
        return [{"line": f"{n:05}", **row} for n, row in enumerate(made, 1)]
