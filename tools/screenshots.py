"""Takes the pictures of ``docs/guide/app.md`` and ``studio.md``: the built-in world in a browser.

Run as ``python tools/screenshots.py [FOLDER]``; the folder is ``docs/guide/images`` by default. A
world is made for the occasion and served on loopback; the same world gives the same pictures.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
DESK = {"viewport": {"width": 1120, "height": 630}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
MOST_BYTES = 200_000
STEPS = (
    ("world",),
    ("fit",),
    ("forecast", "fit", "--model", "ridge"),  # quick to ask about each year anew
    ("compare", "--data", "workspace", "--models", "ease-content,rp3beta", "--split", "time:0.8"),
    ("train",),
)
"""What the pages of the studio show."""


def rate(page: Any, slot: int, star: int) -> None:
    """Presses a star of the card in that slot and waits for the answer."""
    card = page.locator("li.card").nth(slot)
    name = card.get_attribute("id")
    card.locator(f".s:nth-child({star})").click()
    page.locator(f"#{name} .own").wait_for()


def person(page: Any, name: str, presses: tuple[tuple[int, int], ...]) -> None:
    """Makes a profile and rates what the home page offers it."""
    page.goto("/household")
    page.fill("#name", name)
    page.get_by_role("button", name="Add").click()
    page.wait_for_url("**/welcome")
    page.goto("/")
    for slot, star in presses:
        rate(page, slot, star)


def pictures(browser: Any, address: str, folder: Path) -> None:
    """Every picture of the guide."""

    def shot(page: Any, name: str) -> None:
        page.mouse.move(0, 0)
        page.wait_for_timeout(700)
        path = folder / f"app-{name}.png"
        page.screenshot(path=str(path))
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SystemExit(f"{path} has {size:,} bytes, more than {MOST_BYTES:,}")
        print(f"{path.name:24} {size:8,} bytes")

    page = browser.new_context(base_url=address, color_scheme="light", **DESK).new_page()
    page.goto("/")
    shot(page, "visitor")
    page.goto("/welcome")
    shot(page, "welcome")
    person(page, "Ben", ((1, 5), (4, 4), (8, 5)))
    person(page, "Ada", ((0, 4), (2, 5), (5, 5)))
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(5_000)  # the announcement of the last press fades
    shot(page, "home")
    page.goto("/?genres=Drama&decade=2010")
    shot(page, "filters")
    page.goto("/")
    link = page.locator("li.card:not(.done) a.face").nth(1).get_attribute("href")
    page.goto(link)
    shot(page, "title")
    page.goto("/household")
    page.get_by_role("button", name="Find something for both").click()
    page.wait_for_url("**/together**")
    shot(page, "together")
    page.goto("/me")
    shot(page, "me")
    cookies = page.context.cookies()
    phone = browser.new_context(base_url=address, color_scheme="dark", **PHONE)
    phone.add_cookies(cookies)
    page = phone.new_page()
    page.goto("/")
    shot(page, "phone")


STUDIO = {
    "recommend": "?whose=A+viewer+of+the+data",  # of whom much is known, so that picks have reasons
    "insights": "insights",
    "forecast": "forecast",
    "what-if": "what-if?curves=true",
    "audience": "audience",
    "leaderboard": "leaderboard?backtest=true",
    "operations": "operations",
}
"""Address of each page of the studio by the name of its picture."""
BUSY = '[data-testid="stSkeleton"], [data-testid="stSpinner"], [data-testid="stStatusWidget"]'
MOST_TURNS = 1_200
QUIET = 8
"""Looks in a row at which nothing turns: between two things that do, nothing does for a moment."""


def studio_pictures(browser: Any, address: str, folder: Path) -> None:
    """Every page of the studio, and one as on a phone in the dark."""

    def shot(page: Any, path: str, name: str) -> None:
        page.goto(f"/studio/{path}")
        page.locator("h1").first.wait_for()
        page.wait_for_timeout(2_000)  # what turns comes a little after the heading
        quiet = 0
        for _ in range(MOST_TURNS):
            page.wait_for_timeout(250)
            quiet = 0 if page.locator(BUSY).count() else quiet + 1
            if quiet == QUIET:
                break
        page.wait_for_timeout(2_000)  # charts are drawn after their text
        picture = folder / f"studio-{name}.png"
        page.screenshot(path=str(picture))
        size = picture.stat().st_size
        if size > MOST_BYTES:
            raise SystemExit(f"{picture} has {size:,} bytes, more than {MOST_BYTES:,}")
        print(f"{picture.name:24} {size:8,} bytes")

    shape = {"width": 1120, "height": 1100}
    desk = browser.new_context(base_url=address, color_scheme="light", viewport=shape)
    desk.set_default_timeout(300_000)
    page = desk.new_page()
    for name, path in STUDIO.items():
        shot(page, path, name)
    phone = browser.new_context(base_url=address, color_scheme="dark", **PHONE)
    phone.set_default_timeout(300_000)
    shot(phone.new_page(), "forecast", "phone")


def main() -> None:
    """Serves a world, takes the pictures, and stops."""
    from playwright.sync_api import sync_playwright

    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "guide" / "images"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, sync_playwright() as driver:
        command = [sys.executable, "-m", "marquee", "--home", home]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        for step in STEPS:
            subprocess.run([*command, *step], env=environment, check=True, capture_output=True)
        server = subprocess.Popen(
            [*command, "serve", "--port", "0"], env=environment, stderr=subprocess.PIPE, text=True
        )
        try:
            assert server.stderr is not None
            lines = iter(server.stderr)
            found = next(
                filter(None, (re.search(r"http://127\.0\.0\.1:\d+", line) for line in lines))
            )
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            pictures(browser, found[0], folder)
            studio_pictures(browser, found[0], folder)
            browser.close()
        finally:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
