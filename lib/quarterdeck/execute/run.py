"""papermill, and nothing else, runs a notebook: each in a real kernel of its own, in a folder of its own."""

from __future__ import annotations

import os
import re
import signal
import threading
import uuid
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..model.errors import ReportFailed

CELL_TIMEOUT = 600
"""Seconds that one cell may take."""


class Kernels:
    """The kernels that are running, so that an interrupted run can end them; safe to share between threads."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = {**os.environ, "PYTHONHASHSEED": "0", **environment}
        self._running: set[int] = set()
        self._lock = threading.Lock()
        self._sockets = TemporaryDirectory(prefix="quarterdeck-")
        self.stopped = False

    def manager_class(self) -> type[Any]:
        """A kernel manager that talks over a Unix socket (no port to race for) and gives kernels our environment."""
        from jupyter_client.manager import AsyncKernelManager
        from traitlets import default

        kernels = self

        class Manager(AsyncKernelManager):  # type: ignore[misc]
            """One kernel of this run."""

            @default("transport")  # type: ignore[untyped-decorator]
            def _transport(self) -> str:
                return "ipc" if os.name == "posix" else "tcp"

            @default("ip")  # type: ignore[untyped-decorator]
            def _ip(self) -> str:
                # An absolute path: the default one is relative, and the kernel works in another folder.
                return f"{kernels._sockets.name}/{uuid.uuid4().hex}" if self.transport == "ipc" else "127.0.0.1"

            async def start_kernel(self, **options: Any) -> None:
                """Start with our environment, and remember the process."""
                if kernels.stopped:
                    raise InterruptedError("the run was interrupted")
                await super().start_kernel(**{**options, "env": dict(kernels.environment)})
                with kernels._lock:
                    kernels._running.add(int(getattr(self.provisioner, "pid", 0) or 0))

            async def cleanup_resources(self, restart: bool = False) -> None:
                """Forget the process, which has ended."""
                with kernels._lock:
                    kernels._running.discard(int(getattr(self.provisioner, "pid", 0) or 0))
                await super().cleanup_resources(restart)

        return Manager

    def close(self) -> None:
        """Remove the sockets, once no kernel runs."""
        self._sockets.cleanup()

    def stop(self) -> None:
        """End every running kernel at once, and let none start."""
        with self._lock:
            self.stopped = True
            for pid in self._running - {0}:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(os.getpgid(pid), signal.SIGKILL)


def run_notebook(notebook: Any, output: Path, parameters: dict[str, Any], kernels: Kernels, where: str) -> Any:
    """Execute a notebook with papermill in the folder of `output` and return it, executed.

    Raises ReportFailed that names section, cell and error; the partial notebook is then at `output`.
    """
    import nbformat
    import papermill
    from nbclient.exceptions import DeadKernelError

    begun: list[Any] = []
    slow = {"ename": "TimeoutError", "evalue": f"the cell took longer than {CELL_TIMEOUT} s", "traceback": [""]}
    try:
        return papermill.execute_notebook(
            notebook,
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
        )
    except papermill.PapermillExecutionError as err:
        raise _failure(where, begun, f"{err.ename}: {_one_line(err.evalue)}") from err
    except DeadKernelError as err:
        nbformat.write(nbformat.v4.new_notebook(cells=begun, metadata=notebook.metadata), output)
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
