"""Charts drawn by a browser: real ones where there is a browser, and every way of having none."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from quarterdeck.deliver import pictures as pictures_module
from quarterdeck.deliver.pictures import Browser, styled

from .sample import figure


def processes_of(folder: Path) -> list[str]:
    """Command lines of running processes that name a folder."""
    lines = subprocess.run(["ps", "-eww", "-o", "args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if str(folder) in line]


@pytest.fixture
def scratch(monkeypatch):
    """A temporary folder in which a left-over browser would show; short, as Chromium's socket needs."""
    with tempfile.TemporaryDirectory(prefix="qd-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_without_a_browser_the_reason_says_how_to_get_one(tmp_path, monkeypatch):
    """No picture, no exception, and a command to type."""
    monkeypatch.delenv("BROWSER_PATH", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with Browser(tmp_path / "cache") as browser:
        assert browser.draw([figure()]) == {}
    assert browser.reason.startswith("no browser was found; ") and "apt-get install" in browser.reason


def test_without_the_extra_packages_there_are_no_pictures(tmp_path, monkeypatch):
    """Missing kaleido or Pillow is the same as a missing browser."""
    monkeypatch.setattr(pictures_module, "find_spec", lambda name: None if name == "PIL" else object())
    with Browser(tmp_path / "cache") as browser:
        assert browser.draw([figure()]) == {}
    assert browser.reason.startswith("the Python package Pillow is not installed; ")


@pytest.mark.parametrize("path", ["/nowhere/chromium", "/bin/false"])
def test_a_browser_that_does_not_start_is_a_reason(tmp_path, monkeypatch, path):
    """BROWSER_PATH that is wrong names itself."""
    monkeypatch.setenv("BROWSER_PATH", path)
    with Browser(tmp_path / "cache") as browser:
        assert browser.draw([figure()]) == {}
    assert f"the browser {path} does not start" in browser.reason


def test_a_chart_in_mail_is_white_without_title_and_theme():
    """The specification of the report is not changed, and what a phone cannot show is replaced."""
    chart = figure(title={"text": "T"}, font={"size": 9}, width=1200, height=900, paper_bgcolor="black")
    layout = styled(chart.spec)["layout"]
    assert (layout["paper_bgcolor"], layout["width"], layout["height"]) == ("#ffffff", 480, 420)
    assert "title" not in layout and layout["template"]["layout"]["font"]["size"] == 16
    assert chart.spec["layout"]["width"] == 1200


@pytest.mark.slow
def test_a_browser_that_hangs_is_ended(tmp_path, scratch, monkeypatch):
    """After the time limit there is a reason, and no process or folder is left."""
    hanging = tmp_path / "hanging"
    hanging.write_text('#!/bin/sh\n[ "$1" = --version ] && exit 0\nexec sleep 300\n')
    hanging.chmod(0o755)
    monkeypatch.setenv("BROWSER_PATH", str(hanging))
    with Browser(tmp_path / "cache", seconds=2) as browser:
        assert browser.draw([figure("one"), figure("two", height=300)]) == {}
    assert f"the browser {hanging} draws nothing (" in browser.reason
    assert browser.why([figure("three")]) == (browser.reason,)
    assert not processes_of(scratch) and not list(scratch.iterdir())


@pytest.mark.slow
@pytest.mark.browser
def test_charts_are_drawn_kept_and_the_same_each_time(tmp_path, scratch, browser_path, monkeypatch):
    """Twice 600 pixels wide, 256 colours, the same bytes in another run, and no browser for the cached."""
    monkeypatch.setenv("BROWSER_PATH", browser_path)
    with Browser(tmp_path / "cache") as browser:
        drawn = browser.draw([figure("one"), figure("two", height=220)])
    assert browser.reason == ""
    png = drawn["one"].png
    assert struct.unpack(">II", png[16:24]) == (1200, 750) and png[25] == 3
    assert not processes_of(scratch) and not list(scratch.iterdir())
    with Browser(tmp_path / "other") as browser:
        assert browser.draw([figure("one")])["one"].png == png
    with Browser(tmp_path / "cache") as browser:
        monkeypatch.setattr(browser, "_start", lambda: pytest.fail("a browser was started"))
        assert browser.draw([figure("renamed")])["renamed"].png == png


def test_a_chart_that_cannot_be_drawn_leaves_the_others_their_pictures(tmp_path, monkeypatch):
    """It is named, is not tried again, and no other browser is asked for."""
    asked = list[bool]()

    def ask(spec, path):
        asked.append(spec["layout"].get("barmode") == "bad")
        return "TimeoutError" if asked[-1] else path.write_bytes(b"png") and "ok"

    monkeypatch.setenv("BROWSER_PATH", "/bin/true")
    charts = [figure("bad", barmode="bad"), figure("good")]
    with Browser(tmp_path) as browser:
        monkeypatch.setattr(browser, "_ask", ask)
        assert list(browser.draw(charts)) == list(browser.draw(charts)) == ["good"]
        assert browser.why(charts) == ("chart bad could not be drawn (TimeoutError)",)
    assert not browser.reason and asked.count(True) == 1


def test_without_a_browser_a_kept_picture_is_shown(tmp_path, monkeypatch):
    """A mail is sent as it was previewed, wherever its charts were drawn."""
    monkeypatch.setenv("BROWSER_PATH", "/bin/true")
    with Browser(tmp_path) as browser:
        monkeypatch.setattr(browser, "_ask", lambda spec, path: path.write_bytes(b"png") and "ok")
        assert browser.draw([figure("one")])["one"].png == b"png"
    monkeypatch.setenv("BROWSER_PATH", "/nowhere/chromium")
    with Browser(tmp_path) as browser:
        assert list(browser.draw([figure("new", height=250), figure("one")])) == ["one"]
        assert browser.why([figure("one")]) == () and "/nowhere/chromium" in browser.why([figure("new", height=250)])[0]


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("signal", ["INT", "KILL"])
def test_no_browser_outlives_its_program(tmp_path, scratch, browser_path, signal):
    """Ctrl-C in the middle, and even a kill, ends the browser too."""
    program = (
        "import sys, time, tempfile; from pathlib import Path; tempfile.tempdir = sys.argv[1]\n"
        "from quarterdeck.deliver.pictures import Browser; from quarterdeck.model.report import Figure\n"
        "with Browser(Path(sys.argv[1]) / 'cache') as browser:\n"
        "    browser.draw([Figure('a', 'A', 'A')]); print('drawn', flush=True); time.sleep(60)\n"
    )
    environment = {**os.environ, "BROWSER_PATH": browser_path, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    running = subprocess.Popen(
        [sys.executable, "-c", program, str(scratch)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    assert running.stdout and running.stdout.readline() == b"drawn\n"
    assert len(processes_of(scratch)) > 1
    running.send_signal(2 if signal == "INT" else 9)
    running.wait(20)
    running.stdout.close()
    for _ in range(100):
        if not processes_of(scratch):
            break
        time.sleep(0.1)
    assert not processes_of(scratch)
