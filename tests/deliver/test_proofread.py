"""What would keep a mail from arriving whole."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP

import pytest

from quarterdeck.deliver.compose import compose
from quarterdeck.deliver.layout import MAX_BYTES, to_html
from quarterdeck.deliver.message import to_message
from quarterdeck.deliver.plain import to_text
from quarterdeck.deliver.proofread import proofread

from .sample import URL, markdown, picture, report

LINK = '<a href="https://example.com/">report</a>'


def mail(html: str, *pictures: str, list_id: str = "<ceo.example.com>", png: bytes = b"png") -> bytes:
    """A mail with that HTML and pictures of those names."""
    message = EmailMessage(policy=SMTP)
    message["Subject"] = "Cash down"
    if list_id:
        message["List-Id"] = list_id
    message.set_content("text")
    message.add_alternative(html, subtype="html")
    for name in pictures:
        message.get_payload(1).add_related(png, "image", "png", cid=f"<{name}>")  # type: ignore[union-attr]
    return message.as_bytes()


def found(html: str, *pictures: str, **options: str) -> list[str]:
    """What is wrong with such a mail."""
    return [check.found for check in proofread("mail", mail(html, *pictures, **options))]  # type: ignore[arg-type]


def test_a_composed_digest_is_in_order() -> None:
    """With its pictures."""
    digest = compose(report(), url=URL, pictures=(picture("fig-b"),))
    assert digest.pictures
    assert proofread("mail", to_message(digest, to_html(digest, markdown), to_text(digest))) == []


@pytest.mark.parametrize(
    ("html", "pictures", "told"),
    [
        (f'{LINK}<img src="cid:a@q"><td background="cid:b%40q">', ["a@q", "b@q"], None),
        (f"{LINK}<p>Write cid:x or data:y, or url(z)</p>", [], None),
        (f'{LINK}<img src="cid:a"><img src="cid:a"><img src="cid:b">', ["a"], "1 pictures are named and not there"),
        (LINK, ["a"], "1 pictures are there and not named"),
        (f'{LINK}<img src="data:image/png;base64,AAAA">', [], "do not show (data:image"),
        (f"{LINK}<img src='https://example.com/a.png'>", [], "do not show (https://example"),
        (f'{LINK}<td style="background: url(&quot;//example.com/a.png&quot;)">', [], "do not show (//example.com"),
        (f"<style>td {{ background: url(a.png) }}</style>{LINK}", [], "do not show (a.png"),
        ('<a href="mailto:reports@example.com">Unsubscribe</a>', [], "no link to the report"),
        (LINK + "x" * MAX_BYTES, [], "100 KB of HTML"),
    ],
)
def test_pictures_travel_with_the_mail(html: str, pictures: list[str], told: str | None) -> None:
    """Each one named has its part and each part is named; no other picture is shown by mail programs."""
    problems = found(html, *pictures)
    assert not problems if told is None else len(problems) == 1 and told in problems[0]


def test_a_mail_has_a_list_id_and_ten_megabytes_at_most() -> None:
    """Both are wrong, while a mail without a link can be sent."""
    assert found(LINK, list_id="") == ["no List-Id"]
    (check,) = proofread("mail", mail(f'{LINK}<img src="cid:a">', "a", png=bytes(8_000_000)))
    assert check.state == "wrong" and check.found == "11 MB in all" and "`digest:`" in check.remedy
    (check,) = proofread("mail", mail("<p>"))
    assert check.state == "warn" and "SITE_URL" in check.remedy


def test_a_mail_of_text_alone_lacks_its_link() -> None:
    """It does not raise."""
    assert [check.found for check in proofread("mail", b"List-Id: <a.b>\r\n\r\ntext\r\n")] == ["no link to the report"]
