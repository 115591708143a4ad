"""What a user sees: one message and an exit code for every mistake, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from quarterdeck.cli import main
from quarterdeck.cli.verbs import VERBS

WRONG = {
    "unknown section": (
        "personas/skipper.yml",
        "fuel]",
        "fule]",
        "'fule' is no section of report.ipynb. Did you mean 'fuel'",
    ),
    "unknown key": ("personas/host.yml", "reader:", "readr:", "key readr: is unknown. Did you mean 'reader'"),
    "unknown parameter": (
        "personas/host.yml",
        "entities:",
        "parameters: {smalest: 1}\nentities:",
        "Did you mean 'smallest'",
    ),
    "unknown entity": ("personas/host.yml", "[inn]", "[in]", "'in' is not in entities.csv. Did you mean 'inn'"),
    "reader of no report": (
        "personas/host.yml",
        "entities:",
        "each: entities\nrecipients: [{address: a@example.com, subject: in}]\nentities:",
        "key recipients: subject 'in' is no row of entities. Did you mean 'inn'",
    ),
    "invalid YAML": ("personas/host.yml", "sections:", "sections: [", "is not valid YAML"),
    "missing column": ("data/ledger.csv", "amount,", "amuont,", "column amuont: is unknown. Did you mean 'amount'"),
    "text in an amount": (
        "data/ledger.csv",
        "120.50",
        "a lot",
        "row 4, column amount: found 'a lot'. Expected an amount",
    ),
    "impossible date": ("data/ledger.csv", "2026-02-10", "2026-02-30", "found '2026-02-30'. Expected a date"),
    "duplicate id": ("data/accounts.csv", "5000", "4000", "column account: '4000' stands twice"),
    "stray reference": (
        "data/ledger.csv",
        "ferry,1000",
        "fery,1000",
        "'fery' is not in entities.csv. Did you mean 'ferry'",
    ),
    "unbalanced entry": ("data/ledger.csv", "-120.50", "-120.40", "entry e2: its lines sum to 0.10"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_is_one_message_and_a_non_zero_exit(
    mistake: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, row or key, value and remedy are named; nothing is built."""
    name, old, new, said = WRONG[mistake]
    path = project / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    assert main(["reports", "--project", str(project)]) == 2
    error = capsys.readouterr().err
    assert said in error and path.name in error
    assert "Traceback" not in error and len(error.strip().splitlines()) == 1
    assert not (project / "_site").exists()


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_says_what_it_does(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With a line for each of its options."""
    with pytest.raises(SystemExit) as caught:
        main([*verb.split(), "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert caught.value.code == 0 and (VERBS[verb][0].__doc__ or "?").rstrip(".") in said and "--project DIR" in said


def test_wrong_encoding_is_named(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A Latin-1 file is told apart, with the byte."""
    path = project / "data/company.csv"
    path.write_bytes(path.read_text("utf-8").encode("latin-1"))
    assert main(["check", "--project", str(project)]) == 2
    assert "company.csv: is not UTF-8" in capsys.readouterr().err


def test_check_runs_nothing_and_warns_of_a_table_without_schema(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A new CSV is usable at once; it only lacks validation."""
    (project / "data/weather.csv").write_text("day,wind\n2026-03-01,5\n", "utf-8")
    assert main(["check", "--project", str(project)]) == 0
    assert "weather.csv has no schema" in capsys.readouterr().out
    assert not (project / "r").exists()


def test_folder_without_project_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--project` is the remedy."""
    assert main(["reports", "--project", str(tmp_path)]) == 2
    assert "--project" in capsys.readouterr().err


def test_new_persona_renders_as_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file that `new persona` writes passes every check, and is never overwritten."""
    assert main(["new", "persona", "mate", "--project", str(project)]) == 0
    assert main(["check", "--project", str(project)]) == 0
    assert main(["new", "persona", "mate", "--project", str(project)]) == 2
    assert main(["new", "persona", "../mate", "--project", str(project)]) == 2
    assert "exists already" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_in_the_middle_leaves_the_last_site_and_no_kernel(project: Path) -> None:
    """Interrupted while cells run: exit 130, one line, nothing half-written, no process left."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-m", "quarterdeck", "reports", "--project", str(project), "--engine", "embedded"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    before = {path: path.read_bytes() for path in (project / "_site").rglob("*") if path.is_file()}
    notebook = project / "notebooks/report.ipynb"
    begun = project / "begun"
    sleep = f"import os, time, pathlib; pathlib.Path({str(begun)!r}).write_text(str(os.getpid())); time.sleep(60)"
    notebook.write_text(notebook.read_text("utf-8").replace("import pandas as pd", f"{sleep}"), "utf-8")
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True)
    for _ in range(300):
        if begun.exists() and begun.read_text():
            break
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in error and "Traceback" not in error
    assert {path: path.read_bytes() for path in (project / "_site").rglob("*") if path.is_file()} == before
    assert not list((project / "r").rglob(".*.partial"))
    with pytest.raises(ProcessLookupError):
        for _ in range(50):
            os.kill(int(begun.read_text()), 0)
            time.sleep(0.1)


@pytest.mark.skipif(os.name != "posix", reason="pipes")
def test_a_reader_that_has_had_enough_is_no_mistake() -> None:
    """`quarterdeck … | head` ends in silence."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "quarterdeck", "check", "--project", str(Path(__file__).parents[1])]
    done = subprocess.run(command, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")
