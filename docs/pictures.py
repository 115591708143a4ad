"""Take the pictures in the docs from the site and outbox built last: `make pictures`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))
SIZES = {"desktop": (1280, 1500), "phone": (360, 1400)}


def main() -> None:
    """One picture of each report at desktop and phone width, and the two of the README."""
    from tools import find_browser, open_browser, wait_until

    folder = ROOT / "docs" / "images"
    folder.mkdir(exist_ok=True)
    with open_browser(find_browser()) as browser:

        def take(page: Path, name: str, size: tuple[int, int]) -> None:
            context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True)
            tab = context.new_page()
            tab.goto(page.as_uri())
            count = tab.locator(".qd-figure").count()
            wait_until(tab, "n => document.querySelectorAll('.qd-plot .main-svg').length >= n", count)
            picture = Image.open(io.BytesIO(tab.screenshot())).convert("RGB").quantize(96, dither=Image.Dither.NONE)
            picture.save(folder / f"{name}.png", optimize=True)
            context.close()

        lines = ["# Reports of the sample data", "", "Taken by `make pictures` from the site built last.", ""]
        for facts in sorted((ROOT / "r").glob("*/*/facts.json")):
            report = json.loads(facts.read_text("utf-8"))
            slug, page = report["report"]["slug"], ROOT / "_site" / facts.parent.relative_to(ROOT) / "index.html"
            for name, size in SIZES.items():
                take(page, f"{slug}-{name}", size)
            lines += [f"## {report['title']}", "", f"For the {report['reader']}. {report['lens']}", ""]
            lines += [f"| desktop | phone |\n|---|---|\n| ![{report['title']}](images/{slug}-desktop.png) "]
            lines[-1] += f"| ![{report['title']} on a phone](images/{slug}-phone.png) |\n"
        (ROOT / "docs" / "reports.md").write_text("\n".join(lines), "utf-8")
        take(ROOT / "_site/index.html", "home", (1280, 1500))
        take(next((ROOT / "_site/r/cfo").glob("*/index.html")), "page", (1180, 1500))
        take(next((ROOT / "outbox").glob("*/cfo.html")), "digest", (700, 1500))


if __name__ == "__main__":
    main()
