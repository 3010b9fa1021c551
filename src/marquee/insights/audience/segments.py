"""How groups of viewers differ: in how they rate, and in what they rate."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.ratings import need_ratings
from marquee.insights.audience.scores import title_genres
from marquee.insights.base import Chart, Finding, weighed
from marquee.insights.intervals import careful
from marquee.insights.multiple import Comparisons, compare
from marquee.insights.sentences import Number, Sentence, count, listed, said

LEAST_RATINGS = 10
"""Ratings of a viewer who is compared."""
LEAST_VIEWERS = 10
"""Such viewers that a group has at least."""
CELLS = 40
"""Pairs of group and genre in the table, the widest differences first."""
MOST_GENRES = 12
"""Genres in the picture, those in which groups differ most."""


class Cell(NamedTuple):
    """A group held against all other viewers in one respect."""

    group: str
    genre: str | None
    """None for the mean rating."""
    viewers: int
    value: float
    others: float


def segment_finding(
    tables: Tables, groups: pl.DataFrame, word: str, order: list[str] | None = None
) -> Finding:
    """The finding for groups of viewers: columns viewer_id and group, one row a viewer.

    Viewers are what is sampled: each with at least ``LEAST_RATINGS`` ratings counts once, with the
    mean of their ratings and the share of their ratings that each genre has. A group is held
    against all other viewers by the interval of :func:`careful`, corrected for all groups and
    genres together; of two groups only the first is, as the second says the same. ``order`` is that
    of the groups where it is not that of their names.

    Raises
    ------
    UnanswerableError
        If there are no ratings, or fewer than two groups with enough viewers.
    """
    ratings = need_ratings(tables)
    viewers = (
        ratings.group_by("viewer_id")
        .agg(n=pl.len().cast(pl.Int64), mean=pl.col("rating").cast(pl.Float64).sum() / pl.len())
        .filter(pl.col("n") >= LEAST_RATINGS)
        .join(groups.drop_nulls(), on="viewer_id")
        .sort("viewer_id")
    )
    sizes = viewers.group_by("group").len("k").filter(pl.col("k") >= LEAST_VIEWERS).sort("group")
    if sizes.height < 2:
        raise UnanswerableError(
            f"fewer than two {word} have {LEAST_VIEWERS} viewers with {LEAST_RATINGS} ratings"
        )
    viewers = viewers.filter(pl.col("group").is_in(sizes["group"].implode()))
    names, shares = _shares(tables, ratings, viewers)
    labels = viewers["group"].to_numpy()
    measured = np.column_stack([viewers["mean"].to_numpy(), shares])
    cells, tests = [], []
    present = sizes["group"].to_list()
    held = [group for group in order or present if group in present]
    held = held[: 1 if sizes.height == 2 else None]
    for group in held:
        inside = labels == group
        for column, genre in enumerate((None, *names)):
            one, other = measured[inside, column], measured[~inside, column]
            cells.append(Cell(group, genre, int(inside.sum()), one.mean(), other.mean()))
            tests.append(careful(one, other))
    found = compare(*np.array(tests).T)
    table = _table(cells, found)
    return Finding(
        sentences=tuple(_sentences(cells, found, sizes.height, viewers, word)),
        n=viewers.height,
        counted=f"viewers with at least {LEAST_RATINGS} ratings",
        table=table,
        chart=_chart(cells, found, word),
        caveats=(
            said(
                "Groups differ in more than their name, and who says of themselves what they are "
                "is not everybody; most viewers of any two groups rate alike."
            ),
        ),
        differences=tuple(
            f"{cell.group}: {cell.genre or 'mean rating'}"
            for cell, differs in zip(cells, found.differs, strict=True)
            if differs
        ),
        weight=weighed(0.55, bool(found.differs.any())),
    )


def _shares(
    tables: Tables, ratings: pl.DataFrame, viewers: pl.DataFrame
) -> tuple[list[str], NDArray[np.float64]]:
    """The genres, and the share of each viewer's ratings that each has, shape (n_viewers, n)."""
    try:
        genres = title_genres(tables)
    except UnanswerableError:
        return [], np.zeros((viewers.height, 0))
    names = genres["genre"].unique().sort()
    titles = genres.select(
        "title_id",
        column=pl.col("genre").replace_strict(
            names, pl.int_range(len(names), eager=True), return_dtype=pl.Int64
        ),
    )
    places = viewers.select("viewer_id", row=pl.int_range(pl.len()))
    counts = (
        ratings.select("viewer_id", "title_id")
        .join(places, on="viewer_id")
        .join(titles, on="title_id")
        .group_by("row", "column")
        .len("k")
    )
    shares = np.zeros((viewers.height, len(names)))
    shares[counts["row"].to_numpy(), counts["column"].to_numpy()] = counts["k"].to_numpy()
    return names.to_list(), shares / viewers["n"].to_numpy()[:, None]


def _table(cells: list[Cell], found: Comparisons) -> pl.DataFrame:
    """The mean rating of each group, then the surest of the genres."""
    table = pl.DataFrame(
        {
            "group": [cell.group for cell in cells],
            "what": [cell.genre or "mean rating" for cell in cells],
            "viewers": [cell.viewers for cell in cells],
            "value": [cell.value for cell in cells],
            "others": [cell.others for cell in cells],
            "difference": found.estimates,
            "low": found.lows,
            "high": found.highs,
            "differs": found.differs,
            "rated": [cell.genre is None for cell in cells],
        }
    )
    of_genres = (
        table.filter(~pl.col("rated"))
        .sort(pl.col("differs").not_(), pl.col("difference").abs().round(9).neg(), "group", "what")
        .head(CELLS)
        .with_columns(("share of ratings: " + pl.col("what")).alias("what"))
    )
    return pl.concat([table.filter("rated"), of_genres]).drop("rated")


def _sentences(
    cells: list[Cell], found: Comparisons, n_groups: int, viewers: pl.DataFrame, word: str
) -> list[Sentence]:
    of_genres = [place for place, cell in enumerate(cells) if cell.genre is not None]
    strength = np.round(np.abs(found.estimates), 9)
    sure = sorted(
        (place for place in of_genres if found.differs[place]),
        key=lambda place: -float(strength[place]),
    )
    told = []
    others = _others(cells, viewers)
    for place in sure[:2]:
        cell = cells[place]
        told.append(
            said(
                "Viewers of the group {group} give {genre} {share} of their ratings, {others} "
                "{other}: a difference of {apart:size}.",
                group=cell.group,
                genre=str(cell.genre),
                others=others,
                share=Number(cell.value, unit="%", digits=1, n=cell.viewers),
                other=Number(cell.others, unit="%", digits=1),
                apart=found.number(place, "points", 1, cell.viewers),
            )
        )
    if of_genres and not sure:
        told.append(
            said("No two {word} are shown to differ in the genres that they rate.", word=word)
        )
    told.append(_rating_sentence(cells, found, word, n_groups, others))
    if sure:
        told.append(
            said(
                "In all {sure} of {n} comparisons are differences.",
                sure=count(int(found.differs.sum())),
                n=count(len(cells)),
            )
        )
    return told


def _others(cells: list[Cell], viewers: pl.DataFrame) -> str:
    if len({cell.group for cell in cells}) > 1:
        return "others"
    (other,) = set(viewers["group"].unique().to_list()) - {cells[0].group}
    return f"{other} viewers"


def _rating_sentence(
    cells: list[Cell], found: Comparisons, word: str, n_groups: int, others: str
) -> Sentence:
    rated = [
        place for place, cell in enumerate(cells) if cell.genre is None and found.differs[place]
    ]
    if len(rated) == 1:
        (place,) = rated
        return said(
            "Viewers of the group {group} rate {words} than {others}, by {apart:size}: {mean} on "
            "average.",
            group=cells[place].group,
            words="higher" if found.estimates[place] > 0 else "lower",
            others=others,
            apart=found.number(place, "stars", 2, cells[place].viewers),
            mean=Number(cells[place].value, unit="stars", digits=2, n=cells[place].viewers),
        )
    if not rated:
        return said(
            "None of {n} {word} is shown to rate higher or lower than other viewers.",
            n=count(n_groups),
            word=word,
        )
    up = [cells[place].group for place in rated if found.estimates[place] > 0]
    down = [cells[place].group for place in rated if found.estimates[place] < 0]
    given = {side: listed(names) for side, names in (("up", up), ("down", down)) if names}
    parts = {"up": "higher than others: {up}", "down": "lower: {down}"}
    if not up:
        parts["down"] = "lower than others: {down}"
    return said(f"Of {{n}} {{word}} these rate {'; '.join(parts[side] for side in given)}.",
                n=count(n_groups), word=word, **given)  # fmt: skip


def _chart(cells: list[Cell], found: Comparisons, word: str) -> Chart:
    """Of one group, its genres; of several a field of groups and genres where some differ."""
    rows = pl.DataFrame(
        {
            "group": [cell.group for cell in cells],
            "genre": [cell.genre for cell in cells],
            "difference": found.estimates,
            "low": found.lows,
            "high": found.highs,
            "differs": found.differs,
        },
        schema_overrides={"genre": pl.String},
    )
    groups = rows["group"].unique(maintain_order=True).to_list()
    of_genres = rows.drop_nulls("genre")
    if len(groups) == 1 and of_genres.height:
        return _one_group(of_genres.sort(pl.col("difference").round(9).neg(), "genre"), groups[0])
    if of_genres["differs"].any():
        return _field(of_genres, len(groups), word)
    means = rows.filter(pl.col("genre").is_null())
    return Chart(
        charts.intervals(
            means, "group", "difference", "low", "high", "mean rating less that of others, stars",
            rule=0, faint="differs",
        ),
        said(
            "A dot with its interval for the mean rating of each of {n} {word}, around a line at "
            "no difference from others.",
            n=count(len(groups)),
            word=word,
        ),
    )  # fmt: skip


def _one_group(rows: pl.DataFrame, group: str) -> Chart:
    return Chart(
        charts.intervals(
            rows, "genre", "difference", "low", "high", f"share of ratings: {group} less others",
            rule=0, faint="differs", share=True,
        ),
        said(
            "A dot with its interval for each of {n} genres, from {first}, to which the group "
            "{group} gives more of its ratings than others do, to {last}, to which it gives less.",
            n=count(rows.height),
            first=rows["genre"][0],
            group=group,
            last=rows["genre"][-1],
        ),
    )  # fmt: skip


def _field(rows: pl.DataFrame, n_groups: int, word: str) -> Chart:
    order = (
        rows.filter("differs")
        .group_by("genre")
        .agg(most=pl.col("difference").abs().max())
        .sort(pl.col("most").round(9).neg(), "genre")["genre"]
        .to_list()[:MOST_GENRES]
    )
    shown = rows.filter(pl.col("genre").is_in(order)).with_columns(
        pl.when("differs").then("difference").otherwise(0).alias("difference")
    )
    return Chart(
        charts.field(
            shown, "genre", "group", "difference", order,
            title="+ more of their ratings than others, \N{MINUS SIGN} less",
        ),
        said(
            "A field of {n} {word} and {m} genres that shows who gives a genre more or less of "
            "their ratings than others do; the widest apart is {genre}.",
            n=count(n_groups),
            word=word,
            m=count(len(order)),
            genre=order[0],
        ),
    )  # fmt: skip
