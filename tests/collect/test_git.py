"""A repository's history and files become assets, releases, edits and observations; a key's value stays where it is."""

from __future__ import annotations

import logging
import os
import subprocess
from pathlib import Path

import pytest

from quarterdeck.model.errors import QuarterdeckError

from .conftest import Company
from .feeds import collect

PLANTED = {
    "AWS Access Key": "AKIA" + "QX7ZP3LM9RT2VW5K",
    "GitHub Token": "ghp_" + "a8Xk2Lq9Zr4Tn7Wv1Bc6Yd3Fh5Jm0Ps2Ue8R",
    "Stripe Access Key": "sk_live_" + "9fK2mX7qLr4ZtV1nWb8CyD3h",
    "Slack Token": "xoxb-" + "293847562910-928374650192-kJ8sHd73nQpLx0Zr4TvWmB2c",
    "Basic Auth Credentials": "https://sync:" + "n0tF0rY0urEyes@db.example.com/x",
    "Secret Keyword": "Tr0mbone-" + "Lantern-77-Quay",
}


class Repo:
    """A repository made commit by commit, each on a day of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.day = folder, "2026-01-01"
        folder.mkdir()
        self.git("init", "-q", "-b", "main")

    def git(self, *arguments: str) -> str:
        at = f"{self.day}T12:00:00Z"
        who = {"NAME": "Ada", "EMAIL": "ada@example.com", "DATE": at}
        env = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
        env |= {"PATH": os.environ["PATH"], "HOME": str(self.folder)}
        return subprocess.run(
            ["git", "-C", self.folder, *arguments], check=True, capture_output=True, env=env, text=True
        ).stdout

    def commit(self, day: str, message: str, **files: str | bytes) -> None:
        self.day = day
        for name, content in files.items():
            path = self.folder / name.replace("__", "/").replace("_dot_", ".")
            path.parent.mkdir(exist_ok=True, parents=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)


@pytest.fixture
def repo(tmp_path: Path) -> Repo:
    return Repo(tmp_path / "booking")


def _collect(repo: Repo, **keys: object) -> dict[str, list[dict[str, object]]]:
    return collect("git", root=repo.folder.parent, repositories=[{"path": "booking", "entity": "jada", **keys}])


def test_releases_have_lead_time_and_failure(repo: Repo) -> None:
    """From the oldest change since the release before to the tag; failed is what the next change had to undo."""
    repo.commit("2026-03-01", "Begin", a="1")
    repo.git("tag", "v1")
    repo.commit("2026-03-04", "Add waivers", a="2")
    repo.commit("2026-03-09", "Add prices", b="1")
    repo.day = "2026-03-10"
    repo.git("tag", "-a", "v2", "-m", "two")
    repo.git("tag", "nightly-1")
    repo.git("tag", "v-key", "HEAD:a")
    repo.git("tag", "-a", "v-keys", "HEAD:b", "-m", "a file alone")
    repo.commit("2026-03-11", 'Revert "Add prices"', b="0")
    repo.git("tag", "v3")
    told = {
        row["deployment"]: (row["committed_on"], row["deployed_on"], row["failed"])
        for row in _collect(repo, tags="v*")["deployments"]
    }
    assert told == {
        "booking/v1": ("2026-03-01", "2026-03-01", "false"),
        "booking/v2": ("2026-03-04", "2026-03-10", "true"),
        "booking/v3": ("2026-03-11", "2026-03-11", "false"),
    }


def test_a_release_brings_what_none_before_it_had(repo: Repo) -> None:
    """Of a branch that goes on beside an older one, too; only how a subject begins tells that a release failed."""
    repo.commit("2026-02-01", "Begin", a="1")
    repo.git("tag", "v1")
    repo.commit("2026-02-10", "Second", a="2")
    repo.git("tag", "v2")
    repo.git("checkout", "-q", "-b", "old", "v1")
    repo.commit("2026-03-01", "Mend\n\nRollback: none needed", b="1")
    repo.git("tag", "v1.1")
    repo.git("checkout", "-q", "main")
    repo.commit("2026-03-10", "Third", a="3")
    repo.git("tag", "v3")
    releases = {row["deployment"]: (row["committed_on"], row["failed"]) for row in _collect(repo)["deployments"]}
    assert releases == {
        "booking/v1": ("2026-02-01", "false"), "booking/v2": ("2026-02-10", "false"),
        "booking/v1.1": ("2026-03-01", "false"), "booking/v3": ("2026-03-10", "false"),
    }  # fmt: skip


def test_edits_are_counted_by_file_over_a_year(repo: Repo) -> None:
    """What is edited most comes first; files that are gone and edits of the years before do not count."""
    repo.commit("2025-06-01", "Begin", old="1", gone="1", **{"süß datei": "1"})
    for day in range(1, 4):
        repo.commit(f"2026-04-0{day}", "Edit", **{"süß datei": str(day) * 2, "gone": str(day)})
    repo.commit("2026-05-01", "Edit", prices="1")
    (repo.folder / "gone").unlink()
    repo.commit("2026-05-02", "Drop it")
    tables = _collect(repo)
    assert tables["edits"] == [
        {"asset": "git/booking", "path": "süß datei", "commits": 3, "last_on": "2026-04-03"},
        {"asset": "git/booking", "path": "prices", "commits": 1, "last_on": "2026-05-01"},
    ]
    (asset,) = tables["assets"]
    assert (asset["asset"], asset["acquired_on"], asset["size"]) == ("git/booking", "2025-06-01", 3)


def test_planted_keys_are_found_and_never_told(
    repo: Repo, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each is told by file, line, kind and the day on which it was written; its value is in no row, log or output."""
    caplog.set_level(logging.DEBUG)
    repo.commit("2026-02-01", "Begin", app_dot_py="# Settings\n")
    lines = [f"value{number} = '{value}'" for number, value in enumerate(list(PLANTED.values())[:5])]
    lines.append(f"password = '{PLANTED['Secret Keyword']}'")
    repo.commit("2026-02-03", "Connect", app_dot_py="# Settings\n" + "\n".join(lines) + "\n")
    pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\n-----END RSA PRIVATE KEY-----\n"
    repo.commit(
        "2026-02-05", "Key", key_dot_pem=pem, conf__deploy_dot_yaml="a: &a [1]\nb: [*a]\npassword: q8Zr-Wick-Loft\n"
    )
    repo.commit("2026-02-06", "Umlauts", latin_dot_py="# M\xf6we\npassword = 'Gr4vel-Harbour-51'\n".encode("latin-1"))
    repo.commit("2026-02-07", "Env", _dot_env="DB_PASSWORD=B0llard-Quay-19\n")
    rows = _collect(repo)["observations"]
    told = {row["location"]: (row["title"], row["severity"], row["seen_on"]) for row in rows}
    for number, kind in enumerate(PLANTED, 2):
        severity = "high" if kind == "Secret Keyword" else "critical"
        title, *rest = told[f"booking/app.py:{number}"]
        assert kind in title and rest == [severity, "2026-02-03"], (kind, told)
    assert told["booking/key.pem:1"][1:] == ("critical", "2026-02-05")
    assert {"booking/conf/deploy.yaml:3", "booking/latin.py:2", "booking/.env:1"} <= set(told)
    values = [
        *PLANTED.values(),
        "q8Zr-Wick-Loft",
        "Gr4vel-Harbour-51",
        "B0llard-Quay-19",
        "n0tF0rY0urEyes",
        "MIIEpAIBAAKCAQEA",
    ]
    seen = str(rows) + caplog.text + "".join(capfd.readouterr())
    assert not [value for value in values if value in seen]
    assert {(row["layer"], row["gap"], row["area"]) for row in rows} == {("secrets", "hard-coded-key", "security")}


def test_a_key_in_a_route_a_name_or_a_tag_is_not_told(repo: Repo) -> None:
    """That there is one is; the rest of the name stays."""
    telegram, random = (
        "110201543:AAH" + "dqTcvCH1vGWJxfSeofSAs0K5PALDsaw1",
        "wJalrXUtnFEMIK7MDENG" + "bPxRfiCYzEXAMpLEKEY",
    )
    routes = "".join(f'@app.post("/hook/{key}")\ndef f(): ...\n' for key in (telegram, random, PLANTED["Slack Token"]))
    repo.commit("2026-02-01", "Begin", app_dot_py=routes, **{f"keys__{PLANTED['AWS Access Key']}_dot_txt": "x"})
    repo.git("tag", PLANTED["GitHub Token"])
    tables = _collect(repo)
    assert not [key for key in (telegram, random, *PLANTED.values()) if key in str(tables)]
    assert [row["deployment"] for row in tables["deployments"]] == ["(a key)"]
    assert {row["path"] for row in tables["edits"]} == {"app.py", "(a key)"}
    titles = [row["title"] for row in tables["observations"] if row["layer"] == "auth"]
    assert titles == ["POST with a key in it shows no login"] * 3


def test_nothing_of_a_repository_is_run(repo: Repo) -> None:
    """Neither what filters its files nor what shows them, however it is set up."""
    attributes = "*.py diff=evil filter=evil\n"
    repo.commit("2026-02-01", "Begin", app_dot_py=f"k = '{PLANTED['AWS Access Key']}'\n", _dot_gitattributes=attributes)
    for name in ("diff.evil.textconv", "filter.evil.clean", "filter.evil.process", "filter.evil.smudge"):
        repo.git("config", name, f"touch {repo.folder.parent}/run-{name}; cat")
    repo.git("config", "filter.evil.required", "true")
    (repo.folder / "app.py").touch()
    assert [row["seen_on"] for row in _collect(repo)["observations"]] == ["2026-02-01"]
    assert not list(repo.folder.parent.glob("run-*"))


def test_what_a_clone_lacks_is_not_fetched(repo: Repo) -> None:
    """A line's day is then that of the snapshot."""
    repo.commit("2026-02-01", "Begin", app_dot_py="x = 1\n")
    repo.commit("2026-02-02", "Key", app_dot_py=f"k = '{PLANTED['AWS Access Key']}'\n")
    repo.git("config", "uploadpack.allowFilter", "true")
    repo.git("clone", "-q", "--filter=blob:none", f"file://{repo.folder}", "../part")
    repo.folder.rename(repo.folder.with_name("gone"))
    rows = collect("git", root=repo.folder.parent, repositories=[{"path": "part", "entity": "jada"}])
    assert [row["seen_on"] for row in rows["observations"]] == ["2026-11-22"]


def test_a_file_counts_once_and_whatever_its_name(repo: Repo) -> None:
    """In the middle of a merge git names it for each side; a name need not be UTF-8; a link may lead to itself."""
    key = f"k = '{PLANTED['AWS Access Key']}'\n"
    repo.commit("2026-02-01", "Begin", app_dot_py="x = 1\n")
    (repo.folder / os.fsdecode(b"M\xf6we.py")).write_text(key)
    (repo.folder / "self.py").symlink_to("self.py")
    for branch, text in (("b", "x = 2\n"), ("c", key)):
        repo.git("checkout", "-q", "-b", branch, "main")
        repo.commit("2026-02-02", branch, app_dot_py=text)
    subprocess.run(["git", "-C", repo.folder, "merge", "b"], capture_output=True, check=False)
    tables = _collect(repo)
    assert tables["assets"][0]["size"] == 3
    assert sorted(str(row["location"]) for row in tables["observations"]) == [
        os.fsdecode(b"booking/M\xf6we.py:1"), "booking/app.py:2"]  # fmt: skip


def test_what_is_to_be_skipped_is(repo: Repo) -> None:
    """Fixtures with keys of nobody are left out by name; so are links, binaries and giants."""
    key = f"k = '{PLANTED['AWS Access Key']}'\n"
    outside = repo.folder.parent / "outside.py"
    outside.write_text(key)
    (repo.folder / "link.py").symlink_to(outside)
    (repo.folder / "linked").symlink_to(repo.folder.parent)
    giant = key + "x" * 2_000_000
    repo.commit("2026-02-01", "Begin", tests__keys_dot_py=key, bin_dot_dat=key.encode() + b"\0", giant_dot_js=giant)
    assert not _collect(repo, skip=["tests/*"])["observations"]
    assert [row["location"] for row in _collect(repo)["observations"]] == ["booking/tests/keys.py:1"]


def test_yaml_that_expands_without_end_is_read_as_text(repo: Repo) -> None:
    """Aliases of aliases cost nothing."""
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )
    repo.commit("2026-02-01", "Begin", bomb_dot_yaml=bomb)
    assert not _collect(repo)["observations"]


def test_line_that_is_not_committed_was_seen_today(repo: Repo) -> None:
    """A key in a file edited since the last commit is seen on the day of the snapshot."""
    repo.commit("2026-02-01", "Begin", app_dot_py="x = 1\n")
    (repo.folder / "app.py").write_text(f"k = '{PLANTED['AWS Access Key']}'\n")
    assert [row["seen_on"] for row in _collect(repo)["observations"]] == ["2026-11-22"]


def test_same_history_gives_the_same_rows(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the same, also inside another repository's hook."""
    repo.commit("2026-02-01", "Begin", app_dot_py=f"k = '{PLANTED['AWS Access Key']}'\n")
    before = _collect(repo)
    monkeypatch.setenv("GIT_DIR", str(repo.folder.parent / "elsewhere"))
    assert _collect(repo) == before


def test_folder_without_a_repository_is_refused(tmp_path: Path) -> None:
    """A typo is told, not read from a repository further up."""
    Repo(tmp_path / "up").commit("2026-02-01", "Begin", a="1")
    (tmp_path / "up" / "booking").mkdir()
    with pytest.raises(QuarterdeckError, match="booking: is no Git repository"):
        collect("git", root=tmp_path / "up", repositories=[{"path": "booking", "entity": "jada"}])


def test_repository_without_a_commit_says_so(repo: Repo) -> None:
    """What git itself refuses is one line."""
    with pytest.raises(QuarterdeckError, match=r"git log failed: fatal: .*does not have any commits"):
        _collect(repo)


def test_snapshot_holds_no_planted_key(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of a repository, packed or not, has no value; it is in force, and a second run changes nothing."""
    repo = Repo(company.root / "booking")
    text = "".join(f"value{number} = '{value}'\n" for number, value in enumerate(PLANTED.values()))
    routes = '@app.post("/charters")\ndef book():\n    return save()\n'
    repo.commit("2026-02-03", "Connect", app_dot_py=text, api_dot_py=routes)
    repo.git("tag", "v1")
    source = {"source": "git", "name": "code", "repositories": [{"path": "booking", "entity": "ferry"}]}
    (taken,) = company.collect(20, source)
    assert (taken.state, taken.rows) == ("collected", {"assets": 1, "deployments": 1, "edits": 2, "observations": 6})
    kept = company.files()
    monkeypatch.setattr("quarterdeck.collect.writing.find_spec", lambda name: None)
    company.collect(21, source)
    for name, content in company.files().items():
        assert not [value for value in PLANTED.values() if value.encode() in content], name
    assert [taken.state for taken in company.collect(20, source)] == ["there"]
    assert {name: content for name, content in company.files().items() if "2026-11-20" in name} == kept
