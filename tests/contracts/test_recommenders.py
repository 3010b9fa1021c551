"""What every recommender promises, tried on each entry of ``ALGORITHMS``."""

from __future__ import annotations

import dataclasses
import math
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.errors import NotFittedError, ParameterError
from marquee.lifecycle.model_catalog import paper_of
from marquee.models import ALGORITHMS
from marquee.models.abilities import (
    CLOCKS,
    ExplainsScores,
    FindsSimilarItems,
    PredictsRatings,
    PredictsRatingsAt,
    UsesTitles,
    UsesViewers,
)
from marquee.models.base import Recommender
from marquee.models.popularity import Popularity
from recommender_kit import (
    SIDE,
    UGLY,
    board_for,
    build,
    busy,
    checkerboard,
    every_name,
    fitted,
    once,
    ragged,
    rated_checkerboard,
    timed,
    titles,
    told,
)

ORDER_MATTERS = {
    "bayesian-fm": "draws parameters in the order of users and items",
    "bpr": "draws triples by their place in the data, and starts from random factors",
    "ials": "starts from random factors drawn in the order of items",
    "mult-vae": "starts from random weights drawn in the order of items",
    "neural-ratings": "starts from random embeddings drawn in the order of users and items",
    "nmf": "starts from random factors drawn in the order of rows",
    "sasrec": "starts from random vectors drawn in the order of items",
    "rbm": "draws states of units in the order of users and ratings",
    "stack": "deals ratings to inner folds in the order of rows",
    "stacked-autoencoder": "starts from random weights drawn in the order of users and items",
    "svd": "visits ratings in the order of rows, from a random start drawn in that order",
    "svdpp": "visits ratings in the order of rows, from a random start drawn in that order",
    "stacked-ranker": "holds out viewers in the order of rows",
    "taste-groups": "draws the first centers in the order of rows",
}
"""Why the scores of a recommender may change when users or items are put in another order."""

NEEDS_TITLES = {"blend", "content", "stacked-ranker"}
"""What refuses to be fitted before it was told of the titles."""


@pytest.fixture(params=every_name())
def name(request: pytest.FixtureRequest) -> str:
    """A public name."""
    return str(request.param)


@pytest.fixture(params=sorted(UGLY))
def train(request: pytest.FixtureRequest) -> Interactions:
    """One of the ugly data sets."""
    make: Callable[[], Interactions] = UGLY[request.param]
    return make()


def learned(model: Recommender) -> dict[str, Any]:
    """The learned fields that are set, by name."""
    names = [f.name for f in dataclasses.fields(model) if not f.init and f.name.endswith("_")]
    return {name: getattr(model, name) for name in names if hasattr(model, name)}


def same_bits(one: Recommender, other: Recommender) -> bool:
    """Whether both learned the very same arrays, members included."""
    first, second = _arrays(learned(one)), _arrays(learned(other))
    return len(first) == len(second) and all(
        a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
        for a, b in zip(first, second, strict=True)
    )


def _arrays(value: Any) -> list[NDArray[Any]]:
    """Every array within a learned value, in a fixed order."""
    if isinstance(value, np.ndarray):
        return [value]
    if isinstance(value, Recommender):
        return _arrays(learned(value))
    if isinstance(value, dict):
        return [array for key in sorted(value) for array in _arrays(value[key])]
    if isinstance(value, list | tuple):
        return [array for item in value for array in _arrays(item)]
    if hasattr(value, "indptr"):
        return [value.data, value.indices, value.indptr]
    return [] if isinstance(value, IdIndex) else [np.asarray(value)]


def nobody_yet(train: Interactions, n_profiles: int = 1) -> Interactions:
    """Empty profiles of users that the data does not have."""
    return Interactions.from_arrays(
        train.users.ids[:0],
        train.items.ids[:0],
        user_index=IdIndex(np.arange(9000, 9000 + n_profiles)),
        item_index=train.items,
    )


def reordered(
    train: Interactions, users: NDArray[np.int64], items: NDArray[np.int64]
) -> Interactions:
    """The same interactions with rows and columns in another order."""
    return Interactions.from_arrays(
        train.users.ids[train.rows],
        train.items.ids[train.matrix.indices],
        train.matrix.data,
        user_index=IdIndex(train.users.ids[users]),
        item_index=IdIndex(train.items.ids[items]),
    )


def test_fit_returns_the_model_and_keeps_its_hyperparameters(name: str) -> None:
    model = build(name)
    before = model.params()
    assert fitted(model, ragged()) is model
    assert model.params() == before
    assert type(model)(**before).params() == before


def test_what_fit_learns_ends_in_an_underscore_and_nothing_else_is_set(name: str) -> None:
    model = build(name)
    before = set(vars(model))
    fitted(model, ragged())
    fields = {f.name: f for f in dataclasses.fields(model)}
    public = {f for f in fields if not f.startswith("_")}
    assert all(fields[f].init != f.endswith("_") for f in public)
    assert {f for f in public if f.endswith("_")} <= set(vars(model))
    assert all(f in fields or f.startswith("_") for f in set(vars(model)) - before)


def test_a_clone_is_unfitted_and_says_so(name: str) -> None:
    model = once(name, ragged())
    clone = dataclasses.replace(model)
    assert clone.params() == model.params()
    for ask in (clone.score, clone.recommend):
        with pytest.raises(NotFittedError, match=rf"{type(model).__name__} is not fitted; call"):
            ask(ragged())


def test_scores_are_finite_float32_one_per_profile_and_item(name: str, train: Interactions) -> None:
    scores = once(name, train).score(train)
    assert scores.shape == (train.n_users, train.n_items)
    assert scores.dtype == np.float32
    assert scores.flags.c_contiguous
    assert np.isfinite(scores).all()


def test_learned_arrays_lie_in_rows(name: str) -> None:
    for array in _arrays(learned(once(name, ragged()))):
        assert array.flags.c_contiguous


def test_a_profile_alone_gets_the_scores_it_gets_among_others(
    name: str, train: Interactions
) -> None:
    model = once(name, train)
    together = model.score(train)
    for row in range(train.n_users):
        alone = model.score(train.take([row]))
        np.testing.assert_allclose(alone[0], together[row], rtol=1e-4, atol=1e-5)
    backwards = np.arange(train.n_users)[::-1]
    np.testing.assert_allclose(
        model.score(train.take(backwards)), together[backwards], rtol=1e-4, atol=1e-5
    )


def test_a_second_fit_forgets_the_first(name: str) -> None:
    twice = fitted(fitted(name, ragged()), checkerboard())
    assert same_bits(twice, fitted(name, checkerboard()))


def test_the_input_is_left_alone(name: str) -> None:
    train = ragged()
    before = [array.copy() for array in _arrays(train.matrix)]
    model = fitted(name, train)
    model.score(train)
    model.recommend(train)
    for array, copy in zip(_arrays(train.matrix), before, strict=True):
        assert not array.flags.writeable
        np.testing.assert_array_equal(array, copy)


def test_an_empty_profile_gets_a_full_list(name: str, train: Interactions) -> None:
    model = once(name, train)
    items, scores = model.recommend(nobody_yet(train, 2), k=train.n_items)
    assert (np.sort(items, axis=1) == np.arange(train.n_items)).all()
    assert np.isfinite(scores).all()
    np.testing.assert_array_equal(items[0], items[1])


def test_no_profile_at_all_gets_no_list(name: str) -> None:
    train = ragged()
    model = once(name, train)
    nobody = train.take(np.array([], np.int64))
    assert model.score(nobody).shape == (0, train.n_items)
    assert model.recommend(nobody, k=3).items.shape == (0, 3)


def test_lists_hold_unseen_distinct_items_sorted_and_padded(name: str, train: Interactions) -> None:
    model = once(name, train)
    k = train.n_items + 2
    items, values = model.recommend(train, k=k)
    scores = model.score(train)
    assert items.dtype == np.int32
    assert values.dtype == np.float32
    for row in range(train.n_users):
        seen = train.take([row]).matrix.indices
        n_unseen = train.n_items - len(seen)
        listed = items[row, :n_unseen]
        assert sorted([*listed, *seen]) == list(range(train.n_items))
        np.testing.assert_allclose(values[row, :n_unseen], scores[row, listed], 1e-4, 1e-5)
        assert (items[row, n_unseen:] == -1).all()
        assert (values[row, n_unseen:] == -np.inf).all()
        pairs = list(zip(-values[row, :n_unseen], listed, strict=True))
        assert pairs == sorted(pairs)


def test_seen_items_return_when_asked_for(name: str, train: Interactions) -> None:
    model = once(name, train)
    items = model.recommend(train, k=train.n_items, exclude_seen=False).items
    assert (np.sort(items, axis=1) == np.arange(train.n_items)).all()


def test_only_candidates_are_recommended(name: str) -> None:
    train = ragged()
    model = once(name, train)
    rng = np.random.default_rng(1)
    for shape in ((train.n_items,), (train.n_users, train.n_items)):
        candidates = rng.random(shape) < 0.4
        items = model.recommend(train, k=5, candidates=candidates).items
        allowed = np.broadcast_to(candidates, (train.n_users, train.n_items))
        rows, slots = np.nonzero(items >= 0)
        assert rows.size
        assert allowed[rows, items[rows, slots]].all()


def test_candidates_that_are_no_mask_are_refused(name: str) -> None:
    train = ragged()
    model = once(name, train)
    mask = np.ones((train.n_users + 1, train.n_items), np.bool_)
    for wrong in (mask, mask[:1], mask[0, :1], mask[0].astype(np.int64), np.array([3, 1])):
        with pytest.raises(ParameterError, match="candidates must be a mask of booleans of shape"):
            model.recommend(train, candidates=wrong)


def test_a_foreign_catalog_is_refused(name: str) -> None:
    train = ragged()
    model = once(name, train)
    foreign = reordered(train, np.arange(train.n_users), np.arange(train.n_items)[::-1])
    with pytest.raises(ParameterError, match=r"another catalog of 24 items; call profiles\.with"):
        model.score(foreign)
    np.testing.assert_allclose(
        model.score(foreign.with_items(model.items_)), model.score(train), rtol=1e-4, atol=1e-5
    )


def test_the_pattern_in_the_data_is_learned(name: str) -> None:
    model = build(name)
    if not model.personal:
        pytest.skip(f"{type(model).__name__} gives everybody the items in the same order")
    board = board_for(model)
    items, _ = once(name, board).recommend(board, k=1)
    assert (items[:, 0] == np.arange(SIDE)).all()


def test_an_impersonal_model_gives_everybody_the_same_order(name: str) -> None:
    model = once(name, ragged())
    orders = model.recommend(ragged(), k=24, exclude_seen=False).items
    assert model.personal != bool((orders == orders[0]).all())


def test_new_names_for_users_and_items_change_nothing(name: str) -> None:
    board = board_for(build(name))
    renamed = Interactions(
        # Parity stays, since it is what the titles speak of.
        IdIndex(board.users.ids + 500),
        IdIndex(board.items.ids + 500),
        board.matrix,
    )
    np.testing.assert_array_equal(
        once(name, renamed).score(renamed), once(name, board).score(board)
    )


@pytest.mark.parametrize("make", [ragged, rated_checkerboard])
@pytest.mark.parametrize("side", ["users", "items"])
def test_another_order_of_the_data_reorders_the_scores(
    name: str, side: str, make: Callable[[], Interactions]
) -> None:
    if name in ORDER_MATTERS:
        pytest.skip(ORDER_MATTERS[name])
    train = make()
    rng = np.random.default_rng(5)
    users, items = np.arange(train.n_users), np.arange(train.n_items)
    if side == "users":
        users = rng.permutation(users)
    else:
        items = rng.permutation(items)
    other = reordered(train, users, items)
    np.testing.assert_allclose(
        once(name, other).score(other),
        once(name, train).score(train)[np.ix_(users, items)],
        rtol=1e-3,
        atol=1e-4,
    )


def test_the_same_seed_gives_the_same_bits(name: str) -> None:
    assert same_bits(fitted(name, ragged()), fitted(name, ragged()))


def test_the_number_of_threads_changes_no_bit(name: str) -> None:
    if "n_threads" not in build(name).params():
        pytest.skip("fits on one thread")
    one, *others = (fitted(build(name, n_threads=n), ragged()) for n in (1, 2, 3))
    for other in others:
        assert same_bits(one, other)
        np.testing.assert_array_equal(one.score(ragged()), other.score(ragged()))


@contextmanager
def at_most(n_threads: int) -> Iterator[None]:
    """So many threads for every library that has its own."""
    torch = sys.modules.get("torch")
    before = torch.get_num_threads() if torch else 0
    with threadpool_limits(n_threads):
        if torch:
            torch.set_num_threads(n_threads)
        try:
            yield
        finally:
            if torch:
                torch.set_num_threads(before)


def test_the_threads_that_libraries_may_take_change_no_bit(name: str) -> None:
    fits = []
    for n_threads in (1, 2):
        with at_most(n_threads):
            model = fitted(name, busy())
            fits.append((model, model.score(busy())))
    (one, scores), (two, others) = fits
    assert same_bits(one, two)
    np.testing.assert_array_equal(scores, others)


def test_a_new_viewer_is_scored_from_the_profile_alone_over_any_ids(name: str) -> None:
    train = ragged()
    model = once(name, train)
    row = int(np.argmax(np.diff(train.matrix.indptr)))
    own = train.take([row]).matrix
    ids, ratings = [*train.items.ids[own.indices], "unheard of"], [*own.data, 5.0]
    elsewhere = IdIndex([*reversed(ids), "another unheard of"])
    answers = []
    for user in (7, "ニール"):
        profile = Interactions.from_arrays([user] * len(ids), ids, ratings, item_index=elsewhere)
        profile = profile.with_items(model.items_)
        answers.append([model.score(profile)[0]])
        assert np.isfinite(answers[-1][0]).all()
        if isinstance(model, PredictsRatings):
            places = np.arange(train.n_items)
            answers[-1].append(model.predict_ratings(profile, np.zeros_like(places), places))
    np.testing.assert_array_equal(answers[0], answers[1])


def test_each_of_several_passes_is_told(name: str) -> None:
    model = build(name)
    if not {"epochs", "samples", "iterations"} & model.params().keys():
        pytest.skip("fits in one pass, or in too few to tell")
    ticks: list[tuple[int, int]] = []
    told(model, ragged()).fit(ragged(), on_epoch=lambda done, total: ticks.append((done, total)))
    assert len(ticks) > 1
    for (done, total), (after, of) in pairwise(ticks):
        assert 1 <= done <= total
        assert total != of or after == 1 or after == done + 1, "passes are told one by one"


def test_a_model_that_may_be_told_more_works_with_less(name: str) -> None:
    train = ragged()
    model = build(name)
    asks = (isinstance(model, UsesTitles), isinstance(model, UsesViewers))
    if not any(asks):
        pytest.skip("learns from interactions alone")
    if isinstance(model, UsesTitles):
        model.use_titles(titles(train.items).select("title_id", "text"))
    assert np.isfinite(model.fit(train).score(train)).all()
    if name not in NEEDS_TITLES:
        assert np.isfinite(build(name).fit(train).score(train)).all()


def test_ratings_at_a_time_are_held_to_the_clock(name: str) -> None:
    model = build(name)
    if not isinstance(model, PredictsRatingsAt):
        pytest.skip("predicts no ratings at a time")
    train = timed()
    assert train.times is not None
    rng = np.random.default_rng(8)
    at, to = rng.integers(0, train.n_users, 20), rng.integers(0, train.n_items, 20)
    when = rng.choice(train.times, 20) + rng.integers(-1, 2, 20)
    for clock in CLOCKS:
        model = fitted(build(name, clock=clock), train)
        assert isinstance(model, PredictsRatingsAt)
        together = model.predict_ratings_at(train, at, to, when)
        assert together.dtype == np.float32
        assert together.shape == at.shape
        assert (together >= train.matrix.data.min()).all()
        assert (together <= train.matrix.data.max()).all()
        for row, column, moment, rating in zip(at, to, when, together, strict=True):
            alone = model.predict_ratings_at(train.take([row]), [0], [column], [moment])
            np.testing.assert_allclose(alone, [rating], rtol=1e-4, atol=1e-5)
            if clock == "full":
                continue
            # With "none" no time says anything, with "past" none that is not earlier.
            own = train.take([row])
            assert own.times is not None
            later = own.times >= moment if clock == "past" else np.ones(len(own), np.bool_)
            moved = dataclasses.replace(own, times=own.times + later * 86_400 * 400)
            asked = moment if clock == "past" else moment + 7
            np.testing.assert_allclose(
                model.predict_ratings_at(moved, [0], [column], [asked]), alone, rtol=1e-5, atol=1e-6
            )
        if clock == "none":
            bare = dataclasses.replace(train, times=None)
            assert same_bits(model, fitted(build(name, clock=clock), bare))
            assert isinstance(model, PredictsRatings)
            np.testing.assert_allclose(
                model.predict_ratings(bare, at, to), together, rtol=1e-5, atol=1e-6
            )


def test_a_clock_of_another_name_is_refused(name: str) -> None:
    if "clock" not in build(name).params():
        pytest.skip("has no clock")
    with pytest.raises(ParameterError, match=r"clock\b.*got 'now'"):
        build(name, clock="now")
    assert build(name).params()["clock"] == "none"


def test_the_docstring_tells_the_paper(name: str) -> None:
    assert re.search(r", [^.]*\b(19|20)\d\d\b", paper_of(ALGORITHMS[name])), (
        f"give {name} a section References in its docstring: authors, title, venue, year"
    )


def test_a_bad_hyperparameter_is_refused_by_name_and_value(name: str) -> None:
    model = build(name)
    numeric = {
        field: value
        for field, value in model.params().items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    if not numeric:
        pytest.skip("has no numeric hyperparameter")
    for field, value in numeric.items():
        bad_values = [-1, 1.5, math.nan] if isinstance(value, int) else [-1.0, math.nan, math.inf]
        for bad in bad_values:
            with pytest.raises(ParameterError, match=rf"{field}\b.* got {bad}"):
                build(name, **{field: bad})


def test_predicted_ratings_stay_in_the_range_of_the_data(name: str, train: Interactions) -> None:
    model = once(name, train)
    if not isinstance(model, PredictsRatings):
        pytest.skip("predicts no ratings")
    values = train.matrix.data
    lowest, highest = (values.min(), values.max()) if values.size else (0, 0)
    for profiles in (train, nobody_yet(train, 3)):
        rows, columns = np.indices((profiles.n_users, profiles.n_items)).reshape(2, -1)
        ratings = model.predict_ratings(profiles, rows, columns)
        assert ratings.shape == rows.shape
        assert ratings.dtype == np.float32
        assert (ratings >= lowest).all()
        assert (ratings <= highest).all()


def test_a_rating_asked_alone_is_the_rating_asked_among_others(name: str) -> None:
    train = ragged()
    model = once(name, train)
    if not isinstance(model, PredictsRatings):
        pytest.skip("predicts no ratings")
    rng = np.random.default_rng(2)
    # With repeats, out of order, and most rows left out.
    at, to = rng.integers(3, 12, 40), rng.integers(0, train.n_items, 40)
    together = model.predict_ratings(train, at, to)
    for row, column, rating in zip(at, to, together, strict=True):
        alone = model.predict_ratings(train.take([row]), [0], [column])
        np.testing.assert_allclose(alone, [rating], rtol=1e-4, atol=1e-5)
    assert model.predict_ratings(train, [], []).shape == (0,)
    for rows, columns, message in (
        ([0, -1], [0, 0], "rows must be positions from 0 to 19, got -1"),
        ([0, 0], [0, 24], "columns must be positions from 0 to 23, got 24"),
        ([0, 1], [0], "2 rows for 1 columns"),
    ):
        with pytest.raises(ParameterError, match=message):
            model.predict_ratings(train, rows, columns)


def test_contributions_add_up_to_the_score(name: str, train: Interactions) -> None:
    model = once(name, train)
    if not isinstance(model, ExplainsScores):
        pytest.skip("does not explain its scores")
    scores = model.score(train) - model.score(nobody_yet(train))
    rng = np.random.default_rng(4)
    for columns in (rng.integers(0, train.n_items, train.n_users) for _ in range(3)):
        parts = model.contributions(train, columns)
        assert parts.shape == train.matrix.data.shape
        totals = np.bincount(train.rows, parts, train.n_users)
        expected = scores[np.arange(train.n_users), columns]
        np.testing.assert_allclose(totals, expected, rtol=1e-3, atol=1e-4)


def test_similar_items_are_others_sorted_and_padded(name: str, train: Interactions) -> None:
    model = once(name, train)
    if not isinstance(model, FindsSimilarItems):
        pytest.skip("finds no similar items")
    columns = np.arange(train.n_items)[::-1]
    k = train.n_items + 1
    items, scores = model.similar(columns, k=k)
    assert items.shape == scores.shape == (train.n_items, k)
    for column, listed, values in zip(columns, items, scores, strict=True):
        found = listed[listed >= 0]
        assert column not in found
        assert len(set(found)) == len(found)
        assert (listed[len(found) :] == -1).all()
        assert (values[len(found) :] == -np.inf).all()
        pairs = list(zip(-values[: len(found)], found, strict=True))
        assert pairs == sorted(pairs)
    shorter = model.similar(columns, k=2)
    np.testing.assert_array_equal(shorter.items, items[:, :2])


def test_items_of_the_same_kind_are_found_similar(name: str) -> None:
    model = build(name)
    if not isinstance(model, FindsSimilarItems):
        pytest.skip("finds no similar items")
    model = once(name, board_for(model))
    assert isinstance(model, FindsSimilarItems)
    nearest = model.similar(np.arange(SIDE), k=1).items[:, 0]
    known = nearest >= 0
    assert known.sum() > SIDE / 2
    assert ((nearest - np.arange(SIDE))[known] % 2 == 0).all()


def test_a_fit_that_fails_leaves_the_model_unfitted() -> None:
    class Failing(Popularity):
        def _fit(self, train: Interactions) -> None:
            raise RuntimeError(f"no memory left for {len(train)} entries")

    model = Failing()
    with pytest.raises(RuntimeError):
        model.fit(checkerboard())
    with pytest.raises(NotFittedError):
        model.score(checkerboard())
