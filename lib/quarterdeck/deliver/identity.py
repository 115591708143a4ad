"""What Amazon SES knows of a sender in one region: that it may send, is signed for, and passes DMARC."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..model.check import Check
from ..model.delivery import masked
from .domain import Resolve, check_alignment, check_spf, with_parents


def check_identity(client: Any, sender: str, tags: dict[str, str], resolve: Resolve) -> Iterator[Check]:
    """Whether a bare address may send, signed and aligned; `tags` are those of its domain's DMARC record."""
    region, domain = client.meta.region_name, sender.rpartition("@")[2].lower()
    found = {}
    for name in (sender, *with_parents(domain)):
        try:
            found[name] = client.get_email_identity(EmailIdentity=name)
        except client.exceptions.NotFoundException:
            continue
    verified = [name for name in found if found[name].get("VerifiedForSendingStatus")]
    if not verified:
        told = "waits for verification" if found else "is not an identity, nor is its domain"
        remedy = (
            f"Publish the records that the SES console shows in {region}: Verified identities, {domain}"
            if found
            else f"`aws sesv2 create-email-identity --email-identity {domain} --region {region}`"
        )
        yield Check(f"identity in {region}", "wrong", f"{masked(sender)} {told}", remedy)
        return
    yield Check(f"identity in {region}", "ok", f"{masked(sender) if '@' in verified[0] else verified[0]} is verified")
    signer = next((name for name in found if "@" not in name), "")
    dkim = _dkim(f"DKIM in {region}", domain, signer, found.get(signer, {}).get("DkimAttributes", {}), region)
    yield dkim
    # An address's own MAIL FROM goes before its domain's.
    own = (identity.get("MailFromAttributes", {}) for identity in found.values())
    mail_from: dict[str, Any] = next((attributes for attributes in own if attributes.get("MailFromDomain")), {})
    spf = _mail_from(f"SPF in {region}", signer or domain, mail_from, resolve, region)
    yield spf
    signed = signer if dkim.state in ("ok", "warn") else ""
    passing = mail_from.get("MailFromDomain", "") if spf.state == "ok" else ""
    yield check_alignment(f"alignment in {region}", domain, tags, signed, passing)


def _dkim(name: str, domain: str, signer: str, attributes: dict[str, Any], region: str) -> Check:
    status = attributes.get("Status", "NOT_STARTED")
    if not signer:
        remedy = (
            f"`aws sesv2 create-email-identity --email-identity {domain} --region {region}`, then publish its CNAMEs"
        )
        return Check(name, "wrong", f"only the address is verified: nothing is signed for {domain}", remedy)
    if status != "SUCCESS":
        remedy = f"Publish the CNAME records that the SES console shows: Verified identities, {signer}, DKIM"
        return Check(name, "wrong", f"{signer}: {status}", remedy)
    if not attributes.get("SigningEnabled"):
        command = "aws sesv2 put-email-identity-dkim-attributes --signing-enabled"
        remedy = f"`{command} --email-identity {signer} --region {region}`"
        return Check(name, "wrong", f"{signer}: signing is off", remedy)
    if attributes.get("CurrentSigningKeyLength") == "RSA_1024_BIT":
        remedy = f"SES console, Verified identities, {signer}, DKIM, Edit: choose RSA_2048_BIT"
        return Check(name, "warn", f"{signer} signs with a short key (1024 bits)", remedy)
    return Check(name, "ok", f"{signer} signs")


def _mail_from(name: str, identity: str, attributes: dict[str, Any], resolve: Resolve, region: str) -> Check:
    domain, status = attributes.get("MailFromDomain", ""), attributes.get("MailFromDomainStatus", "")
    if not domain:
        found = f"MAIL FROM is amazonses.com's own: it passes SPF, but not as {identity}; DMARC rests on DKIM alone"
        remedy = (
            "`aws sesv2 put-email-identity-mail-from-attributes"
            f" --email-identity {identity} --mail-from-domain bounce.{identity} --region {region}`"
        )
        return Check(name, "warn", found, remedy)
    if status != "SUCCESS":
        refused = attributes.get("BehaviorOnMxFailure") == "REJECT_MESSAGE"
        found = f"{domain}: {status}; " + ("SES refuses every mail" if refused else "SES uses amazonses.com instead")
        remedy = f"In DNS publish for {domain} the MX record 10 feedback-smtp.{region}.amazonses.com"
        return Check(name, "wrong" if refused else "warn", found, remedy)
    return check_spf(name, domain, resolve)
