"""Sites and cloud: traffic, releases, cost by day, and what the audits found."""

from __future__ import annotations

from datetime import date, timedelta

from . import plans
from .common import AGENCY, BRAND, CHARTERS, END, HAULING, JADA, LODGING, START, TRANSPORT, Row, draw, numbered, parse

TRAFFIC = {BRAND: (5200, 410), JADA: (2100, 520), HAULING: (1500, 260), AGENCY: (700, 180), TRANSPORT: (420, 230)}


def web_metrics() -> list[Row]:
    """Traffic and speed by week; the rental's page is measured by nobody."""
    rng, rows = draw("web"), []
    for week in range(52):
        last = date(2025, 11, 9) + timedelta(weeks=week)
        if last > END:
            break
        season = 0.75 + 0.5 * CHARTERS[(last.month - 11) % 12] / 7
        for entity, (requests, latency) in TRAFFIC.items():
            slow = 1.6 if entity == BRAND and date(2026, 3, 20) <= last <= date(2026, 5, 4) else 1
            p50 = round(latency * slow * rng.uniform(0.9, 1.1) * (1 + week / 400))
            count = round(requests * (season if entity in (BRAND, JADA) else 1) * rng.uniform(0.85, 1.15))
            errors = round(count * rng.uniform(0.002, 0.009) * (6 if slow > 1 else 1))
            rows.append(
                {
                    "entity": entity,
                    "date": last,
                    "requests": count,
                    "errors": errors,
                    "p50_ms": p50,
                    "p95_ms": round(p50 * rng.uniform(3.4, 5.2)),
                }
            )
    return rows


def deployments() -> list[Row]:
    """Releases: the brand's site weekly, others less often, fewer in summer when everybody sails."""
    rng, rows = draw("deployments"), []
    pace = {BRAND: 0.9, JADA: 0.45, HAULING: 0.4, AGENCY: 0.7, LODGING: 0.05, TRANSPORT: 0.15}
    for week in range(52):
        for entity, chance in pace.items():
            summer = 0.6 if 31 <= week <= 43 else 1
            if rng.random() < chance * summer:
                live = START + timedelta(days=7 * week + rng.choice((2, 3, 4, 5)))
                rows.append(
                    {
                        "entity": entity,
                        "committed_on": live - timedelta(days=rng.choice((0, 1, 1, 2, 4, 9, 16))),
                        "deployed_on": live,
                        "failed": rng.random() < (0.19 if entity == AGENCY else 0.1),
                    }
                )
    return numbered(rows, "deployment", "V", "deployed_on")


# Service: cost on a day when it is billed, and on which days of the month it is (None: every day).
SERVICES = {
    "Amazon EC2": (0.62, None),
    "Amazon RDS": (0.48, None),
    "Amazon CloudFront": (0.13, None),
    "Amazon S3": (0.16, None),
    "Amazon CloudWatch": (0.19, None),
    "AWS Data Transfer": (0.2, (2, 5, 8, 11, 14, 17, 20, 23, 26)),
    "Amazon SES": (0.21, (1, 6, 11, 16, 21, 26)),
    "AWS Lambda": (0.11, (3, 7, 10, 14, 17, 21, 24, 28)),
    "Amazon Route 53": (6.0, (1,)),
    "Amazon EBS": (0.5, (1, 4, 8, 12, 16, 20, 24, 28)),
}
SPIKE = (date(2026, 9, 11), "AWS Data Transfer", 7.9)


def cloud_costs() -> list[Row]:
    """Cost by day and service: slow growth, a quiet winter, one day when a video went round."""
    rng, rows = draw("cloud"), []
    for n in range((END - START).days + 1):
        today = START + timedelta(days=n)
        season = 0.94 + 0.12 * CHARTERS[(today.month - 11) % 12] / 7 + n / 2600
        for service, (cost, days) in SERVICES.items():
            if days is None or today.day in days:
                amount = cost if service == "Amazon Route 53" else cost * season * rng.uniform(0.93, 1.07)
                rows.append({"date": today, "service": service, "amount": f"{amount:.4f}"})
    when, service, amount = SPIKE
    rows = [row for row in rows if (row["date"], row["service"]) != (when, service)]
    rows.append({"date": when, "service": service, "amount": f"{amount:.4f}"})
    return sorted(rows, key=lambda row: (row["date"], row["service"]))


IN_ORDER = {
    "hosting": "Hosted on a managed service, patched",
    "tls": "Current protocols, valid certificate",
    "auth": "Admin pages ask for a login",
    "secrets": "No key or password in the code",
    "waf": "Traffic passes the shared firewall",
    "backups": "Backed up weekly, restore rehearsed",
    "logging": "Requests and logins are kept 90 days",
    "ci": "Tests run before every release",
    "staging": "Changes are tried on a copy first",
    "frontend": "Loads in under two seconds on a phone",
    "api": "Every route that writes asks for a token",
}


def observations() -> list[Row]:
    """Audit rows, and one that says `ok` for every layer of a site where nothing was found wrong."""
    rows = [dict(row) for row in parse(plans.OBSERVATIONS)]
    area = {"ci": "delivery", "staging": "delivery", "backups": "delivery", "frontend": "ux"}
    seen = {(row["entity"], row["layer"]) for row in rows if not row["fixed_on"]}
    for site in parse(plans.SITES):
        for layer, title in IN_ORDER.items():
            if (site["entity"], layer) not in seen:
                rows.append(
                    {
                        "entity": site["entity"],
                        "area": area.get(layer, "security"),
                        "layer": layer,
                        "status": "ok",
                        "title": title,
                        "severity": "none",
                        "seen_on": "2026-08-27",
                        "location": site["host"],
                    }
                )
    return numbered(rows, "observation", "O", "seen_on")
