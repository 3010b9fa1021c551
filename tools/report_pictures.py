"""Takes the picture of ``docs/guide/insights.md``: a report on the built-in world.

Run as ``python tools/report_pictures.py [FOLDER]``; the folder is ``docs/guide/images`` by default.
The date of making is not in the picture, so the same world gives the same one.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
QUESTIONS = (
    *("rating-distribution", "long-tail", "genre-ratings", "agreement", "taste-groups", "by-age"),
    "service-overlap",
)


def main(folder: Path) -> None:
    """Writes the picture into the folder."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        page_file = Path(home, "report.html")
        only = [word for key in QUESTIONS for word in ("--only", key)]
        command = ["insights", "report", "--data", "world", "--out", str(page_file), *only]
        subprocess.run([sys.executable, "-m", "marquee", *command], check=True)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1120, "height": 1250})
        page.goto(page_file.as_uri())
        page.screenshot(path=str(folder / "report.png"))
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "guide" / "images")
