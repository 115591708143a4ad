"""Who may do what: one table."""

from __future__ import annotations

from collections.abc import Collection

from ..deliver.members import EVERY

ON_REPORT = ("approve", "send", "send-all", "retry", "act", "read")
"""Actions on one report: let it be sent, have it sent to oneself or to its readers, repeat what failed, push its
follow-up, open it."""
ACTIONS = ("generate", "invite", "runs", "reports", *ON_REPORT)
"""All actions; besides: make reports, let people in, see what ran, list the reports that one may read."""
MAY = {
    "admin": frozenset(ACTIONS),
    "captain": frozenset({"runs", "reports", *ON_REPORT}),
    "crew": frozenset({"reports", "send", "act", "read"}),
    "guest": frozenset({"reports", "read"}),
}


def may(role: str, action: str, reports: Collection[str] = (), slug: str = "") -> bool:
    """Whether a role, with the reports of a session, may do something: to the report of `slug`, where it is to one.

    A report takes those of its subjects in, as its folder does; an admin's are all.
    """
    if action not in MAY.get(role, ()):
        return False
    if not slug:
        return role == "admin" or action not in ON_REPORT
    return role == "admin" or not {EVERY, slug, slug.partition("/")[0]}.isdisjoint(reports)
