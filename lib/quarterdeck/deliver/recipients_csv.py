"""Recipients from a spreadsheet, checked whole before one of them is used."""

from __future__ import annotations

import csv
from collections.abc import Collection
from io import StringIO
from pathlib import Path

from ..model.delivery import masked, recipient_id
from ..model.errors import QuarterdeckError, nearest
from ..model.persona import Recipient, to_recipient

COLUMNS = ("address", "persona", "name", "locale", "time_zone", "subject")


def read_csv(path: Path, personas: Collection[str]) -> list[tuple[str, Recipient]]:
    """Personas and recipients of a file, each pair once; raises QuarterdeckError for the first row that is wrong."""
    try:
        lines = list(csv.reader(StringIO(path.read_text("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as err:
        raise QuarterdeckError(str(path), f"is no CSV in UTF-8: {err}", "Save it as CSV, UTF-8") from err
    header = [name.strip() for name in lines[0]] if lines else []
    if not {"address", "persona"} <= set(header) <= set(COLUMNS) or len(set(header)) < len(header):
        problem = f"has the columns {', '.join(header)[:100] or 'of an empty file'}"
        raise QuarterdeckError(f"{path}, row 1", problem, f"Known: {', '.join(COLUMNS)}; the first two must be there")
    found: dict[tuple[str, str, str], Recipient] = {}
    for number, cells in enumerate(lines[1:], 2):
        where = f"{path}, row {number}"
        if not any(cells):
            continue
        if len(cells) != len(header):
            raise QuarterdeckError(where, f"has {len(cells)} cells for {len(header)} columns", "Mend that row")
        row = {name: cell.strip(" ") for name, cell in zip(header, cells, strict=True)}
        persona = row.pop("persona")
        if persona not in personas:
            raise QuarterdeckError(f"{where}, column persona", f"found {persona[:60]!r}", nearest(persona, personas))
        recipient = to_recipient(row, f"{where}, column ")
        if found.setdefault((persona, recipient.subject, recipient_id(recipient.address)), recipient) is not recipient:
            problem = f"{masked(recipient.address)!r} stands twice for {persona}"
            raise QuarterdeckError(f"{where}, column address", problem, "Remove one row")
    return [(persona, recipient) for (persona, *_), recipient in found.items()]
