"""A neural network by PyTorch, learned the same on one thread or many."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from marquee.errors import MarqueeError
from marquee.forecast.encoded import EncodedClassifier
from marquee.forecast.resampling import ClassWeight
from marquee.forecast.space import Range, Space

if TYPE_CHECKING:
    from torch import Generator, Tensor


@dataclass(kw_only=True, eq=False)
class Network(EncodedClassifier):
    """A multilayer perceptron with dropout, learned by Adam on the weighted log-loss.

    The latest training films are held back to find the number of epochs after which the log-loss
    on them is least; then the network learns anew from all films for that many. Answers need no
    PyTorch: what it learned are plain arrays.
    """

    class_weight: ClassWeight | None = "balanced"
    hidden: tuple[int, ...] = (64, 32)
    """Units of each hidden layer."""
    dropout: float = 0.4
    """Share of the hidden units that sit out each step."""
    l2: float = 0.01
    """Weight decay per step, as a share of the learning rate."""
    learning_rate: float = 0.001
    batch: int = 128
    max_epochs: int = 100
    patience: int = 10
    """Epochs without a lower loss on the films held back, after which the search for it ends."""
    held_back: float = 0.15
    """Share of the training films, the latest, that decides on the number of epochs."""
    use_gpu: bool = True
    """Whether to learn on a GPU where PyTorch sees one; its sums differ in the last digits."""

    space: ClassVar[Space] = {
        "hidden": ((32,), (64,), (64, 32), (128, 64)),
        "dropout": Range(0.1, 0.6),
        "learning_rate": Range(0.0003, 0.003, log=True),
        "l2": Range(0.001, 0.3, log=True),
    }

    weights_: list[NDArray[np.float32]] = field(init=False, repr=False)
    """Weights of each layer, shape (n_inputs, n_outputs)."""
    biases_: list[NDArray[np.float32]] = field(init=False, repr=False)
    n_epochs_: int = field(init=False, repr=False)
    """Epochs learned, which early stopping chose."""

    def _learn(
        self,
        X: NDArray[np.float64],
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
        days: NDArray[np.int32],
    ) -> None:
        # By day, so that films of the same day lie on one side, and learned rows come first.
        cutoff = np.quantile(days, 1 - self.held_back)
        early, late = np.flatnonzero(days <= cutoff), np.flatnonzero(days > cutoff)
        if early.size and late.size:
            best = self._train(X, labels, weights, early, late, self.max_epochs)[1]
        else:
            best = self.max_epochs  # all films of one day: there is no later one to hold back
        everything = np.arange(labels.size)
        layers, self.n_epochs_ = self._train(X, labels, weights, everything, everything[:0], best)
        self.weights_ = [weight for weight, _ in layers]
        self.biases_ = [bias for _, bias in layers]

    def _answer(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        h = X
        for weight, bias in zip(self.weights_[:-1], self.biases_[:-1], strict=True):
            h = np.maximum(h @ weight.astype(np.float64) + bias, 0)
        logits = h @ self.weights_[-1].astype(np.float64) + self.biases_[-1]
        p = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(p / p.sum(axis=1, keepdims=True))

    def _train(
        self,
        X: NDArray[np.float64],
        labels: NDArray[np.int64],
        weights: NDArray[np.float64],
        learned: NDArray[np.int64],
        watched: NDArray[np.int64],
        n_epochs: int,
    ) -> tuple[list[tuple[NDArray[np.float32], NDArray[np.float32]]], int]:
        """Layers learned from some rows, and the epoch at which the watched rows' loss was least.

        Where none is watched that is ``n_epochs``, and all of them are learned.
        """
        torch = _torch()
        device = "cuda" if self.use_gpu and torch.cuda.is_available() else "cpu"
        # All chance comes from this one, on the CPU, so that every device draws the same.
        generator = torch.Generator().manual_seed(self.seed)
        with _one_thread(torch):
            inputs = torch.from_numpy(X.astype(np.float32)).to(device)
            target = torch.from_numpy(labels).to(device)
            weight = torch.from_numpy(weights.astype(np.float32)).to(device)
            rows, watch = torch.from_numpy(learned), torch.from_numpy(watched).to(device)
            layers = self._start(torch, X.shape[1], int(labels.max()) + 1, generator, device)
            flat = [each for layer in layers for each in layer]
            optimizer = torch.optim.AdamW(flat, lr=self.learning_rate, weight_decay=self.l2)

            def loss(of: Tensor, chance: Generator | None) -> Tensor:
                logits = self._forward(torch, inputs[of], layers, chance)
                each = torch.nn.functional.cross_entropy(logits, target[of], reduction="none")
                mean: Tensor = (each * weight[of]).sum() / weight[of].sum()
                return mean

            best, least = n_epochs, np.inf
            for epoch in range(1, n_epochs + 1):
                order = rows[torch.randperm(len(rows), generator=generator)]
                for part in order.split(self.batch):
                    optimizer.zero_grad()
                    loss(part.to(device), generator).backward()  # type: ignore[no-untyped-call]  # torch leaves it so
                    optimizer.step()
                if len(watch):
                    with torch.no_grad():
                        now = float(loss(watch, None))
                    if now < least:
                        best, least = epoch, now
                    if epoch - best >= self.patience:
                        break
                else:
                    self._epoch_done(epoch, n_epochs)
            arrays = [each.detach().cpu().numpy().copy() for each in flat]
        return list(zip(arrays[::2], arrays[1::2], strict=True)), best

    def _start(
        self, torch: Any, n_inputs: int, n_labels: int, generator: Generator, device: str
    ) -> list[tuple[Tensor, Tensor]]:
        """Weights by He's rule and biases of 0; no draw is taken from PyTorch's global chance."""
        sizes = (n_inputs, *self.hidden, n_labels)
        layers = []
        for before, after in pairwise(sizes):
            weight = torch.randn(before, after, generator=generator) * (2 / before) ** 0.5
            layers.append((weight.to(device).requires_grad_(), torch.zeros(after, device=device)))
            layers[-1][1].requires_grad_()
        return layers

    def _forward(
        self,
        torch: Any,
        h: Tensor,
        layers: list[tuple[Tensor, Tensor]],
        chance: Generator | None,
    ) -> Tensor:
        """Logits; with dropout where chance is given."""
        for weight, bias in layers[:-1]:
            h = torch.relu(h @ weight + bias)
            if chance is not None and self.dropout > 0:
                kept = torch.rand(h.shape, generator=chance) >= self.dropout
                h = h * kept.to(h.device) / (1 - self.dropout)
        weight, bias = layers[-1]
        return h @ weight + bias


def _torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise MarqueeError("the network needs PyTorch; run: pip install 'marquee[deep]'") from error
    return torch


@contextmanager
def _one_thread(torch: Any) -> Iterator[None]:
    """One thread within, since the order of sums depends on their number; the old number after."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
