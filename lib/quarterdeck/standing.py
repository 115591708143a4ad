"""How things stand: of each report what is built, sent, waiting, failed or unknown, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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
from .model.delivery import DeliveryKey, Ledger, masked, without_addresses
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
        troubles += filter(None, [trouble(planned)])
    shown = [line for line in lines.values() if line.counts or not line.key.subject]
    for line in shown:
        if line.stale:
            line.next = f'make reports PERSONAS="{line.key.persona}" PERIOD={line.key.period}'
    return shown, troubles


def write_page(dispatch: Dispatch, now: datetime) -> list[str]:
    """Say on the owner's page how all deliveries stand; why the page keeps what it said, as while a run is going."""
    project = dispatch.project
    try:
        with project.locked():
            lines, troubles = standings(project, dispatch, Order())
            put_deliveries(project.root, f"{now:%Y-%m-%d %H:%M} UTC", HEADER, [line.cells for line in lines], troubles)
    except (QuarterdeckError, OSError) as err:
        return [f"The page of deliveries stays as it was. {err}"]
    return []


def trouble(planned: Planned) -> str:
    """What there is to say of a delivery that failed, is unknown, bounced or was complained of; else nothing."""
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
    return [*done.told, f"{counts}.", *later, *tell_operator(dispatch, done.told)]


def tell_operator(dispatch: Dispatch, lines: Sequence[str]) -> list[str]:
    """Mail the operator what came back; why that could not be done."""
    operator = dispatch.settings.operator_address
    return _tell(dispatch, operator, "What came back of the reports", lines) if operator and lines else []


def tell_owners(dispatch: Dispatch, ended: Iterable[Planned]) -> list[str]:
    """Mail each owner which reports did not reach somebody, with the commands that repeat; who could not be told."""
    by_owner: dict[str, list[Planned]] = {}
    for planned in ended:
        if owner := planned.built.persona.owner or dispatch.settings.operator_address:
            by_owner.setdefault(owner, []).append(planned)
    untold = []
    for owner, troubles in by_owner.items():
        shown = troubles[:50]
        commands = sorted({f"  {planned.next}" for planned in shown})
        lines = [*(f"{planned.key}: {planned.skip}" for planned in shown), "", "What to do:", *commands]
        untold += _tell(dispatch, owner, f"{len(troubles)} reports did not reach their readers", lines)
    return untold


def _tell(dispatch: Dispatch, to: str, subject: str, lines: Sequence[str]) -> list[str]:
    try:
        dispatch.tell(to, subject, "\n".join([*lines, ""]))
    except QuarterdeckError as err:
        return [f"{without_addresses(to)} was not told. {err}"]
    return []


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
