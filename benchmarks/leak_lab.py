"""What four common mistakes buy in forecasts of films: honest and inflated figures side by side.

Run as ``python benchmarks/leak_lab.py [--data tmdb-5000] [--seed 0] [--log FILE]``; a name is
looked up under ``MARQUEE_DATA``, and without one the built-in world is measured. In the file the
look at the films is recorded and counted.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from forecast import tables_of
from marquee.lifecycle.forecast_evaluation import measure_leaks


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", help="folder of a source, or its name under MARQUEE_DATA")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, help="file in which looks at the films are recorded")
    given = parser.parse_args()
    day = datetime.now(UTC).date() if given.log else None
    report, n_readings = measure_leaks(tables_of(given.data), given.seed, log=given.log, day=day)
    print(report.to_markdown())
    if n_readings is not None:
        print(f"These films have been read {n_readings} time(s).")
    print(f"{report.seconds:.0f} seconds")


if __name__ == "__main__":
    main()
