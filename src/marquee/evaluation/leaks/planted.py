"""Eight leaks made on purpose, one for each check, in data that is clean without them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.evaluation.forecasting.frames import labeled
from marquee.evaluation.forecasting.splits import film_splits
from marquee.evaluation.leaks.checking import split_leaks
from marquee.evaluation.leaks.films import film_leaks
from marquee.evaluation.leaks.fitted import leaks_of
from marquee.evaluation.leaks.future import side_information_leaks
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.splits import Split, random_split, split_by_time
from marquee.features.side_information import titles_frame
from marquee.models.base import Recommender

SHARE = 0.05
"""Share of the viewers, or of the test rows, that a planted leak touches."""


class Planted(NamedTuple):
    """A leak made on purpose."""

    check: str
    """The check that must find it."""
    words: str
    find: Callable[[Tables], list[Leak]]


def planted_leaks() -> tuple[Planted, ...]:
    """All of them; each takes the tables of a clean body of data."""
    return (
        Planted("test-in-training", "a twentieth of the test rows put back to learn", _put_back),
        Planted("repeated-rows", "a twentieth of the viewers under a second id", _second_ids),
        Planted("known-later", "rows of the last days among those before the day", _last_days),
        Planted("sees-the-future", "titles told with the number of all ratings", _all_counted),
        Planted("target-in-disguise", "revenue in euros, with a tenth of noise", _in_euros),
        Planted("test-moment", "the mood of the minute of the test rating", _full_clock),
        Planted("later-ratings", "the same by a model that says it keeps to the past", _liar),
        Planted("ids-tell-time", "titles numbered by first rating, newest first", _newest_first),
    )


@dataclass(kw_only=True, eq=False)
class MoodOfTheMinute(Recommender):
    """Predicts a rating by the viewer's rating that is nearest in time, earlier or later: leaks."""

    clock: str = "none"

    def _fit(self, train: Interactions) -> None:
        self.mean_ = float(train.matrix.data.mean()) if len(train) else 0.0

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        return np.zeros((profiles.n_users, profiles.n_items), np.float32)

    def predict_ratings_at(
        self, profiles: Interactions, rows: ArrayLike, columns: ArrayLike, times: ArrayLike
    ) -> NDArray[np.float32]:
        """Predicted ratings of the pairs, shape (n_pairs,)."""
        at, _ = self.checked_pairs(profiles, rows, columns)
        told, indptr = profiles.times, profiles.matrix.indptr
        answers = np.full(len(at), self.mean_, np.float32)
        for place, (row, second) in enumerate(zip(at, np.asarray(times), strict=True)):
            own = slice(indptr[row], indptr[row + 1])
            if told is not None and own.stop > own.start:
                nearest = int(np.argmin(np.abs(told[own] - second)))
                answers[place] = profiles.matrix.data[own][nearest]
        return answers


@dataclass(kw_only=True, eq=False)
class NewestFirst(Recommender):
    """Ranks titles by their ids as numbers, the greatest first: leaks where ids follow time."""

    def _fit(self, train: Interactions) -> None:
        self.ids_ = train.items.ids.astype(np.float32)

    def _score(self, profiles: Interactions) -> NDArray[np.float32]:
        return np.tile(self.ids_, (profiles.n_users, 1))


def _interactions(tables: Tables) -> Interactions:
    catalog = IdIndex(tables.titles["title_id"].to_numpy())
    return Interactions.from_ratings(tables.ratings, item_index=catalog)


def _put_back(tables: Tables) -> list[Leak]:
    split = random_split(_interactions(tables), 0.1, seed=0)
    given = np.zeros(len(split.test), np.bool_)
    given[:: round(1 / SHARE)] = True
    return split_leaks(replace(split, train=_joined(split.train, split.test.where(given))))


def _second_ids(tables: Tables) -> list[Leak]:
    viewers = tables.ratings["viewer_id"].unique().sort()
    copied = viewers.gather_every(round(1 / SHARE))
    again = tables.ratings.filter(pl.col("viewer_id").is_in(copied.implode()))
    again = again.with_columns(pl.col("viewer_id") + 10_000_000)
    both = tables.replace(ratings=pl.concat([tables.ratings, again]))
    return split_leaks(random_split(_interactions(both), 0.1, seed=0))


def _last_days(tables: Tables) -> list[Leak]:
    split = split_by_time(_interactions(tables), 0.9)
    moved = np.zeros(len(split.test), np.bool_)
    moved[:: round(1 / SHARE)] = True
    leaking = replace(
        split,
        train=_joined(split.train, split.test.where(moved)),
        test=split.test.where(~moved),
    )
    return split_leaks(leaking)


def _all_counted(tables: Tables) -> list[Leak]:
    def told(of: Tables) -> pl.DataFrame:
        counts = of.ratings.group_by("title_id").len("n_ratings")
        return titles_frame(of).join(counts, on="title_id", how="left", maintain_order="left")

    split = random_split(_interactions(tables), 0.1, seed=0)
    return side_information_leaks(tables, split, {"title": told})


def _in_euros(tables: Tables) -> list[Leak]:
    films = labeled(tables, "revenue")
    noise = np.random.default_rng(0).normal(0, 0.1, len(films))
    euros = pl.Series("gross_eur", 0.92 * films.outcome * np.exp(noise))
    leaking = replace(films, features=films.features.with_columns(euros))
    last_year = int(np.quantile(films.years, 0.8, method="lower"))
    return film_leaks(leaking, film_splits(f"time:{last_year}", leaking)[0])


def _full_clock(tables: Tables) -> list[Leak]:
    return _of_model(MoodOfTheMinute(), tables, "full")


def _liar(tables: Tables) -> list[Leak]:
    return _of_model(MoodOfTheMinute(), tables, "past")


def _newest_first(tables: Tables) -> list[Leak]:
    firsts = tables.ratings.group_by("title_id").agg(pl.col("rated_at").min()).sort("rated_at")
    number = firsts.select("title_id", new=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))
    renumbered = tables.ratings.join(number, on="title_id", how="inner").with_columns(
        title_id=pl.col("new")
    )
    split = split_by_time(Interactions.from_ratings(renumbered.drop("new")), 0.9)
    return _checked(NewestFirst(), split, "past")


def _of_model(model: Recommender, tables: Tables, clock: str) -> list[Leak]:
    return _checked(model, random_split(_interactions(tables), 0.1, seed=0), clock)


def _checked(model: Recommender, split: Split, clock: str) -> list[Leak]:
    return [*split_leaks(split), *leaks_of(model, split, clock)]


def _joined(one: Interactions, other: Interactions) -> Interactions:
    """The entries of both, over the same users and items."""
    times = None
    if one.times is not None and other.times is not None:
        times = np.concatenate([one.times, other.times])
    return Interactions.from_arrays(
        np.concatenate([part.users.ids[part.rows] for part in (one, other)]),
        np.concatenate([part.items.ids[part.matrix.indices] for part in (one, other)]),
        np.concatenate([part.matrix.data for part in (one, other)]),
        times,
        user_index=one.users,
        item_index=one.items,
    )
