"""A report's first screen: for whom, when, what moved, what is wrong, and what to do this week."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from ..model.format import Formats
from ..model.markup import fact_strip, text
from ..model.period import Period
from ..model.report import Fact, Finding, Report, Section, Source, this_week

WORST, CHANGES = 3, 3
MOST_SOURCES = 4
WORKBOOK = "report.xlsx"


def opening(report: Report, commentary: str) -> str:
    """The first screen as HTML; `commentary` is an analyst's words, already HTML, or empty."""
    formats = Formats(report.locale, report.currency)
    said = f'<section class="qd-commentary"><p class="qd-kicker">Commentary</p>{_inert(commentary)}</section>'
    moved = most_changed(report.facts, report.headline)
    todo = [_action(finding, report, formats) for finding in this_week(report.findings, report.as_of)]
    panels = [
        panel("changes", "What changed most", [change_line(fact, formats) for fact in moved]),
        panel("worst", "Needs attention", _attention(report, formats)),
        panel("actions", "To do this week", todo),
    ]
    board = f'<div class="qd-board">{"".join(panels)}</div>' if any(panels) else ""
    return _masthead(report) + (said if commentary else "") + fact_strip(report.headline_facts(), formats) + board


def long_date(day: str, locale: str) -> str:
    """A day in words: `October 31, 2026`."""
    return format_date(date.fromisoformat(day[:10]), "long", locale)


def sources_line(section: Section, report: Report) -> str:
    """What a section read and how fresh it is; what is stale, absent or undated is said so. Empty if it read nothing.

    Past MOST_SOURCES (half as many that are kept by hand) they are counted, and named where the reader unfolds them.
    """
    formats, fresh, stale, kept = Formats(report.locale, report.currency), list[str](), list[str](), list[str]()
    for source in section.sources:
        if source.state == "absent":
            stale.append(f'<strong class="qd-stale">{_name(source)} absent</strong>')
        elif source.state == "stale":
            day = text(formats.date(source.newest))
            stale.append(f'<strong class="qd-stale">{_name(source)} stale, last {day}</strong>')
        elif source.state == "register":
            kept.append(
                f"{_name(source)} ({f'last {text(formats.date(source.newest))}' if source.newest else 'undated'})"
            )
        else:
            fresh.append(f"{_name(source)} to {text(formats.date(source.newest, year=False))}")
    every, taken = fresh + stale + kept, _collected_line(section, report)
    if max(len(fresh), len(stale), 2 * len(kept)) <= MOST_SOURCES:
        return (f'<p class="qd-sources">Sources: {", ".join(every)}</p>' if every else "") + taken
    said = fresh if len(fresh) <= MOST_SOURCES else [f"{len(fresh)} tables with rows of the period"]
    said = said + (stale if len(stale) <= MOST_SOURCES else [f"{len(stale)} stale or absent"])
    said = said + (kept if 2 * len(kept) <= MOST_SOURCES else [f"{len(kept)} tables kept by hand"])
    return (
        f'<details class="qd-sources"><summary>Sources: {", ".join(said)}</summary>{", ".join(every)}</details>{taken}'
    )


def _collected_line(section: Section, report: Report) -> str:
    """From which source, when and how long before the report's day the tables of a section were collected, if any."""
    found: dict[tuple[str, str], list[str]] = {}
    for source in section.sources:
        for name, day in source.collected.items():
            found.setdefault((name, day), []).append(_name(source))
    said = []
    for (name, day), tables in sorted(found.items()):
        age = (date.fromisoformat(report.as_of[:10]) - date.fromisoformat(day)).days
        when = f"{age} day{'s' * (age != 1)} before the report’s day" if age else "on the report’s day"
        on = long_date(day, report.locale)
        said.append(f"Collected {on} from {text(name)}, {when}: {', '.join(tables)}.")
    return f'<p class="qd-sources">{" ".join(said)}</p>' if said else ""


def _name(source: Source) -> str:
    return text(source.table.replace("_", " "))


def worst(findings: tuple[Finding, ...], count: int = WORST) -> list[Finding]:
    """The findings that come first, by severity and money at stake."""
    return sorted(findings, key=lambda finding: finding.rank)[:count]


def most_changed(facts: tuple[Fact, ...], headline: tuple[str, ...] = (), count: int = CHANGES) -> list[Fact]:
    """The facts that moved furthest from the previous period, by share of what they were; each label once.

    From a doubling on, the share says more of how small a fact was than of how much it matters: among those,
    the facts of the headline come first.
    """

    def share(fact: Fact) -> float:
        moved = fact.change or 0.0
        return min(1.0, abs(moved if fact.unit == "percent" else moved / (fact.previous or 1.0)))

    moved = [fact for fact in facts if fact.change and fact.previous and fact.better]
    by_label: dict[str, Fact] = {}
    for fact in sorted(moved, key=lambda fact: (-share(fact), fact.id not in headline, fact.id)):
        by_label.setdefault(fact.label, fact)
    return list(by_label.values())[:count]


def _attention(report: Report, formats: Formats) -> list[str]:
    """The worst findings, then how many there are and how much they can cost at most."""
    lines = [worst_line(finding, formats, "#finding-") for finding in worst(report.findings)]
    priced = [finding.money for finding in report.findings if finding.money]
    if len(report.findings) > WORST or len(priced) > 1:
        cost = f", together {text(formats.money(sum(priced)))} at stake at most" if priced else ""
        lines.append(f'<span class="qd-all">{len(report.findings)} findings in all{cost}.</span>')
    return lines or (["No rule found anything wrong."] if report.facts else [])


def worst_line(finding: Finding, formats: Formats, href: str = "") -> str:
    """A finding in one line: severity, title (a link where `href` begins one) and money at stake."""
    title = text(finding.title)
    if href:
        title = f'<a href="{href}{text(finding.id)}">{title}</a>'
    badge = f'<span class="qd-severity qd-{finding.severity}">{finding.severity}</span> '
    if finding.money is None:
        return badge + title
    return f'{badge}{title} <span class="qd-stake">{text(formats.money(finding.money))} at stake</span>'


def _masthead(report: Report) -> str:
    label = Period.parse(report.key.period).label
    lens = f' <span class="qd-lens">{text(report.lens)}</span>' if report.lens else ""
    return (
        f'<header class="qd-masthead"><p class="qd-company">{text(report.company)}</p>'
        f'<h1 class="qd-title">{text(report.title)}</h1>'
        f'<p class="qd-reader">For the <strong>{text(report.reader)}</strong>.{lens}</p>'
        '<div class="qd-when"><nav class="qd-periods" aria-label="Reporting period" '
        f'data-period="{text(report.key.period)}"><span class="qd-period">{text(label)}</span></nav>'
        f'<span class="qd-asof">As of <time datetime="{text(report.as_of[:10])}">'
        f"{text(long_date(report.as_of, report.locale))}</time></span>"
        f'<a class="qd-workbook" href="{WORKBOOK}" download>Workbook (.xlsx)</a></div></header>'
    )


def panel(name: str, heading: str, lines: list[str]) -> str:
    """A titled list in a box; nothing where there is no line."""
    items = "".join(f"<li>{line}</li>" for line in lines)
    return f'<section class="qd-panel qd-panel-{name}"><h2>{heading}</h2><ul>{items}</ul></section>' if lines else ""


def change_line(fact: Fact, formats: Formats) -> str:
    """A figure's move in one sentence: by how much, since when, to what."""
    before = Period.parse(fact.period).previous().label
    moved = f'<span class="qd-change qd-{fact.verdict or "flat"}">{text(formats.change(fact))}</span>'
    now = text(formats.quantity(fact.value, fact.unit))
    return (
        f"<strong>{text(fact.label)}</strong> is {moved} from {text(before)}, at <span class='qd-whole'>{now}</span>."
    )


def _action(finding: Finding, report: Report, formats: Formats) -> str:
    owner = f'<span class="qd-owner">{text(finding.owner)}</span>' if finding.owner else ""
    due = text(formats.due(finding.due, report.as_of, year=False))
    late = " qd-late" if due.startswith("overdue") else ""
    due = f'<span class="qd-due{late}">{due}</span>' if due else ""
    facets = f'<span class="qd-facets">{owner}{due}</span>' if owner or due else ""
    return f"{text(finding.action)} {facets}"


def _inert(html: str) -> str:
    """Keep a shortcode or a fence typed in prose from being read as one."""
    return html.replace("{{", "&#123;&#123;").replace("`", "&#96;")
