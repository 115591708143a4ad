"""The finished site: what is rendered, what is kept, and that it is never half there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import plotly
import pytest

from quarterdeck.model.errors import QuarterdeckError, RenderError
from quarterdeck.model.markup import figure_html
from quarterdeck.model.report import Figure, Report
from quarterdeck.publish.file import files_of
from quarterdeck.render import build_site, put_deliveries
from quarterdeck.render.embedded import Embedded
from tools import find_pagefind

from .handmade import FINDINGS, HOSTILE, build, cell, copy_project, executed, fact, report, shown, stream

Add = Callable[..., Path]


class Counting(Embedded):
    """The real embedded renderer, which notes the pages it was given; told to, it fails or is interrupted instead."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.trouble: BaseException | None = None

    def render(self, project: Path) -> Path:
        """Note, then render."""
        self.calls.append(
            [path.parent.relative_to(project).as_posix() for path in sorted(project.rglob("index.ipynb"))]
        )
        if self.trouble:
            raise self.trouble
        return super().render(project)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by name."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def page(site: Path, slug: str = "owner", period: str = "2026-10") -> str:
    """A report's page as it is published."""
    return (site / "r" / slug / period / "index.html").read_text("utf-8")


@pytest.fixture
def reports(project: Path, add: Add) -> list[Path]:
    """Two readers, one of them with two periods."""
    return [add(project, report(*key)) for key in (("owner", "2026-09"), ("owner", "2026-10"), ("books", "2026-10"))]


def test_a_site_holds_home_pages_rows_and_scripts(project: Path, reports: list[Path]) -> None:
    """Everything of a report lies under its prefix; facts.json, notebooks and search lists are not published."""
    site = build(project, reports, Embedded())
    names = set(tree(site.path))
    assert {"index.html", "404.html"} <= names
    shared = {re.sub("-[0-9a-f]{12}", "-#", name) for name in names if re.fullmatch(r"assets/[^/]+", name)}
    assert shared == {
        "assets/favicon-#.svg",
        "assets/plotly-cartesian.min-#.js",
        "assets/quarterdeck-#.css",
        "assets/quarterdeck-#.js",
        "assets/search-#.js",
    }
    assert {"r/owner/index.html", "r/owner/periods.js", "r/owner/2026-09/index.html"} <= names
    assert "r/books/2026-10/rows/gross-burn.csv" in names
    assert not [name for name in names if name.endswith(("facts.json", ".ipynb", "search.json", ".key"))]
    assert [key.path for key in site.rendered] == ["r/books/2026-10", "r/owner/2026-09", "r/owner/2026-10"]


def test_a_report_names_no_other_and_does_not_lead_home(project: Path, reports: list[Path]) -> None:
    """What lies under one reader's prefix says nothing of another, and links stay in it or go to shared files."""
    site = build(project, reports, Embedded()).path
    own = "".join(
        content.decode() for name, content in tree(site / "r" / "owner").items() if name.endswith((".html", ".js"))
    )
    assert "books" not in own
    links = re.findall(r'(?:href|src)="(?!#)([^"]+)"', page(site))
    assert links and all(
        re.match(r"\.\./\.\./\.\./assets/|\.\./periods\.js|rows/|report\.xlsx", link) for link in links
    )


def test_nothing_comes_from_another_host(project: Path, reports: list[Path]) -> None:
    """No page and no style of ours or the theme's loads from anywhere but the site."""
    site = build(project, reports, Embedded()).path
    for path in [*site.rglob("*.html"), *site.rglob("*.css")]:
        text = path.read_text("utf-8")
        assert not re.search(r'(?:src|href)="(?:https?:)?//|@import[^;]*//|url\(["\']?(?:https?:)?//', text), path


def test_the_theme_pair_switches(project: Path, reports: list[Path]) -> None:
    """Both themes are linked and present, so that the switch has two sides."""
    site = build(project, reports, Embedded()).path
    modes = dict(
        re.findall(r'href="\.\./\.\./\.\./(assets/libs-[0-9a-f]{12}/themes/[^"]+)" data-mode="(\w+)"', page(site))
    )
    assert sorted(modes.values()) == ["dark", "light"]
    assert all((site / name).is_file() for name in modes)


def test_code_and_parameters_are_not_shown(project: Path, reports: list[Path]) -> None:
    """A reader sees outputs, not cells; the title stands once."""
    html = page(build(project, reports, Embedded()).path)
    assert "burn()" not in html and "persona = " not in html
    assert html.count("<h1") == 1 and "<title>Report for owner · October 2026</title>" in html
    assert 'id="cash"' in html and 'href="#cash"' in html


def test_hostile_text_is_shown_as_text(project: Path, add: Add) -> None:
    """HTML, scripts, Markdown, mathematics and templates in the data reach the page as what was typed."""
    made = report(
        title=HOSTILE, reader=HOSTILE, company=HOSTILE, commentary=HOSTILE, facts=(fact("f", 1.0, label=HOSTILE),)
    )
    site = build(project, [add(project, made)], Embedded()).path
    for html in (page(site), (site / "index.html").read_text("utf-8")):
        bare = re.sub(r"<script type=\"application/json\">.*?</script>", "", html, flags=re.DOTALL)
        assert "alert(1)</script>" not in bare and 'href="javascript' not in bare and "<b>bold" not in bare
        assert unescape(bare).count(HOSTILE) >= 2
        assert "math" not in re.sub(r"<head>.*?</head>", "", bare, flags=re.DOTALL)


def test_nothing_changed_renders_and_writes_nothing(project: Path, reports: list[Path]) -> None:
    """A second build leaves every file as it is."""
    renderer = Counting()
    site = build(project, reports, renderer).path
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    assert build(project, reports, renderer).rendered == ()
    assert len(renderer.calls) == 1
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before


def test_another_period_leaves_the_earlier_ones_alone(project: Path, add: Add) -> None:
    """November changes its corner's list, address and search, and nothing under October."""
    site = build(project, [add(project, report())], Embedded()).path
    before = tree(site)
    build(project, [project / "r/owner/2026-10", add(project, report(period="2026-11"))], Embedded())
    after = tree(site)
    changed = {name for name in before if after.get(name) != before[name] and "pagefind/" not in name}
    assert changed == {"index.html", "r/owner/index.html", "r/owner/periods.js"}
    assert "r/owner/2026-11/index.html" in after


def test_a_page_with_another_kind_of_chart_gets_the_whole_plotly(project: Path, add: Add) -> None:
    """Only that page; without such a page the larger file is not in the site at all."""
    spec = {"data": [{"type": "funnel", "x": [3, 1], "y": ["a", "b"]}]}
    odd = {"cells": [cell("## A", kind="markdown"), cell("x", shown(figure_html(Figure("fig-f", "F", "F", spec))))]}
    plain = {"cells": [cell("## A", kind="markdown"), cell("x", stream("no chart"))]}
    folders = [add(project, report()), add(project, report("books"), odd), add(project, report("words"), plain)]
    site = build(project, folders, Embedded()).path
    loaded = {
        slug: re.findall(r'assets/(plotly[a-z.-]*?)-[0-9a-f]{12}\.js"', page(site, slug))
        for slug in ("owner", "books", "words")
    }
    assert loaded == {"owner": ["plotly-cartesian.min"], "books": ["plotly.min"], "words": []}
    assert len(list((site / "assets").glob("plotly*"))) == 2
    whole = next((site / "assets").glob("plotly.min-*.js"))
    assert whole.read_bytes() == (Path(plotly.__file__).parent / "package_data" / "plotly.min.js").read_bytes()


def test_names_of_shared_files_tell_their_content(project: Path, reports: list[Path]) -> None:
    """Whatever lies in assets/ may be cached for ever: other content has another name, and pages name the new one."""
    site = build(project, reports, Embedded()).path
    before = {name for name in tree(site) if name.startswith("assets/")}
    with (project / "assets/quarterdeck.css").open("a", encoding="utf-8") as style:
        style.write("p {}\n")
    build(project, reports, Embedded())
    after = {name for name in tree(site) if name.startswith("assets/")}
    (new,) = after - before
    assert new.startswith("assets/quarterdeck-") and new in page(site) and len(before - after) == 1


def test_without_pagefind_the_site_is_whole_but_for_search(
    project: Path, reports: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No box, no index, and one line that says how to get them."""
    monkeypatch.setattr("quarterdeck.render.site.find_pagefind", lambda: None)
    site = build(project, reports, Embedded())
    assert "search-" not in page(site.path) and not list(site.path.rglob("pagefind"))
    assert site.notices == ("Search is left out of the site: pip install 'quarterdeck[site]'",)
    assert build(project, reports, Embedded()).notices == ()


def test_a_preview_is_not_published(project: Path, reports: list[Path], add: Add) -> None:
    """Its owner's index is that of the build before; the next build has one of its own."""
    find_pagefind()
    before = tree(build(project, reports, Embedded()).path / "pagefind")
    add(project, report("books", facts=(fact("quillfeathers", 1.0),)))
    made = {folder: Report.load(folder / "facts.json") for folder in reports}
    site = build_site(project, made, Embedded(), "", live=True).path
    assert tree(site / "pagefind") == before
    with pytest.raises(QuarterdeckError, match="make reports"):
        list(files_of(site))
    build(project, reports, Embedded())
    assert tree(site / "pagefind") != before and list(files_of(site))


def test_one_changed_report_renders_one_page(project: Path, reports: list[Path], add: Add) -> None:
    """The other pages stay byte for byte, and the home page shows the new figure."""
    renderer = Counting()
    site = build(project, reports, renderer).path
    before = tree(site)
    add(project, report("books", facts=(fact("gross-burn", 7777.0),)))
    assert [key.path for key in build(project, reports, renderer).rendered] == ["r/books/2026-10"]
    assert renderer.calls[1:] == [["r/books/2026-10"]]
    after = {name: content for name, content in tree(site).items() if "pagefind/" not in name}
    changed = {name for name, content in after.items() if before.get(name) != content}
    mine = {f"r/books/2026-10/{name}" for name in ("index.html", "report.xlsx")}
    assert changed == {"index.html", *mine} and set(after) == {name for name in before if "pagefind/" not in name}
    assert "$7,777" in (site / "index.html").read_text("utf-8")


def test_a_partial_build_equals_a_clean_one(tmp_path: Path, project: Path, reports: list[Path], add: Add) -> None:
    """However a site came about, equal reports give equal bytes, in any folder."""
    build(project, reports[:1], Embedded())
    grown = tree(build(project, reports, Embedded()).path)
    elsewhere = copy_project(tmp_path / "another" / "deeper folder")
    folders = [
        add(elsewhere, report(*key)) for key in (("books", "2026-10"), ("owner", "2026-10"), ("owner", "2026-09"))
    ]
    assert tree(build(elsewhere, folders, Embedded()).path) == grown


def test_another_look_renders_everything(project: Path, reports: list[Path]) -> None:
    """The theme's configuration and the assets are part of every page's key."""
    renderer = Counting()
    build(project, reports, renderer)
    (project / "_quarto.yml").write_text(
        (project / "_quarto.yml").read_text("utf-8").replace("In this report", "Contents"), "utf-8"
    )
    assert len(build(project, reports, renderer).rendered) == 3


def test_a_lost_cache_is_made_again(project: Path, reports: list[Path]) -> None:
    """Removing what we keep costs time, never correctness."""
    before = tree(build(project, reports, Embedded()).path)
    shutil.rmtree(project / ".quarterdeck")
    (reports[0] / "page.html").unlink()
    assert tree(build(project, reports, Embedded()).path) == before


@pytest.mark.parametrize(
    "trouble", [RenderError("quarto", "ended with code 1"), KeyboardInterrupt(), OSError(28, "No space left")]
)
def test_trouble_while_rendering_leaves_the_old_site(
    project: Path, reports: list[Path], add: Add, trouble: BaseException
) -> None:
    """A failing renderer, Ctrl-C or a full disk changes nothing that is published, and the next run mends all."""
    renderer = Counting()
    site = build(project, reports, renderer).path
    before = tree(site)
    add(project, report("books", title="New"))
    renderer.trouble = trouble
    with pytest.raises(type(trouble)):
        build(project, reports, renderer)
    assert tree(site) == before
    renderer.trouble = None
    build(project, reports, renderer)
    assert "New" in page(site, "books")


def cut_short(step: str, project: Path, reports: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that ends, as by Ctrl-C, at a function of `render`."""
    with monkeypatch.context() as patch:
        patch.setattr(f"quarterdeck.render.{step}", lambda *of: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            build(project, reports, Embedded())


def test_a_page_cut_short_is_never_taken_for_the_one_before(
    project: Path, reports: list[Path], add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends with the new page kept but not its workbook; the report is then what it was, and so is its page."""
    site = build(project, reports, Embedded()).path
    before = tree(site)
    add(project, report("books", title="New"))
    cut_short("site.write_workbook", project, reports, monkeypatch)
    add(project, report("books"))
    assert tree(build(project, reports, Embedded()).path) == before


def test_trouble_while_assembling_leaves_the_old_site(
    project: Path, reports: list[Path], add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site is put together under another name, so an end in the middle shows to nobody."""
    site = build(project, reports, Embedded()).path
    before = tree(site)
    add(project, report("books", title="New"))
    cut_short("assemble.periods_script", project, reports, monkeypatch)
    assert tree(site) == before
    build(project, reports, Embedded())
    assert "New" in page(site, "books")


def test_an_end_between_the_two_renames_is_mended(
    project: Path, reports: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old site, set aside for an instant, is back at the next run even when that one fails."""
    site = build(project, reports, Embedded()).path
    before = tree(site)
    site.replace(project / ".quarterdeck" / "site-old")
    (project / "index.qmd").unlink()
    with pytest.raises(RenderError, match=r"index\.qmd: is missing"):
        build(project, reports, Embedded())
    assert tree(site) == before


def test_a_removed_report_leaves_the_site(project: Path, reports: list[Path]) -> None:
    """What is no longer in the store is no longer published."""
    build(project, reports, Embedded())
    site = build(project, reports[:2], Embedded()).path
    assert not (site / "r" / "books").exists() and (site / "r" / "owner" / "2026-09" / "index.html").is_file()


def test_home_has_a_card_for_each_latest_report(project: Path, reports: list[Path]) -> None:
    """One card per slug, linking to its latest period, with figures, change, worst finding and date."""
    home = (build(project, reports, Embedded()).path / "index.html").read_text("utf-8")
    assert re.findall(r'class="qd-card-title"><a href="([^"]+)"', home) == [
        "r/books/2026-10/index.html",
        "r/owner/2026-10/index.html",
    ]
    for said in (
        "Harbour &amp; Sons",
        "$8,412",
        "up $310",
        "Three invoices",
        "$9,240 at stake",
        "as of October 31, 2026",
        "qd-spark",
    ):
        assert said in home


def test_home_says_what_changed_since_the_period_before(project: Path, add: Add) -> None:
    """Figures that moved most, once each; findings new to all reports and gone from all; links to where they stand."""
    old, kept, new = (
        replace(FINDINGS[n], id=name, title=f"{name} thing") for n, name in enumerate(("old", "kept", "new"))
    )
    folders = [
        add(project, report("owner", "2026-09", findings=(old, kept))),
        add(project, report("owner", "2026-10", findings=(kept, new))),
        add(project, report("books", "2026-09", findings=(kept,))),
        add(project, report("books", "2026-10", findings=(kept, new))),
        add(project, report("late", "2026-07", findings=(old,))),
    ]
    home = (build(project, folders, Embedded()).path / "index.html").read_text("utf-8")
    changed, added, gone = re.findall(r'<section class="qd-panel qd-panel-(?:changes|worst|gone)">.*?</section>', home)
    assert changed.count("Gross burn") == 1 and 'href="r/books/2026-10/index.html"' in changed
    assert re.findall(r'href="([^"]+)">(\w+) thing', added) == [("r/books/2026-10/index.html#finding-new", "new")]
    assert re.findall(r'href="([^"]+)">(\w+) thing', gone) == [("r/owner/2026-09/index.html#finding-old", "old")]


def test_home_says_nothing_of_changes_without_an_earlier_period(project: Path, add: Add) -> None:
    """No panel of findings that would all be new."""
    site = build(project, [add(project, report("owner", "2026-08")), add(project, report())], Embedded()).path
    home = (site / "index.html").read_text("utf-8")
    assert "qd-panel-changes" in home and "qd-panel-worst" not in home and "qd-panel-gone" not in home


def test_the_page_of_deliveries_outlives_a_build(project: Path, reports: list[Path], add: Add) -> None:
    """It says what is not known yet, then what it was told, at once and after another build; only the owner has it."""
    site = build(project, reports, Embedded()).path
    assert "Nothing is known of deliveries yet" in (site / "deliveries.html").read_text("utf-8")
    put_deliveries(project, "2026-11-03 08:00 UTC", ("report", "sent"), [("owner", "2")], ["a <b> failed"])
    said = (site / "deliveries.html").read_text("utf-8")
    assert "2026-11-03 08:00 UTC" in said and "a &lt;b&gt; failed" in said and '<td class="qd-num">2</td>' in said
    before = {path: path.stat().st_mtime_ns for path in site.rglob("*")}
    build(project, reports, Embedded())
    assert {path: path.stat().st_mtime_ns for path in site.rglob("*")} == before
    build(project, [*reports, add(project, report("new"))], Embedded())
    assert (site / "deliveries.html").read_text("utf-8") == said
    assert [name for name, text in tree(site).items() if b"08:00 UTC" in text] == ["deliveries.html"]


def test_a_wrong_address_names_nothing(project: Path, reports: list[Path]) -> None:
    """The page for it works at any depth without another file, and says nothing of any report."""
    html = (build(project, reports, Embedded()).path / "404.html").read_text("utf-8")
    assert not re.search(r"<script|<a |src=|url\(", html) and re.findall(r'href="([^"]+)"', html) == ["data:,"]
    assert "Content-Security-Policy" in html and not re.search("owner|books|Harbour", html)


def test_a_slug_leads_to_its_latest_period(project: Path, reports: list[Path]) -> None:
    """The short address and the period switch both know the periods, the latest first."""
    site = build(project, reports, Embedded()).path
    short = (site / "r" / "owner" / "index.html").read_text("utf-8")
    assert 'content="0; url=2026-10/index.html"' in short
    assert re.findall('<link rel="icon" href="([^"]*)"', short) == ["data:,"]  # one to fetch would be cut short
    assert re.findall(r'"name": "([^"]+)"', (site / "r" / "owner" / "periods.js").read_text("utf-8")) == [
        "2026-10",
        "2026-09",
    ]


def test_a_home_page_without_its_place_is_an_error(project: Path, reports: list[Path]) -> None:
    """The remedy says which line to keep."""
    (project / "index.qmd").write_text("---\npagetitle: x\n---\n\nHello\n", "utf-8")
    with pytest.raises(RenderError, match=r"index\.qmd.*quarterdeck-reports"):
        build(project, reports, Embedded())


def test_what_the_embedded_renderer_refuses_is_said(project: Path, reports: list[Path]) -> None:
    """A theme that does not exist is one clear message."""
    config = project / "_quarto.yml"
    config.write_text(config.read_text("utf-8").replace("dark: slate", "dark: slat"), "utf-8")
    with pytest.raises(RenderError, match="theme 'slat'"):
        build(project, reports, Embedded())


def test_a_missing_notebook_is_named(project: Path, reports: list[Path]) -> None:
    """The message says which file to make again."""
    (reports[0] / "report.ipynb").unlink()
    with pytest.raises(RenderError, match=r"report\.ipynb: is missing"):
        build(project, reports, Embedded())


def test_markdown_of_the_notebook_keeps_its_dollars(project: Path, add: Add) -> None:
    """Two amounts in a sentence are two amounts."""
    site = build(project, [add(project, report(), executed(title="prices US$5, A$b and C$d"))], Embedded()).path
    assert "From $1 to $2 in a <em>sentence</em>." in page(site)
    assert "Odd prices US$5, A$b and C$d" in page(site) and 'class="math' not in page(site)
