"""A bucket of exports: every object is read once, page after page, through throttling, in little memory."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from deliver.aws import KEYS, serving
from quarterdeck.collect.config import policy
from quarterdeck.report.data import Data

from .conftest import Company

LOGS = {
    "source": "files", "name": "logs", "bucket": "logs", "prefix": "app/", "pattern": "**/*.jsonl.gz",
    "table": "events", "columns": {"event": "#", "at": "time", "bytes": "size"}, "region": "eu-west-1",
}  # fmt: skip


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The address of a server that stands for S3."""
    with serving() as at:
        yield at


class Clients:
    """Clients of that server; the first answers to each operation may be that there is too much asked."""

    def __init__(self, address: str, busy: int = 0) -> None:
        self.address, self.busy, self.opened = address, busy, list[tuple[str, str]]()

    def __call__(self, service: str, region: str = "") -> Any:
        self.opened.append((service, region))
        retries = Config(retries={"total_max_attempts": 10, "mode": "standard"})
        place = region or "eu-west-1"
        made = boto3.client(service, region_name=place, endpoint_url=self.address, config=retries, **KEYS)
        made.meta.events.register("before-send.s3", self._send)
        return made

    def _send(self, **_: Any) -> Any:
        from botocore.awsrequest import AWSResponse
        from botocore.compat import HTTPHeaders

        if self.busy <= 0:
            return None
        self.busy -= 1

        class Raw:
            def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
                yield b"<Error><Code>SlowDown</Code><Message>Reduce your request rate</Message></Error>"

        return AWSResponse("", 503, HTTPHeaders(), Raw())


@pytest.mark.slow
def test_a_thousand_compressed_logs_add_up(company: Company, address: str) -> None:
    """20,000 events in 1,001 objects, of which others lie beside them; two refusals are waited out."""
    client = boto3.client("s3", region_name="eu-west-1", endpoint_url=address, **KEYS)
    client.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    for number in range(1001):
        lines = [f'{{"time": "2026-11-0{1 + n % 9}T01:00:00Z", "size": {number + n}}}\n' for n in range(20)]
        body = gzip.compress("".join(lines).encode())
        client.put_object(Bucket="logs", Key=f"app/2026/{number:04}.jsonl.gz", Body=body)
    client.put_object(Bucket="logs", Key="app/../../etc/x.jsonl.gz.bak", Body=b"no log")
    clients = Clients(address, busy=2)
    (taken,) = company.collect(9, LOGS, clients=clients)
    assert taken.rows == {"events": 20_020} and clients.busy == 0, taken.said
    assert clients.opened[0] == ("s3", "eu-west-1")
    made = Data(company.data).table("events")
    assert made["bytes"].astype(int).sum() == sum(n + m for n in range(1001) for m in range(20))
    assert made["event"].iloc[0] == "logs/2026/0000.jsonl.gz:1" and made["event"].is_unique


@pytest.mark.parametrize(
    ("bucket", "said"), [("nobucket", "bucket nobucket: is not there"), ("empty", "holds no file")]
)
def test_a_bucket_that_gives_nothing_is_said(company: Company, address: str, bucket: str, said: str) -> None:
    """It is missing, or nothing in it has such a name; the message names it."""
    client = boto3.client("s3", region_name="eu-west-1", endpoint_url=address, **KEYS)
    client.create_bucket(Bucket="empty", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client.delete_bucket(Bucket="empty") if bucket != "empty" else None
    (taken,) = company.collect(9, {**LOGS, "bucket": bucket}, clients=Clients(address))
    assert taken.state == "failed" and said in taken.said


def test_the_policy_is_the_least_that_the_sources_need(company: Company, tmp_path: Path) -> None:
    """Reading one prefix of one bucket; of a folder, nothing."""
    import json

    folder = {**LOGS, "name": "local", "bucket": "", "prefix": "", "folder": "."}
    made = json.loads(policy(company.sources(LOGS, folder)))
    assert made["Statement"] == [
        {"Sid": "LogsN0", "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::logs"],
         "Condition": {"StringLike": {"s3:prefix": "app/*"}}},
        {"Sid": "LogsN1", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::logs/app/*"]},
        {"Sid": "AccountAliasN2", "Effect": "Allow", "Action": ["iam:ListAccountAliases"], "Resource": ["*"]},
    ]  # fmt: skip
    assert json.loads(policy(company.sources(folder)))["Statement"] == []
