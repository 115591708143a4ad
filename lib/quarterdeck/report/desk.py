"""The analyst's side of a report: open it for a persona and a period, then state facts, findings, tables and words."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import date
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..model.errors import NotebookError
from ..model.format import Formats
from ..model.markup import fact_methods, fact_strip, figure_html, finding_callout, finding_list, table_html, text
from ..model.period import Period
from ..model.persona import Persona, load_personas
from ..model.report import Fact, Figure, Finding, Source, uncollected
from .data import Data, newest_day, remembered, table_files
from .display import PALETTE, bundle, content_of, figure_from, publish, table_from
from .measure import Measure
from .schema import schemas

if TYPE_CHECKING:
    import pandas as pd

Metric = Callable[[Period], Measure]
_LOOKED_UP = ("company", "entities", "accounts", "channels")
"""Tables that only give names and kinds: no section's source."""


class Desk:
    """One open report: its persona, period, data, and what it has said so far.

    `period` and `as_of` are a Period and a date; `data` is the Data in this reader's scope; `formats` writes values in
    the reader's locale; `currency` is the company's; `facts` holds what has been stated, by id.
    """

    def __init__(
        self, persona: Persona, period: Period, as_of: date, subject: str, data: Data, *, pipeline: bool
    ) -> None:
        self.persona, self.period, self.as_of, self.subject, self.data = persona, period, as_of, subject, data
        company = data.table("company").iloc[0]
        self.company, self.currency = str(company["company"]), str(company["currency"])
        self.formats = Formats(persona.locale, self.currency)
        self.facts: dict[str, Fact] = {}
        self._pipeline, self._ids, self._noticed, self._recorded = pipeline, set[str](), set[str](), -1
        # One subject's own rows say nothing of how fresh a table is: who does not pay leaves no payments.
        entities = {name: keys for name, keys in data.only.items() if name == "entities"}
        self._feeds = Data(data.folder, as_of=as_of, only=entities, trusted=data.trusted) if subject else data

    def fact(
        self,
        id: str,
        label: str,
        metric: Metric,
        unit: str = "",
        *,
        scope: str = "",
        better: Literal["higher", "lower", ""] = "",
        target: float | None = None,
        trend: int = 6,
        method: str = "",
    ) -> Fact:
        """State a number: `metric(period)` is computed for this period, the one before and the trend.

        Its target, if none is given, is that of the KPI which names this fact as its measure. The rows of this period
        are kept as `rows/<id>.csv`. A metric that touched an absent table gives a value of None and a note, never
        zero. Raises NotebookError when the id is stated twice.
        """
        if id in self.facts and self._pipeline:  # in JupyterLab a cell is run again and again
            raise NotebookError(f"fact {id}", "is stated twice", "Give the second one another id")
        periods = self.period.trailing(max(trend, 2))
        *earlier, now = [self._measure(metric, period) for period in periods]
        values = [measure.value for measure in earlier]
        fact = Fact(
            id=id,
            label=label,
            value=_rounded(now.value),
            unit=unit or self.currency,
            scope=scope or self.subject or "+".join(sorted(self.persona.entities)) or "all",
            period=self.period.name,
            as_of=self.as_of.isoformat(),
            previous=_rounded(values[-1]) if trend else None,  # what is constant does not move
            target=self._target(id) if target is None else target,
            better=better,
            trend=tuple(map(_rounded, [*values, now.value])) if trend else (),
            method=method,
            rows=self._write_rows(id, now),
            resum=now.resum,
            note=now.note,
        )
        self.facts[id] = fact
        return fact

    def show(self, *facts: Fact) -> None:
        """Show facts as a row of headline figures; only what is shown is part of the report."""
        html = fact_strip(facts, self.formats) + fact_methods(facts)
        self._publish("facts", [asdict(fact) for fact in facts], html)

    def findings(self, findings: Sequence[Finding], *, limit: int | None = None, none: str = "Nothing found.") -> None:
        """Show findings as callouts, the worst first; all count, those past `limit` are folded away.

        Without any it says `none`, unless a table that the cell read is absent: then nobody knows.
        """
        ranked, day = sorted(findings, key=lambda finding: finding.rank), self.as_of.isoformat()
        html = "".join(finding_callout(finding, self.formats, day) for finding in ranked[:limit])
        if not ranked:
            missing = ", ".join(self.data.absent(self.data.touched))
            html = f"<p>{text(f'Not known: {missing} absent.' if missing else none)}</p>"
        html += finding_list(ranked[limit:], self.formats, day, more=limit > 0) if limit is not None else ""
        self._publish("findings", [asdict(finding) for finding in ranked], html)

    def table(self, frame: pd.DataFrame, caption: str, units: dict[str, str] | None = None) -> None:
        """Show a DataFrame with caption and units (a currency, percent, count, date, text, …) by column."""
        made = table_from(frame, self._ids, caption=caption, units=units)
        self._publish("table", content_of(made), table_html(made, self.formats))

    def figure(self, fig: Any, alt: str = "") -> None:
        """Show a Plotly figure; its title is the caption, `alt` the words that carry its message."""
        self._publish_figure(figure_from(fig.to_dict(), self._ids, self.formats, alt=alt))

    def say(self, sentence: str, **values: object) -> None:
        """Show a paragraph; `values` fill its `{names}` and stay text whatever they hold; `**bold**` is obeyed."""
        quoted = {name: text(value).replace("*", "&#42;") for name, value in values.items()}
        shown = escape(sentence, quote=False).format(**quoted)
        while "**" in shown:
            shown = shown.replace("**", "<strong>", 1).replace("**", "</strong>", 1)
        self._publish("prose", {"html": f"<p>{shown}</p>"}, f"<p>{shown}</p>")

    def preview(self) -> None:
        """Show this persona's page and mail; nothing in a run of the pipeline, which makes them afterwards."""
        if self._pipeline:
            return
        from .preview import show_preview

        show_preview(self, project_root())

    def _measure(self, metric: Metric, period: Period) -> Measure:
        before, self.data.touched = self.data.touched, set()
        measure = metric(period)
        used, self.data.touched = self.data.touched, before | self.data.touched
        if missing := self.data.absent(used):
            return Measure.unknown(f"{', '.join(missing)} absent")
        return measure

    def _target(self, id: str) -> float | None:
        touched = set(self.data.touched)
        target = _targets(self.data).get(id)
        self.data.touched = touched  # a target is no source of the figure, and without a register there is none
        self._noticed.add("kpis")
        return target

    def _write_rows(self, id: str, measure: Measure) -> str:
        if measure.rows is None or not measure.resum or not self._pipeline:
            return ""
        from .rows import write_rows

        return write_rows(Path("rows"), id, measure.rows)

    def _publish(self, kind: str, content: Any, html: str) -> None:
        publish(kind, content, html, pipeline=self._pipeline)

    def _source(self, name: str) -> Source | None:
        if self.data.absent({name}):
            return Source(name, state="absent")
        newest, schema = self._feeds.newest(name), schemas().get(name)
        day = newest.isoformat() if newest else ""
        collected = {it.source: it.day.isoformat() for it in self.data.snapshots if name in it.tables()}
        if name in _LOOKED_UP and not collected:
            return None
        if schema is None or schema.register or not schema.known or (collected and not newest):
            return Source(name, day, "register", collected)
        return Source(name, day, "stale" if newest < self.period.start else "", collected) if newest else None

    def _publish_figure(self, figure: Figure) -> None:
        self._publish("figure", content_of(figure), figure_html(figure))

    def _after_cell(self, *_: object) -> None:
        """Record what has been read, and tell the reader once of each table that is absent or has no schema."""
        if self._pipeline:
            if len(self.data.reads) != self._recorded:
                self._recorded = len(self.data.reads)
                Path("reads.json").write_text(json.dumps(self.data.reads, sort_keys=True), "utf-8")
            if sources := [self._source(name) for name in sorted(self.data.touched)]:
                self._publish("sources", [asdict(it, dict_factory=uncollected) for it in sources if it], "")
        self.data.touched = set()
        if missing := sorted(set(self.data.absent(set(self.data.reads))) - self._noticed):
            self._noticed.update(missing)
            names = ", ".join(f"<strong>{text(name)}</strong>" for name in missing)
            html = f'<p class="qd-absent">No data in {names}: what needs them is not known.</p>'
            self._publish("prose", {"html": html}, html)


@remembered
def _targets(data: Data) -> dict[str, float]:
    """Targets by the fact that measures them, in the fact's unit."""
    kpis = data.table("kpis", ["entity", "measured_by", "target", "unit"]).dropna(subset=["measured_by", "target"])
    kinds = data.table("entities", ["entity", "kind"]).set_index("entity")["kind"]
    # One house's target is none for the figure of two.
    kpis = kpis[kpis["entity"].isna() | kpis["entity"].map(kinds).map(kinds.value_counts()).eq(1)]
    values = kpis["target"] / kpis["unit"].map({"percent": 100}).fillna(1)
    return dict(zip(kpis["measured_by"][::-1], values[::-1], strict=True))  # of two, the first counts


def project_root() -> Path:
    """The nearest folder, from the working folder upwards, that holds `_quarto.yml`."""
    return next(
        (folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "_quarto.yml").is_file()), Path.cwd()
    )


def open_report(persona: str = "", period: str = "", as_of: str = "", subject: str = "") -> Desk:
    """Open a report and register house style for figures and tables in this notebook.

    Empty arguments mean the first persona on disk, the latest complete period in the data, and the newest day in it.
    Folders come from the environment in a run of the pipeline, else from the project around the working folder.
    In JupyterLab the persona's own parameters become variables here, as papermill injects them in a run.
    """
    root = project_root()
    pipeline = "QUARTERDECK_PIPELINE" in os.environ
    personas = Path(os.environ.get("QUARTERDECK_PERSONAS") or root / "personas")
    chosen = load_personas(personas, [persona] if persona else None)[0]
    folder = Path(os.environ.get("QUARTERDECK_DATA") or root / "data")
    day = date.fromisoformat(as_of) if as_of else newest_day(Data(folder, trusted=pipeline))
    span = Period.parse(period) if period else Period.latest_complete(day, chosen.period_kind)
    span = replace(span, end=min(span.end, day))  # in a running period, what is only planned has not happened
    only = {"entities": list(chosen.entities)} if chosen.entities else {}
    if chosen.each and subject:
        only[chosen.each] = [subject]
    data = Data(folder, as_of=day, only=only, trusted=pipeline, locale=chosen.locale)
    desk = Desk(chosen, span, day, subject, data, pipeline=pipeline)
    _register(desk)
    return desk


def warm_up(*, everything: bool = False) -> None:
    """Do once, in the process that kernels are forked from, what each would: open a report, read tables, draw.

    With `everything` all rules are tried too, so that what they compute of the whole company is there: worth its time
    where many edits follow.
    """
    import pandas as pd
    import plotly.express as px
    import plotly.io as pio

    desk, _ = open_report(), pio.renderers  # importing that costs most of what a cell would wait for
    plain = Data(desk.data.folder, trusted=True)
    for name in table_files(plain.folder):
        table_html(table_from(plain.table(name).head(1), set()), desk.formats)
    # Plotly builds what checks a property when it is first set.
    rows = pd.DataFrame({"x": ["a", "b"], "y": [1.0, 2.0], "kind": ["c", "d"]})
    shown = {"x": "x", "y": "y", "color": "kind"}
    for fig in (px.bar(rows, **shown, text="y"), px.line(rows, **shown, markers=True), px.imshow([[1, 2]])):
        fig.add_scatter(x=["a"], y=[1]).update_traces(name="").update_layout(showlegend=False, height=300)
        fig.update_xaxes(nticks=4, range=[0, 1]).update_yaxes(dtick=1).add_annotation(x=0, y=0, text="a")
        figure_html(figure_from(fig.to_dict(), set(), desk.formats))
    rows.pivot(index="x", columns="kind", values="y").to_csv()
    if everything:
        from . import findings

        whole = Data(plain.folder, as_of=desk.as_of, trusted=True, locale=desk.persona.locale)
        findings.everything(whole, desk.period, desk.as_of)
        whole.keep()


def _register(desk: Desk) -> None:
    """House style for what analysts show by ending a cell in a figure or a DataFrame."""
    import pandas as pd
    import plotly.graph_objects as go
    import plotly.io as pio
    from IPython.core.getipython import get_ipython
    from plotly.io._base_renderers import MimetypeRenderer

    layout = go.Layout(
        autotypenumbers="strict",  # an account's code is a name
        colorway=PALETTE,
        colorscale={"sequential": [[0, "#dce9f2"], [0.5, "#5b9bc8"], [1, "#08437a"]]},
        margin={"l": 8, "r": 8, "t": 16, "b": 8},
        xaxis={"automargin": True, "title": {"standoff": 8, "font": {"size": 13}}},
        yaxis={"automargin": True, "title": {"standoff": 8, "font": {"size": 13}}},
        legend={"orientation": "h", "y": -0.2, "title": {"text": ""}},
        hovermode="closest",
        separators=".,",
    )
    labels = {"bar": [go.Bar(textangle=0, cliponaxis=False)]}  # upright, and outside a bar too short for them
    pio.templates["quarterdeck"] = go.layout.Template(layout=layout, data=labels)
    pio.templates.default = "quarterdeck"
    for renderer in (pio.renderers[name] for name in pio.renderers):
        if hasattr(renderer, "config"):  # no button that hands a chart's figures to another host
            renderer.config = {**(renderer.config or {}), "showSendToCloud": False}
    shell = get_ipython()
    if shell is None:
        return
    shell.events.register("post_run_cell", desk._after_cell)
    if not desk._pipeline:
        shell.user_ns.update(desk.persona.parameters)
        return

    class Renderer(MimetypeRenderer):  # type: ignore[misc]
        """Turns `fig` and `fig.show()` into our bundle."""

        def to_mimebundle(self, fig_dict: dict[str, Any]) -> dict[str, Any]:
            made = figure_from(fig_dict, desk._ids, desk.formats)
            return bundle("figure", content_of(made), figure_html(made), pipeline=True)

    pio.renderers["quarterdeck"] = Renderer()
    pio.renderers.default = "quarterdeck"

    def show_frame(frame: Any) -> None:
        made = table_from(frame.to_frame() if isinstance(frame, pd.Series) else frame, desk._ids)
        desk._publish("table", content_of(made), table_html(made, desk.formats))

    formatter: Any = shell.display_formatter
    for kind in (pd.DataFrame, pd.Series):
        formatter.ipython_display_formatter.for_type(kind, show_frame)


def _rounded(value: float | None) -> float | None:
    """Six decimals: beyond what any unit shows, and the same on every machine."""
    return None if value is None else round(float(value), 6)
