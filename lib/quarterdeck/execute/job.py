"""One report to be executed, as a value that may travel to another process or machine, and its execution there."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..model.errors import QuarterdeckError
from ..model.files import put_folder, restore_folder
from ..model.persona import Persona
from ..model.report import ReportKey
from . import reuse
from .outline import Selection

if TYPE_CHECKING:
    from .run import Kernels


_kernels: dict[Setup, Kernels] = {}
_lock = threading.Lock()


@dataclass(frozen=True)
class Setup:
    """What the kernels of one run share: their environment, and the statements that warm the process they come from."""

    environment: tuple[tuple[str, str], ...]
    warm_up: tuple[str, ...]


@dataclass(frozen=True)
class Job:
    """One report to be made: its key, what goes into it, where it lies, and why it must be executed, if it must."""

    key: ReportKey
    persona: Persona
    title: str
    as_of: date
    company: str
    currency: str
    selection: Selection = field(repr=False)
    parameters: dict[str, Any] = field(repr=False)
    commentary: str = field(repr=False)
    parts: dict[str, str] = field(repr=False)
    folder: Path
    reason: str


def execute(job: Job, setup: Setup) -> float:
    """Execute one report beside its place, then put it there whole; returns the seconds that it took.

    Raises ReportFailed, or PersonaError for a headline that no section states; the report's last good state stays.
    """
    from .harvest import harvest
    from .run import run_notebook

    began = time.monotonic()
    job.folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{job.folder.name}.", suffix=".partial", dir=job.folder.parent))
    try:
        where = f"report {job.key.slug} {job.key.period}"
        executed = run_notebook(job.selection, staging / "report.ipynb", job.parameters, kernels(setup), where)
        harvest(executed, job).save(staging / "facts.json")
        seconds = time.monotonic() - began
        reuse.finish_record(staging, job.parts, seconds)
        staging.chmod(0o755)
        put_folder(staging, job.folder, job.folder.with_name(f".{job.folder.name}.old"))
    except QuarterdeckError:
        job.folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileNotFoundError):
            os.replace(staging / "report.ipynb", job.folder / "failed.ipynb")
        raise
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return seconds


def kernels(setup: Setup) -> Kernels:
    """The kernels of this process for a run, made by whoever asks first, until `close_kernels` or its end."""
    from .run import Kernels

    with _lock:
        if setup not in _kernels:
            _kernels[setup] = Kernels(dict(setup.environment), setup.warm_up)
            atexit.register(_kernels[setup].close)
        return _kernels[setup]


def close_kernels(setup: Setup, *, now: bool = False) -> None:
    """Close this process's kernels, if it has any; `now` ends those that are running."""
    with _lock:
        made = _kernels.pop(setup, None)
    if made:
        atexit.unregister(made.close)
        if now:
            made.stop()
        made.close()


def recover(store: Path) -> None:
    """Clear away what a run cut short left: half-made reports, and good ones that it had moved aside."""
    for aside in sorted(store.rglob(".*.old")):
        restore_folder(aside.with_name(aside.name[1 : -len(".old")]), aside)
    for partial in sorted(store.rglob(".*.partial")):
        shutil.rmtree(partial, ignore_errors=True)
