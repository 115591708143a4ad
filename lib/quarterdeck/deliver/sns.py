"""Whether a message came from Amazon SNS: its topic, certificate and signature."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.request import HTTPRedirectHandler, build_opener

from ..model.errors import QuarterdeckError
from .aws import INSTALL

_CONFIRMATION = ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type")
_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    **dict.fromkeys(("SubscriptionConfirmation", "UnsubscribeConfirmation"), _CONFIRMATION),
}


class _Straight(HTTPRedirectHandler):
    def redirect_request(self, *asked: Any) -> None:
        """Nowhere: only what lies at SNS's own host is its certificate."""


@lru_cache(maxsize=4)
def fetch(url: str) -> bytes:
    """What lies at an address; raises OSError."""
    with build_opener(_Straight).open(url, timeout=10) as answer:
        return bytes(answer.read(100_000))


def check_sns(message: dict[str, Any], topic: str) -> None:
    """Make sure that SNS signed a message, for this topic (an ARN; empty: none is allowed).

    The certificate is fetched from SNS's own host in the topic's region alone. Raises QuarterdeckError. A message that
    comes twice, or late, passes: `take_in` knows an event again.
    Source: AWS, "Verifying the signatures of Amazon SNS messages".
    """
    kind = _field(message, "Type")
    if kind not in _SIGNED:
        raise _refused("is of no Type that SNS sends")
    if not topic or topic != _field(message, "TopicArn"):
        problem = "is of a topic that SES_TOPIC does not name" if topic else "comes while SES_TOPIC is not set"
        raise _refused(problem, "If the topic is yours, set SES_TOPIC to its ARN")
    try:
        sent = datetime.fromisoformat(_field(message, "Timestamp")).astimezone(UTC)
    except (ValueError, OverflowError) as err:
        raise _refused("has a Timestamp that is none") from err
    partition, _, region = f"{topic}:::".split(":")[1:4]
    host = f"sns.{region}.amazonaws.com" + (".cn" if partition == "aws-cn" else "")
    url = _field(message, "SigningCertURL" if "SigningCertURL" in message else "SigningCertUrl")
    if not re.fullmatch(rf"https://{re.escape(host)}/[A-Za-z0-9_-]+\.pem", url):
        raise _refused(f"names a certificate that is not one of {host}")
    names = (name for name in _SIGNED[kind] if name != "Subject" or message.get(name) is not None)
    _check_signature(message, "".join(f"{name}\n{_field(message, name)}\n" for name in names), url, sent)


def _check_signature(message: dict[str, Any], signed: str, url: str, sent: datetime) -> None:
    try:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.hazmat.primitives.hashes import SHA1, SHA256
        from cryptography.x509 import load_pem_x509_certificate
    except ModuleNotFoundError as err:
        raise QuarterdeckError("checking SNS messages", "lacks a package", INSTALL) from err
    digest = {"1": SHA1, "2": SHA256}.get(_field(message, "SignatureVersion"))
    if not digest:
        raise _refused("has a SignatureVersion other than 1 and 2")
    try:
        certificate = load_pem_x509_certificate(fetch(url))
        key = certificate.public_key()
    except OSError as err:
        raise QuarterdeckError(url, f"cannot be had: {type(err).__name__}", "Let SNS try again") from err
    except (ValueError, UnsupportedAlgorithm) as err:
        raise _refused("is signed with what is no certificate") from err
    if not certificate.not_valid_before_utc <= sent <= certificate.not_valid_after_utc:
        raise _refused("is signed with a certificate that was not valid then")
    if not isinstance(key, RSAPublicKey):
        raise _refused("is signed with a certificate of no RSA key")
    try:
        signature = base64.b64decode(_field(message, "Signature"), validate=True)
        key.verify(signature, signed.encode(), PKCS1v15(), digest())
    except (InvalidSignature, ValueError) as err:
        raise _refused("is not signed by SNS, or was changed") from err


def _field(message: dict[str, Any], name: str) -> str:
    value = message.get(name) if isinstance(message, dict) else None
    # A line break elsewhere would let one signed text be read as other fields.
    if not isinstance(value, str) or (name != "Message" and "\n" in value):
        raise _refused(f"has no proper {name}")
    return value


def _refused(problem: str, remedy: str = "Nothing of it was taken in") -> QuarterdeckError:
    return QuarterdeckError("SNS message", problem, remedy)
