"""Sessions that somebody made up, altered, or held too long; all are refused, and none is told why."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.cloud.secret import Secrets, new_secret, parse_secrets
from quarterdeck.cloud.tokens import Claims, Refused, UnknownKey, issue, verify
from quarterdeck.deliver.members import Person
from quarterdeck.model.delivery import recipient_id

SITE, NOW = "https://reports.example.com", 1_795_000_000
SECRETS = parse_secrets(new_secret("K2EXAMPLE"), "test")
KEY = SECRETS.tokens[SECRETS.signs]
ANN = Person(recipient_id("ann@example.com"), "ann@example.com", "Ann", "guest", ("ceo",))
GOOD = issue(ANN, SECRETS, SITE, NOW, 600)
HEADER, CLAIMS, MAC = GOOD.split(".")


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decoded(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def mac(text: str, key: bytes = KEY, algorithm: str = "sha256") -> str:
    return encoded(hmac.new(key, text.encode(), algorithm).digest())


def signed(header: str, claims: str, key: bytes = KEY) -> str:
    """A token of two parts as they are, signed as ours are."""
    return f"{header}.{claims}.{mac(f'{header}.{claims}', key)}"


def made(claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None, key: bytes = KEY) -> str:
    """A token that is good but for these values; None takes one away."""
    parts = decoded(HEADER) | (header or {}), decoded(CLAIMS) | (claims or {})
    left = ({name: value for name, value in part.items() if value is not None} for part in parts)
    return signed(*(encoded(json.dumps(part).encode()) for part in left), key)


def refused(token: str, secrets: Secrets = SECRETS, site: str = SITE, now: float = NOW) -> Refused:
    with pytest.raises(Refused) as caught:
        verify(token, secrets, site, now)
    assert str(caught.value) == "session: is not valid. Sign in again."
    return caught.value


def test_a_session_says_who_may_open_what_until_when() -> None:
    """Those made here by hand, and unaltered, are as good."""
    said = {"iss": "quarterdeck", "aud": SITE, "sub": ANN.id, "role": "guest", "reports": ["ceo"]}
    times = {"iat": NOW, "nbf": NOW, "exp": NOW + 600}
    claims = verify(GOOD, SECRETS, SITE, NOW)
    assert claims == Claims.model_validate({**said, **times, "jti": claims.jti})
    assert verify(made(), SECRETS, SITE, NOW + 599.9) == claims
    assert "ann" not in str(decoded(CLAIMS)).lower() and decoded(HEADER)["kid"] == SECRETS.signs
    assert claims.jti != verify(issue(ANN, SECRETS, SITE, NOW, 600), SECRETS, SITE, NOW).jti


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW}, {"exp": NOW - 1}, {"exp": str(NOW + 600)}, {"exp": NOW + 600.5}, {"exp": None}, {"exp": True},
        {"exp": [NOW + 600]}, {"iat": NOW + 1, "nbf": NOW + 1}, {"iat": str(NOW)}, {"iat": None}, {"nbf": NOW + 1},
        {"nbf": NOW - 1}, {"nbf": None}, {"iss": "quarterdecks"}, {"iss": None}, {"iss": ["quarterdeck"]},
        {"aud": "https://other.example.com"}, {"aud": [SITE]}, {"aud": [SITE, "x"]}, {"aud": None},
        {"aud": f"{SITE}/"}, {"sub": None}, {"sub": "ann@example.com"}, {"sub": ""}, {"sub": 7}, {"jti": None},
        {"jti": "x"}, {"role": "owner"}, {"role": None}, {"role": ["admin"]}, {"role": ""}, {"reports": "*"},
        {"reports": None}, {"reports": [7]}, {"reports": {"*": 1}}, {"admin": True}, {"kid": SECRETS.signs},
    ],
)  # fmt: skip
def test_well_signed_claims_must_still_be_right(claims: dict[str, Any]) -> None:
    """Expired, of the future, for another site, as text, missing, or more than there should be."""
    refused(made(claims))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"}, {"alg": "None"}, {"alg": "NONE"}, {"alg": ""}, {"alg": None}, {"alg": ["HS256"]},
        {"alg": "hs256"}, {"alg": "HS384"}, {"alg": "HS512"}, {"alg": "RS256"}, {"alg": "ES256"}, {"alg": "PS256"},
        {"alg": "EdDSA"}, {"typ": "JWS"}, {"typ": None}, {"cty": "JWT"}, {"zip": "DEF"}, {"crit": ["exp"]},
        {"crit": []}, {"b64": False}, {"b64": False, "crit": ["b64"]}, {"b64": True},
        {"jku": "https://evil.example/keys"}, {"x5u": "https://evil.example"},
        {"jwk": {"kty": "oct", "k": encoded(KEY)}}, {"kid": None}, {"kid": ""}, {"kid": 7}, {"kid": [SECRETS.signs]},
        {"kid": {}}, {"kid": "../../dev/null"}, {"kid": f"{SECRETS.signs}\0"}, {"kid": "' OR 1=1"},
    ],
)  # fmt: skip
def test_the_header_is_ours_to_the_letter(header: dict[str, Any]) -> None:
    """Whatever else it asks for, even where the signature is right."""
    refused(made(header=header))
    refused(made(header=header).rpartition(".")[0] + ".")


def unsigned(algorithm: str) -> str:
    return f"{encoded(json.dumps({'alg': algorithm, 'typ': 'JWT', 'kid': SECRETS.signs}).encode())}.{CLAIMS}."


def confused() -> list[str]:
    """Signed with what an attacker knows: public keys as if they were a shared secret, and keys of their own."""
    own = {"kid": SECRETS.signs}
    stranger, curve = rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP256R1())
    public = SECRETS.edge_public.encode()
    return [
        signed(HEADER, CLAIMS, public), signed(HEADER, CLAIMS, public.strip()), signed(HEADER, CLAIMS, b""),
        signed(HEADER, CLAIMS, b"\0" * 32), signed(HEADER, CLAIMS, KEY.hex().encode()),
        signed(HEADER, CLAIMS, SECRETS.actions), jwt.encode(decoded(CLAIMS), stranger, "RS256", own),
        jwt.encode(decoded(CLAIMS), stranger, "PS256", own), jwt.encode(decoded(CLAIMS), curve, "ES256", own),
        jwt.encode(decoded(CLAIMS), SECRETS.edge_key, "RS256", own),
        f"{HEADER}.{CLAIMS}.{mac(f'{HEADER}.{CLAIMS}', algorithm='sha512')}",
        f"{HEADER}.{CLAIMS}.{mac(f'{HEADER}.{CLAIMS}', algorithm='sha384')}",
    ]  # fmt: skip


def misshapen() -> list[str]:
    """The ways in which the tokens of Project Wycheproof's set for JSON Web Signature are wrong, in ours."""
    flipped = "B" if MAC[0] == "A" else "A"
    general = {"payload": CLAIMS, "signatures": [{"protected": HEADER, "signature": MAC}]}
    flat = {"payload": CLAIMS, "protected": HEADER, "signature": MAC}
    junk = ["    ", "?", "####", "=", "==", "\n", "\0", "é", "%20", "+", "/", "\ud800"]
    # Altered signature, payload or header; parts missing, with and without the separators; too many parts.
    shapes = [
        f"{HEADER}.{CLAIMS}.{flipped}{MAC[1:]}", f"{HEADER}.{CLAIMS}.", f"{HEADER}.{CLAIMS}",
        f"{HEADER}.X{CLAIMS[1:]}.{MAC}", f"{HEADER}..{MAC}", f"{HEADER}.{MAC}", f"X{HEADER[1:]}.{CLAIMS}.{MAC}",
        f".{CLAIMS}.{MAC}", f"{CLAIMS}.{MAC}", f".{CLAIMS}.", CLAIMS, "", ".", "..", "...", f"{GOOD}.", f"{GOOD}.foo",
        f".{GOOD}", f"{GOOD}.{MAC}", f"{GOOD} {GOOD}", json.dumps(general), json.dumps(flat), unsigned("none"),
        unsigned("nOnE"), unsigned("HS256"), f"{HEADER}.{CLAIMS}.{MAC[:-1]}", f"{HEADER}.{CLAIMS}.{MAC[:22]}",
        f"{HEADER}.{CLAIMS}.{MAC}AA", GOOD * 40,
    ]  # fmt: skip
    # The last letter of 43 carries two bits that count for nothing.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    loose = [GOOD[:-1] + letters[letters.index(MAC[-1]) ^ bits] for bits in (1, 2, 3)]
    # What is no letter of base64, in each part, before and after it, the signature over it as it stands.
    dirty = [token for it in junk for token in _dirtied(it)]
    return [*shapes, *loose, *dirty]


def _dirtied(junk: str) -> list[str]:
    safe = junk.encode(errors="replace").decode()
    parts = [
        (f"{HEADER}{safe}", CLAIMS),
        (f"{safe}{HEADER}", CLAIMS),
        (HEADER, f"{safe}{CLAIMS}"),
        (HEADER, f"{CLAIMS}{safe}"),
    ]
    return [
        *(signed(*pair) for pair in parts),
        f"{HEADER}.{CLAIMS}.{junk}{MAC}",
        f"{GOOD}{junk}",
        f"{HEADER}.{CLAIMS}.{junk}{MAC[1:]}",
    ]


@pytest.mark.parametrize("forge", [confused, misshapen], ids=["another key", "another shape"])
def test_what_is_not_signed_by_our_key_as_we_sign_is_refused(forge: Callable[[], list[str]]) -> None:
    """No algorithm but ours, no key but ours, no writing but ours."""
    tokens = forge()
    assert len(tokens) >= 12
    for token in tokens:
        refused(token)


@pytest.mark.parametrize(
    "claims", [{"role": "admin"}, {"reports": ["*"]}, {"reports": ["ceo", "cfo"]}, {"sub": "0" * 20}]
)
def test_nobody_raises_what_they_may(claims: dict[str, Any]) -> None:
    """The signature of the session that was given does not hold for another role, report or person."""
    better = encoded(json.dumps(decoded(CLAIMS) | claims, separators=(",", ":")).encode())
    assert verify(signed(HEADER, better), SECRETS, SITE, NOW)
    for signature in (MAC, "", mac(f"{HEADER}.{better}", b"x" * 32)):
        refused(f"{HEADER}.{better}.{signature}")


@given(at=st.integers(0, len(GOOD) - 1), letter=st.characters(exclude_categories=()))
def test_each_letter_counts(at: int, letter: str) -> None:
    """None may be another, left out, or put in."""
    for token in {GOOD[:at] + letter + GOOD[at + 1 :], GOOD[:at] + GOOD[at + 1 :], GOOD[:at] + letter + GOOD[at:]} - {
        GOOD
    }:
        refused(token)


def test_keys_change_while_sessions_last() -> None:
    """A new key signs; the old one's sessions hold until it is taken out, and are then told from forged ones."""
    both = replace(SECRETS, tokens={**SECRETS.tokens, "next": b"n" * 32}, signs="next")
    assert verify(GOOD, both, SITE, NOW).sub == ANN.id
    fresh = issue(ANN, both, SITE, NOW, 600)
    assert verify(fresh, both, SITE, NOW) and isinstance(refused(fresh), UnknownKey)
    assert isinstance(refused(GOOD, replace(both, tokens={"next": b"n" * 32})), UnknownKey)
    assert not isinstance(refused(made(key=b"n" * 32), both), UnknownKey)


def test_a_session_of_one_site_is_none_of_another() -> None:
    """Where both have the same keys."""
    refused(GOOD, site="https://staging.example.com")
