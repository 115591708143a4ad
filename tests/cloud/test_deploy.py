"""Deploying, interrupted at every step: until a release is proved whole, the one before it serves."""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import pytest

from publish.bucket import KEYS, Cut
from quarterdeck import __version__
from quarterdeck.cloud import deploy, stack
from quarterdeck.cloud.package import Package
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.project import Project

READS = ("Get", "List", "Describe", "Head")


class Aws:
    """Clients of a server that stands for AWS, gone after so many writes.

    `asked` are the operations, in their order. The server knows no key groups: there, a stack has no distribution.
    """

    def __init__(self, endpoint: str) -> None:
        self.endpoint, self.asked, self.lives = endpoint, list[str](), 1_000_000

    def __call__(self, service: str) -> Any:
        client = boto3.client(service, endpoint_url=self.endpoint, **KEYS)
        client.meta.events.register("before-parameter-build", self._without_keys)
        client.meta.events.register("before-call", self._ask)
        return client

    @property
    def writes(self) -> list[str]:
        """The operations that change something."""
        return [name for name in self.asked if not name.startswith(READS)]

    def _without_keys(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name == "CreateChangeSet":
            for parameter in params["Parameters"]:
                if parameter["ParameterKey"] == "EdgePublicKey":
                    assert parameter["ParameterValue"].startswith("-----BEGIN PUBLIC KEY-----")
                    parameter["ParameterValue"] = ""

    def _ask(self, model: Any, **_: Any) -> None:
        if not model.name.startswith(READS) and len(self.writes) >= self.lives:
            raise Cut
        self.asked.append(model.name)

    def cut(self, lives: int = 1_000_000) -> Aws:
        """The same, about to go."""
        made = Aws(self.endpoint)
        made.lives = lives
        return made

    def served(self, function: str) -> str:
        """Which release the alias answers with."""
        answer = self("lambda").invoke(FunctionName=function, Qualifier="live", Payload=b'{"quarterdeck": "health"}')
        assert "FunctionError" not in answer
        return str(json.load(answer["Payload"])["release"])


def packing(folder: Path, release: str, version: str = __version__) -> Any:
    """What stands for `package`: a handler that says which release it is."""

    def package(root: Path, into: Path, *_: str) -> Package:
        said, code = {"status": "ok", "version": version, "release": release}, io.BytesIO()
        with zipfile.ZipFile(code, "w") as archive:
            for name in ("quarterdeck/__init__.py", "quarterdeck/cloud/__init__.py"):
                archive.writestr(name, "")
            archive.writestr("quarterdeck/cloud/handler.py", f"def handler(event, context):\n    return {said}\n")
        path = folder / f"{release}.zip"
        path.write_bytes(code.getvalue())
        return Package(path, hashlib.sha256(code.getvalue()).hexdigest(), 1, [], True)

    return package


@pytest.fixture
def aws(ministack: str, monkeypatch: pytest.MonkeyPatch) -> Aws:
    """All of AWS, which does not keep waiters waiting."""
    real = time.sleep
    monkeypatch.setattr("botocore.waiter.time.sleep", lambda seconds: real(min(seconds, 0.02)))
    return Aws(ministack)


def function(aws: Aws, folder: Path) -> str:
    """A function whose release `old` serves; its private bucket has the same name."""
    name = f"f-{uuid4().hex[:8]}"
    aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    old = packing(folder, "old")(folder, folder).path.read_bytes()
    version = aws("lambda").create_function(
        FunctionName=name, Runtime="python3.11", Role="arn:aws:iam::000000000000:role/r", Publish=True,
        Handler="quarterdeck.cloud.handler.handler", Code={"ZipFile": old},
        Environment={"Variables": {"PROJECT_BUCKET": name}},
    )["Version"]  # fmt: skip
    aws("lambda").create_alias(FunctionName=name, Name="live", FunctionVersion=version)
    return name


def to_function(aws: Aws, project: Path, name: str, *, dry_run: bool = False) -> list[str]:
    return list(deploy.to_function(Project.open(project), name, "", "", aws, dry_run=dry_run))


def to_stack(aws: Aws, project: Path, name: str, *, dry_run: bool = False) -> list[str]:
    return list(stack.to_stack(Project.open(project), name, aws, dry_run=dry_run))


@pytest.mark.slow
def test_a_function_serves_its_old_version_until_the_new_one_has_answered(
    aws: Aws, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted at every write; deployed again, the new one serves, and the project is there."""
    monkeypatch.setattr(deploy, "package", packing(tmp_path, "new"))
    name = function(aws, tmp_path)
    whole = aws.cut()
    lines = to_function(whole, project, name)
    assert aws.served(name) == "new" and "Version 2 answers." in lines
    moved = whole.writes.index("UpdateAlias")
    assert whole.writes[:moved] == ["PutObject", "UpdateFunctionCode", "Invoke"]
    for lives in range(moved + 3):
        name = function(aws, tmp_path)
        with pytest.raises(Cut):
            to_function(aws.cut(lives), project, name)
        assert aws.served(name) == ("new" if lives > moved else "old")
        to_function(aws, project, name)
        assert aws.served(name) == "new"
        assert aws("s3").get_object(Bucket=name, Key="project/current")["Body"].read()


@pytest.mark.slow
def test_a_version_that_does_not_answer_is_never_served(
    aws: Aws, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is another version than it should be, or raises: the error says what it said."""
    name = function(aws, tmp_path)
    monkeypatch.setattr(deploy, "package", packing(tmp_path, "new", version="0.0.9"))
    with pytest.raises(QuarterdeckError, match=r"version 2 of f-\w+: does not answer as .*0\.0\.9"):
        to_function(aws, project, name)
    assert aws.served(name) == "old"


def test_a_handler_of_the_owners_own_is_not_lost(
    aws: Aws, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function whose handler the package lacks is left as it is."""
    name = function(aws, tmp_path)
    aws("lambda").update_function_configuration(FunctionName=name, Handler="mine.handler")
    monkeypatch.setattr(deploy, "package", packing(tmp_path, "new"))
    refused = aws.cut()
    with pytest.raises(QuarterdeckError, match=r"calls mine\.handler, which .* would lack. Put mine\.py in cloud/"):
        to_function(refused, project, name)
    assert not refused.writes
    (project / "cloud").mkdir()
    (project / "cloud" / "mine.py").write_text("", "utf-8")
    assert to_function(refused, project, name, dry_run=True) and not refused.writes


def test_what_cannot_be_deployed_is_refused_first(
    aws: Aws, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function of an image; a name that no stack can have."""
    name = function(aws, tmp_path)
    client = aws("lambda")
    was = client.get_function_configuration(FunctionName=name)
    image = {it: was[it] for it in was.keys() - {"Handler", "Runtime"}} | {"PackageType": "Image"}
    monkeypatch.setattr(client, "get_function_configuration", lambda **_: image)
    with pytest.raises(QuarterdeckError, match="takes its code from an image"):
        list(deploy.to_function(Project.open(project), name, "", "", lambda _: client, dry_run=True))
    for bad in ("a b", "1abc", "", "a" * 129, "ä", "a\n"):
        with pytest.raises(QuarterdeckError, match="is no name"):
            to_stack(aws, project, bad, dry_run=True)


def test_a_dry_run_changes_nothing(aws: Aws, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a function, of a stack that is not there, and of one that is; each tells its plan."""
    name = function(aws, tmp_path)
    monkeypatch.setattr(deploy, "package", packing(tmp_path, "new"))
    dry = aws.cut()
    assert f"Function {name}: version 1 serves; code/" in "\n".join(to_function(dry, project, name, dry_run=True))
    monkeypatch.setattr(stack, "package", packing(tmp_path, "first"))
    assert "add     Work (AWS::SQS::Queue)" in to_stack(dry, project, f"s-{name}", dry_run=True)
    assert not dry.writes
    to_stack(aws, project, f"s-{name}")
    monkeypatch.setattr(stack, "package", packing(tmp_path, "second"))
    lines = to_stack(dry, project, f"s-{name}", dry_run=True)
    assert "modify  Function (AWS::Lambda::Function)" in lines
    assert dry.writes == ["CreateChangeSet", "DeleteChangeSet"]


@pytest.mark.slow
def test_a_stack_serves_its_old_version_until_the_new_one_has_answered(
    aws: Aws, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted at every write, the making of it too; deployed again, the new one serves."""
    name = f"s-{uuid4().hex[:8]}"
    monkeypatch.setattr(stack, "package", packing(tmp_path, "r0"))
    first = aws.cut()
    lines = to_stack(first, project, name)
    assert f"CLOUD_TABLE={outputs(aws, name)['CloudTable']}" in lines
    pushed = first.writes.index("PutObject", first.writes.index("Invoke"))
    for lives in range(pushed):
        again = f"s-{uuid4().hex[:8]}"
        with pytest.raises(Cut):
            to_stack(aws.cut(lives), project, again)
        settle(aws, again)
        to_stack(aws, project, again)
        assert aws.served(outputs(aws, again)["Function"]) == "r0"
    function, served = outputs(aws, name)["Function"], "r0"
    for lives in range(pushed):
        monkeypatch.setattr(stack, "package", packing(tmp_path, f"s{lives}"))
        gone = aws.cut(lives)
        try:
            to_stack(gone, project, name)
        except Cut:
            settle(aws, name)
        assert aws.served(function) == (served if gone.writes.count("ExecuteChangeSet") < 2 else f"s{lives}")
        to_stack(aws, project, name)
        served = f"s{lives}"
        assert aws.served(function) == served


@pytest.mark.slow
def test_a_stack_whose_new_version_does_not_answer_stays_with_the_old_one(
    aws: Aws, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alias is not moved; mended and deployed again, it is."""
    name = f"s-{uuid4().hex[:8]}"
    for release, version in (("old", __version__), ("bad", "0.0.9"), ("good", __version__)):
        monkeypatch.setattr(stack, "package", packing(tmp_path, release, version))
        if release == "bad":
            with pytest.raises(QuarterdeckError, match=r"does not answer as .*0\.0\.9"):
                to_stack(aws, project, name)
        else:
            to_stack(aws, project, name)
        assert aws.served(outputs(aws, name)["Function"]) == {"bad": "old"}.get(release, release)


def outputs(aws: Aws, name: str) -> dict[str, str]:
    (told,) = aws("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return {it["OutputKey"]: it["OutputValue"] for it in told["Outputs"]}


def settle(aws: Aws, name: str) -> None:
    """Wait for what CloudFormation does by itself after its caller is gone."""
    for _ in range(500):
        stacks = aws("cloudformation").describe_stacks()["Stacks"]
        if not any(
            it["StackName"] == name
            and it["StackStatus"].endswith("_IN_PROGRESS")
            and it["StackStatus"] != "REVIEW_IN_PROGRESS"
            for it in stacks
        ):
            return
        time.sleep(0.02)
