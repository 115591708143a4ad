"""The whole way through the house, with a real kernel, on a small company."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import nbformat
import pytest

from quarterdeck import pipeline
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.pipeline import Outcome, Request
from quarterdeck.project import Project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("pipeline")]


def build(root: Path, **request: object) -> Outcome:
    return pipeline.run(Project.open(root), Request(engine="embedded", **request))  # type: ignore[arg-type]


def states(outcome: Outcome) -> dict[str, str]:
    return {result.key.slug: result.state for result in outcome.results}


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def edit_notebook(root: Path, change: Callable[[list], None]) -> None:
    path = root / "notebooks" / "report.ipynb"
    notebook = nbformat.read(path, 4)
    change(notebook.cells)
    nbformat.write(notebook, path)


def fuel(cells: list) -> dict:
    """The code cell of the section `fuel`."""
    return cells[next(n for n, cell in enumerate(cells) if cell.source.startswith("## Fuel")) + 1]


def test_reports_site_and_digests_are_made_and_agree(project: Path) -> None:
    """One figure has one value in facts.json, its rows, the page and both parts of the mail."""
    outcome = build(project)
    assert states(outcome) == {"host": "built", "skipper": "built"}
    facts = json.loads((project / "r/skipper/2026-03/facts.json").read_text("utf-8"))
    takings = next(fact for fact in facts["facts"] if fact["id"] == "takings")
    assert (takings["value"], takings["previous"], takings["unit"], takings["scope"]) == (400.0, 900.0, "EUR", "all")
    rows = (project / "r/skipper/2026-03" / takings["rows"]).read_text("utf-8").splitlines()
    place = rows[0].split(",").index("contribution")
    assert sum(float(row.split(",")[place]) for row in rows[1:]) == takings["value"]
    page = (project / "_site/r/skipper/2026-03/index.html").read_text("utf-8")
    mail = message_from_bytes((project / "outbox/2026-03/skipper.eml").read_bytes())
    texts = [part.get_payload(decode=True).decode() for part in mail.walk() if part.get_content_maintype() == "text"]
    assert len(texts) == 2
    for text in [page, *texts]:
        assert "€400" in text
    assert 'id="fuel"' in page and "fig-largest-line" in page


def test_second_run_executes_and_renders_nothing(project: Path) -> None:
    """Nothing changed, so nothing is made again and every byte stays."""
    build(project)
    before = files(project / "_site") | files(project / "outbox")
    again = build(project)
    assert set(states(again).values()) == {"up to date"} and again.rendered == 0
    assert files(project / "_site") | files(project / "outbox") == before


def test_only_reports_that_read_a_changed_table_are_executed(project: Path) -> None:
    """The recorded reads are the key: a table that nobody reads rebuilds nobody."""
    build(project)
    (project / "data/extra.csv").write_text("a,b\n1,2\n", "utf-8")
    assert set(states(build(project)).values()) == {"up to date"}
    (project / "personas/host.yml").open("a").write("recipients: [{address: host@example.com}]\napproval: true\n")
    assert set(states(build(project)).values()) == {"up to date"}
    ledger = project / "data/ledger.csv"
    ledger.write_text(ledger.read_text("utf-8").replace("400.00", "410.00"), "utf-8")
    assert set(states(build(project)).values()) == {"built"}


def test_naming_one_persona_renews_it_and_leaves_the_rest(project: Path) -> None:
    """A partial run rebuilds one page and keeps the whole site."""
    build(project)
    before = files(project / "_site/r/host")
    ledger = project / "data/ledger.csv"
    ledger.write_text(ledger.read_text("utf-8").replace("400.00", "410.00"), "utf-8")
    outcome = build(project, personas=("skipper",))
    assert states(outcome) == {"skipper": "built"}
    assert files(project / "_site/r/host") == before
    assert "€410" in (project / "_site/r/skipper/2026-03/index.html").read_text("utf-8")


def test_failing_report_keeps_its_last_good_page_and_names_the_cell(project: Path) -> None:
    """The others go on; the failed one keeps a partial notebook and is neither rendered nor mailed."""
    build(project)
    before = files(project / "_site/r/skipper") | files(project / "outbox")
    edit_notebook(project, lambda cells: fuel(cells).update(source="1 / 0  # broken"))
    outcome = build(project)
    assert states(outcome) == {"host": "up to date", "skipper": "failed"}
    error = str(next(result.error for result in outcome.results if result.error))
    assert re.search(r"report skipper 2026-03, section fuel, cell \d+ \(1 / 0", error) and "ZeroDivisionError" in error
    assert (project / "r/skipper/2026-03/failed.ipynb").is_file()
    assert files(project / "_site/r/skipper") | files(project / "outbox") == before
    edit_notebook(project, lambda cells: fuel(cells).update(source="1"))
    assert states(build(project))["skipper"] == "built"
    assert not (project / "r/skipper/2026-03/failed.ipynb").exists()


def test_cell_that_ends_its_kernel_fails_that_report_alone(project: Path) -> None:
    """A killed kernel is a failure with its cell, not a hang or a traceback."""
    edit_notebook(project, lambda cells: fuel(cells).update(source="import os; os._exit(3)"))
    outcome = build(project)
    assert states(outcome) == {"host": "built", "skipper": "failed"}
    assert "section fuel" in str(outcome.results[1].error) and "ended its kernel" in str(outcome.results[1].error)


def test_new_cell_with_a_chart_needs_no_other_change(project: Path) -> None:
    """A heading, `px.bar(...)` and the section's id in a persona put a chart on the page and in the mail."""

    def add(cells: list) -> None:
        cells.append(nbformat.v4.new_markdown_cell("## Depth"))
        cells.append(
            nbformat.v4.new_code_cell(
                'px.bar(pd.DataFrame({"lock": ["A", "B"], "metres": [3, 4]}), x="lock", y="metres")'
            )
        )

    edit_notebook(project, add)
    path = project / "personas/skipper.yml"
    path.write_text(
        path.read_text("utf-8").replace("fuel]", "fuel, depth]").replace("digest: [", "digest: [depth, "), "utf-8"
    )
    build(project)
    assert "Metres by lock" in (project / "_site/r/skipper/2026-03/index.html").read_text("utf-8")
    assert "Metres by lock" in (project / "outbox/2026-03/skipper.html").read_text("utf-8")


def test_variants_of_a_mail_lie_beside_it_until_they_are_dropped(project: Path) -> None:
    """Another subject with a figure in it; a figure that no section states fails the report and names the key."""
    path = project / "personas/skipper.yml"
    before = path.read_text("utf-8")
    path.write_text(before + 'variants: {money: {subject: "We took {takings}"}}\n', "utf-8")
    build(project)
    variant = message_from_bytes((project / "outbox/2026-03/skipper+money.eml").read_bytes(), policy=default)
    usual = message_from_bytes((project / "outbox/2026-03/skipper.eml").read_bytes(), policy=default)
    assert variant["Subject"] == "We took €400 · March 2026" != usual["Subject"]
    path.write_text(before + 'variants: {money: {subject: "We took {takngs}"}}\n', "utf-8")
    error = next(result.error for result in build(project).results if result.error)
    assert "personas/skipper.yml, key variants.money.subject: 'takngs' is no fact" in str(error) and "takings" in str(
        error
    )
    path.write_text(before, "utf-8")
    build(project)
    assert sorted(p.name for p in (project / "outbox/2026-03").glob("skipper*")) == ["skipper.eml", "skipper.html"]


def test_absent_table_degrades_what_needs_it_and_says_so(project: Path) -> None:
    """Not known is never shown as zero."""
    (project / "data/accounts.csv").unlink()
    outcome = build(project, personas=("skipper",))
    assert states(outcome) == {"skipper": "built"}
    page = (project / "_site/r/skipper/2026-03/index.html").read_text("utf-8")
    assert "not known" in page and "accounts" in page and "€0" not in page


def test_text_in_data_stays_text(project: Path) -> None:
    """HTML, scripts, Markdown, formulas and templates in a cell of data are shown, never obeyed."""
    hostile = "<script>alert(1)</script> **x** [a](javascript:b) {{< include /etc/passwd >}} {{ 7*7 }} ``` $1 $2 =1+1"
    ledger = project / "data/ledger.csv"
    ledger.write_text(ledger.read_text("utf-8").replace("Diesel", f'"{hostile}"'), "utf-8")
    build(project, personas=("skipper",))
    page = (project / "_site/r/skipper/2026-03/index.html").read_text("utf-8")
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)&lt;/script&gt; **x** [a](javascript:b)" in page
    assert "root:x:0" not in page and "49" not in re.findall(r"<td[^>]*>(.*?)</td>", page)[1]


def test_commentary_comes_first_on_page_and_in_mail(project: Path) -> None:
    """An analyst's words for the period stand at the top of both."""
    path = project / "commentary/2026-03/skipper.md"
    path.parent.mkdir(parents=True)
    path.write_text("A **calm** month.", "utf-8")
    build(project, personas=("skipper",))
    for made in ("_site/r/skipper/2026-03/index.html", "outbox/2026-03/skipper.html"):
        text = (project / made).read_text("utf-8")
        assert re.search(r"<strong[^>]*>calm</strong>", text)


def test_another_company_leaves_nothing_of_the_first(project: Path, tmp_path: Path) -> None:
    """Other data and personas in the same project make a site and outbox of that company alone."""
    build(project)
    data, personas = tmp_path / "data", tmp_path / "personas"
    data.mkdir()
    personas.mkdir()
    for path in (project / "data").glob("*.csv"):
        text = path.read_text("utf-8").replace("Möwe & Söhne", "Acme").replace("ferry", "bus").replace("EUR", "USD")
        (data / path.name).write_text(text, "utf-8")
    (personas / "driver.yml").write_text("title: Bus\nreader: Driver\nsections: [takings]\n", "utf-8")
    pipeline.run(Project.open(project, data, personas), Request(engine="embedded"))
    made = files(project / "_site") | files(project / "outbox")
    left = "".join(
        text.decode() for name, text in made.items() if name.endswith((".html", ".csv", ".eml", "periods.js"))
    )
    assert "Acme" in left
    assert not [word for word in ("Möwe", "Skipper", "The inn", "ferry", "€") if word in left]


def test_builds_in_two_folders_are_the_same_bytes(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folder, time zone and hash seed leave no trace in the site or the digests."""
    import shutil

    other = tmp_path / "elsewhere" / "with a space"
    shutil.copytree(project, other)
    build(project)
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    build(other, jobs=1)
    assert files(project / "_site") == files(other / "_site")
    assert files(project / "outbox") == files(other / "outbox")


def test_period_after_the_data_is_refused(project: Path) -> None:
    """A report of a month of which nothing is known is not made."""
    with pytest.raises(QuarterdeckError, match="2027-01 begins after 2026-03-31"):
        build(project, period="2027-01")


def test_reports_that_contradict_each_other_stop_the_run(project: Path) -> None:
    """A planted discrepancy: both reports are named, and site and outbox stay as they were."""
    build(project)
    before = files(project / "_site") | files(project / "outbox")
    source = 'lambda p: Measure.total(takings(p).rows.head(1 if persona == "host" else 9), "amount", sign=-1)'
    edit_notebook(project, lambda cells: cells[3].update(source=cells[3].source.replace("takings, b", f"{source}, b")))
    host = project / "personas/host.yml"
    host.write_text(host.read_text("utf-8").replace("entities: [inn]\n", ""), "utf-8")
    ledger = project / "data/ledger.csv"
    extra = "7,e4,2026-03-30,inn,1000,10.00,,,,,\n8,e4,2026-03-30,inn,4000,-10.00,,,,,\n"
    ledger.write_text(ledger.read_text("utf-8") + extra, "utf-8")
    for _ in range(2):
        with pytest.raises(QuarterdeckError, match=r"fact takings .* report host, section takings, .* report skipper"):
            build(project)
    assert files(project / "_site") | files(project / "outbox") == before


def test_an_overseer_is_told_what_no_report_shows(project: Path) -> None:
    """An entity without any row of its own still has to be seen; a partial run is not asked."""
    entities = project / "data/entities.csv"
    entities.write_text(entities.read_text("utf-8") + "mill,Windmill,hauling,sack,sacks,,,,2022-01-01,\n", "utf-8")
    assert set(states(build(project)).values()) == {"built"}
    path = project / "personas/skipper.yml"
    path.write_text(path.read_text("utf-8") + "oversees: true\n", "utf-8")
    with pytest.raises(QuarterdeckError, match=r"no report shows .*entity Windmill"):
        build(project)
    assert set(states(build(project, personas=("skipper",))).values()) == {"up to date"}


def test_a_persona_is_repeated_for_each_row(project: Path) -> None:
    """The whole, and one report for each entity, in folders of their own and scoped to it."""
    path = project / "personas/host.yml"
    path.write_text(path.read_text("utf-8").replace("entities: [inn]", "each: entities"), "utf-8")
    outcome = build(project, personas=("host",))
    assert list(states(outcome)) == ["host", "host/ferry", "host/inn"]
    page = (project / "_site/r/host/inn/2026-03/index.html").read_text("utf-8")
    assert "The inn: Inn" in page and "€400" in page and "ferry" not in page.lower()
    assert (project / "outbox/2026-03/host/inn.eml").is_file()


def test_a_no_op_starts_no_kernel_browser_or_renderer(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With nothing to do, no process is started at all."""
    build(project)

    def refuse(*arguments: object, **options: object) -> None:
        raise AssertionError(f"started {arguments}")

    monkeypatch.setattr("subprocess.Popen.__init__", refuse)
    assert set(states(build(project)).values()) == {"up to date"}
    (project / "_site/r/skipper/2026-03/index.html").unlink()
    build(project)
    assert (project / "_site/r/skipper/2026-03/index.html").is_file()  # put back from what was kept


def test_a_run_cut_between_two_renames_loses_no_report(project: Path) -> None:
    """What had been moved aside comes back, what was half made goes."""
    build(project)
    folder = project / "r/skipper/2026-03"
    before = files(folder)
    folder.rename(folder.with_name(".2026-03.old"))
    (folder.parent / ".2026-03.xyz.partial").mkdir()
    assert states(build(project)) == {"host": "up to date", "skipper": "up to date"}
    assert files(folder) == before and sorted(path.name for path in folder.parent.iterdir()) == ["2026-03"]


def test_a_dask_cluster_makes_the_same_reports(project: Path, tmp_path: Path) -> None:
    """Its workers execute, one failing report is that report's failure alone, and all else is as on one machine."""
    distributed = pytest.importorskip("distributed", reason="pip install distributed")
    edit_notebook(
        project, lambda cells: fuel(cells).update(source="raise ValueError('no fuel')\n" + fuel(cells).source)
    )
    build(project)
    here = files(project / "_site") | files(project / "outbox")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", processes=True
    ) as cluster:
        outcome = build(project, executor="dask", scheduler=cluster.scheduler_address, force=True)
    assert files(project / "_site") | files(project / "outbox") == here
    failed = {result.key.slug: result.error for result in outcome.results if result.error}
    assert failed and all("no fuel" in str(error) and error.section == "fuel" for error in failed.values())


def _begin_slowly(root: Path, marker: Path) -> None:
    """Let the section on fuel say that it has begun, and take its time."""
    first = f"import pathlib, time\npathlib.Path({str(marker)!r}).touch()\ntime.sleep(2)\n"
    edit_notebook(root, lambda cells: fuel(cells).update(source=first + fuel(cells).source))


def _once(marker: Path, act: Callable[[], object]) -> threading.Thread:
    """Do something as soon as a file is there."""

    def watch() -> None:
        while not marker.exists():
            time.sleep(0.02)
        act()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def test_reports_of_killed_dask_workers_are_made_by_others(project: Path, tmp_path: Path) -> None:
    """All workers are killed in the middle; the reports are whole, and nothing half made is left."""
    distributed = pytest.importorskip("distributed", reason="pip install distributed")
    _begin_slowly(project, tmp_path / "begun")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True) as cluster:
        pids = [nanny.process.pid for nanny in cluster.workers.values()]
        killing = _once(tmp_path / "begun", lambda: [os.kill(pid, signal.SIGKILL) for pid in pids])
        outcome = build(project, executor="dask", scheduler=cluster.scheduler_address)
        killing.join()
    assert states(outcome) == {"host": "built", "skipper": "built"}
    assert states(build(project)) == {"host": "up to date", "skipper": "up to date"}
    assert not list((project / "r").rglob("*.partial"))


def test_when_the_dask_scheduler_is_killed_the_next_run_completes(project: Path, tmp_path: Path) -> None:
    """One message names it; what was done stays done."""
    pytest.importorskip("distributed", reason="pip install distributed")
    _begin_slowly(project, tmp_path / "begun")
    told = tmp_path / "scheduler.json"
    common = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard", "--scheduler-file", str(told)]
    with subprocess.Popen([*common, "--host", "127.0.0.1", "--port", "0"], stderr=subprocess.DEVNULL) as scheduler:
        while not told.exists():
            time.sleep(0.05)
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(told), "--no-dashboard"]
        with subprocess.Popen([*worker, "--nthreads", "1"], stderr=subprocess.DEVNULL) as worked:
            killing = _once(tmp_path / "begun", scheduler.kill)
            with pytest.raises(QuarterdeckError, match="was lost"):
                build(project, executor="dask", scheduler=json.loads(told.read_text())["address"])
            killing.join()
            worked.terminate()
    assert set(states(build(project)).values()) <= {"built", "up to date"}
    assert not list((project / "r").rglob("*.partial"))


def test_a_scheduler_that_is_not_there_is_named(project: Path) -> None:
    """One message, before anything is touched."""
    pytest.importorskip("distributed", reason="pip install distributed")
    with pytest.raises(QuarterdeckError, match=r"nobody answers at 'tcp://127\.0\.0\.1:1'"):
        build(project, executor="dask", scheduler="tcp://127.0.0.1:1")
    for half in ({"executor": "dask"}, {"scheduler": "tcp://127.0.0.1:1"}):
        with pytest.raises(QuarterdeckError, match="goes with --scheduler"):
            build(project, **half)
