"""Two browser engines that look at a page in the same way: Chromium through Playwright, Firefox through WebDriver BiDi.

Debian's Firefox speaks BiDi, the standard's protocol, by itself: no driver program, and no build of Playwright's own.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import pytest

ENGINES = ("chromium", "firefox")
SCHEMES = ("light", "dark")
WIDTHS = (320, 600, 1280)
HEIGHT = 800
READABLE = Path(__file__).with_name("readable.js").read_text("utf-8")
NO_PICTURES = "document.querySelectorAll('img').forEach((image) => image.removeAttribute('src'))"
_QUIET = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "ui.useOverlayScrollbars": 1,  # as a phone's, so that a page has the whole width
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.proxy.type": 1,  # no request leaves: the proxy is a closed port (localhost is not asked through it)
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class Window(Protocol):
    """One window of an engine, in one colour scheme, without a network."""

    def open(self, address: str, width: int) -> None:
        """Load a page, and all that it loads, at a width."""

    def resize(self, width: int) -> None:
        """Set the open page again at another width."""

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression (a promise's, once kept), as JSON has it."""


def unreadable(window: Window, address: str, widths: tuple[int, ...] = WIDTHS) -> list[str]:
    """What keeps a page from being read at each width, with its pictures and without them."""
    window.open(address, widths[0])
    found = []
    for shown in ("pictures", "no pictures") if window.evaluate("document.images.length") else ("no pictures",):
        if shown == "no pictures":
            window.evaluate(NO_PICTURES)
        for width in widths:
            window.resize(width)
            found += [f"{width} px, {shown}: {fault}" for fault in window.evaluate(READABLE)]
    return found


class Chromium:
    """A page of Playwright's."""

    def __init__(self, page: Any) -> None:
        self._page = page

    def open(self, address: str, width: int) -> None:
        self.resize(width)
        self._page.goto(address)

    def resize(self, width: int) -> None:
        self._page.set_viewport_size({"width": width, "height": HEIGHT})

    def evaluate(self, expression: str) -> Any:
        return json.loads(self._page.evaluate(_as_json(expression)))


class Firefox:
    """A tab, driven by the commands of https://w3c.github.io/webdriver-bidi/."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._sent = socket, 0
        self._ask("session.new", capabilities={})
        self._tab = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, address: str, width: int) -> None:
        self.resize(width)
        self._ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def resize(self, width: int) -> None:
        self._ask("browsingContext.setViewport", context=self._tab, viewport={"width": width, "height": HEIGHT})

    def evaluate(self, expression: str) -> Any:
        asked = {"expression": _as_json(expression), "target": {"context": self._tab}, "awaitPromise": True}
        told = self._ask("script.evaluate", **asked)
        if told["type"] == "exception":
            raise RuntimeError(told["exceptionDetails"]["text"])
        return json.loads(told["result"]["value"])

    def _ask(self, method: str, **params: Any) -> Any:
        self._sent += 1
        self._socket.send(json.dumps({"id": self._sent, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv())).get("id") != self._sent:
            pass  # an event
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['error']}: {answer['message']}")
        return answer["result"]


def _as_json(expression: str) -> str:
    return f"Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))"


@contextmanager
def open_firefox(path: str, scheme: str = "light") -> Iterator[Firefox]:
    """A tab of headless Firefox in one of SCHEMES, with a profile of its own, that makes no request of its own."""
    from websocket import create_connection

    settings = {**_QUIET, "layout.css.prefers-color-scheme.content-override": 0 if scheme == "dark" else 1}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in settings.items())
        Path(profile, "user.js").write_text("".join(lines), "utf-8")
        told = Path(profile, "WebDriverBiDiServer.json")
        with Path(profile, "log").open("wb") as log:
            running = subprocess.Popen(
                [path, "--headless", "--no-remote", "--profile", profile, "--remote-debugging-port=0"],
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            where = _once_written(told, running)
            socket = create_connection(
                f"ws://{where['ws_host']}:{where['ws_port']}/session", timeout=60, suppress_origin=True
            )
            try:
                yield Firefox(socket)
            finally:
                socket.close()
        finally:
            running.terminate()
            try:
                running.wait(10)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def _once_written(path: Path, running: subprocess.Popen[bytes], seconds: float = 60) -> dict[str, Any]:
    """What Firefox writes of the address that it listens at."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and running.poll() is None:
        with suppress(FileNotFoundError, json.JSONDecodeError):
            return dict(json.loads(path.read_text("utf-8")))
        time.sleep(0.05)
    pytest.fail(f"Firefox does not listen: {path.with_name('log').read_text('utf-8', 'replace')[-2000:]}")
