"""What is looked at before mail is sent: credentials, the sender and its domain, the account, the mails, the data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from ..model.address import parse_address
from ..model.check import Check, judge
from ..model.errors import QuarterdeckError
from ..model.settings import Settings
from .account import check_account, check_configuration_set, check_suppressed
from .aws import open_client
from .domain import Resolve, check_dmarc
from .identity import check_identity
from .proofread import proofread

_NOBODY = re.compile("Credential|Token|SSO|Signature|UnrecognizedClient")
"""What is in the names of refusals and errors of whoever has no valid credentials."""


@dataclass(frozen=True)
class Clients:
    """Clients of STS and, for each region that mail goes through, the primary one first, of SES (`sesv2`)."""

    sts: Any
    ses: tuple[Any, ...]


def open_clients(settings: Settings) -> Clients:
    """Clients for checking; raises QuarterdeckError as `open_client` does."""
    regions = dict.fromkeys(filter(None, (settings.ses_region, settings.ses_fallback_region))) or [""]
    ses = tuple(open_client("sesv2", region) for region in regions)
    return Clients(open_client("sts", ses[0].meta.region_name), ses)


def check_sending(
    settings: Settings, clients: Clients, resolve: Resolve, addresses: Sequence[str], waiting: int
) -> Iterator[Check]:
    """Look at all that sending needs, for `waiting` mails to `addresses`; changes nothing.

    The audit copy's address and the operator's are looked at like them. What cannot be asked is `unknown`, and the rest
    goes on; without valid credentials AWS is asked no more.
    """
    also = filter(None, (settings.ses_bcc_address, settings.operator_address))
    everybody = sorted({*addresses, *(parse_address(text).addr_spec for text in also)})
    credentials = [*answered("credentials", "sts:GetCallerIdentity", _check_credentials(clients.sts))]
    yield from credentials
    sender = settings.ses_from_address and parse_address(settings.ses_from_address).addr_spec
    if sender:
        yield from answered("DMARC", "", check_dmarc(sender.rpartition("@")[2].lower(), resolve))
    else:
        remedy = "Set it in repos.env to an address whose domain is verified in SES"
        yield Check("sender", "wrong", "SES_FROM_ADDRESS is not set", remedy)
    for client in clients.ses if credentials[0].state != "wrong" else ():
        identity = check_identity(client, sender, resolve) if sender else iter(())
        account = check_account(client, settings.send_rate, everybody, waiting, bool(settings.ses_bcc_address))
        told = check_configuration_set(client, settings.ses_configuration_set)
        for name, permissions, checks in (
            ("identity, DKIM and SPF", "ses:GetEmailIdentity", identity),
            ("account", "ses:GetAccount and ses:ListEmailIdentities", account),
            ("readers", "ses:ListSuppressedDestinations", check_suppressed(client, everybody)),
            ("configuration set", "ses:GetConfigurationSet and ses:GetConfigurationSetEventDestinations", told),
        ):
            for check in answered(name, permissions, checks):
                yield replace(check, name=f"{check.name} in {client.meta.region_name}")


def answered(name: str, permissions: str, checks: Iterator[Check]) -> Iterator[Check]:
    """The checks; where AWS or DNS does not answer, that the rest of them is unknown, and what they need."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield from checks
    except (BotoCoreError, ClientError) as err:
        remedy = f"Look at the network, then allow {permissions} to whoever runs this, in the IAM console"
        yield Check(name, "unknown", f"AWS does not say ({_code(err)})", remedy)
    except QuarterdeckError as err:
        yield Check(name, "unknown", f"{err.where}: {err.problem}", err.remedy)


def _check_credentials(sts: Any) -> Iterator[Check]:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield Check("credentials", "ok", f"of the account that ends in {sts.get_caller_identity()['Account'][-4:]}")
    except (BotoCoreError, ClientError) as err:
        if not _NOBODY.search(_code(err)):
            raise
        remedy = "Sign in (`aws sso login`), or set AWS_PROFILE to a profile of ~/.aws/config"
        yield Check("credentials", "wrong", f"are not valid ({_code(err)})", remedy)


def _code(err: Exception) -> str:
    """What kind of error it is; what AWS says at length may hold addresses and the account's number."""
    said = getattr(err, "response", {}).get("Error", {})
    return str(said.get("Code", type(err).__name__))


def check_mails(paths: Sequence[Path]) -> Iterator[Check]:
    """What is wrong with each mail file; one check for all when nothing is."""
    wrong = [check for path in paths for check in proofread(str(path), path.read_bytes())]
    if not paths:
        yield Check("mails", "warn", "none is composed", "Build them with `quarterdeck reports`")
    elif not wrong:
        yield Check("mails", "ok", f"{len(paths)} can go out as they are")
    yield from wrong


def check_age(as_of: str, period_end: date, today: date, days: int) -> Check:
    """Whether a report's data reach its period's end and are at most `days` (its schedule's interval) old."""
    newest = date.fromisoformat(as_of[:10])
    age, remedy = (today - newest).days, "Put newer tables in the data folder and run `quarterdeck reports`"
    return judge(
        "data",
        f"goes up to {newest}",
        (newest < period_end, "warn", f"ends on {newest}, before its period does ({period_end})", remedy),
        (age > days, "warn", f"is {age} days old ({newest}); the next report is due after {days}", remedy),
    )
