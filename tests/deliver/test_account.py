"""What SES says of the account, its readers and what it tells back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from quarterdeck.deliver.account import check_account, check_configuration_set, check_suppressed
from quarterdeck.deliver.checks import answered
from quarterdeck.model.check import Check

from .aws import Chosen, account, event_destinations, serving

NOWHERE = "http://127.0.0.1:9"
READERS = ["ada@example.com", "bob@example.org", "success@simulator.amazonses.com"]


def by_name(checks: Iterator[Check]) -> dict[str, Check]:
    """The checks by their names."""
    return {check.name: check for check in checks}


def looked_at(waiting: int = 3, rate: float = 1.0, **values: Any) -> dict[str, Check]:
    """The checks of an account where these values are other than they should be."""
    client = Chosen(NOWHERE, get_account=account(**values))
    return by_name(check_account(client, rate, READERS, waiting))


def test_an_account_in_production_may_send() -> None:
    """As many as are left of today's quota, as fast as SES takes them."""
    checks = looked_at(150, 14)
    assert {name: check.state for name, check in checks.items()} == dict.fromkeys(
        ("account", "quota", "suppression", "sandbox"), "ok"
    )
    assert checks["quota"].found == "150 wait, 150 may go today"


@pytest.mark.parametrize(
    ("values", "name", "state", "found"),
    [
        ({"SendingEnabled": False}, "account", "wrong", "sending is off"),
        ({"EnforcementStatus": "PROBATION"}, "account", "warn", "PROBATION"),
        ({"EnforcementStatus": "SHUTDOWN"}, "account", "wrong", "SHUTDOWN"),
        ({"EnforcementStatus": "PROBATION", "SendingEnabled": False}, "account", "wrong", "sending is off"),
        ({"waiting": 151}, "quota", "wrong", "151 wait, 150 may go today"),
        ({"rate": 14.5}, "quota", "wrong", "SEND_RATE is 14.5"),
        ({"SuppressionAttributes": {"SuppressedReasons": []}}, "suppression", "warn", "is off"),
    ],
)
def test_what_keeps_an_account_from_sending_is_told(values: dict[str, Any], name: str, state: str, found: str) -> None:
    """With something to do about it; the rest stays well."""
    checks = looked_at(**values)
    assert checks[name].state == state and found in checks[name].found and checks[name].remedy
    assert all(check.state == "ok" for other, check in checks.items() if other != name)


def test_a_quota_without_limit_holds_any_number() -> None:
    """SES says -1."""
    quota = {"Max24HourSend": -1.0, "MaxSendRate": 14.0, "SentLast24Hours": 50.0}
    check = looked_at(10_000, SendQuota=quota)["quota"]
    assert check.state == "ok" and check.found == "10000 wait, any number may go"


def test_the_sandbox_names_the_readers_it_refuses() -> None:
    """Masked; a verified domain and the simulator pass. The identities come from the server, page after page."""
    with serving() as address:
        client = Chosen(address, get_account=account(ProductionAccessEnabled=False))
        for n in range(3):
            client.real.create_email_identity(EmailIdentity=f"reader{n}@example.net")
        assert looked(client)["sandbox"] == ("wrong", "not verified: a…@example.com, b…@example.org")
        client.real.create_email_identity(EmailIdentity="ada@example.com")
        client.real.create_email_identity(EmailIdentity="example.org")
        assert looked(client)["sandbox"] == ("warn", "all 3 are")


def looked(client: Chosen) -> dict[str, tuple[str, str]]:
    """States and the last words of what was found."""
    checks = by_name(check_account(client, 1, READERS, 3))
    return {name: (check.state, check.found.rpartition("; ")[2]) for name, check in checks.items()}


def test_an_identity_that_waits_does_not_verify_a_reader() -> None:
    """And identities are read to the last page."""
    pages = {
        "": {"EmailIdentities": [identity_row("ada@example.com", "PENDING")], "NextToken": "2"},
        "2": {"EmailIdentities": [identity_row("example.org", "SUCCESS")]},
    }
    client = Chosen(NOWHERE, get_account=account(ProductionAccessEnabled=False),
                    list_email_identities=lambda PageSize, NextToken="": pages[NextToken])  # fmt: skip
    assert looked(client)["sandbox"] == ("wrong", "not verified: a…@example.com")


def identity_row(name: str, status: str) -> dict[str, Any]:
    """A row of SES's list of identities."""
    return {"IdentityName": name, "VerificationStatus": status}


def test_a_listing_that_is_refused_leaves_the_rest_known() -> None:
    """What stands before it."""
    client = Chosen(NOWHERE, get_account=account(ProductionAccessEnabled=False),
                    list_email_identities="AccessDeniedException")  # fmt: skip
    checks = [*answered("rest", "ses:ListEmailIdentities", check_account(client, 1, READERS, 3))]
    assert [check.state for check in checks] == ["ok", "ok", "ok", "unknown"]
    assert "ses:ListEmailIdentities" in checks[3].remedy


def suppressed(reasons: dict[str, str], readers: list[str]) -> Check:
    """The check where these addresses are suppressed, of which SES tells one at a time."""
    rows = [{"EmailAddress": a, "Reason": r, "LastUpdateTime": "2026-01-01T00:00:00Z"} for a, r in reasons.items()]

    def page(PageSize: int, NextToken: str = "0") -> Any:
        at = int(NextToken)
        more = {"NextToken": str(at + 1)} if at + 1 < len(rows) else {}
        return {"SuppressedDestinationSummaries": rows[at : at + 1], **more}

    (check,) = check_suppressed(Chosen(NOWHERE, list_suppressed_destinations=page), readers)
    return check


def test_suppressed_readers_are_named_by_reason() -> None:
    """Masked."""
    check = suppressed({"bob@example.org": "BOUNCE", "Ada@example.com": "COMPLAINT"}, READERS)
    assert check.state == "wrong" and "delete-suppressed-destination" in check.remedy
    assert check.found == "suppressed after a bounce: b…@example.org; after a complaint: a…@example.com"


def test_others_that_are_suppressed_do_not_matter() -> None:
    """One check says that none of the readers is."""
    check = suppressed({"else@example.com": "BOUNCE"}, READERS)
    assert check.state == "ok" and check.found == "none of 3 is suppressed"


def test_more_than_five_readers_are_counted() -> None:
    """No screen full of addresses."""
    readers = [f"reader{n}@example.net" for n in range(8)]
    check = suppressed(dict.fromkeys(readers, "BOUNCE"), readers)
    assert check.found.count("…@") == 5 and check.found.endswith(" and 3 more")


@pytest.mark.parametrize(
    ("destinations", "sends", "state", "found"),
    [
        (event_destinations("BOUNCE", "COMPLAINT", "DELIVERY"), True, "ok", "tells of bounces and complaints"),
        (event_destinations("BOUNCE"), True, "warn", "tells nobody of COMPLAINT"),
        (event_destinations("BOUNCE", "COMPLAINT", enabled=False), True, "warn", "of BOUNCE and COMPLAINT"),
        (event_destinations("BOUNCE"), False, "wrong", "sending is off"),
    ],
)
def test_a_configuration_set_tells_of_bounces_and_complaints(
    destinations: dict[str, Any], sends: bool, state: str, found: str
) -> None:
    """By a destination that is enabled; a set can be switched off."""
    there = {"ConfigurationSetName": "reports", "SendingOptions": {"SendingEnabled": sends}}
    client = Chosen(NOWHERE, get_configuration_set=there, get_configuration_set_event_destinations=destinations)
    (check,) = check_configuration_set(client, "reports")
    assert check.state == state and found in check.found and bool(check.remedy) == (state != "ok")


def test_a_configuration_set_must_be_there() -> None:
    """SES refuses a mail that names one that is not; none at all only hears of nothing."""
    with serving() as address:
        client = Chosen(address)
        (missing,), (unset,) = check_configuration_set(client, "reports"), check_configuration_set(client, "")
    assert missing.state == "wrong" and "Configuration sets" in missing.remedy
    assert unset.state == "warn" and "SES_CONFIGURATION_SET" in unset.remedy


def test_a_refusal_names_the_permission_and_tells_nothing() -> None:
    """The words of AWS hold addresses and the account's number."""
    client = Chosen(NOWHERE, get_account="AccessDeniedException")
    (check,) = answered("account", "ses:GetAccount", check_account(client, 1, READERS, 3))
    assert check.state == "unknown" and "AccessDeniedException" in check.found and "ses:GetAccount" in check.remedy
    assert "123456789012" not in str(check) and "ada@" not in str(check)


def test_a_network_without_aws_is_no_proof() -> None:
    """A server that does not listen."""
    (check,) = answered("account", "ses:GetAccount", check_account(Chosen(NOWHERE), 1, READERS, 3))
    assert check.state == "unknown" and "EndpointConnectionError" in check.found and "ses:GetAccount" in check.remedy
