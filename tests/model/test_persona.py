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
