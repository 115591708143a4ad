"""Where things are in a project, and what is known of its data before any report is built."""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from .execute.reuse import code_hash
from .model.errors import DataError, PersonaError, QuarterdeckError, nearest
from .model.files import write
from .model.persona import Persona
from .model.settings import Settings, read_settings
from .report.data import table_hashes

if TYPE_CHECKING:
    from .report.data import Data


@dataclass(frozen=True)
class Project:
    """A folder with a notebook, personas, data and `_quarto.yml`; data and personas may lie elsewhere."""

    root: Path
    data: Path
    personas: Path

    @classmethod
    def open(cls, root: Path, data: Path | None = None, personas: Path | None = None) -> Project:
        """The project in a folder; raises QuarterdeckError when there is none."""
        if not (root / "_quarto.yml").is_file():
            raise QuarterdeckError(str(root), "is no project: it has no _quarto.yml", "Name one with --project")
        root = root.resolve()
        return cls(root, (data or root / "data").resolve(), (personas or root / "personas").resolve())

    @property
    def notebook(self) -> Path:
        """The master notebook."""
        return self.root / "notebooks" / "report.ipynb"

    @property
    def cache(self) -> Path:
        """What can be thrown away: chart pictures, the home page's shell, the record of the last check."""
        return self.root / ".quarterdeck"

    @property
    def store(self) -> Path:
        """The executed reports, with what they said and its rows."""
        return self.root / "r"

    @property
    def outbox(self) -> Path:
        """The digests, by period."""
        return self.root / "outbox"

    def commentary(self, slug: str, period: str) -> str:
        """An analyst's own words for a report and period, in Markdown; empty when none were written."""
        path = self.root / "commentary" / period / f"{slug}.md"
        try:
            return path.read_text("utf-8").strip() if path.is_file() else ""
        except UnicodeDecodeError as err:
            raise QuarterdeckError(str(path), f"is not UTF-8 (byte {err.start})", "Save the file as UTF-8") from err

    @property
    def settings(self) -> Settings:
        """What `repos.env` and the environment say now: a preview outlives an edit of the file."""
        return read_settings(self.root / "repos.env", os.environ)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other runs out of this project; raises QuarterdeckError when one is going."""
        self.cache.mkdir(exist_ok=True)
        with (self.cache / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as err:
                raise QuarterdeckError(str(self.root), "another run is going here", "Wait for it to end") from err
            yield


@dataclass(frozen=True)
class Checked:
    """What a check of the data found: hashes by table, newest day, company, currency, warnings, names by id."""

    hashes: dict[str, str]
    newest: str
    company: str
    currency: str
    warnings: tuple[str, ...]
    subjects: dict[str, dict[str, str]]
    entities: dict[str, str]

    def check_subject(self, persona: Persona, subject: str, where: str) -> None:
        """Raise PersonaError for a reader of a report that there is not."""
        known = self.subjects.get(persona.each, {})
        if subject and subject not in known:
            table = f"is no row of {persona.each}" if persona.each else f"goes with each:, which {persona.id} lacks"
            raise PersonaError(where, f"subject {subject!r} {table}", nearest(subject, known))


def check_data(
    project: Project,
    personas: list[Persona],
    meanwhile: Callable[[], object] = lambda: None,
    as_of: date | None = None,
) -> Checked:
    """Check all tables, or recall the last check when neither they nor the checks have changed.

    Of what was collected, what is in force on the day `as_of` (None: the newest). `meanwhile` is called before a check.
    Raises DataError at the first thing that is wrong.
    """
    if not project.data.is_dir():
        raise DataError(str(project.data), "is no folder", "Point DATA at a folder of tables")
    tables = sorted({persona.each for persona in personas if persona.each})
    hashes = table_hashes(project.data, as_of)
    stamp = {"hashes": hashes, "code": code_hash("report"), "tables": tables}
    kept = project.cache / "checked.json"
    try:
        record = json.loads(kept.read_text("utf-8"))
        if record["stamp"] == stamp:
            return Checked(**{**record["checked"], "warnings": tuple(record["checked"]["warnings"])})
    except (OSError, ValueError, KeyError, TypeError):
        pass
    meanwhile()
    checked = _check(project, hashes, tables, as_of)
    project.cache.mkdir(exist_ok=True)
    write(kept, json.dumps({"stamp": stamp, "checked": asdict(checked)}, sort_keys=True))
    return checked


def _check(project: Project, hashes: dict[str, str], tables: list[str], as_of: date | None) -> Checked:
    from .report.data import Data, check_folder, newest_day
    from .report.schema import schemas

    warnings = check_folder(project.data, as_of)
    data = Data(project.data, trusted=True, collected=as_of)
    company = data.table("company").iloc[0]
    return Checked(
        hashes=hashes,
        newest=newest_day(data).isoformat(),
        company=str(company["company"]),
        currency=str(company["currency"]),
        warnings=tuple(warnings),
        subjects={name: _subjects(data, name) for name in tables if name in schemas()},
        entities=_names(data, "entities"),
    )


def _names(data: Data, table: str) -> dict[str, str]:
    """The rows of a table by key, with the name to be printed."""
    from .report.schema import schemas

    frame, key = data.table(table), schemas()[table].key[0]
    names = frame["name"] if "name" in frame else frame[key]
    return dict(sorted(zip(frame[key], names.astype(str), strict=True)))


def _subjects(data: Data, table: str) -> dict[str, str]:
    """The rows that a persona is repeated for; raises DataError for a key that cannot be part of an address."""
    named = _names(data, table)
    for key in named:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", key):
            raise DataError(
                f"{data.folder / table}.csv",
                f"found the id {key!r}",
                "A report's address needs letters, digits, hyphens or dots",
            )
    return named


def day_in_company(folder: Path, now: datetime) -> datetime:
    """A moment in the time zone of the company whose tables these are; raises DataError for a zone that is none."""
    from .report.data import Data

    company = Data(folder, trusted=True).table("company")
    zone = str(company["time_zone"].iloc[0]) if len(company) else "UTC"
    try:
        return now.astimezone(ZoneInfo(zone))
    except (KeyError, ValueError, OSError):
        raise DataError(
            f"{folder / 'company.csv'}, column time_zone", f"{zone!r} is no zone", "As Europe/Berlin"
        ) from None


def as_of_day(wanted: str) -> date | None:
    """The day as of which reports are asked for, or None: the newest in the data."""
    try:
        return date.fromisoformat(wanted) if wanted else None
    except ValueError:
        raise QuarterdeckError("as-of", f"{wanted!r} is no day", "Write it as 2026-10-31") from None
