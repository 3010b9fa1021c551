"""BPR: its step against finite differences, its folding in against a slow climb."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models import bpr
from marquee.models.bpr import BPR
from recommender_kit import build, ragged

Dense = NDArray[np.float64]


def objective(p: Dense, wins: Dense, loses: Dense, l2: float) -> float:
    """What a triple climbs: factors of the user, and of both items with their offset at the end."""
    x = p @ (wins - loses)[:-1] + (wins - loses)[-1]
    size = p @ p + wins @ wins + loses @ loses
    return float(-np.log1p(np.exp(-x)) - l2 / 2 * size)


def slope(p: Dense, wins: Dense, loses: Dense, l2: float) -> list[Dense]:
    """Its gradient, by central differences, of each of the three."""
    found = []
    for which in range(3):
        parts = [p, wins, loses]
        gradient = np.zeros(len(parts[which]))
        for place in range(len(gradient)):
            ends = []
            for move in (1e-5, -1e-5):
                moved = [part.copy() for part in parts]
                moved[which][place] += move
                ends.append(objective(moved[0], moved[1], moved[2], l2))
            gradient[place] = (ends[0] - ends[1]) / 2e-5
        found.append(gradient)
    return found


@pytest.mark.parametrize("seed", range(4))
def test_a_step_goes_along_the_gradient(seed: int) -> None:
    rng = np.random.default_rng(seed)
    P, Q = (rng.standard_normal((n, 5)).astype(np.float32) for n in (1, 2))
    b = rng.standard_normal(2).astype(np.float32)
    both = np.column_stack([Q, b]).astype(float)
    expected = slope(P[0].astype(float), both[1], both[0], 0.3)
    before = [P.astype(float), both]
    # One user, who took up the second of two items: there is only one triple to draw.
    entry = np.zeros(1, np.int32), np.array([0, 1], np.int32), np.array([1], np.int32)
    bpr._climb(seed, 0, *entry, P, Q, b, 0.001, 0.3)
    after = [P.astype(float), np.column_stack([Q, b]).astype(float)]
    np.testing.assert_allclose((after[0] - before[0])[0] / 0.001, expected[0], atol=2e-3)
    np.testing.assert_allclose((after[1] - before[1])[1] / 0.001, expected[1], atol=2e-3)
    np.testing.assert_allclose((after[1] - before[1])[0] / 0.001, expected[2], atol=2e-3)


def test_what_the_user_did_not_take_up_is_drawn_all_alike_and_nothing_else() -> None:
    own = np.array([1, 2, 5], np.int32)
    drawn = np.zeros(9)
    for seed in range(1000):
        P, Q, b = np.zeros((1, 1), np.float32), np.zeros((9, 1), np.float32), np.zeros(9, "f4")
        # Factors of 0 stay so: what was drawn shows in the offsets alone.
        rows, starts = np.zeros(3, np.int32), np.array([0, 3], np.int32)
        bpr._climb(seed, 7 * seed, rows, starts, own, P, Q, b, 0.1, 0.0)
        assert (b[own] >= 0).all()
        assert b[own].sum() == pytest.approx(-np.delete(b, own).sum())
        drawn += b
    assert (np.delete(drawn, own) < 0).all()
    np.testing.assert_allclose(np.delete(drawn, own), -1000 * 3 / 6 * 0.05, rtol=0.15)
    np.testing.assert_allclose(drawn[own], 1000 * 0.05, rtol=0.15)


def test_who_took_up_everything_teaches_nothing() -> None:
    P, Q, b = np.ones((1, 2), np.float32), np.ones((3, 2), np.float32), np.zeros(3, np.float32)
    rows, starts = np.zeros(3, np.int32), np.array([0, 3], np.int32)
    bpr._climb(0, 0, rows, starts, np.arange(3, dtype=np.int32), P, Q, b, 0.1, 0.1)
    assert (P == 1).all()
    assert (Q == 1).all()
    assert (b == 0).all()


def summit(profile: Interactions, model: BPR) -> Dense:
    """Factors of one profile at the top of its objective, by a general optimizer."""
    Q, b = model.item_factors_.astype(float), model.item_offsets_.astype(float)
    own = profile.matrix.indices[profile.matrix.data >= model.liked_from]

    def depth(p: Dense) -> float:
        total = model.fold_in_l2 * len(own) / 2 * p @ p
        for i in own:
            x = (Q[i] - Q[model.others_]) @ p + b[i] - b[model.others_]
            total += np.mean(np.log1p(np.exp(-x)))
        return float(total)

    found = minimize(depth, np.zeros(Q.shape[1]), method="BFGS", options={"gtol": 1e-7})
    best: Dense = found.x
    return best


def test_a_profile_is_folded_in_at_the_top_of_its_objective() -> None:
    train = ragged()
    model = build("bpr", fold_in_l2=0.05, fold_in_steps=300, liked_from=2.0, factors=3).fit(train)
    assert isinstance(model, BPR)
    assert model.others_.tolist() == list(range(24))
    for row in (4, 7, 13):
        profile = train.take([row])
        p = summit(profile, model)
        expected = model.item_factors_ @ p + model.item_offsets_
        np.testing.assert_allclose(model.score(profile)[0], expected, rtol=1e-3, atol=1e-3)


def test_no_step_of_folding_in_leads_down() -> None:
    train = ragged()
    model = build("bpr", fold_in_l2=0.01).fit(train)
    assert isinstance(model, BPR)
    profile = train.take([3])
    own = profile.matrix.indices
    heights = []
    for steps in range(1, 12):
        model.fold_in_steps = steps
        p = model._fold_in(profile)[0].astype(float)
        scores = model.item_factors_ @ p + model.item_offsets_
        x = scores[own][:, None] - scores[model.others_]
        gain = -np.log1p(np.exp(-x)).mean(axis=1).sum()
        heights.append(gain - len(own) * 0.01 / 2 * p @ p)
    assert (np.diff(heights) >= -1e-6).all()
    assert heights[-1] > heights[0] + 1e-3


def test_an_empty_profile_gets_what_is_popular() -> None:
    train = ragged()
    model = build("bpr").fit(train)
    counts = np.bincount(train.matrix.indices, minlength=train.n_items)
    nobody = train.take([19])
    assert len(nobody) == 0
    top = model.recommend(nobody, k=5).items[0]
    assert counts[top].mean() > 1.5 * counts.mean()


def test_a_rate_that_drives_the_factors_out_of_bounds_is_refused() -> None:
    with pytest.raises(ParameterError, match="learning_rate 1e\\+06 is too high"):
        build("bpr", learning_rate=1e6, l2=1.0).fit(ragged())


def test_another_seed_is_another_model() -> None:
    one, other = (build("bpr", seed=seed).fit(ragged()).score(ragged()) for seed in (0, 1))
    assert np.abs(one - other).max() > 1e-3
