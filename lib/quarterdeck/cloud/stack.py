"""Deploying as a stack of CloudFormation: each change shown before it is made, the alias moved by the last one."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from ..deliver.aws import asking
from ..model.address import parse_address
from ..model.errors import QuarterdeckError
from ..model.settings import Settings
from ..project import Project
from .deploy import Clients, Lines, contents, live_version, prove, upload
from .package import package
from .secret import new_secret, parse_secrets

TEMPLATE = Path(__file__).with_name("template.yaml")
_RESOURCE = re.compile(r"^  (\w+):.*\n    Type: (AWS::\S+)", re.M)
_SETTLED = re.compile("(CREATE|UPDATE|UPDATE_ROLLBACK|IMPORT)_COMPLETE")
_SETTINGS = {
    "site_url": "SiteAddress", "site_bucket": "SiteBucket", "site_distribution": "SiteDistribution",
    "ledger_table": "LedgerTable", "recipients_table": "RecipientsTable", "signing_secret": "Secret",
    "ses_configuration_set": "Mails", "cloud_table": "CloudTable", "cloud_secret": "Secret",
    "project_bucket": "ProjectBucket",
}  # fmt: skip
"""Settings, each with the output of the stack that it names."""
Outputs = dict[str, str]
Values = Mapping[str, str]


def to_stack(project: Project, name: str, clients: Clients, *, dry_run: bool) -> Lines:
    """Make or renew a stack and fill it; yields what is done, step after step, each change before it is made.

    A release is a change that keeps the alias where it is, a call of the new version, and a change that moves the
    alias. A new stack is made first without a distribution, since CloudFront wants the key that its secret will hold.
    """
    if not re.fullmatch("[A-Za-z][A-Za-z0-9-]{0,127}", name):
        raise QuarterdeckError(
            f"stack {name[:130]!r}", "is no name", "Begin with a letter, go on with those, digits and -"
        )
    cloud = clients("cloudformation")
    packed = package(project.root, project.root / "build" / "quarterdeck-x86_64.zip")
    yield packed.told
    with asking(f"stack {name}", "See that its name and region are right"):
        outputs = _outputs(cloud, name)
        account, region = clients("sts").get_caller_identity()["Account"], cloud.meta.region_name
        code = f"quarterdeck-{account}-{region}"
        values = {"CodeBucket": code, "CodeKey": packed.key, **_values(project.settings)}
        if outputs:
            values["EdgePublicKey"] = _public_key(clients("secretsmanager"), outputs["Secret"], make=not dry_run)
        if dry_run:
            held = live_version(clients("lambda"), outputs["Function"]) if outputs else ""
            yield from _preview(cloud, name, values, held)
        else:
            _make_bucket(clients("s3"), code, account, region)
            upload(clients("s3"), code, packed)
            outputs = yield from _release(cloud, name, values, outputs, clients)
    if outputs:
        places = outputs["ProjectBucket"], outputs["SiteBucket"], outputs.get("SiteDistribution", "")
        yield from contents(project, *places, clients, dry_run=dry_run)
        lacking = [name for name, it in _SETTINGS.items() if it in outputs and not getattr(project.settings, name)]
        yield from ["With these lines in repos.env this machine works on the same (docs/cloud.md):"] if lacking else []
        yield from (f"{name.upper()}={outputs[_SETTINGS[name]]}" for name in lacking)


def _release(
    cloud: Any, name: str, values: Outputs, outputs: Outputs | None, clients: Clients
) -> Generator[str, None, Outputs]:
    """The changes and the call between them; `values` without a public key are completed. The stack's outputs."""
    secrets, lambda_ = clients("secretsmanager"), clients("lambda")
    if not outputs:
        outputs = yield from change(cloud, name, values)
        values["EdgePublicKey"] = _public_key(secrets, outputs["Secret"], make=True)
    outputs = yield from change(cloud, name, values, live_version(lambda_, outputs["Function"]))
    _note_key(secrets, outputs)
    prove(lambda_, outputs["Function"], outputs["Version"])
    yield f"Version {outputs['Version']} answers."
    outputs = yield from change(cloud, name, values)
    yield f"Version {outputs['Version']} serves at {outputs.get('SiteAddress', outputs['Api'])}."
    return outputs


def change(cloud: Any, name: str, values: Values, held: str = "") -> Generator[str, None, Outputs]:
    """Make the stack, or what differs from it, with the alias `held` at a version; yields each difference beforehand.

    Returns the stack's outputs. Raises QuarterdeckError where CloudFormation went back to what was there before.
    """
    known = _outputs(cloud, name)
    id, lines = _propose(cloud, name, values, held, "UPDATE" if known else "CREATE")
    yield from lines
    if not lines:
        yield f"Stack {name} needs no change."
        return known or {}
    cloud.execute_change_set(ChangeSetName=id)
    if not _waited(cloud, "stack_update_complete" if known else "stack_create_complete", StackName=name):
        pages = cloud.get_paginator("describe_stack_events").paginate(StackName=name)
        events = [it for page in pages for it in page["StackEvents"] if it["ResourceStatus"].endswith("_FAILED")]
        first = events[-1] if events else {}
        problem = f"went back to what it was: {first.get('LogicalResourceId')}: {first.get('ResourceStatusReason')}"
        raise QuarterdeckError(f"stack {name}", problem, "Mend that and deploy again; one that is new, delete first")
    return _outputs(cloud, name) or {}


def _outputs(cloud: Any, name: str) -> Outputs | None:
    """What a stack has made, by name; None without one. Raises QuarterdeckError for one that cannot be changed now."""
    try:
        (stack,) = cloud.describe_stacks(StackName=name)["Stacks"]
    except cloud.exceptions.ClientError as err:
        if "does not exist" in str(err):
            return None
        raise
    if stack["StackStatus"] == "REVIEW_IN_PROGRESS":  # changes were proposed, and none made
        return None
    if not _SETTLED.fullmatch(stack["StackStatus"]):
        remedy = "Wait until it has settled; one whose making failed, delete"
        raise QuarterdeckError(f"stack {name}", f"is {stack['StackStatus']}", remedy)
    return {it["OutputKey"]: it["OutputValue"] for it in stack.get("Outputs", ())}


def _propose(cloud: Any, name: str, values: Values, held: str, kind: str) -> tuple[str, list[str]]:
    """A change set and what it would do; nothing when nothing differs."""
    template = TEMPLATE.read_text("utf-8")
    release = hashlib.sha256(json.dumps([template, values], sort_keys=True).encode()).hexdigest()[:16]
    parameters = {**values, "Release": release, "LiveVersion": held}
    id = cloud.create_change_set(
        StackName=name, ChangeSetName=f"release-{uuid4().hex}", ChangeSetType=kind, TemplateBody=template,
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
    )["Id"]  # fmt: skip
    made = _waited(cloud, "change_set_create_complete", ChangeSetName=id)
    told = cloud.describe_change_set(ChangeSetName=id)
    if not made:
        cloud.delete_change_set(ChangeSetName=id)
        if not re.search("contain changes|No updates", told.get("StatusReason", "")):
            problem = f"could not be planned: {told.get('StatusReason')}"
            raise QuarterdeckError(f"stack {name}", problem, "Mend that and deploy again")
    changes = [it["ResourceChange"] for it in told.get("Changes", ())]
    return id, [
        f"{it['Action'].lower():8}{it['LogicalResourceId']} ({it['ResourceType']})"
        + (", replaced" if it.get("Replacement") == "True" else "")
        for it in changes
    ]


def _preview(cloud: Any, name: str, values: Values, held: str) -> Lines:
    """What a deployment would change; a proposal is taken back."""
    if not held:
        yield from (f"add     {id} ({kind})" for id, kind in _RESOURCE.findall(TEMPLATE.read_text("utf-8")))
        return
    id, lines = _propose(cloud, name, values, held, "UPDATE")
    if lines:
        cloud.delete_change_set(ChangeSetName=id)
    yield from lines or [f"Stack {name} needs no change."]


def _waited(cloud: Any, what: str, **where: str) -> bool:
    """Wait, an hour at most; says whether it came to what was hoped for."""
    from botocore.exceptions import WaiterError

    try:
        cloud.get_waiter(what).wait(**where, WaiterConfig={"Delay": 2, "MaxAttempts": 1800})
    except WaiterError:
        return False
    return True


def _values(settings: Settings) -> Outputs:
    """The template's parameters that settings decide."""
    given = settings.site_url and not settings.site_url.endswith(".cloudfront.net")
    if given and not settings.site_certificate:
        remedy = "Name the ARN of SITE_URL's certificate, or leave SITE_URL empty for CloudFront's name"
        raise QuarterdeckError("SITE_CERTIFICATE", "is not set", remedy)
    said = {
        "SiteUrl": settings.site_url if given else "",
        "Certificate": settings.site_certificate,
        "Sender": settings.ses_from_address and parse_address(settings.ses_from_address).addr_spec,
        "Operator": settings.operator_address and parse_address(settings.operator_address).addr_spec,
        "ActionsUrl": settings.actions_url,
    }
    return {name: value for name, value in said.items() if value}


def _make_bucket(client: Any, bucket: str, account: str, region: str) -> None:
    """The bucket that packages go through, of this account alone."""
    try:
        client.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except client.exceptions.ClientError as err:
        if err.response["Error"]["Code"] != "404":
            raise
        place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        client.create_bucket(Bucket=bucket, **place)


def _public_key(client: Any, secret: str, *, make: bool) -> str:
    """The public half of the key that signs cookies; a secret that is still empty may be filled."""
    try:
        text = client.get_secret_value(SecretId=secret)["SecretString"]
    except client.exceptions.ResourceNotFoundException:  # the secret is there, without a value
        text = ""
    if not (text or make):
        return ""
    if not text:
        text = new_secret("")
        client.put_secret_value(SecretId=secret, SecretString=text)
    return parse_secrets(text, f"secret {secret}").edge_public


def _note_key(client: Any, outputs: Outputs) -> None:
    """Keep with the key the name that CloudFront gave it."""
    said = json.loads(client.get_secret_value(SecretId=outputs["Secret"])["SecretString"])
    id = outputs.get("EdgeKeyId", "")
    if said["edge_key_id"] != id:
        text = json.dumps({**said, "edge_key_id": id})
        client.put_secret_value(SecretId=outputs["Secret"], SecretString=text)
