"""Assets, what they earn and who owns the entities, on small tables whose answers are computed by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.metrics import assets

OCTOBER = Period.parse("2026-10")
TWO = [{"entity": "a", "name": "A & Co"}, {"entity": "b", "name": "B"}]


def asset(name, entity="a", kind="vessel", value="", **more):
    """An asset in use, named after its id."""
    return {"asset": name, "entity": entity, "name": name.title(), "kind": kind, "value": value, "status": "in use",
            **more}  # fmt: skip


def sale(asset, ends, price, **more):
    """A booking of one day."""
    return {"entity": "a", "asset": asset, "ends_on": ends, "price": price, **more}


ASSETS = [
    asset("site", kind="website"), asset("page", kind="website"), asset("sign", kind="website", value=5),
    asset("bus", "b", "vehicle", 40),
    asset("van", "b", "vehicle", 40), asset("car", "b", "vehicle", 60, status="idle"), asset("lot", "b", "yard", 140),
    asset("pier", "a", "yard", 140), asset("boat", value=500, acquired_on="2026-10-31", size=12),
    asset("new", value=8, acquired_on="2026-11-01"), asset("old", value=9, status="sold"),
    asset("next", value=9, status="planned"),
]  # fmt: skip
SALES = [
    sale("boat", "2026-10-31", 100, refund=30), sale("boat", "2025-11-01", 7), sale("boat", "2025-10-31", 1000),
    sale("boat", "2026-10-01", 50, cancelled_on="2026-09-01"), sale("boat", "2026-11-01", 500),
    sale("car", "2024-02-29", 60), sale("van", "2026-02-01", 20), sale("", "2026-02-01", 77),
    sale("bus", "2026-03-01", 10, refund=25),
]  # fmt: skip


def test_an_asset_earns_the_bookings_that_name_it(make_data):
    """Cancelled, older and later bookings do not count, refunds are taken off; an asset never booked is unknown.

    Sold, planned and later assets are not owned; the best earning, then the dearest, then the alphabet come first.
    """
    data = make_data(entities=TWO, assets=ASSETS, bookings=SALES)
    expected = pd.DataFrame(
        [
            ("A & Co", "Boat", "vessel", "in use", 12, 500, 77), ("B", "Van", "vehicle", "in use", None, 40, 20),
            ("B", "Car", "vehicle", "idle", None, 60, 0), ("B", "Bus", "vehicle", "in use", None, 40, -15),
            ("B", "Lot", "yard", "in use", None, 140, None), ("A & Co", "Pier", "yard", "in use", None, 140, None),
            ("A & Co", "Sign", "website", "in use", None, 5, None),
            ("A & Co", "Page", "website", "in use", None, None, None),
            ("A & Co", "Site", "website", "in use", None, None, None),
        ],
        columns=["entity", "asset", "kind", "status", "size", "value", "earned"],
    )  # fmt: skip
    pd.testing.assert_frame_equal(assets.inventory(data, OCTOBER), expected, check_dtype=False)
    assert assets.asset_value(data, OCTOBER).value == 500 + 40 + 40 + 60 + 140 + 140 + 5
    assert assets.asset_value(data, Period.parse("2026-11")).value == 933


def test_what_was_acquired_after_the_as_of_day_is_not_owned_yet(make_data):
    """Known or not, the day of acquisition lies ahead; without a day it is owned."""
    data = make_data(as_of="2026-10-31", entities=TWO, assets=[*ASSETS[-4:], asset("sign", value=5)])
    assert assets.asset_value(data, OCTOBER).value == 505


def test_the_inventory_by_kind_adds_up(make_data):
    """Values and earnings by entity and kind, dearest first; unknown where none of them is known."""
    expected = pd.DataFrame(
        [
            ("A & Co", "vessel", 1, 500, 77), ("A & Co", "yard", 1, 140, None), ("B", "vehicle", 3, 140, 5),
            ("B", "yard", 1, 140, None), ("A & Co", "website", 3, 5, None),
        ],
        columns=["entity", "kind", "assets", "value", "earned"],
    )  # fmt: skip
    made = assets.inventory_by_kind(make_data(entities=TWO, assets=ASSETS, bookings=SALES), OCTOBER)
    pd.testing.assert_frame_equal(made, expected, check_dtype=False)


@pytest.mark.parametrize(
    ("stakes", "issues"),
    [
        ([("a", "Ann", 0.4, "x"), ("a", "Ann", 0.5, "x"), ("a", "Bo", 0.1, "")],
         ["conflicting", "conflicting", "undocumented"]),
        ([("a", "Ann", 0.4, ""), ("a", "Ann", 0.9, "x"), ("a", "Bo", 0.6, "x")],
         ["conflicting, undocumented", "conflicting", ""]),
        ([("a", "Ann", 1, "x"), ("a", "Bo", 0.5, "x"), ("b", "Cy", 1, "x")], ["over 100%", "over 100%", ""]),
        ([("a", "Ann", 1, "x"), ("a", "Bo", 0.5, "")], ["", "undocumented"]),
        ([("a", "Ann", 0.3334, "x"), ("a", "Bo", 0.3335, "x"), ("a", "Cy", 0.3335, "x")], ["", "", ""]),
        ([("a", "Ann", 0.5, "x"), ("a", "Ann", 0.5004, "x")], ["", ""]),
    ],
)  # fmt: skip
def test_the_equity_register_names_what_is_doubtful(make_data, stakes, issues):
    """Shares that differ by source conflict, no paper is undocumented; over the whole only if neither explains it.

    Rounding to a tenth of a percent is no conflict; a holder counts at its largest claim.
    """
    rows = [
        {"entity": entity, "holder": holder, "share": share, "document": paper, "stake": f"{n}", "source": "s"}
        for n, (entity, holder, share, paper) in enumerate(stakes)
    ]
    data = make_data(entities=TWO, equity=rows[::-1])
    expected = pd.DataFrame([(*row[:3], issue) for row, issue in zip(stakes, issues, strict=True)])
    made = assets.equity_register(data)[["entity", "holder", "share", "issue"]]
    pd.testing.assert_frame_equal(made, expected.set_axis(made.columns, axis=1), check_dtype=False)
    assert assets.stakes_in_doubt(data, OCTOBER).value == sum(issue != "" for issue in issues)


def test_nothing_is_known_without_tables(make_data):
    """No stake, no value: said, never zero."""
    data = make_data(entities=TWO, assets=[asset("site")])
    assert assets.asset_value(data, OCTOBER).note == "no asset has an estimated value"
    assert assets.stakes_in_doubt(data, OCTOBER).note == "no stake is recorded"
    data = make_data(entities=TWO, assets=[])
    for table in (assets.inventory(data, OCTOBER), assets.inventory_by_kind(data, OCTOBER)):
        assert not len(table)
    assert not len(assets.equity_register(data))
