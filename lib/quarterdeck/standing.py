"""How things stand: of each report what is built, sent, waiting, failed or unknown, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from . import pipeline
from .deliver.checks import check_age, check_mails, check_sending, open_clients
from .deliver.digest import mail_path
from .deliver.domain import txt_records
from .deliver.events import read_events
from .deliver.feedback import take_in
from .deliver.sns import check_sns
from .dispatch import Dispatch, Order, Planned
from .model.check import Check
from .model.delivery import Delivery, DeliveryKey, Ledger, masked
from .model.errors import QuarterdeckError
from .model.period import Period
from .model.report import ReportKey
from .project import Project
from .render import put_deliveries

DAYS = {"week": 7, "month": 31, "quarter": 92}
"""How long after its data a report's next one is due."""
COLUMNS = ("sent", "waiting", "failed", "unknown", "not sent")
_COLUMN = {"due": "waiting", "approval": "waiting", "held": "waiting", "skipped": "not sent"}
HEADER = ("report", "period", "state", *COLUMNS, "next")


@dataclass
class Standing:
    """One report: why it would be built again, its readers by what became of their mail, and the next command."""

    key: ReportKey
    stale: str
    counts: Counter[str] = field(default_factory=Counter)
    next: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """A row under HEADER."""
        return self.key.slug, self.key.period, self.stale or "built", *(str(self.counts[c]) for c in COLUMNS), self.next


def standings(project: Project, dispatch: Dispatch, order: Order) -> tuple[list[Standing], list[str]]:
    """Every report that has readers or is nobody's part, and a line for each delivery that wants a look."""
    jobs, _ = pipeline.plan(project, pipeline.Request(order.personas, order.period))
    lines = {job.key: Standing(job.key, job.reason) for job in jobs}
    troubles: list[str] = []
    for planned in dispatch.plan(order):
        key = planned.built.report.key
        line = lines.setdefault(key, Standing(key, ""))
        line.counts[_COLUMN.get(planned.stands, planned.stands)] += 1
        line.next = line.next or planned.next
        troubles += filter(None, [_trouble(planned)])
    shown = [line for line in lines.values() if line.counts or not line.key.subject]
    for line in shown:
        if line.stale:
            line.next = f'make reports PERSONAS="{line.key.persona}" PERIOD={line.key.period}'
    return shown, troubles


def write_page(dispatch: Dispatch, now: datetime) -> None:
    """Say on the owner's page how all deliveries stand; while a run is going here, the page keeps what it said."""
    project = dispatch.project
    with suppress(QuarterdeckError), project.locked():
        lines, troubles = standings(project, dispatch, Order())
        put_deliveries(project.root, f"{now:%Y-%m-%d %H:%M} UTC", HEADER, [line.cells for line in lines], troubles)


def _trouble(planned: Planned) -> str:
    row, who = planned.row, masked(planned.reader.address)
    if planned.stands in ("failed", "unknown"):
        return f"{planned.key} ({who}) {planned.skip} Next: {planned.next}"
    if row and (row.bounced or row.complained):
        what = "bounced" if row.bounced else "was called unwanted"
        return f"{planned.key} ({who}) {what} {(row.bounced or row.complained)[:10]}"
    return ""


def resolve(dispatch: Dispatch, what: str, now: float) -> list[str]:
    """Write down what became of deliveries: `KEY=sent`, `KEY=failed`, or a file of SES events; what there is to say."""
    key, _, state = what.rpartition("=")
    if state in ("sent", "failed"):
        dispatch.resolve(DeliveryKey.parse(key), "sent" if state == "sent" else "failed")
        return [f"{key} is {state}."]
    try:
        text = Path(what).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as err:
        remedy = "Write KEY=sent, KEY=failed, or name a file of SES events in JSON"
        raise QuarterdeckError(f"--resolve {what}", f"cannot be read ({type(err).__name__})", remedy) from err
    events = read_events(text, lambda message: check_sns(message, dispatch.settings.ses_topic))
    done = take_in(events, dispatch.ledger, dispatch.recipients.silence, now)
    counts = f"{done.new} events are new, {done.known} known, {done.others} of other mails"
    later = [f"{done.early} are of mails that are being sent: give them again later."] if done.early else []
    return [*done.told, f"{counts}.", *later]


def notices(dispatch: Dispatch, ended: list[tuple[Planned, Delivery]]) -> Iterator[tuple[str, str, str]]:
    """Address, subject and text for each owner whose reports did not reach somebody, with the commands that repeat."""
    by_owner: dict[str, list[tuple[Planned, Delivery]]] = {}
    for planned, row in ended:
        owner = planned.built.persona.owner or dispatch.settings.operator_address
        if owner and row.state in ("failed", "unknown"):
            by_owner.setdefault(owner, []).append((replace(planned, stands=row.state), row))
    for owner, troubles in by_owner.items():
        lines = [f"{row.key}: {row.state}. {row.reason}" for _, row in troubles[:50]]
        commands = sorted({planned.next for planned, _ in troubles})
        text = "\n".join([*lines, "", "What to do:", *(f"  {command}" for command in commands), ""])
        yield owner, f"{len(troubles)} reports did not reach their readers", text


def export_to(path: Path, ledger: Ledger) -> int:
    """Write every delivery to a CSV, addresses masked; how many."""
    from .deliver.ledger import export

    with path.open("w", encoding="utf-8", newline="") as out:
        export(ledger, out)
    return sum(1 for _ in ledger.rows())


def checks(dispatch: Dispatch, order: Order, today: date) -> Iterator[Check]:
    """All that is looked at before mail is sent: the account, the domain, the mails and the age of the data."""
    plans = list(dispatch.plan(order))
    due = [planned for planned in plans if not planned.skip]
    addresses = sorted({planned.reader.address for planned in plans})
    yield from check_sending(dispatch.settings, open_clients(dispatch.settings), txt_records, addresses, len(due))
    yield from check_mails([mail_path(dispatch.project.outbox, key) for key in {p.built.report.key for p in plans}])
    for built in dispatch.built(order):
        if not built.report.key.subject:
            period = Period.parse(built.report.key.period)
            age = check_age(built.report.as_of, period.end, today, DAYS[built.persona.period_kind])
            yield replace(age, name=f"{age.name} of {built.report.key.slug}")
