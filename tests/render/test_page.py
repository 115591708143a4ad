"""The page notebook: what is carried over from an executed notebook, and what is not."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta

import pytest
import yaml

from quarterdeck.model.errors import RenderError
from quarterdeck.model.report import Section, Source
from quarterdeck.render.opening import long_date, most_changed, opening, sources_line, worst
from quarterdeck.render.page import page_notebook, page_title, raw

from .handmade import FINDINGS, HOSTILE, cell, executed, fact, report, stream


def page_text(notebook: dict[str, object] | None = None) -> str:
    """Everything that the page notebook holds, as one string."""
    return json.dumps(page_notebook(notebook or executed(), report(), ""), ensure_ascii=False)


def test_only_the_sections_are_carried_over() -> None:
    """Parameters, set-up, the analyst's introduction and warnings are no part of a page."""
    text = page_text()
    assert "## Cash {#cash}" in text
    for absent in ("persona = 'x'", "persona = 'y'", "setup()", "How to use this notebook", "noise", "papermill"):
        assert absent not in text


def test_what_changes_between_runs_is_left_out() -> None:
    """Counts, times and ids of another run give the same page."""
    other = executed()
    for number, one in enumerate(other["cells"]):
        one["id"], one["metadata"]["papermill"] = f"other{number}", {"duration": 99.0}
    assert page_text(other) == page_text()


def test_front_matter_is_yaml_whatever_the_report_says() -> None:
    """A title made of YAML, Markdown and HTML does not reach the front matter, and the language does."""
    made = page_notebook(executed(), report(title='"]: - # {{ <b>', locale="de_DE"), "")
    values = yaml.safe_load(made["cells"][0]["source"].strip("-\n"))
    assert values["lang"] == "de-DE"
    assert [line.split('src="')[1].split('"')[0] for line in values["include-in-header"][0]["text"].splitlines()] == [
        "../../../assets/plotly.min.js", "../periods.js", "../../../assets/quarterdeck.js",
    ]  # fmt: skip


def test_a_subject_lies_one_folder_deeper() -> None:
    """The report of a table's row finds the same scripts from further down."""
    made = page_notebook(executed(), report("client/acme"), "")
    assert "../../../../assets/quarterdeck.js" in made["cells"][0]["source"]


def test_html_outputs_become_raw_markdown() -> None:
    """An output of type text/html would make Quarto load scripts from another host."""
    output = {
        "output_type": "execute_result",
        "metadata": {},
        "data": {"text/html": "<b>x</b>", "text/plain": "x at 0x7f"},
    }
    made = page_notebook({"cells": [cell("## A", kind="markdown"), cell("x", output)]}, report(), "")
    assert made["cells"][-1]["outputs"][0]["data"] == {"text/markdown": "```{=html}\n<b>x</b>\n```\n"}


def test_printed_text_is_shown_as_text() -> None:
    """What a cell prints keeps its lines and starts no tag and no shortcode."""
    printed = stream("<i>a</i> {{< x >}}\n```\n b")
    made = page_notebook({"cells": [cell("## A", kind="markdown"), cell("x", printed)]}, report(), "")
    shown = made["cells"][-1]["outputs"][0]["data"]["text/markdown"]
    assert "&lt;i&gt;a&lt;/i&gt; &#123;&#123;&lt; x &gt;}}\n&#96;&#96;&#96;\n b" in shown


def test_a_failed_notebook_is_refused() -> None:
    """A traceback is never rendered."""
    failed = cell("1/0", {"output_type": "error", "ename": "ZeroDivisionError", "evalue": "", "traceback": []})
    with pytest.raises(RenderError, match=r"r/owner/2026-10.*ZeroDivisionError"):
        page_notebook({"cells": [failed]}, report(), "")


def test_a_fence_is_longer_than_any_inside() -> None:
    """HTML that holds backticks cannot end its raw block."""
    assert raw("a ```` b").startswith("`````{=html}\n")


def test_the_title_names_the_period() -> None:
    """Two periods of one report are told apart in a browser's tabs."""
    assert page_title(report()) == "Report for owner · October 2026"


def test_the_first_screen_says_who_when_and_how_much() -> None:
    """Reader, lens, period, date, headline, worst findings with money, and this week's deeds are all there."""
    html = opening(report(), "<p>All is well.</p>")
    context = ("Chief executive", "Profit, use of assets", "October 2026", "October 31, 2026", "<p>All is well.</p>")
    news = ("$8,412", "$9,240 at stake", "Call the two clients", "Ana", "due Nov 6")
    for said in context + news:
        assert said in html
    assert html.index("All is well") < html.index("qd-facts") < html.index("qd-board")


def test_an_empty_report_has_no_empty_boxes() -> None:
    """With no facts, findings or commentary there is only the masthead."""
    html = opening(report(facts=(), findings=(), lens=""), "")
    assert "qd-masthead" in html
    assert not any(box in html for box in ("qd-facts", "qd-board", "qd-panel", "qd-commentary"))


def test_findings_are_ordered_by_severity_then_money() -> None:
    """The worst three come first."""
    assert [finding.id for finding in worst(FINDINGS[::-1])] == ["late", "pipeline", "uncategorised"]


def test_what_changed_most_is_by_share() -> None:
    """A large sum that moved little comes after a small one that doubled; what has no better direction is left out."""
    facts = (
        fact("big", 101_000.0, previous=100_000.0, better="higher"),
        fact("small", 4.0, previous=2.0, unit="count", better="higher"),
        fact("neutral", 9.0, previous=1.0),
        fact("new", 9.0, better="higher"),
        fact("same", 5.0, previous=5.0, better="higher"),
    )
    assert [one.id for one in most_changed(facts)] == ["small", "big"]
    doubled = fact("a", 9.0, previous=1.0, better="lower")
    assert [one.id for one in most_changed((*facts, doubled), ("small",))] == ["small", "a", "big"]


def test_hostile_text_is_escaped_on_the_first_screen() -> None:
    """No name, title or deed can start a tag, a fence or a shortcode."""
    made = report(
        title=HOSTILE,
        reader=HOSTILE,
        lens=HOSTILE,
        company=HOSTILE,
        facts=(fact("f", 2.0, previous=1.0, better="lower", label=HOSTILE),),
    )
    html = opening(made, "<p>{{&lt; include x &gt;}} ` </p>")
    assert "<script" not in html and "{{" not in html and "`" not in html


def test_a_few_sources_are_named_and_many_are_counted() -> None:
    """What is stale is said either way; the names of the others stand where the reader unfolds them."""
    fresh = [Source(f"table_{n}", "2026-10-31") for n in range(5)]
    old = Source("audits", "2026-01-02", "stale")
    few = sources_line(Section("s", "S", sources=(*fresh[:4], old)), report())
    assert "<details" not in few and "table 3 to Oct 31" in few and "audits stale, last Jan 2, 2026" in few
    many = sources_line(Section("s", "S", sources=(*fresh, old)), report())
    shown, folded = many.split("</summary>")
    assert "5 tables" in shown and "audits stale" in shown and "table 4" not in shown and "table 4 to Oct 31" in folded
    gone = sources_line(Section("s", "S", sources=tuple(Source(f"t{n}", state="absent") for n in range(5))), report())
    assert "5 stale or absent" in gone and gone.endswith("</details>")
    assert sources_line(Section("s", "S"), report()) == ""
    plans = [Source("plans", "2026-01-02", "register"), *(Source(f"p{n}", state="register") for n in range(2))]
    assert "plans (last Jan 2, 2026), p0 (undated)" in sources_line(
        Section("s", "S", sources=tuple(plans[:2])), report()
    )
    counted = sources_line(Section("s", "S", sources=tuple(plans)), report())
    assert "3 tables kept by hand" in counted.split("</summary>")[0] and "p1 (undated)" in counted


def test_what_was_collected_is_said_with_its_age() -> None:
    """From which source, on which day, how long before the report's; tables of one snapshot in one sentence."""
    day = date.fromisoformat(report().as_of[:10])
    days = [(day - timedelta(days=n)).isoformat() for n in (0, 1, 2)]
    read = [
        Source("assets", days[2], "register", {"git": days[2], "<b>": days[0]}),
        Source("deployments", days[2], "", {"git": days[2]}),
        Source("cloud_costs", days[1], "", {"costs": days[1]}),
    ]
    line = sources_line(Section("s", "S", sources=tuple(read)), report())
    said = line.partition("</p>")[2].removeprefix('<p class="qd-sources">').removesuffix(".</p>").split(". ")
    assert [sentence.partition("from ")[2] for sentence in said] == [
        "&lt;b&gt;, on the report’s day: assets", "costs, 1 day before the report’s day: cloud costs",
        "git, 2 days before the report’s day: assets, deployments",
    ]  # fmt: skip
    assert said[0].startswith(f"Collected {long_date(days[0], report().locale)} ")
    assert "Collected" not in sources_line(Section("s", "S", sources=(Source("bank", days[1]),)), report())


def test_headline_figures_are_not_shown_twice() -> None:
    """A section keeps the cards that the first screen has not, and the methods of all."""
    facts = (fact("cash", 9.0, method="Adds up"), fact("burn", 5.0, method="Sums up"))
    shown = {"kind": "facts", "content": [{"id": "cash"}, {"id": "burn"}]}
    output = {
        "output_type": "display_data",
        "metadata": {},
        "data": {"text/markdown": "both", "application/vnd.quarterdeck+json": shown},
    }
    made = page_notebook(
        {"cells": [cell("## A", kind="markdown"), cell("x", output)]}, report(facts=facts, headline=("cash",)), ""
    )
    markdown = made["cells"][-1]["outputs"][0]["data"]["text/markdown"]
    assert 'data-fact="burn"' in markdown and 'data-fact="cash"' not in markdown
    assert "Adds up" in markdown and "Sums up" in markdown
    assert 'data-fact="cash"' in made["cells"][1]["source"]


def test_the_first_screen_says_what_is_overdue_and_what_it_comes_to() -> None:
    """A day before as-of is said to be past, and the findings' money is summed."""
    late = replace(FINDINGS[1], due="2026-10-09")
    html = opening(report(findings=(FINDINGS[0], late, *FINDINGS[2:])), "")
    assert "overdue since Oct 9" in html and "due Nov 6" in html
    assert "4 findings in all, together $10,558 at stake at most." in html
    assert "No rule found anything wrong." in opening(report(findings=()), "")
