"""What Prowler found becomes observations."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from quarterdeck.model.errors import QuarterdeckError

from .feeds import FILES, collect

PUBLIC = json.loads((FILES / "prowler.ocsf.json").read_text())


def _finding(number: int = 0, check: str = "s3_bucket_object_versioning", **values: Any) -> dict[str, Any]:
    finding = copy.deepcopy(PUBLIC[0]) | values
    finding["metadata"]["event_code"] = check
    finding["finding_info"]["uid"] = f"prowler-{check}-{number}"
    finding["resources"][0]["name"] = f"bucket-{number}"
    return finding


def _collect(folder: Path, **files: Any) -> list[dict[str, Any]]:
    for name, content in files.items():
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / f"{name}.ocsf.json").write_text(text)
    return collect("prowler", root=folder, folder=".", pattern="*.ocsf.json", entity="jada")["observations"]


def test_public_output_is_taken_in() -> None:
    """What failed, with the check as the sort of gap, where, what to do, and no account's number."""
    (row,) = collect("prowler", folder=str(FILES), pattern="prowler.ocsf.json", entity="jada")["observations"]
    assert {**row, "observation": "", "risk": ""} == {
        "observation": "", "entity": "jada", "area": "security", "layer": "logging", "status": "weak",
        "gap": "accessanalyzer-enabled", "title": "IAM Access Analyzer in account account is not enabled.",
        "severity": "low", "seen_on": "2024-12-30", "location": "account (us-east-1)", "fixed_on": "",
        "action": "Enable IAM Access Analyzer for all accounts.",
        "risk": "", "effort_days": "", "money": "", "owner": "",
    }  # fmt: skip


def test_what_passed_or_was_muted_is_no_observation(tmp_path: Path) -> None:
    """Only what somebody must look at; each once."""
    muted, passed = _finding(1, status="Suppressed"), _finding(2, status_code="PASS")
    rows = _collect(tmp_path, out=[muted, passed, _finding(3), _finding(3), _finding(4, status_code="MANUAL")])
    assert [row["location"] for row in rows] == ["bucket-3 (us-east-1)"]


def test_last_file_of_each_account_counts(tmp_path: Path) -> None:
    """What was repaired since the scan before is not told; another account's file is."""
    before, after = [_finding(1), _finding(2)], [_finding(2)]
    files = {"prowler-output-111-20261101080000": before, "prowler-output-111-20261115080000": after}
    rows = _collect(tmp_path, **files, **{"prowler-output-222-20261101080000": [_finding(7)]})
    assert [row["location"] for row in rows] == ["bucket-2 (us-east-1)", "bucket-7 (us-east-1)"]


@pytest.mark.parametrize(
    ("check", "layer"),
    [
        ("secretsmanager_automatic_rotation_enabled", "secrets"), ("wafv2_webacl_logging_enabled", "waf"),
        ("s3_bucket_object_versioning", "backups"), ("cloudtrail_multi_region_enabled", "logging"),
        ("acm_certificates_expiration_check", "tls"), ("iam_root_mfa_enabled", "auth"),
        ("ec2_instance_public_ip", "hosting"), ("cloudfront_distributions_geo_restrictions_enabled", "frontend"),
    ],
)  # fmt: skip
def test_check_belongs_to_a_layer(tmp_path: Path, check: str, layer: str) -> None:
    """By the words in its name."""
    assert [row["layer"] for row in _collect(tmp_path, out=[_finding(check=check)])] == [layer]


def test_key_in_a_finding_is_not_told(tmp_path: Path) -> None:
    """A value that a check quotes gives way to the check's title; what Prowler knows of the resource is not taken."""
    key = "AKIA" + "QX7ZP3LM9RT2VW5K"
    finding = _finding(1, status_detail=f"Secret {key} in variables")
    finding["resources"][0]["data"]["metadata"]["environment"] = {"KEY": key}
    rows = _collect(tmp_path, out=[finding])
    assert key not in str(rows) and rows[0]["title"] == "Check if IAM Access Analyzer is enabled"
    quoted = _finding(1, status_detail="Potential secret: DB_PASSWORD = 'S3cr3tP4ssw0rd!x'")
    quoted["resources"][0]["name"] = quoted["remediation"]["desc"] = f"of {key}"
    rows = _collect(tmp_path, out=[quoted])
    assert not [it for it in (key, "S3cr3tP4ssw0rd") if it in str(rows)]


def test_thousands_are_read_one_by_one(tmp_path: Path) -> None:
    """An array over many blocks, and objects one a line, are the same."""
    findings = [_finding(number) for number in range(2000)]
    assert len(_collect(tmp_path, out=findings)) == 2000
    assert len(_collect(tmp_path, out="\n".join(map(json.dumps, findings)))) == 2000


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (json.dumps([_finding()])[:-400], r"out\.ocsf\.json: ends within a finding"),
        ("[1, 2]", "finding 1: is no finding of Prowler's: TypeError"),
        ('{"a": "' + "x" * 2_000_000, "is no JSON in UTF-8"),
        ("[" * 5000 + '{"a":' * 50_000, "is no JSON in UTF-8"),
        ('[{"status_code": "FAIL"}]', "finding 1: is no finding of Prowler's: KeyError"),
        ('[{"status_code": "FAIL", "finding_info": []}]', "finding 1: is no finding"),
    ],
)
def test_what_is_no_output_is_refused(tmp_path: Path, content: str, said: str) -> None:
    """With the file, and the finding that is none."""
    with pytest.raises(QuarterdeckError, match=said):
        _collect(tmp_path, out=content)
