"""One reader each: what `personas/<id>.yml` may say, and reading it strictly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from .address import plain_address, unbroken
from .delivery import masked, recipient_id
from .errors import BadValue, PersonaError, QuarterdeckError, first_problem, nearest, strict
from .files import read_yaml
from .report import CONTROL, Variant


def _known_locale(text: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(text)) if text else ""
    except (ValueError, UnknownLocaleError):
        raise BadValue(repr(text[:60]), "is no locale that Babel knows", "Write it as de_DE") from None


def _known_zone(text: str) -> str:
    try:
        return ZoneInfo(text).key if text else ""
    except (KeyError, ValueError, OSError):  # unknown, no relative path, a folder of zones
        raise BadValue(repr(text[:60]), "is no time zone", "Write it as Europe/Berlin") from None


class Recipient(BaseModel):
    """A person who is sent a report: the whole one, or that of one `subject` of a persona with `each`.

    An empty `locale` is the persona's, an empty `time_zone` UTC.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Annotated[str, AfterValidator(plain_address)]
    name: Annotated[str, Field(max_length=200), AfterValidator(unbroken)] = ""
    locale: Annotated[str, AfterValidator(_known_locale)] = ""
    time_zone: Annotated[str, AfterValidator(_known_zone)] = ""
    subject: str = ""


class Persona(BaseModel):
    """A reader and what its report holds.

    `lens` says in a sentence what this reader cares about. `sections` are ids of the notebook's sections, in order, and
    `appendix` those that follow as appendices; `digest` those that the mail carries; `headline` the ids of the facts
    shown first. Readers are shared out between the mail as it is (`control`) and its `variants`. `entities` limits
    the data to some entities (empty: all). `parameters` overrides variables of the notebook's parameters cell. `each`
    names a table: besides the whole, one report for each of its rows. With `oversees` some report must show every
    entity and every serious finding. `send` says whether a mail without news goes out, with `approval` none does
    before somebody approved it, and `owner` is the address that answers for the report. These, recipients and schedule
    never cause a report to be rebuilt.
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
    send: Literal["always", "when-changed", "when-findings"] = "always"
    approval: bool = False
    owner: Annotated[str, AfterValidator(lambda text: plain_address(text) if text else "")] = ""

    @field_validator("recipients")
    @classmethod
    def _each_once(cls, recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
        seen: set[tuple[str, str]] = set()
        for recipient in recipients:
            if (reader := (recipient_id(recipient.address), recipient.subject)) in seen:
                raise BadValue(f"address {masked(recipient.address)!r}", "stands twice", "Remove one")
            seen.add(reader)
        return recipients

    @property
    def all_sections(self) -> tuple[str, ...]:
        """Sections and appendices, in order."""
        return (*self.sections, *self.appendix)

    @property
    def period_kind(self) -> str:
        """The kind of period that the schedule asks for: `month`, `week` or `quarter`."""
        return self.schedule.removesuffix("ly")


def to_recipient(values: Mapping[str, str], where: str) -> Recipient:
    """A recipient of these values; raises QuarterdeckError naming `where` and the value's name."""
    try:
        return Recipient.model_validate(values)
    except ValidationError as err:
        key, problem, remedy = first_problem(err)
        raise QuarterdeckError(f"{where}{key}", problem, remedy) from err


def load_persona(path: Path) -> Persona:
    """Read one persona; raises PersonaError that names the file, the key and what was expected."""
    values = read_yaml(path, PersonaError)
    if not isinstance(values, dict):
        raise PersonaError(str(path), "holds no keys", "Start from `quarterdeck new persona`")
    if "id" in values:
        raise PersonaError(f"{path}, key id", "is unknown", "A persona's id is the name of its file")
    persona: Persona = strict(
        Persona, {**values, "id": path.stem}, str(path), "See the README on personas", PersonaError
    )
    for key, problem, remedy in _contradictions(persona):
        raise PersonaError(f"{path}, key {key}", problem, remedy)
    return persona


def _contradictions(persona: Persona) -> Iterator[tuple[str, str, str]]:
    """Keys whose values do not go with those of others, each with the problem and a remedy."""
    if len(set(persona.all_sections)) < len(persona.all_sections):
        yield "sections", "names a section twice", "Remove one"
    for name in persona.digest:
        if name not in persona.all_sections:
            yield "digest", f"{name!r} is not among its sections", nearest(name, persona.all_sections)
    for id, variant in persona.variants.items():
        if not re.fullmatch("[a-z0-9][a-z0-9-]*", id) or id == CONTROL:
            yield "variants", f"{id!r} is no name for one", f"Use a-z, 0-9 and hyphens; not {CONTROL!r}"
        if variant.lead and variant.lead not in persona.digest:
            problem = f"{variant.lead!r} is not among its digest"
            yield f"variants.{id}.lead", problem, nearest(variant.lead, persona.digest)


def load_personas(folder: Path, only: list[str] | None = None) -> list[Persona]:
    """All personas of a folder in the order of their ids, or those named in `only`."""
    paths = {path.stem: path for path in sorted(folder.glob("*.yml"))}
    if not paths:
        raise PersonaError(str(folder), "holds no persona", "Write one with `quarterdeck new persona <id>`")
    for name in only or []:
        if name not in paths:
            raise PersonaError(str(folder), f"has no persona {name!r}", nearest(name, paths))
    return [load_persona(paths[name]) for name in (only or paths)]
