"""Each event finds who answers it; what is none of ours is left to the foreign handler, as it came."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deliver.aws import serving
from deliver.test_events import EVENTS, KEY
from deliver.test_sns import TOPIC, certificate, signed
from quarterdeck import __version__
from quarterdeck.cloud import handler, mount
from quarterdeck.deliver import sns
from quarterdeck.model.delivery import Delivery
from quarterdeck.model.errors import QuarterdeckError

from .cloud import CONTEXT, Cloud, deployed, http_event, sqs_record
from .test_work import mails

FOREIGN: list[Any] = [
    http_event("GET", "/their/page", "", {}, []),
    http_event("POST", "/health", "{}", {}, []),
    http_event("GET", "/apis/health", "", {}, []),
    {"Records": [{**sqs_record("Test message.", 1), "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue"}]},
    {"Records": [sqs_record('{"message": "foo1"}', 1, "my-queue")]},
    *({"Records": [sqs_record(body, 1, "my-queue")]} for body in (
        '{"repository": "quarterdeck"}', '{"quarterdeck": "deployed"}', '{"quarterdeck": ["plan"]}', '["quarterdeck"]',
        '{"quarterdeck": ' + "[" * 9999)),
    {"quarterdeck": "deployed", "by": "theirs"},
    {"source": "theirs", "detail": {"quarterdeck": "released"}}, {"source": "theirs", "detail": "[" * 9999},
    {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": {"Message": "Hello from SNS!"}}]},
    {"Records": [{"eventSource": "aws:ses", "eventVersion": "1.0", "ses": {"mail": {"messageId": "o3vr"}}}]},
    {"Records": [{"eventSource": "aws:s3", "s3": {"bucket": {"name": "theirs"}}}]},
    {"Records": []}, {"Records": "x"}, {"Records": [7]}, {"requestContext": None}, {"requestContext": {"http": None}},
    {"version": "0", "detail-type": "Scheduled Event", "source": "aws.scheduler", "detail": "{}", "time": "2026-11-01"},
    {"version": "0", "source": "aws.ec2", "detail": {"state": "terminated"}}, {"quarterdeck": 7}, {}, [], "text", None,
]  # fmt: skip


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    tmp_path_factory.getbasetemp()  # before there is another place for it
    with serving() as endpoint, deployed(endpoint) as made:
        yield made


def as_signed(event: Any, patch: pytest.MonkeyPatch) -> Any:
    """A sample event with its messages of SNS signed, of a topic that is set."""
    patch.setattr(sns, "fetch", lambda url: certificate())
    patch.setattr(handler.place(), "settings", replace(handler.place().settings, ses_topic=TOPIC))
    for record in event.get("Records", []):
        if "Sns" in record:
            record["Sns"] = signed(**record["Sns"])
        elif '"Signature"' in record["body"]:
            record["body"] = json.dumps(signed(**json.loads(record["body"])))
    return event


@pytest.mark.parametrize("event", FOREIGN, ids=range(len(FOREIGN)))
def test_a_foreign_event_is_left_as_it_came(cloud: Cloud, event: Any) -> None:
    """The same object, the same context, and the foreign answer."""
    before, got = json.dumps(event), []
    mounted = mount(lambda *given: got.append(given) or "theirs")  # type: ignore[func-returns-value]
    assert mounted(event, CONTEXT) == "theirs"
    assert got[0][0] is event and got[0][1] is CONTEXT and json.dumps(event) == before


def test_what_is_ours_the_foreign_handler_does_not_see(cloud: Cloud) -> None:
    """Routes under both names, our queue, our messages in any queue, SES's events of our mails, direct ones."""
    mounted = mount(lambda event, context: pytest.fail("seen"))
    for path in ("/health", "/api/health"):
        assert mounted(http_event("GET", path, "", {}, []), CONTEXT)["statusCode"] == 200
    ours = {"Records": [sqs_record("poison", 1, cloud.name)]}
    assert len(mounted(ours, CONTEXT)["batchItemFailures"]) == 1
    assert mounted({"Records": [sqs_record('{"quarterdeck": "plan", "run": "x"}', 1)]}, CONTEXT) == {
        "batchItemFailures": []
    }
    assert mounted({"quarterdeck": "health"}, CONTEXT) == {"status": "ok", "version": __version__, "project": ""}


def test_alone_an_unknown_event_is_an_error(cloud: Cloud) -> None:
    """So that whoever sent it is told; an unknown path is a 404 in the one shape."""
    with pytest.raises(ValueError, match="none that Quarterdeck knows"):
        handler.handler({"source": "aws.ec2"}, CONTEXT)
    assert cloud.get("/nothing") == (404, {"error": {
        "code": "not_found", "message": "There is nothing here", "remedy": "See /openapi.json"}})  # fmt: skip


@pytest.mark.parametrize("name", ["in-sns-for-lambda", "in-eventbridge", "in-sqs"])
def test_what_ses_tells_is_in_the_ledger_once(cloud: Cloud, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mounted or alone, by SNS, EventBridge or a queue, and as often as it comes."""
    row = Delivery(KEY, "sent", "a sender", 0, "2026-11-02T06:00:01Z", address="jane@example.com")
    cloud.client("dynamodb").delete_item(
        TableName=f"{cloud.name}-ledger",
        Key={"pk": {"S": f"{KEY.slug}#{KEY.recipient}"}, "sk": {"S": f"{KEY.period}#000001"}},
    )
    assert cloud.place.ledger.claim(row, cloud.place.clock())
    assert cloud.place.ledger.advance(KEY, "sent", was=("claimed", "sent"), at=row.at, message_id="m")
    event = as_signed(json.loads(EVENTS[name]), monkeypatch)
    for call in (mount(lambda *_: pytest.fail("seen")), handler.handler):
        assert call(event, CONTEXT) in ({"batchItemFailures": []}, *([{"new": n, "known": k, "others": 0}
                                        for n in range(3) for k in range(3)]))  # fmt: skip
    noted = cloud.place.ledger.get(KEY)
    assert noted and (noted.delivered or noted.opened or noted.clicked or noted.bounced)


def test_a_bounce_is_told_the_operator_once(cloud: Cloud, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By mail, as the project's settings say."""
    monkeypatch.setenv("OPERATOR_ADDRESS", "desk@example.com")
    key = replace(KEY, version=7)
    row = Delivery(key, "claimed", "a sender", 0, "2026-11-02T06:00:01Z")
    assert cloud.place.ledger.claim(row, 0) and cloud.place.ledger.advance(key, "sent", was=("claimed",))
    event = {**json.loads(EVENTS["in-eventbridge"].replace(KEY.tag, key.tag)), "id": "another"}
    cloud.push(project)
    before = len(mails(cloud.endpoint))
    for _ in range(2):
        handler.handler(event, CONTEXT)
    assert mails(cloud.endpoint)[before:] == [{"desk@example.com"}]


@pytest.mark.parametrize("topic", ["", TOPIC])
def test_a_forged_message_of_sns_is_refused(cloud: Cloud, topic: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while no topic is set; by a queue it is left for the dead letters."""
    event = as_signed(json.loads(EVENTS["in-sns-for-lambda"]), monkeypatch)
    monkeypatch.setattr(cloud.place, "settings", replace(cloud.place.settings, ses_topic=topic))
    event["Records"][0]["Sns"]["Message"] = EVENTS["complaint"]
    with pytest.raises(QuarterdeckError, match="not signed by SNS" if topic else "SES_TOPIC is not set"):
        handler.handler(event, CONTEXT)
    assert len(cloud.deliver(sqs_record(json.dumps(event["Records"][0]["Sns"]), 1))) == 1


def test_what_comes_before_its_sender_is_done_comes_again(cloud: Cloud) -> None:
    """The whole event, or the message of it."""
    key = {"pk": {"S": f"{KEY.slug}#{KEY.recipient}"}, "sk": {"S": f"{KEY.period}#000001"}}
    cloud.client("dynamodb").delete_item(TableName=f"{cloud.name}-ledger", Key=key)
    now = cloud.place.clock()
    assert cloud.place.ledger.claim(Delivery(KEY, "claimed", "a sender", now + 600, "2026-11-02T06:00:01Z"), now)
    assert cloud.place.ledger.advance(KEY, "sending", was=("claimed",))
    told = EVENTS["bounce"]
    with pytest.raises(Exception, match="being sent"):
        handler.handler({"source": "aws.ses", "detail": json.loads(told), "id": "n1"}, CONTEXT)
    assert len(cloud.deliver(sqs_record(told, 1))) == 1


def test_a_message_that_failed_comes_again_in_a_minute(cloud: Cloud) -> None:
    """Not after the half hour that the queue gives a worker that died."""
    sqs, url, asked = cloud.place.client("sqs"), cloud.place.settings.queue_url, []
    sqs.meta.events.register(
        "before-parameter-build.sqs.ChangeMessageVisibility", lambda params, **_: asked.append(params)
    )
    sqs.send_message(QueueUrl=url, MessageBody='{"quarterdeck": "plan", "more": 1}')
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    record = sqs_record(message["Body"], 1, cloud.name) | {"receiptHandle": message["ReceiptHandle"]}
    assert len(cloud.deliver(record)) == 1
    assert [(it["QueueUrl"], it["VisibilityTimeout"]) for it in asked] == [(url, 60)]


def test_the_log_holds_no_full_address_and_no_secret(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither in what SES says, with causes and stack, nor of a message that is none."""
    (kept,) = logging.getLogger("quarterdeck").handlers
    monkeypatch.setattr(kept, "stream", stream := io.StringIO())  # type: ignore[arg-type]

    def refuse(*_: Any) -> None:
        try:
            raise ValueError("not verified: carol.secret@example.com")
        except ValueError as err:
            raise OSError('"carol.secret@example.com",carol.secret@example.com') from err

    assert len(cloud.deliver(sqs_record('{"quarterdeck": "link", "address": "carol.secret@example.com"}', 1))) == 0
    assert len(cloud.deliver(sqs_record('{"quarterdeck": "link", "code": "carol.secret"}', 1))) == 1
    monkeypatch.setattr("quarterdeck.cloud.work.take", refuse)
    assert len(cloud.deliver(sqs_record("{}", 1))) == 1
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [it["exception_name"] for it in lines] == ["ValidationError", "OSError"]
    assert "verified: c…@example.com" in lines[1]["exception"]
    assert lines[1]["stack_trace"]["value"] == '"c…@example.com",c…@example.com'
    assert "carol.secret" not in stream.getvalue()


def test_a_folder_of_its_own(cloud: Cloud) -> None:
    """Another environment on the same disk works elsewhere, and one that is gone leaves its folder to the next."""
    from quarterdeck.cloud.place import Place

    mine, other = cloud.place.folder, Place()
    assert other.folder != mine
    left = other.folder
    other._lock.close()
    assert Place().folder == left
