"""Rules of the books: what does not tie out, services that nobody paid, flagged expenses, missing controls."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ...model.format import MISSING
from ...model.period import Period
from ...model.report import Finding, Severity
from ..metrics import books, customers, deferred
from ..metrics.common import records, span
from .common import Rule, amount, answers_for, day, make, many, named

if TYPE_CHECKING:
    from ..data import Data


def deferred_difference(data: Data, period: Period, as_of: date) -> list[Finding]:
    """A deferred-revenue account that differs from what the bookings say is owed; the worst bookings are named."""
    balance, gaps = deferred.deferred_in_ledger(data, period), deferred.deferred_gaps(data, period)
    if balance.value is None or not len(gaps):
        return []
    trail = deferred.roll_forward(data, period, 12)
    since = trail.loc[trail["difference"].fillna(0) != 0, "month"]
    net = float(gaps["difference"].sum())
    worst = named(f"{row.booking or 'no booking'} {amount(data, row.difference)}" for row in records(gaps))
    early = deferred.early_revenue(data, period).value or 0.0
    said = f" {amount(data, early)} of it was posted as revenue before the service." if early else ""
    return [
        make(
            data,
            as_of,
            "deferred-revenue-difference",
            "Deferred revenue does not tie out to the ledger",
            "high",
            rule="deferred_difference",
            evidence=f"The ledger holds {amount(data, abs(net))} {'more' if net > 0 else 'less'} than the bookings ask "
            f"for: {worst}." + said,
            money=float(gaps["difference"].abs().sum()),
            action=f"Post or correct the entries of {named(gaps['booking'].replace('', 'the opening balance'))}",
            owner=answers_for(data, "systems"),
            since=f"{since.iloc[0]}-01" if len(since) else "",
        )
    ]


def receivables_differ(data: Data, period: Period, as_of: date) -> list[Finding]:
    """A customer's document that the ledger's receivables hold differently; the worst are named."""
    items = customers.open_items(data, period.end)
    rows = items[items["difference"] != 0].sort_values("difference", key=lambda off: -off.abs(), kind="stable")
    if not len(rows):
        return []
    parts = [f"{row.document or 'no document'} {amount(data, row.difference)}" for row in records(rows)]
    return [
        make(
            data,
            as_of,
            "receivables-difference",
            "Receivables do not tie out to what customers owe",
            "high",
            rule="receivables_differ",
            evidence=f"The ledger holds {amount(data, items['ledger'].sum())}, the documents "
            f"{amount(data, items['owed'].sum())}; apart: {named(parts)}.",
            money=float(rows["difference"].abs().sum()),
            action=f"Post or correct the entries of {named(rows['document'].replace('', 'lines without a document'))}",
            owner=answers_for(data, "systems"),
            since=f"{rows['since'].min():%Y-%m-%d}",
        )
    ]


def unpaid_services(data: Data, period: Period, as_of: date, *, unpaid_days: int = 30) -> list[Finding]:
    """Booked services delivered more than `unpaid_days` days ago and not fully paid, of any entity."""
    items, bookings = customers.open_items(data, as_of), data.table("bookings", ["booking"])["booking"]
    rows = items[(items["owed"] > 0) & (items["days"] > unpaid_days) & items["document"].isin(bookings)]
    rows = rows.sort_values(["owed", "document"], ascending=[False, True])
    if not len(rows):
        return []
    parts = [
        f"{row.customer} {amount(data, row.owed)} since {day(data, row.since)} ({row.document})"
        for row in records(rows)
    ]
    return [
        make(
            data,
            as_of,
            "unpaid-services",
            "Customers have not paid for services delivered",
            "high" if (rows["bucket"] == customers.AGES[-1]).any() else "medium",
            rule="unpaid_services",
            entity=str(rows["entity"].iloc[0]) if rows["entity"].nunique() == 1 else "",
            evidence=f"{many(len(rows), 'booking')} delivered more than {unpaid_days} days ago: {named(parts)}.",
            money=float(rows["owed"].sum()),
            action=f"Collect from {named(rows['customer'])}, or write it off",
            owner=answers_for(data, "systems"),
            since=f"{rows['since'].min():%Y-%m-%d}",
        )
    ]


def bank_differs(data: Data, period: Period, as_of: date) -> list[Finding]:
    """A cash account whose last statement differs from the ledger, each by itself."""
    table = books.reconciliation(data, period)
    return [
        make(
            data,
            as_of,
            f"bank-difference-{row.account}",
            f"{row.name} does not reconcile",
            "medium",
            rule="bank_differs",
            evidence=f"On {day(data, row.statement_on)} the bank says {amount(data, row.bank)} and the ledger "
            f"{amount(data, row.ledger)}: {amount(data, abs(row.difference))} apart.",
            money=abs(row.difference),
            action="Compare the statement line by line and post what is missing",
            owner=answers_for(data, "systems"),
            since=f"{row.statement_on:%Y-%m-%d}",
        )
        for row in records(table[table["difference"].fillna(0) != 0])
    ]


_FLAGS: dict[str, tuple[str, Severity, str]] = {
    "uncategorised": ("Expenses without a category", "low", "Give each its category"),
    "duplicate": ("Payments that look doubled", "medium", "Ask for the money back, or note why there are two"),
    "no_receipt": ("Expenses without a receipt", "low", "Find the receipts, or the deduction is lost"),
}


def expense_flags(data: Data, period: Period, as_of: date, *, receipt_minimum: float = 75) -> list[Finding]:
    """Expenses of 12 periods that are uncategorised, doubled or without receipt: one finding for each flag."""
    lines, found = books.expenses(data, span(period), receipt_minimum), []
    for flag, (title, severity, action) in _FLAGS.items():
        rows = lines[lines[flag]].sort_values("amount", ascending=False, kind="stable")
        if not len(rows):
            continue
        rows = rows.assign(counterparty=rows["counterparty"].fillna(MISSING))
        each = [f"{row.counterparty} {amount(data, row.amount)} on {day(data, row.date)}" for row in records(rows)]
        finding = make(
            data,
            as_of,
            f"expenses-{flag.replace('_', '-')}",
            title,
            severity,
            rule="expense_flags",
            evidence=f"{len(rows)} in 12 {period.kind}s, together {amount(data, rows['amount'].sum())}.",
            money=float(rows["amount"].sum()),
            action=f"{action}: {named(each)}",
            owner=answers_for(data, "systems"),
            since=f"{rows['date'].min():%Y-%m-%d}",
        )
        found.append(finding)
    return found


def system_gaps(data: Data, period: Period, as_of: date) -> list[Finding]:
    """What a sound accounting system does and this one does not, where its absence is critical or high.

    The title says what is wrong, as the register notes it, or that the control is missing.
    """
    table = data.table("systems").fillna({"note": "", "action": ""})
    table = table[(table["status"] != "working") & table["severity"].isin(["critical", "high"])]
    return [
        make(
            data,
            as_of,
            f"control-{row.control}",
            f"{row.note[:1].upper()}{row.note[1:]}" if row.note else f"Control {row.status}: {row.title}",
            row.severity,
            rule="system_gaps",
            evidence=f"Control {row.status}: {row.title}.",
            action=row.action,
            owner=row.owner,
        )
        for row in records(table)
    ]


def late_milestones(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Steps to profitability that were due before as-of and are not reached."""
    table = data.table("milestones", ["milestone", "plan", "title", "due_on", "done_on", "owner"])
    late = table[(table["plan"] == "profitability") & table["done_on"].isna() & (table["due_on"] < as_of.isoformat())]
    return [
        make(
            data,
            as_of,
            f"late-milestone-{row.milestone}",
            f"Late: {row.title}",
            "medium",
            rule="late_milestones",
            evidence=f"It was due on {day(data, row.due_on)} and is not reached.",
            action="Finish it, or move what depends on it",
            owner=row.owner,
            since=f"{row.due_on:%Y-%m-%d}",
        )
        for row in records(late)
    ]


RULES: tuple[Rule, ...] = (
    deferred_difference,
    receivables_differ,
    unpaid_services,
    bank_differs,
    expense_flags,
    system_gaps,
    late_milestones,
)
