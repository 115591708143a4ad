"""What Prowler found in an account (its JSON-OCSF files), as observations; nothing is scanned here."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path, PurePath
from typing import Any

from ..model.errors import QuarterdeckError
from ..model.keys import hide_keys
from .config import Clients
from .owned import Owned, always, observation, unnumbered
from .reading import LINE, READ_BUCKET, Found, Place, found

tables, actions, resources = always("observations"), always(*READ_BUCKET), Place.arns
_LAYERS = {
    "secrets": r"secret|kms|ssm_", "waf": r"waf|shield", "backups": r"backup|snapshot|versioning|point_in_time|pitr",
    "logging": r"log|trail|monitor|alarm|guardduty|config_|securityhub|access_?analyzer|inspector",
    "tls": r"acm_|tls|ssl|https|certificate|transit", "auth": r"iam_|mfa|password|cognito|sso|root_|account_",
    "ci": r"codebuild|codepipeline|ecr_", "api": r"apigateway|appsync", "frontend": r"cloudfront",
}  # fmt: skip
"""What a check's name says of the layer that it is about, the first that fits; else it is hosting."""
_SEVERITIES = ("critical", "high", "medium", "low")


class Config(Place, Owned):
    """Files that Prowler wrote, as `*.ocsf.json`, and whose the resources in them are."""


def rows(config: Config, clients: Clients, root: Path, day: date) -> Iterator[tuple[str, dict[str, Any]]]:
    """A row for each check that failed for a resource and was not muted, in the last file of each account."""
    # They are named by account and time; folders may be by day.
    last = {re.sub(r"\d{14}", "", PurePath(file.name).name): file for file in found(config, clients, root)}
    numbered = ((file.name, *it) for file in last.values() for it in enumerate(_findings(file), 1))
    seen: set[str] = set()
    for name, number, finding in numbered:
        try:
            if finding["status_code"] != "FAIL" or finding.get("status") == "Suppressed":
                continue
            table, row = _observation(config, finding)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as err:
            problem = f"is no finding of Prowler's: {type(err).__name__} {err}"[:200]
            remedy = "Run prowler with --output-formats json-ocsf, version 4 or later"
            raise QuarterdeckError(f"{name}, finding {number}", problem, remedy) from err
        if row["observation"] not in seen:
            seen.add(row["observation"])
            yield table, row


def _findings(file: Found) -> Iterator[Any]:
    """The objects of a JSON array, or one after the other, without the whole file in memory."""
    decoder, text, remedy = json.JSONDecoder(), "", "Let Prowler write it again"
    with closing(file.opened()) as raw, io.TextIOWrapper(raw, "utf-8-sig") as stream:
        try:
            while block := stream.read(LINE // 10):
                text += block
                while text := text.lstrip("[], \r\n\t"):
                    try:
                        value, end = decoder.raw_decode(text)
                    except ValueError:
                        if len(text) > LINE or text[0] != "{":
                            raise
                        break  # its end is yet to come
                    yield value
                    text = text[end:]
        except (ValueError, RecursionError) as err:
            raise QuarterdeckError(file.name, f"is no JSON in UTF-8: {err}", remedy) from err
    if text:
        raise QuarterdeckError(file.name, "ends within a finding", remedy)


def _observation(config: Config, finding: dict[str, Any]) -> tuple[str, dict[str, str]]:
    info, resource, check = finding["finding_info"], finding["resources"][0], finding["metadata"]["event_code"]
    title, severity = finding.get("status_detail") or info["title"], finding["severity"].lower()
    return observation(
        "prowler", info["uid"], title,
        entity=config.entity_of(resource["name"]),
        layer=next((layer for layer, words in _LAYERS.items() if re.search(words, check)), "hosting"),
        status="weak",
        gap=check.replace("_", "-"),
        title=unnumbered(title if hide_keys(title) == title else info["title"]),
        severity=severity if severity in _SEVERITIES else "none",
        seen_on=date.fromisoformat((finding.get("time_dt") or info["created_time_dt"])[:10]).isoformat(),
        location=hide_keys(unnumbered(f"{resource['name']} ({resource.get('region', 'global')})")),
        action=hide_keys(unnumbered(finding["remediation"]["desc"])),
    )  # fmt: skip
