"""How the viewers like what they watch: ratings made in blocks of viewers.

A block needs memory for its own ratings alone, so any number of them can be made one after another.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.world import effects
from marquee.data.world.streams import stream
from marquee.data.world.viewers import Viewers
from marquee.data.world.watching import DAY, Market, watch

BLOCK = 1024
"""Viewers whose ratings are made together. The numbers depend on it: it is part of the world."""
UNTOLD_WATCH = 0.1
"""Share of ratings without a watch fraction."""


def n_blocks(viewers: Viewers) -> int:
    """How many blocks the viewers make."""
    return -(-len(viewers) // BLOCK)


def rate_block(
    block: int, market: Market, title_ids: NDArray[np.int64], viewers: Viewers, seed: int
) -> pl.DataFrame:
    """The ratings of one block of viewers, by viewer and time, with the columns of ratings."""
    rng = stream(seed, "ratings", block)
    who = np.arange(block * BLOCK, min((block + 1) * BLOCK, len(viewers)))
    watched, when = watch(who, market, viewers, rng)
    rows, n = who[watched.viewers], len(when)
    felt = latent(market, viewers, rows, watched.titles, when)
    felt += rng.normal(0, effects.RATING_NOISE_SD, n)
    # Who dislikes a title stops early; who comes near to the end has seen it all.
    fraction = 1 / (1 + np.exp(-(1.6 * (felt - 1.9) + rng.normal(0, 0.8, n))))
    fraction = np.where(fraction > 0.9, 1.0, fraction.round(3))
    counts = viewers.n_ratings[who]
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    return pl.DataFrame(
        {
            "viewer_id": rows + 1,
            "title_id": title_ids[watched.titles],
            "rating": to_half_stars(felt),
            "rated_at": when.astype("datetime64[s]").astype("datetime64[us]"),
            "history_rank": (np.arange(n) - starts + 1).astype(np.int32),
            "watch_fraction": fraction.astype(np.float32),
            "_told": rng.random(n) >= UNTOLD_WATCH,
        }
    ).select(
        "viewer_id",
        "title_id",
        "rating",
        pl.col("rated_at").dt.replace_time_zone("UTC"),
        "history_rank",
        pl.when("_told").then("watch_fraction").alias("watch_fraction"),
        pl.lit(effects.SOURCE).alias("source"),
    )


def to_half_stars(felt: NDArray[np.float64]) -> NDArray[np.float32]:
    """What is felt, in stars, as it is given: rounded to half stars from 0.5 to 5."""
    return np.clip(np.rint(felt * 2) / 2, 0.5, 5.0).astype(np.float32)


def latent(
    market: Market,
    viewers: Viewers,
    rows: NDArray[np.int64],
    titles: NDArray[np.int64],
    when: NDArray[np.int64] | None = None,
) -> NDArray[np.float64]:
    """What viewers feel about titles without noise, in stars before rounding; shape (n_pairs,).

    ``when`` holds Unix seconds; without it the middle of each viewer's history is meant.
    """
    felt = effects.MEAN_RATING + viewers.bias[rows] + market.quality[titles]
    felt += market.likes[viewers.group[rows], titles]
    felt += np.einsum("ij,ij->i", viewers.tastes[rows], market.traits[titles])
    if when is not None:
        middle = (viewers.joined[rows] + viewers.left[rows]) / 2
        felt += viewers.drift[rows] * (when / DAY - middle) / 365.25
    return np.asarray(felt, np.float64)
