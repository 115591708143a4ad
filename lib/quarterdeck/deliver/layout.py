"""The one HTML layout of a digest: 600 px of tables, styles inlined, whole without pictures, under Gmail's limit."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from unicodedata import east_asian_width
from urllib.parse import urlsplit

import css_inline
import jinja2
from markupsafe import Markup

from ..model.format import Formats, numeric, unparted
from ..model.report import Fact, Figure, Prose, Table
from .bars import read_bars, shares
from .digest import Digest
from .words import one_line, sanitise

MAX_BYTES = 100_000
"""Gmail cuts a message off at 102 KB of HTML."""


@dataclass(frozen=True)
class Detail:
    """How much of a digest is shown: rows of a table, characters of a paragraph, sections."""

    rows: int
    prose: int
    sections: int


_DETAILS = (Detail(8, 1200, 9), Detail(5, 600, 6), Detail(3, 300, 3), Detail(0, 300, 0))
_MAX_COLUMNS = 6
_PHONE, _WHOLE, _AMOUNT, _WORD = 24.0, 4.2, 8.0, 7.5
"""Ems: what a phone of 320 px has for a table; what is kept on one line of a text or a number; what of a word is."""
_BROAD, _NARROW = frozenset("mwMW%@&"), frozenset("fijlrtI.,:;!|'()[]-/ \xa0")


def content_id(digest: Digest, number: int) -> str:
    """The name under which the HTML refers to the message's picture `number`."""
    return f"chart-{number + 1}.{digest.key.slug.replace('/', '.')}.{digest.key.period}@quarterdeck"


def to_html(digest: Digest, markdown: Callable[[str], str]) -> str:
    """The message as HTML under 100 KB, its pictures named by Content-ID; `markdown` turns Markdown into HTML."""
    for detail in _DETAILS:
        html = _inliner().inline(_render(digest, markdown, detail))
        if len(html.encode()) <= MAX_BYTES:
            break
    return html


def self_contained(html: str, digest: Digest) -> str:
    """The same HTML for a browser, with its pictures inside (mail clients drop such pictures)."""
    for number, picture in enumerate(digest.pictures):
        data = f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"
        html = html.replace(f"cid:{content_id(digest, number)}", data)
    return html


def _render(digest: Digest, markdown: Callable[[str], str], detail: Detail) -> str:
    formats = Formats(digest.locale, digest.currency)

    def prose(block: Prose) -> Markup:
        return Markup(sanitise(markdown(block.markdown) if block.markdown else block.html, digest.url, detail.prose))

    return _layout().render(
        digest=digest,
        detail=detail,
        formats=formats,
        link=digest.door or (digest.url if urlsplit(digest.url).scheme in ("http", "https", "file") else ""),
        place="." if digest.door else "#",
        pictures={picture.id: (picture, content_id(digest, n)) for n, picture in enumerate(digest.pictures)},
        prose=prose,
        commentary=prose(Prose(digest.commentary)) if digest.commentary.strip() else "",
        trend=trend,
        table=lambda block: cut_table(block, detail, formats),
        alternative=lambda figure: alternative(figure, formats),
        hold=lambda text, *limits: hold(text, *limits)[0],
        amount=_AMOUNT,
        bars=lambda figure: read_bars(figure, formats),
        due=lambda finding: formats.due(finding.due, digest.as_of),
    )


def trend(fact: Fact) -> list[tuple[int, str]]:
    """A fact's last twelve values as bars: height in pixels (1 to 28) and the name of its colour."""
    last = fact.trend[-12:]
    if sum(value is not None for value in last) < 2:
        return []
    tones = ["none" if value is None else "loss" if value < 0 else "past" for value in last]
    tones[-1] = "now" if tones[-1] == "past" else tones[-1]
    return [(max(1, share * 28 // 100), tone) for share, tone in zip(shares(last), tones, strict=True)]


def alternative(figure: Figure, formats: Formats) -> str:
    """The words that stand for a picture; the chart's latest (or first) values follow where they hold none of them."""
    words, chart = one_line(figure.alt or figure.caption, 400), read_bars(figure, formats)
    if chart is None or any(cell.text in words for _, cells in chart.rows for cell in cells):
        return words
    label, cells = chart.rows[-1 if chart.dated else 0]
    values = ", ".join(f"{name} {cell.text}".strip() for name, cell in zip(chart.series, cells, strict=True))
    return f"{words.rstrip('.')}. {label}: {values}."


def cut_table(table: Table, detail: Detail, formats: Formats) -> dict[str, object]:
    """What is shown of a table: its columns' names and sides, its cells as text, and what was left out."""
    rows = [
        [one_line(formats.cell(value, unit), 90) for value, unit in zip(row, table.units, strict=False)]
        for row in table.rows[: detail.rows]
    ]
    count = _columns_that_fit(table, rows)
    rows_left = max(table.total, len(table.rows)) - len(rows)
    return {
        "columns": [one_line(name, 60) for name in table.columns[:count]],
        "sides": _sides(table)[:count],
        "rows": [row[:count] for row in rows],
        "left_out": formats.more(row=rows_left, column=len(table.columns) - count),
    }


def _sides(table: Table) -> list[str]:
    """For each column the name of its style: a number is set to the right, a text after one keeps clear of it."""
    numbers = [numeric(unit) for unit in table.units]
    return ["num" if now else "after" if before else "" for before, now in pairwise([False, *numbers])]


def hold(text: str, whole: float = _WHOLE, word: float = _WORD) -> tuple[str, float]:
    """How a table keeps a cell together, as the name of its style, and the ems that this needs."""
    if (wide := _ems(text)) <= whole:
        return "whole", wide
    widest = max(map(_ems, text.split()), default=0.0)
    return ("words", widest) if widest <= word else ("", word)


def _ems(text: str) -> float:
    """About how wide a text is in the usual sans-serif, by the size of its type."""
    return sum(
        1.0 if east_asian_width(sign) in "WF"
        else 0.9 if sign in _BROAD
        else 0.3 if sign in _NARROW
        else 0.7 if sign.isupper()
        else 0.56
        for sign in text
    )  # fmt: skip


def _columns_that_fit(table: Table, rows: list[list[str]]) -> int:
    """How many of the first columns a phone of 320 px shows without breaking their words; at least two."""
    used = 0.0
    for n, (name, side) in enumerate(zip(table.columns, _sides(table), strict=False)):
        cells = [hold(row[n], _AMOUNT if side == "num" else _WHOLE) for row in rows]
        used += max(wide for _, wide in (hold(one_line(name, 60)), *cells)) + (1.0 if side == "after" else 0.3)
        if n >= 2 and (used > _PHONE or n >= _MAX_COLUMNS):
            return n
    return len(table.columns)


@lru_cache(maxsize=1)
def _layout() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["line"], environment.filters["unparted"] = one_line, unparted
    return environment.from_string(resources.files(__package__).joinpath("digest.html.j2").read_text("utf-8"))


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    return css_inline.CSSInliner(
        keep_style_tags=True,
        keep_at_rules=True,
        remove_inlined_selectors=True,
        minify_css=True,
        apply_width_attributes=True,
        load_remote_stylesheets=False,
    )
