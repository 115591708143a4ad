"""What Amazon SES knows of a sender in one region: that it may send, is signed for, and has a MAIL FROM of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..model.check import Check, judge
from ..model.delivery import masked
from .domain import Resolve, check_spf, with_parents


def check_identity(client: Any, sender: str, resolve: Resolve) -> Iterator[Check]:
    """Whether a bare address may send, is signed for (DKIM) and passes SPF in its own name."""
    region, domain = client.meta.region_name, sender.rpartition("@")[2].lower()
    found = {}
    for name in (sender, *with_parents(domain)):
        try:
            found[name] = client.get_email_identity(EmailIdentity=name)
        except client.exceptions.NotFoundException:
            continue
    verified = [name for name in found if found[name].get("VerifiedForSendingStatus")]
    create = f"`aws sesv2 create-email-identity --email-identity {domain} --region {region}`, then publish its CNAMEs"
    publish = f"Publish the records that the SES console shows in {region}: Verified identities, {domain}"
    yield judge(
        "identity",
        f"{masked(sender) if verified[:1] == [sender] else ''.join(verified[:1])} is verified",
        (not found, "wrong", f"{masked(sender)} is not an identity, nor is its domain", create),
        (not verified, "wrong", f"{masked(sender)} waits for verification", publish),
    )
    if not verified:
        return
    signer = next((name for name in found if "@" not in name), "")
    dkim = found.get(signer, {}).get("DkimAttributes", {})
    key = f"SES console, Verified identities, {signer}, DKIM"
    yield judge(
        "DKIM",
        f"{signer} signs",
        (not signer, "wrong", f"only the address is verified: nothing is signed for {domain}", create),
        (dkim.get("Status") != "SUCCESS", "wrong", f"{signer}: {dkim.get('Status')}", f"Publish the CNAMEs: {key}"),
        (not dkim.get("SigningEnabled"), "wrong", f"{signer}: signing is off", f"Enable DKIM signatures: {key}, Edit"),
        (dkim.get("CurrentSigningKeyLength") == "RSA_1024_BIT", "warn", f"{signer} signs with a short key (1024 bits)",
         f"Choose RSA_2048_BIT: {key}, Edit"),
    )  # fmt: skip
    # An address's own MAIL FROM goes before its domain's.
    own = (identity.get("MailFromAttributes", {}) for identity in found.values())
    yield _check_mail_from(next((it for it in own if it.get("MailFromDomain")), {}), signer or domain, region, resolve)


def _check_mail_from(attributes: dict[str, Any], identity: str, region: str, resolve: Resolve) -> Check:
    domain, status = attributes.get("MailFromDomain", ""), attributes.get("MailFromDomainStatus", "")
    if status == "SUCCESS":
        return check_spf(domain, resolve)
    refused = attributes.get("BehaviorOnMxFailure") == "REJECT_MESSAGE"
    command = f"aws sesv2 put-email-identity-mail-from-attributes --email-identity {identity} --region {region}"
    return judge(
        "SPF",
        "",
        (not domain, "warn", f"passes for amazonses.com, not for {identity}: DMARC rests on DKIM alone",
         f"`{command} --mail-from-domain bounce.{identity}`"),
        (True, "wrong" if refused else "warn",
         f"{domain}: {status}; " + ("SES refuses every mail" if refused else "SES uses amazonses.com instead"),
         f"In DNS publish for {domain} the MX record 10 feedback-smtp.{region}.amazonses.com"),
    )  # fmt: skip
