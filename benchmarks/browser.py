"""How the viewers' pages feel in a browser: a press, a page's weight, its first paint, its jumps.

Serves the built-in world by ``marquee serve`` in a process of its own, on loopback, to a Chromium
that resolves no other host.

* rating → updated picks: from the press on a star to the second frame after the new picks are in
  the page, 20 times, half of them with the processor slowed down four times;
* weight: bytes that cross the wire for a first visit, posters apart;
* first contentful paint and layout shift, on this machine, and as a slow phone: 390 px, processor
  four times slower, 150 ms and 1.6 Mbit/s.

Run as ``python benchmarks/browser.py [--home HOME] [--json]``; ``--home`` names a workspace with a
model to serve in place of the world.
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

PRESS = """star => new Promise(done => {
  const start = performance.now();
  document.addEventListener("htmx:after:swap", () => requestAnimationFrame(() =>
    requestAnimationFrame(() => done(performance.now() - start))), {once: true});
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


def presses(page: Any, n: int) -> list[float]:
    """Milliseconds from a press on a star to new picks on the screen, n times."""
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


def measured(address: str) -> dict[str, Any]:
    """All figures."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        def opened(**options: Any) -> Any:
            return browser.new_context(**options).new_page()

        page = opened(viewport={"width": 1280, "height": 800})
        weights = weighed(page, address)
        times = presses(page, N_PRESSES)
        slowed(page, network=False)
        slow_times = presses(page, N_PRESSES)
        desk, phone = [], []
        for _ in range(5):
            page = opened(viewport={"width": 1280, "height": 800})
            page.goto(address)
            desk.append(page.evaluate(PAINT))
            page.context.close()
            page = opened(**PHONE)
            slowed(page, network=True)
            page.goto(address)
            phone.append(page.evaluate(PAINT))
            page.context.close()
        browser.close()
    figures = {
        "rating_to_picks_ms": statistics.median(times),
        "rating_to_picks_p90_ms": statistics.quantiles(times, n=10)[-1],
        "rating_to_picks_slow_cpu_ms": statistics.median(slow_times),
        "page_bytes": sum(size for kind, size in weights.items() if kind != "Poster"),
        "script_bytes": weights.get("Script", 0),
        "poster_bytes": weights.get("Poster", 0),
    }
    for name, runs in (("desk", desk), ("slow_phone", phone)):
        for key in ("first_paint_ms", "layout_shift"):
            figures[f"{name}_{key}"] = statistics.median(run[key] for run in runs)
    return figures


def main() -> None:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--home", type=Path)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    if not Path(CHROMIUM).exists():
        raise SystemExit(f"skipped: there is no browser at {CHROMIUM}")
    with served(arguments.home) as address:
        figures = measured(address)
    if arguments.json:
        print(json.dumps(figures | {"machine": platform.platform(), "cores": os.cpu_count()}))
        return
    for name, value in figures.items():
        print(f"{name:30} {value:10,.3f}" if value < 10 else f"{name:30} {value:10,.0f}")


if __name__ == "__main__":
    main()
