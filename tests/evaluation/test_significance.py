"""Intervals hold what they promise, and a test calls a difference none more than it may."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import permutation_test

from marquee.errors import ParameterError
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.paired_tests import effect_size, holm, sign_flip_tests
from marquee.evaluation.report import SplitResult, Sums
from marquee.evaluation.segmenting import narrowed, segmentations
from marquee.evaluation.significance import (
    differences,
    intervals,
    paired,
    resampled,
)
from marquee.evaluation.splits import k_folds
from marquee.models.bias import Bias
from marquee.models.popularity import Popularity
from marquee.models.svd import SVD
from splits_kit import ticking

NAN = math.nan
SPLITS = k_folds(ticking(5, 400), 3, 1)


@pytest.fixture(scope="module")
def measured() -> dict[str, tuple[SplitResult, ...]]:
    return {
        "popularity": evaluate(Popularity, SPLITS, k=[3, 5], relevant_from=2).splits,
        "bias": evaluate(Bias, SPLITS, k=[3, 5], relevant_from=2).splits,
        "svd": tuple(
            result
            for seed in (0, 1)
            for result in evaluate(
                lambda seed=seed: SVD(factors=2, epochs=3, seed=seed),  # type: ignore[misc]
                SPLITS,
                k=[3, 5],
                relevant_from=2,
            ).splits
        ),
    }


NAMES = ("ndcg@5", "coverage@3", "gini@5", "popularity_lift@3", "rmse", "mae_user_averaged")


def by_hand(results: Sequence[SplitResult], name: str, drawn: NDArray[np.int64]) -> float:
    """The figure with each viewer as often as drawn, from the rows of the viewers drawn."""
    viewers = np.unique(np.concatenate([result.users for result in results]))
    figures = []
    for result in results:
        row = {user: place for place, user in enumerate(result.users.tolist())}
        rows = [row[viewer] for viewer in viewers[drawn].tolist() if viewer in row]
        if name.startswith("ndcg"):
            figures.append(float(np.nanmean(result.by_user[name][rows])))
        elif name == "rmse":
            n = result.sums["rmse"].weights[rows]
            figures.append(math.sqrt((result.by_user["rmse"][rows] ** 2 * n).sum() / n.sum()))
        else:
            assert result.items is not None
            shown = set(result.items[rows, :3].ravel().tolist()) - {-1}
            figures.append(len(shown) / result.n_items)
    return float(np.mean(figures))


def test_a_resample_is_what_its_viewers_would_have_given(
    measured: dict[str, tuple[SplitResult, ...]],
) -> None:
    figures = resampled(measured, NAMES, n=20, seed=4)
    viewers = np.unique(np.concatenate([r.users for group in measured.values() for r in group]))
    rng = np.random.default_rng(4)
    coverage = []
    for place in range(20):
        drawn = rng.integers(0, len(viewers), len(viewers))
        for model, results in measured.items():
            expected = by_hand(results, "ndcg@5", drawn)
            assert figures[model]["ndcg@5"][place] == pytest.approx(expected)
        expected = by_hand(measured["svd"], "rmse", drawn)
        assert figures["svd"]["rmse"][place] == pytest.approx(expected)
        assert math.isnan(figures["popularity"]["rmse"][place])
        coverage.append(by_hand(measured["bias"], "coverage@3", drawn))
    # A resample shows fewer titles, so its figures are moved back to the figure itself.
    value = np.mean([result.metrics["coverage@3"] for result in measured["bias"]])
    assert np.mean(coverage) < value
    moved = [own - np.mean(coverage) + value for own in coverage]
    np.testing.assert_allclose(figures["bias"]["coverage@3"], np.array(moved))


def test_an_interval_is_about_the_figure_of_the_report(
    measured: dict[str, tuple[SplitResult, ...]],
) -> None:
    for results in measured.values():
        names = [name for name in results[0].metrics if name != "calibration_error"]
        for name, found in intervals(results, names, n=200).items():
            assert found.value == pytest.approx(
                np.mean([result.metrics[name] for result in results]), nan_ok=True
            )
            assert math.isnan(found.value) or found.low <= found.value <= found.high


def of_values(values: NDArray[np.float64], fingerprint: str = "a") -> SplitResult:
    """A result with one made-up metric of as many users."""
    template = evaluate(Popularity, SPLITS[:1], k=3).splits[0]
    return replace(
        template,
        fingerprint=fingerprint,
        n_users=len(values),
        users=np.arange(len(values)),
        by_user={"x": values},
        sums={},
        metrics={"x": float(np.nanmean(values))},
        items=None,
    )


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    template = of_values(np.zeros(60))
    held = 0
    for _ in range(200):
        values = rng.exponential(1.0, 60)
        result = replace(template, by_user={"x": values}, metrics={"x": float(values.mean())})
        found = intervals([result], ["x"], n=200)["x"]
        held += found.low <= 1.0 <= found.high
    assert 0.87 <= held / 200 <= 0.98


def test_a_test_of_models_that_are_alike_is_significant_no_oftener_than_said() -> None:
    rng = np.random.default_rng(1)
    columns = [own * rng.exponential(1, 40) for own in rng.choice([-1.0, 1.0], (1_000, 40))]
    p = sign_flip_tests(columns, n=499)
    assert np.mean(p <= 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("n_viewers", [2, 5, 10, 30])
def test_the_test_is_the_permutation_test_of_scipy(n_viewers: int) -> None:
    rng = np.random.default_rng(n_viewers)
    one, other = rng.integers(0, 4, (2, n_viewers)).astype(float)
    (ours,) = sign_flip_tests([one - other])
    theirs = permutation_test(
        (one, other),
        lambda a, b, axis: np.sum(a - b, axis=axis),
        permutation_type="samples",
        n_resamples=9_999,
        rng=2,
    )
    assert ours == pytest.approx(theirs.pvalue, abs=1e-12 if n_viewers <= 10 else 0.015)


def test_flips_of_few_viewers_are_all_tried() -> None:
    apart = np.array([0.5, 0.25, NAN, -0.125])
    ways = [sum(a * b for a, b in zip((0.5, 0.25, 0.125), s, strict=True))
            for s in itertools.product((-1, 1), repeat=3)]  # fmt: skip
    expected = np.mean([abs(way) >= 0.625 for way in ways])
    assert sign_flip_tests([apart]).tolist() == [expected]
    assert sign_flip_tests([np.zeros(4), np.full(20, NAN)]).tolist() == [1.0, 1.0]
    assert sign_flip_tests([np.ones(100)], n=99)[0] == 1 / 100


def test_differences_that_are_equal_but_for_rounding_count_as_equal() -> None:
    # Sums of tenths differ in the last bits by the order of adding, those of whole numbers do not.
    whole = np.random.default_rng(3).integers(-5, 6, (100, 9)).astype(float)
    assert sign_flip_tests(list(0.1 * whole)).tolist() == sign_flip_tests(list(whole)).tolist()


def test_corrected_values_are_those_of_holm() -> None:
    # Worked out by hand: 4 x 0.01, then 3 x 0.02, 2 x 0.04 and 0.03, each no less than before.
    np.testing.assert_allclose(holm([0.04, 0.01, NAN, 0.02, 0.9]), [0.08, 0.04, NAN, 0.06, 0.9])
    np.testing.assert_allclose(holm([0.6, 0.5]), [1.0, 1.0])
    assert holm([]).tolist() == []


def test_an_effect_is_told_in_standard_deviations() -> None:
    assert effect_size(np.array([1.0, 2.0, 3.0])) == pytest.approx(2.0)
    assert effect_size(np.zeros(3)) == 0.0
    assert effect_size(np.full(3, -2.0)) == -math.inf
    assert math.isnan(effect_size(np.array([1.0])))


def test_differences_are_those_of_the_figures_and_go_by_viewer(
    measured: dict[str, tuple[SplitResult, ...]],
) -> None:
    found = differences(measured, "bias", NAMES, n=100, n_flips=199)
    assert found.keys() == {"popularity", "svd"}
    assert "rmse" not in found["popularity"]
    for model, by_name in found.items():
        for name, one in by_name.items():
            figures = [np.mean([r.metrics[name] for r in measured[m]]) for m in (model, "bias")]
            assert one.value == pytest.approx(figures[0] - figures[1])
            assert one.low <= one.value <= one.high
            if name.startswith(("coverage", "gini")):
                assert math.isnan(one.p)
                assert math.isnan(one.p_holm)
            else:
                assert 0 < one.p <= one.p_holm <= 1
                assert one.higher + one.lower <= 1
    apart = paired(measured["popularity"], measured["bias"], "ndcg@5")
    assert apart is not None
    assert np.nansum(apart) == pytest.approx(found["popularity"]["ndcg@5"].value)
    p_holm = [one.p_holm for by_name in found.values() for one in by_name.values()]
    p = [one.p for by_name in found.values() for one in by_name.values()]
    np.testing.assert_allclose(p_holm, holm(p))


def test_a_model_does_not_differ_from_itself(
    measured: dict[str, tuple[SplitResult, ...]],
) -> None:
    two = {"a": measured["bias"], "b": measured["bias"]}
    for one in differences(two, "a", NAMES, n=50, n_flips=99)["b"].values():
        assert (one.value, one.low, one.high) == (0.0, 0.0, 0.0)
        if one.n_viewers:
            assert (one.p, one.higher, one.lower, one.effect) == (1.0, 0.0, 0.0, 0.0)


def test_seeds_are_averaged_and_viewers_without_a_value_say_nothing() -> None:
    one = [of_values(np.array([1.0, 2.0, NAN, 0.0])), of_values(np.array([3.0, 2.0, NAN, 0.0]))]
    other = [of_values(np.array([1.0, 1.0, 5.0, NAN]))]
    apart = paired(one, other, "x")
    assert apart is not None
    # Of the two viewers who count, one has 2 against 1 and the other 2 against 1.
    np.testing.assert_allclose(apart, [0.5, 0.5, NAN, NAN])
    # Who has no value with one of the seeds has no mean over them: it would be another question.
    lacking = [of_values(np.array([1.0, NAN, 3.0])), of_values(np.array([3.0, 5.0, 3.0]))]
    apart = paired(lacking, [of_values(np.ones(3))], "x")
    assert apart is not None
    np.testing.assert_allclose(apart, [0.5, NAN, 1.0])


def test_models_measured_on_other_splits_are_not_compared() -> None:
    two = {"a": [of_values(np.ones(4))], "b": [of_values(np.ones(4), "b")]}
    with pytest.raises(ParameterError, match="on the same splits"):
        differences(two, "a", ["x"], n=5)


def test_the_groups_of_a_segmentation_make_up_the_whole(
    measured: dict[str, tuple[SplitResult, ...]],
) -> None:
    result = measured["bias"][0]
    found = segmentations([result], n=50)
    assert found.keys() == {"activity", "taste"}
    groups = found["activity"].groups
    assert sum(group.n_users for group in groups.values()) == result.n_users
    for name in ("rmse", "ndcg@3"):
        values = [group.figures[name].value for group in groups.values()]
        assert min(values) <= result.metrics[name] <= max(values)
        large = [group.figures[name].value for group in groups.values() if group.n_users >= 10]
        expected = max(large) - min(large) if len(large) > 1 else NAN
        assert found["activity"].gaps[name] == pytest.approx(expected, nan_ok=True)


def test_a_viewer_of_several_splits_is_one_viewer_of_a_group(
    measured: dict[str, tuple[SplitResult, ...]],
) -> None:
    results = measured["bias"]
    alike = [replace(one, groups={"all": np.full(one.n_users, "a")}) for one in results]
    everybody = np.unique(np.concatenate([one.users for one in results]))
    assert sum(one.n_users for one in results) > len(everybody)
    assert segmentations(alike, n=5)["all"].groups["a"].n_users == len(everybody)


def test_groups_come_in_their_order_and_lists_in_the_length_that_is_asked_for(
    measured: dict[str, tuple[SplitResult, ...]],
) -> None:
    (result, *_) = measured["bias"]
    ages = np.array(["under 18", "56 and over", "18-24", "25-34"])
    known = ages[np.arange(result.n_users) % 4]
    told = [replace(result, groups={**result.groups, "age": known})]
    found = segmentations(told, n=5)
    assert list(found["age"].groups) == ["under 18", "18-24", "25-34", "56 and over"]
    orders = {"activity": ["new", "few", "some", "many"], "taste": ["niche", "mixed", "mainstream"]}
    for divided, order in orders.items():
        own = list(found[divided].groups)
        assert len(own) > 1
        assert own == [name for name in order if name in own]
    assert "ndcg@3" in found["taste"].gaps, "the shortest where nothing is asked for"
    assert "ndcg@5" in segmentations(told, k=5, n=5)["taste"].gaps


def test_narrowed_to_all_users_a_result_is_what_it_was(
    measured: dict[str, tuple[SplitResult, ...]],
) -> None:
    result = measured["bias"][0]
    same = narrowed(result, np.ones(result.n_users, np.bool_))
    for name, value in same.metrics.items():
        if name not in {"rmse", "mae"} or name in same.sums:
            assert value == pytest.approx(result.metrics[name], nan_ok=True)
    assert math.isnan(Sums(np.zeros(2), np.zeros(2)).value)
    assert Sums(np.full(2, 4.0), np.ones(2), root=True).value == 2.0
