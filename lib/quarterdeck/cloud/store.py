"""A project and its made reports in the private bucket: each version whole and for ever, each report whole or not."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..deliver.aws import asking
from ..model.errors import QuarterdeckError
from ..model.files import put_folder
from ..model.settings import read_settings

PARTS = ("notebooks", "personas", "data", "commentary", "assets", "_quarto.yml", "index.qmd", "repos.env")
"""What a project is in the bucket."""
CURRENT = "project/current"
_VERSION = re.compile(r"[0-9a-f]{16}")
_SAFE = re.compile(rf"({'|'.join(map(re.escape, PARTS))})(/(?!\.)[^/\x00\\]+)*")
_REPORT = re.compile(r"(r/(?:[A-Za-z0-9][A-Za-z0-9._-]*/)+)report\.zip")
_MARK = ".etag"
"""Beside a report: as which object it was loaded or kept."""
_AT_A_TIME = 8
_PUSH = "Put it there: quarterdeck push"


def version_of(root: Path) -> str:
    """The name of a project as it is now; raises QuarterdeckError for a secret in repos.env, or a link."""
    return _name(_hashes(root))


def push(root: Path, s3: Any, bucket: str) -> str:
    """Put a project's files into a bucket, unless they are there, and make them the current ones; their version."""
    hashes = _hashes(root)
    version = _name(hashes)

    def put(path: str) -> None:
        digest = base64.b64encode(bytes.fromhex(hashes[path])).decode()
        body = (root / path).read_bytes()
        s3.put_object(Bucket=bucket, Key=f"project/{version}/{path}", Body=body, ChecksumSHA256=digest)

    with asking(f"bucket {bucket}", "See that its name is right"):
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=_manifest(version))
        if not listed.get("KeyCount"):
            _each(put, hashes)
            s3.put_object(Bucket=bucket, Key=_manifest(version), Body=json.dumps(hashes, sort_keys=True).encode())
        s3.put_object(Bucket=bucket, Key=CURRENT, Body=version.encode())
    return version


def current(s3: Any, bucket: str) -> str:
    """The version that was pushed last; raises QuarterdeckError when there is none."""
    return _read(s3, bucket, CURRENT).decode().strip()


def fetch(s3: Any, bucket: str, into: Path, version: str = "") -> str:
    """Put a version of a project (empty: the current one), whole, in place of a folder; its name.

    Raises QuarterdeckError for a version that is not there or is not what its name says.
    """
    version = version or current(s3, bucket)
    where = f"project {version[:40]!r}"
    if not _VERSION.fullmatch(version):
        raise QuarterdeckError(where, "is no version", _PUSH)
    hashes: dict[str, str] = json.loads(_read(s3, bucket, _manifest(version)))
    if _name(hashes) != version or not all(map(_SAFE.fullmatch, hashes)):
        raise QuarterdeckError(where, "is not what its name says", _PUSH)
    new = into.with_name(f".{into.name}.partial")
    shutil.rmtree(new, ignore_errors=True)

    def get(path: str) -> None:
        content = _read(s3, bucket, f"project/{version}/{path}")
        if hashlib.sha256(content).hexdigest() != hashes[path]:
            raise QuarterdeckError(f"{where}, {path}", "is not what was pushed", _PUSH)
        (new / path).parent.mkdir(parents=True, exist_ok=True)
        (new / path).write_bytes(content)

    _each(get, hashes)
    put_folder(new, into, into.with_name(f".{into.name}.old"))
    return version


def save(s3: Any, bucket: str, folder: Path, key: str) -> None:
    """Keep a report's folder under `r/<slug>/<period>`, as one object, so that nobody gets half of it.

    A folder that `load` brought is kept only if the bucket has nothing newer.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.name.startswith("."):
                archive.write(path, path.relative_to(folder).as_posix())
    mark = folder / _MARK
    newer: dict[str, str] = {"IfMatch": mark.read_text("utf-8")} if mark.is_file() else {}
    with asking(f"bucket {bucket}", "See that its name is right"):
        try:
            kept = s3.put_object(Bucket=bucket, Key=f"{key}/report.zip", Body=packed.getvalue(), **newer)
            mark.write_text(kept["ETag"], "utf-8")
        except s3.exceptions.ClientError as err:
            if err.response["Error"]["Code"] != "PreconditionFailed":
                raise


def loaded(root: Path) -> list[Path]:
    """The folders of a project's reports that the bucket has too."""
    return [mark.parent for mark in (root / "r").rglob(_MARK)]


def load(s3: Any, bucket: str, into: Path, key: str = "r") -> None:
    """Bring the kept reports under a key to a project's folder, but for those that are there already."""
    with asking(f"bucket {bucket}", "See that its name is right"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{key}/")
        listed = [(it["Key"], it["ETag"]) for page in pages for it in page.get("Contents", ())]

    def bring(name: str, etag: str) -> None:
        found = _REPORT.fullmatch(name)
        if not found or ".." in name:
            return
        folder = into / found[1]
        mark = folder / _MARK
        if mark.is_file() and mark.read_text("utf-8") == etag:
            return
        new = folder.with_name(f".{folder.name}.partial")
        shutil.rmtree(new, ignore_errors=True)
        with zipfile.ZipFile(io.BytesIO(_read(s3, bucket, name))) as archive:
            archive.extractall(new)  # which itself keeps names within the folder
        (new / _MARK).write_text(etag, "utf-8")
        put_folder(new, folder, folder.with_name(f".{folder.name}.old"))

    _each(lambda one: bring(*one), listed)


def _hashes(root: Path) -> dict[str, str]:
    """Each file's SHA-256, by its path in the project."""
    if notices := read_settings(root / "repos.env", {}).notices:
        raise QuarterdeckError("quarterdeck push", f"would publish a secret: {notices[0]}", "Take it out first")
    found = {}
    for part in PARTS:
        for path in [root / part] if (root / part).is_file() else sorted((root / part).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.is_file() and _SAFE.fullmatch(name) and "__pycache__" not in name:
                if path.is_symlink():
                    raise QuarterdeckError(str(path), "is a link", "Put the file itself there")
                found[name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def _name(hashes: dict[str, str]) -> str:
    told = "".join(f"{path}\0{digest}\n" for path, digest in sorted(hashes.items()))
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def _manifest(version: str) -> str:
    return f"project/{version}.json"


def _read(s3: Any, bucket: str, key: str) -> bytes:
    with asking(f"bucket {bucket}, {key}", _PUSH):
        try:
            return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except s3.exceptions.NoSuchKey:
            raise QuarterdeckError(f"bucket {bucket}, {key}", "is not there", _PUSH) from None


def _each(act: Callable[[Any], None], things: Iterable[Any]) -> None:
    """Several at a time; the first failure is raised when those begun have ended."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        for done in [pool.submit(act, thing) for thing in things]:
            done.result()
