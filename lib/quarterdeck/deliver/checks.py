"""What is looked at before mail is sent: credentials, the sender and its domain, the account, the mails, the data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from ..model.check import Check
from ..model.settings import Settings
from .account import answered, check_account, check_configuration_set, check_suppressed
from .aws import open_client
from .domain import Resolve, check_dmarc
from .identity import check_identity
from .proofread import proofread

_SIGN_IN = "Sign in (`aws sso login`), or set AWS_PROFILE to a profile of ~/.aws/config"
_NOBODY = ("UnrecognizedClientException", "InvalidClientTokenId", "SignatureDoesNotMatch", "ExpiredToken")


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

    What cannot be asked is `unknown`, and the rest goes on; without valid credentials AWS is asked no more.
    """
    sender = _sender(settings)
    credentials = list(answered("credentials", "sts:GetCallerIdentity", _credentials(clients.sts)))
    yield from credentials
    tags: dict[str, str] = {}
    if sender:
        tags, dmarc = check_dmarc(sender.rpartition("@")[2].lower(), resolve)
        yield dmarc
    else:
        remedy = "Set it in repos.env to an address whose domain is verified in SES"
        yield Check("sender", "wrong", "SES_FROM_ADDRESS is not set to an address", remedy)
    for client in clients.ses if credentials[0].state != "wrong" else ():
        region = client.meta.region_name
        if sender:
            identity = check_identity(client, sender, tags, resolve)
            yield from answered(f"identity, DKIM and SPF in {region}", "ses:GetEmailIdentity", identity)
        account = check_account(client, settings, addresses, waiting)
        yield from answered(f"account in {region}", "ses:GetAccount", account)
        needed = "ses:GetSuppressedDestination and ses:ListSuppressedDestinations"
        yield from answered(f"readers in {region}", needed, check_suppressed(client, addresses))
        needed = "ses:GetConfigurationSet and ses:GetConfigurationSetEventDestinations"
        told = check_configuration_set(client, settings.ses_configuration_set)
        yield from answered(f"configuration set in {region}", needed, told)


def _sender(settings: Settings) -> str:
    """The bare From address as SES and DNS know it; empty for none that mail can carry."""
    local, _, domain = parseaddr(settings.ses_from_address)[1].rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}" if local and domain else ""
    except UnicodeError:
        return ""


def _credentials(sts: Any) -> Iterator[Check]:
    from botocore import exceptions as refused

    absent = (refused.NoCredentialsError, refused.PartialCredentialsError, refused.CredentialRetrievalError)
    try:
        account = str(sts.get_caller_identity()["Account"])
    except (*absent, refused.SSOError, refused.TokenRetrievalError) as err:
        yield Check("credentials", "wrong", f"are not there ({type(err).__name__})", _SIGN_IN)
    except refused.ClientError as err:
        code = str(err.response.get("Error", {}).get("Code", "?"))
        if not code.startswith(_NOBODY):
            raise
        yield Check("credentials", "wrong", f"are not valid ({code})", _SIGN_IN)
    else:
        yield Check("credentials", "ok", f"of the account that ends in {account[-4:]}")


def check_mails(paths: Sequence[Path]) -> Iterator[Check]:
    """What is wrong with each mail file; one check for all when nothing is."""
    faults = 0
    for path in paths:
        for check in proofread(str(path), path.read_bytes()):
            faults += 1
            yield check
    if not paths:
        yield Check("mails", "warn", "none is composed", "Build them with `quarterdeck reports`")
    elif not faults:
        yield Check("mails", "ok", f"{len(paths)} can go out as they are")


def check_age(as_of: str, period_end: date, today: date, days: int) -> Check:
    """Whether a report's data reach its period's end and are at most `days` (its schedule's interval) old."""
    newest = date.fromisoformat(as_of[:10])
    age, remedy = (today - newest).days, "Put newer tables in the data folder and run `quarterdeck reports`"
    if newest < period_end:
        return Check("data", "warn", f"ends on {newest}, before its period does ({period_end})", remedy)
    if age > days:
        return Check("data", "warn", f"is {age} days old ({newest}); the next report is due after {days}", remedy)
    return Check("data", "ok", f"goes up to {newest}")
