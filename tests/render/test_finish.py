"""What every page is given last: names, deferred scripts, a policy; and the build of plotly.js that we carry."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from plotly.offline import get_plotlyjs_version

from quarterdeck.render.assemble import plotly_files
from quarterdeck.render.finish import CARTESIAN, PLOTLY, WHOLE_PLOTLY, finish

NAMES = {
    PLOTLY: "assets/plotly-cartesian-1.js",
    WHOLE_PLOTLY: "assets/plotly-1.js",
    "assets/search.js": "assets/search-1.js",
    "assets/favicon.svg": "assets/favicon-1.svg",
    "assets/quarterdeck.css": "assets/quarterdeck-1.css",
    "site_libs": "assets/libs-1",
}
CARTESIAN_SHA256 = "79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a"


class Tags(HTMLParser):
    """Every tag with its attributes, in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def policy(html: str) -> str:
    """The page's Content-Security-Policy."""
    return next(
        attrs["content"] or "" for _, attrs in Tags(html).found if attrs.get("http-equiv") == "Content-Security-Policy"
    )


def hashes(html: str) -> set[str]:
    """The hashes of scripts that a page's policy permits."""
    return set(re.findall(r"'(sha256-[^']+)'", policy(html)))


def hash_of(code: str) -> str:
    """How a policy names a script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}"


def test_the_policy_comes_first_and_names_each_inline_script() -> None:
    """After the character set, before anything is loaded; data is no script; two equal scripts are one hash."""
    html = (
        '<!doctype html><html><head>\n<meta charset="utf-8"><link rel="stylesheet" href="x.css"><script>a()</script>'
        '</head><body><script type="module">b("é")</script><script>a()</script>'
        '<script type="application/json">{"a": 1}</script></body></html>'
    )
    made = finish(html, "", {})
    assert [tag for tag, _ in Tags(made).found][:5] == ["html", "head", "meta", "meta", "link"]
    assert hashes(made) == {hash_of("a()"), hash_of('b("é")')}
    assert made.replace(re.search(r"<meta http-equiv[^>]*>", made)[0], "") == html  # type: ignore[index]


@pytest.mark.parametrize(
    "hidden",
    ['<p title="<script>evil()</script>">x</p>', "<!-- <script>evil()</script> -->", "<p>&lt;script>evil()</p>"],
)
def test_what_only_looks_like_a_script_is_not_permitted(hidden: str) -> None:
    """Quarto writes `<` in attributes as it is: a hash of what stands there would let it run elsewhere."""
    assert not hashes(finish(f"<html><head></head><body>{hidden}</body></html>", "", {}))


def test_nothing_is_permitted_that_is_not_needed() -> None:
    """No other host, no inline script but by hash, no evaluation, no form, no base."""
    said = policy(finish("<html><head></head></html>", "", {}))
    assert "default-src 'none'" in said and "base-uri 'none'" in said and "form-action 'none'" in said
    assert re.search(r"script-src 'self';", said)
    assert not re.search(r"https?:|\*|unsafe-eval|file:", said)


def test_every_loaded_script_waits_for_the_text() -> None:
    """One that is deferred, a module or asynchronous stays as it is; order is kept."""
    head = '<script src="a.js"></script><script src="b.js" defer></script><script type="module" src="c.js"></script>'
    made = finish(f"<html><head>{head}</head></html>", "", {})
    assert (
        '<script defer src="a.js"></script><script src="b.js" defer></script><script type="module" src="c.js">' in made
    )


def test_shared_files_are_named_by_content() -> None:
    """At any depth, in links and scripts; text that only reads like an address stays."""
    html = (
        '<html><head><link href="../../assets/quarterdeck.css"><script src="../../site_libs/a/b.js"></script></head>'
        '<body><p>src="assets/quarterdeck.css"</p><img src="../../assets/other.png"></body></html>'
    )
    made = finish(html, "../../", NAMES)
    assert 'href="../../assets/quarterdeck-1.css"' in made and 'src="../../assets/libs-1/a/b.js"' in made
    assert '<p>src="assets/quarterdeck.css"</p>' in made and 'src="../../assets/other.png"' in made
    assert '<link rel="icon" href="../../assets/favicon-1.svg"' in made


@pytest.mark.parametrize(
    ("specs", "loaded"),
    [
        ([], None),
        (['{"data":[{"type":"bar"}]}', '{"data":[{"y":[1]}]}'], "assets/plotly-cartesian-1.js"),
        (['{"data":[{"type":"bar"}]}', '{"data":[{"type":"waterfall"}]}'], "assets/plotly-1.js"),
        (['{"data":[]}', '{"search":{"data":1}}'], None),
    ],
)
def test_plotly_is_loaded_as_charts_need_it(specs: list[str], loaded: str | None) -> None:
    """Not at all without a chart, whole where a chart is of a kind that the cartesian build lacks."""
    inside = "".join(f'<script type="application/json">{spec}</script>' for spec in specs)
    page = f'<html><head><script defer src="../assets/plotly.min.js"></script></head><body>{inside}</body></html>'
    sources = [
        attrs["src"] for tag, attrs in Tags(finish(page, "../", NAMES)).found if tag == "script" and "src" in attrs
    ]
    assert sources == ([f"../{loaded}"] if loaded else [])


def test_search_is_there_where_there_is_an_index() -> None:
    """The box knows its corner's index, and what is indexed is the page under its title."""
    page = "<html><head><title>A, &quot;b&quot;</title></head><body><main id='m'>x</main></body></html>"
    made = finish(page, "../../../", NAMES, "../pagefind/")
    assert '<script defer src="../../../assets/search-1.js" data-index="../pagefind/"></script>' in made
    assert '<main data-pagefind-body data-pagefind-meta="title[data-title]" data-title="A, &quot;b&quot;" id=' in made
    assert "search" not in finish(page, "", NAMES) and "pagefind" not in finish(page, "", NAMES)


def test_our_build_of_plotly_is_the_one_recorded() -> None:
    """Its version is that of the Python package, its bytes those of npm's; `make plotly` fetches another."""
    build = plotly_files()[PLOTLY].read_bytes()
    version = re.search(rb"plotly\.js \(cartesian - minified\) v(\S+)", build)
    assert version and version[1].decode() == get_plotlyjs_version()
    assert hashlib.sha256(build).hexdigest() == CARTESIAN_SHA256
    assert b"Licensed under the MIT license" in build[:400]
    assert plotly_files()[PLOTLY].with_name("LICENSE").read_text("utf-8").startswith("MIT License")


def test_our_build_draws_what_we_say_it_draws() -> None:
    """The kinds of traces, as the file registers them."""
    build = plotly_files()[PLOTLY].read_text("utf-8")
    assert set(re.findall(r'moduleType:"trace",name:"(\w+)"', build)) == CARTESIAN
