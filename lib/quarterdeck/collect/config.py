"""What `sources.yml` may say, and reading it strictly."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ..deliver.aws import open_client
from ..model.errors import QuarterdeckError, nearest, strict
from ..model.files import read_yaml

KINDS = ("costs", "dynamodb", "files", "focus", "git", "inventory", "metrics", "prowler")
"""The kinds of sources: each is the module of that name."""


TableName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]


class Source(BaseModel):
    """The keys that every source has: its kind, and the name by which reports and the command line know it.

    `region` is that of AWS (empty: the SDK's own).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str
    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")
    region: str = Field(default="", pattern=r"^([a-z]{2}(-[a-z]+)+-\d)?$")


Clients = Callable[..., Any]
"""Opens a boto3 client of a service, in a region or in the SDK's own: `clients("s3", "eu-west-1")`."""


def open_clients(service: str, region: str = "") -> Any:
    """A client that waits out throttling; raises QuarterdeckError without boto3 or a region."""
    return open_client(service, region, attempts=10, only_there=bool(region))


def module_of(kind: str) -> Any:
    """The module that reads a kind of source."""
    return import_module(f"{__package__}.{kind}")


def read_sources(path: Path) -> list[Source]:
    """The sources of a file, each as its kind's own model; raises QuarterdeckError naming file, source and key."""
    if not path.is_file():
        raise QuarterdeckError(str(path), "is not there", "Name what to collect in it (docs/collect/README.md)")
    entries = read_yaml(path) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise QuarterdeckError(str(path), "is no list of sources", "Begin each with `- source: files`")
    sources: list[Source] = []
    for number, entry in enumerate(entries, 1):
        where = f"{path}, source {entry.get('name', number)}"
        if (kind := entry.get("source")) not in KINDS:
            raise QuarterdeckError(f"{where}, key source", f"{kind!r} is no kind of source", nearest(str(kind), KINDS))
        sources.append(strict(module_of(kind).Config, entry, where, f"See docs/collect/{kind}.md"))
        if sources[-1].name in [source.name for source in sources[:-1]]:
            raise QuarterdeckError(f"{where}, key name", "stands twice", "Give each source a name of its own")
    return sources


def policy(sources: Iterable[Source]) -> str:
    """The least IAM policy that sources need, as JSON: of each its actions, on what it reads."""
    needed: list[tuple[str, Sequence[str], Sequence[str], str]] = []
    for source in sources:
        module = module_of(source.source)
        actions, on = module.actions(source), module.resources(source)
        if getattr(source, "bucket", ""):  # listing is of the bucket, and only what the prefix leads to
            listed = on[1].partition(":::")[2].partition("/")[2]
            needed += [(source.name, actions[:1], on[:1], listed), (source.name, actions[1:], on[1:], "")]
        elif on:
            needed.append((source.name, actions, on, ""))
    needed += [("account-alias", ("iam:ListAccountAliases",), ("*",), "")] if needed else []
    statements = [
        {"Sid": f"{name.title().replace('-', '')}N{number}", "Effect": "Allow", "Action": [*actions], "Resource": [*on]}
        | ({"Condition": {"StringLike": {"s3:prefix": prefix}}} if prefix else {})
        for number, (name, actions, on, prefix) in enumerate(needed)
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
