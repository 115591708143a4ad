"""What all verbs share: how they are named, their options, what they open, and how they print."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import __version__
from ..model.errors import QuarterdeckError

if TYPE_CHECKING:
    from ..dispatch import Dispatch, Order
    from ..model.settings import Settings
    from ..project import Project


FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130
Verb = Callable[[argparse.Namespace], int | None]
VERBS: dict[str, tuple[Verb, str, str]] = {}
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
    "--function": {**_TEXT, "metavar": "NAME", "help": "the Lambda function"},
    "--stack": {**_TEXT, "metavar": "NAME", "help": "the stack of CloudFormation, made or renewed"},
    "--python": {"default": "3.13", "metavar": "VERSION", "help": "of the function (default: 3.13)"},
    "--arch": {"default": "x86_64", "help": "of the function: x86_64 (default) or arm64"},
    "--source": {"nargs": "+", "default": (), "metavar": "NAME", "help": "only these sources"},
    "--policy": {**_SWITCH, "help": "print the least IAM policy that the sources need"},
    "--accept": {**_TEXT, "metavar": "NAME", "help": "put in force what was held back of a source"},
    "--check": {**_SWITCH, "help": "verify also the account, the domain and the mails"},
    "--export": {"type": Path, "metavar": "FILE", "help": "write the ledger to a CSV"},
    "--name": {**_TEXT, "help": "as it stands in front of the address"},
    "--locale": {**_TEXT, "help": "as de_DE (default: the persona's)"},
    "--time-zone": {**_TEXT, "help": "as Europe/Berlin (default: UTC)"},
    "--subject": {**_TEXT, "help": "the row whose report it is, of a persona with each:"},
    "--role": {"default": "guest", "help": "guest, crew, captain or admin (default: guest)"},
    "id": {"help": "lower-case letters, digits and hyphens"},
    "address": {"help": "as name@example.com"},
    "file": {"type": Path, "help": "with the columns address, persona, name, locale, time_zone, subject"},
}


def verb(name: str, options: str = "", one_of: str = "") -> Callable[[Verb], Verb]:
    """Make a function the verb `name`, with these of _OPTIONS; its docstring is what `--help` says of it."""

    def keep(run: Verb) -> Verb:
        VERBS[name] = run, f"{_EVERYWHERE} {options}", one_of
        return run

    return keep


def make_parser() -> argparse.ArgumentParser:
    """What reads the command line, with every verb that was named."""
    parser = argparse.ArgumentParser(prog="quarterdeck", description="One notebook, a report for every executive.")
    parser.add_argument("--version", action="version", version=f"quarterdeck {__version__}")
    groups: dict[str, Any] = {"": parser.add_subparsers(title="verbs", required=True, metavar="VERB")}
    for name, (run, options, one_of) in VERBS.items():
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


def open_project(options: argparse.Namespace) -> Project:
    """The project that is meant."""
    from ..project import Project

    return Project.open(options.project, options.data, options.personas_dir)


@contextmanager
def open_dispatch(options: argparse.Namespace) -> Iterator[Dispatch]:
    """What sends, after a look at the names of personas and a word on the settings; a word on its mails follows."""
    from ..dispatch import Dispatch
    from ..model.persona import load_personas

    project = open_project(options)
    every = "*" if "role" in vars(options) else ""  # only an invitation may be to all reports
    load_personas(project.personas, [it for it in vars(options).get("personas", ()) if it != every])
    say_notices(project.settings)
    with closing(Dispatch(project, vars(options).get("engine", "auto"))) as dispatch:
        yield dispatch
        for note in dispatch.notes:
            say(f"quarterdeck: a chart goes as a table: {note}")


def say_notices(settings: Settings) -> Settings:
    """Settings, after a word on what is wrong in their file."""
    for notice in settings.notices:
        say(f"quarterdeck: {notice}")
    return settings


def order_of(options: argparse.Namespace, **more: Any) -> Order:
    """Which reports are meant."""
    from ..dispatch import Order
    from ..model.period import Period

    return Order(options.personas, options.period and Period.parse(options.period).name, **more)


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def short_path(path: Path | None) -> str:
    """A path as seen from the working folder."""
    return str(path).removeprefix(f"{Path.cwd()}{os.sep}") if path else "–"


def one_line(err: QuarterdeckError) -> str:
    """An error as one line, with paths as seen from the working folder."""
    return f"quarterdeck: {err}".replace(f"{Path.cwd()}{os.sep}", "")


def say(*lines: str) -> None:
    """Lines beside the output proper."""
    for line in lines:
        print(line, file=sys.stderr)
