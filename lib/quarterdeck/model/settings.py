"""What an operator sets, in the environment or in `repos.env`: read once, checked, without secrets."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from .address import parse_address, plain_address
from .errors import BadValue, QuarterdeckError

_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*")
_QUOTED = re.compile(r"""(["'])((?:(?!\1).)*)\1(?:\s+#.*)?""")
_SECRET_NAME = re.compile(
    r"(?:(?:^|_)(?:PASS|PWD|PAT)|SECRET|PASSWO?R?D|PASSPHRASE|TOKEN|CREDENTIALS?|AWS_ACCESS_KEY_ID"
    r"|(?:SECRET|ACCESS|PRIVATE|API|SIGNING|ENCRYPTION|MASTER)_?KEY)$",
    re.I,
)
_SECRET = re.compile(
    r"(?:AKIA|ASIA)[A-Z0-9]{12}|-----BEGIN|\b(?:[sr]k_(?:live|test)_|sk-(?:proj|ant|svcacct)-|gh[pousr]_|github_pat_|glpat-"
    r"|xox[a-z]-|AIza|SG\.[\w-]{16}|eyJ[\w-]+\.[\w-]+\.)|hooks\.slack\.com/services/.|://[^\s/@:]*:[^\s/@]+@"
)
_RANDOM = re.compile(r"(?=.*\d)(?!.*[a-z]{8})[\w+/=-]{32,}")
"""Long, with digits and without a long word: what a generator of keys writes, and hardly a name."""


Rule = Callable[[str], Any]


def _bad(text: str, problem: str, remedy: str) -> BadValue:
    return BadValue("a secret" if _SECRET.search(text) else repr(text[:60]), problem, remedy)


def _matching(pattern: str, what: str, remedy: str) -> Rule:
    def rule(text: str) -> str:
        if not re.fullmatch(pattern, text, re.ASCII):
            raise _bad(text, f"is no {what}", remedy)
        return text

    return rule


def _number(kind: type[float], least: float, most: float, remedy: str) -> Rule:
    def rule(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise _bad(text, "will not do", remedy)
        return value

    return rule


def _mailbox(text: str) -> str:
    return str(parse_address(text))


def _allowed(text: str) -> tuple[str, ...]:
    """Addresses and domains; a domain is one that an address can have."""
    return tuple(
        plain_address(f"a{part}" if part.startswith("@") else part)[part.startswith("@") :].casefold()
        for part in re.split(r"[,\s]+", text.strip(", "))
        if part
    )


def _site(text: str) -> str:
    pattern = r"https?://[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:\d{1,5})?(/[A-Za-z0-9._~%/-]*)?"
    return str(_matching(pattern, "address of a site", "Write it as https://reports.example.com")(text)).rstrip("/")


def _hook(text: str) -> str:
    if not re.match(r"https:|http://(127\.0\.0\.1|localhost)[:/]", text):
        raise _bad(text, "is no address that only its owner can read", "Write it with https://")
    return _site(text)


def _secret(text: str) -> str:
    if _SECRET.search(text) or _RANDOM.fullmatch(text):
        remedy = "Keep it in AWS Secrets Manager, set its name or ARN here, and replace a secret that others could read"
        raise BadValue("the value", "looks like a secret itself, not like the name of one", remedy)
    return str(_matching(r"[\w/+=.@:!-]{1,512}", "name of a secret", "Name one, as quarterdeck/unsubscribe")(text))


_REGION = _matching(r"[a-z]{2}(-[a-z]+)+-\d", "region", "Name one of AWS, as eu-west-1")
_SET = _matching(r"[\w-]{1,64}", "name of a set", "Use letters, digits, hyphens")
_TABLE = _matching(r"[A-Za-z0-9_.-]{3,255}", "name of a table", "Use letters, digits, hyphens, dots")
_BUCKET = _matching(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "name of a bucket", "Name one, as reports-site")
_DISTRIBUTION = _matching(r"[A-Z0-9]{8,32}", "id of a distribution", "Copy it from the CloudFront console")
_STAGE = _matching("development|staging|production", "environment", "Choose development, staging or production")
_CERTIFICATE = _matching(
    r"arn:[\w-]+:acm:us-east-1:\d+:certificate/[\w-]+", "certificate", "Copy its ARN, of us-east-1"
)
_TOPIC = _matching(r"arn:[\w-]+:sns:[\w-]+:\d+:[\w.-]+", "topic", "Copy its ARN from the SNS console")
_RATE = _number(float, 0.001, 1e6, "Write messages a second, above 0, as 2.5")
_DAYS = _number(int, 30, 40_000, "Write a whole number of days, at least 30")


def _by(rule: Rule, default: Any = "") -> Any:
    return field(default=default, metadata={"rule": rule})


@dataclass(frozen=True)
class Settings:
    """The settings of a project, each with the rule that reads it; empty means not set.

    `ses_allowed` are addresses, or domains as `@example.com`, in small letters, that may be mailed outside production.
    Addresses are as a header shows them, `site_url` ends without a slash, `signing_secret` and `cloud_secret` are names
    of secrets in AWS Secrets Manager, `send_rate` is in messages a second. `notices` are what must be said of the file.
    """

    ses_region: str = _by(_REGION)
    ses_from_address: str = _by(_mailbox)
    ses_to_address: str = _by(_mailbox)
    ses_reply_to: str = _by(_mailbox)
    ses_bcc_address: str = _by(_mailbox)
    ses_configuration_set: str = _by(_SET)
    ses_topic: str = _by(_TOPIC)
    ses_fallback_region: str = _by(_REGION)
    ses_allowed: tuple[str, ...] = _by(_allowed, ())
    operator_address: str = _by(_mailbox)
    site_url: str = _by(_site)
    site_bucket: str = _by(_BUCKET)
    site_distribution: str = _by(_DISTRIBUTION)
    site_certificate: str = _by(_CERTIFICATE)
    signing_secret: str = _by(_secret)
    send_rate: float = _by(_RATE, 1.0)
    environment: str = _by(_STAGE, "development")
    ledger_table: str = _by(_TABLE)
    ledger_days: int = _by(_DAYS, 730)
    recipients_table: str = _by(_TABLE)
    cloud_table: str = _by(_TABLE)
    cloud_secret: str = _by(_secret)
    project_bucket: str = _by(_BUCKET)
    queue_url: str = _by(_site)
    actions_url: str = _by(_hook)
    notices: tuple[str, ...] = ()

    @property
    def answers_to(self) -> str:
        """The address alone that answers, and wishes to be sent no more, go to; empty while there is no sender."""
        address = self.ses_reply_to or self.ses_from_address
        return parse_address(address).addr_spec if address else ""


_RULES: dict[str, Rule] = {it.name: it.metadata["rule"] for it in fields(Settings) if it.metadata}


def read_settings(path: Path, environment: Mapping[str, str]) -> Settings:
    """The settings of a file, which may be missing, and of an environment, which wins.

    Names that are none of ours are left alone. Raises QuarterdeckError naming file and line, or the variable.
    """
    lines = _lines(path)
    last = {name: (number, value) for number, name, value in lines}
    values: dict[str, Any] = {}
    for field_name in _RULES:
        name = "QUARTERDECK_ENV" if field_name == "environment" else field_name.upper()
        where, text = f"environment variable {name}", environment.get(name, "").strip()
        if not text and name in last:
            number, text = last[name]
            where = f"{path}, line {number}, {name}"
        values |= {field_name: setting(field_name, text, where)} if text else {}
    return Settings(**values, notices=_notices(path, lines))


def setting(field_name: str, text: str, where: str) -> Any:
    """The value of one setting, by its rule; empty stays so. Raises QuarterdeckError that names `where`."""
    try:
        return _RULES[field_name](text) if text else ""
    except BadValue as err:
        raise QuarterdeckError(where, err.told, err.remedy) from err


def _lines(path: Path) -> list[tuple[int, str, str]]:
    """Line numbers, names and values of a file."""
    try:
        text = path.read_text("utf-8-sig") if path.exists() else ""
    except UnicodeDecodeError as err:
        raise QuarterdeckError(str(path), f"is not UTF-8 (byte {err.start})", "Save the file as UTF-8") from err
    found = [(number, _LINE.fullmatch(line)) for number, line in enumerate(text.split("\n"), 1)]
    return [(number, line[1], _value(line[2])) for number, line in found if line]


def _value(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted[2].strip() if quoted else re.sub(r"(^|\s+)#.*", "", text)


def _notices(path: Path, lines: list[tuple[int, str, str]]) -> tuple[str, ...]:
    found = ", ".join(
        f"line {number} ({name})"
        for number, name, value in lines
        if not re.fullmatch(r"[\d.]*", value)
        and (_SECRET.search(value) or (_SECRET_NAME.search(name) and name.lower() not in _RULES))
    )
    remedy = "Give AWS keys to `aws configure`, other secrets to AWS Secrets Manager, and delete them here"
    return (f"{path}, {found}: looks like a secret and is not used. {remedy}.",) if found else ()
