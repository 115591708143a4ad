"""A chart's numbers and their units, read back from a trace of its Plotly specification."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from babel.numbers import get_currency_symbol

from .format import Formats


def points(trace: dict[str, Any]) -> tuple[list[Any], list[Any], str]:
    """A trace's labels and values, and the layout's key of the axis that the values are read from."""
    kind = trace.get("type", "scatter")
    if kind in ("pie", "funnelarea"):
        return trace.get("labels") or [], trace.get("values") or [], ""
    label, value = ("y", "x") if kind == "funnel" or trace.get("orientation") == "h" else ("x", "y")
    labels, values = trace.get(label) or [], trace.get(value) or []
    if kind == "waterfall":
        values = list(_steps(values, trace.get("measure") or []))
    return labels, values, f"{value}axis{str(trace.get(f'{value}axis', value))[1:]}"


def _steps(values: list[Any], measures: list[Any]) -> Iterator[Any]:
    """A waterfall's values; a total is drawn as what the steps before it come to, whatever its own value."""
    level = 0.0
    for n, value in enumerate(values):
        measure = str(measures[n] if n < len(measures) else "")[:1]
        if measure != "t":
            level = (0.0 if measure == "a" else level) + (value if isinstance(value, (int, float)) else 0.0)
        yield level if measure == "t" else value


def on_axis(value: float, axis: dict[str, Any], formats: Formats) -> str:
    """A value as its axis writes it: as a share, as money, or with the axis's own sign or unit.

    It is money where the axis has the sign of the report's currency, or its code in the title.
    """
    form = str(axis.get("tickformat") or "")
    if form.endswith("%"):
        return formats.percent(value)
    title = axis.get("title") or ""
    code = re.search(rf"\b{formats.currency}\b", str(title.get("text", "") if isinstance(title, dict) else title))
    before = str(axis.get("tickprefix") or ("$" if "$" in form else ""))
    if code or before == get_currency_symbol(formats.currency, formats.locale):
        return formats.money(value)
    _, minus, size = formats.number(value).rpartition("\u2212")
    return f"{minus}{before}{size}{axis.get('ticksuffix') or ''}"
