"""MovieLens 1M: a million whole-star ratings of 2000 to 2003 by viewers of known age and work."""

from __future__ import annotations

import polars as pl

from marquee.data.sources.base import Loaded, Source
from marquee.data.sources.files import Files
from marquee.data.sources.movielens_titles import (
    cells_of,
    n_rejected,
    text_of,
    titles_table,
    viewers_of,
    whole_number,
)
from marquee.data.sources.ratings_file import Layout
from marquee.data.sources.ratings_table import read_ratings
from marquee.data.sources.records import Rejects, first_of_each, parse, read_records
from marquee.data.tables import Tables
from marquee.errors import SourceError

NAME = "ml-1m"
_MOVIE = ("MovieID", "Title", "Genres")
_USER = ("UserID", "Gender", "Age", "Occupation", "Zip-code")
_DAT = Layout(
    viewer="UserID",
    title="MovieID",
    rating="Rating",
    seconds="Timestamp",
    columns=("UserID", "MovieID", "Rating", "Timestamp"),
    separator="::",
)
_RANKED = Layout(
    viewer="user_id", title="movie_id", rating="rating", seconds="timestamp", rank="time_rank"
)
RATINGS_FILES = {
    "ratings.dat": _DAT,
    "ratings_full.csv": _RANKED,
    "ratings_users_1_to_2999.dat": _DAT,
}
"""The publisher's file, and two repackagings: all ratings in their order, and the first half."""

AGES = (1, 18, 25, 35, 45, 50, 56)
"""Lower edges of the age bands; 1 stands for under 18."""

OCCUPATIONS = (
    *("other", "academic/educator", "artist", "clerical/admin", "college/grad student"),
    *("customer service", "doctor/health care", "executive/managerial", "farmer", "homemaker"),
    *("K-12 student", "lawyer", "programmer", "retired", "sales/marketing", "scientist"),
    *("self-employed", "technician/engineer", "tradesman/craftsman", "unemployed", "writer"),
)
"""What the occupation codes stand for, by code; 0 is also "not specified"."""


def _recognizes(files: Files) -> bool:
    return files.has("movies.dat", "users.dat") and _ratings_file(files) is not None


def _ratings_file(files: Files) -> str | None:
    return next((name for name in RATINGS_FILES if files.has(name)), None)


def _read(files: Files) -> Loaded:
    rejects = Rejects(NAME)
    titles = _titles(files, rejects)
    viewers = _viewers(files, rejects)
    name = _ratings_file(files)
    if name is None:
        raise SourceError(f"{files.path} holds none of {', '.join(RATINGS_FILES)}")
    ratings = read_ratings(
        files,
        name,
        RATINGS_FILES[name],
        rejects,
        titles=("movies.dat", titles["title_id"]),
        viewers=("users.dat", viewers["viewer_id"]),
    ).with_columns(pl.lit(NAME).alias("source"))
    n_used = titles.height + viewers.height + ratings.height
    tables = Tables(titles=titles, viewers=viewers, ratings=ratings)
    return Loaded(tables, rejects.frame(), n_used + n_rejected(rejects))


def _titles(files: Files, rejects: Rejects) -> pl.DataFrame:
    file = "movies.dat"
    text = cells_of(text_of(files, file))
    records = read_records(text, file, _MOVIE, rejects, separator="\t", quoted=False)
    return titles_table(records, _MOVIE, rejects, file, NAME)


def _viewers(files: Files, rejects: Rejects) -> pl.DataFrame:
    file = "users.dat"
    text = cells_of(text_of(files, file))
    records = read_records(text, file, _USER, rejects, separator="\t", quoted=False)
    number, code = whole_number("UserID"), pl.col("Occupation").str.strip_chars()
    records = parse(records, "UserID", number, rejects, file, "not a whole number", required=True)
    records = first_of_each(records, "UserID", rejects, file, "a viewer of this id stands above")
    age = whole_number("Age")
    band = pl.when(age.is_in(AGES)).then(age)
    records = parse(records, "Age", band, rejects, file, "not an age band of the set")
    words = {str(place): word for place, word in enumerate(OCCUPATIONS)}
    work = code.replace_strict(words, default=None, return_dtype=pl.String)
    records = parse(records, "Occupation", work, rejects, file, "not an occupation of the set")
    viewers = records.select(
        pl.col("UserID").alias("viewer_id"),
        pl.col("Age").alias("age"),
        pl.col("Gender").alias("gender"),
        pl.col("Occupation").alias("occupation"),
        pl.col("Zip-code").alias("zip_code"),
    )
    return viewers_of(viewers, NAME)


SOURCE = Source(
    name=NAME,
    summary="MovieLens 1M: movies.dat, users.dat and ratings.dat",
    recognizes=_recognizes,
    read=_read,
)
