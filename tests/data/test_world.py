"""The fictional world is whole, labeled, reproducible, and as ugly as real data."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import unicodedata
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.data.world import SOURCE, World, build_world, effects, make_world
from marquee.errors import ParameterError, UnknownIdError

SMALL = (300, 200, 6_000)


@pytest.fixture(scope="module")
def world() -> World:
    return make_world()


@pytest.fixture(scope="module")
def tables(world: World) -> Tables:
    return world.tables()


def digest(tables: Tables) -> str:
    whole = hashlib.sha256()
    for name, frame in tables:
        whole.update(f"{name}\n{frame.write_ndjson()}".encode())
    return whole.hexdigest()


def share(marks: pl.Series) -> float:
    return float(marks.to_numpy().mean())


# ── Size and sameness ────────────────────────────────────────────────────────────────────────────


def test_the_world_has_exactly_the_size_that_was_asked_for(tables: Tables) -> None:
    assert (tables.titles.height, tables.viewers.height) == (2000, 3000)
    assert tables.ratings.height == 300_000


@pytest.mark.parametrize("size", [(30, 5, 20), (60, 80, 1), (200, 300, 0), (1500, 1, 100)])
def test_any_size_is_met(size: tuple[int, int, int]) -> None:
    tables = build_world(*size)
    got = (tables.titles.height, tables.viewers.height, tables.ratings.height)
    assert got == size


def test_as_many_ratings_as_fit_are_made_and_one_more_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"n_ratings must be at most \d+") as refused:
        make_world(60, 80, 1_000_000)
    most = int(re.findall(r"at most (\d+)", str(refused.value))[0])
    assert build_world(60, 80, most).ratings.height == most
    with pytest.raises(ParameterError, match=str(most + 1)):
        make_world(60, 80, most + 1)


@pytest.mark.parametrize(
    ("size", "named"),
    [((3, 5, 5), "n_titles"), ((50, 0, 0), "n_viewers"), ((50, 5, -1), "n_ratings")],
)
def test_an_impossible_size_is_refused_by_name(size: tuple[int, int, int], named: str) -> None:
    with pytest.raises(ParameterError, match=named):
        make_world(*size)


def test_the_same_seed_gives_the_same_world_in_another_process() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_world import digest, SMALL\n"
        "from marquee.data.world import build_world\n"
        "sys.stdout.write(digest(build_world(*SMALL)))"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent)]
    there = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert there == digest(build_world(*SMALL))


def test_another_seed_gives_another_world() -> None:
    one, other = build_world(*SMALL), build_world(*SMALL, seed=8)
    assert set(one.titles["name"]).isdisjoint(other.titles["name"])
    assert not one.ratings.equals(other.ratings)


# ── Labels ───────────────────────────────────────────────────────────────────────────────────────


def test_every_row_says_that_it_comes_from_the_world(tables: Tables) -> None:
    for name in ("titles", "credits", "ratings", "viewers", "availability", "outcomes"):
        assert getattr(tables, name)["source"].unique().to_list() == [SOURCE], name
    assert tables.titles["sources"].explode().unique().to_list() == [SOURCE]
    assert tables.credits["person_id"].str.starts_with("world:").all()


def test_no_title_claims_an_id_of_a_real_catalog(tables: Tables) -> None:
    ids = tables.titles.select("imdb_id", "tmdb_id", "movielens_id")
    assert all(count == ids.height for count in ids.null_count().row(0))


@pytest.mark.real
@pytest.mark.slow
def test_no_title_or_person_bears_a_real_name(data_root: Path) -> None:
    def plain(names: pl.Series) -> set[str]:
        return set(names.str.to_lowercase().str.replace_all(r"[^a-z0-9 ]", "").drop_nulls())

    films = pl.read_csv(data_root / "tmdb-5000" / "tmdb_5000_movies.csv", columns=["title"])
    listed = pl.read_csv(data_root / "streaming" / "netflix_titles.csv")
    genres = pl.read_csv(
        data_root / "imdb-5000" / "movie_metadata.csv",
        columns=["movie_title", "director_name", "actor_1_name", "actor_2_name", "actor_3_name"],
    )
    real = plain(films["title"]) | plain(listed["title"]) | plain(genres["movie_title"])
    stars = [genres[column] for column in genres.columns[:-1]]
    people = set().union(*map(plain, stars), plain(listed["cast"].str.split(", ").explode()))
    catalog = make_world(20_000, 1, 0).catalog()
    assert not plain(catalog["titles"]["name"]) & real - {""}
    assert not plain(catalog["credits"]["person"]) & people - {""}


# ── Time ─────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_rates_a_title_before_the_day_after_its_release(tables: Tables) -> None:
    rated = tables.ratings.join(tables.titles, on="title_id")
    assert (rated["rated_at"].dt.date() > rated["release_date"]).all()


def test_everything_is_known_within_the_calendar(tables: Tables) -> None:
    start, end = effects.WORLD_START, effects.WORLD_END
    days = effects.ANNOUNCED_DAYS[1]
    for name in ("titles", "credits", "availability", "outcomes"):
        known = getattr(tables, name)["known_on"]
        assert not known.is_null().any()
        assert known.is_between(start - timedelta(days=days), end).all(), name
    rated = tables.ratings["rated_at"].dt.date()
    assert rated.is_between(effects.RATINGS_START, end).all()


def test_titles_are_announced_before_and_measured_after_their_release(tables: Tables) -> None:
    wait = tables.titles.select((pl.col("release_date") - pl.col("known_on")).dt.total_days())
    low, high = effects.ANNOUNCED_DAYS
    assert wait.to_series().is_between(low, high).all()
    released = tables.titles.select("title_id", "release_date")
    after = tables.outcomes.join(released, on="title_id").with_columns(
        days=(pl.col("known_on") - pl.col("release_date")).dt.total_days()
    )
    money = after.filter(pl.col("measure").is_in(["revenue_usd", "domestic_gross_usd"]))
    assert (money["days"] == effects.REVENUE_KNOWN_DAYS).all()
    assert after["days"].is_between(*effects.VOTES_KNOWN_DAYS).all()
    offered = tables.availability.join(released, on="title_id")
    assert (offered["added_on"] >= offered["release_date"]).all()
    credited = tables.credits.join(released, on="title_id")
    assert (credited["known_on"] < credited["release_date"]).all()


def test_some_titles_are_announced_and_not_yet_released(tables: Tables) -> None:
    upcoming = tables.titles.filter(pl.col("release_date") > effects.WORLD_END)
    assert 10 < upcoming.height < 100
    for table in (tables.ratings, tables.outcomes, tables.availability):
        assert upcoming.join(table, on="title_id", how="semi").is_empty()


def test_history_ranks_follow_time_from_one(tables: Tables) -> None:
    by_viewer = tables.ratings.group_by("viewer_id", maintain_order=True)
    ranks = by_viewer.agg(
        counted=(pl.col("history_rank") == pl.int_range(1, pl.len() + 1)).all(),
        in_time=pl.col("rated_at").is_sorted(),
    )
    assert ranks["counted"].all()
    assert ranks["in_time"].all()


# ── Ugliness ─────────────────────────────────────────────────────────────────────────────────────


def test_facts_and_ratings_coincide(tables: Tables) -> None:
    assert share(tables.titles["known_on"].is_duplicated()) > 0.1
    assert share(tables.titles["release_date"].is_duplicated()) > 0.2
    ties = tables.ratings.select("viewer_id", "rated_at").is_duplicated()
    assert 0.2 < share(ties) < 0.8


def test_activity_and_popularity_are_skewed(tables: Tables) -> None:
    for column, size in (("viewer_id", 3000), ("title_id", 2000)):
        counts = tables.ratings[column].value_counts(sort=True)["count"]
        assert counts.to_numpy()[: size // 5].sum() > 0.5 * 300_000
        assert (counts <= 3).any()
        assert len(counts) < size, f"every {column} has ratings"


def test_ratings_are_half_stars_and_some_lack_a_watch_fraction(tables: Tables) -> None:
    assert set(tables.ratings["rating"].unique()) == {half / 2 for half in range(1, 11)}
    assert share(tables.ratings["watch_fraction"].is_null()) == pytest.approx(0.1, abs=0.01)


def test_shows_have_seasons_and_no_box_office(tables: Tables) -> None:
    shows = tables.titles.filter(pl.col("kind") == "show")
    assert shows.height > 200
    assert not shows["seasons"].is_null().any()
    assert shows["budget_usd"].is_null().all()
    assert tables.titles.filter(pl.col("kind") == "film")["seasons"].is_null().all()
    measured = shows.join(tables.outcomes, on="title_id")["measure"].unique().to_list()
    assert {"revenue_usd", "domestic_gross_usd"}.isdisjoint(measured)
    assert "vote_average" in measured


def test_money_and_other_facts_are_missing_here_and_there(tables: Tables) -> None:
    films = tables.titles.filter(pl.col("kind") == "film")
    assert 0.05 < share(films["budget_usd"].is_null()) < 0.4
    revenue = tables.outcomes.filter(pl.col("measure") == "revenue_usd")
    assert 0.6 < revenue.height / films.height < 0.95
    for column in ("overview", "tagline", "certificate", "keywords", "runtime_min", "collection"):
        assert 0 < tables.titles[column].null_count() < 2000, column
    for column in ("age", "gender", "zip_code"):
        assert 0 < tables.viewers[column].null_count() < 300, column


def test_text_is_not_all_ascii(tables: Tables) -> None:
    letters = set("".join(tables.titles["original_name"]))
    scripts = {unicodedata.name(letter, "").split(" ")[0] for letter in letters}
    assert {"LATIN", "GREEK", "CYRILLIC", "HANGUL", "KATAKANA", "DEVANAGARI", "ARABIC"} <= scripts
    assert any(not name.isascii() for name in tables.credits["person"])
    assert tables.viewers["zip_code"].str.contains("^0").any()
    assert tables.viewers["zip_code"].str.contains("^[A-Z]").any()


def test_a_few_titles_share_a_name_but_not_a_year(tables: Tables) -> None:
    shared = tables.titles.filter(pl.col("name").is_duplicated())
    assert 2 <= shared.height < 40
    assert not shared.select("name", "year").is_duplicated().any()


def test_sequels_follow_their_first_part(tables: Tables) -> None:
    parts = tables.titles.filter(pl.col("collection").is_not_null()).sort("release_date")
    first = parts.group_by("collection", maintain_order=True).agg(
        pl.col("name").first(), pl.col("genres").n_unique(), pl.len()
    )
    assert (first["len"] > 1).sum() > 30
    assert (first["genres"] == 1).all()
    assert (first["name"] + " Collection" == first["collection"]).all()


def test_people_recur_within_careers(tables: Tables, world: World) -> None:
    truth = world.people_truth()
    work = tables.credits.join(truth, on="person_id").join(tables.titles, on="title_id")
    assert work.select((pl.col("person") == pl.col("person_right")).all()).item()
    for role in ("director", "actor", "writer", "producer"):
        counts = work.filter(pl.col("role") == role)["person_id"].value_counts()["count"]
        middle, busy = np.quantile(counts.to_numpy(), (0.5, 0.9))
        assert busy > 2 * middle > 1, role
    # A sequel may keep its director and lead a few years past the end of a career.
    late = work.filter(
        (pl.col("year") > pl.col("last_year") + 15) | (pl.col("year") < pl.col("first_year"))
    )
    assert late.height < 0.005 * work.height


def test_overviews_speak_of_the_genre_and_the_keywords(tables: Tables) -> None:
    from marquee.data.world.plots import PLOTS

    told = tables.titles.filter(pl.col("overview").is_not_null())
    for overview, genres in told.select("overview", "genres").iter_rows():
        assert any(deed in overview for deed in PLOTS[genres[0]].deeds)
    both = told.filter(pl.col("keywords").is_not_null())
    named = [
        sum(word in overview for word in keywords)
        for overview, keywords in both.select("overview", "keywords").iter_rows()
    ]
    assert np.mean(np.array(named) >= 2) > 0.95


# ── Use ──────────────────────────────────────────────────────────────────────────────────────────


def test_ratings_become_interactions(tables: Tables) -> None:
    interactions = Interactions.from_ratings(tables.ratings)
    assert len(interactions) == 300_000
    assert interactions.times is not None


def test_the_past_alone_can_be_asked_for(tables: Tables) -> None:
    past = tables.before(effects.RATINGS_START.replace(year=2015))
    assert 0 < past.ratings.height < tables.ratings.height
    assert past.outcomes.join(past.titles, on="title_id", how="anti").is_empty()
    assert past.ratings.join(past.titles, on="title_id", how="anti").is_empty()


def test_a_stranger_is_refused(world: World) -> None:
    with pytest.raises(UnknownIdError, match="no title 2001"):
        world.expected_ratings([1], [2001])
    with pytest.raises(UnknownIdError, match="no viewer 0"):
        world.expected_ratings([0], [1])
