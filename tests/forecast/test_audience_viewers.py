"""What a viewer's history says of a title is counted by hand, and never with the title itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.tables import Tables
from marquee.forecast.audience_titles import KERNELS
from marquee.forecast.audience_viewers import (
    NAMES,
    PRIOR_RATINGS,
    PRIOR_SEGMENT,
    PRIOR_TITLES,
    Histories,
    affinities,
)

TITLES = np.array([3, 8, 11, 40, 41])
VIEWERS: list[dict[str, Any]] = [
    {"viewer_id": 5, "age": 17, "gender": "F", "occupation": "Köchin"},
    {"viewer_id": 2, "age": 18, "gender": None, "occupation": "Köchin"},
    {"viewer_id": 9, "age": 56, "gender": "M", "occupation": None},
    {"viewer_id": 7, "age": None, "gender": "M", "occupation": "俳優"},
]
RATED = [
    *((5, 3, 4.0), (5, 8, 1.5), (5, 11, 5.0), (5, 40, 3.0)),
    *((2, 3, 2.0), (2, 11, 2.0)),
    *((7, 3, 4.5), (7, 40, 4.5), (7, 41, 0.5)),
    *((13, 8, 3.0), (13, 41, 3.0)),  # somebody of whom the table of viewers tells nothing
]


def tables(rated: list[tuple[int, int, float]] = RATED) -> Tables:
    ratings = pl.DataFrame(rated, schema=["viewer_id", "title_id", "rating"], orient="row")
    viewers = pl.DataFrame(VIEWERS).with_columns(
        source_id=pl.col("viewer_id").cast(pl.String), source=pl.lit("own")
    )
    return Tables(ratings=ratings.with_columns(source=pl.lit("own")), viewers=viewers)


def kernels(asked: list[int], rng: np.random.Generator) -> dict[str, NDArray[np.float32]]:
    found = {}
    for name in KERNELS:
        kernel = rng.random((len(TITLES), len(asked))).astype(np.float32)
        kernel[rng.random(kernel.shape) < 0.3] = 0
        for column, title in enumerate(asked):
            kernel[title == TITLES, column] = 0
        found[name] = kernel
    return found


def by_hand(rated: list[tuple[int, int, float]], like: dict[int, float]) -> dict[int, Any]:
    """Watched and liked of each viewer by the kernel ``like``, from its formula."""
    stars: dict[int, list[float]] = {}
    for _, title, rating in rated:
        stars.setdefault(title, []).append(rating)
    usual = sum(like.get(title, 0) for _, title, _ in rated) / len(rated)
    found = {}
    for viewer in sorted({5, 2, 9, 7, 13}):
        own = [(t, r - float(np.mean(stars[t]))) for v, t, r in rated if v == viewer]
        offset = sum(apart for _, apart in own) / (len(own) + PRIOR_RATINGS)
        near = sum(like.get(t, 0) for t, _ in own)
        mixed = near + PRIOR_TITLES * usual
        liked = sum(like.get(t, 0) * (apart - offset) for t, apart in own) / mixed
        found[viewer] = np.log(mixed / ((len(own) + PRIOR_TITLES) * usual)), liked
    return found


def test_affinities_are_those_of_their_formula() -> None:
    given = kernels([77], np.random.default_rng(0))
    histories = Histories.of(tables(), TITLES)
    found = affinities(histories, given, IdIndex([77]))
    for name in KERNELS:
        like = dict(zip(TITLES.tolist(), given[name][:, 0].tolist(), strict=True))
        for viewer, (watched, liked) in by_hand(RATED, like).items():
            row = histories.viewers.positions([viewer])[0]
            assert found[0, row, NAMES.index(f"{name}_watched")] == pytest.approx(watched, abs=1e-5)
            assert found[0, row, NAMES.index(f"{name}_liked")] == pytest.approx(liked, abs=1e-5)
    assert np.isfinite(found).all()


def test_a_title_of_the_data_looks_as_if_nobody_had_rated_it() -> None:
    rng = np.random.default_rng(1)
    for title in TITLES.tolist():
        given = kernels([title], rng)
        found = affinities(Histories.of(tables(), TITLES), given, IdIndex([title]))
        without = tables([row for row in RATED if row[1] != title])
        alone = affinities(Histories.of(without, TITLES), given, IdIndex([title]))
        np.testing.assert_allclose(found, alone, atol=1e-5)


def test_a_segment_is_read_as_one_long_history() -> None:
    given = kernels([77], np.random.default_rng(2))
    histories = Histories.of(tables(), TITLES)
    found = affinities(histories, given, IdIndex([77]))[0, :, NAMES.index("gender_genres")]
    like = dict(zip(TITLES.tolist(), given["genres"][:, 0].tolist(), strict=True))
    usual = sum(like[title] for _, title, _ in RATED) / len(RATED)
    men = [like[title] for viewer, title, _ in RATED if viewer in (7, 9)]
    lift = np.log((sum(men) + PRIOR_SEGMENT * usual) / ((len(men) + PRIOR_SEGMENT) * usual))
    for viewer in (7, 9):
        row = histories.viewers.positions([viewer])[0]
        assert found[row] == pytest.approx(lift, abs=1e-6)
    for viewer in (2, 13):  # nothing is said of those whose gender is not known
        assert found[histories.viewers.positions([viewer])[0]] == 0


def test_ages_fall_into_the_bands_whose_lower_edge_they_reach() -> None:
    histories = Histories.of(tables(), TITLES)
    labels, number = histories.labels["age"], histories.segments["age"]
    bands = {int(v): labels[n] for v, n in zip(histories.viewers.ids, number, strict=True)}
    assert bands == {2: "18-24", 5: "0-17", 7: "unknown", 9: "56+", 13: "unknown"}


def test_nothing_like_the_title_tells_nobody_apart() -> None:
    nothing = {name: np.zeros((len(TITLES), 1), np.float32) for name in KERNELS}
    found = affinities(Histories.of(tables(), TITLES), nothing, IdIndex([77]))[0]
    assert (found[:, 2:] == 0).all()


def test_without_any_rating_nothing_is_said() -> None:
    histories = Histories.of(tables([]), TITLES)
    found = affinities(histories, kernels([77], np.random.default_rng(3)), IdIndex([77]))
    assert (found == 0).all()
    assert found.shape == (1, 4, len(NAMES))
