"""The owner's and engineering's figures on the sample data, against plain loops over the CSV files."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest

from quarterdeck.model.period import Period
from quarterdeck.report import findings
from quarterdeck.report.data import Data
from quarterdeck.report.metrics import assets, cloud, coverage, engineering, kpis, profit

FOLDER = Path(__file__).parents[3] / "data"
OCTOBER = Period.parse("2026-10")
DAY = date(2026, 10, 31)
pytestmark = pytest.mark.skipif(not (FOLDER / "ledger.csv").is_file(), reason="no sample data: run data/generate.py")


def rows(name):
    """The rows of a table as dictionaries of text."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


@pytest.fixture(scope="module")
def data():
    """The sample as of its last day."""
    return Data(FOLDER, as_of=DAY, trusted=True)


def test_counts_that_the_reports_promise(data):
    """Eight shortfalls of eight sorts, nine KPIs, six security gaps and ten actions, each with evidence."""
    worst = findings.shortfalls(findings.everything(data, OCTOBER, DAY))
    assert len({finding.rule for finding in worst}) == 8
    assert {"empty_pipelines", "unrecorded_revenue", "doubtful_stakes", "no_live_ota_listing", "undecided_billing"} <= {
        finding.rule for finding in worst
    }
    assert all(finding.evidence and finding.action and finding.due for finding in worst)
    assert kpis.unmeasured_kpis(data, OCTOBER).value == 9
    assert engineering.security_gaps(data, OCTOBER).value == 6
    assert len(engineering.ranked_actions(data, OCTOBER)) == 10


def test_profit_is_the_sum_of_revenue_and_expense_lines(data):
    """The ledger added up line by line gives net profit, and the entities' profits of twelve months."""
    result = {row["account"] for row in rows("accounts") if row["type"] in ("revenue", "expense")}
    lines = [row for row in rows("ledger") if row["account"] in result]
    october = -sum(float(row["amount"]) for row in lines if row["date"].startswith("2026-10"))
    assert profit.net_profit(data, OCTOBER).value == pytest.approx(october, abs=0.01)
    year = -sum(float(row["amount"]) for row in lines if "2025-11-01" <= row["date"] <= "2026-10-31")
    assert profit.by_entity(data, OCTOBER)["profit"].sum() == pytest.approx(year, abs=0.01)


def test_balance_sheet_balances(data):
    """Assets are equal to liabilities and equity on both days."""
    sheet = profit.balance_sheet(data, OCTOBER)
    for column in ("amount", "previous"):
        sides = sheet.groupby("side")[column].sum()
        assert sides["Assets"] == pytest.approx(sides["Liabilities"] + sides["Equity"], abs=0.01)


def test_only_the_month_that_nobody_recorded_is_a_gap(data):
    """One entity's month has bookings and no revenue: their prices are what is missing."""
    gaps = coverage.coverage(data, OCTOBER.trailing(12))
    gaps = gaps[gaps["missing"] > 0]
    assert len(gaps) == 1
    entity, month = gaps["entity"].iloc[0], gaps["period"].iloc[0]
    sold = sum(
        float(row["price"]) - float(row["refund"] or 0)
        for row in rows("bookings")
        if row["entity"] == entity and row["ends_on"].startswith(month) and not row["cancelled_on"]
    )
    assert gaps["missing"].iloc[0] == pytest.approx(sold, abs=0.01)


def test_assets_cloud_and_releases(data):
    """Sums and shares computed by loops over the files."""
    value = sum(float(row["value"] or 0) for row in rows("assets") if row["status"] in ("in use", "idle"))
    assert assets.asset_value(data, OCTOBER).value == pytest.approx(value)
    cost = sum(float(row["amount"]) for row in rows("cloud_costs") if row["date"].startswith("2026-10"))
    assert cloud.cloud_cost(data, OCTOBER).value == pytest.approx(cost, abs=0.001)
    assert cloud.services(data, OCTOBER)["amount"].sum() == pytest.approx(cost, abs=0.001)
    releases = [row for row in rows("deployments") if row["deployed_on"].startswith("2026-10")]
    failed = sum(row["failed"] == "true" for row in releases)
    assert engineering.change_failure_rate(data, OCTOBER).value == pytest.approx(failed / len(releases))


def test_every_measured_kpi_has_its_actual(data):
    """No KPI of the register that a fact measures lacks a metric of that name, and cloud cost is October's."""
    actual = {row["name"]: kpis.actual(data, OCTOBER, row["measured_by"]) for row in rows("kpis") if row["measured_by"]}
    assert len(actual) == 11 and None not in actual.values()
    cost = sum(float(row["amount"]) for row in rows("cloud_costs") if row["date"].startswith("2026-10"))
    assert actual["Cloud cost"] == pytest.approx(cost, abs=0.001)


def test_open_late_and_done_actions(data):
    """Counted from the file: open ones late or not by their due day, and those done in October."""
    made = kpis.agreed_actions(data, OCTOBER, DAY)["state"].value_counts()
    still = [row for row in rows("actions") if not row["done_on"]]
    late = sum(row["due_on"] < "2026-10-31" for row in still)
    done = sum(row["done_on"].startswith("2026-10") for row in rows("actions"))
    assert (made["late"], made["open"], made["done"]) == (late, len(still) - late, done)


def test_every_finding_has_an_id_of_its_own_whatever_the_scope(data):
    """For the whole business and for each entity alone all rules run, and no id is given twice."""
    for only in (None, *({"entities": [row["entity"]]} for row in rows("entities"))):
        found = findings.everything(Data(FOLDER, as_of=DAY, only=only, trusted=True), OCTOBER, DAY)
        assert len({finding.id for finding in found}) == len(found)
