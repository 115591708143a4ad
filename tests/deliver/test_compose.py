"""What a digest says, and in which order."""

from __future__ import annotations

from quarterdeck.deliver.compose import compose, digest_figures
from quarterdeck.model.report import Section, Table

from .sample import URL, fact, figure, finding, picture, report, table


def test_a_critical_finding_is_the_news():
    """The subject is the worst critical finding with its money, even beside a bad change."""
    critical = finding("x", "critical", title="Rule broken", money=412.0)
    digest = compose(report(findings=(finding("a"), critical)), url=URL)
    assert digest.subject == "Rule broken ($412 at stake) · October 2026"


def test_without_a_critical_finding_the_worst_change_is_the_news():
    """A headline figure that moved for the worse comes before a finding that is only high."""
    assert compose(report(), url=URL).subject == "Burn up $412 (+5.2%) · October 2026"


def test_a_change_for_the_better_gives_way_to_a_high_finding():
    """Good news is the subject only where nothing serious is wrong."""
    better = (fact("cash", 41200.0, previous=30000.0, better="higher"),)
    assert compose(report(facts=better), url=URL).subject.startswith("Title a")
    assert compose(report(facts=better, findings=()), url=URL).subject.startswith("Cash up $11,200")


def test_a_report_without_facts_or_findings_still_has_a_subject():
    """With nothing to tell, the subject names the report."""
    digest = compose(report(facts=(), findings=(), headline=()), url=URL)
    assert digest.subject == "Treasury report · October 2026"
    assert digest.preheader == "No findings."


def test_the_preheader_adds_to_the_subject():
    """It counts the findings and gives headline figures that the subject does not."""
    digest = compose(report(), url=URL)
    assert digest.preheader == "1 high and 1 medium findings. Cash $41,200."


def test_findings_come_worst_first_and_few():
    """Of two hundred findings the digest carries the four worst."""
    many = [finding(f"{n:03}", ("low", "medium", "high", "critical")[n % 4], money=float(n)) for n in range(200)]
    assert [f.id for f in compose(report(findings=tuple(many)), url=URL).findings] == ["199", "195", "191", "187"]


def test_actions_are_those_of_this_week_and_none_is_said_twice():
    """Overdue, undated and soon due actions come first; later ones fill up to three."""
    findings = (
        finding("later", "critical", due="2026-12-01"),
        finding("soon", "low", due="2026-11-07"),
        finding("overdue", "medium", due="2026-10-01"),
        finding("again", "medium", action="Act on overdue"),
        finding("latest", "low", due="2026-12-24"),
        finding("idle", "critical", action=""),
    )
    actions = compose(report(findings=findings), url=URL).actions
    assert [f.action for f in actions] == ["Act on overdue", "Act on soon", "Act on later"]


def test_sections_follow_the_persona_and_carry_two_charts():
    """Sections come in the order of `digest:`; the third chart and other sections stay on the page."""
    made = report(digest=("debts", "nowhere", "burn"))
    digest = compose(made, url=URL, pictures=[picture("fig-c"), picture("fig-a"), picture("fig-d")])
    assert [section.id for section in digest.sections] == ["debts", "burn"]
    assert [chart.id for chart in digest_figures(made)] == ["fig-b", "fig-c"]
    assert [p.id for p in digest.pictures] == ["fig-c"]
    assert not any(block.kind == "figure" for block in digest.sections[1].blocks)


def test_headline_facts_keep_their_order_and_tables_are_cut():
    """A digest shows the persona's headline in its order, and tables of eight rows that know their length."""
    digest = compose(report(), url=URL)
    assert [f.id for f in digest.facts] == ["cash", "burn"]
    (cut,) = (block for section in digest.sections for block in section.blocks if isinstance(block, Table))
    assert (len(cut.rows), cut.total) == (8, 12)


def test_a_section_whose_charts_are_too_many_is_left_out():
    """Rather than a heading with nothing under it."""
    charts = tuple(Section(f"s{n}", f"Section {n}", (figure(f"fig-{n}"),)) for n in range(4))
    digest = compose(report(sections=charts, digest=("s0", "s1", "s2", "s3")), url=URL)
    assert [section.id for section in digest.sections] == ["s0", "s1"]


def test_an_empty_section_is_left_out():
    """A section whose cells showed nothing has no heading in the mail."""
    empty = report(sections=(Section("burn", "Burn"), Section("debts", "Debts", (figure(), table()))))
    assert [section.id for section in compose(empty, url=URL).sections] == ["debts"]


def test_headers_are_one_line():
    """Line breaks, control and direction-override characters in a title never reach the subject."""
    hostile = finding("x", "critical", title="A\r\nBcc: x@example.com\u202eB\x00C\u2028D")
    assert compose(report(findings=(hostile,)), url=URL).subject == "A Bcc: x@example.com B C D · October 2026"
