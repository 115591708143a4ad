"""A client of AWS whose answers a test chooses; what it does not choose, moto's server answers over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto.server import ThreadedMotoServer

from quarterdeck.deliver import send

KEYS = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
Answer = dict[str, Any] | str | Callable[..., "Answer"] | None


class Chosen:
    """A client that answers an operation as chosen: by a dictionary, a refusal's code, or a function of what is asked.

    Question and answer are checked against the service's own description of the operation.
    """

    def __init__(self, endpoint: str, region: str = "eu-west-1", service: str = "sesv2", **chosen: Answer) -> None:
        self.real = boto3.client(service, region_name=region, endpoint_url=endpoint, **KEYS)
        self.stubbed = boto3.client(service, region_name=region, **KEYS)
        self.meta, self.exceptions, self.chosen = self.stubbed.meta, self.stubbed.exceptions, chosen
        self.asked: list[str] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def ask(**question: Any) -> Any:
            self.asked.append(operation)
            answer = self.chosen.get(operation)
            if callable(answer):
                answer = answer(**question)
            if answer is None:
                return getattr(self.real, operation)(**question)
            with Stubber(self.stubbed) as stubber:
                if isinstance(answer, str):
                    stubber.add_client_error(operation, answer, "for ada@example.com in account 123456789012")
                else:
                    stubber.add_response(operation, answer, question)
                return getattr(self.stubbed, operation)(**question)

        return ask


@contextmanager
def serving() -> Iterator[str]:
    """The address of moto's server, empty at first."""
    from urllib.request import Request, urlopen

    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    address = "http://{}:{}".format(*server.get_host_and_port())
    try:
        yield address
    finally:
        urlopen(Request(f"{address}/moto-api/reset", method="POST")).close()
        server.stop()


def refuse_ann(monkeypatch: pytest.MonkeyPatch, others: BaseException | None = None) -> None:
    """Let SES refuse the mail to Ann for good; to all others it goes as ever, or `others` is raised."""
    real = send.hand_over

    def refusing(client: Any, letter: Any) -> str:
        if letter.to == "ann@example.com":
            raise send.Refused("SES refused (MessageRejected)", "no", "Mend that")
        if others:
            raise others
        return real(client, letter)

    monkeypatch.setattr(send, "hand_over", refusing)


def client_of(service: str, address: str) -> Any:
    """A client of a server that stands for AWS."""
    return boto3.client(service, region_name="eu-west-1", endpoint_url=address, **KEYS)


def account(**values: Any) -> dict[str, Any]:
    """What SES says of an account where all is well."""
    return {
        "SendingEnabled": True, "ProductionAccessEnabled": True, "EnforcementStatus": "HEALTHY",
        "SendQuota": {"Max24HourSend": 200.0, "MaxSendRate": 14.0, "SentLast24Hours": 50.0},
        "SuppressionAttributes": {"SuppressedReasons": ["BOUNCE", "COMPLAINT"]},
    } | values  # fmt: skip


def identity(**values: Any) -> dict[str, Any]:
    """What SES says of a domain that is verified, signs and has a MAIL FROM domain."""
    return {
        "IdentityType": "DOMAIN", "VerifiedForSendingStatus": True,
        "DkimAttributes": {"Status": "SUCCESS", "SigningEnabled": True, "CurrentSigningKeyLength": "RSA_2048_BIT"},
        "MailFromAttributes": {
            "MailFromDomain": "bounce.example.com", "MailFromDomainStatus": "SUCCESS",
            "BehaviorOnMxFailure": "USE_DEFAULT_VALUE",
        },
    } | values  # fmt: skip


def known(**identities: Any) -> Callable[..., Answer]:
    """What SES answers where it knows these identities alone (`_at_` stands for @ and `_` for a dot)."""
    names = {name.replace("_at_", "@").replace("_", "."): answer for name, answer in identities.items()}
    return lambda EmailIdentity: names.get(EmailIdentity, "NotFoundException")


def event_destinations(*kinds: str, enabled: bool = True) -> dict[str, Any]:
    """One event destination of a configuration set."""
    return {"EventDestinations": [{"Name": "feedback", "Enabled": enabled, "MatchingEventTypes": list(kinds)}]}
