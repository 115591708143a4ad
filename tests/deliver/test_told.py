"""Mails that know what their reader was told before, and variants of a mail."""

from __future__ import annotations

from dataclasses import replace

from quarterdeck.deliver.compose import Edition, compose
from quarterdeck.deliver.digest import Digest
from quarterdeck.deliver.layout import to_html
from quarterdeck.deliver.plain import to_text
from quarterdeck.deliver.told import Told
from quarterdeck.model.report import Report, Variant

from .sample import URL, fact, finding, markdown, report


def told(earlier: Report, on: str = "2026-10-03") -> Told:
    """What a mail of a report told, as the ledger gives it back."""
    kept = Told.load(Told.of(earlier, "hash").dump(), on)
    assert kept
    return kept


def both(digest: Digest) -> list[str]:
    """The mail's HTML, without its tags' line breaks, and its text."""
    return [" ".join(to_html(digest, markdown).split()), " ".join(to_text(digest).split())]


EARLIER = report(
    facts=(fact("burn", 7000.0), fact("cash", 41200.0)), findings=(finding("a"), finding("z", title="Old leak"))
)


def test_changes_are_those_since_the_readers_last_mail():
    """Not since the period before, where the reader has been told another figure."""
    digest = compose(report(), url=URL, edition=Edition(told=told(EARLIER)))
    assert digest.facts[1].previous == 7000.0 and digest.subject.startswith("Burn up $1,412")
    for shown in both(digest):
        assert "Changes are those since your mail of Oct 3, 2026." in shown and "up $1,412" in shown
    assert compose(report(), url=URL).facts[1].previous == 8000.0


def test_findings_that_are_new_or_gone_are_called_so():
    """As against what this reader was told."""
    digest = compose(report(), url=URL, edition=Edition(told=told(EARLIER)))
    assert digest.new == ("b",)
    for shown in both(digest):
        assert "medium, new" in shown and "No longer found since your last mail: Old leak." in shown
    assert "high, new" not in both(digest)[1]
    for shown in both(compose(report(), url=URL)):
        assert ", new" not in shown and "last mail" not in shown


def test_many_findings_that_are_gone_are_counted():
    """Three by name."""
    many = report(findings=tuple(finding(f"f{n}") for n in range(9)))
    assert compose(report(findings=()), url=URL, edition=Edition(told=told(many))).gone.endswith(" and 6 more.")


def test_a_figure_in_another_unit_is_not_compared():
    """Nor one that the reader was never told."""
    other = told(report(facts=(fact("burn", 7000.0, unit="EUR"),)))
    assert [f.previous for f in compose(report(), url=URL, edition=Edition(told=other)).facts] == [None, 8000.0]


def test_a_correction_says_what_it_replaces_and_what_was_otherwise():
    """First in the mail and in its subject; changes stay those since the period before."""
    edition = Edition(told=told(EARLIER, "2026-11-02"), corrects=True)
    digest = compose(report(), url=URL, edition=edition)
    assert digest.subject.startswith("Correction: Burn up $412") and digest.facts[1].previous == 8000.0
    for shown in both(digest):
        assert "This replaces the mail of Nov 2, 2026." in shown
        assert "Burn is $8,412, not $7,000." in shown and "New: Title b." in shown
        assert "No longer found: Old leak." in shown


def test_a_correction_of_words_alone_says_so():
    """The figures and findings are those of the mail that it replaces."""
    edition = Edition(told=told(report()), corrects=True)
    (_, sentence) = compose(report(commentary="Mended."), url=URL, edition=edition).correction
    assert "Words, tables or charts" in sentence


def test_many_corrections_are_counted():
    """Eight in words."""
    many = report(findings=tuple(finding(f"f{n}") for n in range(30)))
    said = compose(report(findings=()), url=URL, edition=Edition(told=told(many), corrects=True)).correction
    assert len(said) == 10 and said[-1] == "22 more changes are in the full report."


def test_what_the_ledger_no_longer_knows_is_not_compared():
    """An empty record is none."""
    assert Told.load("", "2026-10-03") is None


def test_told_differs_by_figures_and_findings_alone():
    """Another commentary is no change of either."""
    assert not told(report()).differs(report(commentary="Other."))
    assert told(report()).differs(EARLIER)


def test_a_variant_has_its_own_subject_with_figures_in_it():
    """The figure's value as the reader sees it; the preheader does not repeat it."""
    made = report(variants={"money": Variant(subject="Cash stands at {cash}")})
    digest = compose(made, url=URL, edition=Edition("money"))
    assert digest.subject == "Cash stands at $41,200 · October 2026" and "Cash" not in digest.preheader
    assert compose(made, url=URL).subject.startswith("Burn up")


def test_a_variants_lead_comes_before_the_figures():
    """In HTML and in text; the usual mail keeps its order."""
    made = report(variants={"burn-first": Variant(lead="burn")})
    for shown in both(compose(made, url=URL, edition=Edition("burn-first"))):
        assert shown.index("Gaps by client") < shown.index("Headline figures") < shown.index("Debts")
        assert shown.count("Gaps by client") == 1
    for shown in both(compose(made, url=URL)):
        assert shown.index("Headline figures") < shown.index("Debts") < shown.index("Gaps by client")


def test_a_reader_with_a_locale_of_their_own_sees_figures_in_it():
    """The report's other words stay."""
    digest = compose(report(), url=URL, edition=Edition(locale="de_DE"))
    assert "41.200" in both(digest)[1] and 'lang="en"' in both(digest)[0]


def test_a_digest_shows_itself_in_a_notebook():
    """As the mail, in a frame that runs nothing."""
    shown = replace(compose(report(), url=URL), title="A <b> title")._repr_html_()
    assert shown.startswith("<iframe sandbox srcdoc=") and "Headline figures" in shown and "<b>" not in shown
