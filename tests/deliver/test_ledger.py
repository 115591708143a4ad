"""What every ledger promises, of the file and of the table alike; then what holds for the file alone."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quarterdeck.deliver import ledger as module
from quarterdeck.deliver.ledger import FileLedger, export
from quarterdeck.model.delivery import FEEDBACK, Delivery, DeliveryKey, Ledger, recipient_id
from quarterdeck.model.errors import QuarterdeckError

from .ledgers import AT, NOW, claimed, dynamo_client, file_ledger, table_ledger

MakeLedger = Callable[[], Ledger]


@pytest.fixture(params=["file", pytest.param("table", marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> MakeLedger:
    """Makes an empty ledger of one kind or the other."""
    if request.param == "file":
        return lambda: file_ledger(tmp_path_factory.mktemp("ledger"))
    client = dynamo_client(request.getfixturevalue("moto"))
    return lambda: table_ledger(client)


@pytest.fixture
def ledger(make: MakeLedger) -> Ledger:
    """An empty ledger."""
    return make()


def test_a_key_is_claimed_once(ledger: Ledger) -> None:
    """Also against its own sender; another reader, period or version is another key."""
    assert ledger.get(claimed().key) is None
    assert ledger.claim(claimed(), NOW)
    assert not ledger.claim(claimed(), NOW) and not ledger.claim(claimed(owner="you"), NOW, retry=True)
    others = [claimed(reader="bob@example.com"), claimed(period="2026-11"), claimed(version=2), claimed("ceo/x")]
    assert all(ledger.claim(other, NOW) for other in others)
    assert ledger.get(claimed().key) == claimed()
    assert {row.key for row in ledger.rows()} == {row.key for row in [claimed(), *others]}


def test_a_claim_whose_lease_ended_is_taken_over_and_its_owner_can_go_no_further(ledger: Ledger) -> None:
    """Not a moment earlier."""
    mine, yours = claimed(lease=NOW + 60), claimed(owner="you", lease=NOW + 660)
    assert ledger.claim(mine, NOW)
    assert not ledger.claim(yours, NOW + 60)
    assert ledger.claim(yours, NOW + 60.5)
    assert not ledger.advance(mine.key, "sending", was=("claimed",), owner="me")
    assert ledger.get(mine.key) == yours
    assert ledger.advance(mine.key, "sending", was=("claimed",), owner="you")


def test_a_row_past_its_claim_is_not_taken_over_however_old(ledger: Ledger) -> None:
    """Nobody knows whether a mail that was being sent has gone."""
    for state in ("sending", "sent", "unknown"):
        row = claimed(f"r-{state}", lease=NOW - 60)
        assert ledger.claim(row, NOW - 60) and ledger.advance(row.key, state, was=("claimed",))
        assert not ledger.claim(row, NOW + 1e6, retry=True)


def test_a_state_is_left_only_from_where_it_was_said_to_be(ledger: Ledger) -> None:
    """And no column changes otherwise."""
    key = claimed().key
    assert not ledger.advance(key, "sending", was=("claimed",))
    assert ledger.get(key) is None
    ledger.claim(claimed(), NOW)
    assert not ledger.advance(key, "sent", was=("sending", "unknown"), message_id="m1")
    assert ledger.get(key) == claimed()
    columns = {"message_id": "m1", "region": "eu-west-1", "size": 1234, "at": "2026-10-26T08:00:00+00:00"}
    assert ledger.advance(key, "sending", was=("failed", "claimed"), owner="me")
    assert ledger.advance(key, "sent", was=("sending", "unknown"), **columns)
    assert ledger.get(key) == replace(claimed(), state="sent", **columns)


def test_what_failed_is_claimed_again_only_when_asked(ledger: Ledger) -> None:
    """The new claim is a whole row; nothing of the old one stays."""
    ledger.claim(claimed(subject="Cash down"), NOW)
    ledger.advance(claimed().key, "failed", was=("claimed",), reason="refused")
    again = claimed(owner="you")
    assert not ledger.claim(again, NOW + 1e6)
    assert ledger.claim(again, NOW, retry=True)
    assert ledger.get(again.key) == again


def test_feedback_is_noted_the_first_time(ledger: Ledger) -> None:
    """Each kind for itself, of rows that are there."""
    key = claimed().key
    assert not ledger.note(key, "bounced", AT)
    ledger.claim(claimed(), NOW)
    for feedback in FEEDBACK:
        assert ledger.note(key, feedback, f"{AT} {feedback}")
        assert not ledger.note(key, feedback, "later")
    assert ledger.get(key) == replace(claimed(), **{feedback: f"{AT} {feedback}" for feedback in FEEDBACK})


def test_the_last_sent_is_the_newest_of_any_period_and_version(ledger: Ledger) -> None:
    """Of those that were sent, to this reader, of this report."""
    ann = recipient_id("ann@example.com")
    assert ledger.last_sent("ceo", ann) is None
    for period, version, state, at in [
        ("2026-09", 1, "sent", "2026-10-01"), ("2026-10", 1, "sent", "2026-11-01"),
        ("2026-08", 2, "sent", "2026-11-02"), ("2026-11", 1, "failed", "2026-12-01"),
        ("2026-12", 1, "unknown", "2027-01-01"),
    ]:  # fmt: skip
        row = claimed("ceo", period, version=version, snapshot=f"told {period}")
        ledger.claim(row, NOW)
        ledger.advance(row.key, state, was=("claimed",), at=at)
    for row in (claimed("ceo", reader="bob@example.com"), claimed("cfo")):
        ledger.claim(row, NOW)
        ledger.advance(row.key, "sent", was=("claimed",), at="2027-06-01")
    last = ledger.last_sent("ceo", ann)
    assert last and (last.key.period, last.key.version, last.snapshot) == ("2026-08", 2, "told 2026-08")


def test_rows_of_a_report_come_by_key(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """More of them than a page holds, the tenth version after the ninth; changing one meanwhile harms nothing."""
    monkeypatch.setattr(module, "_PAGE", 3)
    keys = [claimed(reader=f"{name}@example.com", version=n) for name in "cab" for n in (10, 9, 1)]
    for row in [*keys, claimed("ceo", "2026-11"), claimed("cfo")]:
        assert ledger.claim(row, NOW)
    found = []
    for row in ledger.of_report("ceo", "2026-10"):
        found.append(row.key)
        assert ledger.advance(row.key, "sending", was=("claimed",))
    assert found == sorted(row.key for row in keys)
    assert len(list(ledger.rows())) == 11


def test_a_name_is_marked_once_and_can_be_forgotten(ledger: Ledger) -> None:
    """A mark is no delivery, whatever its name."""
    name = f"silenced/ceo/{claimed().key.recipient}"
    assert ledger.marked(name) is None
    assert ledger.mark(name, "by möwe") and not ledger.mark(name, "else")
    assert ledger.mark("empty") and ledger.marked("empty") == ""
    assert ledger.marked(name) == "by möwe"
    ledger.unmark(name)
    ledger.unmark(name)
    assert ledger.marked(name) is None and ledger.mark(name)
    assert not list(ledger.rows())
    ledger.mark(claimed().key.recipient)
    assert ledger.last_sent("mark", claimed().key.recipient) is None


def test_any_letters_come_back_as_they_were(ledger: Ledger) -> None:
    """Beyond ASCII and the basic plane, quotes, line ends, marks of both formats."""
    odd = "Möwe & Söhne 🐦‍⬛ 'x' \"y\" \\ \n\t% :state #state \x00 \u202e"
    row = claimed("kunde/möwe-ß", "2026-W43", f"Müller.{odd[0]}@exämple.com", subject=odd, snapshot=odd * 500)
    assert ledger.claim(row, NOW) and ledger.get(row.key) == row
    assert ledger.advance(row.key, "failed", was=("claimed",), reason=odd)
    assert list(ledger.of_report("kunde/möwe-ß", "2026-W43")) == [replace(row, state="failed", reason=odd)]


def test_an_export_names_no_reader_and_not_what_was_told(ledger: Ledger) -> None:
    """One line for each row."""
    ledger.claim(claimed(subject="Cash, down", snapshot='{"cash": 1}', size=9), NOW)
    ledger.claim(replace(claimed("cfo"), address=""), NOW)
    out = io.StringIO()
    export(ledger, out)
    head, *lines = out.getvalue().splitlines()
    assert head.startswith("slug,period,recipient,version,state,owner,at,address,subject") and "lease" not in head
    recipient = claimed().key.recipient
    assert f'ceo,2026-10,{recipient},1,claimed,me,{AT},a…@example.com,"Cash, down",,9,,,,,,,,,' in lines
    assert f"cfo,2026-10,{recipient},1,claimed,me,{AT},,,,0,,,,,,,,," in lines and len(lines) == 2


STATES = st.sampled_from(["claimed", "sending", "sent", "failed", "unknown"])
KEYS = st.sampled_from([claimed(version=version).key for version in (1, 2)])
OWNERS = st.sampled_from(["me", "you"])
TIMES = st.integers(0, 3)
STEPS = st.one_of(
    st.tuples(st.just("claim"), KEYS, OWNERS, TIMES, TIMES, st.booleans()),
    st.tuples(st.just("advance"), KEYS, OWNERS | st.just(""), STATES, st.lists(STATES, min_size=1, unique=True), TIMES),
    st.tuples(st.just("note"), KEYS, st.sampled_from(FEEDBACK[:2]), TIMES),
)


def expect(rows: dict[DeliveryKey, Delivery], step: Any) -> bool:
    """What a step does to a plain dictionary of rows."""
    match step:
        case "claim", key, owner, lease, now, retry:
            old = rows.get(key)
            free = not old or (old.state == "claimed" and old.lease < now) or (retry and old.state == "failed")
            new = Delivery(key, "claimed", owner, lease, "t")
        case "advance", key, owner, to, was, at:
            old = rows.get(key)
            free = old is not None and old.state in was and owner in ("", old.owner)
            new = old and replace(old, state=to, at=f"t{at}")
        case "note", key, feedback, at:
            old = rows.get(key)
            free = old is not None and not getattr(old, feedback)
            new = old and replace(old, **{feedback: f"t{at}"})
    if free:
        rows[key] = new
    return free


def do(ledger: Ledger, step: Any) -> bool:
    """The same to a ledger."""
    match step:
        case "claim", key, owner, lease, now, retry:
            return ledger.claim(Delivery(key, "claimed", owner, lease, "t"), now, retry=retry)
        case "advance", key, owner, to, was, at:
            return ledger.advance(key, to, was=tuple(was), owner=owner, at=f"t{at}")
        case "note", key, feedback, at:
            return ledger.note(key, feedback, f"t{at}")
    raise AssertionError(step)


def test_any_steps_do_what_they_do_to_a_dictionary(make: MakeLedger) -> None:
    """Every answer and every row."""

    @settings(max_examples=80 if isinstance(make(), FileLedger) else 15, deadline=None)
    @given(steps=st.lists(STEPS, max_size=12))
    def check(steps: list[Any]) -> None:
        ledger, rows = make(), dict[DeliveryKey, Delivery]()
        for step in steps:
            assert do(ledger, step) == expect(rows, step), step
        assert list(ledger.of_report("ceo", "2026-10")) == sorted(rows.values(), key=lambda row: row.key)

    check()


RACER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from deliver.ledgers import NOW, claimed, dynamo_client, file_ledger
from quarterdeck.deliver.dynamo import TableLedger
place, table, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
start, client = Barrier(threads), dynamo_client(place) if table else None

def race(thread):
    ledger, won = TableLedger(client, table, NOW) if table else file_ledger(Path(place)), []
    start.wait()
    for number in range(30):
        row = claimed(f"r-{number}", owner="one and the same")
        if ledger.claim(row, NOW):
            won += [("claimed", number)]
            if ledger.advance(row.key, "sending", was=("claimed",)):
                won += [("sending", number)]
        if ledger.mark(f"event/{number}"):
            won += [("marked", number)]
    return won

with ThreadPoolExecutor(threads) as pool:
    for word, number in sum(pool.map(race, range(threads)), []):
        print(word, number)
"""


def run_beside(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Another process with a script that finds the library and the tests' helpers."""
    paths = [str(Path(module.__file__).parents[2]), str(Path(__file__).parents[1])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    return subprocess.Popen([sys.executable, "-c", script, *arguments], env=environment, stdout=-1, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["file", "table"])
def test_of_all_who_want_a_key_one_has_it(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Four processes, for the file of 16 threads each; the first ones make it and its key, too."""
    place, table, threads = str(tmp_path), "", "16"
    if kind == "table":
        place = request.getfixturevalue("ministack")
        table, threads = table_ledger(dynamo_client(place))._table.name, "4"
    racers = [run_beside(RACER, place, table, threads) for _ in range(4)]
    said = Counter(line for racer in racers for line in racer.communicate(timeout=120)[0].splitlines())
    assert [racer.returncode for racer in racers] == [0] * 4
    assert said == Counter(f"{word} {number}" for word in ("claimed", "sending", "marked") for number in range(30))
    if kind == "file":
        assert {row.address for row in file_ledger(tmp_path).rows()} == {"ann@example.com"}


def test_nothing_is_made_by_looking_and_nobody_else_may_look(tmp_path: Path) -> None:
    """File and key come with the first row, for their owner alone."""
    ledger = file_ledger(tmp_path)
    assert not list(ledger.rows()) and ledger.marked("x") is None and not list(tmp_path.iterdir())
    ledger.claim(claimed(), NOW)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.name for path in files) == ["ledger.key", "ledger.sqlite"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_the_file_alone_tells_neither_reader_nor_content(tmp_path: Path) -> None:
    """Whatever wrote it."""
    ledger, row = file_ledger(tmp_path), claimed(subject="Runway shrinks", snapshot="cash 812 000")
    ledger.claim(row, NOW)
    ledger.claim(claimed("cfo"), NOW)
    ledger.advance(claimed("cfo").key, "sent", was=("claimed",), subject="Runway shrinks", snapshot="cash 812 000")
    content = (tmp_path / "ledger.sqlite").read_bytes()
    assert b"ceo" in content and b"sent" in content
    assert not [word for word in (b"ann@example", b"Runway", b"812 000") if word in content]


@pytest.mark.parametrize("key", [None, b"no key", b"a" * 43 + b"="])
def test_without_its_key_a_file_still_knows_what_was_sent(tmp_path: Path, key: bytes | None) -> None:
    """Lost, damaged or another's: nothing is claimed twice; what was sealed reads as empty."""
    row = claimed(subject="Runway shrinks", snapshot="cash", content="5f")
    file_ledger(tmp_path).claim(row, NOW)
    file_ledger(tmp_path).advance(row.key, "sent", was=("claimed",))
    path = tmp_path / "keys" / "ledger.key"
    path.unlink() if key is None else path.write_bytes(key)
    ledger = file_ledger(tmp_path)
    left = replace(row, state="sent", address="", subject="", snapshot="")
    assert ledger.get(row.key) == ledger.last_sent("ceo", row.key.recipient) == left
    if key == b"no key":
        with pytest.raises(QuarterdeckError, match=r"keys/ledger\.key: is no key that can be used"):
            ledger.claim(row, NOW)
    else:
        assert not ledger.claim(row, NOW)


def test_without_the_package_that_seals_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(QuarterdeckError, match=r"lacks a package\. pip install 'quarterdeck\[aws\]'"):
        file_ledger(tmp_path)


def test_what_is_old_is_forgotten_but_not_who_unsubscribed(tmp_path: Path) -> None:
    """Counted from the last change."""
    ledger, day = file_ledger(tmp_path), 86400
    for slug in ("ceo", "cfo", "cto"):
        ledger.claim(claimed(slug, "2026-09"), NOW)
    ledger.mark("approved/ceo")
    ledger.mark("silenced/ceo/ann")
    later = file_ledger(tmp_path, NOW + 5 * day)
    later.advance(claimed("cfo", "2026-09").key, "sent", was=("claimed",))
    later.note(claimed("cto", "2026-09").key, "opened", AT)
    assert len(list(file_ledger(tmp_path, NOW + 730 * day).rows())) == 3
    old = file_ledger(tmp_path, NOW + 730 * day + 1)
    assert [row.key.slug for row in old.rows()] == ["cfo", "cto"]
    assert old.marked("approved/ceo") is None and old.marked("silenced/ceo/ann") == ""


def test_what_was_sent_before_its_period_ended_is_kept_from_that_end_on(tmp_path: Path) -> None:
    """A report is refused from then on, and not a moment earlier may it be forgotten."""
    ledger, end = file_ledger(tmp_path), datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    row = claimed()
    ledger.claim(row, NOW)
    ledger.advance(row.key, "sent", was=("claimed",))
    ledger.note(row.key, "opened", AT)
    assert end > NOW and len(list(file_ledger(tmp_path, end + 730 * 86400).rows())) == 1
    assert not list(file_ledger(tmp_path, end + 730 * 86400 + 1).rows())


def test_an_older_file_is_brought_up_to_date_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its rows; a step that fails leaves it as it was."""
    file_ledger(tmp_path).claim(claimed(), NOW)
    first, step = module.LAYOUTS, "UPDATE delivery SET reason = reason || 'migrated'"
    monkeypatch.setattr(module, "LAYOUTS", (*first, (step, "UPDATE none_such SET x = 1")))
    with pytest.raises(QuarterdeckError, match=r"ledger\.sqlite: cannot be used: no such table"):
        file_ledger(tmp_path)
    monkeypatch.setattr(module, "LAYOUTS", (*first, (step,)))
    for _ in range(2):
        assert list(file_ledger(tmp_path).rows()) == [replace(claimed(), reason="migrated")]
    monkeypatch.setattr(module, "LAYOUTS", first)
    with pytest.raises(QuarterdeckError, match=r"is of a newer Quarterdeck \(layout 2; this one knows 1\)"):
        file_ledger(tmp_path)


@pytest.mark.parametrize(
    ("limit", "remedy"), [("max_page_count = 1", "Free space"), ("query_only = on", "can be read and written")]
)
def test_a_full_or_read_only_disk_is_told_and_harms_no_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, remedy: str
) -> None:
    """SQLite's own limits stand for the disk's."""
    ledger, connect = file_ledger(tmp_path), sqlite3.connect
    ledger.claim(claimed(), NOW)

    def limited(*arguments: Any, **options: Any) -> sqlite3.Connection:
        db = connect(*arguments, **options)
        db.execute(f"PRAGMA {limit}")
        return db

    with monkeypatch.context() as narrow:
        narrow.setattr(module.sqlite3, "connect", limited)
        with pytest.raises(QuarterdeckError, match=rf"ledger\.sqlite: cannot be used: .*{remedy}"):
            ledger.claim(claimed("cfo", content="x" * 100_000), NOW)
    assert list(ledger.rows()) == [claimed()] and ledger.claim(claimed("cfo"), NOW)


def test_a_file_held_by_another_or_damaged_or_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With its name and what to do."""
    monkeypatch.setattr(module, "PATIENCE", 0.1)
    ledger, path = file_ledger(tmp_path), tmp_path / "ledger.sqlite"
    ledger.claim(claimed(), NOW)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(QuarterdeckError, match=r"ledger\.sqlite: .*locked. Another run is writing"):
            ledger.claim(claimed("cfo"), NOW)
    whole = path.read_bytes()
    for damaged in (b"no database " * 500, whole[:4096] + b"\xff" * (len(whole) - 4096)):
        path.write_bytes(damaged)
        with pytest.raises(QuarterdeckError, match=r"ledger\.sqlite: .*Restore it from a copy"):
            list(file_ledger(tmp_path).rows())
    with pytest.raises(QuarterdeckError, match=r"ledger\.sqlite/ledger\.sqlite.*can be read and written"):
        FileLedger(path / "ledger.sqlite", tmp_path / "key", NOW).mark("x")


WRITER = """
import sys
from pathlib import Path
from deliver.ledgers import NOW, claimed, file_ledger
ledger = file_ledger(Path(sys.argv[1]))
for number in range(10_000):
    row = claimed(f"r{sys.argv[2]}-{number:05}", snapshot="cash " * 2000)
    assert ledger.claim(row, NOW) and ledger.advance(row.key, "sent", was=("claimed",), reason="done " * 2000)
    print(row.key, flush=True)
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_whole_rows(tmp_path: Path) -> None:
    """And every one whose writing had been answered."""
    answered = set()
    for number in range(5):
        writer = run_beside(WRITER, str(tmp_path), str(number))
        assert writer.stdout
        answered |= {writer.stdout.readline().strip() for _ in range(1 + 3 * number)}
        writer.send_signal(signal.SIGKILL)
        answered |= {line.strip() for line in writer.communicate()[0].splitlines(keepends=True) if line.endswith("\n")}
    rows = {str(row.key): row for row in file_ledger(tmp_path).rows()}
    assert answered <= rows.keys() and len(rows) <= len(answered) + 5
    assert all(rows[key].state == "sent" for key in answered)
    for row in rows.values():
        whole = claimed(row.key.slug, snapshot="cash " * 2000)
        assert row in (whole, replace(whole, state="sent", reason="done " * 2000))
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
