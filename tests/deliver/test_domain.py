"""What a domain publishes in DNS."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from types import ModuleType

import pytest

from quarterdeck.deliver.checks import answered
from quarterdeck.deliver.domain import check_dmarc, check_spf, txt_records, with_parents
from quarterdeck.model.check import Check
from quarterdeck.model.errors import QuarterdeckError
from tools import lacking

SPF = "v=spf1 include:amazonses.com ~all"


def spf(*records: str) -> Check:
    """The check of a MAIL FROM domain with these TXT records."""
    return check_spf("bounce.example.com", {"bounce.example.com": list(records)}.__getitem__)


def dmarc(domain: str, **records: str) -> Check:
    """The check of a domain with a record at its own name and at its parents', as named here (`_` for a dot)."""
    zone = {f"_dmarc.{name.replace('_', '.')}": text.split("|") for name, text in records.items()}
    (check,) = check_dmarc(domain, lambda name: zone.get(name, []))
    return check


def silent(name: str) -> list[str]:
    """DNS that cannot be asked."""
    raise QuarterdeckError(f"DNS of {name}", "no answer (LifetimeTimeout)", f"Try `dig TXT {name}`")


@pytest.mark.parametrize(
    ("records", "state", "found"),
    [
        ([SPF], "ok", "lets SES send"),
        (["verification=abc", "V=SPF1  ip4:192.0.2.1 +Include:AmazonSES.com -all"], "ok", "lets SES send"),
        ([], "wrong", "no SPF record"),
        (["v=spf10 include:amazonses.com"], "wrong", "no SPF record"),
        ([SPF, "v=spf1 -all"], "wrong", "2 SPF records"),
        (["v=spf1 mx -all"], "wrong", "does not name amazonses.com"),
        (["v=spf1 include:notamazonses.com -all"], "warn", "does not name amazonses.com itself"),
        (["v=spf1 redirect=_spf.example.com"], "warn", "does not name amazonses.com itself"),
    ],
)  # fmt: skip
def test_spf_lets_ses_send_by_name(records: list[str], state: str, found: str) -> None:
    """One record, and SES named in it; what is named through others is not followed."""
    check = spf(*records)
    assert check.state == state and found in check.found
    assert (SPF in check.remedy) == (state != "ok")


@pytest.mark.parametrize(
    ("domain", "records", "state", "found"),
    [
        ("example.com", {"example_com": "v=DMARC1; p=reject; rua=mailto:a@example.com"}, "ok", "p=reject"),
        ("mail.eu.example.com", {"example_com": "v=DMARC1;p=quarantine"}, "ok", "_dmarc.example.com has p=quarantine"),
        ("mail.example.com", {"example_com": "v=DMARC1; p=reject; sp=none"}, "warn", "forged"),
        ("example.com", {"example_com": "v=DMARC1; p=reject; sp=none"}, "ok", "p=reject"),
        ("mail.example.com", {"mail_example_com": "v=DMARC1; p=none", "example_com": "v=DMARC1; p=reject"},
         "warn", "_dmarc.mail.example.com asks for nothing"),
        ("example.com", {"com": "v=DMARC1; p=reject"}, "warn", "has no record"),
        ("example.com", {"example_com": "v=spf1 -all"}, "warn", "has no record"),
        ("example.com", {"example_com": "v=DMARC1; rua=mailto:a@example.com"}, "wrong", "malformed"),
        ("example.com", {"example_com": "v=DMARC1; p=rejected"}, "wrong", "malformed"),
        ("example.com", {"example_com": "p=reject; v=DMARC1"}, "wrong", "malformed"),
        ("example.com", {"example_com": "v=dmarc1; p=reject"}, "wrong", "malformed"),
        ("example.com", {"example_com": "v=DMARC1; p=reject|v=DMARC1; p=none"}, "wrong", "2 records"),
    ],
)  # fmt: skip
def test_dmarc_is_found_and_has_a_policy(domain: str, records: dict[str, str], state: str, found: str) -> None:
    """The domain's own record goes before its parent's, whose `sp` is for those below it."""
    check = dmarc(domain, **records)
    assert check.state == state and found in check.found
    assert bool(check.remedy) == (state != "ok")


def test_dns_that_gives_no_answer_proves_nothing() -> None:
    """Neither a record nor that there is none."""
    (check,) = answered("DMARC", "", check_dmarc("example.com", silent))
    assert check.state == "unknown" and "LifetimeTimeout" in check.found and "`dig TXT _dmarc." in check.remedy


def test_a_domain_has_its_parents_to_two_labels() -> None:
    """And a single label has none."""
    assert with_parents("a.b.example.com") == ["a.b.example.com", "b.example.com", "example.com"]
    assert with_parents("localhost") == ["localhost"]


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The resolver module, asking a name server on this machine that knows three names and leaves a fourth alone."""
    try:
        import dns.message
        import dns.rcode
        import dns.resolver
        import dns.rrset
    except ModuleNotFoundError:
        lacking("dnspython", "pip install 'quarterdeck[aws]'")
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                packet, asker = listener.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(packet)
            name, reply = query.question[0].name.to_text(), dns.message.make_response(query)
            if name == "long.example.com.":
                texts = ('"v=spf1 include:" "amazonses.com ~all"', "b")
                reply.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *texts))
            elif name == "refused.example.com.":
                reply.set_rcode(dns.rcode.REFUSED)
            elif name == "silent.example.com.":
                continue
            elif name != "empty.example.com.":
                reply.set_rcode(dns.rcode.NXDOMAIN)
            listener.sendto(reply.to_wire(), asker)

    threading.Thread(target=serve, daemon=True).start()
    local = dns.resolver.Resolver(configure=False)
    local.nameservers, local.port = ["127.0.0.1"], listener.getsockname()[1]
    monkeypatch.setattr(dns.resolver, "default_resolver", local)
    yield dns.resolver
    listener.close()


def test_txt_records_come_from_a_name_server(resolver: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces are joined; no record and no name are none; a refusal and silence are no answer."""
    assert sorted(txt_records("long.example.com")) == ["b", SPF]
    assert txt_records("empty.example.com") == [] and txt_records("absent.example.com") == []
    monkeypatch.setattr("quarterdeck.deliver.domain._TIMEOUT", 0.3)
    for name in ("refused", "silent"):
        with pytest.raises(QuarterdeckError, match="no answer"):
            txt_records(f"{name}.example.com")
    with pytest.raises(QuarterdeckError):
        txt_records("a..example.com")


def test_without_the_package_dns_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """What to install is told, and the check is unknown."""
    monkeypatch.setitem(sys.modules, "dns", None)
    (check,) = answered("DMARC", "", check_dmarc("example.com", txt_records))
    assert check.state == "unknown" and "pip install 'quarterdeck[aws]'" in check.remedy
