"""Money, shares, numbers and dates, written one way everywhere, in the reader's locale."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.dates import format_date, format_skeleton
from babel.numbers import list_currencies, parse_pattern

from .report import Fact

MISSING = "not known"
_MINUS = "\u2212"


@dataclass(frozen=True)
class Formats:
    """How one reader sees values: `locale` as in CLDR (`en_US`), `currency` as in ISO 4217 (`USD`)."""

    locale: str = "en_US"
    currency: str = "USD"

    def money(self, value: float, currency: str = "", *, cents: bool | None = None) -> str:
        """`$8,412` or, below a hundred or on request, `$84.10`; a loss has a true minus sign: `−$120`."""
        if cents is None:
            cents = abs(value) < 100 and round(value, 2) != round(value)
        pattern = _locale(self.locale).currency_formats["standard"].pattern.split(";")[0]
        pattern = pattern if cents else pattern.replace(".00", "")
        text = _written(_bounded(value), pattern, self.locale, currency or self.currency)
        return f"{_MINUS}{text}" if round(value, 2 if cents else 0) < 0 else text

    def percent(self, value: float) -> str:
        """A share of 1 as `12.5 %` in the locale's way: one decimal below 10 %, none above."""
        pattern = _locale(self.locale).percent_formats[None].pattern
        pattern = pattern.replace("#,##0", "#,##0.#") if abs(value) < 0.1 else pattern
        text = _written(abs(value), pattern, self.locale)
        return f"{_MINUS}{text}" if value < 0 and round(value, 3) else text

    def number(self, value: float, decimals: int = 1) -> str:
        """A number with thousands separated and at most `decimals` decimals."""
        pattern = "#,##0" + ("." + "#" * decimals if decimals else "")
        text = _written(_bounded(value), pattern, self.locale)
        return f"{_MINUS}{text}" if round(value, decimals) < 0 else text

    def month(self, value: date) -> str:
        """A month in the locale's short form: `Oct 2026`."""
        return _skeleton("yMMM", value, locale=self.locale)

    def date(self, value: date | str, *, year: bool = True) -> str:
        """A day in the locale's medium form: `Oct 31, 2026`."""
        if isinstance(value, str):
            value = date.fromisoformat(value[:10])
        return _date(value, "medium", self.locale) if year else _skeleton("MMMd", value, locale=self.locale)

    def due(self, day: str, as_of: str, *, year: bool = True) -> str:
        """When something is due, in words: `due Nov 7, 2026`, `overdue since Oct 28, 2026`, or empty for no day."""
        if not day:
            return ""
        return f"{'overdue since' if day[:10] < as_of[:10] else 'due'} {self.date(day, year=year)}"

    def quantity(self, value: float | None, unit: str) -> str:
        """A value in its unit, as on a card: `$8,412`, `12.5%`, `5.8 charters`, `41 days`."""
        if value is None or math.isnan(value):
            return MISSING
        if is_currency(unit):
            return self.money(value, unit)
        if unit == "percent":
            return self.percent(value)
        if unit in ("count", "score", ""):
            return self.number(value)
        number = self.number(value, 0 if abs(value) >= 1000 else 1)
        return f"{number} {_singular(unit) if number == '1' else unit}"

    def cell(self, value: Any, unit: str) -> str:
        """A table's value as text; `unit` may also be `text`, `date` or `year` (a number without separators)."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return "–"
        if isinstance(value, bool):
            return "yes" if value else "no"
        if unit == "date" or isinstance(value, (date, datetime)):
            return self.date(value)
        if unit in ("text", "year") or isinstance(value, str):
            return str(value)
        if is_currency(unit):
            return self.money(float(value), unit, cents=False)
        if unit == "percent":
            return self.percent(float(value))
        return self.number(float(value))

    def more(self, **hidden: int) -> str:
        """What is left out, by its name: `12 more rows and 1 more column`; empty for nothing."""
        counts = [(n, name if n == 1 or name.endswith("s") else f"{name}s") for name, n in hidden.items() if n > 0]
        return " and ".join(f"{self.number(n)} more {name}" for n, name in counts)

    def change(self, fact: Fact) -> str:
        """How a fact moved since the previous period: `up $310 (+4%)`, `unchanged`, or empty when not known."""
        if fact.change is None:
            return ""
        size, none = abs(fact.change), self.quantity(0.0, fact.unit)
        text = f"{self.number(size * 100)} points" if fact.unit == "percent" else self.quantity(size, fact.unit)
        if text in (none, "0 points"):
            return "unchanged"
        share = ""
        # A share of the previous value says nothing where the value changed its sign, is a share itself, or grew
        # from so little that the share would be the news.
        small = size > 3 * abs(fact.previous or 0.0)
        if fact.unit != "percent" and fact.previous and fact.previous * (fact.value or 0) > 0 and not small:
            share = f" ({'+' if fact.change > 0 else _MINUS}{self.percent(size / abs(fact.previous))})"
        return f"{'up' if fact.change > 0 else 'down'} {text}{share}"


# A digest says most values twice, in HTML and in plain text, and the dates of a period come again in every digest.
_pattern = lru_cache(maxsize=256)(parse_pattern)
_date = lru_cache(maxsize=4096)(format_date)
_skeleton = lru_cache(maxsize=4096)(format_skeleton)


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    return Locale.parse(name)


@lru_cache(maxsize=4096, typed=True)  # an int and a float may be equal and yet have other digits
def _written(value: float, pattern: str, locale: str, currency: str | None = None) -> str:
    """A number in a pattern of CLDR."""
    return str(_pattern(pattern).apply(value, _locale(locale), currency, currency_digits=False))


def _singular(unit: str) -> str:
    """`charters` as it is said of one; what is no plural stays."""
    return re.sub("ies$", "y", unit) if unit.endswith("ies") else unit.removesuffix("s")


def _bounded(value: float) -> float:
    """A size that Babel can write: its decimals have 28 digits."""
    return min(abs(value), 1e21)


def unparted(words: str) -> str:
    """Words in which no line ends between a minus sign and its amount (`−$690`), as a browser else permits."""
    return re.sub(rf"{_MINUS}(?=[^\s\d])", f"{_MINUS}\u2060", words)


@lru_cache(maxsize=256)
def is_currency(unit: str) -> bool:
    """Whether a unit is a currency code of ISO 4217."""
    return len(unit) == 3 and unit in list_currencies()


def numeric(unit: str) -> bool:
    """Whether a column of this unit is aligned to the right."""
    return unit not in ("text", "date")
