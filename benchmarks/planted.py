"""How near forecasts come to what the built-in world's truth allows; whether its effects are found.

Prints the error of the default forecaster on later films of worlds of two sizes beside the error of
who knows everything but the noise, and of who knows everything but talents and noise, on the very
same films, together for several seeds; then how often the planted effects lie inside the stated
intervals over many worlds.

Run as ``python benchmarks/planted.py [--worlds 50]``.
"""

from __future__ import annotations

import argparse
from collections import defaultdict

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.data.world import build_world, effects, make_world
from marquee.evaluation.forecasting.frames import labeled
from marquee.evaluation.forecasting.markdown import table
from marquee.evaluation.forecasting.splits import by_time
from marquee.forecast.defaults import default_forecaster
from marquee.forecast.effects import Effect, additive_effects

SIZES = {2_000: 5, 8_000: 2}
"""Number of titles of a world, and how many worlds of that size."""
LAST_YEAR = 2018
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
PLANTED: dict[str, dict[str, float]] = {
    "month": dict(zip(MONTHS, effects.MONTH_LIFT, strict=True)),
    "genre": effects.GENRE_EFFECT,
    "certificate": effects.CERTIFICATE_EFFECT,
}
NUMBERS = {
    "budget": effects.BUDGET_ELASTICITY,
    "sequel": effects.SEQUEL_LIFT,
    "year": effects.YEARLY_GROWTH,
}
THEMES = ("budget", "calendar", "certificate", "genres", "collection")


def main() -> None:
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=50)
    worlds = parser.parse_args().worlds
    head = ["titles", "worlds", "films learned from", "asked about", "log-RMSE of the forecast"]
    head += ["of who knows all but talents", "ratio", "of who knows all but noise", "ratio"]
    found = [_error(*size) for size in SIZES.items()]
    print(table([*head, "80 % interval holds"], found), end="\n\n")
    held: dict[str, list[bool]] = defaultdict(list)
    for seed in range(worlds):
        for name, inside in _held(seed):
            held[name].append(inside)
    rows = [[name, len(each), float(np.mean(each))] for name, each in held.items()]
    every = np.concatenate([*held.values()])
    rows.append(["all", len(every), float(every.mean())])
    print(table([f"effect, {worlds} worlds", "intervals", "hold the truth (95 % stated)"], rows))


def _error(n_titles: int, n_worlds: int) -> list[object]:
    """Figures of all films asked about in the worlds of that size taken together."""
    counts, parts = [], []
    for seed in range(n_worlds):
        n_learned, errors = _errors(n_titles, seed)
        counts.append((n_learned, len(errors)))
        parts.append(errors)
    ours, blind, best = np.sqrt(np.mean(np.square(np.vstack(parts)[:, :3]), axis=0)).tolist()
    inside = float(np.vstack(parts)[:, 3].mean())
    learned, asked = np.sum(counts, axis=0).tolist()
    ratios = (blind, ours / blind, best, ours / best)
    return [n_titles, n_worlds, learned, asked, ours, *ratios, inside]


def _errors(n_titles: int, seed: int) -> tuple[int, NDArray[np.float64]]:
    """Films learned from, and of each film asked about three errors in log points, (n, 4).

    Errors of the forecast's median, of who knows all but the talents, and of who knows all but the
    noise; then whether the 80 % interval holds the truth.
    """
    world = make_world(n_titles=n_titles, n_viewers=20, n_ratings=100, seed=seed)
    films = labeled(Tables(**world.catalog()), "revenue", clean_usd=0)
    split = by_time(films, LAST_YEAR)
    truth = pl.DataFrame({"title_id": films.title_ids[split.test]}).join(
        world.title_truth(), on="title_id", how="left", maintain_order="left"
    )
    expected = truth["expected_log_revenue"].to_numpy()
    talents = (
        effects.DIRECTOR_WORTH * truth["director_talent"].to_numpy()
        + effects.STAR_WORTH * truth["star_talent"].to_numpy()
    )
    actual = films.outcome[split.test]
    model = default_forecaster("revenue")
    model.fit(films.features[split.train], films.outcome[split.train])
    forecast = model.predict(films.features[split.test])
    low, high = forecast.interval(0.8)
    guesses = np.column_stack([np.log(forecast.median), expected - talents, expected])
    inside = (actual >= low) & (actual <= high)
    return split.train.size, np.column_stack([np.log(actual)[:, None] - guesses, inside])


def _held(seed: int) -> list[tuple[str, bool]]:
    """For each effect told of a small world, whether its interval holds what was planted."""
    tables = build_world(n_titles=400, n_viewers=5, n_ratings=20, seed=seed)
    films = labeled(tables, "revenue", clean_usd=0, themes=THEMES)
    found = additive_effects(films.features, films.outcome)
    rated = films.features["certificate"].to_list()
    rated = [PLANTED["certificate"][each] for each in rated if each in PLANTED["certificate"]]
    return [
        (each.name, each.low <= _truth(each, found, float(np.mean(rated))) <= each.high)
        for each in found
    ]


def _truth(effect: Effect, found: tuple[Effect, ...], unrated: float) -> float:
    """What was planted, against the mean over the levels told; unrated films are like the rest."""
    if effect.level is None:
        return NUMBERS[effect.name]

    def worth(level: str) -> float:
        return PLANTED[effect.name].get(level[:3] if effect.name == "month" else level, unrated)

    told = [worth(each.level) for each in found if each.name == effect.name and each.level]
    return worth(effect.level) - float(np.mean(told))


if __name__ == "__main__":
    main()
