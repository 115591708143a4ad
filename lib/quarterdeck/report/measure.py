"""A figure together with exactly the rows that make it, so that anyone can add it up again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Measure:
    """A value and its rows, whose column `contribution` re-sums to it.

    With `resum` `ratio`, the value is the sum of contributions where `part` is `numerator` over the sum where it is
    `denominator`. A value of None means that it cannot be known; `note` says why.
    """

    value: float | None
    rows: pd.DataFrame | None = None
    resum: Literal["sum", "ratio", ""] = ""
    note: str = ""

    @classmethod
    def unknown(cls, note: str) -> Measure:
        """A figure that cannot be known, never to be shown as zero."""
        return cls(None, note=note)

    @classmethod
    def total(cls, rows: pd.DataFrame, column: str | None = None, *, sign: int = 1) -> Measure:
        """The sum of a column, or without one the number of rows."""
        contribution = rows[column] * sign if column else 1.0
        rows = rows.assign(contribution=contribution)
        return cls(round(float(rows["contribution"].sum()), 6), rows, "sum")

    @classmethod
    def ratio(
        cls, numerator: pd.DataFrame, top: str | None, denominator: pd.DataFrame, bottom: str | None, *, note: str = ""
    ) -> Measure:
        """One sum over another (a column of None counts rows); unknown, with a note, when the lower one is zero."""
        import pandas as pd

        upper, lower = cls.total(numerator, top), cls.total(denominator, bottom)
        assert upper.rows is not None and lower.rows is not None and upper.value is not None
        rows = pd.concat(
            [upper.rows.assign(part="numerator"), lower.rows.assign(part="denominator")], ignore_index=True
        )
        if not lower.value:
            return cls(None, rows, "", note or "nothing to divide by")
        return cls(upper.value / lower.value, rows, "ratio")
