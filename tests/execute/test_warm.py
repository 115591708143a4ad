"""Warm kernels: forked, yet in all that matters a kernel of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from quarterdeck.execute.outline import Cell, Selection
from quarterdeck.execute.run import Kernels, run_notebook
from quarterdeck.model.errors import ReportFailed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kernels are forked on Linux alone")


@pytest.fixture(scope="module")
def kernels() -> Iterator[Kernels]:
    """Kernels forked from a process that has imported pandas and made a value."""
    made = Kernels({"GREETING": "hello"}, ["import pandas", "import builtins; builtins.warmed = [1]"])
    yield made
    made.close()


def _run(kernels: Kernels, folder: Path, *cells: str) -> list[str]:
    """What each cell printed or showed."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    chosen = Selection(tuple(Cell("code", cell, f"c{n}") for n, cell in enumerate(cells)), {"kernelspec": kernel})
    executed = run_notebook(chosen, folder / "made.ipynb", {}, kernels, "report x")
    return ["".join(_text(output) for output in cell.outputs).strip() for cell in executed.cells]


def _text(output: Any) -> str:
    return str(output.get("text") or output.get("data", {}).get("text/plain", ""))


def test_a_fork_has_what_was_warmed_and_its_own_folder_environment_and_state(kernels: Kernels, tmp_path: Path) -> None:
    """What was imported is there at once; what one kernel changes, the next does not see."""
    look = "import os, sys; print('pandas' in sys.modules, warmed, os.getcwd(), os.environ['GREETING'])"
    change = "warmed.append(2); os.environ['GREETING'] = 'gone'"
    for _ in range(2):
        said, _, parent = _run(kernels, tmp_path, look, change, "os.getppid()")
        assert said == f"True [1] {tmp_path} hello"
        assert int(parent) != os.getpid()  # it is a fork of the warm process


def test_forks_draw_different_random_numbers(kernels: Kernels, tmp_path: Path) -> None:
    """Each kernel has a seed of its own, as separate processes do."""
    draw = "import random, numpy; (random.random(), numpy.random.rand())"
    drawn = [_run(kernels, tmp_path, draw)[0] for _ in range(2)]
    assert drawn[0] != drawn[1]


def test_what_ordinary_kernels_can_do_works(kernels: Kernels, tmp_path: Path) -> None:
    """Top-level await, a subprocess, a pool of processes, and a queue to another process."""
    said = _run(
        kernels,
        tmp_path,
        "import asyncio; await asyncio.sleep(0.01); print('slept')",
        "import subprocess; print(subprocess.check_output(['echo', '42'], text=True))",
        "from concurrent.futures import ProcessPoolExecutor as P\nwith P(2) as p: print(list(p.map(abs, [-1, 2])))",
        "from multiprocessing import Process, Queue\nq = Queue(); Process(target=q.put, args=(5,)).start(); q.get()",
    )
    assert said == ["slept", "42", "[1, 2]", "5"]


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("exit()", "the cell ended its kernel"),
        ("import os; os._exit(3)", "the cell ended its kernel"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "the cell ended its kernel"),
        ("bytearray(1 << 60)", "MemoryError"),
    ],
)
def test_a_cell_that_fails_is_its_report_s_failure_alone(
    kernels: Kernels, tmp_path: Path, cell: str, problem: str
) -> None:
    """The failure names cell and problem, and the next report runs."""
    with pytest.raises(ReportFailed, match=problem) as caught:
        _run(kernels, tmp_path, "print('before')", cell)
    assert caught.value.cell == 2
    assert _run(kernels, tmp_path, "print('after')") == ["after"]


def test_a_cell_that_hangs_is_interrupted(kernels: Kernels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time-out of a cell holds for forks too."""
    monkeypatch.setattr("quarterdeck.execute.run.CELL_TIMEOUT", 1)
    with pytest.raises(ReportFailed, match="longer than"):
        _run(kernels, tmp_path, "import time; time.sleep(60)")


def test_when_the_warm_process_is_killed_kernels_start_by_themselves(tmp_path: Path) -> None:
    """A dead parent costs time and the kernels that it had, never a later report."""
    kernels = Kernels({}, ["import pandas"])
    try:
        (parent,) = _run(kernels, tmp_path, "import os; os.getppid()")
        os.kill(int(parent), signal.SIGKILL)
        assert _run(kernels, tmp_path, "import os; os.getppid()") == [str(os.getpid())]
        with pytest.raises(ReportFailed, match="ended its kernel"):
            again = Kernels({}, ["pass"])
            _run(again, tmp_path, "import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(30)")
    finally:
        kernels.close()
        again.close()


def test_no_process_outlives_the_run(tmp_path: Path) -> None:
    """Closing ends the warm process and a kernel that is still there."""
    kernels = Kernels({}, ["pass"])
    (pid, parent) = _run(kernels, tmp_path, "import os; os.getpid()", "os.getppid()")
    kernels.close()
    assert not any(_alive(int(each)) for each in (pid, parent))


def _alive(pid: int) -> bool:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.02)
    return True


def test_a_warm_up_that_fails_is_left_to_the_notebook(tmp_path: Path) -> None:
    """What cannot be imported is an error of the cell that imports it."""
    kernels = Kernels({}, ["import no_such_module", "1 / 0"])
    try:
        with pytest.raises(ReportFailed, match="no_such_module"):
            _run(kernels, tmp_path, "import no_such_module")
        assert _run(kernels, tmp_path, "import os; os.getppid()") != [str(os.getpid())]
    finally:
        kernels.close()


POOL = """
import sys
from concurrent.futures import ProcessPoolExecutor
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook


def run(number):
    notebook = new_notebook(cells=[new_code_cell(f"import os; print(os.getppid(), {number})")])
    return NotebookClient(notebook, kernel_name="python3").execute().cells[0].outputs[0].text.split()


if __name__ == "__main__":
    first, _ = run(0)  # leaves an event loop behind, which the pool's workers inherit
    with ProcessPoolExecutor(2) as pool:
        made = list(pool.map(run, range(3), timeout=30))
    assert made == [[first, str(number)] for number in range(3)], made
"""


def test_chosen_by_name_it_serves_a_process_pool_too(tmp_path: Path) -> None:
    """Any nbclient forks from one process when its environment names the provisioner."""
    (tmp_path / "pool.py").write_text(POOL, "utf-8")
    chosen = {**os.environ, "JUPYTER_DEFAULT_PROVISIONER_NAME": "quarterdeck-warm"}
    command = [sys.executable, "pool.py"]
    done = subprocess.run(command, cwd=tmp_path, env=chosen, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
