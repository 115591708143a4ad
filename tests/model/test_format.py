"""One way to write money, shares, numbers and dates."""

from __future__ import annotations

import pytest

from quarterdeck.model.format import Formats, unparted
from quarterdeck.model.report import Fact


def fact(value: float | None, previous: float | None, unit: str = "USD") -> Fact:
    return Fact("f", "F", value, unit, "all", "2026-10", "2026-10-31", previous=previous)


@pytest.mark.parametrize(
    ("value", "unit", "shown"),
    [
        (8412.3, "USD", "$8,412"),
        (84.1, "USD", "$84.10"),
        (-120, "USD", "−$120"),
        (-0.2, "USD", "−$0.20"),
        (0, "USD", "$0"),
        (0.125, "percent", "12%"),
        (0.0125, "percent", "1.2%"),
        (5.81, "charters", "5.8 charters"),
        (3.0, "count", "3"),
        (None, "USD", "not known"),
        (1e39, "USD", "$1" + ",000" * 7),
    ],
)
def test_quantities(value: float | None, unit: str, shown: str) -> None:
    """Cents below a hundred, a true minus sign, never zero for what is not known, no failure for any size."""
    assert Formats().quantity(value, unit) == shown


def test_locale_of_the_reader() -> None:
    """A German reader of euros sees them as at home."""
    formats = Formats("de_DE", "EUR")
    assert (formats.money(1234.5), formats.percent(0.5), formats.date("2026-10-31")) == (
        "1.234\xa0€",
        "50\xa0%",
        "31.10.2026",
    )


@pytest.mark.parametrize(
    ("now", "before", "unit", "said"),
    [
        (110, 100, "USD", "up $10 (+10%)"),
        (90, 100, "USD", "down $10 (−10%)"),
        (-519, 319, "USD", "down $838"),
        (345, 41, "USD", "up $304"),
        (400, 100, "USD", "up $300 (+300%)"),
        (0.10, 0.15, "percent", "down 5 points"),
        (6.31, 6.33, "charters", "unchanged"),
        (5, None, "count", ""),
        (None, 5, "count", ""),
    ],
)
def test_changes(now: float | None, before: float | None, unit: str, said: str) -> None:
    """A share is left out where the sign changed or the base was small, and what rounds to nothing is unchanged."""
    assert Formats().change(fact(now, before, unit)) == said


def test_one_of_a_unit_is_said_in_the_singular() -> None:
    """Of one charter, one delivery and one day nobody says charters, deliveries or days."""
    said = [Formats().quantity(1.0, unit) for unit in ("charters", "deliveries", "days", "staff")]
    assert said == ["1 charter", "1 delivery", "1 day", "1 staff"]
    assert Formats().quantity(1.4, "days") == "1.4 days"


def test_a_minus_sign_keeps_to_its_amount_in_running_words():
    """A word joiner stands where a browser would end a line; a bare number needs none."""
    assert unparted("down \u2212$690, \u221249") == "down \u2212\u2060$690, \u221249"
