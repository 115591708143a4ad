"""Rules over primary tables: remove the offending rows and the finding goes.

Each module lists its rules in `RULES`; all are called as `rule(data, period, as_of, **thresholds)`.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from ...model.errors import NotebookError
from ...model.report import Finding
from ..data import Data, remembered
from . import books, clients, engineering, market, money, operations, owner

if TYPE_CHECKING:
    from ...model.period import Period

MODULES: tuple[Any, ...] = (books, clients, engineering, market, money, operations, owner)


@remembered
def everything(data: Data, /, period: Period, as_of: date, **thresholds: Any) -> list[Finding]:
    """All findings of all rules, the worst first; each rule gets those of the thresholds that it has.

    Raises NotebookError when two findings have one id.
    """
    found: dict[str, Finding] = {}
    for rule in (rule for module in MODULES for rule in module.RULES):
        accepted = {name: thresholds[name] for name in inspect.signature(rule).parameters if name in thresholds}
        for finding in remembered(rule)(data, period, as_of, **accepted):
            if finding.id in found:
                raise NotebookError(
                    f"finding {finding.id}", "is made by two rules or twice by one", "Give each its own id"
                )
            found[finding.id] = finding
    return sorted(found.values(), key=lambda finding: finding.rank)


def for_owner(found: Sequence[Finding]) -> list[Finding]:
    """All but engineering's findings: what is technical stands in the report of who answers for it."""
    technical = {rule.__name__ for rule in engineering.RULES}
    return [finding for finding in found if finding.rule not in technical]


def shortfalls(found: Sequence[Finding], count: int = 8) -> list[Finding]:
    """What an owner must know: the worst finding of each rule, at most `count`, the worst first.

    Neither engineering's nor those of day-to-day operations, which whoever runs them answers for.
    """
    daily = {rule.__name__ for rule in operations.RULES}
    worst: dict[str, Finding] = {}
    for finding in sorted(for_owner(found), key=lambda finding: finding.rank):
        if finding.rule not in daily:
            worst.setdefault(finding.rule, finding)
    return list(worst.values())[:count]
