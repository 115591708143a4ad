"""Which pages need rendering, one render for all of them, and the finished site swapped into place."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..model.errors import RenderError
from ..model.files import put_folder, restore_folder, write
from ..model.markup import text
from ..model.report import Report, ReportKey
from .assemble import assemble, plotly_files
from .home import DELIVERIES
from .opening import WORKBOOK
from .page import page_notebook, page_title
from .renderer import SITE_FOLDER, Renderer
from .search import MISSING, find_pagefind
from .workbook import write_workbook

_PROJECT = ("_quarto.yml", "index.qmd", "assets")


@dataclass(frozen=True)
class Site:
    """The finished site, the reports whose pages were rendered for it in this run, and what it lacks."""

    path: Path
    rendered: tuple[ReportKey, ...]
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Page:
    """One report: its folder in the store, its value, and the keys under which its HTML is kept.

    `files` is what the report's files hold, `key` what its page shows of them: a report that was executed again and
    says the same needs no other page.
    """

    folder: Path
    report: Report
    files: str
    key: str

    @property
    def fresh(self) -> bool:
        return _kept(self.folder)[1] == self.key and all((self.folder / n).is_file() for n in ("page.html", WORKBOOK))

    def keep(self) -> None:
        """Remember by which keys the page was made."""
        if _kept(self.folder) != (self.files, self.key):
            write(self.folder / "page.key", f"{self.files} {self.key}")


def build_site(
    root: Path,
    reports: dict[Path, Report],
    renderer: Renderer,
    code: str,
    *,
    live: bool = False,
    desk: Path | None = None,
) -> Site:
    """Render what changed among the reports and put the whole site at `root/_site`.

    `root` is the project (`_quarto.yml`, `index.qmd`, `assets/`); `reports` are by their folders, which hold
    `report.ipynb` and perhaps `rows/`; `code` changes with what pages are made by. Kept beside a report: `page.html`
    and its key; in `root/.quarterdeck`: the home page, the renderer's own files and search. For `live` and `desk` see
    `assemble`.
    The site is assembled under another name and swapped in, so it is the old one or the new one, never half of each.
    Raises RenderError; the site is then untouched.
    """
    cache = root / ".quarterdeck"
    cache.mkdir(exist_ok=True)
    restore_folder(root / SITE_FOLDER, cache / "site-old")
    shell, shell_key, site = cache / "shell", _project_key(root, renderer), root / SITE_FOLDER
    pagefind, kept = find_pagefind(), cache / "site.key"
    programs = [path.stat().st_size if path else 0 for path in (pagefind, *plotly_files().values())]
    made_from = partial(_made_from, site, sorted(reports), f"{code} {shell_key} {programs} {live} {_content(desk)}")
    if kept.is_file() and kept.read_text("utf-8") == made_from():
        return Site(site, ())
    pages = [_page(folder, reports[folder], code, shell_key) for folder in sorted(reports)]
    shell_fresh = (shell / "key").is_file() and (shell / "key").read_text("utf-8") == shell_key
    stale = pages if not shell_fresh else [page for page in pages if not page.fresh]
    if stale or not shell_fresh:
        _render(root, shell, shell_key, stale, renderer, merge=shell_fresh)
    for page in pages:
        page.keep()
    new = cache / "site-new"
    shutil.rmtree(new, ignore_errors=True)
    assemble(new, root, cache, {page.folder: page.report for page in pages}, pagefind, live=live, desk=desk)
    _swap(new, site, cache / "site-old")
    write(kept, made_from())
    return Site(site, tuple(page.report.key for page in stale), () if pagefind else (MISSING,))


def _made_from(site: Path, folders: list[Path], rest: str) -> str:
    """All that a site is made of or kept in, in one value; its own files by name and size: a lost one is put back.

    The page of deliveries is written at other times too: it only has to be there.
    """
    kinds = {".ipynb", ".json", ".csv", ".html", ".xlsx"}
    names = [path for folder in folders for path in _files(folder) if path.suffix in kinds]
    listing = "\n".join(
        f"{path.relative_to(site)} {path.stat().st_size if path.name != DELIVERIES else ''}" for path in _files(site)
    )
    return _digest(
        rest.encode(), listing.encode(), *(part for path in names for part in (str(path).encode(), path.read_bytes()))
    )


def _page(folder: Path, report: Report, code: str, shell_key: str) -> _Page:
    files = _digest(code.encode(), shell_key.encode(), *map(_bytes, (folder / "report.ipynb", folder / "facts.json")))
    before, key = _kept(folder)
    if before != files:
        # Keyed by the commentary as typed: turning it into HTML can cost a start of Quarto, which a stale page needs.
        notebook = json.dumps(_notebook(folder, report, ""), sort_keys=True)
        content = (shell_key, report.commentary, page_title(report), notebook)
        key = _digest(*(part.encode() for part in content))
    return _Page(folder, report, files, key)


def _kept(folder: Path) -> tuple[str, str]:
    """By which keys a report's page was made; empty where there is none."""
    files, _, key = _bytes(folder / "page.key").decode().partition(" ")
    return files, key


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def _notebook(folder: Path, report: Report, commentary: str) -> dict[str, object]:
    path = folder / "report.ipynb"
    if not path.is_file():
        raise RenderError(str(path), "is missing", "Run the report again")
    return page_notebook(json.loads(path.read_text("utf-8")), report, commentary)


def _project_key(root: Path, renderer: Renderer) -> str:
    parts = [renderer.name.encode(), renderer.version.encode()]
    for name in _PROJECT:
        if not (root / name).exists():
            raise RenderError(str(root / name), "is missing", "A project has _quarto.yml, index.qmd and assets/")
        for path in [root / name] if (root / name).is_file() else _files(root / name):
            parts += [path.relative_to(root).as_posix().encode(), path.read_bytes()]
    return _digest(*parts)


def _render(root: Path, shell: Path, shell_key: str, stale: list[_Page], renderer: Renderer, *, merge: bool) -> None:
    """Render one temporary project of the stale pages and keep what comes out, each page with its report."""
    with tempfile.TemporaryDirectory(prefix="quarterdeck-") as scratch:
        project = Path(scratch).resolve()
        for name in _PROJECT:
            copy = shutil.copytree if (root / name).is_dir() else shutil.copyfile
            copy(root / name, project / name)
        for page in stale:
            target = project / page.report.key.path / "index.ipynb"
            target.parent.mkdir(parents=True)
            commentary = renderer.markdown(page.report.commentary) if page.report.commentary.strip() else ""
            target.write_text(json.dumps(_notebook(page.folder, page.report, commentary), sort_keys=True), "utf-8")
        made = renderer.render(project)
        (shell / "key").unlink(missing_ok=True)
        if not merge:
            shutil.rmtree(shell, ignore_errors=True)
        # Merged, as a renderer may add files for what only some pages use.
        if (made / "site_libs").is_dir():
            shutil.copytree(made / "site_libs", shell / "site_libs", copy_function=shutil.copyfile, dirs_exist_ok=True)
        shell.mkdir(exist_ok=True)
        shutil.copyfile(made / "index.html", shell / "index.html")
        write(shell / "key", shell_key)
        for page in stale:
            html = (made / page.report.key.path / "index.html").read_text("utf-8")
            (page.folder / "page.key").unlink(missing_ok=True)  # cut short here, the page is made again
            write(page.folder / "page.html", _titled(html, page_title(page.report)))
            write_workbook(page.report, page.folder / WORKBOOK)


def _swap(new: Path, site: Path, old: Path) -> None:
    """Put the new site where the old one was; an equal one stays as it is."""
    if site.is_dir() and _same(new, site):
        shutil.rmtree(new)
        return
    put_folder(new, site, old)


def _same(one: Path, other: Path) -> bool:
    names = [path.relative_to(one) for path in _files(one)]
    return names == [path.relative_to(other) for path in _files(other)] and all(
        (one / name).read_bytes() == (other / name).read_bytes() for name in names
    )


def _titled(html: str, title: str) -> str:
    return re.sub(r"<title>.*?</title>", lambda _: f"<title>{text(title)}</title>", html, count=1, flags=re.DOTALL)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _content(folder: Path | None) -> str:
    return _digest(*(path.read_bytes() for path in _files(folder))) if folder else ""


def _digest(*parts: bytes) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(len(part).to_bytes(8, "big") + part)
    return whole.hexdigest()
