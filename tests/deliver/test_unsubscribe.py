"""Links that end the sending: signed, confirmed by a POST, and harmless to whoever merely follows them."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from quarterdeck.deliver.unsubscribe import confirm, link, read_secret
from quarterdeck.model.delivery import recipient_id
from quarterdeck.model.errors import QuarterdeckError

from .aws import client_of

SITE, SECRET, AT = "https://reports.example.com", b"s" * 32, "2026-11-01T08:00:00+00:00"
ANN = recipient_id("ann@example.com")


class Silences:
    """A list that only remembers whom it was asked to silence."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []

    def silence(self, *asked: str) -> None:
        self.asked.append(asked)


def token(address: str) -> str:
    return parse_qs(urlsplit(address).query)["t"][0]


def ask(method: str, token: str, secret: bytes = SECRET) -> tuple[int, str, list[tuple[str, ...]]]:
    """Status, page, and what the list was asked."""
    recipients = Silences()
    status, page = confirm(method, token, secret, recipients, AT)  # type: ignore[arg-type]
    return status, page, recipients.asked


@pytest.mark.parametrize("persona", ["cfo", "client-audit", ""])
def test_a_link_is_short_stable_and_tells_no_address(persona: str) -> None:
    """It can stand in a header and in a printed mail, and is another for each reader, report and secret."""
    made = link(SITE, SECRET, ANN, persona)
    assert made == link(SITE, SECRET, ANN, persona) and made.startswith(f"{SITE}/unsubscribe?t=")
    assert len(made) < 110 and made.isascii() and "ann" not in made
    others = {link(SITE, SECRET, recipient_id("ben@example.com"), persona), link(SITE, b"t" * 32, ANN, persona)}
    assert len({token(other).rpartition(".")[2] for other in {made, *others, link(SITE, SECRET, ANN, "x")}}) == 4


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_following_a_link_changes_nothing(method: str) -> None:
    """Scanners of mail do; a reader finds one form that posts to the same address, and the page tells nobody."""
    status, page, asked = ask(method, token(link(SITE, SECRET, ANN, "cfo")))
    forms: list[dict[str, str | None]] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, attributes: forms.append(dict(attributes)) if tag == "form" else None  # type: ignore[method-assign]
    parser.feed(page)
    assert (status, asked, forms) == (200, [], [{"method": "post"}])
    assert "“cfo”" in page and ANN not in page and "<script" not in page


@pytest.mark.parametrize("persona", ["cfo", ""])
def test_a_post_silences(persona: str) -> None:
    """By the button, or by a mail program in one click."""
    status, page, asked = ask("POST", token(link(SITE, SECRET, ANN, persona)))
    assert (status, asked) == (200, [(ANN, persona, "unsubscribed", AT)]) and "You are unsubscribed" in page


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "post", ""])
def test_another_method_does_nothing(method: str) -> None:
    """It is refused."""
    status, _, asked = ask(method, token(link(SITE, SECRET, ANN, "cfo")))
    assert (status, asked) == (405, [])


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_was_not_signed_changes_nothing(method: str) -> None:
    """Each letter counts: none may be altered, left out or added; another's signature does not serve."""
    good = token(link(SITE, SECRET, ANN, "cfo"))
    recipient, _, signature = good.split(".")
    forged = [
        "", ".", "..", "<script>alert(1)</script>", "\ud800", "é" * 64, good + "\n", f" {good}", f"{good}.", good * 2,
        f"{recipient}..{signature}", f"{recipient}.ceo.{signature}", f"{ANN[::-1]}.cfo.{signature}",
        f"{recipient}.*.{signature}", f"{recipient}.cfo.{'A' * 22}", f"{recipient}.cfo.", good.upper(), "a" * 100_000,
        *(good[:cut] for cut in range(len(good))), *(good[cut:] for cut in range(1, len(good))),
        *(f"{good[:at]}{'b' if good[at] == 'a' else 'a'}{good[at + 1:]}" for at in range(len(good))),
    ]  # fmt: skip
    for wrong in forged:
        status, page, asked = ask(method, wrong)
        assert status == 400 and asked == [], wrong
        assert "<script" not in page and "<form" not in page
    assert ask(method, good, secret=b"t" * 32)[0] == 400


@pytest.fixture
def client(moto: str) -> Any:
    return client_of("secretsmanager", moto)


def test_the_secret_comes_from_secrets_manager(client: Any) -> None:
    """By name or ARN, as text or bytes."""
    arn = client.create_secret(Name="quarterdeck/text", SecretString="t" * 64)["ARN"]
    client.create_secret(Name="quarterdeck/bytes", SecretBinary=b"\xff" * 32)
    assert read_secret(client, "quarterdeck/text") == read_secret(client, arn) == b"t" * 64
    assert read_secret(client, "quarterdeck/bytes") == b"\xff" * 32


def test_a_secret_that_is_missing_or_short_is_told_and_not_shown(client: Any) -> None:
    """With the command that makes one."""
    with pytest.raises(QuarterdeckError, match=r"secret quarterdeck/none: is not there\. Make it: aws secretsmanager"):
        read_secret(client, "quarterdeck/none")
    client.create_secret(Name="quarterdeck/short", SecretString="hunter2")
    with pytest.raises(QuarterdeckError, match="shorter than 32 bytes") as caught:
        read_secret(client, "quarterdeck/short")
    assert "hunter2" not in str(caught.value)
