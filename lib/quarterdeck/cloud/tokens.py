"""A session as a signed token (JWT): what it must say to be believed."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import uuid4

import jwt
from pydantic import BaseModel, ConfigDict, Field

from ..deliver.members import Person
from ..model.errors import QuarterdeckError
from .secret import Secrets

ISSUER, ALGORITHM = "quarterdeck", "HS256"
_LONGEST = 4096
"""Of a cookie, in bytes, in every browser."""


class Refused(QuarterdeckError):
    """A session that is not believed; why is not told."""

    def __init__(self) -> None:
        super().__init__("session", "is not valid", "Sign in again")


class UnknownKey(Refused):
    """One signed by a key that these secrets do not hold: read them again, since keys change."""


class Claims(BaseModel):
    """What a token says: `sub` is a `recipient_id`, times are Unix times.

    It is issued to a part of a second, since somebody may be revoked and let in anew within one.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    iss: Literal["quarterdeck"]
    aud: str
    sub: Annotated[str, Field(pattern="^[0-9a-f]{20}$")]
    jti: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    iat: float
    nbf: float
    exp: int
    role: Literal["admin", "captain", "crew", "guest"]
    reports: list[str]


def issue(person: Person, secrets: Secrets, site_url: str, now: float, seconds: int) -> str:
    """A token for somebody that holds for so many seconds, signed by the newest key."""
    kid = secrets.signs
    times = {"iat": now, "nbf": now, "exp": int(now) + seconds}
    said = {"iss": ISSUER, "aud": site_url, "sub": person.id, "jti": uuid4().hex, "role": person.role, **times}
    claims = Claims.model_validate({**said, "reports": list(person.reports)})
    return jwt.encode(claims.model_dump(), secrets.tokens[kid], ALGORITHM, {"kid": kid})


def verify(token: str, secrets: Secrets, site_url: str, now: float) -> Claims:
    """What a token says, if all of it holds; raises Refused, and UnknownKey for that reason."""
    try:
        header = jwt.get_unverified_header(token) if len(token) <= _LONGEST and "=" not in token else {}
        if header != {"alg": ALGORITHM, "typ": "JWT", "kid": header.get("kid")}:  # nor `crit`, `b64`, `jwk`, …
            raise Refused
        if header["kid"] not in secrets.tokens:
            raise UnknownKey
        said = jwt.decode(
            token,
            secrets.tokens[header["kid"]],
            [ALGORITHM],
            {"verify_exp": False, "verify_nbf": False, "verify_iat": False, "enforce_minimum_key_length": True},
            audience=site_url,
            issuer=ISSUER,
        )
        claims = Claims.model_validate(said)
    except (jwt.PyJWTError, ValueError, TypeError) as err:
        raise Refused from err
    if not claims.iat <= claims.nbf <= now < claims.exp:
        raise Refused
    return claims
