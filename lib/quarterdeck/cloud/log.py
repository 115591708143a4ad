"""Structured logs: JSON lines with request ids, and who did what; never a secret or a full address."""

from __future__ import annotations

from aws_lambda_powertools import Logger

logger = Logger(service="quarterdeck")


def audit(who: str, what: str, on: str) -> None:
    """Say who (a `recipient_id`) did what on what."""
    logger.info("audit", audit={"who": who, "what": what, "on": on})
