"""What models that learn with PyTorch share."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from marquee.errors import MarqueeError
from marquee.models.rbm import RBM
from marquee.models.torch_kit import cooled, dropped, one_thread, torch_for
from recommender_kit import ragged

torch = pytest.importorskip("torch")


def test_without_torch_a_fit_says_how_to_install_it_and_answers_need_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fitted = RBM(hidden=2, epochs=1).fit(ragged())
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MarqueeError, match=r"RBM learns with .*pip install 'marquee\[deep\]'"):
        RBM().fit(ragged())
    assert fitted.score(ragged()).shape == ragged().matrix.shape


def test_the_number_of_threads_is_put_back_even_after_a_failure() -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread(torch):
            assert torch.get_num_threads() == 1
        with pytest.raises(KeyError), one_thread(torch):
            raise KeyError("a failure")
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_dropout_keeps_the_mean_and_draws_from_the_given_chance_alone() -> None:
    ones = torch.ones(400, 100)
    state = torch.random.get_rng_state()
    first, second = (dropped(torch, ones, 0.25, torch.Generator().manual_seed(4)) for _ in range(2))
    assert torch.equal(first, second)
    assert torch.equal(state, torch.random.get_rng_state())
    assert np.unique(first.numpy()).tolist() == pytest.approx([0, 4 / 3])
    assert float(first.mean()) == pytest.approx(1, abs=0.02)
    assert dropped(torch, ones, 0.0, torch.Generator()) is ones


def test_the_learning_rate_is_level_and_then_falls_to_nearly_nothing() -> None:
    rates = [cooled(0.5, done, 10) for done in range(10)]
    assert rates[:6] == [0.5] * 6
    assert rates[6:] == sorted(rates[6:], reverse=True)
    assert 0 < rates[-1] < 0.15
    assert torch_for("anything") is torch
