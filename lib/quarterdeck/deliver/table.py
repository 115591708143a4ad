"""A table of DynamoDB: made once, its items read and written as plain values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

from .aws import asking

MAKE = "Make it with `quarterdeck tables`, or set the name and region of the one there is"
Item = Mapping[str, str | float]


class Table:
    """A table over a low-level client of boto3; every method raises QuarterdeckError for what AWS refuses."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self.name = client, name

    def make(self, keys: tuple[str, str], indexes: Mapping[str, tuple[str, str]], expires: str = "") -> bool:
        """Make the table and wait until it can be used, unless it is there; says whether it was made.

        It is paid by request and encrypted by AWS; an index holds whole items under other keys. AWS deletes items after
        the Unix time in their attribute `expires`.
        """
        found = [
            {"IndexName": name, "KeySchema": _schema(pair), "Projection": {"ProjectionType": "ALL"}}
            for name, pair in indexes.items()
        ]
        texts = dict.fromkeys(it for pair in (keys, *indexes.values()) for it in pair)
        with self._asking():
            try:
                self._client.create_table(
                    TableName=self.name,
                    BillingMode="PAY_PER_REQUEST",
                    AttributeDefinitions=[{"AttributeName": it, "AttributeType": "S"} for it in texts],
                    KeySchema=_schema(keys),
                    **({"GlobalSecondaryIndexes": found} if found else {}),
                )
            except self._client.exceptions.ResourceInUseException:
                return False
            self._client.get_waiter("table_exists").wait(TableName=self.name)
            if expires:
                living = {"Enabled": True, "AttributeName": expires}
                self._client.update_time_to_live(TableName=self.name, TimeToLiveSpecification=living)
        return True

    def get(self, key: Item) -> dict[str, str]:
        """An item as last written, empty without one; numbers as text."""
        with self._asking():
            answer = self._client.get_item(TableName=self.name, Key=_typed(key), ConsistentRead=True)
        return _plain(answer.get("Item", {}))

    def query(self, partition: str, value: str, **options: Any) -> Iterator[dict[str, str]]:
        """The items of a partition, page after page."""
        asked = {"KeyConditionExpression": f"{partition} = :it", "ExpressionAttributeValues": _typed({":it": value})}
        return self._pages("query", **asked, **options)

    def scan(self) -> Iterator[dict[str, str]]:
        """Every item."""
        return self._pages("scan", ConsistentRead=True)

    def write(self, key: Item, changes: Item, condition: str, asked: Item, stamp: str = "write") -> bool:
        """Change attributes of an item, or make it, under a condition; says whether it held.

        The SDK repeats a call whose answer was lost, and the repeated one fails because of what the first one did:
        so every call leaves a stamp, and one that fails over its own has been done.
        """
        changes = {**changes, stamp: uuid4().hex}
        names, values = {*changes, *re.findall(r"#(\w+)", condition)}, {**changes, **asked}
        with self._asking():
            try:
                self._client.update_item(
                    TableName=self.name,
                    Key=_typed(key),
                    UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
                    ConditionExpression=condition,
                    ExpressionAttributeNames={f"#{name}": name for name in names},
                    ExpressionAttributeValues=_typed({f":{name}": value for name, value in values.items()}),
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as err:
                return _plain(err.response.get("Item", {})).get(stamp) == changes[stamp]
        return True

    def count(self, key: Item, changes: Item) -> int:
        """Add one to an item's `count`, or make it, and change attributes; the number after.

        A call that the SDK repeats may count twice.
        """
        names = {"#count": "count", **{f"#{name}": name for name in changes}}
        sets = "".join(f", #{name} = :{name}" for name in changes).removeprefix(",")
        with self._asking():
            answer = self._client.update_item(
                TableName=self.name,
                Key=_typed(key),
                UpdateExpression=f"ADD #count :one SET{sets}",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=_typed({":one": 1, **{f":{name}": it for name, it in changes.items()}}),
                ReturnValues="UPDATED_NEW",
            )
        return int(_plain(answer["Attributes"])["count"])

    def put(self, item: Item) -> None:
        """Write an item, whatever was there."""
        with self._asking():
            self._client.put_item(TableName=self.name, Item=_typed(item))

    def delete(self, key: Item) -> None:
        """Take an item away."""
        with self._asking():
            self._client.delete_item(TableName=self.name, Key=_typed(key))

    def _pages(self, operation: str, **options: Any) -> Iterator[dict[str, str]]:
        with self._asking():
            for page in self._client.get_paginator(operation).paginate(TableName=self.name, **options):
                yield from map(_plain, page["Items"])

    def _asking(self) -> AbstractContextManager[None]:
        return asking(f"table {self.name}", MAKE)


def _schema(pair: tuple[str, str]) -> list[dict[str, str]]:
    return [{"AttributeName": it, "KeyType": kind} for it, kind in zip(pair, ("HASH", "RANGE"), strict=True)]


def _typed(values: Item) -> dict[str, dict[str, str]]:
    return {name: {"S": it} if isinstance(it, str) else {"N": str(it)} for name, it in values.items()}


def _plain(item: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    return {name: str(value) for name, typed in item.items() for value in typed.values()}
