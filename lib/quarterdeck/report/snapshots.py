"""What `quarterdeck collect` kept, as reports find it: `snapshots/<day>/<source>/`, a file a table and a manifest."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ..model.errors import DataError

FOLDER, MANIFEST, HELD = "snapshots", "manifest.json", ".held"
_IN_FORCE = re.compile(r"\d{4}-\d\d-\d\d/[a-z0-9-]+")


@dataclass(frozen=True)
class Snapshot:
    """The tables that a source gave on a day."""

    source: str
    day: date
    folder: Path

    @property
    def manifest(self) -> dict[str, Any]:
        """Where it comes from, and of each of its `tables` the rows, columns, file and SHA-256."""
        path = self.folder / MANIFEST
        try:
            made: dict[str, Any] = json.loads(path.read_text("utf-8"))
            _ = [(table["rows"], table["columns"], table["sha256"]) for table in made["tables"].values()]
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as err:
            raise DataError(str(path), "cannot be read", "Delete its folder, and collect again") from err
        return made

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each of its tables has."""
        return {name: table["rows"] for name, table in self.manifest["tables"].items()}

    def tables(self) -> dict[str, Path]:
        """The file of each of its tables, by name."""
        return {path.stem: path for path in sorted(self.folder.iterdir()) if path.suffix in (".csv", ".parquet")}

    def verify(self) -> None:
        """Raise DataError for a file that is not as it was collected."""
        kept, there, remedy = self.manifest["tables"], self.tables(), "Bring it back, or delete its folder"
        for name in kept.keys() - there.keys():
            raise DataError(str(self.folder / name), "is gone since it was collected", remedy)
        for name, path in there.items():
            if name not in kept or content_hash(path) != kept[name]["sha256"]:
                raise DataError(str(path), "is not as it was collected", remedy)


def content_hash(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def in_force(folder: Path, as_of: date | None = None) -> list[Snapshot]:
    """The newest snapshot of each source at or before a day (None: of all), by the source's name."""
    newest: dict[str, Snapshot] = {}
    for path in sorted((folder / FOLDER).glob(f"*/*/{MANIFEST}")):
        day, source = path.parts[-3:-1]
        if _IN_FORCE.fullmatch(f"{day}/{source}") and (as_of is None or day <= as_of.isoformat()):
            newest[source] = Snapshot(source, date.fromisoformat(day), path.parent)
    return [newest[source] for source in sorted(newest)]
