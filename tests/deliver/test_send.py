"""The loop that sends: at most one submission for each reader and version, and every doubt on record."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from botocore import exceptions as aws

from quarterdeck.deliver.send import LEASE_SECONDS, Outgoing, Sender, settled
from quarterdeck.deliver.ses import Letter, Refused
from quarterdeck.model.delivery import Delivery, DeliveryKey
from quarterdeck.model.errors import QuarterdeckError

from .memory import MemoryLedger

KEYS = [DeliveryKey("skipper", "2026-03", f"reader{n}") for n in range(3)]


def outgoing(key: DeliveryKey) -> Outgoing:
    """A mail to one reader."""
    letter = Letter(b"Subject: x\r\n\r\nbody", "reports@example.com", f"{key.recipient}@example.com", tag=key.tag)
    return Outgoing(key, letter, "x", "control", "told")


def refusal(code: str, status: int = 400) -> aws.ClientError:
    """What the SDK raises when SES answers with an error."""
    said = {"Error": {"Code": code, "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return aws.ClientError(said, "SendEmail")


class Ses:
    """Stands for SES: does by turns what it is told, `None` for taking the mail, and remembers what it took."""

    def __init__(self, *answers: Exception | None) -> None:
        self.answers, self.taken, self.asked = list(answers), Counter[str](), 0

    def send_email(self, **asked: Any) -> dict[str, str]:
        self.asked += 1
        if answer := self.answers.pop(0) if self.answers else None:
            raise answer
        self.taken[asked["EmailTags"][0]["Value"]] += 1
        return {"MessageId": f"id-{self.asked}"}


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def sender(ledger: Any, *clients: Ses, **options: Any) -> Sender:
    """A sender with a clock of its own, unless one is given."""
    clock = options.pop("clock", None) or Clock()
    regions = [(f"region-{n}", client) for n, client in enumerate(clients)]
    owner = options.pop("owner", "me")
    return Sender(ledger, regions, owner, rate=options.pop("rate", 1000.0), clock=clock, sleep=clock.sleep, **options)


def test_a_mail_is_sent_once_and_recorded() -> None:
    """A second call finds it sent."""
    ledger, ses = MemoryLedger(), Ses()
    row = sender(ledger, ses).deliver(outgoing(KEYS[0]))
    assert row and (row.state, row.message_id, row.region) == ("sent", "id-1", "region-0")
    assert ledger.get(KEYS[0]) == row and row.size == 18 and row.snapshot == "told" and row.variant == "control"
    assert sender(ledger, ses, owner="other").deliver(outgoing(KEYS[0])) is None and ses.asked == 1


def test_a_refused_mail_failed_and_is_tried_again_only_on_demand() -> None:
    """With the reason that SES gave."""
    ledger, ses = MemoryLedger(), Ses(refusal("MessageRejected"))
    row = sender(ledger, ses).deliver(outgoing(KEYS[0]))
    assert row and row.state == "failed" and "MessageRejected" in row.reason
    assert sender(ledger, ses).deliver(outgoing(KEYS[0])) is None and ses.asked == 1
    again = sender(ledger, ses, retry=True).deliver(outgoing(KEYS[0]))
    assert again and again.state == "sent" and not again.reason


@pytest.mark.parametrize(
    "answer",
    [
        aws.ReadTimeoutError(endpoint_url="x"),
        aws.ConnectionClosedError(endpoint_url="x"),
        refusal("InternalFailure", 500),
        refusal("ServiceUnavailable", 503),
        aws.HTTPClientError(error="reset"),
        aws.ResponseStreamingError(error="cut"),
        RuntimeError("whatever"),
    ],
    ids=lambda answer: type(answer).__name__,
)
def test_what_nobody_can_say_is_unknown_and_never_tried_again(answer: Exception) -> None:
    """Neither in a second region nor by a later run that retries what failed."""
    ledger, first, second = MemoryLedger(), Ses(answer), Ses()
    row = sender(ledger, first, second).deliver(outgoing(KEYS[0]))
    assert row and row.state == "unknown" and row.reason
    assert sender(ledger, first, second, retry=True).deliver(outgoing(KEYS[0])) is None
    assert (first.asked, second.asked) == (1, 0)


@pytest.mark.parametrize(
    "answer", [refusal("SendingPausedException"), aws.ConnectTimeoutError(endpoint_url="x"), refusal("MessageRejected")]
)
def test_the_second_region_is_taken_when_the_first_refused_or_was_not_reached(answer: Exception) -> None:
    """Under the same claim; the ledger says which region it was."""
    ledger, first, second = MemoryLedger(), Ses(answer), Ses()
    row = sender(ledger, first, second).deliver(outgoing(KEYS[0]))
    assert row and (row.state, row.region) == ("sent", "region-1")
    assert (first.taken.total(), second.taken.total()) == (0, 1)


def test_a_throttled_mail_waits_and_is_offered_again() -> None:
    """After a pause, by the same sender."""
    clock, ses = Clock(), Ses(refusal("TooManyRequestsException", 429), refusal("ThrottlingException"))
    before = clock.now
    row = sender(MemoryLedger(), ses, clock=clock).deliver(outgoing(KEYS[0]))
    assert row and row.state == "sent" and ses.taken.total() == 1 and clock.now - before >= 3


def test_a_throttled_first_region_is_waited_for_where_the_second_will_never_do() -> None:
    """The second knows no sender: that says nothing of the mail."""
    ledger, first, second = MemoryLedger(), Ses(refusal("ThrottlingException")), Ses(refusal("MessageRejected"))
    row = sender(ledger, first, second).deliver(outgoing(KEYS[0]))
    assert row and (row.state, row.region, first.taken.total()) == ("sent", "region-0", 1)


@pytest.mark.parametrize(
    "answer",
    [
        refusal("TooManyRequestsException", 429),
        refusal("AccessDeniedException", 403),
        aws.NoCredentialsError(),
        aws.EndpointConnectionError(endpoint_url="x"),
    ],
    ids=["quota", "denied", "no credentials", "no network"],
)
def test_what_concerns_every_mail_ends_the_run_and_leaves_this_one_for_the_next(answer: Exception) -> None:
    """It was not sent, for certain: the claim is free at once."""
    ledger, ses = MemoryLedger(), Ses(*[answer] * 5)
    with pytest.raises(Refused):
        sender(ledger, ses).deliver(outgoing(KEYS[0]))
    assert not ses.taken
    row = sender(ledger, Ses(), owner="next").deliver(outgoing(KEYS[0]))
    assert row and row.state == "sent"


def test_an_interrupted_call_is_unknown_and_an_interrupted_wait_frees_the_mail() -> None:
    """Ctrl-C before SES was called loses nothing; during the call nobody can say."""
    ledger, ses, clock = MemoryLedger(), Ses(KeyboardInterrupt()), Clock()  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        sender(ledger, ses).deliver(outgoing(KEYS[0]))
    assert ledger.get(KEYS[0]).state == "unknown"

    def interrupted(seconds: float) -> None:
        raise KeyboardInterrupt

    waiting = sender(ledger, Ses(), clock=clock, rate=0.1)
    waiting.deliver(outgoing(KEYS[1]))
    waiting.sleep = interrupted
    with pytest.raises(KeyboardInterrupt):
        waiting.deliver(outgoing(KEYS[2]))
    row = ledger.get(KEYS[2])
    assert row.state == "claimed" and sender(ledger, Ses(), owner="next").deliver(outgoing(KEYS[2])).state == "sent"


def test_the_send_rate_is_kept() -> None:
    """Ten mails at two a second take four and a half."""
    clock = Clock()
    slow, before = sender(MemoryLedger(), Ses(), clock=clock, rate=2.0), clock.now
    for n in range(10):
        slow.deliver(outgoing(DeliveryKey("skipper", "2026-03", f"r{n}")))
    assert clock.now - before == pytest.approx(4.5)


def test_who_sleeps_through_a_lease_sends_nothing() -> None:
    """Another has taken the claim over meanwhile."""
    ledger, clock, ses = MemoryLedger(), Clock(), Ses()
    late = sender(ledger, ses, clock=clock, rate=1 / (2 * LEASE_SECONDS))
    late.deliver(outgoing(KEYS[0]))

    def sleep(seconds: float) -> None:
        clock.now += seconds
        assert sender(ledger, ses, clock=clock, owner="other").deliver(outgoing(KEYS[1])).state == "sent"

    late.sleep = sleep
    assert late.deliver(outgoing(KEYS[1])) is None
    assert ses.taken[KEYS[1].tag] == 1


def test_a_ledger_that_fails_after_ses_took_the_mail_says_what_to_write_down() -> None:
    """The message names the delivery, SES's id and the command; the next run calls it unknown and sends nothing."""
    ledger, ses, clock = MemoryLedger(), Ses(), Clock()

    class Full(MemoryLedger):
        def advance(self, key: DeliveryKey, to: Any, **options: Any) -> bool:
            if to == "sent":
                raise QuarterdeckError("ledger", "disk full")
            return ledger.advance(key, to, **options)

        def claim(self, *args: Any, **options: Any) -> bool:
            return ledger.claim(*args, **options)

    with pytest.raises(QuarterdeckError, match=r"SES took it as id-1.*--resolve skipper/2026-03/reader0/1=sent"):
        sender(Full(), ses, clock=clock).deliver(outgoing(KEYS[0]))
    row = settled(ledger, ledger.get(KEYS[0]), clock.now + LEASE_SECONDS + 1)
    assert row.state == "unknown" and sender(ledger, ses, clock=clock).deliver(outgoing(KEYS[0])) is None


class Killed(BaseException):
    """The process is no more: whatever it would still do raises this too."""


class Fate:
    """Decides by lot, at every step of one sender, whether it works, fails, fails after its effect, or kills it.

    Before a step another sender may do all of its own work, or the process sleeps for longer than its lease.
    """

    def __init__(self, lot: random.Random, clock: Clock, meanwhile: Any) -> None:
        self.lot, self.clock, self.dead, self.meanwhile = lot, clock, False, meanwhile

    def step(self, work: Any, before: Any, after: Any) -> Any:
        if self.dead:
            raise Killed
        if self.lot.random() < 0.1:
            self.clock.now += self.lot.choice([0, LEASE_SECONDS + 1])
            self.meanwhile()
        happens = self.lot.random()
        if happens < 0.06:
            self.dead = True
            raise Killed
        if happens < 0.12 and before:
            raise before()
        result = work()
        if happens > 0.94:
            self.dead = True
            raise Killed
        if happens > 0.88 and after:
            raise after()
        return result


class FatedLedger:
    """A ledger whose table is now and then out of reach, before or after a write."""

    def __init__(self, ledger: MemoryLedger, fate: Fate) -> None:
        self._ledger, self._fate = ledger, fate

    def __getattr__(self, name: str) -> Any:
        def lost() -> Exception:
            return QuarterdeckError("table", "out of reach")

        return lambda *a, **k: self._fate.step(lambda: getattr(self._ledger, name)(*a, **k), lost, lost)


class FatedSes:
    """SES behind a bad network; what it took is counted by delivery."""

    def __init__(self, taken: Counter[str], fate: Fate) -> None:
        self._taken, self._fate = taken, fate

    def send_email(self, **asked: Any) -> dict[str, str]:
        tag = asked["EmailTags"][0]["Value"]
        refusals = [
            refusal("MessageRejected"),
            refusal("TooManyRequestsException", 429),
            refusal("InternalFailure", 500),
            aws.EndpointConnectionError(endpoint_url="x"),
            aws.ReadTimeoutError(endpoint_url="x"),
        ]
        lost = [
            aws.ReadTimeoutError(endpoint_url="x"),
            aws.ConnectionClosedError(endpoint_url="x"),
            refusal("Fail", 503),
        ]

        def take() -> dict[str, str]:
            self._taken[tag] += 1
            return {"MessageId": "id"}

        choice = self._fate.lot.choice
        return self._fate.step(take, lambda: choice(refusals), lambda: choice(lost))


def run_once(ledger: Any, clients: list[Any], clock: Clock, owner: str) -> None:
    """What a run of `quarterdeck send` does with the three readers."""
    with_retry = Sender(ledger, clients, owner, 1000.0, clock=clock, sleep=clock.sleep)
    for key in KEYS:
        row = ledger.get(key)
        row = row and settled(ledger, row, clock.now)
        if row is None or (row.state == "claimed" and row.lease <= clock.now):
            with_retry.deliver(outgoing(key))


@pytest.mark.parametrize("tens", range(100))
def test_no_reader_gets_two_and_none_is_lost_without_a_record(tens: int) -> None:
    """A thousand histories of runs that fail and die at any step, two senders at once, until a run is undisturbed."""
    for seed in range(10 * tens, 10 * tens + 10):
        check_history(seed)


def check_history(seed: int) -> None:
    """One history; its last run goes through."""
    lot, ledger, clock, taken = random.Random(seed), MemoryLedger(), Clock(), Counter[str]()

    def fated(depth: int) -> None:
        fate = Fate(lot, clock, lambda: fated(depth + 1) if depth < 2 else None)
        clients = [(region, FatedSes(taken, fate)) for region in ("first", "second")]
        with suppress(Killed, QuarterdeckError):
            run_once(FatedLedger(ledger, fate), clients, clock, f"owner-{lot.random()}")
        clock.now += lot.choice([0, 1, LEASE_SECONDS + 1])

    for _ in range(lot.randint(1, 5)):
        fated(0)
    clock.now += LEASE_SECONDS + 1
    fine = Fate(lot, clock, lambda: None)
    fine.step = lambda work, before, after: work()  # type: ignore[method-assign]
    run_once(ledger, [("first", FatedSes(taken, fine))], clock, "last")
    for key in KEYS:
        row = ledger.get(key)
        possible = {"sent": [1], "failed": [0], "unknown": [0, 1]}
        assert row and taken[key.tag] in possible.get(row.state, []), (seed, row)


def test_the_row_of_another_process_that_ended_is_free_at_once() -> None:
    """Its process number is no longer in use on this machine; one of another machine keeps its lease."""
    import socket
    import subprocess

    child = subprocess.Popen(["true"])
    child.wait()
    now = 1_790_000_000.0
    ours = Delivery(KEYS[0], "claimed", f"someone@{socket.gethostname()} {child.pid} ab", now + 500, "2026")
    theirs = replace(ours, key=KEYS[1], owner=f"someone@elsewhere {child.pid} ab")
    called = replace(ours, key=KEYS[2], state="sending")
    ledger = MemoryLedger(ours, theirs, called)
    assert settled(ledger, ours, now).lease == 0.0
    assert settled(ledger, theirs, now) == theirs
    assert settled(ledger, called, now).state == "unknown"
