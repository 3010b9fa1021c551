"""On the built-in world, whose truth is known, figures of experiments hold what they promise."""

from __future__ import annotations

import dataclasses
import importlib
import math
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

from marquee.evaluation.online.effects import effect_terms
from marquee.evaluation.online.off_policy import doubly_robust, ips, snips

BENCHMARKS = Path(__file__).resolve().parents[3] / "benchmarks"
REPEATS = 150
HALVES = (0.5, 0.5)
pytestmark = pytest.mark.slow


class Lab(NamedTuple):
    """The benchmark's modules, and its audience."""

    driver: ModuleType
    world: ModuleType
    audience: Any


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(BENCHMARKS))
        world = importlib.import_module("online_world")
        yield Lab(importlib.import_module("online"), world, world.audience())


def at_most(share: float) -> float:
    """What a share of so many repeats stays below by more than chance."""
    return share + 3 * math.sqrt(share * (1 - share) / REPEATS)


def test_the_true_effect_is_held_after_every_viewer(lab: Lab) -> None:
    out = 0
    for number in range(REPEATS):
        rng = np.random.default_rng(number)
        values, arms = lab.world.split(lab.audience, 800, f"e{number}", rng)
        terms, most = effect_terms(values, arms, HALVES)
        out += lab.driver.ever_out(terms, most, lab.audience.effect) is not None
    assert lab.audience.effect > 0.02
    assert out / REPEATS <= at_most(0.05)


def test_without_an_effect_hardly_anybody_who_looks_all_the_time_finds_one(lab: Lab) -> None:
    ours = theirs = 0
    for number in range(REPEATS):
        rng = np.random.default_rng(1_000 + number)
        values, arms = lab.world.split(lab.audience, 800, f"a{number}", rng, same=True)
        terms, most = effect_terms(values, arms, HALVES)
        ours += lab.driver.ever_out(terms, most, 0.0) is not None
        theirs += lab.driver.peeked(values, arms)
    assert ours / REPEATS <= at_most(0.05)
    assert theirs / REPEATS > at_most(0.05), "a test for one look finds one far more often"


def test_interleaving_prefers_what_is_better_and_nothing_where_both_are_one(lab: Lab) -> None:
    people = lab.audience
    order = np.argsort(-people.pool_take, axis=1)[:, :10]
    best = np.take_along_axis(people.pool, order, axis=1)
    take = np.take_along_axis(people.pool_take, order, axis=1) * lab.world.LOOKS
    better = dataclasses.replace(people, lists=(people.lists[0], best), take=(people.take[0], take))
    out = 0
    for number in range(40):
        rng = np.random.default_rng(2_000 + number)
        same = lab.world.interleaved(people, 100, rng, same=True)
        out += lab.driver.ever_out(same, 1.0, 0.0) is not None
    assert out <= 6
    votes = lab.world.interleaved(better, 400, np.random.default_rng(1))
    assert lab.driver.ever_out(votes, 1.0, 0.0) is not None
    assert votes.mean() > 0.1


@pytest.mark.parametrize("way", [ips, snips, doubly_robust])
def test_the_value_of_another_way_is_held_at_the_nominal_rate(lab: Lab, way: Any) -> None:
    held = []
    for number in range(REPEATS):
        log = lab.world.logged(lab.audience, 600, np.random.default_rng(3_000 + number))
        more = (log.predicted, log.expected) if way is doubly_robust else ()
        found = way(log.rewards, log.logged, log.target, *more, log.viewers)
        held.append(found.low <= lab.audience.target_value <= found.high)
    spread = 3.5 * math.sqrt(0.95 * 0.05 / REPEATS)
    assert abs(np.mean(held) - 0.95) < spread


def test_the_same_numbers_make_the_same_experiment(lab: Lab) -> None:
    one, other = (
        lab.world.split(lab.audience, 50, "x", np.random.default_rng(1)) for _ in range(2)
    )
    assert np.array_equal(one[0], other[0])
    assert np.array_equal(one[1], other[1])
