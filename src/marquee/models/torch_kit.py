"""What models learned with PyTorch share: where it is imported, threads, device and chance."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from marquee.errors import MarqueeError

if TYPE_CHECKING:
    from torch import Generator, Tensor


def torch_for(model: str) -> Any:
    """The module ``torch``, imported only now since it takes a second.

    Raises
    ------
    MarqueeError
        If it is not installed; the model is named, and so is the way out.
    """
    try:
        import torch
    except ImportError as error:
        raise MarqueeError(
            f"{model} learns with PyTorch; run: pip install 'marquee[deep]'"
        ) from error
    return torch


@contextmanager
def one_thread(torch: Any) -> Iterator[None]:
    """One thread within, since the order of sums depends on their number; the old number after."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def device_of(torch: Any) -> str:
    """``cuda`` where PyTorch sees a GPU, else ``cpu``; the last digits differ between them."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def dropped(torch: Any, values: Tensor, share: float, generator: Generator) -> Tensor:
    """The values with a share of them set to 0 and the others scaled so that the mean stays.

    Chance is drawn on the CPU, so that every device draws the same.
    """
    if not share:
        return values
    kept = torch.rand(values.shape, generator=generator) >= share
    result: Tensor = values * (kept.to(values.device) / (1 - share))
    return result


def cooled(rate: float, done: int, total: int) -> float:
    """The learning rate after ``done`` of ``total`` steps: level for half of them, then falling."""
    return rate * min(1.0, 2 * (1 - done / total) + 0.02)


def array_of(tensor: Tensor) -> NDArray[np.float32]:
    """The numbers of a tensor, in an array of their own."""
    return np.ascontiguousarray(tensor.detach().cpu().numpy(), np.float32).copy()
