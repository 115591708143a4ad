"""What Amazon SES says in one region: of the account, of its readers and of what it tells back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..model.check import Check
from ..model.delivery import masked
from ..model.settings import Settings
from .domain import with_parents

MAX_SINGLE = 50
"""Up to so many readers are looked up one by one in the suppression list; for more it is read whole."""


def answered(name: str, permission: str, checks: Iterator[Check]) -> Iterator[Check]:
    """The checks; where AWS refuses or is not reached, that they are unknown, and the permission that they need."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield from checks
    except ClientError as err:
        # What AWS says at length may hold addresses and the account's number: its code is enough.
        code = str(err.response.get("Error", {}).get("Code", "?"))
        remedy = f"In the IAM console allow {permission} to whoever runs this"
        if "AccessDenied" not in code:
            remedy = f"Check again in a minute. If it stays: {remedy}"
        yield Check(name, "unknown", f"AWS refused ({code})", remedy)
    except BotoCoreError as err:
        remedy = f"Try `aws sts get-caller-identity` on this machine; this check needs {permission}"
        yield Check(name, "unknown", f"AWS gave no answer ({type(err).__name__})", remedy)


def check_account(client: Any, settings: Settings, addresses: Sequence[str], waiting: int) -> Iterator[Check]:
    """Whether the account may send, to anybody, as many mails as wait and as fast as is set."""
    region, said = client.meta.region_name, client.get_account()
    standing = said.get("EnforcementStatus", "")
    if standing != "HEALTHY":
        remedy = "Read the case in the AWS Support Center, and bounces in the SES console under Reputation metrics"
        yield Check(f"account in {region}", "wrong" if standing == "SHUTDOWN" else "warn", f"is {standing}", remedy)
    if not said.get("SendingEnabled"):
        remedy = f"`aws sesv2 put-account-sending-attributes --sending-enabled --region {region}`"
        yield Check(f"account in {region}", "wrong", "sending is off", remedy)
    elif standing == "HEALTHY":
        yield Check(f"account in {region}", "ok", "may send")
    name = f"sandbox in {region}"
    if said.get("ProductionAccessEnabled"):
        yield Check(name, "ok", "production access is granted")
    else:
        yield from answered(name, "ses:ListEmailIdentities", _sandbox(client, name, addresses))
    quota = said.get("SendQuota", {})
    limit, rate = quota.get("Max24HourSend", 0), quota.get("MaxSendRate", 0)
    left = limit - quota.get("SentLast24Hours", 0)
    enough = limit == -1 or left >= waiting
    remedy = f"Send the rest tomorrow, or ask for more: Service Quotas console in {region}, Amazon SES, Sending quota"
    found = f"{waiting} wait, " + ("any number may go" if limit == -1 else f"{max(0, left):.0f} may go today")
    yield Check(f"quota in {region}", "ok" if enough else "wrong", found, "" if enough else remedy)
    fits = settings.send_rate <= rate
    found = f"SEND_RATE is {settings.send_rate:g} a second, and SES takes {rate:g}"
    yield Check(f"rate in {region}", "ok" if fits else "wrong", found, "" if fits else f"Set SEND_RATE={rate:g}")
    if not said.get("SuppressionAttributes", {}).get("SuppressedReasons"):
        remedy = (
            f"`aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT --region {region}`"
        )
        found = "is off: SES mails again to addresses that bounced or complained"
        yield Check(f"suppression in {region}", "warn", found, remedy)


def _sandbox(client: Any, name: str, addresses: Sequence[str]) -> Iterator[Check]:
    verified = {
        identity["IdentityName"]
        for identity in _pages(client.list_email_identities, "EmailIdentities")
        if identity.get("VerificationStatus") == "SUCCESS"
    } | {"simulator.amazonses.com"}
    refused = [
        address for address in addresses if not verified & {address, *with_parents(address.rpartition("@")[2].lower())}
    ]
    told = f"not verified: {_some(refused)}" if refused else f"all {len(addresses)} are"
    remedy = "SES console, Account dashboard, Request production access; until then verify each reader's address"
    yield Check(name, "wrong" if refused else "warn", f"only verified readers may be mailed; {told}", remedy)


def check_suppressed(client: Any, addresses: Sequence[str]) -> Iterator[Check]:
    """Which readers SES will not deliver to, because mail to them bounced or they complained."""
    region, reasons = client.meta.region_name, {}
    if len(addresses) > MAX_SINGLE:
        for row in _pages(client.list_suppressed_destinations, "SuppressedDestinationSummaries"):
            reasons[str(row["EmailAddress"]).casefold()] = row["Reason"]
    else:
        for address in addresses:
            try:
                row = client.get_suppressed_destination(EmailAddress=address)["SuppressedDestination"]
            except client.exceptions.NotFoundException:
                continue
            reasons[address.casefold()] = row["Reason"]
    for reason in ("BOUNCE", "COMPLAINT"):
        if hit := [address for address in addresses if reasons.get(address.casefold()) == reason]:
            remedy = (
                "Correct the address, or once its reader wants mail:"
                f" `aws sesv2 delete-suppressed-destination --region {region} --email-address ADDRESS`"
            )
            yield Check(f"readers in {region}", "wrong", f"suppressed after a {reason.lower()}: {_some(hit)}", remedy)
    if not {address.casefold() for address in addresses} & reasons.keys():
        yield Check(f"readers in {region}", "ok", f"none of {len(addresses)} is suppressed")


def check_configuration_set(client: Any, name: str) -> Iterator[Check]:
    """Whether the configuration set is there, sends, and tells of bounces and complaints."""
    region = client.meta.region_name
    check, console = f"configuration set in {region}", f"SES console in {region}, Configuration sets"
    if not name:
        remedy = f"Create one ({console}) and set SES_CONFIGURATION_SET"
        yield Check(check, "warn", "none is set: bounces and complaints are not heard of", remedy)
        return
    try:
        options = client.get_configuration_set(ConfigurationSetName=name).get("SendingOptions", {})
        answer = client.get_configuration_set_event_destinations(ConfigurationSetName=name)
    except client.exceptions.NotFoundException:
        remedy = f"`aws sesv2 create-configuration-set --configuration-set-name {name} --region {region}`"
        yield Check(check, "wrong", f"{name} is not there: SES refuses every mail", remedy)
        return
    sends, targets = options.get("SendingEnabled", True), answer.get("EventDestinations", [])
    heard = {kind for target in targets if target.get("Enabled") for kind in target["MatchingEventTypes"]}
    if missing := sorted({"BOUNCE", "COMPLAINT"} - heard):
        remedy = f"{console}, {name}, Event destinations: add one, enabled, with {' and '.join(missing)}"
        yield Check(check, "warn", f"{name} tells nobody of {' and '.join(missing)}", remedy)
    elif sends:
        yield Check(check, "ok", f"{name} tells of bounces and complaints")
    if not sends:
        remedy = (
            "`aws sesv2 put-configuration-set-sending-options --sending-enabled"
            f" --configuration-set-name {name} --region {region}`"
        )
        yield Check(check, "wrong", f"sending is off in {name}", remedy)


def _pages(call: Any, key: str) -> Iterator[dict[str, Any]]:
    more: dict[str, str] = {}
    while True:
        page = call(PageSize=1000, **more)
        yield from page.get(key, [])
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}


def _some(addresses: Iterable[str]) -> str:
    shown = [masked(address) for address in addresses]
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")
