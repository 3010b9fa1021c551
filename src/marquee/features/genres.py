"""What kind of story a title tells, in the words of its catalog."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.features.asking import own_rows
from marquee.features.base import Column, Theme

SPELLINGS = {
    "sci-fi": "Science Fiction",
    "scifi": "Science Fiction",
    "science-fiction": "Science Fiction",
    "sports": "Sport",
    "sports movies": "Sport",
    "biopic": "Biography",
    "biographical": "Biography",
    "children's": "Children",
    "kids": "Children",
    "kids' tv": "Children",
    "film noir": "Film-Noir",
    "documentation": "Documentary",
    "documentaries": "Documentary",
    "docuseries": "Documentary",
    "dramas": "Drama",
    "tv dramas": "Drama",
    "comedies": "Comedy",
    "tv comedies": "Comedy",
    "sitcom": "Comedy",
    "suspense": "Thriller",
    "thrillers": "Thriller",
    "tv thrillers": "Thriller",
    "horror movies": "Horror",
    "tv horror": "Horror",
    "romantic movies": "Romance",
    "romantic tv shows": "Romance",
    "crime tv shows": "Crime",
    "tv mysteries": "Mystery",
    "historical": "History",
    "military and war": "War",
    "anime series": "Anime",
    "anime features": "Anime",
    "adult animation": "Animation",
    "cartoons": "Animation",
    "stand up": "Stand-Up Comedy",
    "reality tv": "Reality",
    "reality-tv": "Reality",
    "game-show": "Game Show",
    "game shows": "Game Show",
    "game show / competition": "Game Show",
    "talk-show": "Talk Show",
    "lgbtq+": "LGBTQ",
    "lgbtq movies": "LGBTQ",
    "faith & spirituality": "Faith and Spirituality",
    "(no genres listed)": None,
    "unknown": None,
    # What streaming lists put among genres, and says where a title comes from or that it is one.
    "movies": None,
    "tv shows": None,
    "series": None,
    "international": None,
    "international movies": None,
    "international tv shows": None,
    "independent movies": None,
    "british tv shows": None,
    "korean tv shows": None,
    "spanish-language tv shows": None,
    "european": None,
}
"""Genres that catalogs spell in several ways, by their lower case; null is no genre."""

_AND = "\n"
SEVERAL = {
    "action & adventure": ("Action", "Adventure"),
    "action-adventure": ("Action", "Adventure"),
    "tv action & adventure": ("Action", "Adventure"),
    "children & family movies": ("Children", "Family"),
    "sci-fi & fantasy": ("Science Fiction", "Fantasy"),
    "tv sci-fi & fantasy": ("Science Fiction", "Fantasy"),
    "music & musicals": ("Music", "Musical"),
    "romantic comedy": ("Romance", "Comedy"),
    "stand-up comedy & talk shows": ("Stand-Up Comedy", "Talk Show"),
}
"""Entries of catalogs that are more than one genre, by their lower case."""


def genre_name(name: pl.Expr) -> pl.Expr:
    """The one name of a genre, whatever catalog it comes from; null where it is none."""
    return _named(name, SPELLINGS)


def genre_names(column: str = "genres") -> pl.Expr:
    """The genres of a list column under one name each, every one once, in their order."""
    known = SPELLINGS | {key: _AND.join(names) for key, names in SEVERAL.items()}
    named = _named(pl.element(), known).str.split(_AND).explode()
    return pl.col(column).list.eval(named).list.drop_nulls().list.unique(maintain_order=True)


def _named(name: pl.Expr, known: dict[str, str | None]) -> pl.Expr:
    """What is known by its lower case, else the name itself, with a capital where it has none."""
    plain = name.str.strip_chars()
    small = plain.str.to_lowercase()
    titled = pl.when(plain == small).then(plain.str.to_titlecase()).otherwise(plain)
    spelled = small.replace_strict(known, default=titled, return_dtype=pl.String)
    return pl.when(plain != "").then(spelled)


def compute(tables: Tables, asked: pl.DataFrame) -> pl.DataFrame:
    """The questions with the columns of the theme."""
    return own_rows(tables, asked, genre_names()).with_columns(
        pl.col("genres").list.len().alias("n_genres")
    )


THEME = Theme(
    name="genres",
    summary="Genres under one name each.",
    columns=(
        Column("genres", "list", "greenlight", "genre", "genres in the order of the catalog"),
        Column("n_genres", "number", "greenlight", "genre", "number of genres", undated=True),
    ),
    compute=compute,
)
