"""What SES tells later about a mail, read from whatever it came wrapped in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parseaddr
from typing import Any

from ..model.delivery import DeliveryKey, without_addresses
from ..model.errors import QuarterdeckError
from .words import one_line

Check = Callable[[dict[str, Any]], None]
TAG, HEADER = "delivery", "X-Quarterdeck-Delivery"
"""The tag and the header by which a mail carries its delivery's key."""
_KINDS = {  # SES's word: ours, the object that tells more, and the list in it of whom it is about
    "Send": ("sent", "send", ""),
    "Delivery": ("delivered", "delivery", "recipients"),
    "Bounce": ("bounced", "bounce", "bouncedRecipients"),
    "Complaint": ("complained", "complaint", "complainedRecipients"),
    "Open": ("opened", "open", ""),
    "Click": ("clicked", "click", ""),
    "Reject": ("rejected", "reject", ""),
    "RenderingFailure": ("rejected", "failure", ""),
    "DeliveryDelay": ("delayed", "deliveryDelay", "delayedRecipients"),
    "Subscription": ("subscribed", "subscription", ""),
}
# Neither the link that was clicked, which may be secret, nor the reader's device and place.
_TELLING = ("bounceType", "bounceSubType", "complaintFeedbackType", "complaintSubType", "reason", "errorMessage")
_INSIDE = ("Records", "Messages", "Sns", "body", "Body", "Message")
"""Where the envelopes of Lambda, SQS and SNS hold what they carry."""
_SPACE = re.compile(r"[\s\ufeff]*")
_REMEDY = "Give events as SES publishes them to EventBridge, SNS or a queue, as JSON"


@dataclass(frozen=True)
class Feedback:
    """One event of SES about one mail, a delivery's if it has a `key`.

    `kind` is one of `_KINDS`, or `other` for what is about no mail. `at` is when it happened, `taken` when SES took the
    mail (ISO 8601, UTC). `addresses` are whom it is about, where SES says so. `permanent` says that the address will
    never do or the reader wants no more. `detail` is SES's reason, addresses in it masked.
    """

    key: DeliveryKey | None = None
    kind: str = "other"
    message_id: str = ""
    at: str = ""
    taken: str = ""
    addresses: tuple[str, ...] = ()
    permanent: bool = False
    id: str = ""
    detail: str = ""


def read_events(text: str, check: Check = lambda message: None) -> list[Feedback]:
    """The events in JSON from EventBridge, SNS, SQS or SES itself: an object, an array, or one after another.

    Raises QuarterdeckError for anything else, and what `check` raises, which is asked about each message of SNS.
    """
    events: list[Feedback] = []
    try:
        for document in _documents(text):
            for found in _unwrap(document, check):
                events.append(_read(*found))
    except (ValueError, OverflowError, RecursionError) as err:
        problem = f"is no JSON: {err}" if isinstance(err, json.JSONDecodeError) else str(err)
        raise QuarterdeckError(f"event {len(events) + 1}", problem, _REMEDY) from err
    return events


def _documents(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    while (at := _SPACE.match(text, at).end()) < len(text):  # type: ignore[union-attr]  # it matches nothing, too
        document, at = decoder.raw_decode(text, at)
        yield document


def _unwrap(document: Any, check: Check, id: Any = "", at: Any = "") -> Iterator[tuple[dict[str, Any], Any, Any]]:
    """Each event of SES in a document, with the id and the time of what it came in."""
    if isinstance(document, str):
        # SES says so once, in plain words, when a topic is set up.
        validated = document.startswith("Successfully validated SNS topic")
        document = {"eventType": ""} if validated else json.loads(document)
    if isinstance(document, list):
        for each in document:
            yield from _unwrap(each, check, id, at)
        return
    if not isinstance(document, dict):
        raise ValueError("is no JSON object")
    if {"Message", "TopicArn"} & document.keys():
        check(document)
    if {"eventType", "notificationType"} & document.keys() or str(document.get("Type")).endswith("Confirmation"):
        yield document, id, at
    elif document.get("source") == "aws.ses" and isinstance(document.get("detail"), dict):
        yield document["detail"], document.get("id"), document.get("time")
    elif inside := [document[name] for name in _INSIDE if name in document]:
        yield from _unwrap(inside[0], check, document.get("MessageId", id), document.get("Timestamp", at))
    else:
        raise ValueError("is none that SES publishes")


def _read(event: dict[str, Any], id: Any, at: Any) -> Feedback:
    said = _text(event.get("eventType") or event.get("notificationType")).replace(" ", "")
    if said not in _KINDS:
        return Feedback()
    kind, name, about = _KINDS[said]
    mail, more = event.get("mail"), event.get(name, None if about else {})
    if not isinstance(mail, dict) or not isinstance(more, dict) or not _text(mail.get("messageId")):
        raise ValueError(f"({said}) lacks 'mail', its 'messageId' or {name!r}")
    people = [each if isinstance(each, dict) else {"emailAddress": each} for each in _list(more.get(about))]
    addresses = [parseaddr(_text(each.get("emailAddress")))[1] for each in people]
    words = [_text(more.get(word)) for word in _TELLING] + [_text(each.get("diagnosticCode")) for each in people[:1]]
    happened = _time(more.get("timestamp"), mail.get("timestamp"), at)
    # SES calls it a complaint, too, when a reader says that a mail is *not* spam.
    unwanted = kind == "complained" and more.get("complaintFeedbackType") != "not-spam"
    feedback = Feedback(
        key=_key(mail),
        kind=kind,
        message_id=_text(mail["messageId"]),
        at=happened,
        taken=_time(mail.get("timestamp"), happened),
        addresses=tuple(address for address in addresses if "@" in address),
        permanent=unwanted or (kind == "bounced" and more.get("bounceType") == "Permanent"),
        detail=one_line(without_addresses(", ".join(filter(None, words)))),
    )
    # What came in nothing that has an id is known by what it says.
    return replace(feedback, id=_text(id) or hashlib.sha256(repr(feedback).encode()).hexdigest()[:32])


def _text(value: Any) -> str:
    return one_line(value, 1000) if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _time(*told: Any) -> str:
    """The first time of those told, in UTC to the second."""
    text = next(filter(None, map(_text, told)), "")
    if not text:
        raise ValueError("has no 'timestamp'")
    moment = datetime.fromisoformat(text)
    moment = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _key(mail: dict[str, Any]) -> DeliveryKey | None:
    tags = mail.get("tags")
    told = [*_list(tags.get(TAG))] if isinstance(tags, dict) else []
    headers = [header for header in _list(mail.get("headers")) if isinstance(header, dict)]
    told += [it.get("value") for it in headers if _text(it.get("name")).casefold() == HEADER.casefold()]
    for text in map(_text, told):
        with suppress(QuarterdeckError):
            return DeliveryKey.from_tag(text)
    return None
