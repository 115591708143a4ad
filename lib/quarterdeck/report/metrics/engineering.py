"""State of the stacks: audits, security gaps, latency and errors, and how software is delivered.

Delivery is measured as DORA does (State of DevOps: deployment frequency, lead time for changes, change failure rate).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from ...model.report import SEVERITIES
from ..measure import Measure
from .common import entity_names, in_period

if TYPE_CHECKING:
    from ...model.period import Period
    from ..data import Data

STATES = ("ok", "weak", "missing")
AGES = ("to 30 days", "31 to 90 days", "over 90 days")


def open_observations(data: Data, period: Period, area: str = "") -> pd.DataFrame:
    """What audits saw wrong and nobody repaired by the period's end, worst first: all columns, and `age` in days."""
    seen, end = data.table("observations"), period.end.isoformat()
    seen = seen[(seen["status"] != "ok") & (seen["seen_on"] <= end) & ~(seen["fixed_on"] <= end)]
    seen = seen[seen["area"] == area] if area else seen
    rank = seen["severity"].map((*SEVERITIES, "none").index)
    seen = seen.assign(age=(pd.Timestamp(period.end) - seen["seen_on"]).dt.days, rank=rank)
    return seen.sort_values(["rank", "age", "observation"], ascending=[True, False, True], ignore_index=True)


def audit_matrix(data: Data, period: Period) -> pd.DataFrame:
    """Entity by layer: the worst state that is not repaired, and the sentence that proves it.

    Columns: `entity` (name), `layer`, `state` (ok, weak, missing), `level` (0, 1, 2), `evidence`, `location`,
    `seen_on`. What has been repaired is ok; a layer that nobody looked at has no row.
    """
    seen, end = data.table("observations"), period.end.isoformat()
    seen = seen[seen["seen_on"] <= end].rename(columns={"title": "evidence"})
    state = seen["status"].mask(seen["fixed_on"] <= end, "ok")
    seen = seen.assign(state=state, level=state.map(STATES.index), entity=seen["entity"].map(entity_names(data)))
    worst = seen.sort_values(["level", "seen_on", "observation"]).drop_duplicates(["entity", "layer"], keep="last")
    columns = ["entity", "layer", "state", "level", "evidence", "location", "seen_on"]
    return worst[columns].sort_values(["entity", "layer"], ignore_index=True)


def security_gaps(data: Data, period: Period) -> Measure:
    """How many sorts of security gap were open when the period ended; each counts once, however many places have it."""
    seen = open_observations(data, period, "security")
    seen = seen.dropna(subset="gap")
    measure = _counted(data, period, seen.drop_duplicates("gap"))
    return replace(measure, note=measure.note or f"sorts of gap, in {len(seen)} places" if len(seen) else measure.note)


def open_serious(data: Data, period: Period) -> Measure:
    """How many observations of critical or high severity, in any area, were open when the period ended."""
    seen = open_observations(data, period)
    seen = seen[seen["severity"].isin(["critical", "high"])]
    measure, security = _counted(data, period, seen), int((seen["area"] == "security").sum())
    return replace(measure, note=measure.note or f"{security} of them in security" if len(seen) else measure.note)


def _counted(data: Data, period: Period, seen: pd.DataFrame) -> Measure:
    if not (data.table("observations", ["seen_on"])["seen_on"] <= period.end.isoformat()).any():
        return Measure.unknown("no audit is recorded by then")
    columns = ["observation", "entity", "area", "layer", "gap", "title", "severity", "seen_on", "location"]
    return Measure.total(seen[columns])


def by_severity_and_age(data: Data, period: Period) -> pd.DataFrame:
    """Open observations counted by severity (worst first) and age. Columns: `severity` and one for each of AGES."""
    seen = open_observations(data, period)
    age = pd.cut(seen["age"], [-1, 30, 90, float("inf")], labels=list(AGES)).astype(str)
    counts = pd.crosstab(seen["severity"], age).reindex(index=list(SEVERITIES), columns=list(AGES), fill_value=0)
    return counts.rename_axis("severity").rename_axis(None, axis=1).reset_index()


def ranked_actions(data: Data, period: Period, count: int = 10) -> pd.DataFrame:
    """The actions that remove most risk for a day of work, best first; what has no effort or risk cannot be ranked.

    One row an action, over all places that it repairs. Columns: `rank`, `action`, `mends` (entities), `area`,
    `severity` (of the worst place), `risk` (points, all places together), `effort_days`, `risk_per_day`, `money`,
    `owner`.
    """
    seen = open_observations(data, period).dropna(subset=["action", "risk"])
    names = entity_names(data)
    seen = seen[seen["effort_days"] > 0].assign(entity=lambda frame: frame["entity"].map(names))
    ranked = seen.groupby("action", as_index=False).agg(
        mends=("entity", lambda found: ", ".join(sorted(set(found)))),
        area=("area", "first"),
        severity=("severity", "first"),
        risk=("risk", "sum"),
        effort_days=("effort_days", "sum"),
        money=("money", lambda found: found.sum(min_count=1)),
        owner=("owner", "first"),
    )
    ranked.insert(6, "risk_per_day", ranked["risk"] / ranked["effort_days"])
    ranked = ranked.sort_values(["risk_per_day", "risk", "action"], ascending=[False, False, True], ignore_index=True)
    ranked.insert(0, "rank", ranked.index + 1)
    return ranked.head(count)


def deployment_frequency(data: Data, period: Period) -> Measure:
    """Releases to production a week (DORA: deployment frequency)."""
    releases = data.table("deployments", ["deployment", "entity", "deployed_on"])
    if not (releases["deployed_on"] <= period.end.isoformat()).any():
        return Measure.unknown("no release is recorded by then")
    return Measure.total(in_period(releases, "deployed_on", period).assign(weekly=7 / period.days), "weekly")


def lead_time(data: Data, period: Period) -> Measure:
    """Median days from the oldest change in a release to production (DORA: lead time for changes).

    In the rows only the middle release, or the two of them, contributes.
    """
    releases = in_period(data.table("deployments"), "deployed_on", period)
    if not len(releases):
        return Measure.unknown("no release in the period")
    releases = releases.assign(days=(releases["deployed_on"] - releases["committed_on"]).dt.days)
    releases = releases.sort_values(["days", "deployment"], ignore_index=True)
    middle = {(len(releases) - 1) // 2, len(releases) // 2}
    share = (releases["days"] / len(middle)).where(releases.index.isin(middle), 0.0)
    return Measure.total(releases.assign(share=share), "share")


def change_failure_rate(data: Data, period: Period) -> Measure:
    """Share of releases that had to be rolled back or repaired at once (DORA: change failure rate)."""
    releases = in_period(data.table("deployments"), "deployed_on", period)
    return Measure.ratio(releases[releases["failed"]], None, releases, None, note="no release in the period")


def releases_by_entity(data: Data, period: Period) -> pd.DataFrame:
    """Delivery of each entity in the period, the most releases first; one without a release has only a zero.

    Columns: `entity` (name), `releases`, `a_week`, `lead_days` (median), `failed`, `failure_rate`.
    """
    releases = in_period(data.table("deployments"), "deployed_on", period)
    releases = releases.assign(lead_days=(releases["deployed_on"] - releases["committed_on"]).dt.days)
    by_entity, names = releases.groupby("entity"), entity_names(data)
    count = by_entity.size().reindex(list(names), fill_value=0)
    failed = by_entity["failed"].sum().reindex(count.index).astype("float64")
    made = pd.DataFrame(
        {
            "entity": count.index.map(names),
            "releases": count,
            "a_week": count * 7 / period.days,
            "lead_days": by_entity["lead_days"].median(),
            "failed": failed,
            "failure_rate": failed / count.where(count > 0),
        }
    ).reset_index(drop=True)
    return made.sort_values(["releases", "entity"], ascending=[False, True], ignore_index=True)


def error_rate(data: Data, period: Period) -> Measure:
    """Share of requests that failed, over all sites that are measured, in weeks that ended in the period."""
    weeks = _weeks(data, period)
    return Measure.ratio(weeks, "errors", weeks, "requests", note="no traffic was measured")


def latency(data: Data, period: Period) -> Measure:
    """95th percentile of latency in milliseconds: the weekly percentiles, weighted by requests (an approximation)."""
    weeks = _weeks(data, period)
    return Measure.ratio(weeks, "weighted_p95", weeks, "requests", note="no traffic was measured")


def site_health(data: Data, period: Period) -> pd.DataFrame:
    """Traffic, latency and errors of each entity in the weeks that ended in the period, the slowest first.

    An entity that nobody measures has empty cells. Columns: `entity` (name), `requests`, `p50_ms`, `p95_ms`
    (weighted by requests), `error_rate`.
    """
    sums = _weeks(data, period).groupby("entity")[["requests", "weighted_p50", "weighted_p95", "errors"]].sum()
    sums = sums[sums["requests"] > 0].reindex(list(entity_names(data)))
    made = sums.div(sums["requests"], axis=0).assign(requests=sums["requests"]).rename(index=entity_names(data))
    made = made.set_axis(["requests", "p50_ms", "p95_ms", "error_rate"], axis=1).rename_axis("entity").reset_index()
    return made.sort_values(["p95_ms", "entity"], ascending=[False, True], ignore_index=True)


def _weeks(data: Data, period: Period) -> pd.DataFrame:
    weeks = in_period(data.table("web_metrics"), "date", period)
    weighted = {f"weighted_{name}": weeks[f"{name}_ms"] * weeks["requests"] for name in ("p50", "p95")}
    return weeks.assign(**weighted)
