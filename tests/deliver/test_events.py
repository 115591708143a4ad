"""Reading what SES publishes, in every envelope that it comes in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quarterdeck.deliver.events import read_events
from quarterdeck.model.delivery import DeliveryKey, recipient_id
from quarterdeck.model.errors import QuarterdeckError

EVENTS = {path.stem: path.read_text("utf-8") for path in sorted((Path(__file__).parent / "events").glob("*.json"))}
KEY = DeliveryKey("ceo", "2026-10", recipient_id("jane@example.com"))
KINDS = {
    "send": "sent", "delivery": "delivered", "bounce": "bounced", "bounce-transient": "bounced",
    "bounce-audit": "bounced", "complaint": "complained", "open": "opened", "click": "clicked", "reject": "rejected",
    "rendering-failure": "rejected", "delivery-delay": "delayed", "subscription": "subscribed",
    "in-eventbridge": "bounced", "in-sns": "delivered", "in-sns-for-lambda": "delivered", "notification": "bounced",
    "in-sqs": "opened clicked", "other-advice": "other", "other-confirmation": "other", "other-set-up": "other",
    "other-topic-validated": "other",
}  # fmt: skip


def event(name: str, **changes: object) -> dict[str, object]:
    """A sample's JSON, changed at its top."""
    return {**json.loads(EVENTS[name]), **changes}


@pytest.mark.parametrize("name", EVENTS)
def test_every_sample_is_read_for_what_it_is(name: str) -> None:
    """Whatever wraps it; with its delivery and its mail unless it is about none, and no address in its detail."""
    found = read_events(EVENTS[name])
    assert " ".join(each.kind for each in found) == KINDS[name]
    for each in found:
        about = each.kind != "other"
        assert (each.key == KEY, each.message_id.startswith("01020199"), bool(each.id)) == (about, about, about)
        assert "jane@" not in each.detail and "secret" not in each.detail


def test_what_happened_when_to_whom_and_why() -> None:
    """Times are UTC to the second; a reason keeps its words and loses its address."""
    (bounce,) = read_events(EVENTS["in-eventbridge"])
    assert (bounce.at, bounce.taken) == ("2026-11-02T06:00:03Z", "2026-11-02T06:00:00Z")
    assert bounce.addresses == ("jane@example.com",) and bounce.permanent
    assert bounce.id == "3f1a0000-1111-2222-3333-444444444444"
    assert bounce.detail == "Permanent, General, smtp; 550 5.1.1 <j…@example.com>... User unknown"
    assert not read_events(EVENTS["bounce-transient"])[0].permanent
    assert read_events(EVENTS["in-sns"])[0].id == "95df0000-1111-2222-3333-444444444444"


def test_a_time_of_another_zone_is_written_in_utc() -> None:
    """To the second, as the ledger has it."""
    sample = event("open", open={"timestamp": "2026-11-02T02:30:00.900-05:00"})
    assert read_events(json.dumps(sample))[0].at == "2026-11-02T07:30:00Z"


def test_a_reader_who_says_that_it_is_no_spam_complains_of_nothing() -> None:
    """SES calls that a complaint, too."""
    kind = event("complaint")
    assert read_events(json.dumps(kind))[0].permanent
    kind["complaint"]["complaintFeedbackType"] = "not-spam"  # type: ignore[index]
    assert not read_events(json.dumps(kind))[0].permanent


def test_many_documents_are_read_from_one_text() -> None:
    """As an array, as lines, and one directly after another as Firehose writes them."""
    each = [EVENTS["delivery"], EVENTS["open"], EVENTS["in-sqs"]]
    for text in (f"[{','.join(each)}]", "\ufeff" + "\r\n".join(each) + "\n", "".join(map(str.strip, each))):
        assert [found.kind for found in read_events(text)] == ["delivered", "opened", "opened", "clicked"]
    assert read_events(" \n") == []


def test_an_event_without_an_envelope_is_known_again_by_what_it_says() -> None:
    """The same told twice has one id, something else another."""
    (once,), (again,), (other,) = (read_events(EVENTS[name]) for name in ("open", "open", "click"))
    assert once.id == again.id != other.id


def test_the_key_is_in_the_tag_or_else_in_the_header() -> None:
    """A mail of somebody else, or with a tag of that name that is none of ours, has no key."""
    sample = event("delivery")
    mail = sample["mail"]
    assert isinstance(mail, dict)
    mail["headers"] = [{"name": "x-quarterdeck-delivery", "value": KEY.tag}]
    mail["tags"] = {"delivery": ["parcel"]}
    assert read_events(json.dumps(sample))[0].key == KEY
    mail["headers"] = []
    assert read_events(json.dumps(sample))[0].key is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "event 1: is no JSON"),
        (EVENTS["open"] + "oops", "event 2: is no JSON"),
        ("[1]", "event 1: is no JSON object"),
        ('{"detail-type": "EC2 Instance State-change", "source": "aws.ec2", "detail": {}}', "none that SES publishes"),
        ('{"Records": [{"ses": {}, "eventSource": "aws:ses"}]}', "none that SES publishes"),
        ('{"Type": "Notification", "Message": "Hello from SNS!"}', "is no JSON"),
        ('{"eventType": "Bounce", "mail": {"messageId": "1"}}', "lacks .*'bounce'"),
        ('{"eventType": "Open", "open": {}}', "lacks 'mail'"),
        ('{"eventType": "Open", "open": {}, "mail": {"messageId": "1"}}', "has no 'timestamp'"),
        ('{"eventType": "Open", "open": {"timestamp": "noon"}, "mail": {"messageId": "1"}}', "noon"),
        ("[" * 100_000, "event 1: "),
    ],
)
def test_what_is_no_event_is_named(text: str, problem: str) -> None:
    """Which one and why, with no traceback."""
    with pytest.raises(QuarterdeckError, match=problem):
        read_events(text)


names = st.sampled_from([
    "eventType", "notificationType", "mail", "messageId", "timestamp", "bounce", "bouncedRecipients", "emailAddress",
    "tags", "delivery", "headers", "name", "value", "Records", "Messages", "Sns", "body", "Body", "Type", "Message",
    "MessageId", "Timestamp", "source", "detail", "open", "complaint", "recipients",
])  # fmt: skip
words = (
    st.sampled_from(
        [
            "Bounce",
            "Delivery",
            "Open",
            "Notification",
            "aws.ses",
            "a@b",
            "{}",
            "0001-01-01T00:00:00+09:00",
            "2026-11-02",
        ]
    )
    | st.text()
)
values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names | st.text(), inner, max_size=6),
    max_leaves=30,
)


@given(values)
@example({"eventType": "Open", "open": {"timestamp": "0001-01-01T00:00:00+09:00"}, "mail": {"messageId": "1"}})
@example({"eventType": "Delivery", "mail": {"messageId": "\ud800", "timestamp": "2026-11-02"}, "delivery": {}})
def test_no_json_leads_to_another_error(value: object) -> None:
    """Whatever an event holds."""
    try:
        read_events(json.dumps(value))
    except QuarterdeckError as err:
        assert err.where.startswith("event ")


@given(st.sampled_from(sorted(EVENTS)), st.data())
def test_no_change_of_a_sample_leads_to_another_error(name: str, data: st.DataObject) -> None:
    """Any one value in it is put in the place of another."""
    sample = json.loads(EVENTS[name])
    place = sample
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        inner = place[key]
        if not isinstance(inner, (dict, list)) or not inner or data.draw(st.booleans()):
            break
        place = inner
    place[key] = data.draw(values)
    try:
        read_events(json.dumps(sample))
    except QuarterdeckError as err:
        assert err.where.startswith("event ")
