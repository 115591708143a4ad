"""papermill, and nothing else, runs a notebook: each in a real kernel of its own, in a folder of its own."""

from __future__ import annotations

import os
import queue
import re
import signal
import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..model.errors import ReportFailed
from ..model.late import put_off_grammars
from .outline import Selection
from .warm import WarmProcess, why_cold

CELL_TIMEOUT = 600
"""Seconds that one cell may take."""


class Kernels:
    """The kernels that are running, so that an interrupted run can end them; safe to share between threads.

    With statements to `warm_up` by, kernels are forked from one process that has run them; `cold` says why not.
    """

    def __init__(self, environment: dict[str, str], warm_up: Sequence[str] = ()) -> None:
        self.environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "0", **environment}
        self._running: set[int] = set()
        self._lock = threading.Lock()
        self._sockets = TemporaryDirectory(prefix="quarterdeck-")
        self._warm = (
            WarmProcess(Path(self._sockets.name), self.environment, warm_up) if warm_up and not why_cold() else None
        )
        self.stopped = False

    def manager_class(self) -> type[Any]:
        """A kernel manager that talks over a Unix socket (no port to race for) and gives kernels our environment."""
        from jupyter_client.asynchronous import AsyncKernelClient
        from jupyter_client.manager import AsyncKernelManager
        from traitlets import default

        kernels = self

        class Client(AsyncKernelClient):  # type: ignore[misc]
            """A client that is ready when the kernel says so, without waiting for silence."""

            async def wait_for_ready(self, timeout: float | None = None) -> None:
                """Wait until both an answer and the news of it have come through."""
                await _until_ready(self, timeout or float("inf"))

        class Manager(AsyncKernelManager):  # type: ignore[misc]
            """One kernel of this run."""

            client_factory = Client

            @default("transport")  # type: ignore[untyped-decorator]
            def _transport(self) -> str:
                return "ipc" if os.name == "posix" else "tcp"

            @default("ip")  # type: ignore[untyped-decorator]
            def _ip(self) -> str:
                # An absolute path: the default one is relative, and the kernel works in another folder.
                return f"{kernels._sockets.name}/{uuid.uuid4().hex[:12]}" if self.transport == "ipc" else "127.0.0.1"

            async def start_kernel(self, **options: Any) -> None:
                """Start with our environment, warm if it can be, and remember the process."""
                if kernels.stopped:
                    raise InterruptedError("the run was interrupted")
                if kernels._warm:
                    self.provisioner = kernels._warm.provisioner(self)
                await super().start_kernel(**{**options, "env": dict(kernels.environment)})
                with kernels._lock:
                    kernels._running.add(int(getattr(self.provisioner, "pid", 0) or 0))
                if kernels.stopped:  # meanwhile
                    kernels.stop()

            async def cleanup_resources(self, restart: bool = False) -> None:
                """Forget the process, which has ended."""
                with kernels._lock:
                    kernels._running.discard(int(getattr(self.provisioner, "pid", 0) or 0))
                await super().cleanup_resources(restart)

        return Manager

    def close(self) -> None:
        """End the warm process and remove the sockets, once no kernel runs."""
        if self._warm:
            self._warm.close()
        self._sockets.cleanup()

    def stop(self) -> None:
        """End every running kernel at once, and let none start."""
        with self._lock:
            self.stopped = True
            for pid in self._running - {0}:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(os.getpgid(pid), signal.SIGKILL)
            if self._warm:
                self._warm.kill()


async def _until_ready(client: Any, timeout: float) -> None:
    """Ask a kernel for its description until the answer, and the news that it is idle again, have both come.

    jupyter_client's own way then waits until nothing has come for 0.2 s.
    """
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        asked = client.kernel_info()
        with suppress(queue.Empty):
            while (await client.get_shell_msg(timeout=1))["parent_header"].get("msg_id") != asked:
                pass
            while True:
                news = await client.get_iopub_msg(timeout=0.2)
                if news["content"].get("execution_state") == "idle" and news["parent_header"].get("msg_id") == asked:
                    return
        if not await client.is_alive():
            raise RuntimeError("Kernel died before replying to kernel_info")
    raise RuntimeError(f"Kernel didn't respond in {timeout:.0f} seconds")


def run_notebook(selection: Selection, output: Path, parameters: dict[str, Any], kernels: Kernels, where: str) -> Any:
    """Execute cells with papermill in the folder of `output` and return it, executed.

    Raises ReportFailed that names section, cell and error; the partial notebook is then at `output`.
    """
    put_off_grammars()
    import nbformat
    import papermill
    from nbclient.exceptions import DeadKernelError

    begun: list[Any] = []

    def refuse_exit(cell: Any, cell_index: int, execute_reply: Any) -> None:
        # The kernel ends a moment after its answer, and the next cell would take the blame.
        if any(asked.get("source") == "ask_exit" for asked in execute_reply["content"].get("payload", [])):
            raise DeadKernelError("exit() was called")

    slow = {"ename": "TimeoutError", "evalue": f"the cell took longer than {CELL_TIMEOUT} s", "traceback": [""]}
    try:
        executed = papermill.execute_notebook(
            selection.notebook(),
            output,
            parameters=parameters,
            progress_bar=False,
            request_save_on_cell_execute=False,
            kernel_manager_class=kernels.manager_class(),
            resources={"metadata": {"path": str(output.parent)}},
            shutdown_kernel="immediate",
            execution_timeout=CELL_TIMEOUT,
            interrupt_on_timeout=True,
            error_on_timeout={**slow, "status": "error"},
            on_cell_start=lambda cell, cell_index: begun.append(cell),
            on_cell_executed=refuse_exit,
        )
        executed.metadata.papermill["input_path"] = where  # papermill notes the whole notebook there
        nbformat.write(executed, output)
        return executed
    except papermill.PapermillExecutionError as err:
        # What an interrupted cell raises may come before, or instead of, the news that its time is over.
        late = f"the cell took longer than {CELL_TIMEOUT} s" if err.ename == "KeyboardInterrupt" else ""
        raise _failure(where, begun, late or f"{err.ename}: {_one_line(err.evalue)}") from err
    except DeadKernelError as err:
        nbformat.write(nbformat.v4.new_notebook(cells=begun, metadata=selection.metadata), output)
        raise _failure(where, begun, "the cell ended its kernel") from err
    except RuntimeError as err:
        raise ReportFailed(where, f"its kernel did not start: {_one_line(str(err))}", "Try again with JOBS=1") from err


def _failure(where: str, begun: list[Any], problem: str) -> ReportFailed:
    """The failure of the cell that was begun last; papermill's injected cell is not counted."""
    cell = begun[-1]
    number = sum("injected-parameters" not in each.metadata.get("tags", []) for each in begun)
    section = cell.metadata.get("quarterdeck", {}).get("section", "")
    place = f"section {section}" if section else "above the first section"
    first = next((line for line in cell.source.split("\n") if line.strip() and not line.startswith("#")), "")
    return ReportFailed(
        f"{where}, {place}, cell {number} ({first.strip()[:60]})", problem, section=section, cell=number
    )


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()[:400]
