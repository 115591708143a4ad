"""The command line: the only place that prints and sets exit codes."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__
from .model.delivery import masked
from .model.errors import QuarterdeckError, ReportFailed

if TYPE_CHECKING:
    from .deliver.recipients import TableRecipients
    from .dispatch import Dispatch, Order
    from .model.settings import Settings
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
        _say("\nquarterdeck: interrupted; what was done before stays.")
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

    which = argparse.ArgumentParser(add_help=False)
    which.add_argument("--personas", default="", metavar="'ID …'", help="only these personas")
    which.add_argument("--period", default="", help="default: the newest that is built, for each persona")

    send = verbs.add_parser("send", parents=[shared, which], help="mail each reader what they have not had")
    send.add_argument("--engine", default="auto", help="auto, quarto or embedded: what turns Markdown into HTML")
    what = send.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="say what would be sent; write the mails to the outbox")
    what.add_argument("--test", default="", metavar="ADDRESS", help="mail the reports to this address, to nobody else")
    what.add_argument("--retry-failed", action="store_true", help="send also what failed before")
    what.add_argument("--correct", action="store_true", help="send again what has changed since, as a correction")
    what.add_argument(
        "--resolve",
        default="",
        metavar="KEY=sent|KEY=failed|FILE",
        help="settle what is unknown, by hand or by SES events",
    )
    send.set_defaults(verb=_send)

    approve = verbs.add_parser("approve", parents=[shared, which], help="let reports be sent that wait for it")
    approve.set_defaults(verb=_approve)

    status = verbs.add_parser("status", parents=[shared, which], help="what is built, sent, waiting, failed, unknown")
    status.add_argument("--check", action="store_true", help="verify also the account, the domain and the mails")
    status.add_argument("--export", type=Path, metavar="FILE", help="write the ledger to a CSV")
    status.set_defaults(verb=_status)

    lists = verbs.add_parser("recipients", help="who gets which report").add_subparsers(required=True, metavar="WHAT")
    _add_recipients(lists, shared)

    tables = verbs.add_parser("tables", parents=[shared], help="make the DynamoDB tables that the settings name")
    tables.set_defaults(verb=_tables)

    quarto = verbs.add_parser(
        "quarto", help="try to install Quarto; the embedded renderer serves where it cannot be had"
    )
    quarto.set_defaults(verb=_quarto)

    reference = verbs.add_parser("reference", parents=[shared], help="write the reference pages of tables and facts")
    reference.set_defaults(verb=_reference)
    return parser


def _add_recipients(lists: Any, shared: argparse.ArgumentParser) -> None:
    """The ways to see and change lists of readers; some are for a table alone."""
    one, some = argparse.ArgumentParser(add_help=False), argparse.ArgumentParser(add_help=False)
    one.add_argument("address", help="as name@example.com")
    some.add_argument("--personas", default="", metavar="'ID …'", help="only these personas (default: all)")
    for name, parents, help in (
        ("import", [], "put the readers of a CSV on their lists, or none if one row is wrong"),
        ("add", [one], "put a reader on the lists of personas, or change what they say"),
        ("remove", [one, some], "take a reader off lists"),
        ("list", [some], "show who gets what, and who is sent nothing since when and why"),
        ("unsubscribe", [one, some], "send a reader no more, whatever a list says"),
        ("restore", [one], "send again to whoever was unsubscribed or bounced: only at their own wish"),
    ):
        parser = lists.add_parser(name, parents=[shared, *parents], help=help)
        parser.set_defaults(verb=_recipients, what=name)
        if name == "import":
            parser.add_argument("file", type=Path, help="with the columns address, persona, name, locale, time_zone")
        if name == "add":
            parser.add_argument("--personas", required=True, metavar="'ID …'", help="whose reports")
            for detail in ("--name", "--locale", "--time-zone", "--subject"):
                parser.add_argument(detail, default="")


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
    _table(header, rows)
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

    project = _open(options)
    notices = project.settings.notices
    jobs, checked = pipeline.plan(project, pipeline.Request())
    for warning in (*notices, *checked.warnings):
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
    from tqdm import tqdm

    from . import standing
    from .dispatch import Dispatch, Order

    order = Order(_listed(options.personas), options.period, options.retry_failed, options.correct)
    with closing(Dispatch(_open(options), options.engine)) as dispatch:
        _notify(dispatch.settings)
        if options.resolve:
            for line in standing.resolve(dispatch, options.resolve, time.time()):
                print(line)
            return 0
        if options.test:
            for slug, message_id in dispatch.send_test(options.test, order):
                print(f"{slug}: handed to SES as {message_id}")
            return 0
        if options.dry_run:
            return _dry_run(dispatch, order)
        told, troubles, stopped = Counter[str](), [], None
        with tqdm(total=dispatch.count(order), unit="reader", leave=False, disable=not sys.stderr.isatty()) as bar:
            try:
                for planned, row in dispatch.send(order):
                    bar.update()
                    if row:
                        told[row.state] += 1
                        troubles += [] if row.state == "sent" else [(planned, row)]
            except QuarterdeckError as err:
                stopped = err
        for _, row in troubles:
            _say(f"{row.key} ({masked(row.address)}) {row.state}: {row.reason}")
        print(", ".join(f"{count} {state}" for state, count in sorted(told.items())) or "Nothing was to be sent.")
        for owner, subject, text in standing.notices(dispatch, troubles):
            dispatch.tell(owner, subject, text)
        if stopped:
            raise stopped
    return FAILED if troubles else 0


def _dry_run(dispatch: Dispatch, order: Order) -> int:
    """One line a reader: who, what, variant and size, or why there is none."""
    for planned in dispatch.plan(order):
        name = f"{planned.key.slug} {planned.key.period} to {masked(planned.reader.address)}"
        if planned.skip:
            print(f"skip  {name}: {planned.skip}")
            continue
        mail = dispatch.outgoing(planned)
        path = _short(dispatch.write_copy(mail), Path.cwd())
        print(f"send  {name}: {mail.subject} ({mail.variant}, {len(mail.letter.mail) / 1024:.0f} KB, {path})")
    return 0


def _approve(options: argparse.Namespace) -> int:
    from .dispatch import Dispatch, Order

    with closing(Dispatch(_open(options))) as dispatch:
        keys = dispatch.approve(Order(_listed(options.personas), options.period))
    for key in keys:
        print(f"{key.slug} {key.period} may be sent as it is now.")
    if not keys:
        print("None of these needs approval.")
    return 0


def _status(options: argparse.Namespace) -> int:
    from . import standing
    from .dispatch import Dispatch, Order

    project, order = _open(options), Order(_listed(options.personas), options.period)
    with closing(Dispatch(project)) as dispatch:
        _notify(dispatch.settings)
        if options.export:
            print(f"Wrote {standing.export_to(options.export, dispatch.ledger)} deliveries to {options.export}.")
            return 0
        lines, troubles = standing.standings(project, dispatch, order)
        rows = [
            (
                line.key.slug,
                line.key.period,
                line.stale or "built",
                *(str(line.counts[c]) for c in standing.COLUMNS),
                line.next,
            )
            for line in lines
        ]
        _table(("report", "period", "state", *standing.COLUMNS, "next"), rows)
        for trouble in troubles[:20]:
            print(trouble)
        if len(troubles) > 20:
            print(f"and {len(troubles) - 20} more: quarterdeck status --export deliveries.csv")
        if not options.check:
            return 0
        wrong = 0
        for check in standing.checks(dispatch, order, date.today()):
            wrong += check.state == "wrong"
            print(f"{check.state:8}{check.name}: {check.found}{f'. {check.remedy}' if check.remedy else ''}")
    return FAILED if wrong else 0


def _notify(settings: Settings) -> None:
    for notice in settings.notices:
        _say(f"quarterdeck: {notice}")


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _recipients(options: argparse.Namespace) -> int:
    from .deliver.recipients import TableRecipients
    from .dispatch import Dispatch
    from .model.address import plain_address
    from .model.delivery import recipient_id
    from .model.persona import load_personas

    project, address = _open(options), plain_address(options.address) if "address" in options else ""
    asked = _listed(options.personas) if "personas" in options else ()
    personas = [persona.id for persona in load_personas(project.personas, list(asked))]
    id, shown = recipient_id(address), masked(address)
    with closing(Dispatch(project)) as dispatch:
        recipients = dispatch.recipients
    if options.what == "list":
        rows = [
            (
                it.slug,
                masked(it.address),
                it.locale,
                it.time_zone,
                "" if it.active else f"{it.why}, {it.unsubscribed_at}",
            )
            for it in recipients.rows()
            if not asked or it.persona in asked
        ]
        _table(("report", "reader", "locale", "time zone", "sent nothing: why, since"), rows)
    elif options.what == "unsubscribe":
        at = datetime.now(UTC).isoformat(timespec="seconds")
        for persona in asked or ("",):
            recipients.silence(id, persona, "unsubscribed by hand", at)
        known = any(reader.id == id and (not asked or reader.persona in asked) for reader in recipients.rows())
        print(f"{shown} is sent no more of {', '.join(asked) or 'any report'}.")
        if not known:
            print("No such list holds this address today: see that it is the one that the mails went to.")
    elif options.what == "restore":
        recipients.restore(id)
        print(f"{shown} is sent again what the lists say.")
    elif not isinstance(recipients, TableRecipients):
        remedy = "Edit recipients: there, or name a table in RECIPIENTS_TABLE"
        raise QuarterdeckError(
            f"recipients {options.what}", "needs a table; the lists stand in personas/<id>.yml", remedy
        )
    else:
        print(_change(options, recipients, personas, address))
    return 0


def _change(options: argparse.Namespace, recipients: TableRecipients, personas: list[str], address: str) -> str:
    """Change the table of recipients; what became of it."""
    from .model.delivery import recipient_id
    from .model.persona import to_recipient

    shown = masked(address)
    if options.what == "import":
        return f"Readers imported: {recipients.import_csv(options.file, personas)}."
    if options.what == "remove":
        asked = personas if options.personas else ()
        return f"Lists that {shown} was taken off: {recipients.remove(recipient_id(address), asked)}."
    details = {
        "name": options.name,
        "locale": options.locale,
        "time_zone": options.time_zone,
        "subject": options.subject,
    }
    recipient = to_recipient({"address": address, **details}, "recipients add, ")
    for persona in personas:
        recipients.add(persona, recipient)
    return f"{shown} is on the lists of {', '.join(personas)}; whoever unsubscribed stays so."


def _tables(options: argparse.Namespace) -> int:
    from .dispatch import Dispatch

    with closing(Dispatch(_open(options))) as dispatch:
        made = dispatch.make_tables()
    for name, now in made.items():
        print(f"{name} {'is made' if now else 'was there'}.")
    if not made:
        print("No table is named: set LEDGER_TABLE and RECIPIENTS_TABLE.")
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
