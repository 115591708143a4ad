"""One reader each: what `personas/<id>.yml` may say, and reading it strictly."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .errors import PersonaError, nearest
from .files import from_yaml
from .report import CONTROL, Variant


class Recipient(BaseModel):
    """A person who is sent a report."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: str = Field(pattern=r"^[^@\s\r\n]+@[^@\s\r\n]+$")
    name: str = ""


class Persona(BaseModel):
    """A reader and what its report holds.

    `lens` says in a sentence what this reader cares about. `sections` are ids of the notebook's sections, in order, and
    `appendix` those that follow as appendices; `digest` those that the mail carries; `headline` the ids of the facts
    shown first. Readers are shared out between the mail as it is (`control`) and its `variants`. `entities` limits
    the data to some entities (empty: all). `parameters` overrides variables of the notebook's parameters cell. `each`
    names a table: besides the whole, one report for each of its rows. With `oversees` some report must show every
    entity and every serious finding. Recipients and schedule never cause a report to be rebuilt.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = Field(min_length=1)
    reader: str = Field(min_length=1)
    lens: str = ""
    sections: tuple[str, ...] = Field(min_length=1)
    appendix: tuple[str, ...] = ()
    headline: tuple[str, ...] = ()
    digest: tuple[str, ...] = ()
    variants: dict[str, Variant] = Field(default_factory=dict)
    entities: tuple[str, ...] = ()
    parameters: dict[str, Any] = Field(default_factory=dict)
    each: str = ""
    oversees: bool = False
    locale: str = "en_US"
    recipients: tuple[Recipient, ...] = ()
    schedule: Literal["weekly", "monthly", "quarterly"] = "monthly"

    @property
    def all_sections(self) -> tuple[str, ...]:
        """Sections and appendices, in order."""
        return (*self.sections, *self.appendix)

    @property
    def period_kind(self) -> str:
        """The kind of period that the schedule asks for: `month`, `week` or `quarter`."""
        return {"weekly": "week", "monthly": "month", "quarterly": "quarter"}[self.schedule]


def load_persona(path: Path) -> Persona:
    """Read one persona; raises PersonaError that names the file, the key and what was expected."""
    try:
        values = from_yaml(path.read_text("utf-8"))
    except UnicodeDecodeError as err:
        raise PersonaError(str(path), f"is not UTF-8 (byte {err.start})", "Save the file as UTF-8") from err
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise PersonaError(
            where, f"is not valid YAML: {getattr(err, 'problem', None) or err}", "Mend that line"
        ) from err
    if not isinstance(values, dict):
        raise PersonaError(str(path), "holds no keys", "Start from `quarterdeck new persona`")
    for key in values:
        if key == "id" or key not in Persona.model_fields:
            raise PersonaError(
                f"{path}, key {key}", "is unknown", nearest(str(key), set(Persona.model_fields) - {"id"})
            )
    try:
        persona = Persona(id=path.stem, **values)
    except ValidationError as err:
        first = err.errors()[0]
        key = ".".join(map(str, first["loc"]))
        found = "" if first["type"] == "missing" else f", found {first['input']!r}"
        raise PersonaError(
            f"{path}, key {key}", f"{first['msg'].lower()}{found}", "See the README on personas"
        ) from err
    for name in persona.digest:
        if name not in persona.all_sections:
            remedy = nearest(name, persona.all_sections)
            raise PersonaError(f"{path}, key digest", f"{name!r} is not among its sections", remedy)
    for id, variant in persona.variants.items():
        if not re.fullmatch("[a-z0-9][a-z0-9-]*", id) or id == CONTROL:
            raise PersonaError(
                f"{path}, key variants", f"{id!r} is no name for one", f"Use a-z, 0-9 and hyphens; not {CONTROL!r}"
            )
        if variant.lead and variant.lead not in persona.digest:
            raise PersonaError(
                f"{path}, key variants.{id}.lead",
                f"{variant.lead!r} is not among its digest",
                nearest(variant.lead, persona.digest),
            )
    if len(set(persona.all_sections)) < len(persona.all_sections):
        raise PersonaError(f"{path}, key sections", "names a section twice", "Remove one")
    return persona


def load_personas(folder: Path, only: list[str] | None = None) -> list[Persona]:
    """All personas of a folder in the order of their ids, or those named in `only`."""
    paths = {path.stem: path for path in sorted(folder.glob("*.yml"))}
    if not paths:
        raise PersonaError(str(folder), "holds no persona", "Write one with `quarterdeck new persona <id>`")
    for name in only or []:
        if name not in paths:
            raise PersonaError(str(folder), f"has no persona {name!r}", nearest(name, paths))
    return [load_persona(paths[name]) for name in (only or paths)]
