"""Bring package, project and site to AWS, so that until all of a release is proved the one before it serves."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from .. import __version__
from ..deliver.aws import asking
from ..model.errors import QuarterdeckError
from ..project import Project
from ..publish import plan, s3
from . import store
from .package import Package, package

ALIAS = "live"
"""The alias that API, queue and calendar call."""
Clients = Callable[[str], Any]
"""A client of boto3 for a service."""
Lines = Iterator[str]
_NAME = "See that its name and region are right"


def to_function(
    project: Project, name: str, bucket: str, distribution: str, clients: Clients, *, dry_run: bool
) -> Lines:
    """Deploy to a function, a site's bucket and a distribution that are there; yields what is done, step after step.

    The alias moves only to a version that has answered. Raises QuarterdeckError, too, for a function whose handler is
    not in the package: it would be lost.
    """
    lambda_ = clients("lambda")
    with asking(f"function {name}", _NAME):
        config = lambda_.get_function_configuration(FunctionName=name)
        was = live_version(lambda_, name)
    said = config.get("Environment", {}).get("Variables", {})
    private = said.get("PROJECT_BUCKET") or project.settings.project_bucket
    if not private:
        remedy = "Name a private bucket there (docs/cloud.md says what else the function needs)"
        raise QuarterdeckError(f"function {name}, PROJECT_BUCKET", "is not set", remedy)
    if config.get("PackageType") == "Image":
        remedy = "Name one made from a zip, or put an image in its place yourself (docs/Containerfile)"
        raise QuarterdeckError(f"function {name}", "takes its code from an image", remedy)
    _check_handler(project.root, config["Handler"], name)
    arch, python = config.get("Architectures", ["x86_64"])[0], config["Runtime"].removeprefix("python")
    packed = package(project.root, project.root / "build" / f"quarterdeck-{arch}.zip", python, arch)
    yield packed.told
    yield f"Function {name}: version {was or '(none)'} serves; {packed.key} in bucket {private} is to follow it."
    if not dry_run:
        with asking(f"function {name}", _NAME):
            upload(clients("s3"), private, packed)
            version = lambda_.update_function_code(
                FunctionName=name, S3Bucket=private, S3Key=packed.key, Publish=True, Architectures=[arch],
                RevisionId=config["RevisionId"],
            )["Version"]  # fmt: skip
            prove(lambda_, name, version)
            yield f"Version {version} answers."
            if was:
                lambda_.update_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
            else:
                lambda_.create_alias(FunctionName=name, Name=ALIAS, FunctionVersion=version)
        yield f"Version {version} serves as {name}:{ALIAS}."
    yield from contents(project, private, bucket, distribution, clients, dry_run=dry_run)


def _check_handler(root: Path, handler: str, name: str) -> None:
    module = handler.rpartition(".")[0].replace(".", "/")
    if not (module.startswith("quarterdeck/") or (root / "cloud" / f"{module}.py").is_file()):
        remedy = f"Put {module}.py in cloud/, with its handler mounted there (docs/cloud.md)"
        raise QuarterdeckError(f"function {name}", f"calls {handler}, which the package would lack", remedy)


def live_version(lambda_: Any, name: str) -> str:
    """The version that serves; empty for none."""
    try:
        return str(lambda_.get_alias(FunctionName=name, Name=ALIAS)["FunctionVersion"])
    except lambda_.exceptions.ResourceNotFoundException:
        return ""


def upload(client: Any, bucket: str, packed: Package) -> None:
    """Put the package in a bucket; one of that name is the same."""
    if client.list_objects_v2(Bucket=bucket, Prefix=packed.key).get("KeyCount"):
        return
    checksum = base64.b64encode(bytes.fromhex(packed.sha256)).decode()
    with packed.path.open("rb") as body:
        client.put_object(Bucket=bucket, Key=packed.key, Body=body, ChecksumSHA256=checksum)


def prove(lambda_: Any, name: str, version: str) -> None:
    """Call a version; raises QuarterdeckError unless it answers as the version of Quarterdeck that it should be."""
    lambda_.get_waiter("published_version_active").wait(FunctionName=name, Qualifier=version)
    answer = lambda_.invoke(FunctionName=name, Qualifier=version, Payload=b'{"quarterdeck": "health"}')
    said = json.loads(answer["Payload"].read())
    if answer.get("FunctionError") or not isinstance(said, dict) or said.get("version") != __version__:
        problem = f"does not answer as {__version__}: {json.dumps(said)[:500]}"
        remedy = "Nothing else has changed and the version before it serves; its log says more"
        raise QuarterdeckError(f"version {version} of {name}", problem, remedy)


def contents(
    project: Project, private: str, bucket: str, distribution: str, clients: Clients, *, dry_run: bool
) -> Lines:
    """Push the project, publish the site."""
    client = clients("s3")
    if dry_run:
        yield f"Project {store.version_of(project.root)} would be pushed to bucket {private}."
    else:
        yield f"Project {store.push(project.root, client, private)} is in bucket {private}."
    if not (bucket and (project.root / "_site").is_dir()):
        yield "No site is built here, or no bucket is named for it: nothing is published."
        return
    with project.locked(), asking(f"bucket {bucket}", _NAME):
        planned = plan.plan(project.root / "_site", s3.read_remote(client, bucket))
        if not dry_run:
            s3.apply(planned, client, bucket, clients("cloudfront"), distribution)
    lists = (planned.uploads, planned.deletions, planned.invalidations)
    new, gone, forgotten = (f"{len(it)}{' would be' if dry_run else ''}" for it in lists)
    yield f"Site in bucket {bucket}: {new} written, {gone} deleted, {forgotten} invalidated."
