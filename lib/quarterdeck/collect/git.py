"""Local Git repositories: assets, releases and their lead time, what is edited how often, keys and open routes."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ..model.errors import QuarterdeckError
from .config import Clients, Source
from .leaks import find_leaks, read_text
from .owned import always, observation
from .routes import open_routes

tables = always("assets", "deployments", "edits", "observations")
actions = resources = always()
_EDITED = 100
_TAGS = "refs/tags/"
_MENDS = "^(revert|hotfix|roll ?back)"
"""How the subject of a change begins that undoes or repairs a release."""
_REPLACE = "Replace the key, keep the new one in a secrets manager, and read it from there"


class Repository(BaseModel):
    """A folder with a clone, the entity whose it is, the tags that are releases, and files not to be looked into."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    entity: str
    tags: str = "*"
    skip: tuple[str, ...] = ()


class Config(Source):
    """Repositories on this machine, relative to the project's folder; no two of one name."""

    repositories: tuple[Repository, ...] = Field(min_length=1)


def rows(config: Config, clients: Clients, root: Path, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each repository's commits and tracked files show on `day`."""
    for repository in config.repositories:
        folder, entity = (root / repository.path).resolve(), repository.entity
        if not (folder / ".git").exists():
            raise QuarterdeckError(str(folder), "is no Git repository", "Name a folder with a clone in sources.yml")
        names = [name for name in _git(folder, "ls-files", "-z").split("\0") if name]
        asset, first = f"git/{folder.name}", _git(folder, "log", "--reverse", "--format=%cs").partition("\n")[0]
        yield "assets", {
            "asset": asset, "entity": entity, "name": folder.name, "kind": "software", "acquired_on": first,
            "cost": "", "value": "", "size": len(names), "status": "in use",
        }  # fmt: skip
        for release in _releases(folder, repository.tags):
            yield "deployments", {"deployment": f"{folder.name}/{release.pop('tag')}", "entity": entity, **release}
        for edited in _edits(folder, set(names), day):
            yield "edits", {"asset": asset, **edited}
        looked = [name for name in names if not any(fnmatchcase(name, skip) for skip in repository.skip)]
        for name, line, seen in _seen(folder, looked):
            since = min(_written(folder, name, line) or day, day).isoformat()
            place = f"{folder.name}/{name}:{line}"
            yield observation("git", place, seen["gap"], entity=entity, **seen, seen_on=since, location=place)


def _git(folder: Path, *arguments: str) -> str:
    """What git prints, without hooks or settings of the caller's own repository."""
    command = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "-c", "log.showSignature=false", *arguments]
    free = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(command, capture_output=True, env=free, timeout=600, check=False)
    except FileNotFoundError as err:
        raise QuarterdeckError("git", "is not installed", "Install it, as by apt-get install git") from err
    except subprocess.TimeoutExpired as err:
        raise QuarterdeckError(str(folder), f"git {arguments[0]} took over ten minutes", "Try again") from err
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().split("\n")[0][:300]
        raise QuarterdeckError(str(folder), f"git {arguments[0]} failed: {said}", "Mend that and try again")
    return done.stdout.decode("utf-8", "replace")


def _releases(folder: Path, pattern: str) -> Iterator[dict[str, str]]:
    """Each tag by its day; it failed when what came next begins by undoing or repairing something."""
    form = "--format=%(refname) %(creatordate:short) %(objecttype)%(*objecttype)"  # a tag may be of a file alone
    listed = [line.split(" ") for line in _git(folder, "for-each-ref", "--sort=creatordate", form, _TAGS).splitlines()]
    tags = [(ref, on) for ref, on, of in listed if "commit" in of and fnmatchcase(ref.removeprefix(_TAGS), pattern)]
    for index, (ref, on) in enumerate(tags):
        since = f"^{tags[index - 1][0]}" if index else "-1"  # the first release: its last change alone
        later = tags[index + 1][0] if index + 1 < len(tags) else "HEAD"
        mended = _git(folder, "log", "-1", "--format=%h", "-i", "-E", f"--grep={_MENDS}", later, f"^{ref}", "--")
        written = _git(folder, "log", "--format=%as", ref, since, "--").split()
        failed = str(bool(mended)).lower()
        yield {"tag": ref.removeprefix(_TAGS), "committed_on": min([*written, on]), "deployed_on": on, "failed": failed}


def _edits(folder: Path, tracked: set[str], day: date) -> Iterator[dict[str, Any]]:
    """The files of today that most commits of the last year touched."""
    since = f"--since={day - timedelta(days=365)}T00:00:00Z"
    commits: Counter[str] = Counter()
    newest: dict[str, str] = {}
    on = ""
    for part in _git(folder, "log", since, "-z", "--no-renames", "--name-only", "--format=%x01%cs").split("\0"):
        if part.startswith("\x01"):
            on = part[1:]
        elif (name := part.removeprefix("\n")) in tracked:
            commits[name] += 1
            newest.setdefault(name, on)
    for name, count in commits.most_common(_EDITED):
        yield {"path": name, "commits": count, "last_on": newest[name]}


def _seen(folder: Path, names: list[str]) -> Iterator[tuple[str, int, dict[str, str]]]:
    for name, line, kind, certain in find_leaks(folder, names):
        yield name, line, {
            "layer": "secrets", "status": "weak", "gap": "hard-coded-key", "action": _REPLACE,
            "title": f"A key stands in the code ({kind})", "severity": "critical" if certain else "high",
        }  # fmt: skip
    for name in names:
        for line, method, path in open_routes(name, read_text(folder / name)):
            yield name, line, {
                "layer": "auth", "status": "missing", "gap": "unauthenticated-endpoint",
                "action": "Require a login on every private route", "title": f"{method} {path} shows no login",
                "severity": "medium" if method == "GET" else "high",
            }  # fmt: skip


def _written(folder: Path, name: str, line: int) -> date | None:
    """The day on which a line was written; None before it is committed."""
    told = _git(folder, "blame", "--porcelain", "-L", f"{line},{line}", "--", name).split("\n")
    if not told[0].split()[0].strip("0"):
        return None
    return datetime.fromtimestamp(next(int(it.split()[1]) for it in told if it.startswith("author-time ")), UTC).date()
