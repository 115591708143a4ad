"""Quarto's wrapper, against a stand-in program that records how it was called."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import sys
import time
from pathlib import Path

import pytest
from pypandoc import get_pandoc_path

from quarterdeck.model.errors import RenderError
from quarterdeck.render import choose
from quarterdeck.render.embedded import Embedded
from quarterdeck.render.quarto import Quarto, find

WRITES_PAGES = """
project = pathlib.Path(sys.argv[2])
for source in [project / "index.qmd", *project.glob("r/**/index.ipynb")]:
    page = (project / "_site" / source.relative_to(project)).with_suffix(".html")
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("<html></html>")
"""


def stand_in(folder: Path, body: str, name: str = "quarto") -> Path:
    """A program that answers --version as Quarto does, notes its arguments, and else does what `body` says."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    program = folder / f"{name}.py"
    # Not as an interpreter of the script: the name of that may hold a space.
    path.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, str(program)])} "$@"\n')
    program.write_text(
        "import json, pathlib, sys, time\n"
        'if sys.argv[1:] == ["--version"]:\n    print("1.10.3"); sys.exit()\n'
        f"pathlib.Path({str(folder / 'argv.json')!r}).write_text(json.dumps(sys.argv[1:]))\n{body}"
    )
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A project with a home page and one report."""
    page = tmp_path / "project" / "r" / "owner" / "2026-10" / "index.ipynb"
    page.parent.mkdir(parents=True)
    page.write_text("{}")
    (tmp_path / "project" / "index.qmd").write_text("home")
    return tmp_path / "project"


def quarto(path: Path, limit: float = 30) -> Quarto:
    """The wrapper around a stand-in."""
    return Quarto(path, "1.10.3", dict(os.environ), limit)


def test_quarto_path_comes_before_path(tmp_path: Path) -> None:
    """QUARTO_PATH wins over PATH, PATH is next; either way the version is asked."""
    told, on_path = stand_in(tmp_path / "a", "", "my-quarto"), stand_in(tmp_path / "b", "")
    found = find({"QUARTO_PATH": str(told), "PATH": str(on_path.parent)})
    assert found and found.executable == told and found.version == "1.10.3"
    found = find({"PATH": str(on_path.parent)})
    assert found and found.executable == on_path


def test_the_scripts_of_this_python_come_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package quarto-cli puts its program beside Python's own scripts, which need not be on PATH."""
    path = stand_in(tmp_path / "scripts", "")
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(path.parent))
    found = find({"PATH": str(tmp_path / "none")})
    assert found and found.executable == path


def test_a_wrong_quarto_path_is_an_error(tmp_path: Path) -> None:
    """Whoever names a program is told that it is not there, and gets no other one."""
    with pytest.raises(RenderError, match=r"QUARTO_PATH.*nowhere"):
        find({"QUARTO_PATH": "/nowhere/quarto", "PATH": str(stand_in(tmp_path, "").parent)})


def test_a_broken_quarto_on_path_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left of an installation whose download failed counts as no Quarto."""
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / "none"))
    broken = tmp_path / "quarto"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert find({"PATH": str(tmp_path)}) is None


def test_choose_prefers_quarto_and_falls_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` takes Quarto where there is one; `quarto` without one, or an unknown name, is a clear error."""
    monkeypatch.setattr("sysconfig.get_path", lambda name: str(tmp_path / "none"))
    here, nowhere = {"PATH": str(stand_in(tmp_path / "bin", "").parent)}, {"PATH": str(tmp_path / "none")}
    assert isinstance(choose("auto", here), Quarto)
    assert isinstance(choose("auto", nowhere), Embedded)
    assert isinstance(choose("embedded", here), Embedded)
    with pytest.raises(RenderError, match=r"none was found.*make quarto"):
        choose("quarto", nowhere)
    with pytest.raises(RenderError, match="Did you mean 'quarto'"):
        choose("quatro", here)


def test_a_render_is_one_call_without_execution(tmp_path: Path, site: Path) -> None:
    """The project is rendered once; neither execution nor parameters are asked for."""
    assert quarto(stand_in(tmp_path / "bin", WRITES_PAGES)).render(site) == site / "_site"
    assert json.loads((tmp_path / "bin" / "argv.json").read_text()) == ["render", str(site)]


def test_a_failure_shows_command_code_and_output(tmp_path: Path, site: Path) -> None:
    """The message repeats the command and ends with what Quarto said, without colours."""
    body = 'print("\\x1b[31mERROR: bad theme\\x1b[0m", file=sys.stderr); sys.exit(3)'
    with pytest.raises(RenderError, match=r"quarto render .*ended with code 3\n  ERROR: bad theme") as caught:
        quarto(stand_in(tmp_path / "bin", body)).render(site)
    assert "\x1b" not in str(caught.value)


def test_success_without_a_page_is_a_failure(tmp_path: Path, site: Path) -> None:
    """Exit code 0 is not believed when a page is missing."""
    body = WRITES_PAGES.replace('*project.glob("r/**/index.ipynb")', "")
    with pytest.raises(RenderError, match=r"made no r/owner/2026-10/index\.html"):
        quarto(stand_in(tmp_path / "bin", body)).render(site)


def test_a_page_of_an_earlier_call_does_not_count(tmp_path: Path, site: Path) -> None:
    """Old output in place is no proof of a new render."""
    quarto(stand_in(tmp_path / "good", WRITES_PAGES)).render(site)
    with pytest.raises(RenderError, match=r"made no index\.html"):
        quarto(stand_in(tmp_path / "lazy", "")).render(site)


def test_a_hanging_quarto_is_stopped_with_its_children(tmp_path: Path, site: Path) -> None:
    """The time limit ends the launcher and what it started."""
    child = tmp_path / "child.pid"
    body = (
        'import subprocess\np = subprocess.Popen(["sleep", "60"])\n'
        f"pathlib.Path({str(child)!r}).write_text(str(p.pid))\np.wait()"
    )
    began = time.monotonic()
    with pytest.raises(RenderError, match="stopped after 1 seconds"):
        quarto(stand_in(tmp_path / "bin", body), limit=1).render(site)
    assert time.monotonic() - began < 10
    state = Path(f"/proc/{child.read_text()}/stat")
    while state.exists() and state.read_text().split()[2] != "Z":  # a killed process takes an instant to go
        assert time.monotonic() - began < 15
        time.sleep(0.01)


def test_markdown_goes_through_the_pandoc_that_quarto_ships(tmp_path: Path) -> None:
    """Raw HTML is switched off in the reader, and what comes back is still reduced to prose."""
    body = 'print("<p>" + sys.stdin.read() + "<script>x</script><a href=\'javascript:y\'>z</a></p>")'
    assert quarto(stand_in(tmp_path / "bin", body)).markdown("hé") == "<p>héx<a>z</a></p>"
    argv = json.loads((tmp_path / "bin" / "argv.json").read_text())
    assert argv[:2] == ["pandoc", "--sandbox"]


MARKDOWN = {
    "paragraphs": "Gross burn of **$8,418** stayed below $9,000, *and* more.\n\nSecond `code` one\nwith a soft break.",
    "hard breaks": "a  \nb\\\nc",
    "lists": "- one\n- two **bold**\n  - inner\n\n1. a\n2. b",
    "loose list": "- one\n\n- two",
    "tasks": "- [ ] open\n- [x] done",
    "definitions": "Term\n: Definition",
    "table": "| A | B |\n|---|--:|\n| x | 1 |\n",
    "headings": "# Big\n\n## Small\n\ntext",
    "links": "[x](https://example.com/a?b=1&c=2) <https://example.com> https://bare.example.com [y](javascript:z)",
    "quotation": "> said\n> so\n\nafter",
    "raw HTML": "a <b>b</b> <script>x()</script> & < >\n\n<div onclick='x'>block</div>\n\nafter",
    "code": "```python\nx = 1 < 2\n```",
    "money and no mathematics": "costs $5 and \\$6, $x^2$ 5 * 3 snake_case_word \\*not\\*",
    "typography": 'It\'s "quoted" -- and ... done 📈 café — “ok” ~~old~~',
    "rule and picture": "a\n\n---\n\n![alt](x.png)",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", MARKDOWN)
def test_both_renderers_make_the_same_prose_of_markdown(kind: str, tmp_path: Path) -> None:
    """By a real pandoc, as Quarto ships one: the same tags and the same words, and HTML is text in both."""
    pandoc = tmp_path / "quarto"
    pandoc.write_text(f'#!/bin/sh\nshift\nexec {shlex.quote(get_pandoc_path())} "$@"\n')
    pandoc.chmod(0o755)
    made = [renderer.markdown(MARKDOWN[kind]) for renderer in (quarto(pandoc), Embedded())]
    ours, theirs = (re.sub(r"\s*(<[^>]*>)\s*", r"\1", re.sub(r"\s+", " ", html)) for html in made)
    assert ours == theirs
    assert "<script" not in ours and "onclick='x'>" not in ours
