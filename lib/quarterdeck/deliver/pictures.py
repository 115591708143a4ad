"""Charts drawn as pictures for mail, by one browser that stays open, and kept by what they show."""

from __future__ import annotations

import copy
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from threading import Lock, Timer
from types import TracebackType
from typing import Any

from ..model.markup import plotly_text
from ..model.report import Figure
from .digest import Picture

SHOWN_WIDTH, DRAWN_WIDTH = 600, 480
"""Pixels: what a wide window shows, and what the chart is laid out for, so that type still reads on a phone."""
STYLE = 1
"""Counts up whenever `styled` changes, so that pictures in the old style are drawn again."""
INSTALL = (
    "install one with apt-get install --no-install-recommends chromium fonts-liberation (without apt: npm install "
    "@sparticuz/chromium), or name one in BROWSER_PATH"
)
_NAMES = ("chromium", "chromium-browser", "chromium-headless-shell", "google-chrome", "chrome", "microsoft-edge")
_AXIS = {
    "gridcolor": "#e3eaee",
    "linecolor": "#b9c9d3",
    "zerolinecolor": "#8796a0",
    "automargin": True,
    "separatethousands": True,
    "ticks": "outside",
    "ticklen": 6,
    "tickcolor": "#ffffff",
    "title": {"standoff": 8, "font": {"size": 15}},
}


class Browser:
    """Draws charts at twice their shown width and keeps them in the folder `cache`; close it, or use it in `with`.

    The browser is the one that BROWSER_PATH names, or the first Chromium, Chrome or Edge on the PATH; it starts
    with the first chart that the cache lacks. Where none can be had `draw` returns only what is kept, and `reason` says
    why and what to install. Threads may share one.
    """

    def __init__(self, cache: Path, *, seconds: float = 60) -> None:
        self.reason = ""
        self._cache, self._seconds, self._lock = cache, seconds, Lock()
        self._worker: subprocess.Popen[str] | None = None
        self._failed: dict[Path, str] = {}
        self._path, self._scratch = "", ""

    def draw(self, figures: Iterable[Figure]) -> dict[str, Picture]:
        """The pictures of charts by their ids, without those that could not be drawn (see `why`)."""
        with self._lock:
            drawn = ((figure, self._png(figure)) for figure in figures)
            return {f.id: Picture(f.id, f.caption, f.alt, png, SHOWN_WIDTH) for f, png in drawn if png}

    def why(self, figures: Iterable[Figure]) -> tuple[str, ...]:
        """Why some of these charts have no picture after `draw`, each reason once; empty where all have."""
        lacking = [path for path, _ in map(self._kept_at, figures) if not path.is_file()]
        return tuple(dict.fromkeys(filter(None, (self._failed.get(path, self.reason) for path in lacking))))

    def close(self) -> None:
        """End the browser; a later `draw` starts it again."""
        worker, self._worker = self._worker, None
        if worker:
            # At the end of its input the drawing process closes the browser and ends.
            with suppress(OSError, subprocess.TimeoutExpired):
                worker.communicate(timeout=4)
            _end(worker)
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
            self._scratch = ""

    def stop(self) -> None:
        """End the browser although another thread draws, which then fails."""
        if worker := self._worker:
            _end(worker)

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _kept_at(self, figure: Figure) -> tuple[Path, dict[str, Any]]:
        """Where a chart's picture is kept, and the specification that it shows."""
        spec = styled(plotly_text(figure.spec))
        shown = json.dumps([STYLE, spec], sort_keys=True)
        return self._cache / f"{hashlib.sha256(shown.encode()).hexdigest()[:40]}.png", spec

    def _png(self, figure: Figure) -> bytes:
        """A chart from the cache, or drawn into it; empty where it, or any, cannot be drawn."""
        path, spec = self._kept_at(figure)
        if path.is_file():
            return path.read_bytes()
        if not self.reason and not self._path:
            self._path, self.reason = _identify()
        if self.reason or path in self._failed:
            return b""
        self._cache.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
        answer = self._ask(spec, partial)
        if answer == "ok":
            partial.replace(path)
            return path.read_bytes()
        self.close()
        if self._ask(styled({}), partial) == "ok":  # the chart is to blame, not the browser
            self._failed[path] = f"chart {figure.id} could not be drawn ({answer})"
        else:
            self.reason = f"the browser {self._path} draws nothing ({answer}); {INSTALL}"
            self.close()
        partial.unlink(missing_ok=True)
        return b""

    def _ask(self, spec: dict[str, Any], path: Path) -> str:
        """Have the drawing process draw a chart to a path, within the time limit; what it answered."""
        order = {"figure": spec, "scale": 2 * SHOWN_WIDTH / DRAWN_WIDTH, "path": str(path)}
        worker = self._worker = self._worker or self._start()
        assert worker.stdin and worker.stdout
        timer = Timer(self._seconds, _end, [worker])
        timer.start()
        try:
            worker.stdin.write(json.dumps(order) + "\n")
            worker.stdin.flush()
            answer = worker.stdout.readline().strip()
        except OSError:
            answer = ""
        finally:
            timer.cancel()
        return answer or f"the browser gave no answer within {self._seconds:.0f} seconds, or ended"

    def _start(self) -> subprocess.Popen[str]:
        # What a killed browser leaves behind goes with this folder; Ctrl-C, kept from its session, is ours to handle.
        self._scratch = tempfile.mkdtemp(prefix="quarterdeck-browser-")
        path = os.pathsep.join(part for part in sys.path if part)
        return subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.drawing", self._path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
            env={**os.environ, "TMPDIR": self._scratch, "PYTHONPATH": path},
        )


def styled(spec: dict[str, Any]) -> dict[str, Any]:
    """A chart's specification as mail shows it: white, no title (a caption stands above), type to read on a phone."""
    figure = copy.deepcopy({"data": spec.get("data", []), "layout": spec.get("layout", {})})
    layout = figure["layout"]
    template = layout.get("template") or {}
    house = template.get("layout", {})
    base = {
        **house,
        "font": {"family": "Liberation Sans, Arial, Helvetica, sans-serif", "size": 16, "color": "#16242f"},
        "xaxis": {**house.get("xaxis", {}), **_AXIS, "nticks": 6},
        "yaxis": {**house.get("yaxis", {}), **_AXIS, "nticks": 6},
    }
    for theme in ("title", "font", "width", "autosize"):
        layout.pop(theme, None)
    named = sum(bool(trace.get("name")) and trace.get("showlegend") is not False for trace in figure["data"])
    layout.update(
        template={"data": template.get("data", {}), "layout": base},
        legend={"orientation": "h", "x": 0, "y": 1.02, "xanchor": "left", "yanchor": "bottom", "title": {"text": ""}},
        paper_bgcolor="#ffffff",
        plot_bgcolor="#ffffff",
        width=DRAWN_WIDTH,
        height=max(220, min(int(layout.get("height") or 300), 420)),
        margin={"l": 8, "r": 12, "t": 48 if named > 1 else 12, "b": 8},
    )
    return figure


def find_browser() -> tuple[str, str]:
    """The path of the browser that would draw, or nothing and why there is none; starts nothing."""
    for name, module in (("kaleido", "kaleido"), ("Pillow", "PIL")):
        if not find_spec(module):
            return "", f"the Python package {name} is not installed; pip install 'quarterdeck[charts]'"
    path = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, _NAMES)), "")
    return path, "" if path else f"no browser was found; {INSTALL}"


def browser_key() -> str:
    """What changes when the browser that draws does, or when one appears."""
    path, _ = find_browser()
    found = Path(shutil.which(path) or path)
    return f"{path} {found.stat().st_mtime_ns}" if path and found.is_file() else path


def _identify() -> tuple[str, str]:
    """The browser's path, and why there is none that starts."""
    path, reason = find_browser()
    if reason:
        return "", reason
    try:
        subprocess.run([path, "--version"], capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError) as err:
        return "", f"the browser {path} does not start ({type(err).__name__}); {INSTALL}"
    return path, ""


def _end(worker: subprocess.Popen[str]) -> None:
    """Ask the drawing process to end with its browser, and insist after ten seconds."""
    worker.terminate()
    try:
        worker.wait(10)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
