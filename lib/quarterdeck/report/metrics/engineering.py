"""State of the stacks: audits, security gaps, latency and errors, and how software is delivered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...model.period import Period
from ...model.report import SEVERITIES
from ..measure import Measure
from .common import entity_names, in_period

if TYPE_CHECKING:
    import pandas as pd

    from ..data import Data

STATES = ("ok", "weak", "missing")
AGES = ("to 30 days", "31 to 90 days", "over 90 days")


def open_observations(data: Data, period: Period, area: str = "") -> pd.DataFrame:
    """What audits saw wrong and nobody mended by the period's end, worst first: all columns, and `age` in days."""
    import pandas as pd

    seen = data.table("observations")
    end = period.end.isoformat()
    still = (seen["status"] != "ok") & (seen["seen_on"] <= end) & ~(seen["fixed_on"] <= end)
    seen = seen[still & (seen["area"] == area)] if area else seen[still]
    rank = seen["severity"].map({name: n for n, name in enumerate([*SEVERITIES, "none"])})
    seen = seen.assign(age=(pd.Timestamp(period.end) - seen["seen_on"]).dt.days.astype("float64"), rank=rank)
    return seen.sort_values(["rank", "age", "observation"], ascending=[True, False, True], ignore_index=True)


def audit_matrix(data: Data, period: Period) -> pd.DataFrame:
    """Entity by layer: the worst state that is not mended, and the sentence that proves it.

    Columns: `entity` (name), `layer`, `state` (ok, weak, missing), `level` (0, 1, 2), `evidence`, `location`. What has
    been mended is ok; a layer that nobody looked at has no row.
    """
    columns = ["observation", "entity", "layer", "status", "title", "seen_on", "fixed_on", "location"]
    seen = data.table("observations", columns)
    end = period.end.isoformat()
    seen = seen[seen["seen_on"] <= end]
    level = seen["status"].map({name: n for n, name in enumerate(STATES)}).where(~(seen["fixed_on"] <= end), 0)
    seen = seen.assign(level=level.astype("float64")).sort_values(["level", "seen_on", "observation"])
    worst = seen.groupby(["entity", "layer"], as_index=False).tail(1)
    names = entity_names(data)
    worst = worst.assign(
        entity=worst["entity"].map(names),
        state=worst["level"].map(dict(enumerate(STATES))),
        evidence=worst["title"],
    )
    columns = ["entity", "layer", "state", "level", "evidence", "location"]
    return worst[columns].sort_values(["entity", "layer"], ignore_index=True)


def security_gaps(data: Data, period: Period) -> Measure:
    """How many sorts of security gap were open when the period ended; each counts once, however many places have it."""
    if not len(data.table("observations", ["observation"])):
        return Measure.unknown("no audit is recorded")
    gaps = open_observations(data, period, "security").dropna(subset=["gap"]).drop_duplicates("gap")
    return Measure.total(gaps[["gap", "entity", "layer", "title", "severity", "seen_on", "location"]])


def open_serious(data: Data, period: Period) -> Measure:
    """How many observations of critical or high severity, in any area, were open when the period ended."""
    if not len(data.table("observations", ["observation"])):
        return Measure.unknown("no audit is recorded")
    seen = open_observations(data, period)
    columns = ["observation", "entity", "area", "layer", "title", "severity", "seen_on", "location"]
    return Measure.total(seen.loc[seen["severity"].isin(["critical", "high"]), columns])


def by_severity_and_age(data: Data, period: Period) -> pd.DataFrame:
    """Open observations counted by severity (worst first) and age. Columns: `severity` and one for each of AGES."""
    import pandas as pd

    seen = open_observations(data, period)
    age = pd.cut(seen["age"], [-1, 30, 90, float("inf")], labels=list(AGES)).astype(str)
    counts = pd.crosstab(seen["severity"], age).reindex(index=list(SEVERITIES), columns=list(AGES), fill_value=0)
    return counts.rename_axis("severity").rename_axis(None, axis=1).reset_index()


def ranked_actions(data: Data, period: Period, count: int = 10) -> pd.DataFrame:
    """The actions that remove most risk for a day of work, best first; what has no effort or risk cannot be ranked.

    One row an action, over all places that it mends. Columns: `rank`, `action`, `mends` (entities), `area`, `risk`
    (points), `effort_days`, `risk_per_day`, `money`, `owner`.
    """
    seen = open_observations(data, period).dropna(subset=["action", "risk", "effort_days"])
    names = entity_names(data)
    seen = seen[seen["effort_days"] > 0].assign(entity=lambda frame: frame["entity"].map(names))
    ranked = seen.groupby("action", as_index=False).agg(
        mends=("entity", lambda found: ", ".join(sorted(set(found)))),
        area=("area", "first"),
        risk=("risk", "sum"),
        effort_days=("effort_days", "sum"),
        money=("money", lambda found: found.sum(min_count=1)),
        owner=("owner", "first"),
    )
    ranked = ranked.assign(risk_per_day=ranked["risk"] / ranked["effort_days"])
    ranked = ranked.sort_values(["risk_per_day", "risk", "action"], ascending=[False, False, True], ignore_index=True)
    ranked.insert(0, "rank", range(1, len(ranked) + 1))
    columns = ["rank", "action", "mends", "area", "risk", "effort_days", "risk_per_day", "money", "owner"]
    return ranked[columns].head(count)


def deployment_frequency(data: Data, period: Period) -> Measure:
    """Releases to production a week (DORA: deployment frequency)."""
    releases = data.table("deployments", ["deployment", "entity", "deployed_on"])
    if not len(releases):
        return Measure.unknown("no release is recorded")
    return Measure.total(in_period(releases, "deployed_on", period).assign(weekly=7 / period.days), "weekly")


def lead_time(data: Data, period: Period) -> Measure:
    """Median days from the oldest change in a release to production (DORA: lead time for changes).

    In the rows only the middle release, or the two of them, contributes.
    """
    columns = ["deployment", "entity", "committed_on", "deployed_on"]
    releases = in_period(data.table("deployments", columns), "deployed_on", period)
    if not len(releases):
        return Measure.unknown("no release in the period")
    days = (releases["deployed_on"] - releases["committed_on"]).dt.days.astype("float64")
    releases = releases.assign(days=days).sort_values(["days", "deployment"], ignore_index=True)
    middle = sorted({(len(releases) - 1) // 2, len(releases) // 2})
    share = (releases["days"] / len(middle)).where(releases.index.isin(middle), 0.0)
    return Measure.total(releases.assign(share=share), "share")


def change_failure_rate(data: Data, period: Period) -> Measure:
    """Share of releases that had to be rolled back or mended at once (DORA: change failure rate)."""
    columns = ["deployment", "entity", "deployed_on", "failed"]
    releases = in_period(data.table("deployments", columns), "deployed_on", period)
    return Measure.ratio(releases[releases["failed"]], None, releases, None, note="no release in the period")


def error_rate(data: Data, period: Period) -> Measure:
    """Share of requests that failed, over all sites that are measured, in weeks that ended in the period."""
    weeks = in_period(data.table("web_metrics", ["entity", "date", "requests", "errors"]), "date", period)
    return Measure.ratio(weeks, "errors", weeks, "requests", note="no traffic was measured")


def latency(data: Data, period: Period) -> Measure:
    """95th percentile of latency in milliseconds: the weekly percentiles, weighted by requests (an approximation)."""
    weeks = in_period(data.table("web_metrics", ["entity", "date", "requests", "p95_ms"]), "date", period)
    weeks = weeks.assign(weighted=weeks["requests"] * weeks["p95_ms"])
    return Measure.ratio(weeks, "weighted", weeks, "requests", note="no traffic was measured")


def site_health(data: Data, period: Period) -> pd.DataFrame:
    """Traffic, latency and errors of each entity in the weeks that ended in the period.

    An entity that nobody measures has empty cells. Columns: `entity` (name), `requests`, `p50_ms`, `p95_ms`
    (weighted by requests), `error_rate`.
    """
    import pandas as pd

    weeks = in_period(data.table("web_metrics"), "date", period)
    weeks = weeks.assign(p50_ms=weeks["p50_ms"] * weeks["requests"], p95_ms=weeks["p95_ms"] * weeks["requests"])
    sums = weeks.groupby("entity")[["requests", "errors", "p50_ms", "p95_ms"]].sum()
    sums = sums[sums["requests"] > 0]
    names = entity_names(data)
    made = pd.DataFrame({"requests": sums["requests"]}).assign(
        p50_ms=sums["p50_ms"] / sums["requests"],
        p95_ms=sums["p95_ms"] / sums["requests"],
        error_rate=sums["errors"] / sums["requests"],
    )
    made = made.reindex(list(names)).rename(index=names)
    return made.rename_axis("entity").reset_index().sort_values("p95_ms", ascending=False, ignore_index=True)
