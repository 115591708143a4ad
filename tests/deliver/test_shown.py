"""The HTML of a digest as browsers show it, with no network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from engines import Window, unreadable
from quarterdeck.deliver.compose import Edition, compose
from quarterdeck.deliver.layout import self_contained, to_html
from quarterdeck.deliver.told import Told
from quarterdeck.model.report import Report, Section, Table

from .sample import URL, fact, filled_with, markdown, of_amounts, picture, report

pytestmark = [pytest.mark.slow, pytest.mark.browser]


LONG = filled_with("W" * 500)
TOLD = Told.load(
    Told.of(report(facts=(fact("burn", 9.0),), findings=(replace(LONG.findings[0], id="z"),)), "").dump(), "2026-10-03"
)

AGENDA = Table(
    "t",
    "Agenda",
    ("What", "Owner", "Due", "Days late", "Effort days", "At stake"),
    ("text", "text", "text", "days", "days", "USD"),
    (("Make a list of ten prospects for DangerousCentaur", "Maren Holt", "Nov 20, 2026", 113.0, 1.5, 36108.0),),
    1,
)
CAUSES = Table("t", "Late", ("Days late", "Cause"), ("days", "text"), ((4.0, "parts not delivered " * 5),), 1)


def shown(made: Report, *pictures: str, **edition: Any) -> str:
    """A report's digest as its copy for a browser has it, with these charts as pictures."""
    drawn = [picture(id) for id in pictures]
    digest = compose(made, url=URL, sender="reports@example.com", pictures=drawn, edition=Edition(**edition))
    return self_contained(to_html(digest, markdown), digest)


SAMPLES = {
    "bars": shown(report()),
    "pictures": shown(report(), "fig-a", "fig-b"),
    "crowded table": shown(report(digest=("s",), sections=(Section("s", "S", (AGENDA,)),))),
    "text after a number": shown(report(digest=("s",), sections=(Section("s", "S", (CAUSES,)),))),
    "empty": shown(report(facts=(), headline=(), findings=(), sections=(), commentary="")),
    "long words": shown(LONG),
    "long words of pictures, since the last mail": shown(LONG, "fig-a", told=TOLD),
    "correction": shown(LONG, told=TOLD, corrects=True),
    "broad words": shown(filled_with("WWWWWWWW MMMMMMMM Unauthenticated")),
    "right to left": shown(filled_with("\u202eright-to-left\u202c " + "שלוםعربي" * 40 + " שלום عربي 40%")),
    "marks and faces": shown(filled_with("Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮ 👩‍👩‍👧‍👦 ﷽ 漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字")),
    "amounts of 42 characters": shown(of_amounts(-1.25e30)),
    "amounts of 14 characters": shown(of_amounts(-1234567890.0)),
}
FAULTS = {
    "": (),
    "table { width: 700px !important }": ("scrolls sideways", "outside the window"),
    ".lede { color: #7f7f7f !important }": ("contrast 4",),
    ".lede { opacity: 0.5 !important }": ("contrast",),
    ".lede { font-size: 10px !important }": ("type of 10 px",),
    ".lede { height: 4px !important; overflow: hidden !important }": ("cut off",),
    ".lede { text-indent: -80px !important }": ("outside the window", "outside its box"),
    ".lede { white-space: nowrap !important; width: 60px !important }": ("outside its box",),
    ".lede { width: 40px !important; word-break: break-all !important }": ("a broken word",),
    "img { color: #ffffff !important }": ("contrast 1.00",),
    "td.fact { padding: 0 !important; text-align: right } td.fact + td.fact { text-align: left }": (
        "touches the next cell",
    ),
    "body { display: none }": ("nothing to read",),
}
"""Style sheets that break a whole digest, and what each engine then says at least."""


def test_no_window_scrolls_sideways_and_nothing_is_unreadable(window: Window, tmp_path: Path) -> None:
    """Ordinary and hostile content, at every width, with pictures, without them, and with bars in their place."""
    path, wrong = tmp_path / "mail.html", dict[str, list[str]]()
    for name, html in SAMPLES.items():
        path.write_text(html, "utf-8")
        wrong[name] = unreadable(window, path.as_uri())
    assert not {name: faults for name, faults in wrong.items() if faults}


def test_what_cannot_be_read_is_found(window: Window, tmp_path: Path) -> None:
    """Each engine sees the faults of a layout broken on purpose, and none in the whole one."""
    path = tmp_path / "mail.html"
    for style, faults in FAULTS.items():
        path.write_text(SAMPLES["pictures"].replace("</style>", f"{style}</style>", 1), "utf-8")
        found = unreadable(window, path.as_uri(), (320,))
        assert bool(found) == bool(faults), (style, found)
        assert all(any(fault in each for each in found) for fault in faults), (style, found)


@pytest.mark.parametrize("name", SAMPLES)
def test_axe_finds_nothing_serious(browser: Any, name: str) -> None:
    """Names, roles, languages, tables: nothing that keeps a reader with a screen reader out."""
    context = browser.new_context(viewport={"width": 600, "height": 800}, offline=True)
    page = context.new_page()
    page.set_content(SAMPLES[name])
    violations = Axe().run(page).response["violations"]
    assert not [each["id"] for each in violations if each["impact"] in ("serious", "critical")]
    context.close()
