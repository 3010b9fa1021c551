"""Leaks that are planted are found by the check that is there for them; clean data raises none."""

from __future__ import annotations

import pytest

from marquee.app.cli.params import make_model
from marquee.evaluation.leaks.clean import clean_set_ups, small_world
from marquee.evaluation.leaks.leak import CHECKS
from marquee.evaluation.leaks.planted import Planted, planted_leaks
from marquee.evaluation.leaks.trial import try_checks


@pytest.mark.parametrize("seed", [1, pytest.param(4, marks=pytest.mark.slow)])
@pytest.mark.parametrize("planted", planted_leaks(), ids=lambda planted: planted.check)
def test_a_planted_leak_is_found_and_no_other_one(planted: Planted, seed: int) -> None:
    found = [leak for leak in planted.find(small_world(seed)) if not leak.note]
    assert {leak.check for leak in found} == {planted.check}
    assert all(leak.n >= 1 and leak.words for leak in found)


def test_every_check_has_its_leak() -> None:
    assert [planted.check for planted in planted_leaks()] == list(CHECKS)


@pytest.mark.slow
def test_eight_of_eight_are_found_and_none_of_twenty_is_raised() -> None:
    steps: list[tuple[int, int]] = []
    trial = try_checks(make_model, on_step=lambda done, total, _: steps.append((done, total)))
    assert trial.counts == {"planted": 8, "found": 8, "clean": 20, "raised": 0}
    assert steps[0] == (0, 28)
    assert steps[-1] == (28, 28)


def test_clean_set_ups_differ() -> None:
    words = [set_up.words for set_up in clean_set_ups(make_model)]
    assert len(words) == len(set(words)) == 20
