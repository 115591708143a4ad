"""What Amazon SES says in one region: of the account, of its readers and of what it tells back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ..model.check import Check, judge
from ..model.delivery import masked
from .domain import with_parents


def check_account(
    client: Any, rate: float, addresses: Sequence[str], waiting: int, copied: bool = False
) -> Iterator[Check]:
    """Whether the account may send, to anybody, as many mails as wait and `rate` of them a second.

    SES counts a mail that is `copied` to the archive as two.
    """
    region, said = client.meta.region_name, client.get_account()
    standing = said.get("EnforcementStatus", "")
    enable = f"`aws sesv2 put-account-sending-attributes --sending-enabled --region {region}`"
    case = "Read the case in the AWS Support Center"
    yield judge(
        "account",
        "may send",
        (not said.get("SendingEnabled"), "wrong", "sending is off", enable),
        (standing != "HEALTHY", "wrong" if standing == "SHUTDOWN" else "warn", f"is {standing}", case),
    )
    quota = said.get("SendQuota", {})
    limit, most = quota.get("Max24HourSend", 0), quota.get("MaxSendRate", 0)
    left = max(0, limit - quota.get("SentLast24Hours", 0))
    each, copies = (2, " (with its audit copy a mail counts as two)") if copied else (1, "")
    found = f"{waiting} wait{copies}, " + ("any number may go" if limit == -1 else f"{left:.0f} may go today")
    more = f"Send the rest tomorrow, or ask for more: Service Quotas console in {region}, Amazon SES, Sending quota"
    slower = f"SEND_RATE is {rate:g} a second, and SES takes {most:g}{copies}"
    yield judge(
        "quota",
        found,
        (limit != -1 and left < waiting * each, "wrong", found, more),
        (rate * each > most, "wrong", slower, f"Set SEND_RATE={most / each:g}"),
    )
    off = "is off: SES mails again to addresses that bounced or complained"
    command = "aws sesv2 put-account-suppression-attributes --suppressed-reasons BOUNCE COMPLAINT"
    reasons = said.get("SuppressionAttributes", {}).get("SuppressedReasons")
    yield judge("suppression", "is on", (not reasons, "warn", off, f"`{command} --region {region}`"))
    if said.get("ProductionAccessEnabled"):
        yield Check("sandbox", "ok", "production access is granted")
        return
    rows = _pages(client.list_email_identities, "EmailIdentities")
    verified = {row["IdentityName"] for row in rows if row.get("VerificationStatus") == "SUCCESS"}
    verified.add("simulator.amazonses.com")
    refused = [it for it in addresses if not verified & {it, *with_parents(it.rpartition("@")[2].lower())}]
    told = f"not verified: {_some(refused)}" if refused else f"all {len(addresses)} are"
    remedy = "SES console, Account dashboard, Request production access; until then verify each reader's address"
    yield Check("sandbox", "wrong" if refused else "warn", f"only verified readers may be mailed; {told}", remedy)


def check_suppressed(client: Any, addresses: Sequence[str]) -> Iterator[Check]:
    """Which readers SES will not deliver to, because mail to them bounced or they complained."""
    rows = _pages(client.list_suppressed_destinations, "SuppressedDestinationSummaries")
    reasons = {str(row["EmailAddress"]).casefold(): str(row["Reason"]).lower() for row in rows}
    hit = {reason: [it for it in addresses if reasons.get(it.casefold()) == reason] for reason in {*reasons.values()}}
    found = "; ".join(f"after a {reason}: {_some(those)}" for reason, those in sorted(hit.items()) if those)
    command = f"aws sesv2 delete-suppressed-destination --region {client.meta.region_name} --email-address ADDRESS"
    remedy = f"Correct the address, or once its reader wants mail: `{command}`"
    yield judge("readers", f"none of {len(addresses)} is suppressed", (found, "wrong", f"suppressed {found}", remedy))


def check_configuration_set(client: Any, name: str) -> Iterator[Check]:
    """Whether the configuration set is there, sends, and tells of bounces and complaints."""
    check, console = "configuration set", f"SES console in {client.meta.region_name}, Configuration sets"
    if not name:
        remedy = f"Create one ({console}) and set SES_CONFIGURATION_SET"
        yield Check(check, "warn", "none is set: bounces and complaints are not heard of", remedy)
        return
    try:
        options = client.get_configuration_set(ConfigurationSetName=name).get("SendingOptions", {})
        targets = client.get_configuration_set_event_destinations(ConfigurationSetName=name)["EventDestinations"]
    except client.exceptions.NotFoundException:
        yield Check(check, "wrong", f"{name} is not there: SES refuses every mail", f"Create it: {console}")
        return
    heard = {kind for target in targets if target.get("Enabled") for kind in target["MatchingEventTypes"]}
    missing = " and ".join(sorted({"BOUNCE", "COMPLAINT"} - heard))
    off, add = f"{console}, {name}: enable sending", f"{console}, {name}, Event destinations: add one with {missing}"
    yield judge(
        check,
        f"{name} tells of bounces and complaints",
        (not options.get("SendingEnabled", True), "wrong", f"sending is off in {name}", off),
        (missing, "warn", f"{name} tells nobody of {missing}", add),
    )


def _pages(call: Any, key: str) -> Iterator[dict[str, Any]]:
    page: dict[str, Any] = {"NextToken": ""}
    while "NextToken" in page:
        more = {"NextToken": page["NextToken"]} if page["NextToken"] else {}
        page = call(PageSize=1000, **more)
        yield from page.get(key, [])


def _some(addresses: Sequence[str]) -> str:
    shown = ", ".join(masked(address) for address in addresses[:5])
    return shown + (f" and {len(addresses) - 5} more" if len(addresses) > 5 else "")
