"""Amazon SES: a mail handed over once, and never again by itself."""

from __future__ import annotations

from typing import Any

from ..model.errors import QuarterdeckError

INSTALL = "pip install 'quarterdeck[aws]'"


def open_client(region: str) -> Any:
    """A client of SES that never repeats a call: SES has no way to tell a repeated mail from a second one.

    Credentials and endpoint come from the SDK's own chain (AWS_PROFILE, AWS_ENDPOINT_URL, ...). Raises
    QuarterdeckError without the package or a region.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ModuleNotFoundError as err:
        raise QuarterdeckError("sending", "lacks a package", INSTALL) from err
    once = Config(retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=10, read_timeout=60)
    try:
        return boto3.session.Session().client("sesv2", region_name=region or None, config=once)
    except BotoCoreError as err:
        raise QuarterdeckError("SES_REGION", f"is not usable: {err}", "Name the region of SES, as eu-west-1") from err


def hand_over(client: Any, mail: bytes, sender: str, to: str, configuration_set: str = "") -> str:
    """Give SES one mail; returns its message id. Raises QuarterdeckError with what SES or the network said."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

    options = {"ConfigurationSetName": configuration_set} if configuration_set else {}
    try:
        sent = client.send_email(
            FromEmailAddress=sender, Destination={"ToAddresses": [to]}, Content={"Raw": {"Data": mail}}, **options
        )
    except ClientError as err:
        said = err.response.get("Error", {})
        where = f"SES refused ({said.get('Code', '?')})"
        raise QuarterdeckError(where, str(said.get("Message", err))[:300], "Mend that and send again") from err
    except (NoCredentialsError, PartialCredentialsError) as err:
        raise QuarterdeckError(
            "AWS credentials", "are not there; nothing was sent", "Sign in, or set AWS_PROFILE"
        ) from err
    except BotoCoreError as err:
        remedy = "Look whether it arrived before you send again: a lost answer is no proof of a lost mail"
        raise QuarterdeckError("SES", f"gave no answer: {type(err).__name__}", remedy) from err
    return str(sent["MessageId"])
