"""The template: clean by its linters, agreed with the code, and a stack comes up from it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from importlib import import_module
from typing import Any
from uuid import uuid4

import boto3
import pytest
from cfnlint.decode import decode

from publish.bucket import KEYS
from quarterdeck.cloud.api import EDGE
from quarterdeck.cloud.stack import TEMPLATE
from quarterdeck.deliver import dynamo, members, recipients
from quarterdeck.model.settings import Settings
from quarterdeck.publish import s3
from quarterdeck.publish.edge import SECURITY_HEADERS
from tools import find_tool

_TEMPLATE = json.loads(json.dumps(decode(str(TEMPLATE))[0]))
RESOURCES: dict[str, Any] = {name: it.get("Properties", {}) for name, it in _TEMPLATE["Resources"].items()}


def test_cfn_lint_finds_nothing() -> None:
    """Not a warning."""
    program = find_tool("cfn-lint", "pip install cfn-lint")
    done = subprocess.run([program, str(TEMPLATE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.slow
def test_checkov_finds_nothing() -> None:
    """What it is told to skip has a reason in the template."""
    remedy = "python3 -m venv DIR && DIR/bin/pip install --no-deps -r tests/checkov.txt, then CHECKOV=DIR/bin/checkov"
    program = os.environ.get("CHECKOV") or find_tool("checkov", remedy)
    options = ["--framework", "cloudformation", "--skip-download", "--compact", "--quiet", "-o", "json"]
    done = subprocess.run([program, "-f", str(TEMPLATE), *options], capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    assert (done.returncode, told["summary"]["failed"], told["summary"]["parsing_errors"]) == (0, 0, 0), done.stdout
    assert told["summary"]["passed"] > 30
    for resource in _TEMPLATE["Resources"].values():
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", ()):
            assert len(skip["comment"]) > 30


def test_tables_are_those_that_the_code_makes() -> None:
    """Keys, index and time to live."""
    for name, module in (("Ledger", dynamo), ("Recipients", recipients), ("Cloud", members)):
        table = RESOURCES[name]
        assert tuple(it["AttributeName"] for it in table["KeySchema"]) == module.KEYS
        assert table["SSESpecification"]["SSEEnabled"]
        assert table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"]
        expires = table.get("TimeToLiveSpecification", {}).get("AttributeName")
        assert expires == getattr(module, "EXPIRES", None)
    (index,) = RESOURCES["Ledger"]["GlobalSecondaryIndexes"]
    keys = tuple(it["AttributeName"] for it in index["KeySchema"])
    assert {index["IndexName"]: keys} == dynamo.INDEXES


def test_the_function_is_set_up_as_the_code_expects() -> None:
    """Its handler is there; its environment holds settings; the queue waits six times as long as it may take."""
    function, queue = RESOURCES["Function"], RESOURCES["Work"]
    module, _, handler = function["Handler"].rpartition(".")
    assert callable(getattr(import_module(module), handler))
    names = {name.lower() for name in function["Environment"]["Variables"]} - {"powertools_service_name"}
    assert names <= Settings.__dataclass_fields__.keys()
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"] and queue["RedrivePolicy"]["maxReceiveCount"] == 3
    mapping = RESOURCES["Worked"]
    assert (mapping["BatchSize"], mapping["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])


def test_only_what_is_proved_is_called() -> None:
    """API, queue and calendar call the alias; no one else may."""
    live = {"Ref": "Live"}
    callers = [RESOURCES["Integration"]["IntegrationUri"], RESOURCES["Worked"]["FunctionName"]]
    callers += [RESOURCES[name]["Target"]["Arn"] for name in ("Monthly", "Weekly")]
    assert callers == [live] * 4 and RESOURCES["Called"]["FunctionName"] == live


def test_the_calendar_says_what_the_handler_understands() -> None:
    """On the 1st at 08:00 UTC, on Monday at 06:00 in Los Angeles; each tells the time that it stands for."""
    for name, kind, when, zone in (
        ("Monthly", "month", "cron(0 8 1 * ? *)", "UTC"),
        ("Weekly", "week", "cron(0 6 ? * MON *)", "America/Los_Angeles"),
    ):
        schedule = RESOURCES[name]
        assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (when, zone)
        said = json.loads(schedule["Target"]["Input"])
        assert said == {"quarterdeck": "schedule", "kind": kind, "time": "<aws.scheduler.scheduled-time>", "send": True}


def test_whatever_is_not_said_to_be_public_needs_a_cookie() -> None:
    """Public are the sign-in page, the page of what is missing, and the API, which asks for itself."""
    config = RESOURCES["Edge"]["DistributionConfig"]
    assert config["DefaultCacheBehavior"]["TrustedKeyGroups"] == [{"Ref": "EdgeKeys"}]
    assert [it["PathPattern"] for it in config["CacheBehaviors"]] == ["/m/*", "/404.html", "/api/*", "/unsubscribe*"]
    for it in config["CacheBehaviors"][2:]:
        assert it["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # nothing is kept
    _, api = config["Origins"]
    shown = {
        "HeaderName": EDGE.title(),
        "HeaderValue": RESOURCES["Function"]["Environment"]["Variables"]["CLOUD_SECRET"],
    }
    assert api["OriginCustomHeaders"] == [shown]
    policy = RESOURCES["Headers"]["ResponseHeadersPolicyConfig"]
    said = json.dumps(policy)
    for name, value in SECURITY_HEADERS.items():
        short = {"Strict-Transport-Security": "63072000", "X-Content-Type-Options": "ContentTypeOptions"}
        assert short.get(name, value) in said, name


@pytest.mark.slow
def test_a_stack_comes_up_without_a_distribution_or_with_one(ministack: str) -> None:
    """Its buckets give no warning; the distribution, where there is a key, takes invalidations."""
    given = {"CodeBucket": f"b-{uuid4().hex[:8]}", "CodeKey": "a", "Release": "1", "SiteUrl": "https://r.example.com"}
    keys = {**KEYS, "endpoint_url": ministack}
    boto3.client("s3", **keys).create_bucket(
        Bucket=given["CodeBucket"], CreateBucketConfiguration={"LocationConstraint": KEYS["region_name"]}
    )
    plain = create(ministack, TEMPLATE.read_text("utf-8"), given)
    assert "SiteDistribution" not in plain
    for name in ("SiteBucket", "ProjectBucket"):
        assert not list(s3.warnings(boto3.client("s3", **keys), plain[name]))
    edged = json.loads(json.dumps(_TEMPLATE))  # the server knows no key groups
    for name in ("EdgeKey", "EdgeKeys"):
        del edged["Resources"][name]
    del edged["Outputs"]["EdgeKeyId"]
    del edged["Resources"]["Edge"]["Properties"]["DistributionConfig"]["DefaultCacheBehavior"]["TrustedKeyGroups"]
    made = create(ministack, json.dumps(edged), {**given, "EdgePublicKey": "PEM"})
    assert made["SiteAddress"] == "https://r.example.com"
    paths = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "1"}
    boto3.client("cloudfront", **keys).create_invalidation(
        DistributionId=made["SiteDistribution"], InvalidationBatch=paths
    )


def create(endpoint: str, template: str, given: dict[str, str]) -> dict[str, str]:
    """A stack's outputs."""
    cloud = boto3.client("cloudformation", endpoint_url=endpoint, **KEYS)
    name = f"t-{uuid4().hex[:8]}"
    parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()]
    cloud.create_stack(StackName=name, TemplateBody=template, Parameters=parameters, Capabilities=["CAPABILITY_IAM"])
    for _ in range(300):
        (stack,) = cloud.describe_stacks(StackName=name)["Stacks"]
        if not stack["StackStatus"].endswith("IN_PROGRESS"):
            break
        time.sleep(0.05)
    assert stack["StackStatus"] == "CREATE_COMPLETE", stack.get("StackStatusReason")
    return {it["OutputKey"]: it["OutputValue"] for it in stack["Outputs"]}
