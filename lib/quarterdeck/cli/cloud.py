"""Publishing, and what runs in AWS."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from ..model.errors import QuarterdeckError
from .verbs import open_dispatch, open_project, print_table, say, say_notices, short_path, verb

if TYPE_CHECKING:
    from ..model.settings import Settings


@verb("tables")
def _tables(options: argparse.Namespace) -> None:
    """Make the DynamoDB tables that the settings name."""
    with open_dispatch(options) as dispatch:
        made = dispatch.make_tables()
    said = [f"{name} {'is made' if now else 'was there'}." for name, now in made.items()]
    print("\n".join(said) or "No table is named: set LEDGER_TABLE, RECIPIENTS_TABLE and CLOUD_TABLE.")


def _site(options: argparse.Namespace, settings: Settings) -> tuple[str, str]:
    """The bucket and the distribution that are named, on the command line or in the settings."""
    from ..model.settings import setting

    bucket = setting("site_bucket", options.bucket, "--bucket") or settings.site_bucket
    return bucket, setting("site_distribution", options.distribution, "--distribution") or settings.site_distribution


@verb("publish", "--bucket --distribution", one_of="--dry-run --apply")
def _publish(options: argparse.Namespace) -> None:
    """Put the site into a bucket of S3, behind CloudFront."""
    from tqdm import tqdm

    from ..deliver.aws import asking, open_client
    from ..publish import plan, s3

    project = open_project(options)
    settings = say_notices(project.settings)
    bucket, distribution = _site(options, settings)
    if not bucket:
        raise QuarterdeckError("SITE_BUCKET", "is not set", "Name a bucket there or with --bucket (docs/publishing.md)")
    client, edge = (open_client(service, settings.ses_region) for service in ("s3", "cloudfront"))
    where = f"bucket {bucket}" + (f", distribution {distribution}" if distribution else "")
    with project.locked(), asking(where, "See that the names are right"):
        for warning in s3.warnings(client, bucket):
            say(f"warning: bucket {bucket}: {warning}.")
        planned = plan.plan(project.root / "_site", s3.read_remote(client, bucket))
        for line in planned.lines():
            print(line)
        if options.apply:
            with tqdm(unit="file", leave=False, disable=not sys.stderr.isatty()) as bar:

                def progress(_: str, total: int) -> None:
                    bar.total = total
                    bar.update()

                s3.apply(planned, client, bucket, edge, distribution, progress)
    if planned.changes:
        print("Published." if options.apply else "Nothing was done: quarterdeck publish --apply does it.")
    if planned.invalidations and not distribution:
        print("No distribution is named (SITE_DISTRIBUTION): nothing is invalidated.")


@verb("package", "--python --arch")
def _package(options: argparse.Namespace) -> None:
    """Write the package for AWS Lambda under build/."""
    from ..cloud.package import package

    root = open_project(options).root
    packed = package(root, root / "build" / f"quarterdeck-{options.arch}.zip", options.python, options.arch)
    print_table(("folder", "MB"), [(name, f"{size / 2**20:.1f}") for name, size in packed.folders[:20]])
    print(f"\n{packed.told} SHA-256 {packed.sha256}\n{short_path(packed.path)}")


@verb("deploy", "--bucket --distribution --dry-run", one_of="--function --stack")
def _deploy(options: argparse.Namespace) -> None:
    """Bring package, project and site to AWS: to a function that is there, or as a stack of CloudFormation."""
    from ..cloud.deploy import to_function
    from ..cloud.stack import to_stack
    from ..deliver.aws import open_client

    project = open_project(options)
    settings = say_notices(project.settings)

    def clients(service: str) -> Any:
        return open_client(service, settings.ses_region)

    if options.stack:
        lines = to_stack(project, options.stack, clients, dry_run=options.dry_run)
    elif options.function:
        bucket, distribution = _site(options, settings)
        lines = to_function(project, options.function, bucket, distribution, clients, dry_run=options.dry_run)
    else:
        raise QuarterdeckError("quarterdeck deploy", "lacks a target", "Name one: --function F or --stack NAME")
    for line in lines:
        print(line, flush=True)


@verb("push", "--dry-run")
def _push(options: argparse.Namespace) -> None:
    """Put the project where the reports of the cloud are made from."""
    from ..cloud import store
    from ..deliver.aws import open_client

    project = open_project(options)
    settings = say_notices(project.settings)
    if not settings.project_bucket:
        raise QuarterdeckError("PROJECT_BUCKET", "is not set", "Name the private bucket there (docs/cloud.md)")
    if options.dry_run:
        print(f"Version {store.version_of(project.root)} would be the current one.")
        return
    client = open_client("s3", settings.ses_region)
    print(f"Version {store.push(project.root, client, settings.project_bucket)} is the current one.")


@verb("cloud", "--port")
def _cloud(options: argparse.Namespace) -> None:
    """Run all of the cloud on this machine, without an account of AWS."""
    from ..cloud.local import line, open_cloud

    for end in (signal.SIGINT, signal.SIGTERM):  # whatever ends it, nothing is left running
        signal.signal(end, signal.default_int_handler)
    try:
        with open_cloud(open_project(options), options.port, partial(print, flush=True)) as cloud:
            owner = cloud.invite("operator@example.com", "admin", ["*"])
            print(f"\nOpen {owner}\n(once) as the owner. Mails show up here; Ctrl-C ends it.", flush=True)
            while True:
                for mail in cloud.mails():
                    print(line(mail), flush=True)
                time.sleep(1)
    except KeyboardInterrupt:
        print()
