"""Built reports on their way to their readers: what would be sent, sending it, and what became of it."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from .deliver.aws import open_client
from .deliver.compose import USUAL, Edition, compose, digest_figures
from .deliver.digest import copy_path
from .deliver.layout import to_html
from .deliver.members import Members
from .deliver.message import CODE, Envelope, addressed, subject_line, to_message, with_code
from .deliver.pictures import Browser
from .deliver.plain import to_text
from .deliver.recipients import FileRecipients, Reader, Recipients, TableRecipients
from .deliver.send import ENDED, Outgoing, Sender, gone, process_name, settled, stamp
from .deliver.ses import Letter, hand_over
from .deliver.table import Table
from .deliver.told import Told
from .deliver.unsubscribe import link, read_secret
from .model.address import parse_address
from .model.delivery import Delivery, DeliveryKey, Ledger, State, masked, recipient_id
from .model.errors import QuarterdeckError
from .model.files import write
from .model.period import Period
from .model.persona import Persona, Recipient, load_personas
from .model.report import CONTROL, Report, ReportKey, reports_in
from .project import Project, check_data
from .render import Renderer, choose


@dataclass(frozen=True)
class Order:
    """What a sending is asked for: personas (empty: all), a period (empty: each one's newest), what else to send.

    A `slug` says which report alone.
    """

    personas: tuple[str, ...] = ()
    period: str = ""
    retry_failed: bool = False
    correct: bool = False
    slug: str = ""


@dataclass(frozen=True, eq=False)
class Built:
    """A report that can be sent: its persona, what it says, and a hash of all that."""

    persona: Persona
    report: Report
    content: str


Stands = Literal["due", "approval", "held", "sent", "failed", "unknown", "skipped"]
"""How a reader's mail stands: to be sent; waiting for approval, or in another sender's hands; past; or not to be."""


@dataclass(frozen=True)
class Planned:
    """One reader of one report, and the mail for them: its edition, or in `skip` why there is none.

    It is `left` when its sender was found gone just now, with SES perhaps called.
    """

    key: DeliveryKey
    reader: Reader
    built: Built
    edition: Edition = USUAL
    stands: Stands = "due"
    skip: str = ""
    row: Delivery | None = None
    left: bool = False

    @property
    def next(self) -> str:
        """The command that this mail waits for; empty for none."""
        which = f"--personas {self.built.persona.id} --period {self.key.period}"
        return {
            "due": f"quarterdeck send {which}",
            "approval": f"quarterdeck approve {which}",
            "failed": f"quarterdeck send {which} --retry-failed",
            "unknown": f"quarterdeck send --resolve '{self.key}=sent|failed'",
        }.get(self.stands, "")


class Dispatch:
    """Sends the reports of a project; `clock` tells the Unix time.

    Every method raises QuarterdeckError for settings, lists and tables that cannot be used.
    """

    def __init__(self, project: Project, engine: str = "auto", clock: Callable[[], float] = time.time) -> None:
        self.project, self._engine, self._clock = project, engine, clock
        self.settings = project.settings
        self._browser = Browser(project.cache / "charts")
        self.notes: dict[str, None] = {}
        """Why charts went without a picture, in words; each once."""
        self._neutral = lru_cache(maxsize=32)(self._compose)  # most readers of a report are told the same

    @cached_property
    def ledger(self) -> Ledger:
        """The table that is configured, else the project's own file."""
        settings = self.settings
        if settings.ledger_table:
            from .deliver.dynamo import TableLedger

            client = open_client("dynamodb", settings.ses_region)
            return TableLedger(client, settings.ledger_table, self._clock(), settings.ledger_days)
        from .deliver.ledger import FileLedger

        return FileLedger(self.project.root / "ledger.sqlite", key_path(), self._clock(), settings.ledger_days)

    @cached_property
    def recipients(self) -> Recipients:
        """The table that is configured, else the personas' own lists."""
        if self.settings.recipients_table:
            return TableRecipients(open_client("dynamodb", self.settings.ses_region), self.settings.recipients_table)
        return FileRecipients(load_personas(self.project.personas), self.ledger)

    @cached_property
    def members(self) -> Members | None:
        """Who may sign in to the site; None without a table of them or a site."""
        settings = self.settings
        if not (settings.cloud_table and settings.site_url):
            return None
        return Members(Table(open_client("dynamodb", settings.ses_region), settings.cloud_table), settings.site_url)

    @cached_property
    def _renderer(self) -> Renderer:
        return choose(self._engine)

    @cached_property
    def _secret(self) -> bytes:
        """What signs links to unsubscribe; empty without a site or a secret."""
        if not (self.settings.site_url and self.settings.signing_secret):
            return b""
        return read_secret(open_client("secretsmanager", self.settings.ses_region), self.settings.signing_secret)

    @cached_property
    def owner(self) -> str:
        """How the ledger names this process."""
        return process_name()

    def built(self, order: Order) -> Iterator[Built]:
        """The reports to be sent: of each persona those of the period asked for, or of its newest one."""
        personas = load_personas(self.project.personas, list(order.personas))
        company = check_data(self.project, personas).company
        for persona in personas:
            found = ((Report.load(path), path) for path in reports_in(self.project.store / persona.id))
            made = [(report, path) for report, path in found if report.company == company]
            periods = {Period.parse(report.key.period) for report, _ in made}
            wanted = order.period or max(
                (p.name for p in periods if p == Period.containing(p.start, persona.period_kind)), default=""
            )
            for report, path in made:
                if report.key.period == wanted and order.slug in ("", report.key.slug):
                    yield Built(persona, report, hashlib.sha256(path.read_bytes()).hexdigest())

    def wanted(self, order: Order) -> list[Built]:
        """The same; raises QuarterdeckError where there is none."""
        if found := list(self.built(order)):
            return found
        what = f"holds no report{f' of {order.period}' if order.period else ''} of these"
        raise QuarterdeckError(str(self.project.store), what, "Run `make reports` first")

    def readers(self, built: Built) -> list[Reader]:
        """Who gets a report: its recipients, or in pilot mode the one inbox, which gets every whole report."""
        slug, pilot = built.report.key.slug, self.settings.ses_to_address
        listed = self.recipients.of(slug)
        if not pilot:
            return listed
        if not listed and built.report.key.subject:
            return []
        return [self.recipients.reader(slug, Recipient(address=parse_address(pilot).addr_spec))]

    def last_sent(self, slug: str) -> list[Delivery]:
        """What each reader of a report was sent last."""
        rows = (self.ledger.last_sent(slug, reader.id) for reader in self.recipients.of(slug))
        return [row for row in rows if row]

    def plan(self, order: Order, *, settle: bool = False) -> Iterator[Planned]:
        """For every reader the mail that would be sent, or why none would; reads only.

        To `settle` is to write down first what senders that are gone have left behind.
        """
        for built in self.built(order):
            key = built.report.key
            rows = {row.key.recipient: replace(row, snapshot="") for row in self.ledger.of_report(key.slug, key.period)}
            approved = not built.persona.approval or self.ledger.marked(_approval(built)) is not None
            for reader in self.readers(built):
                held = row = rows.get(recipient_id(reader.address))
                if row and settle:
                    row = settled(self.ledger, row, self._clock())
                planned = self._planned(built, reader, row, order, approved)
                yield replace(planned, left=row is not held and planned.stands == "unknown")

    def count(self, order: Order) -> int:
        """How many readers a plan has; raises QuarterdeckError where it has no report."""
        return sum(len(self.readers(built)) for built in self.wanted(order))

    def _planned(self, built: Built, reader: Reader, row: Delivery | None, order: Order, approved: bool) -> Planned:
        report = built.report.key
        key = row.key if row else DeliveryKey(report.slug, report.period, recipient_id(reader.address))
        planned = Planned(key, reader, built, row=row)
        past, closed = self._past(planned, order), self._closed(built, reader)
        if closed and not (past and past[0] in ("sent", "unknown")):
            return replace(planned, stands="skipped", skip=closed)
        if past:
            return replace(planned, stands=past[0], skip=past[1])
        edition = Edition(assign(built.persona, reader), reader.locale)
        if row and row.state == "sent":
            key, row = replace(key, version=key.version + 1), self.ledger.get(key)
            edition = replace(edition, told=self._told(row, reader), corrects=True)
            if edition.told and edition.told.content == built.content:
                return replace(planned, stands="sent", skip=f"sent {_day(row)}, and nothing has changed")
        elif key.version > 1:
            before = self.ledger.get(replace(key, version=key.version - 1))
            edition = replace(edition, told=self._told(before, reader), corrects=True)
        else:
            edition = replace(edition, told=self._told(self.ledger.last_sent(key.slug, key.recipient), reader))
        if edition.corrects and not edition.told:
            why = "the ledger no longer knows what the mail to be corrected said"
            return replace(planned, stands="skipped", skip=why)
        stands, why = _condition(built, edition, approved)
        return replace(planned, key=key, edition=edition, stands=stands, skip=why)

    def _closed(self, built: Built, reader: Reader) -> str:
        """Why this reader gets nothing at all of a report."""
        if not reader.active:
            what, _, detail = (reader.why or "not active").partition(" (")
            return f"{what} {reader.unsubscribed_at[:10]}".rstrip() + (detail and f": {detail.removesuffix(')')}")
        if barred := self._barred(reader.address):
            return barred
        oldest = date.fromisoformat(stamp(self._clock())[:10]) - timedelta(days=self.settings.ledger_days)
        ended = Period.parse(built.report.key.period).end
        return "its period ended before what the ledger remembers" if ended < oldest else ""

    def _barred(self, address: str) -> str:
        """Why nothing is mailed to an address here; empty where it may be."""
        settings, known = self.settings, address.casefold()
        pilot = settings.ses_to_address and parse_address(settings.ses_to_address).addr_spec.casefold()
        allowed = {known, "@" + known.rpartition("@")[2]} & {pilot, *settings.ses_allowed}
        return "" if allowed or settings.environment == "production" else f"not in SES_ALLOWED ({settings.environment})"

    def _admitted(self, text: str) -> str:
        """The bare address in a setting or an option; raises QuarterdeckError where nothing is mailed to it here."""
        address = parse_address(text).addr_spec
        if barred := self._barred(address):
            raise QuarterdeckError(masked(address), f"is {barred}", "Add it there, or set QUARTERDECK_ENV=production")
        return address

    def _past(self, planned: Planned, order: Order) -> tuple[Stands, str] | None:
        """How this delivery stands, and why there is nothing more to do for it; None where there is."""
        row = planned.row
        if row is None or (row.state == "sent" and order.correct) or (row.state == "failed" and order.retry_failed):
            return None
        if row.state == "sent":
            return "sent", f"sent {_day(row)}"
        if row.state in ("failed", "unknown"):
            return row.state, f"{row.state}: {row.reason}"
        if not gone(row, self._clock()):
            return "held", f"in the hands of {row.owner.rpartition(' ')[0]} until {stamp(row.lease)}"
        return None if row.state == "claimed" else ("unknown", f"unknown: {ENDED}")

    def _told(self, row: Delivery | None, reader: Reader) -> Told | None:
        if row is None or row.state != "sent":
            return None
        seen = datetime.fromisoformat(row.at).astimezone(ZoneInfo(reader.time_zone or "UTC"))
        return Told.load(row.snapshot, seen.date().isoformat())

    def outgoing(self, planned: Planned, *, own: bool = False) -> Outgoing:
        """The mail of one reader, whole: its bytes are what is sent, and what lies in the outbox.

        In their `own` copy the links to the full report sign them in, where they may be.
        """
        settings, key, built = self.settings, planned.key, planned.built
        if not settings.ses_from_address:
            raise QuarterdeckError("SES_FROM_ADDRESS", "is not set", "Set it to an address that SES may send from")
        code = self._code(planned) if own else ""
        subject, neutral = self._neutral(built, planned.edition, bool(code))
        neutral = with_code(neutral, code) if code else neutral
        ways = [f"mailto:{settings.answers_to}?subject=unsubscribe"]
        if self._secret:
            ways.append(link(settings.site_url, self._secret, key.recipient, built.persona.id))
        envelope = Envelope(
            settings.ses_from_address,
            planned.reader.address,
            planned.reader.name,
            settings.ses_reply_to,
            unsubscribe=tuple(ways),
            delivery=key.tag,
        )
        letter = Letter(
            addressed(neutral, envelope),
            parse_address(settings.ses_from_address).addr_spec,
            planned.reader.address,
            settings.ses_bcc_address and self._admitted(settings.ses_bcc_address),
            settings.ses_configuration_set,
            key.tag,
        )
        return Outgoing(key, letter, subject, planned.edition.variant, Told.of(built.report, built.content).dump())

    def _code(self, planned: Planned) -> str:
        """What signs a reader in who opens the report from this mail; empty where nobody signs in."""
        if not self.members:
            return ""
        reader, key = planned.reader, planned.built.report.key
        link = self.members.reader_link(reader.address, key.slug, f"/{key.path}/", self._clock(), reader.name)
        return link.partition("#")[2]

    def _compose(self, built: Built, edition: Edition, own: bool = False) -> tuple[str, bytes]:
        """Subject and mail of an edition, for any reader."""
        report, settings = built.report, self.settings
        url = f"{settings.site_url}/{report.key.path}/" if settings.site_url else ""
        figures = digest_figures(report)
        pictures = list(self._browser.draw(figures).values())
        self.notes |= dict.fromkeys(self._browser.why(figures))
        digest = compose(report, url=url, sender=settings.answers_to, pictures=pictures, edition=edition)
        digest = replace(digest, door=f"{settings.site_url}/m/#{CODE}" if own else "")
        html, text = to_html(digest, self._renderer.markdown), to_text(digest)
        if settings.ses_to_address:
            digest = replace(digest, subject=f"[{report.key.slug}] {digest.subject}")
        return digest.subject, to_message(digest, html, text)

    def write_copy(self, mail: Outgoing) -> Path:
        """Put a mail's bytes in the outbox; the path."""
        path = copy_path(self.project.outbox, mail.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, mail.letter.mail)
        return path

    def send(self, order: Order) -> Iterator[tuple[Planned, Delivery | None]]:
        """Send what is to be sent, one mail after the other, each with its row of the ledger (None: as it was)."""
        regions = [self.settings.ses_region, *filter(None, [self.settings.ses_fallback_region])]
        clients = [(region, self._ses(region)) for region in regions]
        rate, retry = self.settings.send_rate, order.retry_failed
        sender = Sender(self.ledger, clients, self.owner, rate, retry, self._clock)
        for planned in self.plan(order, settle=True):
            if planned.skip:
                yield planned, planned.row if planned.left else None
                continue
            mail = self.outgoing(planned, own=True)
            self.write_copy(mail)
            row = sender.deliver(mail)
            if row is None:
                planned = replace(planned, stands="held", skip="another sender has it")
            elif row.state in ("failed", "unknown"):
                planned = replace(planned, stands=row.state, skip=f"{row.state}: {row.reason}")
            yield planned, row

    def _ses(self, region: str = "") -> Any:
        """A client that never repeats a call: SES has no way to tell a repeated mail from a second one."""
        return open_client("sesv2", region or self.settings.ses_region, attempts=1)

    def send_test(self, to: str, order: Order) -> Iterator[tuple[str, str]]:
        """Mail reports, as they are for whoever has had none, to one address alone; their slugs and message ids.

        The ledger is not asked and not told.
        """
        client = self._ses()
        mails = []
        for built in self.wanted(order):
            key = DeliveryKey(built.report.key.slug, built.report.key.period, "test")
            mails.append(self.outgoing(Planned(key, Reader(key.slug, self._admitted(to)), built)))
        for mail in mails:
            yield mail.key.slug, hand_over(client, replace(mail.letter, bcc="", tag=""))

    def tell(self, to: str, subject: str, text: str) -> None:
        """Mail a few lines to whoever answers for a report; not a delivery, and not in the ledger."""
        message = EmailMessage()
        message["Subject"] = subject_line(subject)
        message.set_content(text, cte="quoted-printable")
        envelope = Envelope(self.settings.ses_from_address, to)
        sender = parse_address(envelope.sender).addr_spec
        letter = Letter(addressed(message.as_bytes(policy=SMTP), envelope), sender, self._admitted(to))
        hand_over(self._ses(), letter)

    def approve(self, order: Order) -> list[ReportKey]:
        """Let reports that wait for it be sent, as they are now; rebuilt with other content, they wait again."""
        approved = [built for built in self.wanted(order) if built.persona.approval]
        for built in approved:
            self.ledger.mark(_approval(built), json.dumps({"by": self.owner, "at": stamp(self._clock())}))
        return [built.report.key for built in approved]

    def resolve(self, key: DeliveryKey, state: State) -> None:
        """Write down what somebody found out of a delivery that is unknown: `sent` or `failed`."""
        row = self.ledger.get(key)
        row = row and settled(self.ledger, row, self._clock())
        said = {"at": stamp(self._clock()), "reason": f"resolved by {self.owner}."}
        if row is None:
            raise QuarterdeckError(
                f"delivery {key}", "is not in the ledger", "Copy one that `quarterdeck status` shows"
            )
        if not self.ledger.advance(key, state, was=("unknown",), owner=row.owner, **said):
            raise QuarterdeckError(f"delivery {key}", f"is {row.state}, not unknown", "See quarterdeck status")

    def make_tables(self) -> dict[str, bool]:
        """Make the tables that are configured and not there; their names, and whether each was made now."""
        from .deliver import dynamo, members, recipients

        client, made = open_client("dynamodb", self.settings.ses_region), {}
        if name := self.settings.ledger_table:
            made[name] = Table(client, name).make(dynamo.KEYS, dynamo.INDEXES, dynamo.EXPIRES)
        if name := self.settings.recipients_table:
            made[name] = Table(client, name).make(recipients.KEYS, {})
        if name := self.settings.cloud_table:
            made[name] = Table(client, name).make(members.KEYS, {}, members.EXPIRES)
        return made

    def close(self) -> None:
        """End the browser, if one had to draw."""
        self._browser.close()


def assign(persona: Persona, reader: Reader) -> str:
    """The variant that a reader gets: for ever the same, and when one is added only some readers change to it.

    Rendezvous hashing (Thaler and Ravishankar 1998).
    """
    names = [CONTROL, *persona.variants]
    lot = f"{persona.id}/{recipient_id(reader.address)}"
    return max(names, key=lambda name: hashlib.sha256(f"{lot}/{name}".encode()).digest())


def key_path() -> Path:
    """Where the key to the ledger's sealed columns is: among the user's own settings, not in the project."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "quarterdeck" / "ledger.key"


def approval_mark(slug: str, period: str, content: str) -> str:
    """The ledger's mark that lets a report of this content (a hash) be sent."""
    return f"approved/{slug}/{period}/{content}"


def _approval(built: Built) -> str:
    return approval_mark(built.report.key.slug, built.report.key.period, built.content)


def _condition(built: Built, edition: Edition, approved: bool) -> tuple[Stands, str]:
    """Whether a mail is due by the persona's own conditions, and why it is not."""
    if not approved:
        return "approval", "waits for approval"
    if built.persona.send == "when-changed" and edition.told and not edition.told.differs(built.report):
        return "skipped", "nothing has changed since the last mail"
    if built.persona.send == "when-findings" and not built.report.findings:
        return "skipped", "nothing was found"
    return "due", ""


def _day(row: Delivery | None) -> str:
    return row.at[:10] if row else ""
