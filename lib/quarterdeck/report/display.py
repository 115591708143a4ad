"""What a cell's output carries: HTML for the page and a machine's copy of it, or HTML for JupyterLab."""

from __future__ import annotations

import base64
import math
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..model.chart import on_axis, points
from ..model.format import Formats
from ..model.markup import raw_block
from ..model.report import MIME, Figure, Table, slugify

if TYPE_CHECKING:
    import pandas as pd

KEPT_ROWS = 5_000
"""Rows of a table that a report keeps, for its workbook; a page shows fewer."""
PALETTE = ["#0072b2", "#e08214", "#1b9e77", "#cc79a7", "#5b7fa6", "#b8860b", "#7b6cb5", "#8c6d5a"]
"""Colours for series in order: distinct to colour-blind readers (after Okabe and Ito, 2008) on white and on dark."""

STYLE = """<style>
.qd-facts {display: flex; flex-wrap: wrap; gap: 12px} .qd-value {display: block; font-size: 22px}
.qd-fact {border: 1px solid #8886; border-radius: 8px; padding: 10px 14px; min-width: 150px}
.qd-label, .qd-change, .qd-target, .qd-note {display: block; font-size: 12px} .qd-num {text-align: right !important}
.qd-spark {width: 100px; height: 24px} .qd-spark polyline {fill: none; stroke: #0072b2; stroke-width: 1.6}
.qd-finding {border-left: 4px solid #d55e00; padding: 4px 14px; margin: 8px 0} .qd-finding-title {font-weight: 600}
.qd-facets span {margin-right: 14px; font-size: 12px}
</style>"""
"""JupyterLab's plain copy of the look that assets/quarterdeck.css gives a page."""


def bundle(kind: str, content: Any, html: str, *, pipeline: bool) -> dict[str, Any]:
    """One MIME bundle: Markdown and the machine's copy in a run of the pipeline, plain HTML in JupyterLab."""
    if pipeline:
        return {"text/markdown": raw_block(html) if html else "", MIME: {"kind": kind, "content": content}}
    return {"text/html": STYLE + html}


def publish(kind: str, content: Any, html: str, *, pipeline: bool) -> None:
    """Show a bundle as the output of the running cell."""
    from IPython.display import display

    display(bundle(kind, content, html, pipeline=pipeline), raw=True)


def figure_from(spec: dict[str, Any], taken: set[str], formats: Formats, *, caption: str = "", alt: str = "") -> Figure:
    """A Figure from a Plotly dictionary: its title becomes the caption, its arrays plain lists.

    Without a title the caption says what the axes hold; `alt` defaults to the extremes and the last value.
    """
    spec = plain(spec)
    layout = spec.setdefault("layout", {})
    title = layout.pop("title", None) or {}
    caption = caption or (title if isinstance(title, str) else title.get("text", "")) or _axes(layout)
    shown = {name: part for name, part in layout.items() if name != "legend" or layout.get("showlegend", True)}
    titles = {(it.get("title") or {}).get("text") or "": name[0] for name, it in shown.items() if isinstance(it, dict)}
    titles.pop("", None)
    for trace in spec.get("data", []):
        if "hovertemplate" in trace:
            trace["hovertemplate"] = _hover(trace["hovertemplate"], titles)
    return Figure(unique(f"fig-{slugify(caption)}", taken), caption, alt or describe(spec, caption, formats), spec)


def _hover(template: str, titles: dict[str, str]) -> str:
    """What Plotly Express says of a mark, without the names of columns that the chart does not show.

    A label that is written beside the mark anyway, where a bar begins, and what only gives it a colour are left out.
    `titles` are the chart's, each with its axis.
    """
    for title, axis in titles.items():  # where a value is the label too, its axis knows how to write it
        template = template.replace(f"{title}=%{{text}}", f"{title}=%{{{axis}}}")
    said, more, rest = template.partition("<extra>")
    lines = []
    for line in said.split("<br>"):
        found = re.fullmatch("([a-z0-9_]*)(=|: )(.+)", line)
        name, sign, value = found.groups() if found else ("", "", line)
        if name in titles:
            lines.append(line)
        elif name in ("", "x", "y", "color"):
            lines.append(value)
        elif name != "base" and value.startswith("%{") and value != "%{text}":
            lines.append(f"{humanise(name)}{sign}{value}")
    return "<br>".join(lines) + more + rest


def plain(value: Any) -> Any:
    """JSON values of a Plotly dictionary: typed arrays become lists, NaN becomes None."""
    import numpy as np

    if isinstance(value, dict):
        if set(value) >= {"dtype", "bdata"}:
            array = np.frombuffer(base64.b64decode(value["bdata"]), dtype=np.dtype(value["dtype"]))
            shape = [int(n) for n in str(value.get("shape", array.size)).split(",")]
            return plain(array.reshape(shape).tolist())
        return {key: plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if hasattr(value, "isoformat"):
        return value.isoformat() if value == value else None
    if isinstance(value, np.generic):
        return plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def describe(spec: dict[str, Any], caption: str, formats: Formats) -> str:
    """Alternative text: the caption, and for each of the first series its highest, lowest and last value."""
    said = []
    for trace in spec.get("data", [])[:3]:
        labels, values, key = points(trace)
        known = [
            (label, value) for label, value in zip(labels, values, strict=False) if isinstance(value, (int, float))
        ]
        axis = (spec.get("layout") or {}).get(key) or {}
        if known and axis.get("type") != "date":  # a timeline's values are milliseconds
            high, low, last = max(known, key=lambda p: p[1]), min(known, key=lambda p: p[1]), known[-1]
            named = f"{trace['name']}: " if trace.get("name") else ""
            parts = [
                f"{word} {on_axis(value, axis, formats)} at {_label(label, formats)}"
                for word, (label, value) in (("highest", high), ("lowest", low), ("last", last))
            ]
            said.append(named + ", ".join(parts))
    return ". ".join([caption, *said]) + "."


def _label(label: Any, formats: Formats) -> str:
    """A day without its hours, anything else as it is."""
    return formats.date(label) if re.fullmatch(r"\d{4}-\d\d-\d\d(T[\d:.]+)?", str(label)) else str(label)


def _axes(layout: dict[str, Any]) -> str:
    names = [((layout.get(axis) or {}).get("title") or {}).get("text", "") for axis in ("yaxis", "xaxis")]
    return (
        " by ".join(humanise(name) if not n else humanise(name).lower() for n, name in enumerate(filter(None, names)))
        or "Chart"
    )


def table_from(
    frame: pd.DataFrame, taken: set[str], *, caption: str = "", units: dict[str, str] | None = None
) -> Table:
    """A Table from a DataFrame; a named index becomes columns.

    `units` gives columns their unit; others are shown by their type. Without a caption (here or in
    `frame.attrs["caption"]`) it is named after its columns.
    """
    if any(name is not None for name in frame.index.names):
        frame = frame.reset_index()
    units = {**frame.attrs.get("units", {}), **(units or {})}
    names = [str(name) for name in frame.columns]
    caption = caption or frame.attrs.get("caption", "") or humanise(", ".join(names[:4]))
    rows = tuple(
        tuple(_value(value) for value in row) for row in frame.head(KEPT_ROWS).itertuples(index=False, name=None)
    )
    found = tuple(units.get(name) or _unit(frame.iloc[:, n]) for n, name in enumerate(names))
    return Table(
        unique(f"tbl-{slugify(caption)}", taken), caption, tuple(map(humanise, names)), found, rows, len(frame)
    )


def _unit(column: pd.Series[Any]) -> str:
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    return "count" if is_number else "text"


def _value(value: Any) -> Any:
    import pandas as pd

    if value is None or (not isinstance(value, (list, tuple, dict)) and pd.isna(value)):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()[:10]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value if isinstance(value, (str, int, bool)) else str(value)


def humanise(name: str) -> str:
    """`due_on` becomes `Due on`; a name that holds capitals or spaces stays as it is."""
    name = name.replace("_", " ")
    return name[:1].upper() + name[1:]


def unique(wanted: str, taken: set[str]) -> str:
    """A stable id that this report has not used: `fig-cash`, then `fig-cash-2`."""
    made, count = wanted[:60].rstrip("-"), 2
    while made in taken:
        made, count = f"{wanted[:60].rstrip('-')}-{count}", count + 1
    taken.add(made)
    return made


def content_of(block: Figure | Table) -> dict[str, Any]:
    """A figure or table as plain JSON values."""
    return asdict(block)
