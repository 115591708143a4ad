"""Who may sign in, and links that let them: once, for a while, and nobody else (moto's server; races on ministack)."""

from __future__ import annotations

import hashlib
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from quarterdeck.cli import main
from quarterdeck.deliver.members import DAY, EXPIRES, KEYS, Members
from quarterdeck.deliver.table import Table
from quarterdeck.model.delivery import recipient_id
from quarterdeck.model.errors import BadValue, QuarterdeckError

from .ledgers import dynamo_client

SITE, NOW = "https://reports.example.com", 1_795_000_000.5
ANN, BEN = recipient_id("ann@example.com"), recipient_id("ben@example.com")


@pytest.fixture(scope="module")
def client(moto: str) -> Any:
    return dynamo_client(moto)


def table_of(client: Any) -> Table:
    made = Table(client, f"cloud-{uuid4().hex}")
    made.make(KEYS, {}, EXPIRES)
    return made


@pytest.fixture
def table(client: Any) -> Table:
    return table_of(client)


@pytest.fixture
def members(table: Table) -> Members:
    """Ann may read one report."""
    found = Members(table, SITE)
    assert found.invite("Ann@example.com", "guest", ["ceo"], NOW) == ANN
    return found


def many(address: str) -> Any:
    """A client that fifty threads use at once, each over a connection of its own."""
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing", "region_name": "eu-west-1"}
    return boto3.client("dynamodb", endpoint_url=address, config=Config(max_pool_connections=50), **keys)


def code(link: str) -> str:
    return link.partition("#")[2]


def test_an_invitation_gives_more_and_never_takes(members: Members) -> None:
    """A reader who is mailed another report stays the captain that they are; the case of an address is nothing."""
    members.invite("ann@example.com", "captain", ["client-audit/acme"], NOW, "Ann")
    members.invite("ann@example.com", "guest", ["cfo"], NOW)
    ann = members.person(ANN)
    assert ann and (ann.role, ann.name) == ("captain", "Ann")
    assert ann.reports == ("ceo", "cfo", "client-audit/acme") and ann.address.casefold() == "ann@example.com"
    assert members.person(BEN) is None and list(members.people()) == [ann]


@pytest.mark.parametrize(
    "asked",
    [("Ann", "guest", ["ceo"]), ("ann@example.com", "owner", ["ceo"]), ("ann@example.com", "", ["ceo"]),
     ("ann@example.com", "guest", ["../ceo"]), ("ann@example.com", "guest", ["ceo cfo"]),
     ("ann@example.com", "guest", ["ceo/*"]), ("ann@example.com", "guest", [""]),
     ("ann@example.com\n", "guest", ["a"])],
    ids=str,
)  # fmt: skip
def test_what_is_no_address_role_or_slug_invites_nobody(members: Members, asked: Any) -> None:
    """Nor does it change what was."""
    before = members.person(ANN)
    with pytest.raises(BadValue):
        members.invite(*asked, NOW)
    assert members.person(ANN) == before


def test_a_name_is_one_line_of_text(members: Members) -> None:
    """Whoever gives it."""
    ben = members.person(members.invite("ben@example.com", "guest", ["ceo"], NOW, "Ben\0\r\nBcc: eve "))
    assert ben and ben.name == "Ben Bcc: eve"


def test_a_link_signs_in_once_and_leads_where_it_should(members: Members, table: Table) -> None:
    """256 bits in the fragment, which no server sees; the table holds a hash of them and nothing else."""
    link = members.link(ANN, "/r/ceo/2026-10/", NOW, 60)
    assert link.startswith(f"{SITE}/m/#") and len(code(link)) == 43
    kept = list(table.scan())
    assert code(link) not in json.dumps(kept)
    assert hashlib.sha256(code(link).encode()).hexdigest() in json.dumps(kept)
    found = members.redeem(code(link), NOW + 59)
    assert found == (members.person(ANN), "/r/ceo/2026-10/")
    assert members.redeem(code(link), NOW + 59) is None
    assert members.stale(code(link)) == found


def test_a_link_may_lead_to_a_section(members: Members) -> None:
    """It is the same link, spent by the one as by the other; what is no section's name is left out."""
    link = members.link(ANN, "/r/ceo/2026-10/", NOW, 60)
    assert members.stale(f"{code(link)}.//evil.example") == (members.person(ANN), "/r/ceo/2026-10/")
    assert members.redeem(f"{code(link)}.cash-%26-debts", NOW) == (
        members.person(ANN),
        "/r/ceo/2026-10/#cash-%26-debts",
    )
    assert members.redeem(code(link), NOW) is None


def test_an_old_link_signs_nobody_in_and_says_whom_it_was_for(members: Members, table: Table) -> None:
    """For 90 days, after which AWS forgets it."""
    link = members.link(ANN, "/r/ceo/2026-10/", NOW, 60)
    assert members.redeem(code(link), int(NOW) + 60) is None is members.redeem(code(link), NOW + 1e9)
    assert members.stale(code(link)) == (members.person(ANN), "/r/ceo/2026-10/")
    (item,) = [item for item in table.scan() if item["sk"] == "link"]
    assert int(item["expires"]) == int(NOW) + 60 + 90 * DAY and "used_at" not in item


@pytest.mark.parametrize(
    "guess",
    ["", "A" * 43, "A" * 42, ANN, "person#" + ANN, "\ud800" * 43, "é", "#", ".", ".cash", "*", "x" * 70_000, "\0", " "],
    ids=ascii,
)
def test_a_guessed_link_is_worth_nothing(members: Members, guess: str) -> None:
    """Nor is the hash that the table holds, or a part of a link; and nothing is written."""
    link = members.link(ANN, "/", NOW, 60)
    near = [
        guess,
        code(link)[:-1],
        code(link) + "A",
        code(link).swapcase(),
        hashlib.sha256(code(link).encode()).hexdigest(),
    ]
    for wrong in near:
        assert members.redeem(wrong, NOW) is None is members.stale(wrong)
    assert members.redeem(code(link), NOW)


def test_a_link_is_its_recipients_alone(members: Members) -> None:
    """Ben's signs Ben in."""
    members.invite("ben@example.com", "admin", ["*"], NOW)
    links = {it: members.link(it, "/", NOW, 60) for it in (ANN, BEN)}
    for id, link in links.items():
        person, _ = members.redeem(code(link), NOW) or (None, "")
        assert person and person.id == id
    assert members.redeem(code(members.link("0" * 20, "/", NOW, 60)), NOW) is None


def test_who_is_revoked_is_out_with_every_link_until_invited_anew(members: Members) -> None:
    """And begins with nothing: what they had is gone, links of before included."""
    old, spent = (members.link(ANN, "/r/ceo/2026-10/", NOW, DAY) for _ in range(2))
    members.redeem(code(spent), NOW)
    assert members.revoke(ANN, NOW + 1) and not members.revoke(BEN, NOW + 1)
    assert members.person(ANN) is None and not list(members.people()) and members.person(BEN) is None
    assert members.redeem(code(members.link(ANN, "/", NOW + 2, DAY)), NOW + 2) is None is members.stale(code(spent))
    assert members.reader_link("ann@example.com", "ceo", "/r/ceo/2026-11/", NOW + 3) == ""
    assert members.person(ANN) is None
    members.invite("ann@example.com", "guest", ["cfo"], NOW + 4)
    ann = members.person(ANN)
    assert ann and (ann.role, ann.reports, ann.revoked_at) == ("guest", ("cfo",), NOW + 1)
    assert members.redeem(code(old), NOW + 5) is None
    assert members.redeem(code(members.link(ANN, "/", NOW + 5, DAY)), NOW + 5) == (ann, "/")


def test_a_reader_of_a_digest_is_let_in_to_that_report(members: Members) -> None:
    """For fourteen days, once; whoever may more already still may."""
    members.invite("ben@example.com", "captain", ["*"], NOW)
    for address, role, reports in (
        ("ann@example.com", "guest", ("ceo", "cfo")),
        ("Ben@example.com", "captain", ("*", "cfo")),
    ):
        link = members.reader_link(address, "cfo", "/r/cfo/2026-10/", NOW, "X")
        person, goes = members.redeem(code(link), NOW + 14 * DAY - 1) or (None, "")
        assert person and (person.role, person.reports, goes) == (role, reports, "/r/cfo/2026-10/")
    late = members.reader_link("ann@example.com", "cfo", "/r/cfo/2026-10/", NOW)
    assert members.redeem(code(late), NOW + 14 * DAY) is None


def test_asking_too_often_is_refused_for_a_while(members: Members, table: Table) -> None:
    """Each for themselves; what was asked is not kept as it was, and AWS forgets it."""
    begin = NOW // 60 * 60
    assert [members.allow("links ann@example.com", 3, 60, begin + n) for n in range(5)] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert members.allow("links ben@example.com", 3, 60, begin) and members.allow(
        "links ann@example.com", 3, 60, begin + 60
    )
    assert members.allow("\ud800" * 3000, 1, 60, begin) and not members.allow("\ud800" * 3000, 1, 60, begin)
    kept = [item for item in table.scan() if item["sk"] == "rate"]
    assert "ann" not in json.dumps(kept) and all(begin < int(item["expires"]) < begin + 300 for item in kept)


@pytest.mark.slow
def test_of_fifty_who_redeem_a_link_at_once_one_wins(ministack: str) -> None:
    """On a server whose writes are atomic, as AWS's are; and of fifty who ask at once just so many may."""
    table = table_of(dynamo_client(ministack))
    Members(table, SITE).invite("ann@example.com", "guest", ["ceo"], NOW)
    link, gate = Members(table, SITE).link(ANN, "/r/ceo/2026-10/", NOW, 60), Barrier(50)
    members = Members(Table(many(ministack), table.name), SITE)

    def tried(_: int) -> tuple[Any, bool]:
        gate.wait()
        return members.redeem(code(link), NOW), members.allow("session 192.0.2.1", 20, 60, NOW)

    with ThreadPoolExecutor(50) as pool:
        found = list(pool.map(tried, range(50)))
    assert [person.id for person, _ in filter(None, (won for won, _ in found))] == [ANN]
    assert sum(allowed for _, allowed in found) == 20


@pytest.mark.slow
def test_of_many_who_invite_one_reader_at_once_none_is_forgotten(ministack: str) -> None:
    """Twenty digests go out together."""
    table, gate = table_of(dynamo_client(ministack)), Barrier(20)
    members = Members(Table(many(ministack), table.name), SITE)

    def invited(number: int) -> str:
        gate.wait()
        return members.invite("ann@example.com", "guest", [f"report-{number:02}"], NOW)

    with ThreadPoolExecutor(20) as pool:
        assert set(pool.map(invited, range(20))) == {ANN}
    ann = members.person(ANN)
    assert ann and ann.reports == tuple(f"report-{number:02}" for number in range(20))


@pytest.fixture
def company(project: Path, client: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A project with a site and a table of its own."""
    for name, value in {"AWS_ENDPOINT_URL": client.meta.endpoint_url, "AWS_ACCESS_KEY_ID": "testing",
                        "AWS_SECRET_ACCESS_KEY": "testing", "SES_REGION": "eu-west-1", "SITE_URL": SITE,
                        "CLOUD_TABLE": f"cloud-{uuid4().hex}", "XDG_CONFIG_HOME": str(tmp_path)}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    return project


def told(capsys: pytest.CaptureFixture[str], company: Path, *words: str, code: int = 0) -> tuple[str, str]:
    """What a verb says, and what it says beside that."""
    assert main([*words, "--project", str(company)]) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err and "ann@example.com" not in said.out + said.err
    return said.out.strip(), said.err


def test_the_command_line_lets_in_and_out(company: Path, capsys: pytest.CaptureFixture[str], client: Any) -> None:
    """The link stands alone, so that it can be passed on."""
    out, err = told(capsys, company, "invite", "ann@example.com", "--personas", "host", code=2)
    assert "Make it with `quarterdeck tables`" in err
    out, _ = told(capsys, company, "tables")
    name = out.removesuffix(" is made.")
    members = Members(Table(client, name), SITE)
    for words, role, reports, home in (
        (("--personas", "host", "--name", "Ann"), "guest", ("host",), "/r/host/"),
        (("--personas", "host", "--subject", "acme"), "guest", ("host", "host/acme"), "/r/host/"),
        (("--personas", "*", "--role", "crew"), "crew", ("*", "host", "host/acme"), "/console/"),
        (("--role", "admin"), "admin", ("*", "host", "host/acme"), "/console/"),
    ):
        link, said = told(capsys, company, "invite", "ann@example.com", *words)
        person, goes = members.redeem(code(link), time.time()) or (None, "")
        assert person and (person.role, person.reports, person.name, goes) == (role, reports, "Ann", home)
        assert f"For a…@example.com, {role}, " in said
    assert "A…@example.com is signed out" in told(capsys, company, "revoke", "ANN@example.com")[0]
    assert members.person(ANN) is None
    assert "was never let in" in told(capsys, company, "revoke", "ben@example.com", code=2)[1]


@pytest.mark.parametrize(
    "words, problem",
    [
        (("--role", "guest"), "names no persona"),
        (("--role", "owner", "--personas", "host"), "Known: admin, captain, crew, guest"),
        (("--personas", "hots"), "Did you mean 'host'"),
        (("--personas", "host", "--subject", "../x"), "is no slug"),
    ],
)
def test_the_command_line_tells_what_is_wrong(
    company: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], problem: str
) -> None:
    """In one line."""
    err = told(capsys, company, "invite", "ann@example.com", *words, code=2)[1]
    assert problem in err and err.count("\n") == 1


def test_without_a_site_or_a_table_nobody_signs_in(
    company: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what to set."""
    for name in ("SITE_URL", "CLOUD_TABLE"):
        with monkeypatch.context() as less:
            less.delenv(name)
            assert (
                "CLOUD_TABLE: or SITE_URL is not set" in told(capsys, company, "revoke", "ann@example.com", code=2)[1]
            )
    with pytest.raises(QuarterdeckError, match="Make it with"):
        Members(Table(dynamo_client(os.environ["AWS_ENDPOINT_URL"]), "none"), SITE).person(ANN)
