"""Text of the data in charts."""

from __future__ import annotations

import json

from quarterdeck.model.markup import figure_html, plotly_text
from quarterdeck.model.report import Figure


def test_tags_in_the_data_are_shown_as_text_in_a_chart() -> None:
    """Plotly reads labels as HTML: tags and entities are escaped, line breaks and its own templates are kept."""
    spec = {
        "y": ["<b>A</b> & Co", "one<br>two"],
        "hovertemplate": "<b>%{y}</b><i><extra></extra>",
        "labelalias": {"<i>": 1},
    }
    assert plotly_text(spec) == {
        "y": ["&lt;b>A&lt;/b> &amp; Co", "one<br>two"],
        "hovertemplate": "<b>%{y}</b>&lt;i><extra></extra>",
        "labelalias": {"&lt;i>": 1},
    }


def test_a_chart_s_page_carries_the_escaped_labels() -> None:
    """What the page's script hands to Plotly is the escaped text."""
    html = figure_html(Figure("f", "Caption", "Alt", {"data": [{"x": ["<b>A</b>"]}], "layout": {}}))
    spec = json.loads(html.split('<script type="application/json">')[1].split("</script>")[0])
    assert spec["data"][0]["x"] == ["&lt;b>A&lt;/b>"]
