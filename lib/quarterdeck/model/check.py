"""One thing looked at before mail is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warn", "wrong", "unknown"]
Fault = tuple[object, State, str, str]
"""Whether (by its truth) something is amiss, how bad that is, what was found, and what to do about it."""


@dataclass(frozen=True)
class Check:
    """What was looked at, what was found and what to do about it; `unknown` is what could not be looked at."""

    name: str
    state: State
    found: str
    remedy: str = ""


def faults(name: str, *looked_for: Fault) -> list[Check]:
    """Those of the faults that there are."""
    return [Check(name, state, found, remedy) for amiss, state, found, remedy in looked_for if amiss]


def judge(name: str, well: str, *looked_for: Fault) -> Check:
    """The first of the faults that there is, or that all is `well`."""
    return next(iter(faults(name, *looked_for)), Check(name, "ok", well))
