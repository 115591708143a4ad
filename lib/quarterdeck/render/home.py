"""The owner's home page: one card per report, and the small files that lead between a report's periods."""

from __future__ import annotations

import json
import re

from ..model.errors import RenderError
from ..model.format import Formats
from ..model.markup import sparkline, text
from ..model.period import Period
from ..model.report import Fact, Report
from .opening import long_date, worst, worst_line

_MARKER = re.compile(r'(<div id="quarterdeck-reports">)\s*(</div>)')


def by_slug(reports: list[Report]) -> dict[str, list[Report]]:
    """Each slug's reports, the latest period first; slugs in alphabetical order."""
    grouped: dict[str, list[Report]] = {}
    for report in sorted(reports, key=lambda report: report.key.slug):
        grouped.setdefault(report.key.slug, []).append(report)
    for same in grouped.values():
        same.sort(key=lambda report: (Period.parse(report.key.period).end, report.key.period), reverse=True)
    return grouped


def with_cards(shell: str, reports: list[Report]) -> str:
    """The rendered home page with a card for the latest report of every slug in its marked place."""
    latest = [same[0] for same in by_slug(reports).values()]
    wholes = {report.key.persona for report in latest if not report.key.subject}
    repeated = {persona: [r for r in latest if r.key.subject and r.key.persona == persona] for persona in wholes}
    shown = [report for report in latest if not report.key.subject or report.key.persona not in wholes]
    if not _MARKER.search(shell):
        remedy = 'Keep <div id="quarterdeck-reports"></div> in a raw HTML block'
        raise RenderError("index.qmd", "has no place for the reports", remedy)
    companies = sorted({report.company for report in latest})
    when = sorted({Period.parse(report.key.period).label for report in latest})
    heading = (
        f'<header class="qd-masthead"><p class="qd-company">Executive reports</p>'
        f'<h1 class="qd-title">{text(", ".join(companies))}</h1>'
        f'<div class="qd-when"><span>{len(latest)} reports for {text(" and ".join(when))}</span></div></header>'
    )
    made = "".join(_card(report, repeated.get(report.key.persona, [])) for report in shown)
    cards = f'<div class="qd-cards">{made}</div>'
    return _MARKER.sub(lambda found: found[1] + heading + cards + found[2], shell, count=1)


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


def periods_script(same: list[Report]) -> str:
    """A script, as it must work without a server, that names a slug's periods, the latest first."""
    periods = [{"name": report.key.period, "label": Period.parse(report.key.period).label} for report in same]
    return f"window.quarterdeckPeriods={json.dumps(periods)};\n"


def latest_page(report: Report) -> str:
    """A slug's own address: leads at once to its latest period."""
    href = f"{text(report.key.period)}/index.html"
    language = text(report.locale.replace("_", "-"))
    return (
        f'<!DOCTYPE html>\n<html lang="{language}"><head><meta charset="utf-8"><title>{text(report.title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="refresh" content="0; url={href}"></head>'
        f'<body><p><a href="{href}">{text(report.title)}</a></p></body></html>\n'
    )
