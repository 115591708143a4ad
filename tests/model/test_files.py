"""Files and folders are put in place whole."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from quarterdeck.model.errors import QuarterdeckError, nearest, strict
from quarterdeck.model.files import from_yaml, put_folder, put_once, read_yaml, restore_folder, write


def test_a_file_is_replaced_whole_or_left(tmp_path: Path) -> None:
    """What cannot be written leaves the old file, and nothing beside it."""
    write(tmp_path / "a", "naïve")
    assert (tmp_path / "a").read_bytes() == "naïve".encode()
    with pytest.raises(UnicodeEncodeError):
        write(tmp_path / "a", "\udcff")
    assert (tmp_path / "a").read_text("utf-8") == "naïve" and [path.name for path in tmp_path.iterdir()] == ["a"]


def test_whoever_writes_a_file_at_once_with_others_leaves_it_whole(tmp_path: Path) -> None:
    """Two senders with one outbox: none takes away what another is about to put in place."""
    path, start = tmp_path / "a", Barrier(8)

    def replace(number: int) -> None:
        start.wait()
        for _ in range(50):
            write(path, bytes([number]) * 1000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(replace, range(8)))
    assert len(path.read_bytes()) == 1000 == 1000 * len(set(path.read_bytes())) and list(tmp_path.iterdir()) == [path]


def test_of_all_who_make_a_file_once_one_has_made_it(tmp_path: Path) -> None:
    """All find the same content, whole; only its owner may read it, and nothing lies beside it."""
    path, start = tmp_path / "keys" / "key", Barrier(8)

    def make(number: int) -> bytes:
        start.wait()
        put_once(path, lambda: bytes([number]) * 1000)
        return path.read_bytes()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(make, range(8)))
    assert found == {path.read_bytes()} and len(path.read_bytes()) == 1000
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and list(path.parent.iterdir()) == [path]


def test_a_folder_cut_off_between_two_renames_comes_back(tmp_path: Path) -> None:
    """The old one where no new one is; the new one where there is one."""
    new, place, aside = tmp_path / "new", tmp_path / "place", tmp_path / "aside"
    for folder, word in ((new, "new"), (place, "old")):
        folder.mkdir()
        (folder / "f").write_text(word)
    place.rename(aside)
    restore_folder(place, aside)
    assert (place / "f").read_text() == "old" and not aside.exists()
    put_folder(new, place, aside)
    assert (place / "f").read_text() == "new" and not aside.exists() and not new.exists()
    aside.mkdir()
    restore_folder(place, aside)
    assert (place / "f").read_text() == "new" and not aside.exists()


def test_yaml_without_end_is_one_message(tmp_path: Path) -> None:
    """Nested as no one writes, or aliases of aliases."""
    from pydantic import BaseModel

    class Model(BaseModel):
        folder: str

    (tmp_path / "a.yml").write_text("a: " + "[" * 100_000)
    with pytest.raises(QuarterdeckError, match=r"a\.yml: is not valid YAML: it nests too deeply"):
        read_yaml(tmp_path / "a.yml")
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 6)
    )
    with pytest.raises(QuarterdeckError) as err:
        strict(Model, {"folder": from_yaml(text)["a5"]}, "a.yml", "")
    assert len(str(err.value)) < 500


def test_a_remedy_names_no_more_than_one_can_read() -> None:
    """Of a thousand names the nearest, and some."""
    told = nearest("name500x", [f"name{number}" for number in range(1000)])
    assert told.startswith("Did you mean 'name500'?") and told.endswith("and 960 more") and len(told) < 500
