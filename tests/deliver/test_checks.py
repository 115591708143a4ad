"""What is looked at before mail is sent, all together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from quarterdeck.deliver.checks import Clients, check_age, check_mails, check_sending, open_clients
from quarterdeck.model.check import Check
from quarterdeck.model.settings import Settings

from .aws import Chosen, account, event_destinations, identity, known, serving

NOWHERE = "http://127.0.0.1:9"
ZONE = {
    "_dmarc.example.com": ["v=DMARC1; p=quarantine"],
    "bounce.example.com": ["v=spf1 include:amazonses.com ~all"],
}
SETTINGS = Settings(
    ses_region="eu-west-1", ses_fallback_region="us-east-1", ses_from_address="Reports <reports@example.com>",
    ses_configuration_set="reports",
)  # fmt: skip
WELL: dict[str, Any] = {
    "get_account": account(),
    "get_email_identity": known(example_com=identity()),
    "list_suppressed_destinations": {"SuppressedDestinationSummaries": []},
    "get_configuration_set": {"ConfigurationSetName": "reports", "SendingOptions": {"SendingEnabled": True}},
    "get_configuration_set_event_destinations": event_destinations("BOUNCE", "COMPLAINT"),
}
PARTS = {"identity", "DKIM", "SPF", "account", "sandbox", "quota", "suppression", "readers", "configuration set"}


def looked_at(
    settings: Settings = SETTINGS, caller: Any = None, regions: tuple[str, ...] = ("eu-west-1",), **changed: Any
) -> list[Check]:
    """Every check, where AWS answers well but for these operations."""
    caller = caller or {"Account": "123456789012", "Arn": "arn:aws:iam::123456789012:user/ada", "UserId": "AIDA"}
    sts = Chosen(NOWHERE, service="sts", get_caller_identity=caller)
    ses = tuple(Chosen(NOWHERE, region, **(WELL | changed)) for region in regions)
    return list(check_sending(settings, Clients(sts, ses), lambda name: ZONE.get(name, []), ["ada@example.com"], 3))


def test_where_all_is_well_each_region_says_so() -> None:
    """Once for credentials and DNS, and in every region for what is the region's; nothing tells too much."""
    checks = looked_at(regions=("eu-west-1", "us-east-1"))
    assert {check.state for check in checks} == {"ok"} and not any(check.remedy for check in checks)
    names = {f"{part} in {region}" for part in PARTS for region in ("eu-west-1", "us-east-1")}
    assert {check.name for check in checks} == {"credentials", "DMARC"} | names and len(checks) == len(names) + 2
    told = str(checks)
    assert "9012" in told and not any(hidden in told for hidden in ("123456789012", "ada@", "reports@", "user/ada"))


@pytest.mark.parametrize(
    ("operation", "permission", "missing"),
    [
        ("get_email_identity", "ses:GetEmailIdentity", {"identity", "DKIM", "SPF"}),
        ("get_account", "ses:GetAccount", {"account", "sandbox", "quota", "suppression"}),
        ("list_suppressed_destinations", "ses:ListSuppressedDestinations", {"readers"}),
        ("get_configuration_set", "ses:GetConfigurationSet", {"configuration set"}),
        ("get_configuration_set_event_destinations", "ses:GetConfigurationSetEventDestinations", {"configuration set"}),
    ],
)
def test_what_is_refused_is_unknown_and_the_rest_goes_on(operation: str, permission: str, missing: set[str]) -> None:
    """With the permission that is wanted."""
    checks = looked_at(**{operation: "AccessDeniedException"})
    (unknown,) = [check for check in checks if check.state != "ok"]
    assert unknown.state == "unknown" and permission in unknown.remedy
    well = {check.name.removesuffix(" in eu-west-1") for check in checks if check.state == "ok"}
    assert well == ({"credentials", "DMARC"} | PARTS) - missing


def test_the_audit_copy_and_the_operator_are_looked_at_too() -> None:
    """With a copy SES counts a mail as two, and the archive may be suppressed or not verified."""
    settings = replace(
        SETTINGS, ses_bcc_address="archive@example.org", operator_address="Desk <desk@example.net>", send_rate=8.0
    )
    page = {"SuppressedDestinationSummaries": [{"EmailAddress": "archive@example.org", "Reason": "BOUNCE",
            "LastUpdateTime": datetime(2026, 11, 2)}]}  # fmt: skip
    quota = {"Max24HourSend": 200.0, "MaxSendRate": 14.0, "SentLast24Hours": 195.0}
    checks = looked_at(
        settings,
        list_suppressed_destinations=page,
        get_account=account(ProductionAccessEnabled=False, SendQuota=quota),
        list_email_identities={"EmailIdentities": [{"IdentityName": "example.com", "VerificationStatus": "SUCCESS"}]},
    )
    found = {check.name.removesuffix(" in eu-west-1"): check for check in checks}
    assert found["readers"].found == "suppressed after a bounce: a…@example.org"
    assert "not verified: a…@example.org, d…@example.net" in found["sandbox"].found
    assert (
        found["quota"].state == "wrong" and "3 wait (with its audit copy a mail counts as two)" in found["quota"].found
    )
    settings = replace(settings, ses_bcc_address="")
    (quota,) = [check for check in looked_at(settings) if check.name.startswith("quota")]
    assert quota.state == "ok"
    (quota,) = [
        check
        for check in looked_at(replace(settings, ses_bcc_address="archive@example.com"))
        if check.name.startswith("quota")
    ]
    assert quota.state == "wrong" and quota.remedy == "Set SEND_RATE=7"


@pytest.mark.parametrize("code", ["ExpiredToken", "InvalidClientTokenId"])
def test_without_valid_credentials_aws_is_asked_no_more(code: str) -> None:
    """DNS still is."""
    credentials, dmarc = looked_at(caller=code)
    assert credentials.state == "wrong" and code in credentials.found and "aws sso login" in credentials.remedy
    assert dmarc.name == "DMARC" and dmarc.state == "ok"


def test_an_account_that_may_not_be_named_is_unknown() -> None:
    """It may still send."""
    checks = looked_at(caller="AccessDenied")
    assert checks[0].state == "unknown" and "sts:GetCallerIdentity" in checks[0].remedy and len(checks) == 11


def test_without_a_sender_the_account_is_looked_at() -> None:
    """The setting is named."""
    checks = looked_at(Settings(ses_configuration_set="reports"))
    (wrong,) = [check for check in checks if check.state != "ok"]
    assert wrong.name == "sender" and "SES_FROM_ADDRESS" in wrong.found and len(checks) == 8


def test_clients_are_opened_for_both_regions(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """They sign in as the SDK does and ask the server; without credentials that is what is said."""
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    first, *_ = check_sending(SETTINGS, open_clients(SETTINGS), ZONE.__getitem__, [], 0)
    assert first.state == "wrong" and "NoCredentialsError" in first.found
    with serving() as address:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        clients = open_clients(SETTINGS)
        assert [client.meta.region_name for client in clients.ses] == ["eu-west-1", "us-east-1"]
        first, *rest = check_sending(SETTINGS, clients, ZONE.__getitem__, [], 0)
    assert first == Check("credentials", "ok", "of the account that ends in 9012")
    told = {check.name: check.state for check in rest}
    assert told["identity in eu-west-1"] == told["configuration set in us-east-1"] == "wrong"
    assert told["account in eu-west-1"] == "unknown"  # this server cannot say


def test_each_mail_that_is_not_in_order_is_named(tmp_path: Path) -> None:
    """A good one is only counted; none at all is told."""
    (nothing,) = check_mails([])
    assert nothing.state == "warn" and "`quarterdeck reports`" in nothing.remedy
    good, bad = tmp_path / "good.eml", tmp_path / "bad.eml"
    html = 'Content-Type: text/html\r\n\r\n<a href="https://example.com/">report</a>\r\n'
    good.write_text(f"List-Id: <a.b>\r\n{html}")
    bad.write_text(html)
    assert list(check_mails([good, good])) == [Check("mails", "ok", "2 can go out as they are")]
    (fault,) = check_mails([good, bad])
    assert fault.name == str(bad) and fault.state == "wrong" and fault.found == "no List-Id"


@pytest.mark.parametrize(
    ("as_of", "today", "days", "state", "found"),
    [
        ("2026-10-31", date(2026, 11, 30), 31, "ok", "goes up to 2026-10-31"),
        ("2026-10-31T23:00:00", date(2026, 12, 1), 31, "ok", "goes up to 2026-10-31"),
        ("2026-10-31", date(2026, 12, 2), 31, "warn", "is 32 days old (2026-10-31)"),
        ("2026-11-01", date(2026, 11, 9), 7, "warn", "is 8 days old"),
        ("2026-10-30", date(2026, 11, 1), 31, "warn", "before its period does (2026-10-31)"),
    ],
)
def test_data_older_than_a_schedules_interval_are_told(
    as_of: str, today: date, days: int, state: str, found: str
) -> None:
    """And data that end before their period."""
    check = check_age(as_of, date(2026, 10, 31), today, days)
    assert check.state == state and found in check.found and bool(check.remedy) == (state == "warn")
