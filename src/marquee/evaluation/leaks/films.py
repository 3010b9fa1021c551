"""Checks of a division of films and the columns that a forecast is made from."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.evaluation.forecasting.frames import Labeled
from marquee.evaluation.forecasting.splits import FilmSplit
from marquee.evaluation.leaks.disguise import disguised
from marquee.evaluation.leaks.ids import LEAST_IDS, straight_lines
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.leaks.ranks import spearman
from marquee.evaluation.leaks.rows import MATERIAL
from marquee.features import FEATURES
from marquee.features.base import HORIZONS

FOLLOWS = 0.3
LEAST_REPEATED = 3
"""Films of the test that must stand in the training part under another number."""


def film_leaks(films: Labeled, split: FilmSplit) -> list[Leak]:
    """What is wrong with these films, their columns and this division of them; notes too.

    Whether the columns change with the future is asked of the tables: see
    :func:`~marquee.evaluation.leaks.future.features_that_see`.
    """
    told = films.features.select(films.columns)
    return [
        *_films_on_both_sides(films, split),
        *_repeated_films(films, split),
        *_learned_later(films, split),
        *_columns_of_later(films),
        *disguised(told, films.outcome, where=split.name, of=f"the {films.target}"),
        *_ids(films, split),
    ]


def _films_on_both_sides(films: Labeled, split: FilmSplit) -> list[Leak]:
    ids = films.title_ids
    shared = np.intersect1d(ids[split.train], ids[split.test])
    if not shared.size:
        return []
    words = f"{shared.size} films are in both parts, first {shared[0]}; divide by film, not by row"
    return [Leak(check="test-in-training", words=words, n=int(shared.size), where=split.name)]


def _repeated_films(films: Labeled, split: FilmSplit) -> list[Leak]:
    """Films that stand on both sides under two numbers: day, money and outcome all the same.

    At least :data:`LEAST_REPEATED` of them, and 1 % of the test; fewer are a note. Two films that
    opened on one day with the same budget and the same outcome to the dollar are one film.
    """
    if films.horizon == "post_release" or not len(films):
        return []
    key = pl.DataFrame(
        {
            "title_id": films.title_ids,
            "day": films.released.astype("datetime64[D]").astype(np.int64),
            "outcome": films.outcome,
            "budget": np.nan_to_num(films.budget_usd, nan=-1.0),
            "revenue": np.nan_to_num(films.revenue_usd, nan=-1.0),
        }
    )
    # Without money a day and a small whole number would make twins of strangers.
    key = key.with_row_index("row").filter((pl.col("budget") > 0) & (pl.col("revenue") > 0))
    same = ["day", "outcome", "budget", "revenue"]
    test = key.filter(pl.col("row").is_in(split.test.tolist()))
    train = key.filter(pl.col("row").is_in(split.train.tolist()))
    twins = test.join(train, on=same, how="inner", suffix="_train").filter(
        pl.col("title_id") != pl.col("title_id_train")
    )
    n = twins["title_id"].n_unique()
    if not n:
        return []
    first = twins.row(0, named=True)
    return [
        Leak(
            check="repeated-rows",
            words=f"{n} films of the test stand in the training part under another number, first "
            f"{first['title_id']} as {first['title_id_train']}; keep one row of each film",
            n=n,
            where=split.name,
            note=n < max(LEAST_REPEATED, MATERIAL * len(split.test)),
        )
    ]


def _learned_later(films: Labeled, split: FilmSplit) -> list[Leak]:
    if split.kind == "kfold":
        return []
    begins = films.released[split.test].min()
    late = int(np.count_nonzero(films.released[split.train] >= begins))
    if not late:
        return []
    words = f"{late} films to learn from were released on {begins} or later, when the test begins"
    return [Leak(check="known-later", words=words, n=late, where=split.name)]


def _columns_of_later(films: Labeled) -> list[Leak]:
    """Columns that are only known at a later stage than the one that is asked about."""
    stage = HORIZONS.index(films.horizon)
    declared = {column.name: column for theme in FEATURES.values() for column in theme.columns}
    return [
        Leak(
            check="known-later",
            words=f"column {name} is known at {declared[name].horizon}, after {films.horizon}; "
            "leave it out or forecast at the later stage",
            n=1,
            where=name,
        )
        for name in films.columns
        if name in declared and HORIZONS.index(declared[name].horizon) > stage
    ]


def _ids(films: Labeled, split: FilmSplit) -> list[Leak]:
    """Columns that are the film's number, where that follows the day of release."""
    ids, n = films.title_ids, len(films)
    rho = spearman(ids, films.released.astype("datetime64[D]").astype(np.int64))
    if n < LEAST_IDS or abs(rho) < FOLLOWS:
        return []
    copies = straight_lines(films.features.select("title_id", *films.columns))
    told = f"title ids follow the day of release (rank correlation {rho:+.2f})"
    if not copies:
        words = f"{told}; do not use them as numbers"
        return [Leak(check="ids-tell-time", words=words, n=1, where=split.name, note=True)]
    words = f"{told} and column {', '.join(copies)} is the id; leave it out"
    return [Leak(check="ids-tell-time", words=words, n=len(copies), where=split.name)]
