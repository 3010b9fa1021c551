"""The network learns the same everywhere, disturbs nobody, and asks for PyTorch only to learn."""

from __future__ import annotations

import sys
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from marquee.errors import MarqueeError
from marquee.forecast.network import Network

torch = pytest.importorskip("torch", reason="the network needs PyTorch")


def rings(n: int = 240, seed: int = 0) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Films whose class is the ring that they lie in, which no line can part; three a day."""
    rng = np.random.default_rng(seed)
    place = rng.normal(0, 1, (n, 2))
    classes = np.array([0, 1, 2])[np.searchsorted([0.8, 1.6], np.hypot(*place.T))]
    days = [date(2000, 1, 1) + timedelta(days=row // 3) for row in range(n)]
    frame = pl.DataFrame(
        {"title_id": np.arange(n), "as_of": days, "x": place[:, 0], "y": place[:, 1]}
    )
    return frame, classes


def network(**settings: Any) -> Network:
    usual: dict[str, Any] = {
        "n_classes": 3,
        "hidden": (16,),
        "dropout": 0.1,
        "learning_rate": 0.02,
        "max_epochs": 40,
        "min_count": 1,
        "use_gpu": False,
    }
    return Network(**(usual | settings))


def parts(model: Network) -> list[NDArray[np.float32]]:
    return [*model.weights_, *model.biases_]


def same(one: Network, other: Network) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(parts(one), parts(other), strict=True))


def test_a_pattern_that_no_line_parts_is_learned() -> None:
    later, truth = rings(200, seed=1)
    said = network().fit(*rings()).probabilities(later).argmax(axis=1)
    assert (said == truth).mean() > 0.8


def test_it_learns_the_same_on_one_thread_and_on_several_and_puts_the_number_back() -> None:
    before = torch.get_num_threads()
    fitted = []
    try:
        for n_threads in (1, 3):
            torch.set_num_threads(n_threads)
            fitted.append(network(hidden=(64, 32), batch=200, max_epochs=4).fit(*rings()))
            assert torch.get_num_threads() == n_threads
    finally:
        torch.set_num_threads(before)
    assert same(*fitted)


def test_it_learns_on_one_thread_and_puts_the_number_back_even_after_a_failure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[int] = []

    def fail(*_: object, **__: object) -> None:
        seen.append(torch.get_num_threads())
        raise KeyboardInterrupt

    before = torch.get_num_threads()
    monkeypatch.setattr(torch.optim, "AdamW", fail)
    try:
        torch.set_num_threads(3)
        with pytest.raises(KeyboardInterrupt):
            network().fit(*rings())
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert seen == [1]


def test_the_seed_decides_alone_and_global_chance_is_neither_used_nor_moved() -> None:
    torch.random.default_generator.manual_seed(1)
    state = torch.random.get_rng_state()
    first = network(max_epochs=3).fit(*rings())
    assert torch.equal(torch.random.get_rng_state(), state)
    torch.random.default_generator.manual_seed(2)
    assert same(first, network(max_epochs=3).fit(*rings()))
    assert not same(first, network(max_epochs=3, seed=1).fit(*rings()))


def test_answers_are_those_of_the_same_layers_in_torch() -> None:
    features, classes = rings()
    model = network(hidden=(8, 5), max_epochs=3).fit(features, classes)
    sizes = [2, 8, 5, 3]
    layers: list[Any] = []
    for weight, bias, n_in, n_out in zip(
        model.weights_, model.biases_, sizes[:-1], sizes[1:], strict=True
    ):
        linear = torch.nn.Linear(n_in, n_out)
        linear.weight.data, linear.bias.data = torch.tensor(weight.T), torch.tensor(bias)
        layers += [linear, torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    inputs = torch.tensor(model.encoder_.transform(features), dtype=torch.float32)
    with torch.no_grad():
        expected = torch.softmax(net(inputs), dim=1).numpy()
    np.testing.assert_allclose(model.probabilities(features), expected, atol=1e-5)


def test_the_latest_films_decide_when_to_stop() -> None:
    features, classes = rings()
    steady = network(patience=5).fit(features, classes)
    turned = classes.copy()
    turned[-40:] = 2 - turned[-40:]  # what was learned is wrong of late
    wary = network(patience=5).fit(features, turned)
    assert wary.n_epochs_ < steady.n_epochs_


def test_the_search_ends_when_patience_does(monkeypatch: pytest.MonkeyPatch) -> None:
    features, classes = rings()
    classes[-40:] = 2 - classes[-40:]
    shuffle, epochs = torch.randperm, []

    def counted(*given: Any, **named: Any) -> Any:
        epochs.append(1)
        return shuffle(*given, **named)

    monkeypatch.setattr(torch, "randperm", counted)
    model = network(patience=5).fit(features, classes)
    assert len(epochs) == (model.n_epochs_ + 5) + model.n_epochs_


class _Watched(Network):
    """Remembers which rows it was told to learn from and to watch."""

    def _train(self, *given: Any) -> Any:
        *_, learned, watched, _n_epochs = given
        self.asked = [*getattr(self, "asked", []), (learned, watched)]
        return super()._train(*given)


def test_the_latest_films_are_held_back_whatever_their_order_and_then_learned_too() -> None:
    features, classes = rings()
    order = np.random.default_rng(3).permutation(classes.size)
    model = _Watched(n_classes=3, max_epochs=1, min_count=1, hidden=(2,), use_gpu=False)
    model.fit(features[order], classes[order])
    (learned, watched), (everything, nothing) = model.asked
    days = features["as_of"].to_numpy()[order]
    assert days[learned].max() < days[watched].min()
    assert 0.1 < watched.size / classes.size < 0.2
    assert np.union1d(learned, watched).size == everything.size == classes.size
    assert nothing.size == 0


def test_films_of_one_day_are_learned_for_all_epochs() -> None:
    features, classes = rings()
    one_day = features.with_columns(pl.lit(date(2000, 1, 1)).alias("as_of"))
    assert network(max_epochs=7).fit(one_day, classes).n_epochs_ == 7


def test_it_tells_of_every_epoch_that_it_learns_from_all_films() -> None:
    features, classes = rings()
    told: list[tuple[int, int]] = []
    model = network(max_epochs=6).fit(features, classes, on_epoch=lambda *step: told.append(step))
    assert told == [(epoch, model.n_epochs_) for epoch in range(1, model.n_epochs_ + 1)]


def test_dropout_changes_what_is_learned_but_leaves_answers_certain() -> None:
    features, classes = rings()
    model = network(dropout=0.5, max_epochs=3).fit(features, classes)
    np.testing.assert_array_equal(model.probabilities(features), model.probabilities(features))
    assert not same(model, network(dropout=0.0, max_epochs=3).fit(features, classes))


def test_a_film_far_from_all_others_is_answered_as_the_farthest_one_that_counts() -> None:
    features, classes = rings()
    model = network(max_epochs=3).fit(features, classes)
    far = features[[0, 0]].with_columns(pl.Series("x", [6.5, 8.0]))
    p = model.probabilities(far)
    np.testing.assert_array_equal(p[0], p[1])


def test_without_torch_it_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = network(max_epochs=2).fit(*rings())
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MarqueeError, match=r"pip install 'marquee\[deep\]'"):
        network().fit(*rings())
    assert fitted.probabilities(rings()[0]).shape == (240, 3)  # answers need none


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU")
def test_a_gpu_learns_what_the_processor_learns() -> None:
    features, classes = rings()
    there = network(use_gpu=True, max_epochs=5).fit(features, classes)
    here = network(use_gpu=False, max_epochs=5).fit(features, classes)
    np.testing.assert_allclose(
        there.probabilities(features), here.probabilities(features), atol=1e-2
    )
