"""Rules for the owner and for engineering: each finds its rows, and goes when they are mended."""

from __future__ import annotations

from datetime import date

import pytest

from quarterdeck.model.period import Period
from quarterdeck.model.report import Finding
from quarterdeck.report import findings
from quarterdeck.report.findings import common, engineering, owner

OCTOBER = Period.parse("2026-10")
DAY = date(2026, 10, 31)
ONE = [{"entity": "a", "name": "A", "kind": "charter", "billing": "on the day"}]
CHART = [
    {"account": "1000", "type": "asset", "role": "cash"},
    {"account": "4000", "type": "revenue", "role": "revenue"},
    {"account": "6000", "type": "expense", "role": "overhead"},
]


def posted(amount, account="4000", day="2026-10-05"):
    """An entry of two lines for the entity: an account against cash."""
    common = {"entry": f"{day}{account}", "date": day, "entity": "a"}
    return [
        {**common, "line": f"{day}{account}1", "account": account, "amount": amount},
        {**common, "line": f"{day}{account}2", "account": "1000", "amount": -amount},
    ]


def ids(rule, data, **thresholds):
    """Ids of what a rule finds at the end of October."""
    return [finding.id for finding in rule(data, OCTOBER, DAY, **thresholds)]


LEAD = {"entity": "b", "created_on": "2026-10-01"}
OURS = {**LEAD, "entity": "a"}
SALE = {"entity": "a", "ends_on": "2026-10-05", "price": 100}
BOAT = {"entity": "a", "status": "in use", "value": 5}
STAKE = {"entity": "a", "holder": "Ann", "share": 0.5}
ACTION = {"title": "x", "owner": "Ann", "created_on": "2026-10-01", "due_on": "2026-10-30"}
GAP = {"entity": "a", "area": "security", "status": "weak", "gap": "key", "severity": "high", "seen_on": "2026-10-01"}
DOMAIN = {"domain": "a.example", "entity": "a", "expires_on": "2026-12-30", "auto_renew": "false"}
RELEASE = {"entity": "a", "deployed_on": "2026-10-05"}
WEEK = {"entity": "a", "date": "2026-10-04", "requests": 100, "errors": 0, "p95_ms": 900}
CASES = [
    (owner.empty_pipelines, "leads", [LEAD], [LEAD, {**LEAD, "entity": "a"}], "empty-pipeline-a"),
    (owner.empty_pipelines, "leads", [{**OURS, "created_on": "2026-08-02"}], [OURS], "empty-pipeline-a"),
    (owner.unrecorded_revenue, "bookings", [SALE], [{**SALE, "cancelled_on": "2026-10-01"}], "revenue-not-recorded-a"),
    (owner.doubtful_stakes, "equity", [STAKE], [{**STAKE, "document": "x.pdf"}], "equity-in-doubt-a"),
    (owner.undecided_billing, "entities", [{**ONE[0], "billing": ""}], ONE, "billing-undecided-a"),
    (owner.losses, "ledger", posted(5, "6000"), [*posted(5, "6000"), *posted(-5)], "loss-a"),
    (owner.unmeasured_kpis, "kpis", [{"name": "k"}], [{"name": "k", "measured_by": "cash"}], "kpis-not-measured"),
    (owner.late_actions, "actions", [ACTION], [{**ACTION, "done_on": "2026-10-31"}], "late-actions"),
    (owner.late_actions, "actions", [ACTION], [{**ACTION, "due_on": "2026-10-31"}], "late-actions"),
    (owner.idle_assets, "assets", [{**BOAT, "status": "idle"}], [BOAT], "idle-assets"),
    (engineering.observed_gaps, "observations", [GAP], [{**GAP, "fixed_on": "2026-10-30"}], "security-gap-key"),
    (engineering.lapsing_domains, "domains", [DOMAIN], [{**DOMAIN, "auto_renew": "true"}], "lapsing-domains"),
    (engineering.lapsing_domains, "domains", [DOMAIN], [{**DOMAIN, "expires_on": "2026-12-31"}], "lapsing-domains"),
    (engineering.failing_changes, "deployments", [{**RELEASE, "failed": "true"}], [RELEASE], "failing-changes"),
    (engineering.unhealthy_sites, "web_metrics", [{**WEEK, "p95_ms": 1001}], [WEEK], "unhealthy-sites"),
    (engineering.unhealthy_sites, "web_metrics", [{**WEEK, "errors": 2}], [WEEK], "unhealthy-sites"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "table", "wrong", "right", "found"), CASES)
def test_a_finding_goes_with_its_rows(make_data, tmp_path, rule, table, wrong, right, found):
    """The offending rows make the finding; mending them removes it."""
    base = {"entities": ONE, "accounts": CHART}
    assert ids(rule, make_data(**{**base, table: wrong})) == [found]
    assert ids(rule, make_data(**{**base, table: right})) == []


def test_cost_anomaly_is_found_and_goes_with_its_day(make_data):
    """A day ten times the others is a finding, worth what it exceeds them by."""
    steady = [{"service": "s3", "date": f"2026-10-{n:02}", "amount": 1} for n in range(1, 31)]
    peak = {"service": "s3", "date": "2026-10-31", "amount": 10}
    (finding,) = engineering.cost_anomalies(make_data(cloud_costs=[*steady, peak]), OCTOBER, DAY)
    assert finding.money == 9
    assert ids(engineering.cost_anomalies, make_data(cloud_costs=steady)) == []


def test_owner_and_due_day_come_from_the_action_that_answers_the_finding(make_data):
    """An open action lends both; without one the due day follows from the severity, on the weekday before a weekend."""
    tables = {"entities": [{**ONE[0], "billing": ""}], "accounts": CHART}
    (alone,) = owner.undecided_billing(make_data(**tables), OCTOBER, DAY)
    assert (alone.owner, alone.due) == ("", "2026-11-13")
    answer = {**ACTION, "finding": alone.id, "due_on": "2026-11-05"}
    (answered,) = owner.undecided_billing(make_data(**tables, actions=[answer]), OCTOBER, DAY)
    assert (answered.owner, answered.due) == ("Ann", "2026-11-05")


def test_a_brand_is_no_loss_and_a_holding_no_seller(make_data):
    """A brand spends for the entity it sells for; a holding needs neither pipeline nor billing."""
    entities = [{**ONE[0], "sells_for": "b"}, {"entity": "b", "kind": "holding"}]
    data = make_data(entities=entities, accounts=CHART, ledger=posted(5, "6000"), leads=[{**LEAD, "entity": "a"}])
    assert ids(owner.losses, data) == ids(owner.undecided_billing, data) == ids(owner.empty_pipelines, data) == []


def test_contested_share_is_at_stake(make_data):
    """Two sources give one holder 20 % and 30 %: the larger is at stake of assets worth 1,000, and it is critical."""
    stakes = [{**STAKE, "share": share, "document": "x"} for share in (0.2, 0.3)]
    data = make_data(entities=ONE, equity=stakes, assets=[{"entity": "a", "value": 1000, "status": "in use"}])
    (finding,) = owner.doubtful_stakes(data, OCTOBER, DAY)
    assert (finding.severity, finding.money) == ("critical", 300)


def test_gaps_of_one_sort_are_one_finding(make_data):
    """Two places of one gap: the worst names it, the money is added up, and an observation is marked as such."""
    second = {**GAP, "severity": "critical", "title": "Worst", "money": 5, "location": "x.py:1", "owner": "Bo"}
    data = make_data(entities=ONE, observations=[{**GAP, "money": 7}, second])
    (finding,) = engineering.observed_gaps(data, OCTOBER, DAY)
    assert finding.title == "Key: Worst"
    assert (finding.severity, finding.money, finding.owner, finding.observed) == ("critical", 12, "Bo", True)
    assert finding.evidence == "2 places (A): Worst (x.py:1), x (no location noted)."
    (alone,) = engineering.observed_gaps(make_data(entities=ONE, observations=[second]), OCTOBER, DAY)
    assert alone.evidence == "1 place (A): x.py:1."
    assert ids(engineering.observed_gaps, data, area="ux") == []


def test_everything_finds_nothing_in_empty_tables(make_data):
    """With one entity that is in order and no other table no rule raises or finds anything."""
    assert findings.everything(make_data(entities=ONE), OCTOBER, DAY) == []


def test_every_rule_names_itself():
    """Rules are listed once, and those that engineering lists are known to be technical by their names."""
    names = [(module.__name__, rule.__name__) for module in findings.MODULES for rule in module.RULES]
    assert len(names) == len(set(names))


def test_shortfalls_are_the_worst_of_each_rule_without_technical_ones():
    """One a rule, ranked by severity and money, at most as many as asked for."""
    found = [
        Finding("a1", "", "high", "", "", money=1, rule="r1"),
        Finding("a2", "", "high", "", "", money=2, rule="r1"),
        Finding("b", "", "critical", "", "", rule="r2"),
        Finding("c", "", "critical", "", "", rule="observed_gaps"),
        Finding("d", "", "low", "", "", rule="r3"),
    ]
    assert [finding.id for finding in findings.shortfalls(found, 2)] == ["b", "a2"]
    assert len(findings.shortfalls(found)) == 3


@pytest.mark.parametrize(("gap", "said"), [("no-waf", "No WAF"), ("mfa-off", "MFA off"), ("key", "Key")])
def test_a_sort_of_gap_is_said_in_the_words_of_the_field(make_data, gap, said):
    """Acronyms stay what they are, and the id of the finding stays the table's."""
    data = make_data(entities=ONE, observations=[{**GAP, "gap": gap, "title": "Worst"}])
    (finding,) = engineering.observed_gaps(data, OCTOBER, DAY)
    assert (finding.id, finding.title) == (f"security-gap-{gap}", f"{said}: Worst")


def test_whoever_answers_for_most_observations_owns_what_no_row_gives_an_owner(make_data):
    """A failing release names nobody; two of three observations are Bo's."""
    seen = [{**GAP, "observation": str(n), "owner": name} for n, name in enumerate(("Ann", "Bo", "Bo"))]
    data = make_data(entities=ONE, observations=seen, deployments=[{**RELEASE, "failed": "true"}])
    (finding,) = engineering.failing_changes(data, OCTOBER, DAY)
    assert finding.owner == "Bo"


def test_conflicting_shares_of_one_holder_are_named_together(make_data):
    """A reader sees who claims what in one sentence, in the order of the register."""
    stakes = [{**STAKE, "share": share, "document": "x"} for share in (0.2, 0.3)]
    data = make_data(entities=ONE, equity=[*stakes, {**STAKE, "holder": "Cy", "share": 0.1}])
    (finding,) = owner.doubtful_stakes(data, OCTOBER, DAY)
    assert finding.evidence.startswith("3 of 3 claims cannot be relied on: ")
    assert finding.evidence.endswith("Ann 20% or 30% (conflicting); Cy 10% (undocumented).")


def test_a_domain_that_lapses_within_two_weeks_is_critical(make_data):
    """Fourteen days are critical, fifteen high; one that has lapsed says since when."""
    cases = [("2026-11-14", "critical", ""), ("2026-11-15", "high", ""), ("2026-10-30", "critical", "2026-10-30")]
    for day, severity, since in cases:
        (finding,) = engineering.lapsing_domains(make_data(domains=[{**DOMAIN, "expires_on": day}]), OCTOBER, DAY)
        assert (finding.severity, finding.since) == (severity, since)
        assert finding.evidence.startswith("Lapsed: " if since else "Not renewed automatically, and ending: ")


def test_what_has_lapsed_is_told_apart_from_what_will(make_data):
    """One ended yesterday, two end within two months."""
    days = ("2026-10-30", "2026-11-15", "2026-12-01")
    domains = [{**DOMAIN, "domain": f"{n}.example", "expires_on": day} for n, day in enumerate(days)]
    (finding,) = engineering.lapsing_domains(make_data(domains=domains), OCTOBER, DAY)
    assert finding.title == "1 domain lapsed, 2 domains about to lapse"
    assert finding.evidence == (
        "Lapsed: 0.example on Oct 30, 2026. "
        "Not renewed automatically, and ending: 1.example on Nov 15, 2026, 2.example on Dec 1, 2026."
    )


def test_cloud_cost_above_its_target_is_a_finding(make_data):
    """12 against a target of 10 of the KPI that the fact measures; at the target, or without one, none."""
    costs = [{"service": "s3", "date": "2026-10-05", "amount": 12}]
    kpi = {"measured_by": "cloud_cost", "target": 10, "owner": "Bo"}
    (finding,) = engineering.cost_above_target(make_data(cloud_costs=costs, kpis=[kpi]), OCTOBER, DAY)
    assert (finding.money, finding.owner, finding.severity) == (2, "Bo", "low")
    assert ids(engineering.cost_above_target, make_data(cloud_costs=costs, kpis=[{**kpi, "target": 12}])) == []
    assert ids(engineering.cost_above_target, make_data(cloud_costs=costs, kpis=[{**kpi, "target": ""}])) == []
    assert ids(engineering.cost_above_target, make_data(cloud_costs=[], kpis=[kpi])) == []


def test_several_actions_answer_one_finding_and_one_action_several(make_data):
    """Deed, owner and day are those of the soonest one; an action names its findings separated by spaces."""
    tables = {"entities": [{**ONE[0], "billing": ""}], "accounts": CHART}
    id = "billing-undecided-a"
    answers = [
        {**ACTION, "action": "2", "title": "Then this", "finding": id, "owner": "Cy", "due_on": "2026-11-09"},
        {**ACTION, "action": "1", "title": "First this", "finding": f"other {id}", "due_on": "2026-11-04"},
        {**ACTION, "action": "3", "title": "Not this", "finding": f"{id}-b", "due_on": "2026-11-01"},
        {**ACTION, "action": "4", "title": "Done", "finding": id, "done_on": "2026-10-20"},
    ]
    (found,) = owner.undecided_billing(make_data(**tables, actions=answers), OCTOBER, DAY)
    assert (found.action, found.owner, found.due) == ("First this", "Ann", "2026-11-04")


def test_evidence_is_written_as_its_reader_s_locale_has_it(make_data):
    """A day in a sentence follows the persona's locale, as every other value does."""
    data = make_data(company=[{"currency": "EUR"}])
    data.locale = "de_DE"
    assert common.day(data, date(2026, 10, 9)) == "09.10.2026"
    assert common.amount(data, 1234.0) == "1.234\u00a0€"
