"""Dropout that takes little time, and weights as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from torch import Generator, Tensor


def thinned(torch: Any, values: Tensor, share: float, generator: Generator) -> Tensor:
    """The values with a share of them set to 0 at random and the others raised to make up.

    The share is rounded to a 256th. Chance is drawn on the CPU, so that every device draws the
    same; one draw of 64 bits serves eight values, since drawing is what takes the time.
    """
    out_of_256 = min(round(256 * share), 255)
    if out_of_256 == 0:
        return values
    bits = torch.empty(-(-values.numel() // 8), dtype=torch.int64)
    bits.random_(-(2**63), None, generator=generator)
    kept = bits.view(torch.uint8)[: values.numel()] >= out_of_256
    result: Tensor = values * (
        kept.view(values.shape).to(values.device) * (256 / (256 - out_of_256))
    )
    return result


def copies(tensors: dict[str, Tensor]) -> dict[str, NDArray[np.float32]]:
    """The tensors as arrays of their own."""
    return {name: each.detach().cpu().numpy().copy() for name, each in tensors.items()}
