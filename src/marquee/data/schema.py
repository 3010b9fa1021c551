"""What each column of the canonical tables means, its type and its unit.

The tables are enforced when they are written: :func:`conform` brings a frame to its schema and
:func:`check` refuses one that breaks a promise.
"""

from __future__ import annotations

import polars as pl

from marquee.data.columns import TEXTS, Column, Schema, check, conform

__all__ = [
    "AMBIGUOUS", "AVAILABILITY", "CREDITS", "KINDS", "MATCHED_BY", "MEASURES", "ORIGINS",
    "OUTCOMES", "RATINGS", "REJECTS", "ROLES", "SCHEMAS", "SECONDS", "TEXTS", "TITLES", "VIEWERS",
    "Column", "Schema", "check", "conform",
]  # fmt: skip

SECONDS = pl.Datetime("us", "UTC")

MEASURES = {
    "revenue_usd": "worldwide box office, nominal US dollars",
    "domestic_gross_usd": "box office in the United States and Canada, nominal US dollars",
    "popularity": "TMDB popularity, no unit",
    "vote_average": "mean audience score, 0 to 10",
    "vote_count": "number of audience votes",
    "metascore": "mean critics' score, 0 to 100",
    "tomatometer": "share of positive reviews, 0 to 100",
}
"""What ``outcomes.measure`` may say, and the unit of ``outcomes.value``."""

WORLD = "world"
"""The source of the built-in world, whose titles and people are fictional."""

ROLES = ("actor", "director", "writer", "producer", "composer", "crew")
KINDS = ("film", "show")

_SOURCE = Column("source", pl.String, "public name of the source that the row came from", True)
_TITLE = Column("title_id", pl.Int64, "Marquee's number of the title", True)
_KNOWN = Column("known_on", pl.Date, "first day on which the row's facts could be known")

TITLES = Schema(
    "titles",
    "One row per film or show, with what can be known before anybody has seen it.",
    (
        _TITLE,
        Column("kind", pl.String, "film or show", True, values=KINDS),
        Column("name", pl.String, "title as shown to a person, without the year", True),
        Column("original_name", pl.String, "title in the original language, or another name"),
        Column("year", pl.Int32, "year of first release", minimum=1870, maximum=2100),
        Column("release_date", pl.Date, "day of first release"),
        _KNOWN,
        Column("overview", pl.String, "plot in a few sentences"),
        Column("tagline", pl.String, "advertising line"),
        Column("genres", TEXTS, "genres as the source writes them"),
        Column("languages", TEXTS, "ISO 639-1 codes or names, original language first"),
        Column("countries", TEXTS, "countries of production, first named first"),
        Column("companies", TEXTS, "production companies, first named first"),
        Column("keywords", TEXTS, "plot keywords or tags"),
        Column("collection", pl.String, "series that the title belongs to"),
        Column("certificate", pl.String, "age certificate as the source writes it"),
        Column("runtime_min", pl.Int32, "running time in minutes", positive=True),
        Column("seasons", pl.Int32, "number of seasons of a show", positive=True),
        Column("budget_usd", pl.Float64, "production budget, nominal US dollars", positive=True),
        Column("status", pl.String, "state of production as the source writes it"),
        Column("imdb_id", pl.String, "IMDb id with its letters, tt0133093"),
        Column("tmdb_id", pl.Int64, "TMDB id", minimum=1),
        Column("movielens_id", pl.Int64, "MovieLens movieId of the 1M and later sets", minimum=1),
        _SOURCE,
        Column("sources", TEXTS, "every source that contributed to the row, in order of arrival"),
    ),
    ("title_id",),
)

CREDITS = Schema(
    "credits",
    "Who did what in which title.",
    (
        _TITLE,
        Column("person_id", pl.String, "outside id of the person, tmdb:287 or imdb:nm0000093"),
        Column("person", pl.String, "name of the person", True),
        Column("role", pl.String, "role in the production", True, values=ROLES),
        Column("job", pl.String, "job as the source writes it"),
        Column("character", pl.String, "character that an actor plays"),
        Column("position", pl.Int32, "place in the billing of its role, 0 first", minimum=0),
        _KNOWN,
        _SOURCE,
    ),
    (),
)

RATINGS = Schema(
    "ratings",
    "What viewers thought of titles. A rating becomes known when it is given, at `rated_at`.",
    (
        Column("viewer_id", pl.Int64, "Marquee's number of the viewer", True),
        _TITLE,
        Column("rating", pl.Float32, "stars, 0.5 to 5", True, minimum=0.5, maximum=5.0),
        Column("rated_at", SECONDS, "moment of the rating"),
        Column("history_rank", pl.Int32, "place in the viewer's own history, 1 first", minimum=1),
        Column("watch_fraction", pl.Float32, "share of the title watched", minimum=0, maximum=1),
        _SOURCE,
    ),
    ("viewer_id", "title_id"),
)

VIEWERS = Schema(
    "viewers",
    "One row per viewer.",
    (
        Column("viewer_id", pl.Int64, "Marquee's number of the viewer", True),
        Column("source_id", pl.String, "id of the viewer in the source", True),
        Column("age", pl.Int32, "age in years; the lower edge where the source gives bands"),
        Column("gender", pl.String, "gender as the source writes it"),
        Column("occupation", pl.String, "occupation as the source writes it"),
        Column("zip_code", pl.String, "postal code, text: it may start with 0 or hold letters"),
        Column("country", pl.String, "country of residence"),
        _SOURCE,
    ),
    ("viewer_id",),
)

AVAILABILITY = Schema(
    "availability",
    "Which service carried which title where, as of a day.",
    (
        _TITLE,
        Column("service", pl.String, "name of the streaming service", True),
        Column("region", pl.String, "ISO 3166 code of the region; null where the source has none"),
        Column("added_on", pl.Date, "day on which the service added the title"),
        _KNOWN,
        _SOURCE,
    ),
    (),
)

OUTCOMES = Schema(
    "outcomes",
    "What became of a title after its release: one measured value a row.",
    (
        _TITLE,
        Column("measure", pl.String, "what was measured", True, values=tuple(MEASURES)),
        Column("value", pl.Float64, "the value, in the unit of its measure", True, minimum=0),
        _KNOWN,
        _SOURCE,
    ),
    (),
)

REJECTS = Schema(
    "rejects",
    "Rows and cells that a reader could not use.",
    (
        Column("source", pl.String, "public name of the source", True),
        Column("file", pl.String, "name of the file", True),
        Column("line", pl.Int64, "line in the file on which the record starts, 1 first", True),
        Column("column", pl.String, "column of the bad value; null where the whole row is bad"),
        Column("reason", pl.String, "what is wrong with it", True),
        Column("value", pl.String, "the offending text, cut to 200 characters"),
        Column("row_kept", pl.Boolean, "whether the row was kept without this value", True),
    ),
    (),
)

MATCHED_BY = {
    "id": "an external id that both have",
    "title and year": "the same kind, name and year",
    "title and near year": "the same kind and name, one year apart",
    "title and director": "the same kind, name and director, a year missing",
    "part and director": "the same kind, year and director, one name part of the other",
    "nothing": "no title of the body fitted: it became a title of its own",
    "ambiguous": "several fitted, or the evidence disagreed: it became a title of its own",
}
"""What ``origins.matched_by`` may say."""

ORIGINS = Schema(
    "origins",
    "Which title of each source became which title of ours, and on what evidence.",
    (
        _SOURCE,
        Column("source_title_id", pl.Int64, "number of the title in the source", True),
        _TITLE,
        Column("name", pl.String, "title as the source has it", True),
        Column("year", pl.Int32, "year as the source has it"),
        Column("matched_by", pl.String, "what the join went by", True, values=tuple(MATCHED_BY)),
    ),
    ("source", "source_title_id"),
)

AMBIGUOUS = Schema(
    "ambiguous",
    "Titles of a source that a join could not place, kept for a look.",
    (
        _SOURCE,
        Column("source_title_id", pl.Int64, "number of the title in the source", True),
        Column("name", pl.String, "title as the source has it", True),
        Column("year", pl.Int32, "year as the source has it"),
        Column("candidates", pl.List(pl.Int64), "Marquee's numbers of the titles it may be"),
        Column("reason", pl.String, "why none of them was taken", True),
    ),
    ("source", "source_title_id"),
)

SCHEMAS = {
    schema.name: schema
    for schema in (
        *(TITLES, CREDITS, RATINGS, VIEWERS, AVAILABILITY, OUTCOMES),
        *(ORIGINS, AMBIGUOUS, REJECTS),
    )
}
