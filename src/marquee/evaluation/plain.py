"""Values of reports as JSON knows them."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """The value as JSON knows it: NaN and infinity as None, a model as its name and parameters.

    Records become objects, arrays and tuples lists; whatever else is told by its ``repr``.
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if not isinstance(value, type) and callable(getattr(value, "params", None)):
        return {"model": type(value).__name__, "params": plain(value.params())}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(inner) for inner in value]
    return repr(value)
