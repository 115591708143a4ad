"""A bucket of its own for a test, small sites, and the questions that tests ask of both."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any
from urllib.parse import unquote
from uuid import uuid4

import boto3
from botocore.config import Config

from quarterdeck.publish.plan import MANIFEST, Plan, plan
from quarterdeck.publish.s3 import apply, read_remote

KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "eu-west-1"}
WRITES = ("PutObject", "DeleteObjects", "CreateInvalidation")


class Cut(Exception):
    """The process is gone, as far as AWS can see."""


@dataclass
class Bucket:
    """A bucket and a distribution; `asked` are the operations and keys in their order.

    `lives` is after how many writes the publisher is gone; with `answered` the last one was still carried out.
    """

    endpoint: str
    asked: list[tuple[str, str]] = field(default_factory=list)
    lives: int = 1_000_000
    answered: bool = False

    def __post_init__(self) -> None:
        self.lock, self.writes = threading.Lock(), 0
        config = Config(retries={"total_max_attempts": 1, "mode": "standard"})
        self.s3, self.cloudfront = (
            boto3.client(service, endpoint_url=self.endpoint, config=config, **KEYS) for service in ("s3", "cloudfront")
        )
        self.renew()
        for client in (self.s3, self.cloudfront):
            client.meta.events.register("before-parameter-build", self._note)
            client.meta.events.register("before-send", self._send)
            client.meta.events.register("after-call", self._answer)

    def renew(self) -> None:
        """Another empty bucket with its distribution."""
        self.name = f"site-{uuid4().hex[:12]}"
        self.s3.create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        made = self.cloudfront.create_distribution(DistributionConfig=_distribution(self.name))
        self.distribution = made["Distribution"]["Id"]

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        with self.lock:
            if model.name in WRITES:
                self.asked.append((model.name, params.get("Key", "")))

    def _send(self, request: Any, **_: Any) -> None:
        with self.lock:
            if request.method in {"PUT", "POST", "DELETE"}:
                self.writes += 1
                if self.writes > self.lives:
                    raise Cut

    def _answer(self, model: Any, **_: Any) -> None:
        with self.lock:
            if model.name in WRITES and self.answered and self.writes >= self.lives:
                raise Cut

    def plan(self, site: Path) -> Plan:
        """What publishing a site would do."""
        return plan(site, read_remote(self.s3, self.name))

    def apply(self, planned: Plan, progress: Callable[[str, int], None] = lambda key, total: None) -> list[str]:
        """Carry it out; the writes that it took, in their order."""
        before = len(self.asked)
        apply(planned, self.s3, self.name, self.cloudfront, self.distribution, progress)
        return [key or operation for operation, key in self.asked[before:]]

    def publish(self, site: Path) -> list[str]:
        """Plan and apply; the writes that it took."""
        return self.apply(self.plan(site))

    @contextmanager
    def dying(self, after: int, answered: bool) -> Iterator[None]:
        """The publisher is gone after so many writes."""
        self.writes, self.lives, self.answered = 0, after, answered
        try:
            yield
        finally:
            self.lives, self.answered = 1_000_000, False

    def read(self) -> dict[str, bytes]:
        """Everything that a reader can get."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        keys = [it["Key"] for page in pages for it in page.get("Contents", ())]
        return {k: self.s3.get_object(Bucket=self.name, Key=k)["Body"].read() for k in keys if k != MANIFEST}

    def head(self, key: str) -> dict[str, Any]:
        """What S3 says of an object."""
        return dict(self.s3.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED"))

    def invalidated(self) -> list[list[str]]:
        """The paths of each invalidation, in no order of their own."""
        listed = self.cloudfront.list_invalidations(DistributionId=self.distribution)["InvalidationList"]
        ids = [it["Id"] for it in listed.get("Items", ())]
        found = [self.cloudfront.get_invalidation(DistributionId=self.distribution, Id=id) for id in ids]
        return [sorted(it["Invalidation"]["InvalidationBatch"]["Paths"]["Items"]) for it in found]


def _distribution(bucket: str) -> dict[str, Any]:
    return {
        "CallerReference": uuid4().hex, "Comment": "", "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [{
            "Id": "site", "DomainName": f"{bucket}.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""},
        }]},
        "DefaultCacheBehavior": {
            "TargetOriginId": "site", "ViewerProtocolPolicy": "redirect-to-https",
            "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
        },
    }  # fmt: skip


def write_site(site: Path, files: dict[str, str]) -> Path:
    """A site of exactly these files."""
    for key, text in files.items():
        path = site / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return site


def page(key: str, *needs: str) -> str:
    """A page that needs files of the site, named from its root."""
    up = "../" * key.count("/")
    return "<!DOCTYPE html>" + "".join(f'<script src="{up}{need}"></script>' for need in needs)


def missing(held: dict[str, bytes]) -> set[str]:
    """What pages need, or a period switch leads to, and a reader would not get."""
    wanted = set()
    for key, body in held.items():
        text = body.decode("utf-8", "replace")
        if key.endswith(".html"):
            links = re.findall(r'(?:src|href)="([^"#:?]+)["#?]', text)
            wanted |= {normpath(join(dirname(key), unquote(link))) for link in links}
        if key.endswith("periods.js"):
            wanted |= {f"{dirname(key)}/{name}/index.html" for name in re.findall(r'"name": "([^"]+)"', text)}
    return {need for need in wanted if need not in held and f"{need}/index.html" not in held}
