"""What the HTTP API is asked with and answers: the shapes of its bodies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .work import PeriodName, Slug

_Id = Annotated[str, StringConstraints(pattern="^[a-z0-9][a-z0-9-]{0,63}$")]
_Code = Annotated[str, StringConstraints(max_length=300)]
_Text = Annotated[str, StringConstraints(max_length=320)]


class Strict(BaseModel):
    """A body that holds nothing else."""

    model_config = ConfigDict(extra="forbid")


class Generate(Strict):
    """Which reports to make: of these personas (none: all), of a period (none: the latest complete one)."""

    personas: Annotated[list[_Id], Field(max_length=100)] = []
    period: PeriodName | None = None
    send: bool = False

    @property
    def said(self) -> dict[str, str]:
        """The same as a run remembers it, each persona once."""
        personas = " ".join(dict.fromkeys(self.personas))
        return {"personas": personas, "period": self.period or "", "send": "yes" if self.send else ""}


class Which(Strict):
    """One report."""

    slug: Slug
    period: PeriodName


class Send(Which):
    """A report, and whom to mail it to: oneself, as a try, or its readers who have not had it."""

    to: Literal["me", "readers"]
    retry_failed: bool = False


class Push(Which):
    """A report's follow-up, by its id."""

    action: Annotated[str, StringConstraints(max_length=200)]


class Invite(Strict):
    """Somebody to be let in, and mailed a link."""

    address: _Text
    role: Literal["admin", "captain", "crew", "guest"]
    reports: list[Slug | Literal["*"]] = []
    name: Annotated[str, StringConstraints(max_length=200)] = ""


class Code(Strict):
    """What a magic link carries behind its `#`."""

    code: _Code


class Renew(Strict):
    """The path of the page that the reader wants to open."""

    goes: Annotated[str, StringConstraints(max_length=500)] = ""


class Link(Strict):
    """Whoever wants a fresh link: by an old one, or by their address."""

    code: _Code = ""
    address: _Text = ""


class Started(BaseModel):
    """The run that was begun."""

    run: str


class Goes(BaseModel):
    """The path of the site to go to."""

    goes: str


class Done(BaseModel):
    """It is done, or will be."""

    status: str = "ok"


class Health(BaseModel):
    """The versions of the code and (empty: none pushed) of the project."""

    status: str
    version: str
    project: str


class Me(BaseModel):
    """Who is signed in."""

    role: str
    reports: list[str]
    name: str
    may: list[str]


class RunReport(BaseModel):
    """One report of a run; `attempts` are those at executing it."""

    slug: str
    period: str
    state: Literal["queued", "executing", "executed", "sending", "sent", "failed"]
    rendered: bool = False
    seconds: float = 0
    sent: int = 0
    skipped: int = 0
    failed: int = 0
    unknown: int = 0
    report_attempts: int = 0
    why: str = ""


class Run(BaseModel):
    """A run; `asked_by` is a name, a masked address, or what asked."""

    id: str
    state: Literal["queued", "planning", "executing", "assembling", "sending", "done", "failed"]
    asked_by: str
    at: str
    project: str
    personas: list[str]
    period: str
    send: bool
    why: str


class RunDetail(Run):
    """A run and its reports."""

    reports: list[RunReport]


class Action(BaseModel):
    """A follow-up that a report asks for; `money` in the report's currency."""

    id: str
    title: str
    action: str
    owner: str
    due: str
    severity: str
    money: float | None


class Listed(BaseModel):
    """The newest published report of a slug, and what became of its mails."""

    slug: str
    title: str
    period: str
    as_of: str
    built: str
    url: str
    approval: Literal["", "waiting", "approved"]
    sent: int
    failed: int
    unknown: int
    last_sent: str
    actions: list[Action]


class Reports(BaseModel):
    """Reports by slug."""

    reports: list[Listed]


class History(BaseModel):
    """Runs, the newest first."""

    runs: list[Run]
