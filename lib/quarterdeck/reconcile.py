"""One truth and no blind spot: what must hold between reports before any of them is shown."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from .model.errors import QuarterdeckError
from .model.report import Fact, Finding, Report

TOLERANCE = 0.005
"""Two values of one figure may differ by less than this: half a cent."""


def reconcile(reports: Iterable[Report]) -> None:
    """Raise QuarterdeckError when two reports state one figure differently.

    One figure is one id, scope, period and as-of; the message names both reports, their sections and their values.
    """
    stated: dict[tuple[str, ...], tuple[Report, Fact]] = {}
    for report in reports:
        for fact in report.facts:
            first, other = stated.setdefault((fact.id, fact.scope, fact.period, fact.as_of), (report, fact))
            if not _equal(fact.value, other.value):
                raise QuarterdeckError(
                    f"fact {fact.id} ({fact.scope}, {fact.period})",
                    f"is {other.value} in report {first.key.slug}, section {other.section}, "
                    f"and {fact.value} in report {report.key.slug}, section {fact.section}",
                    "Compute it in one place, or give one of them another id; nothing was rendered or mailed",
                )


def _equal(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else abs(one - other) < TOLERANCE


def check_blind_spots(reports: Sequence[Report], entities: dict[str, str], findings: Sequence[Finding]) -> None:
    """Raise QuarterdeckError when no report shows an entity, or a finding of critical or high severity.

    `entities` maps ids to names; an entity is shown where its id is in a scope or its name stands in a report.
    """
    said = "".join(json.dumps([asdict(report) for report in reports], ensure_ascii=False, default=str))
    scopes = {item for report in reports for fact in report.facts for item in fact.scope.split("+")}
    scopes |= {finding.entity for report in reports for finding in report.findings}
    unseen = [f"entity {name}" for id, name in sorted(entities.items()) if id not in scopes and name not in said]
    shown = {finding.id for report in reports for finding in report.findings}
    unseen += [
        f"finding {finding.id} ({finding.severity}: {finding.title})"
        for finding in sorted(findings, key=lambda finding: finding.rank)
        if finding.severity in ("critical", "high") and finding.id not in shown
    ]
    if unseen:
        more = f" and {len(unseen) - 5} more" if len(unseen) > 5 else ""
        raise QuarterdeckError(
            "personas",
            f"no report shows {', '.join(unseen[:5])}{more}",
            "List a section that shows it in a persona; nothing was rendered or mailed",
        )
