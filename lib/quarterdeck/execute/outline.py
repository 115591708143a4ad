"""The master notebook as sections, and the selection of those that a persona lists."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..model.errors import NotebookError, PersonaError, nearest
from ..model.persona import Persona
from ..model.report import slugify

_HEADING = re.compile(r"## +(?P<text>.*?)(?: *\{#(?P<id>[\w-]+)\})? *")

RESERVED = ("persona", "period", "as_of", "subject")
"""Parameters that a run sets; every master notebook has them."""


@dataclass(frozen=True)
class Cell:
    """A cell of the master notebook, without outputs; nbformat, slow to import, is for those that are executed."""

    cell_type: str
    source: str
    id: str
    metadata: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Selection:
    """The cells that one report executes, and the notebook's metadata."""

    cells: tuple[Cell, ...]
    metadata: dict[str, Any]

    def notebook(self) -> Any:
        """As nbformat's value, which papermill takes."""
        import nbformat

        made = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
        cells = [
            made.get(cell.cell_type, nbformat.v4.new_raw_cell)(
                cell.source, id=cell.id, metadata=nbformat.from_dict(cell.metadata)
            )
            for cell in self.cells
        ]
        return nbformat.v4.new_notebook(cells=cells, metadata=nbformat.from_dict(self.metadata))


@dataclass(frozen=True)
class Outline:
    """A notebook's cells above the first section, its sections in order by id, and its parameters' names."""

    path: Path
    head: tuple[Cell, ...]
    sections: dict[str, tuple[Cell, ...]]
    parameters: frozenset[str]
    metadata: dict[str, Any]

    @classmethod
    def read(cls, path: Path) -> Outline:
        """Read a notebook; raises NotebookError when it is none, lacks its parameters cell, or repeats a section."""
        try:
            notebook = json.loads(path.read_text("utf-8"))
            cells = [_cell(cell, number) for number, cell in enumerate(notebook["cells"])]
            metadata = notebook["metadata"]
        except FileNotFoundError as err:
            raise NotebookError(
                str(path), "does not exist", "Run inside a project, or name one with --project"
            ) from err
        except (ValueError, KeyError, TypeError) as err:
            raise NotebookError(str(path), "is not a notebook", "Open it in JupyterLab and save it again") from err
        head: list[Cell] = []
        sections: dict[str, list[Cell]] = {}
        current = head
        for cell in _split_at_headings(cells):
            if section := section_of(cell):
                if section in sections:
                    raise NotebookError(f"{path}, section {section}", "stands twice", "Give one of them its own {#id}")
                current = sections[section] = []
            current.append(cell)
        tagged = [cell for cell in head if "parameters" in cell.metadata.get("tags", [])]
        if len(tagged) != 1:
            raise NotebookError(
                str(path), f"has {len(tagged)} cells tagged 'parameters'", "Tag exactly one, at the top"
            )
        metadata = {key: metadata[key] for key in ("kernelspec",) if key in metadata}
        frozen = {name: tuple(cells) for name, cells in sections.items()}
        return cls(path, tuple(head), frozen, frozenset(_assigned(path, tagged[0].source)), metadata)

    def imports(self) -> list[str]:
        """The import statements above the first section, for warming up; none from a cell that does not parse."""
        found: list[str] = []
        for cell in self.head:
            with suppress(SyntaxError):
                body = ast.parse(cell.source).body if cell.cell_type == "code" else []
                found += [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
        return found

    def check(self, persona: Persona, file: str) -> None:
        """Raise PersonaError when a persona asks for a section or a parameter that the notebook does not have."""
        for name in persona.all_sections:
            if name not in self.sections:
                remedy = nearest(name, self.sections)
                raise PersonaError(f"{file}, key sections", f"{name!r} is no section of {self.path.name}", remedy)
        for name in persona.parameters:
            if name in RESERVED:
                raise PersonaError(f"{file}, key parameters", f"{name!r} is set by the run", "Remove it")
            if name not in self.parameters:
                remedy = nearest(name, self.parameters)
                raise PersonaError(f"{file}, key parameters", f"{name!r} is no parameter of {self.path.name}", remedy)

    def select(self, persona: Persona) -> Selection:
        """The cells of the head and the persona's sections in its order; each cell says which section it is in.

        The headings of appendices say so.
        """
        cells = list(self.head)
        for name in persona.all_sections:
            first, *others = self.sections[name]
            if name in persona.appendix:
                heading, rest = heading_of(first)
                first = replace(first, source=f"## Appendix: {heading} {{#{name}}}\n\n{rest}".rstrip())
            here = {"quarterdeck": {"section": name}}
            cells += [replace(cell, metadata={**cell.metadata, **here}) for cell in (first, *others)]
        return Selection(tuple(cells), self.metadata)


def section_of(cell: Any) -> str:
    """The id of the section that a cell begins, or nothing."""
    if cell.cell_type != "markdown" or not (match := _HEADING.fullmatch(cell.source.split("\n", 1)[0])):
        return ""
    return match["id"] or slugify(match["text"])


def heading_of(cell: Any) -> tuple[str, str]:
    """The text of the heading that begins a section's first cell, and the Markdown that follows it."""
    line, _, rest = cell.source.partition("\n")
    match = _HEADING.fullmatch(line)
    assert match
    return match["text"], rest.strip()


def _cell(values: dict[str, Any], number: int) -> Cell:
    source = values["source"]
    return Cell(
        cell_type=values["cell_type"],
        source=source if isinstance(source, str) else "".join(source),
        id=values.get("id") or f"cell-{number}",
        metadata=values["metadata"],
    )


def _split_at_headings(cells: Iterable[Cell]) -> Iterable[Cell]:
    """Level-2 headings begin a section wherever they stand in a Markdown cell, but not inside a code fence."""
    for cell in cells:
        if cell.cell_type != "markdown":
            yield cell
            continue
        parts: list[list[str]] = [[]]
        fenced = False
        for line in cell.source.strip("\n").split("\n"):
            fenced ^= line.lstrip().startswith("```")
            if not fenced and line.startswith("## ") and parts[-1]:
                parts.append([])
            parts[-1].append(line)
        for number, lines in enumerate(parts):
            id = cell.id if not number else f"{cell.id[:60]}-{number}"
            yield replace(cell, source="\n".join(lines).strip("\n"), id=id)


def _assigned(path: Path, source: str) -> list[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError as err:
        raise NotebookError(f"{path}, parameters cell, line {err.lineno}", f"{err.msg}", "Mend that line") from err
    targets: list[ast.expr] = [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    targets += [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return [target.id for target in targets if isinstance(target, ast.Name)]
