"""The rows behind a figure, as a CSV that a spreadsheet opens safely."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.report import slugify

if TYPE_CHECKING:
    import pandas as pd


def write_rows(folder: Path, id: str, rows: pd.DataFrame) -> str:
    """Write a figure's rows to `folder/<id>.csv`; returns the path as facts.json names it.

    Text that a spreadsheet would take for a formula gets a leading apostrophe (OWASP, CSV injection).
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{slugify(id).replace('-', '_')}.csv"
    rows = rows.copy(deep=False)
    for name in rows.select_dtypes(include=["object", "string"]).columns:
        formula = rows[name].map(_formula).eq(True)
        if formula.any():
            rows[name] = rows[name].mask(formula, "'" + rows[name].astype(str))
    for name in rows.select_dtypes(include=["datetime"]).columns:
        rows[name] = days_as(rows[name], "%Y-%m-%d")
    rows.to_csv(path, index=False, lineterminator="\n", date_format="%Y-%m-%d")
    return path.as_posix()


def _formula(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))


def days_as(days: pd.Series[Any], form: str) -> pd.Series[str]:
    """Days as text: each is written once, as a million rows hold few."""
    return days.map({day: day.strftime(form) for day in days.dropna().unique()}).astype("str")
