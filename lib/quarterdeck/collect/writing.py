"""A source's rows as files, one for each table, with a manifest of what they are."""

from __future__ import annotations

import csv
import json
import re
from contextlib import ExitStack, nullcontext
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .. import __version__
from ..deliver.aws import asking
from ..model.errors import QuarterdeckError
from ..report.schema import schemas
from ..report.snapshots import MANIFEST, content_hash
from .config import Clients, Source, module_of
from .owned import unnumbered

_TOLD = {"source", "name", "region"}
_FORMULA = re.compile(r"(?![+-]?[\d.,\s]+%?$)[=+@\t\r-]")
"""What a spreadsheet would take for a formula (OWASP, CSV injection), and is no number."""


def write(source: Source, folder: Path, root: Path, clients: Clients, now: datetime) -> None:
    """Stream a source's rows into a file for each table, and say in the manifest what they are.

    Raises QuarterdeckError for what the source, or AWS, refuses.
    """
    module, alias = module_of(source.source), ""
    missing = "See that what sources.yml names is there, and in that region"
    with asking(f"source {source.name}", missing) if (on_aws := module.resources(source)) else nullcontext():
        tables = _stream(source, folder, module.tables(source), module.rows(source, clients, root, now.date()))
        alias = _alias(clients) if on_aws else ""
    paths = {name: _packed(folder / f"{name}.csv") for name in sorted(tables)}
    files = {name: {"file": path.name, "sha256": content_hash(path)} for name, path in paths.items()}
    manifest = {
        "source": source.source,
        "query": json.loads(unnumbered(source.model_dump_json(exclude=_TOLD, exclude_defaults=True))),
        "account": alias,
        "region": source.region,
        "tables": {name: {**tables[name], **told} for name, told in files.items()},
        "taken_at": now.isoformat(timespec="seconds"),
        "version": __version__,
    }
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _stream(source: Source, folder: Path, names: tuple[str, ...], rows: Any) -> dict[str, dict[str, Any]]:
    """Write rows as they come; returns of each table how many there were, the columns, and which of them are empty."""
    # A table without rows has its schema's columns: present and empty is another thing than absent.
    told: dict[str, dict[str, Any]] = {
        name: {"rows": 0, "columns": list(schemas()[name].columns) if name in schemas() else ["?"]} for name in names
    }
    empty: dict[str, set[str]] = {}
    with ExitStack() as files:
        paths = [(name, folder / f"{name}.csv") for name in names]
        opened = {
            name: files.enter_context(path.open("w", encoding="utf-8", errors="replace", newline=""))
            for name, path in paths
        }
        writers = {name: csv.writer(file, lineterminator="\n") for name, file in opened.items()}
        for name, row in rows:
            if not told[name]["rows"]:
                told[name]["columns"] = list(row)
                empty[name] = {*row}
                writers[name].writerow(row)
            elif list(row) != told[name]["columns"]:
                where = f"source {source.name}, table {name}, row {told[name]['rows'] + 2}"
                remedy = f"All need {', '.join(told[name]['columns'])}"
                raise QuarterdeckError(where, f"has the columns {', '.join(row)}", remedy)
            told[name]["rows"] += 1
            empty[name] -= {column for column in empty[name] if row[column] not in ("", None)}
            writers[name].writerow(map(_harmless, row.values()))
        for name in (name for name in names if not told[name]["rows"]):
            writers[name].writerow(told[name]["columns"])
    return {name: {**it, "empty": sorted(empty.get(name, ()))} for name, it in told.items()}


def _harmless(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    value = value.replace("\r\n", "\n").replace("\r", "\n")  # a return alone would end the row for some readers
    return f"'{value}" if _FORMULA.match(value) else value


def _alias(clients: Clients) -> str:
    """The account's alias, by which people know it; empty without one, or without leave to ask."""
    from botocore.exceptions import ClientError

    try:
        return str(next(iter(clients("iam").list_account_aliases()["AccountAliases"]), ""))
    except ClientError:
        return ""


def _packed(path: Path) -> Path:
    """The same table as Parquet, where pyarrow is; all is text, as in the CSV."""
    if not find_spec("pyarrow"):
        return path
    from pyarrow import csv as arrow
    from pyarrow import parquet, string

    with path.open(encoding="utf-8", newline="") as file:
        names = next(csv.reader(file))
    types = arrow.ConvertOptions(column_types=dict.fromkeys(names, string()), strings_can_be_null=False)
    split, made = arrow.ParseOptions(newlines_in_values=True), path.with_suffix(".parquet")
    read = arrow.ReadOptions(block_size=8_000_000)  # a row must fit into one
    with arrow.open_csv(path, read, split, types) as rows, parquet.ParquetWriter(made, rows.schema) as writer:
        for batch in rows:
            writer.write_batch(batch)
    path.unlink()
    return made
