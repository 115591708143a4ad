"""Files and folders put in place whole (a reader, or a run cut short, never sees half of one), and YAML read."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where PyYAML has it


def from_yaml(text: str) -> Any:
    """The values that a YAML text holds; raises yaml.YAMLError."""
    return yaml.load(text, _LOADER)


def write(path: Path, content: str | bytes) -> None:
    """Write a file (text as UTF-8) under a temporary name, then put it in place."""
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


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
