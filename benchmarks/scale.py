"""Time and memory of building tables, fitting and listing for everybody, by number of ratings.

Ratings are synthetic: about 100 a viewer, log-normally spread; titles grow with the fourth root of
the ratings and are drawn by a power of their rank. They are written as the CSV files of MovieLens,
block by block. Each job is a process of its own, on two threads:

- ``build``: the files into the tables of an empty workspace
- ``fit``: the model ``als``, a few epochs of 64 factors, saved
- ``lists``: the ten best unseen titles of every viewer, to Parquet

``cpu_s`` is processor time of the process and all that it started, ``peak_gb`` the most resident
memory that they had together, both read from /proc twice a second.

Run as ``nice python benchmarks/scale.py --ratings 1e6 1e7 [--engines python spark] [--keep FILE]``
with the extra ``spark``; ``--law FILE`` fits exponents to rows that ``--keep`` kept.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import numpy as np
import polars as pl

JOBS = ("build", "fit", "lists")
PER_VIEWER = 100
BLOCK = 20_000
"""Viewers that are drawn at once."""
K = 10


def main() -> None:
    """Measures what is asked for and prints a line for each job, or the law of growth."""
    options = _options()
    if options.job:
        _job(options)
        return
    if options.law:
        _law([json.loads(line) for line in options.law.read_text().splitlines()])
        return
    for n in (int(float(text)) for text in options.ratings):
        with tempfile.TemporaryDirectory(prefix="marquee-scale-", dir=options.folder) as made:
            raw = Path(made) / "raw"
            n_titles, n_viewers, n_made = write_raw(raw, n)
            about = {"ratings": n_made, "titles": n_titles, "viewers": n_viewers}
            for engine in options.engines:
                home = Path(made) / engine
                for job in options.jobs:
                    command = [sys.executable, __file__, "--job", job, "--engines", engine]
                    command += ["--epochs", str(options.epochs), "--memory", options.memory]
                    done = measured(
                        [*command, "--home", str(home), "--raw", str(raw)], options.limit
                    )
                    row = {**about, "engine": engine, "job": job, "epochs": options.epochs, **done}
                    row["load"] = round(os.getloadavg()[0], 1)
                    print(json.dumps(row), flush=True)
                    if options.keep:
                        with options.keep.open("a") as stream:
                            stream.write(json.dumps(row) + "\n")
                    if done["status"]:
                        break
                shutil.rmtree(home, ignore_errors=True)


def write_raw(folder: Path, n_ratings: int, seed: int = 0) -> tuple[int, int, int]:
    """Numbers of titles, viewers and ratings written as CSV into the new folder."""
    folder.mkdir()
    rng = np.random.default_rng(seed)
    n_titles = round(4_000 * (n_ratings / 1e6) ** 0.25)
    n_viewers = n_ratings // PER_VIEWER
    movies = pl.DataFrame(
        {
            "movieId": np.arange(1, n_titles + 1),
            "title": [f"Film {number} ({1950 + number % 70})" for number in range(n_titles)],
            "genres": "Drama",
        }
    )
    movies.write_csv(folder / "movies.csv")
    edges = np.cumsum((np.arange(n_titles) + 20.0) ** -0.8)
    appeal = rng.normal(3.5, 0.5, n_titles)
    written = 0
    with (folder / "ratings.csv").open("wb") as stream:
        stream.write(b"userId,movieId,rating,timestamp\n")
        for first in range(0, n_viewers, BLOCK):
            n = min(BLOCK, n_viewers - first)
            # Log-normal with a mean of 100 and a median of 61; pairs that repeat are left out.
            counts = np.clip(rng.lognormal(math.log(PER_VIEWER) - 0.5, 1.0, n), 5, n_titles / 4)
            rows = np.repeat(np.arange(n), np.round(counts * 1.08).astype(int))
            columns = np.searchsorted(edges, rng.random(len(rows)) * edges[-1])
            cells = np.unique(rows.astype(np.int64) * n_titles + columns)
            rows, columns = cells // n_titles, cells % n_titles
            stars = np.round(2 * rng.normal(appeal[columns], 1.0)) / 2
            block = pl.DataFrame(
                {
                    "userId": first + rows + 1,
                    "movieId": columns + 1,
                    "rating": np.clip(stars, 0.5, 5),
                    "timestamp": rng.integers(1_000_000_000, 1_700_000_000, len(rows)),
                }
            )
            block.write_csv(stream, include_header=False)
            written += len(rows)
    return n_titles, n_viewers, written


def measured(command: list[str], limit: float) -> dict[str, float]:
    """Exit status, wall and processor seconds and greatest memory of a command and its children."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command, stdout=sys.stderr, start_new_session=True)
    cpu: dict[int, float] = defaultdict(float)
    peak = 0
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    while True:
        over = process.poll() is not None
        resident = 0
        for folder in Path("/proc").iterdir():
            if not folder.name.isdecimal():
                continue
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has just ended
            if int(fields[3]) == process.pid:  # of the same session
                cpu[int(folder.name)] = (int(fields[11]) + int(fields[12])) / ticks
                resident += int(fields[21]) * page
        peak = max(peak, resident)
        if over:
            break
        if time.monotonic() - start > limit:
            os.killpg(process.pid, 9)
            process.wait()
            break
        time.sleep(0.5)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Exact for the process itself; what Java and others took in their last half second is lost.
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "status": process.returncode,
        "wall_s": round(time.monotonic() - start, 1),
        "cpu_s": round(max(sum(cpu.values()), own), 1),
        "peak_gb": round(peak / 1e9, 2),
    }


def _job(options: argparse.Namespace) -> None:
    """One job in this process."""
    from marquee.data.intake import add_source
    from marquee.data.workspace import Workspace
    from marquee.lifecycle.fitting import catalog_interactions, fit_workspace
    from marquee.lifecycle.saving import load
    from marquee.models import als
    from marquee.models.ials import IALS

    workspace, out = Workspace(options.home), options.home / "lists"
    model = IALS(**{**als().params(), "epochs": options.epochs, "n_threads": 2})
    if options.engines == ["spark"]:
        from marquee.service import clusters
        from marquee.spark.session import session

        with session("local[2]", memory=options.memory) as spark:
            if options.job == "build":
                clusters.add_lines(spark, workspace, options.raw)
            elif options.job == "fit":
                clusters.fit_workspace(spark, workspace, model, "als")
            else:
                clusters.write_lists(spark, workspace, out, k=K)
        return
    if options.job == "build":
        add_source(workspace, options.raw)
    elif options.job == "fit":
        fit_workspace(workspace, model, "als")
    else:
        fitted = load(workspace.models / "als")
        profiles = catalog_interactions(workspace.tables())
        out.mkdir()
        for first in range(0, profiles.n_users, BLOCK):
            rows = np.arange(first, min(first + BLOCK, profiles.n_users))
            items, scores = fitted.recommend(profiles.take(rows), K)
            pl.DataFrame(
                {
                    "viewer_id": np.repeat(profiles.users.ids[rows], K),
                    "rank": np.tile(np.arange(1, K + 1), len(rows)),
                    "title_id": fitted.items_.ids[items].ravel(),
                    "score": scores.ravel(),
                }
            ).write_parquet(out / f"{first:09d}.parquet")


def _law(rows: list[dict[str, object]]) -> None:
    """Prints the table, and the exponents of processor time and memory of each job."""
    groups = defaultdict(list)
    for row in rows:
        if not row["status"]:
            groups[row["engine"], row["job"]].append(row)
    for (engine, job), found in groups.items():
        size = np.log([float(str(row["ratings"])) for row in found])
        line = f"{engine:7s} {job:6s}"
        for key in ("cpu_s", "peak_gb"):
            values = [float(str(row[key])) for row in found]
            slope = np.polyfit(size, np.log(values), 1)[0] if len(found) > 1 else math.nan
            line += (
                f"  {key} {', '.join(f'{value:,.1f}' for value in values)} (exponent {slope:.2f})"
            )
        print(line)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ratings", nargs="+", default=["1e6", "1e7"], help="sizes to measure")
    parser.add_argument("--engines", nargs="+", default=["python", "spark"])
    parser.add_argument("--jobs", nargs="+", default=list(JOBS), choices=JOBS)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--memory", default="6g", help="of the heap of Spark")
    parser.add_argument("--limit", type=float, default=3_600, help="seconds a job may take")
    parser.add_argument("--folder", type=Path, help="where temporary files go")
    parser.add_argument("--keep", type=Path, help="file of JSON lines to add the rows to")
    parser.add_argument("--law", type=Path, help="rows to fit exponents to")
    parser.add_argument("--job", choices=JOBS, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--raw", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
