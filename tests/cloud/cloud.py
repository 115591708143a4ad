"""The cloud parts as AWS would run them: a handler in this process over a server that stands for AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import boto3
import pytest

from quarterdeck.cloud import handler, store
from quarterdeck.cloud.place import Place
from quarterdeck.cloud.secret import new_secret
from quarterdeck.deliver import dynamo
from quarterdeck.deliver.members import EXPIRES, KEYS
from quarterdeck.deliver.table import Table

SITE = "https://reports.example.com"
CONTEXT = SimpleNamespace(
    function_name="quarterdeck", memory_limit_in_mb=1024, aws_request_id="8b4f0f5e",
    invoked_function_arn="arn:aws:lambda:eu-west-1:000000000000:function:quarterdeck",
    get_remaining_time_in_millis=lambda: 300_000,
)  # fmt: skip


@dataclass
class Cloud:
    """A deployed function: `get`, `post` and `delete` ask it over HTTP, `work` lets it empty its queue."""

    endpoint: str
    name: str
    cookies: list[str] = field(default_factory=list)

    def client(self, service: str) -> Any:
        """A client of the server."""
        return boto3.client(service)

    @property
    def place(self) -> Place:
        """What the function keeps."""
        return handler.place()

    def push(self, root: Path) -> str:
        """Put a project there; its version."""
        return store.push(root, self.client("s3"), f"{self.name}-project")

    def sign_in(self, address: str, role: str, *reports: str) -> str:
        """Invite somebody and redeem their link: from now on requests are theirs; their id."""
        now, members = self.place.clock(), self.place.members
        id = members.invite(address, role, reports, now)
        code = members.link(id, "/", now, 600).partition("#")[2]
        self.cookies = []
        status, _ = self.post("/session", {"code": code})
        assert status == 200
        return id

    def http(self, method: str, path: str, body: str = "", **headers: str) -> tuple[int, Any]:
        """Ask; the status and what was answered."""
        event = http_event(
            method, path, body, {name.replace("_", "-"): it for name, it in headers.items()}, self.cookies
        )
        found = handler.handler(event, CONTEXT)
        if method == "POST" and path.endswith("/session"):
            self.cookies = [cookie.partition(";")[0] for cookie in found.get("cookies", [])]
        json_body = found["headers"].get("Content-Type", "").startswith("application/json")
        return found["statusCode"], json.loads(found["body"]) if json_body else found["body"]

    def get(self, path: str) -> tuple[int, Any]:
        """Ask for something."""
        return self.http("GET", path)

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        """Ask for something to be done."""
        return self.http("POST", path, json.dumps(body), **{"content_type": "application/json", **headers})

    def receive(self) -> list[dict[str, Any]]:
        """The messages that wait, as Lambda gets them; each is gone from the queue."""
        sqs, url = self.client("sqs"), self.place.settings.queue_url
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [sqs_record(message["Body"], 1, self.name) for message in found]

    def deliver(self, *records: dict[str, Any]) -> list[str]:
        """Hand messages to the function; the ids of those that failed."""
        answer = handler.handler({"Records": list(records)}, CONTEXT)
        return [it["itemIdentifier"] for it in answer["batchItemFailures"]]

    def work(self) -> list[dict[str, Any]]:
        """Deliver what waits, and what that makes, until nothing does; all messages, in their order."""
        done = []
        while records := self.receive():
            for record in records:
                assert self.deliver(record) == []
                done.append(json.loads(record["body"]))
        return done

    def run(self, id: str) -> dict[str, Any]:
        """What is said of a run."""
        status, told = self.get(f"/runs/{id}")
        assert status == 200, told
        return dict(told)


def sqs_record(body: str, receives: int, queue: str = "queue") -> dict[str, Any]:
    """A record as SQS gives it to Lambda."""
    return {
        "messageId": uuid4().hex, "receiptHandle": "AQEB", "body": body, "messageAttributes": {}, "md5OfBody": "0",
        "attributes": {"ApproximateReceiveCount": str(receives), "SentTimestamp": "1", "SenderId": "A",
                       "ApproximateFirstReceiveTimestamp": "2"},
        "eventSource": "aws:sqs", "eventSourceARN": f"arn:aws:sqs:eu-west-1:000000000000:{queue}",
        "awsRegion": "eu-west-1",
    }  # fmt: skip


def http_event(method: str, path: str, body: str, headers: dict[str, str], cookies: list[str]) -> dict[str, Any]:
    """An event of an HTTP API, payload format 2.0."""
    path, _, query = path.partition("?")
    asked = dict(pair.split("=", 1) for pair in query.split("&") if "=" in pair)
    return {
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": query, "cookies": cookies,
        "headers": {"host": "api.example.com", **headers}, "body": body or None, "isBase64Encoded": False,
        **({"queryStringParameters": asked} if asked else {}),
        "requestContext": {
            "accountId": "000000000000", "apiId": "api", "domainName": "api.example.com", "domainPrefix": "api",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "t"},
            "requestId": "id", "routeKey": "$default", "stage": "$default", "time": "01/Nov/2026:08:00:00 +0000",
            "timeEpoch": 1793520000000,
        },
    }  # fmt: skip


@contextmanager
def deployed(endpoint: str, **settings: str) -> Iterator[Cloud]:
    """All that the function needs at a server, named anew, and the function in this process."""
    name = f"qd-{uuid4().hex[:10]}"
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:  # short, or no socket fits in it
        for key, value in {
            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_ENDPOINT_URL": endpoint,
        }.items():  # fmt: skip
            patch.setenv(key, value)
        patch.setattr("tempfile.tempdir", folder)
        where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
        for bucket in ("project", "site"):
            boto3.client("s3").create_bucket(Bucket=f"{name}-{bucket}", **where)
        queue = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        secrets = boto3.client("secretsmanager")
        secrets.create_secret(Name=name, SecretString=new_secret("KEDGE"))
        secrets.create_secret(Name=f"{name}-unsubscribe", SecretString="0123456789abcdef" * 4)
        boto3.client("sesv2").create_email_identity(EmailIdentity="example.com")
        db = boto3.client("dynamodb")
        Table(db, f"{name}-cloud").make(KEYS, {}, EXPIRES)
        Table(db, f"{name}-ledger").make(dynamo.KEYS, dynamo.INDEXES, dynamo.EXPIRES)
        for key, value in {
            "CLOUD_TABLE": f"{name}-cloud", "LEDGER_TABLE": f"{name}-ledger", "CLOUD_SECRET": name,
            "SIGNING_SECRET": f"{name}-unsubscribe", "PROJECT_BUCKET": f"{name}-project",
            "SITE_BUCKET": f"{name}-site", "SITE_URL": SITE, "QUEUE_URL": queue, "SES_REGION": "eu-west-1",
            "SES_FROM_ADDRESS": "reports@example.com", "SES_ALLOWED": "@example.com", "SEND_RATE": "1000", **settings,
        }.items():  # fmt: skip
            patch.setenv(key, value)
        handler.place.cache_clear()
        try:
            yield Cloud(endpoint, name)
        finally:
            handler.place().close()
            handler.place.cache_clear()
