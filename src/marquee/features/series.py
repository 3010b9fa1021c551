"""Which earlier films a title goes on with, as far as was known by then."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import known_films, own_rows
from marquee.features.naming import beginnings, stems

BILLED = 5
"""How many of the first billed actors count as the faces of a series."""

FURTHEST = 5
"""How far numbers of parts may lie apart to say by themselves that they are of one series; there is
a "Super" and, years later, a "Super 8"."""


def earlier_parts(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The earlier films of the series of each question's title.

    Columns title_id, as_of, released_on (of the title, null where unknown), part_id,
    part_released_on; one row per question and earlier film, by title, day and release. A film
    counts if it was known and released before the day asked about and before the title's own
    release, and the rows of both name the same collection; or, where a row names none and none of
    its sources knows collections, if their names share a stem and

    - the title's name numbers it after the other: "X 2" after "X", "X: Part III" after "X II"; or
    - the title's name goes on after the stem, or after the whole name of the other as "X Returns"
      after "X", and a director or a first billed actor is the same.
    """
    own = own_rows(
        tables, asked, "name", "kind", "release_date", "year", _collection("own_collection")
    ).filter(pl.col("kind") == "film")
    begins = pl.coalesce("release_date", pl.date(pl.col("year"), 1, 1))
    own = own.select(
        "title_id",
        "as_of",
        "name",
        "own_collection",
        begins.alias("released_on"),
        pl.min_horizontal(begins, "as_of").alias("until"),
    )
    films = known_films(tables, "name", _collection("part_collection")).rename(
        {"title_id": "part_id", "released_on": "part_released_on"}
    )
    in_time = (
        (pl.col("known_on") < pl.col("as_of"))
        & (pl.col("part_released_on") < pl.col("until"))
        & (pl.col("part_id") != pl.col("title_id"))
    )
    collected = own.join(films, left_on="own_collection", right_on="part_collection").filter(
        in_time
    )
    named = _by_name(own, films).filter(in_time)
    outside = _outside(tables)
    for side in ("title_id", "part_id"):
        named = (
            named.join(outside, left_on=side, right_on="outside_id", how="left")
            .filter((pl.col("outside_from") < pl.col("as_of")).fill_null(False).not_())
            .drop("outside_from")
        )
    pairs = pl.concat([collected.select(_PAIR), _agreed(tables, named).select(_PAIR)])
    return pairs.unique().sort("title_id", "as_of", "part_released_on", "part_id")


_PAIR = ("title_id", "as_of", "released_on", "part_id", "part_released_on")


def _collection(name: str) -> pl.Expr:
    plain = pl.col("collection").str.strip_chars().str.to_lowercase()
    return pl.when(plain != "").then(plain).alias(name)


def _outside(tables: Tables) -> pl.DataFrame:
    """Titles that are in no collection as far as a source tells that knows collections.

    Columns outside_id and outside_from: the day on which the first collection of one of the title's
    sources was known. A source is known to tell collections by rows that come from it alone, as
    other rows may have theirs from elsewhere.
    """
    rows = tables.titles.select(
        "title_id",
        "known_on",
        _collection("collection"),
        pl.coalesce("sources", pl.concat_list("source")).alias("sources"),
    )
    teller = rows.filter(pl.col("collection").is_not_null() & (pl.col("sources").list.len() == 1))
    since = teller.group_by(pl.col("sources").list.first().alias("teller")).agg(
        pl.col("known_on").min().alias("outside_from")
    )
    return (
        rows.filter(pl.col("collection").is_null())
        .select(pl.col("title_id").alias("outside_id"), pl.col("sources").alias("teller"))
        .explode("teller")
        .join(since, on="teller", how="inner")
        .group_by("outside_id")
        .agg(pl.col("outside_from").min())
    )


def _by_name(own: pl.DataFrame, films: pl.DataFrame) -> pl.DataFrame:
    """Pairs whose names share a stem, and the flag ``numbered``: the title's number is higher."""
    names = own.select("title_id", "name").unique()
    others = stems(films.select(pl.col("part_id").alias("title_id"), "name")).rename(
        {"title_id": "part_id", "whole": "part_whole", "part": "part_part"}
    )
    own_stems = stems(names)
    numbered = own_stems.filter(pl.col("whole") & pl.col("part").is_not_null())
    begun = (
        beginnings(names.join(numbered, on="title_id", how="anti"))
        .with_columns(whole=pl.lit(False), part=pl.lit(None, dtype=pl.Int64))
        .join(others.filter("part_whole"), on="stem", how="inner")
    )
    shared = pl.concat([own_stems.join(others, on="stem", how="inner"), begun]).filter(
        pl.col("part_id") != pl.col("title_id")
    )
    ahead = pl.col("part") - pl.col("part_part").fill_null(1)
    higher, near = ahead > 0, ahead <= FURTHEST
    # A name that is all stem without a number is a namesake: a remake, or a film of its own.
    goes_on = ~pl.col("whole") | pl.col("part").is_not_null()
    return (
        shared.filter(goes_on & (higher | pl.col("part").is_null() | ~pl.col("whole")))
        .group_by("title_id", "part_id", maintain_order=True)
        .agg((higher & near & pl.col("part_whole")).fill_null(False).any().alias("numbered"))
        .join(own, on="title_id")
        .join(films, on="part_id")
        .filter(
            pl.col("own_collection").is_null()
            | pl.col("part_collection").is_null()
            | (pl.col("own_collection") == pl.col("part_collection"))
        )
    )


def _agreed(tables: Tables, named: pl.DataFrame) -> pl.DataFrame:
    """The pairs that are numbered, or have a director or first billed actor in common by then."""
    faces = tables.credits.filter(
        (pl.col("role") == "director")
        | ((pl.col("role") == "actor") & (pl.col("position") < BILLED))
    ).select(
        "title_id",
        # Sources give a person ids of their own; the name is what they share.
        pl.col("person").str.strip_chars().str.to_lowercase().alias("face"),
        "known_on",
    )
    unsure = named.filter(~pl.col("numbered"))
    same = (
        unsure.select("title_id", "part_id", "as_of")
        .join(faces.rename({"known_on": "own_known_on"}), on="title_id")
        .join(
            faces.rename({"title_id": "part_id", "known_on": "part_known_on"}),
            on=["part_id", "face"],
        )
        .filter(pl.col("own_known_on") < pl.col("as_of"), pl.col("part_known_on") < pl.col("as_of"))
    )
    sure = unsure.join(same, on=["title_id", "part_id", "as_of"], how="semi")
    return pl.concat([named.filter("numbered"), sure])
