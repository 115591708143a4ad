"""A small site behind the edge: each reader's cookies open their corner, and nothing else opens anything."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from cfnlint.decode import decode
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloud.fake import open_fake
from edges import Client, disguised, open_edge, paths, sent, within
from quarterdeck.cloud.stack import TEMPLATE
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.publish.access import SHARED, cookies
from quarterdeck.publish.edge import SECURITY_HEADERS, Edge
from tools import find_tool

LATER = 4_000_000_000
HOST, SKIPPER = "/r/host/", "/r/skipper/"
PAGE = "/r/skipper/2026-03/index.html"
Served = tuple[Edge, Client, Path]


@pytest.fixture(scope="module")
def served(built_once: Path) -> Iterator[Served]:
    """The small company's site, reports of two readers and two months, behind an edge."""
    with open_edge(built_once / "_site") as (edge, client):
        yield edge, client, built_once / "_site"


def refused(client: Client, target: str | bytes, cookie: str = "") -> bool:
    """Whether nobody can tell that target from one that does not exist."""
    answer, other = client.ask(target, cookie), client.ask("/there/is/nothing", cookie)
    same = [re.sub(r"Date: .*", "", one.headers) for one in (answer, other)]
    return answer.status == 403 and answer.body == other.body and same[0] == same[1]


@pytest.mark.parametrize("reader", ["host", "skipper"])
def test_a_reader_opens_the_corner_and_what_pages_share(served: Served, reader: str) -> None:
    """Every URL of the site with each set of cookies that the reader has: under its path all, elsewhere nothing."""
    edge, client, site = served
    for prefix, cookie in sent(edge.session(reader, LATER)).items():
        opened = 0
        for path in paths(site):
            if not path.startswith(prefix):
                assert refused(client, path, cookie), (prefix, path)
                continue
            answer = client.ask(path, cookie)
            file = site / (path[1:] + ("index.html" if path.endswith("/") else ""))
            assert (answer.status, answer.body) == (200, file.read_bytes()) if file.is_file() else answer.status == 404
            opened += answer.status == 200
        assert opened or prefix == "/site_libs/"


def test_without_cookies_nothing_is_open(served: Served) -> None:
    """Not the home page, not a style."""
    _, client, site = served
    assert all(refused(client, path) for path in paths(site))


def test_the_owner_opens_all(served: Served) -> None:
    """One set for the whole site."""
    edge, client, site = served
    (cookie,) = sent(edge.session("", LATER)).values()
    for path in sorted(site.rglob("*")):
        if path.is_file():
            answer = client.ask("/" + path.relative_to(site).as_posix(), cookie)
            assert (answer.status, answer.body) == (200, path.read_bytes())
    assert client.ask("/", cookie).body == (site / "index.html").read_bytes()


@pytest.mark.slow
def test_no_other_way_to_write_a_path_opens_it(served: Served) -> None:
    """Dots, slashes, cases and codes: what another server would resolve is a name that nothing has."""
    edge, client, site = served
    for reader in ("host", "skipper"):
        for prefix, cookie in sent(edge.session(reader, LATER)).items():
            for path in paths(site):
                for target in [] if path.startswith(prefix) else [*disguised(path), *within(prefix, path)]:
                    answer = client.ask(target, cookie)
                    if answer.status == 200:  # what follows a question mark asks for nothing
                        assert target == f"{prefix}?{path}" and answer.body == client.ask(prefix, cookie).body
                    assert answer.status != 404 or target.startswith(prefix), target


def test_a_name_in_code_is_the_same_name_within_its_corner(served: Served) -> None:
    """A browser may write any letter as a code; S3 reads it, the policy does not."""
    edge, client, _ = served
    cookie = sent(edge.session("skipper", LATER))[SKIPPER]
    assert client.ask("/r/skipper/2026-03/%69ndex.html?a=b", cookie).status == 200
    assert client.ask("/r/skipper/2026-03/rows%2f..%2findex.html", cookie).status == 404
    assert refused(client, "/r/%73kipper/2026-03/index.html", cookie) and refused(client, f"/{PAGE}", cookie)


def test_cookies_of_another_reader_an_expired_and_an_altered_set_open_nothing(served: Served) -> None:
    """The page is there, and its own reader's cookies open it."""
    edge, client, _ = served
    mine, other = sent(edge.session("skipper", LATER)), sent(edge.session("host", LATER))
    assert client.ask(PAGE, mine[SKIPPER]).status == 200
    assert refused(client, PAGE, other[HOST]) and refused(client, PAGE, mine["/assets/"])
    assert refused(client, PAGE, sent(edge.session("skipper", 1_000_000_000))[SKIPPER])
    values = mine[SKIPPER].split("; ")
    theirs = other[HOST].split("; ")
    for number, value in enumerate(values):
        name, _, content = value.partition("=")
        swapped = chr(ord(content[9 % len(content)]) ^ 1)
        at = 9 % len(content)
        for wrong in (content[:at] + swapped + content[at + 1 :], content[:-2], "", theirs[number].partition("=")[2]):
            if wrong != content:
                assert refused(client, PAGE, "; ".join([*values[:number], f"{name}={wrong}", *values[number + 1 :]]))
    with_key = cookies(edge.url, SKIPPER, LATER, "K2", edge.key)
    assert refused(client, PAGE, "; ".join(one.split(";")[0] for one in with_key))
    elsewhere = cookies("http://127.0.0.1:1", SKIPPER, LATER, "KEDGE", edge.key)
    assert refused(client, PAGE, "; ".join(one.split(";")[0] for one in elsewhere))


def test_of_two_cookies_with_one_name_the_first_counts(served: Served) -> None:
    """A browser sends that of the longer path first; a second one opens nothing more."""
    edge, client, _ = served
    mine, other = sent(edge.session("skipper", LATER))[SKIPPER], sent(edge.session("host", LATER))[HOST]
    assert client.ask(PAGE, f"theme=dark; {mine}; {other}").status == 200
    assert refused(client, PAGE, f"{other}; {mine}")


def test_it_only_reads(served: Served) -> None:
    """HEAD is GET without a body; other methods, ranges and foreign hosts get nothing of a page."""
    edge, client, site = served
    cookie = sent(edge.session("skipper", LATER))[SKIPPER]
    whole = (site / PAGE[1:]).read_bytes()
    head = client.ask(PAGE, cookie, method="HEAD")
    assert (head.status, head.body) == (200, b"") and f"Content-Length: {len(whole)}\n" in head.headers
    assert client.ask(PAGE, method="HEAD")[::2] == (403, b"")
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "X"):
        answer = client.ask(PAGE, cookie, method=method, more="Content-Length: 0\r\n")
        assert (answer.status, answer.body) == (403, client.ask("/").body), method
    part = client.ask(PAGE, cookie, more="Range: bytes=0-9\r\n")
    assert (part.status, part.body) == (200, whole)
    assert client.ask(PAGE, more="Range: bytes=0-9\r\n").status == 403
    assert client.ask(PAGE, cookie, host="reports.example.com").status == 403
    assert client.ask(f"{edge.url}{PAGE}", cookie).status == 403
    assert client.ask("*", cookie).status == client.ask("a b", cookie).status == 403
    assert client.ask(b"/r/skipper/\xff\xfe", cookie).status == 404


def test_every_answer_carries_the_security_headers(served: Served) -> None:
    """Pages, refusals and what is missing; each with its kind, none kept."""
    edge, client, _ = served
    cookie = sent(edge.session("skipper", LATER))
    kinds = {
        PAGE: "text/html; charset=utf-8",
        "/r/skipper/2026-03/report.xlsx": "spreadsheetml.sheet",
        "/r/cfo": "text/plain",
    }
    for path, kind in kinds.items():
        answer = client.ask(path, cookie[SKIPPER])
        assert kind in answer.headers and "Cache-Control: no-store" in answer.headers
        assert all(f"{name}: {value}\n" in answer.headers for name, value in SECURITY_HEADERS.items())


def test_a_link_out_of_the_site_or_across_it_is_no_file(built: Path, tmp_path: Path) -> None:
    """A bucket has none; what a link leads to is not served under its name."""
    (tmp_path / "secret.txt").write_text("secret", "utf-8")
    site = built / "_site"
    (site / "r/skipper/out.txt").symlink_to(tmp_path / "secret.txt")
    (site / "r/skipper/across").symlink_to(site / "r/host")
    with open_edge(site) as (edge, client):
        cookie = sent(edge.session("skipper", LATER))[SKIPPER]
        assert client.ask("/r/skipper/index.html", cookie).status == 200
        assert client.ask("/r/skipper/out.txt", cookie).status == 404
        assert client.ask("/r/skipper/across/index.html", cookie).status == 404


def test_what_is_missing_in_the_corner_has_the_site_s_own_page(built: Path) -> None:
    """Where the site has one, and as it is after the next build."""
    site = built / "_site"
    with open_edge(site) as (edge, client):
        cookie = sent(edge.session("skipper", LATER))[SKIPPER]
        assert client.ask("/r/skipper/nothing", cookie)[::2] == (404, (site / "404.html").read_bytes())
        new = built / "new"
        (new / "r/skipper").mkdir(parents=True)
        (new / "404.html").write_text("Nothing here", "utf-8")
        site.rename(built / "old")
        new.rename(site)
        assert client.ask("/r/skipper/index.html", cookie)[::2] == (404, b"Nothing here")


def test_an_invitation_is_good_for_once(served: Served) -> None:
    """It sets the reader's cookies and leads to their corner; a second use, or a guess, is refused."""
    edge, client, _ = served
    target = edge.invite("skipper").removeprefix(edge.url)
    answer = client.ask(target)
    assert answer.status == 303 and "Location: /r/skipper/\n" in answer.headers
    assert answer.headers.count("Set-Cookie: CloudFront-") == 4 * (1 + len(SHARED))
    assert refused(client, target) and refused(client, "/.sign-in?") and refused(client, "/.sign-in")
    assert "Location: /\n" in client.ask(edge.invite("").removeprefix(edge.url)).headers


def test_no_site_and_a_taken_port_are_said(served: Served, tmp_path: Path) -> None:
    """With what to do about it."""
    with pytest.raises(QuarterdeckError, match="quarterdeck reports"):
        Edge(tmp_path / "_site")
    with pytest.raises(QuarterdeckError, match="is taken"):
        Edge(served[2], served[0].server_port)


def test_the_api_answers_for_itself_and_the_sign_in_page_needs_no_cookies(built: Path) -> None:
    """Method, path, body and cookies reach it, its cookies come back; its refusal, like any, shows the sign-in page."""
    site = built / "_site"
    (site / "m").mkdir()
    (site / "m" / "index.html").write_text("Sign in", "utf-8")
    with open_edge(site) as (edge, client):
        posted = {"method": "POST", "more": "Content-Length: 12\r\nContent-Type: application/json\r\n"}
        assert client.ask("/api/session", **posted)[::2] == (403, b"Sign in")
        with open_fake() as (edge.api, fake):
            fake.cookies, fake.me = ["a=1; Path=/", "b=2; Path=/r/"], {"role": "guest"}
            answer = client.ask("/api/session?a=b", "theme=dark")
            assert answer.status == 200 and answer.body == b'{"role": "guest"}'
            assert "Set-Cookie: a=1; Path=/\nSet-Cookie: b=2; Path=/r/\n" in answer.headers
            assert answer.headers.count("Content-Type: application/json\n") == 1
            assert client.ask("/api/links", method="POST", more='Content-Length: 9\r\n\r\n{"a":1}').status == 202
            assert fake.asked[-1] == ("POST /links", {"a": 1})
            fake.refuses = {"GET /a": (403, "", ""), "GET /b": (404, "", "")}
            assert client.ask("/api/a")[::2] == (403, b"Sign in")
            assert client.ask("/api/b")[::2] == (404, (site / "404.html").read_bytes())
            assert client.ask("/api/c", more="Content-Length: 10000001\r\n").status == 413
            assert client.ask("/api/c", more="Content-Length: -1\r\n").status == 413
            assert refused(client, PAGE) and client.ask(PAGE).body == client.ask("/m/").body == b"Sign in"
            assert client.ask("/m/", method="POST", more="Content-Length: 0\r\n").status == 403
            assert client.ask("/api/c", host="reports.example.com").status == 403
        assert client.ask("/api/session").status == 504


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "r",
                "host",
                "skipper",
                "2026-03",
                "index.html",
                "assets",
                "..",
                ".",
                "",
                "%2e%2e",
                "%2f",
                "\\",
                "%5c",
                "%00",
            ]
        )
        | st.binary(max_size=4).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw)),
        max_size=9,
    ),
    st.sampled_from([HOST, "/assets/", ""]),
)
def test_no_path_leads_out_of_the_corner(served: Served, parts: list[str], start: str) -> None:
    """Whatever is asked, what is answered is a file of the site that lies under the prefix of the cookies."""
    edge, client, site = served
    for prefix, cookie in sent(edge.session("host", LATER)).items():
        answer = client.ask(start + "/".join(parts) or "/", cookie)
        mine = [path.read_bytes() for path in (site / prefix[1:]).rglob("*") if path.is_file()]
        assert answer.status in (403, 404) or answer.body in mine


def test_the_function_for_cloudfront_names_the_file_that_the_edge_does() -> None:
    """A folder stands for its index.html, and nothing leads to another host."""
    uris = ["/", "/r/ceo/", "/r/ceo", "/a.b", "/r//", "//evil.example.com/", "/r/%2f", "/r/.."]
    code = decode(str(TEMPLATE))[0]["Resources"]["Folders"]["Properties"]["FunctionCode"]
    call = f"{code}; const made = {json.dumps(uris)}.map((uri) => handler({{request: {{uri}}}}).uri);"
    node = find_tool("node", "apt-get install nodejs")
    told = subprocess.run([node, "-e", f"{call} process.stdout.write(JSON.stringify(made));"], stdout=-1, check=True)
    assert json.loads(told.stdout) == [uri + "index.html" if uri.endswith("/") else uri for uri in uris]


def test_the_command_says_where_to_begin(built_once: Path) -> None:
    """One line with the invitation; Ctrl-C ends it without a word; a slug without a report is named."""
    command = [sys.executable, "-m", "quarterdeck", "edge", "--project", str(built_once), "--port", "0", "--slug"]
    with subprocess.Popen([*command, "host"], stdout=-1, stderr=-1, text=True) as running:
        assert running.stdout and running.stderr
        url = re.fullmatch(r"Open (\S+) \(once\) as host; Ctrl-C ends it\.\n", running.stdout.readline())
        with pytest.raises(HTTPError, match="403"):  # it comes to the corner, without the cookies that it was given
            urlopen(url[1] if url else "")
        running.send_signal(signal.SIGINT)
        assert (running.wait(10), running.stderr.read()) == (0, "")
    wrong = subprocess.run([*command, "hots"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "'hots' has no report. Did you mean 'host'?" in wrong.stderr


@pytest.mark.browser
def test_a_browser_signs_in_and_sees_charts(served: Served, browser: Any) -> None:
    """Cookies, styles and scripts reach a real page; the other reader's is refused."""
    edge, _, _ = served
    context = browser.new_context()
    page, wrong = context.new_page(), list[str]()
    page.on("response", lambda answer: wrong.append(answer.url) if answer.status >= 400 else None)
    page.goto(edge.invite("skipper"))
    page.wait_for_url("**/r/skipper/2026-03/index.html")
    page.wait_for_selector("html[data-charts]", state="attached")
    assert not wrong
    assert page.goto(f"{edge.url}/r/host/2026-03/index.html").status == 403
    assert page.goto(edge.url).status == 403
    assert {(one["path"], one["secure"], one["httpOnly"]) for one in context.cookies()} == {
        (path, True, True) for path in (SKIPPER, *SHARED)
    }
    context.close()
