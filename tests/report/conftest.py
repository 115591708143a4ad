"""Small hand-made tables for tests of metrics and findings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, settings

from quarterdeck.report.data import Data
from quarterdeck.report.schema import Column, schemas

MakeData = Callable[..., Data]
settings.register_profile(
    "quarterdeck", max_examples=25, derandomize=True, database=None, deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture], phases=[Phase.explicit, Phase.generate],
)  # fmt: skip
settings.load_profile("quarterdeck")


@pytest.fixture
def make_data(tmp_path: Path) -> MakeData:
    """`make_data(as_of="2026-10-31", bookings=[{"price": 100, …}])`: tables, plausible where no value is given.

    `trusted` leaves out the check of each table, for data that a test generates many times.
    """

    def make(
        as_of: str = "",
        only: dict[str, list[str]] | None = None,
        trusted: bool = False,
        **tables: list[dict[str, Any]],
    ) -> Data:
        tables.setdefault("company", [{}])
        for name, rows in tables.items():
            schema = schemas()[name]
            filled = [
                {c.name: row.get(c.name, _default(c, n)) for c in schema.columns.values()} for n, row in enumerate(rows)
            ]
            unknown = {key for row in rows for key in row} - set(schema.columns)
            assert not unknown, f"{name} has no {unknown}"
            pd.DataFrame(filled, columns=list(schema.columns)).to_csv(tmp_path / f"{name}.csv", index=False)
        return Data(tmp_path, as_of=date.fromisoformat(as_of) if as_of else None, only=only, trusted=trusted)

    return make


def _default(column: Column, number: int) -> str:
    """A plausible value for a column that a test does not care about."""
    if column.empty:
        return ""
    if column.of:
        return column.of[0]
    given = {"currency": "USD", "time_zone": "UTC", "units": "units"}
    kinds = {"date": "2026-01-01", "month": "2026-01", "flag": "false", "id": f"{column.name}-{number}"}
    return given.get(column.name) or kinds.get(column.kind, "x" if column.kind == "text" else "1")
