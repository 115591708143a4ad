"""The finished site, put together from kept pages under a name that nobody reads yet."""

from __future__ import annotations

import re
import shutil
from importlib.metadata import distribution
from pathlib import Path

from ..model.files import PREVIEW, write
from ..model.period import periods_script
from ..model.report import Report
from . import home
from .deliveries import deliveries_page
from .finish import ICON, PLOTLY, WHOLE_PLOTLY, finish, hashed
from .opening import WORKBOOK
from .renderer import SITE_FOLDER
from .search import FOLDER, Corner, put_indexes

_CACHED = {".css", ".js"}
_REMOTE_IMPORT = re.compile(r"@import\s+url\(\s*[\"']?(?:https?:)?//[^)]*\)[^;]*;|@import\s+[\"'](?:https?:)?//[^;]*;")


def plotly_files() -> dict[str, Path]:
    """The two builds of plotly.js by the names that pages give them: the cartesian one is ours, the whole Plotly's."""
    theirs = distribution("plotly").locate_file("plotly/package_data/plotly.min.js")  # importing it takes a while
    ours = Path(__file__).parent / "plotly" / "plotly-cartesian.min.js"
    return {PLOTLY: ours, WHOLE_PLOTLY: Path(str(theirs))}


def assemble(
    new: Path,
    root: Path,
    cache: Path,
    reports: dict[Path, Report],
    pagefind: Path | None,
    *,
    live: bool,
    desk: Path | None,
) -> None:
    """Everything that is published: pages with their rows and workbooks, what they share, the owner's home, search.

    A `live` preview keeps the owner's index as it was: an edit does not wait for all pages to be read. A site in the
    cloud has a `desk`: the folder of its sign-in page and its owner's console.
    """
    names = _put_shared(new, root, cache / "shell")
    pages = [_put_report(new, folder, report, names, searched=bool(pagefind)) for folder, report in reports.items()]
    for name, build in plotly_files().items():
        if any(names[name] in page for page in pages):
            shutil.copyfile(build, new / names[name])
    slugs = home.by_slug(list(reports.values()))
    for slug, same in slugs.items():
        write(new / "r" / slug / "periods.js", periods_script(report.key.period for report in same))
        write(new / "r" / slug / "index.html", finish(home.latest_page(same[0]), "", {}))
    shell, index = (cache / "shell" / "index.html").read_text("utf-8"), f"{FOLDER}/" if pagefind else ""
    write(
        new / "index.html", finish(home.with_cards(shell, list(reports.values()), console=bool(desk)), "", names, index)
    )
    write(new / home.DELIVERIES, finish(deliveries_page(shell, cache), "", names))
    if desk:
        _put_desk(new, desk, shell, names)
    write(new / "404.html", finish(home.NOTHING_HERE, "", {}))
    if pagefind:
        corners = [Corner(new / "r" / slug, "*/index.html", same[0].locale[:2]) for slug, same in slugs.items()]
        if live and (root / SITE_FOLDER / FOLDER).is_dir():
            shutil.copytree(root / SITE_FOLDER / FOLDER, new / FOLDER, copy_function=shutil.copyfile)
            write(new / PREVIEW, "")
        else:
            corners.append(Corner(new, "r/**/index.html", "en"))
        put_indexes(corners, pagefind, cache / "search")


def _put_shared(new: Path, root: Path, shell: Path) -> dict[str, str]:
    """Copy what pages share; the names, by those that renderers use, under which it may be cached for ever.

    The renderer's own files keep their names in a folder that tells the content of all, since they refer to each other.
    """
    shutil.copytree(root / "assets", new / "assets", copy_function=shutil.copyfile)
    names = {name: hashed(name, build.read_bytes()) for name, build in plotly_files().items()}
    for path in sorted((new / "assets").iterdir()):
        name = f"assets/{path.name}"
        if path.suffix in _CACHED or name == ICON:
            names[name] = hashed(name, path.read_bytes())
            path.rename(new / names[name])
    if (shell / "site_libs").is_dir():
        libs = new / "assets" / "libs"
        shutil.copytree(shell / "site_libs", libs, copy_function=shutil.copyfile)
        for style in libs.rglob("*.css"):
            _keep_local(style)
        files = sorted(path for path in libs.rglob("*") if path.is_file())
        names["site_libs"] = hashed(
            "assets/libs", b"".join(str(path.relative_to(libs)).encode() + path.read_bytes() for path in files)
        )
        libs.rename(new / names["site_libs"])
    return names


def _put_report(new: Path, folder: Path, report: Report, names: dict[str, str], *, searched: bool) -> str:
    """Copy a report's page, workbook and rows; the page as published."""
    target = new / report.key.path
    target.mkdir(parents=True)
    up, index = "../" * (report.key.path.count("/") + 1), f"../{FOLDER}/" if searched else ""
    page = finish((folder / "page.html").read_text("utf-8"), up, names, index)
    write(target / "index.html", page)
    shutil.copyfile(folder / WORKBOOK, target / WORKBOOK)
    if (folder / "rows").is_dir():
        shutil.copytree(folder / "rows", target / "rows", copy_function=shutil.copyfile)
    return page


def _put_desk(new: Path, desk: Path, shell: str, names: dict[str, str]) -> None:
    """The sign-in page as it is, since whoever sees it may see no other file; the console in the site's own dress."""
    shutil.copytree(desk, new, copy_function=shutil.copyfile, dirs_exist_ok=True)
    signin, console = new / "m" / "index.html", new / "console" / "index.html"
    write(signin, finish(signin.read_text("utf-8"), "", {}))
    deeper = re.sub(r'((?:src|href)="(?:\./)?)(?=assets/|site_libs/)', r"\1../", shell)
    write(console, finish(home.with_content(deeper, console.read_text("utf-8")), "../", names))


def _keep_local(style: Path) -> None:
    """Some themes ask another host for a font; a report's reader asks nobody."""
    css = style.read_text("utf-8")
    local = _REMOTE_IMPORT.sub("", css)
    if local != css:
        style.write_text(local, "utf-8")
