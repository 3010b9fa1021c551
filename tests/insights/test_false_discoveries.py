"""Where nothing differs, differences are claimed no more often than promised.

Each question is asked of 200 small worlds in which what it compares is shuffled, so that every
difference that it claims is false: the share of worlds with one is the false-discovery rate.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import polars as pl
import pytest
from scipy.stats import binom

from insights_kit import small_world
from marquee.data.tables import Tables
from marquee.insights import INSIGHTS
from marquee.insights.multiple import FALSE_DISCOVERY_RATE

pytestmark = pytest.mark.slow

WORLDS = 200
BUILT = 5
"""Worlds that are built; each is shuffled anew until there are enough."""

Shuffle = Callable[[Tables, int], Tables]


def shuffled(table: str, *columns: str) -> Shuffle:
    """Those columns of a table, together, in another order of its rows."""

    def shuffle(tables: Tables, seed: int) -> Tables:
        frame = getattr(tables, table)
        moved = frame.select(columns).sample(fraction=1, shuffle=True, seed=seed)
        return tables.replace(**{table: frame.with_columns(moved.get_columns())})

    return shuffle


COMPARED: dict[str, Shuffle] = {
    "genre-ratings": shuffled("titles", "genres"),
    "films-and-shows": shuffled("titles", "kind"),
    "over-time": shuffled("ratings", "rated_at"),
    "viewer-activity": shuffled("ratings", "rating"),
    "agreement": shuffled("ratings", "rating"),
    "by-age": shuffled("viewers", "age"),
    "by-gender": shuffled("viewers", "gender"),
    "by-occupation": shuffled("viewers", "occupation"),
    "genre-share": shuffled("titles", "genres"),
    "thin-ratings": shuffled("titles", "genres"),
}


@pytest.mark.parametrize("key", COMPARED)
def test_a_difference_that_is_not_there_is_claimed_as_seldom_as_promised(key: str) -> None:
    claimed = 0
    for seed in range(WORLDS):
        tables = COMPARED[key](small_world(seed % BUILT), seed)
        found = INSIGHTS[key].ask(tables)
        claimed += bool(found.differences)
        if "differs" in found.table.columns:
            told = found.table["differs"]
            assert bool(found.differences) == (
                told.any() if told.dtype == pl.Boolean else (told != "no").any()
            )
        claims = " ".join(sentence.text for sentence in found.sentences)
        assert bool(found.differences) or re.search(r"not shown|\b[Nn]o(ne)? |\b0 divide", claims)
    # So many or fewer are seen with probability 0.99 where the rate is the promised one.
    assert claimed <= binom.ppf(0.99, WORLDS, FALSE_DISCOVERY_RATE), claimed
