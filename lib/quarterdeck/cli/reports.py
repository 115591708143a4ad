"""Making reports and looking at them."""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..model.errors import QuarterdeckError, ReportFailed
from .verbs import FAILED, one_line, open_project, order_of, print_table, say, short_path, verb

if TYPE_CHECKING:
    from ..pipeline import Outcome


@verb("reports", "--personas --period --as-of --engine --jobs --executor --scheduler --force --explain")
def _reports(options: argparse.Namespace) -> int:
    """Execute, render and compose every persona's report."""
    from .. import pipeline

    names = ("period", "as_of", "engine", "jobs", "executor", "scheduler", "force")
    request = pipeline.Request(options.personas, **{name: getattr(options, name) for name in names})
    bar: Any = None

    def progress(label: str, total: int) -> None:
        nonlocal bar
        if bar is None and total > 1:  # else nothing is to be made, and tqdm would take as long as all the rest
            from tqdm import tqdm

            bar = tqdm(total=total, unit="step", leave=False, disable=not sys.stderr.isatty())
        if bar is not None:
            bar.set_description(label, refresh=False)
            bar.update()

    try:
        outcome = pipeline.run(open_project(options), request, progress)
    finally:
        if bar is not None:
            bar.close()
    if options.explain:
        for result in outcome.results:
            print(f"{result.key.slug} {result.key.period}: {result.reason or 'nothing that it is made from changed'}")
        print()
    return _tell(outcome)


def _tell(outcome: Outcome) -> int:
    """The table of reports, what else there is to say, the one path to open, and every failure."""
    rows = [
        (
            it.key.slug,
            it.key.period,
            str(it.sections),
            f"{it.seconds:.1f}" if it.state == "built" else it.state,
            short_path(it.page),
            short_path(it.digest),
        )
        for it in outcome.results
    ]
    print_table(("persona", "period", "sections", "seconds", "page", "digest"), rows)
    fresh = sum(result.state == "up to date" for result in outcome.results)
    current = f"; {fresh} of {len(outcome.results)} were up to date" if fresh else ""
    print(f"\nRenderer: {outcome.renderer}, {outcome.rendered} pages rendered{current}.")
    for notice in outcome.notices:
        print(notice)
    print(f"Open {short_path(outcome.home)}")
    failed = [result for result in outcome.results if result.error]
    for result in failed:
        assert result.error
        say(f"\n{one_line(result.error)}")
        if isinstance(result.error, ReportFailed):
            say(f"  Partial notebook: {result.key.path}/failed.ipynb; the last good page stays.")
        say(f'  Repeat: make reports PERSONAS="{result.key.persona}" PERIOD={result.key.period}')
    return FAILED if failed else 0


@verb("check")
def _check(options: argparse.Namespace) -> None:
    """Validate data, personas and notebook without running anything."""
    from .. import pipeline

    project = open_project(options)
    jobs, checked = pipeline.plan(project, pipeline.Request())
    for warning in (*project.settings.notices, *checked.warnings):
        print(f"warning: {warning}")
    print(f"Data, {len(jobs)} reports' personas and the notebook are valid; newest day {checked.newest}.")


@verb("collect", "--source", one_of="--dry-run --policy --accept")
def _collect(options: argparse.Namespace) -> int:
    """Read the sources that sources.yml names into today's snapshots."""
    from ..collect import config, snapshot
    from ..model.errors import nearest
    from ..project import day_in_company

    project, file = open_project(options), options.project / "sources.yml"
    if options.accept:
        with project.locked():
            taken = snapshot.accept(options.accept, project.data)
        print(f"{taken.source} of {taken.day} is in force: {_counted(taken.rows)}.")
        return 0
    sources = {source.name: source for source in config.read_sources(file)}
    for name in options.source:
        if name not in sources:
            raise QuarterdeckError(f"--source {name}", f"is not in {file}", nearest(name, sources))
    chosen = [source for name, source in sources.items() if name in options.source or not options.source]
    if options.policy:
        print(config.policy(chosen))
        return 0
    if not chosen:
        print(f"{file} names no source.")
    if options.dry_run:
        for source in chosen:
            tables = ", ".join(config.module_of(source.source).tables(source))
            print(f"{source.name}: would read {source.source} for {tables}")
        return 0
    wrong = 0
    with project.locked():
        now = day_in_company(project.data, datetime.now(UTC))
        for result in snapshot.collect(chosen, project.data, project.root, config.open_clients, now):
            wrong += result.state in ("held", "failed")
            told = f"{result.name}: {_STATES[result.state]}{_counted(result.rows)}"
            (say if result.said else print)(f"{told}. {result.said}" if result.said else told)
    return FAILED if wrong else 0


_STATES = {
    "collected": "collected ",
    "there": "collected today before, unchanged: ",
    "held": "held back, ",
    "failed": "failed",
}


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{name} ({count:,} rows)" for name, count in rows.items())


@verb("new persona", "id")
def _new_persona(options: argparse.Namespace) -> None:
    """Write a persona file that already renders."""
    from ..scaffold import new_persona

    path = new_persona(open_project(options), options.id)
    print(f'Wrote {path}. Build it with: make reports PERSONAS="{options.id}"')


@verb("serve", "--port --personas --engine")
def _serve(options: argparse.Namespace) -> int:
    """Show site and mails at a local address, and build again what is edited."""
    from .. import live, pipeline

    project, address = open_project(options), ""

    def opened(url: str) -> None:
        nonlocal address
        address = url
        print(f"The site is at {url} and the inbox at {url}outbox/")
        print("Whatever you save is built again (Ctrl-C ends it).", flush=True)

    def built(told: pipeline.Outcome | QuarterdeckError, seconds: float) -> None:
        if isinstance(told, QuarterdeckError):
            say(one_line(told))
            return
        for result in told.results:
            if result.error:
                say(one_line(result.error))
            elif result.state == "built":
                mail = f"{address}outbox/{result.key.period}/{result.key.slug}.html"
                print(f"{result.key.slug}: {address}{result.key.path}/ and {mail}")
        print(f"Built in {seconds:.1f} s.", flush=True)

    request = pipeline.Request(options.personas, engine=options.engine)
    try:
        live.serve(project, request, options.port, opened, built)
    except KeyboardInterrupt:
        print()
        return 0
    print("Quarterdeck itself has changed: starting anew.", flush=True)
    os.execv(sys.executable, [sys.executable, "-m", "quarterdeck", *sys.argv[1:]])


@verb("edge", "--slug --port")
def _edge(options: argparse.Namespace) -> None:
    """Browse the built site as one of its readers would be let to."""
    from ..model.errors import nearest
    from ..model.report import reports_in

    project = open_project(options)
    try:
        from ..publish.edge import Edge
    except ModuleNotFoundError as err:
        raise QuarterdeckError("quarterdeck edge", "lacks a package", "pip install 'quarterdeck[aws]'") from err
    slugs = {path.parent.parent.relative_to(project.store).as_posix() for path in reports_in(project.store)}
    if options.slug and options.slug not in slugs:
        raise QuarterdeckError("--slug", f"{options.slug!r} has no report", nearest(options.slug, slugs))
    with Edge(project.root / "_site", options.port) as edge:
        print(f"Open {edge.invite(options.slug)} (once) as {options.slug or 'the owner'}; Ctrl-C ends it.", flush=True)
        try:
            edge.serve_forever()
        except KeyboardInterrupt:
            print()


@verb("pdf", "--personas --period")
def _pdf(options: argparse.Namespace) -> None:
    """Print each report's page into pdf/, with a browser."""
    from ..pdf import print_reports

    path = None
    for path in print_reports(open_project(options), order_of(options)):
        print(short_path(path), flush=True)
    if not path:
        raise QuarterdeckError("quarterdeck pdf", "found no such report", "Make it with `quarterdeck reports`")


@verb("quarto")
def _quarto(options: argparse.Namespace) -> None:
    """Try to install Quarto; the embedded renderer serves where it cannot be had."""
    from ..render.fetch import install_quarto

    print(install_quarto(os.environ))


@verb("reference")
def _reference(options: argparse.Namespace) -> None:
    """Write the reference pages of tables and facts."""
    from ..scaffold import write_reference

    for path in write_reference(open_project(options)):
        print(f"Wrote {path}")
