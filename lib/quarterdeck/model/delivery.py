"""One report to one reader: its states, and the ledger that remembers them."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from .errors import QuarterdeckError

State = Literal["claimed", "sending", "sent", "failed", "unknown"]
"""Claimed by a sender; about to be handed over, or just handed over; taken by SES; refused; nobody can say."""
FEEDBACK = ("delivered", "bounced", "complained", "opened", "clicked")
"""What comes back later about a mail that was sent, each with when."""
_ADDRESS = re.compile(r"""[^\s<>@"'(),:;=\\]+@[^\s<>@"'(),:;\\]+""")


def recipient_id(address: str) -> str:
    """A name for an address that does not tell it; the case of its letters makes no difference."""
    return hashlib.sha256(address.strip().casefold().encode()).hexdigest()[:20]


def masked(address: str) -> str:
    """An address as logs and screens may show it: `o…@example.com`."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}" if at else f"{address[:1]}…"


def without_addresses(text: str) -> str:
    """Text of others, the addresses in it masked."""
    return _ADDRESS.sub(lambda found: masked(found[0]), text)


@dataclass(frozen=True, order=True)
class DeliveryKey:
    """Which delivery: the report's slug and period, the reader's `recipient_id`, and the version of the mail.

    The version is 1, and one more for each correction.
    """

    slug: str
    period: str
    recipient: str
    version: int = 1

    def __str__(self) -> str:
        return f"{self.slug}/{self.period}/{self.recipient}/{self.version}"

    @classmethod
    def parse(cls, text: str) -> DeliveryKey:
        """The key that `str` wrote; raises QuarterdeckError for any other text."""
        parts = text.rsplit("/", 3)
        if len(parts) != 4 or not all(parts) or not re.fullmatch("[1-9][0-9]{0,5}", parts[3]):
            raise QuarterdeckError(
                f"delivery {text[:80]!r}",
                "is none",
                "Copy one that `quarterdeck status` shows",
            )
        return cls(parts[0], parts[1], parts[2], int(parts[3]))

    @property
    def tag(self) -> str:
        """The key as SES carries it beside a mail: letters, digits, `_` and `-` only."""
        return base64.urlsafe_b64encode(str(self).encode()).decode().rstrip("=")

    @classmethod
    def from_tag(cls, tag: str) -> DeliveryKey:
        """The key that `tag` wrote; raises QuarterdeckError for any other text."""
        try:
            return cls.parse(base64.urlsafe_b64decode(tag + "=" * (-len(tag) % 4)).decode())
        except ValueError as err:
            raise QuarterdeckError(f"tag {tag[:80]!r}", "is none of a delivery") from err


@dataclass(frozen=True)
class Delivery:
    """A row of the ledger.

    `owner` names the sender that claimed it and `lease` the Unix time until which nobody else may; `at` is when the
    state was entered (ISO 8601, UTC). `variant` is the mail's, `size` its bytes, `content` the SHA-256 of them and
    `snapshot` what it told (see `deliver.snapshot`). `reason` says why it failed or is unknown.
    The feedback columns hold when.
    """

    key: DeliveryKey
    state: State
    owner: str
    lease: float
    at: str
    address: str = ""
    subject: str = ""
    variant: str = ""
    size: int = 0
    content: str = ""
    snapshot: str = ""
    message_id: str = ""
    region: str = ""
    reason: str = ""
    delivered: str = ""
    bounced: str = ""
    complained: str = ""
    opened: str = ""
    clicked: str = ""


class Ledger(Protocol):
    """The record of deliveries, and of marks (approvals, unsubscriptions, events seen).

    Every write is atomic between threads, processes and machines, and is on disk when the call returns. Each method
    raises QuarterdeckError when the record cannot be reached.
    """

    def claim(self, delivery: Delivery, now: float, *, retry: bool = False) -> bool:
        """Write a row in state `claimed` if its key is free; says whether it was.

        Free is a key without a row, one whose claim's lease ended before `now`, and with `retry` one that failed.
        """

    def advance(self, key: DeliveryKey, to: State, *, was: tuple[State, ...], owner: str = "", **columns: Any) -> bool:
        """Change a row's state and columns if its state was one of `was` and (where given) its owner is `owner`."""

    def get(self, key: DeliveryKey) -> Delivery | None:
        """The row of a key, as last written."""

    def of_report(self, slug: str, period: str) -> Iterator[Delivery]:
        """All rows of a report, ordered by key; a row written a moment ago may be missing."""

    def last_sent(self, slug: str, recipient: str) -> Delivery | None:
        """What this reader was sent last of a report, of whatever period and version."""

    def note(self, key: DeliveryKey, feedback: str, at: str) -> bool:
        """Write when a column of FEEDBACK first happened; says whether the row is there and it was the first time."""

    def rows(self) -> Iterator[Delivery]:
        """Every row, in no order that can be relied on."""

    def mark(self, name: str, value: str = "") -> bool:
        """Remember a value under a name, once; says whether the name was free."""

    def marked(self, name: str) -> str | None:
        """The value under a name; None when there is none."""

    def unmark(self, name: str) -> None:
        """Forget a name."""
