"""Exports of any program become rows of a table; what is hostile is refused or made harmless, and said in one line."""

from __future__ import annotations

import gzip
import io
import os
import re
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pytest
from pydantic import ValidationError

from quarterdeck.collect import reading
from quarterdeck.collect.files import Config, rows
from quarterdeck.model.errors import QuarterdeckError
from tools import find_tool

PUBLIC = Path(__file__).parent / "public"
CUT_SHORT = gzip.compress(b"Day,Service,Cost\n" + b"2026-11-01,S3,1\n" * 9999)[:60]
COSTS = {"date": "Day", "service": "Service", "amount": "Cost"}


def read(root: Path, **keys: Any) -> list[dict[str, Any]]:
    values = {"source": "files", "name": "them", "folder": ".", "table": "cloud_costs", "columns": COSTS, **keys}
    return [row for _, row in rows(Config.model_validate(values), None, root, date(2026, 11, 22))]  # type: ignore[arg-type]


def refused(root: Path, **keys: Any) -> str:
    with pytest.raises(QuarterdeckError) as err:
        read(root, **keys)
    assert "\n" not in str(err.value) and len(str(err.value)) < 400
    return str(err.value)


def workbook(path: Path, *lines: list[Any]) -> None:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    book.save(path)


def test_one_mapping_reads_csv_json_lines_and_workbooks(tmp_path: Path) -> None:
    """Compressed or not, nested or not, with days and numbers as each writes them."""
    (tmp_path / "a.csv").write_text("Cost,Day,Service,Note\n1.5,2026-11-01,S3,x\n", "utf-8-sig")
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(
        b'{"Day": "2026-11-02T23:59:01Z", "Service": "SQS", "Cost": 2.25}\n\n{"Day": "2026-11-03", "Service": "SNS"}\n'
    ))  # fmt: skip
    workbook(tmp_path / "c.xlsx", ["Day", "Service", "Cost"], [datetime(2026, 11, 4), "EC2", 0.1 + 0.2], [], [None])
    assert [tuple(row.values()) for row in read(tmp_path)] == [
        ("2026-11-01", "S3", "1.5"), ("2026-11-02", "SQS", "2.25"), ("2026-11-03", "SNS", ""),
        ("2026-11-04", "EC2", "0.3"),
    ]  # fmt: skip


def test_a_workbooks_sheet_is_the_one_that_is_named(tmp_path: Path) -> None:
    """Its first one unless told; one that is not in it is refused, with the name most like it."""
    book = openpyxl.Workbook()
    for name, service in (("Notes", "wrong"), ("Export 2026", "S3")):
        sheet = book.create_sheet(name)
        for line in (["Day", "Service", "Cost"], ["2026-11-01", service, 1]):
            sheet.append(line)
    del book["Sheet"]
    book.save(tmp_path / "a.xlsx")
    for keys, service in (({}, "wrong"), ({"sheet": "Export 2026"}, "S3")):
        assert [row["service"] for row in read(tmp_path, **keys)] == [service]
    said = refused(tmp_path, sheet="Export 2025")
    assert "a.xlsx, sheet Export 2025: is not in it. Did you mean 'Export 2026'?" in said


def test_a_parquet_file_is_read_with_its_types(tmp_path: Path) -> None:
    """Days, decimals, floats and what is missing; row groups one after the other; bytes are no text."""
    arrow = pytest.importorskip("pyarrow", reason="pip install pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pip install pyarrow")
    days = [datetime(2026, 11, 1 + n % 3, 23) for n in range(1000)]
    table = {"Day": days, "Service": ["S3", None] * 500, "Cost": [Decimal("0.00000010"), Decimal("2.50")] * 500}
    parquet.write_table(arrow.table(table), tmp_path / "a.parquet", row_group_size=300)
    parquet.write_table(arrow.table({**table, "Cost": [0.1 + 0.2] * 1000}), tmp_path / "b.parquet")
    made = [tuple(row.values()) for row in read(tmp_path)]
    assert made[:2] == [("2026-11-01", "S3", "0.00000010"), ("2026-11-02", "", "2.50000000")]
    assert made[1000] == ("2026-11-01", "S3", "0.3") and len(made) == 2000
    parquet.write_table(arrow.table({**table, "Service": [b"S3"] * 1000}), tmp_path / "a.parquet")
    assert "a.parquet, row 1, column Service: b'S3' is no single value" in refused(tmp_path)


def test_what_a_workbook_says_of_its_size_is_not_believed(tmp_path: Path) -> None:
    """Programs write it wrongly; and a row that ends early has empty cells."""
    workbook(
        tmp_path / "whole.xlsx", ["Day", "Service", "Cost"], ["2026-11-01", "S3"], *([["2026-11-02", "EC2", 1]] * 9)
    )
    whole, cut = zipfile.ZipFile(tmp_path / "whole.xlsx"), zipfile.ZipFile(tmp_path / "cut.xlsx", "w")
    with whole, cut:
        for name in whole.namelist():
            text = whole.read(name)
            cut.writestr(name, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:C3"', text))
    rows = [read(tmp_path, pattern=name) for name in ("whole.xlsx", "cut.xlsx")]
    assert rows[0] == rows[1] and [row["amount"] for row in rows[0]] == ["", *["1"] * 9]


def test_a_column_that_stands_twice_is_refused_in_every_format(tmp_path: Path) -> None:
    """Nobody could tell which is meant."""
    arrow = pytest.importorskip("pyarrow", reason="pip install pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pip install pyarrow")
    names = ["Day", "Service", "Cost", "Cost"]
    workbook(tmp_path / "a.xlsx", names, ["2026-11-01", "S3", 100, 5])
    table = arrow.Table.from_arrays([arrow.array(["x"])] * 4, names=names)
    parquet.write_table(table, tmp_path / "a.parquet")
    for name in ("a.xlsx", "a.parquet"):
        assert f"{name}, column Cost: stands twice" in refused(tmp_path, pattern=name)


@pytest.mark.parametrize("text", ["", "Foo,Bar\n"], ids=["empty", "other"])
def test_a_file_without_rows_needs_its_columns_too(tmp_path: Path, text: str) -> None:
    """Else a wrong file would pass for a month in which nothing happened."""
    (tmp_path / "a.csv").write_text(text)
    assert "a.csv, column Day: is missing" in refused(tmp_path)


def test_a_header_of_thousands_is_read_at_once(tmp_path: Path) -> None:
    """And told in one line."""
    (tmp_path / "a.csv").write_text(",".join(f"c{n}" for n in range(90_000)) + "\n")
    assert "a.csv, column Day: is missing" in refused(tmp_path)


def test_a_damaged_workbook_is_refused_wherever_it_broke(tmp_path: Path) -> None:
    """Of a hundred, each reads whole or is one message."""
    workbook(tmp_path / "a.xlsx", ["Day", "Service", "Cost"], *([["2026-11-02", "EC2", 1]] * 9))
    whole, random = (tmp_path / "a.xlsx").read_bytes(), Random(7)
    for _ in range(100):
        content = bytearray(whole)
        for _ in range(20):
            content[random.randrange(len(content))] = random.randrange(256)
        (tmp_path / "a.xlsx").write_bytes(content)
        try:
            read(tmp_path)
        except QuarterdeckError as err:
            assert "a.xlsx" in str(err)


def test_a_parquet_text_that_stands_everywhere_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file says it once: neither one that is too long is unpacked, nor more rows of it than its size allows."""
    arrow = pytest.importorskip("pyarrow", reason="pip install pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pip install pyarrow")
    for name, length, count in (("long", 4_000_000, 100), ("many", 500_000, 100_000)):
        text = arrow.DictionaryArray.from_arrays(arrow.array([0] * count, arrow.int32()), arrow.array(["x" * length]))
        parquet.write_table(arrow.table({"Day": text, "Service": text, "Cost": text}), tmp_path / f"{name}.parquet")
    assert "long.parquet: holds a text of more than 1,000,000 bytes" in refused(tmp_path, pattern="long*")
    monkeypatch.setattr(reading, "SMALL", 1_000_000)
    days = {"columns": {"note": "Day"}, "table": "notes"}
    assert "many.parquet: expands to more than" in refused(tmp_path, pattern="many*", **days)


def test_a_parquet_file_that_expands_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is unpacked."""
    arrow = pytest.importorskip("pyarrow", reason="pip install pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pip install pyarrow")
    table = arrow.table({"Day": [f"{n:032}" for n in range(100_000)]})
    parquet.write_table(table, tmp_path / "a.parquet", compression="zstd", use_dictionary=False)
    monkeypatch.setattr(reading, "SMALL", 100_000)
    monkeypatch.setattr(reading, "EXPANDED", 1)
    assert "a.parquet: expands to more than" in refused(tmp_path)


@pytest.mark.parametrize(
    ("text", "decimal", "amount"),
    [
        ("1,234.50", ".", "1234.50"), ("1.234,50", ",", "1234.50"), ("1 234,5", ",", "1234.5"), ("$-1", ".", "-1"),
        ("(12.00)", ".", "-12.00"), ("12.00-", ".", "-12.00"), ("−3", ".", "-3"), (".5", ".", "0.5"),
        ("10.00 EUR", ".", "10.00"), ("CHF 1’000.05", ".", "1000.05"), ("+7", ".", "7"),
        ("–5.00", ".", "-5.00"), ("US$ 3", ".", "3"),
    ],
)  # fmt: skip
def test_amounts_are_read_however_they_are_written(tmp_path: Path, text: str, decimal: str, amount: str) -> None:
    """Thousands, currencies, and the ways to say less than zero."""
    (tmp_path / "a.csv").write_text(f'Day;Service;Cost\n2026-11-01;S3;"{text}"\n', "utf-8")
    assert read(tmp_path, delimiter=";", decimal=decimal)[0]["amount"] == amount


@pytest.mark.parametrize(
    "text", ["1,23", "1.234.567,8", "12%", "10 AAPL @ 5.00 USD", "n/a", "1e9", "=1+1", "12..5", "5.00 CR"]
)
def test_what_is_no_amount_is_refused_with_its_row(tmp_path: Path, text: str) -> None:
    """Never taken for another number."""
    (tmp_path / "a.csv").write_text(f'Day,Service,Cost\n2026-11-01,S3,1\n2026-11-01,SQS,"{text}"\n', "utf-8")
    assert refused(tmp_path).startswith(f"a.csv, row 3, column Cost: {text!r} is no number")


@pytest.mark.parametrize("cell", ["true", "NaN", "Infinity", "1" * 40, "1e300", '{"a": 1}', "[1]"])
def test_json_that_is_no_amount_is_refused(tmp_path: Path, cell: str) -> None:
    """Whatever a program put there."""
    (tmp_path / "a.jsonl").write_text(f'{{"Day": "2026-11-01", "Service": "S3", "Cost": {cell}}}\n')
    assert refused(tmp_path).startswith("a.jsonl, row 1, column Cost: ")


def test_numbers_keep_what_they_have(tmp_path: Path) -> None:
    """A workbook's and JSON's too, however small."""
    workbook(
        tmp_path / "a.xlsx", ["Day", "Service", "Cost"], *(["2026-11-01", "S3", it] for it in (0.123456, 0.00001, 3))
    )
    assert [row["amount"] for row in read(tmp_path)] == ["0.123456", "0.00001", "3"]


def test_texts_hold_no_key_and_no_return(tmp_path: Path) -> None:
    """Whatever an export of logs brings along."""
    key = "AKIA" + "QX7ZP3LM9RT2VW5K"
    (tmp_path / "a.csv").write_text(f"Day,Service,Cost\n2026-11-01,used {key} to log in,1\n")
    assert read(tmp_path)[0]["service"] == "used (a key) to log in"


def test_two_currencies_are_not_added_up(tmp_path: Path) -> None:
    """A column is in one currency; where it says none, it is that one."""
    (tmp_path / "a.csv").write_text("Day,Service,Cost\n2026-11-01,S3,$1\n2026-11-01,SQS,0\n2026-11-01,SNS,2 EUR\n")
    assert "row 4, column Cost: '2 EUR' is not in $, as those before" in refused(tmp_path)


def test_an_accounting_export_becomes_the_ledger(tmp_path: Path) -> None:
    """Debit and credit in two columns, German numbers and days, a code for each account, CP-1252."""
    (tmp_path / "Buchungen.csv").write_text(
        "Beleg;Datum;Konto;Soll;Haben;Text\n1;01.02.2026;Bank;1.190,00;;Müller\n1;01.02.2026;Erlöse;;1.190,00;Müller\n",
        "cp1252",
    )
    made = read(
        tmp_path, table="ledger", delimiter=";", decimal=",", date_format="%d.%m.%Y", encoding="cp1252",
        columns={"line": "#", "entry": "Beleg", "date": "Datum", "account": "Konto", "amount": ["Soll", "-Haben"],
                 "memo": "Text", "document": "#"},
        constants={"entity": "inn"}, values={"account": {"Bank": "1000", "Erlöse": "4000"}},
    )  # fmt: skip
    assert [tuple(row.values()) for row in made] == [
        ("them/Buchungen.csv:2", "1", "2026-02-01", "1000", "1190.00", "Müller", "them/Buchungen.csv:2", "inn"),
        ("them/Buchungen.csv:3", "1", "2026-02-01", "4000", "-1190.00", "Müller", "them/Buchungen.csv:3", "inn"),
    ]


JOURNAL = """2026-01-01 income
    assets:bank  $1,200.50
    income:salary
2026-06-03 * eat & shop
    expenses:food      $1
    expenses:supplies  $1
    assets:cash
"""


def test_what_hledger_exports_becomes_the_ledger(tmp_path: Path) -> None:
    """Its register as CSV: postings that sum to zero in each transaction."""
    (tmp_path / "my.journal").write_text(JOURNAL)
    command = [
        find_tool("hledger", "apt-get install hledger"),
        "-f",
        str(tmp_path / "my.journal"),
        "register",
        "-O",
        "csv",
    ]
    exported = subprocess.run(command, capture_output=True, check=True, env={"LC_ALL": "C.UTF-8"}).stdout
    (tmp_path / "register.csv").write_bytes(exported)
    made = read(
        tmp_path, pattern="register.csv", table="ledger", constants={"entity": "inn"},
        columns={"line": "#", "entry": "txnidx", "date": "date", "account": "account", "amount": "amount",
                 "memo": "description"},
    )  # fmt: skip
    sums: dict[str, float] = {}
    for row in made:
        sums[row["entry"]] = sums.get(row["entry"], 0) + float(row["amount"])
    assert [row["amount"] for row in made] == ["1200.50", "-1200.50", "1.00", "1.00", "-2.00"]
    assert set(sums.values()) == {0}


RECEIVABLES = """customerID,PaperlessDate,invoiceNumber,InvoiceDate,DueDate,InvoiceAmount,Disputed,SettledDate
0379-NEVHP,06/04/2026,611365,02/01/2026,01/02/2026,55.94,No,15/01/2026
8976-AMJEO,03/03/2026,7900770,26/01/2026,25/02/2026,61.74,Yes,03/03/2026
"""


def test_a_set_of_receivables_becomes_invoices_and_payments(tmp_path: Path) -> None:
    """In the columns of the public set that IBM gave: one file, two tables; the month billed is that of the invoice."""
    (tmp_path / "receivables.csv").write_text(RECEIVABLES)
    shape: dict[str, Any] = {"pattern": "receivables.csv", "date_format": "%d/%m/%Y"}
    invoice = {"invoice": "invoiceNumber", "client": "customerID", "month": "InvoiceDate", "issued_on": "InvoiceDate",
               "due_on": "DueDate", "amount": "InvoiceAmount"}  # fmt: skip
    payment = {"payment": "#", "invoice": "invoiceNumber", "paid_on": "SettledDate", "amount": "InvoiceAmount"}
    invoices = read(tmp_path, table="invoices", columns=invoice, **shape)
    payments = read(tmp_path, table="payments", columns=payment, **shape)
    assert list(invoices[1].values()) == ["7900770", "8976-AMJEO", "2026-01", "2026-01-26", "2026-02-25", "61.74"]
    assert [row["amount"] for row in payments] == ["55.94", "61.74"] and payments[0]["paid_on"] == "2026-01-15"


def test_public_hotel_bookings_load_or_say_what_they_lack() -> None:
    """A day in three columns is read; that nobody wrote down when a stay was booked is said."""
    arrival = ["arrival_date_year", "arrival_date_month", "arrival_date_day_of_month"]
    nights = ["stays_in_weekend_nights", "stays_in_week_nights"]
    stays = {"booking": "#", "customer": "country", "starts_on": arrival, "ends_on": arrival, "quantity": nights,
             "price": "adr"}  # fmt: skip
    shape: dict[str, Any] = {"pattern": "hotels.csv", "table": "bookings", "date_format": "%Y-%B-%d"}
    with pytest.raises(ValueError, match=r"needs the column booked_on \(day of the booking\)"):
        read(PUBLIC, columns=stays, constants={"entity": "inn"}, **shape)
    made = read(PUBLIC, columns={**stays, "booked_on": arrival}, constants={"entity": "inn", "deposit": "0"}, **shape)
    assert [row["quantity"] for row in made] == ["0", "1", "2", "3", "4"] and made[4]["starts_on"] == "2015-07-01"


def test_a_column_that_an_export_lost_is_named(tmp_path: Path) -> None:
    """With the nearest name that is there."""
    (tmp_path / "a.csv").write_text("Day,Services,Cost\n2026-11-01,S3,1\n")
    assert "a.csv, column Service: is missing. Did you mean 'Services'?" in refused(tmp_path)


@pytest.fixture
def bomb(tmp_path: Path) -> Iterator[Path]:
    """6 MB of one line, or of many, in 6 KB."""
    for name, block in (("line", b"0" * 1_000_000), ("many", b"2026-11-01,S3,1\n" * 62_500)):
        with gzip.open(tmp_path / f"{name}.csv.gz", "wb", compresslevel=9) as file:
            file.write(b"Day,Service,Cost\n")
            for _ in range(6):
                file.write(block)
    yield tmp_path


@pytest.mark.slow
def test_a_gzip_bomb_is_refused(bomb: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At its first line that is too long, or when it has expanded too far."""
    monkeypatch.setattr(reading, "SMALL", 2_000_000)
    assert "line.csv.gz, line 2: is longer than 1,000,000 bytes" in refused(bomb, pattern="line*")
    monkeypatch.setattr(reading, "EXPANDED", 10)
    assert "expands to more than 2,000,000 bytes from" in refused(bomb, pattern="many*")


def test_a_workbook_that_expands_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it is unpacked."""
    workbook(tmp_path / "a.xlsx", ["Day", "Service", "Cost"], *(["2026-11-01", "S3", 1] for _ in range(1000)))
    monkeypatch.setattr(reading, "SMALL", 10_000)
    monkeypatch.setattr(reading, "EXPANDED", 1)
    assert "a.xlsx: expands to more than" in refused(tmp_path)


def test_a_line_of_a_gigabyte_is_refused_before_it_fills_memory(tmp_path: Path) -> None:
    """A sparse file of 1 GB without a line's end, read in a second and a few megabytes."""
    import tracemalloc

    (tmp_path / "a.csv").write_text("Day,Service,Cost\n")
    os.truncate(tmp_path / "a.csv", 1_000_000_000)
    tracemalloc.start()
    try:
        assert "a.csv, line 2: is longer than 1,000,000 bytes" in refused(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_spreadsheets_formula_is_its_last_value(tmp_path: Path) -> None:
    """Nothing is run; a formula that was never computed is an empty cell."""
    book = openpyxl.Workbook()
    for line in (["Day", "Service", "Cost"], ["2026-11-01", "=HYPERLINK(A1)", "=1+1"]):
        book.active.append(line)
    book.save(tmp_path / "a.xlsx")
    assert read(tmp_path) == [{"date": "2026-11-01", "service": "", "amount": ""}]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", b"Day,Service,Cost\n2026-11-01,S\xff,1\n", "a.csv, line 2: is not UTF-8: byte 0xff"),
        ("a.csv", b"Day,Service,Cost\n2026-11-01,S3\n", "a.csv, row 2: has 2 cells, its header 3"),
        ("a.csv", b'Day,Service,Cost\n2026-11-01,"S3,1\n', "a.csv, row 2: is no CSV: unexpected end of data"),
        ("a.csv", b'Day,Service,Cost\n"' + b"x\n" * 100_000, "a.csv, row 2: is no CSV: field larger than"),
        ("a.csv", b"Day,Cost,Service,Cost\n", "a.csv, column Cost: stands twice"),
        ("a\x1b[2J\n.csv", b"Day\nx\n", "a?[2J?.csv, column Service: is missing"),
        (
            "a.csv.gz",
            gzip.compress(b"Day,Service,Cost\n")[:-8] + b"\0" * 20,
            "a.csv.gz, line 2: cannot be unpacked or read",
        ),
        (os.fsdecode(b"a\xff.csv"), b"Day,Service,Cost\nx,y,z\n", "a?.csv, row 2, column Day: 'x' is no day"),
        ("a.csv.gz", b"\x1f\x8b\x08\0plain", "a.csv.gz, line 1: cannot be unpacked or read"),
        ("a.csv.gz", CUT_SHORT, "cannot be unpacked or read"),
        ("a.jsonl", b'{"Day": 1\n', "a.jsonl, line 1: is no object of JSON"),
        ("a.jsonl", b"[" * 100_000 + b"\n", "a.jsonl, line 1: is no object of JSON"),
        ("a.jsonl", b"[1]\n", "a.jsonl, line 1: is no object of JSON"),
        ("a.xlsx", b"PK\x03\x04 no zip", "a.xlsx: is no workbook"),
        ("a.parquet", b"PAR1 nothing PAR1", "a.parquet: is no Parquet file"),
        ("a.exe", b"MZ", "a.exe: has a suffix that tells no format"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_said_with_file_and_row(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """One line, no traceback."""
    (tmp_path / name).write_bytes(content)
    assert said in refused(tmp_path)


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    """An archive with a path for a name is not unpacked anywhere."""
    import zipfile

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("../../evil.txt", "x")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.xlsx").write_bytes(made.getvalue())
    assert "a.xlsx: is no workbook" in refused(tmp_path, folder="in")
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["a.xlsx"]


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    """To a file or through a folder; one that stays within is read."""
    (tmp_path / "secret.csv").write_text("Day,Service,Cost\n2026-11-01,S3,1\n")
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "real.csv").write_text("Day,Service,Cost\n2026-11-01,S3,1\n")
    (folder / "within.csv").symlink_to(folder / "real.csv")
    assert len(read(tmp_path, folder="exports")) == 2
    (folder / "out.csv").symlink_to(tmp_path / "secret.csv")
    assert "out.csv: is a link that leads out of its folder" in refused(tmp_path, folder="exports")


@pytest.mark.parametrize("pattern", ["", ".", "a**b", "***"])
def test_a_pattern_that_fits_nothing_is_refused(pattern: str) -> None:
    """Before anything is read."""
    with pytest.raises(ValidationError, match="fits no file"):
        Config.model_validate({"source": "files", "name": "them", "folder": ".", "table": "x", "columns": {"a": "b"},
                               "pattern": pattern})  # fmt: skip


@pytest.mark.parametrize("pattern", ["../*.csv", "/etc/*", "a/../../*"])
def test_a_pattern_that_leads_out_of_the_folder_is_refused(pattern: str) -> None:
    """Before anything is read."""
    with pytest.raises(ValueError, match="leads out of the folder"):
        Config.model_validate({"source": "files", "name": "them", "folder": ".", "table": "cloud_costs",
                               "columns": COSTS, "pattern": pattern})  # fmt: skip


def test_days_are_read_as_told(tmp_path: Path) -> None:
    """American days by their form; what is no day is refused with it."""
    (tmp_path / "a.csv").write_text("Day,Service,Cost\n11/02/2026,S3,1\n13/13/2026,S3,1\n")
    assert "a.csv, row 3, column Day: '13/13/2026' is no day. Expected a day written as %m/%d/%Y" in refused(
        tmp_path, date_format="%m/%d/%Y"
    )
    assert "date_format" in refused(tmp_path)
