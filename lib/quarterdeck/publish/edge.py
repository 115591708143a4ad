"""A stand-in for CloudFront before the site's bucket, on this machine alone: the same cookies, the same refusals."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from urllib.parse import unquote_to_bytes

from cryptography.hazmat.primitives.asymmetric import rsa

from ..model.errors import QuarterdeckError
from .access import admits, cookies, prefixes
from .relay import ask_api

HOURS = 8
"""How long a sign-in lasts."""
SECURITY_HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",  # the page's own policy cannot say this of itself
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What goes with every answer, refusals included."""
_KEY_ID = "KEDGE"
_REFUSED = b"You may not see this.\n"  # of what is there and of what is not: neither is told
_MISSING = b"There is no such page.\n"
_OPEN = ("/m/",)
_API = ("/api/", "/unsubscribe")
"""Prefixes that need no cookies: the sign-in page's, and what the API answers, which looks for itself who asks."""


class Edge(ThreadingHTTPServer):
    """Serves a site to whoever has cookies for the path, signed by a key of its own that ends with it.

    `api` is where the API is, if there is one. Raises QuarterdeckError where there is no site or the port is taken;
    port 0 is any free one.
    """

    daemon_threads = True

    def __init__(self, site: Path, port: int = 0) -> None:
        self.site = site.resolve()
        if not self.site.is_dir():
            raise QuarterdeckError(str(site), "is not there", "Make it with `quarterdeck reports`")
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as err:
            raise QuarterdeckError(f"port {port}", "is taken", "Name another one: --port 8002") from err
        self.host = f"127.0.0.1:{self.server_port}"
        self.url = f"http://{self.host}"
        self.key = rsa.generate_private_key(65537, 2048)
        self.keys = {_KEY_ID: self.key.public_key()}
        self.api = ""
        self._invited: dict[str, str] = {}
        self._listed: tuple[int, dict[str, Path]] = (0, {})

    def invite(self, slug: str) -> str:
        """An address that signs in, once, the reader of a slug, or the owner."""
        token = secrets.token_urlsafe(32)
        self._invited[token] = slug
        return f"{self.url}/.sign-in?{token}"

    def accept(self, token: str) -> str | None:
        """Whom a token signs in, this once."""
        return self._invited.pop(token, None)

    def session(self, slug: str, until: float) -> list[str]:
        """The cookies of a reader, or of the owner."""
        return [one for prefix in prefixes(slug) for one in cookies(self.url, prefix, int(until), _KEY_ID, self.key)]

    def object(self, path: str) -> tuple[bytes, str] | None:
        """Content and kind of what is behind the path of a URL, found by its whole name, in which `..` is two dots."""
        try:
            name = unquote_to_bytes(path.encode("latin-1")).decode()
        except UnicodeError:
            return None
        return self.read(f"{name[1:]}index.html" if path.endswith("/") else name[1:])

    def read(self, key: str) -> tuple[bytes, str] | None:
        """Content and kind of an object of the bucket."""
        found = self._objects().get(key)
        return (found.read_bytes(), guess_type(found.name)[0] or "application/octet-stream") if found else None

    def _objects(self) -> Mapping[str, Path]:
        """The site's files by name, without links; listed again when another site has been put in its place."""
        stamp, listed = self.site.stat().st_ino, self._listed
        if listed[0] != stamp:
            found = (path for path in self.site.rglob("*") if path.is_file() and path == path.resolve())
            listed = self._listed = stamp, {path.relative_to(self.site).as_posix(): path for path in found}
        return listed[1]


class _Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD from the site, anything from the API; refuses all else."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one packet: a second one would wait for the first to be acknowledged
    server: Edge

    def do_GET(self) -> None:
        """A file to whoever may see it."""
        target = self.requestline.split()[1]  # not self.path, which begins with one slash where two were asked for
        path, _, query = target.partition("?")
        if self.headers.get("Host") != self.server.host:  # another site's name may lead here
            self._refuse()
        elif self.server.api and path.startswith(_API):
            self._pass_on(target)
        elif self.command not in ("GET", "HEAD"):
            self._refuse()
        elif path == "/.sign-in" and (slug := self.server.accept(query)) is not None:
            self._answer(HTTPStatus.SEE_OTHER, b"", *self._signed_in(slug))
        elif not (path.startswith(_OPEN) or self._admitted(target)):
            self._refuse()
        elif found := self.server.object(path):
            self._answer(HTTPStatus.OK, found[0], kind=found[1])
        else:
            self._miss()

    do_HEAD = do_POST = do_DELETE = do_GET

    def _admitted(self, target: str) -> bool:
        return admits(self.server.url + target, self._cookies(), time.time(), self.server.keys)

    def _refuse(self) -> None:
        """Say 403 with the sign-in page, where there is one, whoever refused."""
        content, kind = self.server.object("/m/") or (_REFUSED, "text/plain")
        more = [("Connection", "close")] if self.command not in ("GET", "HEAD") else []  # a body was not read
        self._answer(HTTPStatus.FORBIDDEN, content, *more, kind=kind)

    def _miss(self) -> None:
        content, kind = self.server.object("/404.html") or (_MISSING, "text/plain")
        self._answer(HTTPStatus.NOT_FOUND, content, kind=kind)

    def _pass_on(self, target: str) -> None:
        """Give what was asked to the API, and its answer back; of 403 and 404, as CloudFront does, the status alone."""
        status, headers, body = ask_api(self.server.api, self.command, target, self.headers, self.rfile)
        if status == HTTPStatus.FORBIDDEN:
            self._refuse()
        elif status == HTTPStatus.NOT_FOUND:
            self._miss()
        else:
            self._answer(HTTPStatus(status), body, *headers)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse another method, or what is no request, without a word of what was asked."""
        self.close_connection = True
        self._refuse()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each file that is fetched."""

    def _signed_in(self, slug: str) -> list[tuple[str, str]]:
        session = self.server.session(slug, time.time() + HOURS * 3600)
        return [("Location", prefixes(slug)[0]), *(("Set-Cookie", one) for one in session)]

    def _cookies(self) -> dict[str, str]:
        """The request's cookies; of two with one name, the first, which belongs to the longer path."""
        pairs = [part.strip().partition("=") for part in ";".join(self.headers.get_all("Cookie", [])).split(";")]
        return {name: value for name, _, value in reversed(pairs)}

    def _answer(self, status: HTTPStatus, body: bytes, *more: tuple[str, str], kind: str = "text/plain") -> None:
        text = kind.startswith("text/") and "charset" not in kind
        usual = {"Content-Type": f"{kind}; charset=utf-8" if text else kind, "Cache-Control": "no-store"}
        given = {name.title() for name, _ in more}
        self.send_response(status)
        for name, value in ({**usual, **SECURITY_HEADERS, "Content-Length": str(len(body))}).items():
            if name not in given:
                self.send_header(name, value)
        for name, value in more:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
