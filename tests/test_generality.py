"""The library and the notebook know no company: every name and sequence comes from tables or personas."""

from __future__ import annotations

import ast
import csv
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NAMES = {
    "entities": ("entity", "name"),
    "clients": ("client", "name"),
    "channels": ("channel", "name"),
    "assets": ("asset", "name"),
    "campaigns": ("campaign", "name"),
    "domains": ("domain",),
    "deliveries": ("delivery", "vessel", "customer", "origin", "destination"),
    "crew_days": ("person",),
    "equity": ("stake", "holder"),
    "kpis": ("kpi", "owner"),
    "rules": ("rule",),
    "milestones": ("milestone", "title"),
    "investments": ("investment", "title"),
    "company": ("company",),
}
# Words of the language that the sample also uses as an id or a name.
COMMON = {
    "email",
    "direct",
    "referral",
    "search",
    "cash",
    "runway",
    "dso",
    "occupancy",
    "adr",
    "revpar",
    "nps",
    "owner",
}
COMMON |= {
    "csat",
    "churn",
    "cac",
    "on-time-rate",
    "lead-time",
    "gross-burn",
    "net-burn",
    "conversion",
    "accounting",
    "rental",
}
COMMON |= {"phone", "telephone", "website", "mailing list"}


def sample_names() -> set[str]:
    names = {path.stem for path in (ROOT / "personas").glob("*.yml")}
    for table, columns in NAMES.items():
        with (ROOT / "data" / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            names |= {row[column] for row in csv.DictReader(file) for column in columns}
    return {name for name in names if len(name) > 2 and name.lower() not in COMMON}


def sources() -> list[Path]:
    kinds = ("*.py", "*.yml", "*.j2")
    library = [path for kind in kinds for path in sorted((ROOT / "lib").rglob(kind))]
    return [
        *library,
        ROOT / "notebooks/report.ipynb",
        ROOT / "_quarto.yml",
        ROOT / "index.qmd",
        *(ROOT / "assets").iterdir(),
    ]


@pytest.mark.parametrize("path", sources(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_name_of_the_sample_stands_in_the_code(path: Path) -> None:
    """Another company's report would otherwise show the sample's words."""
    text = path.read_text("utf-8")
    found = [name for name in sorted(sample_names()) if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.I)]
    assert not found


def test_an_axis_that_marks_every_name_is_one_of_names() -> None:
    """Names that another company writes as numbers or months would else be counted through one by one."""
    notebook = json.loads((ROOT / "notebooks/report.ipynb").read_text("utf-8"))
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    calls = [node for text in code for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    given = [{keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords} for call in calls]
    marked = [keywords for keywords in given if keywords.get("dtick") == "1"]
    assert marked and all(keywords.get("type") == "'category'" for keywords in marked)
