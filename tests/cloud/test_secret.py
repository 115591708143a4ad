"""The keys of the cloud parts: made, kept and read, and never shown."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from deliver.aws import client_of
from quarterdeck.cloud.secret import new_secret, parse_secrets, read_secrets
from quarterdeck.model.errors import QuarterdeckError


@pytest.fixture
def client(moto: str) -> Any:
    return client_of("secretsmanager", moto)


def test_a_new_secret_is_read_from_secrets_manager(client: Any) -> None:
    """Keys of 32 bytes, another pair of RSA each time, and CloudFront's id as given."""
    client.create_secret(Name="quarterdeck/cloud", SecretString=new_secret("K2EXAMPLE"))
    found = read_secrets(client, "quarterdeck/cloud")
    assert [len(key) for key in (*found.tokens.values(), found.actions)] == [32, 32]
    assert found.signs in found.tokens and found.edge_key_id == "K2EXAMPLE" and found.edge_key.key_size == 2048
    assert load_pem_public_key(found.edge_public.encode()) == found.edge_key.public_key()
    other = parse_secrets(new_secret("K2EXAMPLE"), "other")
    assert other.edge_public != found.edge_public and other.tokens != found.tokens and other.actions != found.actions
    assert not any(
        key.hex() in repr(found) or str(key) in repr(found) for key in (*found.tokens.values(), found.actions)
    )


WHOLE = json.loads(new_secret("K2EXAMPLE"))
del WHOLE["unsubscribe"]  # is read where mails are signed


BAD = [
    {"tokens": {}}, {"tokens": {WHOLE["signs"]: "ab" * 31}}, {"tokens": {WHOLE["signs"]: "no hex"}}, {"tokens": ["x"]},
    {"signs": "other"}, {"signs": []}, {"actions": "ab"}, {"edge_key": "no key"}, {"edge_key": 7},
]  # fmt: skip


@pytest.mark.parametrize("number", range(6 + len(BAD) + len(WHOLE)))
def test_a_secret_that_will_not_do_is_told_and_not_shown(number: int) -> None:
    """Which secret, and how to make it; nothing that it held."""
    parts = [{name: value for name, value in WHOLE.items() if name != left} for left in WHOLE]
    text = ["", "hunter2", "[]", "null", "{}", '"x"', *map(json.dumps, [*({**WHOLE, **bad} for bad in BAD), *parts])][
        number
    ]
    with pytest.raises(QuarterdeckError, match=r"^secret x: does not hold the keys that it should\. Make it") as caught:
        parse_secrets(text, "secret x")
    told = str(caught.value)
    assert not any(key in told for key in ("hunter2", *WHOLE["tokens"].values(), WHOLE["actions"]))
    assert caught.value.__cause__ is None and caught.value.__context__ is None


def test_a_missing_secret_is_told(client: Any) -> None:
    """With what makes it."""
    with pytest.raises(
        QuarterdeckError, match=r"secret quarterdeck/none: is not there\. `quarterdeck deploy` makes it"
    ):
        read_secrets(client, "quarterdeck/none")
