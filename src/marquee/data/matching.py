"""Which incoming title is which known title, and on what evidence.

Evidence is asked in rounds, the strongest first; what a round settles is out of the next one:

1. external ids that both sides have;
2. the same kind, name and year, unless the directors have no word in common;
3. the same kind and name, one year apart, unless the directors differ;
4. the same kind, name and director, where a year is missing;
5. the same kind, year and director, where one name is part of the other.

Within a round a pair is taken when neither side has another candidate. Where one does, a director
in common may single out a pair; failing that the incoming title is ambiguous. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import polars as pl

from marquee.data.directors import Directors
from marquee.data.tables import Tables
from marquee.data.titles import name_keys, part_keys

ID_COLUMNS = ("imdb_id", "tmdb_id", "movielens_id")

_DECISIONS: dict[str, pl.DataType | type[pl.DataType]] = {
    "title_id": pl.Int64,
    "known_id": pl.Int64,
    "matched_by": pl.String,
    "candidates": pl.List(pl.Int64),
    "reason": pl.String,
}
_PAIR = ("title_id", "known_id")


class _Round(NamedTuple):
    """What one round settled."""

    matched: pl.DataFrame
    """Pairs taken."""
    contested: pl.DataFrame
    """Pairs of which none was taken."""


def match(known: Tables, incoming: Tables) -> pl.DataFrame:
    """One row for each incoming title, in order: what it is, and why.

    Columns: ``title_id`` of the incoming title; ``known_id``, null where it is a title of its own;
    ``matched_by``, a word of ``schema.MATCHED_BY``; for the ambiguous also ``candidates``,
    ascending, and ``reason``. No known title occurs twice.
    """
    directors = Directors(known, incoming)
    ids = _id_pairs(known.titles, incoming.titles)
    whole, part = (_keys(incoming.titles, name_keys), _keys(incoming.titles, part_keys))
    known_whole, known_part = (_keys(known.titles, name_keys), _keys(known.titles, part_keys))
    named = _named_pairs(known.titles, incoming.titles, [(whole, known_whole)])
    parts = _named_pairs(known.titles, incoming.titles, [(whole, known_part), (part, known_whole)])
    apart = (pl.col("year") - pl.col("year_known")).abs()
    rounds = (
        ("id", ids, "an id is shared by several titles, or two ids disagree"),
        ("title and year", named.filter(apart == 0), "several titles have this name and year"),
        ("title and near year", named.filter(apart == 1), "several titles have nearly this year"),
        ("title and director", named.filter(apart.is_null()), "a year is missing"),
        ("part and director", parts.filter(apart == 0), "one name is part of the other"),
    )
    decided = pl.DataFrame(schema=_DECISIONS)
    refuted = named.clear()
    contested = pl.DataFrame(schema=dict.fromkeys(_PAIR, pl.Int64))
    for name, pairs, reason in rounds:
        pairs = pairs.join(decided, on="title_id", how="anti").join(
            decided.drop_nulls("known_id"), on="known_id", how="anti"
        )
        # A known title that others contend for is not to be had, but not out of the question.
        disputed = pl.col("known_id").is_in(contested["known_id"].implode())
        pairs = directors.compare(pairs.with_columns(pl.col("suspect") | disputed))
        if name != "id":
            # The same name in the same year outweighs an odd spelling of the director.
            differ = pl.col("unlike") if name == "title and year" else ~pl.col("agree")
            if name == "title and year":
                refuted = pairs.filter(differ)
            pairs = pairs.filter(~differ.fill_null(False))
        found = _settle(pairs, only_agreed=name.endswith("and director"))
        decided = pl.concat(
            [decided, _taken(found.matched, name), _undecided(found.contested, reason)]
        )
        contested = pl.concat([contested, found.contested])
    doubtful = refuted.join(decided, on="title_id", how="anti").join(
        decided.drop_nulls("known_id"), on="known_id", how="anti"
    )
    decided = pl.concat([decided, _undecided(doubtful, "the directors differ")])
    return (
        incoming.titles.select("title_id")
        .join(decided, on="title_id", how="left", maintain_order="left", validate="1:1")
        .with_columns(pl.col("matched_by").fill_null("nothing"))
    )


def _settle(pairs: pl.DataFrame, *, only_agreed: bool) -> _Round:
    """The pairs that are alone on both sides, first among those whose directors agree.

    A suspect pair is never taken, but it spoils the others of its titles.
    """
    alone = pl.col("title_id").is_unique() & pl.col("known_id").is_unique()
    clear = ~pl.col("suspect")
    agreed = pairs.filter(clear & pl.col("agree")).filter(alone)
    rest = pairs.join(agreed, on="title_id", how="anti").join(agreed, on="known_id", how="anti")
    single = rest.clear() if only_agreed else rest.filter(alone & clear)
    contested = rest.join(single, on="title_id", how="anti")
    return _Round(pl.concat([agreed, single]).select(_PAIR), contested.select(_PAIR))


def _taken(pairs: pl.DataFrame, matched_by: str) -> pl.DataFrame:
    return pairs.select(
        *_PAIR,
        pl.lit(matched_by).alias("matched_by"),
        pl.lit(None, pl.List(pl.Int64)).alias("candidates"),
        pl.lit(None, pl.String).alias("reason"),
    )


def _undecided(pairs: pl.DataFrame, reason: str) -> pl.DataFrame:
    return pairs.group_by("title_id", maintain_order=True).agg(
        pl.lit(None, pl.Int64).alias("known_id"),
        pl.lit("ambiguous").alias("matched_by"),
        pl.col("known_id").unique().sort().alias("candidates"),
        pl.lit(reason).alias("reason"),
    )


def _id_pairs(known: pl.DataFrame, incoming: pl.DataFrame) -> pl.DataFrame:
    """Pairs that share an external id; ``suspect`` where another of their ids disagrees."""
    left = incoming.select("title_id", "kind", *ID_COLUMNS)
    right = known.select(pl.col("title_id").alias("known_id"), "kind", *ID_COLUMNS)
    found = []
    for column in ID_COLUMNS:
        # TMDB numbers films and shows apart; the others have one numbering for both.
        on = [column, "kind"] if column == "tmdb_id" else [column]
        held = left.filter(pl.col(column).is_not_null())
        found.append(held.join(right, on=on, how="inner", validate="m:m").select(_PAIR))
    return _with_ids(pl.concat(found).unique(maintain_order=True), known, incoming)


def _named_pairs(
    known: pl.DataFrame, incoming: pl.DataFrame, keys: list[tuple[pl.DataFrame, pl.DataFrame]]
) -> pl.DataFrame:
    """Pairs of one kind that share a key, with both years, save those whose ids disagree."""
    pairs = pl.concat(
        left.join(right.rename({"title_id": "known_id"}), on=("kind", "key")).select(_PAIR)
        for left, right in keys
    ).unique(maintain_order=True)
    years = known.select(pl.col("title_id").alias("known_id"), pl.col("year").alias("year_known"))
    return (
        _with_ids(pairs, known, incoming)
        .filter(~pl.col("suspect"))
        .join(incoming.select("title_id", "year"), on="title_id", how="left")
        .join(years, on="known_id", how="left")
    )


def _with_ids(pairs: pl.DataFrame, known: pl.DataFrame, incoming: pl.DataFrame) -> pl.DataFrame:
    """The pairs, sorted, with ``suspect``: whether an id that both sides have is not the same."""
    right = known.select(pl.col("title_id").alias("known_id"), *ID_COLUMNS)
    both = pairs.join(incoming.select("title_id", *ID_COLUMNS), on="title_id", how="left").join(
        right, on="known_id", how="left", suffix="_known"
    )
    unequal = [(pl.col(name) != pl.col(f"{name}_known")).fill_null(False) for name in ID_COLUMNS]
    return both.select(*_PAIR, pl.any_horizontal(unequal).alias("suspect")).sort(_PAIR)


def _keys(
    titles: pl.DataFrame, keys_of: Callable[[str | None, str | None], frozenset[str]]
) -> pl.DataFrame:
    """Title, kind and key: a row for each key of the title's names."""
    rows: list[int] = []
    keys: list[str] = []
    for row, names in enumerate(zip(titles["name"], titles["original_name"], strict=True)):
        for key in sorted(keys_of(*names)):
            rows.append(row)
            keys.append(key)
    return titles.select("title_id", "kind")[rows].with_columns(
        pl.Series("key", keys, dtype=pl.String)
    )
