"""In which months films of each genre come out."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.calendar import MONTHS
from marquee.insights import charts
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.industry.films import films, need
from marquee.insights.multiple import compare
from marquee.insights.sentences import Number, Sentence, count, listed, said

MIN_FILMS = 60
"""Films that a genre needs: five for each month of an even spread."""

NAMED = 4


def genre_by_month(tables: Tables, _seed: int = 0) -> Finding:
    """The share of each genre's films that come out in each month, against that of other films.

    A pair differs where the difference of the two shares does, corrected for all pairs.
    """
    known = need(films(tables), "month", "genres")
    sizes = known.explode("genres").group_by("genres").len().filter(pl.col("len") >= MIN_FILMS)
    names = sizes["genres"].sort().to_list()
    if len(names) < 2:
        raise UnanswerableError(f"fewer than two genres have {MIN_FILMS} films of a known month")
    member = known.select(
        pl.col("genres").list.contains(name).alias(name) for name in names
    ).to_numpy()
    month = known.select((pl.col("month") == each).alias(each) for each in MONTHS).to_numpy()
    own, others, error = _shares(member, month)
    found = compare((own - others).ravel(), error.ravel())
    place = np.indices(own.shape).reshape(2, -1)
    table = pl.DataFrame(
        {
            "genre": [names[at] for at in place[0]],
            "month": [MONTHS[at] for at in place[1]],
            "films": (member.astype(np.int64).T @ month.astype(np.int64)).ravel(),
            "share of its films": own.ravel(),
            "share of other films": others.ravel(),
            "difference": found.estimates,
            "from": found.lows,
            "to": found.highs,
            "differs": found.sides("more", "fewer"),
        }
    )
    more = table.filter(pl.col("differs") == "more").sort(
        "difference", "genre", descending=[True, False]
    )
    fewer = table.filter(pl.col("differs") == "fewer").sort("difference", "genre")
    return Finding(
        sentences=(
            _claim(more, table.height),
            said(
                "In {fewer} of the pairs the genre comes out more rarely than other films, and in "
                "{more} more often.",
                fewer=count(fewer.height),
                more=count(more.height),
            ),
        ),
        n=known.height,
        counted="films",
        table=table,
        units=dict.fromkeys(["share of its films", "share of other films"], "%")
        | dict.fromkeys(["difference", "from", "to"], "points"),
        chart=Chart(
            _chart(table),
            said(
                "A grid of {genres} by month: the size of a dot is the share of the genre's films "
                "that come out then; dark dots are above that of other films beyond chance.",
                genres=count(len(names), "genres"),
            ),
        ),
        caveats=(
            said(
                "The month is that of the first release anywhere, which need not be the main one."
            ),
            said("A film of several genres counts in each."),
        ),
        differences=tuple(
            f"{row['genre']} in {row['month']}"
            for row in pl.concat([more, fewer]).iter_rows(named=True)
        ),
        weight=weighed(0.45, not more.is_empty()),
    )


def _shares(
    member: NDArray[np.bool_], month: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Shares by month of each genre's films and of other films, and the error of their difference.

    Each of shape (n_genres, 12). The error is that of no difference: with the share over all
    films, as in a test of two shares.
    """
    rows, at = member.astype(np.float64), month.astype(np.float64)
    n = rows.sum(axis=0)[:, None]
    # A genre that all films have is compared with nothing.
    rest = np.where(n < len(rows), len(rows) - n, np.nan)
    of_genre, of_all = rows.T @ at, at.sum(axis=0)
    share = of_all / len(rows)
    error = np.sqrt(share * (1 - share) * (1 / n + 1 / rest))
    return of_genre / n, (of_all - of_genre) / rest, error


def _claim(more: pl.DataFrame, pairs: int) -> Sentence:
    if more.is_empty():
        return said(
            "No genre comes out in a month more often than other films do beyond what chance "
            "explains, among {pairs} pairs.",
            pairs=count(pairs),
        )
    named: dict[str, Number | str] = {}
    told = []
    for at, row in enumerate(more.head(NAMED).iter_rows(named=True)):
        named |= {
            f"genre_{at}": row["genre"],
            f"month_{at}": row["month"],
            f"own_{at}": Number(row["share of its films"], unit="%", n=row["films"]),
            f"apart_{at}": Number(
                row["difference"], row["from"], row["to"], "points", 0, row["films"]
            ),
        }
        told.append(
            f"{{genre_{at}}} in {{month_{at}}} ({{own_{at}}} of its films, {{apart_{at}}} more "
            f"than of others, {{apart_{at}:range}})"
        )
    return said(
        f"Genres have their months, most beyond the share of others: {listed(told)}.", **named
    )


def _chart(table: pl.DataFrame) -> charts.Spec:
    shown = table.select(
        "genre",
        pl.col("month").str.slice(0, 3),
        pl.col("share of its films").alias("share"),
        (pl.col("differs") == "more").alias("more"),
    )
    x = {
        "field": "month",
        "type": "ordinal",
        "sort": [month[:3] for month in MONTHS],
        "title": None,
        "axis": {"labelFontSize": 10, "labelPadding": 4},
    }
    size = charts.axis("share", scale={"range": [2, 200], "zero": True}, legend=None)
    dots: dict[str, Any] = {"x": x, "y": charts.names("genre"), "size": size}
    return charts.chart(
        shown,
        charts.layer("circle", "quiet", **dots) | {"transform": [{"filter": "!datum.more"}]},
        charts.layer("circle", **dots) | {"transform": [{"filter": "datum.more"}]},
    )


INSIGHT = Insight(
    "genre-by-month", "industry", "In which months does each genre come out?", genre_by_month
)
