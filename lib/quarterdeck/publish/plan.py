"""What publishing a site would do to a bucket, decided before anything is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from urllib.parse import quote

from ..model.errors import QuarterdeckError
from ..model.period import Period, periods_script
from .file import PERIODS, REPORT, File, files_of

MANIFEST = ".quarterdeck/manifest.json"
_MOST_PATHS, _MOST_WILDCARDS = 3000, 15
"""What CloudFront takes at a time."""


@dataclass(frozen=True)
class Remote:
    """A bucket: the ETag of each key, and its manifest, with each key's ETag and what was written; `tag` is its own."""

    etags: Mapping[str, str]
    manifest: Mapping[str, list[str]]
    tag: str = ""

    def holds(self, file: File) -> bool:
        """Whether it has this content with these headers: the manifest says so, and nobody wrote that key since."""
        return self.manifest.get(file.key) == [self.etags.get(file.key), *file.entry]


@dataclass(frozen=True)
class Plan:
    """What to write, each stage after the one before, then what to delete, and what CloudFront must forget."""

    stages: tuple[tuple[File, ...], ...]
    deletions: tuple[str, ...]
    invalidations: tuple[str, ...]
    kept: tuple[str, ...]
    remote: Remote

    @property
    def uploads(self) -> list[File]:
        """All that is written."""
        return list(chain(*self.stages))

    @property
    def changes(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.stages or self.deletions or self.invalidations)

    def lines(self) -> Iterator[str]:
        """The plan in words, in the order in which it is carried out."""
        uploads = self.uploads
        for file in uploads:
            verb = "change" if file.key in self.remote.etags else "add"
            yield f"{verb:8}{file.key} ({file.size:,} bytes, {file.cache.partition(',')[0]})"
        yield from (f"delete  {key}" for key in self.deletions)
        yield from (f"forget  {path}" for path in self.invalidations)
        size = sum(file.size for file in uploads)
        gone, forgotten = len(self.deletions), len(self.invalidations)
        yield f"Uploads: {len(uploads)} ({size:,} bytes), deletions: {gone}, invalidations: {forgotten}."
        if self.kept:
            named = ", ".join(self.kept[:3]) + ", …" * (len(self.kept) > 3)
            yield f"Reports that the bucket alone has, and keeps: {len(self.kept)} ({named})."


def plan(site: Path, remote: Remote) -> Plan:
    """Compare a site with a bucket by SHA-256; reads the site's files and nothing else.

    Deleted is only what lies in a report's folder of one period that this site has: `kept` names the others' folders.
    Raises QuarterdeckError for a link, or a name that cannot be an address.
    """
    local = {file.key: file for file in files_of(site)}
    if "index.html" not in local:
        raise QuarterdeckError(str(site), "holds no site", "Build it: make reports")
    reports = _reports(local)
    kept = [folder for folder in _reports(remote.etags) if f"{folder}index.html" not in local]
    _join_periods(local, reports, kept)
    uploads = [local[key] for key in sorted(local) if not remote.holds(local[key])]
    stages = [tuple(f for f in uploads if f.stage(f.key in remote.etags) == stage) for stage in range(4)]
    before = {*remote.etags, *remote.manifest}  # also what a run deleted that could not say so to CloudFront
    mine, others = tuple(reports), tuple(kept)
    gone = {key for key in before - local.keys() if key.startswith(mine) and not key.startswith(others)}
    return Plan(
        stages=tuple(filter(None, stages)),
        # Pages before what they need.
        deletions=tuple(sorted(gone & remote.etags.keys(), key=lambda key: (not key.endswith(".html"), key))),
        invalidations=_paths(gone | ({file.key for file in uploads} & before)),
        kept=others,
        remote=remote,
    )


def _reports(keys: Collection[str]) -> list[str]:
    """The folders `r/<slug>/<period>/` of reports: with a page, and with no such folder in them.

    The corner of a slug that looks like a period is thus no report.
    """
    folders = sorted({found[0] for key in keys if (found := REPORT.match(key))})
    return [a for a, b in pairwise([*folders, ""]) if f"{a}index.html" in keys and not b.startswith(a)]


def _join_periods(local: dict[str, File], reports: list[str], kept: list[str]) -> None:
    """Let a period switch also name what the bucket alone has, as after a build in a fresh clone.

    Where that is later, the front page that leads to it stays.
    """
    periods: dict[str, set[str]] = {}
    for folder in (*reports, *kept):
        slug, name = folder.rstrip("/").rsplit("/", 1)
        periods.setdefault(slug, set()).add(name)
    for slug in {folder.rstrip("/").rsplit("/", 1)[0] for folder in kept}:
        if switch := local.get(f"{slug}/{PERIODS}"):
            local[switch.key] = switch.holding(periods_script(periods[slug]).encode())
            latest = max(periods[slug], key=lambda name: (Period.parse(name).end, name))
            if f"{slug}/{latest}/" in kept:
                local.pop(f"{slug}/index.html", None)


def _paths(keys: Collection[str]) -> tuple[str, ...]:
    """Paths of CloudFront: of each key or, where these are too many, of the deepest folders that are few enough."""
    paths = ["/" + quote(key, safe="/!$&'()*+,;=:@").replace("~", "%7E") for key in sorted(keys)]
    if len(paths) <= _MOST_PATHS:
        return tuple(paths)
    for depth in (5, 4, 3, 2):  # the first is r/<persona>/<subject>/<period>
        folders = {"/".join(path.split("/")[:depth]) + "*" for path in paths}
        if len(folders) <= _MOST_WILDCARDS:
            return tuple(sorted(folders))
    return ("/*",)
