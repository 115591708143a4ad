"""The only way to data: `Data.table`, scoped to a reader, seen as of a day, with a record of what was read."""

from __future__ import annotations

import copy
import functools
import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from ..model.errors import DataError, nearest
from .handoffs import handoffs_hash, read_handoffs
from .schema import TableSchema, check, convert, read_table, schemas
from .snapshots import Snapshot, content_hash, in_force

if TYPE_CHECKING:
    import pandas as pd

ABSENT = "absent"

_kept: dict[tuple[Any, ...], dict[Any, tuple[Any, set[str]]]] = {}

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def table_files(folder: Path, as_of: date | None = None) -> dict[str, tuple[Path, ...]]:
    """The files of every table, by name: the one kept by hand, then those of the snapshots in force on a day.

    Raises DataError when there is a CSV and a Parquet file of one table.
    """
    return _files(folder, in_force(folder, as_of))


def _files(folder: Path, snapshots: Sequence[Snapshot]) -> dict[str, tuple[Path, ...]]:
    found: dict[str, tuple[Path, ...]] = {}
    for path in sorted(path for form in ("*.csv", "*.parquet") for path in folder.glob(form)):
        if path.stem in found:
            raise DataError(str(path), f"stands beside {found[path.stem][0].name}", "Keep one of them")
        found[path.stem] = (path,)
    for snapshot in snapshots:
        for name, path in snapshot.tables().items():
            found[name] = (*found.get(name, ()), path)
    return dict(sorted(found.items()))


def _content(folder: Path, paths: Sequence[Path]) -> str:
    """What a report's record says of a table that it read: a hash of its file, or of all with source and day."""
    if len(paths) == 1 and paths[0].parent == folder:
        return content_hash(paths[0])
    parts = [[path.relative_to(folder).as_posix(), content_hash(path)] for path in paths]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest() if parts else ABSENT


def table_hashes(folder: Path, as_of: date | None = None) -> dict[str, str]:
    """The content hash of every table in a folder, by name, as of a day."""
    hashes = {name: _content(folder, paths) for name, paths in table_files(folder, as_of).items()}
    return {**hashes, "handoffs": handoffs_hash(folder / "handoffs")}


class Data:
    """The tables under one folder, as one reader sees them.

    `as_of` hides what became known later (see `tables.yml`). `only` maps a table to the keys in scope, for
    example `{"entities": ["acme"]}`; it also limits every table that refers to it, over as many steps as needed.
    With `trusted` the files have been checked by `check_folder` just before and are only read. Sentences made from
    the data write money and days as in `locale`. `collected` is the day whose snapshots count, if not `as_of`.
    """

    def __init__(
        self,
        folder: Path,
        *,
        as_of: date | None = None,
        only: dict[str, list[str]] | None = None,
        trusted: bool = False,
        locale: str = "en_US",
        collected: date | None = None,
    ) -> None:
        import pandas as pd

        pd.set_option("mode.string_storage", "python")  # where pyarrow is installed, text behaves otherwise
        self.folder, self.as_of, self.only, self.trusted, self.locale = folder, as_of, only or {}, trusted, locale
        self.collected = collected or as_of
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
        return (
            self.folder,
            *table_hashes(self.folder, self.collected).items(),
            only,
            self.as_of,
            self.trusted,
            self.locale,
        )

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

    @functools.cached_property
    def snapshots(self) -> list[Snapshot]:
        """What was collected and is in force."""
        return in_force(self.folder, self.collected)

    def absent(self, names: set[str]) -> list[str]:
        """Those of the named tables that have been read and found absent."""
        return sorted(name for name in names if self.reads.get(name) == ABSENT)

    def _load(self, name: str) -> pd.DataFrame:
        import pandas as pd

        if name == "handoffs":
            self.reads[name] = handoffs_hash(self.folder / name)
            return read_handoffs(self.folder / name)
        paths, schema = _files(self.folder, self.snapshots).get(name, ()), schemas().get(name)
        self.reads[name] = _content(self.folder, paths)
        if not paths:
            if schema is None:
                raise DataError(f"table {name}", "is unknown", nearest(name, known_tables(self.folder)))
            return convert(pd.DataFrame(columns=list(schema.columns), dtype=str), schema)
        if schema is None:
            self.untyped.add(name)
            frames = [
                pd.read_csv(path, encoding="utf-8-sig") if path.suffix == ".csv" else read_table(path) for path in paths
            ]
            return pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
        typed = _merged(paths, tuple(map(content_hash, paths)), schema.name, self.trusted)
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


def forget_tables() -> None:
    """Let go of the tables that this process has read: a folder that is gone is not asked for again."""
    _typed.cache_clear()


def _merged(paths: tuple[Path, ...], contents: tuple[str, ...], name: str, trusted: bool) -> pd.DataFrame:
    """A table of several files: of rows with one key the first counts, so that one kept by hand wins."""
    import pandas as pd

    frames = [_typed(path, content, name, trusted) for path, content in zip(paths, contents, strict=True)]
    if len(frames) == 1:
        return frames[0]
    return pd.concat(frames, ignore_index=True).drop_duplicates(list(schemas()[name].key), ignore_index=True)


def known_tables(folder: Path) -> list[str]:
    """Names of all tables: those with a schema, and any other in the folder."""
    return sorted({*schemas(), "handoffs", *table_files(folder)})


def _events(schema: TableSchema) -> list[str]:
    return [column.name for column in schema.columns.values() if column.event]


def newest_day(data: Data) -> date:
    """The default as-of: the newest day on which something happened, over all tables present, or was collected."""
    import pandas as pd

    days, present = [], _files(data.folder, data.snapshots)
    for schema in schemas().values():
        if (events := _events(schema)) and schema.name in present:
            days += [day for day in data.table(schema.name, events).max() if day == day]
    days += [pd.Timestamp(snapshot.day) for snapshot in data.snapshots]
    if not days:
        raise DataError(
            str(data.folder), "holds no dated row", "Point DATA at a folder of tables; data/README.md lists them"
        )
    newest: Any = max(days)
    return date.fromisoformat(newest.date().isoformat())


def check_folder(folder: Path, as_of: date | None = None) -> list[str]:
    """Check every table present, alone and against the others; returns warnings, raises DataError for an error.

    Of what was collected, that which is in force on a day (None: the newest).
    """
    if not folder.is_dir():
        raise DataError(str(folder), "is no folder", "Point DATA at a folder of tables; data/README.md lists them")
    data, warnings = Data(folder, collected=as_of), list[str]()
    for snapshot in data.snapshots:
        snapshot.verify()
    files = _files(folder, data.snapshots)
    for name, paths in files.items():
        if name not in schemas():
            warnings.append(f"{paths[0].name} has no schema: its columns are used as they are")
        elif twice := sum(len(_typed(path, content_hash(path), name, False)) for path in paths) - len(data.table(name)):
            warnings.append(
                f"{name}: {twice} collected rows are left out, as a row by hand or of another source has their key"
            )
    for required in ("company", "entities"):
        if not len(data.table(required)):
            raise DataError(str(folder / f"{required}.csv"), "is absent or has no row", "Every report needs it")
    for schema in schemas().values():
        if schema.name in files:
            _check_references(files, data, schema)
    _check_ledger(files, data)
    data.table("handoffs")
    return warnings


def _check_references(files: dict[str, tuple[Path, ...]], data: Data, schema: TableSchema) -> None:
    frame = data.table(schema.name)
    for column in schema.columns.values():
        if column.ref not in files:
            continue
        keys = data.table(column.ref)[schemas()[column.ref].key[0]]
        stray = frame[column.name][frame[column.name].notna() & ~frame[column.name].isin(keys)]
        if len(stray):
            where = f"{_place(files[schema.name], schema, column.name, stray.iloc[0])}, column {column.name}"
            named = files[column.ref][0].name
            raise DataError(where, f"{stray.iloc[0]!r} is not in {named}", nearest(stray.iloc[0], list(keys)[:40]))


def _place(paths: tuple[Path, ...], schema: TableSchema, column: str, value: str) -> str:
    """The file and row where a column first holds a value."""
    for path in paths:
        values = _typed(path, content_hash(path), schema.name, False)[column]
        if (values == value).any():
            return f"{path}, row {values.eq(value).argmax() + 2}"
    return str(paths[0])


def _check_ledger(files: dict[str, tuple[Path, ...]], data: Data) -> None:
    """Double entry: the lines of one entry sum to zero."""
    sums = data.table("ledger", ["entry", "amount"]).groupby("entry", sort=False)["amount"].sum().round(2)
    off = sums[sums != 0]
    if len(off):
        raise DataError(
            f"{_place(files['ledger'], schemas()['ledger'], 'entry', off.index[0])}, entry {off.index[0]}",
            f"its lines sum to {off.iloc[0]:.2f}",
            "They must sum to zero",
        )
