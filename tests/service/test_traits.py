"""What two titles have in common is told by kind, and as a sentence says it."""

from __future__ import annotations

import polars as pl
import pytest

from marquee.data.ids import IdIndex
from marquee.data.tables import Tables
from marquee.service.facts import TitleFacts
from marquee.service.traits import Traits, in_common


def test_what_is_shared_is_told_the_rarest_kind_first() -> None:
    titles = pl.DataFrame(
        {
            "title_id": [4, 7, 9],
            "kind": ["film"] * 3,
            "name": ["One", "Two", "Übrig"],
            "genres": [["Drama", "Crime"], ["Crime"], []],
            "collection": ["One Collection", "One Collection", None],
            "source": ["test"] * 3,
        }
    )
    cast = pl.DataFrame(
        {
            "title_id": [4, 7, 4, 7, 9],
            "person": ["Agnès V.", "Agnès V.", "Bo", "Bo", "Bo"],
            "role": ["director", "director", "actor", "actor", "actor"],
            "source": ["test"] * 5,
        }
    )
    tables = Tables(titles=titles, credits=cast)
    items = IdIndex([4, 7, 9])
    facts = TitleFacts.of(items, tables.titles, tables.credits, tables.availability, [1, 1, 1])
    traits = Traits.of(facts)
    expected = ("part of One Collection", "directed by Agnès V.", "with Bo", "Crime")
    assert traits.shared(0, 1) == expected
    assert traits.shared(2, 1) == ("with Bo",)
    assert traits.shared(2, 2) == ("with Bo",)


@pytest.mark.parametrize(
    ("traits", "said"),
    [
        ((), ""),
        (("with Bo Li", "Drama"), "both star Bo Li; both are drama titles"),
        (("Drama", "Science Fiction"), "both are drama and science fiction titles"),
        (("with Bo", "with Ann", "with Éa"), "both star Bo, Ann and Éa"),
        (
            ("part of One Collection", "directed by Bo", "TV Movie"),
            "both are part of One Collection; both are directed by Bo; both are TV Movie titles",
        ),
    ],
)
def test_what_is_shared_reads_as_a_sentence(traits: tuple[str, ...], said: str) -> None:
    assert in_common(traits) == said
