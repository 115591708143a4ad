"""Events of SES written into the ledger: what became of a mail, and that SES took one that nobody was sure of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..model.delivery import FEEDBACK, Delivery, Ledger, State, masked, recipient_id
from .events import Feedback


@dataclass(frozen=True)
class TakenIn:
    """How many events were new, were known, and were about mails that this ledger does not hold.

    `early` ones were about a mail whose sender still holds its row: give them again later. `told` are lines for the
    operator, addresses masked.
    """

    new: int
    known: int
    others: int
    early: int
    told: tuple[str, ...]


Silence = Callable[[str, str, str, str], None]
"""Called with a `recipient_id`, a persona (empty: all), why and when."""


def take_in(events: Iterable[Feedback], ledger: Ledger, silence: Silence, now: float) -> TakenIn:
    """Write each event into the ledger once, in whatever order they come; `now` is Unix time.

    Any event but a rejection proves that SES took the mail: a row that is unknown, or whose sender died over it, is
    sent; never is a row undone but by a rejection. Only a bounce for good counts as `bounced`, and it or a complaint
    of the reader calls `silence`; one of the audit copy or of a forwarding address is told only. Calls `silence`
    before it remembers the event, so that an interruption loses neither.
    """
    counts: Counter[str] = Counter()
    told: list[str] = []
    for event in events:
        row = ledger.get(event.key) if event.key else None
        if row is None:
            counts["others"] += 1
        elif ledger.marked(f"event/{event.id}") is not None:
            counts["known"] += 1
        else:
            told += _note(event, row, ledger, silence)
            done = _settle(event, row, ledger, now, told)
            if done:
                ledger.mark(f"event/{event.id}")
            counts["new" if done else "early"] += 1
    return TakenIn(counts["new"], counts["known"], counts["others"], counts["early"], tuple(told))


def _note(event: Feedback, row: Delivery, ledger: Ledger, silence: Silence) -> list[str]:
    """Write when it happened; what there is to tell of it."""
    readers = [address for address in event.addresses if _reads(address, row)]
    if event.kind not in ("bounced", "complained"):
        if event.kind in FEEDBACK and (readers or event.kind != "delivered"):
            ledger.note(row.key, event.kind, event.at)
        return []
    why = f"{event.kind} ({event.detail})"
    told = [
        f"{_name(row)}: {masked(address)}, who is not its reader, {why}: an audit copy or a forwarded mail"
        for address in event.addresses
        if address not in readers
    ]
    if not readers:
        return told
    shown = f"{_name(row)}: {masked(readers[0])} {why}"
    if not event.permanent:
        return [*told, f"{shown}: not for good, nothing is changed"]
    if not getattr(row, event.kind):
        silence(row.key.recipient, "", why, event.at)
    return [*told, f"{shown}: mailed no more"] if ledger.note(row.key, event.kind, event.at) else told


def _settle(event: Feedback, row: Delivery, ledger: Ledger, now: float, told: list[str]) -> bool:
    """Write the state that the event proves, if any; says whether that is done with."""
    if row.state == "sending" and row.lease >= now:
        return False
    same = row.message_id == event.message_id
    unsure = row.state in ("sending", "unknown")
    state: State
    if event.kind == "rejected" and (unsure or (row.state == "sent" and same)):
        state, at, reason = "failed", event.at, f"SES threw it away: {event.detail}"
    elif unsure:
        state, at, reason = "sent", event.taken, ""
    else:
        # Somebody took a mail for lost that was not, and sent another.
        if not same and (row.message_id or row.state != "sent") and ledger.mark(f"second/{event.message_id}"):
            told.append(f"{_name(row)}: is {row.state}, and SES took {event.message_id} as well: its reader has that")
        return True
    done = ledger.advance(
        row.key, state, was=(row.state,), owner=row.owner, at=at, message_id=event.message_id, reason=reason
    )
    if done:
        told.append(f"{_name(row)}: was {row.state}, is {state}: " + (reason or f"SES took it as {event.message_id}"))
    return done


def _name(row: Delivery) -> str:
    return f"{row.key.slug} {row.key.period}"


def _reads(address: str, row: Delivery) -> bool:
    """Whether an address is the reader's; SES writes a domain beyond ASCII in the letters of the DNS."""
    local, _, domain = address.rpartition("@")
    try:
        written = domain.encode("ascii").decode("idna")
    except UnicodeError:
        written = domain
    return row.key.recipient in (recipient_id(address), recipient_id(f"{local}@{written}"))
