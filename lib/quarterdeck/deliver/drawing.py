"""The process that holds the browser: reads one chart per line as JSON, answers each with one line.

It is a process of its own so that a browser that hangs can be ended whole, and so that its event loop meets no other
(`python -m quarterdeck.deliver.drawing BROWSER`; a line holds `figure`, `scale` and the `path` to write).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

_CHART_SECONDS = 30
_CLOSE_SECONDS = 5


async def serve(browser: str) -> None:
    """Draw until the input ends; the browser and all its children end with it."""
    from kaleido import Kaleido

    task = asyncio.current_task()
    assert task
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    # MathJax would be fetched from another host, and a host that never answers would hang the chart.
    artist = Kaleido(path=browser, mathjax=False, timeout=_CHART_SECONDS)
    try:
        await artist.open()
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(await _answer(artist, json.loads(line)), flush=True)
        await asyncio.wait_for(artist.close(), _CLOSE_SECONDS)
    finally:
        with suppress(AttributeError, ProcessLookupError):
            os.killpg(artist.subprocess.pid, signal.SIGKILL)
        # Not a plain return: a browser that hung would keep the event loop's threads waiting.
        os._exit(0)


async def _answer(artist: Any, order: dict[str, Any]) -> str:
    """Draw one chart to its path; `ok`, or what went wrong."""
    layout = order["figure"]["layout"]
    options = {"format": "png", "width": layout["width"], "height": layout["height"], "scale": order["scale"]}
    try:
        Path(order["path"]).write_bytes(quantised(await artist.calc_fig(order["figure"], opts=options)))
    except Exception as err:
        return f"{type(err).__name__}: {' '.join(str(err).split())[:200]}"
    return "ok"


def quantised(png: bytes) -> bytes:
    """The picture in 256 colours, about a quarter of its size."""
    from PIL import Image

    output = BytesIO()
    Image.open(BytesIO(png)).convert("RGB").quantize(256, dither=Image.Dither.NONE).save(output, "PNG", optimize=True)
    return output.getvalue()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
