"""Whether two titles have a director in common, as evidence that they are one."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.data.titles import APOSTROPHES, WORD, plain


class Directors:
    """Who directed what on both sides."""

    def __init__(self, known: Tables, incoming: Tables) -> None:
        self._known = known.credits
        self._incoming = incoming.credits

    def compare(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """The pairs with ``agree`` and ``unlike``, both null where a side has no director.

        ``agree``: whether they share a director. ``unlike``: whether not even a word of the
        directors' names is the same, so that no spelling of one name explains it.
        """
        left = _keys(self._incoming, pairs["title_id"])
        right = _keys(self._known, pairs["known_id"]).rename({"title_id": "known_id"})
        compared = pairs.join(left, on="title_id", how="left", maintain_order="left").join(
            right, on="known_id", how="left", maintain_order="left", suffix="_known"
        )
        shared = {
            name: pl.col(name).list.set_intersection(f"{name}_known").list.len()
            for name in ("keys", "words")
        }
        return compared.select(
            *pairs.columns,
            (shared["keys"] > 0).alias("agree"),
            (shared["words"] == 0).alias("unlike"),
        )


def _keys(people: pl.DataFrame, titles: pl.Series) -> pl.DataFrame:
    """Title, keys and words of its directors' names, for those of the titles that have any."""
    wanted = people.filter(
        (pl.col("role") == "director") & pl.col("title_id").is_in(titles.unique().implode())
    )
    names = wanted["person"].unique(maintain_order=True)
    texts = pl.List(pl.String)
    keyed = pl.DataFrame(
        {
            "person": names,
            "keys": [sorted(person_keys(name)) for name in names],
            "words": [person_words(name) for name in names],
        },
        schema={"person": pl.String, "keys": texts, "words": texts},
    )
    return (
        wanted.select("title_id", "person")
        .join(keyed.filter(pl.col("keys").list.len() > 0), on="person", how="inner")
        .group_by("title_id")
        .agg(pl.col("keys", "words").list.explode().unique().sort())
    )


def person_keys(name: str) -> frozenset[str]:
    """Keys of a person: the words of the name in any order, and the family name alone.

    Sources disagree on the order of East Asian names and on first names that changed, so people who
    share a key are taken for one where the title and year agree as well.
    """
    words = person_words(name)
    return frozenset({" ".join(sorted(words)), words[-1]}) if words else frozenset()


def person_words(name: str) -> list[str]:
    """The words of a person's name, folded; initials and ``Jr`` are none."""
    words = WORD.findall(plain(APOSTROPHES.sub("", name)))
    return [word for word in words if len(word) > 1 and word != "jr"] or words
