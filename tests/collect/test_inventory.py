"""A messy account becomes a list of assets."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from publish.bucket import _distribution
from quarterdeck.model.errors import QuarterdeckError

from .feeds import clients_of, collect


def test_every_thing_of_a_messy_account_is_an_asset(moto: str) -> None:
    """Over pages, of six services, each with its entity; no account's number is told."""
    plain, slowed = clients_of(moto), clients_of(moto, throttled=1)
    for number in range(120):
        plain("dynamodb").create_table(
            TableName=f"table-{number:03}", BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        )  # fmt: skip
    for name in ("booking-photos", "cdk-assets-123456789012-eu-west-1", "cdk-assets-210987654321-eu-west-1"):
        plain("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    plain("cloudfront").create_distribution(DistributionConfig={**_distribution("booking-photos"), "Enabled": False})
    for number in range(3):
        plain("route53").create_hosted_zone(Name=f"booking{number}.example.com", CallerReference=str(number))
    for number in range(7):
        plain("ec2").create_security_group(GroupName=f"web-{number}", Description="web")

    def clients(service: str, region: str = "") -> Any:
        return (slowed if service == "dynamodb" else plain)(service, region)

    rows = collect(
        "inventory", clients, entity="jada", entities={"booking*.example.com": "queen", "booking-*": "queen"}
    )["assets"]
    assert Counter(row["kind"] for row in rows) == {
        "database": 120, "bucket": 3, "distribution": 1, "zone": 3, "security group": 8,  # and the default one
    }  # fmt: skip
    assert {row["name"] for row in rows if row["entity"] == "queen"} == {
        "booking-photos", "booking0.example.com", "booking1.example.com", "booking2.example.com",
    }  # fmt: skip
    assert "123456789012" not in str(rows)
    ids = [row["asset"] for row in rows if row["kind"] == "bucket" and row["entity"] == "jada"]
    assert len({*ids}) == 2 and all(re.fullmatch("s3/cdk-assets-account-eu-west-1/[0-9a-f]{6}", id) for id in ids)
    assert [row["status"] for row in rows if row["kind"] == "distribution"] == ["idle"]
    assert len({row["asset"] for row in rows}) == len(rows)


def test_unreachable_service_is_told() -> None:
    """Who cannot reach AWS is told so in a line, and gets no half list."""
    with pytest.raises(QuarterdeckError, match="AWS, list_functions: gave no answer"):
        collect("inventory", clients_of("http://127.0.0.1:9", attempts=1), entity="jada")
