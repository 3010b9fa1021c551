"""The audience of a title from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Run

pytestmark = pytest.mark.slow


def test_a_title_of_the_data_is_asked_about_as_if_new(run: Run, world_home: Path) -> None:
    from marquee.data.workspace import Workspace

    rated = int(Workspace(world_home).frame("ratings")["title_id"][0])
    done = run("--home", world_home, "forecast", "audience", f"#{rated}", "--viewers", 3, "--json")
    assert done.code == 0, done.err
    answer = done.answer
    assert answer["title_id"] == rated
    assert answer["low"] <= answer["expected"] <= answer["high"]
    assert len(answer["viewer_ids"]) == 3
    assert not any("rated this title already" in text for text in answer["caveats"])


def test_a_plan_is_told_in_words(run: Run, world_home: Path) -> None:
    plan = ("--title", "Night Ship", "--genre", "Horror", "--overview", "A ship at night.")
    done = run("--home", world_home, "forecast", "audience", *plan, "--seen")
    assert done.code == 0, done.err
    assert done.out.startswith("Night Ship: ")
    assert "would watch and rate it" in done.out
    assert "By taste" in done.out
    assert "viewers of this data alone" in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name a film"),
        (("#1", "--genre", "Horror"), "by options alone"),
        (("--genre", "Horor"), "Horror"),
        (("No such title at all",), "no title"),
        (("#1", "--as-of", "1.2.2020"), "YYYY-MM-DD"),
    ],
)
def test_wrong_questions_get_one_sentence(
    run: Run, world_home: Path, words: tuple[str, ...], said: str
) -> None:
    done = run("--home", world_home, "forecast", "audience", *words)
    assert done.code == 1
    assert said in done.err
