"""The analyst's side of a report."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.io as pio
import pytest

from quarterdeck.model.errors import NotebookError
from quarterdeck.model.period import Period
from quarterdeck.model.persona import Persona
from quarterdeck.model.report import Finding
from quarterdeck.report.data import Data
from quarterdeck.report.desk import Desk, open_report
from quarterdeck.report.measure import Measure
from quarterdeck.report.schema import schemas


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Everything that the desk displays."""
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    return shown


@pytest.fixture
def desk(make_data: Callable[..., Data], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    data = make_data(bookings=[{"price": 100, "booked_on": "2026-10-03"}, {"price": 50, "booked_on": "2026-09-03"}])
    persona = Persona.model_validate({"id": "p", "title": "T", "reader": "R", "sections": ["s"]})
    return Desk(persona, Period.parse("2026-10"), date(2026, 10, 31), "", data, pipeline=True)


def test_a_reader_of_some_entities_has_figures_of_their_own(desk: Desk) -> None:
    """Neither of all entities nor of one: the same figure of the whole business may differ."""
    desk.persona = desk.persona.model_copy(update={"entities": ("two", "one")})
    assert desk.fact("booked", "Booked", booked(desk.data)).scope == "one+two"


def booked(data: Data) -> Callable[[Period], Measure]:
    def metric(period: Period) -> Measure:
        rows = data.table("bookings")
        inside = rows["booked_on"].between(period.start.isoformat(), period.end.isoformat())
        return Measure.total(rows[inside], "price") if inside.any() else Measure.unknown("nothing booked")

    return metric


def test_fact_compares_and_keeps_its_rows(desk: Desk, tmp_path: Path) -> None:
    """Beside the period stand the one before and the trend, and a CSV that re-sums."""
    fact = desk.fact("booked", "Booked", booked(desk.data), better="higher", trend=3)
    assert (fact.value, fact.previous, fact.trend, fact.verdict) == (100, 50, (None, 50, 100), "good")
    assert pd.read_csv(tmp_path / fact.rows)["contribution"].sum() == 100


def test_target_comes_from_the_kpi_that_the_fact_measures(make_data: Callable[..., Data], desk: Desk) -> None:
    """A share is written as a percentage in the register; a target given by hand wins; the register is no source."""
    kpi = {"measured_by": "booked", "target": 55, "unit": "percent"}
    desk.data = make_data(bookings=[], kpis=[{"kpi": "a", **kpi}, {"kpi": "b", "measured_by": "", "target": 3}])
    facts = [desk.fact("booked", "", booked(desk.data)), desk.fact("other", "", booked(desk.data))]
    assert [fact.target for fact in facts] == [0.55, None]
    desk.facts.clear()
    assert desk.fact("booked", "", booked(desk.data), target=2).target == 2
    assert "kpis" in desk.data.reads and "kpis" not in desk.data.touched


def test_the_target_of_one_entity_is_none_for_a_figure_of_several_like_it(
    make_data: Callable[..., Data], desk: Desk
) -> None:
    """With a second house in scope, the first one's target says nothing of both."""
    kpi = {"kpi": "a", "entity": "one", "measured_by": "booked", "target": 5, "unit": "count"}
    houses = [{"entity": name, "name": name, "kind": "lodging"} for name in ("one", "two")]
    for count, target in ((1, 5.0), (2, None)):
        desk.data = make_data(bookings=[], kpis=[kpi], entities=houses[:count])
        assert desk.fact("booked", "", booked(desk.data)).target == target
        desk.facts.clear()


def test_fact_of_an_absent_table_is_unknown_and_says_why(desk: Desk) -> None:
    """Never zero; and only the facts that needed the table."""
    fact = desk.fact("won", "Won", lambda period: Measure.total(desk.data.table("leads"), "value"))
    assert (fact.value, fact.note, fact.rows) == (None, "leads absent", "")
    assert desk.fact("booked", "Booked", booked(desk.data)).value == 100


def test_stating_a_fact_twice_is_an_error_in_a_run(desk: Desk) -> None:
    """Two values under one id would be two truths."""
    desk.fact("booked", "Booked", booked(desk.data))
    with pytest.raises(NotebookError, match="booked: is stated twice"):
        desk.fact("booked", "Booked", booked(desk.data))


def test_words_with_values_from_data_stay_text(desk: Desk, said: list[dict[str, Any]]) -> None:
    """Bold of ours is obeyed, markup and braces of the data are not."""
    desk.say("**{name}** owes {sum} & more", name="<b>**A**</b> {x} ```", sum="$5")
    html = said[0]["text/markdown"]
    assert "<strong>&lt;b&gt;&#42;&#42;A&#42;" in html and html.count("<strong>") == 1
    assert "&amp; more" in html and "{x}" in html and "&#96;&#96;&#96;" in html


def test_findings_past_the_limit_are_folded_and_still_count(desk: Desk, said: list[dict[str, Any]]) -> None:
    """The worst first; all of them reach the report."""
    found = [
        Finding(f"f{n}", f"Title {n}", severity, "", "e") for n, severity in enumerate(("low", "critical", "high"))
    ]
    desk.findings(found, limit=1)
    html, content = said[0]["text/markdown"], said[0]["application/vnd.quarterdeck+json"]["content"]
    assert [finding["id"] for finding in content] == ["f1", "f2", "f0"]
    open_part, folded = html.split("<details")
    assert open_part.count("<aside") == 1 and 'id="finding-f1"' in open_part
    assert "2 more findings" in folded and folded.count("<aside") == 2 and 'id="finding-f0"' in folded
    desk.findings(found[:1], limit=0, none="All is well.")
    desk.findings([], limit=0, none="All is well.")
    assert "<summary>1 finding<" in said[1]["text/markdown"] and "All is well." not in said[1]["text/markdown"]
    assert "All is well." in said[2]["text/markdown"]


def test_rows_of_a_spreadsheet_are_no_formulas(desk: Desk, tmp_path: Path) -> None:
    """Text that begins like a formula gets an apostrophe; numbers stay numbers."""
    rows = pd.DataFrame({"memo": ["=1+1", "+x", "@y", "-z", "plain"], "amount": [-1.0, 2, 3, 4, 5]})
    fact = desk.fact("sum", "Sum", lambda period: Measure.total(rows, "amount"))
    written = pd.read_csv(tmp_path / fact.rows)
    assert list(written["memo"]) == ["'=1+1", "'+x", "'@y", "'-z", "plain"]
    assert written["contribution"].sum() == fact.value == 13


def test_rows_of_any_kind_are_written(desk: Desk, tmp_path: Path) -> None:
    """Days as objects, decimals, numbered columns, times with a zone: as pandas holds them, a minus stays a number."""
    rows = pd.DataFrame({"day": [date(2026, 3, 1)], "price": [Decimal("-2.5")], 7: ["=x"], "nothing": [None]})
    rows["seen"] = pd.to_datetime(["2026-03-01"], utc=True)
    fact = desk.fact("sum", "Sum", lambda period: Measure.total(rows.assign(amount=1.0), "amount"))
    written = (tmp_path / fact.rows).read_text("utf-8").splitlines()
    assert written == ["day,price,7,nothing,seen,amount,contribution", "2026-03-01,-2.5,'=x,,2026-03-01,1.0,1.0"]


def test_a_table_that_has_nothing_new_is_stale(desk: Desk, said: list[dict[str, Any]]) -> None:
    """The reader is told which table, and its newest day."""
    desk.period = Period.parse("2026-11")
    desk.data.table("bookings")
    desk._after_cell()
    assert said[0]["application/vnd.quarterdeck+json"]["content"] == [
        {"table": "bookings", "newest": "2026-10-03", "state": "stale"}
    ]


def test_a_collected_table_says_from_where_and_when(desk: Desk, said: list[dict[str, Any]]) -> None:
    """Also one that only gives names, and one without a day; what was collected after the report's day is not read."""
    day = desk.as_of.isoformat()
    for name, on, table, text in (
        ("git", day, "systems", "control,title,status,severity,note,action,owner\nc,C,working,low,,,Ann\n"),
        ("crm", "2026-01-01", "channels", ",".join(schemas()["channels"].columns) + "\n"),
        ("late", "2027-01-01", "systems", "control,title,status,severity,note,action,owner\nd,D,working,low,,,Ann\n"),
    ):
        folder = desk.data.folder / "snapshots" / on / name
        folder.mkdir(parents=True)
        (folder / f"{table}.csv").write_text(text)
        (folder / "manifest.json").write_text("{}")
    desk.data = desk._feeds = Data(desk.data.folder, as_of=desk.as_of)
    desk.data.table("systems")
    desk.data.table("channels")
    desk._after_cell()
    assert said[0]["application/vnd.quarterdeck+json"]["content"] == [
        {"table": "channels", "newest": "", "state": "register", "collected": {"crm": "2026-01-01"}},
        {"table": "systems", "newest": "", "state": "register", "collected": {"git": day}},
    ]
    assert list(desk.data.table("systems")["control"]) == ["c"]


def test_what_is_kept_by_hand_is_a_source_too(desk: Desk, said: list[dict[str, Any]]) -> None:
    """A register with its newest entry, a plan without a day as undated; what only gives names is no source."""
    folder = desk.data.folder
    (folder / "equity.csv").write_text("stake,entity,holder,share,source,document\ns,one,Ann,1,Deed,\n", "utf-8")
    (folder / "listings.csv").write_text(
        "entity,channel,status,live_on,rating,reviews,views,note\none,web,live,2026-03-01,,,,\n", "utf-8"
    )
    for name in ("equity", "listings", "company"):
        desk.data.table(name)
    desk._after_cell()
    assert said[0]["application/vnd.quarterdeck+json"]["content"] == [
        {"table": "equity", "newest": "", "state": "register"},
        {"table": "listings", "newest": "2026-03-01", "state": "register"},
    ]


def test_nothing_found_in_an_absent_table_is_not_all_clear(desk: Desk, said: list[dict[str, Any]]) -> None:
    """Without its table nobody knows; with it, nothing found is said."""
    desk.data.table("observations")
    desk.findings([], none="No gap is open.")
    desk.data.touched = {"bookings"}
    desk.findings([], none="No gap is open.")
    assert "Not known: observations absent." in said[0]["text/markdown"]
    assert "No gap is open." in said[1]["text/markdown"]


def test_a_running_period_ends_at_the_as_of_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Services planned for the days that remain are not delivered; a period that is over keeps its end."""
    monkeypatch.chdir(Path(__file__).parent.parent.parent)
    assert open_report(period="2026-10", as_of="2026-10-15").period.end == date(2026, 10, 15)
    assert open_report(period="2026-09", as_of="2026-10-15").period == Period.parse("2026-09")


def test_a_chart_shown_in_jupyterlab_has_no_button_that_sends_its_figures_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plotly's own default is one that hands them to its makers."""
    monkeypatch.chdir(Path(__file__).parent.parent.parent)
    open_report()
    for name in ("plotly_mimetype", "notebook"):
        shown = str(pio.renderers[name].to_mimebundle({"data": [{"type": "bar", "y": [1]}], "layout": {}}))
        assert re.search(r"['\"]showSendToCloud['\"]: *[fF]alse", shown)


def test_a_name_of_digits_stays_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """The house style of charts reads no number out of a text, such as an account's code."""
    monkeypatch.chdir(Path(__file__).parent.parent.parent)
    open_report()
    assert pio.templates[pio.templates.default].layout.autotypenumbers == "strict"
