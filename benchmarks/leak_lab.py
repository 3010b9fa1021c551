"""What four common mistakes buy in forecasts of films: honest and inflated figures side by side.

Run as ``python benchmarks/leak_lab.py [--data tmdb-5000] [--seed 0]``; a name is looked up under
``MARQUEE_DATA``, and without one the built-in world is measured.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from marquee.data.sources import read_source
from marquee.data.world import build_world
from marquee.evaluation.forecasting.leak_lab import leak_lab


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder of a source, or its name under MARQUEE_DATA")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if given.data is None:
        tables = build_world()
    else:
        tables = read_source(Path(os.environ.get("MARQUEE_DATA", "."), given.data))[1].tables
    report = leak_lab(tables, given.seed)
    print(report.to_markdown())
    print(f"{report.seconds:.0f} seconds")


if __name__ == "__main__":
    main()
