"""Tools that a test may need: used where they are; where not, the test is skipped and says how to get them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

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
    return shutil.which(name) or lacking(name, remedy)


def find_browser() -> str:
    """The path of Chromium or Chrome, as the product finds it."""
    found = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, BROWSERS)), None)
    return found or lacking("browser", "apt-get install --no-install-recommends chromium, or set BROWSER_PATH")


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
