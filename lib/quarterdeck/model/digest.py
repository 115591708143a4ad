"""The content of one email, neutral of its reader, its layout and the way it is sent."""

from __future__ import annotations

from dataclasses import dataclass, field

from .report import Fact, Finding, ReportKey, Section


@dataclass(frozen=True)
class Picture:
    """A chart drawn for mail: PNG bytes at twice their shown width, and the words that stand for them."""

    id: str
    caption: str
    alt: str
    png: bytes = field(repr=False)
    width: int = 600


@dataclass(frozen=True)
class Digest:
    """What a reader is told by mail.

    `subject` says the news, `preheader` adds to it; `facts` are the headline figures, `findings` the worst first,
    `actions` what to do this week, `sections` the persona's `digest:` sections, `pictures` at most two of their
    charts by figure id. `url` leads to the full report; who no longer wants it writes to `sender`.
    """

    key: ReportKey
    subject: str
    preheader: str
    title: str
    reader: str
    company: str
    period_label: str
    as_of: str
    currency: str
    locale: str
    url: str
    sender: str = ""
    commentary: str = ""
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    actions: tuple[Finding, ...] = ()
    sections: tuple[Section, ...] = ()
    pictures: tuple[Picture, ...] = ()
