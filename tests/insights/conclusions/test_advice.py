"""Advice: months and genres to aim at, titles to be rated, thin ratings, and limits."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from insights_kit import rated, small_world
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import UnanswerableError
from marquee.insights import INSIGHTS, Finding
from marquee.insights.conclusions.to_be_rated import GOOD, gains, spreads


def ask(key: str, tables: Tables) -> Finding:
    return INSIGHTS[key].ask(tables)


@pytest.mark.slow
def test_advice_on_months_follows_what_is_planted() -> None:
    world = build_world(6000, 5, 20, seed=5)
    found = ask("aims", world)
    months = found.table.filter(pl.col("by") == "month", pl.col("differs") != "no")
    assert months.height > 0
    lifted = {"March", "May", "June", "July", "November", "December"}
    for kind, differs in months.select("kind", "differs").rows():
        assert (kind in lifted) == (differs == "more"), kind
    assert any("aim at" in str(sentence) for sentence in found.sentences)
    assert "aim at" in found.claim or "beware of" in found.claim, "what is found comes first"
    shuffled = world.outcomes.with_columns(pl.col("value").shuffle(seed=1).over("measure"))
    none = ask("aims", world.replace(outcomes=shuffled))
    assert none.differences == ()
    assert none.weight < found.weight / 2
    assert all("choose by the film" in str(sentence) for sentence in none.sentences)


def ratings_of(means: np.ndarray, n: np.ndarray, seed: int = 0) -> Tables:
    rng = np.random.default_rng(seed)
    rows = []
    for title, (mean, many) in enumerate(zip(means, n, strict=True)):
        stars = np.clip(np.round(2 * (mean + 0.8 * rng.standard_normal(many))) / 2, 0.5, 5)
        rows += [(viewer, title, float(star)) for viewer, star in enumerate(stars)]
    return rated(rows)


def test_spreads_are_those_that_ratings_were_drawn_with() -> None:
    rng = np.random.default_rng(1)
    means = rng.normal(3.0, 0.4, 400)
    tables = ratings_of(means, rng.integers(1, 40, 400))
    grouped = tables.ratings.group_by("title_id").agg(
        pl.len().alias("ratings"),
        pl.col("rating").cast(pl.Float64).mean().alias("mean so far"),
        pl.col("rating").cast(pl.Float64).var(ddof=1).alias("variance"),
    )
    middle, within, between = spreads(grouped)
    assert middle == pytest.approx(3.0, abs=0.06)
    assert within == pytest.approx(0.8**2 + 1 / 48, rel=0.06)
    assert between == pytest.approx(0.16, rel=0.25)


def test_what_a_rating_is_worth_is_what_it_is_expected_to_change() -> None:
    expected, variance, within = np.array([3.8, 3.0]), np.array([0.09, 0.09]), 0.64
    rng = np.random.default_rng(0)
    for at in range(2):
        true = rng.normal(expected[at], np.sqrt(variance[at]), 400_000)
        rating = rng.normal(true, np.sqrt(within))
        weight = variance[at] / (variance[at] + within)
        after = expected[at] + weight * (rating - expected[at])
        gain = np.maximum(after - GOOD, 0).mean() - max(expected[at] - GOOD, 0)
        assert gains(expected, variance, within)[at] == pytest.approx(gain, rel=0.05, abs=1e-5)


def test_the_title_of_which_least_is_certain_is_asked_for_first() -> None:
    means = np.r_[np.full(60, 3.0), np.full(40, 4.6), 4.1]
    n = np.r_[np.full(100, 60), 2]
    found = ask("to-be-rated", ratings_of(means, n, 3))
    assert found.table["title"][0] == "100"
    assert found.table["ratings"][0] == 2
    row = found.table.row(0, named=True)
    error = (row["to"] - row["expected mean"]) / 1.96
    assert row["chance to be good"] == pytest.approx(norm.sf((GOOD - row["expected mean"]) / error))
    with pytest.raises(UnanswerableError, match="100 are needed"):
        ask("to-be-rated", ratings_of(means[:5], n[:5] // 30))
    with pytest.raises(UnanswerableError, match="not lie further apart"):
        ask("to-be-rated", rated([(v, t, 1.0 + v % 4) for t in range(20) for v in range(8)]))


def test_thin_genres_are_those_with_few_ratings() -> None:
    titles = pl.DataFrame(
        {
            "title_id": range(120),
            "kind": "film",
            "name": "x",
            "genres": [["Documentary"]] * 40 + [["Drama", "Sci-Fi"]] * 80,
            "source": "t",
        }
    )
    # Documentaries have 5 ratings each, by the busiest viewers; the others have 40.
    rows = [(viewer, title, 3.0) for title in range(40) for viewer in range(5)]
    rows += [(viewer, title, 4.0) for title in range(40, 120) for viewer in range(40)]
    tables = rated(rows).replace(titles=titles)
    found = ask("thin-ratings", tables)
    told = {row["genre"]: row for row in found.table.iter_rows(named=True)}
    assert told["Documentary"]["thin"] == 1
    assert told["Documentary"]["differs"] == "thinner"
    assert told["Drama"]["thin"] == told["Science Fiction"]["thin"] == 0
    # Of 40 viewers the busiest tenth are the first four.
    assert told["Documentary"]["by the busiest tenth"] == 4 / 5
    assert told["Drama"]["by the busiest tenth"] == 1 / 10
    assert "Documentary: 80%" in str(found.sentences[1])


def test_a_genre_that_all_titles_have_is_not_thinner_than_others() -> None:
    genres = [["Drama", "War"]] * 40 + [["Drama"]] * 60
    names = {"kind": "film", "name": "x", "source": "t", "genres": genres}
    titles = pl.DataFrame({"title_id": range(100), **names})
    tables = rated([(1, title, 3.0) for title in range(99)]).replace(titles=titles)
    rated_often = [(viewer, 99, 4.0) for viewer in range(40)]
    more = rated([(1, title, 3.0) for title in range(99)] + rated_often).replace(titles=titles)
    for each in (tables, more):
        found = ask("thin-ratings", each)
        (drama,) = found.table.filter(genre="Drama").to_dicts()
        assert drama["differs"] == "no"
        assert np.isnan(drama["against others"])
        assert found.differences == ()


def test_films_with_known_money_are_called_better_known_only_where_they_are() -> None:
    n = 200
    titles = pl.DataFrame(
        {
            "title_id": range(n),
            "kind": "film",
            "name": "x",
            "source": "t",
            "release_date": date(2018, 1, 1),
            "known_on": date(2018, 1, 1),
            "budget_usd": [10_000_000 if at % 2 else None for at in range(n)],
        }
    )
    noise = np.exp(np.random.default_rng(0).normal(size=n))

    def told(times: float) -> str:
        lifted = noise * np.where(np.arange(n) % 2, times, 1)
        outcomes = pl.concat(
            pl.DataFrame(
                {
                    "title_id": range(n),
                    "measure": measure,
                    "value": values,
                    "known_on": date(2020, 1, 1),
                    "source": "t",
                }
            )
            for measure, values in (("popularity", lifted), ("revenue_usd", [5e7] * n))
        )
        return " ".join(map(str, ask("limits", Tables(titles=titles, outcomes=outcomes)).sentences))

    assert "about the better-known films" in told(3.0)
    assert "about the less-known films" in told(1 / 3)
    assert "known films" not in told(1.0)


def test_limits_tell_the_share_of_films_that_each_fact_is_known_of() -> None:
    world = small_world()
    films = world.titles.filter(pl.col("kind") == "film")
    half = world.titles.with_columns(
        pl.when(pl.col("title_id") % 2 == 0).then("runtime_min").alias("runtime_min"),
        genres=pl.lit([], pl.List(pl.String)),
    )
    found = ask("limits", world.replace(titles=half))
    known = dict(found.table.rows())
    even = films.filter(pl.col("title_id") % 2 == 0)["runtime_min"].count()
    assert known["runtime"] == pytest.approx(even / films.height)
    assert known["genres"] == 0
    assert "do not tell the genres of films" in found.claim
