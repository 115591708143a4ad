"""A pushed action is signed as Standard Webhooks say, and goes where it is meant to or nowhere."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from quarterdeck.cloud.webhook import push, sign
from quarterdeck.model.errors import QuarterdeckError


class _Dashboard(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((self.path, {name.lower(): it for name, it in self.headers.items()}, body))  # type: ignore[attr-defined]
        self.send_response(int(self.path[1:]))
        self.send_header("Location", "/200")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serve_dashboard() -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """The address of a receiver that answers as its path says, and what it got: path, headers, body."""
    with HTTPServer(("127.0.0.1", 0), _Dashboard) as server:
        server.got = []  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", server.got  # type: ignore[attr-defined]
        server.shutdown()


def test_the_example_of_the_specification() -> None:
    """Its secret, id, time, body and signature."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    told = sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}', secret)
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_check_it() -> None:
    """By the three headers and the body as they came."""
    with serve_dashboard() as (url, got):
        push(f"{url}/200", "id1", 1793600000.7, b'{"a": 1}', b"k" * 32)
    ((_, told, body),) = got
    signed = f"{told['webhook-id']}.{told['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert told["webhook-signature"] == f"v1,{expected}" and told["webhook-timestamp"] == "1793600000"
    assert told["content-type"] == "application/json" and body == b'{"a": 1}'


@pytest.mark.parametrize("status", [302, 307, 400, 500])
def test_what_is_not_taken_is_said(status: int) -> None:
    """A redirection leads nowhere: it is asked once."""
    with serve_dashboard() as (url, got), pytest.raises(QuarterdeckError, match=f"answered {status}"):
        push(f"{url}/{status}", "id", 0, b"{}", b"k" * 32)
    assert len(got) == 1


def test_nobody_there_is_said() -> None:
    """Without a traceback."""
    with pytest.raises(QuarterdeckError, match="did not answer"):
        push("http://127.0.0.1:9/hook", "id", 0, b"{}", b"k" * 32)
