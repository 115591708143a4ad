"""Items of a single-table design become rows, however many there are."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from quarterdeck.collect.config import Source, module_of
from quarterdeck.model.errors import QuarterdeckError

from .feeds import DAY, FILES, clients_of, collect

BOOKING = {
    "table": "bookings",
    "where": {"PK": "CHARTER#*"},
    "columns": {
        "booking": "id", "customer": "guest.name", "booked_on": "at", "starts_on": "day", "ends_on": "day",
        "quantity": "units", "price": "price", "deposit": "deposit",
    },
    "constants": {"entity": "jada"},
}  # fmt: skip
CREW = {
    "table": "crew_days",
    "where": {"PK": "CHARTER#*", "SK": "CREW#*"},
    "columns": {"assignment": ["PK", "SK"], "delivery": "id", "person": "who", "starts_on": "day", "ends_on": "day"},
}
REVENUE = {
    "table": "targets",
    "where": {"PK": "REVENUE"},
    "columns": {"month": "SK", "amount": "amount"},
    "constants": {"entity": "jada", "measure": "revenue"},
}


def _table(address: str, items: Any, count: int) -> str:
    """A table with these items; returns its name."""
    name, client = f"app-{uuid4().hex[:8]}", clients_of(address)("dynamodb")
    client.create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in ("PK", "SK")],
    )  # fmt: skip

    def put(first: int) -> None:
        wanted = [{"PutRequest": {"Item": items(number)}} for number in range(first, min(first + 25, count))]
        assert not client.batch_write_item(RequestItems={name: wanted})["UnprocessedItems"]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(0, count, 25)))
    return name


def _charter(number: int) -> dict[str, Any]:
    return {
        "PK": {"S": f"CHARTER#{number}"}, "SK": {"S": "A"}, "id": {"S": f"C-{number}"}, "price": {"N": "1250.50"},
        "deposit": {"N": "1E+2"}, "units": {"N": "1"}, "guest": {"M": {"name": {"S": "Ana 'Süß'"}}},
        "at": {"S": "2026-03-01T23:30:00Z"}, "day": {"S": "2026-04-01"}, "tags": {"SS": ["b", "a"]},
    }  # fmt: skip


def _mixed(number: int) -> dict[str, Any]:
    if number % 3 == 0:
        return _charter(number)
    if number % 3 == 1:
        crew = {"who": {"S": "Theo"}, "id": {"S": "D-1"}, "day": {"S": "2026-04-01"}}
        return {"PK": {"S": f"CHARTER#{number}"}, "SK": {"S": "CREW#1"}, **crew}
    month = {"S": f"{2000 + number // 36}-{number // 3 % 12 + 1:02}"}
    return {"PK": {"S": "REVENUE"}, "SK": month, "amount": {"N": "10.25"}}


def test_kinds_that_stand_together_part_into_tables(moto: str) -> None:
    """Each item goes where its keys say, over many pages, though throttled at first."""
    name, booking = _table(moto, _mixed, 3000), {**BOOKING, "where": {"PK": "CHARTER#*", "SK": "A"}}
    found = collect("dynamodb", clients_of(moto, throttled=1), table=name, take=[booking, CREW, REVENUE])
    assert {table: len(rows) for table, rows in found.items()} == dict.fromkeys(found, 1000) and len(found) == 3
    assert sum(Decimal(row["amount"]) for row in found["targets"]) == Decimal("10250.00")
    row = next(row for row in found["bookings"] if row["booking"] == "C-9")
    assert (row["customer"], row["booked_on"], row["entity"]) == ("Ana 'Süß'", "2026-03-01", "jada")
    assert (Decimal(row["price"]), Decimal(row["deposit"])) == (Decimal("1250.50"), 100)
    assert {row["assignment"] for row in found["crew_days"]} >= {"CHARTER#1-CREW#1"}


def test_query_reads_one_partition(moto: str) -> None:
    """By partition key, and by how the sort key begins; nothing else is read."""
    name = _table(moto, _mixed, 600)
    asked = {"table": name, "take": [REVENUE], "query": {"PK": "REVENUE", "SK": "2003-"}}
    rows = collect("dynamodb", clients_of(moto), **asked)["targets"]
    assert [row["month"] for row in rows] == [f"2003-{month:02}" for month in range(1, 13)]


def test_value_that_is_none_names_the_item(moto: str) -> None:
    """Who must mend it can find it."""
    name = _table(moto, lambda number: _charter(number) | {"price": {"S": "plenty"}}, 1)
    with pytest.raises(QuarterdeckError, match=r"app-\w+ CHARTER#0, row 1, column price: 'plenty' is no number"):
        collect("dynamodb", clients_of(moto), table=name, take=[BOOKING])


def test_table_that_is_not_there_is_told(moto: str) -> None:
    """A wrong name or region is one line."""
    with pytest.raises(QuarterdeckError, match=r"table nowhere: is not there\. See that the names"):
        collect("dynamodb", clients_of(moto), table="nowhere", take=[BOOKING])


@pytest.mark.parametrize(("query", "action"), [({}, "dynamodb:Scan"), ({"PK": "REVENUE"}, "dynamodb:Query")])
def test_leave_is_asked_for_what_is_done_alone(query: dict[str, str], action: str) -> None:
    """One action, on one table, or one index of it."""
    module = module_of("dynamodb")
    keys: dict[str, Any] = {"source": "dynamodb", "name": "x", "region": "eu-west-1", "table": "app", "take": [BOOKING]}
    config: Source = module.Config(**keys, query=query, index="by-day")
    assert module.actions(config) == (action,)
    assert module.resources(config) == ("arn:aws:dynamodb:eu-west-1:*:table/app/index/by-day",)


@pytest.mark.slow
def test_hundred_thousand_items_in_flat_memory(ministack: str) -> None:
    """The total is what was put in, and what is read last needs no more memory than what was read first."""
    name, module = _table(ministack, _charter, 100_000), module_of("dynamodb")
    config = module.Config(source="dynamodb", name="x", table=name, take=[BOOKING])
    used, count, total = [], 0, Decimal(0)
    for count, (_, row) in enumerate(module.rows(config, clients_of(ministack), FILES, DAY), 1):
        total += Decimal(row["price"])
        used += [_resident()] if count % 1000 == 0 else []
    assert (count, total) == (100_000, 100_000 * Decimal("1250.50"))
    assert max(used) - max(used[:25]) < 30_000_000, [size // 1_000_000 for size in used]


def _resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
