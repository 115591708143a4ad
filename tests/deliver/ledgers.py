"""Both ledgers, made empty for a test, and deliveries to put into them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

from quarterdeck.deliver.dynamo import EXPIRES, INDEXES, KEYS, TableLedger
from quarterdeck.deliver.ledger import FileLedger
from quarterdeck.deliver.table import Table
from quarterdeck.model.delivery import Delivery, DeliveryKey, recipient_id

NOW = 1_793_000_000.0
AT = "2026-10-26T07:33:20+00:00"


def file_ledger(folder: Path, now: float = NOW) -> FileLedger:
    """The ledger in a folder."""
    return FileLedger(folder / "ledger.sqlite", folder / "keys" / "ledger.key", now)


def dynamo_client(address: str) -> Any:
    """A client of a server that stands for DynamoDB."""
    import boto3  # half a second, which a writer to a file need not wait

    secrets = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    return boto3.session.Session().client("dynamodb", region_name="eu-west-1", endpoint_url=address, **secrets)


def table_ledger(client: Any, now: float = NOW) -> TableLedger:
    """A ledger in a table of its own."""
    name = f"ledger-{uuid4().hex}"
    Table(client, name).make(KEYS, INDEXES, EXPIRES)
    return TableLedger(client, name, now)


def claimed(
    slug: str = "ceo",
    period: str = "2026-10",
    reader: str = "ann@example.com",
    version: int = 1,
    owner: str = "me",
    lease: float = NOW + 600,
    **columns: Any,
) -> Delivery:
    """A row as a sender claims it."""
    key = DeliveryKey(slug, period, recipient_id(reader), version)
    return Delivery(key, "claimed", owner, lease, AT, address=reader, **columns)
