"""One rule for every address."""

from __future__ import annotations

import pytest

from quarterdeck.model.address import parse_address, plain_address
from quarterdeck.model.errors import BadValue

WRONG = [
    "", " ", "@", "nobody", "a@b", "ann@", "@example.com", "a@b@example.com", "a b@example.com", "ann@example.com.",
    "ann@.example.com", "ann@example..com", "ann@-example.com", ".ann@example.com", "ann.@example.com",
    "a..n@example.com", "ö@example.com", '"ann"@example.com', "ann@example.com, ben@example.com",
    "Ann <ann@example.com>, Ben <ben@example.com>", "ben@example.com <ann@example.com>", "Ann <ann@example.com",
    "ann@example.com (Ann)", "ann@[192.0.2.1]", "ann@exa_mple.com", "ann@faß.example", "ann@\u200b.example",
    "a" * 300 + "@example.com", "a" * 65 + "@example.com", "ann@" + "a" * 64 + ".com", "ann@" + "a." * 150 + "com",
    "ann@example.com\r\nBcc: ben@example.com", "ann@example.com\n", "Ann\r <ann@example.com>",
    "=?utf-8?q?=0ABcc:_x=40y.zz?= <ann@example.com>", "=?utf-8?q?ann?=@example.com",
    "A\u2028n <ann@example.com>", "ann@example.com\x1b[2J", "Ann\x00 <ann@example.com>",
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_what_no_header_can_carry_is_refused_and_not_told(text: str) -> None:
    """Nothing but BadValue comes out, with no whole address and no control character in it."""
    with pytest.raises(BadValue) as caught:
        parse_address(text)
    told = str(caught.value)
    assert "nn@example" not in told and told.isprintable() and len(told) < 250


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("ann@example.com", "", "ann@example.com"),
        (" ann+x@example.com ", "", "ann+x@example.com"),
        ("o'hara@example.com", "", "o'hara@example.com"),
        ("<ann@example.com>", "", "ann@example.com"),
        ("Ann Doe <ann@example.com>", "Ann Doe", "ann@example.com"),
        ("Doe, Ann <ann@example.com>", "Doe, Ann", "ann@example.com"),
        ('"Doe, Ann" <ann@example.com>', "Doe, Ann", "ann@example.com"),
        ('"Ann \\"A\\" Doe" <ann@example.com>', 'Ann "A" Doe', "ann@example.com"),
        ('"ann@home" <ann@example.com>', "ann@home", "ann@example.com"),
        ("Jörg <info@bücher.example>", "Jörg", "info@xn--bcher-kva.example"),
        ("a" * 64 + "@example.com", "", "a" * 64 + "@example.com"),
    ],
)
def test_a_name_may_stand_before_an_address(text: str, name: str, address: str) -> None:
    """Quoted or not; what is written of it reads back as the same."""
    found = parse_address(text)
    assert (found.display_name, found.addr_spec) == (name, address)
    assert parse_address(str(found)) == found


def test_where_an_address_stands_alone_a_name_is_refused() -> None:
    """It would be lost."""
    assert plain_address("ann@bücher.example") == "ann@xn--bcher-kva.example"
    with pytest.raises(BadValue, match="has a name beside it"):
        plain_address("Ann <ann@example.com>")
