"""From a report to what its reader is told by mail: the news, the figures, the worst findings and what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..model.format import Formats
from ..model.period import Period
from ..model.report import (
    CONTROL,
    FIGURE_IN_SUBJECT,
    SEVERITIES,
    Block,
    Fact,
    Figure,
    Finding,
    Prose,
    Report,
    Section,
    Table,
    Variant,
    this_week,
)
from .digest import Digest, Picture
from .told import Told
from .words import one_line

MAX_FINDINGS = 4
MAX_ROWS = 8
MAX_FIGURES = 2
MAX_FACTS = 6
_MOST = {Prose: 2, Table: 2}
_NEWS_CHARACTERS = 62
_MAX_CORRECTIONS = 8


@dataclass(frozen=True)
class Edition:
    """What differs between readers of one report: variant, locale (empty: the persona's), and what they were told last.

    One that `corrects` replaces the mail that `told` stands for.
    """

    variant: str = CONTROL
    locale: str = ""
    told: Told | None = None
    corrects: bool = False


USUAL = Edition()


def digest_figures(report: Report) -> list[Figure]:
    """The charts that the mail shows: the first two of the persona's `digest:` sections."""
    blocks = [block for section in _carried(report) for block in section.blocks]
    return [block for block in blocks if isinstance(block, Figure)][:MAX_FIGURES]


def compose(
    report: Report, *, url: str, sender: str = "", pictures: Sequence[Picture] = (), edition: Edition = USUAL
) -> Digest:
    """Choose what the mail says; `url` leads to the full report, `pictures` show its charts by figure id.

    Whoever wants no more of them writes to `sender`, an address.
    """
    formats, told = Formats(edition.locale or report.locale, report.currency), edition.told
    facts = report.headline_facts()[:MAX_FACTS]
    if told and not edition.corrects:
        facts = tuple(map(told.compared, facts))
    findings = sorted(report.findings, key=lambda finding: finding.rank)
    known, variant = dict(told.findings) if told else {}, report.variants.get(edition.variant, Variant())
    news, about = _worded(variant.subject, report, formats) if variant.subject else _news(facts, findings, formats)
    replaced = told if edition.corrects else None
    label = Period.parse(report.key.period).label
    shown = [figure.id for figure in digest_figures(report)]
    sections = sorted(_carried(report), key=lambda section: section.id != variant.lead)
    return Digest(
        key=report.key,
        subject=f"{'Correction: ' if replaced else ''}{one_line(news or report.title, _NEWS_CHARACTERS)} · {label}",
        preheader=one_line(_preheader(facts, findings, about, formats), 220),
        title=one_line(report.title, 100),
        reader=one_line(report.reader, 100),
        company=one_line(report.company, 100),
        period_label=label,
        as_of=report.as_of,
        currency=report.currency,
        locale=formats.locale,
        url=url,
        sender=sender,
        commentary=report.commentary,
        facts=facts,
        findings=tuple(findings[:MAX_FINDINGS]),
        actions=tuple(this_week(findings, report.as_of)),
        sections=tuple(short for section in sections if (short := _short(section, shown)).blocks),
        lead=variant.lead,
        pictures=tuple(picture for picture in pictures if picture.id in shown),
        since=f"Changes are those since your mail of {formats.date(told.on)}." if told and not replaced else "",
        new=tuple(finding.id for finding in findings if told and finding.id not in known),
        gone="" if replaced else _gone([title for id, title in known.items() if id not in {f.id for f in findings}]),
        correction=_correction(replaced, report, formats) if replaced else (),
    )


def _gone(titles: Sequence[str]) -> str:
    """Which findings of the last mail no longer hold."""
    if not titles:
        return ""
    more = f" and {len(titles) - 3} more" if len(titles) > 3 else ""
    return f"No longer found since your last mail: {'; '.join(one_line(title, 90) for title in titles[:3])}{more}."


def _correction(told: Told, report: Report, formats: Formats) -> tuple[str, ...]:
    said = list(told.corrections(report, formats))
    if (more := len(said) - _MAX_CORRECTIONS) > 0:
        said[_MAX_CORRECTIONS:] = [f"{more} more changes are in the full report."]
    return (f"This replaces the mail of {formats.date(told.on)}.", *said)


def _worded(subject: str, report: Report, formats: Formats) -> tuple[str, str]:
    """A persona's own subject with the figures it names, and the id of the first of these."""
    facts = {fact.id: fact for fact in report.facts}
    named = FIGURE_IN_SUBJECT.findall(subject)
    told = FIGURE_IN_SUBJECT.sub(lambda match: formats.quantity(facts[match[1]].value, facts[match[1]].unit), subject)
    return told, (named or [""])[0]


def _carried(report: Report) -> list[Section]:
    by_id = {section.id: section for section in report.sections if section.blocks}
    return [by_id[name] for name in report.digest if name in by_id]


def _short(section: Section, figures: Sequence[str]) -> Section:
    """A section as mail carries it: the chosen charts, the first paragraphs and tables, and the tables' first rows."""
    blocks: list[Block] = []
    for block in section.blocks:
        if isinstance(block, Figure):
            if block.id in figures:
                blocks.append(block)
        elif sum(type(earlier) is type(block) for earlier in blocks) < _MOST[type(block)]:
            if isinstance(block, Table):
                block = replace(block, rows=block.rows[:MAX_ROWS], total=max(block.total, len(block.rows)))
            blocks.append(block)
    return replace(section, blocks=tuple(blocks))


def _news(facts: Sequence[Fact], findings: Sequence[Finding], formats: Formats) -> tuple[str, str]:
    """The one thing to know and the id of what says it: a critical finding, else the worst change."""
    worst = findings[0] if findings else None
    if worst and worst.severity == "critical":
        return _stake(worst, formats), worst.id
    moved = sorted((fact for fact in facts if _moved(fact) >= 0.01), key=_moved, reverse=True)
    for fact in (fact for fact in moved if fact.verdict == "bad"):
        return f"{fact.label} {formats.change(fact)}", fact.id
    if worst and worst.severity == "high":
        return _stake(worst, formats), worst.id
    for fact in moved:
        return f"{fact.label} {formats.change(fact)}", fact.id
    return (worst.title, worst.id) if worst else ("", "")


def _stake(finding: Finding, formats: Formats) -> str:
    title = one_line(finding.title, _NEWS_CHARACTERS)
    amount = formats.money(finding.money) if finding.money else ""
    longer = f"{title} ({amount} at stake)"
    return longer if amount and amount not in title and len(longer) <= _NEWS_CHARACTERS else title


def _moved(fact: Fact) -> float:
    """How far a fact moved, as a share of where it was."""
    return abs(fact.change) / abs(fact.previous) if fact.change and fact.previous else 0.0


def _preheader(facts: Sequence[Fact], findings: Sequence[Finding], told: str, formats: Formats) -> str:
    """What the subject leaves out: how many findings there are, and the first headline figures."""
    counts = [(severity, sum(f.severity == severity for f in findings)) for severity in SEVERITIES]
    said = [f"{count} {severity}" for severity, count in counts if count][:2]
    several = "findings" if len(findings) > 1 else "finding"
    sentences = [f"{' and '.join(said)} {several}." if said else "No findings."]
    for fact in facts:
        if fact.id != told and fact.value is not None:
            change = formats.change(fact)
            value = formats.quantity(fact.value, fact.unit)
            sentences.append(f"{one_line(fact.label, 40)} {value}{f', {change}' if change else ''}.")
    return " ".join(sentences[:3])
