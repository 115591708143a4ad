"""What AWS's services have in common: a client, and their refusals as messages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..model.errors import QuarterdeckError

INSTALL = "pip install 'quarterdeck[aws]'"


def open_client(service: str, region: str = "", attempts: int = 4, *, only_there: bool = False) -> Any:
    """A client with credentials and endpoint from the SDK's own chain (AWS_PROFILE, AWS_ENDPOINT_URL, ...).

    That of SES (`sesv2`), or `only_there`, is in `region`; one of another service in the SDK's own region or, without
    one, in `region`.
    It makes up to so many `attempts` at each call. Raises QuarterdeckError without the package or a region.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ModuleNotFoundError as err:
        raise QuarterdeckError(service, "lacks a package", INSTALL) from err
    config = Config(retries={"total_max_attempts": attempts, "mode": "standard"}, connect_timeout=10, read_timeout=60)
    try:
        session = boto3.session.Session()
        place = region if only_there or service == "sesv2" else session.region_name or region
        return session.client(service, region_name=place or None, config=config)
    except BotoCoreError as err:
        name = "SES_REGION" if service == "sesv2" else "AWS_REGION"
        raise QuarterdeckError(name, f"is not usable: {err}", "Name a region, as eu-west-1") from err


_WAIT, _ALLOW = "Try again in a minute", "Allow that to whoever runs this, in the IAM console"
_REMEDIES = {
    "AccessDeniedException": _ALLOW,
    "AccessDenied": _ALLOW,
    "ProvisionedThroughputExceededException": _WAIT,
    "ThrottlingException": _WAIT,
    "RequestLimitExceeded": _WAIT,
    "BadDigest": "A file has changed meanwhile: do it again",
    "UnrecognizedClientException": "Sign in, or set AWS_PROFILE",
    "InvalidAccessKeyId": "Sign in, or set AWS_PROFILE",
    "ExpiredTokenException": "Sign in again",
    "ExpiredToken": "Sign in again",
}


@contextmanager
def asking(where: str, missing: str) -> Iterator[None]:
    """Raise what AWS refuses or does not answer as a QuarterdeckError; `missing` says how to get what is not there."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

    try:
        yield
    except ClientError as err:
        said = err.response.get("Error", {})
        code = said.get("Code", "?")
        if code in {"ResourceNotFoundException", "NoSuchBucket", "NoSuchDistribution"}:
            raise QuarterdeckError(where, "is not there", missing) from err
        problem = f"was refused ({code}): {str(said.get('Message', err))[:300]}"
        raise QuarterdeckError(where, problem, _REMEDIES.get(code, "Mend that and try again")) from err
    except (NoCredentialsError, PartialCredentialsError) as err:
        raise QuarterdeckError(where, "needs AWS credentials", "Sign in, or set AWS_PROFILE") from err
    except BotoCoreError as err:
        remedy = "See that network and region are right, and try again"
        raise QuarterdeckError(where, f"gave no answer: {type(err).__name__}", remedy) from err
