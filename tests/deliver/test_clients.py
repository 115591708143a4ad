"""What mail programs make of a digest, by data and tools that nobody here wrote (`npm ci --prefix tests/npm`)."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import tinycss2
from bs4 import BeautifulSoup

from quarterdeck.deliver.compose import compose
from quarterdeck.deliver.digest import Digest
from quarterdeck.deliver.layout import to_html
from quarterdeck.deliver.message import to_message
from quarterdeck.deliver.plain import to_text
from tools import VALIDATE, find_tool, needed, node

from .sample import URL, filled_with, markdown, picture, report

SENDER = "reports@example.com"
CLIENTS = {
    "gmail": ("desktop-webmail", "ios", "android"),
    "outlook": ("windows", "macos", "outlook-com"),
    "apple-mail": ("macos", "ios"),
    "samsung-email": ("android",),
    "yahoo": ("desktop-webmail", "ios", "android"),
}
DEGRADES = {
    "css-at-media": "the narrow layout is lost; the table of 600 px shrinks to the window by itself",
    "css-at-media-prefers-color-scheme": "the mail stays light, or the program darkens it by its own rules",
    "css-border": "Outlook draws 8 px at most: no border is wider (tested), and bars are lines of a block",
    "css-border-radius": "corners are square",
    "css-border-spacing": "the bars of a trend touch; cellspacing says it too",
    "css-display": "only `none` and `block` are used (tested)",
    "css-font-size": "only px are used (tested)",
    "css-font-weight": "only 400 and 700 are used (tested)",
    "css-height": "an empty line between two parts is a little higher",
    "css-important": "only in the style sheet's dark and narrow rules, which are lost where it is",
    "css-letter-spacing": "only 1 px is used, which every program draws",
    "css-line-height": "a trend's bars have mso-line-height-rule; text is set a little wider",
    "css-margin": "never negative, never auto, never on span or body (tested)",
    "css-max-width": "Outlook has a table of 600 px around the card, in a comment only it reads",
    "css-padding": "Outlook pads table cells only, and only those are padded but for lists and quotations",
    "css-selector-class": "the inlined styles remain",
    "css-selector-descendant": "the inlined styles remain",
    "css-selector-grouping": "the inlined styles remain",
    "css-table-layout": "Outlook lays tables out as fixed anyway",
    "css-text-align": "only left and right are used (tested)",
    "css-text-decoration": "links may be underlined, or the button's not be plain",
    "css-text-transform": "a severity is in small letters",
    "css-white-space": "a short figure may break",
    "css-width": "the attribute says it too",
    "css-word-break": "a very long word may widen the table",
    "html-align": "only on cells, which are centred everywhere",
    "html-aria-hidden": "a screen reader also reads the trend's empty cells",
    "html-body": "its colours are the outer table's too",
    "html-dir": "a label in Arabic is set from the left",
    "html-doctype": "Outlook's own mode is what the layout is made for",
    "html-height": "the mini bars' cells have a line height too",
    "html-lang": "the language is on the html element",
    "html-mailto-links": "the new mail has no subject; its address says enough",
    "html-meta-color-scheme": "as without prefers-color-scheme",
    "html-role": "tables of the layout are announced as tables",
    "html-style": "the sheet is in the head and small, the styles are inlined (tested)",
    "html-width": "pictures have a width in pixels (tested)",
}
"""Features that some program lacks or has in part, and what its reader then sees."""


def digests() -> dict[str, Digest]:
    """An ordinary digest with pictures, one without, one of nothing, and one of very long words."""
    return {
        "with pictures": compose(report(), url=URL, sender=SENDER, pictures=[picture("fig-a"), picture("fig-b")]),
        "without pictures": compose(report(), url=URL, sender=SENDER),
        "empty": compose(report(facts=(), findings=(), sections=()), url="", sender=SENDER),
        "long words": compose(filled_with("W" * 300), url=URL, sender=SENDER),
    }


def _slugs_of_property(name: str, known: set[str]) -> Iterator[str]:
    """The feature of a CSS property, or of the shorthand that it is a part of."""
    parts = name.split("-")
    yield from [slug for n in range(len(parts), 0, -1) if (slug := "css-" + "-".join(parts[:n])) in known][:1]


def _slugs_of_css(nodes: list[Any], known: set[str]) -> Iterator[str]:
    """Features of declarations: properties, units, functions, `!important`."""
    for declaration in nodes:
        if declaration.type != "declaration":
            continue
        yield from _slugs_of_property(declaration.lower_name, known)
        if declaration.important:
            yield "css-important"
        for token in declaration.value:
            if token.type == "dimension":
                yield f"css-unit-{token.lower_unit}"
            elif token.type == "percentage":
                yield "css-unit-percent"
            elif token.type == "function":
                yield f"css-function-{token.lower_name}"


def _slugs_of_rules(rules: list[Any], known: set[str]) -> Iterator[str]:
    for rule in rules:
        if rule.type == "at-rule":
            yield f"css-at-{rule.lower_at_keyword}"
            if "prefers-color-scheme" in tinycss2.serialize(rule.prelude):
                yield "css-at-media-prefers-color-scheme"
            inner = tinycss2.parse_rule_list(rule.content, skip_whitespace=True, skip_comments=True)
            yield from _slugs_of_rules(inner, known)
        elif rule.type == "qualified-rule":
            selector = tinycss2.serialize(rule.prelude)
            yield from (slug for sign, slug in (
                (",", "css-selector-grouping"), (".", "css-selector-class"), (" ", "css-selector-descendant"),
                (">", "css-selector-child"), ("[", "css-selector-attribute"), ("+", "css-selector-adjacent-sibling"),
            ) if sign in selector.strip())  # fmt: skip
            declared = tinycss2.parse_blocks_contents(rule.content, skip_whitespace=True, skip_comments=True)
            yield from _slugs_of_css(declared, known)


def used(html: str, known: set[str]) -> set[str]:
    """The features of Can I Email that a mail's HTML uses."""
    soup, found = BeautifulSoup(html, "html.parser"), {"html-doctype"}
    for tag in soup.find_all(True):
        found.add(f"html-{tag.name}")
        found |= {"html-h1-h6"} if re.fullmatch("h[1-6]", tag.name) else set()
        found |= {"html-lists"} if tag.name in ("ul", "ol", "li") else set()
        found |= {f"html-{name}" for name in tag.attrs}
        if tag.name == "meta" and tag.get("name") == "color-scheme":
            found.add("html-meta-color-scheme")
        if tag.name == "a" and str(tag.get("href")).startswith("mailto:"):
            found.add("html-mailto-links")
        if tag.get("style"):
            found |= set(_slugs_of_css(tinycss2.parse_blocks_contents(tag["style"], skip_whitespace=True), known))
        if tag.name == "style":
            rules = tinycss2.parse_stylesheet(tag.string or "", skip_whitespace=True, skip_comments=True)
            found |= set(_slugs_of_rules(rules, known))
    if "<!--" in html:
        found.add("html-comments")
    return found & known


@pytest.mark.parametrize("name", digests())
def test_every_feature_is_supported_or_degrades_as_named(name: str) -> None:
    """Can I Email's latest word for each program; what it lacks is in DEGRADES, with what its reader then sees."""
    data = json.loads((needed("caniemail") / "data" / "caniemail.json").read_text("utf-8"))["data"]
    features = {feature["slug"]: feature["stats"] for feature in data}
    lacking = {}
    for slug in sorted(used(to_html(digests()[name], markdown), set(features))):
        support = {
            f"{family} {platform}": list(features[slug][family][platform].values())[-1]
            for family, platforms in CLIENTS.items()
            for platform in platforms
            if platform in features[slug].get(family, {})
        }
        if poor := {client: word for client, word in support.items() if not word.startswith(("y", "u"))}:
            lacking[slug] = poor
    assert lacking.keys() <= DEGRADES.keys(), {slug: lacking[slug] for slug in lacking.keys() - DEGRADES.keys()}


@pytest.mark.parametrize("name", digests())
def test_partly_supported_features_keep_to_the_supported_part(name: str) -> None:
    """What DEGRADES says of values."""
    html = to_html(digests()[name], markdown)
    declared = re.findall(
        r"([a-z-]+)\s*:\s*([^;{}\"]+)", ";".join([*re.findall('style="([^"]*)"', html), _sheet(html)])
    )
    values = {
        name: {value.replace("!important", "").strip() for at, value in declared if at == name} for name, _ in declared
    }
    edges = {side: values.get(f"border-{side}", set()) for side in ("top", "bottom", "left", "right")}
    assert not [at for at in edges for width in re.findall(r"(\d+)px", " ".join(edges[at])) if int(width) > 8]
    assert values["display"] <= {"none", "block"} and values["font-weight"] <= {"400", "700"}
    assert all(value.endswith("px") for value in values["font-size"]) and values["text-align"] <= {"left", "right"}
    assert not [value for value in values["margin"] if "-" in value or "auto" in value]
    assert len(_sheet(html)) < 16_000 and html.index("<style") < html.index("<body")
    assert all(re.search(r' width="\d+"', picture) for picture in re.findall("<img[^>]*>", html))


def _sheet(html: str) -> str:
    return "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL))


@pytest.mark.parametrize("name", digests())
def test_the_rendering_linter_reports_no_error(name: str) -> None:
    """Fifteen programs, spam signs, links, accessibility, pictures, size (@emailens/engine)."""
    needed("@emailens/engine")
    script = """
    import { auditEmail } from "@emailens/engine";
    import { readFileSync } from "node:fs";
    const report = auditEmail(readFileSync(0, "utf8"));
    const all = Object.values(report).flatMap((part) => [...(part.issues ?? []), ...(part.warnings ?? [])]);
    console.log(JSON.stringify(all.filter((issue) => issue.severity === "error")));
    """
    errors = node(script, given=to_html(digests()[name], markdown))
    assert not errors, [(error.get("rule") or error.get("property"), error["message"]) for error in errors]


@pytest.mark.parametrize("name", digests())
def test_the_html_validates(name: str) -> None:
    """By html-validate's rules of the standard, but for the attributes that Outlook's tables need."""
    needed("html-validate")
    outlook = {"no-deprecated-attr": "off", "attribute-allowed-values": "off"}
    messages = node(VALIDATE, json.dumps(outlook), given=to_html(digests()[name], markdown))
    assert not messages, [(each["ruleId"], each["message"], each["line"]) for each in messages]


@pytest.mark.slow
@pytest.mark.parametrize("package", ["mailparser", "postal-mime"])
@pytest.mark.parametrize("name", digests())
def test_other_programs_read_the_mail_as_python_does(package: str, name: str, tmp_path: Path) -> None:
    """Subject, text, HTML and every picture by its Content-ID."""
    needed(package)
    digest = digests()[name]
    mail = to_message(digest, to_html(digest, markdown), to_text(digest))
    path = tmp_path / "mail.eml"
    path.write_bytes(mail)
    script = """
    import { readFileSync } from "node:fs";
    import { createHash } from "node:crypto";
    const [kind, path] = process.argv.slice(1), mail = readFileSync(path);
    const read = kind === "mailparser"
      ? await (await import("mailparser")).simpleParser(mail, { skipImageLinks: true, keepCidLinks: true })
      : await new (await import("postal-mime")).default().parse(mail);
    const seal = (content) => createHash("sha256").update(Buffer.from(content)).digest("hex");
    const pictures = read.attachments.map((each) => [each.contentId, seal(each.content)]);
    console.log(JSON.stringify({ subject: read.subject, text: read.text, html: read.html, pictures }));
    """
    theirs = node(script, package, str(path))
    ours = message_from_bytes(mail, policy=default)
    assert isinstance(ours, EmailMessage)
    html, text = ours.get_body(("html",)), ours.get_body(("plain",))
    assert html and text and theirs["subject"] == ours["Subject"]
    assert _lines(theirs["text"]) == _lines(text.get_content())
    assert _lines(theirs["html"]) == _lines(html.get_content())
    assert [cid.strip("<>") for cid, _ in theirs["pictures"]] == re.findall(r'src="cid:([^"]+)"', html.get_content())
    assert len({seal for _, seal in theirs["pictures"]}) == len({each.png for each in digest.pictures})


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r", "").strip().splitlines()]


@pytest.mark.parametrize("part", range(8))
def test_naughty_strings_in_every_text_leave_the_digest_standing(part: int) -> None:
    """The Big List of Naughty Strings: nothing executes, nothing is fetched, the message is read as it was written."""
    strings = json.loads((needed("big-list-of-naughty-strings") / "blns.json").read_text("utf-8"))
    for text in strings[part::8]:
        digest = compose(filled_with(text), url=URL)
        html = to_html(digest, markdown)
        soup = BeautifulSoup(html, "html.parser")
        assert not soup.find(["script", "iframe", "object", "embed", "form", "link", "svg"]), text
        assert not [tag for tag in soup.find_all(True) if any(name.startswith("on") for name in tag.attrs)], text
        assert all(re.match("https://reports.example.com/|cid:", str(tag.get("href") or tag.get("src")))
                   for tag in soup.find_all(["a", "img"])), text  # fmt: skip
        message = message_from_bytes(to_message(digest, html, to_text(digest)), policy=default)
        assert isinstance(message, EmailMessage) and not message.defects, text
        assert [name for name in message if name.lower() in ("to", "bcc", "cc", "from")] == [], text


def test_a_spam_filter_has_nothing_against_it(tmp_path: Path) -> None:
    """SpamAssassin, without the network, as it would arrive: 0.5 points at most."""
    find_tool("spamassassin", "apt-get install spamassassin")
    digest = digests()["with pictures"]
    message = message_from_bytes(to_message(digest, to_html(digest, markdown), to_text(digest)), policy=default)
    message["From"], message["To"] = "Reports <reports@example.com>", "Ann <ann@example.com>"
    message["Message-ID"] = "<1@example.com>"
    done = subprocess.run(["spamassassin", "-L", "-t"], input=message.as_bytes(), capture_output=True, check=True)
    told = done.stdout.decode("utf-8", "replace")
    score = re.search(r"X-Spam-Status:.*?score=(-?[\d.]+)", told, re.DOTALL)
    assert score and float(score[1]) <= 0.5, told[:4000]
