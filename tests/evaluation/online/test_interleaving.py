"""A draft is fair: each list chooses its best in turn, and neither gains by being written first."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marquee.errors import ParameterError
from marquee.evaluation.online.effects import effect
from marquee.evaluation.online.interleaving import NEITHER, team_draft, votes

titles = st.lists(st.integers(0, 12), max_size=10)


class Coins(np.random.Generator):
    """A generator that tosses the coins it is given."""

    def __init__(self, coins: list[int]) -> None:
        super().__init__(np.random.PCG64(0))
        self._coins = list(coins)

    def integers(self, *_: object, **__: object) -> int:  # type: ignore[override]
        return self._coins.pop(0)


def slow(first: list[int], second: list[int], k: int, coins: list[int]) -> list[tuple[int, int]]:
    """Rounds of two, as captains choose; written from the rounds and not from the sizes."""
    shown: list[tuple[int, int]] = []
    coins = list(coins)

    def rest(side: int) -> list[int]:
        return [each for each in (first, second)[side] if each not in [s for s, _ in shown]]

    while len(shown) < k and rest(0) and rest(1):
        begins = coins.pop(0)
        for side in (begins, 1 - begins):
            if len(shown) < k and rest(0) and rest(1):
                shown.append((rest(side)[0], side))
    for side in (0, 1):
        while len(shown) < k and rest(side):
            shown.append((rest(side)[0], NEITHER))
    return shown


@settings(max_examples=300, deadline=None)
@given(titles, titles, st.integers(1, 12), st.lists(st.integers(0, 1), min_size=12, max_size=12))
def test_a_draft_is_that_of_two_captains(
    first: list[int], second: list[int], k: int, coins: list[int]
) -> None:
    draft = team_draft(first, second, k, Coins(coins))
    assert list(zip(draft.items, draft.teams, strict=True)) == slow(first, second, k, coins)
    assert len(set(draft.items.tolist())) == len(draft.items)


def test_each_list_leads_in_half_of_the_drafts() -> None:
    rng = np.random.default_rng(1)
    leads = Counter(int(team_draft([1, 2, 3], [4, 5, 6], 3, rng).teams[0]) for _ in range(2_000))
    assert abs(leads[0] - 1_000) < 4 * np.sqrt(500)


def test_one_list_under_two_names_gives_votes_to_neither_in_the_long_run() -> None:
    rng = np.random.default_rng(2)
    found = []
    for _ in range(1_500):
        draft = team_draft([1, 2, 3, 4], [1, 2, 3, 4], 4, rng)
        taken = rng.random(4) < (0.6, 0.3, 0.2, 0.1)
        found.append(votes(draft.teams, taken, [0, 0, 0, 0])[0])
    assert abs(np.mean(found)) < 4 / np.sqrt(1_500)
    assert {-1.0, 0.0, 1.0} == set(found)


def test_votes_are_counted_list_by_list() -> None:
    teams = [0, 1, NEITHER, 1, 0, 1, 1]
    taken = [1, 0, 1, 1, 1, 0, 0]
    lists = [0, 0, 0, 1, 2, 2, 3]
    assert votes(teams, taken, lists).tolist() == [-1, 1, -1, 0]
    assert votes([], [], []).tolist() == []


def test_what_only_one_list_had_left_is_no_vote() -> None:
    draft = team_draft([1], [1, 2, 3], 3, np.random.default_rng(0))
    assert draft.items.tolist() == [1, 2, 3]
    assert draft.teams[1:].tolist() == [NEITHER, NEITHER]
    assert team_draft([], [], 3, np.random.default_rng(0)).items.size == 0


def test_a_list_of_nothing_is_refused() -> None:
    with pytest.raises(ParameterError, match="at least 1"):
        team_draft([1], [2], 0, np.random.default_rng(0))


def test_an_effect_is_no_vote() -> None:
    with pytest.raises(ParameterError, match="between 0 and 1"):
        effect([-1.0], [0], (0.5, 0.5))
