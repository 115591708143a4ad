"""A report as a workbook that opens, equals the page, and obeys nothing in the data."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from quarterdeck.model.report import Fact, Figure, Prose, Report, ReportKey, Section, Table
from quarterdeck.render.workbook import write_workbook


def report(*tables: Table | Figure) -> Report:
    fact = Fact("cash", "Cash", 8370.5, "USD", "all", "2026-10", "2026-10-31", previous=8000.0)
    sold = Fact("sold", "Sold", 0.258065, "percent", "all", "2026-10", "2026-10-31", previous=0.3, target=0.5)
    jobs = Fact("jobs", "Jobs", 6.0, "jobs", "all", "2026-10", "2026-10-31", previous=5.5)
    section = Section("s", "S", (Prose(html="<p>x</p>"), *tables))
    return Report(
        ReportKey("p", "", "2026-10"),
        "T",
        "R",
        "",
        "2026-10-31",
        "C",
        "USD",
        "en_US",
        facts=(fact, sold, jobs),
        sections=(section,),
    )


def table(caption: str, value: object, unit: str = "text") -> Table:
    return Table("tbl", caption, ("Name",), (unit,), ((value,),), 1)


def test_values_are_typed_and_every_table_has_a_sheet(tmp_path: Path) -> None:
    """Money is a number, a day a date; findings and facts have sheets of their own."""
    write_workbook(report(table("Cost", 12.5, "USD"), table("Due", "2026-11-02", "date")), tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    assert book.sheetnames == ["Facts", "Findings", "Cost", "Due"]
    assert book["Facts"]["B2"].value == 8370.5 and book["Cost"]["A2"].value == 12.5
    assert book["Due"]["A2"].value.isoformat() == "2026-11-02T00:00:00"


def test_numbers_are_written_in_their_own_unit(tmp_path: Path) -> None:
    """A fact's by its own; a point only where something follows it."""
    write_workbook(report(table("Nights", 12, "count"), table("Founded", 2019, "year")), tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    shapes = [[book["Facts"][f"{column}{row}"].number_format for column in "BDE"] for row in (2, 3, 4)]
    assert shapes[0][:2] == ["#,##0.00", "#,##0.00"] and shapes[1] == ["0.0%"] * 3
    assert shapes[2][:2] == ["#,##0", "#,##0.00"]
    assert (book["Nights"]["A2"].number_format, book["Founded"]["A2"].number_format) == ("#,##0", "0")


@pytest.mark.parametrize("text", ["=1+1", "+1", "@SUM(A1)", "-2", '=HYPERLINK("x")', "https://example.com", "{=1}"])
def test_text_is_never_a_formula_or_a_link(tmp_path: Path, text: str) -> None:
    """A spreadsheet shows what the data holds."""
    write_workbook(report(table("T", text)), tmp_path / "r.xlsx")
    cell = openpyxl.load_workbook(tmp_path / "r.xlsx")["T"]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)


def test_captions_that_no_sheet_can_be_called(tmp_path: Path) -> None:
    """Long, forbidden, empty and repeated names each get a sheet."""
    long = "What cloud, email: data transfer / domains take [of] gross burn"
    write_workbook(
        report(table(long, "a"), table(long, "b"), table("'?*", "c"), table("facts", "d")), tmp_path / "r.xlsx"
    )
    names = openpyxl.load_workbook(tmp_path / "r.xlsx").sheetnames
    assert len({name.lower() for name in names}) == 6 and all(0 < len(name) <= 31 for name in names)


def test_same_report_same_bytes(tmp_path: Path) -> None:
    """No clock in the file."""
    write_workbook(report(table("T", "x")), tmp_path / "a.xlsx")
    write_workbook(report(table("T", "x")), tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


def test_a_chart_has_a_sheet_of_its_points(tmp_path: Path) -> None:
    """Each series' points are rows under the axes' titles; a heat map's cells have a column of their own."""
    lines = {"data": [{"type": "bar", "name": "Paid", "x": ["Oct 2026"], "y": [12.5]}]}
    lines["layout"] = {"yaxis": {"title": {"text": "Dollars"}}}
    heat = {"data": [{"type": "heatmap", "x": ["Mon"], "y": ["=A1"], "z": [[0.5]]}]}
    charts = (Figure("f", "Lines", "", lines), Figure("h", "Heat", "", heat), Figure("e", "Empty", "", {}))
    write_workbook(report(*charts), tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    shown = {name: list(book[name].values) for name in ("Lines", "Heat", "Empty")}
    assert shown["Lines"] == [("Series", "x", "Dollars"), ("Paid", "Oct 2026", 12.5)]
    assert shown["Heat"] == [("Series", "x", "y", "Value"), (None, "Mon", "=A1", 0.5)]
    assert shown["Empty"] == [("Series", "x", "y")]


def test_the_sheet_of_any_chart_says_what_it_draws(tmp_path: Path) -> None:
    """The first and last day of a plan's bars, a pie's shares, what a histogram counts, a matrix without labels."""
    day = 86_400_000
    plan = {"type": "bar", "orientation": "h", "y": ["A", "B"], "base": ["2026-10-05T00:00:00", None]}
    specs: dict[str, dict[str, Any]] = {
        "Plan": {**plan, "x": [56 * day, None]},
        "Pie": {"type": "pie", "labels": ["A", "B"], "values": [1, 2]},
        "Histogram": {"type": "histogram", "x": [4, 5]},
        "Heat": {"type": "heatmap", "z": [[0.5, 1]]},
        "Map": {"type": "choropleth", "locations": ["FR"], "z": [1]},
    }
    write_workbook(report(*(Figure(n, n, "", {"data": [one]}) for n, one in specs.items())), tmp_path / "r.xlsx")
    book = openpyxl.load_workbook(tmp_path / "r.xlsx")
    shown = {name: list(book[name].values) for name in specs}
    start, end = datetime(2026, 10, 5), datetime(2026, 11, 30)
    assert shown["Plan"] == [("Series", "Start", "y", "End"), (None, start, "A", end), (None, None, "B", None)]
    assert shown["Pie"][1:] == [(None, "A", 1), (None, "B", 2)]
    assert shown["Histogram"][1:] == [(None, 4, None), (None, 5, None)]
    assert shown["Heat"][1:] == [(None, 0, 0, 0.5), (None, 1, 0, 1)]
