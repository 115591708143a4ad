"""The notebook as an analyst runs it: top to bottom, with the page and the mail at its end."""

from __future__ import annotations

import os
import re
from html import unescape
from pathlib import Path

import papermill
import pytest

from quarterdeck.report.preview import self_contained


@pytest.mark.slow
@pytest.mark.xdist_group("pipeline")
def test_notebook_runs_as_it_stands_and_shows_page_and_mail(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Changing one line shows another persona; outside a run of the pipeline displays are HTML."""
    for name in [name for name in os.environ if name.startswith("QUARTERDECK_")]:
        monkeypatch.delenv(name)
    notebook = papermill.execute_notebook(
        project / "notebooks/report.ipynb",
        None,
        parameters={"persona": "skipper"},
        progress_bar=False,
        resources={"metadata": {"path": str(project / "notebooks")}},
        shutdown_kernel="immediate",
    )
    shown = [output["data"] for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    assert not [data for data in shown if "text/markdown" in data]
    frames = re.findall(r'srcdoc="([^"]+)"', shown[-1]["text/html"])
    page, mail = map(unescape, frames)
    assert "€400" in page and "window.Plotly" in page and "€400" in mail
    assert (project / "_site/r/skipper/2026-03/index.html").is_file()


def test_page_in_a_frame_needs_no_file_beside_it(tmp_path: Path) -> None:
    """Styles and scripts stand inside; what would end a script early does not."""
    (tmp_path / "a.css").write_text("p {}", "utf-8")
    (tmp_path / "a.js").write_text("'</script>'", "utf-8")
    (tmp_path / "p.html").write_text('<link rel="stylesheet" href="a.css"><script defer src="a.js"></script>', "utf-8")
    assert self_contained(tmp_path / "p.html") == ("<style>p {}</style><script type=\"module\">'<\\/script>'</script>")
