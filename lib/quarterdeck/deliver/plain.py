"""The plain-text part of a digest, written from the digest itself: 76 columns, figures aligned."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache

from ..model.format import Formats, numeric
from ..model.report import Block, Fact, Figure, Finding, Prose, Section, Table
from .bars import read_bars, spark
from .compose import MAX_ROWS
from .digest import Digest
from .words import address, one_line, plain

WIDTH = 76
_MAX_PROSE = 1200


def to_text(digest: Digest) -> str:
    """The message as plain text, no line longer than 76 columns except an address."""
    formats = Formats(digest.locale, digest.currency)
    sections = [(section.id == digest.lead, _section(section, digest.url, formats)) for section in digest.sections]
    parts = [
        _wrap(f"{digest.company}: {digest.title}, {digest.period_label}"),
        _heading(digest.subject.removesuffix(f" · {digest.period_label}"), "="),
        _wrap(digest.preheader),
        f"The full report:\n{digest.door or digest.url}" if digest.url else "",
        "\n".join(_wrap(one_line(sentence, 240), hang="  ") for sentence in digest.correction),
        _paragraphs(digest.commentary, digest.url),
        *(section for leads, section in sections if leads),
        _titled(
            "Headline figures",
            [_facts(digest.facts, formats), _wrap(digest.since)],
        ),
        _titled(
            "Worst findings" if digest.findings else "Findings",
            [
                *(_finding(f, formats, new=f.id in digest.new) for f in digest.findings),
                "" if digest.findings else "Nothing is wrong that the rules can see.",
                _wrap(one_line(digest.gone, 400)),
            ],
        ),
        _titled("What to do this week", [_action(n, f, digest, formats) for n, f in enumerate(digest.actions, 1)]),
        *(section for leads, section in sections if not leads),
        "-" * WIDTH,
        _wrap(f"{digest.title} for {digest.reader}. Figures as known on {formats.date(digest.as_of)}."),
        f"To unsubscribe, write to:\n{digest.sender}" if digest.sender else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(facts: Sequence[Fact], formats: Formats) -> str:
    """A line for each figure in columns, and beneath it its target and its note."""
    rows = [
        [
            one_line(fact.label, 40),
            formats.quantity(fact.value, fact.unit),
            formats.change(fact) + {"good": ", better", "bad": ", worse"}.get(fact.verdict, ""),
            spark(fact.trend),
        ]
        for fact in facts
    ]
    targets = ("" if f.target is None else f"target {formats.quantity(f.target, f.unit)}" for f in facts)
    said = ("; ".join(filter(None, pair)) for pair in zip(targets, (one_line(f.note, 120) for f in facts), strict=True))
    details = (_wrap(text, indent="  ", hang="  ") for text in said)
    lines = zip(_aligned(rows, (False, True, False, False)), details, strict=True)
    return "\n".join(line for pair in lines for line in pair if line)


def _section(section: Section, base: str, formats: Formats) -> str:
    return _titled(one_line(section.heading, 120), [_block(block, base, formats) for block in section.blocks])


def _finding(finding: Finding, formats: Formats, *, new: bool) -> str:
    since = f", since {formats.date(finding.since)}" if finding.since else ""
    stake = f" At stake: {formats.money(finding.money)}{since}." if finding.money is not None else ""
    tag = f"{finding.severity}{', new' if new else ''}{', observed by a person' if finding.observed else ''}"
    title = _wrap(f"[{tag}] {one_line(finding.title, 160)}", hang="  ")
    return f"{title}\n{_wrap(one_line(finding.evidence, 320) + stake, indent='  ')}"


def _action(number: int, finding: Finding, digest: Digest, formats: Formats) -> str:
    facets = ", ".join(part for part in (one_line(finding.owner, 60), formats.due(finding.due, digest.as_of)) if part)
    return _wrap(f"{number}. {one_line(finding.action, 240)}{f' ({facets})' if facets else ''}", hang="   ")


def _block(block: Block, base: str, formats: Formats) -> str:
    if isinstance(block, Prose):
        return _paragraphs(block.markdown or plain(block.html, base), base)
    if isinstance(block, Table):
        return _table(block, formats)
    return _chart(block, formats)


def _paragraphs(text: str, base: str) -> str:
    """Markdown with its lines filled anew, its links made whole: a blank line and a list's item begin one.

    A long one is cut at a word.
    """
    text = re.sub(r"(?<=]\()[^\s()]+", lambda link: address(link[0], base) or link[0], text.strip())
    if longer := len(text) > _MAX_PROSE:
        kept = re.match(rf"(?s).{{,{_MAX_PROSE}}}(?=\s)", text)
        text = (kept[0] if kept else text[:_MAX_PROSE]).rstrip() + "…"
    joined = re.sub(r"(?<=\S)[ \t]*\n(?=[ \t]*[^\s\-*#>|\d])", " ", text)
    lines = [_wrap(one_line(line, 2000), hang="  " if line.startswith("- ") else "") for line in joined.splitlines()]
    return "\n".join([*lines, "(more in the full report)"] if longer else lines)


def _table(table: Table, formats: Formats) -> str:
    rows = [
        [one_line(formats.cell(v, u), 60) for v, u in zip(row, table.units, strict=False)]
        for row in table.rows[:MAX_ROWS]
    ]
    left_out, caption = formats.more(row=max(table.total, len(table.rows)) - len(rows)), one_line(table.caption, 160)
    if not rows:
        return _wrap(f"{caption}: {f'{left_out} in the full report' if left_out else 'no rows'}.")
    body = _aligned(rows, [numeric(unit) for unit in table.units], [one_line(name, 40) for name in table.columns])
    return "\n".join(part for part in (_wrap(caption), *body, _more(left_out)) if part)


def _chart(figure: Figure, formats: Formats) -> str:
    chart = read_bars(figure, formats)
    caption = _wrap(one_line(figure.caption, 160))
    if chart is None:
        return f"{caption}\n{_wrap(one_line(figure.alt, 400))}"
    names = ["", *chart.series] if len(chart.series) > 1 else []
    rows = [[label, *(cell.text for cell in cells)] for label, cells in chart.rows]
    if len(chart.series) == 1:
        rows = [[*row, "#" * (cells[0].share // 5)] for row, (_, cells) in zip(rows, chart.rows, strict=True)]
    more = _more(formats.more(row=chart.hidden, series=chart.unseen))
    body = _aligned(rows, (False, *(True for _ in chart.series), False), names)
    return "\n".join(part for part in (caption, *body, more) if part)


def _more(left_out: str) -> str:
    return f"({left_out} in the full report)" if left_out else ""


def _aligned(rows: Sequence[Sequence[str]], right: Sequence[bool], names: Sequence[str] = ()) -> list[str]:
    """Names and rows in columns two spaces apart; where they do not fit, one paragraph for each row."""
    lines = [list(names), *map(list, rows)] if names else list(map(list, rows))
    widths = [max(map(_width, column)) for column in zip(*lines, strict=False)]
    while sum(widths) + 2 * (len(widths) - 1) > WIDTH:
        widest = max((n for n in range(len(widths)) if not right[n]), key=widths.__getitem__, default=None)
        if widest is None or widths[widest] <= 12:
            return [_wrap("; ".join(_records(row, names)), hang="  ") for row in rows]
        widths[widest] -= 1
    return ["  ".join(_padded(line, widths, right)).rstrip() for line in lines]


def _records(row: Sequence[str], names: Sequence[str]) -> Iterator[str]:
    for n, cell in enumerate(row):
        if cell:
            yield f"{names[n]}: {cell}" if n and names and names[n] else cell


def _padded(line: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> Iterator[str]:
    for cell, width, to_right in zip(line, widths, right, strict=False):
        shown = cell
        while (taken := _width(shown)) > width:
            shown = one_line(shown, max(2, len(shown) - 1))
        space = " " * (width - taken)
        yield space + shown if to_right else shown + space


def _width(text: str) -> int:
    """Columns that a text takes: none for combining marks, two for East Asian characters and emoji."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=4096)
def _columns(character: str) -> int:
    return 0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _titled(heading: str, blocks: Sequence[str]) -> str:
    body = "\n\n".join(block for block in blocks if block)
    return f"{_heading(heading, '-')}\n{body}" if body else ""


def _heading(text: str, line: str) -> str:
    return f"{_wrap(text)}\n{line * min(WIDTH, _width(text))}"


def _wrap(text: str, indent: str = "", hang: str = "") -> str:
    # textwrap counts characters: with some that are two columns wide, half the width is safe.
    width = WIDTH if _width(text) <= len(text) else WIDTH // 2
    if text and len(indent) + len(text) <= width and text == " ".join(text.split()):
        return indent + text
    # A long word is broken, but for an address, which would be dead.
    room = width - len(indent + hang)
    split = re.sub(rf"\S{{{room + 1},}}", lambda word: word[0] if "://" in word[0] else _broken(word[0], room), text)
    return textwrap.fill(
        split,
        width,
        initial_indent=indent,
        subsequent_indent=indent + hang,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _broken(word: str, room: int) -> str:
    return " ".join(word[n : n + room] for n in range(0, len(word), room))
