"""Events of SES in the ledger: once, in any order, and nobody silenced for another's mailbox."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations

import pytest

from quarterdeck.deliver.events import Feedback, read_events
from quarterdeck.deliver.feedback import TakenIn, take_in
from quarterdeck.model.delivery import Delivery, DeliveryKey, recipient_id

from .memory import MemoryLedger
from .test_events import EVENTS, KEY, event

MAIL = "01020199a1b2c3d4-11111111-2222-3333-4444-555555555555-000000"
NOW = 1793600000.0
SENT = Delivery(KEY, "sent", "sender-1", NOW - 60, "2026-11-02T06:00:01Z", address="jane@example.com", message_id=MAIL)
LOST = replace(SENT, state="unknown", message_id="", reason="SES gave no answer")


class Desk:
    """A ledger, and who was silenced."""

    def __init__(self, *rows: Delivery) -> None:
        self.ledger = MemoryLedger(*rows)
        self.silenced: list[tuple[str, str, str, str]] = []

    def take(self, *names: str | Feedback, now: float = NOW) -> TakenIn:
        """Take in samples by name, or events."""
        events = [each for name in names for each in (read_events(EVENTS[name]) if isinstance(name, str) else [name])]
        return take_in(events, self.ledger, lambda *told: self.silenced.append(told), now)

    @property
    def row(self) -> Delivery:
        """The sample's row as it is now."""
        row = self.ledger.get(KEY)
        assert row
        return row


def one(name: str, **changes: object) -> Feedback:
    """A sample's event, changed."""
    return replace(read_events(EVENTS[name])[0], id=str(changes), **changes)  # type: ignore[arg-type]


def test_each_event_sets_its_column_and_nothing_else() -> None:
    """When it first happened."""
    desk = Desk(SENT)
    told = desk.take("send", "delivery", "delivery-delay", "open", "click", "subscription")
    assert told == TakenIn(new=6, known=0, others=0, early=0, told=())
    assert desk.row == replace(
        SENT, delivered="2026-11-02T06:00:02Z", opened="2026-11-02T07:30:00Z",
        clicked="2026-11-02T07:31:00Z",
    )  # fmt: skip
    assert not desk.silenced


def test_replays_duplicates_and_any_order_end_the_same() -> None:
    """Every order of a mail's events, each told twice and from two sources."""
    ends = set()
    for order in permutations(["send", "delivery", "open", "complaint"]):
        desk = Desk(LOST)
        first = desk.take(*order, *reversed(order), "in-sns")
        assert (first.new, first.known, len(desk.silenced)) == (5, 4, 1)
        assert desk.take(*order) == TakenIn(0, 4, 0, 0, ())
        ends.add(desk.row)
    assert len(ends) == 1


def test_a_bounce_for_good_silences_the_reader_for_all_reports() -> None:
    """Once, with the reason, and one line for the operator with the address masked."""
    desk = Desk(SENT)
    told = desk.take("bounce", "in-eventbridge", "notification").told
    why = "bounced (Permanent, General, smtp; 550 5.1.1 <j…@example.com>... User unknown)"
    assert told == (f"ceo 2026-10: j…@example.com {why}: mailed no more",)
    assert desk.silenced == [(recipient_id("jane@example.com"), "", why, "2026-11-02T06:00:03Z")]
    assert desk.row.bounced == "2026-11-02T06:00:03Z" and desk.row.state == "sent"


def test_a_complaint_silences_the_reader() -> None:
    """But not the word that a mail is no spam."""
    desk = Desk(SENT)
    assert "not for good" in desk.take(one("complaint", permanent=False)).told[0] and not desk.silenced
    assert desk.take("complaint").told == ("ceo 2026-10: j…@example.com complained (abuse): mailed no more",)
    assert [each[0] for each in desk.silenced] == [KEY.recipient] and desk.row.complained


def test_a_bounce_for_now_is_told_and_changes_nothing() -> None:
    """`bounced` is for good only."""
    desk = Desk(SENT)
    assert "Transient, MailboxFull" in desk.take("bounce-transient").told[0]
    assert desk.row == SENT and not desk.silenced and desk.take("bounce-transient").told == ()


def test_a_bounce_of_the_audit_copy_silences_nobody() -> None:
    """It is told; the reader's own columns stay empty, and a copy's arrival is not the reader's."""
    desk = Desk(SENT)
    (line,) = desk.take("bounce-audit", one("delivery", addresses=("audit@example.com",))).told
    assert "a…@example.com, who is not its reader" in line and "audit@" not in line
    assert desk.row == SENT and not desk.silenced


def test_a_reader_is_known_however_the_address_is_written() -> None:
    """In other case, with a name, and with a domain in the letters of the DNS."""
    dns = "eva@xn--mwe-sna.example"
    for held, said in [("jane@example.com", "Jane@EXAMPLE.com"), ("eva@möwe.example", dns), (dns, dns)]:
        key = DeliveryKey("ceo", "2026-10", recipient_id(held))
        desk = Desk(replace(SENT, key=key))
        desk.take(one("bounce", key=key, addresses=(said,)))
        assert [each[0] for each in desk.silenced] == [recipient_id(held)]


@pytest.mark.parametrize("name", ["send", "delivery", "bounce", "bounce-audit", "open", "click", "delivery-delay"])
@pytest.mark.parametrize("row", [LOST, replace(LOST, state="sending", reason="")], ids=["unknown", "sender died"])
def test_an_event_proves_that_ses_took_the_mail(name: str, row: Delivery) -> None:
    """The row is sent, since SES took it, under SES's id."""
    desk = Desk(row)
    assert f"was {row.state}, is sent: SES took it as {MAIL}" in desk.take(name).told[-1]
    assert (desk.row.state, desk.row.message_id, desk.row.reason) == ("sent", MAIL, "")
    assert desk.row.at == "2026-11-02T06:00:00Z"


def test_a_row_that_somebody_changed_meanwhile_is_left_to_them() -> None:
    """The event is for later, and nothing is told that was not done."""

    class Slow(MemoryLedger):
        def advance(self, *args: object, **more: object) -> bool:
            return False

    assert take_in(read_events(EVENTS["send"]), Slow(LOST), lambda *_: None, NOW) == TakenIn(0, 0, 0, 1, ())


def test_a_sender_at_work_keeps_its_row() -> None:
    """The event is not remembered, so that it helps when it comes again after the sender died."""
    busy = replace(LOST, state="sending", lease=NOW + 1)
    desk = Desk(busy)
    assert desk.take("delivery", "reject") == TakenIn(0, 0, 0, 2, ())
    assert desk.row == replace(busy, delivered="2026-11-02T06:00:02Z")
    assert desk.take("delivery", now=NOW + 2).new == 1 and desk.row.state == "sent"


@pytest.mark.parametrize("row", [SENT, LOST], ids=["sent", "unknown"])
@pytest.mark.parametrize(("name", "reason"), [("reject", "Bad content"), ("rendering-failure", "Attribute 'name'")])
def test_a_mail_that_ses_threw_away_failed(row: Delivery, name: str, reason: str) -> None:
    """And stays failed when the word that SES took it comes late."""
    desk = Desk(row)
    assert reason in desk.take(name).told[0]
    assert desk.take("send").told == ()
    assert (desk.row.state, desk.row.message_id) == ("failed", MAIL) and reason in desk.row.reason


def test_a_second_mail_of_one_delivery_is_told_once() -> None:
    """Somebody said that it failed, and it did not; the row of the mail that is known stays."""
    for row in (replace(SENT, message_id="another"), replace(LOST, state="failed"), replace(LOST, state="claimed")):
        desk = Desk(row)
        told = desk.take("send", "reject", "open").told
        assert len(told) == 1 and f"is {row.state}, and SES took {MAIL} as well" in told[0]
        assert replace(desk.row, opened="") == row


def test_mails_of_others_are_left_alone_and_counted() -> None:
    """Without a key, about no mail, or of another ledger."""
    other = event("delivery")
    other["mail"] = {**other["mail"], "tags": {}, "headers": []}  # type: ignore[dict-item]
    desk = Desk()
    found = desk.take(*read_events(json.dumps(other)), "other-advice", "other-confirmation", "bounce")
    assert found == TakenIn(0, 0, 4, 0, ()) and not desk.silenced


def test_hostile_text_reaches_neither_ledger_nor_operator() -> None:
    """Lone surrogates, line breaks and escape codes, in an address, a reason or an id."""
    desk, sample = Desk(SENT), event("bounce")
    nasty = "eve@example.com\ud800\x1b\n"
    sample["mail"]["messageId"] += "\ud800"  # type: ignore[index]
    sample["bounce"]["bouncedRecipients"].append({"emailAddress": nasty, "diagnosticCode": nasty})  # type: ignore[index]
    told = desk.take(*read_events(json.dumps({"source": "aws.ses", "id": nasty, "detail": sample}))).told
    assert len(told) == 2 and all(line.encode() and line.isprintable() for line in told)


def test_an_interruption_loses_no_silence() -> None:
    """What could not be written down is done again when the event comes again."""
    desk = Desk(SENT)

    def fail(*told: str) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        take_in(read_events(EVENTS["bounce"]), desk.ledger, fail, NOW)
    assert desk.take("bounce").new == 1 and len(desk.silenced) == 1
