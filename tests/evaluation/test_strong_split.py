"""The strong split is that of the published code, and tells nothing of whom it asks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from marquee.data.interactions import Interactions
from marquee.errors import ParameterError
from marquee.evaluation.experiment import evaluate
from marquee.evaluation.splits import Split, n_held_out, parse_split, strong_split
from marquee.lifecycle.fitting import catalog_interactions
from marquee.models.ease import EASE
from marquee.models.popularity import Popularity
from marquee.service.datasets import open_data


def table(n_users: int = 70, seed: int = 0) -> pl.DataFrame:
    """Ratings in no order, of users of very different activity, some with hardly a like."""
    rng = np.random.default_rng(seed)
    rows = [
        (1000 - user, int(item) * 3, float(rng.integers(1, 11)) / 2)
        for user in range(n_users)
        for item in rng.choice(40, 2 + user // 2, replace=False)
    ]
    order = rng.permutation(len(rows))
    users, items, ratings = zip(*(rows[place] for place in order), strict=True)
    return pl.DataFrame({"viewer_id": users, "title_id": items, "rating": ratings}).with_columns(
        pl.lit(None, dtype=pl.Datetime(time_zone="UTC")).alias("rated_at")
    )


def parsed(ratings: pl.DataFrame, word: str) -> Split:
    return parse_split(word, Interactions.from_ratings(ratings), seed=0, ratings=ratings)[0]


def pairs(part: Interactions) -> set[tuple[int, int]]:
    users, items = part.users.ids[part.rows], part.items.ids[part.matrix.indices]
    return set(zip(users.tolist(), items.tolist(), strict=True))


Pairs = set[tuple[int, int]]


def by_the_paper(ratings: pl.DataFrame, n_out: int, part: str) -> tuple[Pairs, Pairs, Pairs]:
    """Training, told and asked pairs, by dictionaries and a generator that is seeded twice."""
    liked: dict[int, list[int]] = {}
    for user, title, rating in ratings.select("viewer_id", "title_id", "rating").iter_rows():
        if rating > 3.5:
            liked.setdefault(user, []).append(title)
    users = sorted(user for user, titles in liked.items() if len(titles) >= 5)
    random = np.random.RandomState(98765)
    users = [users[place] for place in random.permutation(len(users))]
    learned = users[: len(users) - 2 * n_out]
    held = users[-n_out:] if part == "test" else users[-2 * n_out : -n_out]
    train = {(user, title) for user in learned for title in liked[user]}
    catalog = {title for _, title in train}
    random = np.random.RandomState(98765)
    told: Pairs = set()
    asked: Pairs = set()
    for user in sorted(held):
        titles = [title for title in liked[user] if title in catalog]
        chosen = np.zeros(len(titles), bool)
        if len(titles) >= 5:
            chosen[random.choice(len(titles), int(0.2 * len(titles)), replace=False)] = True
        for title, is_asked in zip(titles, chosen, strict=True):
            (asked if is_asked else told).add((user, title))
    return train, told, asked


@pytest.mark.parametrize("part", ["test", "validation"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_rows_are_those_that_the_published_steps_give(seed: int, part: str) -> None:
    ratings = table(seed=seed)
    split = parsed(ratings, "strong:11" if part == "test" else "strong-validation:11")
    train, told, asked = by_the_paper(ratings, 11, part)
    assert pairs(split.train) == train
    assert split.profiles is not None
    assert pairs(split.profiles) == told
    assert pairs(split.test) == asked
    assert set(split.train.items.ids.tolist()) == {title for _, title in train}
    assert asked


def test_nobody_who_is_asked_was_learned_from() -> None:
    ratings = table()
    split, validation = parsed(ratings, "strong:9"), parsed(ratings, "strong-validation:9")
    groups = [set(part.users.ids.tolist()) for part in (split.train, split.test, validation.test)]
    assert not groups[0] & groups[1]
    assert not groups[0] & groups[2]
    assert not groups[1] & groups[2]
    assert len(split.test.users) == len(validation.test.users) == 9
    assert pairs(split.train) == pairs(validation.train)
    assert not split.shared_pairs().size
    assert split.train.items == split.test.items == split.history.items
    for part in (split.train, split.test, split.history):
        assert (part.matrix.data == 1).all()
    assert split.likes_only


def test_the_order_of_the_file_counts_and_that_of_users_and_items_does_not() -> None:
    ratings = table()
    split = parsed(ratings, "strong:9")
    assert parsed(ratings.reverse(), "strong:9").fingerprint != split.fingerprint
    data = Interactions.from_ratings(ratings)
    turned = Interactions.from_ratings(
        ratings,
        user_index=type(data.users)(data.users.ids[::-1]),
        item_index=type(data.items)(data.items.ids[::-1]),
    )
    (again,) = parse_split("strong:9", turned, seed=5, ratings=ratings)
    assert again.fingerprint == split.fingerprint


def test_a_report_on_it_ranks_unseen_viewers_by_what_is_told_of_them() -> None:
    split = parsed(table(), "strong:9")
    report = evaluate(lambda: EASE(l2=5.0), [split], k=[5, 3, 5])
    (result,) = report.splits
    assert report.k == (3, 5)
    assert "rmse" not in result.metrics
    assert (
        result.n_users
        == result.n_users_ranked
        == np.count_nonzero(np.diff(split.test.matrix.indptr))
    )
    assert result.relevant_from == 1.0
    model = EASE(l2=5.0).fit(split.train)
    tested = np.flatnonzero(np.diff(split.test.matrix.indptr))
    lists = model.recommend(split.history.take(tested), 3).items
    hits = [
        len(set(row) & set(split.test.take([user]).matrix.indices.tolist())) / 3
        for user, row in zip(tested, lists.tolist(), strict=True)
    ]
    assert result.metrics["precision@3"] == pytest.approx(np.mean(hits))
    assert result.se["precision@3"] == pytest.approx(np.std(hits, ddof=1) / np.sqrt(len(hits)))


def test_profiles_that_hold_what_is_asked_are_a_leak() -> None:
    split = parsed(table(), "strong:9")
    leaking = Split("odd", split.train, split.test, split.test)
    assert len(leaking.shared_pairs()) == len(split.test)
    with pytest.raises(ParameterError, match=r"leaks: .* are in the training part or profiles"):
        evaluate(Popularity, [leaking])
    by_training = Split("odd", split.test, split.test, split.profiles)
    assert len(by_training.shared_pairs()) == len(split.test)
    # The same person under another row number is the same person.
    turned = split.test.take(np.arange(split.test.n_users)[::-1])
    assert len(Split("odd", turned, split.test, split.profiles).shared_pairs()) == len(split.test)


def test_what_is_told_is_a_part_of_the_fingerprint() -> None:
    split = parsed(table(), "strong:9")
    half = split.history.where(np.arange(len(split.history)) % 2 == 0)
    other = Split(split.name, split.train, split.test, half)
    assert other.fingerprint != split.fingerprint


def test_profiles_of_other_users_are_not_a_split() -> None:
    split = parsed(table(), "strong:9")
    with pytest.raises(ParameterError, match="profiles and test are over different users"):
        Split("odd", split.train, split.test, split.history.take(np.arange(3)))


@pytest.mark.parametrize(("active", "held"), [(136_677, 10_000), (6_034, 500), (942, 50), (11, 0)])
def test_as_many_are_held_out_as_is_usual_for_the_data(active: int, held: int) -> None:
    assert n_held_out(active) == held


def test_too_few_viewers_are_refused_by_number() -> None:
    data = Interactions.from_ratings(table())
    for n_users in (0, 40):
        with pytest.raises(
            ParameterError, match=rf"cannot hold out {n_users} users twice: \d+ have"
        ):
            strong_split(data, n_users=n_users)
    for word in ("strong:", "strong:x", "strong:2.5", "stronger"):
        with pytest.raises(ParameterError, match=f"split '{word}' is not one of"):
            parsed(table(), word)


@pytest.mark.slow
@pytest.mark.real
def test_the_published_figure_of_popularity_on_movielens_1m_is_met(data_root: Path) -> None:
    tables = open_data("ml-1m", Path("nowhere"), data_root).tables
    data = catalog_interactions(tables, orders=True)
    splits = parse_split("strong", data, seed=0, ratings=tables.ratings)
    (result,) = evaluate(Popularity, splits, k=[20, 50, 100]).splits
    assert (result.n_users, result.n_items) == (500, 3_502)
    assert result.metrics["ndcg@100"] == pytest.approx(0.2106, abs=5e-5)
    # Equal counts are ranked in another order there.
    assert result.metrics["recall_capped@20"] == pytest.approx(0.1613, abs=2e-4)
    assert result.metrics["recall_capped@50"] == pytest.approx(0.2333, abs=4e-4)
