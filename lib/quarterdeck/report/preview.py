"""The last cell of the notebook: the page and the mail of the persona at hand, made by the real pipeline."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from ..model.report import ReportKey

if TYPE_CHECKING:
    from .desk import Desk

_LOCAL = re.compile(
    r'<meta http-equiv="Content-Security-Policy"[^>]*>|'
    r'<link [^>]*?href="(?P<css>[^":]+\.css)"[^>]*>|<script [^>]*?src="(?P<js>[^":]+\.js)"[^>]*></script>'
)


def show_preview(desk: Desk, root: Path) -> None:
    """Build this persona's report from the notebook as saved, and show its page and its mail."""
    from IPython.display import HTML, display

    command = [sys.executable, "-m", "quarterdeck", "reports", "--project", str(root), "--personas", desk.persona.id]
    command += ["--period", desk.period.name, "--as-of", desk.as_of.isoformat()]
    for option, name in (("--data", "QUARTERDECK_DATA"), ("--personas-dir", "QUARTERDECK_PERSONAS")):
        command += [option, os.environ[name]] if os.environ.get(name) else []
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        display(HTML(f"<pre>{escape(done.stderr.strip())}</pre>"))
        return
    key = ReportKey(desk.persona.id, desk.subject, desk.period.name)
    if desk.persona.each and not desk.subject:
        key = ReportKey(desk.persona.id, next(iter(desk.data.table(desk.persona.each).iloc[:, 0])), desk.period.name)
    page = self_contained(root / "_site" / key.path / "index.html")
    mail = (root / "outbox" / key.period / f"{key.slug}.html").read_text("utf-8")
    frames = [
        f'<h4>{title}</h4><iframe srcdoc="{escape(html)}" style="width:100%;height:900px;border:0"></iframe>'
        for title, html in (("Page, from the notebook as saved", page), ("Mail", mail))
    ]
    display(HTML("".join(frames)))


def self_contained(page: Path) -> str:
    """A page with its local styles and scripts inside it, so that it shows where its folder cannot be reached."""

    def inline(match: re.Match[str]) -> str:
        name = match["css"] or match["js"] or ""
        path = (page.parent / name).resolve()
        if not path.is_file():
            return ""
        text = path.read_text("utf-8")
        if match["css"]:
            return f"<style>{text}</style>"
        # A deferred script runs once the page is read; one without a source does so as a module.
        harmless = text.replace("</script", "<\\/script")
        return f'<script type="module">{harmless}</script>'

    return _LOCAL.sub(inline, page.read_text("utf-8"))
