"""The only way to data: `Data.table`, scoped to a reader, seen as of a day, with a record of what was read."""

from __future__ import annotations

import copy
import functools
import hashlib
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from ..model.errors import DataError, nearest
from .handoffs import handoffs_hash, read_handoffs
from .schema import TableSchema, check, convert, read_table, schemas

if TYPE_CHECKING:
    import pandas as pd

ABSENT = "absent"

_kept: dict[tuple[Any, ...], dict[Any, tuple[Any, set[str]]]] = {}

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def content_hash(path: Path) -> str:
    """SHA-256 of a file, or `absent`: what a report's record says of each table that it read."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ABSENT


def table_file(folder: Path, name: str) -> Path | None:
    """A table's file, CSV or Parquet, if there is one; raises DataError when there is one of each."""
    found = [path for path in (folder / f"{name}.csv", folder / f"{name}.parquet") if path.is_file()]
    if len(found) > 1:
        raise DataError(str(found[1]), f"stands beside {name}.csv", "Keep one of them")
    return found[0] if found else None


def table_files(folder: Path) -> dict[str, Path]:
    """The file of every table in a folder, by name."""
    names = sorted({path.stem for form in ("*.csv", "*.parquet") for path in folder.glob(form)})
    return {name: path for name in names if (path := table_file(folder, name))}


def table_hashes(folder: Path) -> dict[str, str]:
    """The content hash of every table in a folder, by name."""
    hashes = {name: content_hash(path) for name, path in table_files(folder).items()}
    return {**hashes, "handoffs": handoffs_hash(folder / "handoffs")}


class Data:
    """The tables under one folder, as one reader sees them.

    `as_of` hides what became known later (see `tables.yml`). `only` maps a table to the keys in scope, for
    example `{"entities": ["acme"]}`; it also limits every table that refers to it, over as many steps as needed.
    With `trusted` the files have been checked by `check_folder` just before and are only read. Sentences made from
    the data write money and days as in `locale`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        as_of: date | None = None,
        only: dict[str, list[str]] | None = None,
        trusted: bool = False,
        locale: str = "en_US",
    ) -> None:
        import pandas as pd

        pd.set_option("mode.string_storage", "python")  # where pyarrow is installed, text behaves otherwise
        self.folder, self.as_of, self.only, self.trusted, self.locale = folder, as_of, only or {}, trusted, locale
        self.reads: dict[str, str] = {}
        self.touched: set[str] = set()
        self.untyped: set[str] = set()
        self.remembered: dict[Any, tuple[Any, set[str]]] = dict(_kept.get(self._seen(), {})) if _kept else {}
        self._tables: dict[str, pd.DataFrame] = {}
        self._columns: dict[tuple[str, ...], pd.DataFrame] = {}
        self._newest: dict[str, date | None] = {}

    def keep(self) -> None:
        """Let whoever opens the same tables in the same way in this process, or in a fork of it, recall what this has.

        That is the same content, scope, day and locale.
        """
        _kept[self._seen()] = self.remembered

    def _seen(self) -> tuple[Any, ...]:
        only = tuple(sorted((name, tuple(sorted(keys))) for name, keys in self.only.items()))
        return (self.folder, *table_hashes(self.folder).items(), only, self.as_of, self.trusted, self.locale)

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """A table, or some of its columns; an absent table is empty, and whoever reads it is told so.

        Raises DataError when the table is present and invalid, or when neither a file nor a schema has that name.
        """
        self.touched.add(name)
        if name not in self._tables:
            self._tables[name] = self._load(name)
        frame, some = self._tables[name], (name, *(columns or ()))
        if columns is None:
            return frame.copy(deep=False)
        if some not in self._columns:
            for column in columns:
                if column not in frame.columns:
                    raise DataError(f"table {name}, column {column}", "is unknown", nearest(column, frame.columns))
            self._columns[some] = frame[list(columns)]
        return self._columns[some].copy(deep=False)

    def newest(self, name: str) -> date | None:
        """The newest day on which something happened in a table; None where no column of it says."""
        schema = schemas().get(name)
        if schema is None or not len(frame := self.table(name)):
            return None
        if name not in self._newest:
            newest: Any = max((day for day in frame[_events(schema)].max() if day == day), default=None)
            self._newest[name] = newest and date.fromisoformat(newest.date().isoformat())
        return self._newest[name]

    def absent(self, names: set[str]) -> list[str]:
        """Those of the named tables that have been read and found absent."""
        return sorted(name for name in names if self.reads.get(name) == ABSENT)

    def _load(self, name: str) -> pd.DataFrame:
        import pandas as pd

        if name == "handoffs":
            self.reads[name] = handoffs_hash(self.folder / name)
            return read_handoffs(self.folder / name)
        path, schema = table_file(self.folder, name), schemas().get(name)
        self.reads[name] = content_hash(path) if path else ABSENT
        if path is None:
            if schema is None:
                raise DataError(f"table {name}", "is unknown", nearest(name, known_tables(self.folder)))
            return convert(pd.DataFrame(columns=list(schema.columns), dtype=str), schema)
        if schema is None:
            self.untyped.add(name)
            return pd.read_csv(path, encoding="utf-8-sig") if path.suffix == ".csv" else read_table(path)
        typed = _typed(path, self.reads[name], schema.name, self.trusted)
        return self._scoped(self._as_of(typed, schema), schema).reset_index(drop=True)

    def _as_of(self, frame: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
        if self.as_of is None:
            return frame
        day = self.as_of.isoformat()
        if schema.known and not (known := frame[schema.known] <= day).all():
            frame = frame[known]
        later = {c.name: frame[c.name].where(frame[c.name] <= day) for c in schema.columns.values() if c.event}
        later |= {c.name: frame[c.name].mask(frame[c.since] > day) for c in schema.columns.values() if c.since}
        return frame.assign(**later)

    def _scoped(self, frame: pd.DataFrame, schema: TableSchema) -> pd.DataFrame:
        if schema.name in self.only:
            frame = frame[frame[schema.key[0]].isin(self.only[schema.name])]
        refs = [c for c in schema.columns.values() if c.ref and c.ref != schema.name and self._limited(c.ref)]
        # A row that names its entity belongs to it, whatever else it refers to or leaves empty.
        for column in [column for column in refs if column.ref in self.only] or refs:
            frame = frame[frame[column.name].isin(self.table(column.ref)[schemas()[column.ref].key[0]])]
        return frame

    def _limited(self, name: str) -> bool:
        """Whether the scope reaches a table, by itself or through one that it refers to."""
        refs = {c.ref for c in schemas()[name].columns.values() if c.ref and c.ref != name}
        return name in self.only or any(self._limited(ref) for ref in refs)


def remembered(
    function: Callable[Concatenate[Data, Arguments], Result],
) -> Callable[Concatenate[Data, Arguments], Result]:
    """Compute a pure function of data and hashable arguments once; what it read counts as read each time it is called.

    What the caller gets is its own: a changed column of a frame changes nobody else's.
    """

    @functools.wraps(function)
    def recall(data: Data, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        key = (function, args, *sorted(kwargs.items()))
        if key not in data.remembered:
            before, data.touched = data.touched, set()
            try:
                data.remembered[key] = function(data, *args, **kwargs), data.touched
            finally:
                data.touched = before | data.touched
        result, touched = data.remembered[key]
        for name in touched - data.reads.keys():  # another has computed it: what it read is this report's too
            data.table(name)
        data.touched |= touched
        own: Result = copy.copy(result)
        return own

    return recall


@functools.lru_cache(maxsize=64)
def _typed(path: Path, content: str, name: str, trusted: bool) -> pd.DataFrame:
    """A table's file as typed columns, read once for each content; checked unless trusted."""
    raw, schema = read_table(path), schemas()[name]
    if not trusted:
        check(path, raw, schema)
    return convert(raw, schema)


def known_tables(folder: Path) -> list[str]:
    """Names of all tables: those with a schema, and any other in the folder."""
    return sorted({*schemas(), "handoffs", *table_files(folder)})


def _events(schema: TableSchema) -> list[str]:
    return [column.name for column in schema.columns.values() if column.event]


def newest_day(data: Data) -> date:
    """The default as-of: the newest day on which something happened, over all tables present."""
    days, present = [], table_files(data.folder)
    for schema in schemas().values():
        if (events := _events(schema)) and schema.name in present:
            days += [day for day in data.table(schema.name, events).max() if day == day]
    if not days:
        raise DataError(
            str(data.folder), "holds no dated row", "Point DATA at a folder of tables; data/README.md lists them"
        )
    newest: Any = max(days)
    return date.fromisoformat(newest.date().isoformat())


def check_folder(folder: Path) -> list[str]:
    """Check every table present, alone and against the others; returns warnings, raises DataError for an error."""
    if not folder.is_dir():
        raise DataError(str(folder), "is no folder", "Point DATA at a folder of tables; data/README.md lists them")
    data, warnings = Data(folder), []
    files = table_files(folder)
    for name, path in files.items():
        if name in schemas():
            data.table(name)
        else:
            warnings.append(f"{path.name} has no schema: its columns are used as they are")
    for required in ("company", "entities"):
        if not len(data.table(required)):
            raise DataError(str(folder / f"{required}.csv"), "is absent or has no row", "Every report needs it")
    for schema in schemas().values():
        if schema.name in files:
            _check_references(files, data, schema)
    _check_ledger(files, data)
    data.table("handoffs")
    return warnings


def _check_references(files: dict[str, Path], data: Data, schema: TableSchema) -> None:
    frame = data.table(schema.name)
    for column in schema.columns.values():
        if column.ref not in files:
            continue
        keys = data.table(column.ref)[schemas()[column.ref].key[0]]
        stray = frame[frame[column.name].notna() & ~frame[column.name].isin(keys)]
        if len(stray):
            value = stray[column.name].iloc[0]
            where = f"{files[schema.name]}, row {stray.index[0] + 2}, column {column.name}"
            raise DataError(where, f"{value!r} is not in {files[column.ref].name}", nearest(value, list(keys)[:40]))


def _check_ledger(files: dict[str, Path], data: Data) -> None:
    """Double entry: the lines of one entry sum to zero."""
    sums = data.table("ledger", ["entry", "amount"]).groupby("entry", sort=False)["amount"].sum().round(2)
    off = sums[sums != 0]
    if len(off):
        raise DataError(
            f"{files['ledger']}, entry {off.index[0]}",
            f"its lines sum to {off.iloc[0]:.2f}",
            "They must sum to zero",
        )
