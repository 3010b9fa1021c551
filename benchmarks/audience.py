"""Whether the right viewers of titles that nobody has seen are found, and how many they are.

Run as ``python benchmarks/audience.py --data world`` or ``--data ml-1m``, which is joined with
tmdb-5000 for plots and people; both are looked up under ``MARQUEE_DATA``. Titles are held out
whole: none of their ratings is read before the forecasts are compared with them.

``--year 2021`` asks forward in time instead: about titles that opened in that year, by a model that
was fitted as of its first day. It is compared with a ranking of viewers by their ratings of the
year before, which tell who still comes.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.merge import merge
from marquee.data.sources import read_source
from marquee.data.tables import Tables
from marquee.data.world import make_world
from marquee.evaluation.forecasting.audience import (
    AudienceReport,
    audience_of,
    choose_held_out,
    measure_audience,
    segment_coverage,
    to_markdown,
)
from marquee.forecast.audience import AUDIENCES, AudienceModel
from marquee.forecast.audience_segments import segment_rows

TEXTS = "tmdb-5000"
ACTIVE = 50
"""Ratings from which on a viewer's taste group is compared with the planted one."""


def main() -> None:
    """Prints the tables, or one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default="world", help="world, or ratings to join with plots")
    parser.add_argument("--titles", type=int, default=250, help="titles that are held out")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--year", type=int, help="ask about titles that opened in this year")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    tables, planted = _opened(given.data)
    start = time.perf_counter()
    as_of = None if given.year is None else date(given.year, 1, 1)
    if as_of is None:
        held_out = choose_held_out(tables, given.titles, given.seed)
    else:
        held_out = _opening_after(tables, as_of, given.titles, given.seed)
    model = AudienceModel(seed=given.seed).fit(tables, held_out=held_out, as_of=as_of)
    fitted = time.perf_counter() - start
    reports: dict[str, AudienceReport] = {}
    segments: dict[str, dict[str, dict[str, float]]] = {}
    for name, found in model.forecast(tables, held_out).items():
        inside = audience_of(tables.ratings, found.viewer_ids, held_out, AUDIENCES[name])
        usual = float(model.learned_[name].size.tried.mean())
        activity = model.histories_.activity
        if as_of is not None:
            activity = _lately(tables, found.viewer_ids, as_of)
        reports[name] = measure_audience(name, found, inside, activity, usual, seed=given.seed)
        own, kinds = model.learned_[name], model.segments()
        rows = [
            segment_rows(kinds, chance, float(share), own.size, own.segments)
            for chance, share in zip(found.chance, found.log_share, strict=True)
        ]
        segments[name] = segment_coverage(kinds, rows, inside)
    groups = _agreement(model, planted)
    if given.json:
        answer = {name: report.to_dict() for name, report in reports.items()}
        print(json.dumps(answer | {"segments": segments, "groups": groups}, indent=2))
        return
    print(f"{given.data}: {len(held_out)} titles held out, {model.n_learned_} learned from\n")
    print(to_markdown(reports) + "\n")
    for name, kinds_held in segments.items():
        for kind, held in kinds_held.items():
            said = f"number {held['number']:.2f}, lift {held['lift']:.2f}"
            print(f"80 % intervals of segments by {kind} ({name}) hold: {said}")
    print("\ntaste groups: " + "; ".join(model.groups_.names))
    for what, value in groups.items():
        print(f"agreement with the planted groups (adjusted Rand), {what}: {value:.2f}")
    print(f"\nfit {fitted:.0f} seconds, all {time.perf_counter() - start:.0f}")


def _opening_after(tables: Tables, day: date, n: int, seed: int) -> NDArray[np.int64]:
    """Ids of up to n rated titles with a plot that opened within a year of that day, ascending."""
    rated = tables.ratings.select("title_id").unique()
    later = tables.titles.filter(
        pl.col("release_date").is_between(day, day.replace(year=day.year + 1), closed="left")
        & pl.col("overview").is_not_null()
    ).join(rated, on="title_id", how="semi")
    ids = later["title_id"].sort().to_numpy()
    drawn = np.random.default_rng(seed).choice(ids, min(n, ids.size), replace=False)
    return np.sort(drawn)


def _lately(tables: Tables, viewer_ids: NDArray[np.int64], day: date) -> NDArray[np.int64]:
    """Number of ratings of each viewer in the year before that day, shape (n_viewers,)."""
    rated_on = pl.col("rated_at").dt.date()
    lately = tables.ratings.filter((rated_on < day) & (rated_on >= day.replace(year=day.year - 1)))
    counts = lately.group_by("viewer_id").len()
    asked = pl.DataFrame({"viewer_id": viewer_ids})
    found = asked.join(counts, on="viewer_id", how="left", maintain_order="left")
    return found["len"].fill_null(0).cast(pl.Int64).to_numpy()


def _opened(name: str) -> tuple[Tables, dict[int, str]]:
    """The tables, and the planted taste group of each viewer where there is one."""
    if name == "world":
        world = make_world()
        truth = world.viewer_truth()
        return world.tables(), dict(zip(truth["viewer_id"], truth["taste_group"], strict=True))
    root = Path(os.environ.get("MARQUEE_DATA", "."))
    described = merge(Tables(), read_source(root / TEXTS)[1].tables, TEXTS).tables
    source, loaded = read_source(root / name)
    return merge(described, loaded.tables, source.name).tables, {}


def _agreement(model: AudienceModel, planted: dict[int, str]) -> dict[str, float]:
    from sklearn.metrics import adjusted_rand_score

    if not planted:
        return {}
    viewers: IdIndex = model.histories_.viewers
    truth = np.array([planted[int(viewer)] for viewer in viewers.ids])
    active = model.histories_.activity >= ACTIVE
    member = model.groups_.member
    return {
        "all viewers": float(adjusted_rand_score(truth, member)),
        f"{ACTIVE} ratings and more": float(adjusted_rand_score(truth[active], member[active])),
    }


if __name__ == "__main__":
    main()
