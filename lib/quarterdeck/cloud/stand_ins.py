"""What stands for others on this machine: ministack for AWS, a receiver of follow-ups for the owner's dashboard."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

from ..model.errors import QuarterdeckError

Told = Callable[[str], None]
"""Called with what was done, and with what arrives."""


@contextmanager
def open_ministack(scratch: Path) -> Iterator[str]:
    """The address of a ministack of its own, which writes into a folder; ended with all that it began."""
    program = os.environ.get("MINISTACK") or shutil.which("ministack")
    if not program:
        raise QuarterdeckError("ministack", "is not there", "make cloud-local installs it, or name it in MINISTACK")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    bound = {"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LOG_LEVEL": "ERROR"}
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}  # the Lambda inherits the rest
    environment = {**kept, **bound, "HOME": str(scratch), "TMPDIR": str(scratch)}
    with (scratch / "ministack.log").open("wb") as log:
        server = subprocess.Popen([program], env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            for _ in range(300):
                try:
                    urlopen(f"{address}/_ministack/health").close()
                    break
                except OSError:
                    if server.poll() is not None:
                        remedy = "Install it anew: make cloud-local"
                        raise QuarterdeckError(program, "ended", remedy) from None
                    time.sleep(0.1)
            yield address
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(10)


@contextmanager
def open_dashboard(told: Told) -> Iterator[str]:
    """Where follow-ups can be pushed while no dashboard is named; each is told."""

    class Dashboard(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told(f"Dashboard: {json.dumps(said['data'], ensure_ascii=False)}")
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing more."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Dashboard) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
