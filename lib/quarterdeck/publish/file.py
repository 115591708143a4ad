"""The files of a site as S3 is to hold them: address, content, headers, and which must be there before which."""

from __future__ import annotations

import base64
import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from ..model.errors import QuarterdeckError
from ..model.files import PREVIEW

PERIODS = "periods.js"
REPORT = re.compile(r"r/.+/\d{4}-(0[1-9]|1[0-2]|W[0-5]\d|Q[1-4])/")
"""The folder of a report in one period, at the beginning of a key."""
_TYPES = {
    ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
    ".csv": "text/csv; charset=utf-8", ".txt": "text/plain; charset=utf-8", ".json": "application/json",
    ".map": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".jpg": "image/jpeg",
    ".webp": "image/webp", ".ico": "image/x-icon", ".woff": "font/woff", ".woff2": "font/woff2", ".ttf": "font/ttf",
    ".wasm": "application/wasm", ".pdf": "application/pdf", ".xml": "application/xml",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}  # fmt: skip
"""Ours, as the system's list differs between machines; pagefind's own files are compressed bytes, as is the rest."""
_FOR_EVER, _ASKED_AGAIN = "max-age=31536000, immutable", "max-age=0, must-revalidate"
_LIBS = re.compile(r"assets/libs-[0-9a-f]{12}/")  # the folder tells the content of all in it
_PAGEFIND_HASHED = (".pf_fragment", ".pf_index", ".pf_meta", ".pf_filter")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\\ud800-\udfff]|\.\.")


@dataclass(frozen=True)
class File:
    """A file of the site as S3 is to hold it; `sha256` in base 64, `content` where it is not that of `path`."""

    key: str
    path: Path
    size: int
    sha256: str
    content: bytes | None = None

    @property
    def type(self) -> str:
        """Its media type."""
        return _TYPES.get(Path(self.key).suffix.lower(), "application/octet-stream")

    @property
    def cache(self) -> str:
        """How long it may be kept: for ever where another content has another name, else asked for again each time."""
        own = f"-{base64.b64decode(self.sha256).hex()[:12]}."  # digits in a name need not be a hash
        hashed = self.key.endswith(_PAGEFIND_HASHED) or _LIBS.match(self.key) or own in self.key
        return _FOR_EVER if hashed else _ASKED_AGAIN

    def stage(self, there: bool) -> int:
        """What pages need comes first (0), then the reports' pages (1), their corners' (2), the owner's (3).

        What leads to pages follows them, if an earlier one of it is `there` for the pages until then.
        """
        if self.key.endswith(".html"):
            return 1 if REPORT.match(self.key) else 2 if self.key.startswith("r/") else 3
        leads = self.path.name == PERIODS or "pagefind" in self.path.name
        return 2 if leads and there and self.cache == _ASKED_AGAIN else 0

    @property
    def entry(self) -> list[str]:
        """What the manifest says of it, beside its ETag."""
        return [self.sha256, self.type, self.cache]

    def holding(self, content: bytes) -> File:
        """The same with another content."""
        return replace(self, size=len(content), sha256=_base64(hashlib.sha256(content).digest()), content=content)


def files_of(site: Path) -> Iterator[File]:
    """Every file of a site but hidden ones.

    Raises QuarterdeckError for a preview, a link, or a name that is no safe address.
    """
    if (site / PREVIEW).exists():
        raise QuarterdeckError(str(site), "is a preview, whose search lacks the last edits", "Build it: make reports")
    for folder, folders, names in os.walk(site):
        for path in (Path(folder, name) for name in [*folders, *names]):
            key = path.relative_to(site).as_posix()
            if _UNSAFE.search(key) or len(key.encode()) > 1024:
                raise QuarterdeckError(repr(str(path)), "has a name that is no safe address", "Rename it")
            if path.is_symlink() or not (path.is_file() or path.is_dir()):
                raise QuarterdeckError(repr(str(path)), "is a link or a device", "A site holds files alone: remove it")
            if path.is_file() and not path.name.startswith("."):
                with path.open("rb") as file:
                    yield File(key, path, path.stat().st_size, _base64(hashlib.file_digest(file, "sha256").digest()))
        folders[:] = [name for name in folders if not name.startswith(".")]


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()
