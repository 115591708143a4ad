"""All of the cloud on this machine as a person clicks through it: the real template, packaged Lambda, a browser."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest import mock

import boto3
import pytest

from conftest import ROOT, make_project
from quarterdeck.cloud.local import Local, open_cloud
from quarterdeck.deliver.unsubscribe import link, read_secret
from quarterdeck.model.delivery import recipient_id
from quarterdeck.project import Project
from tools import find_ministack

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("package")]
FINDING = """
from quarterdeck.model.report import Finding
report.findings([Finding("late", "An invoice is late", "high", "inn", "Entry e3.", action="Call the harbour")])
"""
Pushed = list[tuple[dict[str, str], bytes]]


@contextmanager
def dashboard() -> Iterator[tuple[str, Pushed]]:
    """A dashboard's address, and the headers and body of each push."""
    pushed: Pushed = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            pushed.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook", pushed
        server.shutdown()


def small_project(root: Path, actions_url: str) -> Project:
    """The small company with a reader, a finding, and what the package is made from."""
    make_project(root)
    notebook = root / "notebooks" / "report.ipynb"
    cells = json.loads(notebook.read_text("utf-8"))
    (cell,) = [it for it in cells["cells"] if "report.show(" in "".join(it["source"])]
    cell["source"] = "".join(cell["source"]) + FINDING
    notebook.write_text(json.dumps(cells), "utf-8")
    with (root / "personas" / "host.yml").open("a") as persona:
        persona.write("recipients: [{address: ann@example.com, name: Ann}]\n")
    settings = {
        "SES_FROM_ADDRESS": "reports@example.com",
        "SES_ALLOWED": "@example.com",
        "ACTIONS_URL": actions_url,
    }
    (root / "repos.env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()), "utf-8")
    (ROOT / "build").mkdir(exist_ok=True)  # packing takes longest: what was packed before is used again
    for name in ("requirements.lock", "build"):
        (root / name).symlink_to(ROOT / name)
    return Project.open(root)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Local, Pushed]]:
    """The cloud, and what is pushed to its dashboard."""
    with mock.patch.dict(os.environ, MINISTACK=find_ministack()), dashboard() as (url, pushed):
        project = small_project(tmp_path_factory.mktemp("local") / "project", url)
        with open_cloud(project, 0, lambda line: None) as cloud:
            yield cloud, pushed


def mailed(cloud: Local, to: str) -> str:
    """The sign-in link, if any, of the next mail to somebody."""
    for _ in range(600):
        for address, _, door in cloud.mails():
            if address == to:
                return door
        time.sleep(0.1)
    raise AssertionError(f"no mail to {to}")


def sign_in(page: Any, link: str) -> None:
    """Open a mailed link and tap its button."""
    page.goto(link)
    page.get_by_role("button", name="Open the report").click()


def test_a_person_clicks_through_it(running: tuple[Local, Pushed], browser: Any) -> None:
    """The owner generates, reads, has a report sent, pushes a follow-up, signs out; a guest sees their own corner."""
    cloud, pushed = running
    site, page = cloud.edge.url, browser.new_page()
    page.set_default_timeout(120_000)
    assert page.goto(f"{site}/console/").status == 403
    sign_in(page, cloud.invite("owner@example.com", "admin", ["*"]))
    page.wait_for_url("**/console/")

    page.get_by_label("Mail them").check()
    page.get_by_role("button", name="Generate all").click()
    page.get_by_text("done. 2 of 2 reports made").wait_for()
    door = mailed(cloud, "ann@example.com")
    host = page.locator("[data-report=host]")
    assert host.locator("dl").inner_text().split()[:2] == ["sent", "1"]

    host.get_by_role("link", name="Preview").click()
    page.get_by_role("heading", name="The inn").wait_for()
    page.go_back()

    host.get_by_role("button", name="Send to me").click()
    mailed(cloud, "owner@example.com")

    host.get_by_text("Follow-ups").click()
    host.get_by_role("button", name="Push to dashboard").click()
    page.get_by_text("on the dashboard").wait_for()
    check_signature(cloud, *pushed[0])
    assert json.loads(pushed[0][1])["data"]["action"] == "Call the harbour"

    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Your address").wait_for()
    assert page.goto(f"{site}/console/").status == 403
    page.close()
    a_guest_sees_their_corner(cloud, browser, door)


def a_guest_sees_their_corner(cloud: Local, browser: Any, door: str) -> None:
    """From the mail into the report; nothing else of site or API.

    On another device the spent link has a fresh one mailed. Whoever unsubscribes presses a button.
    """
    site, page = cloud.edge.url, browser.new_page()
    page.set_default_timeout(60_000)
    sign_in(page, door)
    page.wait_for_url("**/r/host/2026-03/")
    page.get_by_role("heading", name="The inn").wait_for()
    for path in ("/", "/console/", "/deliveries.html", "/r/skipper/2026-03/"):
        assert page.goto(site + path).status == 403
        page.get_by_role("heading", name="This page is not one of yours").wait_for()
    listed = page.request.get(f"{site}/api/reports")
    assert [it["slug"] for it in listed.json()["reports"]] == ["host"]
    for path, body in {
        "generate-reports": {},
        "invites": {"address": "eve@example.com", "role": "admin"},
        "reports/send": {"slug": "host", "period": "2026-03", "to": "readers"},
    }.items():
        assert page.request.post(f"{site}/api/{path}", data=body).status == 403, path
    sign_in(page, door)  # the same link again, on a device that it signed in
    page.wait_for_url("**/r/host/2026-03/")
    page.close()

    other = browser.new_page()
    other.set_default_timeout(60_000)
    sign_in(other, door)
    other.get_by_role("button", name="Mail me a fresh one").click()
    other.get_by_role("heading", name="Look into your inbox").wait_for()
    sign_in(other, mailed(cloud, "ann@example.com"))
    other.wait_for_url("**/r/host/2026-03/")
    secret = read_secret(boto3.client("secretsmanager", endpoint_url=cloud.aws), cloud.made["Secret"])
    assert other.goto(link(site, b"another secret" * 3, recipient_id("ann@example.com"))).status == 400
    other.goto(link(site, secret, recipient_id("ann@example.com"), "host"))
    other.get_by_role("button", name="Unsubscribe").click()
    other.get_by_role("heading", name="You are unsubscribed").wait_for()
    other.close()


def check_signature(cloud: Local, headers: dict[str, str], body: bytes) -> None:
    """As a dashboard checks it, by Standard Webhooks."""
    client = boto3.client("secretsmanager", endpoint_url=cloud.aws)
    key = bytes.fromhex(json.loads(client.get_secret_value(SecretId=cloud.made["Secret"])["SecretString"])["actions"])
    said = {name.lower(): value for name, value in headers.items()}
    signed = f"{said['webhook-id']}.{said['webhook-timestamp']}.".encode() + body
    made = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert said["webhook-signature"] == f"v1,{made}" and abs(time.time() - int(said["webhook-timestamp"])) < 120


def test_without_ministack_it_says_so(project: Path) -> None:
    """In one line, before anything is made."""
    command = [sys.executable, "-m", "quarterdeck", "cloud", "--project", str(project)]
    without = {"PATH": "/usr/bin:/bin", "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
    done = subprocess.run(command, env=without, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and "ministack: is not there. make cloud-local" in done.stderr, done.stderr
