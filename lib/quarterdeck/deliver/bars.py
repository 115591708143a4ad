"""Figures drawn without pictures: the bars of a trend, and a chart's numbers read back from its specification."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from ..model.format import Formats
from ..model.report import Figure
from .words import one_line

MAX_ROWS = 10
MAX_SERIES = 3
_BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Cell:
    """A value as text and as a share (0 to 100) of the largest one shown."""

    text: str
    share: int
    negative: bool


@dataclass(frozen=True)
class Bars:
    """A chart as a table: a row for each label, in it a cell for each series; `hidden` rows were left out.

    `dated` says that the labels are days, in order of time.
    """

    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    hidden: int
    dated: bool


def shares(values: Sequence[float | None]) -> list[int]:
    """Each value's size from 0 to 100 relative to the largest; what is known and not nothing shows at least 2."""
    top = max((abs(value) for value in values if value is not None), default=0.0)
    return [max(2, round(100 * abs(value) / top)) if value and top else 0 for value in values]


def spark(trend: Sequence[float | None]) -> str:
    """A trend's last twelve values as block characters between nothing and the largest; empty for fewer than two."""
    last = trend[-12:]
    known = [value for value in last if value is not None]
    if len(known) < 2:
        return ""
    low = min(0.0, *known)
    span = (max(0.0, *known) - low) or 1.0
    return "".join("·" if value is None else _BLOCKS[int((value - low) / span * 7)] for value in last)


def read_bars(figure: Figure, formats: Formats) -> Bars | None:
    """The chart's own numbers, at most MAX_ROWS by MAX_SERIES; None for a kind of chart that has no such table."""
    layout = figure.spec.get("layout", {})
    series: list[tuple[str, dict[str, float]]] = []
    axis: dict[str, Any] = {}
    dated = False
    for trace in figure.spec.get("data", []):
        labels, values, axis_name = _points(trace)
        if trace.get("visible") in (False, "legendonly") or not labels or len(labels) != len(values):
            continue
        axis = layout.get(axis_name) or axis
        dated = dated or all(_day(str(label)) for label in labels)
        sums: dict[str, float] = {}
        for label, value in zip(labels, values, strict=True):
            if isinstance(value, (int, float)) and value == value:
                sums[str(label)] = sums.get(str(label), 0.0) + value
        series.append((one_line(trace.get("name") or "", 40), sums))
    series = series[:MAX_SERIES]
    labels = list(dict.fromkeys(label for _, sums in series for label in sums))
    if not labels:
        return None
    kept = sorted(labels)[-MAX_ROWS:] if dated else labels[:MAX_ROWS]
    values = [sums.get(label) for label in kept for _, sums in series]
    cells = [
        Cell(formats.cell(None, "") if value is None else _said(value, axis, formats), share, (value or 0) < 0)
        for value, share in zip(values, shares(values), strict=True)
    ]
    width = len(series)
    monthly = all((day := _day(label)) and day.day == 1 for label in kept)
    rows = (
        (_label(label, monthly, formats), tuple(cells[n * width : (n + 1) * width])) for n, label in enumerate(kept)
    )
    return Bars(tuple(name for name, _ in series), tuple(rows), len(labels) - len(kept), dated)


def _points(trace: dict[str, Any]) -> tuple[list[Any], list[Any], str]:
    """A trace's labels and values, and the layout's key of the axis that the values are read from."""
    kind = trace.get("type", "scatter")
    if kind in ("pie", "funnelarea"):
        return trace.get("labels") or [], trace.get("values") or [], ""
    if kind not in ("scatter", "scattergl", "bar", "waterfall", "funnel"):
        return [], [], ""
    x, y = trace.get("x") or [], trace.get("y") or []
    across = kind == "funnel" or trace.get("orientation") == "h"
    return (y, x, _axis_key("x", trace)) if across else (x, y, _axis_key("y", trace))


def _axis_key(letter: str, trace: dict[str, Any]) -> str:
    return f"{letter}axis{str(trace.get(f'{letter}axis', letter))[1:]}"


@lru_cache(maxsize=4096)
def _day(label: str) -> date | None:
    """The day that a label means; a month, as charts often label a category, means its first."""
    match = re.match(r"(\d{4}-\d{2})(-\d{2})?(?=$|[T ])", label)
    try:
        return date.fromisoformat(match[1] + (match[2] or "-01")) if match else None
    except ValueError:
        return None


def _label(label: str, monthly: bool, formats: Formats) -> str:
    day = _day(label)
    if day is None:
        return one_line(re.sub(r"</?(?:br|b|i)\s*/?>", " ", label), 60)
    return formats.month(day) if monthly else formats.date(day)


def _said(value: float, axis: dict[str, Any], formats: Formats) -> str:
    """A value in the unit that the chart's axis shows."""
    if "%" in str(axis.get("tickformat", "")):
        return formats.percent(value)
    if axis.get("tickprefix") or "$" in str(axis.get("tickformat", "")):
        return formats.money(value)
    return f"{formats.number(value)}{one_line(axis.get('ticksuffix', ''), 12)}"
