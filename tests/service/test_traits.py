"""What two titles have in common is told in words that stand after "both are"."""

from __future__ import annotations

import polars as pl

from marquee.data.ids import IdIndex
from marquee.data.tables import Tables
from marquee.service.facts import TitleFacts
from marquee.service.traits import Traits


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
