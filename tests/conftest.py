"""A small company and a small notebook, so that the whole pipeline runs in seconds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools import find_browser, open_browser

ROOT = Path(__file__).parent.parent
COMPANY = {
    "company": "company,currency,time_zone,owner\nMöwe & Söhne,EUR,Europe/Berlin,\n",
    "entities": (
        "entity,name,kind,unit,units,capacity,sells_for,billing,started_on,owner\n"
        "ferry,Ferry,charter,crossing,crossings,1,,deposit,2020-01-01,\n"
        "inn,Inn,lodging,night,nights,4,,,2021-05-01,\n"
    ),
    "accounts": (
        "account,name,type,role,category,behaviour\n"
        "1000,Bank,asset,cash,Bank,none\n"
        "4000,Fares,revenue,revenue,Fares,none\n"
        "5000,Fuel,expense,direct,Fuel,variable\n"
    ),
    "ledger": (
        "line,entry,date,entity,account,amount,counterparty,memo,document,booking,channel\n"
        "1,e1,2026-02-10,ferry,1000,900.00,,,,,\n2,e1,2026-02-10,ferry,4000,-900.00,,,,,\n"
        "3,e2,2026-03-05,ferry,5000,120.50,,Diesel,,,\n4,e2,2026-03-05,ferry,1000,-120.50,,,,,\n"
        "5,e3,2026-03-31,inn,1000,400.00,,,,,\n6,e3,2026-03-31,inn,4000,-400.00,,,,,\n"
    ),
}
PERSONAS = {
    "skipper": "title: The ferry\nreader: Skipper\nsections: [takings, fuel]\ndigest: [takings]\nheadline: [takings]\n",
    "host": "title: The inn\nreader: Host\nsections: [takings]\ndigest: [takings]\nentities: [inn]\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder of its own with a small company's data, two personas and a small notebook."""
    root = tmp_path / "project"
    (root / "notebooks").mkdir(parents=True)
    for name in ("_quarto.yml", "index.qmd"):
        shutil.copy(ROOT / name, root / name)
    shutil.copytree(ROOT / "assets", root / "assets")
    shutil.copy(ROOT / "tests" / "notebooks" / "takings.ipynb", root / "notebooks" / "report.ipynb")
    for folder, suffix, files in (("data", "csv", COMPANY), ("personas", "yml", PERSONAS)):
        (root / folder).mkdir()
        for name, text in files.items():
            (root / folder / f"{name}.{suffix}").write_text(text, "utf-8")
    return root


@pytest.fixture(scope="module")
def browser_path() -> str:
    """A real browser; without one the test is skipped and says how to get it."""
    return find_browser()


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Any]:
    """One headless Chromium for a module's tests."""
    with open_browser(browser_path) as running:
        yield running
