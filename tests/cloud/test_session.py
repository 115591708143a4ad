"""Sessions as a browser keeps them: what they open, for how long, and how they end."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime
from http.cookies import SimpleCookie
from uuid import uuid4

import pytest

from deliver.aws import client_of
from quarterdeck.cloud.secret import new_secret, parse_secrets
from quarterdeck.cloud.session import LASTS, OPEN, SESSION, close_session, open_session, who
from quarterdeck.cloud.tokens import Claims, Refused, issue
from quarterdeck.deliver.members import EXPIRES, KEYS, Members, Person
from quarterdeck.deliver.table import Table
from quarterdeck.publish.access import admits

SITE, NOW = "https://reports.example.com", 1_795_000_000
SECRETS = parse_secrets(new_secret("K2EXAMPLE"), "test")
EDGE = {"K2EXAMPLE": SECRETS.edge_key.public_key()}
ANN = Person("a" * 20, "ann@example.com", "Ann", "guest", ("cfo", "client-audit/acme"))


class Browser:
    """What keeps cookies by name and path, sends those of a path, and lets them go when they say."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], tuple[str, float]] = {}

    def take(self, set_cookies: list[str]) -> None:
        for one in set_cookies:
            ((name, morsel),) = SimpleCookie(one).items()
            assert morsel["secure"] and morsel["httponly"] and morsel["samesite"] == "Lax" and not morsel["domain"]
            assert len(one) < 4096
            self.kept[name, morsel["path"]] = morsel.value, parsedate_to_datetime(morsel["expires"]).timestamp()

    def sends(self, path: str, now: float) -> dict[str, str]:
        fitting = sorted((it for it in self.kept if path.startswith(it[1])), key=lambda it: len(it[1]))
        return {name: self.kept[name, at][0] for name, at in fitting if now < self.kept[name, at][1]}

    def opens(self, path: str, now: float = NOW) -> bool:
        return admits(SITE + path, self.sends(path, now), now, EDGE)

    def header(self, now: float = NOW) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.sends("/api/session", now).items())


def signed_in(person: Person = ANN, goes: str = "/r/cfo/2026-10/", now: float = NOW) -> Browser:
    browser = Browser()
    browser.take(open_session(person, goes, SECRETS, SITE, now))
    return browser


@pytest.fixture(scope="module")
def table(moto: str) -> Table:
    made = Table(client_of("dynamodb", moto), f"cloud-{uuid4().hex}")
    made.make(KEYS, {}, EXPIRES)
    return made


SHARED = ["/assets/quarterdeck.css", "/site_libs/x.js"]
PATHS = ["/", "/deliveries.html", "/console/", "/r/cfo/2026-10/", "/r/client-audit/acme/2026-10/", "/r/ceo/2026-10/",
         "/r/client-audit/2026-10/", "/r/client-audit/acme2/2026-10/", "/r/cfo2/", *SHARED]  # fmt: skip
AUDITS = [path for path in PATHS if path.startswith("/r/client-audit/")]


@pytest.mark.parametrize(
    "role, reports, opened",
    [
        ("guest", ("cfo", "client-audit/acme"), ["/r/cfo/2026-10/", "/r/client-audit/acme/2026-10/", *SHARED]),
        ("crew", ("cfo",), ["/console/", "/r/cfo/2026-10/", *SHARED]),
        ("captain", ("client-audit",), ["/console/", *AUDITS, *SHARED]),
        ("captain", ("*", "cfo"), PATHS),
        ("admin", (), PATHS),
    ],
)  # fmt: skip
def test_a_session_opens_its_own_corners_for_an_hour(role: str, reports: tuple[str, ...], opened: list[str]) -> None:
    """As CloudFront checks it; then it is renewed, or it is over."""
    browser = signed_in(replace(ANN, role=role, reports=reports))
    assert [path for path in PATHS if browser.opens(path)] == sorted(opened, key=PATHS.index)
    assert browser.opens("/assets/quarterdeck.css", NOW + OPEN - 1)
    assert not any(browser.opens(path, NOW + OPEN) for path in PATHS)


def test_a_session_lasts_ninety_days_however_often_it_is_renewed(table: Table) -> None:
    """Renewed near its end, what it opens ends with it."""
    members = Members(table, SITE)
    person = members.person(members.invite("cy@example.com", "guest", ["cfo"], NOW))
    assert person
    browser = signed_in(person)
    late = NOW + LASTS - 600
    claims = who(browser.header(late), SECRETS, members, SITE, late)
    assert (claims.sub, claims.role, claims.reports, claims.exp) == (person.id, "guest", ["cfo"], NOW + LASTS)
    browser.take(open_session(person, "/", SECRETS, SITE, late, claims.exp))
    assert browser.opens("/r/cfo/", late + 599) and not browser.opens("/r/cfo/", late + 600)
    assert browser.header(late + 599) and not browser.header(late + 600)
    with pytest.raises(Refused):
        who(browser.header(late), SECRETS, members, SITE, late + 600)


def test_of_many_reports_the_one_asked_for_is_open() -> None:
    """The answer's headers stay below the 10 KB of an HTTP API, the session below a browser's 4 KB."""
    many = replace(ANN, role="captain", reports=tuple(f"client-audit/customer-{n:03}" for n in range(400)))
    goes = "/r/client-audit/customer-399/2026-10/"
    made = open_session(many, goes, SECRETS, SITE, NOW)
    assert sum(len("Set-Cookie: \r\n") + len(one) for one in made) < 10_240
    browser = Browser()
    browser.take(made)
    assert browser.opens(goes) and browser.opens("/r/client-audit/customer-000/") and browser.opens("/assets/x")
    assert not browser.opens("/r/client-audit/customer-300/")
    browser.take(open_session(many, "/r/client-audit/customer-300/2026-10/", SECRETS, SITE, NOW))
    assert browser.opens("/r/client-audit/customer-300/") and browser.opens(goes)
    assert not signed_in(many, "/r/ceo/").opens("/r/ceo/")


def test_long_names_leave_room_for_what_is_needed() -> None:
    """The report asked for, shared files and the console; of the others as many as fit; signing out, too."""
    slugs = tuple(f"{'a' * 64}/{n:02}{'b' * 98}" for n in range(60))
    long = replace(ANN, role="captain", reports=slugs)
    made = open_session(long, f"/r/{slugs[59]}/2026-10/", SECRETS, SITE, NOW)
    claims = Claims(iss="quarterdeck", aud=SITE, sub=ANN.id, jti="0" * 32, iat=NOW, nbf=NOW, exp=NOW + 9,
                    role="captain", reports=list(slugs))  # fmt: skip
    for one in (made, close_session(claims, SITE)):
        assert 8_000 < sum(len("Set-Cookie: \r\n") + len(it) for it in one) < 10_000
    browser = Browser()
    browser.take(made)
    assert all(map(browser.opens, (f"/r/{slugs[59]}/", f"/r/{slugs[0]}/", "/assets/x", "/site_libs/x", "/console/")))


def test_signing_out_closes_what_was_open(table: Table) -> None:
    """All of it, and a session that is none any more too."""
    members = Members(table, SITE)
    for role, reports in (("guest", [f"client-audit/c{n}" for n in range(8)]), ("admin", ["*"])):
        person = members.person(members.invite(f"{role}@example.com", role, reports, NOW))
        assert person
        browser = signed_in(person)
        for slug in person.reports:
            browser.take(open_session(person, f"/r/{slug}/", SECRETS, SITE, NOW))
        paths = ["/assets/x", *(f"/r/client-audit/c{n}/" for n in range(8))]
        assert all(map(browser.opens, paths))
        closed = close_session(who(browser.header(), SECRETS, members, SITE, NOW), SITE)
        assert sum(map(len, closed)) < 10_240
        browser.take(closed)
        assert SESSION not in browser.header() and not any(map(browser.opens, paths))
    browser = signed_in()
    browser.take(close_session(None, SITE))
    assert not browser.header()


def test_who_is_revoked_is_out_at_once_and_within_the_hour_everywhere(table: Table) -> None:
    """Invited anew, only a new session counts."""
    members = Members(table, SITE)
    id = members.invite("eve@example.com", "captain", ["cfo"], NOW)
    eve = members.person(id)
    assert eve
    browser = signed_in(eve)
    assert who(browser.header(), SECRETS, members, SITE, NOW).sub == id
    members.revoke(id, NOW + 60)
    for again in (False, True):
        if again:
            members.invite("eve@example.com", "guest", ["cfo"], NOW + 61)
        with pytest.raises(Refused):
            who(browser.header(), SECRETS, members, SITE, NOW + 62)
    assert not browser.opens("/r/cfo/", NOW + OPEN)
    members.revoke(id, NOW + 62.1)  # and at once let in again
    members.invite("eve@example.com", "guest", ["cfo"], NOW + 62.2)
    code = members.link(id, "/", NOW + 62.3, 60).partition("#")[2]
    fresh, _ = members.redeem(code, NOW + 62.4) or (None, "")
    assert fresh and who(signed_in(fresh, now=NOW + 62.4).header(), SECRETS, members, SITE, NOW + 62.5).role == "guest"


def test_only_one_whole_session_counts(table: Table) -> None:
    """None, two, a stranger's, or another cookie's is nobody's; others beside it do no harm."""
    members = Members(table, SITE)
    person = members.person(members.invite("flo@example.com", "guest", ["cfo"], NOW))
    assert person
    token, stranger = (issue(one, SECRETS, SITE, NOW, 600) for one in (person, replace(ANN, id="f" * 20)))
    good = f"{SESSION}={token}"
    bad = [
        "", ";;;", SESSION, f"{SESSION}=", token, f"{good}; {good}", f"{SESSION}={stranger}", f"x{good}",
        f"{good}; {SESSION}={stranger}", f"{SESSION.upper()}={token}", f'{SESSION}="{token}"',
    ]  # fmt: skip
    for header in bad:
        with pytest.raises(Refused):
            who(header, SECRETS, members, SITE, NOW)
    for header in (good, f"theme=dark; {good};a=b=c; x"):
        assert who(header, SECRETS, members, SITE, NOW).sub == person.id


def test_a_site_in_a_folder_keeps_its_cookies_there() -> None:
    """What CloudFront checks lies below it."""
    site = f"{SITE}/group"
    paths = {SimpleCookie(one).popitem()[1]["path"] for one in open_session(ANN, "/r/cfo/", SECRETS, site, NOW)}
    closed = {SimpleCookie(one).popitem()[1]["path"] for one in close_session(None, site)}
    assert paths == {"/", *(f"/group{it}" for it in ("/r/cfo/", "/r/client-audit/acme/", "/assets/", "/site_libs/"))}
    assert closed == {"/"}
