"""Every space is of a recommender, and every corner of it can be built."""

from __future__ import annotations

from itertools import product

import pytest

from marquee.models import ALGORITHMS
from marquee.models.spaces import SPACES
from marquee.search.space import Range


@pytest.mark.parametrize("name", SPACES)
def test_every_corner_of_a_space_can_be_built(name: str) -> None:
    corners = [
        (choice.low, choice.high) if isinstance(choice, Range) else tuple(choice)
        for choice in SPACES[name].values()
    ]
    for values in product(*corners):
        given = dict(zip(SPACES[name], values, strict=True))
        params = {
            key: int(value) if isinstance(choice := SPACES[name][key], Range) and choice.whole
            else value for key, value in given.items()
        }  # fmt: skip
        assert params.items() <= ALGORITHMS[name](**params).params().items()


@pytest.mark.parametrize("name", SPACES)
def test_the_default_lies_inside_the_space(name: str) -> None:
    default = ALGORITHMS[name]().params()
    for key, choice in SPACES[name].items():
        if name == "taste-groups" and key == "groups":
            continue  # the default, 0, has the model choose by itself
        inside = (
            choice.low <= default[key] <= choice.high
            if isinstance(choice, Range)
            else default[key] in choice
        )
        assert inside, key
