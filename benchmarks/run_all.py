"""Runs every benchmark in turn and prints their tables. Run as ``make bench``."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
RUNS = (
    ("readers.py",),
    ("ease.py",),
    ("ials.py",),
    ("rankers.py",),
    ("rank_hybrid.py",),
    ("joins.py",),
    ("load.py", "--world", "--rate", "200", "--seconds", "20", "--step-seconds", "0"),
    ("surprise_svd.py", "--data", "ml-100k"),
    ("surprise_svd.py", "--data", "ml-1m"),
    ("libmf.py",),
    ("surprise_svdpp.py", "--data", "ml-100k"),
    ("surprise_svdpp.py", "--data", "ml-1m", "--seeds", "3"),
    ("surprise_knn.py", "--data", "ml-100k"),
    ("surprise_knn.py", "--data", "ml-1m"),
    ("top_k.py",),
    ("top_k.py", "--large"),
    ("first_fit.py",),
    ("forecast.py",),
    ("forecast.py", "--data", "tmdb-5000"),
    ("leak_lab.py", "--data", "tmdb-5000"),
    ("planted.py", "--worlds", "50"),
    ("online.py",),
    ("drift.py", "--size", "small"),
    ("drift.py", "--size", "large", "--worlds", "6"),
    ("what_if.py", "--worlds", "3"),
    ("audience.py", "--data", "world"),
    ("audience.py", "--data", "world", "--year", "2021"),
    ("audience.py", "--data", "ml-1m"),
)
NEED_DATA = {
    "ials.py",
    "joins.py",
    "libmf.py",
    "rank_hybrid.py",
    "rankers.py",
    "surprise_knn.py",
    "surprise_svd.py",
    "surprise_svdpp.py",
    "tmdb-5000",
    "ml-1m",
}
"""Scripts and data sets that the real data have to be there for."""
MOST_SECONDS = 1_800
"""Seconds after which a run is stopped and counts as failed."""


def main() -> int:
    """The greatest exit status of the runs; those that need real data are skipped without it."""
    worst = 0
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for script, *arguments in RUNS:
        print(f"\n== {' '.join([script, *arguments])}", flush=True)
        if NEED_DATA & {script, *arguments} and not os.environ.get("MARQUEE_DATA"):
            print("skipped: MARQUEE_DATA is not set; it names the folder of the real data sets")
            continue
        command = [sys.executable, str(HERE / script), *arguments]
        worst = max(worst, _run(command, os.environ | threads))
    return worst


def _run(command: list[str], environment: dict[str, str]) -> int:
    """The exit status of the command; 124, and a line that says so, where it takes too long."""
    try:
        done = subprocess.run(command, env=environment, check=False, timeout=MOST_SECONDS)
    except subprocess.TimeoutExpired:
        print(f"stopped: it took more than {MOST_SECONDS} seconds", flush=True)
        return 124
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
