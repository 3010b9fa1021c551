"""Which genres are liked best."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.scores import LEAST, title_genres, title_scores
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.intervals import careful
from marquee.insights.multiple import compare
from marquee.insights.sentences import Number, Sentence, count, listed, said

LEAST_TITLES = 8
"""Titles with enough ratings that a genre has at least where it is compared, and that are in no
genre of its name."""


def genre_ratings(tables: Tables, _seed: int = 0) -> Finding:
    """Each genre's titles against all other titles, by the mean of the titles' means.

    Every title with at least ``LEAST`` ratings counts once, whatever their number: titles are what
    is sampled, and a genre's mean is not that of its greatest success. Intervals are those of
    :func:`careful`, corrected for the number of genres.
    """
    scores = title_scores(tables)
    of_titles = title_genres(tables)
    known = scores.titles.filter(pl.col("n") >= LEAST)
    ids, values = known["title_id"].to_numpy(), known["score"].to_numpy()
    rows = []
    for (genre,), group in of_titles.sort("genre").group_by("genre", maintain_order=True):
        inside = np.isin(ids, group["title_id"].to_numpy())
        if min(inside.sum(), (~inside).sum()) >= LEAST_TITLES:
            apart = careful(values[inside], values[~inside])
            rows.append((genre, int(inside.sum()), float(values[inside].mean()), *apart))
    if len(rows) < 2:
        raise UnanswerableError(
            f"fewer than two genres have {LEAST_TITLES} titles of at least {LEAST} "
            f"{scores.counted}, and as many titles beside them"
        )
    genres, n_titles, means, apart, errors, freedom = zip(*rows, strict=True)
    found = compare(apart, errors, freedom)
    table = pl.DataFrame(
        {
            "genre": genres,
            "titles": n_titles,
            "mean": means,
            "against others": found.estimates,
            "low": found.lows,
            "high": found.highs,
            "differs": found.differs,
        }
    ).sort(pl.col("against others").neg(), "genre")
    sure = table.filter("differs")
    return Finding(
        sentences=tuple(_sentences(sure, scores.unit, len(rows))),
        n=known.height,
        counted=f"titles with at least {LEAST} {scores.counted}",
        table=table,
        chart=Chart(
            charts.intervals(
                table, "genre", "against others", "low", "high",
                f"difference from other titles, {_of(scores.unit)}", rule=0, faint="differs",
            ),
            said(
                "A dot with its interval for each of {n} genres, from {best} at the top to {worst} "
                "at the bottom, around a line at no difference.",
                n=count(table.height),
                best=table["genre"][0],
                worst=table["genre"][-1],
            ),
        ),
        caveats=(
            said(
                "Genres are not causes: those who rate a genre chose it, and genres differ in age "
                "and in how many see them."
            ),
        ),
        differences=tuple(sorted(sure["genre"].to_list())),
        weight=weighed(0.8, bool(sure.height)),
    )  # fmt: skip


def _of(unit: str) -> str:
    return "stars" if unit == "stars" else "points out of ten"


def _sentences(sure: pl.DataFrame, unit: str, n: int) -> list[Sentence]:
    if sure.is_empty():
        return [
            said("No genre of {n} is shown to be rated differently from other titles.", n=count(n))
        ]
    told = []
    for row, best in ((sure.row(0, named=True), True), (sure.row(-1, named=True), False)):
        if (row["against others"] > 0) == best:
            word = "above" if best else "below"
            told.append(
                said(
                    "Titles of {genre} average {mean}, {apart:size} {word} other titles: the most "
                    "of the genres that differ.",
                    genre=row["genre"],
                    mean=Number(row["mean"], unit=unit, digits=2, n=row["titles"]),
                    apart=Number(
                        row["against others"], row["low"], row["high"],
                        "stars" if unit == "stars" else "", 2, row["titles"],
                    ),
                    word=word,
                )
            )  # fmt: skip
    up = sure.filter(pl.col("against others") > 0)["genre"].to_list()
    down = sure.filter(pl.col("against others") < 0)["genre"].reverse().to_list()
    sides = {"up": listed(up), "down": listed(down)}
    parts = {"up": "above other titles: {up}", "down": "below: {down}"}
    given = {side: names for side, names in sides.items() if names}
    text = "; ".join(parts[side] for side in given)
    return [*told, said(f"Of {{n}} genres, {text}.", n=count(n), **given)]


INSIGHT = Insight("genre-ratings", "audience", "Which genres are liked best?", genre_ratings)
