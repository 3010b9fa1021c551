"""Groups of viewers of like taste, and whether they come back when viewers are drawn again."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.ids import IdIndex
from marquee.data.interactions import Interactions
from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.ratings import need_ratings
from marquee.insights.audience.scores import named, title_genres
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.intervals import COVERAGE, share
from marquee.insights.sentences import Number, Sentence, count, listed, said
from marquee.models.taste_groups import TasteGroup, TasteGroups

LIKED_FROM = 4.0
"""Stars from which on a rating says that somebody likes a title."""
LEAST_VIEWERS = 50
"""Viewers with likes that groups are looked for among."""
MOST_GROUPS = 6
"""Greatest number of groups that is tried."""
STEADY = 0.8
"""Adjusted Rand index from which on groups are said to come back."""
LOOSE = 0.5
"""The same for those said to come back in part."""


def taste_groups(tables: Tables, seed: int = 0) -> Finding:
    """Viewers clustered by what they like, unsupervised; see :class:`TasteGroups`.

    The number of groups is the greatest whose stability is within a standard error of the best.
    Stability is the mean adjusted Rand index between the groups found in two random shares of the
    viewers: 1 says that every draw finds the same groups, 0 that they agree by chance alone. What
    groups are called follows from what they like more often than everybody does.

    Raises
    ------
    UnanswerableError
        If fewer than ``LEAST_VIEWERS`` viewers like something, or all fall into one group.
    """
    ratings = need_ratings(tables).sort("viewer_id", "title_id")
    likes = ratings.filter(pl.col("rating") >= LIKED_FROM)
    n_viewers = likes["viewer_id"].n_unique()
    if n_viewers < LEAST_VIEWERS:
        raise UnanswerableError(
            f"{n_viewers} viewers like something, and {LEAST_VIEWERS} are needed to find groups"
        )
    train = Interactions.from_arrays(
        likes["viewer_id"].to_numpy(),
        likes["title_id"].to_numpy(),
        item_index=IdIndex(tables.titles["title_id"].sort().to_numpy()),
    )
    model = TasteGroups(most_groups=MOST_GROUPS, seed=seed)
    model.use_titles(_genres(tables)).fit(train)
    groups = model.describe(5)
    if len(groups) < 2:
        raise UnanswerableError("all viewers fall into one group")
    tried = model.stability_
    (row,) = np.flatnonzero(tried[:, 0] == len(groups))
    steady = Number(*_interval(float(tried[row, 1]), float(tried[row, 2])), digits=2, n=n_viewers)
    order = sorted(range(len(groups)), key=lambda group: (-model.sizes_[group], group))
    table = _table(tables, [groups[group] for group in order], model.sizes_[order].tolist())
    first = table.row(0, named=True)
    return Finding(
        sentences=(
            _claim(len(groups), steady),
            said(
                "The largest holds {share:sure} of those with likes, and stands out by {likes}.",
                share=share(first["viewers"], n_viewers),
                likes=first["genres it likes more than others"] or first["titles it likes more"],
            ),
            *_others(table),
        ),
        n=n_viewers,
        counted="viewers with likes",
        table=table,
        units={"share": "%"},
        chart=Chart(
            charts.bars(table, "group", "share", "share of viewers", share=True),
            said(
                "Bars of the share of viewers in each of {n} groups, from {most} to {least}.",
                n=count(len(groups)),
                most=Number(float(table["share"][0]), unit="%"),
                least=Number(float(table["share"][-1]), unit="%"),
            ),
        ),
        caveats=(
            said(
                "Agreement of {one} is the same groups in every draw, of {none} no more than "
                "chance; its interval is that of the mean over draws; up to {most} groups were "
                "tried.",
                one=Number(1),
                none=Number(0),
                most=Number(MOST_GROUPS),
            ),
            *(
                [said("Groups that do not come back are a way to sort viewers, and not a fact.")]
                if steady.value < LOOSE
                else []
            ),
            said("Each viewer is put into one group; many stand between two."),
        ),
        weight=0.7 if steady.value >= STEADY else 0.4,
    )  # fmt: skip


def _claim(n: int, steady: Number) -> Sentence:
    if steady.value < LOOSE:
        return said(
            "No groups of like taste come back when viewers are drawn again: of {n} groups, "
            "agreement {steady:sure}.",
            n=count(n),
            steady=steady,
        )
    return said(
        "Viewers fall into {n} groups of like taste, which come back {words}when viewers are drawn "
        "again: agreement {steady:sure}.",
        n=count(n),
        words="" if steady.value >= STEADY else "in part ",
        steady=steady,
    )


def _interval(value: float, error: float) -> tuple[float, float, float]:
    from scipy.stats import norm

    reach = float(norm.isf((1 - COVERAGE) / 2)) * error
    return value, value - reach, min(value + reach, max(1.0, value))


def _genres(tables: Tables) -> pl.DataFrame:
    """Titles with their genres under one spelling, for the model."""
    ids = tables.titles.select("title_id").sort("title_id")
    try:
        genres = title_genres(tables).group_by("title_id").agg(pl.col("genre").sort())
    except UnanswerableError:
        return ids
    return ids.join(genres, on="title_id", how="left").rename({"genre": "genres"})


def _table(tables: Tables, groups: list[TasteGroup], sizes: list[int]) -> pl.DataFrame:
    titles = dict(named(tables).iter_rows())
    names = [" & ".join(group.genres[:2]) or f"Group {k}" for k, group in enumerate(groups, 1)]
    return pl.DataFrame(
        {
            "group": [
                name if names.count(name) == 1 else f"{name} ({place})"
                for place, name in enumerate(names, 1)
            ],
            "viewers": sizes,
            "share": [group.share for group in groups],
            "genres it likes more than others": [listed(group.genres[:3]) for group in groups],
            "titles it likes more": [
                "; ".join(str(titles[title]) for title in group.title_ids) for group in groups
            ],
        }
    )


def _others(table: pl.DataFrame) -> list[Sentence]:
    told = table.slice(1).filter(pl.col("genres it likes more than others") != "").head(3)
    if told.is_empty():
        return []
    named = {
        f"likes_{'abc'[k]}": row[0]
        for k, row in enumerate(told.select("genres it likes more than others").iter_rows())
    }
    shares = {
        f"share_{'abc'[k]}": Number(row[0], unit="%")
        for k, row in enumerate(told.select("share").iter_rows())
    }
    parts = [f"{{share_{k}}} by {{likes_{k}}}" for k in "abc"[: told.height]]
    return [said(f"Of the next, {'; '.join(parts)}.", **named, **shares)]


INSIGHT = Insight("taste-groups", "audience", "Which groups of like taste are there?", taste_groups)
