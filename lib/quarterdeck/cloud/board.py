"""What the console shows of each published report."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict
from typing import Any

from ..dispatch import approval_mark
from ..model.period import Period
from ..model.persona import load_persona
from ..model.report import Report, ReportKey, this_week
from ..project import Project
from .place import Place

_MOST = 20
"""Actions of a report that are kept."""


def remember(place: Place, row: dict[str, str], project: Project, key: ReportKey) -> None:
    """Keep what is shown of a report that a run (its `row`) has published."""
    facts = project.root / key.path / "facts.json"
    report, persona = Report.load(facts), load_persona(project.personas / f"{key.persona}.yml")
    names = ("id", "title", "action", "owner", "due", "severity", "money")
    found = [asdict(it) for it in this_week(report.findings, report.as_of, most=_MOST)]
    place.table.put({
        "pk": "reports", "sk": f"{key.slug}#{key.period}", "slug": key.slug, "period": key.period,
        "title": report.title, "as_of": report.as_of, "run": row["id"], "version": row["version"],
        "built": place.at,
        "approval": "yes" if persona.approval else "",
        "actions": json.dumps([{name: it[name] for name in names} for it in found]),
        "content": hashlib.sha256(facts.read_bytes()).hexdigest(),
    })  # fmt: skip


def published(place: Place) -> list[dict[str, str]]:
    """What is kept of the newest report of each slug, in the order of slugs."""
    newest: dict[str, dict[str, str]] = {}
    for row in place.table.query("pk", "reports"):
        other = newest.get(row["slug"])
        if not other or Period.parse(other["period"]).end <= Period.parse(row["period"]).end:
            newest[row["slug"]] = row
    return list(newest.values())


def listed(place: Place, row: dict[str, str]) -> dict[str, Any]:
    """What is shown of one, with what became of its mails."""
    ledger, slug, period = place.ledger, row["slug"], row["period"]
    mails = list(ledger.of_report(slug, period))
    counts = Counter(mail.state for mail in mails)
    approved = row["approval"] and ledger.marked(approval_mark(slug, period, row["content"])) is not None
    return {
        **{name: row[name] for name in ("slug", "title", "period", "as_of", "built")},
        **{state: counts[state] for state in ("sent", "failed", "unknown")},
        "url": f"/r/{slug}/{period}/",
        "approval": "approved" if approved else "waiting" if row["approval"] else "",
        "last_sent": max((mail.at for mail in mails if mail.state == "sent"), default=""),
    }
