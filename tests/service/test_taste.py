"""Taste leans a list the way a person wants, and takes nothing else away from it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import ParameterError
from marquee.models.ease import EASE
from marquee.models.ranking import top_k
from marquee.service.facts import TitleFacts, Words
from marquee.service.likeness import trait_similarity
from marquee.service.taste import AS_SCORED, Taste, rerank

pytestmark = pytest.mark.slow


def plain(**given: Any) -> Taste:
    """A taste without caps, but for those given."""
    return replace(AS_SCORED, **given)


GENRES = ("Drama", "Comedy", "War", "Horror")


@cache
def made_facts(seed: int, n: int) -> TitleFacts:
    """Titles with ties in everything, few directors and collections, and much that is unknown."""
    rng = np.random.default_rng(seed)
    ids = np.arange(n) * 3 + 1
    titles = pl.DataFrame(
        {
            "title_id": ids,
            "kind": ["film"] * n,
            "name": ["Ünnamed"] * n,
            "year": [int(year) if year < 2003 else None for year in rng.integers(1995, 2006, n)],
            "genres": [list(rng.choice(GENRES, rng.integers(0, 4), replace=False)) for _ in ids],
            "collection": [f"Saga {part}" if part < 3 else None for part in rng.integers(0, 9, n)],
            "source": ["test"] * n,
        }
    )
    cast = pl.DataFrame(
        {
            "title_id": np.repeat(ids, 2),
            "person": [f"P {who}" for who in rng.integers(0, 6, 2 * n)],
            "role": np.tile(["director", "actor"], n),
            "source": ["test"] * (2 * n),
        }
    )
    tables = Tables(titles=titles, credits=cast)
    counts = rng.integers(0, 5, n) ** 3
    return TitleFacts.of(IdIndex(ids), tables.titles, tables.credits, tables.availability, counts)


def made_scores(seed: int, n: int) -> NDArray[np.float32]:
    halves: NDArray[np.float32] = np.random.default_rng(seed).integers(-3, 9, n).astype(np.float32)
    return halves / np.float32(2)


@pytest.fixture(scope="module")
def world() -> tuple[TitleFacts, list[NDArray[np.float32]]]:
    """The built-in world and the scores of forty viewers, rated titles left out."""
    tables = build_world(n_titles=900, n_viewers=500, n_ratings=40_000, seed=3)
    items = IdIndex(tables.titles["title_id"].to_numpy())
    train = Interactions.from_ratings(tables.ratings, item_index=items)
    counts = np.bincount(train.matrix.indices, minlength=train.n_items)
    facts = TitleFacts.of(items, tables.titles, tables.credits, tables.availability, counts)
    profiles = train.take(np.arange(0, 400, 10))
    scores = EASE(l2=50, liked_from=3.5).fit(train).score(profiles)
    scores[profiles.rows, profiles.matrix.indices] = -np.inf
    return facts, list(scores)


def lists(world: tuple[TitleFacts, list[NDArray[np.float32]]], taste: Taste) -> NDArray[np.int32]:
    facts, profiles = world
    return np.array([rerank(scores, facts, taste, 24) for scores in profiles])


NEUTRAL_ORDER = st.tuples(st.integers(0, 9), st.integers(1, 40), st.integers(1, 30))


@given(NEUTRAL_ORDER)
def test_a_neutral_taste_is_the_models_own_order(case: tuple[int, int, int]) -> None:
    seed, n, k = case
    facts, scores = made_facts(seed, n), made_scores(seed, n)
    candidates = np.random.default_rng(seed + 1).random(n) < 0.7
    expected = top_k(scores[None], k, candidates=candidates).items[0]
    assert rerank(scores, facts, AS_SCORED, k, candidates).tolist() == expected.tolist()


@given(NEUTRAL_ORDER)
def test_caps_that_nothing_breaks_leave_the_models_own_order(case: tuple[int, int, int]) -> None:
    """The long way round, with ties, comes to the same list as the short one."""
    seed, n, k = case
    facts, scores = made_facts(seed, n), made_scores(seed, n)
    loose = Taste(per_director=99, per_collection=99, per_genre=1.0)
    assert rerank(scores, facts, loose, k).tolist() == rerank(scores, facts, AS_SCORED, k).tolist()


@settings(deadline=None)
@given(data=st.data())
def test_a_list_is_never_short_when_enough_titles_qualify(data: st.DataObject) -> None:
    seed, n, k = data.draw(NEUTRAL_ORDER)
    facts, scores = made_facts(seed, n), made_scores(seed, n)
    candidates = np.random.default_rng(seed + 1).random(n) < data.draw(st.floats(0, 1))
    taste = Taste(
        adventurous=data.draw(st.floats(0, 1)),
        obscure=data.draw(st.floats(-1, 1)),
        newer=data.draw(st.floats(-1, 1)),
        per_director=data.draw(st.none() | st.integers(1, 3)),
        per_collection=data.draw(st.none() | st.integers(1, 3)),
        per_genre=data.draw(st.none() | st.floats(0.01, 1)),
    )
    picks = rerank(scores, facts, taste, k, candidates)
    found = picks[picks >= 0]
    assert picks.shape == (k,)
    assert len(found) == len(set(found)) == min(k, candidates.sum())
    assert (picks[len(found) :] == -1).all()
    assert candidates[found].all()
    again = rerank(scores.copy(), facts, taste, k, candidates)
    assert again.tolist() == picks.tolist()


def most(words: Words, picks: NDArray[np.int32]) -> int:
    """How often the most frequent word occurs among the picks."""
    numbers = np.concatenate([words.of_title(pick) for pick in picks.tolist()])
    return int(np.bincount(numbers).max(initial=0))


def test_caps_hold_where_enough_titles_keep_to_them(
    world: tuple[TitleFacts, list[NDArray[np.float32]]],
) -> None:
    facts, _ = world
    free, capped = (
        plain(adventurous=0.3),
        Taste(adventurous=0.3, per_director=1, per_collection=1, per_genre=0.25),
    )
    broken = 0
    for picks in lists(world, free):
        broken += most(facts.directors, picks) > 1 and most(facts.genres, picks) > 6
    assert broken > 5, "the caps must have something to do"
    for picks in lists(world, capped):
        assert most(facts.directors, picks) == 1
        assert most(facts.collections, picks) <= 1
        assert most(facts.genres, picks) <= 6


def few(names: list[tuple[str, str, str]]) -> TitleFacts:
    """Titles given by genre, director and collection."""
    n = len(names)
    titles = pl.DataFrame(
        {
            "title_id": range(n),
            "kind": "film",
            "name": "x",
            "genres": [[genre] for genre, _, _ in names],
            "collection": [collection for _, _, collection in names],
            "source": "test",
        }
    )
    cast = pl.DataFrame(
        {
            "title_id": range(n),
            "person": [director for _, director, _ in names],
            "role": "director",
            "source": "test",
        }
    )
    tables = Tables(titles=titles, credits=cast)
    index = IdIndex(np.arange(n))
    return TitleFacts.of(index, tables.titles, tables.credits, tables.availability, [1] * n)


def test_caps_give_way_in_the_stated_order_genres_first_collections_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("marquee.service.caps.SHORT_LIST", 1)
    facts = few(
        [
            ("War", "Ann", "I"),
            ("War", "Bob", "I"),  # breaks genre and collection
            ("War", "Ann", "II"),  # breaks genre and director
            ("War", "Cas", "III"),  # breaks genre alone
        ]
    )
    scores = np.array([4, 3, 2, 1], np.float32)
    taste = Taste(per_director=1, per_collection=1, per_genre=0.01)
    assert rerank(scores, facts, taste, 4).tolist() == [0, 3, 2, 1]


TASTES = st.builds(
    Taste,
    adventurous=st.sampled_from([0.0, 0.5, 1.0]),
    obscure=st.sampled_from([-1.0, 0.0, 0.7]),
    newer=st.sampled_from([0.0, 1.0]),
    per_director=st.none() | st.integers(1, 3),
    per_collection=st.none() | st.integers(1, 3),
    per_genre=st.none() | st.floats(0.01, 1),
)


@settings(deadline=None)
@given(NEUTRAL_ORDER, TASTES, st.integers(1, 12))
def test_a_list_is_the_same_in_pages_of_any_size(
    case: tuple[int, int, int], taste: Taste, size: int
) -> None:
    seed, n, _ = case
    facts, scores = made_facts(seed, n), made_scores(seed, n)
    whole = rerank(scores, facts, taste, n)
    assert rerank(scores, facts, taste, size)[:n].tolist() == whole[:size].tolist()
    shown = np.empty(0, np.int32)
    while len(shown) < n:
        page = rerank(scores, facts, taste, size, shown=shown)
        assert (page >= 0).any()
        shown = np.append(shown, page[page >= 0])
    assert shown.tolist() == whole.tolist()


@settings(deadline=None)
@given(NEUTRAL_ORDER, TASTES)
def test_whatever_changes_between_pages_no_title_comes_twice(
    case: tuple[int, int, int], taste: Taste
) -> None:
    seed, n, size = case
    facts, scores = made_facts(seed, n), made_scores(seed, n)
    first = rerank(scores, facts, taste, size)
    first = first[first >= 0]
    left = np.ones(n, np.bool_)
    left[first[::2]] = False
    rest = rerank(made_scores(seed + 1, n), facts, taste, n, left, shown=first)
    assert sorted([*first, *rest[rest >= 0]]) == list(range(n))


def test_a_list_of_the_usual_length_is_filled_by_no_director_franchise_or_genre(
    world: tuple[TitleFacts, list[NDArray[np.float32]]],
) -> None:
    facts, _ = world
    assert sum(most(facts.directors, picks[:12]) > 2 for picks in lists(world, AS_SCORED)) > 2
    for picks in lists(world, Taste()):
        assert most(facts.directors, picks) <= 2
        assert most(facts.collections, picks) <= 2
        for n in (10, 12, 24):
            assert most(facts.genres, picks[:n]) <= 0.6 * n


def test_a_genre_that_is_asked_for_has_no_cap() -> None:
    facts = few([("War", str(n), str(n)) for n in range(20)] + [("Art", "Bob", "x")])
    scores = np.arange(21, 0, -1).astype(np.float32)
    capped = rerank(scores, facts, Taste(), 8)
    assert capped.tolist() == [0, 1, 2, 3, 4, 5, 20, 6]
    war = facts.genres.number("War")
    assert rerank(scores, facts, Taste(), 8, asked_genres=[war]).tolist() == list(range(8))


def test_titles_outside_the_pool_come_before_any_cap_gives_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("marquee.service.taste.POOL", 3)
    facts = few([("War", "Ann", str(n)) for n in range(9)] + [("Art", "Bob", "x")])
    scores = np.arange(10, 0, -1).astype(np.float32)
    assert rerank(scores, facts, plain(per_director=1), 3).tolist() == [0, 9, 1]


def test_a_more_adventurous_taste_never_makes_lists_less_diverse(
    world: tuple[TitleFacts, list[NDArray[np.float32]]],
) -> None:
    alike = trait_similarity(world[0])
    diversity = [
        np.mean([1 - alike(picks)[~np.eye(24, dtype=bool)].mean() for picks in lists(world, taste)])
        for taste in (plain(adventurous=step) for step in (0, 0.25, 0.5, 0.75, 1))
    ]
    assert (np.diff(diversity) >= 0).all(), diversity
    assert diversity[-1] > diversity[0] + 0.03


@pytest.mark.parametrize("field", ["obscure", "newer"])
def test_a_tilt_moves_the_mean_all_the_way_from_one_end_to_the_other(
    world: tuple[TitleFacts, list[NDArray[np.float32]]], field: str
) -> None:
    facts, _ = world
    values = -facts.popularity if field == "obscure" else facts.year
    means = []
    for step in (-1, -0.5, 0, 0.5, 1):
        given: dict[str, Any] = {field: step}
        means.append(values[lists(world, plain(**given))].mean())
    assert (np.diff(means) > 0).all(), means


def test_a_tilt_keeps_to_what_the_model_thinks_of_the_titles(
    world: tuple[TitleFacts, list[NDArray[np.float32]]],
) -> None:
    """The most obscure picks are among the best scored of the catalog, not its very tail."""
    _, profiles = world
    for scores, picks in zip(profiles, lists(world, plain(obscure=1)), strict=True):
        rank = np.argsort(np.argsort(-scores, kind="stable"), kind="stable")
        assert rank[picks].max() < 300


def test_an_own_similarity_decides_what_is_varied() -> None:
    facts = few([("War", str(n), str(n)) for n in range(4)])
    scores = np.array([1.0, 0.95, 0.9, 0.1], np.float32)

    def first_two_equal(positions: NDArray[np.int32]) -> NDArray[np.float32]:
        pair = np.isin(positions, [0, 1])
        return (np.eye(len(positions)) + np.outer(pair, pair)).clip(0, 1).astype(np.float32)

    picks = rerank(scores, facts, plain(adventurous=0.7), 3, similarity=first_two_equal)
    assert picks.tolist() == [0, 2, 3]


def test_the_similarity_of_traits_is_a_cosine() -> None:
    """Against a dense matrix with a column per trait, written out."""
    facts = made_facts(5, 40)
    blocks = [
        (0.6, [facts.genres]),
        (0.25, [facts.directors, facts.actors]),
        (0.15, [facts.collections]),
    ]
    columns = []
    for share, vocabularies in blocks:
        marks = np.zeros((40, sum(len(words) for words in vocabularies)))
        offset = 0
        for words in vocabularies:
            for title in range(40):
                marks[title, words.of_title(title) + offset] = 1
            offset += len(words)
        marks *= np.sqrt(share / np.maximum(marks.sum(axis=1, keepdims=True), 1))
        columns.append(marks)
    dense = np.hstack(columns)
    dense /= np.linalg.norm(dense, axis=1, keepdims=True)
    some = np.array([7, 3, 39, 0, 12, 21], np.int32)
    assert trait_similarity(facts)(some) == pytest.approx(dense[some] @ dense[some].T, abs=1e-5)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"adventurous": -0.1}, "adventurous must be from 0 to 1"),
        ({"adventurous": float("nan")}, "adventurous must be"),
        ({"obscure": 1.1}, "obscure must be from -1 to 1"),
        ({"newer": -2}, "newer must be"),
        ({"per_director": 0}, "per_director must be a whole number"),
        ({"per_collection": 1.5}, "per_collection must be"),
        ({"per_genre": 0}, "per_genre must be above 0"),
    ],
)
def test_a_taste_outside_its_range_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        Taste(**given)


@pytest.mark.parametrize("taste", [Taste(), AS_SCORED, Taste(newer=0.5)])
def test_a_list_of_no_titles_is_refused(taste: Taste) -> None:
    with pytest.raises(ParameterError, match="k must be at least 1"):
        rerank(made_scores(0, 5), made_facts(0, 5), taste, 0)
