"""How the viewers' pages feel in a browser: a press, a page's weight, its first paint, its jumps.

Serves the built-in world by ``marquee serve`` in a process of its own, on loopback, to a Chromium
that resolves no other host.

* rating → updated picks: from the press on a star to the second frame after the new picks are in
  the page, 20 times, and 20 times with the processor slowed down four times; of it the wait for
  the server, and the bytes of its answer;
* for each page (home, search, title, welcome, my data) the bytes that cross the wire for a first
  visit, posters apart;
* and its first contentful paint and layout shift, on this machine, and as a slow phone: 390 px,
  processor four times slower, 150 ms and 1.6 Mbit/s, nothing in the browser's cache. Medians of
  ``--visits`` visits, by somebody who has rated 20 titles: each slow one takes some seconds.

Run as ``python benchmarks/browser.py [--home HOME] [--visits 3] [--json]``; ``--home`` names a
workspace with a model to serve in place of the world, MovieLens 1M for instance::

    marquee --home /tmp/ml-1m data add PATH/ml-1m && marquee --home /tmp/ml-1m fit
    python benchmarks/browser.py --home /tmp/ml-1m
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
SLOWER = 4
LATENCY_MS, BYTES_PER_S = 150, 1_600_000 / 8
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "is_mobile": True,
    "has_touch": True,
    "device_scale_factor": 2,
}
N_PRESSES = 20
PAGES = {"home": "/", "search": "/search?q=the", "welcome": "/welcome", "mine": "/me"}

N_VISITS = 3
MOST_MS = 20_000
"""How long a page or a press may take on a machine that has other work; then it counts as lost."""

PRESS = """star => new Promise(done => {
  performance.clearResourceTimings();
  const start = performance.now();
  document.addEventListener("htmx:after:swap", () => requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const ms = performance.now() - start;
      const [said] = performance.getEntriesByType("resource").filter(e => e.name.endsWith("/say"));
      done({ms, server_ms: said.responseStart - said.requestStart, bytes: said.transferSize});
    })), {once: true});
  star.click();
})"""

PAINT = """() => new Promise(done => {
  let jumps = 0;
  new PerformanceObserver(list => list.getEntries().forEach(entry => { jumps += entry.value; }))
    .observe({type: "layout-shift", buffered: true});
  setTimeout(() => done({
    first_paint_ms: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    layout_shift: jumps,
  }), 400);
})"""


@contextmanager
def served(home: Path | None) -> Iterator[str]:
    """The address of a server over the workspace, or over a world made for the occasion."""
    with tempfile.TemporaryDirectory() as folder:
        place = home or Path(folder)
        environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "marquee", "--home", str(place)]
        if home is None:
            for step in ("world", "fit"):
                subprocess.run([*command, step], env=environment, check=True, capture_output=True)
        store = f"sqlite:///{folder}/browser.db"
        serve = [*command, "serve", "--port", "0", "--feedback", store]
        process = subprocess.Popen(serve, env=environment, stderr=subprocess.PIPE, text=True)
        try:
            assert process.stderr is not None
            for line in process.stderr:
                found = re.search(r"http://127\.0\.0\.1:\d+", line)
                if found:
                    yield found[0]
                    return
            raise SystemExit("the server did not say where it listens")
        finally:
            process.terminate()
            process.wait()


def presses(page: Any, n: int) -> list[dict[str, float]]:
    """What it took from a press on a star to new picks on the screen, n times."""
    times = []
    for turn in range(n):
        star = page.locator(f"li.card:not(.done) .s:nth-child({5 if turn % 3 else 3})").nth(
            turn % 5
        )
        star.scroll_into_view_if_needed()
        times.append(star.evaluate(PRESS))
        page.wait_for_timeout(150)
    return times


def slowed(page: Any, *, network: bool) -> None:
    """Makes the page's machine slow, and its network too."""
    tools = page.context.new_cdp_session(page)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    if network:
        tools.send("Network.enable")
        limits = {"latency": LATENCY_MS, "downloadThroughput": BYTES_PER_S}
        limits |= {"uploadThroughput": BYTES_PER_S, "offline": False}
        tools.send("Network.emulateNetworkConditions", limits)


def weighed(page: Any, address: str) -> dict[str, int]:
    """Bytes on the wire of a first visit, by kind."""
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    kinds: dict[str, str] = {}
    weights: dict[str, int] = {}

    def answered(event: Any) -> None:
        is_poster = "/poster/" in event["response"]["url"]
        kinds[event["requestId"]] = "Poster" if is_poster else event["type"]

    def finished(event: Any) -> None:
        kind = kinds.get(event["requestId"], "Other")
        weights[kind] = weights.get(kind, 0) + round(event["encodedDataLength"])

    tools.on("Network.responseReceived", answered)
    tools.on("Network.loadingFinished", finished)
    page.goto(address)
    page.wait_for_timeout(500)
    return dict(weights)  # later requests go on to be counted


def visited(browser: Any, address: str, cookies: list[Any], n: int) -> dict[str, float]:
    """Bytes of one first visit, and paint and shift of visits at a desk and with a slow phone."""

    def opened(*, slow: bool) -> Any:
        shape = PHONE if slow else {"viewport": {"width": 1280, "height": 800}}
        context = browser.new_context(**shape)
        context.add_cookies(cookies)
        page = context.new_page()
        page.set_default_timeout(MOST_MS)
        if slow:
            slowed(page, network=True)
        return page

    page = opened(slow=False)
    weights = weighed(page, address)
    page.context.close()
    figures: dict[str, float] = {
        "bytes": sum(size for kind, size in weights.items() if kind != "Poster"),
        "poster_bytes": weights.get("Poster", 0),
    }
    for name, slow in (("desk", False), ("slow_phone", True)):
        runs = []
        for _ in range(n):
            page = opened(slow=slow)
            page.goto(address)
            runs.append(page.evaluate(PAINT))
            page.context.close()
        for key in ("first_paint_ms", "layout_shift"):
            figures[f"{name}_{key}"] = statistics.median(run[key] for run in runs)
    return figures


def measured(address: str, n_visits: int) -> dict[str, float]:
    """All figures; those of pages only where there are visits."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_context(viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(MOST_MS)
        page.goto(address)
        quick = presses(page, N_PRESSES)
        cookies = page.context.cookies()
        title = page.locator("li.card:not(.done) a.face").first.get_attribute("href")
        slowed(page, network=False)
        slow = presses(page, N_PRESSES)
        page.context.close()
        times = [press["ms"] for press in quick]
        figures = {
            "rating_to_picks_ms": statistics.median(times),
            "rating_to_picks_p90_ms": statistics.quantiles(times, n=10)[-1],
            "rating_to_picks_server_ms": statistics.median(press["server_ms"] for press in quick),
            "rating_to_picks_bytes": statistics.median(press["bytes"] for press in quick),
            "rating_to_picks_slow_cpu_ms": statistics.median(press["ms"] for press in slow),
        }
        for name, path in (PAGES | {"title": title}).items() if n_visits else ():
            started = time.monotonic()
            found = visited(browser, f"{address}{path}", cookies, n_visits)
            print(f"{name} took {time.monotonic() - started:.0f} s", file=sys.stderr)
            figures |= {f"{name}_{key}": value for key, value in found.items()}
        browser.close()
    return figures


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--home", type=Path)
    parser.add_argument("--visits", type=int, default=N_VISITS, help="0: presses alone")
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not Path(CHROMIUM).exists():
        raise SystemExit(f"skipped: there is no browser at {CHROMIUM}")
    with served(arguments.home) as address:
        figures = measured(address, arguments.visits)
    if arguments.json:
        print(json.dumps(figures | {"machine": platform.platform(), "cores": os.cpu_count()}))
        return
    for name, value in figures.items():
        digits = 3 if name.endswith("shift") else 0
        print(f"{name:34} {value:10,.{digits}f}")


if __name__ == "__main__":
    main()
