"""The title column of MovieLens, taken apart: "Ferry, The (Barca, La) (1995)"."""

from __future__ import annotations

import polars as pl

_ARTICLES = (
    *("The", "A", "An"),
    *("Le", "La", "Les", "Un", "Une", "Des"),  # French
    *("Il", "Lo", "I", "Gli", "Uno", "Una"),  # Italian
    *("Der", "Die", "Das", "Ein", "Eine"),  # German
    *("El", "Los", "Las", "Unos", "Unas"),  # Spanish
    *("O", "Os", "As", "Um", "Uma"),  # Portuguese
    *("Den", "Det", "De", "En", "Ett", "Het"),  # Nordic, Dutch
)
_YEAR = r"\s*\((\d{4})(?:\s?[-–]\s?(?:\d{4})?)?\)(?:\s*\(T?V\))?\s*$"
"""A year or a span of years at the end, before the mark of videos, ``(V)``."""


def year_of(title: pl.Expr) -> pl.Expr:
    """The year at the end of a title, the first of a span; null where there is none."""
    year = title.str.extract(_YEAR, 1).cast(pl.Int32)
    return pl.when(year.is_between(1870, 2100)).then(year)


def name_of(title: pl.Expr) -> pl.Expr:
    """The title without year and other titles, its article in front.

    A title that is nothing but parentheses stays as it is.
    """
    bare = title.str.replace(_YEAR, "").str.replace(r"(\s*\([^()]*\))+\s*$", "")
    return article_first(pl.when(bare.str.strip_chars() != "").then(bare).otherwise(title))


def original_name_of(title: pl.Expr) -> pl.Expr:
    """The title in parentheses after the name, null where there is none.

    MovieLens puts the original title there, or for some foreign films the English one. Where there
    are several the last is taken; a mere alias (``a.k.a. …``) is no original title.
    """
    alone = r"^.*\S\s*\(([^()]*)\)\s*$"
    inner = title.str.replace(_YEAR, "").str.extract(alone, 1)
    return article_first(pl.when(~inner.str.contains(r"(?i)^\s*a\.?k\.?a\b")).then(inner))


def article_first(name: pl.Expr) -> pl.Expr:
    """The name with a trailing article in front: "Ferry, The" becomes "The Ferry"."""
    return (
        name.str.strip_chars()
        .str.replace(r"^(.*\S), ([LlDd]')$", "${2}${1}")
        .str.replace(rf"^(.*\S), ({'|'.join(_ARTICLES)})$", "${2} ${1}")
        .str.replace_all(r"\s+", " ")
    )
