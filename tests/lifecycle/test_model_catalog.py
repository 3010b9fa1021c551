"""What is told of every model is what its class says and takes."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from marquee.lifecycle.model_catalog import COMMON, abilities_of, catalog, meanings, paper_of
from marquee.models import ALGORITHMS, RECIPES
from marquee.models.abilities import PredictsRatings
from marquee.models.bias import Bias
from marquee.models.blend import Blend
from marquee.models.content import Content
from marquee.models.popularity import Popularity

ROOT = Path(__file__).resolve().parents[2]
ENTRIES = {entry.name: entry for entry in catalog()}


def test_every_name_that_can_be_fitted_is_told_of_once() -> None:
    assert [entry.name for entry in catalog()] == sorted({*ALGORITHMS, *RECIPES})


@pytest.mark.parametrize("name", sorted(ALGORITHMS))
def test_every_algorithm_says_what_it_takes_and_where_it_was_published(name: str) -> None:
    entry = ENTRIES[name]
    taken = [field.name for field in dataclasses.fields(ALGORITHMS[name]) if field.init]
    assert [one.name for one in entry.parameters] == taken
    silent = [one.name for one in entry.parameters if not one.meaning]
    assert not silent, f"write below each of {silent} in a string what it means"
    assert re.search(r", [^.]*\b(19|20)\d\d\b", entry.paper), (
        f"give {name} a section References in its docstring: authors, title, venue, year"
    )
    assert entry.summary.endswith(".")


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_a_default_is_the_one_that_the_model_has(name: str) -> None:
    entry = ENTRIES[name]
    assert json.loads(json.dumps(dataclasses.asdict(entry)))["name"] == name
    if name in {"blend", "stack", "stacked-ranker"}:
        pytest.skip("has to be given its members")
    model = RECIPES[name]() if name in RECIPES else ALGORITHMS[name]()
    for one in entry.parameters:
        value = getattr(model, one.name)
        if isinstance(value, int | float | str):
            assert one.default == value
        else:
            assert isinstance(one.default, str | None)


def test_abilities_are_told_of_classes_and_of_what_is_put_together() -> None:
    assert "predicts ratings" in abilities_of(Bias)
    assert "predicts ratings" in ENTRIES["bias"].abilities
    assert "predicts ratings" not in abilities_of(Popularity)
    assert "explains its picks" not in ENTRIES["blend"].abilities
    blend = Blend(members=(Content(), Popularity()), weights=(1.0, 1.0))
    assert {"explains its picks", "learns from what titles are about"} <= set(abilities_of(blend))
    for name, algorithm in ALGORITHMS.items():
        told = "predicts ratings" in ENTRIES[name].abilities
        assert told == issubclass(algorithm, PredictsRatings)


def test_a_recipe_tells_what_it_is_made_of() -> None:
    assert ENTRIES["ease-content"].members == ("EASE", "Content", "Popularity")


@dataclasses.dataclass(kw_only=True, eq=False)
class Inner(Popularity):
    """Scores | nothing; says so.

    References
    ----------
    A. Author, "Title",
    Venue 1999.

    Notes
    -----
    No part of it.
    """

    plain: int = 1
    said: float = 2.0
    """Means
    ``much`` in two lines."""
    seed: int = 0


def test_meanings_and_papers_are_read_from_the_class() -> None:
    told = meanings(Inner)
    assert told["said"] == "Means `much` in two lines."
    assert "plain" not in told
    assert told["share_"] == meanings(Popularity)["share_"]
    assert paper_of(Inner) == 'A. Author, "Title", Venue 1999.'
    assert paper_of(Popularity) != ""

    class Without(Popularity):
        """Has no paper."""

    assert paper_of(Without) == ""
    assert COMMON["seed"]


def test_the_page_of_models_is_what_its_tool_writes() -> None:
    written = (ROOT / "docs/reference/models.md").read_text(encoding="utf-8")
    tool = "import sys; sys.path.insert(0, 'tools'); import models_page as m; print(m.page())"
    asked = subprocess.run(
        [sys.executable, "-c", tool], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert asked.stdout.rstrip("\n") == written.rstrip("\n"), "run: python tools/models_page.py"
