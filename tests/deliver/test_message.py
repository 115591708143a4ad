"""The mail file and the plain-text part."""

from __future__ import annotations

import email
import os
import re
from dataclasses import replace
from email.header import decode_header, make_header
from email.policy import default

import pytest

from quarterdeck.deliver.compose import compose
from quarterdeck.deliver.digest import mail_path
from quarterdeck.deliver.layout import to_html
from quarterdeck.deliver.message import CODE, Envelope, addressed, to_message, with_code, write_digest
from quarterdeck.deliver.plain import _width, to_text
from quarterdeck.model.errors import QuarterdeckError
from quarterdeck.model.report import Prose, ReportKey, Section

from .sample import URL, fact, filled_with, finding, markdown, picture, report, table
from .test_layout import HOSTILE


def message_of(made, **values):
    """A report's mail file, read back by Python's parser."""
    digest = compose(made, url=URL, **values)
    raw = to_message(digest, to_html(digest, markdown), to_text(digest))
    return raw, email.message_from_bytes(raw, policy=default)


def test_plain_text_stands_beside_html_with_its_pictures():
    """alternative(plain, related(html, images)), every cid met by one part, quoted-printable."""
    _, message = message_of(report(), pictures=[picture("fig-b"), picture("fig-c")])
    plain, related = message.iter_parts()
    html, *images = related.iter_parts()
    assert [
        message.get_content_type(),
        plain.get_content_type(),
        related.get_content_type(),
        html.get_content_type(),
    ] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
    ]
    assert {part["Content-Transfer-Encoding"] for part in (plain, html)} == {"quoted-printable"}
    for image in images:
        assert html.get_content().count(f"cid:{image['Content-ID'].strip('<>')}") == 1
        assert image.get_content_disposition() == "inline" and image.get_content()[1:4] == b"PNG"
    assert len(images) == 2


def test_headers_are_neutral_of_sender_and_reader():
    """The file says what it is and as of when; who sends it, to whom and when is a delivery's."""
    _, message = message_of(report())
    assert message["Date"] == "Sat, 31 Oct 2026 12:00:00 +0000"
    assert message["List-Id"] == "<treasurer.reports.example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Entity-Ref-ID"] == "treasurer/2026-10"
    assert not {"from", "to", "cc", "bcc", "message-id", "sender"} & {name.lower() for name in message}


def test_the_same_digest_gives_the_same_bytes():
    """Boundaries and ids come from the content; all lines end in CRLF and are short."""
    raw, _ = message_of(report(), pictures=[picture("fig-b")])
    assert raw == message_of(report(), pictures=[picture("fig-b")])[0]
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert raw.count(b"\n") == raw.count(b"\r\n")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_header(text):
    """The headers are the same names whatever the data holds, and the subject survives the parser."""
    raw, message = message_of(filled_with(text))
    assert message.keys() == message_of(report())[1].keys()
    assert message["Subject"].endswith("· October 2026")
    assert not message.defects and raw.isascii()


def test_every_language_survives():
    """Subject and both bodies read back as they were written."""
    _, message = message_of(report(findings=(finding("x", "critical", title="Перерасход ¥1.000 – 収支 🚤 ñ"),)))
    assert message["Subject"] == "Перерасход ¥1.000 – 収支 🚤 ñ · October 2026"
    assert all("収支 🚤" in message.get_body((kind,)).get_content() for kind in ("plain", "html"))


@pytest.mark.parametrize("text", ["plain words", *HOSTILE])
def test_plain_text_is_76_columns(text):
    """No line but an address is longer, and no control character is left."""
    lines = to_text(compose(filled_with(text), url=URL)).splitlines()
    assert all(_width(line) <= 76 for line in lines if not line.startswith("http"))
    assert not any(character < " " for line in lines for character in line)


def test_plain_text_aligns_figures():
    """Amounts of headline figures end in one column, a table's too, and cut rows are counted."""
    text = to_text(compose(report(), url=URL))
    cash, burn = (line for line in text.splitlines() if line.startswith(("Cash  ", "Burn  ")))
    assert cash.index("$41,200") + len("$41,200") == burn.index("$8,412") + len("$8,412")
    assert "up $412 (+5.2%)" in burn and burn.endswith("█")
    assert "Row 7   $7,004    35%" in text and "(4 more rows in the full report)" in text
    assert "Cash lasts." in text and "Debts *grow*." in text


def test_an_analysts_lines_are_filled_anew():
    """As Markdown means them: paragraphs and items of a list begin a line, whatever the source's lines were."""
    typed = "Cash fell, and\nthe runway is\nshort.\n\n- collect what is\n  owed\n- 2nd thing\n1. and so on"
    text = to_text(compose(report(commentary=typed), url=URL))
    assert "Cash fell, and the runway is short.\n\n- collect what is owed\n- 2nd thing\n1. and so on\n" in text


def test_a_long_text_is_cut_at_a_word_and_says_so():
    """The reader knows that there is more."""
    text = to_text(compose(report(commentary=" ".join(f"word{n}" for n in range(400))), url=URL))
    assert re.search(r"\bword16\d…\n\(more in the full report\)\n", text) and "word0 word1 word2" in text


def test_addresses_stay_whole_and_lead_from_the_mail():
    """Longer than a line or relative to the report, in commentary and prose."""
    long = f"https://example.com/{'a' * 90}/final.pdf"
    made = report(
        commentary=f"See [the contract]({long}) now, {long} too, and [its rows](rows/x.csv).",
        digest=("s",),
        sections=(Section("s", "S", (Prose(html='<p>In <a href="#debts">Debts</a></p>'),)),),
    )
    text = to_text(compose(made, url=URL))
    assert f"contract]({long})" in text and f"\n{long}\n" in text
    assert f"[its rows]({URL.removesuffix('index.html')}rows/x.csv)" in text.replace("\n", " ")
    assert f"Debts ({URL}#debts)" in text.replace("\n", " ")


def test_plain_text_says_what_the_html_says():
    """Targets and notes, better or worse, since when, who saw it, and that a table has no rows."""
    made = report(
        facts=(fact("burn", previous=8000.0, better="lower", target=7500.0, note="paid by two accounts"),),
        headline=("burn",),
        findings=(finding("a", money=14300.0, since="2026-08-01", observed=True),),
        digest=("s",),
        sections=(Section("s", "S", (table(0),)),),
    )
    text = to_text(compose(made, url=URL))
    assert "Burn  $8,412  up $412 (+5.2%), worse\n  target $7,500; paid by two accounts\n" in text
    assert "[high, observed by a person] Title a" in text and "At stake: $14,300, since Aug 1, 2026." in text
    assert "Gaps by client: no rows.\n" in text


def test_an_overdue_action_says_so():
    """Owner and date follow the action."""
    assert "(Maria, overdue since Oct 28, 2026)" in to_text(compose(report(), url=URL))


def test_a_digest_is_written_once(tmp_path):
    """The mail file and its page lie under the period; a second write of the same bytes touches neither."""
    digest = compose(report(), url=URL, pictures=[picture("fig-b")])
    path = mail_path(tmp_path, digest.key)
    write_digest(path, digest, markdown)
    page = tmp_path / "2026-10" / "treasurer.html"
    assert path == tmp_path / "2026-10" / "treasurer.eml"
    assert "data:image/png" in page.read_text("utf-8")
    for written in (path, page):
        os.utime(written, (1, 1))
    write_digest(path, digest, markdown)
    assert {written.stat().st_mtime for written in (path, page)} == {1}
    write_digest(path, replace(digest, subject="Other"), markdown)
    assert path.stat().st_mtime > 1 and not list(tmp_path.rglob("*.partial"))


def test_a_report_of_a_row_has_a_folder(tmp_path):
    """A repeated persona's digests lie in its folder, and a row's id cannot lead out of it."""
    assert mail_path(tmp_path, ReportKey("audit", "acme", "2026-10")) == tmp_path / "2026-10" / "audit" / "acme.eml"
    with pytest.raises(QuarterdeckError, match="letters"):
        mail_path(tmp_path, ReportKey("audit", "../../x", "2026-10"))


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8*en", "", "a b", "none"])
def test_what_is_encoded_in_a_subject_stays_as_it_is(charset):
    """A client's name may hold it: read, it would begin another header."""
    digest = replace(compose(report(), url=URL), subject=f"Acme =?{charset}?q?=0ABcc:_b=40example.com?= owes")
    raw = to_message(digest, "<p>x</p>", "x")
    head = raw.partition(b"\r\n\r\n")[0]
    assert email.message_from_bytes(raw)["Bcc"] is None and b"\nBcc" not in head
    assert email.message_from_bytes(raw, policy=default)["Subject"] == digest.subject.replace("=?", "= ?")


MAIL = to_message(compose(report(), url=URL), "<p>x</p>", "x")


def test_one_delivery_adds_headers_and_changes_no_byte_of_the_digest():
    """Long unsubscribe addresses stay whole and unencoded, or one click would not work."""
    long = "https://reports.example.com/unsubscribe?" + "token=" + "a" * 300
    envelope = Envelope(
        "Reports <reports@example.com>", "ann@example.com", "Ann", "help@example.com", (long, "mailto:u@example.com")
    )
    made = addressed(MAIL, envelope)
    assert made.endswith(MAIL) and f"List-Unsubscribe: <{long}>, <mailto:u@example.com>\r\n".encode() in made
    message = email.message_from_bytes(made, policy=default)
    assert not message.defects and str(message["To"]) == "Ann <ann@example.com>"
    assert (message["Reply-To"], message["List-Unsubscribe-Post"]) == ("help@example.com", "List-Unsubscribe=One-Click")
    assert b"List-Unsubscribe-Post" not in addressed(
        MAIL, Envelope("a@example.com", "b@example.com", unsubscribe=("mailto:u@example.com",))
    )


def test_names_and_domains_of_any_language_can_be_addressed():
    """A name is encoded, a domain becomes its ASCII form."""
    made = addressed(
        MAIL, Envelope("Grüße <reports@example.com>", "jörg@bücher.example".replace("ö", "o"), "Jörg Müller")
    )
    message = email.message_from_bytes(made, policy=default)
    to = message["To"].addresses[0]
    assert (to.display_name, to.domain) == ("Jörg Müller", "xn--bcher-kva.example")
    assert message["From"].addresses[0].display_name == "Grüße"


def test_an_encoded_word_is_75_characters_at_most():
    """RFC 2047 allows no longer one, in a subject or a name, and the text is the same when read."""
    said = "نقص حاد في السيولة النقدية للشركة هذا الشهر بسبب التأخير"
    raw = to_message(replace(compose(report(), url=URL), subject=said), "<p>x</p>", "x")
    made = addressed(raw, Envelope(f"{said} <reports@example.com>", "ann@example.com", said))
    encoded = re.findall(rb"=\?[^?\s]*\?[bq]\?[^?\s]*\?=", made)
    assert len(encoded) > 4 and max(map(len, encoded)) <= 75
    message = email.message_from_bytes(made, policy=default)
    assert message["Subject"] == said
    assert message["To"].addresses[0].addr_spec == "ann@example.com"
    assert str(make_header(decode_header(email.message_from_bytes(made)["To"]))) == f"{said} <ann@example.com>"


@pytest.mark.parametrize("mark", ["", "ü"])
def test_a_long_name_brings_no_other_address(mark):
    """Its commas and brackets stay within quotes."""
    made = addressed(MAIL, Envelope("reports@example.com", "ann@example.com", f"{mark}a, b@evil.example, " * 6))
    assert [each.addr_spec for each in email.message_from_bytes(made, policy=default)["To"].addresses] == [
        "ann@example.com"
    ]


@pytest.mark.parametrize("where", ["sender", "to", "name", "reply_to", "unsubscribe"])
@pytest.mark.parametrize("wrong", ["\r\nBcc: b@example.com", " =?utf-8?q?=0ABcc:_b=40example.com?="])
def test_a_line_break_in_an_address_is_refused(where, wrong):
    """It would begin another header, however it is written."""
    wrong = f"a@example.com{wrong}"
    values = {"sender": "a@example.com", "to": "b@example.com"} | {where: (wrong,) if where == "unsubscribe" else wrong}
    with pytest.raises(QuarterdeckError, match="line break"):
        addressed(MAIL, Envelope(**values))


@pytest.mark.parametrize("address", ["nobody", "ö@example.com", "a@b@c d", ""])
def test_what_is_no_address_is_refused_without_being_told(address):
    """The message names no whole address."""
    with pytest.raises(QuarterdeckError, match="none that mail can carry"):
        addressed(MAIL, Envelope("a@example.com", address))


def test_a_readers_own_code_takes_its_place_in_the_mail_for_all():
    """In every link to the report, though quoted-printable breaks some of them; every line stays as long as it was."""
    code = "-_" + "aZ09" * 10 + "-"
    digest = replace(compose(report(), url=URL), door=f"https://reports.example.com/m/#{CODE}")
    raw = to_message(digest, to_html(digest, markdown), to_text(digest))
    assert raw.count(CODE.encode()) < raw.replace(b"=\r\n", b"").count(CODE.encode()) == 5
    own = with_code(raw, code)
    texts, neutral = (
        [part.get_content() for part in email.message_from_bytes(mail, policy=default).iter_parts()]
        for mail in (own, raw)
    )
    assert texts == [text.replace(CODE, code) for text in neutral] != neutral
    assert f"/m/#{code}\r\n" in texts[0] and f'/m/#{code}"' in texts[1] and f'/m/#{code}.debts"' in texts[1]
    assert URL not in "".join(texts)
    assert [len(line) for line in own.split(b"\r\n")] == [len(line) for line in raw.split(b"\r\n")]
    assert with_code(own, CODE) == own and with_code(raw, CODE) == raw
