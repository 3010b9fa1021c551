"""Splits of films: by time nobody learns from the future, by chance every film is asked once."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest

from marquee.errors import ParameterError
from marquee.evaluation.forecasting.frames import Labeled, Target
from marquee.evaluation.forecasting.splits import by_time, film_splits, k_folds


def films(seed: int = 0, n: int = 120, *, target: Target = "revenue", repeat: int = 1) -> Labeled:
    """Films with many of one day and year, skewed outcomes with ties, rows repeated if asked."""
    rng = np.random.default_rng(seed)
    years = rng.choice([1999, 2003, 2004, 2005, 2007], n, p=[0.1, 0.1, 0.4, 0.3, 0.1])
    released = np.array([np.datetime64(date(int(year), 12, 31)) for year in years])
    money = np.exp(rng.normal(17, 2, n)).round(-6) + 1e6
    outcome = rng.choice(9, n, p=rng.dirichlet(np.ones(9))) if target == "success" else money
    ids = rng.permutation(n * 3)[:n].astype(np.int64)
    each = np.repeat(np.arange(n), repeat)
    return Labeled(
        target=target,
        horizon="pre_release",
        features=pl.DataFrame({"title_id": ids, "as_of": released})[each].with_columns(
            pl.col("as_of").cast(pl.Date)
        ),
        outcome=outcome.astype(np.float64)[each],
        budget_usd=money[each],
        revenue_usd=money[each],
        released=released[each],
    )


def test_what_is_asked_by_time_came_after_all_that_was_learned() -> None:
    data = films()
    (split,) = film_splits("time:2004", data)
    assert split.name == split.label == "time:2004"
    assert data.released[split.train].max() == np.datetime64("2004-12-31")
    assert data.released[split.test].min() > data.released[split.train].max()
    assert split.train.size + split.test.size == len(data)


def test_each_rolling_year_is_asked_with_all_earlier_ones_learned() -> None:
    data = films()
    splits = film_splits("rolling:2003-2006", data)
    assert [split.name for split in splits] == ["rolling:2003", "rolling:2004", "rolling:2005"]
    for split, year in zip(splits, (2003, 2004, 2005), strict=True):
        assert set(data.years[split.test]) == {year}
        assert (split.train == np.flatnonzero(data.years < year)).all()


@pytest.mark.parametrize("target", ["revenue", "success"])
@pytest.mark.parametrize("repeat", [1, 4])
def test_folds_ask_every_film_once_and_keep_its_rows_together(target: Target, repeat: int) -> None:
    data = films(target=target, repeat=repeat)
    splits = film_splits("kfold:5", data, seed=2)
    asked = np.concatenate([split.test for split in splits])
    assert np.sort(asked).tolist() == list(range(len(data)))
    for split in splits:
        assert not set(data.title_ids[split.train]) & set(data.title_ids[split.test])
        assert np.unique(data.title_ids[split.test]).size == 24
        assert split.label == f"{split.name} (comparison)"


def test_folds_have_their_share_of_every_class() -> None:
    data = films(target="success", n=200)
    counts = np.array(
        [
            np.bincount(data.outcome[split.test].astype(int), minlength=9)
            for split in k_folds(data, 5, seed=0)
        ]
    )
    assert (counts.max(axis=0) - counts.min(axis=0) <= 1).all()


def test_folds_have_their_share_of_small_and_large_outcomes() -> None:
    data = films(n=200)
    low = data.outcome <= np.quantile(data.outcome, 0.5)
    shares = [low[split.test].mean() for split in k_folds(data, 5, seed=0)]
    assert max(shares) - min(shares) <= 0.1


def test_a_fingerprint_tells_the_division_not_the_order_of_the_rows() -> None:
    data = films(repeat=2)
    turned = data.take(np.random.default_rng(1).permutation(len(data)))
    for word in ("time:2004", "rolling:2003-2005", "kfold:3"):
        first = [split.fingerprint for split in film_splits(word, data, seed=1)]
        assert first == [split.fingerprint for split in film_splits(word, turned, seed=1)]
        assert len(set(first)) == len(first)
    assert by_time(data, 2003).fingerprint != by_time(data, 2004).fingerprint
    assert k_folds(data, 3, 1)[0].fingerprint != k_folds(data, 3, 2)[0].fingerprint
    assert by_time(data, 2004).fingerprint != by_time(films(repeat=1), 2004).fingerprint
    data.outcome[0] += 1
    assert by_time(data, 2004).fingerprint != by_time(turned, 2004).fingerprint


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("time:1990", "films are of 1999 to 2007"),
        ("time:2007", "0 to ask about"),
        ("time:soon", "kfold:5"),
        ("rolling:2005-2003", "forwards"),
        ("rolling:2000-2002", "no film of 2000-2002"),
        ("rolling:1999-2003", "0 films to learn from"),
        ("rolling:2003", "rolling:2006-2016"),
        ("kfold:1", "from 2"),
        ("kfold:121", "120 films"),
        ("random:0.1", "time:2011"),
    ],
)
def test_a_split_that_makes_no_sense_is_refused_with_what_is_allowed(word: str, told: str) -> None:
    with pytest.raises(ParameterError, match=told):
        film_splits(word, films())


def test_a_film_that_would_be_in_both_parts_is_refused() -> None:
    data = films(repeat=2)
    data.released[0] = np.datetime64("1999-01-01")
    data.released[1] = np.datetime64("2007-01-01")
    with pytest.raises(ParameterError, match="leaks"):
        by_time(data, 2004)
