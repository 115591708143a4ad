"""A preview that follows the analyst: whatever a saved file changes is built again, and open pages show it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

from .model.errors import QuarterdeckError
from .pipeline import Outcome, Request, run
from .project import Project
from .workshop import Workshop

SECONDS_BETWEEN_LOOKS = 0.15
_WATCHED = ("notebooks", "commentary", "assets", "_quarto.yml", "index.qmd", "repos.env")
_SCRIPT = b"""<script>
let shown;
setInterval(() => fetch("/.live").then((said) => said.text()).then((built) => {
  if (shown && shown !== built) location.reload();
  shown = built;
}).catch(() => {}), 300);
</script></body>"""


def serve(
    project: Project,
    request: Request,
    port: int,
    opened: Callable[[str], None],
    built: Callable[[Outcome | QuarterdeckError, float], None],
) -> None:
    """Serve the site, and the mails under `outbox/`, to this machine alone, until the package itself changes.

    `opened` is told the address, `built` the outcome of each run, or what was wrong, and the seconds it took. Raises
    QuarterdeckError when the port is taken.
    """
    try:
        server = _Server(project, port)
    except OSError as err:
        raise QuarterdeckError(f"port {port}", "is taken", "Name another one: make serve PORT=8001") from err
    own = _state([Path(__file__).parent])
    with server, Workshop(project) as workshop:
        Thread(target=server.serve_forever, daemon=True).start()
        opened(f"http://127.0.0.1:{server.server_port}/")
        before: dict[Path, tuple[int, int]] = {}
        while own == _state([Path(__file__).parent]):
            now = _state([project.data, project.personas, *(project.root / name for name in _WATCHED)])
            if now != before:
                before, began = now, time.monotonic()
                try:
                    told: Outcome | QuarterdeckError = run(project, request, workshop=workshop)
                except QuarterdeckError as err:
                    told = err
                server.builds += 1
                built(told, time.monotonic() - began)
            time.sleep(SECONDS_BETWEEN_LOOKS)
        server.shutdown()


def _state(places: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """The files in these places, hidden ones aside, with when they were changed and their sizes."""
    found = {}
    for place in places:
        for path in [place, *place.rglob("*")]:
            if not any(part.startswith((".", "__pycache__")) for part in path.relative_to(place).parts):
                try:
                    status = path.stat()
                except FileNotFoundError:  # an editor has just put another in its place
                    continue
                if path.is_file():
                    found[path] = status.st_mtime_ns, status.st_size
    return found


class _Server(ThreadingHTTPServer):
    """Knows the project and how often it has been built."""

    def __init__(self, project: Project, port: int) -> None:
        self.builds = 0
        super().__init__(("127.0.0.1", port), partial(_Handler, project))


class _Handler(SimpleHTTPRequestHandler):
    """Files of the site and the outbox, pages with a script that shows the next build."""

    server: _Server

    def __init__(self, project: Project, *args: Any) -> None:
        self._project = project
        super().__init__(*args, directory=str(project.root / "_site"))

    def do_GET(self) -> None:
        """Answer with a file, or with the number of the build that is shown."""
        host = self.headers.get("Host", "").rpartition(":")[0]
        path = Path(self.translate_path(self.path))
        page = path / "index.html" if path.is_dir() else path
        if host not in ("127.0.0.1", "localhost"):  # a foreign site whose name leads here is not to read reports
            self.send_error(HTTPStatus.FORBIDDEN)
        elif urlsplit(self.path).path == "/.live":
            self._send(str(self.server.builds).encode(), "text/plain")
        elif page.suffix == ".html" and page.is_file() and (path != page) <= self.path.endswith("/"):
            self._send(page.read_bytes().replace(b"</body>", _SCRIPT, 1), "text/html; charset=utf-8")
        else:
            super().do_GET()

    def translate_path(self, path: str) -> str:
        """A file's place: the outbox lies beside the site."""
        asked = Path(super().translate_path(path))
        first, *rest = asked.relative_to(self.directory).parts or ("",)
        place = self._project.outbox.joinpath(*rest) if first == "outbox" else asked
        return f"{place}/" if path.endswith("/") and place.is_dir() else str(place)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each file that is fetched."""

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)
