"""A report as a value: its key, its facts and findings, and its sections in order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict

from .files import write

Severity = Literal["critical", "high", "medium", "low"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low")

MIME = "application/vnd.quarterdeck+json"
"""The type under which a cell's output carries what it says for the machine: `{"kind": …, "content": …}`."""


def slugify(text: str) -> str:
    """Lower-case words joined by hyphens: what a heading's or a caption's id is made from."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "item"


@dataclass(frozen=True, order=True)
class ReportKey:
    """Which report: a persona, the row it is repeated for (or none), and the period's name."""

    persona: str
    subject: str
    period: str

    @property
    def slug(self) -> str:
        """`treasurer`, or `audit/acme` when the persona is repeated for each row of a table."""
        return f"{self.persona}/{self.subject}" if self.subject else self.persona

    @property
    def path(self) -> str:
        """Where everything of this report lives, in the store and in the site."""
        return f"r/{self.slug}/{self.period}"


@dataclass(frozen=True)
class Fact:
    """A named number with its unit, comparison and the rows behind it.

    `unit` is a currency code (`USD`), `percent` (0.25 is 25 %), `count`, `days`, `months`, or the plural of what is
    counted (`charters`). `value` is None when it cannot be known; `note` then says why. `scope` is an
    entity's id, several joined by `+`, or `all`. `rows` is the path, beside facts.json, of a CSV whose column
    `contribution` re-sums to the value: as `sum`, or as `ratio` (the sum where `part` is `numerator` over the sum where
    it is `denominator`).
    """

    id: str
    label: str
    value: float | None
    unit: str
    scope: str
    period: str
    as_of: str
    section: str = ""
    previous: float | None = None
    target: float | None = None
    better: Literal["higher", "lower", ""] = ""
    trend: tuple[float | None, ...] = ()
    method: str = ""
    rows: str = ""
    resum: Literal["sum", "ratio", ""] = ""
    note: str = ""

    @property
    def change(self) -> float | None:
        """The difference from the previous period, in the fact's unit."""
        return None if self.value is None or self.previous is None else self.value - self.previous

    @property
    def verdict(self) -> Literal["good", "bad", ""]:
        """Whether the change is for the better; empty when nothing that shows moved or no direction is better."""
        shown = 0.0005 if self.unit == "percent" else 0.005 if self.unit.isupper() else 0.05
        if not self.better or self.change is None or abs(self.change) < shown:
            return ""
        return "good" if (self.change > 0) == (self.better == "higher") else "bad"


@dataclass(frozen=True)
class Finding:
    """Something wrong, found by a rule over primary tables, or (`observed`) written by a person.

    `money` is what is at stake in the report's currency, or None when it has no price. `due` and `since` are ISO
    dates or empty. `evidence` is one sentence that names figures and rows. One that `leads` comes before all others:
    a rule that the owner set is broken.
    """

    id: str
    title: str
    severity: Severity
    entity: str
    evidence: str
    money: float | None = None
    action: str = ""
    owner: str = ""
    due: str = ""
    since: str = ""
    section: str = ""
    rule: str = ""
    observed: bool = False
    leads: bool = False

    @property
    def rank(self) -> tuple[bool, int, float, str]:
        """Sorts the worst first: by severity, then by money at stake."""
        return (not self.leads, SEVERITIES.index(self.severity), -(self.money or 0.0), self.id)


def this_week(findings: Iterable[Finding], as_of: str, most: int = 5, fewest: int = 3) -> list[Finding]:
    """What to do this week, the worst first, none said twice: what falls due within seven days, is overdue or undated.

    Actions due later fill up to `fewest`; page and mail both choose by this.
    """
    week = (date.fromisoformat(as_of[:10]) + timedelta(days=7)).isoformat()
    distinct: dict[tuple[str, str], Finding] = {}
    for finding in sorted(findings, key=lambda finding: finding.rank):
        if finding.action:
            distinct.setdefault((finding.action, finding.owner), finding)
    now = [finding for finding in distinct.values() if finding.due <= week]
    later = [finding for finding in distinct.values() if finding.due > week]
    return now[:most] + later[: max(0, fewest - len(now))]


@dataclass(frozen=True)
class Figure:
    """A chart: its Plotly specification as a dictionary, and the words that stand for it."""

    id: str
    caption: str
    alt: str
    spec: dict[str, Any] = field(repr=False, default_factory=dict)
    kind: Literal["figure"] = "figure"


@dataclass(frozen=True)
class Table:
    """A table of raw values; `units` names, for each column, how its values are shown (see `format.Formats.cell`)."""

    id: str
    caption: str
    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...] = field(repr=False, default=())
    total: int = 0
    kind: Literal["table"] = "table"


@dataclass(frozen=True)
class Prose:
    """A paragraph: `markdown` as an analyst typed it, or `html` made by us with every value escaped."""

    markdown: str = ""
    html: str = ""
    kind: Literal["prose"] = "prose"


Block = Figure | Table | Prose
_BLOCKS: dict[str, Any] = {"figure": Figure, "table": Table, "prose": Prose}


def block_from(values: dict[str, Any]) -> Block:
    """The block that a dictionary (as in facts.json) describes."""
    values = dict(values)
    made: Any = _BLOCKS[values["kind"]]
    if values["kind"] == "table":
        values.update(
            columns=tuple(values["columns"]), units=tuple(values["units"]), rows=tuple(map(tuple, values["rows"]))
        )
    block: Block = made(**values)
    return block


@dataclass(frozen=True)
class Source:
    """A table that a section read: the newest day in it, and whether it is `absent` or has nothing new (`stale`).

    A `register` is kept by hand and changes only now and then: it is not called stale, and its day may be empty.
    `collected` maps the sources that rows of it were collected from to the days.
    """

    table: str
    newest: str = ""
    state: Literal["", "stale", "absent", "register"] = ""
    collected: dict[str, str] = field(default_factory=dict)


def uncollected(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A dictionary of these, without a word on collection where nothing was collected."""
    return {name: value for name, value in pairs if value or name != "collected"}


@dataclass(frozen=True)
class Section:
    """A level-2 heading of the notebook, the blocks that its cells displayed, and the tables that they read."""

    id: str
    heading: str
    blocks: tuple[Block, ...] = ()
    sources: tuple[Source, ...] = ()

    @classmethod
    def from_values(cls, values: dict[str, Any]) -> Section:
        """The section that a dictionary (as in facts.json) describes."""
        sources = tuple(Source(**source) for source in values["sources"])
        return cls(values["id"], values["heading"], tuple(map(block_from, values["blocks"])), sources)


CONTROL = "control"
"""The variant that a mail is when it is none of the persona's own."""
FIGURE_IN_SUBJECT = re.compile(r"\{([^{}]*)\}")
"""In a variant's subject the id of a fact in braces stands for its value."""


@dataclass(frozen=True)
class Variant:
    """Another version of a mail, for some of its readers: another `subject`, another section, by id, that leads."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    subject: str = ""
    lead: str = ""


@dataclass(frozen=True)
class Report:
    """Everything that one executed notebook said; `facts.json` is this value."""

    key: ReportKey
    title: str
    reader: str
    lens: str
    as_of: str
    company: str
    currency: str
    locale: str
    headline: tuple[str, ...] = ()
    digest: tuple[str, ...] = ()
    variants: dict[str, Variant] = field(default_factory=dict)
    commentary: str = ""
    facts: tuple[Fact, ...] = ()
    findings: tuple[Finding, ...] = ()
    sections: tuple[Section, ...] = ()

    def headline_facts(self) -> tuple[Fact, ...]:
        """The facts that the persona names as its headline, in its order; by default the first four."""
        by_id = {fact.id: fact for fact in self.facts}
        named = tuple(by_id[name] for name in self.headline if name in by_id)
        return named or self.facts[:4]

    def save(self, path: Path) -> None:
        """Write the report as JSON under a temporary name, then put it in place."""
        values = asdict(self, dict_factory=uncollected)
        values["report"] = {**values.pop("key"), "slug": self.key.slug}
        write(path, json.dumps(values, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")

    @classmethod
    def load(cls, path: Path) -> Report:
        """Read a report that `save` wrote."""
        values = json.loads(path.read_text("utf-8"))
        key = values.pop("report")
        key.pop("slug")
        return cls(
            key=ReportKey(**key),
            facts=tuple(Fact(**{**fact, "trend": tuple(fact["trend"])}) for fact in values.pop("facts")),
            findings=tuple(Finding(**finding) for finding in values.pop("findings")),
            sections=tuple(map(Section.from_values, values.pop("sections"))),
            headline=tuple(values.pop("headline")),
            digest=tuple(values.pop("digest")),
            variants={name: Variant(**variant) for name, variant in values.pop("variants", {}).items()},
            **values,
        )


def reports_in(folder: Path) -> list[Path]:
    """The `facts.json` of every report under a folder, without what a run that goes on has not put in place."""
    found = folder.rglob("facts.json")
    return sorted(path for path in found if not any(part[0] == "." for part in path.relative_to(folder).parts))
