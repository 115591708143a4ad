"""`quarterdeck collect`: what a user sees, and what a report then says."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from quarterdeck import pipeline
from quarterdeck.cli import main
from quarterdeck.collect.config import read_sources
from quarterdeck.collect.snapshot import collect
from quarterdeck.project import Project, day_in_company

from .conftest import COSTS


def sources(project: Path, *entries: object) -> None:
    (project / "sources.yml").write_text(yaml.safe_dump(list(entries), sort_keys=False))
    (project / "exports").mkdir(exist_ok=True)


def run(project: Path, *options: str) -> int:
    return main(["collect", *options, "--project", str(project)])


def test_a_run_says_what_was_collected_and_what_is_missing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its exit code is 1 when a source failed; the second run has nothing to do."""
    sources(project, COSTS, {**COSTS, "name": "other", "pattern": "*.none"})
    (project / "exports" / "a.csv").write_text("Day,Service,Cost\n2026-11-01,S3,1\n")
    assert run(project) == 1
    told = capsys.readouterr()
    assert told.out == "bills: collected cloud_costs (1 rows)\n"
    assert (
        told.err.startswith("other: failed. exports: holds no file like *.none.")
        and "no earlier cloud_costs" in told.err
    )
    assert run(project, "--source", "bills") == 0
    assert capsys.readouterr().out == "bills: collected today before, unchanged: cloud_costs (1 rows)\n"


def test_a_dry_run_and_a_policy_change_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """They need no network, nor the files."""
    sources(project, COSTS, {**COSTS, "name": "far", "folder": "", "bucket": "exports"})
    assert run(project, "--dry-run") == 0
    assert capsys.readouterr().out == "bills: would read files for cloud_costs\nfar: would read files for cloud_costs\n"
    assert run(project, "--policy", "--source", "far") == 0
    assert json.loads(capsys.readouterr().out)["Statement"][1]["Action"] == ["s3:GetObject"]
    assert not (project / "data" / "snapshots").exists()


def test_a_source_where_there_is_none_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The remedy does not end in nothing."""
    sources(project)
    assert run(project, "--source", "bills") == 2
    assert capsys.readouterr().err.endswith("sources.yml. Known: none.\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--source", "bill"], "--source bill: is not in"),
        (["--accept", "bills"], "--accept bills: is not held back"),
    ],
)
def test_a_wrong_name_is_one_message(
    project: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    """With what there is."""
    sources(project, COSTS)
    assert run(project, *options) == 2 and said in capsys.readouterr().err


def test_what_is_held_back_is_accepted_by_name(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A run that held something back ends with 1."""
    sources(project, COSTS)
    opened, export = Project.open(project), project / "exports" / "a.csv"
    export.write_text("Day,Service,Cost\n" + "".join(f"2026-11-0{day},S3,1\n" for day in range(1, 9)))
    list(collect(read_sources(project / "sources.yml"), opened.data, project, None, datetime(2026, 3, 1)))  # type: ignore[arg-type]
    export.write_text("Day,Service,Cost\n2026-11-01,S3,1\n")
    assert run(project) == 1
    assert "bills: held back, cloud_costs (1 rows). cloud_costs shrank from 8 rows" in capsys.readouterr().err
    assert run(project, "--accept", "bills") == 0
    assert "is in force: cloud_costs (1 rows)." in capsys.readouterr().out


def test_the_day_is_the_companys(project: Path) -> None:
    """Half past eleven in the evening in London is the next day in Berlin."""
    day = day_in_company(project / "data", datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    assert day.date().isoformat() == "2026-03-02"


@pytest.mark.slow
def test_a_report_says_which_snapshot_it_read(project: Path) -> None:
    """Takings that were collected count with those by hand; without a change nothing is made again."""
    sources(project, {
        "source": "files", "name": "till", "folder": "exports", "table": "ledger",
        "columns": {"line": "id", "entry": "id2", "date": "day", "account": "account", "amount": "amount"},
        "constants": {"entity": "ferry"},
    })  # fmt: skip
    (project / "exports" / "a.csv").write_text(
        "id,id2,day,account,amount\n901,t1,2026-03-30,1000,50\n902,t1,2026-03-30,4000,-50\n"
    )
    opened, request = Project.open(project), pipeline.Request(("skipper",), period="2026-03", engine="embedded")
    before = pipeline.run(opened, request).results[0]
    page = project / "_site" / before.key.path / "index.html"
    assert "Collected" not in page.read_text("utf-8")
    for day in (30, 31):
        now = datetime(2026, 3, day, 12, tzinfo=UTC)
        list(collect(read_sources(project / "sources.yml"), opened.data, project, None, now))  # type: ignore[arg-type]
    result = pipeline.run(opened, request).results[0]
    assert result.state == "built" and "table ledger" in result.reason
    assert "Collected March 31, 2026 from till, on the report’s day: ledger." in page.read_text("utf-8")
    assert pipeline.run(opened, request).results[0].state == "up to date"
    earlier = pipeline.Request(("skipper",), period="2026-03", engine="embedded", as_of="2026-03-30")
    pipeline.run(opened, earlier)
    assert "Collected March 30, 2026 from till, on the report’s day: ledger." in page.read_text("utf-8")
