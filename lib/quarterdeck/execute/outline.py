"""The master notebook as sections, and the selection of those that a persona lists."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from ..model.errors import NotebookError, PersonaError, nearest
from ..model.persona import Persona
from ..model.report import slugify

_HEADING = re.compile(r"## +(?P<text>.*?)(?: *\{#(?P<id>[\w-]+)\})? *")

RESERVED = ("persona", "period", "as_of", "subject")
"""Parameters that a run sets; every master notebook has them."""


@dataclass(frozen=True)
class Outline:
    """A notebook's cells above the first section, its sections in order by id, and its parameters' names."""

    path: Path
    head: tuple[Any, ...]
    sections: dict[str, tuple[Any, ...]]
    parameters: frozenset[str]
    metadata: Any

    @classmethod
    def read(cls, path: Path) -> Outline:
        """Read a notebook; raises NotebookError when it is none, lacks its parameters cell, or repeats a section."""
        try:
            notebook = nbformat.reads(path.read_text("utf-8"), as_version=4)
        except FileNotFoundError as err:
            raise NotebookError(
                str(path), "does not exist", "Run inside a project, or name one with --project"
            ) from err
        except (nbformat.reader.NotJSONError, nbformat.ValidationError, UnicodeDecodeError) as err:
            raise NotebookError(str(path), "is not a notebook", "Open it in JupyterLab and save it again") from err
        head: list[Any] = []
        sections: dict[str, list[Any]] = {}
        current = head
        for cell in _split_at_headings(notebook.cells):
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
        metadata = {key: notebook.metadata[key] for key in ("kernelspec",) if key in notebook.metadata}
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

    def select(self, persona: Persona) -> Any:
        """A notebook of the head and the persona's sections in its order; each cell says which section it is in.

        The headings of appendices say so.
        """
        cells = [deepcopy(cell) for cell in self.head]
        for name in persona.all_sections:
            chosen = deepcopy(self.sections[name])
            if name in persona.appendix:
                heading, rest = heading_of(chosen[0])
                chosen[0].source = f"## Appendix: {heading} {{#{name}}}\n\n{rest}".rstrip()
            for cell in chosen:
                cell.metadata["quarterdeck"] = {"section": name}
                cells.append(cell)
        return nbformat.v4.new_notebook(cells=cells, metadata=deepcopy(self.metadata))


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


def _split_at_headings(cells: Iterable[Any]) -> Iterable[Any]:
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
            part = deepcopy(cell)
            part.source = "\n".join(lines).strip("\n")
            part.id = cell.id if not number else f"{cell.id[:60]}-{number}"
            yield part


def _assigned(path: Path, source: str) -> list[str]:
    try:
        tree = ast.parse(source)
    except SyntaxError as err:
        raise NotebookError(f"{path}, parameters cell, line {err.lineno}", f"{err.msg}", "Mend that line") from err
    targets: list[ast.expr] = [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    targets += [target for node in tree.body if isinstance(node, ast.Assign) for target in node.targets]
    return [target.id for target in targets if isinstance(target, ast.Name)]
