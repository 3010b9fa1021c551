"""How fast ratings files become ``Interactions``, beside pandas, and what 20 million cost.

Two cases, each measured in processes of its own:

* MovieLens 1M in the publisher's ``::`` format: this package's whole reader, checks included,
  against ``pandas.read_csv(engine="python")``, which checks nothing; both read ratings, films and
  viewers and end in ``Interactions``. With ``MARQUEE_DATA``
  the lines are those of the real set, else synthetic ones of its size. One process each, whose
  first run is not counted.
* 20 million synthetic ratings as CSV: wall time, CPU time and peak memory of reading, checking and
  building ``Interactions``, each run in a fresh process.

Run as ``python benchmarks/readers.py [--repeats N] [--ratings N] [--json]``, where pandas is there.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from marquee.data.interactions import Interactions
from marquee.data.sources import read_source
from marquee.data.sources.movielens_1m import OCCUPATIONS

USERS_1M, ITEMS_1M, RATINGS_1M = 6_040, 3_706, 1_000_209


def main() -> None:
    """Measures both cases and prints a table, or JSON."""
    options = _options()
    if options.child:
        runs = [_measure(options.child, Path(options.path)) for _ in range(options.repeats)]
        print(json.dumps(runs))
        return
    with tempfile.TemporaryDirectory() as temporary:
        dat, origin = _write_1m(Path(temporary) / "1m")
        marquee = _child("marquee-dat", dat, options.repeats + 1)[1:]
        pandas = _child("pandas-dat", dat, options.repeats + 1)[1:]
        big = _write_csv(Path(temporary) / "big", options.ratings)
        large = [run for _ in range(options.repeats) for run in _child("marquee-csv", big, 1)]
    ratio, cpu_ratio = (
        _median(pandas, name) / _median(marquee, name) for name in ("wall_s", "cpu_s")
    )
    python = platform.python_version()
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {python}",
        "lines_1m": origin,
        "marquee_1m": marquee,
        "pandas_python_engine_1m": pandas,
        "pandas_over_marquee_wall": ratio,
        "pandas_over_marquee_cpu": cpu_ratio,
        f"marquee_csv_{options.ratings}": large,
    }
    if options.json:
        print(json.dumps(report, indent=2))
        return
    print(f"{report['machine']}; medians of {options.repeats}; 1M lines: {origin}\n")
    print(f"{'case':44}{'wall s':>9}{'CPU s':>9}{'peak GB':>9}")
    for label, runs in (
        ("MovieLens 1M '::' to Interactions, Marquee", marquee),
        ("MovieLens 1M '::' to Interactions, pandas", pandas),
        (f"{options.ratings:,} ratings as CSV, Marquee", large),
    ):
        figures = [_median(runs, name) for name in ("wall_s", "cpu_s", "peak_gb")]
        print(f"{label:44}" + "".join(f"{figure:9.2f}" for figure in figures))
    print(
        f"\npandas takes {ratio:.1f} times as long as Marquee, {cpu_ratio:.1f} times its CPU time"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5, help="runs of each case")
    parser.add_argument("--ratings", type=int, default=20_000_000, help="size of the large case")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--path", help=argparse.SUPPRESS)
    return parser.parse_args()


def _child(case: str, path: Path, n_runs: int) -> list[dict[str, float]]:
    """Runs of one case in a fresh process."""
    command = [sys.executable, __file__, "--child", case, "--path", str(path)]
    command += ["--repeats", str(n_runs)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    runs: list[dict[str, float]] = json.loads(output)
    return runs


def _measure(case: str, path: Path) -> dict[str, float]:
    if case == "pandas-dat":
        import pandas as pd  # noqa: F401  # the import is no part of the time
    wall, cpu = time.perf_counter(), time.process_time()
    interactions = _with_pandas(path) if case == "pandas-dat" else _with_marquee(path)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "wall_s": wall,
        "cpu_s": cpu,
        "peak_gb": peak_kb / 1e6,
        "ratings": len(interactions),
    }


def _with_marquee(path: Path) -> Interactions:
    _, loaded = read_source(path)
    return Interactions.from_ratings(loaded.tables.ratings)


def _with_pandas(path: Path) -> Interactions:
    import pandas as pd

    names = ["user", "item", "rating", "seconds"]
    form: Any = {"sep": "::", "engine": "python", "header": None, "encoding": "latin-1"}
    for name in ("movies.dat", "users.dat"):
        pd.read_csv(path / name, **form)
    frame: Any = pd.read_csv(path / "ratings.dat", names=names, **form)
    return Interactions.from_arrays(*(frame[name].to_numpy() for name in names))


def _median(runs: list[dict[str, float]], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def _write_1m(folder: Path) -> tuple[Path, str]:
    """A folder in the format of MovieLens 1M, and where its lines come from."""
    folder.mkdir()
    root = os.environ.get("MARQUEE_DATA")
    real = Path(root) / "ml-1m" if root else None
    if real is not None and real.exists():
        for name in ("movies.dat", "users.dat"):
            (folder / name).write_bytes((real / name).read_bytes())
        if (real / "ratings.dat").exists():
            (folder / "ratings.dat").write_bytes((real / "ratings.dat").read_bytes())
            return folder, "the publisher's"
        _, loaded = read_source(real)
        ratings = loaded.tables.ratings.select(
            "viewer_id",
            "title_id",
            pl.col("rating").cast(pl.Int64),
            # Where a copy of the set has lost its times, a constant of the same length stands in.
            pl.col("rated_at").dt.epoch("s").fill_null(960_000_000),
        )
        _write_dat(ratings, folder / "ratings.dat")
        return folder, "the publisher's, put back into its format"
    rng = np.random.default_rng(0)
    ratings = _synthetic(rng, RATINGS_1M, USERS_1M, ITEMS_1M).with_columns(
        pl.col("rating").ceil().cast(pl.Int64)
    )
    _write_dat(ratings, folder / "ratings.dat")
    movies = (
        f"{item}::Film {item}, The ({1930 + item % 70})::Drama|War" for item in _ids(ITEMS_1M)
    )
    users = (f"{user}::F::25::{user % len(OCCUPATIONS)}::01234" for user in _ids(USERS_1M))
    (folder / "movies.dat").write_text("\n".join(movies) + "\n", encoding="latin-1")
    (folder / "users.dat").write_text("\n".join(users) + "\n", encoding="latin-1")
    return folder, "synthetic"


def _ids(count: int) -> range:
    return range(1, count + 1)


def _write_dat(ratings: pl.DataFrame, path: Path) -> None:
    line = pl.concat_str(pl.all(), separator="::")
    path.write_text("\n".join(ratings.select(line).to_series()) + "\n")


def _write_csv(folder: Path, n_ratings: int) -> Path:
    """A folder in the CSV format of MovieLens with so many ratings, about 145 of each viewer."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    n_users, n_items = max(n_ratings // 145, 1), 27_278
    with (folder / "ratings.csv").open("wb") as stream:
        stream.write(b"userId,movieId,rating,timestamp\n")
        done = 0
        for start in range(0, n_ratings, 2_000_000):
            size = min(2_000_000, n_ratings - start)
            chunk = _synthetic(rng, size, max(n_users * size // n_ratings, 1), n_items)
            chunk = chunk.with_columns(pl.col("user") + done)
            done = int(chunk["user"].max())  # type: ignore[arg-type]  # an integer, not empty
            chunk.write_csv(stream, include_header=False)
    movies = (f'{item},"Film {item}, The ({1930 + item % 90})",Drama|War' for item in _ids(n_items))
    (folder / "movies.csv").write_text("movieId,title,genres\n" + "\n".join(movies) + "\n")
    return folder


def _synthetic(
    rng: np.random.Generator, n_ratings: int, n_users: int, n_items: int
) -> pl.DataFrame:
    """So many different pairs of user and item, skewed, in order of user, as the sets have them."""
    pairs = np.empty(0, np.int64)
    while pairs.size < n_ratings:
        n_more = int((n_ratings - pairs.size) * 1.3) + 16
        users = rng.integers(0, n_users, n_more)
        items = (n_items * rng.random(n_more) ** 2).astype(np.int64)
        pairs = np.unique(np.concatenate([pairs, users * n_items + items]))
    pairs = np.sort(rng.permutation(pairs)[:n_ratings])
    return pl.DataFrame(
        {
            "user": pairs // n_items + 1,
            "item": pairs % n_items + 1,
            "rating": rng.integers(1, 11, n_ratings) / 2,
            "seconds": rng.integers(900_000_000, 1_400_000_000, n_ratings),
        }
    )


if __name__ == "__main__":
    main()
