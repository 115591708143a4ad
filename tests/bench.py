"""`make bench`: this project beside the usual ways to run the same notebooks, in one run, as ratios.

Every way executes the same pre-selected notebooks (each persona's sections of the master notebook, its parameters
injected) with the same data. Ways take turns, so that whatever else the machine does falls on all of them; medians are
compared. `--scale` adds what more personas and more rows cost, which takes some minutes.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from html import escape
from pathlib import Path
from urllib.request import urlopen

import nbformat
import papermill

from quarterdeck import pipeline
from quarterdeck.deliver.compose import compose, digest_figures
from quarterdeck.deliver.layout import to_html
from quarterdeck.deliver.message import to_message
from quarterdeck.deliver.pictures import Browser, Picture
from quarterdeck.deliver.plain import to_text
from quarterdeck.execute.job import Job, Setup, close_kernels, execute, kernels
from quarterdeck.execute.outline import Outline
from quarterdeck.model.format import _written
from quarterdeck.model.report import Figure, Report
from quarterdeck.project import Project
from quarterdeck.workshop import Workshop

ROOT = Path(__file__).parents[1]
COPIED = ("notebooks", "personas", "data", "assets", "commentary", "_quarto.yml", "index.qmd")
WHOLE = ("beyond", "clean", "no-op", "rendering", "edit to preview", "slowest edit to preview", "digests")
FLOOR = """
import json, os, sys, time
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
for statement in json.loads(sys.argv[2]):
    exec(statement, {})
from quarterdeck.report import warm_up
warm_up()
import io, contextlib
took = 0.0
for path in json.loads(sys.argv[1]):
    shell.reset()
    for callback in list(shell.events.callbacks["post_run_cell"]):
        shell.events.unregister("post_run_cell", callback)
    for cell in json.load(open(path))["cells"]:
        if cell["cell_type"] == "code":
            with contextlib.redirect_stdout(io.StringIO()):
                began = time.perf_counter()
                shell.run_cell("".join(cell["source"])).raise_error()
                took += time.perf_counter() - began
print(took, file=sys.stderr)
"""


def copy_of(folder: Path, name: str) -> Project:
    """The sample project in a folder of its own, with nothing built."""
    root = folder / name
    root.mkdir()
    for part in COPIED:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.is_file():
            shutil.copyfile(source, root / part)
    return Project.open(root)


class Ways:
    """The ways to execute one set of jobs; each returns the seconds that it took."""

    def __init__(self, project: Project, scratch: Path) -> None:
        jobs, _ = pipeline.plan(project, pipeline.Request(force=True))
        self.jobs = [job for job in jobs if not job.key.subject]
        self.scratch, self.project = scratch, project
        folders = {"QUARTERDECK_DATA": str(project.data), "QUARTERDECK_PERSONAS": str(project.personas)}
        self.environment = {"QUARTERDECK_PIPELINE": "1", **folders}
        imports = Outline.read(project.notebook).imports()
        self.setup = Setup(tuple(self.environment.items()), (*imports, "import quarterdeck.report as r; r.warm_up()"))
        self.imports, self.beyond = imports, list[float]()
        self.sources = []
        for job in self.jobs:
            path = scratch / "in" / f"{job.key.persona}.ipynb"
            path.parent.mkdir(exist_ok=True)
            notebook = job.selection.notebook()
            assigned = "\n".join(f"{name} = {value!r}" for name, value in job.parameters.items())
            notebook.cells.insert(1, nbformat.v4.new_code_cell(assigned))
            nbformat.write(notebook, path)
            self.sources.append(path)

    def _each(self, run: Callable[[Path, Path], None], threads: int) -> float:
        began = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(run, self.sources, [self._folder(path) for path in self.sources]):
                pass
        return time.perf_counter() - began

    def _folder(self, path: Path) -> Path:
        folder = Path(tempfile.mkdtemp(prefix=path.stem, dir=self.scratch))
        return folder

    def naive(self) -> float:
        """The papermill command in a loop."""

        def run(path: Path, folder: Path) -> None:
            command = [sys.executable, "-m", "papermill", str(path), str(folder / "out.ipynb"), "--no-progress-bar"]
            command += ["--log-level", "ERROR"]
            subprocess.run(command, cwd=folder, env={**os.environ, **self.environment}, check=True, capture_output=True)

        return self._each(run, 1)

    def api(self) -> float:
        """papermill's API, kernels shut down at once, on two threads: the strongest usual way."""
        os.environ.update(self.environment)

        def run(path: Path, folder: Path) -> None:
            papermill.execute_notebook(
                str(path),
                str(folder / "out.ipynb"),
                progress_bar=False,
                shutdown_kernel="immediate",
                resources={"metadata": {"path": str(folder)}},
            )

        return self._each(run, 2)

    def nbconvert(self) -> float:
        """`nbconvert --execute`, one notebook after another."""

        def run(path: Path, folder: Path) -> None:
            shutil.copyfile(path, folder / "in.ipynb")
            command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "in.ipynb"]
            command += ["--output", "out.ipynb"]
            subprocess.run(command, cwd=folder, env={**os.environ, **self.environment}, check=True, capture_output=True)

        return self._each(run, 1)

    def quarto(self) -> float:
        """`quarto render --execute`, one notebook after another."""

        def run(path: Path, folder: Path) -> None:
            shutil.copyfile(path, folder / "in.ipynb")
            command = ["quarto", "render", "in.ipynb", "--execute", "--to", "html"]
            subprocess.run(command, cwd=folder, env={**os.environ, **self.environment}, check=True, capture_output=True)

        return self._each(run, 1)

    def ours(self) -> float:
        """Quarterdeck: kernels forked from a warm process, which is started anew, on two threads."""
        began = time.perf_counter()
        try:
            with ThreadPoolExecutor(2) as pool:
                jobs = [replace(job, folder=self.scratch / "store" / job.key.persona) for job in self.jobs]
                for _ in pool.map(lambda job: execute(job, self.setup), jobs):
                    pass
        finally:
            close_kernels(self.setup)
        return time.perf_counter() - began

    def warmed(self) -> float:
        """The same, once the warm process is there."""
        kernels(self.setup)
        execute(replace(self.jobs[0], folder=self.scratch / "store" / "first"), self.setup)
        took = self.ours()
        self.beyond.append(statistics.mean(map(self._beyond, self.jobs)))
        return took

    def _beyond(self, job: Job) -> float:
        """Seconds of a report that papermill did not spend on its cells."""
        folder = self.scratch / "store" / job.key.persona
        cells = json.loads((folder / "report.ipynb").read_text())["cells"]
        own = sum((cell["metadata"].get("papermill") or {}).get("duration") or 0 for cell in cells)
        return float(json.loads((folder / "record.json").read_text())["seconds"]) - own

    def floor(self) -> float:
        """The cells' own time in two warm processes side by side, half of the notebooks each: the longer one's."""
        environment = {**os.environ, **self.environment, "OPENBLAS_NUM_THREADS": "1"}
        running = []
        for half in (self.sources[0::2], self.sources[1::2]):
            folder = Path(tempfile.mkdtemp(prefix="floor", dir=self.scratch))
            command = [sys.executable, "-c", FLOOR, json.dumps(list(map(str, half))), json.dumps(self.imports)]
            running.append(subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True))
        return max(float(process.communicate()[1].strip().splitlines()[-1]) for process in running)


def timed(command: list[str], folder: Path) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "quarterdeck", *command], cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


def whole(scratch: Path, round_: int) -> dict[str, float]:
    """A clean run of everything, one with nothing to do, the rendering alone, and one changed cell to page and mail."""
    project = copy_of(scratch, f"whole{round_}")
    for path in project.personas.glob("*.yml"):  # the eight personas alone
        path.write_text("".join(line for line in path.open() if not line.startswith("each:")), "utf-8")
    took = {"clean": timed(["reports"], project.root), "no-op": timed(["reports"], project.root)}
    for folder in (project.root / "_site", project.outbox, project.cache / "charts", project.cache / "shell"):
        shutil.rmtree(folder)
    for kept in [*project.store.rglob("page.*"), *project.store.rglob("digest.key"), project.cache / "site.key"]:
        kept.unlink()
    took["rendering"] = timed(["reports"], project.root)
    return took | edits(project)


def edits(project: Project) -> dict[str, float]:
    """From saving one changed cell to the page and mail that `serve` then shows, for a cell of each persona alone."""
    command = [sys.executable, "-m", "quarterdeck", "serve", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=project.root, stdout=subprocess.PIPE, text=True, env=environment) as serving:
        assert serving.stdout
        address = next(word for line in serving.stdout for word in line.split() if word.startswith("http"))
        address += ".live"

        def builds() -> int:
            with urlopen(address) as said:
                return int(said.read())

        while not builds():
            time.sleep(0.1)
        took = []
        jobs, _ = pipeline.plan(project, pipeline.Request())
        for job in jobs:
            others = {cell.source for other in jobs if other is not job for cell in other.selection.cells}
            own = [
                cell.source for cell in job.selection.cells if cell.cell_type == "code" and cell.source not in others
            ]
            if not own:
                continue
            source = own[-1]
            notebook = nbformat.read(project.notebook, as_version=4)
            next(cell for cell in notebook.cells if cell.source == source).source += "\n# edited"
            before = builds()
            saving = project.notebook.with_name(".saving")
            nbformat.write(notebook, saving)
            saving.replace(project.notebook)
            began = time.perf_counter()
            while builds() == before:
                time.sleep(0.05)
            took.append(time.perf_counter() - began)
        serving.send_signal(signal.SIGINT)
    return {"edit to preview": statistics.median(took), "slowest edit to preview": max(took)}


def digests(store: Path) -> float:
    """Seconds of one core for the layout, plain text and MIME of 1,000 digests; charts and Markdown are given."""
    made = []
    for report in map(Report.load, sorted(store.glob("*/facts.json"))):
        pictures = [Picture(figure.id, figure.caption, figure.alt, bytes(20_000)) for figure in digest_figures(report)]
        made.append(compose(report, url="https://reports.example.com/", pictures=pictures))
    began = time.process_time()
    for number in range(1000):
        _written.cache_clear()  # another company's report would have other figures
        digest = made[number % len(made)]
        html = to_html(digest, escape)
        to_message(digest, html, to_text(digest))
    return time.process_time() - began


def personas(scratch: Path, count: int) -> tuple[float, int]:
    """Seconds a report, and the peak memory of one process in MB, for so many personas."""
    project = copy_of(scratch, f"personas{count}")
    originals = sorted(project.personas.glob("*.yml"))
    for path in originals:
        path.write_text("".join(line for line in path.open() if not line.startswith("each:")), "utf-8")
    for number in range(count - len(originals)):
        path = originals[number % len(originals)]
        shutil.copyfile(path, path.with_name(f"{path.stem}-{number}.yml"))
    jobs, _ = pipeline.plan(project, pipeline.Request())
    began = time.perf_counter()
    with Workshop(project) as shop:
        for _, error, _ in shop.execute(jobs, threads=2):
            assert error is None, error
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (time.perf_counter() - began) / len(jobs), peak // 1024


def rows(scratch: Path, count: int) -> float:
    """Seconds for all personas with a ledger of so many lines: the sample's entries, repeated."""
    project = copy_of(scratch, f"rows{count}")
    path = project.data / "ledger.csv"
    with path.open(newline="", encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        for copy in range(max(1, count // len(lines))):
            for line in lines:
                key = {"line": f"{line['line']}-{copy}", "entry": f"{line['entry']}-{copy}"}
                writer.writerow({**line, **key})
    jobs, _ = pipeline.plan(project, pipeline.Request())
    jobs = [job for job in jobs if not job.key.subject]
    began = time.perf_counter()
    with Workshop(project) as shop:
        for _, error, _ in shop.execute(jobs, threads=2):
            assert error is None, error
    return time.perf_counter() - began


def main() -> None:
    """Measure, print a Markdown table, and write it with machine and date where `--write` says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--scale", action="store_true")
    parser.add_argument("--json", type=Path, help="keep the figures here")
    parser.add_argument("--chart", type=Path, help="draw a picture here (needs a browser)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        scratch = Path(name).resolve()
        ways = Ways(copy_of(scratch, "project"), scratch)
        measured: dict[str, list[float]] = {}
        chosen = {
            "papermill command, in a loop": ways.naive,
            "nbconvert --execute, in a loop": ways.nbconvert,
            "papermill API, immediate shutdown, 2 threads": ways.api,
            "Quarterdeck, 2 threads, cold": ways.ours,
            "Quarterdeck, 2 threads, warm process there": ways.warmed,
            "the cells' own time, 2 warm processes": ways.floor,
        }
        if shutil.which("quarto"):
            chosen["quarto render --execute, in a loop"] = ways.quarto
        for _ in range(options.rounds):
            for label, way in chosen.items():
                measured.setdefault(label, []).append(way())
        for number in range(options.rounds):
            for label, seconds in whole(scratch, number).items():
                measured.setdefault(label, []).append(seconds)
        measured["beyond"] = ways.beyond
        measured["digests"] = [digests(scratch / "store") for _ in range(options.rounds)]
        median = {label: statistics.median(values) for label, values in measured.items()}
        scale = {"personas": {}, "rows": {}}
        if options.scale:
            scale["personas"] = {count: personas(scratch, count) for count in (8, 64, 512)}
            scale["rows"] = {count: rows(scratch, count) for count in (10_000, 100_000, 1_000_000)}
        if options.chart:
            options.chart.write_bytes(chart(median, scratch))
    report(median, scale, len(ways.jobs))
    if options.json:
        options.json.write_text(json.dumps({"median": median, "all": measured, "scale": scale}, indent=1), "utf-8")


def chart(median: dict[str, float], scratch: Path) -> bytes:
    """The ways as bars, the fastest on top."""
    bars = sorted(((seconds, label) for label, seconds in median.items() if label not in WHOLE), reverse=True)
    trace = {
        "type": "bar",
        "orientation": "h",
        "x": [seconds for seconds, _ in bars],
        "y": [label for _, label in bars],
        "text": [f"{seconds:.1f} s" for seconds, _ in bars],
        "marker": {"color": ["#0072b2" if "Quarterdeck" in label else "#8b93a7" for _, label in bars]},
    }
    layout = {"yaxis": {"automargin": True}}
    with Browser(scratch / "charts") as browser:
        drawn = browser.draw([Figure("bench", "Executing eight notebooks", "", {"data": [trace], "layout": layout})])
        if not drawn:
            raise SystemExit(browser.reason)
        return drawn["bench"].png


def report(median: dict[str, float], scale: dict[str, dict[int, object]], count: int) -> None:
    """Print what was measured."""
    ours = median["Quarterdeck, 2 threads, cold"]
    naive = median["papermill command, in a loop"]
    floor, warmed = (
        median["the cells' own time, 2 warm processes"],
        median["Quarterdeck, 2 threads, warm process there"],
    )
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}\n")
    print("| executing eight notebooks | seconds | times ours |\n|---|---|---|")
    for label, seconds in median.items():
        if label in WHOLE:
            continue
        print(f"| {label} | {seconds:.2f} | {seconds / ours:.1f} |")
    rest = median["rendering"]
    print(f"\nBeyond the cells: {(ours - floor) / count:.2f} s a report at two jobs, ", end="")
    print(f"{(warmed - floor) / count:.2f} s once the warm process is there")
    print(f"  (beyond what papermill notes for the cells, their messages included: {median['beyond']:.2f} s)")
    print(f"Clean `reports`: {median['clean']:.2f} s; the naive loop with the same rendering ({rest:.2f} s)")
    print(f"  {naive + rest:.2f} s, {(naive + rest) / median['clean']:.1f} times as long")
    print(f"Nothing to do: {median['no-op']:.2f} s; one changed cell to page and mail: ", end="")
    print(f"{median['edit to preview']:.2f} s, at most {median['slowest edit to preview']:.2f} s")
    print(f"Layout and MIME of 1,000 digests, one core, charts and Markdown aside: {median['digests']:.1f} s")
    for number, (seconds, peak) in scale["personas"].items():
        print(f"{number} personas: {seconds:.2f} s a report, at most {peak} MB a process")
    for number, seconds in scale["rows"].items():
        print(f"{number} ledger lines: {seconds:.1f} s for the eight")


if __name__ == "__main__":
    main()
