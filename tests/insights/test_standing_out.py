"""Groups of films that do better than films like them."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import ttest_1samp

from films_kit import planted_films
from marquee.errors import UnanswerableError
from marquee.insights.standing_out import standing_out, unexpected


def numbered(n: int = 400, noise: float = 0.3) -> pl.DataFrame:
    return planted_films(n, noise).with_row_index("title_id").cast({"title_id": pl.Int64})


def test_a_group_is_set_beside_what_its_films_let_expect() -> None:
    films = numbered()
    # Lucky films are the dear ones of June, which earn the most, and they earn half as much again.
    lucky = (films["month"] == "June") & (films["title_id"] % 3 == 0)
    films = films.with_columns(
        pl.when(lucky)
        .then(pl.col("revenue_real_usd") * 1.5)
        .otherwise("revenue_real_usd")
        .alias("revenue_real_usd")
    )
    members = pl.concat(
        [
            films.filter(lucky).select("title_id", group=pl.lit("lucky")),
            films.filter(pl.col("title_id") % 4 == 1).select("title_id", group=pl.lit("żadne")),
            films.head(3).select("title_id", group=pl.lit("too few")),
        ]
    )
    out = standing_out(films, members, "revenue_real_usd", 10)
    assert out.groups == ["lucky", "żadne"]
    assert out.found.differs.tolist() == [True, False]
    # A part of the lift is taken for that of June, which every third film of June has.
    assert 0.2 < out.found.estimates[0] < np.log(1.5) + 0.05
    beyond = unexpected(films, "revenue_real_usd")[0].filter(lucky)["beyond"].to_numpy()
    known = ttest_1samp(beyond, 0)
    assert out.found.estimates[0] == pytest.approx(beyond.mean())
    assert out.n_films[0] == len(beyond)
    alone = standing_out(
        films, members.filter(pl.col("group") == "lucky"), "revenue_real_usd", 10
    ).found
    assert alone.lows[0] == pytest.approx(known.confidence_interval().low)


def test_what_is_left_goes_along_with_nothing_that_is_held_fixed() -> None:
    films, controls = unexpected(numbered(), "revenue_real_usd")
    assert controls == ("budget", "franchise", "year", "month", "genres")
    for month in ("May", "June", "July"):
        left = films.filter(pl.col("month") == month)["beyond"].to_numpy()
        assert left.mean() == pytest.approx(0, abs=1e-9)
    budget = np.log(films["budget_real_usd"].to_numpy())
    assert np.corrcoef(budget, films["beyond"])[0, 1] == pytest.approx(0, abs=1e-9)


def test_too_few_films_are_refused() -> None:
    films = numbered(50)
    with pytest.raises(UnanswerableError, match="too few"):
        unexpected(films, "revenue_real_usd")
    with pytest.raises(UnanswerableError, match="none is in 10 films"):
        standing_out(
            numbered(), films.head(9).select("title_id", group=pl.lit("a")), "revenue_real_usd", 10
        )


@pytest.mark.slow
def test_groups_drawn_by_chance_stand_out_no_more_often_than_promised() -> None:
    rng = np.random.default_rng(5)
    claims = []
    for seed in range(200):
        films = planted_films(150, 0.5, seed).with_row_index("title_id")
        groups = pl.Series("group", rng.choice(list("abcdefgh"), 150))
        members = films.select("title_id").with_columns(groups)
        claims.append(standing_out(films, members, "revenue_real_usd", 8).found.differs.any())
    assert np.mean(claims) < 0.05 + 2 * np.sqrt(0.05 * 0.95 / 200)
