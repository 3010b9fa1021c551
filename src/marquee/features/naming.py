"""What the name of a title tells about a series: its stems, and the number of the part."""

from __future__ import annotations

import polars as pl

_WORDS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ROMAN = ("ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x")
_NUMBERS = {
    "one": 1,
    "i": 1,
    **{word: place for place, word in enumerate(_WORDS, start=2)},
    **{word: place for place, word in enumerate(_ROMAN, start=2)},
    **{str(number): number for number in range(1, 20)},
}
_NUMBER = "|".join(sorted(_NUMBERS, key=len, reverse=True))
_PART = r"(?:part|chapter|episode|volume|vol)"
# A bare "I", a word or a two-digit number is a name's own more often than a count of parts: without
# a word like part before it only 2 to 9 and Roman numerals from II on count.
_BARE = "|".join([*sorted(_ROMAN, key=len, reverse=True), "[2-9]"])
_TAIL = rf"(?:\s{_PART}\s(?:{_NUMBER})|\s(?:{_BARE}))$"

SHORTEST = 3
"""Characters that a stem has at least."""

MOST_WORDS = 6
"""Words that a beginning has at most."""


def stems(names: pl.DataFrame) -> pl.DataFrame:
    """The stems of each name: columns title_id, stem, whole, part; several rows a title.

    ``names`` holds title_id and name. A stem is the name, or what stands before a colon, a dash
    with blanks, or "and the", in lower case, without accents, punctuation, a leading article and
    the number of the part. ``whole`` says that nothing but these was cut; ``part`` is the number
    after the stem, null where none stands there: "Rocky II" is ("rocky", true, 2), and "Rambo:
    First Blood Part II" is ("rambo first blood", true, 2) and ("rambo", false, null).
    """
    heads = [
        pl.col("name"),
        pl.col("name").str.extract(r"^(.*\S)(?::\s|\s[-–—]\s).*$"),
        pl.col("name").str.extract(r"^(.*?\S)(?::\s|\s[-–—]\s).*$"),
        pl.col("name").str.extract(r"(?i)^(.*?\S),?\s(?:and|&)\sthe\s.*$"),
    ]
    parts = [
        names.select(
            "title_id", _plain(head).alias("text"), pl.lit(place == 0).alias("whole")
        ).filter(pl.col("text").is_not_null())
        for place, head in enumerate(heads)
    ]
    number = (
        pl.col("text")
        .str.extract(rf"\s({_NUMBER})$")
        .replace_strict(_NUMBERS, return_dtype=pl.Int64, default=None)
    )
    numbered = pl.col("text").str.contains(_TAIL)
    return (
        pl.concat(parts)
        .with_columns(
            pl.col("text").str.replace(_TAIL, "").alias("stem"),
            pl.when(numbered).then(number).alias("part"),
        )
        .filter(pl.col("stem").str.len_chars() >= SHORTEST)
        .sort(
            "title_id",
            "stem",
            "whole",
            "part",
            descending=[False, False, True, True],
            nulls_last=True,
        )
        .unique(["title_id", "stem"], keep="first", maintain_order=True)
        .select("title_id", "stem", "whole", "part")
    )


def beginnings(names: pl.DataFrame) -> pl.DataFrame:
    """The first words of each name that are not all of it: columns title_id and stem.

    They are written as stems are: "Batman Returns" begins with "batman".
    """
    words = names.select("title_id", _plain(pl.col("name")).str.split(" ").alias("words"))
    return (
        words.select(
            "title_id",
            pl.concat_list(
                pl.when(pl.col("words").list.len() > n).then(
                    pl.col("words").list.head(n).list.join(" ")
                )
                for n in range(1, MOST_WORDS + 1)
            ).alias("stem"),
        )
        .explode("stem")
        .filter(pl.col("stem").str.len_chars() >= SHORTEST)
    )


def _plain(name: pl.Expr) -> pl.Expr:
    """The words of a name in lower case, without accents, punctuation and a leading article."""
    spaced = name.str.replace_all("²", " 2").str.replace_all("³", " 3")
    text = spaced.str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return (
        text.str.replace_all(r"['’`.]", "")
        .str.replace_all(r"[^\p{L}\p{N}]+", " ")
        .str.strip_chars()
        .str.replace(r"^(?:the|an|a)\s", "")
    )
