"""What a search tries for a model's hyperparameters."""

from __future__ import annotations

from marquee.errors import ParameterError
from marquee.forecast.base import Estimator
from marquee.search.space import Range, Space

__all__ = ["Range", "Space", "check_space"]


def check_space(model: Estimator, space: Space) -> None:
    """Raises ``ParameterError`` for an empty space, or a name that the model does not have."""
    if not space:
        raise ParameterError("a search needs a space, such as {'l2': (1, 10, 100)}")
    strange = sorted(set(space) - set(model.params()))
    if strange:
        raise ParameterError(
            f"{type(model).__name__} has no hyperparameter {strange}; it has "
            f"{sorted(model.params())}"
        )
