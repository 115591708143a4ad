"""Exports of any program as rows of a table: one mapping says which column is which."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from functools import cache, cached_property, partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from ..model.errors import BadValue, QuarterdeckError, nearest
from ..model.keys import hide_keys
from ..report.schema import Column, schemas
from .config import Clients, TableName
from .owned import always
from .reading import READ_BUCKET, Form, Place, found, records

actions = always(*READ_BUCKET)
_MINUS = "\u2010-\u2015\u2212\ufe63\uff0d-"
ROW = "#"
"""What stands for the file and row, where an export numbers nothing."""
Parts = Annotated[tuple[str, ...], BeforeValidator(lambda it: (it,) if isinstance(it, str) else it)]
"""Columns of a record, one or several."""


class Mapping(BaseModel):
    """Which column of a table comes from which of a record, and how records write values.

    `columns` maps a table's column to one of the record (`-Amount` with the other sign; `#` is source, file and row;
    dots lead into JSON), or to several, which are added or joined. `constants` are the same in each row, `values`
    of a column puts other words for some. `date_format` is as in strptime; without it days and times are ISO's.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    table: TableName
    columns: Annotated[dict[str, Parts], Field(min_length=1)]
    constants: dict[str, str] = Field(default_factory=dict)
    values: dict[str, dict[str, str]] = Field(default_factory=dict)
    decimal: Literal[".", ","] = "."
    date_format: str = ""

    @model_validator(mode="after")
    def _known(self) -> Mapping:
        for name in [*self.columns, *self.constants, *self.values]:
            if self.known and name not in self.known:
                raise BadValue(f"{name!r}", f"is no column of {self.table}", nearest(name, self.known))
        for name, column in self.known.items():
            if not column.empty and name not in {*self.columns, *self.constants}:
                raise BadValue(self.table, f"needs the column {name} ({column.about})", "Map it, or give a constant")
        return self

    @cached_property
    def known(self) -> dict[str, Column]:
        """The table's columns by name; none for a table without a schema."""
        return schemas()[self.table].columns if self.table in schemas() else {}

    def row(
        self, record: dict[str, Any], file: str, number: int, marks: dict[str, str], source: str = ""
    ) -> dict[str, Any]:
        """The table's row of a file's record; `marks` are the currencies met before, by column."""
        row, place = {}, f"{source}/{file}:{number}"
        for name, parts in self.columns.items():
            try:
                value = _value(self, name, [_cell(record, part, place) for part in parts], marks)
            except BadValue as err:
                where = f"{file}, row {number}, column {', '.join(parts)}"
                raise QuarterdeckError(where, err.told, err.remedy) from err
            row[name] = self.values.get(name, {}).get(value, value)
        return {**row, **self.constants}


class Config(Place, Mapping):
    """Files, how they are written, and which of their columns is which of a table's."""

    format: Form = ""
    delimiter: str = Field(default="", max_length=1)
    encoding: Literal["utf-8", "cp1252", "latin-1"] = "utf-8"
    sheet: str = ""


def resources(config: Config) -> tuple[str, ...]:
    """What of AWS is read: nothing, of a folder."""
    return config.arns()


def tables(config: Config) -> tuple[str, ...]:
    """The one table."""
    return (config.table,)


def rows(config: Config, clients: Clients, root: Path, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of all files, in the order of their names; raises QuarterdeckError naming file, row and column."""
    marks: dict[str, str] = {}
    for file in found(config, clients, root):
        written = config.format, config.delimiter, config.encoding, config.sheet
        for number, record in records(file, partial(_check_header, config, file.name), *written):
            yield config.table, config.row(record, file.name, number, marks, config.name)


def _check_header(config: Config, file: str, header: Iterable[str]) -> None:
    for part in (part for parts in config.columns.values() for part in parts if part != ROW):
        if not {part, part.removeprefix("-")} & {*header}:
            raise QuarterdeckError(f"{file}, column {part}", "is missing", nearest(part, header))


def _cell(record: dict[str, Any], part: str, place: str) -> tuple[Any, bool]:
    """A cell of the export, empty as None, and whether it counts with the other sign."""
    if part == ROW:
        return place, False
    negative = part.startswith("-") and part not in record
    name = part[negative:]
    value: Any = record
    for step in [name] if name in record else name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value if value is not None and str(value).strip() else None, negative


def _value(config: Mapping, name: str, cells: list[tuple[Any, bool]], marks: dict[str, str]) -> str:
    """What a table's column holds, as its kind is written; raises BadValue."""
    there = [(cell, negative) for cell, negative in cells if cell is not None]
    kind = config.known[name].kind if name in config.known else "text"
    if kind not in ("money", "number", "integer", "share"):
        texts = ["-".join(_text(cell) for cell, _ in there)] if there else []
        if kind in ("date", "month"):
            return "".join(_day(text, config.date_format, kind) for text in texts)
        return "".join(map(hide_keys, texts))
    total = Decimal(0)
    for cell, negative in there:
        number, mark = _number(cell, config.decimal)
        if mark and marks.setdefault(name, mark) != mark:
            raise BadValue(repr(_text(cell)[:60]), f"is not in {marks[name]}, as those before", "Export one at a time")
        total += -number if negative else number
    return f"{total:f}" if there else ""


def _text(cell: Any) -> str:
    if isinstance(cell, date):  # a workbook's
        return f"{cell:%Y-%m-%d}"
    if isinstance(cell, (dict, list, bytes)):
        raise BadValue(repr(cell)[:60], "is no single value", "Name what in it is meant, as detail.time")
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    text = str(cell).strip()
    return text.lower() if isinstance(cell, bool) else text.removesuffix(".0") if isinstance(cell, float) else text


def _day(text: str, form: str, kind: str) -> str:
    day = None
    for way in (form, "", "%Y-%m")[: 3 if kind == "month" else 2]:  # a workbook's days are none's way of writing
        with suppress(ValueError):
            day = day or (datetime.strptime(text, way) if way else datetime.fromisoformat(text))
    if not day:
        remedy = f"Expected a day written as {form}" if form else "Say how days are written, as date_format: '%d.%m.%Y'"
        raise BadValue(repr(text[:60]), "is no day", remedy)
    return f"{day:%Y-%m}" if kind == "month" else f"{day:%Y-%m-%d}"


def _number(cell: Any, decimal: str) -> tuple[Decimal, str]:
    """A number and what it counts, however sign, thousands and currency are written."""
    text = _text(cell)
    if isinstance(cell, Decimal) and cell.is_finite():
        return cell, ""
    if isinstance(cell, (int, float)) and not isinstance(cell, bool) and abs(cell) < 1e15:
        return Decimal(f"{cell:.15g}"), ""  # as it was written: 0.3, not 0.30000000000000004
    match = _written(decimal).fullmatch(text)
    around = match["before"] + match["after"] if match else "%"
    if not match or not (match["whole"] or match["rest"]) or "%" in around:
        raise BadValue(repr(text[:60]), "is no number", f"Expected digits, and {decimal} before decimals")
    number = Decimal("".join(filter(str.isdigit, match["whole"] or "0")) + "." + (match["rest"] or ""))
    mark = re.sub(rf"[\s.()+{_MINUS}]", "", around)
    if mark and not re.fullmatch(r"(?!(cr|dr|db)$)\W?[^\W\d_]{0,4}\W?", mark, re.I):
        raise BadValue(repr(text[:60]), f"is no number: it counts in {mark!r}", "Expected a currency's sign or code")
    return -number if re.search(rf"[({_MINUS}]", around) else number, mark


@cache
def _written(decimal: str) -> re.Pattern[str]:
    """Digits, by threes or not, with what stands before and after them."""
    apart = r"[.'’\s]" if decimal == "," else r"[,'’\s]"
    digits = rf"(?P<whole>\d{{1,3}}({apart}\d{{3}}){{1,5}}|\d{{1,18}})?({re.escape(decimal)}(?P<rest>\d{{1,9}}))?"
    return re.compile(rf"(?P<before>\D*?){digits}(?P<after>\D*)")
