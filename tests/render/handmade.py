"""Hand-made reports and executed notebooks, as the execution stage leaves them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from quarterdeck.model.format import Formats
from quarterdeck.model.markup import fact_strip, figure_html, finding_callout, raw_block, table_html
from quarterdeck.model.report import Fact, Figure, Finding, Report, ReportKey, Section, Table
from quarterdeck.render import Renderer, Site, build_site

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "<script>alert(1)</script> <b>bold</b> ``` `code` {{< include /etc/passwd >}} $1 and $2 "
    "[x](javascript:alert(1)) {{ 7*7 }} {% if %} --- ::: =1+1"
)
FORMATS = Formats()
AS_OF = "2026-10-31"


def cell(source: str, *outputs: dict[str, Any], kind: str = "code", tags: tuple[str, ...] = ()) -> dict[str, Any]:
    """A notebook's cell, with what changes from run to run put in by hand."""
    base: dict[str, Any] = {
        "cell_type": kind,
        "id": "x",
        "metadata": {"tags": list(tags), "papermill": {"duration": 0.1}},
        "source": source,
    }
    return {**base, "execution_count": 7, "outputs": list(outputs)} if kind == "code" else base


def shown(html: str) -> dict[str, Any]:
    """A display as the report side makes it: Markdown that carries a raw block."""
    data = {"text/markdown": raw_block(html), "application/vnd.quarterdeck+json": {"ignored": True}}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    """What a cell printed."""
    return {"output_type": "stream", "name": name, "text": text}


def fact(name: str, value: float | None, **more: Any) -> Fact:
    """A fact of the whole business in October 2026."""
    defaults: dict[str, Any] = {
        "unit": "USD",
        "scope": "all",
        "period": "2026-10",
        "as_of": AS_OF,
        "label": name.replace("-", " ").capitalize(),
    }
    return Fact(id=name, value=value, **{**defaults, **more})


FACTS = (
    fact(
        "gross-burn",
        8412.0,
        previous=8102.0,
        better="lower",
        target=8000.0,
        trend=(7200, 7900, 7400, 8102, 8412),
        rows="rows/gross-burn.csv",
    ),
    fact("revenue", 12650.0, previous=10980.0, better="higher", trend=(9200, 8700, 9900, 10980, 12650)),
    fact(
        "occupancy",
        0.64,
        unit="percent",
        previous=0.71,
        better="higher",
        target=0.75,
        trend=(0.6, 0.66, 0.74, 0.71, 0.64),
    ),
    fact("days-sales-outstanding", 41.0, unit="days", previous=36.0, better="lower", trend=(33, 35, None, 36, 41)),
)
FINDINGS = (
    Finding(
        "late",
        "Three invoices are more than 60 days late",
        "critical",
        "north",
        "Invoices 118, 121 and 130 sum to $9,240 and were due in July.",
        9240.0,
        "Call the two clients and agree on dates",
        "Ana",
        "2026-11-06",
        "2026-08-01",
    ),
    Finding(
        "pipeline",
        "No lead has been added since September 12",
        "high",
        "south",
        "The pipeline holds 0 open leads; the last came on September 12.",
        None,
        "List the boat on two more channels",
        "Ben",
        "2026-11-09",
    ),
    Finding(
        "uncategorised",
        "14 expenses have no category",
        "medium",
        "north",
        "14 of 212 rows, $1,318 in all.",
        1318.0,
        "Sort them before the close",
        "Ana",
        "2026-11-13",
    ),
    Finding(
        "kpi",
        "Churn has no owner",
        "low",
        "all",
        "The definition names nobody.",
        None,
        "Name one",
        "",
        "",
        observed=True,
    ),
)
_MONTHS = ["2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]
FIGURE = Figure(
    "fig-burn",
    "Gross burn and revenue by month, in dollars.",
    "Burn rose to $8,412 while revenue rose to $12,650.",
    {
        "data": [
            {"type": "bar", "name": "Gross burn", "x": _MONTHS, "y": [7200, 7900, 7400, 8102, 8412]},
            {
                "type": "scatter",
                "mode": "lines+markers",
                "name": "Revenue",
                "x": _MONTHS,
                "y": [9200, 8700, 9900, 10980, 12650],
            },
        ],
        "layout": {"yaxis": {"tickprefix": "$"}},
    },
)
TABLE = Table(
    "tbl-entities",
    "Profit by entity",
    ("Entity", "Since", "Revenue", "Cost", "Margin", "Bookings"),
    ("text", "date", "USD", "USD", "percent", "count"),
    (
        ("North charter", "2026-01-05", 12650.0, 8412.0, 0.335, 9),
        ("South hauling", "2026-02-11", 4210.5, 4610.0, -0.095, 31),
        ("A rental with a long name that has to wrap somewhere", "2025-12-01", None, 980.0, 0.51, 4),
    ),
)


def executed(*, title: str = "hostile") -> dict[str, Any]:
    """An executed notebook with every kind of output."""
    blocks = "".join(finding_callout(finding, FORMATS, AS_OF) for finding in FINDINGS)
    evil = Finding("evil", HOSTILE, "low", HOSTILE, HOSTILE, 1.0, HOSTILE, HOSTILE)
    table = Table("tbl-evil", HOSTILE, (HOSTILE, "n"), ("text", "count"), ((HOSTILE, 1), ("b", 2)))
    figure = Figure(
        "fig-evil",
        HOSTILE,
        HOSTILE,
        {"data": [{"type": "bar", "x": [HOSTILE], "y": [1]}], "layout": {"title": {"text": "x </script>"}}},
    )
    cells = [
        cell("# For the analyst\n\nHow to use this notebook.", kind="markdown"),
        cell("persona = 'x'", tags=("parameters",)),
        cell("persona = 'y'", tags=("injected-parameters",)),
        cell("setup()", stream("set up")),
        cell("## Cash {#cash}\n\nFrom $1 to $2 in a *sentence*.", kind="markdown"),
        cell("burn()", stream("noise", "stderr"), shown(fact_strip(FACTS[:2], FORMATS)), shown(figure_html(FIGURE))),
        cell("## What is wrong", kind="markdown"),
        cell("show()", shown(blocks)),
        cell("## By entity", kind="markdown"),
        cell("table()", shown(table_html(TABLE, FORMATS)), stream("printed <b> {{< x >}}\n  second line")),
        cell(f"## Odd {title}", kind="markdown"),
        cell(
            "evil()",
            shown(finding_callout(evil, FORMATS, AS_OF)),
            shown(table_html(table, FORMATS)),
            shown(figure_html(figure)),
        ),
    ]
    return {"cells": cells, "metadata": {"papermill": {"start_time": "now"}}, "nbformat": 4, "nbformat_minor": 5}


def report(slug: str = "owner", period: str = "2026-10", **more: Any) -> Report:
    """A report with headline, findings and sections."""
    persona, _, subject = slug.partition("/")
    values: dict[str, Any] = {
        "key": ReportKey(persona, subject, period),
        "title": f"Report for {slug}",
        "reader": "Chief executive",
        "lens": "Profit, use of assets and gaps; no technical detail.",
        "as_of": AS_OF,
        "company": "Harbour & Sons",
        "currency": "USD",
        "locale": "en_US",
        "facts": FACTS,
        "findings": FINDINGS,
        "sections": (Section("cash", "Cash", (FIGURE,)),),
    }
    return Report(**{**values, **more})


def copy_project(root: Path) -> Path:
    """Copy what a project is made of."""
    root.mkdir(parents=True)
    for name in ("_quarto.yml", "index.qmd"):
        shutil.copyfile(ROOT / name, root / name)
    shutil.copytree(ROOT / "assets", root / "assets")
    return root


def build(project: Path, folders: list[Path], renderer: Renderer) -> Site:
    """The site of the reports in some folders."""
    return build_site(project, {folder: Report.load(folder / "facts.json") for folder in folders}, renderer, "")
