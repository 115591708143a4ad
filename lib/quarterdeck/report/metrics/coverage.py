"""Whether the sales that happened are in the ledger: bookings, invoices and deliveries against posted revenue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ...model.period import Period
from ..measure import Measure
from .common import entity_names, in_period, months

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data

TOLERANCE = 0.02
"""Share of a month's sales that may be missing before it counts as a gap: cut-off and rounding."""


def coverage(data: Data, periods: Sequence[Period]) -> pd.DataFrame:
    """Sales against posted revenue for each entity and period that has either.

    Columns: `entity` (id), `name`, `period`, `sold`, `recorded`, `missing` (zero within the tolerance), `covered`
    (share of sales that is in the ledger, at most 1). `sold` is the price, less refunds, of services that ended,
    invoices issued and deliveries made in the period.
    """
    import pandas as pd

    sales, revenue = _sales(data), _revenue(data)
    sums = [
        pd.DataFrame(
            {
                "sold": in_period(sales, "date", period).groupby("entity")["amount"].sum(),
                "recorded": in_period(revenue, "date", period).groupby("entity")["amount"].sum(),
            }
        )
        .assign(period=period.name)
        .rename_axis("entity")
        .reset_index()
        for period in periods
    ]
    cells = pd.concat(sums, ignore_index=True).fillna({"sold": 0.0, "recorded": 0.0}).round({"sold": 2, "recorded": 2})
    cells = cells[(cells["sold"] != 0) | (cells["recorded"] != 0)]
    sold = cells["sold"].clip(lower=0.0)
    inside = cells["recorded"].clip(lower=0.0).clip(upper=sold)
    cells = cells.assign(
        name=cells["entity"].map(entity_names(data)),
        missing=(sold - inside).where(sold - inside > TOLERANCE * sold, 0.0),
        covered=(inside / sold).where(sold > 0),
    )
    columns = ["entity", "name", "period", "sold", "recorded", "missing", "covered"]
    return cells[columns].sort_values(["entity", "period"], ignore_index=True)


def revenue_coverage(data: Data, period: Period) -> Measure:
    """Share of the period's sales that is in the ledger; an entity with more revenue than sales counts as covered."""
    cells = coverage(data, [period])
    cells = cells[cells["sold"] > 0]
    inside = cells.assign(inside=cells["covered"] * cells["sold"])
    return Measure.ratio(inside, "inside", cells, "sold", note="no sale in the period")


def revenue_unrecorded(data: Data, period: Period, count: int = 12) -> Measure:
    """Sales of the last `count` months that are not in the ledger, entity by month."""
    cells = coverage(data, months(period, count))
    if not len(cells):
        return Measure.unknown("neither sales nor revenue")
    return Measure.total(cells[cells["missing"] > 0], "missing")


def _sales(data: Data) -> pd.DataFrame:
    """What was delivered or invoiced: `entity`, `date`, `amount`; reads only what the kinds of entities call for."""
    import pandas as pd

    bookings = data.table("bookings", ["entity", "ends_on", "price", "refund", "cancelled_on"])
    bookings = bookings[bookings["cancelled_on"].isna()]
    bookings = bookings.assign(date=bookings["ends_on"], amount=bookings["price"] - bookings["refund"].fillna(0.0))
    parts, kinds = [bookings], set(data.table("entities", ["kind"])["kind"])
    if "agency" in kinds:
        invoices = data.table("invoices", ["client", "issued_on", "amount"])
        invoices = invoices.merge(data.table("clients", ["client", "entity"]), on="client")
        parts.append(invoices.rename(columns={"issued_on": "date"}))
    if "transport" in kinds:
        deliveries = data.table("deliveries", ["entity", "delivered_on", "price", "stage"])
        deliveries = deliveries[deliveries["delivered_on"].notna() & (deliveries["stage"] != "cancelled")]
        parts.append(deliveries.rename(columns={"delivered_on": "date", "price": "amount"}))
    return pd.concat([part[["entity", "date", "amount"]] for part in parts], ignore_index=True)


def _revenue(data: Data) -> pd.DataFrame:
    """What was posted on accounts of revenue, credit positive: `entity`, `date`, `amount`."""
    accounts = data.table("accounts", ["account", "role"])
    ledger = data.table("ledger", ["date", "entity", "account", "amount"])
    posted = ledger[ledger["account"].isin(accounts.loc[accounts["role"] == "revenue", "account"])]
    return posted.assign(amount=-posted["amount"])
