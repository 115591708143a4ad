"""The few helpers that all metrics share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pandas as pd

from ...model.period import Period
from ..data import Data, remembered
from ..measure import Measure
from ..rows import days_as


def in_period(frame: pd.DataFrame, column: str, period: Period) -> pd.DataFrame:
    """The rows whose date in `column` lies in a period."""
    return frame[frame[column].between(period.start.isoformat(), period.end.isoformat())]


def month_of(frame: pd.DataFrame, column: str) -> pd.Series[str]:
    """The month of a date column as text: `2026-10`."""
    return days_as(frame[column], "%Y-%m")


@remembered
def entity_names(data: Data) -> dict[str, str]:
    """Printed name of each entity in scope by its id, in the order of the table."""
    entities = data.table("entities", ["entity", "name"])
    return dict(zip(entities["entity"], entities["name"], strict=True))


@remembered
def entities_of(data: Data, kind: str) -> list[str]:
    """Ids of the entities in scope that are of a kind (`lodging`, `transport`, …)."""
    entities = data.table("entities", ["entity", "kind"])
    return entities.loc[entities["kind"] == kind, "entity"].tolist()


def months(period: Period, count: int) -> list[Period]:
    """The last `count` whole calendar months at a period's end, oldest first; a month itself counts."""
    return Period.latest_complete(period.end).trailing(count)


def span(period: Period, count: int = 12) -> Period:
    """One period that covers the last `count` periods, this one included."""
    return replace(period, start=period.trailing(count)[0].start)


def year(period: Period) -> Period:
    """The last 12 whole calendar months at a period's end, as one period."""
    return span(months(period, 1)[0])


def recorded(data: Data, periods: list[Period]) -> list[Period]:
    """Those of the periods in which the ledger holds anything: in the others nobody kept the books."""
    days = _posting_days(data)
    first = days.searchsorted([pd.Timestamp(period.start) for period in periods])
    after = days.searchsorted([pd.Timestamp(period.end) for period in periods], side="right")
    return [period for period, one, other in zip(periods, first, after, strict=True) if one < other]


@remembered
def _posting_days(data: Data) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(data.table("ledger", ["date"])["date"].unique()).sort_values()


@remembered
def postings(data: Data, *columns: str) -> pd.DataFrame:
    """Ledger lines (debit positive), more columns if named, and their account's type, role, category, behaviour."""
    ledger = data.table("ledger", ["line", "entry", "date", "entity", "account", "amount", *columns])
    accounts = data.table("accounts", ["account", "type", "role", "category", "behaviour"])
    return ledger.merge(accounts, on="account", how="left")


def posted(data: Data, lines: pd.DataFrame, period: Period, *, sign: int = 1) -> Measure:
    """The sum of ledger lines in a period, in money; not known when nobody kept the books in it."""
    if not recorded(data, [period]):
        return Measure.unknown(f"no ledger entry in {period.label}")
    return Measure.total(in_period(lines, "date", period), "amount", sign=sign)


@remembered
def services_ended(data: Data, period: Period) -> pd.DataFrame:
    """Bookings not cancelled whose service ended in a period; `earned` is the price less what was given back."""
    rows = data.table("bookings", ["booking", "entity", "ends_on", "quantity", "price", "refund", "cancelled_on"])
    rows = in_period(rows[rows["cancelled_on"].isna()], "ends_on", period)
    return rows.assign(earned=rows["price"] - rows["refund"].fillna(0.0))


def each_day(frame: pd.DataFrame, first: str, last: str, period: Period) -> pd.DataFrame:
    """Each row once for every day from `first` to `last`, both included, that lies in a period; `day` is that day."""
    frame, opening, closing = frame.reset_index(drop=True), pd.Timestamp(period.start), pd.Timestamp(period.end)
    start = frame[first].mask(frame[first] < opening, opening)
    length = (frame[last].mask(frame[last] > closing, closing) - start).dt.days + 1
    rows = frame.loc[frame.index.repeat(length.fillna(0).clip(lower=0).astype(int))]
    passed = pd.to_timedelta(rows.groupby(level=0).cumcount(), unit="D")
    return rows.assign(day=start.loc[rows.index] + passed).reset_index(drop=True)


def records(frame: pd.DataFrame) -> Iterable[Any]:
    """The rows as named tuples, whose fields carry the columns' own types: `row.amount`."""
    return frame.itertuples(index=False)
