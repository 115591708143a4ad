"""Who may do what: every role, action, session and report."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from quarterdeck.cloud.permissions import ACTIONS, MAY, ON_REPORT, may
from quarterdeck.deliver.members import ROLES

DOCS = Path(__file__).parents[2] / "docs" / "access.md"
TABLE = [line.split("|")[1:-1] for line in DOCS.read_text("utf-8").splitlines() if line.startswith("|")]
(_, *HEADER), _, *LINES = ([cell.strip() for cell in row] for row in TABLE)
MINE = {  # what a session may open, and which reports that is
    (): [],
    ("ceo",): ["ceo"],
    ("client-audit/acme",): ["client-audit/acme"],
    ("client-audit",): ["client-audit", "client-audit/acme"],
    ("*",): ["ceo", "cfo", "client-audit", "client-audit/acme"],
}
SLUGS = ["ceo", "cfo", "client-audit", "client-audit/acme"]


def test_the_table_names_every_role_and_action() -> None:
    """That of the guide."""
    assert {line[0] for line in LINES} == set(ROLES) == set(MAY) and set(HEADER) == set(ACTIONS)


CELLS = [(role, *cell) for role, *said in LINES for cell in zip(HEADER, said, strict=True)]


@pytest.mark.parametrize("role, action, said", CELLS)
def test_a_role_may_what_the_table_says_of_its_own_reports(role: str, action: str, said: str) -> None:
    """Of no others, except an admin; an action on a report needs one."""
    allowed = said == "yes"
    assert may(role, action) is (allowed and (role == "admin" or action not in ON_REPORT))
    for (reports, mine), slug in product(MINE.items(), SLUGS):
        assert may(role, action, reports, slug) is (allowed and (role == "admin" or slug in mine)), (reports, slug)


@pytest.mark.parametrize("role", ["", "Admin", "owner", "admin ", "*"])
def test_another_role_may_nothing(role: str) -> None:
    """Nor may one of ours do what is no action."""
    assert not any(may(role, action, ("*",), slug) for action in ACTIONS for slug in ("", "ceo"))
    assert not any(may(known, action, ("*",), "ceo") for known in ROLES for action in ("", "delete", "READ"))


@pytest.mark.parametrize("slug", ["ceo/", "/ceo", "ceos", "ce", "CEO", "../ceo", "acme", "cfo/ceo"])
def test_a_name_that_is_like_ones_own_is_not(slug: str) -> None:
    """Only the whole first part counts, so one that merely begins with it opens no more than its folder does."""
    assert may("guest", "read", ("ceo",), slug) is slug.startswith("ceo/")
