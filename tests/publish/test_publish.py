"""Publishing over HTTP to a server that stands for AWS: what is written, in which order, and what stays."""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import time
import tracemalloc
from base64 import b64encode
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest

from quarterdeck.deliver.aws import asking
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.model.period import periods_script
from quarterdeck.publish.plan import MANIFEST, Remote, plan
from quarterdeck.publish.s3 import warnings

from .bucket import Bucket, Cut, missing, page, write_site

Files = dict[str, str]


@pytest.fixture
def bucket(ministack: str) -> Bucket:
    """An empty bucket and its distribution."""
    return Bucket(ministack)


def build(version: str, periods: dict[str, list[str]]) -> Files:
    """The files of a site; assets, fragments and rows have other names or contents in each version."""
    digest = hashlib.sha256(version.encode()).hexdigest()[:12]
    asset = f"assets/quarterdeck-{digest}.js"
    files = {asset: version, "site_libs/bootstrap.min.css": version}
    for slug, names in periods.items():
        for name in names:
            folder = f"r/{slug}/{name}"
            rows = f"{folder}/rows/cash-{version}.csv"
            files |= {rows: version, f"{folder}/report.xlsx": version}
            files[f"{folder}/index.html"] = page(f"{folder}/index.html", asset, rows, f"r/{slug}/periods.js") + version
        search = f"r/{slug}/pagefind/pagefind.js"
        files[search] = version
        files[f"r/{slug}/index.html"] = page(f"r/{slug}/index.html", asset, f"r/{slug}/{names[0]}/index.html", search)
        files[f"r/{slug}/periods.js"] = periods_script(names)
        files[f"r/{slug}/pagefind/fragment/en_{digest[:7]}.pf_fragment"] = version
        files[f"r/{slug}/pagefind/pagefind-entry.json"] = version
    pages = [f"r/{slug}/index.html" for slug in periods]
    return files | {"index.html": page("index.html", asset, *pages), "404.html": "<!DOCTYPE html>"}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A site of two reports, one of them of two periods."""
    return write_site(tmp_path / "old", build("one", {"ceo": ["2026-10", "2026-09"], "audit/acme": ["2026-10"]}))


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """Built a month later in a fresh clone, with another version: October again, and November of one report alone."""
    return write_site(tmp_path / "new", build("two", {"ceo": ["2026-11", "2026-10"]}))


def files_in(site: Path) -> dict[str, bytes]:
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def test_what_is_published_is_the_site(bucket: Bucket, old: Path) -> None:
    """Every byte, and nothing is missing."""
    bucket.publish(old)
    assert bucket.read() == files_in(old) and not missing(bucket.read())


def test_the_dry_run_is_the_plan(bucket: Bucket, old: Path, new: Path) -> None:
    """Planning writes nothing and gives the same again; applied, it writes what it said and no more."""
    bucket.publish(old)
    planned = bucket.plan(new)
    assert planned == bucket.plan(new)
    written = bucket.apply(planned)
    deleting = ["DeleteObjects"] * 1
    assert sorted(written) == sorted([f.key for f in planned.uploads] + deleting + ["CreateInvalidation", MANIFEST])
    assert bucket.invalidated() == [list(planned.invalidations)]
    assert not set(planned.deletions) & bucket.read().keys()


def test_a_second_publish_of_the_same_site_makes_no_write(bucket: Bucket, old: Path) -> None:
    """Also when its files were written again."""
    bucket.publish(old)
    for path in old.rglob("*.*"):
        path.touch()
    assert bucket.publish(old) == [] and not bucket.plan(old).changes


def test_first_assets_then_pages_then_what_leads_to_them_then_the_rest(bucket: Bucket, old: Path, new: Path) -> None:
    """A stage begins when the one before is done."""
    bucket.publish(old)
    seen: list[str] = []
    written = bucket.apply(bucket.plan(new), lambda key, total: seen.append(f"{key} {total}"))
    uploads, rest = written[:-3], written[-3:]
    assert rest == ["DeleteObjects", "CreateInvalidation", MANIFEST]
    pages = {"r/ceo/2026-10/index.html", "r/ceo/2026-11/index.html"}
    front = {"r/ceo/index.html", "r/ceo/periods.js", "r/ceo/pagefind/pagefind-entry.json", "r/ceo/pagefind/pagefind.js"}
    stages = [1 if key in pages else 2 if key in front else 3 if "/" not in key else 0 for key in uploads]
    assert stages == sorted(stages) and set(stages) == {0, 1, 2, 3}
    assert seen and all(line.endswith(f" {len(uploads)}") for line in seen) and len(seen) == len(uploads)


@pytest.mark.slow
@pytest.mark.parametrize("answered", [False, True], ids=["request lost", "answer lost"])
def test_cut_short_at_every_step_no_page_lacks_what_it_needs(bucket: Bucket, tmp_path: Path, answered: bool) -> None:
    """And the next run completes it, all that changed is forgotten by CloudFront, and a third makes no write."""
    old = write_site(tmp_path / "old", build("one", {"ceo": ["2026-10"]}))
    new = write_site(tmp_path / "new", build("two", {"ceo": ["2026-11", "2026-10"]}))
    bucket.publish(old)
    planned = bucket.plan(new)
    steps, whole = len(bucket.apply(planned)), bucket.read()
    assert steps > 10 and not missing(whole)
    for step in range(steps):
        bucket.renew()
        bucket.publish(old)
        with bucket.dying(step + answered, answered), pytest.raises(Cut):
            bucket.publish(new)
        assert not missing(bucket.read()), step
        bucket.publish(new)
        assert bucket.read() == whole, step
        assert set(planned.invalidations) <= {path for paths in bucket.invalidated() for path in paths}, step
        assert bucket.publish(new) == [], step


@pytest.mark.slow
def test_a_first_publish_cut_short_has_no_page_without_its_assets(bucket: Bucket, old: Path) -> None:
    """From an empty bucket too."""
    for step in itertools.count():
        bucket.renew()
        try:
            with bucket.dying(step, answered=False):
                bucket.publish(old)
            break
        except Cut:  # a period switch may name a page that comes in a moment
            assert not {need for need in missing(bucket.read()) if not need.endswith("index.html")}, step
    assert step == len(files_in(old)) + 1


def test_a_partial_build_leaves_other_reports_and_periods(bucket: Bucket, old: Path, new: Path) -> None:
    """Their pages with all that they need; within its own reports what is no longer built is deleted."""
    bucket.publish(old)
    planned = bucket.plan(new)
    assert planned.kept == ("r/audit/acme/2026-10/", "r/ceo/2026-09/")
    assert planned.deletions == ("r/ceo/2026-10/rows/cash-one.csv",)
    bucket.apply(planned)
    held, before = bucket.read(), files_in(old)
    for key in before:
        if key.startswith(("r/audit", "r/ceo/2026-09", "assets/")):
            assert held[key] == before[key], key
    assert held["r/ceo/periods.js"].decode() == periods_script(["2026-09", "2026-11", "2026-10"])
    assert not missing(held)


def test_an_earlier_period_published_alone_leaves_the_front_page_on_the_latest(bucket: Bucket, tmp_path: Path) -> None:
    """The period switch of its corner names both."""
    bucket.publish(write_site(tmp_path / "a", build("one", {"ceo": ["2026-10"]})))
    bucket.publish(write_site(tmp_path / "b", build("two", {"ceo": ["2026-09"]})))
    held = bucket.read()
    assert b"2026-10" in held["r/ceo/index.html"] and b"2026-09" not in held["r/ceo/index.html"]
    assert held["r/ceo/periods.js"].decode() == periods_script(["2026-10", "2026-09"])


def test_a_row_that_is_named_as_a_period_endangers_no_archive(tmp_path: Path) -> None:
    """The corner `r/audit/2026-10/` of the row `2026-10` is not a report of `audit` for October."""
    site = write_site(tmp_path / "site", build("one", {"audit/2026-10": ["2026-11"]}))
    stray = write_site(tmp_path / "stray", build("one", {"audit": ["2026-10"]}))
    remote = Remote({"r/audit/2026-10/2026-09/index.html": "1", "r/audit/2026-10/2026-09/rows/a.csv": "2"}, {})
    assert plan(site, remote).deletions == () == plan(stray, remote).deletions
    search = Remote({**remote.etags, "r/audit/2026-10/pagefind/fragment/en_1.pf_fragment": "3"}, {})
    assert plan(site, search).deletions == ()


def test_only_changed_paths_are_invalidated(bucket: Bucket, old: Path) -> None:
    """Not what is new, as no cache has it."""
    bucket.publish(old)
    assert bucket.invalidated() == []
    (old / "r/ceo/2026-10/index.html").write_text("changed", "utf-8")
    (old / "r/ceo/2026-10/rows/cash-one.csv").unlink()
    (old / "r/ceo/2026-10/rows/fuel.csv").write_text("new", "utf-8")
    bucket.publish(old)
    assert bucket.invalidated() == [["/r/ceo/2026-10/index.html", "/r/ceo/2026-10/rows/cash-one.csv"]]


def test_too_many_paths_become_the_deepest_folders_that_cloudfront_takes(tmp_path: Path) -> None:
    """Up to 3,000 paths, or 15 with a wildcard."""

    def invalidations(slugs: int, rows: int) -> tuple[str, ...]:
        site = tmp_path / f"{slugs}-{rows}"
        write_site(site, build("one", {f"p{slug}": ["2026-10"] for slug in range(slugs)}))
        gone = {f"r/p{slug}/2026-10/rows/{row}.csv": "tag" for slug in range(slugs) for row in range(rows)}
        return plan(site, Remote(gone, {})).invalidations

    assert len(invalidations(2, 1500)) == 3000
    assert invalidations(2, 1501) == ("/r/p0/2026-10/rows*", "/r/p1/2026-10/rows*")
    assert invalidations(16, 200) == ("/r*",)


def test_headers(bucket: Bucket, old: Path) -> None:
    """Types with charset, for ever what has its own hash in its name, the checksum with the object."""
    extra = {
        "assets/libs-0f1e2d3c4b5a/themes/slate.min.css": "", "assets/photo-20261031.png": "",
        "assets/tag-deadbeef.png": "", "assets/IMG-20191231235959.png": "", "assets/logo-e3b0c44298fc.png": "ours",
        "assets/plotly-cartesian.min-e3b0c44298fc.js": "",
        "r/ceo/2026-10/rows/cash-deadbee1.csv": "", "r/ceo/pagefind/wasm.en.pagefind": "", "assets/font.woff2": "",
        "a.wasm": "", "a.svg": "", "a.UNKNOWN": "",
    }  # fmt: skip
    bucket.publish(write_site(old, extra))
    again, forever = "max-age=0, must-revalidate", "max-age=31536000, immutable"
    expected = {
        "index.html": ("text/html; charset=utf-8", again),
        "r/ceo/2026-10/report.xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", again),
        "r/ceo/2026-10/rows/cash-deadbee1.csv": ("text/csv; charset=utf-8", again),
        "r/ceo/periods.js": ("text/javascript; charset=utf-8", again),
        "r/ceo/pagefind/pagefind-entry.json": ("application/json", again),
        "r/ceo/pagefind/wasm.en.pagefind": ("application/octet-stream", again),
        "site_libs/bootstrap.min.css": ("text/css; charset=utf-8", again),
        "assets/photo-20261031.png": ("image/png", again),
        "assets/tag-deadbeef.png": ("image/png", again),
        "assets/IMG-20191231235959.png": ("image/png", again),
        "assets/logo-e3b0c44298fc.png": ("image/png", again),
        "assets/font.woff2": ("font/woff2", again),
        "a.wasm": ("application/wasm", again),
        "a.svg": ("image/svg+xml", again),
        "a.UNKNOWN": ("application/octet-stream", again),
        "assets/libs-0f1e2d3c4b5a/themes/slate.min.css": ("text/css; charset=utf-8", forever),
        "assets/plotly-cartesian.min-e3b0c44298fc.js": ("text/javascript; charset=utf-8", forever),
    }
    expected |= {key: ("text/javascript; charset=utf-8", forever) for key in files_in(old) if "quarterdeck-" in key}
    expected |= {key: ("application/octet-stream", forever) for key in files_in(old) if "pf_fragment" in key}
    for key, (type, cache) in expected.items():
        told = bucket.head(key)
        assert (told["ContentType"], told["CacheControl"]) == (type, cache), key
        assert told["ChecksumSHA256"] == b64encode(hashlib.sha256((old / key).read_bytes()).digest()).decode()


def test_what_was_written_behind_the_manifest_is_put_right(bucket: Bucket, old: Path) -> None:
    """A page overwritten, one deleted, a file put beside it; what is not of this build stays."""
    bucket.publish(old)
    for key in ("r/ceo/2026-10/index.html", "r/ceo/2026-10/rows/stray.csv", "notes.txt"):
        bucket.s3.put_object(Bucket=bucket.name, Key=key, Body=b"by hand")
    bucket.s3.delete_object(Bucket=bucket.name, Key="r/ceo/2026-09/index.html")
    bucket.publish(old)
    assert bucket.read() == {**files_in(old), "notes.txt": b"by hand"}
    assert set(bucket.invalidated()[0]) == {
        "/r/ceo/2026-10/index.html", "/r/ceo/2026-10/rows/stray.csv", "/r/ceo/2026-09/index.html",
    }  # fmt: skip
    bucket.s3.put_object(Bucket=bucket.name, Key=MANIFEST, Body=b"\xffspoilt")
    assert len(bucket.publish(old)) == len(files_in(old)) + 2 and bucket.publish(old) == []


@pytest.mark.parametrize("there", [False, True], ids=["first", "later"])
def test_of_two_publishers_at_once_the_later_is_told(
    bucket: Bucket, old: Path, new: Path, tmp_path: Path, there: bool
) -> None:
    """And publishing again puts right what the two wrote over each other."""
    third = write_site(tmp_path / "third", build("three", {"ceo": ["2026-11", "2026-10", "2026-09"]}))
    if there:
        bucket.publish(old)
    mine, theirs = bucket.plan(new), bucket.plan(third)
    bucket.apply(theirs)
    with pytest.raises(QuarterdeckError, match="published to by somebody else meanwhile"):
        bucket.apply(mine)
    bucket.publish(third)
    held = bucket.read()
    assert held.items() >= files_in(third).items() and not missing(held)
    assert bucket.publish(third) == []


def test_a_site_that_changes_meanwhile_is_not_published(bucket: Bucket, old: Path) -> None:
    """S3 holds each file against the plan's checksum."""
    planned = bucket.plan(old)
    (old / "r/ceo/2026-10/report.xlsx").write_text("ONE", "utf-8")
    with pytest.raises(QuarterdeckError, match=r"was refused \(BadDigest\).* A file has changed"), asking("s3", ""):
        bucket.apply(planned)


HOSTILE = (
    "Müller & Söhne #1 (50% + 20 %).csv",
    "what?.csv",
    "日本 ~ ñ.png",
    "a+b=c;d,e'f.csv",
    '"<x>|^`{}[].csv',
    "é e\u0301",
)


def test_names_of_any_letters_are_published_read_and_invalidated(bucket: Bucket, old: Path) -> None:
    """Each has its own address, percent-encoded, and goes again."""
    rows = [f"r/ceo/2026-10/rows/{name}" for name in HOSTILE]
    write_site(old, {key: f"these are {key}" for key in rows})
    bucket.publish(old)
    for key in rows:
        with urlopen(f"{bucket.endpoint}/{bucket.name}/{quote(key)}") as answer:
            assert answer.read().decode() == f"these are {key}"
    assert bucket.publish(old) == []
    for key in rows:
        (old / key).unlink()
    bucket.publish(old)
    assert bucket.read() == files_in(old)
    (paths,) = bucket.invalidated()
    assert len(paths) == len(rows) and all(path.isascii() and not set(path) & set(' "<>#?{}|\\^~[]`') for path in paths)
    assert "/r/ceo/2026-10/rows/M%C3%BCller%20&%20S%C3%B6hne%20%231%20(50%25%20+%2020%20%25).csv" in paths


@pytest.mark.parametrize(
    "name",
    [b"a\nb.csv", b"a\x7f.csv", b"\x01", b"..%2fa.csv", b"a\\..\\b", b"b\\c.csv", b"a..b.csv", b"\xff.csv", b"x" * 250],
)
def test_a_name_that_is_no_safe_address_is_refused(old: Path, name: bytes) -> None:
    """With the name, its control characters shown as such."""
    folder = bytes(old) + (b"/" + b"deep" * 50) * (4 if len(name) == 250 else 0)
    Path(folder.decode()).mkdir(exist_ok=True, parents=True)
    Path(os.fsdecode(folder + b"/" + name)).touch()
    with pytest.raises(QuarterdeckError, match=r"has a name that is no safe address. Rename it") as caught:
        plan(old, Remote({}, {}))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("kind", ["file outside", "folder outside", "file inside", "nowhere", "pipe"])
def test_a_link_or_a_device_is_refused(old: Path, tmp_path: Path, kind: str) -> None:
    """Nothing outside the site is read, and nothing waits for a pipe."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key.csv").write_text("secret", "utf-8")
    place = old / "assets/x.csv"
    if kind == "pipe":
        os.mkfifo(place)
    else:
        targets = {
            "file outside": tmp_path / "secret/key.csv", "folder outside": tmp_path / "secret",
            "file inside": old / "index.html", "nowhere": tmp_path / "none",
        }  # fmt: skip
        place.symlink_to(targets[kind])
    with pytest.raises(QuarterdeckError, match=r"x\.csv': is a link or a device"):
        plan(old, Remote({}, {}))


def test_hidden_files_are_not_published(old: Path) -> None:
    """Nor can one stand for the manifest."""
    write_site(old, {".DS_Store": "", MANIFEST: "{}", "r/.git/config": ""})
    assert not [file.key for file in plan(old, Remote({}, {})).uploads if "/." in f"/{file.key}"]


def test_a_folder_without_a_site_is_refused(tmp_path: Path) -> None:
    """An empty one would delete nothing, and be no site either."""
    with pytest.raises(QuarterdeckError, match=r"holds no site. Build it: make reports"):
        plan(tmp_path / "none", Remote({}, {}))


def test_an_unsafe_bucket_is_told(bucket: Bucket) -> None:
    """Until its public access is blocked and it keeps versions; whoever may not ask is told nothing."""
    assert len(list(warnings(bucket.s3, bucket.name))) == 2
    blocked = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    some = {**blocked, "IgnorePublicAcls": False}
    bucket.s3.put_public_access_block(Bucket=bucket.name, PublicAccessBlockConfiguration=some)
    assert ["public access" in told for told in warnings(bucket.s3, bucket.name)] == [True, False]
    bucket.s3.put_public_access_block(Bucket=bucket.name, PublicAccessBlockConfiguration=blocked)
    versioned = {"Status": "Enabled"}
    bucket.s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration=versioned)
    assert list(warnings(bucket.s3, bucket.name)) == []


def test_who_may_not_ask_is_not_told(ministack: str) -> None:
    """AccessDenied to either question ends nothing."""
    from deliver.aws import Chosen

    denied = Chosen(
        ministack, service="s3", get_public_access_block="AccessDenied", get_bucket_versioning="AccessDenied"
    )
    assert list(warnings(denied, "any-bucket")) == []


def test_what_is_not_deleted_is_told(bucket: Bucket, old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 answers 200 to a batch whose deletions it refuses."""
    answer = {"Errors": [{"Key": "r/ceo/x", "Code": "AccessDenied"}]}
    monkeypatch.setattr(bucket.s3, "delete_objects", lambda **_: answer, raising=False)
    bucket.s3.put_object(Bucket=bucket.name, Key="r/ceo/2026-10/x", Body=b"")
    with pytest.raises(QuarterdeckError, match=r"r/ceo/x: was not deleted \(AccessDenied\)"):
        bucket.publish(old)


@pytest.mark.slow
def test_a_version_brings_back_what_was_published_before(bucket: Bucket, old: Path, new: Path) -> None:
    """As docs/publishing.md shows: a copy of the earlier version, and a delete marker deleted."""
    bucket.s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
    bucket.publish(old)
    bucket.publish(new)
    key, gone = "r/ceo/2026-10/index.html", "r/ceo/2026-10/rows/cash-one.csv"
    listed = bucket.s3.list_object_versions(Bucket=bucket.name, Prefix="r/ceo/2026-10/")
    before = next(it["VersionId"] for it in listed["Versions"] if it["Key"] == key and not it["IsLatest"])
    marker = next(it["VersionId"] for it in listed["DeleteMarkers"] if it["Key"] == gone)
    bucket.s3.copy_object(
        Bucket=bucket.name, Key=key, CopySource={"Bucket": bucket.name, "Key": key, "VersionId": before}
    )
    bucket.s3.delete_object(Bucket=bucket.name, Key=gone, VersionId=marker)
    held = bucket.read()
    assert held[key] == (old / key).read_bytes() and held[gone] == b"one" and not missing(held)


@pytest.mark.slow
def test_thousands_of_files(bucket: Bucket, tmp_path: Path) -> None:
    """A second publish of them makes no write; lists of more than a thousand keys are read whole and deleted."""
    count = int(os.environ.get("FILES", "1500"))
    site = write_site(tmp_path / "site", build("one", {"ceo": ["2026-10"]}))
    write_site(site, {f"r/ceo/2026-10/rows/{number}.csv": f"{number}\n" for number in range(count)})
    began = time.monotonic()
    bucket.publish(site)
    print(f"{count} files: {time.monotonic() - began:.1f} s")
    assert bucket.publish(site) == []
    write_site(site, {"r/ceo/2026-10/rows/7.csv": "seven"})
    assert bucket.publish(site) == ["r/ceo/2026-10/rows/7.csv", "CreateInvalidation", MANIFEST]
    for number in range(count):
        (site / f"r/ceo/2026-10/rows/{number}.csv").unlink()
    assert bucket.publish(site) == ["DeleteObjects"] * math.ceil(count / 1000) + ["CreateInvalidation", MANIFEST]
    assert bucket.read() == files_in(site)


@pytest.mark.slow
def test_memory_stays_flat_whatever_the_files_hold(bucket: Bucket, old: Path) -> None:
    """No file is held whole."""
    for number in range(12):
        (old / f"r/ceo/2026-10/rows/{number}.csv").write_bytes(bytes([number]) * 10_000_000)
    tracemalloc.start()
    bucket.publish(old)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6
