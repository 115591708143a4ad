"""What the entities own, what it earns, and who owns the entities."""

from __future__ import annotations

from dataclasses import replace
from itertools import compress
from typing import TYPE_CHECKING

import pandas as pd

from ..measure import Measure
from .common import entity_names, in_period, year

if TYPE_CHECKING:
    from ...model.period import Period
    from ..data import Data


def inventory(data: Data, period: Period) -> pd.DataFrame:
    """Everything that was owned or operated when the period ended, and what each asset earned.

    Columns: `entity` (name), `asset` (name), `kind`, `status`, `size`, `value`, `earned`: the price, less refunds, of
    bookings that used the asset, not cancelled, whose service ended in the last twelve months. It is missing where
    no booking ever named the asset: nobody knows what it earns.
    """
    owned = _owned(data, period)
    bookings = data.table("bookings", ["asset", "ends_on", "price", "refund", "cancelled_on"])
    bookings = bookings[bookings["cancelled_on"].isna()]
    served = in_period(bookings, "ends_on", year(period))
    net = (served["price"] - served["refund"].fillna(0.0)).reindex(bookings.index)
    earned = owned["asset"].map(net.groupby(bookings["asset"]).sum())
    shown = owned.assign(entity=owned["entity"].map(entity_names(data)), asset=owned["name"], earned=earned)
    shown = shown[["entity", "asset", "kind", "status", "size", "value", "earned"]]
    return shown.sort_values(["earned", "value", "asset"], ascending=[False, False, True], ignore_index=True)


def inventory_by_kind(data: Data, period: Period) -> pd.DataFrame:
    """The inventory in one row for each entity and kind. Columns: `entity`, `kind`, `assets`, `value`, `earned`."""
    grouped = inventory(data, period).groupby(["entity", "kind"])
    made = grouped[["value", "earned"]].sum(min_count=1)
    made.insert(0, "assets", grouped.size())
    order = ["value", "entity", "kind"]
    return made.reset_index().sort_values(order, ascending=[False, True, True], ignore_index=True)


def asset_value(data: Data, period: Period) -> Measure:
    """Estimated value of what was owned when the period ended; assets without an estimate are left out."""
    valued = _owned(data, period).dropna(subset="value")
    return Measure.total(valued, "value") if len(valued) else Measure.unknown("no asset has an estimated value")


def _owned(data: Data, period: Period) -> pd.DataFrame:
    assets = data.table("assets", ["asset", "entity", "name", "kind", "acquired_on", "value", "size", "status"])
    later = assets["acquired_on"] > period.end.isoformat()
    return assets[~later & ~assets["status"].isin(["sold", "planned"])]


def equity_register(data: Data) -> pd.DataFrame:
    """Who claims what of each entity, and what is doubtful about each claim.

    Columns: `entity` (id), `holder`, `share`, `source`, `document`, `issue`. A claim is `conflicting` when sources give
    its holder different shares, `undocumented` when no signed document is named. Where neither explains that the
    holders (each at the largest claim) claim more than the whole, all of the entity's claims are `over 100%`.
    """
    stakes = data.table("equity", ["stake", "entity", "holder", "share", "source", "document"])
    holders = stakes.groupby(["entity", "holder"])["share"]
    different = holders.transform("max") - holders.transform("min") > 0.0005
    undocumented = stakes["document"].isna()
    explained = stakes["entity"].isin(stakes.loc[different | undocumented, "entity"])
    claimed = stakes["entity"].map(holders.max().groupby("entity").sum())
    flags = {"conflicting": different, "over 100%": (claimed > 1.0005) & ~explained, "undocumented": undocumented}
    issues = [", ".join(compress(flags, row)) for row in zip(*flags.values(), strict=True)]
    return stakes.assign(issue=issues).sort_values(["entity", "holder", "source", "stake"], ignore_index=True)


def stakes_in_doubt(data: Data, period: Period) -> Measure:
    """How many claims of equity are undocumented, conflicting, or over the whole; the same in every period.

    The note says of which entities, the most first.
    """
    register = equity_register(data)
    if not len(register):
        return Measure.unknown("no stake is recorded")
    doubtful, names = register[register["issue"] != ""], entity_names(data)
    counts = doubtful["entity"].map(names).value_counts().sort_index().sort_values(ascending=False, kind="stable")
    return replace(Measure.total(doubtful), note=", ".join(f"{name} {count}" for name, count in counts.items()))
