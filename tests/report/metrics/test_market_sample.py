"""The market's metrics on the sample data: against independent sums, and whatever the order of rows."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from quarterdeck.model.period import Period
from quarterdeck.report.data import Data
from quarterdeck.report.metrics import channels, funnel, lodging, receivables, transport

SAMPLE = Path(__file__).parents[3] / "data"
OCTOBER = Period.parse("2026-10")
METRICS = [
    funnel.enquiries, funnel.conversion, funnel.cac, funnel.churn, channels.live_ota_listings,
    lodging.occupancy, lodging.adr, lodging.revpar, lodging.revenue_per_booking, lodging.lead_time,
    lodging.open_tickets, transport.on_time_rate, transport.revenue_per_mile,
    transport.vessel_utilisation, transport.crew_utilisation, transport.nps,
    receivables.receivables, receivables.dso, receivables.days_to_pay, receivables.money_recoverable,
]  # fmt: skip
pytestmark = pytest.mark.skipif(not (SAMPLE / "ledger.csv").is_file(), reason="the sample data is not there")


@pytest.fixture(scope="module")
def data() -> Data:
    """The sample data as of the end of October 2026, taken as checked."""
    return Data(SAMPLE, as_of=date(2026, 10, 31), trusted=True)


def test_the_campaign_is_worth_ten_to_fifty_thousand(data):
    """Low and high case in the order of the range that the owner gave; nobody is live on a travel agency."""
    low, high = (channels.campaign_outcome(data, OCTOBER, case).value for case in ("low", "high"))
    assert 8_000 < low < 14_000
    assert 40_000 < high < 60_000
    assert channels.live_ota_listings(data, OCTOBER).value == 0


def test_occupancy_agrees_with_a_count_in_plain_python(data):
    """Each night of each stay counted one by one from the CSV."""
    rows = pd.read_csv(SAMPLE / "bookings.csv", dtype=str, keep_default_na=False)
    kinds = pd.read_csv(SAMPLE / "entities.csv", dtype=str, keep_default_na=False)
    lodgings = set(kinds.loc[kinds["kind"] == "lodging", "entity"])
    sold = 0
    for row in rows.to_dict("records"):
        if row["entity"] in lodgings and (not row["cancelled_on"] or row["cancelled_on"] > "2026-10-31"):
            days = pd.date_range(row["starts_on"], row["ends_on"], inclusive="left").strftime("%Y-%m")
            sold += list(days).count("2026-10") if row["booked_on"] <= "2026-10-31" else 0
    assert lodging.occupancy(data, OCTOBER).value == pytest.approx(sold / 31)


def test_receivables_agree_with_invoices_less_payments(data):
    """Everything billed less everything received, without any grouping."""
    invoices, payments = (pd.read_csv(SAMPLE / f"{name}.csv") for name in ("invoices", "payments"))
    billed = invoices.loc[invoices["issued_on"] <= "2026-10-31", "amount"].sum()
    received = payments.loc[payments["paid_on"] <= "2026-10-31", "amount"].sum()
    assert receivables.receivables(data, OCTOBER).value == pytest.approx(billed - received)


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.__name__)
def test_every_figure_resums_from_its_rows(data, metric):
    """Sum, or sum over sum, of the contributions."""
    measure = metric(data, OCTOBER)
    assert measure.value is not None
    sums = measure.rows.groupby("part" if measure.resum == "ratio" else lambda _: "sum")["contribution"].sum()
    value = sums.get("numerator", 0.0) / sums["denominator"] if measure.resum == "ratio" else sums.sum()
    assert value == pytest.approx(measure.value)


def test_the_order_of_rows_changes_nothing(data, tmp_path):
    """Every table reversed gives the same figures."""
    for path in sorted(SAMPLE.glob("*.csv")):
        header, *lines = path.read_text("utf-8").splitlines()
        if any(line.count('"') % 2 for line in lines):
            shutil.copy(path, tmp_path)
        else:
            (tmp_path / path.name).write_text("\n".join([header, *reversed(lines)]) + "\n", "utf-8")
    reversed_data = Data(tmp_path, as_of=date(2026, 10, 31), trusted=True)
    for metric in METRICS:
        assert metric(reversed_data, OCTOBER).value == pytest.approx(metric(data, OCTOBER).value), metric.__name__
