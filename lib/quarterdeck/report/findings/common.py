"""What all rules share: owner and due day of a finding, and money in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ...model.format import Formats
from ...model.report import Finding, Severity

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data

Rule = Callable[..., list[Finding]]
"""`rule(data, period, as_of, **thresholds)`: every module of rules lists its own in `RULES`."""

_DAYS = {"critical": 7, "high": 14, "medium": 30, "low": 30}


def make(
    data: Data,
    as_of: date,
    id: str,
    title: str,
    severity: Severity,
    *,
    rule: str,
    evidence: str,
    entity: str = "",
    money: float | None = None,
    action: str = "",
    owner: str = "",
    since: str = "",
    leads: bool = False,
    within: int = 0,
) -> Finding:
    """A finding with owner, due day and deed from the first of the open actions that answer it, if there are any.

    Otherwise `owner` is as given (from a table), else who answers for the entity, else for the business, and it is due
    on the last weekday 7, 14 or 30 days after `as_of`, by severity, or `within` so many; what leads is due in 7.
    """
    actions = data.table("actions", ["finding", "title", "owner", "due_on", "done_on"])
    answers = actions["finding"].fillna("").str.split().map(lambda ids: id in ids).astype(bool)
    agreed = actions[answers & actions["done_on"].isna()].sort_values(["due_on", "owner"])
    end = as_of + timedelta(days=within or (7 if leads else _DAYS[severity]))
    due = (end - timedelta(days=max(0, end.weekday() - 4))).isoformat()
    if len(agreed):
        owner, due = str(agreed["owner"].iloc[0]), agreed["due_on"].iloc[0].date().isoformat()
        action = str(agreed["title"].iloc[0])
    owner = owner or _answers(data, entity)
    return Finding(
        id,
        title,
        severity,
        entity,
        evidence,
        None if money is None else round(float(money), 2),
        action,
        owner,
        due,
        since,
        rule=rule,
        leads=leads,
    )


def found_in(
    data: Data, as_of: date, rows: pd.DataFrame, id: str, title: str, severity: Severity, evidence: str, *,
    since: str = "", **more: Any,
) -> list[Finding]:  # fmt: skip
    """One finding about all rows, or none without rows: the entity that they share, since the earliest `since`."""
    if not len(rows):
        return []
    shared = rows["entity"].nunique() == 1 and rows["entity"].notna().all()
    entity, first = str(rows["entity"].iloc[0]) if shared else "", rows[since].min().date().isoformat() if since else ""
    return [make(data, as_of, id, title, severity, evidence=evidence, entity=entity, since=first, **more)]


def counts(values: pd.Series[str]) -> pd.Series[int]:
    """How often each value stands, the most frequent first, the alphabet deciding ties."""
    return values.value_counts().sort_index().sort_values(ascending=False, kind="stable")


def answers_for(data: Data, table: str) -> str:
    """Who answers for most of a table's rows; empty when it has none."""
    owners = data.table(table, ["owner"])["owner"].mode()
    return str(owners.iloc[0]) if len(owners) else ""


def _answers(data: Data, entity: str) -> str:
    entities, company = data.table("entities", ["entity", "owner"]), data.table("company", ["owner"])
    owners = [*entities.loc[entities["entity"] == entity, "owner"].dropna(), *company["owner"].dropna()]
    return str(owners[0]) if owners else ""


def amount(data: Data, value: float) -> str:
    """Money in a sentence, in the company's currency."""
    company = data.table("company", ["currency"])
    return Formats(data.locale, str(company["currency"].iloc[0]) if len(company) else "USD").money(value)


def day(data: Data, value: date) -> str:
    """A day in a sentence."""
    return Formats(data.locale).date(value.isoformat())


def named(names: Iterable[str], most: int = 3) -> str:
    """Names in a sentence, past `most` counted: `a, b, c and 2 more`."""
    said = list(dict.fromkeys(names))
    more = len(said) - most
    return ", ".join(said[:most]) + (f" and {more} more" if more > 0 else "")


def many(number: int, one: str, several: str = "") -> str:
    """How many of what, in a sentence: `1 job`, `3 jobs`; `several` where the plural is not made with an s."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
