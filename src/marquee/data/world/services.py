"""Which of the world's streaming services carries which title where, and since when."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.world import effects
from marquee.data.world.calendar import END
from marquee.data.world.streams import stream
from marquee.data.world.success import Success
from marquee.data.world.titles import Plan
from marquee.data.world.words import SERVICES

FILM_WAIT_DAYS = 420.0
"""Mean days from a film's release to its first day on a service, beyond the shortest."""
SHORTEST_WAIT_DAYS = 45
REGION_SHARE = 0.7
"""Regions of a service in which it has a title that it carries."""
CHILDREN = ("Family", "Animation")


def availability_table(plan: Plan, success: Success, seed: int) -> pl.DataFrame:
    """The offers by service, with the columns of availability; none before the title's release.

    Popular titles are carried more often. A service with "Kids" in its name has family titles only.
    """
    rng = stream(seed, "services")
    n = len(plan)
    known = np.exp(np.clip(success.log_popularity, -3, 3) * 0.5)
    child = plan.genres[:, [effects.GENRES.index(genre) for genre in CHILDREN]].sum(axis=1) > 0
    frames = []
    for service, regions, since, share in SERVICES:
        chance = share * known / (1 - share + share * known)
        if "Kids" in service:
            chance = np.where(child, np.minimum(3 * chance, 0.9), 0.0)
        carried = rng.random(n) < chance
        wait = np.where(
            plan.is_show, 0, SHORTEST_WAIT_DAYS + rng.exponential(FILM_WAIT_DAYS, n)
        ).astype(np.int64)
        opened = np.datetime64(f"{since}-03-01", "D")
        # An old title comes with the service or in one of its later batches, many on one day.
        batch = opened + 30 * rng.integers(0, 60, n)
        ready = plan.released + wait
        added = np.where(ready < opened, batch, ready)
        for region in regions:
            offered = carried & (rng.random(n) < REGION_SHARE) & (added <= END)
            frames.append(
                pl.DataFrame(
                    {"title_id": plan.title_ids[offered], "added_on": added[offered]}
                ).with_columns(service=pl.lit(service), region=pl.lit(region))
            )
    return pl.concat(frames).with_columns(known_on="added_on", source=pl.lit(effects.SOURCE))
