"""A report on paper: printed by a real browser, without a network, the same bytes each time."""

from __future__ import annotations

from pathlib import Path

import pytest
from pypdf import PdfReader

from quarterdeck import pdf
from quarterdeck.cli import main
from quarterdeck.dispatch import Order
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.project import Project

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def browser_found(browser_path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser that the tests use is the one that prints."""
    monkeypatch.setenv("BROWSER_PATH", browser_path)


def test_each_report_is_one_file_with_its_title_and_page_numbers(built: Path, browser_found: None) -> None:
    """Of the newest period, or of the one that is named; the second time nothing of it differs."""
    assert main(["pdf", "--project", str(built)]) == 0
    assert main(["pdf", "--project", str(built), "--period", "2026-02", "--personas", "host"]) == 0
    made = sorted(built.glob("pdf/**/*.pdf"))
    names = ["2026-02/host.pdf", "2026-03/host.pdf", "2026-03/skipper.pdf"]
    assert [path.relative_to(built / "pdf").as_posix() for path in made] == names
    document = PdfReader(made[2])
    assert document.metadata and document.metadata.title == "The ferry · March 2026"
    for number, page in enumerate(document.pages, 1):
        text = page.extract_text()
        assert "The ferry · March 2026" in text and f"{number} / {len(document.pages)}" in text
    before = made[2].read_bytes()
    assert list(pdf.print_reports(Project.open(built), Order(("skipper",)))) == [made[2]]
    assert made[2].read_bytes() == before


def test_how_a_browser_numbers_what_it_reads_is_not_seen(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under load it counts one node more or less; cells keep their names' order and whom each names."""
    printed = []
    for first in (288, 289):
        browser, cells = built / "browser", f"(node{first:08}) (node{first + 9:08}) (node{first:08})"
        browser.write_text(
            f'#!/bin/sh\nfor a; do case $a in --print-to-pdf=*) echo "{cells}" >"${{a#*=}}";; esac; done\n'
        )
        browser.chmod(0o755)
        monkeypatch.setenv("BROWSER_PATH", str(browser))
        printed += [path.read_text() for path in pdf.print_reports(Project.open(built), Order(("skipper",)))]
    assert printed == ["(node00000001) (node00000002) (node00000001)\n"] * 2


def test_a_path_of_the_printing_machine_is_not_told(built: Path, browser_found: None) -> None:
    """Links within the report stay; what is beside the page is of no use to who gets the file."""
    (path,) = pdf.print_reports(Project.open(built), Order(("skipper",)))
    kinds = [
        note.get_object().get("/A", {}).get("/S", "/Dest")
        for page in PdfReader(path).pages
        for note in page.get("/Annots", [])
    ]
    assert "/URI" not in kinds
    assert str(built).encode() not in path.read_bytes()


def test_paper_has_the_size_of_the_reader_s_country(built: Path, browser_found: None) -> None:
    """Letter where that is usual, A4 elsewhere."""
    page = built / "_site/r/skipper/2026-03/index.html"
    sizes = {}
    for language in ("en-US", "de-DE"):
        page.write_text(page.read_text("utf-8").replace('lang="en-US"', f'lang="{language}"'), "utf-8")
        (path,) = pdf.print_reports(Project.open(built), Order(("skipper",)))
        box = PdfReader(path).pages[0].mediabox
        sizes[language] = round(box.width), round(box.height)
    assert sizes == {"en-US": (612, 792), "de-DE": (595, 842)}


def test_what_cannot_be_printed_is_said(
    built: Path, browser_found: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No such report, no page, a browser that prints nothing or does not end, none at all."""
    project, order = Project.open(built), Order(("skipper",))
    assert main(["pdf", "--project", str(built), "--period", "2020-01"]) == 2
    assert "found no such report" in capsys.readouterr().err
    monkeypatch.setattr(pdf, "SECONDS", 2)
    for name, script, said in (("mute", "echo no >&2", "printed nothing: no"), ("slow", "exec sleep 9", "timed out")):
        browser = built / name
        browser.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        browser.chmod(0o755)
        monkeypatch.setenv("BROWSER_PATH", str(browser))
        with pytest.raises(QuarterdeckError, match=said):
            list(pdf.print_reports(project, order))
    (built / "_site/r/skipper/2026-03/index.html").unlink()
    with pytest.raises(QuarterdeckError, match="quarterdeck reports"):
        list(pdf.print_reports(project, order))
    monkeypatch.delenv("BROWSER_PATH")
    monkeypatch.setenv("PATH", str(built))
    with pytest.raises(QuarterdeckError, match="no browser was found"):
        list(pdf.print_reports(project, order))
