"""What a prediction may know of times, and how a model and its data are held to it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.splits import Split
from marquee.models.abilities import CLOCKS
from marquee.models.base import Recommender

MEANING = {
    "none": "no time is known, neither of what is learned from nor of what is asked",
    "past": "a prediction may use the times of the viewer's strictly earlier ratings",
    "full": (
        "a prediction may use the moment of the test rating and later ratings of the viewer: "
        "a benchmark condition and not a serving one"
    ),
}
"""What each clock says of a result."""


def clock_for(splits: Sequence[Split], asked: str | None) -> str:
    """The clock that was asked for; without one ``past`` for splits by time and else ``none``.

    Where the test part lies after the training part all times of the latter are of the past.

    Raises
    ------
    ParameterError
        If there is no such clock, or the data has no times for it.
    """
    if asked is None:
        return "past" if splits and all(split.by_time for split in splits) else "none"
    if asked not in CLOCKS:
        raise ParameterError(f"clock must be one of {', '.join(CLOCKS)}, got {asked!r}")
    for split in splits:
        for part in (split.train, split.test, split.history):
            if asked != "none" and part.times is None:
                raise ParameterError(
                    f"clock {asked!r} needs the time of every rating, and split {split.name} "
                    "lacks some; use --clock none"
                )
    return asked


def without_times(interactions: Interactions) -> Interactions:
    """The same interactions without their times."""
    if interactions.times is None:
        return interactions
    return dataclasses.replace(interactions, times=None)


def with_clock(model: Recommender, clock: str) -> Recommender:
    """The unfitted model with that clock, its members too; the very model where none has one."""
    changes: dict[str, Any] = {}
    for name, value in model.params().items():
        if name == "clock":
            changes[name] = clock
        elif isinstance(value, Recommender):
            changes[name] = with_clock(value, clock)
        elif isinstance(value, tuple) and any(isinstance(item, Recommender) for item in value):
            members = tuple(
                with_clock(item, clock) if isinstance(item, Recommender) else item for item in value
            )
            same = all(new is old for new, old in zip(members, value, strict=True))
            changes[name] = value if same else members
    if all(changes[name] is value for name, value in model.params().items() if name in changes):
        return model
    return dataclasses.replace(model, **changes)
