"""Sending through SES, against moto's server over HTTP."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from moto.server import ThreadedMotoServer

from quarterdeck import pipeline
from quarterdeck.cli import main
from quarterdeck.deliver.ses import open_client
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.project import Project

pytestmark = pytest.mark.slow
MAIL = b"Subject: Cash down\r\nMIME-Version: 1.0\r\n\r\nbody\r\n"


@pytest.fixture
def ses(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server that stands for SES, with one sender verified."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    for name, value in {
        "AWS_ENDPOINT_URL": address, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "SES_REGION": "eu-west-1", "SES_FROM_ADDRESS": "Reports <reports@example.com>",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    open_client("eu-west-1").create_email_identity(EmailIdentity="reports@example.com")
    yield address
    urlopen(Request(f"{address}/moto-api/reset", method="POST")).close()
    server.stop()


def sent(address: str) -> list[dict[str, object]]:
    """What the server has taken."""
    with urlopen(f"{address}/moto-api/data.json") as answer:
        return list(json.load(answer).get("ses", {}).get("RawMessage", []))


def write_mails(project: Path) -> None:
    """Two periods of one persona and a mail of another."""
    for name in ("2026-02/skipper", "2026-03/skipper", "2026-03/host"):
        path = project / "outbox" / f"{name}.eml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(MAIL.replace(b"Cash", name.encode()))


def test_a_test_goes_to_oneself_alone_and_is_the_newest(
    ses: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One mail for each persona asked for, whole, with where to unsubscribe."""
    write_mails(project)
    assert main(["send", "--test", "me@example.com", "--personas", "skipper", "--project", str(project)]) == 0
    (taken,) = sent(ses)
    raw = str(taken["raw_data"]).encode()
    message = message_from_bytes(raw if b"Subject" in raw else base64.b64decode(raw), policy=default)
    assert set(taken["destinations"]) == {"me@example.com"} and message["Subject"] == "2026-03/skipper down"
    assert message["To"] == "me@example.com" and message["List-Unsubscribe"].startswith("<mailto:")
    assert "skipper: handed to SES as " in capsys.readouterr().out


def test_a_refusal_is_told_and_ends_the_sending(
    ses: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A sender that SES does not know; no address stands in the message."""
    write_mails(project)
    monkeypatch.setenv("SES_FROM_ADDRESS", "else@example.com")
    assert main(["send", "--test", "me@example.com", "--project", str(project)]) == 2
    assert "SES refused" in capsys.readouterr().err and not sent(ses)


def test_a_server_that_hangs_up_is_asked_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that may have been heard is never repeated."""
    import socket
    import threading

    calls = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                calls.append(connection.recv(100))
                connection.close()

        threading.Thread(target=hang_up, daemon=True).start()
        for name, value in {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{listener.getsockname()[1]}",
                            "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
                            "SES_REGION": "eu-west-1", "SES_FROM_ADDRESS": "reports@example.com"}.items():  # fmt: skip
            monkeypatch.setenv(name, value)
        write_mails(project)
        with pytest.raises(QuarterdeckError, match="gave no answer"):
            pipeline.send_test(Project.open(project), "me@example.com", ("host",))
    assert len(calls) == 1


def test_without_a_sender_or_a_digest_nothing_is_sent(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The setting or the folder is named."""
    monkeypatch.delenv("SES_FROM_ADDRESS", raising=False)
    with pytest.raises(QuarterdeckError, match="SES_FROM_ADDRESS: is not set"):
        pipeline.send_test(Project.open(project), "me@example.com")
    monkeypatch.setenv("SES_FROM_ADDRESS", "reports@example.com")
    with pytest.raises(QuarterdeckError, match="holds no digest"):
        pipeline.send_test(Project.open(project), "me@example.com")


def test_without_credentials_nothing_is_sent_and_it_says_so(
    ses: str, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Not as of a mail that may have been lost."""
    write_mails(project)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(QuarterdeckError, match="AWS credentials: are not there; nothing was sent"):
        pipeline.send_test(Project.open(project), "me@example.com", ("host",))
    assert not sent(ses)
