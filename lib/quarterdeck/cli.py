"""The command line: the only place that prints and sets exit codes."""

from __future__ import annotations

import argparse
import errno
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import __version__
from .model.delivery import masked, recipient_id
from .model.errors import QuarterdeckError, ReportFailed

if TYPE_CHECKING:
    from .deliver.recipients import TableRecipients
    from .dispatch import Dispatch, Order
    from .model.settings import Settings
    from .pipeline import Outcome
    from .project import Project


FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
Verb = Callable[[argparse.Namespace], int | None]
_VERBS: dict[str, tuple[Verb, str, str]] = {}
_GROUPS = {"new": "Write a new persona", "recipients": "Who gets which report"}
_EVERYWHERE = "--project --data --personas-dir"
_DIR, _TEXT, _SWITCH = {"type": Path, "metavar": "DIR"}, {"default": ""}, {"action": "store_true"}
_IDS = {"type": lambda text: tuple(text.replace(",", " ").split()), "default": (), "metavar": "'ID …'"}
_OPTIONS: dict[str, dict[str, Any]] = {
    "--project": {**_DIR, "default": Path(), "help": "the project's folder (default: this one)"},
    "--data": {**_DIR, "help": "another folder of tables"},
    "--personas-dir": {**_DIR, "help": "another folder of personas"},
    "--personas": {**_IDS, "help": "only these personas"},
    "--period": {**_TEXT, "help": "2026-10, 2026-W44 or 2026-Q4 (default: the latest)"},
    "--as-of": {**_TEXT, "metavar": "DAY", "help": "what was known on this day (default: the newest one)"},
    "--engine": {"default": "auto", "help": "what turns Markdown into HTML: auto, quarto or embedded"},
    "--jobs": {"type": int, "default": 0, "metavar": "N", "help": "notebooks at a time (default: one a core)"},
    "--executor": {"default": "local", "choices": ("local", "dask"), "help": "where notebooks run"},
    "--scheduler": {**_TEXT, "metavar": "ADDRESS", "help": "the Dask cluster's scheduler"},
    "--force": {**_SWITCH, "help": "execute also what is up to date"},
    "--explain": {**_SWITCH, "help": "say why each report was executed again or was not"},
    "--port": {"type": int, "default": 8000},
    "--slug": {**_TEXT, "help": "whose, as audit/acme (default: the owner's, who sees all)"},
    "--dry-run": {**_SWITCH, "help": "say what would be done (mails are written to the outbox), and do nothing"},
    "--test": {**_TEXT, "metavar": "ADDRESS", "help": "mail the reports to this address, to nobody else"},
    "--retry-failed": {**_SWITCH, "help": "send also what failed before"},
    "--correct": {**_SWITCH, "help": "send again what has changed since, as a correction"},
    "--resolve": {**_TEXT, "metavar": "KEY=sent|KEY=failed|FILE", "help": "settle what is unknown, or by SES events"},
    "--apply": {**_SWITCH, "help": "do it"},
    "--bucket": {**_TEXT, "help": "default: the setting SITE_BUCKET"},
    "--distribution": {**_TEXT, "metavar": "ID", "help": "default: the setting SITE_DISTRIBUTION"},
    "--check": {**_SWITCH, "help": "verify also the account, the domain and the mails"},
    "--export": {"type": Path, "metavar": "FILE", "help": "write the ledger to a CSV"},
    "--name": {**_TEXT, "help": "as it stands in front of the address"},
    "--locale": {**_TEXT, "help": "as de_DE (default: the persona's)"},
    "--time-zone": {**_TEXT, "help": "as Europe/Berlin (default: UTC)"},
    "--subject": {**_TEXT, "help": "the row whose report it is, of a persona with each:"},
    "id": {"help": "lower-case letters, digits and hyphens"},
    "address": {"help": "as name@example.com"},
    "file": {"type": Path, "help": "with the columns address, persona, name, locale, time_zone, subject"},
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns 0, 1 (a report failed), 2 (bad input) or 130 (interrupted)."""
    options = _parser().parse_args(arguments)
    try:
        code = options.verb(options)
        sys.stdout.flush()
        return code or 0
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


def _verb(name: str, options: str = "", one_of: str = "") -> Callable[[Verb], Verb]:
    """Make a function the verb `name`, with these of _OPTIONS; its docstring is what `--help` says of it."""

    def keep(run: Verb) -> Verb:
        _VERBS[name] = run, f"{_EVERYWHERE} {options}", one_of
        return run

    return keep


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="quarterdeck", description="One notebook, a report for every executive.")
    parser.add_argument("--version", action="version", version=f"quarterdeck {__version__}")
    groups: dict[str, Any] = {"": parser.add_subparsers(title="verbs", required=True, metavar="VERB")}
    for name, (run, options, one_of) in _VERBS.items():
        group, _, word = name.rpartition(" ")
        if group not in groups:
            made = groups[""].add_parser(group, help=_GROUPS[group])
            groups[group] = made.add_subparsers(required=True, metavar="WHAT")
        told = (run.__doc__ or "").rstrip(".")
        verb = groups[group].add_parser(word, help=told, description=told)
        verb.set_defaults(verb=run)
        for option in options.split():
            verb.add_argument(option, **_OPTIONS[option])
        choice = verb.add_mutually_exclusive_group() if one_of else verb
        for option in one_of.split():
            choice.add_argument(option, **_OPTIONS[option])
    return parser


def _open(options: argparse.Namespace) -> Project:
    from .project import Project

    return Project.open(options.project, options.data, options.personas_dir)


def _dispatch(options: argparse.Namespace) -> closing[Dispatch]:
    """What sends, after a look at the names of personas and a word on the settings."""
    from .dispatch import Dispatch
    from .model.persona import load_personas

    project = _open(options)
    load_personas(project.personas, list(vars(options).get("personas", ())))
    _told(project.settings)
    return closing(Dispatch(project, vars(options).get("engine", "auto")))


def _told(settings: Settings) -> Settings:
    """Settings, after a word on what is wrong in their file."""
    for notice in settings.notices:
        _say(f"quarterdeck: {notice}")
    return settings


def _order(options: argparse.Namespace, **more: bool) -> Order:
    from .dispatch import Order

    return Order(options.personas, options.period, **more)


@_verb("reports", "--personas --period --as-of --engine --jobs --executor --scheduler --force --explain")
def _reports(options: argparse.Namespace) -> int:
    """Execute, render and compose every persona's report."""
    from . import pipeline

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
        outcome = pipeline.run(_open(options), request, progress)
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
            _short(it.page),
            _short(it.digest),
        )
        for it in outcome.results
    ]
    _table(("persona", "period", "sections", "seconds", "page", "digest"), rows)
    fresh = sum(result.state == "up to date" for result in outcome.results)
    current = f"; {fresh} of {len(outcome.results)} were up to date" if fresh else ""
    print(f"\nRenderer: {outcome.renderer}, {outcome.rendered} pages rendered{current}.")
    for notice in outcome.notices:
        print(notice)
    print(f"Open {_short(outcome.home)}")
    failed = [result for result in outcome.results if result.error]
    for result in failed:
        assert result.error
        _say(f"\n{_message(result.error)}")
        if isinstance(result.error, ReportFailed):
            _say(f"  Partial notebook: {result.key.path}/failed.ipynb; the last good page stays.")
        _say(f'  Repeat: make reports PERSONAS="{result.key.persona}" PERIOD={result.key.period}')
    return FAILED if failed else 0


def _short(path: Path | None) -> str:
    """A path as seen from the working folder."""
    return str(path).removeprefix(f"{Path.cwd()}{os.sep}") if path else "–"


@_verb("check")
def _check(options: argparse.Namespace) -> None:
    """Validate data, personas and notebook without running anything."""
    from . import pipeline

    project = _open(options)
    jobs, checked = pipeline.plan(project, pipeline.Request())
    for warning in (*project.settings.notices, *checked.warnings):
        print(f"warning: {warning}")
    print(f"Data, {len(jobs)} reports' personas and the notebook are valid; newest day {checked.newest}.")


@_verb("new persona", "id")
def _new_persona(options: argparse.Namespace) -> None:
    """Write a persona file that already renders."""
    from .scaffold import new_persona

    path = new_persona(_open(options), options.id)
    print(f'Wrote {path}. Build it with: make reports PERSONAS="{options.id}"')


@_verb("serve", "--port --personas --engine")
def _serve(options: argparse.Namespace) -> int:
    """Show site and mails at a local address, and build again what is edited."""
    from . import live, pipeline

    project, address = _open(options), ""

    def opened(url: str) -> None:
        nonlocal address
        address = url
        print(f"The site is at {url} and the inbox at {url}outbox/")
        print("Whatever you save is built again (Ctrl-C ends it).", flush=True)

    def built(told: pipeline.Outcome | QuarterdeckError, seconds: float) -> None:
        if isinstance(told, QuarterdeckError):
            _say(_message(told))
            return
        for result in told.results:
            if result.error:
                _say(_message(result.error))
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
    os.execv(sys.executable, [sys.executable, "-m", __package__, *sys.argv[1:]])


@_verb("edge", "--slug --port")
def _edge(options: argparse.Namespace) -> None:
    """Browse the built site as one of its readers would be let to."""
    from .model.errors import nearest
    from .model.report import reports_in

    project = _open(options)
    try:
        from .publish.edge import Edge
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


@_verb("pdf", "--personas --period")
def _pdf(options: argparse.Namespace) -> None:
    """Print each report's page into pdf/, with a browser."""
    from .pdf import print_reports

    path = None
    for path in print_reports(_open(options), _order(options)):
        print(_short(path), flush=True)
    if not path:
        raise QuarterdeckError("quarterdeck pdf", "found no such report", "Make it with `quarterdeck reports`")


@_verb("send", "--personas --period --engine --dry-run", one_of="--test --retry-failed --correct --resolve")
def _send(options: argparse.Namespace) -> int:
    """Mail each reader what they have not had."""
    from tqdm import tqdm

    from . import standing

    if options.dry_run and (options.test or options.resolve):
        raise QuarterdeckError("--dry-run", "goes with neither --test nor --resolve", "Leave one of them out")
    order = _order(options, retry_failed=options.retry_failed, correct=options.correct)
    with _dispatch(options) as dispatch:
        if options.resolve:
            print(*standing.resolve(dispatch, options.resolve, time.time()), sep="\n")
            standing.write_page(dispatch, datetime.now(UTC))
            return 0
        if options.test:
            for slug, message_id in dispatch.send_test(options.test, order):
                print(f"{slug}: handed to SES as {message_id}")
            return 0
        if options.dry_run:
            _dry_run(dispatch, order)
            return 0
        told, troubles, stopped = Counter[str](), [], None
        with tqdm(total=dispatch.count(order), unit="reader", leave=False, disable=not sys.stderr.isatty()) as bar:
            try:
                for planned, row in dispatch.send(order):  # ten thousand rows are not kept
                    bar.update()
                    told[row.state if row else f"not sent ({planned.skip.partition(':')[0]})"] += 1
                    troubles += [(planned, row)] if row and row.state != "sent" else []
            except QuarterdeckError as err:
                stopped = err
        for _, row in troubles:
            _say(f"{row.key} ({masked(row.address)}) {row.state}: {row.reason}")
        if told or not stopped:
            print(", ".join(f"{count} {what}" for what, count in sorted(told.items())) or "No report has a reader.")
        for owner, subject, text in standing.notices(dispatch, troubles):
            dispatch.tell(owner, subject, text)
        standing.write_page(dispatch, datetime.now(UTC))
        if stopped:
            raise stopped
    return FAILED if troubles else 0


def _dry_run(dispatch: Dispatch, order: Order) -> None:
    """One line a reader: who, what, variant and size, or why there is none."""
    for planned in dispatch.plan(order):
        name = f"{planned.key.slug} {planned.key.period} to {masked(planned.reader.address)}"
        if planned.skip:
            print(f"skip  {name}: {planned.skip}{f' Next: {planned.next}' if planned.next else ''}")
            continue
        mail = dispatch.outgoing(planned)
        path = _short(dispatch.write_copy(mail))
        print(f"send  {name}: {mail.subject} ({mail.variant}, {len(mail.letter.mail) / 1024:.0f} KB, {path})")


@_verb("approve", "--personas --period")
def _approve(options: argparse.Namespace) -> None:
    """Let reports be sent that wait for it."""
    with _dispatch(options) as dispatch:
        keys = dispatch.approve(_order(options))
    said = [f"{key.slug} {key.period} may be sent as it is now." for key in keys]
    print("\n".join(said) or "None of these needs approval.")


@_verb("status", "--personas --period --check --export")
def _status(options: argparse.Namespace) -> int:
    """What is built, sent, waiting, failed, unknown, and the next command."""
    from . import standing

    order = _order(options)
    with _dispatch(options) as dispatch:
        if options.export:
            print(f"Wrote {standing.export_to(options.export, dispatch.ledger)} deliveries to {options.export}.")
            return 0
        lines, troubles = standing.standings(dispatch.project, dispatch, order)
        _table(standing.HEADER, [line.cells for line in lines])
        standing.write_page(dispatch, datetime.now(UTC))
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


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


@_verb("recipients import", "file")
def _import(options: argparse.Namespace) -> None:
    """Put the readers of a CSV on their lists, or none if one row is wrong."""
    from .model.persona import load_personas

    with _dispatch(options) as dispatch:
        personas = [persona.id for persona in load_personas(dispatch.project.personas)]
        print(f"Readers imported: {_kept(dispatch).import_csv(options.file, personas)}.")


@_verb("recipients add", "address --personas --name --locale --time-zone --subject")
def _add(options: argparse.Namespace) -> None:
    """Put a reader on the lists of personas, or change what they say."""
    from .model.persona import to_recipient

    if not options.personas:
        raise QuarterdeckError("recipients add", "names no persona", "Say whose reports: --personas 'ID …'")
    said = {name: getattr(options, name) for name in ("address", "name", "locale", "time_zone", "subject")}
    with _dispatch(options) as dispatch:
        kept, recipient = _kept(dispatch), to_recipient(said, "recipients add, ")
        for persona in options.personas:
            kept.add(persona, recipient)
    shown, personas = masked(recipient.address), ", ".join(options.personas)
    print(f"{shown} is on the lists of {personas}; whoever unsubscribed stays so.")


@_verb("recipients remove", "address --personas")
def _remove(options: argparse.Namespace) -> None:
    """Take a reader off the lists of personas, or off all."""
    shown, id = _whom(options)
    with _dispatch(options) as dispatch:
        print(f"Lists that {shown} was taken off: {_kept(dispatch).remove(id, options.personas)}.")


@_verb("recipients list", "--personas")
def _list(options: argparse.Namespace) -> None:
    """Show who gets what, and who is sent nothing since when and why."""
    with _dispatch(options) as dispatch:
        readers = dispatch.recipients.rows()
    rows = [
        (it.slug, masked(it.address), it.locale, it.time_zone, "" if it.active else f"{it.why}, {it.unsubscribed_at}")
        for it in readers
        if not options.personas or it.persona in options.personas
    ]
    _table(("report", "reader", "locale", "time zone", "sent nothing: why, since"), rows)


@_verb("recipients unsubscribe", "address --personas")
def _unsubscribe(options: argparse.Namespace) -> None:
    """Send a reader no more, whatever a list says."""
    (shown, id), at = _whom(options), datetime.now(UTC).isoformat(timespec="seconds")
    with _dispatch(options) as dispatch:
        for persona in options.personas or ("",):
            dispatch.recipients.silence(id, persona, "unsubscribed by hand", at)
        listed = {reader.id for reader in dispatch.recipients.rows()}
    print(f"{shown} is sent no more of {', '.join(options.personas) or 'any report'}.")
    if id not in listed:
        print("No list holds this address today: see that it is the one that the mails went to.")


@_verb("recipients restore", "address")
def _restore(options: argparse.Namespace) -> None:
    """Send again to whoever was unsubscribed or bounced: only at their own wish."""
    shown, id = _whom(options)
    with _dispatch(options) as dispatch:
        dispatch.recipients.restore(id)
    print(f"{shown} is sent again what the lists say.")


def _whom(options: argparse.Namespace) -> tuple[str, str]:
    """The address that was named, as it is shown and as it is known."""
    from .model.address import plain_address

    address = plain_address(options.address)
    return masked(address), recipient_id(address)


def _kept(dispatch: Dispatch) -> TableRecipients:
    """The table of recipients, which alone can be changed from here."""
    from .deliver.recipients import TableRecipients

    if not isinstance(dispatch.recipients, TableRecipients):
        remedy = "Edit recipients: there, or name a table in RECIPIENTS_TABLE"
        raise QuarterdeckError("recipients", "stand in personas/<id>.yml", remedy)
    return dispatch.recipients


@_verb("tables")
def _tables(options: argparse.Namespace) -> None:
    """Make the DynamoDB tables that the settings name."""
    with _dispatch(options) as dispatch:
        made = dispatch.make_tables()
    said = [f"{name} {'is made' if now else 'was there'}." for name, now in made.items()]
    print("\n".join(said) or "No table is named: set LEDGER_TABLE and RECIPIENTS_TABLE.")


@_verb("publish", "--bucket --distribution", one_of="--dry-run --apply")
def _publish(options: argparse.Namespace) -> None:
    """Put the site into a bucket of S3, behind CloudFront."""
    from tqdm import tqdm

    from .deliver.aws import asking, open_client
    from .model.settings import setting
    from .publish import plan, s3

    project = _open(options)
    settings = _told(project.settings)
    bucket = setting("site_bucket", options.bucket, "--bucket") or settings.site_bucket
    distribution = setting("site_distribution", options.distribution, "--distribution") or settings.site_distribution
    if not bucket:
        raise QuarterdeckError("SITE_BUCKET", "is not set", "Name a bucket there or with --bucket (docs/publishing.md)")
    client, edge = (open_client(service, settings.ses_region) for service in ("s3", "cloudfront"))
    where = f"bucket {bucket}" + (f", distribution {distribution}" if distribution else "")
    with project.locked(), asking(where, "See that the names are right"):
        for warning in s3.warnings(client, bucket):
            _say(f"warning: bucket {bucket}: {warning}.")
        planned = plan.plan(project.root / "_site", s3.read_remote(client, bucket))
        for line in planned.lines():
            print(line)
        if options.apply:
            with tqdm(unit="file", leave=False, disable=not sys.stderr.isatty()) as bar:

                def progress(_: str, total: int) -> None:
                    bar.total = total
                    bar.update()

                s3.apply(planned, client, bucket, edge, distribution, progress)
    if planned.changes:
        print("Published." if options.apply else "Nothing was done: quarterdeck publish --apply does it.")
    if planned.invalidations and not distribution:
        print("No distribution is named (SITE_DISTRIBUTION): nothing is invalidated.")


@_verb("quarto")
def _quarto(options: argparse.Namespace) -> None:
    """Try to install Quarto; the embedded renderer serves where it cannot be had."""
    from .render.fetch import install_quarto

    print(install_quarto(os.environ))


@_verb("reference")
def _reference(options: argparse.Namespace) -> None:
    """Write the reference pages of tables and facts."""
    from .scaffold import write_reference

    for path in write_reference(_open(options)):
        print(f"Wrote {path}")


def _message(err: QuarterdeckError) -> str:
    """An error as one line, with paths as seen from the working folder."""
    return f"quarterdeck: {err}".replace(f"{Path.cwd()}{os.sep}", "")


def _say(line: str) -> None:
    print(line, file=sys.stderr)
