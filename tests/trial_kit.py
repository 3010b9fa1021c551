"""A small world with two fitted models, for whoever lets both answer."""

from __future__ import annotations

from pathlib import Path

from marquee.data.intake import add_world
from marquee.data.workspace import Workspace
from marquee.lifecycle.fitting import fit_workspace
from marquee.models import ALGORITHMS


def small_world(home: Path) -> Workspace:
    """60 titles and 80 viewers, of whom nothing was learned yet."""
    workspace = Workspace(home)
    add_world(workspace, n_titles=60, n_viewers=80, n_ratings=900, seed=3)
    return workspace


def two_models(home: Path) -> Workspace:
    """The same where bias answers, and popularity is fitted too."""
    workspace = small_world(home)
    for name in ("popularity", "bias"):
        fit_workspace(workspace, ALGORITHMS[name](), name)
    return workspace
