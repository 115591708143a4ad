"""The only module that runs Quarto: where it is, how it is called, and what counts as success."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from ..model.errors import RenderError
from .fragment import prose
from .renderer import SITE_FOLDER

_TAIL = 30
_READER = "commonmark+pipe_tables+strikeout+autolink_bare_uris+task_lists+definition_lists"


def find(environ: Mapping[str, str]) -> Quarto | None:
    """Quarto from `QUARTO_PATH`, then `PATH`, then the scripts of this Python (the package quarto-cli).

    A `QUARTO_PATH` that names nothing that runs is an error, not a reason to use another one.
    """
    told = environ.get("QUARTO_PATH", "")
    places = [environ.get("PATH", ""), sysconfig.get_path("scripts")]
    candidates = [shutil.which(told)] if told else [shutil.which("quarto", path=place) for place in places]
    found = next(filter(None, candidates), None)
    if told and not found:
        raise RenderError("QUARTO_PATH", f"{told!r} is not a program", "Name the quarto executable, or unset it")
    if not found:
        return None
    try:
        version = run([found, "--version"], environ, limit=60).strip()
    except RenderError:
        # The package's own script stays behind, broken, when its download was refused.
        if told:
            raise
        return None
    return Quarto(Path(found), version, dict(environ))


@dataclass(frozen=True)
class Quarto:
    """One Quarto executable; `limit` is the longest that a render may take, in seconds."""

    executable: Path
    version: str
    environ: dict[str, str] = field(default_factory=dict, repr=False)
    limit: float = 900
    name: str = "quarto"

    def render(self, project: Path) -> Path:
        """Render the project into its `_site`; raises RenderError on any sign that a page was not made."""
        site = project / SITE_FOLDER
        sources = [project / "index.qmd", *sorted((project / "r").rglob("index.ipynb"))]
        expected = [(site / source.relative_to(project)).with_suffix(".html") for source in sources]
        for page in expected:
            page.unlink(missing_ok=True)  # what lies there afterwards was made by this call
        command = [str(self.executable), "render", str(project)]
        output = run(command, self.environ, self.limit)
        for page in expected:
            if not page.is_file() or not page.stat().st_size:
                raise _failure(command, f"made no {page.relative_to(site).as_posix()}", output)
        return site

    def markdown(self, text: str) -> str:
        """Markdown through the pandoc that Quarto ships; HTML in the text is escaped."""
        with resources.as_file(resources.files(__package__) / "plain.lua") as plain:
            options = ["--sandbox", f"--from={_READER}", "--to=html", "--wrap=none", f"--lua-filter={plain}"]
            command = [str(self.executable), "pandoc", *options, "--no-highlight"]
            return prose(run(command, self.environ, limit=60, stdin=text))


def run(command: list[str], environ: Mapping[str, str], limit: float, stdin: str = "") -> str:
    """Run to the end and return stdout; the whole process group ends with us, or with the time limit."""
    try:
        process = subprocess.Popen(
            command,
            env={**environ, "NO_COLOR": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )
    except OSError as err:
        problem = f"could not be started ({err.strerror})"
        raise RenderError(shlex.join(command), problem, "Check the Quarto installation") from err
    try:
        out, errors = process.communicate(stdin, timeout=limit)
    except subprocess.TimeoutExpired as err:
        _end(process)
        raise _failure(command, f"was stopped after {limit:g} seconds", _text(err.stdout) + _text(err.stderr)) from err
    except BaseException:
        _end(process)
        raise
    if process.returncode:
        raise _failure(command, f"ended with code {process.returncode}", out + errors)
    return out


def _end(process: subprocess.Popen[str]) -> None:
    """Kill Quarto and what it started (its launcher runs Deno and pandoc)."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _text(output: bytes | str | None) -> str:
    return output.decode("utf-8", "replace") if isinstance(output, bytes) else output or ""


def _failure(command: list[str], problem: str, output: str) -> RenderError:
    plain = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", output).strip().splitlines()[-_TAIL:]
    shown = "\n".join(["", *(f"  {line}" for line in plain)]) if plain else " (it printed nothing)"
    remedy = "The last good site stays; ENGINE=embedded needs no Quarto"
    return RenderError(shlex.join(command), problem + shown, remedy)
