"""Messages signed as SNS signs them, and forged ones."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.deliver import sns
from quarterdeck.deliver.events import read_events
from quarterdeck.deliver.feedback import take_in
from quarterdeck.deliver.sns import check_sns
from quarterdeck.model.errors import QuarterdeckError

from .memory import MemoryLedger
from .test_events import EVENTS
from .test_feedback import SENT

TOPIC = "arn:aws:sns:eu-west-1:123456789012:reports"
WHEN = datetime(2026, 11, 2, 6, 0, 5, 675000, UTC)
NOW = WHEN.timestamp() + 5
SNS, ROGUE = (rsa.generate_private_key(65537, 2048) for _ in range(2))


def certificate(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = SNS, start: int = -1, end: int = 30) -> bytes:
    """A certificate that its own key signed, valid between two days from the message's."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, WHEN + timedelta(start), WHEN + timedelta(end))
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def signed(name: str = "in-sns", key: rsa.RSAPrivateKey = SNS, **changes: Any) -> dict[str, Any]:
    """A sample message with changes, signed over the text that AWS's guide prescribes, written out here by hand."""
    message = {**json.loads(EVENTS[name]), **changes}
    if message["Type"] == "Notification":
        subject = f"Subject\n{message['Subject']}\n" if message.get("Subject") is not None else ""
        middle, tail = f"{subject}Timestamp\n{message['Timestamp']}\n", ""
    else:
        middle = f"SubscribeURL\n{message['SubscribeURL']}\nTimestamp\n{message['Timestamp']}\n"
        tail = f"Token\n{message['Token']}\n"
    text = f"Message\n{message['Message']}\nMessageId\n{message['MessageId']}\n{middle}{tail}"
    text += f"TopicArn\n{message['TopicArn']}\nType\n{message['Type']}\n"
    digest = hashes.SHA256() if message["SignatureVersion"] == "2" else hashes.SHA1()
    message["Signature"] = base64.b64encode(key.sign(text.encode(), padding.PKCS1v15(), digest)).decode()
    return message


@pytest.fixture(autouse=True)
def certified(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], bytes]], None]:
    """SNS's host, where its own certificate lies until a test puts another there."""

    def lie(fetch: Callable[[str], bytes]) -> None:
        monkeypatch.setattr(sns, "fetch", fetch)

    lie(lambda url: certificate() if re.match(r"https://sns\.[a-z0-9-]+\.amazonaws\.com", url) else b"")
    return lie


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize("subject", ["Amazon SES Email Event Notification", None, ""])
def test_a_message_that_sns_signed_passes(version: str, subject: str | None) -> None:
    """Signed with SHA-1 or SHA-256, with a subject or none."""
    message = signed(SignatureVersion=version, Subject=subject)
    check_sns(message, TOPIC)
    if subject is None:
        del message["Subject"]
        message["SigningCertUrl"] = message.pop("SigningCertURL")  # as a function is given it
        check_sns(message, TOPIC)


@pytest.mark.parametrize("version", ["1", "2"])
@pytest.mark.parametrize(
    "forged",
    [
        {"Subject": "Forged"}, {"Subject": None}, {"Message": EVENTS["bounce"]}, {"MessageId": "another"},
        {"Timestamp": "2026-11-02T06:00:06.675Z"}, {"SignatureVersion": "3"}, {"Signature": ""},
        {"Signature": "no base64"}, {"Signature": base64.b64encode(b"x" * 256).decode()}, {"Type": "Elsewise"},
        {"Type": "SubscriptionConfirmation"}, {"Message": None}, {"Message": {"eventType": "Bounce"}},
        {"TopicArn": "arn:aws:sns:eu-west-1:123456789012:other"}, {"Message": "\ud800"},
    ],
    ids=str,
)  # fmt: skip
def test_a_changed_message_is_refused(version: str, forged: dict[str, Any]) -> None:
    """Whatever field was changed after signing."""
    with pytest.raises(QuarterdeckError, match="SNS message"):
        check_sns({**signed(SignatureVersion=version), **forged}, TOPIC)


def test_fields_cannot_be_moved_into_one_another() -> None:
    """Two messages that are signed as the same text: the second would have another id, and count as another event."""
    message = signed(Subject="Hello")
    moved = {**message, "MessageId": f"{message['MessageId']}\nSubject\nHello", "Subject": None}
    with pytest.raises(QuarterdeckError, match="no proper MessageId"):
        check_sns(moved, TOPIC)


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.example.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com@example.com/a.pem",
        "https://user@sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/a.pem",
        "https://example.com/sns.eu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com.cn/a.pem",
        "https://sns.us-east-1.amazonaws.com/a.pem",
        "https://sns.s3.amazonaws.com/a.pem",
        "https://sns.s3-eu-west-1.amazonaws.com/a.pem",
        "https://snsXeu-west-1.amazonaws.com/a.pem",
        "https://sns.eu-west-1.amazonaws.com/a.pem?x=.pem",
        "https://sns.eu-west-1.amazonaws.com/?Action=x&a=.pem",
        "https://sns.eu-west-1.amazonaws.com/../a.pem",
        "https://sns.eu-west-1.amazonaws.com/a.crt",
        "https://sns.eu-west-1.amazonaws.com/a.pem\n",
        "https://ѕns.eu-west-1.amazonaws.com/a.pem",
        "file:///etc/a.pem",
        "",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(url: str, certified: Any) -> None:
    """Though everything is signed with it."""
    certified(lambda _: pytest.fail("fetched"))
    with pytest.raises(QuarterdeckError, match=r"certificate|SigningCert"):
        check_sns(signed(SigningCertURL=url), TOPIC)


def test_china_has_hosts_of_its_own() -> None:
    """A topic there is signed there."""
    topic = "arn:aws-cn:sns:cn-north-1:123456789012:reports"
    message = signed(TopicArn=topic, SigningCertURL="https://sns.cn-north-1.amazonaws.com.cn/a.pem")
    check_sns(message, topic)


def test_a_topic_that_is_not_allowed_is_refused() -> None:
    """Though SNS signed it: anybody may have a topic. Where none is set, no message will do."""
    with pytest.raises(QuarterdeckError, match="topic that SES_TOPIC does not name"):
        check_sns(signed(TopicArn="arn:aws:sns:eu-west-1:210987654321:reports"), TOPIC)
    with pytest.raises(QuarterdeckError, match=r"while SES_TOPIC is not set\. If the topic is yours, set SES_TOPIC"):
        check_sns(signed(), "")


def test_another_key_or_certificate_is_refused(certified: Any) -> None:
    """A rogue's signature, a certificate that ran out, one of no RSA key, and what is none."""
    for message, pem, problem in [
        (signed(key=ROGUE), certificate(), "is not signed by SNS"),
        (signed(), certificate(ROGUE), "is not signed by SNS"),
        (signed(), certificate(end=0), "not valid then"),
        (signed(), certificate(start=1), "not valid then"),
        (signed(), certificate(ec.generate_private_key(ec.SECP256R1())), "no RSA key"),
        (signed(), b"<html>", "no certificate"),
    ]:
        certified(lambda _, pem=pem: pem)
        with pytest.raises(QuarterdeckError, match=problem):
            check_sns(message, TOPIC)


def test_a_certificate_that_cannot_be_had_is_no_forgery(certified: Any) -> None:
    """The message may be tried again."""

    def fetch(url: str) -> bytes:
        raise TimeoutError

    certified(fetch)
    with pytest.raises(QuarterdeckError, match="cannot be had: TimeoutError"):
        check_sns(signed(), TOPIC)


def test_a_message_without_a_time_is_refused() -> None:
    """Nobody could say whether its certificate was valid then."""
    with pytest.raises(QuarterdeckError, match="Timestamp that is none"):
        check_sns(signed(Timestamp="soon"), TOPIC)


def test_a_replayed_message_changes_nothing() -> None:
    """Its signature is good, and the ledger knows it."""
    ledger, message = MemoryLedger(SENT), signed()
    for new, known in ((1, 0), (0, 1)):
        events = read_events(json.dumps(message), lambda it: check_sns(it, TOPIC))
        told = take_in(events, ledger, lambda *_: None, NOW)
        assert (told.new, told.known) == (new, known)


@pytest.mark.parametrize("wrap", ["{}", '{{"Records": [{{"Sns": {}}}]}}', '[{{"Messages": [{{"Body": {}}}]}}]', "body"])
def test_a_forged_message_is_found_in_whatever_it_came(wrap: str) -> None:
    """As it is, for a function, from a queue."""
    forged = json.dumps({**signed(), "Message": EVENTS["complaint"]})
    text = json.dumps({"Records": [{"body": forged}]}) if wrap == "body" else wrap.format(forged)
    assert read_events(text)
    with pytest.raises(QuarterdeckError, match="not signed by SNS"):
        read_events(text, lambda it: check_sns(it, TOPIC))


def test_a_confirmation_is_checked_as_any_other_message() -> None:
    """It is signed over other fields."""
    for kind in ("SubscriptionConfirmation", "UnsubscribeConfirmation"):
        check_sns(signed("other-confirmation", Type=kind), TOPIC)
    with pytest.raises(QuarterdeckError, match="not signed"):
        check_sns({**signed("other-confirmation"), "Token": "other"}, TOPIC)


@given(
    st.recursive(
        st.none() | st.text() | st.integers() | st.sampled_from(sorted(map(str, signed().values()))),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(sorted(signed())), inner),
        max_leaves=12,
    )
)
def test_nothing_leads_to_another_error(message: Any) -> None:
    """Whatever JSON comes."""
    with pytest.raises(QuarterdeckError):
        check_sns(message, TOPIC)
