"""The master notebook read as sections, and the selection a persona makes."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from quarterdeck.execute.outline import Outline
from quarterdeck.model.errors import NotebookError, PersonaError
from quarterdeck.model.persona import Persona


def write(path: Path, *cells: str) -> Path:
    """A notebook whose first cell is tagged `parameters`; cells that begin with `#` are Markdown."""
    made = [new_markdown_cell(text) if text.startswith("#") else new_code_cell(text) for text in cells]
    made[0].metadata["tags"] = ["parameters"]
    nbformat.write(new_notebook(cells=made), path)
    return path


def persona(**values: object) -> Persona:
    return Persona.model_validate({"id": "p", "title": "T", "reader": "R", "sections": ["cash"], **values})


def test_sections_are_level_two_headings_with_slug_or_explicit_id(tmp_path: Path) -> None:
    """The id of a section is its heading's slug unless `{#id}` names it; level 3 begins none."""
    path = write(tmp_path / "n.ipynb", "a = 1", "## Cash & burn", "1", "### Detail", "## Other {#tail}", "2")
    outline = Outline.read(path)
    assert list(outline.sections) == ["cash-burn", "tail"]
    assert [cell.source for cell in outline.sections["cash-burn"]] == ["## Cash & burn", "1", "### Detail"]


def test_heading_in_the_middle_of_a_cell_begins_a_section_but_not_in_a_fence(tmp_path: Path) -> None:
    """A Markdown cell with two headings makes two sections; a fenced `##` makes none."""
    path = write(tmp_path / "n.ipynb", "a = 1", "## One\ntext\n## Two\n```\n## three\n```")
    assert list(Outline.read(path).sections) == ["one", "two"]


def test_selection_keeps_the_head_and_drops_what_is_not_listed(tmp_path: Path) -> None:
    """Cells above the first section always run; sections come in the persona's order."""
    path = write(tmp_path / "n.ipynb", "a = 1", "import os", "## Cash", "cash", "## Debt", "debt", "## Tax", "tax")
    chosen = Outline.read(path).select(persona(sections=["tax", "cash"]))
    assert [cell.source for cell in chosen.cells] == ["a = 1", "import os", "## Tax", "tax", "## Cash", "cash"]


def test_appendices_come_last_and_say_so(tmp_path: Path) -> None:
    """Their ids stay, so that links and digests find them."""
    path = write(tmp_path / "n.ipynb", "a = 1", "## Trial balance\nAll accounts.", "2", "## Cash", "1")
    chosen = Outline.read(path).select(persona(appendix=["trial-balance"]))
    assert [cell.source for cell in chosen.cells] == [
        "a = 1",
        "## Cash",
        "1",
        "## Appendix: Trial balance {#trial-balance}\n\nAll accounts.",
        "2",
    ]


def test_duplicate_section_is_named(tmp_path: Path) -> None:
    """Two sections with one id cannot both be meant."""
    path = write(tmp_path / "n.ipynb", "a = 1", "## Cash", "## Cash")
    with pytest.raises(NotebookError, match="section cash: stands twice"):
        Outline.read(path)


def test_notebook_without_parameters_cell_is_refused(tmp_path: Path) -> None:
    """Without the tag papermill would inject at the top and defaults would win."""
    path = tmp_path / "n.ipynb"
    nbformat.write(new_notebook(cells=[new_code_cell("a = 1")]), path)
    with pytest.raises(NotebookError, match="0 cells tagged 'parameters'"):
        Outline.read(path)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"sections": ["csah"]}, "'csah' is no section.*Did you mean 'cash'"),
        ({"parameters": {"treshold": 3}}, "'treshold' is no parameter.*Did you mean 'threshold'"),
        ({"parameters": {"period": "2026-01"}}, "'period' is set by the run"),
    ],
)
def test_unknown_names_are_answered_with_the_nearest_known_one(tmp_path: Path, values: dict, said: str) -> None:
    """papermill would only warn of an unknown parameter; here it is an error with a hint."""
    outline = Outline.read(write(tmp_path / "n.ipynb", "threshold = 1\nother: int = 2", "## Cash", "1"))
    with pytest.raises(PersonaError, match=said):
        outline.check(persona(**values), "personas/p.yml")


def test_file_that_is_no_notebook_is_one_message(tmp_path: Path) -> None:
    """Not a traceback of JSON."""
    (tmp_path / "n.ipynb").write_text("hello", "utf-8")
    with pytest.raises(NotebookError, match="is not a notebook"):
        Outline.read(tmp_path / "n.ipynb")
