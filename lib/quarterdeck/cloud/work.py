"""The work of a run, a message at a time: plan, execute each report, assemble and publish, send."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from uuid import uuid4
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from .. import __version__
from ..deliver.aws import asking
from ..model.errors import QuarterdeckError
from ..model.period import Period
from ..model.report import ReportKey
from . import store
from .log import logger
from .place import Place
from .runs import report_item, report_key, run_item

LAST = 3
"""The receive of a message at which its work is given up: two workers have failed or died over it."""
_MARGIN = 30.0
"""Seconds before the end of an event in which no further mail is begun."""
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?$")]
PeriodName = Annotated[str, StringConstraints(pattern="^[0-9]{4}-([0-9]{2}|W[0-9]{2}|Q[1-4])$")]
_Kind = Literal["plan", "report", "assemble", "send", "link"]
KINDS = get_args(_Kind)
"""The kinds of our messages."""
RunId = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9-]{1,80}$")]


class Message(BaseModel):
    """What the queue carries; any other message goes to its dead letters."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    quarterdeck: _Kind
    run: RunId | None = None
    slug: Slug | None = None
    period: PeriodName | None = None
    id: str = Field(default_factory=lambda: uuid4().hex)
    address: str = ""
    recipient: str = ""
    goes: str = ""


class OtherRun(QuarterdeckError):
    """A run of that id has begun with other wishes."""


class GivenUp(Exception):
    """A message that belongs among the dead letters; what it was about is recorded as failed."""


def health(place: Place) -> dict[str, str]:
    """That all is well, and the versions of code and project."""
    try:
        project = store.current(*place.private)
    except QuarterdeckError:
        project = ""
    return {"status": "ok", "version": __version__, "project": project}


def begin(place: Place, run: str, asked_by: str, **said: str) -> dict[str, str]:
    """Begin a run of the current project, unless it has begun; the run. Raises OtherRun."""
    version = store.current(*place.private)
    place.runs.open(run, place.clock(), version=version, asked_by=asked_by, **said)
    begun = place.runs.get(run)
    if not said.items() <= begun.items():
        raise OtherRun(f"run {run}", "was asked for in other words", "Give this one an id of its own")
    place.enqueue("plan", run=run)
    return begun


def begin_sending(place: Place, run: str, key: ReportKey, asked_by: str, **said: str) -> None:
    """Begin a run that mails one report which is there."""
    version, now = store.current(*place.private), place.clock()
    said = {"personas": key.persona, "period": key.period, "send": "yes", **said}
    place.runs.open(run, now, version=version, asked_by=asked_by, state="sending", **said)
    place.runs.add(run, key, now, state="executed")
    place.enqueue("send", run=run, slug=key.slug, period=key.period)


def take(place: Place, body: str, receives: int) -> None:
    """Do what a message asks, once however often it comes; raises for it to come again."""
    message = Message.model_validate_json(body)
    kind, run = message.quarterdeck, message.run or ""
    if kind == "link":
        return _mail_link(place, message)
    persona, _, subject = (message.slug or "").partition("/")
    key = ReportKey(persona, subject, message.period or "")
    item = report_item(run, key) if kind in ("report", "send") else run_item(run)
    if receives >= LAST:
        why = place.table.get(item).get("why") or "its worker ended without a word: out of time or of memory"
        if place.runs.bury(item, kind, place.clock(), why):
            _follow(place, run)
            raise GivenUp(f"{kind} of run {run}")
    elif place.runs.claim(item, kind, place.clock(), place.until):
        try:
            _WORK[kind](place, place.runs.get(run), key)
        except Exception as err:
            why = str(err).replace(str(place.folder), "")[:1000]
            if may_pass(err):
                place.runs.release(item, kind, why)
                raise
            place.runs.bury(item, kind, place.until + 1, why)
    _follow(place, run)


def may_pass(err: Exception) -> bool:
    """Whether the same may succeed later: not what is wrong with data, personas or a cell."""
    from botocore.exceptions import BotoCoreError, ClientError

    return not isinstance(err, QuarterdeckError) or isinstance(err.__cause__, (BotoCoreError, ClientError))


def _follow(place: Place, run: str) -> None:
    """Let a run go on whose last report has ended: whoever ends it, and also who comes again."""
    row, reports = place.runs.get(run), place.runs.reports(run)
    states = {report["state"] for report in reports}
    if row.get("state") in ("planning", "executing") and states and states <= {"executed", "failed"}:
        place.enqueue("assemble", run=run)
    if row.get("state") == "sending" and not states & {"executed", "sending"}:
        place.runs.advance(run_item(run), "done", ("sending",))


def _plan(place: Place, row: dict[str, str], _: ReportKey) -> None:
    """Remember which reports the run has, then ask for each."""
    from .. import pipeline

    project, run = place.project(row["version"]), row["id"]
    keys = [job.key for request in _requests(place, row) for job in pipeline.plan(project, request)[0]]
    for key in keys:
        place.runs.add(run, key, place.clock())
    for key in keys:
        place.enqueue("report", run=run, slug=key.slug, period=key.period)
    place.runs.advance(run_item(run), "executing" if keys else "done", ("planning",), planned=len(keys))


def _requests(place: Place, row: dict[str, str]) -> list[Any]:
    """What the pipeline is asked for: as the run says or, on a schedule, each kind of period that has just ended.

    The day is the later of the company's and UTC's: on the calendar's 1st it may be the last where the company is.
    """
    from ..model.persona import load_personas
    from ..pipeline import Request
    from ..report.data import Data

    if not row.get("time"):
        return [Request(tuple(row["personas"].split()), period=row["period"])]
    project = place.project(row["version"])
    zone = ZoneInfo(str(Data(project.data, trusted=True).table("company").iloc[0]["time_zone"]))
    moment = datetime.fromisoformat(row["time"])
    day = max(moment.date(), moment.astimezone(zone).date()) - timedelta(days=1)
    due = []
    for kind in ("week",) if row["kind"] == "week" else ("month", "quarter"):
        period = Period.latest_complete(day, kind)
        ids = tuple(persona.id for persona in load_personas(project.personas) if persona.period_kind == kind)
        if ids and period.end == Period.latest_complete(day, row["kind"]).end:
            due.append(Request(ids, period=period.name))
    return due


def _report(place: Place, row: dict[str, str], key: ReportKey) -> None:
    """Execute one report, unless the kept one is what it would be, and keep it."""
    from .. import pipeline

    project = place.project(row["version"])
    store.load(*place.private, project.root, key.path)
    request = pipeline.Request((key.persona,), reports=(key,))
    (result,) = pipeline.execute(project, request, place.workshop(project))
    if result.error:
        raise result.error
    if result.state == "built":
        store.save(*place.private, project.root / key.path, key.path)
    done = {"seconds": round(result.seconds, 2), "why": "" if result.state == "built" else result.state}
    place.runs.advance(report_item(row["id"], key), "executed", ("executing",), **done)


def _assemble(place: Place, row: dict[str, str], _: ReportKey) -> None:
    """Render and publish the site with the run's reports, and ask for their mails if the run sends."""
    from .. import pipeline
    from .board import remember

    run, item = row["id"], run_item(row["id"])
    reports = place.runs.reports(run)
    if all(report["state"] == "failed" for report in reports):
        raise QuarterdeckError("run", "made no report", "See what is said of each")
    project = place.project(row["version"])
    store.load(*place.private, project.root)
    request = pipeline.Request(tuple(row["personas"].split()), reports=tuple(map(report_key, reports)))
    before = {folder: _page(folder) for folder in store.loaded(project.root)}
    outcome = pipeline.assemble(project, request, place.workshop(project))
    for folder, page in before.items():  # no other environment need render it again
        if _page(folder) != page:
            store.save(*place.private, folder, folder.relative_to(project.root).as_posix())
    made = [result.key for result in outcome.results if result.state != "failed"]
    _publish(place, project.root / "_site")
    for key in made:
        remember(place, row, project, key)
        place.runs.advance(report_item(run, key), "executed", ("executed",), rendered="yes")
    for result in outcome.results:  # one that is gone from the bucket meanwhile: nobody shall wait for its mail
        if result.state == "failed":
            place.runs.advance(report_item(run, result.key), "failed", ("executed",), why=result.reason)
    for key in made if row["send"] else ():
        place.enqueue("send", run=run, slug=key.slug, period=key.period)
    place.runs.advance(item, "sending" if row["send"] else "done", ("assembling",), why="")


def _page(folder: Path) -> bytes:
    """What tells one page of a report from another; empty while there is none."""
    key = folder / "page.key"
    return key.read_bytes() if key.is_file() else b""


def _publish(place: Place, site: Path) -> None:
    from ..publish import plan, s3

    client, bucket = place.client("s3"), place.need("site_bucket")
    with asking(f"bucket {bucket}", "See that the names are right"):
        planned = plan.plan(site, s3.read_remote(client, bucket))
        s3.apply(planned, client, bucket, place.client("cloudfront"), place.settings.site_distribution)


def _send(place: Place, row: dict[str, str], key: ReportKey) -> None:
    """Mail a report to its readers or, as a try, to whoever asked; for what is left when time runs out, ask anew."""
    from ..dispatch import Dispatch, Order
    from ..standing import tell_owners

    place.need("ledger_table")
    project, item = place.project(row["version"]), report_item(row["id"], key)
    store.load(*place.private, project.root, key.path)
    order = Order((key.persona,), key.period, retry_failed=bool(row.get("retry_failed")), slug=key.slug)
    told, skipped, troubles = Counter[str](), "", []
    with closing(Dispatch(project, clock=place.clock)) as dispatch:
        if row.get("to"):
            person = place.members.person(row["to"])
            told["sent"] += len(list(dispatch.send_test(person.address, order))) if person else 0
        else:
            try:
                for planned, delivery in dispatch.send(order):
                    told[delivery.state if delivery else planned.stands] += 1
                    skipped = skipped or ("" if delivery else planned.skip)
                    troubles += [planned] if delivery and planned.stands in ("failed", "unknown") else []
                    if place.clock() > place.until - _MARGIN:
                        place.runs.release(item, "send", "")
                        return place.enqueue("send", run=row["id"], slug=key.slug, period=key.period)
            finally:  # whoever sends the rest will not know of these
                for line in tell_owners(dispatch, troubles):
                    logger.warning(line)
    counts = {name: told.pop(name, 0) for name in ("sent", "failed", "unknown")}
    place.runs.advance(item, "sent", ("sending",), **counts, skipped=told.total(), why=skipped)


def _mail_link(place: Place, message: Message) -> None:
    """Mail a fresh link to whoever is meant, if they may sign in: once, however often the message comes."""
    from ..deliver.members import DAY, EXPIRES, IN_INVITATION, ON_REQUEST
    from ..dispatch import Dispatch
    from ..model.delivery import recipient_id

    members, now = place.members, place.clock()
    person = members.person(message.recipient or recipient_id(message.address))
    claim = {"pk": f"link-mail#{message.id}", "sk": "link-mail"}
    if not person or not place.table.write(claim, {EXPIRES: int(now) + 15 * DAY}, "attribute_not_exists(pk)", {}):
        return
    invited = bool(message.recipient) and not message.goes
    url = members.link(person.id, message.goes or person.home, now, IN_INVITATION if invited else ON_REQUEST)
    holds = "three days" if invited else "an hour"
    text = f"Open this link to read your reports. It works once, within {holds}:\n\n{url}\n"
    try:
        with closing(Dispatch(place.project(), clock=place.clock)) as dispatch:
            dispatch.tell(person.address, "Your link to the reports", text)
    except Exception:
        place.table.delete(claim)
        raise


_WORK: dict[str, Callable[[Place, dict[str, str], ReportKey], None]] = {
    "plan": _plan,
    "report": _report,
    "assemble": _assemble,
    "send": _send,
}
