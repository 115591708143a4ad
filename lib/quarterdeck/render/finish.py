"""What every page is given last, whichever renderer made it: names that never go stale, and what may run in it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import PurePosixPath

CARTESIAN = frozenset(
    re.findall(
        r"\w+",
        "bar box contour heatmap histogram histogram2d histogram2dcontour image pie scatter scatterternary violin",
    )
)
"""The kinds of traces that Plotly's cartesian build draws; a page with any other gets the whole library."""
PLOTLY, WHOLE_PLOTLY = "assets/plotly-cartesian.min.js", "assets/plotly.min.js"
ICON, SEARCH = "assets/favicon.svg", "assets/search.js"

_POLICY = (
    "default-src 'none'; script-src 'self'{hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
)
_ATTRIBUTES = r"(?:[^>\"']|\"[^\"]*\"|'[^']*')*"
# Whole tags, so that what stands in an attribute's value or between a script's tags is never taken for one.
_PIECE = re.compile(
    rf"<!--.*?-->|<script(?P<about>{_ATTRIBUTES})>(?P<code>.*?)</script\s*>|<(?P<tag>[a-z]+){_ATTRIBUTES}>",
    re.DOTALL | re.IGNORECASE,
)
_SHARED = re.compile(r"\b((?:src|href)=\"(?:\.\.?/)*)(assets/[^\"#?]+|site_libs(?=/))")
_TITLE = re.compile(r"<title>([^<\"]*)</title>")
_PERIOD = re.compile(r'<nav class="qd-periods"[^>]* data-period="([\w-]+)"')
_HEAD = re.compile(r"<head\b[^>]*>\s*(?:<meta charset=[^>]*>)?", re.IGNORECASE)


def finish(html: str, up: str, names: dict[str, str], index: str = "") -> str:
    """A page as it is published: shared files under the `names` that tell their content, scripts after the text.

    `up` leads from the page to the site's root, `index` to the search index of its corner (empty: there is none).
    Plotly is loaded where there is a chart, and whole only where its cartesian build would not do.
    """
    scripts = [(found["about"], found["code"]) for found in _PIECE.finditer(html) if found["code"] is not None]
    kinds = {kind for about, code in scripts for kind in _trace_kinds(about, code)}
    plotly = names[PLOTLY if kinds <= CARTESIAN else WHOLE_PLOTLY] if kinds else ""
    title = _TITLE.search(html)
    shown = _PERIOD.search(html)
    searched = f'data-pagefind-body data-pagefind-meta="title[data-title]" data-title="{title[1] if title else ""}"'
    searched += f' data-pagefind-sort="period:{shown[1]}"' if shown else ""

    def piece(found: re.Match[str]) -> str:
        if found["code"] is None:
            tag = f"<main {searched}{found[0][5:]}" if index and found["tag"] == "main" else found[0]
            return _renamed(tag, names)
        about = found["about"]
        if f'{WHOLE_PLOTLY}"' in about:
            return f'<script defer src="{up}{plotly}"></script>' if plotly else ""
        if "src=" in about and not re.search(r"\b(?:defer|async|module)\b", about):
            about = f" defer{about}"
        return f"<script{_renamed(about, names)}>{found['code']}</script>"

    said = [f'<meta http-equiv="Content-Security-Policy" content="{_policy(scripts)}">']
    said += [f'<link rel="icon" href="{up}{names[ICON]}" type="image/svg+xml">'] if ICON in names else []
    if index and SEARCH in names:
        said.append(f'<script defer src="{up}{names[SEARCH]}" data-index="{index}"></script>')
    return _HEAD.sub(lambda head: head[0] + "".join(said), _PIECE.sub(piece, html), count=1)


def hashed(name: str, content: bytes) -> str:
    """A file's name with twelve digits of its content's hash: `assets/look-0f1e2d3c4b5a.css`."""
    path = PurePosixPath(name)
    return str(path.with_stem(f"{path.stem}-{hashlib.sha256(content).hexdigest()[:12]}"))


def _renamed(tag: str, names: dict[str, str]) -> str:
    return _SHARED.sub(lambda found: found[1] + names.get(found[2], found[2]), tag)


def _policy(scripts: list[tuple[str, str]]) -> str:
    """What the page may load and run: the site's own files, and the inline scripts that it has now."""
    inline = {code for about, code in scripts if code and "application/json" not in about}
    digests = (hashlib.sha256(code.replace("\r\n", "\n").encode()).digest() for code in inline)
    hashes = sorted(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return _POLICY.format(hashes="".join(hashes))


def _trace_kinds(about: str, code: str) -> set[str]:
    """The kinds of traces that a chart's specification draws; none for any other script."""
    spec = json.loads(code) if "application/json" in about and '"data":' in code else None
    traces = spec.get("data") if isinstance(spec, dict) else None
    return {str(trace.get("type", "scatter")) for trace in traces} if isinstance(traces, list) else set()
