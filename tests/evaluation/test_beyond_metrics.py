"""What lists do beyond being right, against slow derivations and answers worked out by hand."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation import metrics
from marquee.evaluation.metrics.background import genre_matrix, title_vectors
from marquee.evaluation.metrics.segments import gap, relevant_among
from marquee.models.ranking import TopK


def lists(*rows: list[int]) -> TopK:
    items = np.array(rows, np.int32)
    return TopK(items, np.zeros(items.shape, np.float32))


# Titles 0 to 5 have been seen by 4, 2, 2, 1, 0 and 0 of the four viewers; user 3 knows all but two.
SEEN = [(0, 0), (1, 0), (2, 0), (3, 0), (1, 1), (3, 1), (2, 2), (3, 2), (3, 3)]
ITEMS, USERS = IdIndex(np.arange(6)), IdIndex(np.arange(5))
TRAIN = Interactions.from_arrays(
    [user for user, _ in SEEN], [item for _, item in SEEN], user_index=USERS, item_index=ITEMS
)
RELEVANT = csr_array(
    np.array([[0, 1, 0, 0, 1, 0], [0, 0, 0, 1, 0, 0], [0] * 6, [0, 0, 0, 0, 0, 1], [1] + [0] * 5])
)
BEHIND = metrics.background_of(TRAIN, TRAIN, RELEVANT, 2)
LISTS = lists([1, 4], [2, 3], [5, -1], [4, 5], [0, 1])
"""User 4 is new."""


def test_popularity_is_that_of_the_training_part() -> None:
    assert BEHIND.counts.tolist() == [4, 2, 2, 1, 0, 0]
    assert BEHIND.n_viewers == 4
    # The fifth of four rated titles, rounded up, is one.
    assert BEHIND.popular.tolist() == [True, False, False, False, False, False]
    assert BEHIND.expected.items.tolist() == [[1, 2], [2, 3], [1, 3], [4, 5], [0, 1]]


def test_novelty_is_the_information_of_the_titles_and_never_infinite() -> None:
    # log2(4 / n) bits for n viewers of 4, and for none as for one.
    bits = [(1 + 2) / 2, (1 + 2) / 2, 2, 2, (0 + 1) / 2]
    assert metrics.novelty(LISTS, BEHIND).tolist() == pytest.approx(bits)


def test_popularity_and_the_tail_are_means_over_the_titles_that_are_there() -> None:
    assert metrics.popularity(LISTS, BEHIND).tolist() == [1.0, 1.5, 0.0, 0.0, 3.0]
    assert metrics.tail_share(LISTS, BEHIND).tolist() == [1.0, 1.0, 1.0, 1.0, 0.5]


def test_serendipity_counts_hits_that_the_popular_titles_would_not_be() -> None:
    # User 0: 1 was expected, 4 was not; user 1 and 3 got what was expected.
    np.testing.assert_allclose(metrics.serendipity(LISTS, BEHIND), [0.5, 0.0, math.nan, 0.0, 0.0])
    # Of a shorter list less was expected, though longer ones are measured beside it.
    longer = metrics.background_of(TRAIN, TRAIN, RELEVANT, 4)
    assert longer.expected.items[0].tolist() == [1, 2, 3, 4]
    np.testing.assert_array_equal(
        metrics.serendipity(LISTS, longer), metrics.serendipity(LISTS, BEHIND)
    )


def test_lift_is_of_groups_and_leaves_out_who_has_no_profile_or_list() -> None:
    more, known = metrics.popularity_lift(LISTS, BEHIND)
    share = np.array([4, 2, 2, 1, 0, 0]) / 4
    profiles = [share[[0]], share[[0, 1]], share[[0, 2]], share[[0, 1, 2, 3]]]
    listed = [share[[1, 4]], share[[2, 3]], share[[5]], share[[4, 5]]]
    np.testing.assert_allclose(known, [*(own.mean() for own in profiles), 0])
    np.testing.assert_allclose(
        more, [*(q.mean() - p.mean() for q, p in zip(listed, profiles, strict=True)), 0]
    )
    assert metrics.popularity_lift(lists(*[[-1, -1]] * 5), BEHIND)[1].tolist() == [0.0] * 5


@pytest.mark.parametrize("seed", range(10))
def test_coverage_and_gini_are_what_their_definitions_say(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n_items = int(rng.integers(1, 30))
    items = np.minimum(rng.geometric(0.2, (12, 4)) - 2, n_items - 1).astype(np.int32)
    counts = Counter(item for item in items.ravel().tolist() if item >= 0)
    assert metrics.coverage(metrics.exposure(items, n_items)) == pytest.approx(
        len(counts) / n_items
    )
    shown = [counts.get(item, 0) for item in range(n_items)]
    # Half the relative mean absolute difference.
    apart = sum(abs(a - b) for a in shown for b in shown) / n_items**2
    assert metrics.gini(metrics.exposure(items, n_items)) == pytest.approx(
        apart / (2 * np.mean(shown))
    )


def test_lists_that_show_nothing_say_nothing() -> None:
    empty = lists(*[[-1, -1]] * 5)
    assert metrics.coverage(metrics.exposure(empty.items, 6)) == 0.0
    assert math.isnan(metrics.gini(metrics.exposure(empty.items, 6)))
    for name in ("novelty", "arp", "aplt"):
        values = metrics.LIST_METRICS[name](empty, BEHIND)
        assert values is not None
        assert np.isnan(values).all()


def test_one_title_for_all_is_the_greatest_inequality() -> None:
    assert metrics.gini(metrics.exposure(lists([2], [2], [2]).items, 4)) == pytest.approx(3 / 4)
    assert metrics.gini(metrics.exposure(lists([0, 1], [2, 3]).items, 4)) == 0.0


def test_genres_of_titles_that_are_not_in_the_catalog_are_no_genres() -> None:
    frame = pl.DataFrame({"title_id": [5, 0, 9], "genres": [["War", "War"], ["Ä"], ["Western"]]})
    genres = genre_matrix(frame, ITEMS)
    assert genres is not None
    assert genres.shape == (6, 3)
    assert np.argwhere(genres).tolist() == [[0, 2], [5, 0]]
    assert genre_matrix(frame.with_columns(genres=None), ITEMS) is None
    assert genre_matrix(frame.select("title_id"), ITEMS) is None
    nothing = frame.with_columns(genres=pl.lit([], dtype=pl.List(pl.String)))
    assert genre_matrix(nothing, ITEMS) is None
    behind = metrics.background_of(TRAIN, TRAIN, RELEVANT, 2)
    assert metrics.diversity_genres(LISTS, behind) is None
    assert metrics.genre_miscalibration(LISTS, behind) is None


@pytest.mark.parametrize("texts", [[None, None], ["?", "!!"], ["", "x"]])
def test_texts_that_say_nothing_make_no_vectors(texts: list[str | None]) -> None:
    frame = pl.DataFrame({"title_id": [0, 1], "text": texts}, schema_overrides={"text": pl.String})
    vectors = title_vectors(frame, ITEMS)
    assert vectors is None or vectors.shape[0] == 6


def test_the_same_genres_in_list_and_profile_are_calibrated() -> None:
    frame = pl.DataFrame({"title_id": np.arange(6), "genres": [["War"], ["War"]] + [["Ä"]] * 4})
    behind = metrics.background_of(TRAIN, TRAIN, RELEVANT, 2, frame)
    values = metrics.genre_miscalibration(lists([1, 0], [1, 0], [2, 1], [3, 4], [0, 1]), behind)
    # User 0 knows War alone; user 2 knows both in equal parts; user 3 gets nothing of War's half.
    assert values is not None
    assert values[0] == values[1] == values[2] == 0.0
    half = 0.5 * math.log(1 / 0.01) + 0.5 * math.log(0.5 / (0.99 + 0.005))
    assert values[3] == pytest.approx(half)
    assert math.isnan(values[4])


def test_ranges_of_predictions_begin_at_multiples_of_their_width() -> None:
    bins = metrics.reliability([0.4, -0.1, 4.5, 4.99], [1, 2, 5, 4])
    assert [(own.low, own.high, own.n) for own in bins] == [
        (-0.5, 0.0, 1), (0.0, 0.5, 1), (4.5, 5.0, 2),
    ]  # fmt: skip
    assert [bins[2].predicted, bins[2].actual] == pytest.approx([4.745, 4.5])
    assert bins[2].standard_error == pytest.approx(0.5)
    assert math.isnan(bins[0].standard_error)
    expected = (2.1 + 0.6 + 2 * 0.245) / 4
    assert metrics.calibration_error(bins) == pytest.approx(expected)
    assert math.isnan(metrics.calibration_error(metrics.reliability([], [])))
    with pytest.raises(ParameterError, match="must be above 0, got 0"):
        metrics.reliability([1], [1], width=0)


def test_titles_are_of_exactly_one_segment() -> None:
    segments = metrics.title_segments(BEHIND)
    assert (np.sum(list(segments.values()), axis=0) == 1).all()
    assert np.flatnonzero(segments["new"]).tolist() == [4, 5]
    assert np.flatnonzero(segments["tail"]).tolist() == [1, 2, 3]
    assert relevant_among(RELEVANT, segments["new"]).toarray().sum(axis=1).tolist() == [
        1, 0, 0, 1, 0,
    ]  # fmt: skip


def test_viewers_are_in_the_groups_that_their_profiles_and_facts_say() -> None:
    told = pl.DataFrame(
        {
            "viewer_id": [4, 0, 1, 2, 77],
            "age": [17, 18, 56, None, 3],
            "gender": ["F", None, "M", "F", "M"],
            "occupation": pl.Series([None] * 5, dtype=pl.String),
        }
    )
    groups = metrics.viewer_segments(USERS, BEHIND, told)
    assert groups.keys() == {"activity", "taste", "age", "gender"}
    assert groups["activity"].tolist() == ["few", "few", "few", "many", "new"]
    # Shares of the popular title in the profiles are 1, 1/2, 1/2 and 1/4.
    assert groups["taste"].tolist() == ["mainstream", "mixed", "mixed", "niche", ""]
    assert groups["age"].tolist() == ["18-24", "56 and over", "", "", "under 18"]
    assert groups["gender"].tolist() == ["", "M", "F", "", "F"]
    assert metrics.viewer_segments(USERS, BEHIND).keys() == {"activity", "taste"}


def test_a_gap_is_between_groups_large_enough() -> None:
    values = {"a": 0.1, "b": 0.4, "c": 0.9, "d": math.nan}
    assert gap(values, {"a": 10, "b": 50, "c": 9, "d": 99}) == pytest.approx(0.3)
    assert math.isnan(gap(values, {"a": 10, "b": 9, "c": 9, "d": 99}))
