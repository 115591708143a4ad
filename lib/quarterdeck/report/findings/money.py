"""Rules of cash and books: limits that are broken, money heading for zero, books that do not tie out."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ...model.format import MISSING
from ...model.period import Period
from ...model.report import Finding, Severity
from ..metrics import books, cash, deferred, forecast, margin, rules
from ..metrics.common import records, span
from .common import Rule, amount, answers_for, day, make, named

if TYPE_CHECKING:
    from ..data import Data


def broken_rules(data: Data, period: Period, as_of: date) -> list[Finding]:
    """Each financial rule that the last whole month breaks: by how much and since when."""
    checked = rules.check_rules(data, period)
    return [_broken(data, period, as_of, rule) for rule in records(checked[checked["status"] == "broken"])]


def _broken(data: Data, period: Period, as_of: date, rule: Any) -> Finding:
    in_months = rule.measure == "runway"
    burn = cash.mean_net_burn(data, period).value or 0.0
    value, limit, excess = (
        f"{number:.1f} months" if in_months else amount(data, number)
        for number in (rule.value, rule.threshold, rule.excess)
    )
    side = "above" if rule.limit == "at most" else "below"
    measure = rule.measure.replace("_", " ")
    return make(
        data,
        as_of,
        f"rule-{rule.rule}",
        f"Broken rule: {measure} at {value}, limit {limit}",
        rule.severity,
        rule="broken_rules",
        evidence=f"{measure.capitalize()}: {value}, {excess} {side} the limit of {limit} since {rule.since:%B %Y}.",
        money=rule.excess * burn if in_months else rule.excess,
        action=rule.remedy,
        owner=rule.owner,
        since=f"{rule.since:%Y-%m-%d}",
        leads=True,
    )


def cash_runs_out(data: Data, period: Period, as_of: date, *, within_months: int = 12) -> list[Finding]:
    """Cash that a scenario takes below zero within `within_months`: said for base if it does, else for low."""
    out = forecast.cash_out(data, period, within_months)
    case = next((name for name in ("base", "low") if out.get(name)), "")
    if not case:
        return []
    path = forecast.cash_forecast(data, period, within_months)
    lacks = -float(path.loc[path["scenario"] == case, "cash"].min())
    month = Period.parse(out[case]).label
    return [
        make(
            data,
            as_of,
            "cash-runs-out",
            f"Cash runs out in {month} on the {case} path",
            "high" if case == "base" else "medium",
            rule="cash_runs_out",
            evidence=f"Cash ends {month} below zero; {amount(data, lacks)} is lacking {within_months} months from now.",
            money=lacks,
            action="Cut or postpone payments, or agree financing, before that month",
            owner=answers_for(data, "rules"),
        )
    ]


def behind_target(data: Data, period: Period, as_of: date, *, tolerance: float = 0.1) -> list[Finding]:
    """Revenue of the year so far that is more than `tolerance` (a share) short of its targets."""
    share = margin.revenue_against_target(data, period)
    if share.value is None or share.value >= 1 - tolerance:
        return []
    table = margin.targets(data, period)
    table = table[table["month"] <= period.end.isoformat()[:7]]
    wanted, missed = float(table["target"].sum()), int((table["actual"].fillna(0.0) < table["target"]).sum())
    return [
        make(
            data,
            as_of,
            "revenue-behind-target",
            "Revenue is behind its targets",
            "medium",
            rule="behind_target",
            evidence=f"{amount(data, wanted * share.value)} earned in {period.end.year} against {amount(data, wanted)} "
            f"targeted; {missed} of {len(table)} months missed.",
            money=wanted * (1 - share.value),
            action="Raise sales of the entities furthest behind, or set the targets anew",
            owner=answers_for(data, "rules"),
        )
    ]


def deferred_difference(data: Data, period: Period, as_of: date) -> list[Finding]:
    """A deferred-revenue account that differs from what the bookings say is owed; the worst bookings are named."""
    balance, gaps = deferred.deferred_in_ledger(data, period), deferred.deferred_gaps(data, period)
    if balance.value is None or not len(gaps):
        return []
    trail = deferred.roll_forward(data, period, 12)
    since = trail.loc[trail["difference"].fillna(0) != 0, "month"]
    net = float(gaps["difference"].sum())
    worst = ", ".join(f"{row.booking or 'no booking'} {amount(data, row.difference)}" for row in records(gaps.head(3)))
    return [
        make(
            data,
            as_of,
            "deferred-revenue-difference",
            "Deferred revenue does not tie out to the ledger",
            "high",
            rule="deferred_difference",
            evidence=f"The ledger holds {amount(data, abs(net))} {'more' if net > 0 else 'less'} than the bookings ask "
            f"for; bookings that differ: {len(gaps)}, the worst {worst}.",
            money=float(gaps["difference"].abs().sum()),
            action="Post or correct the entries of these bookings",
            owner=answers_for(data, "systems"),
            since=f"{since.iloc[0]}-01" if len(since) else "",
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
            evidence=f"On {day(row.statement_on)} the bank says {amount(data, row.bank)} and the ledger "
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
        worst = named(f"{row.counterparty} {amount(data, row.amount)} on {day(row.date)}" for row in records(rows))
        finding = make(
            data,
            as_of,
            f"expenses-{flag.replace('_', '-')}",
            title,
            severity,
            rule="expense_flags",
            evidence=f"{len(rows)} in 12 {period.kind}s, together {amount(data, rows['amount'].sum())}: {worst}.",
            money=float(rows["amount"].sum()),
            action=action,
            owner=answers_for(data, "systems"),
            since=f"{rows['date'].min():%Y-%m-%d}",
        )
        found.append(finding)
    return found


def system_gaps(data: Data, period: Period, as_of: date) -> list[Finding]:
    """What a sound accounting system does and this one does not, where its absence is critical or high."""
    table = data.table("systems").fillna({"note": "", "action": ""})
    table = table[(table["status"] != "working") & table["severity"].isin(["critical", "high"])]
    return [
        make(
            data,
            as_of,
            f"control-{row.control}",
            f"Control {row.status}: {row.title}",
            row.severity,
            rule="system_gaps",
            evidence=f"{row.note[:1].upper()}{row.note[1:]}." if row.note else f"The register says {row.status}.",
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
            evidence=f"It was due on {day(row.due_on)} and is not reached.",
            action="Finish it, or move what depends on it",
            owner=row.owner,
            since=f"{row.due_on:%Y-%m-%d}",
        )
        for row in records(late)
    ]


RULES: tuple[Rule, ...] = (
    broken_rules,
    cash_runs_out,
    behind_target,
    deferred_difference,
    bank_differs,
    expense_flags,
    system_gaps,
    late_milestones,
)
