"""Markdown that a person typed, as the HTML of a page and of a mail."""

from __future__ import annotations

import pytest

from quarterdeck.render import choose
from quarterdeck.render.fragment import prose


def test_plain_markdown_becomes_html() -> None:
    """Emphasis, lists, links and tables come through."""
    html = choose("embedded").markdown(
        "A **b** [c](https://example.org/?a=1&b=2)\n\n- d\n\n| e | f |\n|---|---|\n| 1 | 2 |"
    )
    assert html.startswith('<p>A <strong>b</strong> <a href="https://example.org/?a=1&amp;b=2">c</a></p>')
    assert "<li>d</li>" in html and "<td>2</td>" in html


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", "a <b onclick=x>b</b>", "<!-- c -->", "$1 and $2", "{{< include x >}}"]
)
def test_html_in_markdown_is_shown_as_text(typed: str) -> None:
    """Raw HTML, mathematics and shortcodes stay what was typed."""
    from html import unescape

    html = choose("embedded").markdown(typed)
    assert typed in unescape(html)
    assert not any(tag in html for tag in ("<script", "<b ", "<!--"))


@pytest.mark.parametrize(
    "html",
    [
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" JaVaScRiPt&colon;alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
    ],
)
def test_a_link_leads_to_a_page_or_nowhere(html: str) -> None:
    """A link that would run something keeps only its words."""
    assert prose(html) == "<a>x</a>"


def test_nothing_is_loaded_from_elsewhere_and_tags_balance() -> None:
    """Images, styles and frames go; what was left open is closed, what was never opened is not closed."""
    assert (
        prose('<p style="x"><img src="https://e.org/p.png">a<iframe src=x></iframe></div><em>b') == "<p>a<em>b</em></p>"
    )
