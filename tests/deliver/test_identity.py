"""What SES knows of a sender."""

from __future__ import annotations

from typing import Any

import pytest

from quarterdeck.deliver.identity import check_identity
from quarterdeck.model.check import Check

from .aws import Chosen, identity, known

NOWHERE = "http://127.0.0.1:9"
DKIM = identity()["DkimAttributes"]
MAIL_FROM = identity()["MailFromAttributes"]
PLAIN = {key: value for key, value in identity().items() if key != "MailFromAttributes"}


def looked_at(sender: str = "reports@example.com", **names: Any) -> dict[str, Check]:
    """The checks of a sender by name, where SES knows these identities and MAIL FROM has its SPF record."""
    client = Chosen(NOWHERE, get_email_identity=known(**names))
    zone = {"bounce.example.com": ["v=spf1 include:amazonses.com ~all"]}
    checks = check_identity(client, sender, lambda name: zone.get(name, []))
    return {check.name: check for check in checks}


def test_all_is_well_for_a_domain_that_signs() -> None:
    """Also for an address of a domain below it, however it is written."""
    for sender in ("reports@example.com", "Reports@Mail.Example.com"):
        checks = looked_at(sender, example_com=identity())
        assert {name: check.state for name, check in checks.items()} == dict.fromkeys(("identity", "DKIM", "SPF"), "ok")
        assert not any(check.remedy for check in checks.values())


@pytest.mark.parametrize(
    ("identities", "found", "remedy"),
    [
        ({}, "not an identity", "aws sesv2 create-email-identity --email-identity example.com --region eu-west-1"),
        ({"example_com": identity(VerifiedForSendingStatus=False)}, "waits", "Verified identities, example.com"),
    ],
)
def test_a_sender_must_be_verified(identities: dict[str, Any], found: str, remedy: str) -> None:
    """Nothing else is said of one that is not, and its address is not told whole."""
    (check,) = looked_at(**identities).values()
    assert check.state == "wrong" and found in check.found and remedy in check.remedy
    assert "r…@example.com" in check.found and "reports@" not in check.found + check.remedy


def test_a_verified_domain_stands_in_for_an_address_that_waits() -> None:
    """SES asks for one of the two."""
    checks = looked_at(reports_at_example_com=identity(VerifiedForSendingStatus=False), example_com=identity())
    assert checks["identity"].state == "ok" and checks["DKIM"].state == "ok"


def test_an_address_alone_is_not_signed_for_its_domain() -> None:
    """Whatever SES says of the address's own DKIM: the domain has published no key."""
    checks = looked_at(reports_at_example_com=PLAIN)
    assert checks["identity"].found == "r…@example.com is verified"
    assert checks["DKIM"].state == "wrong" and "nothing is signed" in checks["DKIM"].found


@pytest.mark.parametrize(
    ("changed", "state", "found", "remedy"),
    [
        ({"Status": "PENDING"}, "wrong", "PENDING", "CNAME"),
        ({"SigningEnabled": False}, "wrong", "signing is off", "DKIM, Edit"),
        ({"CurrentSigningKeyLength": "RSA_1024_BIT"}, "warn", "1024", "RSA_2048_BIT"),
    ],
)
def test_a_domain_must_sign(changed: dict[str, Any], state: str, found: str, remedy: str) -> None:
    """A key that was not found, signing switched off, a short key."""
    checks = looked_at(example_com=identity(DkimAttributes=DKIM | changed))
    assert checks["DKIM"].state == state and found in checks["DKIM"].found and remedy in checks["DKIM"].remedy


@pytest.mark.parametrize(
    ("attributes", "state", "found", "remedy"),
    [
        (None, "warn", "passes for amazonses.com", "--mail-from-domain bounce."),
        (MAIL_FROM | {"MailFromDomainStatus": "FAILED"}, "warn", "uses amazonses.com instead", "MX record 10 feedback"),
        (MAIL_FROM | {"MailFromDomainStatus": "PENDING", "BehaviorOnMxFailure": "REJECT_MESSAGE"}, "wrong",
         "refuses every mail", "feedback-smtp.eu-west-1.amazonses.com"),
        (MAIL_FROM | {"MailFromDomain": "other.example.com"}, "wrong", "no SPF record", "v=spf1"),
    ],
)  # fmt: skip
def test_spf_wants_a_mail_from_domain_of_ones_own(
    attributes: dict[str, Any] | None, state: str, found: str, remedy: str
) -> None:
    """SES's own passes SPF, but not in the sender's name."""
    checks = looked_at(example_com=identity(MailFromAttributes=attributes) if attributes else PLAIN)
    assert checks["SPF"].state == state and found in checks["SPF"].found and remedy in checks["SPF"].remedy
