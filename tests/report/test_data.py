"""The only way to data: scope, as of, absence, and the record of what was read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from quarterdeck.model.errors import DataError
from quarterdeck.report.data import ABSENT, Data, check_folder, newest_day, remembered, table_files, table_hashes

CLIENTS = "client,entity,name,since,ended_on\na,one,A,2026-01-05,2026-08-01\nb,two,B,2026-06-01,\n"
INVOICES = """invoice,client,month,issued_on,due_on,amount
1,a,2026-01,2026-01-31,2026-02-28,100
2,b,2026-06,2026-06-30,2026-12-30,50
"""
PAYMENTS = "payment,invoice,paid_on,amount\np1,1,2026-03-01,100\np2,2,2026-09-01,50\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clients.csv").write_text(CLIENTS, "utf-8")
    (tmp_path / "invoices.csv").write_text(INVOICES, "utf-8")
    (tmp_path / "payments.csv").write_text(PAYMENTS, "utf-8")
    return tmp_path


def test_scope_reaches_tables_that_refer_to_it_over_several_steps(folder: Path) -> None:
    """Payments belong to an entity through invoices and clients."""
    data = Data(folder, only={"entities": ["two"]})
    (folder / "entities.csv").write_text(
        "entity,name,kind,unit,units,capacity,sells_for,billing,started_on,owner\n"
        "one,One,agency,month,months,,,,2020-01-01,\ntwo,Two,agency,month,months,,,,2020-01-01,\n",
        "utf-8",
    )
    assert list(data.table("payments")["payment"]) == ["p2"]
    assert list(Data(folder, only={"clients": ["a"]}).table("payments")["payment"]) == ["p1"]


def test_a_row_that_names_its_entity_is_in_its_scope_without_an_asset(make_data: Callable[..., Data]) -> None:
    """An empty asset, or one of another entity, takes no booking out of the report of who delivers it."""
    data = make_data(
        only={"entities": ["one"]},
        entities=[{"entity": "one"}, {"entity": "two"}],
        assets=[{"asset": "boat", "entity": "two"}],
        bookings=[{"booking": name, "entity": entity, "asset": asset} for name, entity, asset in (
            ("none", "one", ""), ("lent", "one", "boat"), ("other", "two", "boat"))],
    )  # fmt: skip
    assert list(data.table("bookings")["booking"]) == ["none", "lent"]


def test_what_a_cancellation_gave_back_is_known_with_it(make_data: Callable[..., Data]) -> None:
    """The day before, nothing was cancelled and nothing given back; a refund without cancellation stays."""
    rows = [{"cancelled_on": "2026-03-02", "refund": 50}, {"refund": 7}]
    assert make_data(as_of="2026-03-02", bookings=rows).table("bookings")["refund"].tolist() == [50, 7]
    assert make_data(as_of="2026-03-01", bookings=rows).table("bookings")["refund"].fillna(0).tolist() == [0, 7]


def test_as_of_hides_rows_and_events_that_came_later(folder: Path) -> None:
    """On an earlier day the second client had not come, the first had not left, and due days stay."""
    clients = Data(folder, as_of=date(2026, 5, 1)).table("clients")
    assert list(clients["client"]) == ["a"] and clients["ended_on"].isna().all()
    assert Data(folder, as_of=date(2026, 7, 1)).table("invoices")["due_on"].max().date() == date(2026, 12, 30)


def test_newest_day_counts_events_and_no_plans(folder: Path) -> None:
    """A due day in December is no news."""
    assert newest_day(Data(folder)) == date(2026, 9, 1)


def test_absent_table_is_empty_typed_and_on_record(folder: Path) -> None:
    """Code that filters and sums goes on; whoever asks is told."""
    data = Data(folder)
    leads = data.table("leads", ["value", "created_on"])
    assert leads.empty and leads["value"].sum() == 0 and list(leads["created_on"].dt.month) == []
    assert data.reads["leads"] == ABSENT and data.absent({"leads", "clients"}) == ["leads"]


def test_unknown_table_and_column_get_the_nearest(folder: Path) -> None:
    """A misspelt name is no absent table."""
    with pytest.raises(DataError, match="Did you mean 'clients'"):
        Data(folder).table("client")
    with pytest.raises(DataError, match="Did you mean 'amount'"):
        Data(folder).table("payments", ["amonut"])


def test_changing_a_table_in_a_cell_changes_no_other_reader(folder: Path) -> None:
    """Each caller has a frame of its own."""
    data = Data(folder)
    mine = data.table("payments")
    mine["amount"] = 0
    assert data.table("payments")["amount"].sum() == 150


def test_quoted_line_breaks_and_bom_are_read(folder: Path) -> None:
    """A spreadsheet's export, as it comes."""
    text = CLIENTS.replace("one,A,", '"one","A\nand Co, Ltd",')
    (folder / "clients.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert Data(folder).table("clients")["name"].iloc[0] == "A\nand Co, Ltd"


def test_a_remembered_figure_is_computed_once_and_still_counts_as_read(folder: Path) -> None:
    """A pure function runs once for equal arguments; its tables count as touched each time, its frame is one's own."""
    calls: list[str] = []

    @remembered
    def named(data: Data, name: str) -> pd.DataFrame:
        calls.append(name)
        clients = data.table("clients")
        return clients[clients["name"] == name]

    data = Data(folder)
    first = named(data, "A")
    first["name"] = "changed"
    data.touched = set()
    assert named(data, "A")["name"].tolist() == ["A"]
    assert calls == ["A"] and data.touched == {"clients"}
    assert len(named(Data(folder), "A")) == 1 and calls == ["A", "A"]


def test_what_is_kept_is_recalled_by_the_same_view_of_the_same_tables_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it read counts as read; another scope, day or content computes anew."""
    monkeypatch.setattr("quarterdeck.report.data._kept", {})
    calls = []

    @remembered
    def paid(data: Data) -> float:
        calls.append(data)
        return float(data.table("payments")["amount"].sum())

    day = date(2026, 9, 30)
    first = Data(folder, as_of=day)
    assert paid(first) == 150
    first.keep()
    again = Data(folder, as_of=day)
    assert paid(again) == 150 and calls == [first]
    assert again.reads["payments"] == first.reads["payments"] and "payments" in again.touched
    assert paid(Data(folder, as_of=day, only={"clients": ["a"]})) == 100
    assert paid(Data(folder, as_of=date(2026, 3, 31))) == 100
    (folder / "payments.csv").write_text(PAYMENTS.replace("p2,2,2026-09-01,50", "p2,2,2026-09-01,40"), "utf-8")
    assert paid(Data(folder, as_of=day)) == 140 and len(calls) == 4


SAMPLE = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize("trusted", [False, True])
def test_a_parquet_file_is_the_table_that_its_csv_would_be(tmp_path: Path, trusted: bool) -> None:
    """Every sample table, with its own types and as text; the checks pass and the record names it by content."""
    pytest.importorskip("pyarrow", reason="pip install pyarrow")
    plain = Data(SAMPLE, trusted=True)
    for number, name in enumerate(table_files(SAMPLE)):
        frame = plain.table(name)
        frame = (
            frame
            if number % 2
            else frame.assign(**{day: frame[day].dt.date for day in frame.select_dtypes("datetime")})
        )
        frame.to_parquet(tmp_path / f"{name}.parquet")
    assert trusted or check_folder(tmp_path) == []
    made = Data(tmp_path, trusted=trusted)
    for name in table_files(SAMPLE):
        pd.testing.assert_frame_equal(made.table(name), plain.table(name), check_dtype=False)
        assert made.reads[name] == table_hashes(tmp_path)[name] != ABSENT


def test_what_is_wrong_in_a_parquet_file_is_said_as_of_a_csv(tmp_path: Path) -> None:
    """Row, column and value; a file that is none; two files of one table."""
    pytest.importorskip("pyarrow", reason="pip install pyarrow")
    clients = pd.DataFrame({"client": ["a", "b"], "entity": "one", "name": "A", "since": ["2026-01-05", "soon"]})
    clients.to_parquet(tmp_path / "clients.parquet")
    with pytest.raises(DataError, match=r"clients\.parquet, row 3, column since: found 'soon'. Expected a date"):
        Data(tmp_path).table("clients")
    (tmp_path / "clients.csv").write_text(CLIENTS, "utf-8")
    with pytest.raises(DataError, match=r"clients\.parquet: stands beside clients\.csv"):
        Data(tmp_path).table("clients")
    (tmp_path / "clients.csv").unlink()
    (tmp_path / "clients.parquet").write_text("no", "utf-8")
    with pytest.raises(DataError, match="is no Parquet file"):
        Data(tmp_path).table("clients")
