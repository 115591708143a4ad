"""What one Lambda environment keeps from event to event: a folder, clients, secrets, a project, warm kernels."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from itertools import count
from pathlib import Path
from typing import Any

from ..deliver.aws import asking, open_client
from ..deliver.dynamo import TableLedger
from ..deliver.members import Members
from ..deliver.recipients import FileRecipients, Recipients, TableRecipients
from ..deliver.table import Table
from ..deliver.unsubscribe import read_secret
from ..model.errors import QuarterdeckError
from ..model.settings import Settings, read_settings
from ..project import Project
from . import store
from .runs import Runs
from .secret import Secrets, read_secrets

_SECRET_LIVES, _ANEW = 300.0, 10.0  # seconds; a forged token's key is looked for no more often


class Place:
    """Opens what is asked for, once; `clock` tells the Unix time, `until` when this event must be done with.

    Raises QuarterdeckError where a setting that is needed is not set.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock, self.until = clock, clock() + 300
        self.client = lru_cache(maxsize=None)(lambda service: open_client(service, self.settings.ses_region))
        self._secrets: tuple[float, Secrets] | None = None
        self._workshop: tuple[Project, Any] | None = None

    @cached_property
    def settings(self) -> Settings:
        """What the environment says; a project's own file is asked for in mails alone."""
        return read_settings(Path(os.devnull), os.environ)

    def need(self, name: str) -> str:
        """A setting that there must be."""
        value = str(getattr(self.settings, name))
        if not value:
            raise QuarterdeckError(name.upper(), "is not set", "Set it in the function's environment (docs/cloud.md)")
        return value

    @property
    def at(self) -> str:
        """What time it is (ISO 8601, UTC)."""
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="seconds")

    @property
    def private(self) -> tuple[Any, str]:
        """A client of S3, and the bucket of projects and kept reports."""
        return self.client("s3"), self.need("project_bucket")

    @cached_property
    def table(self) -> Table:
        """The one table of the cloud parts."""
        return Table(self.client("dynamodb"), self.need("cloud_table"))

    @cached_property
    def runs(self) -> Runs:
        """The runs in it."""
        return Runs(self.table)

    @cached_property
    def members(self) -> Members:
        """The people in it."""
        return Members(self.table, self.need("site_url"))

    @property
    def ledger(self) -> TableLedger:
        """The deliveries: a table, as no file outlives this environment."""
        name, days = self.need("ledger_table"), self.settings.ledger_days
        return TableLedger(self.client("dynamodb"), name, self.clock(), days)

    @property
    def recipients(self) -> Recipients:
        """Who wishes to get no mail; without a table of their own they stand in the ledger."""
        name = self.settings.recipients_table
        return TableRecipients(self.client("dynamodb"), name) if name else FileRecipients([], self.ledger)

    @cached_property
    def signing_secret(self) -> bytes:
        """What signs links to unsubscribe."""
        return read_secret(self.client("secretsmanager"), self.need("signing_secret"))

    def secrets(self, *, anew: bool = False) -> Secrets:
        """What signs sessions, as read in the last five minutes, or in the last ten seconds."""
        oldest = self.clock() - (_ANEW if anew else _SECRET_LIVES)
        if not self._secrets or self._secrets[0] < oldest:
            found = read_secrets(self.client("secretsmanager"), self.need("cloud_secret"))
            self._secrets = self.clock(), found
        return self._secrets[1]

    def enqueue(self, kind: str, **said: str) -> None:
        """Ask for work that is done later, by whoever is free."""
        body = json.dumps({"quarterdeck": kind, **said})
        with asking("queue", "See that QUEUE_URL is right"):
            self.client("sqs").send_message(QueueUrl=self.need("queue_url"), MessageBody=body)

    @cached_property
    def folder(self) -> Path:
        """A folder that this process alone works in: one left by a process that is gone, or a new one."""
        for number in count():
            folder = Path(tempfile.gettempdir(), "quarterdeck", str(number))
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = folder.with_suffix(".lock").open("w")
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return folder
            except BlockingIOError:
                self._lock.close()
        raise AssertionError

    def project(self, version: str = "") -> Project:
        """A version of the project (empty: the current one), on this disk."""
        root = self.folder / "project" / (version or store.current(*self.private))
        if not root.is_dir():
            self.close()
            shutil.rmtree(root.parent, ignore_errors=True)
            root.parent.mkdir()
            store.fetch(*self.private, root, root.name)
        return Project.open(root)

    def workshop(self, project: Project) -> Any:
        """What executes its reports, with kernels that stay warm."""
        from ..workshop import Workshop

        if not self._workshop or self._workshop[0] != project:
            self.close()
            self._workshop = project, Workshop(project).__enter__()
        return self._workshop[1]

    def close(self) -> None:
        """End the kernels."""
        if self._workshop:
            self._workshop[1].__exit__(None, None, None)
        self._workshop = None


def settle(folder: Path) -> None:
    """Let Jupyter and its kernels live where only this folder can be written and nothing is installed."""
    root = os.environ.get("LAMBDA_TASK_ROOT", "")
    os.environ |= {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),  # Lambda's own is in no variable
        "JUPYTER_PATH": str(Path(root, "share", "jupyter")),
        "OPENBLAS_NUM_THREADS": "1",
        "HOME": str(folder),
        **{name: str(folder / "jupyter") for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")},
        "JUPYTER_RUNTIME_DIR": str(folder / "jupyter" / "runtime"),
    }
