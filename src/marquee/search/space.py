"""What a search tries for hyperparameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marquee.errors import ParameterError


@dataclass(frozen=True)
class Range:
    """Numbers from low to high, both included."""

    low: float
    high: float
    log: bool = False
    """Whether to spread over orders of magnitude."""
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (self.log and self.low <= 0):
            raise ParameterError(f"a range needs low < high, and low > 0 if log, got {self}")


Space = Mapping[str, Range | Sequence[Any]]
"""What to try for each hyperparameter: a range, or values to choose from."""
