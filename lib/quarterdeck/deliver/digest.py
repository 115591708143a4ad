"""The content of one email, neutral of its layout and the way it is sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from ..model.delivery import DeliveryKey
from ..model.errors import QuarterdeckError
from ..model.report import CONTROL, Fact, Finding, ReportKey, Section


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
    `actions` what to do this week, `sections` the persona's `digest:` sections (one whose id is `lead` comes before the
    figures), `pictures` at most two of their charts by figure id. `url` leads to the full report, and so does `door`,
    which signs its reader in besides; who no longer wants it writes to `sender`. `since` says since when changes count,
    where the reader has had an earlier mail; ids of findings that it did not tell are `new`, and `gone` says which are
    no longer found. A `correction` says in sentences which mail it replaces and what it corrects.
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
    lead: str = ""
    pictures: tuple[Picture, ...] = ()
    since: str = ""
    new: tuple[str, ...] = ()
    gone: str = ""
    correction: tuple[str, ...] = ()
    door: str = ""

    def _repr_html_(self) -> str:
        """The mail as a notebook shows it, an analyst's Markdown as typed."""
        from .layout import self_contained, to_html

        html = self_contained(to_html(self, lambda text: f"<p>{escape(text)}</p>"), self)
        return f'<iframe sandbox srcdoc="{escape(html)}" style="width:100%;height:900px;border:0"></iframe>'


def mail_path(folder: Path, key: ReportKey, variant: str = CONTROL) -> Path:
    """Where a report's mail is: `<folder>/<period>/<slug>.eml`, or `<slug>+<variant>.eml`."""
    path = folder / key.period / f"{key.slug}{'' if variant == CONTROL else f'+{variant}'}.eml"
    if not path.resolve().is_relative_to((folder / key.period).resolve()):
        raise QuarterdeckError(key.slug, "is no name for a file", "Use letters, digits and hyphens in its id")
    return path


def copy_path(folder: Path, key: DeliveryKey) -> Path:
    """Where the mail of one reader is: `<folder>/<period>/<slug>/<recipient id>.eml`."""
    name = key.recipient + (f".{key.version}" if key.version > 1 else "")
    return mail_path(folder, ReportKey(key.slug, "", key.period)).with_suffix("") / f"{name}.eml"


def mails_in(folder: Path) -> list[Path]:
    """The mails of reports in a folder of digests, without the copies for single readers."""
    return sorted(path for path in folder.rglob("*.eml") if path.with_suffix(".html").is_file())
