"""Structured logs: JSON lines with request ids, and who did what; never a secret or a full address."""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools import Logger

from ..model.delivery import without_addresses


def _masked(said: Any) -> Any:
    """What a line says, of whatever shape, without full addresses: the words of others, as SES's, hold some."""
    if isinstance(said, dict):
        return {name: _masked(it) for name, it in said.items()}
    if isinstance(said, list | tuple):
        return [_masked(it) for it in said]
    return said if isinstance(said, int | float | None) else without_addresses(str(said))


def _line(said: dict[str, Any]) -> str:
    return json.dumps(_masked(said), separators=(",", ":"), ensure_ascii=False)


logger = Logger(service="quarterdeck", json_serializer=_line)


def audit(who: str, what: str, on: str) -> None:
    """Say who (a `recipient_id`) did what on what."""
    logger.info("audit", audit={"who": who, "what": what, "on": on})
