"""One attempt to install Quarto from the package quarto-cli, which downloads a release where it is allowed to."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from ..model.errors import RenderError
from .quarto import find, run

SECONDS = 120
"""How long the attempt may take; a machine that cannot reach the release fails by itself in about 15."""


def install_quarto(environ: Mapping[str, str], *, python: str = sys.executable, seconds: float = SECONDS) -> str:
    """Install Quarto unless there is one; returns the one line that says which renderer will serve."""
    found = find(environ)
    if found is None:
        lock = Path(str(files(__package__) / "quarto.lock"))
        command = [python, "-m", "pip", "install", "--no-deps", "--no-input", "--retries", "1", "--require-hashes"]
        try:
            # Quiet on purpose: the build error of a refused download is long and says nothing to a user.
            run([*command, "-r", str(lock)], environ, limit=seconds)
        except RenderError:
            return "The embedded renderer builds the site: no Quarto could be installed (`make quarto` tries again)."
        found = find(environ)
    if found is None:
        return "Quarto was installed but does not run; the embedded renderer builds the site."
    return f"Quarto {found.version} builds the site ({found.executable})."
