"""What a user can get wrong, said once: where it is, what is wrong, and how to mend it."""

from __future__ import annotations

import difflib
import reprlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError


_NAMED = 40
"""How many names a remedy lists at most."""


class QuarterdeckError(Exception):
    """A problem that its reader can mend; the command line prints it without a traceback.

    `where` names a file, row or key; `problem` says what is wrong with the value found there;
    `remedy` says what to do about it.
    """

    def __init__(self, where: str, problem: str, remedy: str = "") -> None:
        self.where, self.problem, self.remedy = where, problem, remedy
        super().__init__(where, problem, remedy)

    def __str__(self) -> str:
        return ". ".join(part.rstrip(".") for part in (f"{self.where}: {self.problem}", self.remedy) if part) + "."


class BadValue(QuarterdeckError, ValueError):
    """A value that cannot be used, told by who does not know where it stands: `where` says what it is."""

    @property
    def told(self) -> str:
        """The problem for whoever names the place: `'fast' will not do`."""
        return f"{self.where} {self.problem}"


class DataError(QuarterdeckError):
    """A table that is present but invalid."""


class PersonaError(QuarterdeckError):
    """A persona file that cannot be used."""


class NotebookError(QuarterdeckError):
    """The master notebook lacks something that a persona asks of it."""


class RenderError(QuarterdeckError):
    """A renderer failed; the last good site stays."""


class ReportFailed(QuarterdeckError):
    """One report's notebook raised; the other reports go on."""

    def __init__(self, where: str, problem: str, remedy: str = "", *, section: str = "", cell: int = 0) -> None:
        super().__init__(where, problem, remedy)
        self.section, self.cell = section, cell


def nearest(word: str, known: Iterable[str]) -> str:
    """Say which known name is meant, as a remedy: `Did you mean 'cash'? Known: …`."""
    names = sorted(known)
    close = difflib.get_close_matches(word, names, n=1)
    hint = f"Did you mean {close[0]!r}? " if close else ""
    shown = names[:_NAMED] + ([f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else [])
    return f"{hint}Known: {', '.join(shown) or 'none'}"


def first_problem(err: ValidationError) -> tuple[str, str, str]:
    """The key, problem and remedy of what a model refused first; no address is told."""
    first = err.errors()[0]
    key = ".".join(map(str, first["loc"]))
    cause = first.get("ctx", {}).get("error")
    if isinstance(cause, BadValue):
        return key, cause.told, cause.remedy
    private = first["type"] == "missing" or key.startswith(("recipients", "owner", "address"))
    return key, first["msg"].lower() + ("" if private else f", found {reprlib.repr(first['input'])[:120]}"), ""


def strict(
    model: Any, values: dict[str, Any], where: str, remedy: str, error: type[QuarterdeckError] = QuarterdeckError
) -> Any:
    """A pydantic model of these values; raises `error` that names `where` and the key that is unknown or wrong."""
    from pydantic import ValidationError

    for key in values:
        if key not in model.model_fields:
            raise error(f"{where}, key {key}", "is unknown", nearest(str(key), model.model_fields))
    try:
        return model.model_validate(values)
    except ValidationError as err:
        key, problem, told = first_problem(err)
        raise error(f"{where}, key {key}" if key else where, problem, told or remedy) from err
