"""Cost Explorer's answers become rows that add up."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.request import Request, urlopen

import pytest

from deliver.aws import Chosen
from quarterdeck.model.errors import QuarterdeckError

from .feeds import clients_of, collect


def _result(day: str, **amounts: str) -> dict[str, Any]:
    groups = [
        {"Keys": [name.replace("_", " ")], "Metrics": {"UnblendedCost": {"Amount": amount, "Unit": "USD"}}}
        for name, amount in amounts.items()
    ]
    return {"TimePeriod": {"Start": day, "End": day}, "Total": {}, "Groups": groups, "Estimated": False}


def _answer(address: str, *pages: dict[str, Any]) -> None:
    body = json.dumps({"results": list(pages)}).encode()
    headers = {"Content-Type": "application/json"}
    urlopen(Request(f"{address}/moto-api/static/ce/cost-and-usage-results", body, headers, method="POST")).close()


def test_all_pages_add_up_though_refused_at_first(moto: str) -> None:
    """Every page counts, a service of two pages once a day, and nothing is lost to rounding or throttling."""
    parts = ["0.00001", "0.00004", "12.3456789", "-3.1", "0"]
    days = [f"2026-10-{day:02}" for day in range(1, 31)]
    pages = [{"ResultsByTime": [_result(day, Amazon_S3=part, AWS_Lambda="0.00003") for day in days]} for part in parts]
    for number, page in enumerate(pages[:-1], 1):
        page["NextPageToken"] = f"page {number}"
    _answer(moto, *pages)
    rows = collect("costs", clients_of(moto, throttled=2), days=60)["cloud_costs"]
    told = {
        name: sum(Decimal(r["amount"]) for r in rows if r["service"] == name) for name in ("Amazon S3", "AWS Lambda")
    }
    exact = {"Amazon S3": 30 * sum(map(Decimal, parts)), "AWS Lambda": 30 * 5 * Decimal("0.00003")}
    assert all(abs(told[name] - exact[name]) <= Decimal("0.00005") for name in told), (told, exact)
    assert len({(row["date"], row["service"]) for row in rows}) == len(rows)


def test_question_is_of_the_days_before(moto: str) -> None:
    """What is asked ends with yesterday, so that no half day is taken for a whole one."""
    asked = []

    def answer(**question: Any) -> dict[str, Any]:
        asked.append(question["TimePeriod"])
        return {"ResultsByTime": []}

    collect("costs", lambda *_: Chosen(moto, service="ce", get_cost_and_usage=answer), days=30)
    assert asked == [{"Start": "2026-10-23", "End": "2026-11-22"}]


@pytest.mark.parametrize(("unit", "said"), [("EUR", "is in 'EUR', not in USD"), ("", "Set currency: USD")])
def test_other_currency_is_refused(moto: str, unit: str, said: str) -> None:
    """Amounts in another currency than the settings name are no numbers to add."""
    result = _result("2026-10-01", Tax="1")
    result["Groups"][0]["Metrics"]["UnblendedCost"]["Unit"] = unit
    with pytest.raises(QuarterdeckError, match="Tax") as refused:
        collect("costs", lambda *_: Chosen(moto, service="ce", get_cost_and_usage={"ResultsByTime": [result]}), days=1)
    assert said in str(refused.value)


def test_rate_turns_into_the_companys_currency(moto: str) -> None:
    """A company that counts in euros names what a dollar is."""
    answer = {"ResultsByTime": [_result("2026-11-01", Tax="10")]}
    rows = collect("costs", lambda *_: Chosen(moto, service="ce", get_cost_and_usage=answer), rate="0.9")
    assert rows["cloud_costs"] == [{"date": "2026-11-01", "service": "Tax", "amount": "9.0000"}]


def test_refusal_is_one_line(moto: str) -> None:
    """Who may not ask is told what to do."""
    with pytest.raises(QuarterdeckError, match=r"Cost Explorer: was refused \(AccessDeniedException\).*Allow that"):
        collect("costs", lambda *_: Chosen(moto, service="ce", get_cost_and_usage="AccessDeniedException"))
