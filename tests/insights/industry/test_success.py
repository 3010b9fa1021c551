"""Questions about money: budgets, classes of success, runtime, records, keywords, plots."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import polars as pl
import pytest

from insights_kit import small_world
from marquee.data.tables import Tables
from marquee.data.world import build_world, effects
from marquee.errors import UnanswerableError
from marquee.features.tone import tone
from marquee.forecast.targets import SUCCESS
from marquee.insights import INSIGHTS, Finding
from marquee.insights.industry.films import films


@pytest.fixture(scope="module")
def large_world() -> Tables:
    return build_world(4000, 5, 20, seed=4)


def ask(key: str, tables: Tables) -> Finding:
    return INSIGHTS[key].ask(tables)


def test_the_elasticity_is_that_of_least_squares(large_world: Tables) -> None:
    found = ask("budget-and-outcome", large_world)
    own = films(large_world).drop_nulls("multiple")
    design = np.column_stack([np.ones(own.height), np.log(own["budget_real_usd"]), own["year"]])
    weights = np.linalg.lstsq(design, np.log(own["revenue_real_usd"].to_numpy()), rcond=None)[0]
    assert found.sentences[0].numbers["twice"].value == pytest.approx(2 ** weights[1])
    # The planted one is 0.65; dear films are also sequels and come out in months that lift.
    assert effects.BUDGET_ELASTICITY < weights[1] < 1
    assert "falls with the budget" in found.claim
    assert found.table["films"].sum() == found.n


def test_tenths_hold_the_films_in_order_of_their_budgets() -> None:
    world = small_world()
    own = films(world).drop_nulls("multiple").sort("budget_real_usd", "title_id")
    table = ask("budget-and-outcome", world).table
    first = own.head(table["films"][0])
    assert table["median profit"][0] == pytest.approx(first["profit_real_usd"].median())
    assert table["took in twice its budget"][0] == pytest.approx((first["multiple"] >= 2).mean())


@pytest.mark.parametrize("key", ["success-by-year", "success-by-budget"])
def test_every_film_is_in_one_class_of_its_group(key: str, large_world: Tables) -> None:
    found = ask(key, large_world)
    classes = found.table.select(each.name for each in SUCCESS)
    assert (classes.sum_horizontal() == found.table["films"]).all()
    own = films(large_world).drop_nulls("multiple")
    if key == "success-by-budget":
        low = own.filter(pl.col("budget_class") == "low")["multiple"].to_numpy()
        row = found.table.row(by_predicate=pl.col("budget") == "low", named=True)
        for each in SUCCESS:
            assert row[each.name] == ((low >= each.low) & (low < each.high)).sum()
        assert row["twice the budget"] == pytest.approx((low >= 2).mean())
        # An elasticity below one: small budgets come back more often.
        assert row["differs"] == "more"


def test_runtime_moves_nothing_in_the_world(large_world: Tables) -> None:
    found = ask("runtime-and-profit", large_world)
    assert found.differences == ()
    assert found.table.height > 10


def test_a_planted_effect_of_runtime_is_found_in_its_genre(large_world: Tables) -> None:
    own = large_world.titles.select(
        "title_id",
        pl.col("genres").list.contains("Drama").alias("drama"),
        (pl.col("runtime_min").fill_null(100) / 10 * math.log(1.3)).exp().alias("lift"),
    )
    longer = large_world.outcomes.join(own, on="title_id", how="left", maintain_order="left")
    lifted = (pl.col("measure") == "revenue_usd") & pl.col("drama")
    outcomes = longer.with_columns(
        pl.when(lifted).then(pl.col("value") * pl.col("lift")).otherwise("value").alias("value")
    ).drop("drama", "lift")
    found = ask("runtime-and-profit", large_world.replace(outcomes=outcomes))
    row = found.table.row(by_predicate=pl.col("genre") == "Drama", named=True)
    assert row["differs"] == "more"
    assert row["from"] < 1.3 < row["to"]


def test_records_of_directors_tell_of_the_next_film_and_those_of_studios_do_not(
    large_world: Tables,
) -> None:
    directors = ask("track-records-of-directors", large_world).sentences[0].numbers["held"]
    assert directors.low is not None
    assert directors.low > 1
    studios = ask("track-records-of-studios", large_world)
    held = studios.sentences[0].numbers["held"]
    assert held.low is not None
    assert held.high is not None
    assert held.low < 1 < held.high
    assert "beyond chance" in studios.claim
    with pytest.raises(UnanswerableError, match="who directed films"):
        ask("track-records-of-directors", large_world.replace(credits=Tables().credits))


def test_a_keyword_that_travels_with_success_is_told(large_world: Tables) -> None:
    assert ask("keywords", large_world).differences == ()
    multiple = films(large_world).select("title_id", "multiple").drop_nulls()
    best = multiple.sort("multiple", "title_id", descending=True).head(60)["title_id"]
    marked = large_world.titles.with_columns(
        pl.when(pl.col("title_id").is_in(best.implode()))
        .then(pl.col("keywords").list.concat(pl.lit(["Überraschung"])))
        .otherwise("keywords")
        .alias("keywords")
    )
    found = ask("keywords", large_world.replace(titles=marked))
    assert found.differences == ("überraschung",)
    assert "more for “überraschung”" in found.claim
    wordless = marked.with_columns(keywords=pl.lit(None, dtype=pl.List(pl.String)))
    with pytest.raises(UnanswerableError, match="hold no keywords"):
        ask("keywords", large_world.replace(titles=wordless))


def test_topics_are_the_words_that_occur_together() -> None:
    rng = np.random.default_rng(0)
    letters = [chr(ord("a") + at) for at in range(12)]
    words = [[f"{letter}w{letter}{other}x" for other in "bcdfg"] for letter in letters]
    of_plot = rng.integers(0, 12, 400)
    plots = [" ".join(rng.choice(words[at], 6)) + " 1999" for at in of_plot]
    titles = pl.DataFrame(
        {"title_id": range(400), "kind": "film", "name": "x", "overview": plots, "source": "t"}
    )
    found = ask("plot-topics", Tables(titles=titles))
    assert sorted(found.table["titles"]) == sorted(np.bincount(of_plot).tolist())
    for topic in found.table["topic"]:
        assert len({word[0] for word in topic.split(" · ")}) == 1
    with pytest.raises(UnanswerableError, match="200 are needed"):
        ask("plot-topics", Tables(titles=titles.head(100)))
    with pytest.raises(UnanswerableError, match="no word occurs"):
        ask("plot-topics", Tables(titles=titles.with_columns(overview=pl.lit("same words"))))


def test_tone_is_told_by_genre() -> None:
    plots = ["a happy love story of joy"] * 40 + ["a murder and a cruel death"] * 40
    titles = pl.DataFrame(
        {
            "title_id": range(80),
            "kind": "film",
            "name": "x",
            "overview": plots,
            "genres": [["Romance"]] * 40 + [["Horror"], ["Horror", "Crime"]] * 20,
            "source": "t",
        }
    )
    varied = titles.with_columns(pl.col("overview") + pl.Series([" again", ""] * 40))
    found = ask("plot-tone", Tables(titles=varied))
    assert found.differences == ("Romance", "Horror")
    assert "lighter than others in Romance" in found.claim
    assert found.table["tone"][0] == pytest.approx(tone(varied["overview"][:40]).mean())


def test_a_paradox_that_is_planted_is_pointed_out() -> None:
    world = build_world(1500, 5, 20, seed=6)
    none = ask("simpsons-paradox", world)
    assert none.differences == ()
    # Horror is cheap and rewarding: less revenue over all, half as much again at a like budget.
    rng = np.random.default_rng(0)
    horror = np.arange(600) % 2 == 0
    dear = rng.random(600) < np.where(horror, 0.2, 0.8)
    budget = np.where(dear, 60e6, 5e6)
    revenue = budget * np.where(horror, 3.0, 2.0) * np.exp(0.4 * rng.standard_normal(600))
    known = date(2023, 1, 1)
    titles = pl.DataFrame(
        {
            "title_id": range(600),
            "kind": "film",
            "name": "x",
            "year": 2024,
            "known_on": known,
            "budget_usd": budget,
            "genres": [["Horror"] if each else ["Drama"] for each in horror],
            "source": "t",
        }
    )
    outcomes = titles.select(
        "title_id", "known_on", "source", measure=pl.lit("revenue_usd"), value=pl.Series(revenue)
    )
    found = ask("simpsons-paradox", Tables(titles=titles, outcomes=outcomes))
    assert "Horror, revenue, class of budget" in found.differences
    assert "Horror turns round in 2 of 2" in found.sentences[1].text.replace(
        "\N{NO-BREAK SPACE}", " "
    )
    row = found.table.row(by_predicate=pl.col("kind of film") == "Horror, revenue", named=True)
    logs = np.log(revenue)
    gap = logs[horror].mean() - logs[~horror].mean()
    assert row["all films"] == pytest.approx(np.exp(gap))
    assert row["all films"] < 0.8 < 1.3 < row["like films"]
