"""The page that documents the world says what the world does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from marquee.data.world import effects, effects_table, scores_table

pytestmark = pytest.mark.slow

PAGE = Path(__file__).resolve().parents[2] / "docs" / "world.md"


def part(name: str) -> str:
    page = PAGE.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {name} -->\n\n(.*?)\n\n<!-- /{name} -->", page, re.DOTALL)
    assert found is not None, f"docs/world.md has no part {name}"
    return found[1]


def test_the_planted_effects_stand_on_the_page() -> None:
    assert part("effects") == effects_table(), "run python tools/world_page.py"


def test_the_best_scores_stand_on_the_page() -> None:
    assert part("scores") == scores_table(), "run python tools/world_page.py"


@pytest.mark.parametrize("name", [*effects.GENRES, *(g.name for g in effects.TASTE_GROUPS)])
def test_every_genre_and_taste_group_is_in_the_tables(name: str) -> None:
    assert f"| {name} |" in effects_table()


def test_the_constants_are_whole() -> None:
    assert sum(group.share for group in effects.TASTE_GROUPS) == pytest.approx(1)
    assert sum(effects.MONTH_LIFT) == pytest.approx(0)
    traits = {trait.name for trait in effects.TRAITS}
    for group in effects.TASTE_GROUPS:
        assert set(group.genres) <= set(effects.GENRES), group.name
        assert set(group.traits) <= traits, group.name
