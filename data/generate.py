"""Write the sample data: every CSV of this folder, byte for byte the same on any machine.

`python data/generate.py [FOLDER]` writes next to this file unless a folder is named. Tables that people keep by hand
stand in `sample/written.py` and `sample/plans.py`; what follows from trade is drawn with seeded randomness, and the
ledger is posted from those tables, so that they agree with each other.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path
from typing import Any

from sample import plans, written
from sample.agency import billing
from sample.common import Tables, parse
from sample.demand import leads, reviews, targets
from sample.overhead import bank, ledger
from sample.sales import bookings
from sample.sites import cloud_costs, deployments, observations, web_metrics
from sample.transport import deliveries

ORDER = {
    "ledger": "line entry date entity account amount counterparty memo document booking channel",
    "observations": "observation entity area layer status gap title severity seen_on fixed_on location action risk "
    "effort_days money owner",
    "invoices": "invoice client month issued_on due_on amount",
}


def tables() -> Tables:
    """Every table by name, as rows."""
    made: Tables = {}
    for module in (written, plans):
        made |= {name.lower(): parse(text) for name, text in vars(module).items() if name.isupper() and name != "SITES"}
    made["observations"] = observations()
    made["bookings"] = bookings()
    made["deliveries"], made["crew_days"] = deliveries()
    made["invoices"], made["payments"] = billing(made["clients"], made["contracts"])
    made |= {
        "leads": leads(made),
        "reviews": reviews(made),
        "web_metrics": web_metrics(),
        "deployments": deployments(),
        "cloud_costs": cloud_costs(),
        "targets": targets(),
    }
    book = ledger(made)
    made |= {"ledger": book.rows(), "bank": bank(book)}
    return made


def text_of(value: Any) -> str:
    """A cell as CSV text."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.2f}".removesuffix(".00") if value == round(value, 2) else f"{value:.4f}"
    return "" if value is None else str(value)


def main(folder: Path) -> None:
    """Write all tables into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables().items():
        columns = ORDER[name].split() if name in ORDER else list(rows[0])
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows([text_of(row.get(column)) for column in columns] for row in rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
