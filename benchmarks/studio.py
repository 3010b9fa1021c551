"""How long the studio takes from a slider to its answer, in a browser.

Serves the built-in world by ``marquee serve`` in a process of its own, on loopback, to a Chromium
that resolves no other host. On the page What if the budget of the scenario is moved by an arrow key
``N_MOVES`` times; the time is from the key to the second frame after the table of the answer has
changed: socket, forecast of the changed plan with its interval, and drawing.

Run as ``python benchmarks/studio.py [--home HOME] [--json]``; without ``--home`` a world is made
and fitted, which takes some minutes more.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from browser import CHROMIUM, FLAGS, served

N_MOVES = 20
TARGET_MS = 400
MOST_MS = 120_000

ARMED = """() => { window.moved = new Promise(done => {
  const shown = () => [...document.querySelectorAll('[data-testid="stTable"]')]
    .map(each => each.innerText).join();
  const before = shown();
  document.addEventListener("keydown", () => {
    const start = performance.now();
    const look = () => shown() !== before
      ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)))
      : setTimeout(look, 4);
    look();
  }, {once: true, capture: true});
}); }"""


def moves(page: Any, address: str, n: int) -> list[float]:
    """Milliseconds from each of n keys to its answer; the first of all is not counted."""
    page.goto(f"{address}/studio/what-if")
    slider = page.get_by_role("slider", name="Budget").first
    slider.wait_for()
    page.locator('[data-testid="stTable"]').first.wait_for()
    page.wait_for_timeout(3_000)
    times = []
    for turn in range(n + 1):
        slider.focus()
        page.evaluate(ARMED)
        page.keyboard.press("ArrowRight" if turn % 10 < 7 else "ArrowLeft")
        times.append(page.evaluate("window.moved"))
        page.wait_for_timeout(400)
    return times[1:]


def main() -> None:
    """Serves, moves, and prints."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = asked.home or Path(folder)
        if asked.home is None:
            for step in (["world"], ["fit"], ["forecast", "fit"]):
                command = [sys.executable, "-m", "marquee", "--home", str(home), *step]
                subprocess.run(command, check=True, capture_output=True)
        with served(home) as address, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.set_default_timeout(MOST_MS)
            before = os.getloadavg()[0]
            times = moves(page, address, N_MOVES)
            browser.close()
    told = {
        "n": len(times),
        "median_ms": round(statistics.median(times)),
        "p90_ms": round(statistics.quantiles(times, n=10)[-1]),
        "target_ms": TARGET_MS,
        "load_before": round(before, 1),
        "load_after": round(os.getloadavg()[0], 1),
    }
    if asked.json:
        print(json.dumps(told, indent=1))
        return
    print(
        f"slider → answer: median {told['median_ms']} ms of {told['n']}, 90 % within "
        f"{told['p90_ms']} ms (target: median {TARGET_MS} ms); load {told['load_before']} to "
        f"{told['load_after']} on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
