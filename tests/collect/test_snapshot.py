"""Snapshots: whole or not at all, never changed, held back when suspect; reports use the newest that they may know."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from quarterdeck.collect import files
from quarterdeck.collect.snapshot import accept
from quarterdeck.model.errors import DataError, QuarterdeckError
from quarterdeck.report.data import Data, check_folder, newest_day, table_hashes

from .conftest import COSTS, Company

DAYS = [f"2026-11-0{day},Lambda,{day}.50" for day in range(1, 9)]


def amounts(company: Company, day: int | None = None) -> list[float]:
    as_of = date(2026, 11, day) if day else None
    return Data(company.data, as_of=as_of).table("cloud_costs")["amount"].tolist()


@pytest.mark.usefixtures("as_csv")
def test_a_snapshot_says_what_it_is(company: Company) -> None:
    """Its manifest holds source, query, rows, columns, checksum, time and version, and no account's number."""
    company.export(*DAYS)
    assert [(it.state, it.rows) for it in company.collect(9)] == [("collected", {"cloud_costs": 8})]
    files = company.files()
    assert sorted(files) == ["2026-11-09/bills/cloud_costs.csv", "2026-11-09/bills/manifest.json"]
    made = json.loads(files["2026-11-09/bills/manifest.json"])
    table = files["2026-11-09/bills/cloud_costs.csv"]
    assert table.decode().splitlines()[:2] == ["date,service,amount", "2026-11-01,Lambda,1.50"]
    assert made["tables"] == {"cloud_costs": {
        "rows": 8, "columns": ["date", "service", "amount"], "empty": [], "file": "cloud_costs.csv",
        "sha256": hashlib.sha256(table).hexdigest(),
    }}  # fmt: skip
    assert made["source"] == "files" and made["query"]["columns"]["amount"] == ["Cost"] and made["version"]
    assert made["taken_at"] == "2026-11-09T12:00:00+00:00" and made["account"] == ""


def test_a_second_run_on_a_day_changes_nothing(company: Company) -> None:
    """Even though the export has changed meanwhile; the next day takes it."""
    company.export(*DAYS)
    company.collect(9)
    before = company.files()
    company.export(*DAYS, "2026-11-09,S3,7")
    assert [it.state for it in company.collect(9)] == ["there"] and company.files() == before
    assert [it.rows for it in company.collect(10)] == [{"cloud_costs": 9}]
    assert {name: text for name, text in company.files().items() if name in before} == before


def test_parquet_and_csv_hold_the_same(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """With pyarrow a snapshot is a Parquet file; what reports read is the same, quotes and line breaks included."""
    pytest.importorskip("pyarrow", reason="pip install pyarrow")
    company.export('2026-11-01,"a ""b"", c\nd",1', "2026-11-02,007,-2.5", "2026-11-03,=1+1,3")
    company.collect(9)
    assert "2026-11-09/bills/cloud_costs.parquet" in company.files()
    packed = Data(company.data).table("cloud_costs")
    monkeypatch.setattr("quarterdeck.collect.writing.find_spec", lambda name: None)
    company.collect(10)
    assert "2026-11-10/bills/cloud_costs.csv" in company.files()
    assert Data(company.data).table("cloud_costs").equals(packed)
    assert packed["service"].tolist() == ['a "b", c\nd', "007", "'=1+1"]


def test_a_failing_source_leaves_its_last_snapshot_and_the_others(company: Company) -> None:
    """It says what is missing, or what stays in force; the source after it is collected."""
    company.export(*DAYS)
    lost = {**COSTS, "name": "lost", "folder": "nowhere", "table": "tickets_open", "columns": {"a": "b"}}
    first = company.collect(9, lost, COSTS)
    assert [it.state for it in first] == ["failed", "collected"]
    assert "nowhere: holds no file like *.csv" in first[0].said and "no earlier tickets_open" in first[0].said
    company.export(*DAYS, "2026-11-32,S3,7")
    (second,) = company.collect(10)
    assert second.state == "failed" and "costs.csv, row 10, column Day: '2026-11-32' is no day" in second.said
    assert "collected on 2026-11-09 stays in force" in second.said and len(amounts(company)) == 8


def test_what_a_library_raises_stops_no_other_source(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is one line, of bounded length and without a key; the next source is collected."""
    company.export(*DAYS)
    key, real = "AKIA" + "QX7ZP3LM9RT2VW5K", files.rows

    def broken(config: Any, *rest: Any) -> Any:
        if config.name == "bad":
            raise IndexError(f"{key} {'x ' * 10_000}")
        return real(config, *rest)

    monkeypatch.setattr("quarterdeck.collect.files.rows", broken)
    bad, good = company.collect(9, {**COSTS, "name": "bad"}, COSTS)
    assert (bad.state, good.state) == ("failed", "collected")
    assert bad.said.startswith("It cannot be read, IndexError: (a key) x x") and len(bad.said) < 1000


def test_a_file_that_may_not_be_read_stops_no_other_source(company: Company) -> None:
    """As of a link to itself."""
    company.export(*DAYS)
    (company.root / "odd").mkdir()
    (company.root / "odd" / "a.csv").symlink_to("a.csv")
    bad, good = company.collect(9, {**COSTS, "name": "bad", "folder": "odd"}, COSTS)
    assert (bad.state, good.state) == ("failed", "collected") and "a.csv" in bad.said


def test_rows_that_another_source_gave_are_told(company: Company) -> None:
    """The same file's name in two folders gives two rows; the same key but one, and that is said."""
    for folder in ("one", "two"):
        (company.root / folder).mkdir()
        (company.root / folder / "2026.csv").write_text("Id\n7\n")
    both = {"source": "files", "table": "tickets", "columns": {"ticket": "#", "opened_on": "Id"}}
    numbered = [
        {**both, "name": name, "folder": name, "columns": {"event": "#"}, "table": "events"} for name in ("one", "two")
    ]
    company.collect(9, *numbered)
    assert sorted(Data(company.data).table("events")["event"]) == ["one/2026.csv:2", "two/2026.csv:2"]
    company.export(*DAYS)
    first, second = company.collect(9, COSTS, {**COSTS, "name": "again"})
    assert not first.said and "cloud_costs: 8 collected rows are left out" in second.said


def test_a_column_that_lost_all_its_values_is_held_back(company: Company) -> None:
    """As when a field of JSON has another name: no header tells."""
    logs = {"source": "files", "name": "logs", "folder": "exports", "pattern": "*.jsonl", "table": "events",
            "columns": {"event": "#", "took": "duration"}}  # fmt: skip
    (company.exports / "a.jsonl").write_text('{"duration": 5}\n{}\n')
    assert [it.state for it in company.collect(9, logs)] == ["collected"]
    (company.exports / "a.jsonl").write_text('{"duration_ms": 5}\n{}\n')
    (held,) = company.collect(10, logs)
    assert held.state == "held" and "events lost all values of took" in held.said


@pytest.mark.parametrize("stop", [KeyboardInterrupt, MemoryError])
def test_a_run_cut_short_leaves_nothing(company: Company, stop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a table is never in force, nor left behind."""
    company.export(*DAYS)

    def cut(*_: Any) -> Any:
        yield "cloud_costs", {"date": "2026-11-01", "service": "S3", "amount": 1}
        raise stop

    monkeypatch.setattr("quarterdeck.collect.files.rows", cut)
    with pytest.raises(stop):
        company.collect(9)
    assert company.files() == {} and Data(company.data).table("cloud_costs").empty


def test_what_a_killed_run_left_is_no_snapshot(company: Company) -> None:
    """It is not read, and cleared away by the next run."""
    left = company.data / "snapshots" / ".partial" / "bills"
    left.mkdir(parents=True)
    (left / "cloud_costs.csv").write_text("date,service,amount\n2026-11-01,S3,1\n")
    (left / "manifest.json").write_text("{}")
    assert Data(company.data).table("cloud_costs").empty
    company.export(*DAYS)
    company.collect(9)
    assert not left.parent.exists() and len(amounts(company)) == 8


def test_a_source_that_shrank_is_held_until_it_is_accepted(company: Company) -> None:
    """Half of the rows will do, less will not; what is held is not read, and can be put in force."""
    company.export(*DAYS)
    company.collect(9)
    company.export(*DAYS[:4])
    assert [it.state for it in company.collect(10)] == ["collected"]
    company.export(DAYS[0])
    (held,) = company.collect(11)
    assert held.state == "held" and "cloud_costs shrank from 4 rows (2026-11-10) to 1" in held.said
    assert "quarterdeck collect --accept bills" in held.said and len(amounts(company)) == 4
    assert accept("bills", company.data).rows == {"cloud_costs": 1} and amounts(company) == [1.5]
    with pytest.raises(QuarterdeckError, match="is not held back"):
        accept("bills", company.data)


def test_what_is_held_is_collected_anew_when_its_source_is_mended(company: Company) -> None:
    """On the same day; nothing held stays beside what is in force."""
    company.export(*DAYS)
    company.collect(9)
    company.export(DAYS[0])
    assert [it.state for it in company.collect(10)] == ["held"]
    company.export(*DAYS)
    assert [it.state for it in company.collect(10)] == ["collected"]
    assert not list(company.data.rglob("*.held"))


def test_other_columns_are_held_back(company: Company) -> None:
    """A new mapping, or a new export, is looked at once before reports use it."""
    company.export("1,boat", "2,van", header="id,what")
    mapping = {**COSTS, "table": "inspections", "columns": {"id": "id", "what": "what"}}
    company.collect(9, mapping)
    (held,) = company.collect(10, {**mapping, "columns": {"id": "id", "thing": "what"}})
    assert "inspections lost the column what; inspections has a new column thing" in held.said


def test_what_does_not_fit_the_other_tables_is_held_back(company: Company) -> None:
    """An asset of an entity that nobody knows would stop every report; the message names the file as it is kept."""
    company.export("a1,Van,inn", "a2,Boat,fery", header="id,what,of")
    assets = {**COSTS, "table": "assets", "columns": {"asset": "id", "entity": "of", "name": "what"},
              "constants": {"kind": "vehicle", "status": "in use"}}  # fmt: skip
    (held,) = company.collect(9, assets)
    assert held.state == "held" and "assets.parquet, row 3, column entity: 'fery' is not in entities.csv" in held.said
    assert "Did you mean 'ferry'?" in held.said and "/tmp/tmp" not in held.said
    assert Data(company.data).table("assets").empty and check_folder(company.data) == []


def test_reports_use_the_newest_snapshot_at_or_before_their_day(company: Company) -> None:
    """What was collected later is not known yet; the day of collecting is news by itself."""
    company.export(*DAYS)
    company.collect(9)
    company.export(*DAYS[:6])
    company.collect(12)
    assert [len(amounts(company, day)) for day in (8, 9, 11, 12, 30)] == [0, 8, 8, 6, 6]
    assert len(amounts(company)) == 6 and newest_day(Data(company.data)) == date(2026, 11, 12)


def test_a_row_by_hand_wins_over_a_collected_one(company: Company) -> None:
    """Rows of both count; the check says how many were left out."""
    (company.data / "cloud_costs.csv").write_text("date,service,amount\n2026-11-01,Lambda,100\n2026-10-31,S3,1\n")
    company.export(*DAYS)
    company.collect(9)
    table = Data(company.data).table("cloud_costs").sort_values("date")
    assert table["amount"].tolist()[:3] == [1, 100, 2.5] and len(table) == 9
    assert check_folder(company.data) == [
        "cloud_costs: 1 collected rows are left out, as a row by hand or of another source has their key"
    ]


def test_two_sources_of_one_table_are_read_together(company: Company) -> None:
    """Each has its newest snapshot, whatever the other's day."""
    company.export(*DAYS[:2])
    company.export("2026-11-03,Mail,5", name="mail.txt")
    mail = {**COSTS, "name": "mail", "pattern": "*.txt", "format": "csv"}
    company.collect(9, mail)
    company.collect(10)
    assert sorted(amounts(company)) == [1.5, 2.5, 5]


def test_the_record_of_what_was_read_covers_the_snapshot(company: Company) -> None:
    """A report is made again when a table's snapshot is another; one as of an earlier day is not."""
    company.export(*DAYS)
    company.collect(9)
    then, earlier = table_hashes(company.data), table_hashes(company.data, date(2026, 11, 9))
    data = Data(company.data)
    data.table("cloud_costs")
    assert data.reads["cloud_costs"] == then["cloud_costs"] == earlier["cloud_costs"]
    company.collect(10)
    assert table_hashes(company.data)["cloud_costs"] != then["cloud_costs"]
    assert table_hashes(company.data, date(2026, 11, 9)) == earlier
    assert then["ledger"] == hashlib.sha256((company.data / "ledger.csv").read_bytes()).hexdigest()


@pytest.mark.usefixtures("as_csv")
def test_a_snapshot_that_somebody_edited_stops_the_check(company: Company) -> None:
    """What reports rest on is what was collected."""
    company.export(*DAYS)
    company.collect(9)
    path = next(company.data.rglob("snapshots/*/bills/cloud_costs.csv"))
    path.write_text(path.read_text().replace("1.50", "0.01"))
    with pytest.raises(DataError, match=r"cloud_costs\.csv: is not as it was collected"):
        check_folder(company.data)
    path.unlink()
    with pytest.raises(DataError, match=r"bills/cloud_costs: is gone since it was collected"):
        check_folder(company.data)
    for text in ("{}", "[]", '{"tables": {"cloud_costs": {}}}', "x"):
        path.with_name("manifest.json").write_text(text)
        with pytest.raises(DataError, match=r"manifest\.json: cannot be read"):
            check_folder(company.data)


def test_a_collected_table_without_rows_is_present(company: Company) -> None:
    """Nothing found is another thing than nothing known."""
    company.export()
    company.collect(9)
    data = Data(company.data)
    assert data.table("cloud_costs").empty and data.absent({"cloud_costs"}) == []
    assert check_folder(company.data) == []


def test_a_project_may_lie_anywhere(company: Company, tmp_path: Path) -> None:
    """The record of what was read is the same on another machine."""
    company.export(*DAYS)
    company.collect(9)
    moved = company.data.rename(tmp_path / "elsewhere")
    assert table_hashes(moved)["cloud_costs"] == table_hashes(moved.rename(company.data))["cloud_costs"]


@pytest.mark.slow
def test_rows_are_written_as_they_come(company: Company) -> None:
    """Five times as many take no more memory."""
    import tracemalloc

    from quarterdeck.collect.writing import write

    peaks = []
    for count in (5_000, 25_000):
        company.export(*(f"2026-11-01,S{number},1.25" for number in range(count)))
        folder = company.root / str(count)
        folder.mkdir()
        (source,) = company.sources(COSTS)
        tracemalloc.start()
        write(source, folder, company.root, None, datetime(2026, 11, 9))  # type: ignore[arg-type]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 1_000_000 and peaks[1] < 10_000_000
