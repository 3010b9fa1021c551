"""How fast the API answers under a steady load, and how much it can take.

Serves a workspace by ``marquee serve`` in a process of its own, on loopback, and asks for the
recommendations of viewers drawn at random. Requests are sent on time whatever became of those
before (open loop), each over a connection kept open, so that a slow answer does not hold back the
next question: times are from when a request was due to the end of its answer.

* ``--rate`` requests a second for ``--seconds``: median, 99th percentile, errors.
* then the highest rate that is held: short runs of ``--step-seconds`` at doubled rates until one
  fails, by an error, an answer later than ``--late-ms`` at the 99th percentile, or fewer answers
  than were due; halfway between what held and what failed until they are a tenth apart; and a run
  of ``--confirm-seconds`` at what held, a tenth slower each time that it fails, three at most.

Run as ``python benchmarks/load.py --home HOME [--rate 200] [--seconds 20] [--json]``, or with
``--world`` in place of a home for the built-in world, made for the run and removed after it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import platform
import random
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

MOST_REQUESTS = 200_000
"""Requests of a run at most, whatever is asked for."""
MOST_CONNECTIONS = 256
MOST_RATE = 5_000
NEAR = 1.1
"""The search ends where what failed is at most so many times what held."""
N_CONFIRMED = 3
"""Long runs at most, to make sure of the rate that was found."""
IDLE_SECONDS = 3
"""How long a connection is kept for another request; the server closes it after 5 seconds."""


@dataclass(frozen=True)
class Run:
    """What became of the requests at one rate."""

    rate: float
    seconds: float
    n_sent: int
    n_errors: int
    p50_ms: float
    p99_ms: float
    answered_per_s: float
    server_cpu_ms: float
    """Processor time of the server for each request."""

    def held(self, late_ms: float) -> bool:
        """Whether every request was answered, and in time."""
        in_time = self.p99_ms <= late_ms and self.answered_per_s >= 0.97 * self.rate
        return not self.n_errors and in_time


class Lines:
    """Connections to the server, opened where none is free and kept for the next request."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter, float]] = []
        """Connections that nobody uses, and since when: the last one used comes last."""
        self.n_open = 0

    async def get(self, path: str) -> int:
        """The status of the answer, once all of it is here."""
        if self.free and time.perf_counter() - self.free[-1][2] > IDLE_SECONDS:
            self.n_open -= len(self.free)
            self.close()
        reader, writer = self.free.pop()[:2] if self.free else await self._open()
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            await reader.readexactly(int(length[1]) if length else 0)
        except BaseException:
            self.n_open -= 1
            writer.close()
            raise
        self.free.append((reader, writer, time.perf_counter()))
        return int(head[9:12])

    def close(self) -> None:
        """Closes all connections that nobody uses."""
        for _, writer, _ in self.free:
            writer.close()
        self.free.clear()

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.n_open >= MOST_CONNECTIONS:
            raise ConnectionError(f"more than {MOST_CONNECTIONS} requests under way")
        self.n_open += 1
        return await asyncio.open_connection("127.0.0.1", self.port)


async def load(port: int, pid: int, paths: list[str], rate: float, seconds: float) -> Run:
    """What became of so many requests a second, spread evenly, for so many seconds."""
    n = min(int(rate * seconds), MOST_REQUESTS)
    lines, times, errors = Lines(port), [], 0
    gc.collect()
    cpu = _cpu_s(pid)
    start = time.perf_counter() + 0.05

    async def ask(place: int) -> None:
        nonlocal errors
        due = start + place / rate
        try:
            status = await asyncio.wait_for(lines.get(paths[place % len(paths)]), 10)
            errors += status != 200
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            errors += 1
        times.append(time.perf_counter() - due)

    tasks = []
    for place in range(n):
        wait = start + place / rate - time.perf_counter()
        if wait > 0:
            await asyncio.sleep(wait)
        tasks.append(asyncio.create_task(ask(place)))
    await asyncio.gather(*tasks)
    took = time.perf_counter() - start
    lines.close()
    spent = (_cpu_s(pid) - cpu) * 1e3 / n
    p50, p99 = np.percentile(np.array(times) * 1e3, [50, 99]).round(2).tolist()
    return Run(rate, seconds, n, errors, p50, p99, round(n / took, 1), round(spent, 2))


async def measure(options: argparse.Namespace, port: int, pid: int) -> list[Run]:
    """The run at the rate asked for, then those that look for the highest that is held."""
    gc.disable()  # a pause here would be taken for one of the server
    paths = _paths(options)
    await load(port, pid, paths, 20, 2)  # compiles and reads what the first requests need
    runs = [await load(port, pid, paths, options.rate, options.seconds)]
    if not options.step_seconds:
        return runs

    async def holds(rate: float, seconds: float) -> bool:
        runs.append(await load(port, pid, paths, rate, seconds))
        return runs[-1].held(options.late_ms)

    held, failed = 0.0, options.start_rate or options.rate / 2
    while failed < MOST_RATE and await holds(failed, options.step_seconds):
        held, failed = failed, 2 * failed
    while held and failed > NEAR * held:
        rate = round((held + failed) / 2)
        held, failed = (rate, failed) if await holds(rate, options.step_seconds) else (held, rate)
    for _ in range(N_CONFIRMED):
        if not held or await holds(held, options.confirm_seconds):
            break
        held = round(held / NEAR)
    return runs


def main() -> None:
    """Serves, measures, and prints a table or JSON."""
    options = _options()
    if options.home is not None:
        report(options, options.home)
        return
    with tempfile.TemporaryDirectory() as folder:
        for step in ("world", "fit"):
            command = [sys.executable, "-m", "marquee", "--home", folder, step]
            subprocess.run(command, check=True, capture_output=True)
        report(options, Path(folder))


def report(options: argparse.Namespace, home: Path) -> None:
    """Serves the workspace, measures, and prints a table or JSON."""
    command = [sys.executable, "-m", "marquee", "--home", str(home)]
    command += ["serve", "--port", "0", "--rate", "0", "--no-pages", *options.serve]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        port = _port(server)
        runs = asyncio.run(measure(options, port, server.pid))
        memory_mb, peak_mb = _memory_mb(server.pid)
    finally:
        server.terminate()
        server.wait(20)
    held = [
        run.rate
        for run in runs[1:]
        if run.seconds == options.confirm_seconds and run.held(options.late_ms)
    ]
    found = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.python_version()}",
        "asked": f"/api/v1/viewers/ID/recommendations?n=10{options.query}",
        "memory_mb": memory_mb,
        "peak_mb": peak_mb,
        "highest_held": max(held, default=None),
        "runs": [asdict(run) for run in runs],
    }
    if options.json:
        print(json.dumps(found, indent=2))
        return
    memory = f"{memory_mb:.0f} MB, {peak_mb:.0f} MB at most"
    print(f"{found['asked']}, one worker, {memory}; {found['machine']}")
    for run in runs:
        print(
            f"{run.rate:7.1f}/s for {run.seconds:g} s: median {run.p50_ms:.1f} ms, 99 % within "
            f"{run.p99_ms:.1f} ms, {run.n_errors} errors, {run.answered_per_s:.1f} answered/s, "
            f"{run.server_cpu_ms:.1f} ms of processor each"
        )
    if options.step_seconds:
        print(f"highest rate held for {options.confirm_seconds:g} s: {found['highest_held']}")


def _paths(options: argparse.Namespace) -> list[str]:
    viewers = random.Random(0).choices(range(1, options.viewers + 1), k=5_000)
    return [f"/api/v1/viewers/{v}/recommendations?n=10{options.query}" for v in viewers]


def _port(server: subprocess.Popen[str]) -> int:
    assert server.stderr is not None
    for line in server.stderr:
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        if found:
            time.sleep(1)
            return int(found[1])
    raise SystemExit("the server did not start")


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> tuple[float, float]:
    """Memory that the process holds now, and the most that it ever held."""
    status = Path(f"/proc/{pid}/status").read_text()
    now, most = (re.search(rf"{name}:\s+(\d+) kB", status) for name in ("VmRSS", "VmHWM"))
    assert now is not None
    assert most is not None
    return int(now[1]) / 1024, int(most[1]) / 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--home", type=Path, help="a workspace with a fitted model")
    where.add_argument("--world", action="store_true", help="the built-in world, made for the run")
    parser.add_argument("--viewers", type=int, default=3_000, help="viewers are 1 to this")
    parser.add_argument("--rate", type=float, default=200, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--start-rate", type=float, help="first rate of the search")
    parser.add_argument("--step-seconds", type=float, default=5, help="0: no search")
    parser.add_argument("--confirm-seconds", type=float, default=60, help="of what was found")
    parser.add_argument("--late-ms", type=float, default=250, help="what is too late at p99")
    parser.add_argument("--query", default="", help="added to the query, &reasons=0")
    parser.add_argument("--serve", nargs="*", default=[], help="further options of serve")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    longest = max(options.seconds, options.step_seconds, options.confirm_seconds)
    if not 0 < options.seconds <= longest <= 120 or not 0 < options.rate <= MOST_RATE:
        parser.error("at most 5,000 requests a second, for at most 120 seconds")
    return options


if __name__ == "__main__":
    main()
