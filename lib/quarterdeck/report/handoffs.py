"""Handoff notes: one Markdown file for each project, its headings and task lists as a table."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.errors import DataError
from ..model.keys import hide_keys

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("project", "title", "section", "kind", "text", "state", "file", "line")
_ITEM = re.compile(r"(?P<indent>\s*)(?:[-*+]|\d{1,9}[.)])\s+(?:\[(?P<box>[ xX])\]\s+)?(?P<text>\S.*)")
_HEADING = re.compile(r" {0,3}#{1,6}\s+(?P<text>.*?)(?:\s+#+)?\s*")
_UNDERLINE = re.compile(r" {0,3}(=+|-{2,})\s*")
_FENCE = re.compile(r"\s*(`{3,}(?=[^`]*$)|~{3,})")
_BREAK = re.compile(r"\s*([-*_])(\s*\1){2,}\s*")
_LINK = re.compile(r"!?\[([^\[\]]*)\]\([^)]*\)")
_RISK = re.compile(r"\b(risks?|blockers?|blocked|issues?|problems?|concerns?)\b", re.I)


def handoffs_hash(folder: Path) -> str:
    """SHA-256 over the names and contents of all notes, or `absent` when there is none."""
    paths, digest = sorted(folder.glob("*.md")), hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest() if paths else "absent"


def read_handoffs(folder: Path) -> pd.DataFrame:
    """The list items of all notes.

    Columns: `project` (file name), `title` (first heading), `section` (nearest heading), `kind` (`action` for a task,
    `risk` under a heading that names risks, else `status`), `text`, `state` (`open` or `done` for tasks, `note` for
    other items), `file` and `line` as evidence. Raises DataError for a note that is not UTF-8, or lies elsewhere.
    """
    import pandas as pd

    rows = list[tuple[object, ...]]()
    for path in sorted(folder.glob("*.md")):
        if not path.resolve().is_relative_to(folder.resolve()):
            raise DataError(str(path), "is a link that leads out of its folder", "Put the note itself there")
        try:
            rows += _items(path, path.read_text("utf-8-sig").split("\n"))
        except UnicodeDecodeError as err:
            raise DataError(str(path), f"is not UTF-8 (byte {err.start})", "Save the file as UTF-8") from err
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _items(path: Path, lines: list[str]) -> list[tuple[object, ...]]:
    """The items of a note; code, front matter and comments hold none."""
    items: list[dict[str, object]] = []
    title, section, within = "", path.stem, False
    for number, line, before in _prose(lines):
        heading = _HEADING.fullmatch(line)
        name = heading["text"] if heading else before.strip() if before.strip() and _UNDERLINE.fullmatch(line) else ""
        if name:
            section, within = _words(name) or section, False
            title = title or section
        elif _BREAK.fullmatch(line):
            within = False
        elif (match := _ITEM.fullmatch(line)) and (within or len(match["indent"].expandtabs(4)) < 4):
            state = {"": "note", " ": "open"}.get(match["box"] or "", "done")
            kind = "action" if state != "note" else "risk" if _RISK.search(section) else "status"
            said = {"kind": kind, "text": match["text"], "state": state, "file": path.name, "line": number}
            items.append({"project": path.stem, "title": title or path.stem, "section": section, **said})
            within = True
        elif within and line[:1].isspace() and line.strip():
            items[-1]["text"] = f"{items[-1]['text']} {line.strip()}"
        elif line.strip():
            within = False
    for item in items:
        item["text"] = _words(str(item["text"]))
    return [tuple(item[column] for column in COLUMNS) for item in items]


def _words(text: str) -> str:
    """What a text says: of a link or picture its words (a picture may be a link), of a key that there is one."""
    return hide_keys(_LINK.sub(r"\1", _LINK.sub(r"\1", text)).strip())


def _prose(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """Lines that are text, each with its number and the one before."""
    fence, before = "---" if lines[0].strip() == "---" in (line.strip() for line in lines[1:]) else "", ""
    for number, line in enumerate(lines, 1):
        mark = _FENCE.match(line)
        if fence:
            ended = fence in line if fence == "-->" else line.strip().startswith(fence)
            fence = "" if ended and number > 1 else fence
        elif mark:
            fence = mark[1]
        elif line.lstrip().startswith("<!--"):
            fence = "" if "-->" in line else "-->"
        else:
            yield number, line.rstrip("\r"), before
            before = line
            continue
        before = ""
