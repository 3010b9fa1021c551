"""Recent popularity on interactions of the same second, the same day, and without times."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.popularity import Popularity
from marquee.models.recent_popularity import RecentPopularity, _in_order
from recommender_kit import ragged, silence

DAY = 86_400


def dated(times: list[tuple[int, int, int]]) -> Interactions:
    """Interactions (user, item, seconds) over 10 users and 6 items."""
    users, items, seconds = np.array(times).T
    return Interactions.from_arrays(
        users,
        items,
        None,
        seconds,
        user_index=IdIndex(np.arange(10)),
        item_index=IdIndex(np.arange(6)),
    )


def season() -> Interactions:
    """Item 0 was everybody's a year ago; 3 is this week's, 1 and 4 were taken up alike since."""
    end = 400 * DAY
    old = [(user, 0, 30 * DAY + user) for user in range(10)]
    old += [(user, 4, 40 * DAY) for user in range(3)]
    week = [(user, 3, end - user * DAY) for user in range(3)]
    week += [(5, 1, end), (6, 4, end), (7, 2, end - 7 * DAY)]
    return dated(old + week)


def order(model: RecentPopularity, train: Interactions) -> list[int]:
    items: list[int] = model.fit(train).recommend(train.take([9]), 6, exclude_seen=False).items[0]
    return list(items)


def test_the_window_ends_with_the_data_and_ties_go_by_all_time() -> None:
    train = season()
    model = RecentPopularity(shape="window", days=7)
    # 4 and 1 are equal this week, and so are 0, 2 and 5, of which 5 was never taken up.
    assert order(model, train) == [3, 4, 1, 0, 2, 5]
    assert model.end_ == 400 * DAY
    np.testing.assert_allclose(model.share_, [0, 0.2, 0, 0.6, 0.2, 0], atol=1e-6)


def test_what_is_exactly_as_old_as_the_window_is_out_and_a_second_younger_in() -> None:
    train = season()
    assert RecentPopularity(shape="window", days=7).fit(train).share_[2] < 1e-6
    model = RecentPopularity(shape="window", days=7 + 1.5 / DAY).fit(train)
    np.testing.assert_allclose(model.share_[2], 1 / 6, atol=1e-6)


def test_a_window_over_everything_is_popularity() -> None:
    train = season()
    assert order(RecentPopularity(shape="window", days=1000), train) == [0, 4, 3, 1, 2, 5]


def test_with_the_exponential_shape_age_counts_by_halves() -> None:
    train = season()
    model = RecentPopularity(days=3.0, shape="exponential").fit(train)
    assert train.times is not None
    weights = 2.0 ** (-(400 * DAY - train.times) / DAY / 3)
    expected = np.bincount(train.matrix.indices, weights, 6) / weights.sum()
    np.testing.assert_allclose(model.share_, expected, rtol=1e-5, atol=1e-30)


def test_without_times_it_is_popularity_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    train = ragged()
    with caplog.at_level(logging.WARNING):
        model = RecentPopularity().fit(train)
    assert "no times: recent popularity is that of all time" in caplog.text
    assert model.end_ is None
    items = model.recommend(train, 24).items
    np.testing.assert_array_equal(items, Popularity().fit(train).recommend(train, 24).items)


def test_times_are_taken_in_silence(caplog: pytest.LogCaptureFixture) -> None:
    RecentPopularity().fit(season())
    assert not caplog.text


def test_nothing_at_all_is_equally_popular() -> None:
    assert (RecentPopularity().fit(silence()).share_ == 0).all()


def test_equal_shares_are_told_apart_however_large_or_small() -> None:
    rng = np.random.default_rng(0)
    share = rng.choice([0.0, 1e-300, 1e-12, 0.1, 0.1 + 1e-12, 1.0], 500)
    then = rng.integers(0, 5, 500)
    scores = _in_order(share, then)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores, share, rtol=1e-4, atol=1e-30)
    rank = np.lexsort((then, share))
    same = (np.diff(share[rank]) == 0) & (np.diff(then[rank]) == 0)
    steps = np.diff(scores[rank].astype(np.float64))
    assert (steps[same] == 0).all()
    assert (steps[~same] > 0).all()


def test_an_unknown_shape_and_a_window_of_nothing_are_refused() -> None:
    with pytest.raises(ParameterError, match="one of window, exponential, got 'round'"):
        RecentPopularity(shape="round")
    with pytest.raises(ParameterError, match="days of RecentPopularity must be above 0, got 0"):
        RecentPopularity(days=0)
