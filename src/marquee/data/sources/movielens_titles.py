"""What the MovieLens sets share: the table of titles, the tags, the viewers that only rated."""

from __future__ import annotations

import re
from collections.abc import Sequence

import polars as pl

from marquee.data.sources.files import Files, decode, decode_either
from marquee.data.sources.records import Rejects, first_of_each, parse, read_records
from marquee.data.titles import parse_title

_VIDEO = re.compile(r"\s*\(T?V\)\s*$")
"""The mark of films made for video or television, behind the year."""

KEYWORDS_PER_TITLE = 10
"""How many tags a title keeps, those that most viewers gave."""


def text_of(files: Files, name: str) -> str:
    """The text of a file that its publisher wrote in latin-1 and some copies hold in UTF-8."""
    return decode_either(files.read(name), name, "latin-1")


def cells_of(text: str) -> str:
    """The text with the two-character separator ``::`` made one, a tab."""
    return text.replace("::", "\t")


def titles_table(
    records: pl.DataFrame, columns: tuple[str, str, str], rejects: Rejects, file: str, source: str
) -> pl.DataFrame:
    """One row per film of a movies file whose id, title and genres stand in those columns.

    A film is known from the first day of its year: the sets name no day.
    """
    number, title, genres = columns
    records = title_ids(records, number, title, rejects, file)
    listed = pl.col(genres).str.split("|").list.eval(pl.element().filter(pl.element() != ""))
    none = pl.col(genres) == "(no genres listed)"
    return named(records, title).select(
        pl.col(number).alias("title_id"),
        "name",
        "original_name",
        "year",
        pl.date(pl.col("year"), 1, 1).alias("known_on"),
        pl.when(~none).then(listed).alias("genres"),
        pl.col(number).alias("movielens_id"),
        *of_source(source),
    )


def title_ids(
    records: pl.DataFrame, number: str, title: str, rejects: Rejects, file: str
) -> pl.DataFrame:
    """The records with a whole, distinct id and a title."""
    whole = whole_number(number)
    records = parse(records, number, whole, rejects, file, "not a whole number", required=True)
    records = parse(records, title, pl.col(title), rejects, file, "no title", required=True)
    return first_of_each(records, number, rejects, file, "a title of this id stands above")


def named(records: pl.DataFrame, title: str) -> pl.DataFrame:
    """The records with ``name``, ``original_name`` and ``year`` taken from the title.

    What stands in parentheses after the name is the original title, for some foreign films the
    English one, or another name of the film; where there are several the last is taken.
    """
    parsed = [parse_title(_VIDEO.sub("", text)) for text in records[title]]
    year = pl.Series("year", [film.year for film in parsed], pl.Int32)
    return records.with_columns(
        pl.Series("name", [film.name for film in parsed], pl.String),
        pl.Series(
            "original_name", [film.also[-1] if film.also else None for film in parsed], pl.String
        ),
        pl.when(year.is_between(1870, 2100)).then(year).alias("year"),
    )


def of_source(source: str) -> tuple[pl.Expr, ...]:
    """The columns that say that a film is a film and where the row came from."""
    return (
        pl.lit("film").alias("kind"),
        pl.lit(source).alias("source"),
        pl.concat_list(pl.lit(source)).alias("sources"),
    )


def whole_number(column: str) -> pl.Expr:
    """The column as whole numbers above zero, null where it is none."""
    number = pl.col(column).str.strip_chars().cast(pl.Int64, strict=False)
    return pl.when(number > 0).then(number)


def with_keywords(
    titles: pl.DataFrame,
    files: Files,
    name: str,
    columns: tuple[str, str, str, str],
    rejects: Rejects,
    movies_file: str,
    *,
    separator: str = ",",
) -> tuple[pl.DataFrame, int]:
    """The titles with the tags that most viewers gave as keywords, and the number of tags read.

    ``columns`` names viewer, title, tag and time. Tags are compared without regard to letter case
    and spacing. They are facts collected over the years and carry no day of their own.
    """
    viewer, title, tag, _ = columns
    records = _tag_records(files, name, columns, separator, rejects)
    tags = parse(
        records, title, whole_number(title), rejects, name, "not a whole number", required=True
    )
    plain = pl.col(tag).str.to_lowercase().str.replace_all(r"\s+", " ").str.strip_chars()
    tags = parse(tags, tag, plain, rejects, name, "no tag", required=True)
    strange = ~pl.col(title).is_in(titles["title_id"].implode())
    rejects.add(name, tags.filter(strange), f"title is not in {movies_file}", title)
    tags = tags.filter(~strange)
    keywords = (
        tags.group_by(title, tag)
        .agg(pl.col(viewer).n_unique().alias("viewers"))
        .sort(pl.col(title), -pl.col("viewers").cast(pl.Int64), pl.col(tag))
        .group_by(title, maintain_order=True)
        .agg(pl.col(tag).head(KEYWORDS_PER_TITLE).alias("keywords"))
        .rename({title: "title_id"})
    )
    return titles.join(keywords, on="title_id", how="left", maintain_order="left"), tags.height


def _tag_records(
    files: Files, name: str, columns: Sequence[str], separator: str, rejects: Rejects
) -> pl.DataFrame:
    """The lines of a tags file as text: at once where every line is whole, else one by one."""
    content = files.read(name)
    has_header = separator == ","
    n_lines = content.count(b"\n") + (not content.endswith(b"\n"))
    try:
        records = pl.read_csv(
            content.replace(b"::", b"\t") if separator == "::" else content,
            has_header=has_header,
            schema=None if has_header else dict.fromkeys(columns, pl.String),
            infer_schema=False,
            separator="\t" if separator == "::" else separator,
            quote_char='"' if has_header else None,
            row_index_name="line",
            row_index_offset=1 + has_header,
        )
        whole = not any(records.null_count().row(0)) and records.height + has_header == n_lines
        if whole and set(columns) <= set(records.columns):
            return records
    except pl.exceptions.PolarsError:
        pass
    text = decode(content, name)
    if has_header:
        return read_records(text, name, None, rejects, required=columns)
    return read_records(cells_of(text), name, columns, rejects, separator="\t", quoted=False)


def raters(ratings: pl.DataFrame, source: str) -> pl.DataFrame:
    """One viewer per id that occurs in the ratings, of whom nothing else is known."""
    return viewers_of(ratings["viewer_id"].unique().sort().to_frame(), source)


def viewers_of(viewers: pl.DataFrame, source: str) -> pl.DataFrame:
    """The viewers with the source's own id, as text, and its name."""
    return viewers.with_columns(
        pl.col("viewer_id").cast(pl.String).alias("source_id"), pl.lit(source).alias("source")
    )


def n_rejected(rejects: Rejects) -> int:
    """Records that were rejected whole so far."""
    return rejects.frame().filter(~pl.col("row_kept")).height
