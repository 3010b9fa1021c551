"""The credits table: who did what in which title, under invented names."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.world import effects, naming
from marquee.data.world.people import People
from marquee.data.world.streams import Picks, stream
from marquee.data.world.titles import Plan

JOBS = {
    "director": "Director",
    "actor": "Actor",
    "writer": "Screenplay",
    "producer": "Producer",
    "composer": "Original Music",
}
LATE_SHARE = 0.05
LATE_DAYS = 120
"""Some of the later billed join up to so many days after the announcement."""
NAMESAKE_EVERY = 400
"""One person in so many bears the name of another."""


def people_names(people: People, seed: int) -> list[str]:
    """The name of each person; a few share one."""
    names = naming.distinct(len(people), naming.person, Picks(stream(seed, "people")))
    for number in range(NAMESAKE_EVERY, len(names), NAMESAKE_EVERY):
        names[number] = names[number - 1]
    return names


def credits_table(plan: Plan, people: People, seed: int) -> pl.DataFrame:
    """The credits that were known by the world's end, with the columns of credits."""
    names = pl.Series("person", people_names(people, seed))
    rng = stream(seed, "credits")
    frames = []
    for role, crew in people.crews.items():
        title, place = np.nonzero(crew >= 0)
        late = (rng.random(len(title)) < LATE_SHARE) & (place > 0)
        delay = np.where(late, rng.integers(1, LATE_DAYS + 1, len(title)), 0)
        frames.append(
            pl.DataFrame(
                {
                    "title_id": plan.title_ids[title],
                    "_person": crew[title, place],
                    "position": place.astype(np.int32),
                    "known_on": plan.announced[title] + delay,
                }
            ).with_columns(role=pl.lit(role), job=pl.lit(JOBS[role]))
        )
    billed = pl.concat(frames).filter(pl.col("known_on") <= effects.WORLD_END)
    picks = Picks(stream(seed, "characters"))
    invented = [naming.invented(picks, 1, 3) for _ in range(max(64, len(people) // 8))]
    character = pl.Series(invented).gather(rng.integers(0, len(invented), len(billed)))
    return billed.select(
        "title_id",
        person_id=pl.format("world:p{}", pl.col("_person") + 1),
        person=names.gather(billed["_person"]),
        role="role",
        job="job",
        character=pl.when(pl.col("role") == "actor").then(character),
        position="position",
        known_on="known_on",
        source=pl.lit(effects.SOURCE),
    )
