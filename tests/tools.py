"""Tools that a test may need: used where they are; where not, the test is skipped and says how to get them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NoReturn

import pytest

MINISTACK = (
    "python3 -m venv DIR && DIR/bin/pip install --no-deps -r tests/ministack.txt, then MINISTACK=DIR/bin/ministack"
)
"""How to get what stands for AWS."""
NPM = Path(__file__).parent / "npm"
BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "chromium-headless-shell",
)


def lacking(what: str, remedy: str) -> NoReturn:
    """Skip and say how to get it, or fail where everything must be there."""
    (pytest.fail if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip)(f"no {what}: {remedy}")
    raise AssertionError


def find_tool(name: str, remedy: str) -> str:
    """The path of a program."""
    beside = Path(sys.executable).with_name(name)  # where pip puts a package's program
    return shutil.which(name) or (str(beside) if beside.is_file() else lacking(name, remedy))


def find_browser() -> str:
    """The path of Chromium or Chrome, as the product finds it."""
    found = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or lacking("browser", "apt-get install --no-install-recommends chromium, or set BROWSER_PATH")


def find_firefox() -> str:
    """The path of Firefox."""
    found = next(filter(None, map(shutil.which, ("firefox", "firefox-esr"))), None)
    return found or lacking("firefox", "apt-get install --no-install-recommends firefox-esr")


@contextmanager
def open_browser(path: str) -> Iterator[Any]:
    """Headless Chromium, driven by Playwright, that makes no request of its own."""
    from playwright.sync_api import sync_playwright

    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu", *quiet])
        try:
            yield browser
        finally:
            browser.close()


def wait_until(page: Any, expression: str, arg: Any = None, seconds: float = 30) -> None:
    """Until a function holds in a page; Playwright's own way evaluates strings there, which our pages forbid."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression, arg):
        assert time.monotonic() < end, f"never true: {expression}"
        page.wait_for_timeout(50)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def serve_folder(folder: Path) -> Iterator[str]:
    """The address at which a folder's files are served to this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def find_pagefind() -> Path:
    """The program that makes search indexes, as the product finds it."""
    from quarterdeck.render.search import find_pagefind

    return find_pagefind() or lacking("pagefind", "pip install pagefind-bin")


def needed(folder: str) -> Path:
    """An npm package's folder; without it the test is skipped and says how to get it."""
    path = NPM / "node_modules" / folder
    find_tool("node", "apt-get install nodejs npm")
    return path if path.is_dir() else lacking(folder, "npm ci --prefix tests/npm")


def node(script: str, *arguments: str, given: str = "") -> Any:
    """What a module script prints as JSON, run among the npm packages."""
    command = ["node", "--input-type=module", "--eval", script, *arguments]
    done = subprocess.run(command, cwd=NPM, input=given, capture_output=True, text=True, check=False, timeout=120)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout)


VALIDATE = """
import { HtmlValidate, StaticConfigLoader } from "html-validate";
import { readFileSync } from "node:fs";
const [rules, ...paths] = process.argv.slice(1);
const loader = new StaticConfigLoader({ extends: ["html-validate:standard"], rules: JSON.parse(rules) });
const validate = new HtmlValidate(loader), found = [];
for (const path of paths.length ? paths : [0]) {
  const report = await validate.validateString(readFileSync(path, "utf8"));
  found.push(...report.results.flatMap((result) => result.messages.map((message) => ({ path, ...message }))));
}
console.log(JSON.stringify(found));
"""
"""What html-validate says of files, or of what it is given, by the rules of the standard with some switched off."""


def find_ministack() -> str:
    """The program that stands for AWS."""
    return os.environ.get("MINISTACK") or find_tool("ministack", MINISTACK)
