"""One truth and no blind spot, between reports."""

from __future__ import annotations

import pytest

from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.model.report import Fact, Finding, Report, ReportKey
from quarterdeck.reconcile import check_blind_spots, reconcile


def fact(value: float | None, **changes: str) -> Fact:
    values = {"scope": "all", "period": "2026-10", "as_of": "2026-10-31", "section": "burn", **changes}
    return Fact("cash", "Cash", value, "USD", **values)  # type: ignore[arg-type]


def report(persona: str, *facts: Fact, findings: tuple[Finding, ...] = ()) -> Report:
    key = ReportKey(persona, "", "2026-10")
    return Report(key, "T", "R", "", "2026-10-31", "C", "USD", "en_US", facts=facts, findings=findings)


def finding(id: str, severity: str, entity: str = "") -> Finding:
    return Finding(id, f"About {id}", severity, entity, "evidence")  # type: ignore[arg-type]


def test_a_planted_discrepancy_stops_and_names_both_reports() -> None:
    """Reports, sections and values are in the message."""
    with pytest.raises(QuarterdeckError) as caught:
        reconcile([report("a", fact(100.0)), report("b", fact(100.01, section="banks"))])
    assert "is 100.0 in report a, section burn, and 100.01 in report b, section banks" in str(caught.value)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (fact(100.0), fact(100.004)),
        (fact(None), fact(None)),
        (fact(1.0), fact(2.0, scope="inn")),
        (fact(1.0), fact(2.0, period="2026-09")),
        (fact(1.0), fact(2.0, as_of="2026-10-30")),
    ],
)
def test_other_scope_period_or_day_is_another_figure(one: Fact, other: Fact) -> None:
    """And less than half a cent is no difference."""
    reconcile([report("a", one), report("b", other)])


def test_known_here_and_unknown_there_is_a_discrepancy() -> None:
    """Not known is not zero, and not a hundred."""
    with pytest.raises(QuarterdeckError):
        reconcile([report("a", fact(None)), report("b", fact(0.0))])


def test_entity_and_serious_finding_that_nobody_shows_are_named() -> None:
    """Medium findings may stay unseen; critical and high ones may not."""
    shown = [report("a", fact(1.0, scope="ferry"), findings=(finding("leak", "critical", "inn"),))]
    check_blind_spots(shown, {"ferry": "Ferry", "inn": "Inn"}, [finding("leak", "critical"), finding("dust", "medium")])
    with pytest.raises(QuarterdeckError) as caught:
        check_blind_spots(shown, {"barn": "Barn"}, [finding("fire", "high"), finding("dust", "low")])
    said = str(caught.value)
    assert "entity Barn" in said and "finding fire (high: About fire)" in said and "dust" not in said
