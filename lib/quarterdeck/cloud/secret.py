"""The one secret of the cloud parts: made once, kept in Secrets Manager."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from ..deliver.aws import asking
from ..model.errors import QuarterdeckError


@dataclass(frozen=True)
class Secrets:
    """What signs: sessions (keys by id, `signs` names the newest), CloudFront's cookies, pushed actions.

    To change the key of sessions put another in `tokens` and its id in `signs`, and take the old one out 90 days later.
    """

    tokens: Mapping[str, bytes] = field(repr=False)
    signs: str
    edge_key_id: str
    edge_key: RSAPrivateKey = field(repr=False)
    actions: bytes = field(repr=False)

    @property
    def edge_public(self) -> str:
        """The public half of `edge_key` as CloudFront takes it (PEM)."""
        return self.edge_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def new_secret(edge_key_id: str) -> str:
    """A secret of fresh keys as JSON; the id is CloudFront's for the public half of `edge_key`."""
    key, kid = generate_private_key(65537, 2048), secrets.token_hex(4)
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    tokens, actions = {kid: secrets.token_hex(32)}, secrets.token_hex(32)
    said = {"tokens": tokens, "signs": kid, "edge_key_id": edge_key_id, "edge_key": private, "actions": actions}
    return json.dumps({**said, "unsubscribe": secrets.token_hex(32)})


def parse_secrets(text: str, where: str) -> Secrets:
    """The secrets that JSON holds; raises QuarterdeckError that names `where` and shows nothing of them."""
    try:
        said = json.loads(text)
        tokens = {str(kid): bytes.fromhex(key) for kid, key in said["tokens"].items()}
        actions, edge_key = bytes.fromhex(said["actions"]), load_pem_private_key(said["edge_key"].encode(), None)
        good = min(map(len, [actions, *tokens.values()])) >= 32 and said["signs"] in tokens
        if good and isinstance(edge_key, RSAPrivateKey):
            return Secrets(tokens, said["signs"], str(said["edge_key_id"]), edge_key, actions)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass  # what was wrong may hold a key
    remedy = "Make it anew with `quarterdeck deploy` (docs/cloud.md says what it holds)"
    raise QuarterdeckError(where, "does not hold the keys that it should", remedy)


def read_secrets(client: Any, name: str) -> Secrets:
    """The secrets of a name or ARN, over a client of Secrets Manager; raises QuarterdeckError that shows nothing."""
    where = f"secret {name}"
    with asking(where, "`quarterdeck deploy` makes it"):
        found = client.get_secret_value(SecretId=name)
    return parse_secrets(found.get("SecretString", ""), where)
