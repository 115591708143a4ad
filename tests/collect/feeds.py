"""What tests of sources share: a source read as `sources.yml` would have it, each row checked as reports check it."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from deliver.aws import KEYS
from quarterdeck.collect.config import Clients, module_of
from quarterdeck.report.schema import check, schemas

pd.set_option("mode.string_storage", "python")  # as reports have it
DAY = date(2026, 11, 22)
SLOWER = b'{"__type": "ThrottlingException", "message": "slower"}'
FILES = Path(__file__).parent / "public"


def collect(kind: str, clients: Any = None, root: Path = FILES, **keys: Any) -> dict[str, list[dict[str, Any]]]:
    """A source's rows by table, in their order; they are as the table's schema wishes, and of no table unannounced."""
    module = module_of(kind)
    config = module.Config(source=kind, name="source", **keys)
    tables: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for table, row in module.rows(config, clients, root, DAY):
        tables[table].append(row)
    assert set(tables) <= set(module.tables(config))
    for table, rows in tables.items():
        assert len({tuple(row) for row in rows}) == 1, "one order of columns"
        check(Path(f"{table}.csv"), pd.DataFrame(rows).astype(str), schemas()[table])
    return tables


def clients_of(endpoint: str, throttled: int = 0, attempts: int = 10) -> Clients:
    """Clients of a server; it refuses the first so many questions to each of them as asked too fast."""

    def client(service: str, region: str = "") -> Any:
        config = Config(retries={"total_max_attempts": attempts, "mode": "standard"})
        made = boto3.client(service, region_name=region or "eu-west-1", endpoint_url=endpoint, config=config, **KEYS)
        asked = itertools.count()

        def refuse(request: Any, **_: Any) -> AWSResponse | None:
            if next(asked) >= throttled:
                return None
            body = (
                b'{"__type": "ThrottlingException", "message": "slower"}' if "X-Amz-Target" in request.headers else b""
            )
            return AWSResponse(request.url, 400 if body else 503, {}, _Body(body))

        made.meta.events.register("before-send", refuse)
        return made

    return client


class _Body:
    def __init__(self, content: bytes) -> None:
        self.content = content

    def stream(self, **_: Any) -> Any:
        yield self.content
