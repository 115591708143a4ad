"""Reports as PDF: each finished page as a browser prints it; footer and page numbers are the page's own style."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from .deliver.pictures import find_browser
from .dispatch import Built, Dispatch, Order
from .model.errors import QuarterdeckError
from .model.files import write
from .project import Project

SECONDS = 120
_OPTIONS = (
    *("--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",  # nothing is asked of anybody
    "--no-sandbox",  # it would not start for root or in most containers, and the page is our own
    "--no-pdf-header-footer",
    "--virtual-time-budget=20000",  # milliseconds of the page's own time for its charts to be drawn
)
_WHEN = re.compile(rb"\(D:\d{14}([+-]\d\d'\d\d')\)")
_NODE = re.compile(rb"\(node(\d{8})\)")


def print_reports(project: Project, order: Order) -> Iterator[Path]:
    """Print the reports that an order names into `pdf/<period>/<slug>.pdf`, each told as it is there.

    Raises QuarterdeckError without a browser, or for a report that has no page.
    """
    browser, reason = find_browser()
    if not browser:
        raise QuarterdeckError("quarterdeck pdf", reason)
    with closing(Dispatch(project)) as dispatch, ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(lambda built: _print(project, built, browser), dispatch.built(order))


def _print(project: Project, built: Built, browser: str) -> Path:
    key = built.report.key
    page, path = project.root / "_site" / key.path / "index.html", project.root / "pdf" / key.period / f"{key.slug}.pdf"
    if not page.is_file():
        raise QuarterdeckError(str(page), "is not there", "Make it with `quarterdeck reports`")
    with tempfile.TemporaryDirectory(prefix="quarterdeck-pdf-", ignore_cleanup_errors=True) as scratch:
        made = Path(scratch, "report.pdf")
        places = (f"--user-data-dir={scratch}/profile", f"--print-to-pdf={made}")
        try:
            told = subprocess.run(
                [browser, *_OPTIONS, *places, page.as_uri()], capture_output=True, text=True, timeout=SECONDS
            ).stderr
        except (OSError, subprocess.TimeoutExpired) as err:
            told = str(err)
        if not made.is_file():
            raise QuarterdeckError(
                f"{browser} of {page}", f"printed nothing: {told[-300:]}", "Try another BROWSER_PATH"
            )
        content = _steady(made.read_bytes(), built.report.as_of)
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, content)
    return path


def _steady(content: bytes, as_of: str) -> bytes:
    """The same page, the same bytes: as of when the report is, and table cells numbered from one.

    A browser numbers them by the page's nodes, of which its own haste makes one more or less. The order of the names
    and their lengths stay, so that the document's tree of names and its table of places stay true.
    """
    content = _WHEN.sub(rb"(D:" + as_of[:10].replace("-", "").encode() + rb"000000\1)", content)
    numbers = {name: number for number, name in enumerate(sorted(set(_NODE.findall(content))), 1)}
    return _NODE.sub(lambda match: b"(node%08d)" % numbers[match[1]], content)
