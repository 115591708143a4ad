"""The ledger as a table of DynamoDB, for senders that share no disk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

from ..model.delivery import FEEDBACK, Delivery, DeliveryKey, Ledger, State
from .aws import MAKE, asking
from .ledger import COLUMNS, FOREVER, to_columns, to_delivery

INDEX = "by-report"
EXPIRES = "expires"
"""The attribute that the table's time to live goes by; that is set up beside `table_definition`."""


def table_definition(name: str) -> dict[str, Any]:
    """The table, as arguments of `create_table`: paid by request, encrypted by AWS, rows of a report by an index."""

    def keyed(partition: str, sort: str) -> list[dict[str, str]]:
        return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]

    projection = {"ProjectionType": "ALL"}
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": it, "AttributeType": "S"} for it in ("pk", "sk", "report", "line")],
        "KeySchema": keyed("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {"IndexName": INDEX, "KeySchema": keyed("report", "line"), "Projection": projection}
        ],
    }


class TableLedger(Ledger):
    """The ledger in a table made by `table_definition`, over a low-level client of boto3.

    What is written expires `days` after `now` (a Unix time).
    """

    def __init__(self, client: Any, table: str, now: float, days: int = 730) -> None:
        self._client, self._table, self._expires = client, table, int(now) + days * 86400

    def claim(self, delivery: Delivery, now: float, *, retry: bool = False) -> bool:
        """One conditional write, so of two senders one wins."""
        key = delivery.key
        index = {"report": f"{key.slug}/{key.period}", "line": f"{key.recipient}#{key.version:06}"}
        free = "attribute_not_exists(pk) OR (#state = :claimed AND #lease < :now) OR #state = :again"
        asked: dict[str, Any] = {"claimed": "claimed", "now": now, "again": "failed" if retry else ""}
        return self._write(_place(key), {**to_columns(delivery), **index, EXPIRES: self._expires}, free, asked)

    def advance(self, key: DeliveryKey, to: State, *, was: tuple[State, ...], owner: str = "", **columns: Any) -> bool:
        """One conditional write."""
        asked: dict[str, str] = {f"was{number}": state for number, state in enumerate(was)}
        condition = f"#state IN ({', '.join(f':{name}' for name in asked)})"
        if owner:
            condition, asked = f"{condition} AND #owner = :me", {**asked, "me": owner}
        return self._write(_place(key), {**columns, "state": to, EXPIRES: self._expires}, condition, asked)

    def get(self, key: DeliveryKey) -> Delivery | None:
        """The row, or None."""
        item = self._item(_place(key))
        return _delivery(item) if item else None

    def of_report(self, slug: str, period: str) -> Iterator[Delivery]:
        """The report's rows, by the index."""
        return self._pages("query", ("report", f"{slug}/{period}"), IndexName=INDEX)

    def last_sent(self, slug: str, recipient: str) -> Delivery | None:
        """The newest by `at`."""
        rows = self._pages("query", ("pk", f"{slug}#{recipient}"), ConsistentRead=True)
        sent = (delivery for delivery in rows if delivery.state == "sent")
        return max(sent, key=lambda delivery: (delivery.at, delivery.key), default=None)

    def note(self, key: DeliveryKey, feedback: str, at: str) -> bool:
        """One conditional write of an empty column, with a stamp of its own: it may cross an `advance`."""
        assert feedback in FEEDBACK
        changes = {feedback: at, EXPIRES: self._expires}
        return self._write(_place(key), changes, f"#{feedback} = :empty", {"empty": ""}, stamp=f"{feedback}_write")

    def rows(self) -> Iterator[Delivery]:
        """Every row, by a scan of the table."""
        return self._pages("scan", ConsistentRead=True)

    def mark(self, name: str, value: str = "") -> bool:
        """One conditional write."""
        changes = {"value": value} | ({} if name.startswith(FOREVER) else {EXPIRES: self._expires})
        return self._write(_mark(name), changes, "attribute_not_exists(pk)", {})

    def marked(self, name: str) -> str | None:
        """The value, or None."""
        item = self._item(_mark(name))
        return str(item["value"]["S"]) if item else None

    def unmark(self, name: str) -> None:
        """One deletion."""
        with self._told():
            self._client.delete_item(TableName=self._table, Key=_mark(name))

    def _write(
        self,
        place: dict[str, Any],
        changes: dict[str, Any],
        condition: str,
        asked: dict[str, Any],
        stamp: str = "write",
    ) -> bool:
        """Change an item under a condition.

        The SDK repeats a call whose answer was lost, and the repeated one fails because of what the first one did:
        so every call leaves a stamp, and one that fails over its own has been done.
        """
        changes = {**changes, stamp: uuid4().hex}
        names = {*changes, *re.findall(r"#(\w+)", condition)}
        with self._told():
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key=place,
                    UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in changes),
                    ConditionExpression=condition,
                    ExpressionAttributeNames={f"#{name}": name for name in names},
                    ExpressionAttributeValues={f":{name}": _typed(it) for name, it in {**changes, **asked}.items()},
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._client.exceptions.ConditionalCheckFailedException as err:
                return bool(err.response.get("Item", {}).get(stamp) == _typed(changes[stamp]))
        return True

    def _item(self, place: dict[str, Any]) -> dict[str, Any]:
        with self._told():
            answer = self._client.get_item(TableName=self._table, Key=place, ConsistentRead=True)
        return dict(answer.get("Item", {}))

    def _pages(self, operation: str, where: tuple[str, str] | None = None, **options: Any) -> Iterator[Delivery]:
        if where:
            options["KeyConditionExpression"] = f"{where[0]} = :it"
            options["ExpressionAttributeValues"] = {":it": _typed(where[1])}
        with self._told():
            for page in self._client.get_paginator(operation).paginate(TableName=self._table, **options):
                yield from (_delivery(item) for item in page["Items"] if "slug" in item)  # marks have none

    def _told(self) -> AbstractContextManager[None]:
        return asking(f"table {self._table}", MAKE)


def _place(key: DeliveryKey) -> dict[str, Any]:
    return {"pk": _typed(f"{key.slug}#{key.recipient}"), "sk": _typed(f"{key.period}#{key.version:06}")}


def _mark(name: str) -> dict[str, Any]:
    return {"pk": _typed(f"mark#{name}"), "sk": _typed("mark")}


def _typed(value: str | float) -> dict[str, str]:
    return {"S": value} if isinstance(value, str) else {"N": str(value)}


def _delivery(item: dict[str, Any]) -> Delivery:
    types = {"lease": float, "version": int, "size": int}
    return to_delivery({name: types.get(name, str)(*item[name].values()) for name in COLUMNS if name in item})
