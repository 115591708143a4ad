"""The routes of the HTTP API: who may ask what, and what is answered."""

from __future__ import annotations

import binascii
import hashlib
import json
import secrets
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestUnsupportedContentType, RequestValidationError
from aws_lambda_powertools.event_handler.openapi.models import Server
from aws_lambda_powertools.event_handler.openapi.params import Header, Query

from .. import __version__
from ..deliver.members import EVERY, Person
from ..deliver.unsubscribe import confirm
from ..model.delivery import masked, recipient_id
from ..model.errors import BadValue, QuarterdeckError
from ..model.report import ReportKey
from . import bodies, log, session, webhook, work
from .board import listed, published
from .permissions import MAY, may
from .place import Place
from .tokens import Claims, Refused, UnknownKey
from .work import RunId

F = TypeVar("F", bound=Callable[..., Any])
LARGEST = 64 * 1024
"""Bytes of a request's body."""
EDGE = "x-quarterdeck-edge"
"""The header by which CloudFront shows that it asks: the name of the function's secret, which has a random part."""
_OPEN = ("get /health", "post /links", "post /session", "delete /session")
"""What is answered without a session, besides the page to unsubscribe."""
_NOTHING = "x-nothing"
"""A header that nobody sees, of the answer where there is no route."""
_PARSED = partial(json.loads, parse_int=float)
"""A body's JSON: none of ours holds a whole number, and Python makes no `int` of thousands of digits."""
app = APIGatewayHttpResolver(enable_validation=True, strip_prefixes=["/api"], json_body_deserializer=_PARSED)


class Failure(Exception):
    """A refusal as it is answered."""

    def __init__(self, status: int, code: str, message: str, remedy: str = "") -> None:
        self.status, self.told = status, {"code": code, "message": message, "remedy": remedy}


def answer(place: Place, event: dict[str, Any], context: Any, *, alone: bool = True) -> dict[str, Any] | None:
    """The answer to an event of an HTTP API; None where no route is ours, unless we are `alone`."""
    app.context["place"] = place
    found: dict[str, Any] = app.resolve(event, context)
    nothing = found["headers"].pop(_NOTHING, "")
    return None if nothing and not alone else found


def document() -> str:
    """The OpenAPI document."""
    shown = json.loads(
        app.get_openapi_json_schema(title="Quarterdeck", version=__version__, servers=[Server(url="/api")])
    )
    schemas = shown["components"]["schemas"]
    del schemas["HTTPValidationError"], schemas["ValidationError"]
    texts = {name: {"type": "string"} for name in ("code", "message", "remedy")}
    told = {"type": "object", "required": list(texts), "properties": texts}
    schemas["Error"] = {"type": "object", "required": ["error"], "properties": {"error": told}}
    failed = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    shown["components"]["securitySchemes"] = {"session": {"type": "apiKey", "in": "cookie", "name": session.SESSION}}
    for path, operations in shown["paths"].items():
        for method, operation in operations.items():
            del operation["responses"]["422"]
            operation["responses"]["default"] = {"description": "Refused, and why", "content": failed}
            operation["security"] = [] if f"{method} {path}" in _OPEN else [{"session": []}]
    page = {"text/html": {"schema": {"type": "string"}}}
    for operation in shown["paths"]["/unsubscribe"].values():
        operation["security"] = []
        operation["responses"]["200"]["content"] = page
        operation["responses"]["400"] = {"description": "Not a link of ours", "content": page}
    return json.dumps(shown, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _place() -> Place:
    place: Place = app.context["place"]
    return place


def _refuse(status: int, code: str, message: str, remedy: str = "") -> NoReturn:
    raise Failure(status, code, message, remedy)


def _check(event: Any) -> None:
    """Refuse what is too large, and what another site had a browser send."""
    if len(event.body or "") > LARGEST:
        _refuse(413, "too_large", "The body is too large", "Send at most 64 KB")
    if not event.headers.get("content-type", "").startswith("application/json") and event.http_method == "POST":
        _refuse(415, "not_json", "The body is not JSON", "Send it with Content-Type: application/json")
    site, origin = urlsplit(_place().settings.site_url), event.headers.get("origin")
    if origin and origin != f"{site.scheme}://{site.netloc}":
        _refuse(403, "foreign_origin", "The request comes from another site", "Open the site itself")


def _checked(resolver: Any, after: Any) -> Any:
    _check(resolver.current_event)
    return after(resolver)


def _on(method: str, path: str, status: int = 200, **options: Any) -> Callable[[F], F]:
    def keep(func: F) -> F:
        guards = [_checked] if method != "GET" and path != "/unsubscribe" else []
        app.route(path, method, summary=func.__doc__, status_code=status, middlewares=guards, **options)(func)
        return func

    return keep


def _told(err: Any) -> Response[str]:
    """Any failure in the one shape."""
    if isinstance(err, _MALFORMED):
        try:
            _check(app.current_event)
        except Failure as refused:
            return _told(refused)
        found = err.errors()[:5] if isinstance(err, RequestValidationError) else []
        where = "; ".join(".".join(map(str, it["loc"])) + f": {it['msg']}" for it in found) or "the body"
        err = Failure(422, "invalid", f"This will not do: {where}"[:500], "See /openapi.json")
    elif isinstance(err, Refused):
        err = Failure(401, "signed_out", "You are not signed in", "Open the link in your newest mail")
    elif isinstance(err, QuarterdeckError):
        status = 422 if isinstance(err, BadValue) else 503 if work.may_pass(err) else 409
        err = Failure(status, "invalid" if status == 422 else "not_now", f"{err.where}: {err.problem}", err.remedy)
    return Response(err.status, "application/json", json.dumps({"error": err.told}))


def _nothing(_: NotFoundError) -> Response[str]:
    told = _told(Failure(404, "not_found", "There is nothing here", "See /openapi.json"))
    told.headers[_NOTHING] = "1"
    return told


def _broken(err: Exception) -> Response[str]:
    log.logger.exception("broken")
    return _told(Failure(500, "broken", "Something is wrong here", "Try again; the log tells more"))


_MALFORMED = (RequestValidationError, RequestUnsupportedContentType, RecursionError, UnicodeError, binascii.Error)
for _kinds, _by in (([Failure, QuarterdeckError, *_MALFORMED], _told), (NotFoundError, _nothing), (Exception, _broken)):
    app.exception_handler(_kinds)(_by)


def _asker(action: str, slug: str = "") -> Claims:
    """Whom the request is from, if they may do this; raises Refused or Failure."""
    claims = _who()
    if not may(claims.role, action, claims.reports, slug):
        _refuse(403, "forbidden", "You may not do this", "Ask the owner")
    return claims


def _who() -> Claims:
    place, event = _place(), app.current_event
    header = "; ".join(event.raw_event.get("cookies") or [event.headers.get("cookie", "")])
    rest = (place.members, place.need("site_url"), place.clock())
    try:
        return session.who(header, place.secrets(), *rest)
    except UnknownKey:
        return session.who(header, place.secrets(anew=True), *rest)


def _allow(what: str, limit: int) -> None:
    """Raises Failure when one place asks too often.

    It is whom CloudFront asks for, if it is CloudFront that asks: anybody else could make up for whom.
    """
    event, place = app.current_event, _place()
    stops = event.headers.get("x-forwarded-for", "").replace(" ", "").split(",")
    edge = len(stops) > 1 and event.headers.get(EDGE) == place.need("cloud_secret")
    source = stops[-2] if edge else event.raw_event["requestContext"]["http"].get("sourceIp")
    if not place.members.allow(f"{what} {source}", limit, 60, place.clock()):
        _refuse(429, "too_many", "That was asked too often", "Wait a minute")


def _name(id: str) -> str:
    person = _place().members.person(id)
    return (person.name or masked(person.address)) if person else ""


@_on("GET", "/health")
def health() -> bodies.Health:
    """Whether the function works, and which versions it has."""
    return bodies.Health(**work.health(_place()))


@_on("GET", "/openapi.json", include_in_schema=False)
def openapi() -> Response[Any]:
    """What you read."""
    return Response(200, "application/json", document())


@_on("POST", "/generate-reports", 202)
def generate(
    body: bodies.Generate, key: Annotated[str, Header(alias="Idempotency-Key", max_length=200)] = ""
) -> bodies.Started:
    """Begin a run; the same Idempotency-Key, the same run."""
    claims, place = _asker("generate"), _place()
    run = hashlib.sha256(f"{claims.sub} {key}".encode()).hexdigest()[:20] if key else secrets.token_hex(10)
    try:
        work.begin(place, run, _name(claims.sub), **body.said)
    except work.OtherRun:
        _refuse(409, "other_run", "That Idempotency-Key is of another run", "Send a fresh one")
    log.audit(claims.sub, "generate", run)
    return bodies.Started(run=run)


def _seen(claims: Claims, row: dict[str, str]) -> bodies.RunDetail | None:
    """A run as somebody may see it, with the reports of it that they may read; None without one of those.

    What went wrong with it may tell figures of any: so that is for those who may read all of them.
    """
    if not row:
        return None
    reports = _place().runs.reports(row["id"])
    mine = [it for it in reports if may(claims.role, "read", claims.reports, it["slug"])]
    whole = may(claims.role, "read", claims.reports, EVERY)
    if not (mine or whole):
        return None
    said: dict[str, Any] = {name: row.get(name, "") for name in ("id", "state", "at", "period", "why", "asked_by")}
    personas = row["personas"].split()
    if not whole and len(mine) < len(reports):
        said["why"], personas = "", sorted({it["slug"].partition("/")[0] for it in mine})
    shown = [bodies.RunReport.model_validate(it) for it in mine]
    return bodies.RunDetail(**said, project=row["version"], personas=personas, send=bool(row["send"]), reports=shown)


@_on("GET", "/runs")
def history() -> bodies.History:
    """Of the last twenty runs those with a report that one may read."""
    claims = _asker("runs")
    return bodies.History(runs=[run for row in _place().runs.newest(20) if (run := _seen(claims, row))])


@_on("GET", "/runs/<id>")
def run(id: RunId) -> bodies.RunDetail:
    """What became of a run, and of each of its reports that one may read."""
    return _seen(_asker("runs"), _place().runs.get(id)) or _refuse(404, "not_found", "There is no such run")


@_on("GET", "/reports")
def reports() -> bodies.Reports:
    """The newest report of each slug that one may read, what became of its mails and, for whoever may, what to do."""
    claims, found = _asker("reports"), []
    for row in published(_place()):
        if may(claims.role, "read", claims.reports, row["slug"]):
            acts = may(claims.role, "act", claims.reports, row["slug"])
            found.append(bodies.Listed(**listed(_place(), row), actions=json.loads(row["actions"]) if acts else []))
    return bodies.Reports(reports=found)


def _row(which: bodies.Which) -> dict[str, str]:
    """What is known of a published report."""
    row = _place().table.get({"pk": "reports", "sk": f"{which.slug}#{which.period}"})
    return row or _refuse(404, "not_found", "There is no such report")


@_on("POST", "/approvals")
def approve(body: bodies.Which) -> bodies.Done:
    """Let a report be sent, as it is now."""
    from ..dispatch import approval_mark

    claims, place, row = _asker("approve", body.slug), _place(), _row(body)
    place.ledger.mark(
        approval_mark(body.slug, body.period, row["content"]), json.dumps({"by": claims.sub, "at": place.at})
    )
    log.audit(claims.sub, "approve", f"{body.slug} {body.period}")
    return bodies.Done()


@_on("POST", "/reports/send", 202)
def send(body: bodies.Send) -> bodies.Started:
    """Mail a report: a run of its own."""
    action = "send" if body.to == "me" else "retry" if body.retry_failed else "send-all"
    claims, place = _asker(action, body.slug), _place()
    _row(body)
    said = {"to": claims.sub if body.to == "me" else "", "retry_failed": "yes" if body.retry_failed else ""}
    persona, _, subject = body.slug.partition("/")
    run = secrets.token_hex(10)
    work.begin_sending(place, run, ReportKey(persona, subject, body.period), _name(claims.sub), **said)
    log.audit(claims.sub, action, f"{body.slug} {body.period}")
    return bodies.Started(run=run)


@_on("POST", "/invites", 202)
def invite(body: bodies.Invite) -> bodies.Done:
    """Let somebody in and mail them a link."""
    claims, place = _asker("invite"), _place()
    id = place.members.invite(body.address, body.role, body.reports, place.clock(), body.name)
    _mail_link(id, recipient=id)
    log.audit(claims.sub, f"invite {body.role}", id)
    return bodies.Done()


@_on("POST", "/links", 202)
def fresh_link(body: bodies.Link) -> bodies.Done:
    """Mail a fresh link to whom an old one or an address belongs, if to anybody: the answer does not tell."""
    _allow("links", 10)
    meant = _place().members.stale(body.code) if body.code else None
    person, goes = (meant[0].id, meant[1]) if meant else ("", "")
    # never a code, which may be unspent
    _mail_link(person or recipient_id(body.address), address=body.address, recipient=person, goes=goes)
    return bodies.Done()


def _mail_link(id: str, **said: str) -> None:
    """Have a link mailed to a `recipient_id`, unless five were within the hour."""
    place = _place()
    if place.members.allow(f"mail {id}", 5, 3600, place.clock()):
        place.enqueue("link", id=secrets.token_hex(16), **said)


@_on("POST", "/session")
def sign_in(body: bodies.Code) -> Response[bodies.Goes]:
    """Spend a magic link."""
    _allow("session", 30)
    place = _place()
    redeemed = place.members.redeem(body.code, place.clock()) or _again(body.code)
    if not redeemed:
        _refuse(401, "spent", "This link was used, or is too old", "Have a fresh one mailed to you")
    person, goes = redeemed
    log.audit(person.id, "sign in", goes.partition("#")[0])
    kept = session.open_session(person, goes, place.secrets(), place.need("site_url"), place.clock())
    return _signed(bodies.Goes(goes=goes), kept)


def _again(code: str) -> tuple[Person, str] | None:
    """Whom a spent or old link was for and where it led, if they are still signed in here."""
    found = _place().members.stale(code)
    try:
        return found if found and _who().sub == found[0].id else None
    except Refused:
        return None


@_on("POST", "/session/renew")
def renew(body: bodies.Renew) -> Response[bodies.Goes]:
    """Open the pages of a session for another hour."""
    claims, place = _who(), _place()
    person = place.members.person(claims.sub)
    if not person:
        raise Refused
    kept = session.open_session(
        person, body.goes, place.secrets(), place.need("site_url"), place.clock(), until=claims.exp
    )
    return _signed(bodies.Goes(goes=body.goes or person.home), kept)


@_on("DELETE", "/session")
def sign_out() -> Response[bodies.Done]:
    """End this browser's session."""
    try:
        claims = _who()
    except Refused:
        claims = None
    return _signed(bodies.Done(), session.close_session(claims, _place().need("site_url")))


@_on("GET", "/session")
def me() -> bodies.Me:
    """Who is signed in, the reports that are theirs, and what they may do."""
    claims = _who()
    return bodies.Me(role=claims.role, reports=claims.reports, name=_name(claims.sub), may=sorted(MAY[claims.role]))


def _signed(body: Any, cookies: list[str]) -> Response[Any]:
    kept: Any = cookies  # powertools asks for objects and wants their text alone
    return Response(200, "application/json", body, cookies=kept, headers={"Cache-Control": "no-store"})


def _unsubscribe(method: str, t: str) -> Response[Any]:
    place = _place()
    status, page = confirm(method, t, place.signing_secret, place.recipients, place.at)
    return Response(status, "text/html; charset=utf-8", page)


_token = Annotated[str, Query(max_length=300)]


@_on("GET", "/unsubscribe")
def unsubscribe_page(t: _token = "") -> Response[str]:
    """Ask whether to send no more."""
    return _unsubscribe("GET", t)


@_on("POST", "/unsubscribe")
def unsubscribe(t: _token = "") -> Response[str]:
    """Send no more, by the page's button or by a mail program (RFC 8058)."""
    return _unsubscribe("POST", t)


@_on("POST", "/actions")
def act(body: bodies.Push) -> bodies.Done:
    """Push a report's follow-up to the owner's dashboard; pushed again, it has the same id."""
    claims, place, row = _asker("act", body.slug), _place(), _row(body)
    found = [it for it in json.loads(row["actions"]) if it["id"] == body.action]
    if not found:
        _refuse(404, "not_found", "This report asks for no such action", "See /reports")
    url, now = place.need("actions_url"), place.clock()
    page = f"{place.settings.site_url}/r/{body.slug}/{body.period}/"
    data = {"slug": body.slug, "period": body.period, "url": page, "as_of": row["as_of"], **found[0]}
    told = json.dumps({"type": "report.action", "timestamp": place.at, "data": data}, sort_keys=True).encode()
    id = hashlib.sha256(f"{body.slug} {body.period} {body.action}".encode()).hexdigest()[:32]
    try:
        webhook.push(url, id, now, told, place.secrets().actions)
    except QuarterdeckError as err:
        _refuse(502, "not_taken", f"{err.where} {err.problem}", err.remedy)
    log.audit(claims.sub, "act", f"{body.slug} {body.period} {body.action}")
    return bodies.Done()
