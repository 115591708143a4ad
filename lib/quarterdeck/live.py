"""A preview that follows the analyst: whatever a saved file changes is built again, and open pages show it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

from .dispatch import Dispatch
from .inbox import LOOKS, inbox_page, looked_at, mail_page, shown
from .model.delivery import Delivery
from .model.errors import QuarterdeckError
from .pipeline import Outcome, Request, run
from .project import Project
from .workshop import Workshop

SECONDS_BETWEEN_LOOKS = 0.15
_WATCHED = ("notebooks", "commentary", "assets", "_quarto.yml", "index.qmd", "repos.env")
_SCRIPT = '<script src="/.live.js"></script></body>'
_RELOAD = """let shown;
setInterval(() => fetch("/.live").then((said) => said.text()).then((built) => {
  if (shown && shown !== built) location.reload();
  shown = built;
}).catch(() => {}), 300);
"""


def serve(
    project: Project,
    request: Request,
    port: int,
    opened: Callable[[str], None],
    built: Callable[[Outcome | QuarterdeckError, float], None],
) -> None:
    """Serve the site, and the mails as an inbox under `outbox/`, to this machine alone, until the package changes.

    `opened` is told the address, `built` the outcome of each run, or what was wrong, and the seconds it took. Raises
    QuarterdeckError when the port is taken.
    """
    try:
        server = _Server(project, port)
    except OSError as err:
        raise QuarterdeckError(f"port {port}", "is taken", "Name another one: make serve PORT=8001") from err
    own = _state([Path(__file__).parent])
    with server, Workshop(project, edits=True) as workshop:
        Thread(target=server.serve_forever, daemon=True).start()
        opened(f"http://127.0.0.1:{server.server_port}/")
        before: dict[Path, tuple[int, int]] = {}
        while own == _state([Path(__file__).parent]):
            now = _state([project.data, project.personas, *(project.root / name for name in _WATCHED)])
            if now != before:
                before, began = now, time.monotonic()
                try:
                    workshop.warm()  # for the first edit, where nothing is to be made yet
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
        """Answer with a file, with a mail as its reader's program shows it, or with the number of the build."""
        if self.headers.get("Host", "").rpartition(":")[0] not in ("127.0.0.1", "localhost"):
            # A foreign site whose name leads here is not to read reports.
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        if urlsplit(self.path).path == "/.live":
            self._send(str(self.server.builds), "text/plain")
        elif urlsplit(self.path).path == "/.live.js":
            self._send(_RELOAD, "text/javascript")
        elif page := self._page():
            # A mail that is looked at stands in a frame without scripts; the page around it reloads.
            self._send(page if "look=" in self.path else page.replace("</body>", _SCRIPT, 1), "text/html")
        else:
            super().do_GET()

    def _page(self) -> str:
        """The HTML asked for, or nothing where that is another kind of file, or an address without its last slash."""
        asked, (look,) = urlsplit(self.path), parse_qs(urlsplit(self.path).query).get("look", [""])
        path, folder = Path(self.translate_path(self.path)), asked.path.endswith("/")
        if path == self._project.outbox and folder:
            return inbox_page(path)
        if folder and (mail := path.with_name(f"{path.name}.eml")).is_file():
            return mail_page(mail, self._project.outbox, self._sent(mail))
        page = path / "index.html" if folder else path
        if (copy := page.with_suffix(".eml")).is_file() and not page.is_file():
            return looked_at(shown(copy), look or LOOKS[0])
        if page.suffix != ".html" or not page.is_file():
            return ""
        html = page.read_text("utf-8")
        return looked_at(html, look) if look in LOOKS else html

    def _sent(self, mail: Path) -> list[Delivery]:
        """What each reader of a mail's report was sent last; none where no ledger can be read."""
        slug = mail.relative_to(self._project.outbox).with_suffix("").as_posix().partition("/")[2].partition("+")[0]
        with suppress(QuarterdeckError):
            return Dispatch(self._project).last_sent(slug)
        return []

    def translate_path(self, path: str) -> str:
        """A file's place: the outbox lies beside the site."""
        asked = Path(super().translate_path(path))
        first, *rest = asked.relative_to(self.directory).parts or ("",)
        place = self._project.outbox.joinpath(*rest) if first == "outbox" else asked
        return f"{place}/" if path.endswith("/") and place.is_dir() else str(place)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing of each file that is fetched."""

    def _send(self, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)
