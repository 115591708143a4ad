"""What a reader has been told, kept with the delivery: the next mail's changes are measured against it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..model.format import Formats
from ..model.report import Fact, Report


@dataclass(frozen=True)
class Told:
    """What one mail told: values and units of its facts, titles of its findings (by id), and a hash of all its content.

    `on` is the day of the mail as its reader saw it, ISO.
    """

    on: str
    content: str
    facts: tuple[tuple[str, float | None, str], ...]
    findings: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, report: Report, content: str) -> Told:
        """What a mail of this report tells; it has not been sent yet."""
        facts = tuple((fact.id, fact.value, fact.unit) for fact in report.headline_facts())
        return cls("", content, facts, tuple((finding.id, finding.title) for finding in report.findings))

    def dump(self) -> str:
        """As JSON, without its day: that stands in the ledger."""
        return json.dumps([self.content, self.facts, self.findings], ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def load(cls, text: str, on: str) -> Told | None:
        """What `dump` wrote; None where the ledger no longer knows."""
        if not text:
            return None
        content, facts, findings = json.loads(text)
        return cls(on, content, tuple(map(tuple, facts)), tuple(map(tuple, findings)))

    def compared(self, fact: Fact) -> Fact:
        """A fact whose previous value is the one that this mail told, where it told one in the same unit."""
        found = next(((value, unit) for id, value, unit in self.facts if id == fact.id), None)
        constant = fact.previous is None and found == (fact.value, fact.unit)  # its note says more than "unchanged"
        return fact if constant or not found or found[1] != fact.unit else replace(fact, previous=found[0])

    def differs(self, report: Report) -> bool:
        """Whether figures or findings of a report are others than this mail's."""
        now = Told.of(report, "")
        return (set(self.facts), set(self.findings)) != (set(now.facts), set(now.findings))

    def corrections(self, report: Report, formats: Formats) -> Iterator[str]:
        """What is otherwise than this mail told, in sentences."""
        before, titles = {id: (value, unit) for id, value, unit in self.facts}, dict(self.findings)
        for fact in report.headline_facts():
            if (was := before.get(fact.id)) and was != (fact.value, fact.unit):
                now, then = formats.quantity(fact.value, fact.unit), formats.quantity(*was)
                yield f"{fact.label} is {now}, not {then}."
        found = {finding.id: finding.title for finding in report.findings}
        yield from (f"New: {title}." for id, title in found.items() if id not in titles)
        yield from (f"No longer found: {title}." for id, title in titles.items() if id not in found)
        if not self.differs(report):
            yield "Words, tables or charts have changed; headline figures and findings have not."
