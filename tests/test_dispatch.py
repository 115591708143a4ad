"""Reports sent to their readers by the command line, through a server that stands for SES."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from deliver.aws import refuse_ann
from quarterdeck import pipeline
from quarterdeck.cli import main
from quarterdeck.deliver.aws import open_client
from quarterdeck.deliver.members import DAY
from quarterdeck.dispatch import Dispatch, Order, assign
from quarterdeck.model.delivery import Delivery, DeliveryKey, recipient_id
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.project import Project

pytestmark = pytest.mark.slow
READERS = "recipients: [{address: ann@example.com, name: 'Ann, \"A\" Möwe'}, {address: ben@example.com}]\n"
ANN, BEN = recipient_id("ann@example.com"), recipient_id("ben@example.com")


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, moto: str) -> Iterator[str]:
    """The address of a server that stands for AWS, with one sender verified, and settings that lead to it."""
    for name, value in {
        "AWS_ENDPOINT_URL": moto, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "SES_REGION": "eu-west-1", "SES_FROM_ADDRESS": "Reports <reports@example.com>", "SES_ALLOWED": "@example.com",
        "SES_BCC_ADDRESS": "archive@example.com", "SEND_RATE": "500", "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    open_client("sesv2", "eu-west-1").create_email_identity(EmailIdentity="reports@example.com")
    yield moto
    urlopen(Request(f"{moto}/moto-api/reset", method="POST")).close()


def taken(address: str) -> list[tuple[list[str], EmailMessage]]:
    """What the server has taken: the envelope's addresses, to which it adds those of the headers, and the message."""
    with urlopen(f"{address}/moto-api/data.json") as answer:
        mails = json.load(answer).get("ses", {}).get("RawMessage", [])
    envelopes = [sorted({parseaddr(to)[1] for to in mail["destinations"]}) for mail in mails]
    messages = [message_from_bytes(mail["raw_data"].encode(), policy=default) for mail in mails]
    return list(zip(envelopes, messages, strict=True))


def give_readers(project: Path, text: str = READERS, persona: str = "skipper") -> None:
    """Add keys to a persona's file."""
    path = project / "personas" / f"{persona}.yml"
    path.write_text(path.read_text("utf-8") + text, "utf-8")


def quarterdeck(project: Path, *arguments: str) -> int:
    """Run a verb on the project."""
    return main([*arguments, "--project", str(project)])


def rows(project: Path) -> dict[tuple[str, int], Any]:
    """The ledger's rows by reader and version."""
    return {(row.key.recipient, row.key.version): row for row in Dispatch(Project.open(project)).ledger.rows()}


def rebuild(project: Path) -> None:
    """Fares of the newest month change, and the reports are made again."""
    ledger = project / "data/ledger.csv"
    ledger.write_text(ledger.read_text("utf-8").replace("400.00", "410.00"), "utf-8")
    pipeline.run(Project.open(project), pipeline.Request(engine="embedded"))


def test_each_reader_gets_one_mail_and_a_second_run_sends_none(
    ses: str, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each to its own address, the audit copy in the envelope alone, and the bytes are those in the outbox."""
    give_readers(built)
    assert quarterdeck(built, "send") == 0 == quarterdeck(built, "send")
    mails = taken(ses)
    assert sorted(to for to, _ in mails) == [
        ["ann@example.com", "archive@example.com"],
        ["archive@example.com", "ben@example.com"],
    ]
    for to, message in mails:
        assert message["Bcc"] is None and "archive@example.com" not in message.as_string()
        (address,) = message["To"].addresses
        assert address.addr_spec in to and message["From"] == "Reports <reports@example.com>"
        copy = built / "outbox/2026-03/skipper" / f"{recipient_id(address.addr_spec)}.eml"
        assert message_from_bytes(copy.read_bytes(), policy=default).as_string() == message.as_string()
        key = DeliveryKey("skipper", "2026-03", recipient_id(address.addr_spec))
        assert message["X-Quarterdeck-Delivery"] == key.tag
    assert {str(message["To"]) for _, message in mails} == {'"Ann, \\"A\\" Möwe" <ann@example.com>', "ben@example.com"}
    kept = rows(built)
    assert {row.state for row in kept.values()} == {"sent"} and all(row.message_id for row in kept.values())
    said = capsys.readouterr()
    assert "2 sent" in said.out and "2 not sent (sent 20" in said.out and "ann@" not in said.out + said.err


def test_a_dry_run_says_and_writes_what_would_be_sent_and_sends_nothing(
    ses: str, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who, what, variant, size, why not; the bytes that it wrote are sent later; no ledger is made."""
    give_readers(built)
    give_readers(built, "recipients: [{address: cy@elsewhere.example}]\n", "host")
    assert quarterdeck(built, "send", "--dry-run") == 0
    said = capsys.readouterr().out
    assert "send  skipper 2026-03 to a…@example.com: " in said and "(control, " in said and " KB" in said
    assert "skip  host 2026-03 to c…@elsewhere.example: not in SES_ALLOWED (development)" in said
    assert not taken(ses) and not (built / "ledger.sqlite").exists()
    before = (built / f"outbox/2026-03/skipper/{ANN}.eml").read_bytes()
    assert quarterdeck(built, "send") == 0
    assert (built / f"outbox/2026-03/skipper/{ANN}.eml").read_bytes() == before
    assert {str(m["To"].addresses[0].addr_spec) for _, m in taken(ses)} == {"ann@example.com", "ben@example.com"}


def test_a_mail_without_its_pictures_says_why(
    ses: str, built: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, whoever sends it and however."""
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chromium")
    shutil.rmtree(built / ".quarterdeck/charts", ignore_errors=True)
    give_readers(built)
    assert quarterdeck(built, "send", "--dry-run") == 0
    assert capsys.readouterr().err.count("a chart goes as a table: the browser /nowhere/chromium does not start") == 1


def test_in_pilot_mode_every_report_goes_to_one_inbox(ses: str, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once each, the persona in the subject, whoever its readers are."""
    give_readers(built)
    monkeypatch.setenv("SES_TO_ADDRESS", "The owner <pilot@elsewhere.example>")
    monkeypatch.setenv("QUARTERDECK_ENV", "production")
    assert quarterdeck(built, "send") == 0 == quarterdeck(built, "send")
    mails = taken(ses)
    assert {tuple(sorted(to)) for to, _ in mails} == {("archive@example.com", "pilot@elsewhere.example")}
    assert sorted(str(message["Subject"]).split("]")[0] for _, message in mails) == ["[host", "[skipper"]


def test_in_production_the_allow_list_is_not_asked(ses: str, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside it, it is."""
    give_readers(built, "recipients: [{address: cy@elsewhere.example}]\n")
    assert quarterdeck(built, "send") == 0 and not taken(ses)
    monkeypatch.setenv("QUARTERDECK_ENV", "production")
    assert quarterdeck(built, "send") == 0 and len(taken(ses)) == 1


def test_whoever_unsubscribed_is_skipped(ses: str, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By hand here; a link does the same."""
    give_readers(built)
    assert quarterdeck(built, "recipients", "unsubscribe", "Ann@example.com") == 0
    assert quarterdeck(built, "send") == 0
    assert [str(message["To"]) for _, message in taken(ses)] == ["ben@example.com"]
    assert quarterdeck(built, "send", "--dry-run") == 0
    assert "to a…@example.com: unsubscribed by hand 20" in capsys.readouterr().out


def test_why_a_reader_is_sent_nothing_is_said(ses: str, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bounce is no unsubscription."""
    give_readers(built)
    why = "bounced (Permanent, General, smtp; 550 5.1.1)"
    Dispatch(Project.open(built)).recipients.silence(ANN, "", why, "2026-11-02T06:00:03Z")
    assert quarterdeck(built, "send", "--dry-run") == 0
    assert "to a…@example.com: bounced 2026-11-02: Permanent, General, smtp; 550 5.1.1\n" in capsys.readouterr().out


def test_the_pilot_inbox_is_heard_too(ses: str, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its wish, its bounce and its complaint count as anybody's."""
    give_readers(built)
    monkeypatch.setenv("SES_TO_ADDRESS", "pilot@elsewhere.example")
    assert quarterdeck(built, "recipients", "unsubscribe", "pilot@elsewhere.example", "--personas", "skipper") == 0
    assert quarterdeck(built, "send") == 0
    assert [str(message["Subject"]).split("]")[0] for _, message in taken(ses)] == ["[host"]


@pytest.mark.parametrize("name", ["--test", "OPERATOR_ADDRESS", "owner", "SES_BCC_ADDRESS"])
def test_outside_production_nobody_else_is_mailed_in_any_way(
    name: str, ses: str, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A test, a notice, an audit copy: none goes beyond the allow-list, and it is said."""
    other = "boss@elsewhere.example"
    if name.isupper():
        monkeypatch.setenv(name, other)
    unknown(built, monkeypatch, f"owner: {other}\n" if name == "owner" else "")
    give_readers(built, READERS, "host")
    more = ["--test", other] if name == "--test" else ["--personas", "host"]
    code = quarterdeck(built, "send", *more)
    assert "b…@elsewhere.example" in (said := capsys.readouterr().err) and "is not in SES_ALLOWED (dev" in said
    assert not any(other in to for to, _ in taken(ses)) and other not in said
    assert code == (2 if name in ("--test", "SES_BCC_ADDRESS") else 0)


def test_a_report_that_needs_approval_waits_for_it_as_it_is(
    ses: str, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Made again with other figures it waits again."""
    give_readers(built, READERS + "approval: true\n")
    assert quarterdeck(built, "send") == 0 and not taken(ses)
    assert quarterdeck(built, "approve") == 0
    assert "skipper 2026-03 may be sent as it is now" in capsys.readouterr().out
    rebuild(built)
    assert quarterdeck(built, "send") == 0 and not taken(ses)
    assert quarterdeck(built, "approve") == 0 == quarterdeck(built, "send")
    assert len(taken(ses)) == 2


def test_a_persona_may_be_silent_without_news(ses: str, built: Path) -> None:
    """`when-findings` without a finding, `when-changed` after the same figures."""
    give_readers(built, READERS + "send: when-findings\n")
    assert quarterdeck(built, "send") == 0 and not taken(ses)
    path = built / "personas/skipper.yml"
    path.write_text(path.read_text("utf-8").replace("when-findings", "when-changed"), "utf-8")
    assert quarterdeck(built, "send", "--period", "2026-02") == 0 and len(taken(ses)) == 2
    assert quarterdeck(built, "send") == 0 and len(taken(ses)) == 4
    kept = rows(built)
    assert kept[ANN, 1].state == "sent"
    facts = built / "r/skipper/2026-03/facts.json"
    twin = built / "r/skipper/2026-01"
    twin.mkdir()
    (twin / "facts.json").write_text(facts.read_text("utf-8").replace('"period": "2026-03"', '"period": "2026-01"'))
    assert quarterdeck(built, "send", "--period", "2026-01") == 0 and len(taken(ses)) == 4


def test_changes_are_measured_against_the_readers_last_mail(ses: str, built: Path) -> None:
    """Ann had February's, Ben had none."""
    give_readers(built, "recipients: [{address: ann@example.com, time_zone: Pacific/Auckland}]\n")
    assert quarterdeck(built, "send", "--period", "2026-02") == 0
    path = built / "personas/skipper.yml"
    path.write_text(path.read_text("utf-8").replace("Auckland}]", "Auckland}, {address: ben@example.com}]"), "utf-8")
    assert quarterdeck(built, "send") == 0
    texts = {str(m["To"]): m.get_body(("plain",)).get_content() for _, m in taken(ses)[1:]}
    assert "since your mail of" in texts["ann@example.com"] and "since your mail of" not in texts["ben@example.com"]


def test_a_correction_goes_to_those_who_had_the_mail_and_says_what_changed(
    ses: str, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Version two, once; without a change none."""
    give_readers(built)
    assert quarterdeck(built, "send") == 0 == quarterdeck(built, "send", "--correct")
    assert len(taken(ses)) == 2
    rebuild(built)
    assert quarterdeck(built, "send") == 0 and len(taken(ses)) == 2
    capsys.readouterr()
    assert quarterdeck(built, "send", "--correct", "--dry-run") == 0 and len(taken(ses)) == 2
    assert "send  skipper 2026-03 to a…@example.com: Correction: " in capsys.readouterr().out
    assert quarterdeck(built, "send", "--correct") == 0 == quarterdeck(built, "send", "--correct")
    mails = taken(ses)[2:]
    assert len(mails) == 2
    for _, message in mails:
        assert str(message["Subject"]).startswith("Correction: ")
        text = message.get_body(("plain",)).get_content()
        assert "This replaces the mail of" in text and "is €410, not €400." in text
    assert sorted(version for _, version in rows(built)) == [1, 1, 2, 2]
    assert (built / f"outbox/2026-03/skipper/{ANN}.2.eml").is_file()


def test_a_refused_mail_is_told_its_owner_and_repeated_on_demand(
    ses: str, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others go out; the owner's mail has the command; no reader hears of it."""
    give_readers(built, READERS + "owner: chief@example.com\n")
    with monkeypatch.context() as patched:
        refuse_ann(patched)
        assert quarterdeck(built, "send") == 1
    said = capsys.readouterr()
    assert "1 failed, 1 sent" in said.out and "(a…@example.com) failed: SES refused" in said.err
    (_, first), (to, notice) = taken(ses)
    assert first["To"] == "ben@example.com" and to == ["chief@example.com"]
    assert "quarterdeck send --personas skipper --period 2026-03 --retry-failed" in notice.get_content()
    assert "ann@example.com" not in notice.as_string()
    assert quarterdeck(built, "send") == 0 and len(taken(ses)) == 2
    assert quarterdeck(built, "send", "--retry-failed") == 0
    assert taken(ses)[2][1]["To"].addresses[0].addr_spec == "ann@example.com"


def unknown(built: Path, monkeypatch: pytest.MonkeyPatch, more: str = "") -> str:
    """Send to Ann so that nobody knows whether it arrived; the delivery's key."""
    give_readers(built, f"recipients: [{{address: ann@example.com}}]\n{more}")
    from quarterdeck.deliver import send

    def lost(client: Any, letter: Any) -> str:
        raise send.Uncertain("SES", "gave no answer", "Look")

    with monkeypatch.context() as patched:
        patched.setattr(send, "hand_over", lost)
        assert quarterdeck(built, "send") in (1, 2)
    return f"skipper/2026-03/{ANN}/1"


def test_what_is_unknown_is_resolved_by_hand(
    ses: str, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Until then it is not sent again, whatever is asked for; as failed it may be."""
    key = unknown(built, monkeypatch)
    for more in ([], ["--retry-failed"], ["--correct"]):
        assert quarterdeck(built, "send", *more) == 1
        assert f"{key} (a…@example.com) unknown: SES: gave no answer" in capsys.readouterr().err
    assert not taken(ses)
    assert quarterdeck(built, "status") == 0
    assert f"quarterdeck send --resolve '{key}=sent|failed'" in capsys.readouterr().out
    assert quarterdeck(built, "send", "--resolve", f"{key}=failed") == 0
    assert quarterdeck(built, "send", "--resolve", f"{key}=sent") == 2
    assert quarterdeck(built, "send") == 0 and not taken(ses)
    assert quarterdeck(built, "send", "--retry-failed") == 0 and len(taken(ses)) == 1


def test_what_a_dead_sender_left_is_told_its_owner_once_and_said_each_time(
    ses: str, built: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the delivery and the command, and the exit code of a failure."""
    give_readers(built, "recipients: [{address: ann@example.com}]\nowner: chief@example.com\n")
    ledger, key = Dispatch(Project.open(built)).ledger, DeliveryKey("skipper", "2026-03", ANN)
    ledger.claim(Delivery(key, "claimed", "me@elsewhere 7 ab", 0.0, "2026-11-02", address="ann@example.com"), 0.0)
    ledger.advance(key, "sending", was=("claimed",))
    for _ in range(2):
        assert quarterdeck(built, "send") == 1
        said = capsys.readouterr().err
        assert f"{key} (a…@example.com) unknown: its sender ended" in said
        assert f"Next: quarterdeck send --resolve '{key}=sent|failed'" in said
    ((to, notice),) = taken(ses)
    assert to == ["chief@example.com"] and f"--resolve '{key}=sent|failed'" in notice.get_content()


def test_what_stops_a_run_is_said_whatever_fails_after_it(
    ses: str, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mail that SES took and the ledger does not know; then the owner cannot be told, and the page not written."""
    from quarterdeck import standing
    from quarterdeck.deliver import ledger, send

    give_readers(built, READERS + "owner: chief@example.com\n")
    monkeypatch.setattr(send, "_PAUSES", ())
    advance = ledger.FileLedger.advance

    def full(self: Any, key: DeliveryKey, to: str, **more: Any) -> bool:
        if to == "sent":
            raise QuarterdeckError("ledger.sqlite", "disk full")
        return advance(self, key, to, **more)

    def fail(*told: Any) -> None:
        raise QuarterdeckError("SES", "cannot be reached")

    def no_space(*told: Any) -> None:
        raise OSError("no space left")

    refuse_ann(monkeypatch)
    monkeypatch.setattr(ledger.FileLedger, "advance", full)
    monkeypatch.setattr(Dispatch, "tell", fail)
    monkeypatch.setattr(standing, "put_deliveries", no_space)
    assert quarterdeck(built, "send") == 2
    stopped, failed, untold, page = capsys.readouterr().err.splitlines()
    assert "SES took it as" in stopped and f"--resolve skipper/2026-03/{BEN}/1=sent" in stopped
    assert f"{ANN}/1 (a…@example.com) failed: SES refused" in failed
    assert untold == "c…@example.com was not told. SES: cannot be reached."
    assert page == "The page of deliveries stays as it was. no space left"


@pytest.mark.parametrize(("error", "code"), [(OSError(28, "No space left on device"), 2), (KeyboardInterrupt(), 130)])
def test_whatever_ends_a_run_its_owner_hears_of_what_failed_before(
    error: BaseException, code: int, ses: str, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, or Ctrl-C: the next run finds it failed already."""
    give_readers(built, READERS + "owner: chief@example.com\n")
    refuse_ann(monkeypatch, error)
    assert quarterdeck(built, "send") == code
    assert [to for to, _ in taken(ses)] == [["chief@example.com"]]


def test_a_complaint_is_told_the_operator_once(
    ses: str, built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By mail, without the reader's address."""
    monkeypatch.setenv("OPERATOR_ADDRESS", "The desk <desk@example.com>")
    give_readers(built, "recipients: [{address: ann@example.com}]\n")
    assert quarterdeck(built, "send") == 0
    mail = {"messageId": "m-1", "timestamp": "2026-11-02T08:00:00Z",
            "tags": {"delivery": [DeliveryKey("skipper", "2026-03", ANN).tag]}}  # fmt: skip
    about = {"timestamp": "2026-11-02T08:00:01Z", "complainedRecipients": [{"emailAddress": "ann@example.com"}]}
    path = tmp_path / "events.json"
    path.write_text(json.dumps({"eventType": "Complaint", "mail": mail, "complaint": about}), "utf-8")
    for _ in range(2):
        assert quarterdeck(built, "send", "--resolve", str(path)) == 0
    _, (to, told) = taken(ses)
    assert to == ["desk@example.com"] and "a…@example.com complained" in told.get_content()


def test_what_is_unknown_is_resolved_by_an_event_of_ses(
    ses: str, built: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A delivery proves that it was taken; given twice it changes nothing more."""
    key = unknown(built, monkeypatch)
    event = {
        "eventType": "Delivery",
        "mail": {"messageId": "m-1", "timestamp": "2026-11-02T08:00:00Z", "destination": ["ann@example.com"],
                 "tags": {"delivery": [DeliveryKey.parse(key).tag]}},
        "delivery": {"timestamp": "2026-11-02T08:00:01Z", "recipients": ["ann@example.com"]},
    }  # fmt: skip
    (tmp_path / "events.json").write_text(json.dumps(event), "utf-8")
    for told in ("1 events are new", "1 known"):
        assert quarterdeck(built, "send", "--resolve", str(tmp_path / "events.json")) == 0
        assert told in capsys.readouterr().out
    row = rows(built)[ANN, 1]
    assert (row.state, row.message_id) == ("sent", "m-1") and row.delivered
    assert quarterdeck(built, "send", "--resolve", "nothing.json") == 2
    (tmp_path / "events.json").write_text(json.dumps({"Type": "Notification", "Message": json.dumps(event)}), "utf-8")
    assert quarterdeck(built, "send", "--resolve", str(tmp_path / "events.json")) == 2
    assert "SNS message: comes while SES_TOPIC is not set" in capsys.readouterr().err


def test_variants_are_shared_out_and_recorded(ses: str, built: Path) -> None:
    """Each reader's for ever; one more variant moves only some."""
    many = ", ".join(f"{{address: reader{n}@example.com}}" for n in range(30))
    give_readers(built, f'variants: {{money: {{subject: "We took {{takings}}"}}}}\nrecipients: [{many}]\n')
    pipeline.run(Project.open(built), pipeline.Request(engine="embedded"))
    assert quarterdeck(built, "send") == 0
    kept = rows(built)
    for _, message in taken(ses):
        row = kept[recipient_id(str(message["To"])), 1]
        assert (row.variant == "money") == str(message["Subject"]).startswith("We took €400")
    shares = Counter(row.variant for row in kept.values())
    assert set(shares) == {"control", "money"} and min(shares.values()) > 5
    dispatch = Dispatch(Project.open(built))
    (report,) = [report for report in dispatch.built(Order()) if report.persona.id == "skipper"]
    more = report.persona.model_copy(update={"variants": {**report.persona.variants, "third": None}})
    moved = {
        assign(more, reader)
        for reader in dispatch.readers(report)
        if assign(more, reader) != assign(report.persona, reader)
    }
    assert moved == {"third"}


def test_status_is_one_screen_with_the_next_command(ses: str, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Built, sent, waiting; what is to be built first."""
    give_readers(built)
    assert quarterdeck(built, "status") == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("skipper"))
    assert line.split()[:8] == ["skipper", "2026-03", "built", "0", "2", "0", "0", "0"]
    assert line.endswith("quarterdeck send --personas skipper --period 2026-03")
    assert quarterdeck(built, "send") == 0
    ledger = built / "data/ledger.csv"
    ledger.write_text(ledger.read_text("utf-8").replace("400.00", "410.00"), "utf-8")
    assert quarterdeck(built, "status") == 0
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("skipper"))
    assert "table ledger changed" in line and line.endswith('make reports PERSONAS="skipper" PERIOD=2026-03')
    assert quarterdeck(built, "status", "--export", str(built / "all.csv")) == 0
    exported = (built / "all.csv").read_text("utf-8")
    assert exported.count("\nskipper,") == 2 and "a…@example.com" in exported and "ann@" not in exported


def test_the_owner_s_page_follows_status_and_sending(ses: str, built: Path) -> None:
    """Its row of a report counts what the ledger has; a run that is going is not disturbed."""
    give_readers(built)
    page = built / "_site/deliveries.html"

    def counts() -> list[str]:
        return re.findall(r"<td[^>]*>([^<]*)</td>", page.read_text("utf-8").partition("skipper")[2])[1:5]

    assert "Nothing is known" in page.read_text("utf-8")
    assert quarterdeck(built, "status", "--personas", "host") == 0
    assert counts() == ["built", "0", "2", "0"]
    with Project.open(built).locked():
        assert quarterdeck(built, "send") == 0
    assert counts() == ["built", "0", "2", "0"]
    assert quarterdeck(built, "status") == 0
    assert counts() == ["built", "2", "0", "0"]


def test_the_owner_s_page_names_troubles_and_no_address(ses: str, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What wants a look is there at once after the sending."""
    key = unknown(built, monkeypatch)
    said = (built / "_site/deliveries.html").read_text("utf-8")
    assert f"<li>{key} (a…@example.com) unknown: " in said and "ann@" not in said
    assert quarterdeck(built, "send", "--resolve", f"{key}=sent") == 0
    assert "unknown: " not in (built / "_site/deliveries.html").read_text("utf-8")


def test_a_check_says_what_to_mend(ses: str, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is sent by it; a wrong thing makes the exit code 1."""
    give_readers(built)
    assert quarterdeck(built, "status", "--check") == 1
    said = capsys.readouterr().out
    assert "ok      credentials" in said and "wrong   " in said and "unknown " in said and not taken(ses)


def test_a_report_older_than_the_ledger_remembers_is_not_sent(
    ses: str, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody could know whether it was sent before."""
    give_readers(built)
    monkeypatch.setenv("LEDGER_DAYS", "30")
    assert quarterdeck(built, "send") == 0 and not taken(ses)
    assert "2 not sent (its period ended before what the ledger remembers)" in capsys.readouterr().out


def test_a_test_goes_to_oneself_alone(ses: str, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The ledger is not told, and there is no audit copy."""
    give_readers(built)
    assert quarterdeck(built, "send", "--test", "me@example.com") == 0
    assert {tuple(to) for to, _ in taken(ses)} == {("me@example.com",)} and len(taken(ses)) == 2
    assert not (built / "ledger.sqlite").exists() and "handed to SES as" in capsys.readouterr().out
    assert quarterdeck(built, "send", "--test", "me@example.com", "--dry-run") == 2 and len(taken(ses)) == 2
    assert "--dry-run: goes with neither --test nor --resolve" in capsys.readouterr().err


def test_a_sending_that_stops_at_once_says_only_why(
    ses: str, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not that there are no readers."""
    give_readers(built)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(built / "none"))
    capsys.readouterr()
    assert quarterdeck(built, "send", "--personas", "skipper") == 2
    said = capsys.readouterr()
    assert "reader" not in said.out and "AWS credentials: are not there; nothing was sent" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["send", "--period", "foo"], "period: 'foo' is no period"),
        (["send", "--period", "2026-13"], "period: '2026-13' is no period"),
        (["send", "--dry-run", "--period", "2099-01"], "holds no report of 2099-01 of these"),
        (["send", "--period", "2099-01"], "holds no report of 2099-01 of these. Run `make reports` first"),
        (["approve", "--period", "foo"], "period: 'foo' is no period"),
        (["approve", "--personas", "host", "--period", "2026-01"], "holds no report of 2026-01 of these"),
        (["status", "--period", "2026-W99"], "period: '2026-W99' is no period"),
        (["send", "--personas", "*"], "has no persona '*'"),
    ],
)
def test_what_there_is_not_is_said(
    ses: str, built: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    """Instead of that nobody reads it."""
    give_readers(built)
    assert quarterdeck(built, *words) == 2 and said in capsys.readouterr().err


def test_without_a_sender_or_a_report_nothing_is_sent(
    ses: str, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The setting or the folder is named."""
    assert quarterdeck(built, "send", "--test", "me@example.com", "--period", "2020-01") == 2
    assert "holds no report" in capsys.readouterr().err
    monkeypatch.delenv("SES_FROM_ADDRESS")
    give_readers(built)
    for more in (["--test", "me@example.com"], []):
        assert quarterdeck(built, "send", *more) == 2
        assert "SES_FROM_ADDRESS: is not set" in capsys.readouterr().err


def start(project: Path) -> subprocess.Popen[str]:
    """A sender in a process of its own."""
    command = [sys.executable, "-m", "quarterdeck", "send", "--project", str(project)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def counted(address: str) -> Counter[str]:
    """How many mails each reader's address was sent."""
    return Counter(str(message["To"]) for _, message in taken(address))


MANY = "recipients: [" + ", ".join(f"{{address: reader{n}@example.com}}" for n in range(25)) + "]\n"


def test_killed_at_random_and_started_again_no_reader_gets_two(
    ses: str, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`kill -9` leaves what is claimed to the next run at once, and at most the mail in hand unknown."""
    give_readers(built, MANY)
    monkeypatch.setenv("SEND_RATE", "20")
    lot = random.Random(7)
    for _ in range(4):
        running = start(built)
        time.sleep(lot.uniform(1.0, 2.2))
        running.send_signal(signal.SIGKILL)
        running.wait()
    last = start(built)
    code, states = last.wait(), Counter(row.state for row in rows(built).values())
    assert code == (1 if states["unknown"] else 0), last.stdout.read()
    mails = counted(ses)
    assert set(mails.values()) == {1} and set(states) <= {"sent", "unknown"} and sum(states.values()) == 25
    assert states["sent"] >= 21 and len(mails) >= states["sent"]


def test_two_senders_at_once_share_the_readers(ses: str, built: Path) -> None:
    """On one file: every reader one mail."""
    give_readers(built, MANY)
    both = [start(built), start(built)]
    assert [running.wait() for running in both] == [0, 0], [running.stdout.read() for running in both]
    assert sorted(counted(ses).values()) == [1] * 25
    assert {row.state for row in rows(built).values()} == {"sent"}


def test_two_machines_share_the_readers_by_a_table(
    ses: str, ministack: str, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two folders, one table: neither looks at its own file."""
    import shutil

    from quarterdeck.deliver.dynamo import INDEXES, KEYS
    from quarterdeck.deliver.table import Table

    give_readers(built, MANY)
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", ministack)
    monkeypatch.setenv("LEDGER_TABLE", f"ledger-{os.getpid()}")
    Table(open_client("dynamodb", "eu-west-1"), f"ledger-{os.getpid()}").make(KEYS, INDEXES)
    other = shutil.copytree(built, tmp_path / "other")
    both = [start(built), start(other)]
    assert [running.wait() for running in both] == [0, 0], [running.stdout.read() for running in both]
    assert sorted(counted(ses).values()) == [1] * 25
    assert {row.state for row in rows(built).values()} == {"sent"} and not (other / "ledger.sqlite").exists()


def test_a_sent_digest_signs_its_reader_in_and_no_other_copy_does(
    ses: str, built: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each reader once, to that report alone; dry runs, tests and who was revoked get the plain address."""
    site = "https://reports.example.com"
    monkeypatch.setenv("SITE_URL", site)
    monkeypatch.setenv("CLOUD_TABLE", "cloud")
    give_readers(built)
    assert quarterdeck(built, "tables") == 0 and quarterdeck(built, "send", "--dry-run") == 0
    assert quarterdeck(built, "send", "--test", "cy@example.com") == 0
    members = Dispatch(Project.open(built)).members
    assert members and not list(members.people())
    plain = [message_from_bytes(path.read_bytes(), policy=default) for path in built.rglob("outbox/**/*.eml")]
    for message in [*plain, *(message for _, message in taken(ses))]:
        assert "/m/#" not in "".join(
            part.get_content() for part in message.walk() if part.get_content_maintype() == "text"
        )
    tests = len(taken(ses))
    members.invite("ben@example.com", "captain", ["host"], time.time())
    members.revoke(BEN, time.time())
    assert quarterdeck(built, "send") == 0
    texts = {str(m["To"].addresses[0].addr_spec): m.get_body(("plain",)).get_content() for _, m in taken(ses)[tests:]}
    assert "/m/#" not in texts["ben@example.com"] and f"{site}/r/skipper/2026-03/" in texts["ben@example.com"]
    ((code,), now) = re.findall(rf"{site}/m/#([\w-]{{43}})\s", texts["ann@example.com"]), time.time()
    assert site + "/r/" not in texts["ann@example.com"] and members.redeem(code, now + 14 * DAY + 1) is None
    person, goes = members.redeem(code, now) or (None, "")
    assert person and (person.id, person.role, person.reports) == (ANN, "guest", ("skipper",))
    assert goes == "/r/skipper/2026-03/" and members.redeem(code, now) is None
    said = capsys.readouterr()
    assert code not in said.out + said.err and code not in str(list(Dispatch(Project.open(built)).ledger.rows()))
