"""Titles are compared with others alone, and what became of a title never enters its forecast."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.data.world import build_world
from marquee.forecast.audience_comparing import N_FOLDS, Comparison, learn_sizes
from marquee.forecast.audience_size import log_share
from marquee.forecast.audience_titles import Likeness, describe

N = 60


def comparison(sizes: NDArray[np.float64] | None = None) -> Comparison:
    tables = build_world(N, 40, 300, seed=3)
    catalog = describe(tables, np.sort(tables.titles["title_id"].to_numpy()))
    likeness = Likeness.of(catalog)
    given = np.linspace(-7, -1, N) if sizes is None else sizes
    kernels = likeness.kernels(catalog)
    return Comparison(likeness, catalog, kernels, given, np.linspace(1, 5, N))


def test_columns_of_a_part_of_the_catalog_do_not_see_its_sizes() -> None:
    compared = comparison()
    fold = np.arange(N) % N_FOLDS
    other = np.where(fold == 2, compared.sizes + 3, compared.sizes)
    rows, before = compared.columns_apart(fold)
    _, after = replace(compared, sizes=other).columns_apart(fold)
    own = fold[rows] == 2
    np.testing.assert_array_equal(before[own], after[own])
    assert np.abs(before[~own] - after[~own])[np.isfinite(before[~own])].max() > 0.1


def test_what_is_left_out_enters_no_column() -> None:
    compared = comparison()
    fold = np.arange(N) % N_FOLDS
    other = np.where(fold == 4, -20.0, compared.sizes)
    rows, before = compared.columns_apart(fold, without=4)
    again, after = replace(compared, sizes=other).columns_apart(fold, without=4)
    assert not np.isin(4, fold[rows])
    np.testing.assert_array_equal(rows, again)
    np.testing.assert_array_equal(before, after)


def test_a_mean_over_like_titles_is_that_of_its_formula() -> None:
    compared = comparison()
    inside = np.arange(N) % 3 > 0
    kernel = compared.kernels["genres"][inside, 7].astype(float) * N / inside.sum()
    apart = compared.sizes[inside] - compared.sizes[inside].mean()
    found = compared.columns(np.array([7]), inside)[0, 0]
    assert found == pytest.approx(apart @ kernel / (kernel.sum() + 0.5), rel=1e-6)


def test_errors_are_of_forecasts_that_never_saw_the_title() -> None:
    sizes = np.random.default_rng(0).normal(-4, 1, N)
    compared = comparison(sizes)
    before = learn_sizes(compared, np.random.default_rng(1)).tried
    fold = np.random.default_rng(1).permutation(N) % N_FOLDS
    # All sizes of a part are others, within the range of before, and its forecasts stay.
    moved = np.where(fold == 3, sizes[fold == 3].mean() - (sizes - sizes[fold == 3].mean()), sizes)
    moved = np.clip(moved, sizes.min(), sizes.max())
    after = learn_sizes(replace(compared, sizes=moved), np.random.default_rng(1)).tried
    np.testing.assert_allclose(before[fold == 3], after[fold == 3], atol=1e-9)
    assert np.abs(before[fold != 3] - after[fold != 3]).max() > 1e-3


def test_where_sizes_are_chance_nothing_is_claimed_to_be_known() -> None:
    gained = []
    for seed in range(6):
        sizes = np.random.default_rng(seed).normal(-4, 1, N)
        tried = learn_sizes(comparison(sizes), np.random.default_rng(seed)).tried
        gained.append(1 - np.mean((sizes - tried) ** 2) / sizes.var())
    assert np.mean(gained) < 0.03


@pytest.mark.slow
def test_intervals_hold_eight_of_ten_titles_held_out_of_many_worlds() -> None:
    held = []
    for seed in range(12):
        tables = build_world(320, 150, 8000, seed=seed)
        ids = np.sort(tables.ratings["title_id"].unique().to_numpy())
        out = np.random.default_rng(seed).permutation(len(ids)) < 100
        counts = np.array([tables.ratings.filter(title_id=int(title)).height for title in ids])
        sizes = log_share(counts, 150)
        catalog, asked = describe(tables, ids[~out]), describe(tables, ids[out])
        likeness = Likeness.of(catalog)
        scores = np.full(len(catalog), 3.0)
        kernels = likeness.kernels(catalog)
        known = Comparison(likeness, catalog, kernels, sizes[~out], scores)
        model = learn_sizes(known, np.random.default_rng(seed))
        new = Comparison(likeness, asked, likeness.kernels(asked), sizes[~out], scores)
        low, high = model.interval(model.center(new.columns()))
        held.append(np.mean((sizes[out] >= low) & (sizes[out] <= high)))
    assert np.mean(held) == pytest.approx(0.8, abs=0.03)
