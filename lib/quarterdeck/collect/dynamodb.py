"""A table of DynamoDB in which things of many kinds may stand together: each kind becomes rows of a table of ours."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import Field

from ..deliver.aws import asking
from .config import Clients, Source
from .files import Mapping

_PAGE = {"PageSize": 2500}  # about the megabyte that AWS itself gives at most


class Take(Mapping):
    """The items that become rows of one table: those whose attributes fit all patterns of `where`, as `CHARTER#*`."""

    where: dict[str, str] = Field(default_factory=dict)


class Config(Source):
    """A table, or one `index` of it, scanned by so many readers at once, or read by `query`.

    `query` names the partition key with its value and, where it helps, the sort key with how its value begins.
    """

    table: str = Field(pattern=r"^[a-zA-Z0-9_.-]{3,255}$")
    index: str = Field(default="", pattern=r"^([a-zA-Z0-9_.-]{3,255})?$")
    query: dict[str, str] = Field(default_factory=dict, max_length=2)
    segments: int = Field(default=4, ge=1, le=64)
    take: tuple[Take, ...] = Field(min_length=1)


def tables(config: Config) -> tuple[str, ...]:
    """The tables of ours."""
    return tuple(dict.fromkeys(take.table for take in config.take))


def actions(config: Config) -> tuple[str, ...]:
    """Either way to read."""
    return ("dynamodb:Query",) if config.query else ("dynamodb:Scan",)


def resources(config: Config) -> tuple[str, ...]:
    """The table, or its index, in whichever account."""
    arn = f"arn:aws:dynamodb:{config.region or '*'}:*:table/{config.table}"
    return (f"{arn}/index/{config.index}" if config.index else arn,)


def rows(config: Config, clients: Clients, root: Path, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of all items, a few pages of them in memory; an item that fits nothing is left out."""
    from boto3.dynamodb.types import TypeDeserializer

    read, marks = TypeDeserializer().deserialize, dict[int, dict[str, str]]()
    with asking(f"table {config.table}", "See that the names of table and index, and the region, are right"):
        pages = _pages(config, clients("dynamodb", config.region))
        for number, item in enumerate((item for page in pages for item in page["Items"]), 1):
            record = {name: _plain(read(value)) for name, value in item.items()}
            for index, take in enumerate(config.take):
                if all(fnmatchcase(str(record.get(name, "")), like) for name, like in take.where.items()):
                    place = " ".join([config.table, *(str(record.get(name, "")) for name in take.where)])
                    yield take.table, take.row(record, place, number, marks.setdefault(index, {}), config.name)


def _pages(config: Config, client: Any) -> Iterator[dict[str, Any]]:
    asked: dict[str, Any] = {"TableName": config.table, "PaginationConfig": _PAGE}
    asked |= {"IndexName": config.index} if config.index else {}
    if config.query:
        whole, begins = "#0 = :0", " AND begins_with(#1, :1)"
        asked["KeyConditionExpression"] = whole + (begins if len(config.query) > 1 else "")
        asked["ExpressionAttributeNames"] = {f"#{n}": name for n, name in enumerate(config.query)}
        asked["ExpressionAttributeValues"] = {f":{n}": {"S": it} for n, it in enumerate(config.query.values())}
        yield from client.get_paginator("query").paginate(**asked)
        return
    scan, total = client.get_paginator("scan"), config.segments
    reading = [iter(scan.paginate(**asked, Segment=n, TotalSegments=total)) for n in range(total)]
    with ThreadPoolExecutor(total) as pool:
        while reading:  # a page of each at a time, so that none runs ahead
            pages = list(pool.map(lambda it: next(it, None), reading))
            yield from filter(None, pages)
            reading = [it for it, page in zip(reading, pages, strict=True) if page]


def _plain(value: Any) -> Any:
    """An attribute as JSON would have it; a set as its sorted members, side by side; what is binary as bytes."""
    if isinstance(value, dict):
        return {name: _plain(it) for name, it in value.items()}
    if isinstance(value, (set, list)):
        members = [str(_plain(it)) for it in value]
        return " ".join(sorted(members) if isinstance(value, set) else members)
    return value.value if type(value).__name__ == "Binary" else value
