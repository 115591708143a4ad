"""Files and folders put in place whole (a reader, or a run cut short, never sees half of one), and YAML read."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from threading import get_ident
from typing import Any

import yaml

from .errors import QuarterdeckError

PREVIEW = ".preview"
"""A file in a site whose owner's search does not know the last edits: it is not to be published."""
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML has it


def from_yaml(text: str) -> Any:
    """The values that a YAML text holds; raises yaml.YAMLError, also for one that nests deeper than 100 levels."""
    depth = 0
    for event in yaml.parse(text, _LOADER):  # the loader itself would run out of stack, and end this process
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > 100:
            raise yaml.YAMLError("it nests too deeply")
    return yaml.load(text, _LOADER)


def read_yaml(path: Path, error: type[QuarterdeckError] = QuarterdeckError) -> Any:
    """The values that a YAML file holds; raises `error` naming file and line."""
    try:
        return from_yaml(path.read_text("utf-8"))
    except UnicodeDecodeError as err:
        raise error(str(path), f"is not UTF-8 (byte {err.start})", "Save the file as UTF-8") from err
    except yaml.YAMLError as err:
        mark, problem = getattr(err, "problem_mark", None), getattr(err, "problem", None) or err
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise error(where, f"is not valid YAML: {problem}", "Mend that line") from err


def write(path: Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8) under a temporary name of one's own, then put it in place."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.{get_ident()}.partial")
    try:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def put_once(path: Path, content: Callable[[], bytes]) -> None:
    """Make a file that only its owner reads, unless it is there; of processes that do so at once one wins, whole."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # of mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content())
            file.flush()
            os.fsync(handle)
        os.link(name, path)
    except FileExistsError:
        pass
    finally:
        Path(name).unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)  # or the name may be lost with the power
    os.close(folder)


def put_folder(new: Path, place: Path, aside: Path) -> None:
    """Put a folder where another may be; between the two renames that one is `aside`, see `restore_folder`."""
    shutil.rmtree(aside, ignore_errors=True)
    if place.exists():
        os.replace(place, aside)
    os.replace(new, place)
    shutil.rmtree(aside, ignore_errors=True)


def restore_folder(place: Path, aside: Path) -> None:
    """After a run cut short: bring back what was moved aside, or clear it away when the new one is there."""
    if aside.is_dir() and not place.exists():
        os.replace(aside, place)
    shutil.rmtree(aside, ignore_errors=True)
