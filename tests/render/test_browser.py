"""The finished pages in a real browser, opened from disk and cut off from the network."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from quarterdeck.model.format import Formats
from quarterdeck.model.markup import figure_html, table_html
from quarterdeck.model.report import Figure, Table
from quarterdeck.render.embedded import Embedded
from tools import wait_until

from .handmade import build, cell, report, shown

pytestmark = [pytest.mark.browser, pytest.mark.slow]
DARK = "document.documentElement.dataset.scheme === 'alternate'"


@dataclass
class Visit:
    """An open page, what its console said, and what it asked of anyone but the disk."""

    page: Any
    console: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def visit(browser: Any, project: Path, add: Callable[..., Path]) -> Iterator[Callable[..., Visit]]:
    """Open a page of a small site at a width, in a colour scheme; its charts are drawn."""
    folders = [add(project, report("owner", period, commentary="All **well**.")) for period in ("2026-09", "2026-10")]
    site = build(project, folders, Embedded()).path
    contexts = []

    def open_page(name: str = "r/owner/2026-10/index.html", *, width: int = 1280, scheme: str = "light") -> Visit:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)
        contexts.append(context)
        visited = Visit(context.new_page())
        visited.page.on(
            "console", lambda message: visited.console.append(message.text) if message.type == "error" else None
        )
        visited.page.on("pageerror", lambda error: visited.console.append(str(error)))
        local = ("file:", "data:", "blob:")
        visited.page.on(
            "request", lambda request: None if request.url.startswith(local) else visited.asked.append(request.url)
        )
        visited.page.goto((site / name).as_uri())
        visited.page.wait_for_selector("html[data-charts]", state="attached")
        return visited

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("kind", ["bar", "funnel"], ids=["cartesian", "whole"])
def test_no_button_hands_a_chart_to_another_host(
    kind: str, visit: Callable[..., Visit], project: Path, add: Callable[..., Path]
) -> None:
    """Plotly's own default is one that sends the figures to its makers, which no policy of the page's stops."""
    chart = Figure("fig-x", "X", "X", {"data": [{"type": kind, "x": [3, 1], "y": ["a", "b"]}], "layout": {}})
    cells = [cell("## Cash", kind="markdown"), cell("x", shown(figure_html(chart)))]
    build(project, [add(project, report("owner"), {"cells": cells})], Embedded())
    page = visit().page
    titles = page.eval_on_selector_all(".modebar-btn", "all => all.map((one) => one.dataset.title || one.title)")
    assert titles and not [title for title in titles if "Share" in title]


def test_every_chart_draws_and_nothing_is_asked_for(visit: Callable[..., Visit]) -> None:
    """From disk, without a network: each chart has its marks, the console is silent, and no request leaves."""
    visited = visit()
    drawn = visited.page.eval_on_selector_all(
        ".qd-plot", "all => all.map(plot => plot.querySelectorAll('.point path, .point').length)"
    )
    assert len(drawn) == 2 and all(drawn)
    assert (visited.console, visited.asked) == ([], [])


@pytest.mark.parametrize("name", ["r/owner/2026-10/index.html", "index.html", "deliveries.html"])
def test_no_page_scrolls_sideways(visit: Callable[..., Visit], name: str) -> None:
    """Tables scroll in their boxes and long words break; the page itself never is wider than the window."""
    page = visit(name, width=320).page
    for width in (320, 360, 768, 1440, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(200)
        over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (width, over) == (width, 0)


def test_the_toggle_changes_page_and_charts(visit: Callable[..., Visit]) -> None:
    """The switch turns the page dark, the charts' type, marks and tools follow, and back again."""
    page = visit().page

    def colours() -> list[str]:
        return page.evaluate(
            """[getComputedStyle(document.body).backgroundColor,
                getComputedStyle(document.querySelector('.qd-plot .xtick text')).fill,
                getComputedStyle(document.querySelector('.qd-plot .point path')).fill,
                getComputedStyle(document.querySelector('.modebar-btn:not(.active) path')).fill]"""
        )

    light = colours()
    assert light[3] == light[1]
    page.click(".qd-theme")
    wait_until(
        page,
        f"first => {DARK} && getComputedStyle(document.querySelector('.qd-plot .point path')).fill !== first",
        light[2],
    )
    assert all(now != before for now, before in zip(colours(), light, strict=True))
    page.click(".qd-theme")
    wait_until(
        page, "first => getComputedStyle(document.querySelector('.qd-plot .point path')).fill === first", light[2]
    )
    assert colours() == light


def test_the_reader_s_own_scheme_is_followed(visit: Callable[..., Visit]) -> None:
    """Who prefers dark gets dark at once."""
    assert visit(scheme="dark").page.evaluate(DARK)
    assert not visit(scheme="light").page.evaluate(DARK)


def test_tables_sort_by_value(visit: Callable[..., Visit]) -> None:
    """A click on a number's heading puts the largest first, a second the smallest; what is unknown stays last."""
    page = visit().page
    column = "#tbl-entities tbody tr td:nth-child(3)"
    page.click("#tbl-entities th:nth-child(3) button")
    assert page.locator(column).all_inner_texts() == ["$12,650", "$4,210", "–"]
    page.click("#tbl-entities th:nth-child(3) button")
    assert page.locator(column).all_inner_texts() == ["$4,210", "$12,650", "–"]
    assert page.get_attribute("#tbl-entities th:nth-child(3)", "aria-sort") == "ascending"
    page.click("#tbl-entities th:nth-child(2) button")
    assert page.locator("#tbl-entities tbody tr td:nth-child(2)").first.inner_text() == "Dec 1, 2025"


@pytest.mark.parametrize("locale", ["en_US", "de_DE", "fr_FR", "ar_EG"])
def test_tables_sort_in_every_language(
    locale: str, visit: Callable[..., Visit], project: Path, add: Callable[..., Path]
) -> None:
    """Days and amounts by what they are, not by how a locale writes them; numbers of documents are no years."""
    rows = (
        ("INV-0100", "2026-12-01", 10498.5, "October 2026"),
        ("INV-0101", None, 10.5, "September 2026"),
        ("INV-0052", "2026-07-10", None, "Q4 2025"),
        ("INV-0099", "2026-11-05", -1200.0, "Q1 2026"),
    )
    table = Table("tbl", "T", ("Document", "Due", "Amount", "Period"), ("text", "date", "EUR", "text"), rows)
    cells = [cell("## T", kind="markdown"), cell("x", shown(table_html(table, Formats(locale, "EUR"))))]
    build(project, [add(project, report("owner", locale=locale), {"cells": cells})], Embedded())
    page = visit().page
    order = {}
    for column in range(1, 5):
        page.click(f"#tbl th:nth-child({column}) button")
        order[column] = [text[-3:] for text in page.locator("#tbl tbody td:first-child").all_inner_texts()]
    assert order[1] == ["052", "099", "100", "101"] and order[2] == ["052", "099", "100", "101"]
    assert order[3] == ["100", "101", "099", "052"] and order[4].index("052") < order[4].index("099")
    assert order[4].index("101") < order[4].index("100")


def test_the_period_switch_leads_to_another_period(visit: Callable[..., Visit]) -> None:
    """The switch shows the periods, the latest first, and works from disk; after Back it names its own page again."""
    page = visit().page
    assert page.locator(".qd-periods option").all_inner_texts() == ["October 2026", "September 2026"]
    page.select_option(".qd-periods select", "2026-09")
    page.wait_for_url("**/2026-09/index.html")
    page.go_back()
    page.wait_for_url("**/2026-10/index.html")
    page.wait_for_timeout(300)
    assert page.input_value(".qd-periods select") == "2026-10" and page.is_hidden(".qd-period")
    page.emulate_media(media="print")
    assert page.is_hidden(".qd-periods select") and page.inner_text(".qd-periods") == "October 2026"


def test_a_hover_writes_values_for_people(visit: Callable[..., Visit], project: Path, add: Callable[..., Path]) -> None:
    """Thousands separated, at most two decimals, no `12.2k`; the days of a timeline."""
    one = {"type": "bar", "orientation": "h", "y": ["A"], "hovertemplate": "USD=%{x}<extra></extra>"}
    day = {"type": "bar", "orientation": "h", "y": ["A"], "base": ["2026-10-05T00:00:00"], "x": [56 * 86_400_000]}
    said = {"hovertemplate": "Due on=%{x}<extra></extra>"}
    charts = (
        Figure("fig-x", "X", "X", {"data": [{**one, "x": [12177.251]}], "layout": {}}),
        Figure("fig-y", "Y", "Y", {"data": [{**day, **said}], "layout": {"xaxis": {"type": "date"}}}),
    )
    cells = [cell("## Cash", kind="markdown"), cell("x", *(shown(figure_html(chart)) for chart in charts))]
    build(project, [add(project, report("owner"), {"cells": cells})], Embedded())
    page = visit().page
    for name, words in (("x", "USD=12,177.25"), ("y", "Due on=Nov 30, 2026")):
        page.locator(f"#fig-{name} .point path").hover(force=True)
        wait_until(page, f"words => document.querySelector('#fig-{name} .hoverlayer').textContent === words", words)


def test_hostile_text_in_a_chart_is_text(visit: Callable[..., Visit]) -> None:
    """Plotly obeys some tags in labels; text from the data shows them instead."""
    label = visit().page.locator("#fig-evil .xtick text").first.text_content()
    assert "<b>bold</b>" in label and "<script>" in label and "$1 and $2" in label


def test_a_charts_data_come_as_a_file_that_runs_nothing(visit: Callable[..., Visit]) -> None:
    """A row for each mark, as the chart shows it; text that a spreadsheet would obey is quoted."""
    page = visit().page
    with page.expect_download() as saved:
        page.click("#fig-evil .qd-tools button")
    lines = list(csv.reader(Path(saved.value.path()).read_text("utf-8-sig").splitlines()))
    assert saved.value.suggested_filename == "fig-evil.csv" and lines[0] == ["series", "label", "value"]
    spec = page.evaluate("JSON.parse(document.querySelector('#fig-evil script').textContent).data[0]")
    assert len(lines) == len(spec["x"]) + 1 and "<b>bold</b>" in lines[1][1]
    assert not any(cell.startswith(("=", "+", "@")) for line in lines for cell in line)


def test_the_data_of_any_chart_are_what_it_draws(
    visit: Callable[..., Visit], project: Path, add: Callable[..., Path]
) -> None:
    """The first and last day of a plan's bars, a pie's shares, what a histogram counts."""
    plan = {"type": "bar", "orientation": "h", "name": "S", "y": ["A", "B"], "base": ["2026-10-05T00:00:00", None]}
    traces = {
        "plan": {**plan, "x": [56 * 86_400_000, None]},
        "pie": {"type": "pie", "labels": ["A", "B"], "values": [1, 2]},
        "histogram": {"type": "histogram", "x": [4, 5]},
    }
    charts = [shown(figure_html(Figure(name, name, name, {"data": [one]}))) for name, one in traces.items()]
    build(
        project,
        [add(project, report("owner"), {"cells": [cell("## A", kind="markdown"), cell("x", *charts)]})],
        Embedded(),
    )
    page, found = visit().page, {}
    for name in traces:
        with page.expect_download() as saved:
            page.click(f"#{name} .qd-tools button")
        found[name] = Path(saved.value.path()).read_text("utf-8-sig").split("\n")[:-1]
    assert found["plan"] == ["series,label,start,end", "S,A,2026-10-05,2026-11-30", "S,B,,"]
    assert found["pie"] == ["series,label,value", ",A,1", ",B,2"]
    assert found["histogram"] == ["series,label,value", ",0,4", ",1,5"]


def test_a_chart_can_be_linked_to(visit: Callable[..., Visit]) -> None:
    """The link leads to it, and is on the clipboard where the browser allows that."""
    page = visit().page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click("#fig-evil .qd-tools a")
    wait_until(page, "location.hash === '#fig-evil'")
    wait_until(page, "document.querySelector('#fig-evil .qd-tools a').textContent === 'Link copied'")
    assert page.evaluate("navigator.clipboard.readText()").endswith("/r/owner/2026-10/index.html#fig-evil")


def test_a_phone_has_a_contents_list(visit: Callable[..., Visit]) -> None:
    """Where the margin is gone, the contents fold under the first screen."""
    assert visit(width=360).page.is_visible(".qd-contents summary")
    wide = visit(width=1280).page
    assert wide.is_visible("#TOC") and not wide.is_visible(".qd-contents")


def test_paper_is_light_and_charts_fit(visit: Callable[..., Visit]) -> None:
    """A dark page prints dark on light, its charts at the width of the paper."""
    page = visit(scheme="dark").page
    page.emulate_media(media="print", color_scheme="dark")
    wait_until(page, "document.querySelector('.qd-plot .main-svg').getBoundingClientRect().width === 660")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["r/owner/2026-10/index.html", "index.html", "deliveries.html"])
def test_pages_are_accessible(visit: Callable[..., Visit], name: str, scheme: str) -> None:
    """Axe finds no fault of WCAG 2 A or AA: contrast, names, roles, order."""
    from axe_playwright_python.sync_playwright import Axe

    page = visit(name, scheme=scheme).page
    page.wait_for_timeout(300)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]})
    assert [
        (one["id"], [node["html"][:120] for node in one["nodes"]][:3]) for one in found.response["violations"]
    ] == []
