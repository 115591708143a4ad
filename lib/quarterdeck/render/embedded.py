"""The renderer for where Quarto cannot be had: smalldocs, in this process, from the same project files."""

from __future__ import annotations

from html import escape
from importlib.metadata import version
from pathlib import Path

from ..model.errors import RenderError
from .fragment import prose

_DOLLAR = "\ue000"  # two amounts in a sentence would be read as mathematics


class Embedded:
    """Renders with the package smalldocs; needs no other program and no network."""

    name = "embedded"

    @property
    def version(self) -> str:
        """The installed version of smalldocs."""
        return version("smalldocs")

    def render(self, project: Path) -> Path:
        """Render the project into its `_site`; raises RenderError with what smalldocs refused."""
        from smalldocs.config import BuildError, ConfigError, load
        from smalldocs.site import Site

        try:
            # Not smalldocs.site.build: it prints where it wrote, relative to the process's folder.
            site = Site(load(project), quiet=True)
            site.build()
        except (BuildError, ConfigError) as err:
            remedy = "Mend _quarto.yml, index.qmd or the notebook named"
            raise RenderError("embedded renderer", str(err), remedy) from err
        return Path(site.out)

    def markdown(self, text: str) -> str:
        """Markdown through nbconvert's renderer; HTML in the text is escaped, and a dollar sign is money."""
        from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

        class Renderer(IPythonRenderer):  # type: ignore[misc]
            """Code without colours, which prose has none of."""

            def block_code(self, code: str, info: str | None = None) -> str:
                return f"<pre><code>{escape(code.rstrip())}</code></pre>"

        markdown = MarkdownWithMath(renderer=Renderer(escape=True, exclude_anchor_links=True))
        html = markdown.render(text.replace("\\$", "$").replace("$", _DOLLAR))
        return prose(html.replace(_DOLLAR, "$"))
