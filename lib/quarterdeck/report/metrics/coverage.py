"""Whether the sales that happened are in the ledger: bookings, invoices and deliveries against posted revenue."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...model.period import Period
from ..data import Data, remembered
from ..measure import Measure
from .common import entities_of, entity_names, in_period, months, postings, services_ended

TOLERANCE = 0.02
"""Share of a month's sales that may be missing before it counts as a gap: cut-off and rounding."""


def coverage(data: Data, periods: Sequence[Period]) -> pd.DataFrame:
    """Sales against posted revenue for each entity and period that has either.

    Columns: `entity` (id), `name`, `period`, `sold`, `recorded`, `missing` (zero within the tolerance), `covered`
    (share of sales that is in the ledger, at most 1). `sold` is the price, less refunds, of services that ended,
    invoices issued and deliveries made in the period.
    """
    sums = {period.name: _sums(data, period) for period in periods}
    cells = pd.concat(sums, names=["period", "entity"]).fillna(0.0).round(2).reset_index()
    cells = cells[(cells["sold"] != 0) | (cells["recorded"] != 0)]
    sold = cells["sold"].clip(lower=0.0)
    inside = cells["recorded"].clip(lower=0.0).clip(upper=sold)
    cells = cells.assign(
        name=cells["entity"].map(entity_names(data)),
        missing=(sold - inside).where(sold - inside > TOLERANCE * sold, 0.0),
        covered=inside / sold,
    )
    columns = ["entity", "name", "period", "sold", "recorded", "missing", "covered"]
    return cells[columns].sort_values(["entity", "period"], ignore_index=True)


def revenue_coverage(data: Data, period: Period) -> Measure:
    """Share of the period's sales that is in the ledger; an entity with more revenue than sales counts as covered."""
    cells = coverage(data, [period])
    cells = cells[cells["sold"] > 0]
    inside = cells.assign(inside=cells["covered"] * cells["sold"])
    return Measure.ratio(inside, "inside", cells, "sold", note="no sale in the period")


def revenue_unrecorded(data: Data, period: Period) -> Measure:
    """Sales of the last 12 months that are not in the ledger, entity by month, in money."""
    cells = coverage(data, months(period, 12))
    if not len(cells):
        return Measure.unknown("neither sales nor revenue")
    return Measure.total(cells[cells["missing"] > 0], "missing")


@remembered
def _sums(data: Data, period: Period) -> pd.DataFrame:
    """By entity what was `sold` in a period and what was `recorded`."""
    lines = postings(data)
    ended = services_ended(data, period).groupby("entity")["earned"].sum()
    billed = in_period(_billed(data), "date", period).groupby("entity")["amount"].sum()
    posted = in_period(lines[lines["role"] == "revenue"], "date", period).groupby("entity")["amount"].sum()
    return pd.DataFrame({"sold": ended.add(billed, fill_value=0.0), "recorded": 0.0 - posted})


@remembered
def _billed(data: Data) -> pd.DataFrame:
    """Invoices and deliveries: `entity`, `date`, `amount`; reads only what the kinds of entities call for."""
    parts = [pd.DataFrame({"entity": [], "date": pd.to_datetime([]), "amount": []})]
    if entities_of(data, "agency"):
        invoices = data.table("invoices", ["client", "issued_on", "amount"])
        invoices = invoices.merge(data.table("clients", ["client", "entity"]), on="client")
        parts.append(invoices.rename(columns={"issued_on": "date"}))
    if entities_of(data, "transport"):
        deliveries = data.table("deliveries", ["entity", "delivered_on", "price", "stage"])
        deliveries = deliveries[deliveries["stage"] != "cancelled"]
        parts.append(deliveries.rename(columns={"delivered_on": "date", "price": "amount"}))
    return pd.concat([part[["entity", "date", "amount"]] for part in parts])
