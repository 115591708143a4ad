"""What somebody can ask of the edge: any line of text, with any cookies; and what an answer says unpacked."""

from __future__ import annotations

import gzip
import io
import socket
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from quarterdeck.publish.edge import Edge


class Answer(NamedTuple):
    """An answer, its headers as one text."""

    status: int
    headers: str
    body: bytes


class Client:
    """Asks over one connection; targets go out as they are, without the manners of an HTTP library."""

    def __init__(self, edge: Edge) -> None:
        self._edge, self._socket = edge, self._connect(edge)

    def ask(
        self, target: str | bytes, cookies: str = "", *, method: str = "GET", more: str = "", host: str = ""
    ) -> Answer:
        """The answer to one request."""
        asked = target if isinstance(target, bytes) else target.encode()
        cookie = f"Cookie: {cookies}\r\n" if cookies else ""
        head = f" HTTP/1.1\r\nHost: {host or self._edge.host}\r\n{cookie}{more}\r\n"
        self._socket.sendall(method.encode() + b" " + asked + head.encode("latin-1"))
        response = HTTPResponse(self._socket, method=method)
        response.begin()
        body = response.read()
        if response.will_close:
            self._socket.close()
            self._socket = self._connect(self._edge)
        headers = "".join(f"{name}: {value}\n" for name, value in response.getheaders())
        return Answer(response.status, headers, body)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    @staticmethod
    def _connect(edge: Edge) -> socket.socket:
        return socket.create_connection(("127.0.0.1", edge.server_port), timeout=20)


@contextmanager
def open_edge(site: Path) -> Iterator[tuple[Edge, Client]]:
    """An edge that serves a site, and somebody who asks."""
    with Edge(site) as edge:
        Thread(target=edge.serve_forever, args=(0.05,), daemon=True).start()
        client = Client(edge)
        try:
            yield edge, client
        finally:
            client.close()
            edge.shutdown()


def sent(set_cookies: list[str]) -> dict[str, str]:
    """By path, the `Cookie` header that a browser makes of the cookies it was given."""
    kept: dict[str, list[str]] = {}
    for cookie in set_cookies:
        value, path, *_ = cookie.split("; ")
        kept.setdefault(path.removeprefix("Path="), []).append(value)
    return {path: "; ".join(values) for path, values in kept.items()}


def paths(site: Path) -> list[str]:
    """Every file of a site and every folder, with its slash and without, as the paths of URLs."""
    found = []
    for path in sorted(site.rglob("*")):
        name = "/" + path.relative_to(site).as_posix()
        found += [name, f"{name}/"] if path.is_dir() else [name]
    return ["/", *found]


def disguised(path: str) -> list[str]:
    """Other ways to write a path that some server or other takes for the same."""
    inside = path[1:]
    return [
        path.upper(),
        "/" + path,
        "/." + path,
        path.replace("/", "//"),
        path.replace("/", "/./"),
        "/" + inside.replace("/", "%2f"),
        "/" + inside.replace("/", "%2F"),
        "/" + inside.replace("/", "%252f"),
        "/" + inside.replace("/", "\\"),
        "/" + "".join(f"%{byte:02x}" for byte in inside.encode()),
        f"{path}.",
        f"{path}%00",
        f"{path}%00.html",
        f"{path}%20",
        f"{path};a=b",
        f"{path}#a",
    ]


def within(corner: str, path: str) -> list[str]:
    """A path asked for as if it lay under a prefix."""
    ups = ("..", "%2e%2e", "%2E%2E", ".%2e", "..%2f", "..;", "..%5c", "..\\", "%252e%252e")
    deep = "/".join([".."] * corner.count("/"))
    return [f"{corner}{up}{path}" for up in ups] + [corner + deep + path, f"{corner}?{path}"]


def unpacked(body: bytes) -> bytes:
    """An answer's bytes with what is compressed in it: a workbook's parts, a search index's."""
    if body.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return b"\n".join(packed.read(name) for name in packed.namelist())
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body
