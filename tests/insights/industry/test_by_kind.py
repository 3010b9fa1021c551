"""Revenue, return and popularity by what films are."""

from __future__ import annotations

import polars as pl
import pytest

from insights_kit import small_world
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import UnanswerableError
from marquee.insights import INSIGHTS
from marquee.insights.industry.by_kind import INSIGHTS as FAMILY
from marquee.insights.industry.films import films


def test_each_measure_is_asked_by_each_kind() -> None:
    assert len(FAMILY) == 21
    assert {insight.key for insight in FAMILY} <= set(INSIGHTS)


@pytest.mark.slow
def test_what_is_planted_in_a_world_is_told_and_no_more() -> None:
    world = build_world(4000, 5, 20, seed=2)
    month = INSIGHTS["revenue-by-month"].ask(world)
    assert "June" in month.differences
    assert "September" in month.differences
    assert "June (" in month.claim
    told = dict(month.table.select("month", "differs").rows())
    assert told["June"] == "more"
    assert told["September"] == "less"
    assert month.table["month"].to_list()[:2] == ["January", "February"]
    assert INSIGHTS["revenue-by-language"].ask(world).differences == ()
    # Months lift revenue only: popularity follows revenue, not the calendar, beyond it.
    shuffled = world.replace(
        outcomes=world.outcomes.with_columns(
            pl.col("value").shuffle(seed=1).over("measure").alias("value")
        )
    )
    assert INSIGHTS["revenue-by-month"].ask(shuffled).differences == ()


def test_the_medians_are_those_of_the_films() -> None:
    world = small_world()
    table = INSIGHTS["return-by-genre"].ask(world).table
    own = films(world).drop_nulls("multiple")
    for genre, median in table.select("genre", "median").rows():
        of_genre = own.filter(pl.col("genres").list.contains(genre))
        assert median == pytest.approx(of_genre["multiple"].median())


def test_data_of_one_kind_say_why_they_do_not_answer() -> None:
    world = small_world()
    no_day = world.replace(titles=world.titles.with_columns(release_date=pl.lit(None, pl.Date)))
    with pytest.raises(UnanswerableError, match="the day on which any film came out"):
        INSIGHTS["revenue-by-month"].ask(no_day)
    with pytest.raises(UnanswerableError, match="what any film took in"):
        INSIGHTS["revenue-by-month"].ask(world.replace(outcomes=Tables().outcomes))
    with pytest.raises(UnanswerableError, match="do not tell the age certificates"):
        INSIGHTS["popularity-by-certificate"].ask(
            world.replace(titles=world.titles.with_columns(certificate=pl.lit("NR")))
        )
