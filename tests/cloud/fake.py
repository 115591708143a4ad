"""The API as the pages see it: a few people, two reports and a run, kept in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

OWNER = {
    "role": "admin",
    "reports": ["*"],
    "name": "Ada",
    "may": ["generate", "invite", "runs", "approve", "send", "send-all", "retry"],
}
GUEST = {"role": "guest", "reports": ["host"], "name": "", "may": []}


def report(slug: str, **more: Any) -> dict[str, Any]:
    """A row of `GET /reports`."""
    usual = {"slug": slug, "period": "2026-03", "title": f"The {slug}", "url": f"/r/{slug}/2026-03/"}
    counts = {"sent": 0, "failed": 0, "unknown": 0}
    times = {"as_of": "2026-03-31", "built": "2026-04-01T08:02:11+00:00", "last_sent": ""}
    return {**usual, **counts, **times, "approval": "", "actions": [], **more}


@dataclass
class Fake:
    """Who is signed in, which links there are (code to whom and where to), what was asked, and what is answered."""

    me: dict[str, Any] | None = None
    links: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    refuses: dict[str, tuple[int, str, str]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def answer(self, route: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Status and content of an answer to `METHOD /path`."""
        self.asked.append((route, body))
        if route in self.refuses:
            status, message, remedy = self.refuses[route]
            return status, {"error": {"code": "refused", "message": message, "remedy": remedy}}
        if route == "POST /session":
            found = self.links.pop(body["code"], None)
            if not found:
                return 401, {"error": {"code": "link", "message": "This link is spent.", "remedy": ""}}
            self.me = found[0]
            return 200, {"goes": found[1]}
        if route == "POST /links":
            return 202, {}
        if not self.me:
            return 401, {"error": {"code": "session", "message": "Nobody is signed in.", "remedy": "Sign in."}}
        if route == "DELETE /session":
            self.me = None
            return 200, {}
        if route.startswith("GET /runs/"):
            found = [run for run in self.runs if run["id"] == route.rpartition("/")[2]]
            return (200, found[0]) if found else (404, {})
        known = {
            "GET /session": (200, self.me),
            "POST /session/renew": (200, {}),
            "GET /reports": (200, {"reports": self.reports}),
            "GET /runs": (200, {"runs": self.runs}),
            **dict.fromkeys(("POST /generate-reports", "POST /reports/send"), (202, {"run": "b2"})),
        }
        return known.get(route, (202, {}))


@contextmanager
def open_fake() -> Iterator[tuple[str, Fake]]:
    """The fake and its address."""
    fake = Fake()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.partition("?")[0].removeprefix("/stage/api")
            status, said = fake.answer(f"{self.command} {path}", json.loads(body or b"{}"))
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            for cookie in fake.cookies if status == 200 else ():
                self.send_header("Set-Cookie", cookie)
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_DELETE = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/stage", fake
    finally:
        server.shutdown()
        server.server_close()
