"""The package: small enough, the same each time, and all that the function needs where nothing else is installed."""

from __future__ import annotations

import platform
import sys
import zipfile
from pathlib import Path
from statistics import median
from uuid import uuid4

import boto3
import pytest

from cloud import sandbox
from conftest import ROOT
from publish.bucket import KEYS
from quarterdeck import __version__
from quarterdeck.cloud import store
from quarterdeck.cloud.package import MOST, Package, package
from quarterdeck.cloud.secret import new_secret
from quarterdeck.deliver import dynamo, members
from quarterdeck.deliver.table import Table
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.model.persona import load_personas

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
ARCH = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The package for this interpreter and this machine."""
    return package(ROOT, tmp_path_factory.mktemp("package") / "quarterdeck.zip", PYTHON, ARCH)


@pytest.mark.slow
@pytest.mark.xdist_group("package")
def test_fits_into_lambda_and_is_made_the_same_again(packed: Package, tmp_path: Path) -> None:
    """Below Lambda's 250 MB; times, users and the place of the build leave no trace."""
    assert packed.size < MOST and packed.compiled
    again = package(ROOT, tmp_path / "again.zip", PYTHON, ARCH)
    assert again.sha256 == packed.sha256
    with zipfile.ZipFile(packed.path) as archive:
        names = archive.namelist()
        assert {it.date_time for it in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.getinfo("pagefind_bin/pagefind").external_attr >> 16 == 0o100755
    assert not [name for name in names if "/tests/" in name]
    assert {"quarterdeck/cloud/handler.py", "quarterdeck/cloud/template.yaml"} <= {*names}
    assert [name for name, _ in packed.folders[:3]] == [name for name, _ in again.folders[:3]]


@pytest.mark.slow
@pytest.mark.xdist_group("package")
def test_makes_all_reports_as_in_lambda(packed: Package, ministack: str, tmp_path: Path) -> None:
    """Read-only but for /tmp, nothing else installed, no HOME: every report executed, every digest written, in time."""
    tree, name = tmp_path / "task", f"sandbox-{uuid4().hex[:8]}"
    sandbox.unpack(packed.path, tree)
    keys = {**KEYS, "region_name": "us-west-2", "endpoint_url": ministack}
    s3, db = boto3.client("s3", **keys), boto3.client("dynamodb", **keys)
    for bucket in (f"{name}-site", f"{name}-project"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    Table(db, f"{name}-cloud").make(members.KEYS, {}, members.EXPIRES)
    Table(db, f"{name}-ledger").make(dynamo.KEYS, dynamo.INDEXES, dynamo.EXPIRES)
    boto3.client("secretsmanager", **keys).create_secret(Name=name, SecretString=new_secret("K"))
    store.push(ROOT, s3, f"{name}-project")
    told = sandbox.run(
        tree,
        {"quarterdeck": "generate"},
        {
            "AWS_ENDPOINT_URL": ministack, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": "us-west-2", "AWS_DEFAULT_REGION": "us-west-2", "SITE_URL": "https://reports.example.com",
            "QUEUE_URL": boto3.client("sqs", **keys).create_queue(QueueName=name)["QueueUrl"],
            "CLOUD_TABLE": f"{name}-cloud", "LEDGER_TABLE": f"{name}-ledger", "CLOUD_SECRET": name,
            "SIGNING_SECRET": name, "PROJECT_BUCKET": f"{name}-project", "SITE_BUCKET": f"{name}-site",
        },
    )  # fmt: skip
    assert told["health"]["version"] == __version__
    assert not [it for it in told["took"] if it["answer"]["batchItemFailures"]]
    reports = {it["slug"]: it["seconds"] for it in told["took"] if it["kind"] == "report"}
    assert {slug.partition("/")[0] for slug in reports} == {it.id for it in load_personas(ROOT / "personas")}
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=f"{name}-site", Prefix="r/")
    site = {it["Key"] for page in pages for it in page["Contents"]}
    for slug in reports:
        assert any(path.endswith(f"/{slug}.eml") for path in told["outbox"]), slug
        assert any(key.startswith(f"r/{slug}/2") and key.endswith("/index.html") for key in site), slug
    print({"cold": told["cold"], "slowest": max(reports.values()), "megabytes": told["megabytes"]})
    assert median(reports.values()) < 15 and told["megabytes"] < 1024


def test_code_that_is_no_python_is_told_before_anything_is_done(project: Path, tmp_path: Path) -> None:
    """A slip in the owner's own handler names file and line."""
    (project / "cloud").mkdir()
    (project / "cloud" / "lambda_function.py").write_text("def handler(event, context)\n    return 1\n", "utf-8")
    with pytest.raises(QuarterdeckError, match=r"lambda_function\.py: is no Python: .*line 1"):
        package(project, tmp_path / "build" / "p.zip")
    assert not (tmp_path / "build").exists()


def test_a_mistake_is_told_in_a_line(project: Path, tmp_path: Path) -> None:
    """An unknown processor; a project without a lock."""
    with pytest.raises(QuarterdeckError, match=r"'sparc' is no processor of Lambda. Choose x86_64 or arm64"):
        package(project, tmp_path / "p.zip", arch="sparc")
    with pytest.raises(QuarterdeckError, match=r"requirements.lock: is not there"):
        package(project, tmp_path / "p.zip")
