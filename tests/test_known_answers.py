"""A small company of its own, with awkward months, against figures calculated a second time without the product."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from known_answers.answers import FACTS, Company, Month, answer
from quarterdeck import pipeline
from quarterdeck.pipeline import Request
from quarterdeck.project import Project

ROOT = Path(__file__).parent.parent
HERE = ROOT / "tests" / "known_answers"
COAST = ("kestrel", "bothy")
# A whole month; the same while it was still running, of two entities; a leap month.
RUNS: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("2025-03", "2025-03-31"): {"whole": ()},
    ("2025-03", "2025-03-18"): {"coast": COAST},
    ("2024-02", "2024-02-29"): {"leap": ()},
}
REPORTS = [(month, day, name) for (month, day), personas in RUNS.items() for name in personas]

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("known")]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str, str], dict[str, Any]]:
    """What each run left in facts.json, by month, as-of day and persona."""
    root, found = tmp_path_factory.mktemp("known") / "project", {}
    root.mkdir()
    for name in ("_quarto.yml", "index.qmd"):
        shutil.copy(ROOT / name, root / name)
    for folder in (ROOT / "assets", ROOT / "notebooks", HERE / "data", HERE / "personas"):
        shutil.copytree(folder, root / folder.name)
    for (month, day), personas in RUNS.items():
        request = Request(engine="embedded", period=month, as_of=day, personas=tuple(personas))
        outcome = pipeline.run(Project.open(root), request)
        assert [result.error for result in outcome.results] == [None] * len(personas)
        for name in personas:
            found[month, day, name] = json.loads((root / "r" / name / month / "facts.json").read_text("utf-8"))
    return found


def same(shown: float | None, right: float | None) -> bool:
    """Equal within rounding, or both unknown."""
    if shown is None or right is None:
        return shown is right
    return shown == pytest.approx(right, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("month", "day", "name"), REPORTS)
def test_every_fact_is_what_an_independent_calculation_gives(
    built: dict[tuple[str, str, str], dict[str, Any]], month: str, day: str, name: str
) -> None:
    """The value, the one before, and each point of the trend; unknown only where it is unknown."""
    wrong, scope = [], RUNS[month, day][name]
    for fact in built[month, day, name]["facts"]:
        if fact["id"] not in FACTS:
            continue
        trend = fact["trend"] or [fact["value"]]
        assert trend[-1] == fact["value"] and (len(trend) == 1 or trend[-2] == fact["previous"])
        for back, shown in enumerate(reversed(trend)):
            when = Month(month, date.fromisoformat(day)).back(back).name
            right = answer(HERE / "data", fact["id"], when, day, scope)
            if not same(shown, None if right is None else float(right)):
                wrong.append(f"{fact['id']} of {when}: {shown}, not {None if right is None else float(right)}")
    assert not wrong, "\n".join(wrong)


def test_no_fact_is_missing(built: dict[tuple[str, str, str], dict[str, Any]]) -> None:
    """Every fact that has an independent answer is in the report of everything."""
    assert not set(FACTS) - {fact["id"] for fact in built["2025-03", "2025-03-31", "whole"]["facts"]}


def table(report: dict[str, Any], section: str, start: str) -> list[list[Any]]:
    """The rows of the table in a section whose caption starts so."""
    blocks = next(each for each in report["sections"] if each["id"] == section)["blocks"]
    return next(each["rows"] for each in blocks if each["kind"] == "table" and each["caption"].startswith(start))


def test_invoices_age_from_the_day_after_they_are_due(built: dict[tuple[str, str, str], dict[str, Any]]) -> None:
    """Overdue invoices fall into 1–30, 31–60, 61–90 and 90+ days; due on the last day is current."""
    company = Company(HERE / "data", date(2025, 3, 31))
    ageing = company.ageing(Month("2025-03", company.as_of))
    shown = dict.fromkeys(ageing, 0.0)
    for _, _, balance, days, _ in table(built["2025-03", "2025-03-31", "whole"], "receivables", "Open invoices"):
        assert days > 0
        shown["1–30" if days <= 30 else "31–60" if days <= 60 else "61–90" if days <= 90 else "90+"] += balance
    assert shown == {**{name: pytest.approx(float(sum_)) for name, sum_ in ageing.items()}, "current": 0.0}
    assert ageing["90+"] == 200 and ageing["61–90"] == 0 and ageing["current"] == 600


def test_a_contract_expires_in_sixty_days_and_not_in_sixty_one(
    built: dict[tuple[str, str, str], dict[str, Any]],
) -> None:
    """One that ends after exactly 60 days is expiring, after 61 it is in force, a past one has expired."""
    rows = table(built["2025-03", "2025-03-31", "whole"], "contracts", "Contracts in force")
    assert {(row[2], row[1]) for row in rows} == {("C1", "expiring"), ("C3", "expired")}
    ends = {row["contract"]: row["ends_on"] for row in Company(HERE / "data", date(2025, 3, 31)).table("contracts")}
    assert [(date.fromisoformat(ends[one]) - date(2025, 3, 31)) / timedelta(days=1) for one in ("C1", "C2")] == [60, 61]


def test_trial_balance_names_every_account_with_its_balance(
    built: dict[tuple[str, str, str], dict[str, Any]],
) -> None:
    """Each account's debit less credit is the sum of its lines; both columns have one total."""
    company = Company(HERE / "data", date(2025, 3, 31))
    *rows, total = table(built["2025-03", "2025-03-31", "whole"], "trial-balance", "The complete chart")
    sums = dict.fromkeys(company.accounts(), 0.0)
    for line in company.table("ledger"):
        sums[line["account"]] += float(line["amount"])
    assert {row[0]: (row[3] or 0) - (row[4] or 0) for row in rows} == pytest.approx(sums)
    assert total[3] == total[4]


def test_rules_are_broken_by_as_much_as_the_answers_say(built: dict[tuple[str, str, str], dict[str, Any]]) -> None:
    """The finding of a broken rule carries the excess over the limit; a runway without end keeps its rule."""
    found = {one["id"]: one["money"] for one in built["2025-03", "2025-03-31", "whole"]["findings"]}
    excess = {
        name: float(answer(HERE / "data", measure, "2025-03", "2025-03-31") or 0) - limit
        for name, measure, limit in (("burn", "gross_burn", 2000), ("overdue", "overdue_receivables", 500))
    }
    assert {name: found[f"rule-{name}"] for name in excess} == pytest.approx(excess)
    assert min(excess.values()) > 0 and "rule-reserve" not in found
