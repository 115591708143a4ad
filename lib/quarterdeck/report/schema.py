"""What each table must look like: `tables.yml` as values, and the check of a CSV against it."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.errors import DataError, nearest
from ..model.files import from_yaml

if TYPE_CHECKING:
    import pandas as pd

_FORMS = {
    "date": (r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", "a date such as 2026-10-31"),
    "month": (r"\d{4}-(0[1-9]|1[0-2])", "a month such as 2026-10"),
    "money": (r"[+-]?\d{1,15}(\.\d{1,4})?", "an amount such as 1250.00, without separators or sign of currency"),
    "number": (r"[+-]?\d{1,15}(\.\d+)?", "a number such as 12.5"),
    "share": (r"[+-]?\d{1,3}(\.\d+)?", "a share such as 0.25 for 25 %"),
    "integer": (r"[+-]?\d{1,15}", "a whole number"),
    "flag": (r"true|false", "true or false"),
}


@dataclass(frozen=True)
class Column:
    """One column: its kind (see the head of `tables.yml`), whether it may be empty, and the table it refers to.

    A value is not known before the day in the column `since`.
    """

    name: str
    kind: str
    about: str
    empty: bool = False
    ref: str = ""
    event: bool = False
    since: str = ""
    of: tuple[str, ...] = ()


@dataclass(frozen=True)
class TableSchema:
    """One table: its columns, the columns that identify a row, and the date on which a row became known.

    A `register` changes only now and then: that nothing new is in it does not make it stale.
    """

    name: str
    about: str
    key: tuple[str, ...]
    columns: dict[str, Column]
    known: str = ""
    register: bool = False


@functools.cache
def schemas() -> dict[str, TableSchema]:
    """All table schemas by name, in the order of `tables.yml`."""
    tables = from_yaml(files(__package__).joinpath("tables.yml").read_text("utf-8"))
    return {
        name: TableSchema(
            name=name,
            about=table["about"],
            key=tuple([table["key"]] if isinstance(table["key"], str) else table["key"]),
            columns={
                column: Column(name=column, **{**spec, "of": tuple(spec.get("of", ()))})
                for column, spec in table["columns"].items()
            },
            known=table.get("known", ""),
            register=table.get("register", False),
        )
        for name, table in tables.items()
    }


def read_table(path: Path) -> pd.DataFrame:
    """A table's file: a CSV as text, a Parquet file with the types that it has."""
    return read_csv(path) if path.suffix == ".csv" else _read_parquet(path)


def _read_parquet(path: Path) -> pd.DataFrame:
    import pandas as pd

    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except ImportError as err:
        raise DataError(str(path), "needs a package to be read", "pip install 'quarterdeck[parquet]'") from err
    except (OSError, ValueError) as err:
        raise DataError(str(path), f"is no Parquet file: {str(err).strip()[:200]}", "Write it again") from err
    return frame.assign(**{str(name): _as_text(frame[name]) for name in frame if frame[name].dtype == object})


def _as_text(values: pd.Series[Any]) -> pd.Series[str]:
    """Values as a CSV would hold them; each is written once, as days and accounts repeat."""
    import pandas as pd

    def written(value: Any) -> str:
        if isinstance(value, str):
            return value
        plain = str(value).removesuffix(" 00:00:00").removesuffix(".0")
        return plain.lower() if plain in ("True", "False") else plain

    text = values.astype(object).map({value: written(value) for value in values.dropna().unique()}).fillna("")
    return pd.Series(text, dtype=str)


def read_csv(path: Path) -> pd.DataFrame:
    """A CSV as text, an empty cell as an empty string; raises DataError for what is no UTF-8 CSV."""
    import pandas as pd

    try:
        frame: pd.DataFrame = pd.read_csv(
            path, dtype=str, keep_default_na=False, na_filter=False, encoding="utf-8-sig", index_col=False
        )
    except UnicodeDecodeError as err:
        raise DataError(
            str(path), f"is not UTF-8: byte {err.start} is {err.object[err.start]:#04x}", "Save it as CSV UTF-8"
        ) from err
    except pd.errors.EmptyDataError as err:
        raise DataError(str(path), "is empty", "Give it a header row, or remove the file") from err
    except (pd.errors.ParserError, ValueError) as err:
        raise DataError(str(path), f"is no CSV: {str(err).strip()}", "Quote fields that hold commas") from err
    return frame


def check(path: Path, frame: pd.DataFrame, schema: TableSchema) -> None:
    """Raise DataError for the first thing wrong: file, row (the header is row 1), column, value, what was expected."""
    import pandera.pandas as pa

    if path.suffix != ".csv":
        frame = frame.apply(_as_text)

    for name in frame.columns:
        if name not in schema.columns:
            raise DataError(f"{path}, column {name}", "is unknown", nearest(name, schema.columns))
    for name in schema.columns:
        if name not in frame.columns and not schema.columns[name].empty:
            raise DataError(f"{path}, column {name}", "is missing", f"It holds {schema.columns[name].about}")
    columns = {name: pa.Column(str, _checks(column)) for name, column in schema.columns.items() if name in frame}
    try:
        pa.DataFrameSchema(columns).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as err:
        worst = err.failure_cases.dropna(subset=["index"]).sort_values(["index", "column"], kind="stable").iloc[0]
        where = f"{path}, row {int(worst['index']) + 2}, column {worst['column']}"
        raise DataError(where, f"found {worst['failure_case']!r}", f"Expected {worst['check']}") from None
    repeated = frame[frame.duplicated(list(schema.key))]
    if len(repeated):
        index = repeated.index[0]
        value = ", ".join(str(frame.at[index, name]) for name in schema.key)
        raise DataError(
            f"{path}, row {index + 2}, column {', '.join(schema.key)}",
            f"{value!r} stands twice",
            "Give each row its own",
        )


def _checks(column: Column) -> list[Any]:
    """Pandera's checks of one text column; the name of each says what was expected."""
    import pandas as pd
    import pandera.pandas as pa

    def valid(values: pd.Series[str]) -> pd.Series[bool]:
        if column.of:
            good = values.isin(column.of)
        elif column.kind in _FORMS:
            good = values.str.fullmatch(_FORMS[column.kind][0])
            if column.kind == "date":
                good &= pd.to_datetime(values, format="%Y-%m-%d", errors="coerce").notna()
        else:
            good = values.str.strip() != ""
        return good | (values == "") if column.empty else good & (values != "")

    expected = f"one of: {', '.join(column.of)}" if column.of else _FORMS.get(column.kind, ("", "a value"))[1]
    return [pa.Check(valid, error=f"{expected}{', or nothing' if column.empty else ''}")]


def convert(frame: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
    """A checked table with typed columns: dates as datetime64, amounts as float64, `month` and ids as text."""
    import pandas as pd

    made: dict[str, pd.Series[Any]] = {}
    for name, column in schema.columns.items():
        values = frame[name] if name in frame else pd.Series("", index=frame.index, dtype=str)
        if column.kind == "date":
            made[name] = pd.to_datetime(values.where(values != ""), format="%Y-%m-%d").astype("datetime64[s]")
        elif column.kind in ("money", "number", "share", "integer"):
            made[name] = pd.to_numeric(values.where(values != "")).astype("float64")
        elif column.kind == "flag":
            made[name] = values.isin(["true", True])
        else:
            values = values if isinstance(values.dtype, pd.StringDtype) else _as_text(values)
            made[name] = values.where(values != "") if column.empty else values
    return pd.DataFrame(made)
