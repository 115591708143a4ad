"""Of workers that meet over a piece of work one has it, and nothing that has ended begins again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from deliver.ledgers import dynamo_client
from quarterdeck.cloud.runs import Runs, report_item, run_id, run_item
from quarterdeck.deliver.members import EXPIRES, KEYS
from quarterdeck.deliver.table import Table
from quarterdeck.model.report import ReportKey

NOW = 1_793_000_000.0
CEO = ReportKey("ceo", "", "2026-10")


@pytest.fixture
def runs(ministack: str) -> Runs:
    table = Table(dynamo_client(ministack), f"cloud-{uuid4().hex}")
    table.make(KEYS, {}, EXPIRES)
    return Runs(table)


def test_of_twenty_workers_one_gets_it(runs: Runs) -> None:
    """And again when its time is over, and not once it has ended."""
    runs.add("one", CEO, NOW)
    item = report_item("one", CEO)

    def claims(now: float) -> int:
        with ThreadPoolExecutor(20) as pool:
            return sum(pool.map(lambda _: runs.claim(item, "report", now, now + 300), range(20)))

    assert [claims(NOW), claims(NOW + 299), claims(NOW + 301)] == [1, 0, 1]
    assert runs.reports("one")[0]["report_attempts"] == "2"
    assert not runs.bury(item, "report", NOW + 302, "gone")
    runs.release(item, "report", "the network")
    assert claims(NOW + 302) == 1
    assert runs.advance(item, "executed", ("executing",))
    assert [claims(NOW + 9999), runs.bury(item, "report", NOW + 9999, "gone")] == [0, False]


def test_a_run_is_opened_once(runs: Runs) -> None:
    """By however many at once, with what the first one said; the newest are listed first."""
    with ThreadPoolExecutor(20) as pool:
        opened = list(pool.map(lambda n: runs.open("same", NOW, by=str(n)), range(20)))
    assert sum(opened) == 1 and runs.get("same")["by"] == str(opened.index(True))
    for number in range(3):
        runs.open(f"later-{number}", NOW + 1 + number)
    assert [row["id"] for row in runs.newest(3)] == ["later-2", "later-1", "later-0"]
    assert [row["id"] for row in runs.newest(9)][3:] == ["same"]


def test_a_report_waits_for_nobody_unknown(runs: Runs) -> None:
    """A message about a run that never was begins nothing."""
    assert not runs.claim(run_item("none"), "plan", NOW, NOW + 300)
    assert not runs.get("none") and not runs.reports("none")


def test_ids_are_of_letters_digits_and_hyphens() -> None:
    """Whatever they are made from."""
    assert run_id("month 2026-11-01T08:00:00Z") == "month-2026-11-01T08-00-00Z"
    assert run_id("../../x y#") == "x-y"
