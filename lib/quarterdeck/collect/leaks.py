"""Keys left in files, as detect-secrets finds them: where they stand and of what kind, never their value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

LIMIT = 1_000_000
"""Bytes of the largest file that is looked into: no one wrote a larger one by hand."""
_VAGUE = {"Secret Keyword", "Base64 High Entropy String", "Hex High Entropy String"}
_NO_SECRET = "IPPublicDetector"


def read_text(path: Path) -> str:
    """A file's text, whatever its encoding; empty for a link in its path, a binary or a large file, or none at all."""
    try:
        if path.resolve() != path or not path.is_file() or path.stat().st_size > LIMIT:
            return ""
    except RuntimeError:  # a link to itself
        return ""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8", "replace")


def find_leaks(root: Path, names: Iterable[str]) -> Iterator[tuple[str, int, str, bool]]:
    """Name, line, kind of key and whether that is certain, for each line with a key in some files of a folder."""
    with _detectors() as scan:
        for name in names:
            path = root / name
            if scan._is_filtered_out(["filename"], filename=str(path)):  # pictures, lock files
                continue
            # Its own way into a file skips what is not UTF-8, and expands YAML's aliases without limit.
            lines = list(enumerate(read_text(path).split("\n"), 1))
            as_file = f"{path}.ini" if path.name.startswith(".env") else str(path)
            kinds: dict[int, set[str]] = {}
            for found in scan._process_line_based_plugins(lines, as_file):
                kinds.setdefault(found.line_number, set()).add(found.type)
            for line, types in sorted(kinds.items()):
                certain = types - _VAGUE
                yield name, line, ", ".join(sorted(certain or types)), bool(certain)


@contextmanager
def _detectors() -> Iterator[Any]:
    from detect_secrets.core import scan
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.settings import transient_settings

    names = {plugin.__name__ for plugin in get_mapping_from_secret_type_to_class().values()} - {_NO_SECRET}
    with transient_settings({"plugins_used": [{"name": name} for name in sorted(names)]}):
        yield scan
