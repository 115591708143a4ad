"""Who is sent which report, and who may open it."""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ..model.delivery import masked, recipient_id
from ..model.errors import QuarterdeckError
from .verbs import open_dispatch, print_table, say, verb

if TYPE_CHECKING:
    from ..deliver.members import Members
    from ..deliver.recipients import TableRecipients
    from ..dispatch import Dispatch


@verb("recipients import", "file")
def _import(options: argparse.Namespace) -> None:
    """Put the readers of a CSV on their lists, or none if one row is wrong."""
    from ..model.persona import load_personas

    with open_dispatch(options) as dispatch:
        personas = [persona.id for persona in load_personas(dispatch.project.personas)]
        print(f"Readers imported: {_kept(dispatch).import_csv(options.file, personas)}.")


@verb("recipients add", "address --personas --name --locale --time-zone --subject")
def _add(options: argparse.Namespace) -> None:
    """Put a reader on the lists of personas, or change what they say."""
    from ..model.persona import load_personas, to_recipient
    from ..project import check_data

    if not options.personas:
        raise QuarterdeckError("recipients add", "names no persona", "Say whose reports: --personas 'ID …'")
    said = {name: getattr(options, name) for name in ("address", "name", "locale", "time_zone", "subject")}
    with open_dispatch(options) as dispatch:
        kept, recipient = _kept(dispatch), to_recipient(said, "recipients add, ")
        personas = load_personas(dispatch.project.personas, list(options.personas))
        for persona in personas if recipient.subject else ():
            check_data(dispatch.project, personas).check_subject(persona, recipient.subject, "recipients add")
        for persona in personas:
            kept.add(persona.id, recipient)
    print(
        f"{masked(recipient.address)} is on the lists of {', '.join(options.personas)}; whoever unsubscribed stays so."
    )


@verb("recipients remove", "address --personas")
def _remove(options: argparse.Namespace) -> None:
    """Take a reader off the lists of personas, or off all."""
    shown, id = _whom(options)
    with open_dispatch(options) as dispatch:
        print(f"Lists that {shown} was taken off: {_kept(dispatch).remove(id, options.personas)}.")


@verb("recipients list", "--personas")
def _list(options: argparse.Namespace) -> None:
    """Show who gets what, and who is sent nothing since when and why."""
    with open_dispatch(options) as dispatch:
        readers = dispatch.recipients.rows()
    rows = [
        (it.slug, masked(it.address), it.locale, it.time_zone, ", ".join(filter(None, (it.why, it.unsubscribed_at))))
        for it in readers
        if not options.personas or it.persona in options.personas
    ]
    print_table(("report", "reader", "locale", "time zone", "sent nothing: why, since"), rows)


@verb("recipients unsubscribe", "address --personas")
def _unsubscribe(options: argparse.Namespace) -> None:
    """Send a reader no more, whatever a list says."""
    (shown, id), at = _whom(options), datetime.now(UTC).isoformat(timespec="seconds")
    with open_dispatch(options) as dispatch:
        for persona in options.personas or ("",):
            dispatch.recipients.silence(id, persona, "unsubscribed by hand", at)
        listed = {reader.id for reader in dispatch.recipients.rows()}
    print(f"{shown} is sent no more of {', '.join(options.personas) or 'any report'}.")
    if id not in listed:
        print("No list holds this address today: see that it is the one that the mails went to.")


@verb("recipients restore", "address")
def _restore(options: argparse.Namespace) -> None:
    """Send again to whoever was unsubscribed or bounced: only at their own wish."""
    shown, id = _whom(options)
    with open_dispatch(options) as dispatch:
        dispatch.recipients.restore(id)
    print(f"{shown} is sent again what the lists say.")


def _whom(options: argparse.Namespace) -> tuple[str, str]:
    """The address that was named, as it is shown and as it is known."""
    from ..model.address import plain_address

    address = plain_address(options.address)
    return masked(address), recipient_id(address)


def _kept(dispatch: Dispatch) -> TableRecipients:
    """The table of recipients, which alone can be changed from here."""
    from ..deliver.recipients import TableRecipients

    if not isinstance(dispatch.recipients, TableRecipients):
        remedy = "Edit recipients: there, or name a table in RECIPIENTS_TABLE"
        raise QuarterdeckError("recipients", "stand in personas/<id>.yml", remedy)
    return dispatch.recipients


@verb("invite", "address --role --personas --subject --name")
def _invite(options: argparse.Namespace) -> None:
    """Let somebody open reports of the published site, and print the link that signs them in once."""
    from ..deliver.members import EVERY, IN_INVITATION

    reports = [f"{it}/{options.subject}" if options.subject else it for it in options.personas]
    if not reports and options.role != "admin":
        raise QuarterdeckError("invite", "names no persona", "Say whose reports: --personas 'ID …'")
    with open_dispatch(options) as dispatch:
        members, now = _members(dispatch), time.time()
        id = members.invite(options.address, options.role, reports or [EVERY], now, options.name)
        person = members.person(id)
        assert person
        print(members.link(id, person.home, now, IN_INVITATION))
    say(f"For {masked(person.address)}, {person.role}, once and within three days: {' '.join(person.reports)}.")


@verb("revoke", "address")
def _revoke(options: argparse.Namespace) -> None:
    """End somebody's sessions and links, what they have open within the hour."""
    shown, id = _whom(options)
    with open_dispatch(options) as dispatch:
        found = _members(dispatch).revoke(id, time.time())
    if not found:
        raise QuarterdeckError(f"address {shown}", "was never let in", "See that it is the one that mails go to")
    print(f"{shown} is signed out; what is open in a browser closes within the hour. Mails go on: recipients remove.")


def _members(dispatch: Dispatch) -> Members:
    """Who may sign in, where somebody may."""
    if not dispatch.members:
        raise QuarterdeckError("CLOUD_TABLE", "or SITE_URL is not set", "Set both (docs/cloud.md)")
    return dispatch.members
