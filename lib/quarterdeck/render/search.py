"""The only module that runs pagefind: an index of a reader's own pages for each corner, and the owner's of all."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ..model.errors import RenderError

FOLDER = "pagefind"
MISSING = "Search is left out of the site: pip install 'quarterdeck[site]'"
_NEEDED = ("pagefind.js", "pagefind-worker.js", "pagefind-entry.json", "*.pf_meta", "wasm.*", "index", "fragment")
_ASIDE = ".qd-when, .qd-sources"


def find_pagefind() -> Path | None:
    """The program that the package pagefind-bin brings; None where it is not installed."""
    try:
        from pagefind_bin import get_executable

        return Path(get_executable())
    except (ImportError, FileNotFoundError):
        return None


@dataclass(frozen=True)
class Corner:
    """A folder of the site that is searched by itself, the pages of it that are found, and their language."""

    folder: Path
    pages: str
    language: str


def put_indexes(corners: list[Corner], program: Path, kept: Path) -> None:
    """Give each corner its index; one whose pages are as they were is taken from `kept`. Raises RenderError."""
    kept.mkdir(parents=True, exist_ok=True)
    program = _runnable(program, kept.parent)
    size = str(program.stat().st_size)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        used = set(pool.map(lambda corner: _put_index(corner, program, kept, size), corners))
    for old in kept.iterdir():
        if old.name not in used:
            shutil.rmtree(old)


def _runnable(program: Path, folder: Path) -> Path:
    """The program, or a copy of it that may be run: whoever unpacks a zip may have lost its mode."""
    if os.access(program, os.X_OK):
        return program
    copy = Path(shutil.copyfile(program, folder / program.name))
    copy.chmod(0o755)
    return copy


def _put_index(corner: Corner, program: Path, kept: Path, size: str) -> str:
    """The name, made of all that it depends on, under which the corner's index is kept."""
    key = hashlib.sha256(f"{size} {corner.language} {_ASIDE}".encode())
    for page in sorted(corner.folder.glob(corner.pages)):
        key.update(
            page.relative_to(corner.folder).as_posix().encode() + b"\0" + hashlib.sha256(page.read_bytes()).digest()
        )
    index = kept / key.hexdigest()
    if not index.is_dir():
        _make_index(corner, program, index)
    shutil.copytree(index, corner.folder / FOLDER, copy_function=shutil.copyfile)
    return index.name


def _make_index(corner: Corner, program: Path, index: Path) -> None:
    """Only what a search needs is kept; one language for all, as their order in the list would vary."""
    new = index.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    command = [str(program), "--quiet", "--site", str(corner.folder), "--output-path", str(new), "--glob", corner.pages]
    command += ["--exclude-selectors", _ASIDE, "--force-language", corner.language, "--keep-index-url"]
    done = subprocess.run(command, cwd=corner.folder, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = (done.stdout + done.stderr).strip()
        remedy = "Install it again, or remove it: the site is then built without search"
        raise RenderError(shlex.join(command), f"ended with code {done.returncode}\n{said}", remedy)
    stemmed = any(path.name != "wasm.unknown.pagefind" for path in new.glob("wasm.*"))
    for path in set(new.iterdir()) - {path for pattern in _NEEDED for path in new.glob(pattern)}:
        path.unlink()
    if stemmed:
        (new / "wasm.unknown.pagefind").unlink()
    os.replace(new, index)
