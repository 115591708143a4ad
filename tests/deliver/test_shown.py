"""The HTML of a digest as a browser shows it, with no network and no pictures."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from quarterdeck.deliver.compose import compose
from quarterdeck.deliver.layout import to_html

from .sample import URL, fact, filled_with, markdown, report


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 600, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "made", [report(), filled_with("W" * 500), report(facts=(fact("burn", -1e27, previous=1e27), fact("cash", 1e27)))]
)
def test_no_window_scrolls_sideways_and_nothing_is_unreadable(browser, made, scheme, width):
    """Ordinary, very long and very large content fits a phone; colours keep their contrast in both schemes."""
    axe = Axe()
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme, offline=True)
    page = context.new_page()
    page.set_content(to_html(compose(made, url=URL), markdown))
    assert page.evaluate("document.documentElement.scrollWidth") == width
    violations = axe.run(page).response["violations"]
    assert not [each["id"] for each in violations if each["impact"] in ("serious", "critical")]
    context.close()
