"""The HTML of a digest: whole, small, safe, and clear without pictures."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from quarterdeck.deliver.compose import compose
from quarterdeck.deliver.layout import MAX_BYTES, self_contained, to_html
from quarterdeck.deliver.plain import to_text
from quarterdeck.model.report import Figure, Prose, Section, Table

from .sample import URL, fact, figure, filled_with, finding, markdown, picture, report

SHOWN = {
    "<script>alert(1)</script>": "<script>alert(1)",
    '"><img src=x onerror=alert(1)>': '"><img src=x onerror',
    "{{ 7 * 7 }}{% raw %}": "{{ 7 * 7 }}{% raw %}",
    "${7*7} #{7*7} <%= 7 %>": "${7*7} #{7*7} <%= 7 %>",
    "[click](javascript:alert(1))": "[click](javascript:",
    "--><![endif]--></style></table>": "--><![endif]-->",
    "=cmd|' /C calc'!A0": "=cmd|' /C calc'!A0",
    "\u202eright-to-left\u202c שלום عربي": "right-to-left שלום عربي",
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ﷽": "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ﷽",
    "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮": "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "W" * 500: "W" * 39 + "…",
    "a\r\nBcc: b@example.com\x00\x1b[31m": "a Bcc: b@example.com [31m",
    "\ud800 lone": "lone",
}
HOSTILE = list(SHOWN)


class Page(HTMLParser):
    """Collects tags, attributes and text of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every element of a tag."""
        return [attributes for name, attributes in self.tags if name == tag]


def html_of(made, **values) -> str:
    """A report's digest as HTML."""
    return to_html(compose(made, url=URL, **values), markdown)


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_data_stays_text(text):
    """Whatever a column or a persona holds adds no element, handler or address, and is shown."""
    harmless, page = Page(html_of(filled_with("harmless"))), Page(html_of(filled_with(text)))
    assert [tag for tag, _ in page.tags] == [tag for tag, _ in harmless.tags]
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]
    assert {a["href"].split("#")[0] for a in page.all("a")} == {URL}
    shown = "".join(page.text)
    assert "49" not in shown
    assert SHOWN[text] in shown


def test_links_of_prose_lead_to_the_web_or_lose_their_address():
    """Prose keeps web links, resolves those of the page, and drops scripts and pictures that would be fetched."""
    html = (
        '<h2 onclick="x()">Head</h2><p>See <a href="#scenarios">scenarios</a>, <a href="https://example.org/x">x</a>, '
        '<a href="java\nscript:alert(1)">bad</a> <img src="https://example.org/p.gif" alt="a dot">'
        "<script>alert(1)</script><unknown>kept</unknown></li></ul>"
    )
    made = report(digest=("s",), sections=(Section("s", "S", (Prose(html=html),)),))
    page = Page(html_of(made))
    assert [a["href"] for a in page.all("a")][1:3] == [f"{URL}#scenarios", "https://example.org/x"]
    assert not page.all("img") and not page.all("script")
    assert "a dot" in "".join(page.text) and "kept" in "".join(page.text) and "alert" not in "".join(page.text)


@pytest.mark.parametrize(
    "made",
    [
        report(findings=tuple(finding(str(n), "critical", evidence="& " * 300) for n in range(200))),
        report(findings=(), facts=(), headline=(), sections=(), commentary=""),
        report(facts=(fact("burn", None, note="not recorded", trend=(None, None)), fact("cash", -1e27, previous=1e27))),
        report(
            digest=tuple(f"s{n}" for n in range(20)),
            commentary="& " * 20_000,
            sections=tuple(
                Section(
                    f"s{n}",
                    "& " * 90,
                    (
                        Prose(html="<p>" + ("<a href='?" + "&" * 900 + "'>&amp;</a>") * 300 + "</p>"),
                        Table("t", "& " * 90, ("& " * 60,) * 40, ("text",) * 40, (("& " * 200,) * 40,) * 100, 100),
                    ),
                )
                for n in range(20)
            ),
        ),
        report(commentary="".join(f"<a href='?{'&' * 98}'></a>" for _ in range(400))),
        report(commentary=f"<a href='?{'&' * 40_000}'>far</a>"),
    ],
    ids=["200 findings", "nothing", "missing and huge", "everything at once", "many addresses", "one long address"],
)
def test_a_digest_stands_and_stays_below_the_limit(made):
    """Extremes of content give a whole page under 100 KB with the link to the report."""
    html = to_html(compose(made, url=URL), lambda text: text)
    assert len(html.encode()) <= MAX_BYTES
    page = Page(html)
    assert page.all("a")[0]["href"] == URL and "Open the full" in html
    assert html.rstrip().endswith("</html>")
    assert to_text(compose(made, url=URL))


def test_a_cut_table_says_so():
    """Rows and columns that do not fit are counted."""
    wide = Table(
        "t", "Wide", ("A", *(f"Column{n}" for n in range(9))), ("text",) + ("USD",) * 9, (("a", *[1e6] * 9),) * 30, 30
    )
    text = "".join(Page(html_of(report(digest=("s",), sections=(Section("s", "S", (wide,)),)))).text)
    assert "22 more rows and 5 more columns in the full report." in text


def test_without_a_picture_a_chart_is_a_table_with_bars():
    """Every number of the chart is in the mail, the largest with a full bar."""
    html = html_of(report(digest=("debts",)))
    page = Page(html)
    text = "".join(page.text)
    assert all(value in text for value in ("Jan 2026", "$100", "Oct 2026", "$1,000"))
    assert not page.all("img")
    assert "100%" in {cell.get("width") for cell in page.all("td")}


def test_a_picture_has_a_content_id_a_width_and_words_with_a_number():
    """A drawn chart is an image of the message whose alternative text gives its latest value."""
    html = html_of(report(), pictures=[picture("fig-b")])
    (image,) = Page(html).all("img")
    assert image["src"] == "cid:chart-1.treasurer.2026-10@quarterdeck"
    assert image["width"] == "552"
    assert image["alt"] == "Alternative fig-b. Oct 2026: $1,000."


def test_the_year_of_a_caption_is_no_value():
    """Words stand for a picture only where they hold one of its values."""
    made = report(sections=(Section("debts", "Debts", (replace(figure("fig-b"), alt="Owed in 2026"),)),))
    (image,) = Page(html_of(made, pictures=[picture("fig-b")])).all("img")
    assert image["alt"] == "Owed in 2026. Oct 2026: $1,000."


def test_only_the_page_for_a_browser_carries_its_pictures():
    """Mail clients drop data: addresses, so the mail has none; the browser's copy has no cid:."""
    digest = compose(report(), url=URL, pictures=[picture("fig-b"), picture("fig-c")])
    html = to_html(digest, markdown)
    assert "data:" not in html and html.count("cid:") == 2
    assert self_contained(html, digest).count("data:image/png;base64,") == 2
    assert "cid:" not in self_contained(html, digest)


def test_nothing_is_fetched_and_styles_are_inlined():
    """No stylesheet, script, SVG or remote address but the report's; colours of the dark scheme remain as a rule."""
    html = html_of(report())
    assert not re.search(r"<(?:link|script|svg|iframe|form)\b", html)
    assert set(re.findall(r"https?://[^/\"]+", html)) <= {"https://reports.example.com", "http://www.w3.org"}
    assert "prefers-color-scheme" in html and html.count('style="') > 40
    assert html.index("<meta charset") < html.index("<style")


def test_headings_are_in_order_and_the_language_is_said():
    """One h1, then h2 and h3 without a gap; a German reader's page is in English too, and writes euros its way."""
    german = report(locale="de_DE", currency="EUR")
    page = Page(html_of(german))
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in pairwise(levels))
    assert page.all("html")[0]["lang"] == "en"
    assert "14.300" in "".join(page.text)


def test_a_trend_is_drawn_with_cells():
    """Each known value of a headline figure's trend is a cell that holds a bar of lines (Outlook draws no other)."""
    trended = fact("burn", trend=(100.0, None, -50.0, 200.0))
    page = Page(html_of(report(facts=(trended,), headline=("burn",))))
    heights = [
        re.search(r"line-height:\s*(\d+)px", bar.get("style") or "")[1]
        for bar in page.all("div")
        if "stem" in (bar.get("class") or "")
    ]
    assert heights == ["14", "1", "7", "28"]


@pytest.mark.parametrize(
    ("trace", "labels", "values"),
    [
        ({"type": "bar", "orientation": "h", "y": ["a", "b"], "x": [1, 2]}, ["a", "b"], ["1", "2"]),
        ({"type": "pie", "labels": ["a", "b"], "values": [1, 2]}, ["a", "b"], ["1", "2"]),
        ({"x": ["b", "a"], "y": [2, None]}, ["b"], ["2"]),
        ({"type": "bar", "x": ["a", "a"], "y": [1, 2]}, ["a"], ["3"]),
    ],
    ids=["across", "pie", "a gap", "stacked"],
)
def test_charts_of_many_kinds_are_read(trace, labels, values):
    """Bars across, pies, lines with gaps and stacked bars give their labels and sums."""
    chart = replace(figure(), spec={"data": [trace], "layout": {}})
    page = "".join(Page(html_of(report(digest=("s",), sections=(Section("s", "S", (chart,)),)))).text)
    rows = re.findall(r"[ab]\s+[\d]+", " ".join(page.replace("\xa0", " ").split()).split("Caption fig-a")[1])
    assert rows == [f"{label} {value}" for label, value in zip(labels, values, strict=True)]


def test_a_chart_without_a_table_is_said_in_words():
    """A kind of chart that has no labels and values shows its alternative text."""
    sankey = Figure("f", "Flow", "Money flows to rent", {"data": [{"type": "sankey"}], "layout": {}})
    assert "Money flows to rent" in html_of(report(digest=("s",), sections=(Section("s", "S", (sankey,)),)))
