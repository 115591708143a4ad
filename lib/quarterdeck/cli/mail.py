"""Mailing reports, and what became of that."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from ..model.delivery import masked
from ..model.errors import QuarterdeckError
from .verbs import BAD_INPUT, FAILED, one_line, open_dispatch, order_of, print_table, say, short_path, verb

if TYPE_CHECKING:
    from ..dispatch import Dispatch, Order


@verb("send", "--personas --period --engine --dry-run", one_of="--test --retry-failed --correct --resolve")
def _send(options: argparse.Namespace) -> int:
    """Mail each reader what they have not had."""
    from tqdm import tqdm

    from .. import standing

    if options.dry_run and (options.test or options.resolve):
        raise QuarterdeckError("--dry-run", "goes with neither --test nor --resolve", "Leave one of them out")
    order = order_of(options, retry_failed=options.retry_failed, correct=options.correct)
    with open_dispatch(options) as dispatch:
        if options.resolve:
            print(*standing.resolve(dispatch, options.resolve, time.time()), sep="\n")
            say(*standing.write_page(dispatch, datetime.now(UTC)))
            return 0
        if options.test:
            for slug, message_id in dispatch.send_test(options.test, order):
                print(f"{slug}: handed to SES as {message_id}")
            return 0
        total = dispatch.count(order)
        if options.dry_run:
            _dry_run(dispatch, order)
            return 0
        told, troubles, new, stopped = Counter[str](), [], [], False
        try:
            with tqdm(total=total, unit="reader", leave=False, disable=not sys.stderr.isatty()) as bar:
                for planned, row in dispatch.send(order):  # ten thousand rows are not kept
                    bar.update()
                    told[row.state if row else f"not sent ({planned.skip.partition(':')[0]})"] += 1
                    if planned.stands == "unknown" or (planned.stands == "failed" and row):
                        troubles.append(standing.trouble(planned))
                        new += [planned] if row else []
        except QuarterdeckError as err:  # said before what may fail, too
            stopped = True
            say(one_line(err))
        finally:  # whatever ends the run: no later one will tell of these
            say(*troubles, *standing.tell_owners(dispatch, new))
        if told or not stopped:
            print(", ".join(f"{count} {what}" for what, count in sorted(told.items())) or "No report has a reader.")
        say(*standing.write_page(dispatch, datetime.now(UTC)))
    return BAD_INPUT if stopped else FAILED if troubles else 0


def _dry_run(dispatch: Dispatch, order: Order) -> None:
    """One line a reader: who, what, variant and size, or why there is none."""
    for planned in dispatch.plan(order):
        name = f"{planned.key.slug} {planned.key.period} to {masked(planned.reader.address)}"
        if planned.skip:
            print(f"skip  {name}: {planned.skip}{f' Next: {planned.next}' if planned.next else ''}")
            continue
        mail = dispatch.outgoing(planned)
        path = short_path(dispatch.write_copy(mail))
        print(f"send  {name}: {mail.subject} ({mail.variant}, {len(mail.letter.mail) / 1024:.0f} KB, {path})")


@verb("approve", "--personas --period")
def _approve(options: argparse.Namespace) -> None:
    """Let reports be sent that wait for it."""
    with open_dispatch(options) as dispatch:
        keys = dispatch.approve(order_of(options))
    said = [f"{key.slug} {key.period} may be sent as it is now." for key in keys]
    print("\n".join(said) or "None of these needs approval.")


@verb("status", "--personas --period --check --export")
def _status(options: argparse.Namespace) -> int:
    """What is built, sent, waiting, failed, unknown, and the next command."""
    from .. import standing

    order = order_of(options)
    with open_dispatch(options) as dispatch:
        if options.export:
            print(f"Wrote {standing.export_to(options.export, dispatch.ledger)} deliveries to {options.export}.")
            return 0
        lines, troubles = standing.standings(dispatch.project, dispatch, order)
        print_table(standing.HEADER, [line.cells for line in lines])
        say(*standing.write_page(dispatch, datetime.now(UTC)))
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
