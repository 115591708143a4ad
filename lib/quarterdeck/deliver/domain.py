"""What a sender's domain publishes in DNS: who may send for it (SPF), and what becomes of mail that fails (DMARC)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..model.check import Check, judge
from ..model.errors import QuarterdeckError
from .aws import INSTALL

Resolve = Callable[[str], list[str]]
"""The TXT strings of a DNS name, none where it has none; raises QuarterdeckError when DNS cannot be asked."""
_TIMEOUT = 3.0


def txt_records(name: str) -> list[str]:
    """The TXT strings of a DNS name, as the system's resolver has them within three seconds (a `Resolve`)."""
    try:
        import dns.exception
        import dns.resolver
    except ModuleNotFoundError as err:
        raise QuarterdeckError(f"DNS of {name}", "dnspython is not installed", INSTALL) from err
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=_TIMEOUT)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as err:
        remedy = f"Try `dig TXT {name}`, then check again"
        raise QuarterdeckError(f"DNS of {name}", f"no answer ({type(err).__name__})", remedy) from err
    # A long record comes in pieces, which are one text.
    return [b"".join(record.strings).decode(errors="replace") for record in answer]


def with_parents(domain: str) -> list[str]:
    """A domain and those above it, down to two labels."""
    labels = domain.split(".")
    return [".".join(labels[n:]) for n in range(max(1, len(labels) - 1))]


def check_spf(domain: str, resolve: Resolve) -> Check:
    """Whether a MAIL FROM domain has one SPF record, which names SES; names of others in it are not followed."""
    records = [terms for terms in (text.lower().split() for text in resolve(domain)) if terms[:1] == ["v=spf1"]]
    named = {term.lstrip("+") for terms in records for term in terms}
    others = any(term.startswith(("include:", "redirect=")) for term in named)
    remedy = f'In {domain}\'s DNS publish one TXT record "v=spf1 include:amazonses.com ~all"'
    unnamed = "include:amazonses.com" not in named
    return judge(
        "SPF",
        f"{domain} lets SES send for it",
        (not records, "wrong", f"{domain} has no SPF record", remedy),
        (len(records) > 1, "wrong", f"{domain} has {len(records)} SPF records, which count as an error", remedy),
        (unnamed, "warn" if others else "wrong", f"{domain}'s SPF record does not name amazonses.com itself", remedy),
    )


def check_dmarc(domain: str, resolve: Resolve) -> Iterator[Check]:
    """Whether a DMARC record, the domain's own or a parent's, protects it."""
    records: list[str] = []
    for above in with_parents(domain):
        place = f"_dmarc.{above}"
        if records := [text for text in resolve(place) if text.lower().startswith(("v=dmarc", "p="))]:
            break
    pairs = (part.partition("=") for part in "".join(records[:1]).split(";"))
    tags = {key.strip().lower(): value.strip().lower() for key, _, value in pairs}
    # `sp` is what a parent asks of the domains below it.
    policy = (tags.get("sp") if above != domain else "") or tags.get("p", "")
    malformed = not "".join(records).startswith("v=DMARC1") or policy not in ("none", "quarantine", "reject")
    forged = f"{place} asks for nothing (p=none): mail forged in {domain}'s name is delivered like its own"
    publish = f'In DNS publish at {place} one TXT record, to begin with "v=DMARC1; p=none"'
    yield judge(
        "DMARC",
        f"{place} has p={policy}",
        (not records, "warn", f"{domain} has no record: large mailbox providers may refuse its mail", publish),
        (len(records) > 1, "wrong", f"{place} has {len(records)} records, and so none counts", publish),
        (malformed, "wrong", f"the record at {place} is malformed: {''.join(records)[:80]!r}", publish),
        (policy == "none", "warn", forged, f"When your own mail passes, set p=quarantine at {place}"),
    )
