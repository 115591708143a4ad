"""Rules for clients billed by contract: paper, billing and collection."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ...model.period import Period
from ...model.report import Finding, Severity
from ..metrics import receivables
from .common import Rule, amount, day, make, many, named

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data

_WORDS: dict[str, tuple[str, str, Severity, str]] = {
    "missing": ("no-contract", "has no contract", "high", "Agree on a contract with {name} before the next invoice"),
    "expired": ("expired-contract", "is served under an expired contract", "high", "Renew {contract} with {name}"),
    "unsigned": ("unsigned-contract", "never signed its contract", "high", "Have {name} sign {contract}"),
    "expiring": ("expiring-contract", "has a contract that ends soon", "medium", "Offer {name} to renew {contract}"),
}


def contract_gaps(data: Data, period: Period, as_of: date, expiring_days: int = 60) -> list[Finding]:
    """Clients served without a contract in force or with one that ends soon; at stake is a year of billing."""
    found = []
    for row in receivables.contract_register(data, as_of, expiring_days).to_dict("records"):
        if row["state"] not in _WORDS:
            continue
        kind, words, severity, action = _WORDS[row["state"]]
        ends = "" if row["ends_on"] is None or row["ends_on"] != row["ends_on"] else row["ends_on"].date().isoformat()
        until = day(data, row["ends_on"]) if ends else ""
        fee = row["monthly_fee"]
        billed = f"{amount(data, row['billed'])} was billed in a year"
        details = {
            "missing": f"None is on record, yet {billed}.",
            "expired": f"{row['contract']} ended on {until} and nothing replaced it; {billed}.",
            "unsigned": f"{row['contract']} at {amount(data, fee)} a month carries no day of signature; {billed}.",
            "expiring": f"{row['contract']} at {amount(data, fee)} a month ends on {until}.",
        }
        found.append(
            make(
                data, as_of, f"{kind}-{row['client']}", f"{row['name']} {words}", severity, rule="contract_gaps",
                entity=row["entity"], money=row["billed"] if fee != fee else 12 * fee, evidence=details[row["state"]],
                action=action.format(name=row["name"], contract=row["contract"]),
                since=ends if row["state"] == "expired" else "",
            )
        )  # fmt: skip
    return found


def service_not_billed(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Months under contract without an invoice, and months billed below the fee; at stake is the difference."""
    gaps = receivables.unbilled(data, period)
    kinds = (
        ("months-not-invoiced", "Service under contract was never invoiced", "Invoice the months left out to {}", 0),
        ("billed-below-contract", "Invoices are below the agreed fee", "Bill the difference to {}", 1),
    )
    found = []
    for id, title, action, billed in kinds:
        rows = gaps[(gaps["invoiced"] > 0) == bool(billed)]
        total, who = float(rows["gap"].sum()), _worst(data, rows, "gap")
        parts = who.values() if len(who) > 1 else [Period.parse(month).label for month in rows["month"]]
        if len(rows):
            found.append(
                make(
                    data, as_of, id, title, "high", rule="service_not_billed", entity=_entity(data, rows["client"]),
                    money=total, since=f"{rows['month'].min()}-01", action=action.format(named(who)),
                    evidence=f"{amount(data, total)} is missing in {many(len(rows), 'client month')}: {named(parts)}.",
                )
            )  # fmt: skip
    return found


def overdue_receivables(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Invoices past due; serious when some are past due for more than 90 days."""
    rows = receivables.open_invoices(data, as_of)
    rows = rows[rows["days_overdue"] > 0]
    total, old = float(rows["balance"].sum()), rows[rows["bucket"] == receivables.BUCKETS[-1]]
    if total <= 0:
        return []
    who, stop = _worst(data, rows, "balance"), len(_worst(data, old, "balance"))
    pause = f"; pause work for the {stop} over 90 days late" if stop and len(who) > 1 else ""
    said = f": {named(who.values())}" if len(who) > 1 else ""
    return [
        make(
            data, as_of, "overdue-receivables",
            "Clients have not paid what is due" if len(who) > 1 else f"{named(who)} has not paid what is due",
            "high" if len(old) else "medium", rule="overdue_receivables", entity=_entity(data, rows["client"]),
            money=total, since=rows["due_on"].min().date().isoformat(),
            action=f"Call {named(who)}{pause}",
            evidence=f"{many((rows['balance'] > 0).sum(), 'invoice')}, {amount(data, total)} after credit, of it "
            f"{amount(data, float(old['balance'].sum()))} for over 90 days{said}.",
        )
    ]  # fmt: skip


def _worst(data: Data, rows: pd.DataFrame, column: str) -> dict[str, str]:
    """Clients by name, the largest sum first, each with `name and sum` as a sentence says it."""
    names = data.table("clients", ["client", "name"]).set_index("client")["name"]
    sums = rows.groupby("client")[column].sum().sort_values(ascending=False, kind="stable")
    told = {str(names.get(str(client), client)): value for client, value in sums.items() if value > 0}
    return {name: f"{name} {amount(data, value)}" for name, value in told.items()}


def _entity(data: Data, clients: pd.Series[str]) -> str:
    """The entity that serves all these clients, or none."""
    served = data.table("clients", ["client", "entity"])
    found = served.loc[served["client"].isin(clients), "entity"].unique()
    return str(found[0]) if len(found) == 1 else ""


BILLING: tuple[Rule, ...] = (service_not_billed, overdue_receivables)
RULES: tuple[Rule, ...] = (contract_gaps, *BILLING)
