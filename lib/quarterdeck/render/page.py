"""An executed notebook and its report, turned into the notebook that a renderer makes a page of."""

from __future__ import annotations

import re
from typing import Any

import yaml

from ..model.errors import RenderError
from ..model.format import Formats
from ..model.markup import fact_methods, fact_strip, text
from ..model.period import Period
from ..model.report import MIME, Report
from .finish import WHOLE_PLOTLY
from .opening import opening, sources_line

_DROPPED_TAGS = {"parameters", "injected-parameters", "remove-cell"}
_PICTURES = ("image/svg+xml", "image/png", "image/jpeg")
_END: dict[str, Any] = {"cell_type": "raw", "source": "", "metadata": {"quarterdeck": {"section": "\0"}}}
_SECTION = re.compile(r"^## ", re.MULTILINE)


def page_title(report: Report) -> str:
    """What a browser's tab and a bookmark say."""
    return f"{report.title} · {Period.parse(report.key.period).label}"


def page_notebook(executed: dict[str, Any], report: Report, commentary: str) -> dict[str, Any]:
    """The page's notebook: front matter, first screen, then the sections' cells with their outputs.

    `commentary` is HTML. Nothing that changes from run to run (times, counts, ids) is carried over, so equal content
    gives equal bytes. Raises RenderError for a cell that failed.
    """
    cells: list[dict[str, Any]] = [
        {"cell_type": "raw", "metadata": {}, "source": _front_matter(report)},
        {"cell_type": "markdown", "metadata": {}, "source": raw(opening(report, commentary))},
    ]
    sections = {section.id: section for section in report.sections}
    within = ""
    for cell in [*_sections(executed["cells"]), _END]:
        source = _joined(cell["source"])
        section = cell["metadata"].get("quarterdeck", {}).get("section", within)
        if section != within and (ended := sections.get(within)) and (line := sources_line(ended, report)):
            cells.append({"cell_type": "markdown", "metadata": {}, "source": raw(line)})
        within = section
        if cell["cell_type"] == "code":
            outputs = [made for output in cell.get("outputs", []) for made in _output(output, report)]
            cells.append({"cell_type": "code", "metadata": {}, "source": source, "outputs": outputs})
            cells[-1]["execution_count"] = None
        elif cell["cell_type"] == "markdown":
            cells.append({"cell_type": "markdown", "metadata": {}, "source": source})
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def raw(html: str) -> str:
    """Markdown that passes HTML through; the fence is longer than any run of backticks inside."""
    longest = max(map(len, re.findall(r"`+", html)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{{=html}}\n{html}\n{fence}\n"


def _scripts(depth: int) -> str:
    """The scripts of a page that lies `depth` folders down, in the order in which they run."""
    up = "../" * depth
    names = [f"{up}{WHOLE_PLOTLY}", "../periods.js", f"{up}assets/quarterdeck.js"]
    return "\n".join(f'<script defer src="{name}"></script>' for name in names)


def _front_matter(report: Report) -> str:
    # Quarto reads titles as Markdown, smalldocs as text: the true one is set in the finished HTML.
    values = {
        "pagetitle": "Report",
        "lang": report.locale.replace("_", "-"),
        "include-in-header": [{"text": _scripts(depth=report.key.path.count("/") + 1)}],
    }
    return f"---\n{yaml.safe_dump(values, sort_keys=True, allow_unicode=True, width=1000)}---"


def _sections(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The cells from the first section on, without those that only serve the run."""
    kept = [cell for cell in cells if not _DROPPED_TAGS & set(cell.get("metadata", {}).get("tags", []))]
    for number, cell in enumerate(kept):
        found = _SECTION.search(_joined(cell["source"])) if cell["cell_type"] == "markdown" else None
        if found:
            return [{**cell, "source": _joined(cell["source"])[found.start() :]}, *kept[number + 1 :]]
    return kept


def _output(output: dict[str, Any], report: Report) -> list[dict[str, Any]]:
    """One output as exactly one type that both renderers show alike, or nothing."""
    kind = output["output_type"]
    if kind == "error":
        remedy = "Run the report again; a failed one is not rendered"
        raise RenderError(report.key.path, f"a cell raised {output.get('ename')}", remedy)
    if kind == "stream":
        shown = _preformatted(_joined(output["text"])) if output.get("name") == "stdout" else ""
        return [_display({"text/markdown": shown})] if shown else []
    data = output.get("data", {})
    if data.get(MIME, {}).get("kind") == "facts":
        return [_display({"text/markdown": raw(_fact_cards(data[MIME]["content"], report))})]
    if "text/markdown" in data:
        if not data["text/markdown"]:
            return []
        return [_display({"text/markdown": _joined(data["text/markdown"])})]
    for mime in _PICTURES:
        if mime in data:
            return [_display({mime: _joined(data[mime])})]
    if "text/html" in data:
        # As raw Markdown: any output of this type makes Quarto load two scripts from another host.
        return [_display({"text/markdown": raw(_joined(data["text/html"]))})]
    return [_display({"text/markdown": _preformatted(_joined(data["text/plain"]))})] if "text/plain" in data else []


def _fact_cards(stated: list[dict[str, Any]], report: Report) -> str:
    """The cards of the facts that a cell states, but for those of the headline, which stand on the first screen."""
    ids = {fact["id"] for fact in stated}
    headline = {fact.id for fact in report.headline_facts()}
    facts = [fact for fact in report.facts if fact.id in ids]
    cards = fact_strip([fact for fact in facts if fact.id not in headline], Formats(report.locale, report.currency))
    return cards + fact_methods(facts)


def _display(data: dict[str, str]) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": data}


def _preformatted(printed: str) -> str:
    lines = [text(line) for line in printed.rstrip().split("\n")]
    return raw('<pre class="qd-printed">' + "\n".join(lines) + "</pre>") if any(lines) else ""


def _joined(source: str | list[str]) -> str:
    return source if isinstance(source, str) else "".join(source)
