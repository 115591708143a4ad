"""Handoff notes: headings and lists become rows with file and line; what is code is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from quarterdeck.model.errors import DataError
from quarterdeck.report.handoffs import read_handoffs

PUBLIC = Path(__file__).parents[1] / "collect" / "public" / "httpcore-readme.md"
NOTE = """---
title: not a heading
- a: b
---
The [boat](https://example.com/boat)
====================================

<!-- - [ ] not this -->
<!--
- [ ] nor this, which ends -->
## Status ##

1. Hull is sound
2) Engine runs,
   after a pause

## Risks and blockers

+ Insurance *lapses*
    - in [May](https://example.com/may)

## Next

- [ ] Ask the insurer
* [x] Pay

#hashtag, no heading

    $ code - [ ] not a task
    - nor this

```sh
# no heading
- [ ] no task
```
Last
----
- done
"""


def rows(folder: Path, *columns: str) -> list[tuple[object, ...]]:
    return list(read_handoffs(folder)[list(columns)].itertuples(index=False, name=None))


def test_lists_become_status_risks_and_actions(tmp_path: Path) -> None:
    """Bullets of any sort, numbers, tasks; each knows its heading and kind."""
    (tmp_path / "boat.md").write_text(NOTE, "utf-8-sig")
    assert rows(tmp_path, "section", "kind", "state", "text") == [
        ("Status", "status", "note", "Hull is sound"),
        ("Status", "status", "note", "Engine runs, after a pause"),
        ("Risks and blockers", "risk", "note", "Insurance *lapses*"),
        ("Risks and blockers", "risk", "note", "in May"),
        ("Next", "action", "open", "Ask the insurer"),
        ("Next", "action", "done", "Pay"),
        ("Last", "status", "note", "done"),
    ]
    assert set(rows(tmp_path, "project", "title")) == {("boat", "The boat")}


def test_evidence_is_the_line_of_the_file(tmp_path: Path) -> None:
    """As an editor counts, Windows' line ends or not."""
    (tmp_path / "boat.md").write_bytes(NOTE.replace("\n", "\r\n").encode())
    lines = NOTE.split("\n")
    for text, file, line in rows(tmp_path, "text", "file", "line"):
        assert file == "boat.md" and str(text).split()[0] in lines[int(str(line)) - 1]


def test_a_real_readme_is_a_note(tmp_path: Path) -> None:
    """Its code block's comments are no headings."""
    (tmp_path / "httpcore.md").write_text(PUBLIC.read_text("utf-8"), "utf-8")
    found = rows(tmp_path, "title", "section", "line")
    assert found == [("HTTPCore", "Proposed functionality", 7), ("HTTPCore", "Proposed functionality", 8),
                     ("HTTPCore", "Credit", 12), ("HTTPCore", "Credit", 13)]  # fmt: skip


def test_a_note_without_lists_has_no_rows(tmp_path: Path) -> None:
    """Nor has an empty one."""
    (tmp_path / "a.md").write_text("")
    (tmp_path / "b.md").write_text("# Words\n\nOnly words.\n")
    assert rows(tmp_path, "text") == []


@pytest.mark.parametrize("hostile", ["bytes", "link"])
def test_a_note_that_cannot_be_trusted_is_refused(tmp_path: Path, hostile: str) -> None:
    """Not UTF-8, or a link to what lies outside."""
    folder = tmp_path / "handoffs"
    folder.mkdir()
    if hostile == "bytes":
        (folder / "a.md").write_bytes(b"- caf\xe9\n")
    else:
        (tmp_path / "secret.md").write_text("- secret\n")
        (folder / "a.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(DataError, match=r"a\.md: (is not UTF-8|is a link that leads out)"):
        read_handoffs(folder)


def test_what_only_looks_like_a_list_or_code_is_neither(tmp_path: Path) -> None:
    """Breaks between parts; code within a line; a fence within a longer one; a picture that is a link."""
    (tmp_path / "a.md").write_text(
        "# A\n- one\n\n* * *\n- - -\n```code``` in a line\n- two\n````\n```\n- not this\n```\n- nor this\n````\n"
        "- [![build](b.svg)](https://example.com) passes\n"
    )
    assert read_handoffs(tmp_path)["text"].tolist() == ["one", "two", "build passes"]


def test_a_key_in_a_note_is_not_told(tmp_path: Path) -> None:
    """Words around it are, and so is advice on passwords."""
    key, token = "AKIA" + "QX7ZP3LM9RT2VW5K", "ghp_" + "a8Xk2Lq9Zr4Tn7Wv1Bc6Yd3Fh5Jm0Ps2Ue8R"
    (tmp_path / "a.md").write_text(f"# A\n- [ ] Rotate {key} and {token}, today\n- The password: ask Theo\n")
    assert read_handoffs(tmp_path)["text"].tolist() == ["Rotate (a key) and (a key) today", "The password: ask Theo"]
