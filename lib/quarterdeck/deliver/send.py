"""The one loop that sends: claim, say so, hand over, record. Nothing that is uncertain is done twice."""

from __future__ import annotations

import getpass
import hashlib
import os
import socket
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from ..model.delivery import Delivery, DeliveryKey, Ledger, State
from ..model.errors import QuarterdeckError
from .ses import Letter, Refused, Uncertain, hand_over

LEASE_SECONDS = 900
"""How long a claim, or a call that is under way, keeps other senders out: far longer than the longest call."""
_PAUSES = (1, 2, 4, 8)
"""Seconds before a mail that was refused for now is offered again."""

_UNDER_WAY: tuple[State, ...] = ("claimed", "sending", "unknown")
ENDED = "its sender ended while SES was being called."


@dataclass(frozen=True)
class Outgoing:
    """One mail to one reader, ready to be sent: its key, its letter, and what the ledger keeps of it."""

    key: DeliveryKey
    letter: Letter
    subject: str
    variant: str
    snapshot: str


@dataclass
class Sender:
    """Sends mails, one after the other, at most `rate` a second.

    `clients` are those of SES by region, the one to be tried first before the others. `owner` names this process in the
    ledger. With `retry` those that failed are tried again.
    """

    ledger: Ledger
    clients: Sequence[tuple[str, Any]]
    owner: str
    rate: float = 1.0
    retry: bool = False
    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    _next: float = 0.0

    def deliver(self, mail: Outgoing) -> Delivery | None:
        """Send one mail, unless its delivery is another's or past; returns the ledger's row, or None.

        At most one automatic submission for each key, whatever ends this process and whenever; what is left behind is
        on record. Raises Refused when no other mail could be sent either: this one is then free for the next run.
        """
        now, content = self.clock(), mail.letter.mail
        row = Delivery(
            mail.key,
            "claimed",
            self.owner,
            now + LEASE_SECONDS,
            stamp(now),
            address=mail.letter.to,
            subject=mail.subject,
            variant=mail.variant,
            size=len(content),
            content=hashlib.sha256(content).hexdigest(),
            snapshot=mail.snapshot,
        )
        if not self.ledger.claim(row, now, retry=self.retry):
            return None
        try:
            self._pace()
        except BaseException:
            self._record(row, "claimed", lease=0.0)
            raise
        sending = {"lease": self.clock() + LEASE_SECONDS, "at": stamp(self.clock())}
        if not self.ledger.advance(mail.key, "sending", was=("claimed",), owner=self.owner, **sending):
            return None  # this process slept through its lease, and another took the claim over
        try:
            region, message_id = self._hand_over(mail.letter)
        except Refused as err:
            if err.soon or err.nobody:
                self._record(row, "claimed", lease=0.0, reason=str(err))
                raise
            return self._record(row, "failed", reason=str(err))
        except Uncertain as err:
            return self._record(row, "unknown", reason=str(err))
        except BaseException as err:
            self._record(row, "unknown", reason=f"interrupted while SES was being called ({type(err).__name__})")
            raise
        return self._record(row, "sent", message_id=message_id, region=region, reason="")

    def _pace(self) -> None:
        if (wait := self._next - self.clock()) > 0:
            self.sleep(wait)
        self._next = self.clock() + 1 / self.rate

    def _hand_over(self, letter: Letter) -> tuple[str, str]:
        """Give the mail to the first region that takes it; one that refuses for now is asked again after a pause."""
        for pause in (*_PAUSES, 0):
            refusals = []
            for region, client in self.clients:
                try:
                    return region, hand_over(client, letter)
                except Refused as err:
                    refusals.append(err)
            refusal = min(refusals, key=lambda err: (err.nobody, err.soon))  # what one region says of this mail counts
            if refusals[0].soon:
                refusal = refusals[0]  # unless the first will take it later: only there, perhaps, is all set up
            if not refusal.soon or not pause:
                break
            self.sleep(pause)
        raise refusal

    def _record(self, row: Delivery, state: State, **columns: Any) -> Delivery:
        """Write what became of a mail; a ledger that cannot be written now is tried again before it is given up."""
        columns = {"at": stamp(self.clock()), **columns}
        # Somebody may have resolved by hand meanwhile what this process alone knows.
        was: tuple[State, ...] = ("claimed", "sending", "unknown", "failed") if state == "sent" else _UNDER_WAY
        problem = "another sender wrote to it"
        for pause in (*_PAUSES, 0):
            try:
                written = self.ledger.advance(row.key, state, was=was, owner=self.owner, **columns)
                if written or state != "sent" or (self.ledger.get(row.key) or row).state == "sent":
                    return replace(row, state=state, **columns)
                break
            except QuarterdeckError as err:
                problem = str(err)
            self.sleep(pause)
        taken = f"SES took it as {columns['message_id']}" if state == "sent" else f"it is {state}"
        remedy = f"Mend that, then: quarterdeck send --resolve {row.key}={'sent' if state == 'sent' else 'failed'}"
        raise QuarterdeckError(f"delivery {row.key}", f"{taken}, and the ledger does not know ({problem})", remedy)


def stamp(now: float) -> str:
    """A Unix time as the ledger writes it: ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def settled(ledger: Ledger, row: Delivery, now: float) -> Delivery:
    """A row as it is once its sender is gone: free if it was only claimed, unknown if SES may have been called."""
    if row.state not in ("claimed", "sending") or not gone(row, now):
        return row
    if row.state == "sending":
        ledger.advance(row.key, "unknown", was=("sending",), owner=row.owner, at=stamp(now), reason=ENDED)
    else:
        ledger.advance(row.key, "claimed", was=("claimed",), owner=row.owner, lease=0.0)
    return ledger.get(row.key) or row


def gone(row: Delivery, now: float) -> bool:
    """Whether a row's sender has lost it: its lease is over, or it was a process of this machine that is no more.

    Should that be wrong, nothing is sent twice: the sender finds that the row is no longer its own.
    """
    place, pid, *_ = [*row.owner.split(" "), ""]
    if row.lease <= now or place.rpartition("@")[2] != socket.gethostname() or not pid.isdigit():
        return row.lease <= now
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except OSError:  # it is another user's
        pass
    return False


def process_name() -> str:
    """How the ledger names this process."""
    return f"{getpass.getuser()}@{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex[:8]}"
