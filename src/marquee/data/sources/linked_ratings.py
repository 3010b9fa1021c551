"""MovieLens ratings of TMDB's films: links lead from a ``movieId`` to a TMDB id.

A rating that reaches no title is rejected: a title would have to be made up for it.
"""

from __future__ import annotations

import logging
from dataclasses import replace

import polars as pl

from marquee.data import schema
from marquee.data.sources.facts import imdb_id_of, merge_repeats, number
from marquee.data.sources.files import Files
from marquee.data.sources.ratings_file import Layout, parse_lines, without
from marquee.data.sources.ratings_table import canonical, latest_of_each, within_scale
from marquee.data.sources.records import Rejects, parse, read_records
from marquee.errors import SourceError

LINKS = ("links.csv", "links_small.csv")
RATINGS = ("ratings.csv", "ratings_small.csv")
"""The second holds a sample of the first with viewers of its own, so only one of them is read."""

LAYOUT = Layout(viewer="userId", title="movieId", rating="rating", seconds="timestamp")

_log = logging.getLogger(__name__)


def read_links(files: Files, rejects: Rejects) -> tuple[pl.DataFrame, int]:
    """``movieId``, ``imdbId`` with its letters and ``tmdbId`` of each link, and records read.

    Where two movieIds lead to one film, the second is filed as kept: its ratings reach the film.
    """
    types = {"movieId": pl.Int64(), "imdbId": pl.String(), "tmdbId": pl.Int64()}
    parts = [pl.DataFrame(schema=types)]
    n_records = 0
    for file in filter(files.has, LINKS):
        records = read_records(files.text(file), file, None, rejects, required=tuple(types))
        n_records += records.height
        known = _whole_number("movieId")
        records = parse(records, "movieId", known, rejects, file, "not a number", required=True)
        imdb = imdb_id_of(_whole_number("imdbId"))
        records = parse(records, "imdbId", imdb, rejects, file, "not the number of an IMDb id")
        tmdb = _whole_number("tmdbId")
        records = parse(records, "tmdbId", tmdb, rejects, file, "not a TMDB id")
        records = merge_repeats(records, "movieId", rejects, file, "repeats an earlier movieId")
        second = pl.col("tmdbId").is_not_null() & ~pl.col("tmdbId").is_first_distinct()
        reason = "another movieId leads to this film already"
        rejects.add(file, records.filter(second), reason, "tmdbId", row_kept=True)
        parts.append(records.select(*types))
    return pl.concat(parts).unique("movieId", keep="first", maintain_order=True), n_records


def _whole_number(column: str) -> pl.Expr:
    """The column as a whole number above zero; 862.0 is one, which is how pandas writes it."""
    value = number(column)
    return pl.when((value > 0) & (value == value.floor())).then(value.cast(pl.Int64))


def ids_by_film(links: pl.DataFrame) -> pl.DataFrame:
    """MovieLens and IMDb id of each TMDB id, from its first link."""
    return (
        links.drop_nulls("tmdbId")
        .unique("tmdbId", keep="first", maintain_order=True)
        .select(
            pl.col("tmdbId").alias("id"),
            pl.col("movieId").alias("movielens_id"),
            pl.col("imdbId").alias("linked_imdb_id"),
        )
    )


def read_ratings(
    files: Files, links: pl.DataFrame, titles: pl.DataFrame, rejects: Rejects, source: str
) -> pl.DataFrame:
    """The ratings table, empty without a ratings file, with TMDB ids as title ids.

    Raises
    ------
    SourceError
        If there are ratings but no links.
    """
    file = next(filter(files.has, RATINGS), None)
    if file is None:
        return schema.RATINGS.empty()
    if links.is_empty():
        raise SourceError(f"{file} needs {LINKS[0]}, which leads its movieIds to films")
    lines = parse_lines(files, file, LAYOUT, rejects)
    n_read = lines.height
    lines = within_scale(lines, LAYOUT, rejects, file)
    lines = lines.join(
        links.select("movieId", "tmdbId"), on="movieId", how="left", maintain_order="left"
    )
    unlinked = pl.col("tmdbId").is_null()
    lines = without(lines, unlinked, rejects, file, "no link to a TMDB id", "movieId")
    unknown = ~pl.col("tmdbId").is_in(titles["title_id"].implode())
    lines = without(lines, unknown, rejects, file, "linked to no film of the film file", "movieId")
    _log.info("%s: %d of %d ratings reach a film", file, lines.height, n_read)
    # Two movieIds may lead to one film.
    by_film = replace(LAYOUT, title="tmdbId")
    lines = latest_of_each(lines, by_film, rejects, file, "movieId")
    return canonical(lines, by_film).with_columns(pl.lit(source).alias("source"))
