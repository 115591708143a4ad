"""CloudWatch's weeks of functions become rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from deliver.aws import Chosen

from .feeds import clients_of, collect

FUNCTIONS = {"booking": "jada", "waiver": "jada", "quote": "hauling"}


def test_totals_equal_what_was_put(moto: str) -> None:
    """Calls and errors of all functions of an entity, week by week; the week that is not over is left out."""
    cloudwatch = clients_of(moto)("cloudwatch")
    monday = datetime(2026, 11, 9, 12, tzinfo=UTC)
    for day in range(16):  # two whole weeks, and two days of the one that goes on
        for name in FUNCTIONS:
            data = [
                {"MetricName": metric, "Dimensions": [{"Name": "FunctionName", "Value": name}], "Value": value,
                 "Timestamp": monday - timedelta(days=7) + timedelta(days=day)}
                for metric, value in (("Invocations", 10.0), ("Errors", 1.0), ("Duration", 100.0))
            ]  # fmt: skip
            cloudwatch.put_metric_data(Namespace="AWS/Lambda", MetricData=data)
    rows = collect("metrics", _percentiles(moto), functions=FUNCTIONS, weeks=4)["web_metrics"]
    told = {(row["entity"], row["date"]): (row["requests"], row["errors"]) for row in rows}
    assert told == {
        ("jada", "2026-11-08"): (140, 14), ("jada", "2026-11-15"): (140, 14),
        ("hauling", "2026-11-08"): (70, 7), ("hauling", "2026-11-15"): (70, 7),
    }  # fmt: skip


def _percentiles(moto: str) -> Any:
    """A client of moto, which knows no percentiles: the largest value stands for them."""

    def client(service: str, region: str = "") -> Any:
        made = clients_of(moto)(service, region)

        def largest(params: dict[str, Any], **_: Any) -> None:
            for query in params["MetricDataQueries"]:
                if query["MetricStat"]["Stat"].startswith("p"):
                    query["MetricStat"]["Stat"] = "Maximum"

        made.meta.events.register("before-parameter-build.cloudwatch.GetMetricData", largest)
        return made

    return client


def test_slowest_function_stands_for_its_entity(moto: str) -> None:
    """Percentiles of several functions are not averaged; pages and several hundred functions are all read."""
    asked: list[dict[str, Any]] = []
    week = datetime(2026, 11, 9, tzinfo=UTC)

    def answer(**question: Any) -> dict[str, Any]:
        asked.append(question)
        named = {it["Id"]: it["MetricStat"]["Metric"]["Dimensions"] for it in question["MetricDataQueries"]}
        results = [{"Id": id, "Timestamps": [week], "Values": [float(it[0]["Value"])]} for id, it in named.items()]
        return {"MetricDataResults": results}

    class Paged:
        def get_paginator(self, operation: str) -> Paged:
            return self

        def paginate(self, **question: Any) -> Any:
            yield Chosen(moto, service="cloudwatch", get_metric_data=answer).get_metric_data(**question)

    names = {str(number): "jada" for number in range(300)}
    (row,) = collect("metrics", lambda *_: Paged(), functions=names, weeks=1)["web_metrics"]
    assert row == {
        "entity": "jada", "date": "2026-11-15", "requests": sum(range(300)), "errors": sum(range(300)),
        "p50_ms": 299.0, "p95_ms": 299.0,
    }  # fmt: skip
    assert [len(question["MetricDataQueries"]) for question in asked] == [500, 500, 200]
    assert asked[0]["StartTime"] == week and asked[0]["EndTime"] == datetime(2026, 11, 16, tzinfo=UTC)


def test_functions_nobody_called_have_no_week(moto: str) -> None:
    """No call, no row: nothing is told of what was not measured."""
    assert not collect("metrics", clients_of(moto), functions={"idle": "jada"}, region="us-west-2")
