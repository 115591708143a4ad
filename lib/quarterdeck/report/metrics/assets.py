"""What the entities own, what it earns, and who owns the entities."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.period import Period
from ..measure import Measure
from .common import entity_names, months

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data


def inventory(data: Data, period: Period, count: int = 12) -> pd.DataFrame:
    """Everything that was owned or operated when the period ended, and what each asset earned.

    Columns: `entity` (name), `asset` (name), `kind`, `status`, `size`, `value`, `earned`: the price, less refunds, of
    bookings that used the asset, not cancelled, whose service ended in the last `count` months. It is missing where
    no booking ever named the asset: nobody knows what it earns.
    """
    owned = _owned(data, period)
    bookings = data.table("bookings", ["asset", "ends_on", "price", "refund", "cancelled_on"])
    bookings = bookings[bookings["asset"].notna() & bookings["cancelled_on"].isna()]
    first = months(period, count)[0].start
    served = bookings["ends_on"].between(first.isoformat(), period.end.isoformat())
    net = (bookings["price"] - bookings["refund"].fillna(0.0)).where(served, 0.0)
    earned = owned["asset"].map(net.groupby(bookings["asset"]).sum())
    shown = owned.assign(entity=owned["entity"].map(entity_names(data)), asset=owned["name"], earned=earned)
    shown = shown[["entity", "asset", "kind", "status", "size", "value", "earned"]]
    return shown.sort_values(["earned", "value", "asset"], ascending=[False, False, True], ignore_index=True)


def inventory_by_kind(data: Data, period: Period, count: int = 12) -> pd.DataFrame:
    """The inventory in one row for each entity and kind. Columns: `entity`, `kind`, `assets`, `value`, `earned`."""
    grouped = inventory(data, period, count).groupby(["entity", "kind"], as_index=False)
    counted = grouped.agg(assets=("asset", "size"))
    sums = grouped[["value", "earned"]].sum(min_count=1)
    order = ["value", "entity", "kind"]
    return counted.merge(sums).sort_values(order, ascending=[False, True, True], ignore_index=True)


def asset_value(data: Data, period: Period) -> Measure:
    """Estimated value of what was owned when the period ended; assets without an estimate are left out."""
    valued = _owned(data, period).dropna(subset=["value"])
    return Measure.total(valued, "value") if len(valued) else Measure.unknown("no asset has an estimated value")


def _owned(data: Data, period: Period) -> pd.DataFrame:
    columns = ["asset", "entity", "name", "kind", "acquired_on", "value", "size", "status"]
    assets = data.table("assets", columns)
    held = assets["acquired_on"].isna() | (assets["acquired_on"] <= period.end.isoformat())
    return assets[held & ~assets["status"].isin(["sold", "planned"])]


def equity_register(data: Data) -> pd.DataFrame:
    """Who claims what of each entity, and what is doubtful about each claim.

    Columns: `entity` (id), `holder`, `share`, `source`, `document`, `issue`. A claim is `conflicting` when sources give
    its holder different shares, `undocumented` when no signed document is named. Where neither explains that the
    holders (each at the largest claim) claim more than the whole, all of the entity's claims are `over 100%`.
    """
    stakes = data.table("equity", ["stake", "entity", "holder", "share", "source", "document"])
    holders = stakes.groupby(["entity", "holder"])["share"]
    different = holders.transform("max") - holders.transform("min") > 0.0005
    largest = holders.max().groupby("entity").sum()
    undocumented = stakes["document"].isna()
    explained = stakes["entity"].isin(stakes.loc[different | undocumented, "entity"])
    over = (stakes["entity"].map(largest) > 1.0005) & ~explained
    flags = {"conflicting": different, "over 100%": over, "undocumented": undocumented}
    issues = [
        ", ".join(name for name, flag in zip(flags, row, strict=True) if flag)
        for row in zip(*flags.values(), strict=True)
    ]
    return stakes.assign(issue=issues).sort_values(["entity", "holder", "source"], ignore_index=True)


def stakes_in_doubt(data: Data, period: Period) -> Measure:
    """How many claims of equity are undocumented, conflicting, or over the whole; the same in every period."""
    register = equity_register(data)
    if not len(register):
        return Measure.unknown("no stake is recorded")
    return Measure.total(register[register["issue"] != ""])
