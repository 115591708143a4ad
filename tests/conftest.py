"""A small company and a small notebook, so that the whole pipeline runs in seconds."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from deliver.aws import serving
from engines import ENGINES, SCHEMES, Chromium, Window, open_firefox
from quarterdeck import pipeline
from quarterdeck.cloud.stand_ins import open_ministack
from quarterdeck.project import Project
from tools import find_browser, find_firefox, find_ministack, open_browser

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
    return make_project(tmp_path / "project")


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with its reports of two months made, to be copied."""
    root = make_project(tmp_path_factory.mktemp("built") / "project")
    for period in ("2026-02", "2026-03"):
        pipeline.run(Project.open(root), pipeline.Request(period=period, engine="embedded"))
    return root


@pytest.fixture
def built(built_once: Path, tmp_path: Path) -> Path:
    """A copy of the project with its reports made."""
    return shutil.copytree(built_once, tmp_path / "project")


def make_project(root: Path) -> Path:
    """Write the small company's project into a folder."""
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


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The address of moto's server, empty at first; its writes are not atomic, as ministack's are."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that stands for AWS and shares nothing; name tables and queues after your test."""
    scratch = tmp_path_factory.mktemp("ministack")
    with mock.patch.dict(os.environ, MINISTACK=find_ministack()), open_ministack(scratch) as address:
        yield address


@pytest.fixture(scope="module", params=[(engine, scheme) for engine in ENGINES for scheme in SCHEMES], ids="-".join)
def window(request: pytest.FixtureRequest) -> Iterator[Window]:
    """A window of each engine in each colour scheme, without a network; skipped where the engine is missing."""
    engine, scheme = request.param
    if engine == "firefox":
        with open_firefox(find_firefox(), scheme) as tab:
            yield tab
        return
    context = request.getfixturevalue("browser").new_context(color_scheme=scheme, offline=True)
    yield Chromium(context.new_page())
    context.close()
