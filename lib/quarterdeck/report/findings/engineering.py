"""What is wrong with the stacks, how they are delivered and what they cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, cast

from ...model.report import Finding, Severity
from ..metrics import cloud, engineering
from ..metrics.common import entity_names, months, records
from .common import Rule, amount, answers_for, day, make, many, named

if TYPE_CHECKING:
    from ...model.period import Period
    from ..data import Data

_ACRONYMS = ("api", "ci", "csp", "dns", "mfa", "sla", "sso", "ssl", "tls", "waf")


def _words(gap: str) -> str:
    """`no-waf` as a reader knows it: `No WAF`."""
    words = [word.upper() if word in _ACRONYMS else word for word in gap.split("-")]
    said = " ".join(words)
    return said[:1].upper() + said[1:]


def observed_gaps(data: Data, period: Period, as_of: date, *, area: str = "") -> list[Finding]:
    """Each sort of gap that audits saw and nobody repaired, over all places that have it; of one area, or all."""
    seen = engineering.open_observations(data, period, area)
    seen = seen[seen["gap"].notna() & (seen["severity"] != "none")]
    names, made = entity_names(data), []
    seen = seen.assign(location=seen["location"].fillna("no location noted"))
    for (kind, sort), rows in seen.groupby(["area", "gap"], sort=True):
        gap = _words(str(sort))
        worst, money = rows.iloc[0], rows["money"].sum(min_count=1)
        others = list(dict.fromkeys(rows["entity"].map(names)))
        titled = len(rows) > 1  # the title of a single place is the finding's
        seen_at = [f"{row.title} ({row.location})" if titled else row.location for row in records(rows)]
        finding = make(
            data, as_of, f"{kind}-gap-{sort}", f"{gap}: {worst['title']}",
            cast(Severity, worst["severity"]), rule="observed_gaps",
            entity=str(worst["entity"]) if len(others) == 1 else "", money=money if money == money else None,
            evidence=f"{many(len(rows), 'place')} ({named(others)}): {named(seen_at)}.",
            action=str(worst["action"]) if worst["action"] == worst["action"] else "",
            owner=str(worst["owner"]) if worst["owner"] == worst["owner"] else "",
            since=rows["seen_on"].min().date().isoformat(),
        )  # fmt: skip
        made.append(replace(finding, observed=True))
    return made


def lapsing_domains(data: Data, period: Period, as_of: date, *, domain_days: int = 60) -> list[Finding]:
    """Domains that lapse within `domain_days` days, or have lapsed, and do not renew by themselves: one finding."""
    domains = data.table("domains", ["domain", "entity", "registrar", "registered_on", "expires_on", "auto_renew"])
    last_day = (as_of + timedelta(days=domain_days)).isoformat()
    soon = domains[~domains["auto_renew"] & domains["registered_on"].notna() & (domains["expires_on"] <= last_day)]
    soon = soon.sort_values(["expires_on", "domain"])
    if not len(soon):
        return []
    first, gone = soon["expires_on"].iloc[0].date(), soon["expires_on"] < as_of.isoformat()
    lapsed, ending = (
        named((f"{row.domain} on {day(data, row.expires_on)}" for row in records(rows)), len(rows))
        for rows in (soon[gone], soon[~gone])
    )
    counts = [f"{many(int(gone.sum()), 'domain')} lapsed"] if gone.any() else []
    counts += [f"{many(int((~gone).sum()), 'domain')} about to lapse"] if ending else []
    told = [f"Lapsed: {lapsed}."] if lapsed else []
    told += [f"Not renewed automatically, and ending: {ending}."] if ending else []
    return [
        make(
            data, as_of, "lapsing-domains", ", ".join(counts),
            "critical" if first <= as_of + timedelta(days=14) else "high", rule="lapsing_domains",
            since=first.isoformat() if first <= as_of else "",
            evidence=" ".join(told),
            action=f"Renew or give up {named(soon['domain'])}, and let what is kept renew by itself",
            owner=answers_for(data, "observations"),
        )
    ]  # fmt: skip


def cost_anomalies(data: Data, period: Period, as_of: date, *, anomaly_sigma: float = 3.0) -> list[Finding]:
    """Days of the period on which a cloud service cost far more than its trend: one finding with the excess."""
    odd = cloud.anomalies(data, period, anomaly_sigma)
    if not len(odd):
        return []
    worst, excess = odd.iloc[0], float(odd["excess"].sum())
    return [
        make(
            data, as_of, "cloud-cost-anomaly", f"Cloud cost jumped on {odd['date'].nunique()} days", "medium",
            rule="cost_anomalies", money=excess, since=odd["date"].min().date().isoformat(),
            evidence=f"{len(odd)} service-days lie more than {anomaly_sigma:g} standard deviations above trend; "
            f"the worst is {worst['service']} on {day(data, worst['date'])} "
            f"with {amount(data, worst['amount'])} against {amount(data, worst['expected'])} expected.",
            action="Find what ran on that day and set a budget alarm on the service",
            owner=answers_for(data, "optimisations"),
        )
    ]  # fmt: skip


def cost_above_target(data: Data, period: Period, as_of: date) -> list[Finding]:
    """The cloud cost of the last whole month lies above the target that the register of KPIs sets for it."""
    targets = data.table("kpis", ["measured_by", "target", "owner"])
    targets = targets[(targets["measured_by"] == "cloud_cost") & targets["target"].notna()]
    month = months(period, 1)[0]
    cost = cloud.cloud_cost(data, month).value
    if not len(targets) or cost is None or cost <= (target := float(targets["target"].iloc[0])):
        return []
    top = cloud.services(data, month).iloc[0]
    return [
        make(
            data, as_of, "cloud-cost-above-target",
            f"Cloud cost is {amount(data, cost - target)} above its target", "low", rule="cost_above_target",
            money=cost - target, owner=str(targets["owner"].iloc[0]),
            evidence=f"{amount(data, cost)} in {month.label} against a target of {amount(data, target)}; most went to "
            f"{top['service']}, {amount(data, top['amount'])}.",
            action="Take the best of the candidates for saving",
        )
    ]  # fmt: skip


def failing_changes(data: Data, period: Period, as_of: date, *, failure_limit: float = 0.15) -> list[Finding]:
    """Too many releases had to be repaired at once; above 15 % is below DORA's medium performers."""
    rate = engineering.change_failure_rate(data, period)
    if rate.value is None or rate.rows is None or rate.value <= failure_limit:
        return []
    failed = int((rate.rows["part"] == "numerator").sum())
    return [
        make(
            data, as_of, "failing-changes", f"{rate.value:.0%} of releases failed", "medium", rule="failing_changes",
            evidence=f"{failed} of {len(rate.rows) - failed} releases in {period.label} were rolled back or repaired "
            f"at once; the limit is {failure_limit:.0%}.",
            action="Put a staging step and a smoke test before production", owner=answers_for(data, "observations"),
        )
    ]  # fmt: skip


def unhealthy_sites(
    data: Data, period: Period, as_of: date, *, error_limit: float = 0.01, latency_limit: float = 1000.0
) -> list[Finding]:
    """Sites whose requests fail, or whose slowest twentieth take long, beyond the limits: one finding."""
    health = engineering.site_health(data, period).dropna(subset=["requests"])
    bad = health[(health["error_rate"] > error_limit) | (health["p95_ms"] > latency_limit)]
    if not len(bad):
        return []
    sites = "; ".join(f"{row.entity} {row.p95_ms:,.0f} ms and {row.error_rate:.1%}" for row in records(bad))
    return [
        make(
            data, as_of, "unhealthy-sites", f"{len(bad)} of {len(health)} measured sites are slow or fail",
            "high" if (bad["error_rate"] > error_limit).any() else "medium", rule="unhealthy_sites",
            evidence=f"95th percentile of latency and failed requests (limits {latency_limit:,.0f} ms and "
            f"{error_limit:.0%}): {sites}.",
            action="Trace the slowest and the failing routes, and repair the worst",
            owner=answers_for(data, "observations"),
        )
    ]  # fmt: skip


RULES: tuple[Rule, ...] = (
    observed_gaps, lapsing_domains, cost_anomalies, cost_above_target, failing_changes, unhealthy_sites,
)  # fmt: skip
