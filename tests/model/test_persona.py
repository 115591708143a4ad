"""Persona files are read strictly."""

from __future__ import annotations

from pathlib import Path

import pytest

from quarterdeck.model.errors import PersonaError
from quarterdeck.model.persona import load_persona, load_personas

GOOD = "title: T\nreader: R\nsections: [cash]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + "sectons: [a]\n", "key sectons: is unknown. Did you mean 'sections'"),
        ("reader: R\nsections: [a]\n", "key title: field required"),
        (GOOD + "recipients: [{address: nobody}]\n", "key recipients.0.address"),
        (GOOD + "recipients: [{address: 'a@example.com\\nBcc: b@example.com'}]\n", "key recipients.0.address"),
        (
            GOOD + "recipients: [{address: 'Ann <ann@example.com>'}]\n",
            "recipients.0.address: address 'a…@example.com' has",
        ),
        (GOOD + "recipients: [{address: ann@example.com, locale: de-XX}]\n", "key recipients.0.locale: 'de-XX' is no"),
        (
            GOOD + "recipients: [{address: ann@example.com, time_zone: Berlin}]\n",
            "0.time_zone: 'Berlin' is no time zone",
        ),
        (GOOD + "recipients: [{address: ann@example.com, time_zone: America}]\n", "'America' is no time zone"),
        (GOOD + 'recipients: [{address: ann@example.com, name: "A\\nB"}]\n', "key recipients.0.name"),
        (
            GOOD + "recipients: [{address: ann@bücher.example}, {address: ANN@xn--bcher-kva.example}]\n",
            "key recipients: address 'A…@xn--bcher-kva.example' stands twice",
        ),
        (GOOD + "send: sometimes\n", "found 'sometimes'"),
        (GOOD + "approval: maybe\n", "key approval"),
        (GOOD + "owner: ben\n", "key owner: address 'b…' is none that mail can carry"),
        (GOOD + "schedule: daily\n", "found 'daily'"),
        (GOOD + "digest: [debt]\n", "'debt' is not among its sections"),
        ("title: T\nreader: R\nsections: [a, a]\n", "names a section twice"),
        ("title: [\n", "line 2: is not valid YAML"),
        ("just words\n", "holds no keys"),
        ("", "holds no keys"),
        ("title: !!python/object/apply:os.system [true]\n", "is not valid YAML"),
    ],
)
def test_a_wrong_file_is_told_by_key_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    """The file, the key, what stands there and what was expected."""
    path = tmp_path / "p.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(PersonaError) as caught:
        load_persona(path)
    assert said in str(caught.value) and "p.yml" in str(caught.value)


@pytest.mark.parametrize("entry", ["ann@example.com", "{adress: ann@example.com}", "{address: [ann@example.com]}"])
def test_no_message_tells_an_address(tmp_path: Path, entry: str) -> None:
    """Whatever is wrong about a recipient, a log of it names nobody."""
    path = tmp_path / "p.yml"
    path.write_text(f"{GOOD}recipients: [{entry}]\n", "utf-8")
    with pytest.raises(PersonaError, match=r"key recipients\.0") as caught:
        load_persona(path)
    assert "ann@" not in str(caught.value)


def test_a_reader_has_language_and_place(tmp_path: Path) -> None:
    """Both may be missing; a domain of any script is kept as mail carries it."""
    path = tmp_path / "p.yml"
    path.write_text(
        f"{GOOD}send: when-changed\napproval: true\nowner: ben@example.com\nrecipients:\n"
        "  - {address: ann@bücher.example, name: 'Doe, \"Ann\"', locale: de_DE, time_zone: Europe/Berlin}\n"
        "  - {address: ben@example.com}\n",
        "utf-8",
    )
    read = load_persona(path)
    ann, ben = read.recipients
    assert (ann.address, ann.name, ann.locale, ann.time_zone) == (
        "ann@xn--bcher-kva.example", 'Doe, "Ann"', "de_DE", "Europe/Berlin",
    )  # fmt: skip
    assert (ben.name, ben.locale, ben.time_zone) == ("", "", "")
    assert (read.send, read.approval, read.owner) == ("when-changed", True, "ben@example.com")


def test_unknown_persona_gets_the_nearest(tmp_path: Path) -> None:
    """`--personas treasurr` is answered with the name meant."""
    (tmp_path / "treasurer.yml").write_text(GOOD, "utf-8")
    with pytest.raises(PersonaError, match="Did you mean 'treasurer'"):
        load_personas(tmp_path, ["treasurr"])


@pytest.mark.parametrize(
    ("variants", "said"),
    [
        ("{Big: {subject: x}}", "key variants: 'Big' is no name for one"),
        ("{control: {subject: x}}", "'control' is no name for one"),
        ("{b: {lead: debt}}", "key variants.b.lead: 'debt' is not among its digest"),
        ("{b: {subjct: x}}", "key variants.b.subjct"),
    ],
)
def test_a_wrong_variant_is_told_by_key(tmp_path: Path, variants: str, said: str) -> None:
    """Its name, its lead, its keys."""
    path = tmp_path / "p.yml"
    path.write_text(f"{GOOD}digest: [cash]\nvariants: {variants}\n", "utf-8")
    with pytest.raises(PersonaError) as caught:
        load_persona(path)
    assert said in str(caught.value)
