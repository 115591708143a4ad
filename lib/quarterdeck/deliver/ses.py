"""Amazon SES: a mail handed over once, and never again by itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..model.delivery import without_addresses
from ..model.errors import QuarterdeckError

_SOON = {"TooManyRequestsException", "Throttling", "ThrottlingException", "LimitExceededException"}
_NOBODY = {
    *("AccessDeniedException", "AccountSuspendedException", "ExpiredToken", "ExpiredTokenException"),
    *("IncompleteSignature", "InvalidClientTokenId", "MailFromDomainNotVerifiedException", "NotFoundException"),
    *("OptInRequired", "SendingPausedException", "SignatureDoesNotMatch", "UnrecognizedClientException"),
}
"""Refusals that are not for this mail's reader alone."""


class Refused(QuarterdeckError):
    """The mail was not sent, for certain; `soon` says that it may be later, `nobody` that no other mail would be."""

    def __init__(self, where: str, problem: str, remedy: str, *, soon: bool = False, nobody: bool = False) -> None:
        super().__init__(where, problem, remedy)
        self.soon, self.nobody = soon, nobody


class Uncertain(QuarterdeckError):
    """The mail may have been sent, or not."""


@dataclass(frozen=True)
class Letter:
    """What SES is given: the bytes of a mail, its sender, its one reader, a blind copy and a tag that events carry."""

    mail: bytes
    sender: str
    to: str
    bcc: str = ""
    configuration_set: str = ""
    tag: str = ""


def hand_over(client: Any, letter: Letter) -> str:
    """Give SES one mail; returns its message id. Raises Refused, or Uncertain when nobody can say."""
    from botocore import exceptions as aws

    options: dict[str, Any] = {"ConfigurationSetName": letter.configuration_set} if letter.configuration_set else {}
    if letter.tag:
        options["EmailTags"] = [{"Name": "delivery", "Value": letter.tag}]
    blind = {"BccAddresses": [letter.bcc]} if letter.bcc else {}
    try:
        sent = client.send_email(
            FromEmailAddress=letter.sender,
            Destination={"ToAddresses": [letter.to], **blind},
            Content={"Raw": {"Data": letter.mail}},
            **options,
        )
        return str(sent["MessageId"])
    except aws.ClientError as err:
        said, status = err.response.get("Error", {}), err.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code, message = str(said.get("Code", "?")), without_addresses(str(said.get("Message", err)))[:300]
        if status >= 500 and code not in _SOON:
            raise Uncertain(f"SES failed ({code})", message, "Look whether the mail arrived") from err
        soon = code in _SOON or status == 429
        raise Refused(
            f"SES refused ({code})", message, "Mend that and send again", soon=soon, nobody=code in _NOBODY
        ) from err
    except (aws.NoCredentialsError, aws.PartialCredentialsError, aws.TokenRetrievalError) as err:
        remedy = "Sign in, or set AWS_PROFILE"
        raise Refused("AWS credentials", "are not there; nothing was sent", remedy, nobody=True) from err
    except aws.ParamValidationError as err:
        raise Refused("SES", f"cannot be given this: {without_addresses(str(err))}"[:300], "Mend the setting") from err
    except Exception as err:
        kind = type(err).__name__
        if isinstance(err, (aws.EndpointConnectionError, aws.ConnectTimeoutError)) or _shut_out(err):
            problem, remedy = f"cannot be reached: {kind}; nothing was sent", "Look at the network, then send again"
            raise Refused("SES", problem, remedy, soon=True, nobody=True) from err
        # Of whatever kind: once the call has begun, only SES knows.
        raise Uncertain("SES", f"gave no answer: {kind}", "Look whether the mail arrived") from err


def _shut_out(err: Any) -> bool:
    """Whether a proxy was not reached or opened no tunnel; it may also break off when the mail is out."""
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    cause = getattr(getattr(err, "kwargs", {}).get("error"), "original_error", None)
    refused = str(cause).startswith("Tunnel connection failed")
    return refused or isinstance(cause, (NewConnectionError, ConnectTimeoutError))
