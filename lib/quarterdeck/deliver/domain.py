"""What a sender's domain publishes in DNS: who may send for it (SPF), and what becomes of mail that fails (DMARC)."""

from __future__ import annotations

from collections.abc import Callable

from ..model.check import Check

Resolve = Callable[[str], list[str]]
"""The TXT strings of a DNS name, none where it has none; raises LookupError when DNS cannot be asked."""
_TIMEOUT = 3.0


def txt_records(name: str) -> list[str]:
    """The TXT strings of a DNS name, as the system's resolver has them within three seconds (a `Resolve`)."""
    try:
        import dns.exception
        import dns.resolver
    except ModuleNotFoundError as err:
        raise LookupError("dnspython is not installed: pip install 'quarterdeck[aws]'") from err
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=_TIMEOUT)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as err:
        raise LookupError(f"no answer ({type(err).__name__})") from err
    # A long record comes in pieces, which are one text.
    return [b"".join(record.strings).decode(errors="replace") for record in answer]


def with_parents(domain: str) -> list[str]:
    """A domain and those above it, down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(max(1, len(labels) - 1))]


def check_spf(name: str, domain: str, resolve: Resolve) -> Check:
    """Whether a MAIL FROM domain lets SES send for it; `name` is the check's."""
    wanted = f'In {domain}\'s DNS publish one TXT record "v=spf1 include:amazonses.com ~all"'
    try:
        records = [text.lower().split() for text in resolve(domain)]
    except LookupError as err:
        return _unanswered(name, domain, err)
    records = [terms for terms in records if terms[:1] == ["v=spf1"]]
    if len(records) != 1:
        found = f"{len(records)} SPF records, which count as an error" if records else "no SPF record"
        return Check(name, "wrong", f"{domain} has {found}", wanted)
    ends = [n for n, term in enumerate(records[0]) if term.lstrip("+-~?") == "all"]
    reached = records[0][: ends[0]] if ends else records[0]  # whatever follows `all` is never looked at
    if not {"include:amazonses.com", "+include:amazonses.com"} & set(reached):
        indirect = any("include:" in term or term.startswith("redirect=") for term in reached)
        found = f"{domain}'s SPF record does not name amazonses.com" + (" itself" if indirect else "")
        return Check(name, "warn" if indirect else "wrong", found, wanted)
    return Check(name, "ok", f"{domain} lets SES send for it")


def check_dmarc(domain: str, resolve: Resolve) -> tuple[dict[str, str], Check]:
    """The tags of the DMARC record that rules a domain, its own or a parent's (empty without one), and the check."""
    name, place = "DMARC", f"_dmarc.{domain}"
    try:
        for above in with_parents(domain):
            place = f"_dmarc.{above}"
            records = [text for text in resolve(place) if text.lower().startswith(("v=dmarc", "p="))]
            if records:
                break
    except LookupError as err:
        return {}, _unanswered(name, place, err)
    publish = f'In DNS publish at {place} one TXT record, to begin with "v=DMARC1; p=none"'
    if not records:
        return {}, Check(name, "warn", f"{domain} has no record: large mailbox providers may refuse its mail", publish)
    tags = _tags(records[0])
    # `sp` is what a parent asks of the domains below it.
    policy = (tags.get("sp") if above != domain else "") or tags.get("p", "")
    if len(records) > 1:
        return {}, Check(name, "wrong", f"{place} has {len(records)} records, and so none counts", publish)
    if not records[0].startswith("v=DMARC1") or policy not in ("none", "quarantine", "reject"):
        return {}, Check(name, "wrong", f"the record at {place} is malformed: {records[0][:80]!r}", publish)
    tags["p"] = policy
    if policy == "none":
        found = f"{place} asks for nothing (p=none): mail forged in {domain}'s name is delivered like its own"
        return tags, Check(name, "warn", found, f"When your own mail passes, set p=quarantine at {place}")
    return tags, Check(name, "ok", f"{place} has p={policy}")


def check_alignment(name: str, domain: str, tags: dict[str, str], signed: str, mail_from: str) -> Check:
    """Whether mail passes the domain's DMARC, by a DKIM signature or by SPF.

    `signed` is the domain that signs and `mail_from` the MAIL FROM domain that passes SPF, empty where none does. SES
    allows only the From domain, a parent of it or (as MAIL FROM) one below those: all of them align unless the record
    is strict.
    """
    ways = {"DKIM": (signed, tags.get("adkim")), "SPF": (mail_from, tags.get("aspf"))}
    passed = [way for way, (other, mode) in ways.items() if other and (mode != "s" or other == domain)]
    if passed:
        return Check(name, "ok", f"{domain} passes DMARC by {' and '.join(passed)}")
    enforced = tags.get("p", "none") != "none"
    found = f"mail from {domain} passes DMARC neither by DKIM nor by SPF" + (
        f", and p={tags['p']} keeps it from its readers" if enforced else ""
    )
    remedy = f"Verify {domain} itself, with DKIM: SES console, Verified identities, Create identity, Domain"
    return Check(name, "wrong" if enforced else "warn", found, remedy)


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {key.strip().lower(): value.strip().lower() for key, _, value in pairs if key.strip()}


def _unanswered(name: str, domain: str, err: LookupError) -> Check:
    return Check(name, "unknown", f"DNS of {domain}: {err}", f"Try `dig TXT {domain}`, then check again")
