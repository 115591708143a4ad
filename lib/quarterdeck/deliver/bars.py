"""Figures drawn without pictures: the bars of a trend, and a chart's numbers read back from its specification."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from ..model.chart import on_axis, points
from ..model.format import Formats
from ..model.report import Figure
from .words import one_line

MAX_ROWS = 10
MAX_SERIES = 3
_KINDS = ("scatter", "scattergl", "bar", "waterfall", "funnel", "pie", "funnelarea")
_SUMMED = ("bar", "pie", "funnelarea")
"""What is drawn of several values of one label: their sum; elsewhere the last one stands."""
_BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Cell:
    """A value as text and as a share (0 to 100) of the largest one shown."""

    text: str
    share: int
    negative: bool


@dataclass(frozen=True)
class Bars:
    """A chart as a table: a row for each label, in it a cell for each series.

    So many rows are `hidden` and so many series `unseen`; `dated` says that the labels are days, in order of time.
    """

    series: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    hidden: int
    unseen: int
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
    series: list[tuple[str, str, dict[str, float]]] = []
    axes, dated = figure.spec.get("layout", {}), False
    for trace in figure.spec.get("data", []):
        kind, (labels, values, axis) = trace.get("type", "scatter"), points(trace)
        hidden = kind not in _KINDS or trace.get("visible") in (False, "legendonly")
        spans = (axes.get(axis) or {}).get("type") == "date"  # a timeline's values are milliseconds
        if hidden or spans or not labels or len(labels) != len(values):
            continue
        dated = dated or all(_day(str(label)) for label in labels)
        known: dict[str, float] = {}
        for label, value in zip(map(str, labels), values, strict=True):
            if isinstance(value, (int, float)) and value == value:
                known[label] = value + (known.get(label, 0.0) if kind in _SUMMED else 0.0)
        if known:
            series.append((one_line(trace.get("name") or "", 40), axis, known))
    unseen, series = len(series[MAX_SERIES:]), series[:MAX_SERIES]
    if not series:
        return None
    labels = list(dict.fromkeys(label for _, _, known in series for label in known))
    kept = (
        sorted(labels, key=lambda label: (_day(label) or date.min, label))[-MAX_ROWS:] if dated else labels[:MAX_ROWS]
    )
    cells: dict[tuple[int, str], Cell] = {}
    for key in {axis for _, axis, _ in series}:
        unit = axes.get(key) or {}
        drawn = [(n, label) for n, (_, axis, _) in enumerate(series) if axis == key for label in kept]
        values = [series[n][2].get(label) for n, label in drawn]
        for place, value, share in zip(drawn, values, shares(values), strict=True):
            said = formats.cell(None, "") if value is None else one_line(on_axis(value, unit, formats), 60)
            cells[place] = Cell(said, share, (value or 0) < 0)
    monthly = all((day := _day(label)) and day.day == 1 for label in kept)
    names = [_label(label, _day(label) if dated else None, monthly, formats) for label in kept]
    rows = ((name, tuple(cells[n, label] for n in range(len(series)))) for name, label in zip(names, kept, strict=True))
    return Bars(tuple(name for name, _, _ in series), tuple(rows), len(labels) - len(kept), unseen, dated)


@lru_cache(maxsize=4096)
def _day(label: str) -> date | None:
    """The day that a label means; a month, as charts often label a category, means its first."""
    match = re.match(r"(\d{4}-\d{2})(-\d{2})?(?=$|[T ])", label)
    try:
        return date.fromisoformat(match[1] + (match[2] or "-01")) if match else datetime.strptime(label, "%b %Y").date()
    except ValueError:
        return None


def _label(label: str, day: date | None, monthly: bool, formats: Formats) -> str:
    if day is None:
        return one_line(re.sub(r"</?(?:br|b|i)\s*/?>", " ", label), 60)
    time = label[11:16]  # none, or midnight, is a day whole
    return formats.month(day) if monthly else formats.date(day) + (f", {time}" if time.strip("0:") else "")
