"""A small company whose exports are collected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from conftest import COMPANY
from quarterdeck.collect.config import Source, read_sources
from quarterdeck.collect.snapshot import Taken, collect

COSTS = {
    "source": "files", "name": "bills", "folder": "exports", "pattern": "*.csv", "table": "cloud_costs",
    "columns": {"date": "Day", "service": "Service", "amount": "Cost"},
}  # fmt: skip


class Company:
    """A project's folder; `sources` writes its sources.yml, `collect` takes snapshots on a day of November 2026."""

    def __init__(self, root: Path) -> None:
        self.root, self.data, self.exports = root, root / "data", root / "exports"
        self.data.mkdir()
        self.exports.mkdir()
        for name, text in COMPANY.items():
            (self.data / f"{name}.csv").write_text(text, "utf-8")

    def sources(self, *entries: dict[str, Any]) -> list[Source]:
        (self.root / "sources.yml").write_text(yaml.safe_dump(list(entries), sort_keys=False), "utf-8")
        return read_sources(self.root / "sources.yml")

    def collect(self, day: int, *entries: dict[str, Any], clients: Any = None) -> list[Taken]:
        now = datetime(2026, 11, day, 12, tzinfo=UTC)
        return list(collect(self.sources(*entries or (COSTS,)), self.data, self.root, clients, now))

    def export(self, *lines: str, name: str = "costs.csv", header: str = "Day,Service,Cost") -> None:
        (self.exports / name).write_text("\n".join((header, *lines)) + "\n", "utf-8")

    def files(self) -> dict[str, bytes]:
        """What is kept, and all that is left beside it."""
        folder = self.data / "snapshots"
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def company(tmp_path: Path) -> Company:
    """The company, without an export."""
    return Company(tmp_path)


@pytest.fixture
def as_csv(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without pyarrow."""
    monkeypatch.setattr("quarterdeck.collect.writing.find_spec", lambda name: None)


Export = Callable[..., None]
