"""The sign-in page and the console in a real browser, before an edge and a stand-in for the API."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from quarterdeck import pipeline
from quarterdeck.project import Project
from quarterdeck.publish.edge import Edge
from tools import VALIDATE, needed, node

from .fake import GUEST, OWNER, Fake, open_fake, report

pytestmark = [pytest.mark.browser, pytest.mark.slow]
LATER = 4_000_000_000
RUN = {"id": "b2", "state": "executing", "at": "2026-04-02T07:00:00Z", "period": "2026-03", "why": ""}
RUN |= {"asked_by": "Ada", "personas": [], "send": True}


@dataclass
class Desk:
    """A browser's page before the site, the API, and what the page's console said that no status explains."""

    page: Any
    edge: Edge
    api: Fake
    said: list[str]

    def sign_in(self, me: dict[str, Any]) -> None:
        """Let somebody in, with the cookies that the API would give."""
        self.api.me = me
        self.api.cookies = self.edge.session("" if me is OWNER else "host", LATER)

    def asked(self, route: str) -> list[dict[str, Any]]:
        """The bodies that a route was asked with."""
        return [body for asked, body in self.api.asked if asked == route]


@pytest.fixture(scope="module")
def site(built_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small company's site with the pages of the cloud."""
    root = shutil.copytree(built_once, tmp_path_factory.mktemp("cloud") / "project")
    (root / "repos.env").write_text("CLOUD_TABLE=cloud\n", "utf-8")
    pipeline.run(Project.open(root), pipeline.Request(period="2026-03", engine="embedded"))
    return root / "_site"


@pytest.fixture(params=[(360, "dark"), (1280, "light")], ids=["phone", "desktop"])
def desk(request: pytest.FixtureRequest, browser: Any, site: Path) -> Iterator[Desk]:
    """A page of each size and colour scheme."""
    width, scheme = request.param
    with open_fake() as (address, api), Edge(site) as edge:
        edge.api = address
        Thread(target=edge.serve_forever, args=(0.05,), daemon=True).start()
        context = browser.new_context(viewport={"width": width, "height": 740}, color_scheme=scheme)
        page, said = context.new_page(), list[str]()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on(
            "console", lambda it: said.append(it.text) if "the server responded with a status" not in it.text else None
        )
        yield Desk(page, edge, api, said)
        assert said == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        context.close()
        edge.shutdown()


def accessible(page: Any) -> None:
    """Axe finds no fault of WCAG 2 A or AA."""
    from axe_playwright_python.sync_playwright import Axe

    page.wait_for_timeout(200)
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa"]}).response["violations"]
    assert [(one["id"], [part["html"][:120] for part in one["nodes"]][:3]) for one in found] == []


def test_a_link_is_redeemed_at_a_tap_and_not_before(desk: Desk) -> None:
    """What only renders the page spends nothing; the tap leads to where the link goes, without the code."""
    page = desk.page
    desk.api.links["c0de"] = (GUEST, "/r/host/2026-03/")
    desk.api.cookies = desk.edge.session("host", LATER)
    page.goto(f"{desk.edge.url}/m/#c0de")
    page.get_by_role("heading", name="Your report is ready").wait_for()
    accessible(page)
    assert desk.api.asked == []
    page.get_by_role("button", name="Open the report").click()
    page.wait_for_url("**/r/host/2026-03/")
    assert page.get_by_role("heading", name="The inn").is_visible()
    assert desk.asked("POST /session") == [{"code": "c0de"}] and "c0de" not in page.url


def test_a_spent_link_offers_a_fresh_one(desk: Desk) -> None:
    """It goes to whom the old one was for, which the page does not know."""
    page = desk.page
    page.goto(f"{desk.edge.url}/m/#spent")
    page.get_by_role("button", name="Open the report").click()
    page.get_by_role("button", name="Mail me a fresh one").wait_for()
    accessible(page)
    page.get_by_role("button", name="Mail me a fresh one").click()
    page.get_by_role("heading", name="Look into your inbox").wait_for()
    accessible(page)
    assert desk.asked("POST /links") == [{"code": "spent"}]


def test_whoever_is_a_stranger_is_asked_for_an_address(desk: Desk) -> None:
    """At any address of the site; the same is said whether or not the address is known."""
    page = desk.page
    assert page.goto(f"{desk.edge.url}/r/host/2026-03/index.html#finding-1").status == 403
    page.get_by_label("Your address").fill("ada@example.com")
    accessible(page)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Look into your inbox").wait_for()
    assert desk.asked("POST /links") == [{"address": "ada@example.com"}] and not desk.asked("POST /session")


def test_an_ended_hour_is_renewed_where_the_reader_was(desk: Desk) -> None:
    """Without a word; another's page is refused once more, and the reader's own are named."""
    page = desk.page
    desk.sign_in(GUEST)
    page.goto(f"{desk.edge.url}/r/host/2026-03/index.html#takings")
    page.get_by_role("heading", name="The inn").wait_for()
    assert page.url.endswith("#takings") and desk.asked("POST /session/renew") == [
        {"goes": "/r/host/2026-03/index.html"}
    ]
    page.goto(f"{desk.edge.url}/r/skipper/2026-03/index.html")
    page.get_by_role("heading", name="This page is not one of yours").wait_for()
    accessible(page)
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Your address").wait_for()
    assert desk.api.me is None
    desk.sign_in(GUEST)
    page.goto(f"{desk.edge.url}/m/")
    page.get_by_role("link", name="host").click()
    page.wait_for_url("**/r/host/2026-03/index.html")


def test_trouble_is_told_in_words(desk: Desk) -> None:
    """Too many tries, a server that fails, and none at all."""
    page = desk.page
    for status, words in ((429, "Too many tries"), (503, "not ready (503)")):
        desk.api.refuses["POST /session"] = (status, "", "")
        page.goto(f"{desk.edge.url}/m/#c0de")
        page.reload()
        page.get_by_role("button", name="Open the report").click()
        page.get_by_text(words).wait_for()


def test_the_owner_sees_how_reports_stand_and_does_what_is_next(desk: Desk) -> None:
    """A row for each report, and each button asks the API for what it says."""
    page = desk.page
    desk.sign_in(OWNER)
    desk.api.runs = [{**RUN, "state": "done", "reports": []}]
    action = {"id": "late", "title": "An invoice is late", "action": "Call the harbour"}
    desk.api.reports = [
        report("host", sent=4, failed=1, unknown=2, last_sent="2026-04-01T08:05:00Z", actions=[action]),
        report("skipper", approval="waiting"),
        report("skipper/gull"),
    ]
    page.goto(f"{desk.edge.url}/console/")
    host, skipper = page.locator("[data-report=host]"), page.locator("[data-report=skipper]")
    host.wait_for()
    accessible(page)
    assert host.locator("dl").inner_text().split() == ["sent", "4", "failed", "1", "unknown", "2"]
    assert "March 2026" in host.inner_text() and "waits for approval" in skipper.inner_text()
    assert host.get_by_role("link", name="Preview").get_attribute("href") == "/r/host/2026-03/"
    one = {"slug": "host", "period": "2026-03"}
    host.get_by_role("button", name="Send to me").click()
    page.get_by_text("on its way to you").wait_for()
    host.get_by_role("button", name="Retry failed").click()
    page.get_by_text("tried again").wait_for()
    host.get_by_text("Follow-ups (1)").click()
    host.get_by_role("button", name="Push to dashboard").click()
    page.get_by_text("on the dashboard").wait_for()
    skipper.get_by_role("button", name="Approve: The skipper", exact=True).click()
    page.get_by_text("may be sent as it is now").wait_for()
    page.on("dialog", lambda dialog: dialog.accept())
    skipper.get_by_text("1 single reports").click()
    skipper.get_by_role("button", name="Send to readers").click()
    page.get_by_text("It is being sent").wait_for()
    assert desk.asked("POST /reports/send") == [
        {**one, "to": "me"},
        {**one, "to": "readers", "retry_failed": True},
        {"slug": "skipper/gull", "period": "2026-03", "to": "readers"},
    ]
    assert desk.asked("POST /actions") == [{**one, "action": "late"}]
    assert desk.asked("POST /approvals") == [{"slug": "skipper", "period": "2026-03"}]


def test_a_run_is_followed_to_its_end(desk: Desk) -> None:
    """What was executed, what failed and why; then the rows are asked for again. It is found again after a reload."""
    page = desk.page
    desk.sign_in(OWNER)
    page.goto(f"{desk.edge.url}/console/")
    page.get_by_text("Nothing is made yet").wait_for()
    states = [{"slug": "host", "state": "executed"}, {"slug": "skipper", "state": "queued"}]
    desk.api.runs = [{**RUN, "reports": states}]
    page.get_by_label("Period").fill("2026-03")
    page.get_by_label("Mail them").check()
    page.get_by_role("button", name="Generate all").click()
    page.get_by_text("1 of 2 reports made").wait_for()
    assert desk.asked("POST /generate-reports") == [{"period": "2026-03", "send": True}]
    page.reload()
    page.get_by_text("1 of 2 reports made").wait_for()
    accessible(page)
    states[1] |= {"state": "failed", "why": "KeyError: 'fuel' (cell 4)"}
    desk.api.reports = [report("host")]
    desk.api.runs = [{**RUN, "state": "done", "reports": states}]
    page.get_by_text("done. 1 of 2 reports made, 1 failed").wait_for()
    assert page.get_by_text("skipper: failed. KeyError: 'fuel' (cell 4)").is_visible()
    page.locator("[data-report=host]").wait_for()


def test_a_refusal_is_told_and_a_guest_is_offered_nothing(desk: Desk) -> None:
    """The API's own words and remedy; who may not, sees no button for it. Invited is by a form; out is out."""
    page = desk.page
    desk.sign_in(OWNER)
    page.goto(f"{desk.edge.url}/console/")
    desk.api.refuses["POST /generate-reports"] = (409, "A run is going on.", "Wait until it has ended.")
    page.get_by_role("button", name="Generate all").click()
    page.get_by_text("A run is going on. Wait until it has ended.").wait_for()
    page.get_by_label("Address").fill("eve@example.com")
    page.get_by_role("textbox", name="Reports").fill("host, skipper")
    page.get_by_role("button", name="Mail a link").click()
    page.get_by_text("on its way to eve@example.com").wait_for()
    invited = {"address": "eve@example.com", "role": "guest", "reports": ["host", "skipper"]}
    assert desk.asked("POST /invites") == [invited]
    of_all = page.get_by_role("link", name=re.compile("Executive reports|Deliveries"))
    assert of_all.count() == 2
    desk.api.me = GUEST
    page.reload()
    page.get_by_text("Signed in: guest").wait_for()
    assert not page.get_by_role("button", name=re.compile("Generate|Mail a link")).count()
    assert not of_all.count() and page.get_by_text("Executive reports").is_visible()
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("Your address").wait_for()


def test_the_pages_validate_and_fit_the_site(site: Path) -> None:
    """By html-validate; the sign-in page, which strangers see, names no file but its own; home leads to the console."""
    needed("html-validate")
    found = node(VALIDATE, "{}", str(site / "m/index.html"), str(site / "console/index.html"))
    assert not found, [(each["path"], each["ruleId"], each["message"], each["line"]) for each in found[:9]]
    signin, console = ((site / name / "index.html").read_text("utf-8") for name in ("m", "console"))
    assert re.findall(r'(?:src|href)="([^"]*)"', signin) == ["data:,", "/m/signin.js"]
    assert "'unsafe-inline'" not in re.findall("script-src([^;]*);", signin + console)[0]
    for name in re.findall(r'(?:src|href)="(?!data:)([^"#]+)"', console):
        assert (site / "console" / name).is_file(), name
    assert 'href="console/index.html"' in (site / "index.html").read_text("utf-8")
