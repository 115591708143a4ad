"""The owner's home page: one card per report, and the small files that lead between a report's periods."""

from __future__ import annotations

import re

from ..model.errors import RenderError
from ..model.format import Formats
from ..model.markup import sparkline, text
from ..model.period import Period
from ..model.report import Fact, Report
from .opening import change_line, long_date, most_changed, panel, worst, worst_line

DELIVERIES = "deliveries.html"
CONSOLE = '<a href="console/index.html">Console</a>'
_MOST = 4

NOTHING_HERE = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Nothing here</title>'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
    "<style>:root{color-scheme:light dark}body{font:1.125rem/1.6 system-ui,sans-serif;max-width:32rem;"
    "margin:20vh auto;padding:0 1.5rem}</style></head><body><main><h1>There is nothing at this address</h1>"
    "<p>The link in your latest mail leads to your report.</p></main></body></html>\n"
)
"""What a reader sees who follows a wrong link, at any depth: it needs no other file and names nothing."""

_MARKER = re.compile(r'(<div id="quarterdeck-reports">)\s*(</div>)')


def by_slug(reports: list[Report]) -> dict[str, list[Report]]:
    """Each slug's reports, the latest period first; slugs in alphabetical order."""
    grouped: dict[str, list[Report]] = {}
    for report in sorted(reports, key=lambda report: report.key.slug):
        grouped.setdefault(report.key.slug, []).append(report)
    for same in grouped.values():
        same.sort(key=lambda report: (Period.parse(report.key.period).end, report.key.period), reverse=True)
    return grouped


def with_cards(shell: str, reports: list[Report], *, console: bool = False) -> str:
    """The rendered home page with a card for the latest report of every slug in its marked place."""
    grouped = by_slug(reports)
    latest = [same[0] for same in grouped.values()]
    wholes = {report.key.persona for report in latest if not report.key.subject}
    repeated = {persona: [r for r in latest if r.key.subject and r.key.persona == persona] for persona in wholes}
    shown = [report for report in latest if not report.key.subject or report.key.persona not in wholes]
    companies = sorted({report.company for report in latest})
    when = sorted({Period.parse(report.key.period).label for report in latest})
    heading = (
        f'<header class="qd-masthead"><p class="qd-company">Executive reports</p>'
        f'<h1 class="qd-title">{text(", ".join(companies))}</h1>'
        f'<div class="qd-when"><span>{len(latest)} reports for {text(" and ".join(when))}</span>'
        f'<a href="{DELIVERIES}">Deliveries</a>{CONSOLE if console else ""}</div></header>'
    )
    made = "".join(_card(report, repeated.get(report.key.persona, [])) for report in shown)
    changes = _changes([same for slug, same in grouped.items() if same[0] in shown])
    return with_content(shell, f'{heading}{changes}<div class="qd-cards">{made}</div>')


def with_content(shell: str, html: str) -> str:
    """The rendered home page with something in its marked place."""
    if not _MARKER.search(shell):
        remedy = 'Keep <div id="quarterdeck-reports"></div> in a raw HTML block'
        raise RenderError("index.qmd", "has no place for the reports", remedy)
    return _MARKER.sub(lambda found: found[1] + html + found[2], shell, count=1)


def _changes(slugs: list[list[Report]]) -> str:
    """What changed since the period before, over all reports: figures, and findings that are new or gone."""
    latest = [same[0] for same in slugs]
    pairs = [(same[0], same[1]) for same in slugs if len(same) > 1 and _follows(same[0], same[1])]
    told = {fact.label: (fact, report) for report in reversed(latest) for fact in report.headline_facts()}
    moved = most_changed(tuple(fact for fact, _ in told.values()), count=_MOST)
    known, now = ({finding.id for pair in pairs for finding in pair[n].findings} for n in (1, 0))
    figures = [
        change_line(fact, Formats(report.locale, report.currency)) + _source(report)
        for fact, report in (told[fact.label] for fact in moved)
    ]
    panels = (
        panel("changes", "What changed most", figures)
        + panel("worst", "New since the period before", _found([new for new, _ in pairs], known))
        + panel("gone", "Gone since the period before", _found([old for _, old in pairs], now))
    )
    return f'<div class="qd-board">{panels}</div>' if panels else ""


def _follows(report: Report, other: Report) -> bool:
    return Period.parse(report.key.period).previous() == Period.parse(other.key.period)


def _found(reports: list[Report], without: set[str]) -> list[str]:
    """The worst findings of some reports but for those with these ids, none twice, and how many more there are."""
    found = {finding.id: (finding, report) for report in reversed(reports) for finding in report.findings}
    some = sorted((one for id, one in found.items() if id not in without), key=lambda one: one[0].rank)
    lines = [
        worst_line(finding, Formats(report.locale, report.currency), f"{report.key.path}/index.html#finding-")
        for finding, report in some[:_MOST]
    ]
    return [*lines, f'<span class="qd-all">{len(some)} in all.</span>'] if len(some) > _MOST else lines


def _source(report: Report) -> str:
    return f' <a class="qd-source" href="{text(report.key.path)}/index.html">{text(report.title)}</a>'


def _card(report: Report, repeated: list[Report]) -> str:
    """A report's card; those that repeat it for each row of a table are links folded into it."""
    formats = Formats(report.locale, report.currency)
    facts = report.headline_facts()[:3]
    first = "".join(f"<p>{worst_line(finding, formats)}</p>" for finding in worst(report.findings, 1))
    period = Period.parse(report.key.period).label
    return (
        f'<article class="qd-card" data-report="{text(report.key.slug)}">'
        f'<p class="qd-company">{text(report.reader)}</p>'
        f'<h2 class="qd-card-title"><a href="{text(report.key.path)}/index.html">{text(report.title)}</a></h2>'
        f'<dl class="qd-card-facts">{"".join(_figure(fact, formats) for fact in facts)}</dl>'
        f'<div class="qd-card-worst">{first}</div>{_links(repeated)}'
        f'<p class="qd-card-when"><span>{text(period)}</span> '
        f"<span>as of {text(long_date(report.as_of, report.locale))}</span></p></article>"
    )


def _links(repeated: list[Report]) -> str:
    links = [f'<li><a href="{text(r.key.path)}/index.html">{text(r.title)}</a></li>' for r in repeated]
    summary = f"<summary>{len(links)} single reports</summary>"
    return f'<details class="qd-card-each">{summary}<ul>{"".join(links)}</ul></details>' if links else ""


def _figure(fact: Fact, formats: Formats) -> str:
    change = formats.change(fact)
    moved = f'<span class="qd-change qd-{fact.verdict or "flat"}">{text(change)}</span>' if change else ""
    return (
        f'<div data-fact="{text(fact.id)}"><dt>{text(fact.label)}</dt><dd><strong class="qd-value">'
        f"{text(formats.quantity(fact.value, fact.unit))}</strong>{sparkline(fact.trend)}{moved}</dd></div>"
    )


def latest_page(report: Report) -> str:
    """A slug's own address: leads at once to its latest period, before any icon could be had."""
    href = f"{text(report.key.period)}/index.html"
    language = text(report.locale.replace("_", "-"))
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{text(report.title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="icon" href="data:,"><meta http-equiv="refresh" content="0; url={href}"></head>'
        f'<body><p><a href="{href}">{text(report.title)}</a></p></body></html>\n'
    )
