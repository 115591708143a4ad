"""The live preview: what is saved is built again and shown, and only to this machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from quarterdeck.deliver.digest import copy_path
from quarterdeck.dispatch import Dispatch
from quarterdeck.execute.warm import why_cold
from quarterdeck.model.delivery import Delivery, DeliveryKey, recipient_id
from quarterdeck.project import Project

pytestmark = pytest.mark.slow


class Preview:
    """A `quarterdeck serve` that is running."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", "quarterdeck", "serve", "--port", "0", "--project", str(root)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        self.log = root.parent / "serve.log"
        self.process = subprocess.Popen(command, stdout=self.log.open("w"), stderr=subprocess.STDOUT, env=environment)
        self.wait("The site is at ")
        self.port = int(self.said().partition("127.0.0.1:")[2].partition("/")[0])

    def said(self) -> str:
        return self.log.read_text("utf-8")

    def wait(self, words: str, times: int = 1) -> None:
        """Until it has said something so often."""
        end = time.monotonic() + 60
        while self.said().count(words) < times:
            assert self.process.poll() is None and time.monotonic() < end, self.said()
            time.sleep(0.05)

    def get(self, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers={"Host": f"{host}:{self.port}"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")


@pytest.fixture
def preview(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Preview]:
    """A preview of the small company, built once."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    running = Preview(project)
    running.wait("Built in ")
    yield running
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(20) == 0, running.said()


def test_what_is_saved_is_built_again_and_shown(preview: Preview, project: Path) -> None:
    """A persona, a table, the notebook; page and mail; only the reports that the change touches."""
    persona = project / "personas" / "host.yml"
    persona.write_text(persona.read_text("utf-8").replace("The inn", "The old inn"), "utf-8")
    preview.wait("Built in ", 2)
    status, page = preview.get("/r/host/2026-03/")
    assert status == 200 and "The old inn" in page and '<script src="/.live.js"></script>' in page
    assert "fetch" in preview.get("/.live.js")[1]  # a file, since the page's policy forbids a script inside it
    assert "The old inn" in preview.get("/outbox/2026-03/host.html")[1]
    assert preview.said().count("skipper: ") == 1 and preview.said().count("host: ") == 2
    ledger = project / "data" / "ledger.csv"
    ledger.write_text(ledger.read_text("utf-8").replace("400.00", "444.00"), "utf-8")
    preview.wait("Built in ", 3)
    assert "444" in preview.get("/r/host/2026-03/")[1]
    notebook = project / "notebooks" / "report.ipynb"
    notebook.write_text(notebook.read_text("utf-8").replace("## Takings", "## Earnings {#takings}"), "utf-8")
    preview.wait("Built in ", 4)
    assert "Earnings" in preview.get("/r/host/2026-03/")[1]
    assert preview.get("/.live")[1] == "4"


@pytest.mark.skipif(bool(why_cold()), reason=why_cold())
def test_kernels_are_warm_before_the_first_edit(preview: Preview, project: Path) -> None:
    """Where all is made already, too: whoever opens the preview in the morning does not wait for the first page."""
    preview.process.send_signal(signal.SIGINT)
    assert preview.process.wait(20) == 0
    preview.process = Preview(project).process
    preview.wait("Built in ")
    assert "host: " not in preview.said()  # nothing was to be made
    children = Path(f"/proc/{preview.process.pid}/task/{preview.process.pid}/children").read_text().split()
    commands = [Path(f"/proc/{child}/cmdline").read_text() for child in children]
    assert any("quarterdeck.execute.warm" in command for command in commands)


def test_a_mistake_is_said_and_the_last_good_page_stays(preview: Preview, project: Path) -> None:
    """And the next save is built as usual."""
    ledger = project / "data" / "ledger.csv"
    good = ledger.read_text("utf-8")
    ledger.write_text(good.replace("400.00", "a lot"), "utf-8")
    preview.wait("found 'a lot'")
    assert "400" in preview.get("/r/host/2026-03/")[1]
    ledger.write_text(good.replace("400.00", "410.00"), "utf-8")
    preview.wait("Built in ", 2)
    assert "410" in preview.get("/r/host/2026-03/")[1]


def test_mails_are_shown_as_an_inbox_shows_them(preview: Preview) -> None:
    """The inbox names every mail; each has its headers, its text, and its HTML in every look."""
    status, inbox = preview.get("/outbox/")
    assert status == 200 and "2026-03/host" in inbox and "set SITE_URL" in inbox
    assert re.search(r"<td>\d+ KB of HTML, \d+ KB in all</td>", inbox)
    status, mail = preview.get("/outbox/2026-03/host/")
    assert status == 200 and "List-Id" in mail and "<pre>" in mail and mail.count("<iframe sandbox") == 6
    looks = {look: preview.get(f"/outbox/2026-03/host.html?look={look}")[1] for look in ("light", "dark", "plain")}
    assert "@media all" in looks["dark"] and "@media not all" in looks["light"]
    assert not re.search(r"<img[^>]* src=", looks["plain"]) and not any("<script" in html for html in looks.values())
    assert "prefers-color-scheme" not in looks["dark"] + looks["light"]


def test_a_mail_stands_beside_what_its_reader_was_sent_last(preview: Preview, project: Path) -> None:
    """The copy as it went out, although the report has been made anew; other readers' addresses stay masked."""
    (project / "personas/host.yml").open("a").write("recipients: [{address: ann@example.com}]\n")
    ledger = Dispatch(Project.open(project)).ledger
    key = DeliveryKey("host", "2026-02", recipient_id("ann@example.com"))
    row = Delivery(key, "claimed", "me", 0.0, "2026-03-02T08:00:00Z", address="ann@example.com", subject="Sent & seen")
    assert ledger.claim(row, 1.0) and ledger.advance(key, "sent", was=("claimed",))
    copy = copy_path(project / "outbox", key)
    copy.parent.mkdir(parents=True)
    copy.write_bytes((project / "outbox/2026-03/host.eml").read_bytes())
    mail = preview.get("/outbox/2026-03/host/")[1]
    place = f"/outbox/2026-02/host/{key.recipient}"
    assert "Last sent to a…@example.com on 2026-03-02" in mail and "Sent &amp; seen" in mail and "ann@" not in mail
    assert f'src="{place}.html?look=light"' in mail and f'href="{place}/"' in mail
    assert preview.get(f"{place}.html?look=light")[1].count("The inn") > 0
    copy.rename(copy.with_suffix(".old"))
    gone = preview.get("/outbox/2026-03/host/")[1]
    assert "the copy is no longer here" in gone and place not in gone and gone.count("<iframe") == 6
    copy.with_suffix(".old").rename(copy)
    assert preview.get(f"{place}/")[0] == 200 and "host/" + key.recipient not in preview.get("/outbox/")[1]


def test_only_this_machine_reads_and_only_site_and_outbox(preview: Preview) -> None:
    """A foreign name that leads here is refused, and no path leads out of the two folders."""
    assert preview.get("/", host="evil.example.com")[0] == 403
    for path in ("/../data/ledger.csv", "/outbox/../data/ledger.csv", "/outbox/%2e%2e/data/ledger.csv", "/data/"):
        assert preview.get(path)[0] == 404, path
    assert preview.get("/r/host")[0] == 301  # so that a page's relative links lead where they should
    (script,) = re.findall(r'src="(assets/quarterdeck-[^"]+\.js)"', preview.get("/")[1])
    assert preview.get(f"/{script}")[0] == 200
