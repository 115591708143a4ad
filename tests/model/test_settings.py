"""Settings are read once and strictly, and secrets never come from a file."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.model.settings import Settings, read_settings

SAMPLE = Path(__file__).parents[2] / "repos.env"
KEY, SECRET = "AKIA" + "IOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCY" + "EXAMPLEKEY"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "repos.env"


def read(file: Path, text: str, **environment: str) -> Settings:
    file.write_bytes(text.encode())
    return read_settings(file, environment)


def test_the_sample_names_every_setting_and_is_valid() -> None:
    """A new setting is explained where an operator looks for it."""
    wanted = {field.name.upper() for field in fields(Settings)} - {"NOTICES", "ENVIRONMENT"} | {"QUARTERDECK_ENV"}
    assert set(re.findall(r"^(\w+)=", SAMPLE.read_text("utf-8"), re.M)) == wanted
    assert read_settings(SAMPLE, {}).notices == ()


def test_without_a_file_the_defaults_hold(file: Path) -> None:
    """And an environment of other things changes nothing."""
    assert read_settings(file, {"PATH": "/bin", "AWS_SECRET_ACCESS_KEY": SECRET}) == Settings()


def test_a_file_as_shells_and_windows_write_it(file: Path) -> None:
    """Byte order mark, CRLF, export, quotes, comments, spaces; the last of two lines counts."""
    text = (
        "\ufeffSEND_RATE=2.5\r\n"
        "# SES_REGION=eu-north-1\r\n"
        "export SES_REGION = 'eu-west-1'  # Ireland\r\n"
        'SES_FROM_ADDRESS="Doe, Ann" <ann@example.com>\r\n'
        "SES_REPLY_TO=\"Grüße <info@bücher.example>\" # ours\r\n"
        "SITE_URL=https://old.example.com\r\n"
        "SITE_URL=https://reports.example.com/a/  # new\r\n"
        "SES_BCC_ADDRESS=  # none\r\n"
        "SES_ALLOWED=Ann@Example.com, @bücher.example,ben@example.com\r\n"
        "LEDGER_DAYS=30\r\nQUARTERDECK_ENV=staging\r\nOTHER_TOOL=$(anything) goes\r\nno line\r\n"
    )  # fmt: skip
    assert read(file, text) == Settings(
        send_rate=2.5, ses_region="eu-west-1", ses_from_address='"Doe, Ann" <ann@example.com>',
        ses_reply_to="Grüße <info@xn--bcher-kva.example>", site_url="https://reports.example.com/a",
        ses_allowed=("ann@example.com", "@xn--bcher-kva.example", "ben@example.com"), ledger_days=30,
        environment="staging",
    )  # fmt: skip


def test_the_environment_wins_unless_it_is_empty(file: Path) -> None:
    """A variable that a scheduler leaves empty does not end the file's pilot mode."""
    text = "SES_TO_ADDRESS=pilot@example.com\nSES_REGION=nonsense\n"
    found = read(file, text, SES_TO_ADDRESS="", SES_REGION="eu-west-1")
    assert (found.ses_to_address, found.ses_region) == ("pilot@example.com", "eu-west-1")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SES_REGION", "Ireland", "'Ireland' is no region"),
        ("SES_FROM_ADDRESS", "reports", "address 'r…' is none that mail can carry"),
        ("SES_TO_ADDRESS", "ann@example.com, ben@example.com", "is none that mail can carry"),
        ("SES_BCC_ADDRESS", "ann@example", "address 'a…@example' is none"),
        ("SES_ALLOWED", "ann@example.com @example", "address 'a…@example' is none"),
        ("SES_ALLOWED", "example.com", "is none that mail can carry"),
        ("OPERATOR_ADDRESS", "ö@example.com", "is none that mail can carry"),
        ("SITE_URL", "reports.example.com", "Write it as https://"),
        ("SITE_URL", "ftp://example.com", "is no address of a site"),
        ("SITE_URL", "https://example.com/>,<x", "is no address of a site"),
        ("SITE_URL", "https://example.com?a=1", "is no address of a site"),
        ("SEND_RATE", "0", "'0' will not do. Write messages a second"),
        ("SEND_RATE", "fast", "'fast' will not do"),
        ("SEND_RATE", "nan", "'nan' will not do"),
        ("SEND_RATE", "inf", "'inf' will not do"),
        ("LEDGER_DAYS", "29", "at least 30"),
        ("LEDGER_DAYS", "400.5", "at least 30"),
        ("QUARTERDECK_ENV", "prod", "Choose development, staging or production"),
        ("LEDGER_TABLE", "a b", "is no name of a table"),
        ("RECIPIENTS_TABLE", "ab", "is no name of a table"),
        ("SES_CONFIGURATION_SET", "a/b", "is no name of a set"),
        ("SIGNING_SECRET", "my secret", "is no name of a secret"),
    ],
)
def test_a_bad_value_is_told_with_its_place(file: Path, name: str, value: str, said: str) -> None:
    """File and line, or the variable."""
    with pytest.raises(QuarterdeckError) as caught:
        read(file, f"\n{name}={value}\n")
    assert str(caught.value).startswith(f"{file}, line 2, {name}: ") and said in str(caught.value)
    assert "ann@example.com" not in str(caught.value)
    with pytest.raises(QuarterdeckError) as caught:
        read_settings(file.with_name("none"), {name: value})
    assert str(caught.value).startswith(f"environment variable {name}: ") and said in str(caught.value)


def test_a_file_in_another_encoding_is_told(file: Path) -> None:
    """With the byte, for who must find it."""
    file.write_bytes(b"SES_FROM_ADDRESS=J\xf6rg <a@example.com>\n")
    with pytest.raises(QuarterdeckError, match=r"repos\.env: is not UTF-8 \(byte 18\)"):
        read_settings(file, {})


@pytest.mark.parametrize(
    "line",
    [
        f"AWS_ACCESS_KEY_ID={KEY}",
        f"export AWS_SECRET_ACCESS_KEY='{SECRET}'",
        f"AWS_SESSION_TOKEN={SECRET}",
        f"DB_PASSWORD={SECRET}",
        f"STRIPE=sk_live_{SECRET}",
        f"GIT=ghp_{SECRET}",
        f"CHAT=xoxb-{SECRET}",
        f"ANYTHING={KEY}",
        "CERTIFICATE=-----BEGIN PRIVATE KEY-----",
        *(
            f"{name}=hunter2x"
            for name in (
                "CLIENT_SECRET", "JWT_SECRET", "DB_PASS", "SMTP_PASSWD", "PGPASSWORD", "CREDENTIALS", "AWS_SECRET",
                "SES_SMTP_CREDENTIAL", "GITHUB_PAT", "DJANGO_SECRET_KEY", "aws_session_token", "ENCRYPTION_KEY",
            )
        ),
        *(
            f"ANYTHING={value}"
            for value in (
                "postgres://admin:hunter2@db.example.com/x", "redis://:hunter2@cache.example.com", f"sk_test_{SECRET}",
                f"rk_live_{SECRET}", f"sk-proj-{SECRET}", f"glpat-{SECRET}", f"AIza{SECRET}",
                f"SG.{'a' * 22}.{'b' * 43}",
                "Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc", "https://hooks.slack.com/services/T000/B000/XXXX",
            )
        ),
    ],
)  # fmt: skip
def test_a_secret_in_the_file_is_told_by_line_and_name_alone(file: Path, line: str) -> None:
    """One notice, no value in it, and how to move it out."""
    found = read(file, f"SES_REGION=eu-west-1\n{line}\nMAILCHIMP_API_KEY=x\nEMPTY_TOKEN=\n")
    name = line.removeprefix("export ").partition("=")[0]
    (notice,) = found.notices
    assert f"repos.env, line 2 ({name}), line 3 (MAILCHIMP_API_KEY)" in notice and "aws configure" in notice
    assert line.partition("=")[2].strip("'") not in notice and "EMPTY" not in notice
    assert found == Settings(ses_region="eu-west-1", notices=found.notices)


def test_what_only_sounds_like_a_secret_is_left_alone(file: Path) -> None:
    """Counts, names of things, paths, and our own settings, which hold names of secrets."""
    text = (
        "MAX_TOKENS=4096\nAPI_TOKEN=4096\nPASSWORD_MIN_LENGTH=12\nCSRF_TOKEN_NAME=csrf\nTOKENIZER=gpt\nCOMPASS=north\n"
        "PASSWORD_FILE=/run/x\nPUBLIC_KEY=x\nSIGNING_SECRET=quarterdeck/unsubscribe\nCLOUD_SECRET=quarterdeck\n"
        "AWS_PROFILE=me\nDATABASE_URL=postgres://db.example.com:5432/x\nWEB=https://example.com/a:b@c\n"
    )
    assert read(file, text).notices == ()


@pytest.mark.parametrize("value", [KEY, SECRET, "0123456789abcdef" * 4, "-----BEGIN PRIVATE KEY-----",
                                   "https://user:hunter2@x.example.com"])  # fmt: skip
@pytest.mark.parametrize("name", ["SIGNING_SECRET", "SES_REGION", "SITE_URL"])
def test_a_secret_where_a_name_belongs_is_refused_and_not_told(file: Path, name: str, value: str) -> None:
    """In the file as in the environment."""
    for text, environment in ((f"{name}={value}\n", {}), ("", {name: value})):
        with pytest.raises(QuarterdeckError) as caught:
            read(file, text, **environment)
        if name == "SIGNING_SECRET" or value.startswith(("AKIA", "-----", "https")):
            assert value not in str(caught.value) and "secret" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "quarterdeck/unsubscribe",
        "prod/quarterdeck/links-2026",
        "production/quarterdeck/unsubscribe-links-2026-v2",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:quarterdeck/unsubscribe-AbCdEf",
    ],
)
def test_names_of_secrets_are_taken(file: Path, value: str) -> None:
    """As they are."""
    assert read(file, f"SIGNING_SECRET={value}\n").signing_secret == value


def test_answers_go_to_an_address_alone() -> None:
    """It stands in a `mailto:`."""
    settings = Settings(ses_from_address="Reports <reports@example.com>")
    assert settings.answers_to == "reports@example.com" and Settings().answers_to == ""
    assert replace(settings, ses_reply_to='"Doe, Ann" <ann@example.com>').answers_to == "ann@example.com"
