"""FOCUS exports become costs by service and day, or say exactly what they lack."""

from __future__ import annotations

import csv
import gzip
import io
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from quarterdeck.model.errors import QuarterdeckError

from .feeds import FILES, clients_of, collect

HEADER = ("BilledCost", "ServiceName", "ChargePeriodStart", "BillingCurrency", "Tags")


def _export(*charges: tuple[str, ...]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([HEADER, *charges])
    return text.getvalue()


def _charge(cost: str = "1", service: str = "Amazon S3", start: str = "2026-10-01T23:00:00Z") -> tuple[str, ...]:
    return (cost, service, start, "USD", '{"team": "a, b"}')


def test_public_export_adds_up() -> None:
    """The specification's own example: what was billed on the day on which its period begins, and nothing for usage."""
    rows = collect("focus", folder=str(FILES), pattern="focus-savings-plan.csv")["cloud_costs"]
    assert rows == [{"date": "2026-02-01", "service": "Amazon Elastic Compute Cloud", "amount": "131444.4500"}]


def test_public_export_without_services_says_so() -> None:
    """What a file lacks is named, column by column."""
    with pytest.raises(QuarterdeckError, match=r"focus-without-services\.csv: lacks ServiceName, BillingCurrency\."):
        collect("focus", folder=str(FILES), pattern="focus-without-services.csv")


def test_files_of_a_bucket_add_up(moto: str) -> None:
    """Packed parts of an export, credits among them, are one sum for each service and day."""
    s3 = clients_of(moto)("s3")
    s3.create_bucket(Bucket="bills", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for part in range(5):
        charges = [_charge("0.1234567"), _charge("-0.1"), _charge("2", "AWS Lambda", f"2026-10-0{part + 1}T00:00:00Z")]
        key = f"focus/data/BILLING_PERIOD=2026-10/part-{part}.csv.gz"
        s3.put_object(Bucket="bills", Key=key, Body=gzip.compress(_export(*charges * 100).encode()))
    place = {"bucket": "bills", "prefix": "focus/data/", "pattern": "**/*.csv.gz"}
    rows = collect("focus", clients_of(moto), **place)["cloud_costs"]
    told = {(row["service"], row["date"]): Decimal(row["amount"]) for row in rows}
    assert told == {
        ("Amazon S3", "2026-10-01"): Decimal("11.7284"),
        **{("AWS Lambda", f"2026-10-0{day}"): Decimal(200) for day in range(1, 6)},
    }


@pytest.mark.parametrize("name", ["part-0.snappy.parquet", "part-1.parquet"])
def test_a_parquet_export_adds_up_to_what_its_csv_does(tmp_path: Path, name: str) -> None:
    """With times, numbers and tags of their own types; a charge of nothing is no charge that lacks."""
    arrow = pytest.importorskip("pyarrow", reason="pip install pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pip install pyarrow")
    charges = [_charge("0.1234567"), _charge("-0.1"), _charge("0"), _charge("7", "")]
    (tmp_path / "part.csv").write_text(_export(*charges * 50))
    costs, services, *_ = zip(*charges * 50, strict=True)
    columns = {
        "BilledCost": [float(cost) for cost in costs], "ServiceName": [service or None for service in services],
        "ChargePeriodStart": [datetime(2026, 10, 1, 23, tzinfo=UTC)] * 200, "BillingCurrency": ["USD"] * 200,
        "Tags": [[("team", "a, b")]] * 200,
    }  # fmt: skip
    types = {"Tags": arrow.map_(arrow.string(), arrow.string())}
    parquet.write_table(
        arrow.table({key: arrow.array(values, types.get(key)) for key, values in columns.items()}), tmp_path / name
    )
    told = [collect("focus", root=tmp_path, folder=".", pattern=each)["cloud_costs"] for each in ("*.csv", "*.parquet")]
    assert told[0] == told[1] and len(told[0]) == 2
    parquet.write_table(arrow.table({"BilledCost": [1.0]}), tmp_path / name)
    with pytest.raises(QuarterdeckError, match=f"{name}: lacks ChargePeriodStart, ServiceName, BillingCurrency"):
        collect("focus", root=tmp_path, folder=".", pattern="*.parquet")


@pytest.mark.parametrize(
    ("charge", "said"),
    [
        (_charge(cost="NULL"), r"bill\.csv, row 3: found .*'NULL'.*Expected a day in ChargePeriodStart and an amount"),
        (_charge(cost="Infinity"), "row 3: found 'Infinity'"),
        (_charge(start="01/10/2026"), "row 3: found '01/10/2026'"),
        ((*_charge()[:3], "EUR", ""), "row 3, column BillingCurrency: is in 'EUR', not in USD"),
    ],
)
def test_charge_that_is_none_is_named(tmp_path: Path, charge: tuple[str, ...], said: str) -> None:
    """File, row and what was found."""
    (tmp_path / "bill.csv").write_text(_export(_charge(), charge))
    with pytest.raises(QuarterdeckError, match=said):
        collect("focus", root=tmp_path, folder=".", pattern="*.csv")
