"""What stands in an AWS account, as assets: functions, buckets, tables, distributions, zones, security groups."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ..deliver.aws import asking
from .config import Clients
from .owned import Owned, always, unnumbered

_LISTS = (
    ("lambda", "list_functions", "function",
     "Functions[].{id: FunctionName, name: FunctionName}"),
    ("s3", "list_buckets", "bucket", "Buckets[].{id: Name, name: Name, since: CreationDate}"),
    ("dynamodb", "list_tables", "database", "TableNames[].{id: @, name: @}"),
    ("cloudfront", "list_distributions", "distribution",
     "DistributionList.Items[].{id: Id, name: join(', ', Aliases.Items || [DomainName]), idle: !Enabled}"),
    ("route53", "list_hosted_zones", "zone", "HostedZones[].{id: Id, name: Name, size: ResourceRecordSetCount}"),
    ("ec2", "describe_security_groups", "security group", "SecurityGroups[].{id: GroupId, name: GroupName}"),
)  # fmt: skip
"""Service, what is asked, kind of asset, and what is taken of each answer."""
_EVERYWHERE = {"s3", "cloudfront", "route53"}
"""Services that answer for all regions at once: the ids of their things name none."""
tables, resources = always("assets"), always("*")
actions = always(
    "lambda:ListFunctions", "s3:ListAllMyBuckets", "dynamodb:ListTables", "cloudfront:ListDistributions",
    "route53:ListHostedZones", "ec2:DescribeSecurityGroups",
)  # fmt: skip


class Config(Owned):
    """What stands in `region` (empty: the SDK's own), and what belongs to none."""


def rows(config: Config, clients: Clients, root: Path, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """A row for each thing; what it cost and is worth stays open."""
    for service, operation, kind, taken in _LISTS:
        client = clients(service, config.region)
        place = [] if service in _EVERYWHERE else [client.meta.region_name]
        with asking(f"AWS, {operation}", "See that the region is right"):
            for thing in client.get_paginator(operation).paginate().search(taken):
                if thing:  # an account without distributions has no list of them
                    id = "/".join((service, *place, thing["id"].rpartition("/")[2]))
                    since, name = thing.get("since"), thing["name"].rstrip(".")
                    if (shown := unnumbered(id)) != id:  # two may differ in their numbers alone
                        shown += f"/{hashlib.sha256(id.encode()).hexdigest()[:6]}"
                    yield "assets", {
                        "asset": shown, "entity": config.entity_of(name), "name": unnumbered(name),
                        "kind": kind, "acquired_on": since.date().isoformat() if since else "",
                        "cost": "", "value": "", "size": thing.get("size") or "",
                        "status": "idle" if thing.get("idle") else "in use",
                    }  # fmt: skip
