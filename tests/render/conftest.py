"""A project folder of its own for each test, and reports written into it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from quarterdeck.model.report import Report

from .handmade import copy_project, executed


@pytest.fixture
def add() -> Callable[..., Path]:
    """Write a report's folder into a project, as the execution stage does."""

    def write(root: Path, made: Report, notebook: dict[str, Any] | None = None) -> Path:
        folder = root / made.key.path
        (folder / "rows").mkdir(parents=True, exist_ok=True)
        (folder / "rows" / "gross-burn.csv").write_text("id,contribution\n1,8412\n", "utf-8")
        (folder / "report.ipynb").write_text(json.dumps(notebook or executed()), "utf-8")
        made.save(folder / "facts.json")
        return folder

    return write


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with this repository's own configuration and assets, and no report yet."""
    return copy_project(tmp_path / "project")
