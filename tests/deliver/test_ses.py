"""One mail handed to SES: moto's server over HTTP, and servers that misbehave."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import boto3
import pytest

from quarterdeck.deliver.aws import open_client
from quarterdeck.deliver.ses import Letter, Refused, Uncertain, hand_over

from .aws import serving

MAIL = b"Subject: Cash down\r\nMIME-Version: 1.0\r\n\r\nbody\r\n"
LETTER = Letter(MAIL, "reports@example.com", "me@example.com", tag="c2tpcHBlcg")


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some that a server that stands for AWS takes."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[int]]]:
    """The address of a server that takes each call whole and then does this with it; and one number for each call."""
    calls: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                calls.append(len(connection.recv(100_000)))
                answer(connection)
                connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", calls
        listener.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket) -> None:
    """End a connection as a middlebox does that has lost it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reply(status: str, kind: str = "", message: str = "no") -> Callable[[socket.socket], None]:
    """An answer of SES with an error."""
    body = f'{{"__type": "{kind}", "message": "{message}"}}'
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nx-amzn-ErrorType: {kind}\r\n\r\n"
    return lambda connection: connection.sendall((head + body).encode())


@pytest.mark.slow
def test_a_mail_that_is_taken_has_an_id_and_a_sender_unknown_to_ses_is_refused(
    credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal is for certain."""
    with serving() as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        client = open_client("sesv2", "eu-west-1", attempts=1)
        with pytest.raises(Refused, match="SES refused"):
            hand_over(client, LETTER)
        boto3.client("sesv2", region_name="eu-west-1").create_email_identity(EmailIdentity="reports@example.com")
        assert hand_over(client, LETTER)


@pytest.mark.parametrize(
    ("answer", "raised"),
    [
        (lambda connection: None, Uncertain),
        (lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"), Uncertain),
        (reply("500 Internal Server Error", "InternalFailure"), Uncertain),
        (reply("503 Service Unavailable"), Uncertain),
        (reply("400 Bad Request", "MessageRejected"), Refused),
        (reply("429 Too Many Requests", "TooManyRequestsException"), Refused),
        (reply("403 Forbidden", "AccessDeniedException"), Refused),
    ],
    ids=["hangs up", "stops", "fails", "unavailable", "rejected", "throttled", "denied"],
)
def test_whatever_a_server_answers_it_is_asked_once(
    answer: Callable[[socket.socket], None],
    raised: type[Exception],
    credentials: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A call that may have been heard is never repeated, nor is another: the sender decides that."""
    with listening(answer) as (address, calls):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        with pytest.raises(raised) as caught:
            hand_over(open_client("sesv2", "eu-west-1", attempts=1), LETTER)
    assert len(calls) == 1 and type(caught.value) is raised
    if isinstance(caught.value, Refused):
        told = str(caught.value)
        assert (caught.value.soon, caught.value.nobody) == ("TooMany" in told, "AccessDenied" in told)


def test_a_server_that_is_not_there_has_heard_nothing(credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A refusal for now, and for every mail."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(Refused, match="cannot be reached") as caught:
        hand_over(open_client("sesv2", "eu-west-1", attempts=1), LETTER)
    assert caught.value.soon and caught.value.nobody


@pytest.mark.parametrize(
    ("secure", "answer", "raised", "problem"),
    [
        (False, lambda connection: None, Uncertain, "gave no answer"),
        (False, reset, Uncertain, "gave no answer"),
        (True, lambda connection: connection.sendall(b"HTTP/1.1 407 No\r\n\r\n"), Refused, "cannot be reached"),
        (True, None, Refused, "cannot be reached"),
    ],
    ids=["hangs up", "resets", "opens no tunnel", "is not there"],
)
def test_a_proxy_that_breaks_off_may_have_passed_the_mail_on(
    secure: bool,
    answer: Callable[[socket.socket], None] | None,
    raised: type[Exception],
    problem: str,
    credentials: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that is not there, or opens no tunnel, has not."""
    with listening(answer or reset) as (address, calls):
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http{'s' * secure}://ses.example.com")
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, address if answer else "http://127.0.0.1:9")
        with pytest.raises(raised, match=problem) as caught:
            hand_over(open_client("sesv2", "eu-west-1", attempts=1), LETTER)
    assert len(calls) == bool(answer) and type(caught.value) is raised


def test_what_ses_says_is_told_without_addresses(credentials: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lists those that are not verified, and the SDK what it was given."""
    answer = reply("400 Bad Request", "MessageRejected", "Not verified: me@example.com, reports@example.com")
    with listening(answer) as (address, _):
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        client = open_client("sesv2", "eu-west-1", attempts=1)
        with pytest.raises(Refused, match=r"Not verified: m…@example\.com, r…@example\.com"):
            hand_over(client, LETTER)
        with pytest.raises(Refused, match="cannot be given this") as caught:
            hand_over(client, replace(LETTER, to=["me@example.com"]))  # type: ignore[arg-type]
    assert "me@example.com" not in str(caught.value)


def test_without_credentials_nothing_is_sent_and_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Not as of a mail that may have been lost."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with pytest.raises(Refused, match="AWS credentials: are not there; nothing was sent"):
        hand_over(open_client("sesv2", "eu-west-1", attempts=1), LETTER)
