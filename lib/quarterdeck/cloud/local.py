"""All of the cloud on this machine: ministack stands for AWS and runs the packaged Lambda, an edge for CloudFront."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.request import urlopen

from .. import pipeline
from ..deliver.aws import open_client
from ..deliver.members import IN_INVITATION, Members
from ..deliver.recipients import TableRecipients
from ..deliver.table import Table
from ..model.address import parse_address
from ..model.delivery import masked
from ..model.persona import load_personas
from ..project import Project
from ..publish.edge import Edge
from .deploy import contents, upload
from .package import Package, package
from .secret import new_secret, parse_secrets
from .stack import Outputs, change
from .stand_ins import Told, open_dashboard, open_ministack

_STACK, _REGION, _KEY_ID = "quarterdeck-local", "us-east-1", "KLOCAL"
_ARCH = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"
_LINK = re.compile(r"https?://\S+/m/#[\w.%-]+")


@dataclass
class Local:
    """What runs here: the edge, where the stand-in for AWS is, and what the stack made there, by name."""

    edge: LocalEdge
    aws: str
    made: Outputs
    _seen: set[str] = field(default_factory=set)

    def invite(self, address: str, role: str, reports: list[str]) -> str:
        """Let somebody in; the link that signs them in once."""
        now, table = time.time(), Table(open_client("dynamodb"), self.made["CloudTable"])
        members = Members(table, self.edge.url)
        person = members.person(members.invite(address, role, reports, now))
        assert person
        return members.link(person.id, person.home, now, IN_INVITATION)

    def mails(self) -> Iterator[tuple[str, str, str]]:
        """To whom, subject and sign-in link, if it has one, of each mail that was sent since this was asked last."""
        with urlopen(f"{self.aws}/_ministack/ses/messages") as answer:
            boxes = json.load(answer)["messages"]
        for mail in (mail for box in boxes.values() for mail in box):
            if mail["MessageId"] not in self._seen:
                self._seen.add(mail["MessageId"])
                found = _LINK.search(mail["BodyText"] or "")
                yield ", ".join(mail["To"]), mail["Subject"], found[0] if found else ""


@contextmanager
def open_cloud(project: Project, port: int, told: Told) -> Iterator[Local]:
    """The cloud, with the project in it; port 0 is any free one. It is gone afterwards, with all that was in it.

    From now on this process asks the stand-in for AWS. Raises QuarterdeckError without ministack or a lock.
    """
    with tempfile.TemporaryDirectory(prefix="quarterdeck-") as scratch, open_ministack(Path(scratch)) as aws:
        os.environ |= {"AWS_ENDPOINT_URL": aws, "AWS_REGION": _REGION, "AWS_DEFAULT_REGION": _REGION}
        os.environ |= dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
        os.environ["CLOUD_TABLE"] = _STACK  # that the site has its pages; nothing here asks that table
        told("Making the site.")
        pipeline.run(project, pipeline.Request(engine="embedded"))
        with LocalEdge(project.root / "_site", port) as edge, open_dashboard(told) as dashboard:
            said = {"SiteUrl": edge.url, "ActionsUrl": project.settings.actions_url or dashboard}
            cloud = Local(edge, aws, _stack(project, said, told))
            _few_at_a_time(cloud.made)
            _fill(project, cloud, told)
            edge.api, edge.bucket = f"{aws}/_aws/execute-api/{_api_id(cloud.made)}/$default", cloud.made["SiteBucket"]
            Thread(target=edge.serve_forever, daemon=True).start()
            yield cloud
            edge.shutdown()


class LocalEdge(Edge):
    """An edge before a bucket of S3, with the key of the sessions that the API opens."""

    bucket = ""

    @cached_property
    def _s3(self) -> Any:
        return open_client("s3")

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Content and kind of an object."""
        try:
            found = self._s3.get_object(Bucket=self.bucket, Key=key)
        except self._s3.exceptions.NoSuchKey:
            return None
        return found["Body"].read(), found["ContentType"]


def _stack(project: Project, said: dict[str, str], told: Told) -> Outputs:
    """The template's resources, around the package for the Python that runs here."""
    packed = _packed(project.root)
    told(packed.told if packed.size else "The package is as it was.")
    s3 = open_client("s3")
    s3.create_bucket(Bucket=_STACK)
    upload(s3, _STACK, packed)
    values = {"CodeBucket": _STACK, "CodeKey": packed.key, "Architecture": _ARCH, **said}
    values["Runtime"] = f"python3.{sys.version_info.minor}"
    made = change(open_client("cloudformation"), _STACK, values)
    while True:
        try:
            next(made)
        except StopIteration as done:
            outputs: Outputs = done.value
            return outputs


def _few_at_a_time(made: Outputs) -> None:
    """As many reports as this machine has cores, so that it still answers who asks meanwhile; AWS takes two or more."""
    client = open_client("lambda")
    (mapping,) = client.list_event_source_mappings(FunctionName=made["Live"])["EventSourceMappings"]
    most = {"MaximumConcurrency": max(2, os.cpu_count() or 2)}
    client.update_event_source_mapping(UUID=mapping["UUID"], ScalingConfig=most)


def _packed(root: Path) -> Package:
    """The package, made anew only where something in it is newer: that takes the longest of all."""
    path, lock, own = root / "build" / "quarterdeck-local.zip", root / "requirements.lock", Path(__file__).parent.parent
    parts = [lock, *own.rglob("*"), *(root / "cloud").rglob("*")]
    newest = max(it.stat().st_mtime for it in parts if it.is_file() and it.suffix != ".pyc")
    if path.is_file() and newest < path.stat().st_mtime:
        return Package(path, hashlib.sha256(path.read_bytes()).hexdigest(), 0, [], True)
    return package(root, path, f"3.{sys.version_info.minor}", _ARCH)


def _fill(project: Project, cloud: Local, told: Told) -> None:
    """Keys, project, site and the personas' readers; the sender may send."""
    made, text = cloud.made, new_secret(_KEY_ID)
    open_client("secretsmanager").put_secret_value(SecretId=made["Secret"], SecretString=text)
    cloud.edge.keys = {_KEY_ID: parse_secrets(text, "secret").edge_key.public_key()}
    for line in contents(project, made["ProjectBucket"], made["SiteBucket"], "", open_client, dry_run=False):
        told(line)
    recipients = TableRecipients(open_client("dynamodb"), made["RecipientsTable"])
    for persona in load_personas(project.personas):
        for recipient in persona.recipients:
            recipients.add(persona.id, recipient)
    if sender := project.settings.ses_from_address:
        open_client("sesv2", _REGION).create_email_identity(EmailIdentity=parse_address(sender).addr_spec)


def _api_id(made: Outputs) -> str:
    return made["Api"].partition("://")[2].partition(".")[0]


def line(mail: tuple[str, str, str]) -> str:
    """A mail as it is told."""
    to, subject, link = mail
    return f"Mail to {masked(to)}: {subject}" + (f"\n  {link}" if link else "")
