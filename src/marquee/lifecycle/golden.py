"""Golden lists: what somebody who rated so must, and must not, be shown.

``HOME/golden.json`` is a list of objects::

    {"name": "lovers of heists", "ratings": {"17": 5, "20": 4.5}, "k": 20,
     "holds": [33], "lacks": [40]}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.models.base import Recommender

FILE = "golden.json"


@dataclass(frozen=True, kw_only=True)
class Golden:
    """A list that was written down as right."""

    name: str
    ratings: dict[int, float]
    """Stars by number of the title."""
    k: int
    holds: tuple[int, ...]
    """Titles that must be in the list."""
    lacks: tuple[int, ...]
    """Titles that must not."""


def read_golden(home: Path) -> list[Golden] | None:
    """The golden lists of a workspace; None where it has none.

    Raises
    ------
    ParameterError
        If its file holds something else.
    """
    path = home / FILE
    if not path.exists():
        return None
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
        return [_golden(entry) for entry in given]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ParameterError(
            f"{path} must be a list of objects with name, ratings, k, holds and lacks ({error!r})"
        ) from error


def faults(model: Recommender, golden: list[Golden]) -> tuple[str, ...]:
    """What is wrong with the model's lists, in words; titles it does not know are wrong too."""
    found = []
    for each in golden:
        numbers = np.array([*each.ratings, *each.holds, *each.lacks], np.int64)
        absent = numbers[model.items_.find(numbers) < 0]
        if absent.size:
            found.append(f"{each.name}: the model knows no title {absent[0]}")
            continue
        places = model.items_.positions(np.array(list(each.ratings), np.int64))
        profile = Interactions.of_one(places, list(each.ratings.values()), model.items_)
        items = model.recommend(profile, each.k).items[0]
        shown = set(model.items_.ids[items[items >= 0]].tolist())
        found += [f"{each.name}: lacks title {title}" for title in each.holds if title not in shown]
        found += [f"{each.name}: holds title {title}" for title in each.lacks if title in shown]
    return tuple(found)


def _golden(entry: Any) -> Golden:
    ratings = {int(title): float(stars) for title, stars in entry["ratings"].items()}
    k = int(entry.get("k", 10))
    if k < 1 or not all(np.isfinite(stars) for stars in ratings.values()):
        raise ValueError(f"k is {k}, ratings are {ratings}")
    return Golden(
        name=str(entry["name"]),
        ratings=ratings,
        k=k,
        holds=tuple(map(int, entry.get("holds", ()))),
        lacks=tuple(map(int, entry.get("lacks", ()))),
    )
