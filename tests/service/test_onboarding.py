"""Somebody new picks what they like in a minute, and is asked what teaches most."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.data.world import build_world
from marquee.errors import ParameterError
from marquee.models.ease import EASE
from marquee.service.facts import TitleFacts
from marquee.service.onboarding import (
    TasteGroup,
    group_profile,
    rating_entropy,
    taste_groups,
    worth_asking,
)

Known = tuple[Interactions, TitleFacts]


def facts_of(tables: Tables, ratings: Interactions) -> TitleFacts:
    counts = np.bincount(ratings.matrix.indices, minlength=ratings.n_items)
    return TitleFacts.of(ratings.items, tables.titles, tables.credits, tables.availability, counts)


@pytest.fixture(scope="module")
def world() -> Known:
    tables = build_world(n_titles=700, n_viewers=600, n_ratings=50_000, seed=5)
    items = IdIndex(tables.titles["title_id"].to_numpy()[::-1])
    ratings = Interactions.from_ratings(tables.ratings, item_index=items)
    return ratings, facts_of(tables, ratings)


@pytest.fixture(scope="module")
def groups(world: Known) -> tuple[TasteGroup, ...]:
    return taste_groups(*world)


CAMPS = ["Horror", "Musical", "Wëstern"]


def camps(genres: bool = True) -> Known:
    """Three camps of viewers who each love their own ten titles and dislike all others.

    Every title has a genre that all share, and ids mix the camps.
    """
    rng = np.random.default_rng(2)
    ids = rng.permutation(30) * 7 + 1
    users, places = np.nonzero(rng.random((90, 30)) < 0.6)
    loved = users % 3 == places % 3
    stars = np.where(loved, rng.choice([4.0, 4.5, 5.0], len(users)), rng.choice([1.0, 3.5]))
    titles = pl.DataFrame(
        {
            "title_id": ids,
            "kind": "film",
            "name": "x",
            "genres": [["Drama", CAMPS[n % 3]] if genres else None for n in range(30)],
            "source": "test",
        },
        schema_overrides={"genres": pl.List(pl.String)},
    )
    ratings = Interactions.from_arrays(
        users, ids[places], stars, item_index=IdIndex(np.sort(ids)), user_index=IdIndex(range(90))
    )
    return ratings, facts_of(Tables(titles=titles), ratings)


def camp_of(title: int) -> int:
    ids = np.random.default_rng(2).permutation(30) * 7 + 1
    return int(np.flatnonzero(ids == title)[0] % 3)


@pytest.mark.parametrize("genres", [True, False])
def test_titles_that_the_same_people_love_are_a_group(genres: bool) -> None:
    found = taste_groups(*camps(genres), n_groups=3)
    assert len(found) == 3
    camps_found = [{camp_of(title) for title in group.profile} for group in found]
    assert sorted(map(tuple, camps_found)) == [(0,), (1,), (2,)]


def test_a_group_is_named_after_what_sets_it_apart() -> None:
    for group in taste_groups(*camps(), n_groups=3):
        assert group.name.startswith(CAMPS[camp_of(group.examples[0])])
    assert {group.name for group in taste_groups(*camps(genres=False))} == {"More like these"}


def test_six_groups_of_the_world_have_names_and_titles_of_their_own(
    world: Known, groups: tuple[TasteGroup, ...]
) -> None:
    ratings, facts = world
    assert len(groups) == 6
    assert len({group.name for group in groups}) == 6
    titles = [title for group in groups for title in group.profile]
    assert len(titles) == len(set(titles))
    for group in groups:
        assert len(group.examples) == 3
        assert set(group.examples) <= set(group.profile)
        assert group.name == " & ".join(group.genres)
        shown = ratings.items.positions(group.examples)
        assert (facts.popularity[shown] > 0.5).all(), "examples must be well known"
        assert all(4 <= stars <= 5 for stars in group.profile.values())


def test_groups_are_the_same_every_time_and_differ_by_seed_in_detail_alone(
    world: Known, groups: tuple[TasteGroup, ...]
) -> None:
    assert taste_groups(*world) == groups
    other = taste_groups(*world, seed=1)
    shared = group_profile(groups).keys() & group_profile(other).keys()
    assert len(shared) > len(group_profile(groups)) / 2


def test_picking_a_group_leads_on_the_whole_to_titles_of_its_genres(
    world: Known, groups: tuple[TasteGroup, ...]
) -> None:
    ratings, facts = world
    model = EASE(l2=50, liked_from=3.5).fit(ratings)
    lift = []
    for group in groups:
        stars = group_profile([group])
        profile = Interactions.from_arrays(
            [0] * len(stars), list(stars), list(stars.values()), item_index=ratings.items
        )
        picks = model.recommend(profile, 20).items[0]
        numbers = [facts.genres.number(genre) for genre in group.genres]
        fits = facts.genres.any_of(numbers)
        lift.append(fits[picks].mean() / fits.mean())
    assert np.mean(lift) > 1.15, lift


def test_several_groups_stand_together(groups: tuple[TasteGroup, ...]) -> None:
    both = group_profile(groups[:2])
    assert both == {**groups[0].profile, **groups[1].profile}
    assert group_profile([]) == {}


def test_where_little_is_liked_there_are_fewer_groups_or_none() -> None:
    ratings, facts = camps()
    one = Interactions.from_arrays(
        [1, 1, 1, 2],
        ratings.items.ids[:4],
        [5, 4, 4.5, 1],
        item_index=ratings.items,
    )
    assert len(taste_groups(one, facts)) == 1
    nothing = one.at_least(6)
    assert taste_groups(nothing, facts) == ()


def test_no_groups_and_other_catalogs_are_refused() -> None:
    ratings, facts = camps()
    with pytest.raises(ParameterError, match="n_groups must be at least 1"):
        taste_groups(ratings, facts, n_groups=0)
    with pytest.raises(ParameterError, match="another catalog"):
        taste_groups(ratings.with_items(IdIndex(ratings.items.ids[:3])), facts)


def rated(stars: dict[str, list[float]]) -> NDArray[np.float32]:
    """Entropy of titles by the stars that each got."""
    pairs = [(place, star) for place, given in enumerate(stars.values()) for star in given]
    return rating_entropy(
        Interactions.from_arrays(
            np.arange(len(pairs)),
            [place for place, _ in pairs],
            [star for _, star in pairs],
            item_index=IdIndex(np.arange(len(stars))),
        )
    )


def test_titles_about_which_people_disagree_have_the_most_entropy() -> None:
    agreed, mixed, unrated = rated(
        {"agreed": [4.0] * 200, "mixed": [0.5, 2, 3, 3.5, 4.5] * 40, "unrated": []}
    )
    assert agreed < 0.4
    assert mixed == pytest.approx(np.log2(5), abs=0.1)
    assert agreed < unrated <= np.log2(5)


def test_two_equal_ratings_are_not_taken_for_certain() -> None:
    twice, often, _ = rated({"a": [4.0] * 2, "b": [4.0] * 300, "c": [1.0, 2, 3, 4, 5] * 60})
    assert twice > 1
    assert twice > 5 * often


@given(st.data())
def test_nothing_but_candidates_is_asked_and_a_list_is_never_short(data: st.DataObject) -> None:
    ratings, facts = CAMPED
    n = data.draw(st.integers(1, 40))
    candidates = np.random.default_rng(n).random(30) < data.draw(st.floats(0, 1))
    asked = worth_asking(facts, rating_entropy(ratings), n, candidates=candidates)
    allowed = set(np.flatnonzero(candidates).tolist())
    assert set(asked.tolist()) <= allowed
    assert len(asked) == len(set(asked.tolist())) == min(n, len(allowed))


CAMPED = camps()


def test_one_title_in_four_is_one_that_few_have_rated(world: Known) -> None:
    ratings, facts = world
    asked = worth_asking(facts, rating_entropy(ratings), 20)
    seldom = facts.popularity[asked] < 0.5
    assert seldom.tolist() == ([False] * 3 + [True]) * 5


def test_different_genres_come_first(world: Known) -> None:
    ratings, facts = world
    asked = worth_asking(facts, rating_entropy(ratings), 12)
    usual = np.delete(asked, [3, 7, 11])
    assert len(set(facts.genres.first()[usual].tolist())) == len(usual)


def test_titles_teach_by_how_many_know_them_and_how_they_differ() -> None:
    """One genre: the order of the titles that are not seldom is that of the product."""
    ratings, facts = camps(genres=False)
    entropy = rating_entropy(ratings)
    asked = worth_asking(facts, entropy, 3)
    product = np.log1p(facts.n_ratings) * entropy
    assert asked.tolist() == np.argsort(-product, kind="stable")[:3].tolist()


def test_seldom_rated_titles_are_those_that_viewers_may_know_and_differ_about(
    world: Known,
) -> None:
    ratings, facts = world
    entropy = rating_entropy(ratings)
    asked = worth_asking(facts, entropy, 16)[3::4]
    value = np.where(facts.popularity < 0.5, entropy * facts.popularity, -1)
    assert asked[0] == np.argmax(value)


def test_asking_for_nothing_is_refused(world: Known) -> None:
    ratings, facts = world
    with pytest.raises(ParameterError, match="n must be at least 1"):
        worth_asking(facts, rating_entropy(ratings), 0)
