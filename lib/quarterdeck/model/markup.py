"""HTML of facts, findings, tables and figures, the same in the notebook, on the page and under both renderers.

Every value is escaped; whatever could close a Markdown fence or start a renderer's shortcode is written as an
entity, so that text in the data stays text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from html import escape
from typing import Any

from .format import Formats, numeric, unparted
from .report import Fact, Figure, Finding, Table

MAX_ROWS = 100
"""Rows of a table that a page shows; the rest are counted and said."""


def text(value: object) -> str:
    """Escape a value for HTML that travels inside a Markdown raw block."""
    return escape(str(value)).replace("`", "&#96;").replace("{{", "&#123;&#123;").replace("\r", "").replace("\n", " ")


def script_json(value: Any) -> str:
    """JSON for a `<script type="application/json">` inside a Markdown raw block, with sorted keys."""
    dumped = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    for character in "<>&`":
        dumped = dumped.replace(character, f"\\u{ord(character):04x}")
    return dumped.replace("{{", "\\u007b\\u007b")


def raw_block(html: str) -> str:
    """Markdown that passes HTML through Quarto and the embedded renderer untouched."""
    return f"```{{=html}}\n{html}\n```\n"


def sparkline(trend: tuple[float | None, ...]) -> str:
    """A small line of a fact's last periods, as SVG without a picture file; empty for fewer than two values."""
    known = [value for value in trend if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(known), max(known)
    span = (high - low) or 1.0
    step = 96 / (len(trend) - 1)
    points = " ".join(
        f"{2 + n * step:.1f},{22 - 18 * (v - low) / span:.1f}" for n, v in enumerate(trend) if v is not None
    )
    last = points.split(" ")[-1].split(",")
    return (
        f'<svg class="qd-spark" viewBox="0 0 100 24" aria-hidden="true"><polyline points="{points}"/>'
        f'<circle cx="{last[0]}" cy="{last[1]}" r="2.2"/></svg>'
    )


def fact_card(fact: Fact, formats: Formats) -> str:
    """One headline figure: label, value, change since the previous period, target, small trend, and its rows."""
    change = formats.change(fact)
    detail = [f'<span class="qd-change qd-{fact.verdict or "flat"}">{text(change)}</span>'] if change else []
    if fact.target is not None:
        detail.append(f'<span class="qd-target">target {text(formats.quantity(fact.target, fact.unit))}</span>')
    if fact.note:
        detail.append(f'<span class="qd-note">{text(fact.note)}</span>')
    value = text(formats.quantity(fact.value, fact.unit))
    label = f'<span class="qd-label">{text(fact.label)}</span>'
    if fact.rows:
        hint = "The rows behind this figure"
        label = f'<a class="qd-label" href="{text(fact.rows)}" download title="{hint}">{text(fact.label)}</a>'
    method = f' title="{text(fact.method)}"' if fact.method else ""
    return (
        f'<div class="qd-fact" data-fact="{text(fact.id)}"{method}>{label}<strong class="qd-value">{value}</strong>'
        f"{sparkline(fact.trend)}{''.join(detail)}</div>"
    )


def fact_strip(facts: tuple[Fact, ...] | list[Fact], formats: Formats) -> str:
    """A row of headline figures that wraps on a phone."""
    return f'<div class="qd-facts">{"".join(fact_card(fact, formats) for fact in facts)}</div>' if facts else ""


def fact_methods(facts: Sequence[Fact]) -> str:
    """The footnote of some facts: how each is computed, and its rows; folded away."""
    notes = []
    for fact in facts:
        rows = f' <a href="{text(fact.rows)}" download>Rows (CSV)</a>' if fact.rows else ""
        if fact.method or rows:
            notes.append(f"<li><strong>{text(fact.label)}</strong>: {text(fact.method)}{rows}</li>")
    summary = "<summary>How this is computed</summary>"
    return f'<details class="qd-methods">{summary}<ul>{"".join(notes)}</ul></details>' if notes else ""


def finding_callout(finding: Finding, formats: Formats, as_of: str) -> str:
    """A finding as a callout: severity, title, evidence, money at stake, and who does what by when."""
    facets = []
    if finding.money is not None:
        facets.append(f"<span>At stake: <strong>{text(formats.money(finding.money))}</strong></span>")
    if finding.since:
        facets.append(f"<span>Since {text(formats.date(finding.since))}</span>")
    if finding.owner:
        facets.append(f"<span>Owner: {text(finding.owner)}</span>")
    if finding.due:
        due = text(formats.due(finding.due, as_of))
        facets.append(f"<span>{due[0].upper()}{due[1:]}</span>")
    if finding.observed:
        facets.append("<span>Observed by a person</span>")
    name = text(finding.id)
    action = f'<p class="qd-action"><strong>Do:</strong> {text(finding.action)}</p>' if finding.action else ""
    return (
        f'<aside class="qd-finding qd-{finding.severity}" id="finding-{name}" data-finding="{name}">'
        f'<p class="qd-finding-title"><span class="qd-severity">{finding.severity}</span> {text(finding.title)}</p>'
        f'<p>{text(finding.evidence)}</p>{action}<p class="qd-facets">{"".join(facets)}</p></aside>'
    )


def finding_list(findings: Sequence[Finding], formats: Formats, as_of: str, *, more: bool) -> str:
    """The callouts of findings, folded away, `more` if others are shown before them; empty for none."""
    if not findings:
        return ""
    count = formats.number(len(findings)) + (" more" if more else "")
    summary = f"{count} finding" if len(findings) == 1 else f"{count} findings"
    callouts = "".join(finding_callout(finding, formats, as_of) for finding in findings)
    return f'<details class="qd-findings"><summary>{summary}</summary>{callouts}</details>'


def table_html(table: Table, formats: Formats) -> str:
    """A table with caption and scrolling box; numbers to the right; past MAX_ROWS a line says how many more.

    One without rows is a sentence that says so.
    """
    if not table.rows:
        return f'<p class="qd-empty" id="{text(table.id)}">{text(table.caption)}: nothing on record.</p>'
    right = [' class="qd-num"' if numeric(unit) else "" for unit in table.units]
    head = "".join(f'<th scope="col"{css}>{text(name)}</th>' for name, css in zip(table.columns, right, strict=True))
    body = "".join(
        "<tr>" + "".join(_cell(v, u, css, formats) for v, u, css in zip(row, table.units, right, strict=True)) + "</tr>"
        for row in table.rows[:MAX_ROWS]
    )
    hidden = max(table.total, len(table.rows)) - min(len(table.rows), MAX_ROWS)
    more = f'<p class="qd-more">and {formats.number(hidden)} more rows</p>' if hidden > 0 else ""
    return (
        f'<div class="qd-table" id="{text(table.id)}" tabindex="0" role="region" aria-label="{text(table.caption)}">'
        f'<table class="table table-sm"><caption>{text(table.caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>{more}"
    )


def _cell(value: Any, unit: str, css: str, formats: Formats) -> str:
    """A cell that carries what it is sorted by, where a script cannot tell that from how a locale writes it."""
    shown = formats.cell(value, unit)
    key = "" if unit == "text" or shown in (str(value), "–") else f' data-sort="{text(value)}"'
    return f"<td{css}{key}>{text(shown)}</td>"


def plotly_text(value: Any, obeyed: str = "br") -> Any:
    """A Plotly specification in which tags in the data are shown as text; `<br>` stays a line break.

    Plotly reads every label as a little HTML. Hover texts also keep what Plotly Express puts into them.
    """
    if isinstance(value, dict):
        return {
            plotly_text(key): plotly_text(item, "br|/?b|/?extra" if key == "hovertemplate" else obeyed)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [plotly_text(item, obeyed) for item in value]
    if isinstance(value, str):
        return re.sub(rf"<(?!(?:{obeyed})>)", "&lt;", value.replace("&", "&amp;"))
    return value


def figure_html(figure: Figure) -> str:
    """A chart's empty box, its specification beside it for quarterdeck.js to draw, and its caption."""
    height = int(figure.spec.get("layout", {}).get("height") or 380)
    return (
        f'<figure class="qd-figure" id="{text(figure.id)}"><figcaption>{text(unparted(figure.caption))}</figcaption>'
        f'<div class="qd-plot" role="img" aria-label="{text(figure.alt)}" data-height="{height}"></div>'
        f'<script type="application/json">{script_json(plotly_text(figure.spec))}</script></figure>'
    )
