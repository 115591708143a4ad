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
    texts = rows.select_dtypes(include=["object", "string"]).columns
    rows = rows.assign(**{str(name): rows[name].map(_neutral) for name in texts})
    rows.to_csv(path, index=False, lineterminator="\n", date_format="%Y-%m-%d")
    return path.as_posix()


def _neutral(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value else value
