"""A report built by hand, with every kind of block, and ways to make it large, empty or hostile."""

from __future__ import annotations

from dataclasses import replace
from html import escape

from quarterdeck.deliver.digest import Picture
from quarterdeck.model.report import Fact, Figure, Finding, Prose, Report, ReportKey, Section, Table

URL = "https://reports.example.com/r/treasurer/2026-10/index.html"
MONTHS = tuple(f"2026-{month:02}-01" for month in range(1, 11))


def markdown(text: str) -> str:
    """Stands for the renderer: escapes what it is given."""
    return f"<p>{escape(text)}</p>"


def fact(id: str = "burn", value: float | None = 8412.0, **values: object) -> Fact:
    """A headline figure in dollars."""
    base = Fact(id, id.capitalize(), value, "USD", "all", "2026-10", "2026-10-31")
    return replace(base, **values)  # type: ignore[arg-type]


def finding(id: str, severity: str = "high", **values: object) -> Finding:
    """A finding with an action of its own."""
    base = Finding(id, f"Title {id}", "high", "all", f"Evidence {id}", action=f"Act on {id}", owner="Maria")
    return replace(base, severity=severity, **values)  # type: ignore[arg-type]


def figure(id: str = "fig-a", **layout: object) -> Figure:
    """A bar chart of ten months in dollars."""
    bars = {"type": "bar", "x": list(MONTHS), "y": [100.0 * n for n in range(1, 11)]}
    return Figure(
        id, f"Caption {id}", f"Alternative {id}", {"data": [bars], "layout": {"yaxis": {"tickprefix": "$"}, **layout}}
    )


def table(rows: int = 12) -> Table:
    """A table of a name, an amount and a share."""
    lines = tuple((f"Row {n}", 1000.5 * n, n / 20) for n in range(rows))
    return Table("tbl-a", "Gaps by client", ("Client", "Gap", "Share"), ("text", "USD", "percent"), lines, rows)


def report(**values: object) -> Report:
    """A month's report of a treasurer with two sections that its digest carries and one that it does not."""
    base = Report(
        ReportKey("treasurer", "", "2026-10"),
        "Treasury report",
        "Treasurer",
        "cash and debts",
        "2026-10-31",
        "Harbour Holdings",
        "USD",
        "en_US",
        headline=("cash", "burn"),
        digest=("debts", "burn"),
        commentary="A calm month.",
        facts=(fact("burn", previous=8000.0, better="lower", trend=(7900.0, 8000.0, 8412.0)), fact("cash", 41200.0)),
        findings=(finding("b", "medium"), finding("a", "high", money=14300.0, due="2026-10-28")),
        sections=(
            Section("burn", "Burn", (Prose(html="<p>Cash <strong>lasts</strong>.</p>"), figure("fig-a"), table())),
            Section("debts", "Debts", (Prose(markdown="Debts *grow*."), figure("fig-b"), figure("fig-c"))),
            Section("other", "Other", (figure("fig-d"),)),
        ),
    )
    return replace(base, **values)  # type: ignore[arg-type]


def picture(id: str) -> Picture:
    """A picture of one pixel."""
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
        "0000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
    )
    return Picture(id, f"Caption {id}", f"Alternative {id}", png)


def filled_with(text: str) -> Report:
    """A report in which every free text, from data or persona, is `text`."""
    bars = {"type": "bar", "name": text, "x": [text, "b"], "y": [1.0, 2.0]}
    blocks = (
        Prose(markdown=text),
        Figure("fig-a", text, text, {"data": [bars, bars], "layout": {}}),
        Table("t", text, (text, text), ("text", "text"), ((text, text),), 1),
    )
    return report(
        title=text,
        reader=text,
        lens=text,
        company=text,
        commentary=text,
        facts=(fact("burn", label=text, note=text), fact("cash", None, label=text, note=text)),
        findings=(finding("a", "critical", title=text, evidence=text, action=text, owner=text, entity=text),),
        sections=(Section("burn", text, blocks),),
    )


def of_amounts(value: float) -> Report:
    """A report in which every number is `value`."""
    bars = {"type": "bar", "x": list(MONTHS), "y": [value] * len(MONTHS)}
    axis = {"layout": {"yaxis": {"tickprefix": "$"}}}
    blocks = (
        Figure("fig-a", "One series", "Alternative", {"data": [bars], **axis}),
        Figure("fig-b", "Three series", "Alternative", {"data": [bars, bars, bars], **axis}),
        Table("t", "Amounts", ("Client", *("Amount",) * 5), ("text", *("USD",) * 5), (("Row", *[value] * 5),) * 3, 3),
    )
    return report(
        digest=("debts",),
        facts=(fact("burn", value, previous=-value, target=value), fact("cash", value)),
        findings=(finding("a", "critical", money=value),),
        sections=(Section("debts", "Debts", blocks),),
    )
