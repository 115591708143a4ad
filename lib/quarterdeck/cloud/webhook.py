"""A follow-up pushed to the owner's dashboard, signed as Standard Webhooks say (standardwebhooks.com)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from ..model.errors import QuarterdeckError

_PATIENCE = 10.0


class _Straight(HTTPRedirectHandler):
    def redirect_request(self, *asked: Any) -> None:
        """Nowhere: what was signed is for this address alone."""


def sign(id: str, now: float, body: bytes, secret: bytes) -> dict[str, str]:
    """The headers that prove who sent a body, and when (Unix time); the `id` stays when it is sent again."""
    made = hmac.new(secret, f"{id}.{int(now)}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(made).decode()}"
    return {"webhook-id": id, "webhook-timestamp": str(int(now)), "webhook-signature": signature}


def push(url: str, id: str, now: float, body: bytes, secret: bytes) -> None:
    """Post a signed JSON body; raises QuarterdeckError unless it is taken (2xx) in ten seconds, without redirection."""
    request = Request(url, body, {"Content-Type": "application/json", **sign(id, now, body, secret)}, method="POST")
    try:
        build_opener(_Straight).open(request, timeout=_PATIENCE).close()
    except (URLError, OSError) as err:
        status = getattr(err, "code", "")
        problem = f"answered {status}" if status else "did not answer"
        raise QuarterdeckError("the dashboard", problem, "See that ACTIONS_URL is right, and push it again") from err
