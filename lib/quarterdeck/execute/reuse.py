"""When a report need not be executed again: the same cells, parameters, code, environment and tables read.

The tables that a report read are known only from having run it; the record kept with the executed notebook is the
next run's key, as a compiler's dependency file is.
"""

from __future__ import annotations

import functools
import hashlib
import json
import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..model.persona import Persona
from .outline import Selection

_NOT_CONTENT = {"recipients", "schedule", "send", "approval", "owner"}
_ENVIRONMENT = ("ipykernel", "nbclient", "numpy", "pandas", "papermill", "plotly", "babel")


@functools.cache
def code_hash(*folders: str) -> str:
    """A hash of the package's own files in the named folders of `quarterdeck`."""
    package, digest = Path(__file__).parent.parent, hashlib.sha256()
    for folder in folders:
        for path in sorted((package / folder).rglob("*")):
            if path.suffix in {".py", ".yml", ".j2", ".lua"}:
                digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def report_key(selection: Selection, persona: Persona, parameters: dict[str, Any], commentary: str) -> dict[str, str]:
    """What a report is made from, besides tables, by part; who is sent it, when and on whose word is no part of it."""
    said = persona.model_dump(mode="json", exclude=_NOT_CONTENT)
    return {
        "notebook": seal([(cell.cell_type, cell.source) for cell in selection.cells]),
        "persona": seal([said, parameters]),
        "commentary": seal(commentary),
        "code": code_hash("model", "report", "execute"),
        "environment": _environment(),
    }


@functools.cache
def _environment() -> str:
    return seal([platform.python_version(), *(f"{name} {version(name)}" for name in _ENVIRONMENT)])


def why_rebuild(folder: Path, key: dict[str, str], tables: dict[str, str]) -> str:
    """Why the report in a folder must be executed, or nothing when it need not be.

    `tables` maps the names of tables to the hash of their content now.
    """
    try:
        record = json.loads((folder / "record.json").read_text("utf-8"))
    except (OSError, ValueError):
        return "never built"
    changed = [part for part, value in key.items() if record["key"].get(part) != value]
    changed += [f"table {name}" for name, was in sorted(record["reads"].items()) if tables.get(name, "absent") != was]
    return f"{', '.join(changed)} changed" if changed else ""


def finish_record(folder: Path, key: dict[str, str], seconds: float) -> None:
    """Keep beside an executed notebook what it was made from, the tables it read included, and how long it took."""
    reads = json.loads((folder / "reads.json").read_text("utf-8"))
    record = {"key": key, "reads": reads, "seconds": round(seconds, 2)}
    (folder / "record.json").write_text(json.dumps(record, indent=1, sort_keys=True), "utf-8")
    (folder / "reads.json").unlink()


def seal(value: Any) -> str:
    """A hash of any JSON value, for comparing with the last run's."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
