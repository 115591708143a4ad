"""When a report need not be executed again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from quarterdeck.execute.reuse import finish_record, report_key, why_rebuild
from quarterdeck.model.persona import Persona

NOTEBOOK = new_notebook(cells=[new_code_cell("1")])


def persona(**values: object) -> Persona:
    return Persona.model_validate({"id": "p", "title": "T", "reader": "R", "sections": ["cash"], **values})


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "reads.json").write_text(json.dumps({"ledger": "h1", "leads": "absent"}), "utf-8")
    finish_record(tmp_path, report_key(NOTEBOOK, persona(), {"smallest": 1}, ""), 1.0)
    return tmp_path


def why(folder: Path, tables: dict[str, str] | None = None, **changes: object) -> str:
    key = report_key(
        changes.get("notebook", NOTEBOOK),
        changes.get("persona", persona()),  # type: ignore[arg-type]
        changes.get("parameters", {"smallest": 1}),  # type: ignore[arg-type]
        str(changes.get("commentary", "")),
    )
    return why_rebuild(folder, key, {"ledger": "h1", "other": "h2", **(tables or {})})


def test_nothing_changed_nothing_to_do(built: Path) -> None:
    """Tables that it did not read, and who is sent it, when and on whose word, are no part of the key."""
    assert why(built) == ""
    assert why(built, {"other": "h9"}) == ""
    assert why(built, persona=persona(recipients=[{"address": "a@example.com"}], schedule="weekly")) == ""
    assert why(built, persona=persona(send="when-findings", approval=True, owner="ben@example.com")) == ""


def test_each_reason_is_named(built: Path, tmp_path: Path) -> None:
    """The run can say why a report was built."""
    assert why(built, {"ledger": "h9"}) == "table ledger changed"
    assert why(built, {"leads": "h3"}) == "table leads changed"
    assert why(built, persona=persona(title="U")) == "persona changed"
    assert why(built, parameters={"smallest": 2}) == "persona changed"
    assert why(built, commentary="New") == "commentary changed"
    assert why(built, notebook=new_notebook(cells=[new_code_cell("2")])) == "notebook changed"
    assert why(tmp_path / "elsewhere") == "never built"


def test_a_broken_record_is_no_record(built: Path) -> None:
    """A crash while writing leads to a rebuild, not to an error."""
    (built / "record.json").write_text('{"key": {', "utf-8")
    assert why(built) == "never built"
