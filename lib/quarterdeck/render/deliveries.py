"""The owner's page of deliveries: written when mail is sent or its status asked for; a build keeps what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ..model.files import write
from ..model.format import Formats
from ..model.markup import table_html, text
from ..model.report import Table
from .home import DELIVERIES, with_content
from .renderer import SITE_FOLDER

_BETWEEN = re.compile("(<!--deliveries-->).*?(<!--/deliveries-->)", re.DOTALL)
_NOTHING = (
    "<p>Nothing is known of deliveries yet: <code>quarterdeck status</code> and every sending write this page.</p>"
)


def deliveries_page(shell: str, cache: Path) -> str:
    """The page, before it is finished, with what was said last."""
    heading = (
        '<header class="qd-masthead"><p class="qd-company"><a href="index.html">Executive reports</a></p>'
        '<h1 class="qd-title">Deliveries</h1></header>'
    )
    kept = cache / DELIVERIES
    said = kept.read_text("utf-8") if kept.is_file() else _NOTHING
    return with_content(shell, f"{heading}<!--deliveries-->{said}<!--/deliveries-->")


def put_deliveries(
    root: Path, when: str, columns: Sequence[str], rows: Sequence[tuple[str, ...]], troubles: Sequence[str]
) -> None:
    """Say on the owner's page how things stood at a time, a row for each report and a line for each trouble."""
    units = tuple("count" if all(row[n].isdigit() for row in rows) else "text" for n in range(len(columns)))
    cells = tuple(
        tuple(int(cell) if unit == "count" else cell for cell, unit in zip(row, units, strict=True)) for row in rows
    )
    lines = "".join(f"<li>{text(trouble)}</li>" for trouble in troubles)
    said = f'<p class="qd-reader">As of {text(when)}.</p>' + (f"<ul>{lines}</ul>" if lines else "")
    said += table_html(Table("tbl-deliveries", "Mail by report", tuple(columns), units, cells), Formats())
    write(root / ".quarterdeck" / DELIVERIES, said)
    page = root / SITE_FOLDER / DELIVERIES
    if page.is_file():
        write(page, _BETWEEN.sub(lambda found: found[1] + said + found[2], page.read_text("utf-8")))
