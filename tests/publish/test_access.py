"""Cookies that open one prefix until a moment, and are worth nothing elsewhere, later, or altered."""

from __future__ import annotations

import json
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from hypothesis import given
from hypothesis import strategies as st

from quarterdeck.publish.access import HASH, KEY_ID, POLICY, SIGNATURE, admits, cookies, prefixes

SITE = "https://reports.example.com"
KEY = rsa.generate_private_key(65537, 2048)
KEYS = {"K2": KEY.public_key()}
UNTIL = 2_000_000_000
CORNER = "/r/ceo/"


def values(set_cookies: list[str]) -> dict[str, str]:
    return dict(cookie.split(";")[0].split("=", 1) for cookie in set_cookies)


def issue(prefix: str = CORNER, site: str = SITE, key: rsa.RSAPrivateKey = KEY) -> dict[str, str]:
    return values(cookies(site, prefix, UNTIL, "K2", key))


def ok(cookie: dict[str, str], path: str = "/r/ceo/2026-10/index.html", now: float = UNTIL - 1) -> bool:
    return admits(SITE + path, cookie, now, KEYS)


MINE = issue()


def test_a_set_is_what_botocore_signs() -> None:
    """Policy, its encoding and that of its signature are as AWS's own signer writes them into an address."""
    from datetime import UTC, datetime
    from urllib.parse import parse_qsl, urlsplit

    from botocore.signers import CloudFrontSigner

    signer = CloudFrontSigner("K2", lambda message: KEY.sign(message, PKCS1v15(), SHA256()))
    policy = signer.build_policy(f"{SITE}/r/ceo/*", datetime.fromtimestamp(UNTIL, UTC))
    signed = dict(parse_qsl(urlsplit(signer.generate_presigned_url(SITE, policy=policy)).query))
    assert {f"CloudFront-{name}": value for name, value in signed.items()} | {HASH: "SHA256"} == MINE


def test_a_cookie_goes_to_its_path_alone_and_to_no_script() -> None:
    """One set for each prefix; encrypted connections only, gone when it is worth nothing any more."""
    made = [one for prefix in prefixes("audit/acme") for one in cookies(SITE, prefix, UNTIL, "K2", KEY)]
    rest = "; Expires=Wed, 18 May 2033 03:33:20 GMT; Secure; HttpOnly; SameSite=Lax"
    paths = [one.split("; Path=")[1] for one in made]
    assert paths == [path + rest for path in ("/r/audit/acme/", "/assets/", "/site_libs/") for _ in range(4)]
    assert prefixes("") == ("/",)
    assert all(len(one) < 1000 for one in made)


def test_a_site_in_a_folder_has_its_cookies_there() -> None:
    """The folder is part of the path and of what is signed."""
    made = cookies(f"{SITE}/group", CORNER, UNTIL, "K2", KEY)
    assert "; Path=/group/r/ceo/; " in made[0]
    assert admits(f"{SITE}/group/r/ceo/x", values(made), 0, KEYS) and not ok(values(made))


@pytest.mark.parametrize("path", ["/r/ceo/", "/r/ceo/a%20b/c.html", "/r/ceo/?x=1", "/r/ceo/é"])
def test_all_under_the_prefix_is_open(path: str) -> None:
    """Files, folders and queries."""
    assert ok(MINE, path)


@pytest.mark.parametrize(
    "path", ["/", "/r/ceo", "/r/ceos/", "/r/cfo/", "/R/CEO/", "/x?/r/ceo/", "//r/ceo/", "/r/%63eo/", "/assets/r/ceo/"]
)
def test_all_else_is_not(path: str) -> None:
    """A prefix is one of whole names, as written."""
    assert not ok(MINE, path)
    assert not admits(f"https://other.example.com{path}", MINE, 0, KEYS)
    assert not admits(f"https://other.example.com/?{SITE}/r/ceo/", MINE, 0, KEYS)


def test_a_wildcard_is_any_text_or_any_character() -> None:
    """`*` and `?` in a policy, and nothing else, stand for others."""
    made = issue(site="https://r?ports.exam[p]le.com/*")
    assert admits("https://reports.exam[p]le.com/a/b/r/ceo/x\ny", made, 0, KEYS)
    assert not admits("https://rports.exam[p]le.com/a/r/ceo/", made, 0, KEYS)
    assert not admits("https://reports.example.com/a/r/ceo/", made, 0, KEYS)


@pytest.mark.parametrize("prefix", ["/r/*/", "/r/ce?/", "/r/../", "/r/ceo", "r/ceo/", "", "/r//", "/r/a b/", "/r/a\n/"])
def test_no_set_is_made_for_more_than_a_prefix(prefix: str) -> None:
    """A slug with a wildcard would open its neighbours."""
    with pytest.raises(ValueError):
        cookies(SITE, prefix, UNTIL, "K2", KEY)


def test_an_expired_set_opens_nothing() -> None:
    """From the very second on."""
    assert ok(MINE, now=UNTIL - 0.001) and not ok(MINE, now=UNTIL) and not ok(MINE, now=UNTIL + 1)


def test_a_set_of_another_key_opens_nothing() -> None:
    """Whatever id it names; nor does one that names a key nobody knows."""
    assert not ok(issue(key=rsa.generate_private_key(65537, 2048)))
    assert not ok({**MINE, KEY_ID: "K3"}) and not ok({**MINE, KEY_ID: ""})


def test_a_set_mixed_from_two_opens_nothing() -> None:
    """The policy of one with the signature of another."""
    other = issue("/r/cfo/")
    for one, two in ((MINE, other), (other, MINE)):
        assert not ok({**one, POLICY: two[POLICY]})


@pytest.mark.parametrize("name", [POLICY, SIGNATURE, KEY_ID, HASH])
def test_each_value_is_needed_whole(name: str) -> None:
    """Missing, empty, cut short, padded, doubled, or with a letter of ours made one of base64's."""
    value = MINE[name]
    assert not ok({key: one for key, one in MINE.items() if key != name})
    for wrong in (
        "",
        value[:-1],
        value[:-4],
        value + "_",
        value + "AAAA",
        value * 2,
        value.lower(),
        value + "é",
        "null",
    ):
        assert not ok({**MINE, name: wrong}), wrong
    assert not ok({**MINE, SIGNATURE: MINE[SIGNATURE].replace("_", "=")})


def test_a_signature_of_sha_1_opens_nothing() -> None:
    """None is issued; CloudFront would take it as such without the fourth cookie."""
    policy = b64decode(MINE[POLICY].translate(str.maketrans("-_~", "+=/")))
    assert json.loads(policy)["Statement"][0]["Resource"] == f"{SITE}/r/ceo/*"
    from quarterdeck.publish.access import _encoded

    weak = _encoded(KEY.sign(policy, PKCS1v15(), SHA1()))
    assert not ok({**MINE, SIGNATURE: weak}) and not ok({**MINE, SIGNATURE: weak, HASH: "SHA1"})


@given(st.sampled_from([POLICY, SIGNATURE, KEY_ID, HASH]), st.integers(0, 400), st.integers(0, 6))
def test_no_flipped_bit_is_overlooked(name: str, place: int, bit: int) -> None:
    """Not even one that base64 would ignore."""
    value = MINE[name]
    at = place % len(value)
    assert not ok({**MINE, name: value[:at] + chr(ord(value[at]) ^ 1 << bit) + value[at + 1 :]})


@given(st.text(), st.dictionaries(st.sampled_from([POLICY, SIGNATURE, KEY_ID, HASH]), st.text()))
def test_whatever_is_sent_is_answered(path: str, sent: dict[str, str]) -> None:
    """A path is open exactly where it begins as signed; no cookies make an error."""
    assert ok(MINE, f"/r/ceo/{path}")
    assert ok(MINE, f"/{path}") == path.startswith("r/ceo/")
    assert not ok(sent) and (not ok({**MINE, **sent}) or {**MINE, **sent} == MINE)
