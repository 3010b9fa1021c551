"""Figures of the questions about the audience against second derivations in plain Python."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from itertools import combinations

import numpy as np
import polars as pl
import pytest
from scipy.stats import ttest_ind

from insights_kit import rated, small_world
from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import INSIGHTS, Finding
from marquee.insights.audience import by_age
from marquee.insights.audience.long_tail import gini, top_share
from marquee.insights.audience.scores import title_genres, title_scores

WORLD = small_world()
ROWS = list(WORLD.ratings.select("viewer_id", "title_id", "rating").iter_rows())


def ask(key: str, tables: Tables = WORLD) -> Finding:
    return INSIGHTS[key].ask(tables)


def value(finding: Finding, name: str, sentence: int = 0) -> float:
    return finding.sentences[sentence].numbers[name].value


# Scores and genres


def test_a_titles_score_is_the_mean_of_its_ratings() -> None:
    by_title = defaultdict(list)
    for _, title, stars in ROWS:
        by_title[title].append(stars)
    scores = title_scores(WORLD).titles
    assert dict(scores.select("title_id", "n").iter_rows()) == {
        t: len(x) for t, x in by_title.items()
    }
    for title, score, _ in scores.iter_rows():
        assert score == pytest.approx(statistics.fmean(by_title[title]))


def votes(rows: list[tuple[int, str, float, str]]) -> Tables:
    frame = pl.DataFrame(rows, ["title_id", "measure", "value", "source"], orient="row")
    titles = pl.DataFrame({"title_id": [1, 2], "kind": "film", "name": ["A", "B"], "source": "x"})
    return Tables(titles=titles, outcomes=frame)


def test_without_ratings_the_catalog_with_most_votes_tells_the_score() -> None:
    tables = votes(
        [
            *((1, "vote_average", 6.0, "small"), (1, "vote_count", 10.0, "small")),
            *((1, "vote_average", 8.0, "large"), (1, "vote_count", 99.0, "large")),
            *((2, "vote_average", 5.0, "small"), (2, "vote_count", 0.0, "small")),
        ]
    )
    scores = title_scores(tables)
    assert scores.titles.rows() == [(1, 8.0, 99)]
    assert (scores.unit, scores.counted) == ("out of ten", "votes")


def test_genres_have_one_spelling() -> None:
    titles = pl.DataFrame(
        {
            "title_id": [2, 1, 3],
            "kind": "film",
            "name": ["A", "B", "C"],
            "genres": [["scifi", "Sci-Fi", "drama"], ["TV Movie", "unknown"], None],
            "source": "x",
        }
    )
    assert title_genres(Tables(titles=titles)).rows() == [
        *((1, "TV Movie"), (2, "Drama"), (2, "Science Fiction")),
    ]


# One question each


def test_the_share_of_high_ratings() -> None:
    found = ask("high-ratings")
    high = [stars >= 4 for *_, stars in ROWS]
    assert value(found, "share") == pytest.approx(statistics.fmean(high))
    by_title = defaultdict(list)
    for (_, title, _), is_high in zip(ROWS, high, strict=True):
        by_title[title].append(is_high)
    known = [x for x in by_title.values() if len(x) >= 10]
    assert value(found, "share", 1) == pytest.approx(
        sum(sum(x) > len(x) / 2 for x in known) / len(known)
    )


def test_geninis_coefficient_is_the_mean_difference() -> None:
    counts = np.random.default_rng(0).geometric(0.1, 30) - 1
    slow = np.abs(counts[:, None] - counts).mean() / (2 * counts.mean())
    assert gini(counts) == pytest.approx(slow)
    assert gini(np.zeros(3, np.int64)) == 0
    assert gini(np.full(5, 4)) == pytest.approx(0)


def test_the_top_share_is_that_of_the_greatest() -> None:
    assert top_share(np.array([1, 2, 3, 4, 90, 0, 0, 0, 0, 0]), 0.1) == 0.9
    assert top_share(np.array([1, 3]), 0.1) == 0.75


def test_the_long_tail_counts_titles_that_nobody_rated() -> None:
    found = ask("long-tail")
    counts = Counter(title for _, title, _ in ROWS)
    never = WORLD.titles.height - len(counts)
    assert value(found, "never", 1) == never > 0
    assert value(found, "once", 1) == sum(n == 1 for n in counts.values())
    top = sorted(counts.values(), reverse=True)[: round(WORLD.titles.height / 10)]
    assert value(found, "share") == pytest.approx(sum(top) / len(ROWS))


def test_the_most_active_viewers_and_what_goes_without_them() -> None:
    found = ask("viewer-activity")
    counts = Counter(viewer for viewer, *_ in ROWS)
    order = sorted(counts, key=lambda viewer: (-counts[viewer], viewer))
    active = set(order[: round(len(order) / 10)])
    assert value(found, "share") == pytest.approx(sum(counts[v] for v in active) / len(ROWS))
    inside = statistics.fmean(stars for v, _, stars in ROWS if v in active)
    outside = statistics.fmean(stars for v, _, stars in ROWS if v not in active)
    told = found.sentences[1]
    if "apart" in told.named:
        assert told.numbers["apart"].value == pytest.approx(inside - outside)
    every, others = defaultdict(list), defaultdict(list)
    for viewer, title, stars in ROWS:
        every[title].append(stars)
        if viewer not in active:
            others[title].append(stars)
    moved = [
        abs(statistics.fmean(x) - statistics.fmean(every[title]))
        for title, x in others.items()
        if len(x) >= 20
    ]
    assert value(found, "median", 3) == pytest.approx(statistics.median(moved))
    assert value(found, "most", 3) == pytest.approx(max(moved))


def test_genres_are_counted_in_each_of_a_titles_genres() -> None:
    found = ask("genres").table
    genres = {row["title_id"]: row["genres"] for row in WORLD.titles.iter_rows(named=True)}
    titles = Counter(genre for names in genres.values() for genre in set(names or []))
    given = Counter(genre for _, title, _ in ROWS for genre in set(genres[title] or []))
    assert dict(found.select("genre", "titles").iter_rows()) == titles
    assert dict(found.select("genre", "ratings").iter_rows()) == given
    assert found["titles"].to_list() == sorted(titles.values(), reverse=True)


def test_a_genre_is_held_against_all_other_titles() -> None:
    found = ask("genre-ratings")
    scores = title_scores(WORLD).titles.filter(pl.col("n") >= 10)
    genres = title_genres(WORLD)
    row = found.table.row(0, named=True)
    inside = scores["title_id"].is_in(genres.filter(genre=row["genre"])["title_id"].implode())
    one, other = scores.filter(inside)["score"], scores.filter(~inside)["score"]
    assert row["mean"] == pytest.approx(one.mean())
    known = ttest_ind(one.to_numpy(), other.to_numpy(), equal_var=False)
    assert row["against others"] == pytest.approx(one.mean() - other.mean())  # type: ignore[operator]
    low, high = known.confidence_interval(1 - 0.05 / found.table.height)
    assert (row["low"], row["high"]) == (pytest.approx(low), pytest.approx(high)) or row["differs"]


def test_the_variance_that_a_title_explains_and_the_most_divided() -> None:
    rows = [(v, t, s) for t, low, high in ((1, 1, 5), (2, 3, 4), (3, 2, 4)) for v in range(60)
            for s in ((low if v % 2 else high),)]  # fmt: skip
    found = ask("agreement", rated(rows))
    every = [stars for *_, stars in rows]
    within = sum(
        (stars - statistics.fmean(s for _, t, s in rows if t == title)) ** 2
        for _, title, stars in rows
    ) / (len(rows) - 3)
    assert value(found, "share") == pytest.approx(1 - within / statistics.variance(every), abs=1e-6)
    assert found.table["title"].to_list() == ["1", "3", "2"]
    assert found.table["spread"][0] == pytest.approx(statistics.stdev([1, 5] * 30))
    assert found.sentences[2].numbers["low"].value == 0.5


def test_films_are_held_against_shows() -> None:
    found = ask("films-and-shows")
    scores = (
        title_scores(WORLD)
        .titles.filter(pl.col("n") >= 10)
        .join(WORLD.titles.select("title_id", "kind"), on="title_id")
    )
    for kind in ("film", "show"):
        row = found.table.filter(kind=f"{kind}s").row(0, named=True)
        own = scores.filter(kind=kind)["score"]
        assert row["mean"] == pytest.approx(own.mean())
    with pytest.raises(UnanswerableError, match="films alone"):
        ask("films-and-shows", rated([(1, 1, 3.0)]))


def test_ratings_of_each_step_of_time_and_of_both_halves() -> None:
    found = ask("over-time")
    by_year = defaultdict(list)
    for when, stars in WORLD.ratings.select("rated_at", "rating").iter_rows():
        by_year[when.year].append(stars)
    assert found.table["ratings"].to_list() == [len(by_year[year]) for year in sorted(by_year)]
    for row in found.table.drop_nulls("mean rating").iter_rows(named=True):
        assert row["mean rating"] == pytest.approx(statistics.fmean(by_year[row["year from"].year]))
    undated = WORLD.replace(ratings=WORLD.ratings.with_columns(rated_at=None))
    with pytest.raises(UnanswerableError, match="no rating has a day"):
        ask("over-time", undated)


# Groups of viewers


@pytest.mark.parametrize(
    ("ages", "called"),
    [
        ([1, 18, 25, 50], ["under 18", "18 to 24", "25 to 49", "50 and over"]),
        (
            list(range(10, 70)),
            ["under 18", "18 to 24", "25 to 34", "35 to 44", "45 to 54", "55 and over"],
        ),
        ([30, 30], ["all ages"]),
    ],
)
def test_ages_are_in_the_bands_of_the_source_or_in_ours(ages: list[int], called: list[str]) -> None:
    assert by_age.names(by_age.bands(ages)) == called


def test_a_group_is_held_against_other_viewers() -> None:
    found = ask("by-gender")
    gender = dict(WORLD.viewers.select("viewer_id", "gender").iter_rows())
    genres = {row["title_id"]: row["genres"] or [] for row in WORLD.titles.iter_rows(named=True)}
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    n: Counter[int] = Counter()
    for viewer, title, _ in ROWS:
        n[viewer] += 1
        counts[viewer].update(set(genres[title]))
    kept = [viewer for viewer in n if n[viewer] >= 10 and gender[viewer] is not None]
    sizes = Counter(gender[viewer] for viewer in kept)
    kept = [viewer for viewer in kept if sizes[gender[viewer]] >= 10]
    assert found.n == len(kept)
    row = found.table.filter(pl.col("what").str.starts_with("share")).row(0, named=True)
    genre = row["what"].removeprefix("share of ratings: ")
    shares = {viewer: counts[viewer][genre] / n[viewer] for viewer in kept}
    own = [shares[viewer] for viewer in kept if gender[viewer] == row["group"]]
    rest = [shares[viewer] for viewer in kept if gender[viewer] != row["group"]]
    assert row["value"] == pytest.approx(statistics.fmean(own))
    assert row["others"] == pytest.approx(statistics.fmean(rest))
    assert row["viewers"] == len(own)


@pytest.mark.parametrize("what", ["age", "gender", "occupation"])
def test_without_such_facts_the_reason_is_said(what: str) -> None:
    blank = WORLD.replace(viewers=WORLD.viewers.with_columns(pl.lit(None).alias(what)))
    with pytest.raises(UnanswerableError, match=f"the {what} of no viewer is known"):
        ask(f"by-{what}", blank)


# Services


def offers() -> dict[str, set[int]]:
    held: dict[str, set[int]] = defaultdict(set)
    for service, title in WORLD.availability.select("service", "title_id").iter_rows():
        held[service].add(title)
    return held


def test_what_services_carry_is_counted_once_for_all_regions() -> None:
    found = ask("services").table
    held = offers()
    for row in found.iter_rows(named=True):
        own = held[row["service"]]
        others = set().union(*(x for name, x in held.items() if name != row["service"]))
        assert row["titles"] == len(own) == row["films"] + row["shows"]
        assert row["share carried alone"] == pytest.approx(len(own - others) / len(own))


def test_overlap_is_that_of_sets() -> None:
    found = ask("service-overlap").table
    held = offers()
    assert found.height == len(list(combinations(held, 2)))
    for row in found.iter_rows(named=True):
        one, other = held[row["larger service"]], held[row["smaller service"]]
        assert len(one) >= len(other)
        assert row["shared titles"] == len(one & other)
        assert row["share of both"] == pytest.approx(len(one & other) / len(one | other))


def test_freshness_is_the_age_in_the_year_of_the_offers() -> None:
    found = ask("service-freshness").table
    last = max(WORLD.availability["known_on"].to_list()).year
    years = dict(WORLD.titles.select("title_id", "year").iter_rows())
    for row in found.iter_rows(named=True):
        ages = [max(last - years[title], 0) for title in offers()[row["service"]]]
        assert row["median age, years"] == statistics.median(ages)
        assert row["share of the last 5 years"] == pytest.approx(
            sum(age < 5 for age in ages) / len(ages)
        )


def test_one_service_overlaps_with_none() -> None:
    one = WORLD.replace(availability=WORLD.availability.with_columns(service=pl.lit("Only")))
    with pytest.raises(UnanswerableError, match="Only is the only service"):
        ask("service-overlap", one)
    assert ask("services", one).table.height == 1


# Groups of taste


def two_tastes() -> Tables:
    """Viewers who like even titles, viewers who like odd ones, and a few random likes."""
    rng = np.random.default_rng(0)
    rows = {
        (viewer, int(title)): 5.0
        for viewer in range(120)
        for title in [*(2 * rng.choice(30, 12, replace=False) + viewer % 2), rng.integers(60)]
    }
    return rated([(viewer, title, stars) for (viewer, title), stars in rows.items()])


def test_planted_tastes_are_found_and_come_back() -> None:
    found = ask("taste-groups", two_tastes())
    assert found.table["viewers"].to_list() == [60, 60]
    assert value(found, "steady") > 0.95
    assert "come back when" in found.claim
    titles = found.table["titles it likes more"].to_list()
    parity = [{int(name) % 2 for name in text.split("; ")} for text in titles]
    assert sorted(map(sorted, parity)) == [[0], [1]]


def test_tastes_that_are_not_there_are_not_claimed() -> None:
    tables = two_tastes()
    shuffled = tables.ratings.with_columns(pl.col("title_id").shuffle(seed=1)).unique(
        ["viewer_id", "title_id"], keep="first", maintain_order=True
    )
    found = ask("taste-groups", tables.replace(ratings=shuffled))
    assert found.claim.startswith("No groups of like taste come back")


def test_an_age_at_the_edge_of_a_band_is_in_the_older_one() -> None:
    """Viewers of 24 like even titles and those of 25 odd ones, so bands show where each is."""
    rows = [(v, 2 * k + v % 2, 1.0 + 3 * (v % 2)) for v in range(40) for k in range(12)]
    viewers = pl.DataFrame({"viewer_id": range(40), "age": [24 + v % 2 for v in range(40)]})
    more = pl.DataFrame(
        {"viewer_id": range(100, 112), "age": range(30, 42)}
    )  # no bands of a source
    viewers = pl.concat([viewers, more]).with_columns(
        source_id=pl.col("viewer_id").cast(pl.String), source=pl.lit("test")
    )
    found = ask("by-age", rated(rows).replace(viewers=viewers)).table
    assert found.filter(what="mean rating").rows()[0][:5] == ("18 to 24", "mean rating", 20, 1, 4)


def test_a_rise_is_told_as_a_rise() -> None:
    rng = np.random.default_rng(0)
    rows = [(v, t, 2.0 + (t >= 20) + rng.integers(2)) for v in range(50) for t in range(40)]
    tables = rated(rows)
    days = (pl.col("title_id") * 40).cast(pl.Int64)
    when = pl.datetime(2020, 1, 1, time_zone="UTC") + pl.duration(days=days)
    found = ask("over-time", tables.replace(ratings=tables.ratings.with_columns(rated_at=when)))
    assert "is higher than the first" in found.claim
    assert value(found, "apart") == pytest.approx(1, abs=0.1)
    assert found.differences == ("the later half",)
