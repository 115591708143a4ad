"""Files that are written once for a person: a new persona, and the reference of tables and facts."""

from __future__ import annotations

import re
from pathlib import Path

from .execute.outline import Outline, heading_of
from .model.errors import PersonaError
from .model.files import write
from .model.persona import load_persona
from .model.report import Report
from .project import Project
from .report.schema import schemas


def new_persona(project: Project, id: str) -> Path:
    """Write `personas/<id>.yml` with the first sections; raises PersonaError when it exists or the id is no good."""
    path = project.personas / f"{id}.yml"
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", id):
        raise PersonaError("persona id", f"{id!r} cannot be one", "Use lower-case letters, digits and hyphens")
    if path.exists():
        raise PersonaError(str(path), "exists already", "Edit it, or choose another id")
    outline = Outline.read(project.notebook)
    names = list(outline.sections)
    listed = [f"{'  - ' if n < 3 else '  # - '}{name}" for n, name in enumerate(names)]
    title = id.replace("-", " ").capitalize()
    lines = [
        f"title: {title}",
        f"reader: {title}",
        "lens: ''  # one sentence: what this reader cares about",
        "sections:  # in order; every section of the notebook is listed here, take away the # of those wanted",
        *listed,
        "digest:  # those that the mail carries",
        f"  - {names[0]}",
        "# headline: [...]  # ids of the facts shown first; docs/reference/facts.md lists them",
        "# entities: [...]  # only the data of these; none means all",
        "# recipients: [{address: someone@example.com, name: Someone}]",
        "schedule: monthly",
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, "\n".join(lines) + "\n")
    load_persona(path)
    return path


def write_reference(project: Project) -> list[Path]:
    """Write `docs/reference/tables.md` from the schemas and `facts.md` from the newest reports built."""
    folder = project.root / "docs" / "reference"
    folder.mkdir(parents=True, exist_ok=True)
    write(folder / "tables.md", tables_page())
    write(folder / "facts.md", facts_page(project))
    return [folder / "tables.md", folder / "facts.md"]


def tables_page() -> str:
    """The reference of tables, as Markdown."""
    lines = ["# Tables", "", "Made by `make reference` from `lib/quarterdeck/report/tables.yml`; do not edit.", ""]
    for schema in schemas().values():
        lines += [f"## {schema.name}", "", f"{schema.about} Key: {', '.join(schema.key)}.", ""]
        lines += ["| column | kind | may be empty | meaning |", "|---|---|---|---|"]
        for column in schema.columns.values():
            kind = f"one of {', '.join(column.of)}" if column.of else column.kind
            kind += f" of {column.ref}" if column.ref else ""
            lines.append(f"| `{column.name}` | {kind} | {'yes' if column.empty else 'no'} | {column.about} |")
        lines.append("")
    return "\n".join(lines)


def facts_page(project: Project) -> str:
    """The reference of facts that the newest reports state, as Markdown."""
    outline = Outline.read(project.notebook)
    headings = {name: heading_of(cells[0])[0] for name, cells in outline.sections.items()}
    stated: dict[tuple[str, str], tuple[str, ...]] = {}
    for path in sorted((project.root / "r").rglob("facts.json")):
        for fact in Report.load(path).facts:
            stated[fact.section, fact.id] = (fact.label, fact.unit, fact.method)
    lines = ["# Facts", "", "Made by `make reference` from the reports built last; do not edit.", ""]
    for section, heading in headings.items():
        rows = [(id, *said) for (place, id), said in sorted(stated.items()) if place == section]
        if rows:
            lines += [f"## {heading} (`{section}`)", "", "| id | label | unit | method |", "|---|---|---|---|"]
            lines += [f"| `{id}` | {label} | {unit} | {method} |" for id, label, unit, method in rows]
            lines.append("")
    return "\n".join(lines)
