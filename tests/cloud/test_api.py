"""The routes: who is let in, what is refused and how, and that the document says what is there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deliver.aws import serving
from quarterdeck.cloud import handler
from quarterdeck.cloud.api import EDGE, LARGEST, document
from quarterdeck.cloud.permissions import MAY
from quarterdeck.cloud.runs import report_item
from quarterdeck.cloud.webhook import sign
from quarterdeck.deliver.unsubscribe import link
from quarterdeck.model.delivery import recipient_id
from quarterdeck.model.report import ReportKey

from .cloud import CONTEXT, SITE, Cloud, deployed, http_event
from .test_webhook import serve_dashboard as dashboard

DOCUMENT = Path(__file__).parents[2] / "docs" / "openapi.json"
ROUTES = [(method.upper(), path) for path, said in json.loads(document())["paths"].items() for method in said]
PUBLIC = {("GET", "/health"), ("POST", "/session"), ("DELETE", "/session"), ("POST", "/links")} | {
    (method, "/unsubscribe") for method in ("GET", "POST")
}
WHICH = {"slug": "host", "period": "2026-03"}
BODIES: dict[str, Any] = {
    "/generate-reports": {}, "/approvals": WHICH, "/reports/send": {**WHICH, "to": "readers"}, "/session/renew": {},
    "/invites": {"address": "ann@example.com", "role": "guest", "reports": ["host"]}, "/links": {"address": "a@b.c"},
    "/actions": {**WHICH, "action": "a"}, "/session": {"code": "c"},
}  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving() as endpoint:
        yield endpoint


@pytest.fixture
def cloud(server: str) -> Iterator[Cloud]:
    with deployed(server) as made:
        yield made


@pytest.fixture
def pushed(cloud: Cloud, project: Path) -> Cloud:
    cloud.push(project)
    return cloud


def code(told: tuple[int, Any]) -> tuple[int, str]:
    """The status and the code of a refusal, which has the one shape."""
    status, body = told
    assert body.keys() == {"error"} and body["error"].keys() == {"code", "message", "remedy"}, body
    return status, body["error"]["code"]


def ask(cloud: Cloud, method: str, path: str, prefix: str = "", **headers: str) -> tuple[int, Any]:
    """Ask a route with a body that it takes."""
    body = json.dumps(BODIES.get(path, {})) if method == "POST" else ""
    return cloud.http(method, prefix + path.replace("{id}", "x"), body, content_type="application/json", **headers)


def test_the_document_is_the_code(cloud: Cloud) -> None:
    """`make reference` writes it; it is served too."""
    assert document() == DOCUMENT.read_text("utf-8")
    assert cloud.get("/api/openapi.json") == (200, json.loads(document()))
    shown = json.loads(document())
    assert shown["components"]["securitySchemes"]["session"]["name"] == "qd_session"
    needs = {(method, path): shown["paths"][path][method.lower()]["security"] for method, path in ROUTES}
    assert needs == {route: [] if route in PUBLIC else [{"session": []}] for route in ROUTES}
    for method in ("GET", "POST"):
        event = http_event(method, "/unsubscribe", "", {}, [])
        (kind,) = shown["paths"]["/unsubscribe"][method.lower()]["responses"]["400"]["content"]
        answer = handler.handler(event, CONTEXT)
        assert answer["statusCode"] == 400 and answer["headers"]["Content-Type"].startswith(kind)


@pytest.mark.parametrize("method, path", sorted(set(ROUTES) - PUBLIC))
def test_nobody_is_let_in_without_a_session(cloud: Cloud, method: str, path: str) -> None:
    """Under both names, and with a session that is none."""
    assert code(ask(cloud, method, path)) == code(ask(cloud, method, path, prefix="/api")) == (401, "signed_out")
    cloud.cookies = ["qd_session=eyJhbGciOiJub25lIn0.e30."]
    assert code(ask(cloud, method, path)) == (401, "signed_out")


@pytest.mark.filterwarnings("ignore:Received multipart")  # which powertools says before it is refused
@pytest.mark.parametrize("method, path", sorted(it for it in ROUTES if it[0] != "GET" and it[1] != "/unsubscribe"))
def test_another_site_changes_nothing(cloud: Cloud, method: str, path: str) -> None:
    """A form of it, or a script; ours may."""
    body = json.dumps(BODIES.get(path, {}))
    for origin in ("https://evil.example", "null", f"{SITE}.evil.example", "http://reports.example.com"):
        assert code(ask(cloud, method, path, origin=origin)) == (403, "foreign_origin")
    assert ask(cloud, method, path, origin=SITE)[0] != 403
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
        if method == "POST":
            assert code(cloud.http(method, path, body, content_type=kind)) == (415, "not_json")


@pytest.mark.parametrize("path", BODIES)
def test_what_is_too_large_or_malformed_is_refused(cloud: Cloud, path: str) -> None:
    """Before anything else is looked at."""
    cloud.sign_in("owner@example.com", "admin")
    post = {"content_type": "application/json"}
    assert code(cloud.http("POST", path, " " * LARGEST + json.dumps(BODIES[path]), **post)) == (413, "too_large")
    for body in ("{", "[]", '"x"', '{"more": 1}', "\\x00", '{"slug": 7}', "[" * 5000, "", f'{{"code": 1{"0" * 5000}}}'):
        assert code(cloud.http("POST", path, body, **post))[0] == 422, body[:9]
    event = http_event("POST", path, "/w==", {"content-type": "application/json"}, cloud.cookies)
    for encoded in ("/w==", "x", "é"):  # no text, no base 64
        answer = handler.handler({**event, "body": encoded, "isBase64Encoded": True}, CONTEXT)
        assert answer["statusCode"] == 422


@pytest.mark.parametrize(
    "bad", ["../x", "a/../b", "/etc", "A", "a//b", "a/b/c", "x" * 70, "é", "a\n", "", "*", "a\x00"]
)
def test_no_path_leaves_the_reports(cloud: Cloud, bad: str) -> None:
    """As a persona, a slug or a period, whoever asks."""
    cloud.sign_in("owner@example.com", "admin")
    assert code(cloud.post("/generate-reports", {"personas": [bad]}))[0] == 422
    assert code(cloud.post("/generate-reports", {"period": bad}))[0] == 422
    assert code(cloud.post("/approvals", {**WHICH, "slug": bad}))[0] == 422
    assert code(cloud.post("/actions", {**WHICH, "period": f"2026-03/{bad}", "action": "x"}))[0] == 422
    assert cloud.get("/runs/..%2f..%2fx")[0] in (404, 422)


def test_roles_bound_what_is_done(pushed: Cloud) -> None:
    """A guest reads; a captain sends theirs alone; the owner does all."""
    pushed.sign_in("guest@example.com", "guest", "host")
    assert code(pushed.post("/generate-reports", {})) == (403, "forbidden")
    assert (pushed.get("/runs")[0], pushed.get("/reports")) == (403, (200, {"reports": []}))
    pushed.sign_in("captain@example.com", "captain", "skipper")
    assert code(pushed.post("/approvals", WHICH)) == (403, "forbidden")
    assert code(pushed.post("/approvals", {**WHICH, "slug": "skipper"})) == (404, "not_found")
    assert pushed.get("/runs") == (200, {"runs": []}) and code(pushed.post("/invites", BODIES["/invites"]))[0] == 403
    told = {"role": "captain", "reports": ["skipper"], "name": "c…@example.com", "may": sorted(MAY["captain"])}
    assert pushed.get("/session") == (200, told)


def test_a_run_tells_of_the_reports_that_one_may_read(cloud: Cloud) -> None:
    """What went wrong with it, to whoever may read all of them; one of others' reports is not there."""
    runs, now = cloud.place.runs, cloud.place.clock()
    said = {"version": "0" * 16, "personas": "host skipper", "period": "2026-03", "send": "", "why": "cash 123"}
    for id, slugs in (("both", ("host", "skipper")), ("theirs", ("skipper",)), ("none", ())):
        runs.open(id, now, asked_by="Ada", **said)
        for slug in slugs:
            runs.add(id, ReportKey(slug, "", "2026-03"), now)
            assert runs.bury(report_item(id, ReportKey(slug, "", "2026-03")), "report", now, f"{slug} 456")
    for role, reports, seen in (
        ("captain", "host", {"both": ("", ["host"], ["host 456"])}),
        ("captain", "host skipper", {
            "both": ("cash 123", ["host", "skipper"], ["host 456", "skipper 456"]),
            "theirs": ("cash 123", ["host", "skipper"], ["skipper 456"])}),
        ("captain", "rental", {}),
    ):  # fmt: skip
        cloud.sign_in(f"{reports.replace(' ', '-')}@example.com", role, *reports.split())
        listed = {it["id"]: (it["why"], it["personas"]) for it in cloud.get("/runs")[1]["runs"]}
        assert listed == {id: told[:2] for id, told in seen.items()}
        for id in ("both", "theirs", "none"):
            if id not in seen:
                assert code(cloud.get(f"/runs/{id}")) == (404, "not_found")
                continue
            run = cloud.run(id)
            assert (run["why"], run["personas"], [it["why"] for it in run["reports"]]) == seen[id]
    for role in ("captain", "admin"):
        cloud.sign_in(f"{role}@example.com", role, "*")
        assert {it["id"]: it["why"] for it in cloud.get("/runs")[1]["runs"]} == dict.fromkeys(
            ("both", "theirs", "none"), "cash 123"
        )
    assert "reports" not in cloud.get("/runs")[1]["runs"][0]


def test_a_key_makes_one_run(pushed: Cloud) -> None:
    """Asked again it is the same; of another request it is refused; somebody else's is another."""
    pushed.sign_in("owner@example.com", "admin")
    first = pushed.post("/generate-reports", {"period": "2026-03"}, Idempotency_Key="k")
    assert first[0] == 202 and pushed.post("/generate-reports", {"period": "2026-03"}, Idempotency_Key="k") == first
    assert code(pushed.post("/generate-reports", {"period": "2026-02"}, Idempotency_Key="k")) == (409, "other_run")
    assert [it["id"] for it in pushed.get("/runs")[1]["runs"]] == [first[1]["run"]]
    pushed.sign_in("other@example.com", "admin")
    assert pushed.post("/generate-reports", {"period": "2026-03"}, Idempotency_Key="k") != first
    assert code(pushed.get("/runs/none")) == (404, "not_found")


def test_without_a_project_there_is_no_run(cloud: Cloud) -> None:
    """And it is said what to do."""
    cloud.sign_in("owner@example.com", "admin")
    status, told = cloud.post("/generate-reports", {})
    assert status == 409 and "quarterdeck push" in told["error"]["remedy"]


def test_a_session_begins_lasts_and_ends(cloud: Cloud) -> None:
    """By a link that is spent once; renewed; gone after signing out, and for one who was revoked."""
    members, now = cloud.place.members, cloud.place.clock()
    id = members.invite("ann@example.com", "guest", ["host"], now, "Ann")
    key = members.link(id, "/r/host/2026-03/", now, 600).partition("#")[2]
    assert cloud.post("/session", {"code": key}) == (200, {"goes": "/r/host/2026-03/"})
    assert {it.partition("=")[0] for it in cloud.cookies} >= {"qd_session", "CloudFront-Policy"}
    me = {"role": "guest", "reports": ["host"], "name": "Ann", "may": ["read", "reports"]}
    assert cloud.get("/session") == (200, me)
    assert cloud.post("/session/renew", {"goes": "/r/host/"}) == (200, {"goes": "/r/host/"})
    found = handler.handler(http_event("DELETE", "/session", "", {}, cloud.cookies), CONTEXT)
    assert found["statusCode"] == 200 and "qd_session=;" in found["cookies"][0]
    members.revoke(id, now + 1)
    for told in (cloud.get("/session"), cloud.post("/session/renew", {})):
        assert code(told) == (401, "signed_out")
    assert code(cloud.post("/session", {"code": key})) == (401, "spent")


def test_a_spent_link_opens_again_where_it_signed_somebody_in(cloud: Cloud) -> None:
    """Where that person is still signed in, and nowhere else; also behind a server that leaves cookies in a header."""
    members, now = cloud.place.members, cloud.place.clock()
    id = members.invite("ann@example.com", "guest", ["host"], now)
    key = members.link(id, "/r/host/2026-03/", now, 600).partition("#")[2]
    assert cloud.post("/session", {"code": key})[0] == 200
    kept = cloud.cookies
    assert cloud.post("/session", {"code": key}) == (200, {"goes": "/r/host/2026-03/"})
    cloud.cookies = []
    assert code(cloud.post("/session", {"code": key})) == (401, "spent")
    assert cloud.http("GET", "/session", cookie="; ".join(kept))[0] == 200
    cloud.sign_in("eve@example.com", "guest", "host")
    assert code(cloud.post("/session", {"code": key})) == (401, "spent")


def test_a_fresh_link_goes_to_its_owner_and_tells_nobody(pushed: Cloud, server: str) -> None:
    """The answer is the same for everybody; the eleventh in a minute is refused; mail goes to who is known."""
    from urllib.request import urlopen

    members, now = pushed.place.members, pushed.place.clock()
    id = members.invite("ann@example.com", "guest", ["host"], now)
    spent = members.link(id, "/r/host/2026-03/", now - 999, 1).partition("#")[2]
    before = json.load(urlopen(f"{server}/moto-api/data.json")).get("ses", {}).get("RawMessage", [])
    asked = [{"address": "ann@example.com"}, {"address": "none@example.com"}, {"code": spent}, {"code": "x"}, {}]
    assert {str(pushed.post("/links", it)) for it in asked} == {str((202, {"status": "ok"}))}
    pushed.work()
    sent = json.load(urlopen(f"{server}/moto-api/data.json"))["ses"]["RawMessage"][len(before) :]
    assert [{*it["destinations"]} for it in sent] == [{"ann@example.com"}] * 2
    fresh = sent[1]["raw_data"].partition("/m/#")[2].replace("=\r\n", "").split()[0]
    assert pushed.post("/session", {"code": fresh}) == (200, {"goes": "/r/host/2026-03/"})
    for _ in range(5):
        assert pushed.post("/links", {"address": "none@example.com"})[0] == 202
    assert code(pushed.post("/links", {"address": "none@example.com"})) == (429, "too_many")


def test_whoever_asks_directly_cannot_make_up_who_asks(cloud: Cloud) -> None:
    """Behind CloudFront, which the template lets show itself, each reader has a limit of their own."""

    def asked(count: int, **headers: str) -> list[int]:
        stops = (f"10.0.0.{number}, 192.0.2.7" for number in range(count))
        return [cloud.http("POST", "/session", '{"code": "c"}', x_forwarded_for=it, **headers)[0] for it in stops]

    kind, edge = {"content_type": "application/json"}, {EDGE.replace("-", "_"): cloud.name}
    assert asked(31, **kind) == [401] * 30 + [429] and asked(1, **kind, x_quarterdeck_edge="guess") == [429]
    assert asked(40, **kind, **edge) == [401] * 40


def test_a_link_is_mailed_once_however_often_its_message_comes(pushed: Cloud, server: str) -> None:
    """Tries that failed do not count among the five an hour; what is no text is refused, not put in the queue."""
    pushed.place.members.invite("bob@example.com", "guest", ["host"], pushed.place.clock())
    assert pushed.post("/links", {"address": "bob@example.com"})[0] == 202
    (record,) = pushed.receive()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("quarterdeck.dispatch.Dispatch.tell", lambda *_: 1 / 0)
        for _ in range(6):
            assert len(pushed.deliver(record)) == 1
    assert pushed.deliver(record) == pushed.deliver(record) == []
    assert mailed(server, "bob@example.com") == 1
    for _ in range(6):
        assert pushed.post("/links", {"address": "Bob@example.com"})[0] == 202
    assert len(pushed.work()) == 4 and mailed(server, "bob@example.com") == 5
    assert code(pushed.http("POST", "/links", '{"address": "\\ud800@b.c"}', content_type="application/json"))[0] == 422


def mailed(server: str, address: str) -> int:
    """How many mails SES was given for somebody."""
    from urllib.request import urlopen

    with urlopen(f"{server}/moto-api/data.json") as answer:
        sent = json.load(answer).get("ses", {}).get("RawMessage", [])
    return sum({*it["destinations"]} == {address} for it in sent)


def test_an_invitation_is_mailed(pushed: Cloud, server: str) -> None:
    """To somebody who then may sign in; a bad address is refused."""
    pushed.sign_in("owner@example.com", "admin")
    assert pushed.post("/invites", BODIES["/invites"]) == (202, {"status": "ok"})
    pushed.work()
    person = pushed.place.members.person(recipient_id("ann@example.com"))
    assert person and (person.role, person.reports) == ("guest", ("host",))
    assert code(pushed.post("/invites", {**BODIES["/invites"], "address": "ann"}))[0] == 422


def test_whoever_unsubscribes_is_sent_no_more(cloud: Cloud) -> None:
    """By the page and its button, without signing in, as a form sends it."""
    url = link("", cloud.place.signing_secret, recipient_id("ann@example.com"), "host")
    status, page = cloud.get(url)
    assert status == 200 and '<form method="post">' in page
    kind = "application/x-www-form-urlencoded"
    assert cloud.http("POST", url, "List-Unsubscribe=One-Click", content_type=kind)[0] == 200
    assert cloud.place.ledger.marked(f"silenced/{recipient_id('ann@example.com')}/host") is not None
    assert cloud.get("/unsubscribe")[0] == 400 and cloud.get("/unsubscribe?t=x.y.z")[0] == 400


def test_an_action_is_pushed_by_who_may(server: str) -> None:
    """Signed, with the same id each time; nobody there, or no such action, is said; a guest does not see actions."""
    action = {"id": "runway", "title": "Cash ends", "action": "Call the bank", "owner": "CFO", "due": "2026-04-07",
              "severity": "high", "money": 1200.5}  # fmt: skip
    row = {"pk": "reports", "sk": "host#2026-03", **WHICH, "title": "The inn", "as_of": "2026-03-31", "run": "x",
           "version": "0" * 16, "built": "2026-04-01T08:00:00+00:00", "approval": "", "content": "0",
           "actions": json.dumps([action])}  # fmt: skip
    with dashboard() as (url, got), deployed(server, ACTIONS_URL=f"{url}/200") as cloud:
        cloud.place.table.put(row)
        cloud.sign_in("crew@example.com", "crew", "host")
        assert cloud.get("/reports")[1]["reports"][0]["actions"] == [action]
        for _ in range(2):
            assert cloud.post("/actions", {**WHICH, "action": "runway"}) == (200, {"status": "ok"})
        (_, first, body), (_, second, _) = got
        told = json.loads(body)
        assert told["data"] == {**action, **WHICH, "as_of": "2026-03-31", "url": f"{SITE}/r/host/2026-03/"}
        signed = sign(first["webhook-id"], int(first["webhook-timestamp"]), body, cloud.place.secrets().actions)
        assert signed["webhook-signature"] == first["webhook-signature"]
        assert first["webhook-id"] == second["webhook-id"]
        assert code(cloud.post("/actions", {**WHICH, "action": "other"})) == (404, "not_found")
        cloud.sign_in("guest@example.com", "guest", "host")
        assert cloud.get("/reports")[1]["reports"][0]["actions"] == []
        assert code(cloud.post("/actions", {**WHICH, "action": "runway"})) == (403, "forbidden")
    with deployed(server, ACTIONS_URL="http://127.0.0.1:9/hook") as cloud:
        cloud.place.table.put(row)
        cloud.sign_in("owner@example.com", "admin")
        assert code(cloud.post("/actions", {**WHICH, "action": "runway"})) == (502, "not_taken")


def test_nothing_that_breaks_is_told(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log knows; whoever asks gets the one shape."""
    monkeypatch.setattr("quarterdeck.cloud.work.health", lambda place: 1 / 0)
    assert code(cloud.get("/health")) == (500, "broken")


@pytest.mark.slow
def test_no_request_of_the_document_breaks_anything(pushed: Cloud) -> None:
    """What schemathesis makes up from the document, as the owner, whom nothing is closed to: no 5xx."""
    import schemathesis
    from hypothesis import HealthCheck, Phase, settings

    pushed.sign_in("owner@example.com", "admin")
    schema = schemathesis.openapi.from_dict(json.loads(document()))
    asked = 0
    for operation in schema.get_all_operations():
        case_of = operation.ok().as_strategy()

        @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck),
                  phases=[Phase.generate], database=None)  # fmt: skip
        @__import__("hypothesis").given(case=case_of)
        def ask_it(case: Any) -> None:
            nonlocal asked
            asked += 1
            path, kind = case.formatted_path, {"content_type": "application/json"}
            told = {name.replace("-", "_"): str(it) for name, it in (case.headers or {}).items()}
            query = "&".join(f"{name}={it}" for name, it in (case.query or {}).items())
            body = json.dumps(case.body) if isinstance(case.body, (dict, list, str, int)) else ""
            status, answered = pushed.http(case.method, f"{path}?{query}", body, **{**kind, **told})
            assert status < 500, answered

        cookies = list(pushed.cookies)
        ask_it()
        pushed.cookies = cookies
    assert asked > 100
