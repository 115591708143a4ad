"""A report as one Excel workbook: its facts, its findings, and a sheet for each table and each chart's points."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import cache
from itertools import count, zip_longest
from pathlib import Path
from typing import Any

from ..model.format import is_currency
from ..model.report import Figure, Prose, Report, Table

_FACTS = ("Figure", "Value", "Unit", "Previous", "Target", "Scope", "Period", "As of", "Method", "Note")
_ITS_OWN = "the fact's own"
"""The unit of a fact's numbers: the one that its row names."""
_FINDINGS = ("Severity", "Finding", "Entity", "Evidence", "At stake", "Do", "Owner", "Due", "Since")


def write_workbook(report: Report, path: Path) -> None:
    """Write the workbook; the same report gives the same bytes. Text is never a formula or a link."""
    import xlsxwriter

    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(path), options) as book:
        day = datetime.combine(date.fromisoformat(report.as_of), datetime.min.time())
        book.set_properties({"title": report.title, "company": report.company, "created": day})
        blocks = [block for section in report.sections for block in section.blocks if not isinstance(block, Prose)]
        shown = [_points(block) if isinstance(block, Figure) else block for block in blocks]
        names = set[str]()
        for table in (_facts(report), _findings(report), *shown):
            _sheet(book, table, names)


def _facts(report: Report) -> Table:
    rows = [
        (f.label, f.value, f.unit, f.previous, f.target, f.scope, f.period, f.as_of, f.method, f.note)
        for f in report.facts
    ]
    units = ("text", _ITS_OWN, "text", _ITS_OWN, _ITS_OWN, "text", "text", "date", "text", "text")
    return Table("facts", "Facts", _FACTS, units, tuple(rows))


def _findings(report: Report) -> Table:
    rows = [
        (f.severity, f.title, f.entity, f.evidence, f.money, f.action, f.owner, f.due, f.since) for f in report.findings
    ]
    units = ("text", "text", "text", "text", report.currency, "text", "text", "date", "date")
    return Table("findings", "Findings", _FINDINGS, units, tuple(rows))


def _points(figure: Figure) -> Table:
    """What a chart draws: a row for each point of each series; where a bar spans days, its first and its last."""
    rows, titles, last = list[tuple[Any, ...]](), [_axis_title(figure, letter) for letter in "xy"], "Value"
    for trace in figure.spec.get("data", []):
        name, base = trace.get("name") or "", trace.get("base")
        x, y = trace.get("labels") or trace.get("x") or [], trace.get("values") or trace.get("y") or []
        if isinstance((z := trace.get("z") or [0])[0], list):
            for b, line in zip(y or count(), z, strict=False):
                rows += [(name, a, b, c) for a, c in zip(x or count(), line, strict=False)]
        elif isinstance(base, list) and any(isinstance(start, str) for start in base):
            rows += [(name, start, b, _end(start, length)) for start, length, b in zip(base, x, y, strict=False)]
            titles[0], last = "Start", "End"
        else:
            rows += [(name, a, b, None) for a, b in zip_longest(x, y)]
    kinds = [_kind([row[n] for row in rows if row[n] is not None]) for n in (1, 2, 3)]
    columns, units = ("Series", *titles, last), ("text", *kinds)
    width = 4 if any(row[3] is not None for row in rows) else 3
    return Table(figure.id, figure.caption, columns[:width], units[:width], tuple(row[:width] for row in rows))


def _end(start: str | None, milliseconds: float | None) -> str | None:
    return start and (datetime.fromisoformat(start) + timedelta(milliseconds=milliseconds or 0)).isoformat()


def _axis_title(figure: Figure, letter: str) -> str:
    axis = (figure.spec.get("layout") or {}).get(f"{letter}axis") or {}
    return (axis.get("title") or {}).get("text") or letter


def _kind(values: list[Any]) -> str:
    if all(isinstance(value, (int, float)) for value in values):
        return "number"
    return "date" if all(re.fullmatch(r"\d{4}-\d\d-\d\d(T00:00:00)?", str(value)) for value in values) else "text"


def _sheet(book: Any, table: Table, names: set[str]) -> None:
    """One table with a bold, frozen, filtered head, and columns as wide as what they hold."""
    sheet = book.add_worksheet(_sheet_name(table.caption, names))
    head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    shapes = cache(lambda shape: book.add_format({"num_format": shape}))
    for column, name in enumerate(table.columns):
        sheet.write_string(0, column, name, head)
        shown = [str(row[column]) for row in table.rows if row[column] is not None]
        sheet.set_column(column, column, min(60, max(map(len, [name, *shown])) + 2))
    for number, row in enumerate(table.rows, 1):
        for column, (value, unit) in enumerate(zip(row, table.units, strict=True)):
            if value is None or value == "":
                continue
            if unit == "date":
                sheet.write_datetime(number, column, datetime.fromisoformat(str(value)[:10]), shapes("yyyy-mm-dd"))
            elif isinstance(value, (int, float)):
                sheet.write(number, column, value, shapes(_shape(value, unit if unit != _ITS_OWN else row[2])))
            else:
                sheet.write_string(number, column, str(value))
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(table.rows)), len(table.columns) - 1)


def _shape(value: float, unit: str) -> str:
    """How Excel writes a number of a unit; a point only where something follows it."""
    if unit in ("percent", "year"):
        return "0.0%" if unit == "percent" else "0"
    return "#,##0.00" if is_currency(unit) or value != round(value) else "#,##0"


def _sheet_name(caption: str, names: set[str]) -> str:
    """A name that Excel accepts: at most 31 characters, no bracket, colon, star, mark or slash, used once."""
    cleaned = "".join(" " if sign in "[]:*?/\\" else sign for sign in caption).strip(" '") or "Table"
    name, count = cleaned[:31].rstrip(" '"), 2
    while name.lower() in names:
        suffix = f" {count}"
        name, count = cleaned[: 31 - len(suffix)].rstrip(" '") + suffix, count + 1
    names.add(name.lower())
    return name
