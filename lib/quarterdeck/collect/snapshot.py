"""One source's tables of one day: written aside, compared, checked, put in place whole, and never changed again."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from ..model.errors import QuarterdeckError, nearest
from ..model.keys import hide_keys
from ..report.data import check_folder, forget_tables
from ..report.snapshots import FOLDER, HELD, Snapshot, in_force
from .config import Clients, Source, module_of
from .writing import write

_READ = 800
"""Characters of the longest message."""


@dataclass(frozen=True)
class Taken:
    """What became of a source: its name, whether it is in force, rows by table, and what must be said."""

    name: str
    state: Literal["collected", "there", "held", "failed"]
    rows: dict[str, int]
    said: str = ""


def collect(sources: Iterable[Source], data: Path, root: Path, clients: Clients, now: datetime) -> Iterator[Taken]:
    """Take a snapshot of each source for the day of `now`, which is in the company's time zone.

    One that fails, shrank or does not fit leaves its last one in force, and the others go on.
    """
    aside = data / FOLDER / ".partial"
    shutil.rmtree(aside, ignore_errors=True)  # of a run cut short
    aside.mkdir(parents=True)
    try:
        for source in sources:
            try:
                yield _take(source, data, root, clients, now, aside / source.name)
            except QuarterdeckError as err:
                yield Taken(source.name, "failed", {}, f"{_brief(str(err))} {_instead(data, source)}")
            except MemoryError:
                raise
            except Exception as err:  # what a library meets in a file that is not what its name says
                problem = _brief(f"cannot be read, {type(err).__name__}: {err}.")
                yield Taken(source.name, "failed", {}, f"It {problem} {_instead(data, source)}")
    finally:
        shutil.rmtree(aside)


def _take(source: Source, data: Path, root: Path, clients: Clients, now: datetime, new: Path) -> Taken:
    day = now.date()
    place = data / FOLDER / day.isoformat() / source.name
    if place.exists():
        return Taken(source.name, "there", Snapshot(source.name, day, place).rows)
    new.mkdir()
    write(source, new, root, clients, now)
    made = Snapshot(source.name, day, new)
    before = next((it for it in in_force(data, day) if it.source == source.name), None)
    problem = _worse(made, before) if before else ""
    try:
        warnings = _try(data, made)
    except QuarterdeckError as err:
        problem = problem or str(err)
    for old in (data / FOLDER).glob(f"*/{source.name}{HELD}"):
        shutil.rmtree(old)
    place.parent.mkdir(exist_ok=True)
    rows = made.rows
    if not problem:
        new.rename(place)
        return Taken(source.name, "collected", rows, " ".join(f"{it}." for it in warnings))
    held = new.rename(place.with_name(place.name + HELD))
    remedy = f"See {held}; if it is right: quarterdeck collect --accept {source.name}"
    return Taken(source.name, "held", rows, f"{_brief(problem.rstrip('.'))}. {_instead(data, source)} {remedy}.")


def accept(name: str, data: Path) -> Snapshot:
    """Put in force what was last held back of a source; raises QuarterdeckError when nothing is, or it does not fit."""
    held = {path.name.removesuffix(HELD): path for path in sorted((data / FOLDER).glob(f"*/*{HELD}"))}
    if name not in held:
        remedy = nearest(name, held) if held else "Nothing is: see what `quarterdeck collect` said"
        raise QuarterdeckError(f"--accept {name}", "is not held back", remedy)
    path, day = held[name], date.fromisoformat(held[name].parent.name)
    _try(data, Snapshot(name, day, path))
    return Snapshot(name, day, path.rename(path.with_name(name)))


def _worse(made: Snapshot, before: Snapshot) -> str:
    """What makes a snapshot suspect, as against the last: half the rows of a table gone, other columns."""
    tables, said = made.manifest["tables"], list[str]()
    for name, was in before.manifest["tables"].items():
        now = tables.get(name, {"rows": 0})
        if 2 * now["rows"] < was["rows"]:
            said.append(f"{name} shrank from {was['rows']:,} rows ({before.day}) to {now['rows']:,}")
        elif now["rows"] and was["rows"]:
            emptied = {*now["empty"]} & {*was["columns"]} - {*was.get("empty", was["columns"])}
            said += [f"{name} lost all values of {it}" for it in sorted(emptied)]
            said += [f"{name} lost the column {it}" for it in was["columns"] if it not in now["columns"]]
            said += [f"{name} has a new column {it}" for it in now["columns"] if it not in was["columns"]]
    return "; ".join(said)


def _try(data: Path, made: Snapshot) -> list[str]:
    """Check all tables as reports would with a snapshot in force, put in place nowhere; raises DataError.

    Returns what of the snapshot's rows is left out, and why.
    """
    with TemporaryDirectory() as folder:
        trial = Path(folder).resolve() / "data"
        for it in (*in_force(data), made):
            place = trial / FOLDER / it.day.isoformat() / it.source
            place.parent.mkdir(parents=True, exist_ok=True)
            place.symlink_to(it.folder.resolve())
        for path in data.iterdir():
            if path.name != FOLDER:
                (trial / path.name).symlink_to(path.resolve())
        try:
            return [it for it in check_folder(trial) if "left out" in it and it.partition(":")[0] in made.rows]
        except QuarterdeckError as err:
            raise type(err)(err.where.replace(str(trial), str(data)), err.problem, err.remedy) from err
        finally:
            forget_tables()


def _brief(text: str) -> str:
    """What a run may say of a problem: no key, and no more than one can read."""
    told = hide_keys(text)
    return told if len(told) <= _READ else f"{told[:_READ]} …"


def _instead(data: Path, source: Source) -> str:
    last = next((it for it in in_force(data) if it.source == source.name), None)
    missing = ", ".join(module_of(source.source).tables(source))
    return f"What was collected on {last.day} stays in force." if last else f"There is no earlier {missing}."
