"""Each rule picks the class that its measure is best served by, and ties have a fixed end."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from marquee.errors import ParameterError
from marquee.forecast.decisions import (
    METRICS,
    RULES,
    CutRule,
    Metric,
    best_threshold,
    cut,
    expected_class,
    kappa_cuts,
    mean_position,
    median_class,
    most_likely,
    within_one,
)


def random_rows(n_titles: int = 200, n_classes: int = 9, seed: int = 0) -> NDArray[np.float64]:
    """Probabilities on a coarse grid, so that many are tied."""
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(12, np.full(n_classes, 1 / n_classes), n_titles)
    return np.asarray(counts / 12)


def least_loss(p: NDArray[np.float64], loss: NDArray[np.float64]) -> NDArray[np.float64]:
    """The least expected loss of each row over all classes that may be said; loss[said, true]."""
    return np.asarray((p @ loss.T).min(axis=1))


PLACES = np.arange(9)
AWAY = np.abs(PLACES[:, None] - PLACES)


@pytest.mark.parametrize(
    ("rule", "loss"),
    [
        ("most-likely", AWAY > 0),
        ("within-one", AWAY > 1),
        ("median", AWAY),
        ("expected", AWAY**2),
    ],
)
def test_no_class_serves_the_measure_of_a_rule_better(rule: str, loss: NDArray[np.float64]) -> None:
    p = random_rows()
    said = RULES[rule](p)
    got = np.take_along_axis(p @ loss.T, said[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(got, least_loss(p, loss), atol=1e-12)


@pytest.mark.parametrize("rule", RULES)
def test_a_sure_class_is_the_class(rule: str) -> None:
    np.testing.assert_array_equal(RULES[rule](np.eye(9)), PLACES)
    assert RULES[rule]([[1.0]]).tolist() == [0]


@pytest.mark.parametrize("rule", RULES)
def test_an_unknown_row_has_no_class(rule: str) -> None:
    p = np.vstack([np.full(9, np.nan), np.eye(9)[4], np.full(9, np.nan)])
    assert RULES[rule](p).tolist() == [-1, 4, -1]


@pytest.mark.parametrize("rule", RULES)
def test_rows_are_decided_one_by_one_and_noise_in_the_last_bits_changes_nothing(rule: str) -> None:
    p = random_rows()
    noise = np.random.default_rng(1).uniform(-1e-15, 1e-15, p.shape)
    said = RULES[rule](p)
    np.testing.assert_array_equal(RULES[rule](p + noise), said)
    np.testing.assert_array_equal(RULES[rule](p[::-1])[::-1], said)
    assert said.dtype == np.int64


@pytest.mark.parametrize("rule", RULES)
def test_probabilities_of_another_shape_are_refused(rule: str) -> None:
    with pytest.raises(ParameterError, match="shape"):
        RULES[rule]([0.5, 0.5])


def test_ties_end_as_each_rule_says() -> None:
    assert most_likely([[0.4, 0.4, 0.2]]).tolist() == [0]
    # Each inner class has 0.75 around it: the more likely of them, then the lowest.
    assert within_one([[0.25, 0.2, 0.3, 0.25]]).tolist() == [2]
    assert within_one([[0.25, 0.25, 0.25, 0.25]]).tolist() == [1]
    assert within_one([[0.5, 0.5]]).tolist() == [0]
    assert median_class([[0.2, 0.3, 0.1, 0.4]]).tolist() == [2]
    assert expected_class([[0.5, 0.5]]).tolist() == [1]


def test_within_one_may_name_a_class_that_is_itself_unlikely() -> None:
    assert within_one([[0.5, 0.0, 0.5, 0.0]]).tolist() == [1]


def score(metric: Metric, yes: NDArray[np.bool_], said: NDArray[np.bool_]) -> float:
    """The metric from its definition in words, 0 where it is not defined."""
    recall = float(said[yes].mean()) if yes.any() else 0.0
    match metric:
        case "accuracy":
            return float((yes == said).mean())
        case "f1":
            precision = float(yes[said].mean()) if said.any() else 0.0
            return 2 / (1 / precision + 1 / recall) if precision and recall else 0.0
        case "matthews":
            constant = yes.all() or said.all() or not yes.any() or not said.any()
            return 0.0 if constant else float(np.corrcoef(yes, said)[0, 1])
        case "balanced_accuracy":
            return (recall + (float((~said)[~yes].mean()) if not yes.all() else 0.0)) / 2


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("share", [0.0, 0.1, 0.6, 1.0])
def test_no_threshold_serves_the_metric_better(metric: Metric, share: float) -> None:
    rng = np.random.default_rng(5)
    yes = rng.random(120) < share
    p = np.round(np.clip(0.3 * yes + rng.uniform(0, 0.7, 120), 0, 1), 2)  # tied values
    p[:2] = [0.0, 1.0]
    chosen = best_threshold(p, yes, metric)
    got = score(metric, yes, p >= chosen)
    best = max(score(metric, yes, p >= t) for t in np.linspace(0, 1, 401))
    assert got == pytest.approx(best, abs=1e-12)


def test_of_equal_thresholds_the_nearest_to_one_half_is_taken() -> None:
    yes = np.array([False, True, False, True])  # one is wrong from 0.15 on, and from 0.7 on
    assert best_threshold([0.1, 0.2, 0.6, 0.8], yes, "accuracy") == pytest.approx(0.7)
    assert best_threshold([0.2, 0.4, 0.6, 0.8], yes, "accuracy") == pytest.approx(0.3)
    # Nothing happened: any threshold above the highest value is right, and 1 is one.
    assert best_threshold([0.1, 0.2], [False, False], "accuracy") == 1.0


@pytest.mark.parametrize(
    ("p", "yes", "words"),
    [
        ([], [], "0 probabilities for 0 outcomes"),
        ([0.1], [True, False], "1 probabilities for 2 outcomes"),
        ([1.1], [True], "from 0 to 1"),
        ([np.nan], [True], "from 0 to 1"),
    ],
)
def test_a_threshold_is_not_chosen_from_nonsense(
    p: list[float], yes: list[bool], words: str
) -> None:
    with pytest.raises(ParameterError, match=words):
        best_threshold(p, yes)


def test_an_unknown_metric_is_refused_with_those_there_are() -> None:
    with pytest.raises(ParameterError, match="one of accuracy, balanced_accuracy, f1, matthews"):
        best_threshold([0.5], [True], "auc")  # type: ignore[arg-type]  # what a caller may type


def kappa(true: NDArray[np.int64], said: NDArray[np.int64]) -> float:
    from sklearn.metrics import cohen_kappa_score

    return float(cohen_kappa_score(true, said, weights="quadratic", labels=list(range(9))))


def test_cuts_chosen_for_kappa_beat_rounding_of_timid_means_on_later_films() -> None:
    rng = np.random.default_rng(2)
    quality = rng.normal(0, 1, 2000)
    true = np.clip(np.floor(4.5 + 2.5 * (0.6 * quality + 0.8 * rng.normal(0, 1, 2000))), 0, 8)
    timid = 4 + quality  # in the right order, but never far from the middle
    chosen, later = slice(0, 1000), slice(1000, None)
    classes = true.astype(np.int64)
    cuts = kappa_cuts(timid[chosen], classes[chosen])
    assert (np.diff(cuts) >= 0).all()
    rounded = np.clip(np.rint(timid), 0, 8).astype(np.int64)
    assert kappa(classes[later], cut(timid[later], cuts)) > kappa(classes[later], rounded[later])


def test_no_single_cut_can_be_moved_to_a_better_kappa() -> None:
    rng = np.random.default_rng(8)
    x = np.round(rng.normal(0, 1, 60), 1)
    true = np.clip(np.rint(4 + 2 * x + rng.normal(0, 2, 60)), 0, 8).astype(np.int64)
    cuts = kappa_cuts(x, true, n_rounds=50)
    best = kappa(true, cut(x, cuts))
    for which in range(8):
        for value in np.quantile(x, np.linspace(0, 1, 101)):
            moved = cuts.copy()
            moved[which] = value
            if (np.diff(moved) >= 0).all():
                assert kappa(true, cut(x, moved)) <= best + 1e-9


def test_cuts_of_one_class_and_one_position_are_still_cuts() -> None:
    cuts = kappa_cuts([2.0, 2.0], [3, 3])
    assert cuts.shape == (8,)
    assert np.isfinite(cuts).all()


def test_cuts_need_finite_positions_and_known_classes() -> None:
    with pytest.raises(ParameterError, match="finite positions"):
        kappa_cuts([np.nan], [1])
    with pytest.raises(ParameterError, match="from 0 to 8"):
        kappa_cuts([1.0], [-1])


def test_the_mean_position_weighs_the_classes_by_their_probability() -> None:
    np.testing.assert_allclose(mean_position([[0.5, 0.0, 0.5], [0.0, 0.0, 1.0]]), [1.0, 2.0])


def test_a_position_on_a_cut_belongs_above_it() -> None:
    assert cut([0.9, 1.0, 5.0], [1.0, 2.0]).tolist() == [0, 1, 2]


def test_a_rule_of_cuts_decides_by_the_mean_position_and_knows_unknown_rows() -> None:
    rule = CutRule(np.array([0.4, 1.2]))
    rows = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.0], [0.3, 0.2, 0.5], [np.nan] * 3]
    assert rule(rows).tolist() == [0, 1, 2, -1]
    with pytest.raises(ParameterError, match="2 cuts do not part 4 classes"):
        rule(np.eye(4))
