"""A small world with taste in it, and models of it that are good, narrow and wrong."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from marquee.data.intake import add_world
from marquee.data.interactions import Interactions
from marquee.data.workspace import Workspace
from marquee.lifecycle.training import train
from marquee.models import ease_content_blend
from marquee.models.blend import Blend
from marquee.models.popularity import Popularity

if TYPE_CHECKING:
    from collections.abc import Callable

    from marquee.lifecycle.runs import Run
    from marquee.models.base import Recommender

AT = "2026-03-02T01:00:00+00:00"


@dataclass(kw_only=True, eq=False)
class Shuffled(Blend):
    """A good model that is fitted on the right ratings of the wrong titles."""

    def _fit(self, train: Interactions) -> None:
        rng = np.random.default_rng(0)
        wrong = Interactions.from_arrays(
            train.users.ids[train.rows],
            train.items.ids[rng.permutation(train.matrix.indices)],
            train.matrix.data,
            train.times,
            user_index=train.users,
            item_index=train.items,
        )
        super()._fit(wrong)


def shuffled() -> Shuffled:
    """The default model, to be fitted on shuffled labels."""
    good = ease_content_blend()
    return Shuffled(members=good.members, weights=good.weights)


MODELS: dict[str, Callable[[], Recommender]] = {
    "ease-content": ease_content_blend,
    "popularity": Popularity,
    "shuffled": shuffled,
}


def make_world(home: Path) -> Workspace:
    """A world of which the newest tenth holds some two hundred viewers."""
    workspace = Workspace(home)
    add_world(workspace, n_titles=400, n_viewers=1_200, n_ratings=60_000, seed=5)
    return workspace


def make_run(workspace: Workspace, name: str, **options: Any) -> Run:
    """A run of one of ``MODELS``."""
    return train(workspace, MODELS[name], name, **{"created_at": AT} | options)


def copied(home: Path, to: Path) -> Workspace:
    """A workspace of its own with all that another one holds."""
    shutil.copytree(home, to, dirs_exist_ok=True)
    return Workspace(to)
