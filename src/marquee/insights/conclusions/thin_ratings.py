"""Where ratings are thin, or given by few: genres whose averages stand on little."""

from __future__ import annotations

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.features.genres import genre_names
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.charts import intervals
from marquee.insights.multiple import compare
from marquee.insights.sentences import Number, Sentence, count, listed, said

MIN_TITLES = 30
THIN = {"ratings": 20, "votes": 50}
"""Ratings, or votes, below which a title's mean says little."""

TENTH = 0.1
NAMED = 3


def thin_ratings(tables: Tables, _seed: int = 0) -> Finding:
    """By genre, the share of titles with few ratings, and of ratings by the most active tenth.

    Each genre's share of thin titles is set beside that of other titles, corrected for all genres.
    """
    counts, what = _counts(tables)
    titles = (
        tables.titles.sort("title_id")
        .select("title_id", genre_names())
        .filter(pl.col("genres").list.len() > 0)
        .join(counts, on="title_id", how="left", maintain_order="left")
        .with_columns(pl.col("n").fill_null(0))
    )
    sizes = titles.explode("genres").group_by("genres").len().filter(pl.col("len") >= MIN_TITLES)
    genres = sizes["genres"].sort().to_list()
    if len(genres) < 2:
        raise UnanswerableError(f"fewer than two genres have {MIN_TITLES} titles")
    member = titles.select(
        pl.col("genres").list.contains(name).alias(name) for name in genres
    ).to_numpy()
    thin = (titles["n"] < THIN[what]).to_numpy()
    of_genre, size = (member & thin[:, None]).sum(axis=0), member.sum(axis=0)
    rest, rest_size = thin.sum() - of_genre, (thin.size - size).astype(np.float64)
    # A genre that all titles have is compared with nothing.
    rest_size[rest_size == 0] = np.nan
    whole = thin.mean()
    error = np.sqrt(whole * (1 - whole) * (1 / size + 1 / rest_size))
    found = compare(of_genre / size - rest / rest_size, error)
    busy, of_all = _busy(tables, titles, genres)
    table = pl.DataFrame(
        {
            "genre": genres,
            "titles": size,
            f"median {what}": [
                float(titles.filter(pl.Series(member[:, at]))["n"].median() or 0)  # type: ignore[arg-type]
                for at in range(len(genres))
            ],
            "thin": of_genre / size,
            "against others": found.estimates,
            "from": found.lows,
            "to": found.highs,
            "differs": found.sides("thinner", "thicker"),
            "by the busiest tenth": pl.Series(busy, dtype=pl.Float64),
        }
    ).sort("thin", "genre", descending=[True, False])
    if of_all is None:
        table = table.drop("by the busiest tenth")
    return Finding(
        sentences=tuple(filter(None, (_claim(table, what, float(whole)), _few(table, of_all)))),
        n=int(titles["n"].sum()),
        counted=what,
        table=table,
        units={"thin": "%", "by the busiest tenth": "%"}
        | dict.fromkeys(["against others", "from", "to"], "points"),
        chart=Chart(
            intervals(
                table.with_columns(
                    pl.col("against others", "from", "to") * 100,
                    (pl.col("differs") != "no").alias("clear"),
                ),
                "genre",
                "against others",
                "from",
                "to",
                f"points more titles with few {what}",
                rule=0,
                faint="clear",
            ),
            said(
                f"A dot with its interval for each of {{n}}: by how many points more of its titles "
                f"have few {what} than of others; a line marks no difference.",
                n=count(table.height, "genres"),
            ),
        ),
        caveats=(
            said(
                "A title of few ratings may be new, or of interest to few: the mean of those who "
                "came says little about the others."
            ),
        ),
        differences=tuple(table.filter(pl.col("differs") != "no")["genre"]),
        weight=weighed(0.5, bool(found.differs.any())),
    )


def _counts(tables: Tables) -> tuple[pl.DataFrame, str]:
    """Ratings or votes of each title, and which they are."""
    if not tables.ratings.is_empty():
        return tables.ratings.group_by("title_id").agg(
            pl.len().cast(pl.Int64).alias("n")
        ), "ratings"
    votes = tables.outcomes.filter(pl.col("measure") == "vote_count")
    if votes.is_empty():
        raise UnanswerableError("the data hold neither ratings nor numbers of votes")
    return votes.group_by("title_id").agg(pl.col("value").max().cast(pl.Int64).alias("n")), "votes"


def _busy(
    tables: Tables, titles: pl.DataFrame, genres: list[str]
) -> tuple[list[float | None], float | None]:
    """Share of each genre's ratings, and of all, by the tenth of viewers who rate the most."""
    if tables.ratings.is_empty():
        return [None] * len(genres), None
    activity = tables.ratings.group_by("viewer_id").len().sort(
        "len", "viewer_id", descending=[True, False]
    )  # fmt: skip
    top = activity.head(max(round(activity.height * TENTH), 1))["viewer_id"]
    rated = tables.ratings.group_by("title_id").agg(
        pl.col("viewer_id").is_in(top.implode()).sum().alias("busy"), pl.len().alias("all")
    )
    told = titles.join(rated, on="title_id", how="inner")
    shares: list[float | None] = []
    for genre in genres:
        own = told.filter(pl.col("genres").list.contains(genre))
        shares.append(_share(own) if own.height else None)
    return shares, _share(rated)


def _share(rated: pl.DataFrame) -> float:
    return float(rated.select(pl.col("busy").sum() / pl.col("all").sum()).item())


def _claim(table: pl.DataFrame, what: str, whole: float) -> Sentence:
    named: dict[str, Number | str] = {
        "whole": Number(whole, unit="%"),
        "few": count(THIN[what], what),
    }
    thinner = table.filter(pl.col("differs") == "thinner")
    told = []
    for at, row in enumerate(thinner.head(NAMED).iter_rows(named=True)):
        named[f"genre_{at}"] = row["genre"]
        named[f"share_{at}"] = Number(row["thin"], unit="%", n=row["titles"])
        named[f"more_{at}"] = Number(
            row["against others"], row["from"], row["to"], "points", 0, row["titles"]
        )
        told.append(f"{{genre_{at}}} ({{share_{at}}}, {{more_{at}:size}} more than others)")
    start = "{whole} of the titles have fewer than {few}"
    if not told:
        return said(
            f"{start}, in no genre more than in others beyond what chance explains.", **named
        )
    more = ""
    if thinner.height > NAMED:
        named["rest"] = Number(thinner.height - NAMED)
        more = " and {rest} more genres"
    return said(f"{start}; thin are above all {listed(told)}{more}.", **named)


def _few(table: pl.DataFrame, of_all: float | None) -> Sentence | None:
    if of_all is None:
        return None
    first = table.drop_nulls("by the busiest tenth").sort(
        "by the busiest tenth", "genre", descending=[True, False]
    )
    if first.is_empty():
        return None
    row = first.row(0, named=True)
    return said(
        "The most active tenth of the viewers gives {all} of all ratings, and most of any genre of "
        "{genre}: {share}; an average over ratings speaks for them first.",
        all=Number(of_all, unit="%"),
        genre=row["genre"],
        share=Number(row["by the busiest tenth"], unit="%", n=row["titles"]),
    )


INSIGHT = Insight(
    "thin-ratings", "conclusions", "Where are ratings thin, or given by few?", thin_ratings
)
