"""Warm kernels: each notebook's kernel is forked from one process that has already imported and loaded what it needs.

The process is this module run with `-m`: it takes its warm-up from the first line of its standard input, then forks a
kernel for every request on a Unix socket, and ends, with all its kernels, when its standard input closes. To
jupyter_client it is a kernel provisioner like any other, so papermill and nbclient are as they were: a fork has its
own process group, memory, connection file, working folder and environment.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from jupyter_client.provisioning import LocalProvisioner
from traitlets import Unicode, default

from ..model.late import put_off_grammars

START_TIMEOUT = 60.0
"""Seconds that a fork may take until its kernel listens; then an ordinary kernel is started."""


def why_cold() -> str:
    """Why kernels cannot be forked here, or nothing when they can."""
    # macOS has fork, but not for a process that has used the system's own libraries, as numpy does.
    return "" if sys.platform == "linux" else f"Each kernel starts by itself: {sys.platform} has no safe fork."


class WarmProcess:
    """The process that kernels are forked from, once it has run the statements of `warm_up`.

    `address` is its socket, in a folder that only its user may enter.
    """

    def __init__(self, folder: Path, environment: dict[str, str], warm_up: Sequence[str]) -> None:
        self.address = str(folder / "warm")
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(self.address)
            listener.listen(64)
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(listener.fileno())],
                stdin=subprocess.PIPE,
                env=environment,
                pass_fds=[listener.fileno()],
                start_new_session=True,
            )
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(list(warm_up)).encode() + b"\n")
            self._process.stdin.flush()

    def provisioner(self, manager: Any) -> WarmProvisioner:
        """What starts a kernel manager's kernel by forking it here."""
        return WarmProvisioner(
            kernel_id=manager.kernel_id or "", kernel_spec=manager.kernel_spec, parent=manager, address=self.address
        )

    def kill(self) -> None:
        """End the process at once, be it still warming up; its kernels are to be ended by themselves."""
        self._process.kill()

    def close(self) -> None:
        """End the process and every kernel that it forked."""
        assert self._process.stdin
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(timeout=2)
        except subprocess.TimeoutExpired:  # still warming up
            self.kill()
            self._process.wait()


class Fork:
    """A forked kernel, with what `LocalProvisioner` uses of `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, line: socket.socket, pid: int) -> None:
        self.pid, self._line, self._said = pid, line, b""
        self.returncode: int | None = None

    @classmethod
    async def start(cls, address: str, request: dict[str, Any]) -> Fork:
        """Fork, and wait until the kernel listens; raises OSError when it cannot be."""
        # Not in a thread: a loop that was inherited by a process pool's worker has none left.
        loop, line, said = asyncio.get_running_loop(), socket.socket(socket.AF_UNIX), b""
        line.setblocking(False)
        try:
            async with asyncio.timeout(START_TIMEOUT):
                await loop.sock_connect(line, address)
                await loop.sock_sendall(line, json.dumps(request).encode() + b"\n")
                while not said.endswith(b"\n"):
                    if not (more := await loop.sock_recv(line, 100)):
                        raise ConnectionError("the warm process ended")
                    said += more
            word, number = said.splitlines()[0].split()
            if word != b"ready":
                raise ConnectionError(f"the fork ended with {number.decode()} before it listened")
        except OSError:
            line.close()
            raise
        made = cls(line, int(number))
        made._said = said.split(b"\n", 1)[1]
        return made

    def poll(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        if self.returncode is None:
            try:
                said = self._line.recv(100)
            except BlockingIOError:
                return None
            except ConnectionError:
                said = b""
            self._said += said
            ended = self._said.partition(b"ended ")[2]
            if ended.endswith(b"\n"):
                self.returncode = int(ended)
            elif not said:  # the warm process is gone, and took its kernels along
                self.returncode = -signal.SIGKILL
        return self.returncode

    def wait(self) -> int:
        """Wait until it has ended."""
        while (code := self.poll()) is None:
            time.sleep(0.005)
        self._line.close()
        return code

    def send_signal(self, number: int) -> None:
        """Send the process a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


class WarmProvisioner(LocalProvisioner):  # type: ignore[misc]
    """Forks a Python kernel from the warm process at `address`, by default one that has run QUARTERDECK_WARM_UP.

    Another kernel, or one where forking is impossible, starts as usual.
    """

    address = Unicode(config=True)

    @default("address")  # type: ignore[untyped-decorator]
    def _address(self) -> str:
        return "" if why_cold() else _shared().address

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork, or launch as usual where that cannot be."""
        if not self.address or "ipykernel_launcher" not in cmd:
            return await super().launch_kernel(cmd, **kwargs)
        arguments = cmd[cmd.index("ipykernel_launcher") + 1 :]
        folder = os.fspath(kwargs.get("cwd") or Path.cwd())
        request = {"arguments": arguments, "folder": folder, "environment": kwargs.get("env") or dict(os.environ)}
        try:
            self.process = await Fork.start(self.address, request)
        except OSError:
            return await super().launch_kernel(cmd, **kwargs)
        self.pid = self.pgid = self.process.pid
        self.cwd = folder
        return self.connection_info

    async def kill(self, restart: bool = False) -> None:
        """End the kernel and wait until it has: jupyter_client would look again only after 0.1 s."""
        await super().kill(restart)
        while self.process and self.process.poll() is None:
            await asyncio.sleep(0.002)


@functools.cache
def _shared() -> WarmProcess:
    """A warm process for whoever chose this provisioner by name, until this process ends."""
    folder = TemporaryDirectory(prefix="quarterdeck-")
    made = WarmProcess(Path(folder.name), dict(os.environ), [os.environ.get("QUARTERDECK_WARM_UP", "")])
    atexit.register(folder.cleanup)
    atexit.register(made.close)
    return made


def _serve(listener: socket.socket) -> tuple[dict[str, Any], socket.socket]:
    """Fork for every request until standard input closes; returns in the forks alone, with request and connection."""
    import selectors

    wake, woken = socket.socketpair()
    wake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake.fileno())
    kernels: dict[int, socket.socket] = {}
    with selectors.DefaultSelector() as selector:
        for source in (sys.stdin, listener, woken):
            selector.register(source, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if woken in ready:
                woken.recv(1000)
                _tell_ended(kernels)
            if sys.stdin in ready:
                for pid in kernels:
                    with suppress(ProcessLookupError):
                        os.killpg(pid, signal.SIGKILL)
                os._exit(0)
            if listener in ready:
                line, _ = listener.accept()
                with line.makefile("rb") as file:
                    request = json.loads(file.readline())
                if not (pid := os.fork()):
                    signal.set_wakeup_fd(-1)
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    for inherited in (wake, woken, listener, *kernels.values()):
                        inherited.close()
                    return request, line
                kernels[pid] = line


def _tell_ended(kernels: dict[int, socket.socket]) -> None:
    """Reap forks that have ended, and tell whoever asked for them."""
    with suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            pid, status = ended
            with kernels.pop(pid) as line, suppress(OSError):
                line.sendall(b"ended %d\n" % os.waitstatus_to_exitcode(status))


def _become_kernel(request: dict[str, Any], line: socket.socket) -> None:
    """Turn a fork into the kernel that was asked for, and run it to its end."""
    import random

    import numpy as np
    from ipykernel.kernelapp import IPKernelApp

    parent = os.getppid()
    os.setsid()
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    with suppress(OSError):  # when memory runs out, the cell that took it goes first
        Path("/proc/self/oom_score_adj").write_text("500", "ascii")
    # Every fork would draw the same numbers as the others.
    random.seed()
    np.random.seed()
    sys.argv = ["ipykernel_launcher.py", *request["arguments"]]
    app = IPKernelApp.instance(parent_handle=parent)
    app.initialize(request["arguments"])
    line.sendall(b"ready %d\n" % os.getpid())
    app.start()


def main() -> None:
    """Warm up as told on standard input, then serve."""
    put_off_grammars()
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # or the debugger warns, here, of a Python without debugging
    import ipykernel.debugger  # a kernel imports it when it starts, which takes longer than all else that it does
    import ipykernel.kernelapp  # noqa: F401

    listener = socket.socket(fileno=int(sys.argv[1]))
    sys.path[:] = [place for place in sys.path if place not in ("", str(Path.cwd()))]
    for statement in json.loads(os.read(0, 1 << 20)):
        # What is wrong with it is for the notebook that says it to tell, with its cell.
        with suppress(Exception):
            exec(statement, {})
    gc.freeze()  # a fork's collector would otherwise write to, and so copy, every page
    request, line = _serve(listener)
    _become_kernel(request, line)


if __name__ == "__main__":
    main()
