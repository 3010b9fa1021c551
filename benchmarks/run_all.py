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
    ("joins.py",),
    ("load.py", "--world", "--rate", "200", "--seconds", "20", "--step-seconds", "0"),
    ("surprise_svd.py", "--data", "ml-100k"),
    ("surprise_svd.py", "--data", "ml-1m"),
)
NEED_DATA = {"ials.py", "joins.py", "rankers.py", "surprise_svd.py"}


def main() -> int:
    """The greatest exit status of the runs; those that need real data are skipped without it."""
    worst = 0
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for script, *arguments in RUNS:
        print(f"\n== {' '.join([script, *arguments])}", flush=True)
        if script in NEED_DATA and not os.environ.get("MARQUEE_DATA"):
            print("skipped: MARQUEE_DATA is not set; it names the folder of the real data sets")
            continue
        command = [sys.executable, str(HERE / script), *arguments]
        worst = max(
            worst, subprocess.run(command, env=os.environ | threads, check=False).returncode
        )
    return worst


if __name__ == "__main__":
    sys.exit(main())
