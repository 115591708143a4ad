"""What sources have in common: whose a thing is, its id, and no account's number in any text."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from fnmatch import fnmatchcase

from pydantic import Field

from .config import Source

_ACCOUNT = re.compile(r"(?<!\d)\d{12}(?!\d)")
_OPEN = dict.fromkeys(("risk", "effort_days", "money", "owner"), "")


class Owned(Source):
    """A source whose things belong to `entity`, but for those whose name fits a pattern of `entities`."""

    entity: str = Field(min_length=1)
    entities: dict[str, str] = Field(default_factory=dict)

    def entity_of(self, name: str) -> str:
        """The entity of a thing: that of the first pattern (as `booking-*`) that its name fits."""
        return next((entity for pattern, entity in self.entities.items() if fnmatchcase(name, pattern)), self.entity)


def always(*names: str) -> Callable[[Source], tuple[str, ...]]:
    """The same names, whatever a source's keys say."""
    return lambda config: names


def unnumbered(text: str) -> str:
    """A text on one line without the numbers of AWS accounts."""
    return _ACCOUNT.sub("account", " ".join(text.split()))


def observation(*identity: str, **columns: str) -> tuple[str, dict[str, str]]:
    """A row of `observations` on security; the same `identity` gives the same id. What repairing costs stays open."""
    made = hashlib.sha256("\0".join(identity).encode("utf-8", "replace")).hexdigest()[:12]
    return "observations", {"observation": made, "area": "security", **columns, "fixed_on": "", **_OPEN}
