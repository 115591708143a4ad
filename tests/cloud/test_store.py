"""A project in the bucket is whole and what its name says; a report comes back as it was kept."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from deliver.aws import KEYS, serving
from quarterdeck.cloud import store
from quarterdeck.model.errors import QuarterdeckError

BUCKET = "project"


@pytest.fixture
def s3() -> Iterator[Any]:
    with serving() as endpoint:
        client = boto3.client("s3", region_name="us-east-1", endpoint_url=endpoint, **KEYS)
        client.create_bucket(Bucket=BUCKET)
        yield client


def listed(s3: Any) -> dict[str, str]:
    """Each key with its ETag."""
    return {it["Key"]: it["ETag"] for it in s3.list_objects_v2(Bucket=BUCKET)["Contents"]}


def tree(root: Path) -> dict[str, bytes]:
    """Each file's content by its path."""
    return {it.relative_to(root).as_posix(): it.read_bytes() for it in root.rglob("*") if it.is_file()}


def test_a_pushed_project_comes_back_whole(s3: Any, project: Path, tmp_path: Path) -> None:
    """All of it but what is built, hidden or Python's; the version is the content's alone."""
    for name in ("_site/index.html", "r/ceo/facts.json", "data/.secret", "notebooks/__pycache__/a.pyc"):
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x")
    version = store.push(project, s3, BUCKET)
    assert store.fetch(s3, BUCKET, tmp_path / "there") == version == store.version_of(tmp_path / "there")
    gone = ("_site", "r/", "data/.", "notebooks/__")
    assert tree(tmp_path / "there") == {k: it for k, it in tree(project).items() if not k.startswith(gone)}


def test_versions_stay_and_the_current_one_moves(s3: Any, project: Path, tmp_path: Path) -> None:
    """A push of the same changes nothing; an edit makes another version beside the first."""
    first = store.push(project, s3, BUCKET)
    before = listed(s3)
    assert store.push(project, s3, BUCKET) == first and listed(s3) == before
    (project / "personas" / "host.yml").write_text("title: Other\n")
    second = store.push(project, s3, BUCKET)
    assert store.current(s3, BUCKET) == second != first
    assert before.items() - {(store.CURRENT, before[store.CURRENT])} <= listed(s3).items()
    assert store.fetch(s3, BUCKET, tmp_path / "old", first) == first


@pytest.mark.parametrize("name", ["../../outside", "data/../../outside", "/etc/passwd", "data/..", "other/file"])
def test_no_file_leaves_the_folder(s3: Any, project: Path, tmp_path: Path, name: str) -> None:
    """Even where manifest and version agree on it."""
    hashes = {name: "00" * 32}
    version = store._name(hashes)
    s3.put_object(Bucket=BUCKET, Key=f"project/{version}.json", Body=json.dumps(hashes))
    with pytest.raises(QuarterdeckError, match="is not what its name says"):
        store.fetch(s3, BUCKET, tmp_path / "in" / "there", version)
    assert not (tmp_path / "in").exists()


def test_what_was_changed_behind_the_manifest_is_refused(s3: Any, project: Path, tmp_path: Path) -> None:
    """A file, the manifest, or a version that is none; what was there stays."""
    version = store.push(project, s3, BUCKET)
    store.fetch(s3, BUCKET, tmp_path / "there")
    s3.put_object(Bucket=BUCKET, Key=f"project/{version}/data/ledger.csv", Body=b"other")
    with pytest.raises(QuarterdeckError, match=r"ledger\.csv: is not what was pushed"):
        store.fetch(s3, BUCKET, tmp_path / "there")
    s3.put_object(Bucket=BUCKET, Key=f"project/{version}.json", Body=b'{"_quarto.yml": "00"}')
    with pytest.raises(QuarterdeckError, match="is not what its name says"):
        store.fetch(s3, BUCKET, tmp_path / "there")
    for bad in ("../../x", "0" * 15, "../" + "0" * 13):
        with pytest.raises(QuarterdeckError, match="is no version"):
            store.fetch(s3, BUCKET, tmp_path / "there", bad)
    assert tree(tmp_path / "there") == tree(project)


def test_secrets_and_links_are_not_pushed(s3: Any, project: Path) -> None:
    """Nor anything else then."""
    (project / "repos.env").write_text("AWS_SECRET_ACCESS_KEY=x\n")
    with pytest.raises(QuarterdeckError, match="line 1"):
        store.push(project, s3, BUCKET)
    (project / "repos.env").unlink()
    (project / "data" / "link.csv").symlink_to("/etc/hostname")
    with pytest.raises(QuarterdeckError, match="is a link"):
        store.push(project, s3, BUCKET)
    assert s3.list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    with pytest.raises(QuarterdeckError, match="is not there"):
        store.current(s3, BUCKET)


def test_a_kept_report_replaces_what_was_there(s3: Any, tmp_path: Path) -> None:
    """Files that it no longer has are gone; what is there already is not fetched again."""
    one, key = tmp_path / "one", "r/client-audit/acme/2026-10"
    (one / "rows").mkdir(parents=True)
    (one / "facts.json").write_text("1")
    (one / "rows" / "a.csv").write_text("a")
    store.save(s3, BUCKET, one, key)
    store.load(s3, BUCKET, tmp_path / "project")
    there = tmp_path / "project" / key
    assert tree(there) == tree(one)
    (there / "facts.json").write_text("mine")
    store.load(s3, BUCKET, tmp_path / "project", key)
    assert (there / "facts.json").read_text() == "mine"
    (one / "rows" / "a.csv").unlink()
    (one / "facts.json").write_text("2")
    store.save(s3, BUCKET, one, key)
    store.load(s3, BUCKET, tmp_path / "project", key)
    assert tree(there) == tree(one) and (there / "facts.json").read_text() == "2"


def test_what_is_newer_in_the_bucket_stays(s3: Any, tmp_path: Path) -> None:
    """When somebody who loaded the one before adds to it; a report that was made anew is kept in any case."""
    one, key = tmp_path / "one", "r/ceo/2026-10"
    one.mkdir()
    (one / "facts.json").write_text("1")
    store.save(s3, BUCKET, one, key)
    store.load(s3, BUCKET, tmp_path / "a")
    assert store.loaded(tmp_path / "a") == [tmp_path / "a" / key]
    for text in ("2", "3"):
        (one / "facts.json").write_text(text)
        store.save(s3, BUCKET, one, key)
    (tmp_path / "a" / key / "page.html").write_text("of 1")
    store.save(s3, BUCKET, tmp_path / "a" / key, key)
    store.load(s3, BUCKET, tmp_path / "b")
    assert tree(tmp_path / "b" / key).keys() == {"facts.json", ".etag"}
    assert (tmp_path / "b" / key / "facts.json").read_text() == "3"
    (tmp_path / "a" / key / ".etag").unlink()
    store.save(s3, BUCKET, tmp_path / "a" / key, key)
    store.load(s3, BUCKET, tmp_path / "b")
    assert (tmp_path / "b" / key / "page.html").read_text() == "of 1"


def test_an_archive_stays_in_its_report(s3: Any, tmp_path: Path) -> None:
    """And keys that are none of a report's are left alone."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../../../outside", "x")
    for key in ("r/ceo/2026-10/report.zip", "r/../../outside/report.zip", "r/a b/report.zip"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=packed.getvalue())
    store.load(s3, BUCKET, tmp_path / "in" / "project")
    assert [it.name for it in tmp_path.iterdir()] == ["in"]
    assert [it.relative_to(tmp_path / "in/project").as_posix() for it in (tmp_path / "in").rglob("outside")] == [
        "r/ceo/2026-10/outside"
    ]
