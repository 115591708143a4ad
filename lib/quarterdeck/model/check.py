"""One thing looked at before mail is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found and what to do about it; `unknown` is what could not be looked at."""

    name: str
    state: Literal["ok", "warn", "wrong", "unknown"]
    found: str
    remedy: str = ""
