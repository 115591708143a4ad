"""What a run works with (kernels, a cluster's workers, a browser), kept for the next where runs follow each other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from itertools import islice
from types import TracebackType

from .deliver.pictures import Browser
from .execute.job import Job, Setup, close_kernels, execute, kernels, recover
from .execute.outline import Outline
from .model.errors import QuarterdeckError, ReportFailed
from .model.report import Report
from .project import Project


class Workshop:
    """Executes reports and draws their charts; use it in `with`, around one run or many.

    `browser` draws the charts of digests. With `edits` to follow, kernels know from the start what all rules compute.
    """

    def __init__(self, project: Project, *, edits: bool = False) -> None:
        self._warm_up = f"import quarterdeck.report as r; r.warm_up(everything={edits})"
        self.browser = Browser(project.cache / "charts")
        self._project = project
        self._warmed: Setup | None = None
        self._drawing = ThreadPoolExecutor(1)

    def __enter__(self) -> Workshop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drawing.shutdown(wait=False, cancel_futures=True)
        if kind:
            self.browser.stop()
        self._drawing.shutdown()
        self.browser.close()
        if self._warmed:
            close_kernels(self._warmed, now=bool(kind))

    def warm(self) -> Setup:
        """Begin to warm the process that kernels are forked from, unless it is there; what the kernels share."""
        setup = self._setup()
        if self._warmed and self._warmed != setup:
            close_kernels(self._warmed)
        self._warmed = setup
        kernels(setup)
        return setup

    def execute(
        self, jobs: list[Job], *, threads: int = 0, scheduler: str = ""
    ) -> Iterator[tuple[Job, QuarterdeckError | None, float]]:
        """Execute jobs side by side, each as it finishes with its error, if any, and the seconds it took.

        They run on so many threads here, one a core unless said, or on the workers of the Dask cluster at `scheduler`.
        """
        if not jobs:
            return
        setup = self._setup() if scheduler else self.warm()
        ahead, waiting = iter(jobs), dict[Future[float], Job]()
        with _executor(min(threads or os.cpu_count() or 1, len(jobs)), scheduler) as (pool, room):
            try:
                while True:
                    # No more at a time than keep every worker busy: thousands of reports do not wait in memory.
                    waiting |= {pool.submit(execute, job, setup): job for job in islice(ahead, room - len(waiting))}
                    if not waiting:
                        break
                    done, _ = wait(waiting, timeout=1, return_when=FIRST_COMPLETED)
                    for future in sorted(done, key=lambda future: waiting[future].key):
                        job = waiting.pop(future)
                        try:
                            yield job, None, future.result()
                        except QuarterdeckError as err:
                            yield job, err, 0.0
                        except CancelledError as err:
                            remedy = "Start it again and repeat: the reports that are done stay done"
                            raise QuarterdeckError(f"the scheduler {scheduler}", "was lost", remedy) from err
                        except Exception as err:
                            if not scheduler:
                                raise
                            problem = f"its worker failed ({type(err).__name__}: {str(err)[:200]})"
                            yield job, ReportFailed(f"report {job.key.slug}", problem, "See the worker's log"), 0.0
            except BaseException:
                for future in waiting:  # first, or what is ended makes room for the next
                    future.cancel()
                pool.shutdown(wait=False)
                close_kernels(setup, now=True)
                pool.shutdown()
                recover(self._project.store)
                raise

    def draw_ahead(self, job: Job) -> None:
        """Draw the charts of a report's digest while others are executed: the browser keeps what it drew."""
        from .deliver.compose import digest_figures

        self._drawing.submit(lambda: self.browser.draw(digest_figures(Report.load(job.folder / "facts.json"))))

    def _setup(self) -> Setup:
        folders = {"QUARTERDECK_DATA": str(self._project.data), "QUARTERDECK_PERSONAS": str(self._project.personas)}
        return Setup(
            environment=tuple({"QUARTERDECK_PIPELINE": "1", **folders}.items()),
            warm_up=(*Outline.read(self._project.notebook).imports(), self._warm_up),
        )


@contextmanager
def _executor(threads: int, scheduler: str) -> Iterator[tuple[Executor, int]]:
    """What executes reports, and how many it is given at a time: threads here, or the workers of a Dask cluster."""
    if not scheduler:
        with ThreadPoolExecutor(max_workers=threads) as pool:
            yield pool, 2 * threads
        return
    try:
        from distributed import Client
    except ModuleNotFoundError as err:
        raise QuarterdeckError("--executor dask", "lacks a package", "pip install 'quarterdeck[cluster]'") from err
    try:
        client = Client(scheduler, timeout=10, set_as_default=False)
    except (OSError, ValueError) as err:
        remedy = "Start one with `dask scheduler` and workers that see this folder, and name it as tcp://HOST:8786"
        raise QuarterdeckError("--scheduler", f"nobody answers at {scheduler!r}", remedy) from err
    with client:
        yield client.get_executor(pure=False, retries=3), 2 * max(1, sum(client.nthreads().values()))
