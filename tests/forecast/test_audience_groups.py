"""Taste groups that were planted are found, and their names say what they like."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.data.world.truth import make_world
from marquee.errors import ParameterError
from marquee.forecast.audience_groups import NAMELESS, taste_groups
from marquee.forecast.audience_titles import Likeness, describe
from marquee.forecast.audience_viewers import Histories


def read(tables: Tables) -> tuple[Histories, Likeness]:
    ids = np.sort(tables.titles["title_id"].to_numpy())
    return Histories.of(tables, ids), Likeness.of(describe(tables, ids))


def two_tastes() -> Tables:
    """20 viewers of war and 10 of romance; viewer 99 has rated nothing."""
    rng = np.random.default_rng(0)
    rows = [
        (viewer, title, 4.5 if title % 2 == (viewer >= 20) else 2.0)
        for viewer in range(30)
        for title in rng.permutation(40)[:12].tolist()
        if title % 2 == (viewer >= 20) or rng.random() < 0.3
    ]
    ratings = pl.DataFrame(rows, schema=["viewer_id", "title_id", "rating"], orient="row")
    titles = pl.DataFrame(
        {
            "title_id": np.arange(40),
            "name": [f"Film {n}" for n in range(40)],
            "genres": [["Drama", "War" if n % 2 == 0 else "Romance"] for n in range(40)],
        }
    )
    own = pl.lit("own").alias("source")
    return Tables(
        titles=titles.with_columns(own, kind=pl.lit("film")),
        ratings=ratings.with_columns(own),
        viewers=pl.DataFrame({"viewer_id": [99], "source_id": ["99"]}).with_columns(own),
    )


def test_two_tastes_are_two_groups_named_by_what_they_like() -> None:
    groups = taste_groups(*read(two_tastes()), n_groups=2)
    assert groups.member[:20].tolist() == [0] * 20
    assert groups.member[20:30].tolist() == [1] * 10
    assert groups.names[0].startswith("War")
    assert groups.names[1].startswith("Romance")
    assert groups.member[30] == 0  # who has rated nothing is in the largest group


def test_the_largest_group_is_first_and_there_are_no_more_groups_than_viewers() -> None:
    histories, likeness = read(build_world(120, 150, 3000, seed=4))
    sizes = np.bincount(
        taste_groups(histories, likeness, n_groups=6).member[histories.activity > 0]
    )
    assert sizes.tolist() == sorted(sizes.tolist(), reverse=True)
    assert len(set(sizes.tolist())) > 2
    groups = taste_groups(*read(two_tastes()), n_groups=500)
    assert len(groups.names) <= 30
    assert len(set(groups.names)) == len(groups.names)
    with pytest.raises(ParameterError, match="n_groups"):
        taste_groups(*read(two_tastes()), n_groups=0)


def test_without_ratings_everybody_is_in_one_nameless_group() -> None:
    tables = two_tastes()
    groups = taste_groups(*read(tables.replace(ratings=tables.ratings.clear())))
    assert groups.names == (NAMELESS,)
    assert groups.member.tolist() == [0]


@pytest.mark.slow
def test_the_groups_planted_in_the_world_are_found_again() -> None:
    from sklearn.metrics import adjusted_rand_score

    world = make_world(800, 600, 60_000)
    histories, likeness = read(world.tables())
    groups = taste_groups(histories, likeness)
    planted = world.viewer_truth().sort("viewer_id")["taste_group"].to_numpy()
    active = histories.activity >= 50
    assert adjusted_rand_score(planted[active], groups.member[active]) > 0.5
    again = taste_groups(histories, likeness)
    assert (again.member == groups.member).all()
