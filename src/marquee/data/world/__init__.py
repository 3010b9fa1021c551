"""A fictional film world from a seed: the built-in data, and the ground truth of tests.

``build_world()`` gives its tables, ``write_world(folder)`` writes them at any size, and
``make_world()`` gives the :class:`World` that also knows the truth behind them. What is planted
stands in :mod:`marquee.data.world.effects`.
"""

from __future__ import annotations

from marquee.data.world.build import build_world, write_world
from marquee.data.world.effects import SOURCE
from marquee.data.world.page import effects_table, scores_table
from marquee.data.world.truth import BestInterval, World, best_interval, make_world

__all__ = [
    "SOURCE",
    "BestInterval",
    "World",
    "best_interval",
    "build_world",
    "effects_table",
    "make_world",
    "scores_table",
    "write_world",
]
