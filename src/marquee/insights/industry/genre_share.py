"""How the shares of genres change over the years."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.genres import genre_names
from marquee.insights import charts
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.industry.trend import full_years, slopes
from marquee.insights.multiple import compare
from marquee.insights.sentences import Number, Sentence, count, listed, said
from marquee.insights.wording import farthest

MIN_TITLES = 30
"""Titles that a genre needs to be followed."""

DECADE = 10.0
VALUE = "change per decade"


def genre_share(tables: Tables, _seed: int = 0) -> Finding:
    """The change of each genre's share of the titles, in points per decade.

    It is the slope of whether a title has the genre over its year, by least squares.
    """
    titles = full_years(tables).with_columns(genre_names())
    titles = titles.filter(pl.col("genres").list.len() > 0).select("title_id", "year", "genres")
    sizes = titles.explode("genres").group_by("genres").len().filter(pl.col("len") >= MIN_TITLES)
    names = sizes["genres"].sort().to_list()
    if len(names) < 2:
        raise UnanswerableError(
            f"fewer than two genres have {MIN_TITLES} titles of a known, full year"
        )
    has = titles.select(pl.col("genres").list.contains(name).alias(name) for name in names)
    member = has.to_numpy().astype(np.float64)
    years = titles["year"].to_numpy()
    slope, error, freedom = slopes(years, member)
    found = compare(slope * DECADE, error * DECADE, freedom)
    split = int(np.median(years))
    early, late = member[years < split], member[years >= split]
    table = pl.DataFrame(
        {
            "genre": names,
            "titles": member.sum(axis=0).astype(np.int64),
            "share before": early.mean(axis=0) if len(early) else np.full(len(names), np.nan),
            "share since": late.mean(axis=0),
            VALUE: found.estimates,
            "from": found.lows,
            "to": found.highs,
            "differs": found.sides("grows", "shrinks"),
        }
    ).sort(VALUE, "genre", descending=[True, False])
    shown = table.with_columns(
        pl.col(VALUE, "from", "to") * 100, (pl.col("differs") != "no").alias("clear")
    )
    return Finding(
        sentences=(
            _claim(table),
            said(
                "The shares of {n} genres were followed over {first} to {last}; half of the titles "
                "are of {split} or later.",
                n=count(len(names)),
                first=Number(int(years.min()), unit="year"),
                last=Number(int(years.max()), unit="year"),
                split=Number(split, unit="year"),
            ),
        ),
        n=titles.height,
        counted="titles",
        table=table,
        units={
            "share before": "%",
            "share since": "%",
            VALUE: "points",
            "from": "points",
            "to": "points",
        },
        chart=Chart(
            charts.intervals(
                shown,
                "genre",
                VALUE,
                "from",
                "to",
                "points of share per decade",
                rule=0,
                faint="clear",
            ),
            said(
                "A dot with its interval for each of {n}: by how many points its share of the "
                "titles changes in a decade; a line marks no change.",
                n=count(len(names), "genres"),
            ),
        ),
        caveats=(
            said(
                "Shares of what these data hold: films of early years are in them because they are "
                "still known, and some genres age better than others."
            ),
            said(
                "A title of several genres counts in each, so the shares add up to more than one."
            ),
        ),
        differences=tuple(table.filter(pl.col("differs") != "no")["genre"]),
        weight=weighed(0.4, bool(found.differs.any())),
    )


def _claim(table: pl.DataFrame) -> Sentence:
    named: dict[str, Number | str] = {}
    sides = {
        side: farthest(
            table, side, VALUE, named, unit="points", digits=1, n="titles", last=side == "shrinks"
        )
        for side in ("grows", "shrinks")
    }
    parts = [f"{side} most for {listed(told)}" for side, told in sides.items() if told]
    if not parts:
        return said("The share of no genre changes over the years beyond what chance explains.")
    return said(f"Per decade, the share of titles {', and '.join(parts)}.", **named)


INSIGHT = Insight(
    "genre-share", "industry", "Which genres grow or shrink over the years?", genre_share
)
