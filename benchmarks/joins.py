"""How many titles of each data set match TMDB 5000, and on what evidence.

Run as ``python benchmarks/joins.py`` with MARQUEE_DATA set; ``--json`` prints one document.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path

from marquee.data.merge import merge
from marquee.data.sources import read_source
from marquee.data.tables import Tables

ONTO = "tmdb-5000"
ADDED = ("ml-1m", "ml-100k", "imdb-5000", "imdb-genres", "netflix-justwatch")
STREAMING = ("streaming-platforms", "streaming-lists")


def main() -> None:
    """Prints one row per data set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    as_json = parser.parse_args().json
    root = os.environ.get("MARQUEE_DATA")
    if not root:
        parser.error("MARQUEE_DATA is not set; it names the folder of the real data sets")
    known = merge(Tables(), read_source(Path(root, ONTO))[1].tables, ONTO).tables
    asked = [(name, None) for name in ADDED] + [("streaming", name) for name in STREAMING]
    rows = [measure(known, Path(root, folder), name) for folder, name in asked]
    if as_json:
        print(json.dumps(rows, indent=2))
        return
    print("| onto " + ONTO + " | " + " | ".join(list(rows[0])[1:]) + " |")
    print("|---" + "|--:" * (len(rows[0]) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(str(value) for value in row.values()) + " |")


def measure(known: Tables, path: Path, name: str | None) -> dict[str, object]:
    """Counts of one join, and its seconds without the reading."""
    source, loaded = read_source(path, name)
    start = time.perf_counter()
    merged = merge(known, loaded.tables, source.name)
    seconds = time.perf_counter() - start
    report = merged.report
    before, added = known.titles.height, report.unmatched + report.ambiguous
    if merged.tables.titles.height != before + added:
        raise SystemExit(f"{source.name} multiplied rows: {merged.tables.titles.height}")
    return {
        "source": source.name,
        "titles": report.n_titles,
        "matched": report.matched,
        "title and year": report.by_year,
        "year ±1": report.by_near_year,
        "title and director": report.by_director,
        "new": report.unmatched,
        "ambiguous": report.ambiguous,
        "seconds": round(seconds, 2),
    }


if __name__ == "__main__":
    main()
