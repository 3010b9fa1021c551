"""The titles table when a source joins a body of data or leaves it."""

from __future__ import annotations

import polars as pl

from marquee.data.schema import TEXTS, TITLES, conform

_NONE = pl.lit([], TEXTS)


def joined_titles(known: pl.DataFrame, incoming: pl.DataFrame, source: str) -> pl.DataFrame:
    """All titles by number: the known ones filled in from the incoming, and the incoming new ones.

    ``incoming`` has the body's numbers already. A known value stands and a null is filled in;
    genres and keywords of both sides are joined. In rows that came from ``source`` itself, which is
    being added again, the incoming value has the first word.
    """
    known = known.with_columns(sources=_own_sources(pl.col("source")))
    incoming = incoming.with_columns(
        source=pl.lit(source),
        sources=_own_sources(pl.lit(source)),
        genres=_union(pl.col("genres"), _NONE),
        keywords=_union(pl.col("keywords"), _NONE),
    )
    both = known.join(
        incoming, on="title_id", how="left", suffix="_in", maintain_order="left", validate="1:1"
    )
    filled = both.select(_filled(name, source) for name in TITLES.dtypes)
    new = incoming.join(known, on="title_id", how="anti", maintain_order="left")
    return conform(pl.concat([filled, new]), TITLES).sort("title_id")


def titles_without(
    titles: pl.DataFrame, source: str, keep: pl.Series | None = None
) -> pl.DataFrame:
    """The titles without those that only the source had; the others go on without its name.

    Titles whose numbers are in ``keep`` are left alone.
    """
    kept = pl.Series(dtype=pl.Int64) if keep is None else keep
    spared = pl.col("title_id").is_in(kept.implode())
    others = pl.col("sources").list.filter(pl.element() != source)
    own = pl.col("source") == source
    return (
        titles.with_columns(sources=_own_sources(pl.col("source")))
        .filter(spared | ~own | (others.list.len() > 0))
        .with_columns(
            sources=pl.when(spared).then("sources").otherwise(others),
            source=pl.when(own & ~spared).then(others.list.first()).otherwise("source"),
        )
    )


def _filled(name: str, source: str) -> pl.Expr:
    """A column of a known title, filled in from its incoming row."""
    here, there = pl.col(name), pl.col(f"{name}_in")
    if name in ("title_id", "source"):
        return here
    if name == "sources":
        return _union(here, there).alias(name)
    if name == "known_on":
        # Each source's day bounds from above when the facts could be known, so the earliest of them
        # is the closest bound.
        return pl.min_horizontal(here, there).alias(name)
    join = _union if name in ("genres", "keywords") else pl.coalesce
    own = pl.col("source") == source
    return pl.when(own).then(join(there, here)).otherwise(join(here, there)).alias(name)


def _union(first: pl.Expr, second: pl.Expr) -> pl.Expr:
    """The texts of both lists in order; one that differs from an earlier only in case is left out.

    Two lists that are null or empty give an empty one.
    """
    texts = pl.concat_list(first.fill_null(_NONE), second.fill_null(_NONE))
    unlike = pl.element().str.to_lowercase().is_first_distinct()
    return texts.list.eval(pl.element().filter(unlike))


def _own_sources(source: pl.Expr) -> pl.Expr:
    """The sources of a title, its own among them."""
    return _union(pl.col("sources"), pl.concat_list(source))
