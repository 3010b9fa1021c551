"""Twenty set-ups without a leak: worlds, splits, models and forecasts as they should be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.evaluation.clock import clock_for
from marquee.evaluation.forecasting.frames import Target, labeled
from marquee.evaluation.forecasting.splits import film_splits
from marquee.evaluation.leaks.checking import split_leaks
from marquee.evaluation.leaks.films import film_leaks
from marquee.evaluation.leaks.fitted import leaks_of
from marquee.evaluation.leaks.future import features_that_see, side_information_leaks
from marquee.evaluation.leaks.leak import Leak
from marquee.evaluation.splits import parse_split
from marquee.features import FEATURES
from marquee.features.base import Horizon
from marquee.features.side_information import titles_frame, viewers_frame
from marquee.models.base import Recommender

Make = Callable[[str], Recommender]
"""Makes the unfitted model of a public name."""

SPLITS = ("random:0.1", "kfold:5", "time:0.9", "last-one", "strong")
MODELS = (
    *("popularity", "svd", "recent-popularity", "ease", "ials"),
    *("gaussian-items", "bias", "ease-content", "item-knn", "rp3beta"),
    *("content", "gaussian-items", "gaussian-items", "slim", "bpr"),
)
"""One for each world and split, in turn."""
CLOCKS = {11: "past"}
"""Clock of set-ups by number that are not held to the default one of their split."""
FORECASTS: tuple[tuple[Target, Horizon, str], ...] = (
    ("revenue", "announced", "time"),
    ("profit", "greenlight", "kfold:5"),
    ("success", "pre_release", "time"),
    ("popularity", "announced", "time"),
    ("audience", "pre_release", "kfold:5"),
)
N_WORLDS = 3


class Clean(NamedTuple):
    """A set-up without a leak."""

    words: str
    find: Callable[[], list[Leak]]


def clean_set_ups(make: Make, first_seed: int = 1) -> Iterator[Clean]:
    """Fifteen recommenders, each on a split of one of three worlds, and five forecasts."""
    seeds = range(first_seed, first_seed + N_WORLDS)
    number = 0
    for seed in seeds:
        for word in SPLITS:
            name = MODELS[number]
            find = partial(_recommender, make, name, seed, word, CLOCKS.get(number))
            yield Clean(f"world {seed}, {word}, {name}", find)
            number += 1
    for place, (target, horizon, word) in enumerate(FORECASTS):
        seed = seeds[place % N_WORLDS]
        find = partial(_forecast, target, horizon, word, seed, tuple(FEATURES)[place::5])
        yield Clean(f"world {seed}, {target} at {horizon}, {word}", find)


@cache
def small_world(seed: int) -> Tables:
    """A built-in world that is large enough for every check to have its say."""
    return build_world(n_titles=600, n_viewers=300, n_ratings=18_000, seed=seed)


def _recommender(make: Make, name: str, seed: int, word: str, clock: str | None) -> list[Leak]:
    tables = small_world(seed)
    catalog = IdIndex(tables.titles["title_id"].to_numpy())
    interactions = Interactions.from_ratings(tables.ratings, item_index=catalog)
    split = parse_split(word, interactions, seed=seed, ratings=tables.ratings)[0]
    asked = clock_for([split], clock)
    titles, viewers = titles_frame(tables), viewers_frame(tables)
    return [
        *split_leaks(split),
        *side_information_leaks(tables, split),
        *leaks_of(make(name), split, asked, titles=titles, viewers=viewers),
    ]


def _forecast(
    target: Target, horizon: Horizon, word: str, seed: int, themes: tuple[str, ...]
) -> list[Leak]:
    tables = small_world(seed)
    films = labeled(tables, target, horizon=horizon)
    if word == "time":
        word = f"time:{int(np.quantile(films.years, 0.8, method='lower'))}"
    split = film_splits(word, films)[0]
    seen = features_that_see(tables, [FEATURES[name] for name in themes])
    return [*film_leaks(films, split), *seen]
