"""Tools that a test may need: found where they are, and said how to get where they are not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "chromium-headless-shell")
BROWSER = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, NAMES)), None)
REQUIRED = bool(os.environ.get("REQUIRE_ALL"))

needs_browser = pytest.mark.skipif(
    not BROWSER and not REQUIRED, reason="no browser: apt-get install chromium, or set BROWSER_PATH"
)
needs_quarto = pytest.mark.skipif(
    not shutil.which("quarto"), reason="no Quarto: make quarto, or install it from quarto.org"
)


@contextmanager
def open_browser() -> Iterator[Any]:
    """Headless Chromium, driven by Playwright, that makes no request of its own."""
    from playwright.sync_api import sync_playwright

    quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu", *quiet])
        try:
            yield browser
        finally:
            browser.close()
