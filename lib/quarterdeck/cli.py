"""The command line: the only place that prints and sets exit codes."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import __version__
from .model.errors import QuarterdeckError, ReportFailed

if TYPE_CHECKING:
    from .pipeline import Outcome
    from .project import Project

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns 0, 1 (a report failed), 2 (bad input) or 130 (interrupted)."""
    options = _parser().parse_args(arguments)
    try:
        code = int(options.verb(options))
        sys.stdout.flush()
        return code
    except QuarterdeckError as err:
        _say(_message(err))
        return BAD_INPUT
    except BrokenPipeError:  # who reads, `head` for example, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as err:
        place = f" ({err.filename})" if err.filename else ""
        remedy = ". Free some space and run it again" if err.errno in (errno.ENOSPC, errno.EDQUOT) else ""
        _say(f"quarterdeck: {err.strerror or err}{place}{remedy}.")
        return BAD_INPUT
    except KeyboardInterrupt:
        _say("\nquarterdeck: interrupted; what was built before stays as it was.")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quarterdeck", description="One notebook, a report for every executive.")
    parser.add_argument("--version", action="version", version=f"quarterdeck {__version__}")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--project", type=Path, default=Path(), metavar="DIR", help="the project's folder (default: this one)"
    )
    shared.add_argument("--data", type=Path, metavar="DIR", help="another folder of tables")
    shared.add_argument("--personas-dir", type=Path, metavar="DIR", help="another folder of personas")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    reports = verbs.add_parser("reports", parents=[shared], help="execute, render and compose every persona's report")
    reports.add_argument("--personas", default="", metavar="'ID …'", help="only these personas")
    reports.add_argument("--period", default="", help="2026-10, 2026-W44 or 2026-Q4 (default: the latest complete one)")
    reports.add_argument(
        "--as-of", default="", metavar="DAY", help="what was known on this day (default: the newest one)"
    )
    reports.add_argument("--engine", default="auto", help="auto, quarto or embedded")
    reports.add_argument("--jobs", type=int, default=0, metavar="N", help="notebooks at a time (default: one a core)")
    reports.add_argument("--executor", default="local", choices=("local", "dask"), help="where notebooks run")
    reports.add_argument("--scheduler", default="", metavar="ADDRESS", help="the Dask cluster's scheduler")
    reports.add_argument("--force", action="store_true", help="execute also what is up to date")
    reports.add_argument("--explain", action="store_true", help="say why each report was executed again or was not")
    reports.set_defaults(verb=_reports)

    check = verbs.add_parser(
        "check", parents=[shared], help="validate data, personas and notebook without running anything"
    )
    check.set_defaults(verb=_check)

    new = verbs.add_parser("new", help="write a new persona").add_subparsers(required=True, metavar="WHAT")
    persona = new.add_parser("persona", parents=[shared], help="write a persona file that already renders")
    persona.add_argument("id", help="lower-case letters, digits and hyphens")
    persona.set_defaults(verb=_new_persona)

    serve = verbs.add_parser(
        "serve", parents=[shared], help="show site and mails at a local address, and build again what is edited"
    )
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--personas", default="", metavar="'ID …'", help="only these personas")
    serve.add_argument("--engine", default="auto", help="auto, quarto or embedded")
    serve.set_defaults(verb=_serve)

    send = verbs.add_parser("send", parents=[shared], help="mail digests to yourself")
    send.add_argument("--test", required=True, metavar="ADDRESS", help="where they go; nobody else is sent anything")
    send.add_argument("--personas", default="", metavar="'ID …'", help="only these personas")
    send.set_defaults(verb=_send)

    quarto = verbs.add_parser(
        "quarto", help="try to install Quarto; the embedded renderer serves where it cannot be had"
    )
    quarto.set_defaults(verb=_quarto)

    reference = verbs.add_parser("reference", parents=[shared], help="write the reference pages of tables and facts")
    reference.set_defaults(verb=_reference)
    return parser


def _open(options: argparse.Namespace) -> Project:
    from .project import Project

    return Project.open(options.project, options.data, options.personas_dir)


def _reports(options: argparse.Namespace) -> int:
    from tqdm import tqdm

    from . import pipeline

    request = pipeline.Request(
        personas=_listed(options.personas),
        period=options.period,
        as_of=options.as_of,
        engine=options.engine,
        jobs=options.jobs,
        executor=options.executor,
        scheduler=options.scheduler,
        force=options.force,
    )
    with tqdm(total=None, unit="step", leave=False, disable=not sys.stderr.isatty()) as bar:

        def progress(label: str, total: int) -> None:
            bar.total = total
            bar.set_description(label, refresh=False)
            bar.update()

        outcome = pipeline.run(_open(options), request, progress)
    if options.explain:
        for result in outcome.results:
            print(f"{result.key.slug} {result.key.period}: {result.reason or 'nothing that it is made from changed'}")
        print()
    return _tell(outcome)


def _listed(names: str) -> tuple[str, ...]:
    return tuple(names.replace(",", " ").split())


def _tell(outcome: Outcome) -> int:
    """The table of reports, what else there is to say, the one path to open, and every failure."""
    here = Path.cwd()
    header = ("persona", "period", "sections", "seconds", "page", "digest")
    rows = [
        (
            result.key.slug,
            result.key.period,
            str(result.sections),
            {"built": f"{result.seconds:.1f}", "failed": "failed"}.get(result.state, "up to date"),
            _short(result.page, here),
            _short(result.digest, here),
        )
        for result in outcome.results
    ]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    fresh = sum(result.state == "up to date" for result in outcome.results)
    current = f"; {fresh} of {len(outcome.results)} were up to date" if fresh else ""
    print(f"\nRenderer: {outcome.renderer}, {outcome.rendered} pages rendered{current}.")
    for notice in outcome.notices:
        print(notice)
    print(f"Open {_short(outcome.home, here)}")
    failed = [result for result in outcome.results if result.error]
    for result in failed:
        assert result.error
        _say(f"\n{_message(result.error)}")
        if isinstance(result.error, ReportFailed):
            _say(f"  Partial notebook: {result.key.path}/failed.ipynb; the last good page stays.")
        _say(f'  Repeat: make reports PERSONAS="{result.key.persona}" PERIOD={result.key.period}')
    return FAILED if failed else 0


def _short(path: Path | None, here: Path) -> str:
    if path is None:
        return "–"
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _check(options: argparse.Namespace) -> int:
    from . import pipeline

    jobs, checked = pipeline.plan(_open(options), pipeline.Request())
    for warning in checked.warnings:
        print(f"warning: {warning}")
    print(f"Data, {len(jobs)} reports' personas and the notebook are valid; newest day {checked.newest}.")
    return 0


def _new_persona(options: argparse.Namespace) -> int:
    from .scaffold import new_persona

    path = new_persona(_open(options), options.id)
    print(f'Wrote {path}. Build it with: make reports PERSONAS="{options.id}"')
    return 0


def _serve(options: argparse.Namespace) -> int:
    from . import live, pipeline

    project, address = _open(options), ""

    def opened(url: str) -> None:
        nonlocal address
        address = url
        print(f"The site is at {url} and the inbox at {url}outbox/", flush=True)
        print("Whatever you save is built again (Ctrl-C ends it).", flush=True)

    def built(told: pipeline.Outcome | QuarterdeckError, seconds: float) -> None:
        if isinstance(told, QuarterdeckError):
            _say(_message(told))
            return
        for result in told.results:
            where = f"{address}{result.key.path}/ and {address}outbox/{result.key.period}/{result.key.slug}.html"
            if result.error:
                _say(_message(result.error))
            elif result.state == "built":
                print(f"{result.key.slug}: {where}")
        print(f"Built in {seconds:.1f} s.", flush=True)

    request = pipeline.Request(personas=_listed(options.personas), engine=options.engine)
    try:
        live.serve(project, request, options.port, opened, built)
    except KeyboardInterrupt:
        print()
        return 0
    print("Quarterdeck itself has changed: starting anew.", flush=True)
    os.execv(sys.executable, [sys.executable, "-m", __package__, *sys.argv[1:]])


def _send(options: argparse.Namespace) -> int:
    from . import pipeline

    for slug, message_id in pipeline.send_test(_open(options), options.test, _listed(options.personas)):
        print(f"{slug}: handed to SES as {message_id}")
    return 0


def _quarto(options: argparse.Namespace) -> int:
    from .render.fetch import install_quarto

    print(install_quarto(os.environ))
    return 0


def _reference(options: argparse.Namespace) -> int:
    from .scaffold import write_reference

    for path in write_reference(_open(options)):
        print(f"Wrote {path}")
    return 0


def _message(err: QuarterdeckError) -> str:
    """An error as one line, with paths as seen from the working folder."""
    return f"quarterdeck: {err}".replace(f"{Path.cwd()}{os.sep}", "")


def _say(line: str) -> None:
    print(line, file=sys.stderr)
