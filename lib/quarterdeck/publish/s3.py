"""A bucket as it is, and a plan carried out: in an order in which no reader gets a page whose assets are missing."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import groupby
from typing import Any

from ..model.errors import QuarterdeckError
from .file import File
from .plan import MANIFEST, Plan, Remote

_AT_A_TIME = 8  # below the ten connections that a client of boto3 keeps
_DELETED_AT_A_TIME = 1000
Progress = Callable[[str, int], None]
"""Called with each key that was written and with the number of them in all."""


def read_remote(s3: Any, bucket: str) -> Remote:
    """What a bucket holds, and what its manifest says of that; one request for a thousand keys and one for it."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    etags = {it["Key"]: it["ETag"] for page in pages for it in page.get("Contents", ())}
    tag = etags.pop(MANIFEST, "")
    if not tag:
        return Remote(etags, {})
    found = s3.get_object(Bucket=bucket, Key=MANIFEST)
    try:
        manifest = dict(json.load(found["Body"]))
    except (ValueError, TypeError):
        manifest = {}  # spoilt: everything is written again, and it too
    return Remote(etags, manifest, found["ETag"])


def warnings(s3: Any, bucket: str) -> Iterator[str]:
    """What is unsafe about a bucket; whoever may not ask is not told."""
    try:
        access = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    except s3.exceptions.ClientError as err:
        access = {} if _code(err) == "NoSuchPublicAccessBlockConfiguration" else None
    if access is not None and not (access and all(access.values())):
        yield "its public access is not blocked: switch on all four of Block Public Access"
    try:
        versioned = s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled"
    except s3.exceptions.ClientError:
        return
    if not versioned:
        yield "it keeps no versions, so that nothing can be brought back: switch on versioning"


def apply(
    plan: Plan, s3: Any, bucket: str, cloudfront: Any, distribution: str, progress: Progress = lambda key, total: None
) -> None:
    """Write, delete, invalidate, and last say in the manifest what the bucket holds; without changes, nothing.

    Cut short anywhere, it is completed by planning and applying again. Raises QuarterdeckError when another publisher
    was there since the plan was made; ClientError for what AWS refuses, as files that have changed since.
    """
    if not plan.changes:
        return
    etags, total = plan.remote.etags, len(plan.uploads)  # what was written behind the manifest, it vouches for no more
    manifest = {key: entry for key, entry in plan.remote.manifest.items() if entry[0] == etags.get(key)}

    def wrote(file: File, etag: str) -> None:
        manifest[file.key] = [etag, *file.entry]
        progress(file.key, total)

    for stage in plan.stages:
        _put_all(s3, bucket, stage, wrote)
    for _, keys in groupby(plan.deletions, key=lambda key: key.endswith(".html")):
        _delete(s3, bucket, list(keys))
    if plan.invalidations and distribution:
        paths = {"Quantity": len(plan.invalidations), "Items": list(plan.invalidations)}
        batch = {"Paths": paths, "CallerReference": str(uuid.uuid4())}
        cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
    for key in plan.deletions:
        manifest.pop(key, None)
    _write_manifest(s3, bucket, manifest, plan.remote.tag)


def _put_all(s3: Any, bucket: str, files: Iterable[File], wrote: Callable[[File, str], None]) -> None:
    """Write files, several at a time, and tell each with its ETag; the first that fails ends it."""
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        begun = {pool.submit(_put, s3, bucket, file): file for file in files}
        try:
            for done in as_completed(begun):
                wrote(begun[done], done.result())
        finally:
            pool.shutdown(cancel_futures=True)


def _put(s3: Any, bucket: str, file: File) -> str:
    headers = {"ContentType": file.type, "CacheControl": file.cache, "ChecksumSHA256": file.sha256}
    with io.BytesIO(file.content) if file.content is not None else file.path.open("rb") as body:
        return str(s3.put_object(Bucket=bucket, Key=file.key, Body=body, **headers)["ETag"])


def _delete(s3: Any, bucket: str, keys: list[str]) -> None:
    for start in range(0, len(keys), _DELETED_AT_A_TIME):
        objects = [{"Key": key} for key in keys[start : start + _DELETED_AT_A_TIME]]
        for error in s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True}).get("Errors", ()):
            remedy = "Allow s3:DeleteObject to whoever publishes, and publish again"
            raise QuarterdeckError(error.get("Key", bucket), f"was not deleted ({error.get('Code')})", remedy)


def _write_manifest(s3: Any, bucket: str, manifest: dict[str, list[str]], tag: str) -> None:
    """Put it in place of the one that the plan was made from, and of no other."""
    body = json.dumps(manifest, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    only: dict[str, str] = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
    try:
        s3.put_object(
            Bucket=bucket, Key=MANIFEST, Body=body, ContentType="application/json", CacheControl="no-store", **only
        )
    except s3.exceptions.ClientError as err:
        if _code(err) not in {"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"}:
            raise
        remedy = "Publish again: what differs from this site is written again"
        raise QuarterdeckError(f"bucket {bucket}", "was published to by somebody else meanwhile", remedy) from err


def _code(err: Any) -> str:
    return str(err.response.get("Error", {}).get("Code"))
