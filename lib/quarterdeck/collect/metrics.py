"""CloudWatch: how often functions were called, failed and how long they took, week by week."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field

from ..deliver.aws import asking
from .config import Clients, Source
from .owned import always

_WEEK = 7 * 24 * 3600
_STATISTICS = (("Invocations", "Sum"), ("Errors", "Sum"), ("Duration", "p50"), ("Duration", "p95"))
tables, actions, resources = always("web_metrics"), always("cloudwatch:GetMetricData"), always("*")
_AT_ONCE = 500 // len(_STATISTICS)


class Config(Source):
    """Lambda functions by name, each with the entity that it serves, over the last `weeks` complete weeks."""

    functions: dict[str, str] = Field(min_length=1)
    weeks: int = Field(default=52, ge=1, le=64)


def rows(config: Config, clients: Clients, root: Path, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """A row for each entity and week (UTC, to Sunday) with a call.

    Calls and errors are those of all its functions; the percentiles of several functions are not those of all calls,
    so the slowest function's stand for them.
    """
    end = datetime.combine(day - timedelta(days=day.weekday()), time(), UTC)
    start = end - timedelta(weeks=config.weeks)
    seen: dict[tuple[str, str], list[float]] = {}
    names = sorted(config.functions)
    pages = clients("cloudwatch", config.region).get_paginator("get_metric_data")
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        queries = [_query(i, j, name) for i, name in enumerate(some) for j in range(len(_STATISTICS))]
        with asking("CloudWatch", "Name a region that has these functions"):
            for page in pages.paginate(MetricDataQueries=queries, StartTime=start, EndTime=end):
                for found in page["MetricDataResults"]:
                    function, statistic = map(int, found["Id"][1:].split("_"))
                    entity = config.functions[some[function]]
                    for moment, value in zip(found["Timestamps"], found["Values"], strict=True):
                        week = (moment.date() + timedelta(days=6)).isoformat()
                        known = seen.setdefault((entity, week), [0.0] * len(_STATISTICS))
                        known[statistic] = known[statistic] + value if statistic < 2 else max(known[statistic], value)
    for (entity, week), (calls, errors, p50, p95) in sorted(seen.items()):
        yield "web_metrics", {
            "entity": entity, "date": week, "requests": round(calls), "errors": round(errors),
            "p50_ms": round(p50, 1), "p95_ms": round(p95, 1),
        }  # fmt: skip


def _query(function: int, statistic: int, name: str) -> dict[str, Any]:
    metric, wanted = _STATISTICS[statistic]
    dimensions = [{"Name": "FunctionName", "Value": name}]
    return {
        "Id": f"m{function}_{statistic}",
        "MetricStat": {
            "Metric": {"Namespace": "AWS/Lambda", "MetricName": metric, "Dimensions": dimensions},
            "Period": _WEEK,
            "Stat": wanted,
        },
    }
