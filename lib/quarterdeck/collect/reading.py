"""Files that others wrote, in a folder or a bucket: read row by row, with bounds, wherever they come from."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
import shutil
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import chain, zip_longest
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any, Literal

from pydantic import Field, model_validator

from ..deliver.aws import asking
from ..model.errors import BadValue, QuarterdeckError, nearest
from .config import Clients, Source

LINE = 1_000_000
"""Bytes that a line, or a text of a workbook, may have."""
EXPANDED, SMALL = 100, 20_000_000
"""A compressed file may expand to so many times its size, a small one to so many bytes."""
PARQUET = 10
"""A Parquet file to so many times more: it says a text once, however often it stands."""
Form = Literal["", "csv", "jsonl", "xlsx", "parquet"]
_FORMS: dict[str, Form] = {".csv": "csv", ".tsv": "csv", ".jsonl": "jsonl", ".xlsx": "xlsx", ".parquet": "parquet"}
_BATCH = 100
"""Rows of a Parquet file held at a time; its writer chose how many lie together."""


class Place(Source):
    """A source that reads files: of a `folder` (absolute, or in the project's), or of a `bucket` under a `prefix`.

    `pattern` is of their names within it, as `*.csv` or `**/*.json.gz`.
    """

    folder: str = ""
    bucket: str = Field(default="", pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")
    prefix: str = ""
    pattern: str = "*"

    @model_validator(mode="after")
    def _one_place(self) -> Place:
        if bool(self.folder) == bool(self.bucket):
            raise BadValue("a source of files", "needs one of folder and bucket", "Name the one that holds them")
        if self.pattern.startswith("/") or ".." in self.pattern.split("/"):
            raise BadValue(f"pattern {self.pattern!r}", "leads out of the folder", "Name another folder:")
        if not self.pattern.strip("./") or any("**" in part and part != "**" for part in self.pattern.split("/")):
            raise BadValue(f"pattern {self.pattern!r}", "fits no file", "Write one as *.csv or **/*.csv")
        return self

    @property
    def under(self) -> str:
        """How the keys of a bucket begin that are read: the prefix as a folder."""
        return f"{self.prefix.strip('/')}/" if self.prefix.strip("/") else ""

    def arns(self) -> tuple[str, ...]:
        """What of AWS must be readable: a bucket and what lies under the prefix."""
        return (f"arn:aws:s3:::{self.bucket}", f"arn:aws:s3:::{self.bucket}/{self.under}*") if self.bucket else ()


Rows = Iterator[tuple[int, dict[str, Any]]]
READ_BUCKET = ("s3:ListBucket", "s3:GetObject")
"""The IAM actions that reading a bucket needs: of the bucket, and of what lies in it."""


@dataclass(frozen=True)
class Found:
    """A file: its name within its place, its size in bytes, and what opens it."""

    name: str
    size: int
    opened: Callable[[], IO[bytes]]

    @property
    def most(self) -> int:
        """Bytes that it may expand to."""
        return max(EXPANDED * self.size, SMALL)

    def check(self, size: int) -> None:
        """Raise QuarterdeckError when it says that unpacked it has more bytes than it may."""
        if size > self.most:
            raise self.bad("", f"expands to more than {self.most:,} bytes", "See what it holds")

    def bad(self, where: str, problem: str, remedy: str) -> QuarterdeckError:
        """What is wrong with it, and where in it."""
        return QuarterdeckError(f"{self.name}{where}", problem, remedy)


def found(place: Place, clients: Clients, root: Path) -> Iterator[Found]:
    """The files of a place, by name; raises QuarterdeckError when there is none, or one is a link that leads out."""
    files = _in_bucket(place, clients) if place.bucket else _in_folder(place, root)
    if (first := next(files, None)) is None:
        where = f"s3://{place.bucket}/{place.prefix}" if place.bucket else place.folder
        raise QuarterdeckError(where, f"holds no file like {place.pattern}", "See that place and pattern are right")
    return chain([first], files)


def _in_folder(place: Place, root: Path) -> Iterator[Found]:
    base = (root / place.folder).resolve()
    for path in sorted(base.glob(place.pattern)):
        if not path.resolve().is_relative_to(base):
            raise QuarterdeckError(str(path), "is a link that leads out of its folder", "Put the file itself there")
        if path.is_file():
            opened: Callable[[], Any] = partial(path.open, "rb")
            yield Found(_shown(path.relative_to(base).as_posix()), path.stat().st_size, opened)


def _in_bucket(place: Place, clients: Clients) -> Iterator[Found]:
    client, fits = clients("s3", place.region), _pattern(place.pattern)

    def opened(key: str) -> IO[bytes]:
        return io.BufferedReader(client.get_object(Bucket=place.bucket, Key=key)["Body"])

    with asking(f"bucket {place.bucket}", "See that the name is right"):
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.under):
            for it in page.get("Contents", ()):
                if fits.fullmatch(name := it["Key"].removeprefix(place.under)):
                    yield Found(_shown(name), it["Size"], partial(opened, it["Key"]))


def _pattern(pattern: str) -> re.Pattern[str]:
    """What fits names as `Path.glob` would: `*` within a folder, `**/` any folders."""
    wild = {"**/": "(.*/)?", "*": "[^/]*", "?": "[^/]"}
    parts = re.split(r"(\*\*/|[*?]|\[[^]]+\])", pattern)
    sets = (f"[{it[1:].replace('!', '^', 1)}" if it[:1] == "[" and it[-1] == "]" else "" for it in parts)
    return re.compile("".join(wild.get(it) or made or re.escape(it) for it, made in zip(parts, sets, strict=True)))


def _shown(name: str) -> str:
    """A name without what would move a terminal's cursor, or is no text."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)


def form_of(file: Found, form: Form = "") -> Form:
    """How a file is written: as told, or as its suffix says, before `.gz` where it is compressed."""
    name = file.name.lower().removesuffix(".gz")
    if not (known := form or _FORMS.get(Path(name).suffix)):
        raise file.bad("", "has a suffix that tells no format", "Add format: csv, jsonl, xlsx or parquet")
    return known


def records(
    file: Found,
    check: Callable[[Iterable[str]], None],
    form: Form = "",
    delimiter: str = "",
    encoding: str = "utf-8",
    sheet: str = "",
) -> Rows:
    """The rows of a file, each with its number (a CSV's header is row 1): text, or the values of the other formats.

    `check` is given the names of all columns, but for JSON's. `sheet` is of a workbook, its first one unless named.
    Raises QuarterdeckError naming file and row.
    """
    form, packed = form_of(file, form), file.name.lower().endswith(".gz")
    with closing(file.opened()) as raw:
        if form in ("xlsx", "parquet"):
            with TemporaryFile() as copy:  # they are read from their end
                shutil.copyfileobj(raw, copy)
                yield from _workbook(file, copy, check, sheet) if form == "xlsx" else _parquet(file, copy, check)
            return
        stream: Any = gzip.GzipFile(fileobj=raw) if packed else raw
        lines = _lines(file, stream, encoding, file.most if packed else math.inf)
        delimiter = delimiter or ("\t" if ".tsv" in file.name.lower() else ",")
        yield from _json(file, lines) if form == "jsonl" else _csv(file, lines, check, delimiter)


def _lines(file: Found, stream: IO[bytes], encoding: str, most: float) -> Iterator[str]:
    """Lines as text, none longer than LINE, and no more than `most` bytes."""
    size = number = 0
    try:
        while line := stream.readline(LINE + 1):
            number, size = number + 1, size + len(line)
            if len(line) > LINE:
                raise file.bad(f", line {number}", f"is longer than {LINE:,} bytes", "Break it up")
            if size > most:
                problem = f"expands to more than {most:,} bytes from {file.size:,}"
                raise file.bad(f", line {number}", problem, "Unpack it and see what it holds")
            yield line.decode("utf-8-sig" if number == 1 and encoding == "utf-8" else encoding)
    except UnicodeDecodeError as err:
        problem = f"is not {err.encoding.upper()}: byte {err.object[err.start]:#04x}"
        raise file.bad(f", line {number}", problem, "Save it as UTF-8, or name its encoding:, as cp1252") from err
    except (EOFError, OSError, zlib.error) as err:
        raise file.bad(f", line {number + 1}", f"cannot be unpacked or read: {err}", "Fetch it again") from err


def _header(file: Found, names: Iterable[Any], check: Callable[[Iterable[str]], None]) -> list[str]:
    """The names of a file's columns; raises QuarterdeckError for one that stands twice, or as `check` does."""
    header = ["" if name is None else str(name).strip() for name in names]
    if twice := [name for name, count in Counter(filter(None, header)).items() if count > 1]:
        raise file.bad(f", column {twice[0]}", "stands twice", "Rename one of them")
    check(header)
    return header


def _csv(file: Found, lines: Iterator[str], check: Callable[[Iterable[str]], None], delimiter: str) -> Rows:
    reader, number, remedy = csv.reader(lines, delimiter=delimiter, strict=True), 1, "Quote what holds delimiters"
    try:
        header = _header(file, next(reader, []), check)
        for number, row in enumerate(reader, 2):
            if row and len(row) != len(header):
                raise file.bad(f", row {number}", f"has {len(row)} cells, its header {len(header)}", remedy)
            if row:
                yield number, dict(zip(header, row, strict=True))
    except csv.Error as err:
        raise file.bad(f", row {number + 1}", f"is no CSV: {err}", remedy) from err


def _json(file: Found, lines: Iterator[str]) -> Rows:
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, dict(json.loads(line).items())
            except (ValueError, RecursionError, AttributeError) as err:
                raise file.bad(f", line {number}", f"is no object of JSON: {err}", "Write one a line") from err


def _workbook(file: Found, copy: IO[bytes], check: Callable[[Iterable[str]], None], sheet: str) -> Rows:
    """A sheet's rows; a formula counts as the value that the spreadsheet last computed, and is never run."""
    try:
        import openpyxl
    except ModuleNotFoundError as err:
        raise file.bad("", "needs a package to be read", "pip install 'quarterdeck[collect]'") from err
    try:
        file.check(sum(part.file_size for part in zipfile.ZipFile(copy).infolist()))
        book = openpyxl.load_workbook(copy, read_only=True, data_only=True, keep_links=False)
        sheets = {each.title: each for each in book.worksheets}
        if sheet and sheet not in sheets:
            raise file.bad(f", sheet {sheet}", "is not in it", nearest(sheet, sheets))
        chosen = sheets[sheet or next(iter(sheets))]
        chosen.reset_dimensions()  # what a program says of them may be wrong, and would cut rows off
        rows = chosen.iter_rows(values_only=True)
        header = _header(file, next(rows, ()), check)
        for number, row in enumerate(rows, 2):
            if any(cell is not None for cell in row):
                yield number, dict(zip_longest(header, row[: len(header)]))
    except QuarterdeckError:
        raise
    except Exception as err:  # of a damaged one openpyxl raises what it happens to meet
        problem = f"is no workbook that can be read: {type(err).__name__} {err}"[:200]
        raise file.bad("", problem, "Save it as .xlsx, or as CSV") from err


def _parquet(file: Found, copy: IO[bytes], check: Callable[[Iterable[str]], None]) -> Rows:
    try:
        from pyarrow import compute, parquet, types
    except ModuleNotFoundError as err:
        raise file.bad("", "needs a package to be read", "pip install 'quarterdeck[parquet]'") from err
    number = size = 0
    try:
        table = parquet.ParquetFile(copy)
        file.check(sum(table.metadata.row_group(n).total_byte_size for n in range(table.num_row_groups)))
        _header(file, table.schema_arrow.names, check)
        texts = [it.name for it in table.schema_arrow if types.is_string(it.type) or types.is_binary(it.type)]
        table = parquet.ParquetFile(copy, read_dictionary=texts)  # else a text is in memory as often as it stands
        for batch in table.iter_batches(_BATCH):
            for column in (it.dictionary for it in batch.columns if types.is_dictionary(it.type)):
                if (compute.max(compute.binary_length(column)).as_py() or 0) > LINE:
                    raise file.bad("", f"holds a text of more than {LINE:,} bytes", "See what it holds")
            for row in batch.to_pylist():
                size += sum(len(it) for it in row.values() if isinstance(it, (str, bytes)))
                file.check(size // PARQUET)
                number += 1
                yield number, row
    except QuarterdeckError:
        raise
    except Exception as err:  # Arrow's errors have no class of their own
        raise file.bad("", f"is no Parquet file that can be read: {err}"[:300], "Write it again, or as CSV") from err
