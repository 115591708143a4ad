"""Handoff notes: one Markdown file for each project, its headings and task lists as a table."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("project", "title", "section", "text", "state", "file", "line")
_ITEM = re.compile(r"\s*[-*] (?:\[(?P<box>[ xX])\] )?(?P<text>.+)")


def handoffs_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of all notes, or `absent` when there is none."""
    paths, digest = sorted(folder.glob("*.md")), hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest() if paths else "absent"


def read_handoffs(folder: Path) -> pd.DataFrame:
    """The list items of all notes.

    Columns: `project` (file name), `title` (first heading), `section` (nearest heading), `text`, `state` (`open` or
    `done` for tasks, `note` for other items), `file` and `line` as evidence.
    """
    import pandas as pd

    rows = []
    for path in sorted(folder.glob("*.md")):
        try:
            rows += _items(path, path.read_text("utf-8").splitlines())
        except UnicodeDecodeError as err:
            raise DataError(str(path), f"is not UTF-8 (byte {err.start})", "Save the file as UTF-8") from err
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _items(path: Path, lines: list[str]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    title = section = path.stem
    for number, line in enumerate(lines, 1):
        if line.startswith("#"):
            section = line.lstrip("#").strip()
            title = section if title == path.stem else title
        elif match := _ITEM.fullmatch(line):
            state = {"": "note", " ": "open"}.get(match["box"] or "", "done")
            rows.append((path.stem, title, section, match["text"].strip(), state, path.name, number))
    return rows
