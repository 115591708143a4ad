"""What the docs say is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from quarterdeck.cli.verbs import make_parser
from quarterdeck.execute.outline import Outline
from quarterdeck.scaffold import tables_page

ROOT = Path(__file__).parent.parent
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "data/README.md"]


def test_reference_of_tables_is_current() -> None:
    """`make reference` has been run since a schema changed."""
    assert (ROOT / "docs/reference/tables.md").read_text("utf-8") == tables_page()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_local_links_lead_somewhere(page: Path) -> None:
    """No link to a file that is not there."""
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", text):
        assert (page.parent / target).exists(), target


def test_make_targets_in_the_readme_exist() -> None:
    """Each `make x` of the README is a target."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    named = set(re.findall(r"\bmake ([a-z-]+)\b", (ROOT / "README.md").read_text("utf-8")))
    assert named and named <= targets


def test_options_that_the_makefile_passes_exist() -> None:
    """The Makefile speaks the command line's language."""
    help_text = make_parser().format_help() + "".join(
        sub.format_help()
        for action in make_parser()._subparsers._group_actions
        for sub in action.choices.values()  # type: ignore[union-attr]
    )
    for option in set(
        re.findall(
            r"--(?:personas|period|as-of|engine|jobs|force|data|personas-dir|port|apply)\b",
            (ROOT / "Makefile").read_text("utf-8"),
        )
    ):
        assert option in help_text


def test_sections_that_the_readme_names_exist() -> None:
    """The example persona would render."""
    text = (ROOT / "README.md").read_text("utf-8")
    listed = re.search(r"^sections: \[(.*?)\]", text, re.M)
    assert listed
    sections = Outline.read(ROOT / "notebooks/report.ipynb").sections
    assert set(listed[1].split(", ")) <= set(sections)


def test_nothing_of_a_machine_is_committed() -> None:
    """No registry host and no one's path stands in locks or configuration."""
    for name in ("requirements.lock", "requirements-dev.lock", "pyproject.toml"):
        text = (ROOT / name).read_text("utf-8")
        assert not re.search(r"index-url|find-links|https?://", text), name
