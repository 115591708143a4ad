"""What a renderer does, and which one a run uses."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ..model.errors import RenderError, nearest

ENGINES = ("auto", "quarto", "embedded")
SITE_FOLDER = "_site"
"""Where a rendered project, and the finished site, lie inside their folder."""


class Renderer(Protocol):
    """Turns a website project (`_quarto.yml`, `index.qmd`, `assets/`, `r/**/index.ipynb`) into HTML."""

    @property
    def name(self) -> str:
        """`quarto` or `embedded`."""

    @property
    def version(self) -> str:
        """The version of the program or package that does the work."""

    def render(self, project: Path) -> Path:
        """Render every page of the project once; returns the folder that holds the HTML. Raises RenderError."""

    def markdown(self, text: str) -> str:
        """Markdown to an HTML fragment of plain prose; HTML in the text is shown as text, never obeyed."""


def choose(engine: str = "auto", environ: Mapping[str, str] | None = None) -> Renderer:
    """The renderer for `auto` (Quarto where there is one), `quarto` or `embedded`.

    Quarto is looked for in `QUARTO_PATH`, on `PATH`, and among the scripts of this Python (where the package
    quarto-cli puts it). Raises RenderError when Quarto was asked for and there is none.
    """
    from .embedded import Embedded
    from .quarto import find

    if engine not in ENGINES:
        raise RenderError("ENGINE", f"{engine!r} is no renderer", nearest(engine, ENGINES))
    if engine == "embedded":
        return Embedded()
    quarto = find(os.environ if environ is None else environ)
    if quarto is None and engine == "quarto":
        remedy = "Run `make quarto`, set QUARTO_PATH, or use ENGINE=embedded"
        raise RenderError("ENGINE", "quarto was asked for and none was found", remedy)
    return quarto or Embedded()
