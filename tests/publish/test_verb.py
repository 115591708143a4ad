"""`quarterdeck publish`, as an operator runs it, with a real site."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from quarterdeck.cli import main

from .bucket import KEYS, Bucket, missing


@pytest.fixture
def bucket(ministack: str, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """An empty bucket that the environment names, with the keys to it."""
    made = Bucket(ministack)
    monkeypatch.setenv("AWS_ENDPOINT_URL", ministack)
    for name, value in KEYS.items():
        monkeypatch.setenv({"region_name": "AWS_REGION"}.get(name, name.upper()), value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", KEYS["region_name"])
    monkeypatch.setenv("SITE_BUCKET", made.name)
    monkeypatch.setenv("SITE_DISTRIBUTION", made.distribution)
    return made


@pytest.mark.slow
def test_a_built_site_is_shown_published_and_left_alone(
    bucket: Bucket, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The dry run is the default; a second publish says that there is nothing to do."""
    run = ["publish", "--project", str(built)]
    assert main(run) == 0 == main([*run, "--dry-run"]) and bucket.read() == {}
    first, second = capsys.readouterr().out.split("does it.\n")[:2]
    assert first == second and "add     r/skipper/2026-03/index.html" in first and " deletions: 0" in first
    assert main([*run, "--apply"]) == 0
    told = capsys.readouterr()
    assert told.out.startswith(first.removesuffix("Nothing was done: quarterdeck publish --apply "))
    assert told.out.endswith("Published.\n") and "public access is not blocked" in told.err
    held = bucket.read()
    site = built / "_site"
    assert held == {p.relative_to(site).as_posix(): p.read_bytes() for p in site.rglob("*") if p.is_file()}
    assert not missing(held)
    assert main([*run, "--apply"]) == 0 and capsys.readouterr().out.startswith(
        "Uploads: 0 (0 bytes), deletions: 0, inv"
    )


@pytest.mark.slow
def test_a_build_in_a_fresh_clone_leaves_the_archive_in_reach(
    bucket: Bucket, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The bucket's period switch still names February, whose page stays as it was; search knows what was built."""
    run = ["publish", "--project", str(built), "--apply"]
    assert main(run) == 0
    before = bucket.read()
    for slug in ("skipper", "host"):
        shutil.rmtree(built / "r" / slug / "2026-02")
    assert main(["reports", "--project", str(built), "--engine", "embedded", "--period", "2026-03"]) == 0
    assert not (built / "_site/r/skipper/2026-02").exists()
    capsys.readouterr()
    assert main(run) == 0
    assert "keeps: 2 (r/host/2026-02/, r/skipper/2026-02/)" in capsys.readouterr().out
    stays = {key: body for key, body in before.items() if key.startswith("r/") and "/pagefind/" not in key}
    assert bucket.read().items() >= stays.items()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--bucket", "no-such-bucket-here"], "bucket no-such-bucket-here: is not there. See that the names are right"),
        (["--bucket", "My_Bucket"], "--bucket: 'My_Bucket' is no name of a bucket"),
        (["--distribution", "none/"], "--distribution: 'none/' is no id of a distribution"),
        ([], "_site: holds no site. Build it: make reports"),
    ],
)
def test_a_mistake_is_one_message(
    bucket: Bucket, project: Path, options: list[str], said: str, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """And nothing is written."""
    monkeypatch.setenv("SITE_DISTRIBUTION", "")
    assert main(["publish", "--project", str(project), "--apply", *options]) == 2
    assert said in capsys.readouterr().err and bucket.read() == {}


def test_without_a_bucket_it_says_where_to_name_one(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before anything is asked of AWS."""
    assert main(["publish", "--project", str(project)]) == 2
    assert "SITE_BUCKET: is not set. Name a bucket there or with --bucket" in capsys.readouterr().err


@pytest.mark.slow
def test_a_distribution_that_is_not_there_is_told_and_mended(
    bucket: Bucket, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was to be forgotten is, once the name is right."""
    run = ["publish", "--project", str(built), "--apply"]
    assert main(run) == 0
    (built / "_site/r/host/2026-03/index.html").write_text("changed", "utf-8")
    assert main([*run, "--distribution", "E000000000000"]) == 2
    assert "distribution E000000000000: is not there" in capsys.readouterr().err
    assert main(run) == 0
    assert bucket.invalidated() == [["/r/host/2026-03/index.html"]]
