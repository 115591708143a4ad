"""Search as a reader uses it, over http, under the page's policy; and the indexes behind it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engines import open_firefox
from quarterdeck.model.errors import RenderError
from quarterdeck.model.report import Finding
from quarterdeck.render.embedded import Embedded
from quarterdeck.render.search import Corner, put_indexes
from tools import find_firefox, find_pagefind, serve_folder, wait_until

from .handmade import build, copy_project, report

Add = Callable[..., Path]
TYPE = """(words) => { const box = document.querySelector('.qd-search input');
    box.focus(); box.value = words; box.dispatchEvent(new Event('input')); }"""
SAID = "document.querySelector('.qd-search-said').textContent"
LINKS = (
    "Array.from(document.querySelectorAll('.qd-results a')).map((link) => [link.getAttribute('href'), link.innerText])"
)


def finding(name: str, title: str) -> Finding:
    """Something wrong that only one report says."""
    return Finding(name, f"{title} <b>bold</b>", "high", "all", title)


@pytest.fixture
def site(project: Path, add: Add) -> Path:
    """Two readers, one with two periods; each knows a client that the other does not."""
    find_pagefind()
    made = [
        report("owner", "2026-09", findings=(finding("a", "Zephyrine owes rent"),)),
        report("owner", "2026-10", findings=(finding("a", "Zephyrine owes rent"),)),
        report("books", "2026-10", findings=(finding("b", "Quillfeather owes fees"),)),
    ]
    return build(project, [add(project, one) for one in made], Embedded()).path


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    """The address of the site."""
    with serve_folder(site) as address:
        yield address


def search(page: Any, words: str) -> list[list[str]]:
    """Where the results lead and what they say."""
    page.fill(".qd-search input", words)
    wait_until(page, f"() => {SAID}")
    page.wait_for_timeout(500)
    wait_until(page, f"() => {SAID}")
    return page.evaluate(LINKS)


@pytest.mark.browser
@pytest.mark.slow
def test_a_corner_finds_its_own_and_home_finds_all(served: str, browser: Any) -> None:
    """By a name that one report knows; the latest period first; the index is asked for on first use, and alone."""
    page, asked, wrong = browser.new_page(), list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("response", lambda answer: wrong.append(answer.url) if answer.status >= 400 else None)
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{served}/r/owner/2026-09/index.html")
    page.wait_for_selector("html[data-charts]", state="attached")
    assert not [url for url in asked if "pagefind" in url]
    found = search(page, "Zephyrine")
    assert [href.partition("#")[0] for href, _ in found] == [
        "/r/owner/2026-10/index.html",
        "/r/owner/2026-09/index.html",
    ]
    assert "Report for owner · October 2026" in found[0][1] and "rent <b>bold</b>" in found[0][1]
    assert search(page, "Quillfeather") == [] and page.inner_text(".qd-search-said") == "Nothing found"
    assert {url.partition("/pagefind/")[0] for url in asked if "/pagefind/" in url} == {f"{served}/r/owner"}
    page.goto(f"{served}/index.html")
    assert [href.split("/")[2] for href, _ in search(page, "Quillfeather")] == ["books"]
    assert {href.split("/")[2] for href, _ in search(page, "owes")} == {"books", "owner"}
    assert wrong == []


@pytest.mark.browser
@pytest.mark.slow
def test_the_latest_periods_come_first_and_the_rest_on_request(project: Path, add: Add, browser: Any) -> None:
    """However well an earlier page matches; an amount is found as the page writes it."""
    find_pagefind()
    periods = [f"{year}-{month:02}" for year in (2025, 2026) for month in range(1, 11)]
    said = {period: "Zephyrine owes " * (30 if period < "2026" else 1) + "$2,390" for period in periods}
    made = [report("owner", period, findings=(finding("a", said[period]),)) for period in periods]
    site = build(project, [add(project, one, {"cells": []}) for one in made], Embedded()).path
    with serve_folder(site) as address:
        page = browser.new_page()
        page.goto(f"{address}/r/owner/2026-10/index.html")
        for words in ("Zephyrine", "$2,390"):
            shown = [href.split("/")[3] for href, _ in search(page, words)]
            assert shown == periods[:-9:-1] and page.inner_text(".qd-search-said") == "20 pages"
        for _ in range(2):
            page.click(".qd-results button")
            page.wait_for_timeout(300)
        assert [href.split("/")[3] for href, _ in page.evaluate(LINKS)] == periods[::-1]
        assert page.is_hidden(".qd-results button") and page.is_visible(".qd-results a")


@pytest.mark.browser
@pytest.mark.slow
def test_search_is_used_by_keyboard(served: str, browser: Any) -> None:
    """A slash leads to the box, arrows through the results, Enter to a page, Escape out of it."""
    page = browser.new_page()
    page.goto(f"{served}/r/owner/2026-10/index.html")
    page.wait_for_selector(".qd-search input")
    page.keyboard.press("/")
    page.keyboard.type("Zephyrine")
    page.wait_for_selector(".qd-results a")
    page.keyboard.press("Escape")
    assert page.is_hidden(".qd-results") and page.input_value(".qd-search input") == ""
    page.keyboard.type("Zephyrine")
    page.wait_for_selector(".qd-results a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/r/owner/2026-09/index.html*")


@pytest.mark.browser
@pytest.mark.slow
def test_firefox_draws_and_searches_under_the_policy(site: Path, served: str) -> None:
    """The charts from disk and over http, results over http; from disk search says what it needs."""
    with open_firefox(find_firefox()) as tab:
        for address in ((site / "r/owner/2026-10/index.html").as_uri(), f"{served}/r/owner/2026-10/index.html"):
            tab.open(address, 800)
            assert tab.evaluate("document.querySelectorAll('.qd-plot .main-svg').length") >= 2
            tab.evaluate(f"({TYPE})('Zephyrine')")
            end = time.monotonic() + 20
            while not (said := tab.evaluate(SAID)) and time.monotonic() < end:
                time.sleep(0.1)
            assert said == (
                "2 pages" if address.startswith("http") else "Search needs the site to be served: make serve"
            )


@pytest.mark.slow
def test_indexes_are_the_same_bytes_anywhere(tmp_path: Path, site: Path, add: Add) -> None:
    """Made anew in another folder; only what a search needs is published."""
    before = {path.relative_to(site): path.read_bytes() for path in site.rglob("pagefind/**/*") if path.is_file()}
    project = copy_project(tmp_path / "else" / "where")
    made = [
        report("owner", "2026-09", findings=(finding("a", "Zephyrine owes rent"),)),
        report("owner", "2026-10", findings=(finding("a", "Zephyrine owes rent"),)),
        report("books", "2026-10", findings=(finding("b", "Quillfeather owes fees"),)),
    ]
    again = build(project, [add(project, one) for one in made], Embedded()).path
    assert {path: (again / path).read_bytes() for path in before} == before
    names = {path.name for path in (again / "r/owner/pagefind").iterdir() if "." in path.name}
    fixed = {"pagefind.js", "pagefind-worker.js", "pagefind-entry.json", "wasm.en.pagefind"}
    assert fixed < names and len(names) == 5


def test_an_index_is_made_again_only_when_its_pages_changed(tmp_path: Path) -> None:
    """The one kept is copied, by whatever program size and content it was made; others are thrown away."""
    program, kept, runs = find_pagefind(), tmp_path / "kept", []
    for number, text in enumerate(["one", "one", "two"]):
        folder = tmp_path / f"site{number}"
        (folder / "2026-10").mkdir(parents=True)
        page = f"<html lang='en'><main data-pagefind-body>{text}</main></html>"
        (folder / "2026-10/index.html").write_text(page, "utf-8")
        put_indexes([Corner(folder, "*/index.html", "en")], program, kept)
        assert (folder / "pagefind/pagefind.js").is_file()
        runs.append([(path.name, path.stat().st_mtime_ns) for path in kept.iterdir()])
    assert runs[0] == runs[1] and runs[1] != runs[2] and len(runs[2]) == 1


def test_a_pagefind_that_fails_is_told_with_its_output(tmp_path: Path) -> None:
    """Command, code and what it said; nothing half-made is kept."""
    program = tmp_path / "pagefind"
    program.write_text("#!/bin/sh\necho no room\nexit 3\n")
    program.chmod(0o755)
    (tmp_path / "site").mkdir()
    with pytest.raises(RenderError, match=r"--site .*ended with code 3\nno room"):
        put_indexes([Corner(tmp_path / "site", "*/index.html", "en")], program, tmp_path / "kept")
    assert not list((tmp_path / "kept").iterdir())


def test_a_program_that_lost_its_mode_runs_as_a_copy(site: Path, tmp_path: Path) -> None:
    """Whoever unpacks a package for Lambda may not keep modes."""
    program = Path(shutil.copyfile(find_pagefind(), tmp_path / "pagefind"))
    shutil.rmtree(site / "r" / "owner" / "pagefind")
    put_indexes([Corner(site / "r" / "owner", "*/index.html", "en")], program, tmp_path / "cache" / "kept")
    assert (site / "r" / "owner" / "pagefind" / "pagefind.js").is_file()
