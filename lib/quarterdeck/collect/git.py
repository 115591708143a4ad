"""Local Git repositories: assets, releases and their lead time, what is edited how often, keys and open routes."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from ..model.errors import QuarterdeckError
from ..model.keys import hide_keys
from .config import Clients, Source
from .leaks import find_leaks, read_text
from .owned import always, observation
from .routes import open_routes

tables = always("assets", "deployments", "edits", "observations")
actions = resources = always()
_EDITED = 100
_TAGS = "refs/tags/"
_MENDS = re.compile("(revert|hotfix|roll ?back)", re.I)
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
    """What each repository's commits and tracked files show on `day`; a key may stand in a name or a tag, too."""
    for table, row in _rows(config, root, day):
        yield table, {name: hide_keys(it) if isinstance(it, str) else it for name, it in row.items()}


def _rows(config: Config, root: Path, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    for repository in config.repositories:
        folder, entity = (root / repository.path).resolve(), repository.entity
        if not (folder / ".git").exists():
            raise QuarterdeckError(str(folder), "is no Git repository", "Name a folder with a clone in sources.yml")
        names = list(dict.fromkeys(filter(None, _git(folder, "ls-files", "-z").split("\0"))))  # thrice in a conflict
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


_ALONE = ("core.fsmonitor=false", "log.showSignature=false", "protocol.allow=never")
"""Nothing of the repository is run, and nothing that it lacks is fetched."""


def _git(folder: Path, *arguments: str) -> str:
    """What git prints, without hooks or settings of the caller's own repository; a name that is no UTF-8 as it is."""
    command = ["git", "-C", str(folder), *(it for each in _ALONE for it in ("-c", each)), *arguments]
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
    return os.fsdecode(done.stdout)


def _releases(folder: Path, pattern: str) -> Iterator[dict[str, str]]:
    """Each tag by its day; it failed when what came next begins by undoing or repairing something."""
    form = "--format=%(refname) %(creatordate:short) %(objecttype)%(*objecttype)"  # a tag may be of a file alone
    listed = [line.split(" ") for line in _git(folder, "for-each-ref", "--sort=creatordate", form, _TAGS).splitlines()]
    tags = [(ref, on) for ref, on, of in listed if "commit" in of and fnmatchcase(ref.removeprefix(_TAGS), pattern)]
    for index, (ref, on) in enumerate(tags):
        before = [f"^{earlier}" for earlier, _ in tags[:index]] or ["-1"]  # the first release: its last change alone
        later = tags[index + 1][0] if index + 1 < len(tags) else "HEAD"
        subjects = _git(folder, "log", "--format=%s", later, f"^{ref}", "--").split("\n")
        written = _git(folder, "log", "--format=%as", ref, *before, "--").split()
        failed = str(any(map(_MENDS.match, subjects))).lower()
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
    leaks = set[tuple[str, int]]()
    for name, line, kind, certain in find_leaks(folder, names):
        leaks.add((name, line))
        yield name, line, {
            "layer": "secrets", "status": "weak", "gap": "hard-coded-key", "action": _REPLACE,
            "title": f"A key stands in the code ({kind})", "severity": "critical" if certain else "high",
        }  # fmt: skip
    for name in names:
        for line, method, path in open_routes(name, read_text(folder / name)):
            path = "with a key in it" if (name, line) in leaks else path
            yield name, line, {
                "layer": "auth", "status": "missing", "gap": "unauthenticated-endpoint",
                "action": "Require a login on every private route", "title": f"{method} {path} shows no login",
                "severity": "medium" if method == "GET" else "high",
            }  # fmt: skip


def _unfiltered(folder: Path) -> list[str]:
    """Settings by which git runs none of the programs that a repository has it filter files with."""
    try:
        names = _git(folder, "config", "--name-only", "--get-regexp", r"^filter\.").split()
    except QuarterdeckError:  # there are none
        return []
    return [it for name in names for it in ("-c", f"{name}=")]


def _written(folder: Path, name: str, line: int) -> date | None:
    """The day on which a line was written; None before it is committed."""
    try:
        said = _git(
            folder, *_unfiltered(folder), "blame", "--no-textconv", "--porcelain", f"-L{line},{line}", "--", name
        )
    except QuarterdeckError:  # a clone that lacks what was there before
        return None
    told = said.split("\n")
    if not told[0].split()[0].strip("0"):
        return None
    return datetime.fromtimestamp(next(int(it.split()[1]) for it in told if it.startswith("author-time ")), UTC).date()
