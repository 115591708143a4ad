"""sources.yml is read strictly: what is wrong is named with file, source and key."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from quarterdeck.collect.config import KINDS, module_of, read_sources
from quarterdeck.model.errors import QuarterdeckError

from .conftest import COSTS, Company

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": "file"}, "source bills, key source: 'file' is no kind of source. Did you mean 'files'?"),
        ({"colums": {}}, "source bills, key colums: is unknown. Did you mean 'columns'?"),
        ({"name": "../bills"}, "key name: string should match pattern"),
        ({"name": "Bills"}, "key name: string should match pattern"),
        ({"table": "../../etc/passwd"}, "key table: string should match pattern"),
        ({"table": "cloud_costs.csv"}, "key table: string should match pattern"),
        ({"region": "nowhere"}, "key region: string should match pattern"),
        ({"folder": ""}, "needs one of folder and bucket"),
        ({"pattern": "../*"}, "leads out of the folder"),
        ({"columns": {"date": "Day", "amont": "Cost"}}, "'amont' is no column of cloud_costs. Did you mean 'amount'?"),
        ({"columns": {"date": "Day", "amount": "Cost"}}, "cloud_costs needs the column service (service as billed)"),
        ({"columns": {}}, "key columns: dictionary should have at least 1 item"),
        ({"decimal": ";"}, "key decimal: input should be '.' or ','"),
    ],
    ids=str,
)
def test_a_mistake_is_named_with_its_remedy(company: Company, change: dict[str, Any], said: str) -> None:
    """One line; the file, the source and the key are in it."""
    with pytest.raises(QuarterdeckError) as err:
        company.sources({**COSTS, **change})
    assert said in str(err.value) and "sources.yml, source " in str(err.value) and "\n" not in str(err.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- source: [\n", "is not valid YAML"),
        ("- !!python/object/apply:os.system [touch hacked]\n", "sources.yml, line 1: is not valid YAML"),
        ("source: files\n", "is no list of sources"),
        ("- files\n", "is no list of sources"),
    ],
)
def test_a_file_of_another_shape_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A YAML tag runs nothing."""
    (tmp_path / "sources.yml").write_text(text)
    with pytest.raises(QuarterdeckError, match=said):
        read_sources(tmp_path / "sources.yml")
    assert [path.name for path in tmp_path.iterdir()] == ["sources.yml"]


def test_a_name_stands_once(company: Company) -> None:
    """Snapshots are kept under it."""
    with pytest.raises(QuarterdeckError, match="key name: stands twice"):
        company.sources(COSTS, COSTS)


def test_a_project_without_sources_is_told_where_to_begin(tmp_path: Path) -> None:
    """And an empty file names none."""
    with pytest.raises(QuarterdeckError, match="docs/collect/README"):
        read_sources(tmp_path / "sources.yml")
    (tmp_path / "sources.yml").write_text("# nothing yet\n")
    assert read_sources(tmp_path / "sources.yml") == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_source_has_its_parts(kind: str) -> None:
    """A model of its keys, the IAM actions, what they are on, its tables and its rows."""
    module = module_of(kind)
    assert {"source", "name", "region"} < module.Config.model_fields.keys()
    assert all(map(callable, (module.actions, module.resources, module.tables, module.rows)))


@pytest.mark.parametrize(
    "page", [*sorted((ROOT / "docs/collect").glob("*.md")), ROOT / "sources.yml"], ids=lambda p: p.name
)
def test_examples_in_the_docs_are_valid(tmp_path: Path, page: Path) -> None:
    """Whoever copies one gets what it says."""
    text = page.read_text("utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", text, re.S)
    if page.suffix == ".yml":
        blocks = ["\n".join(re.findall(r"^# (- source.*|  .*)$", text, re.M))]
    for block in blocks:
        (tmp_path / "sources.yml").write_text(block, "utf-8")
        assert read_sources(tmp_path / "sources.yml")
