"""What a title is about, as one text, and the words of such texts."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables

PEOPLE = {"director": 3, "writer": 3, "actor": 5}
"""How many people of each role a text names, the first billed ones."""

LONGEST = 64
"""Characters after which a word is cut."""

_FRAME = {"title_id": pl.Int64, "text": pl.String}


def title_texts(tables: Tables) -> pl.DataFrame:
    """A text for every title by ``title_id``: columns title_id and text, which may be null.

    It holds the words of the name, tagline, overview and keywords, and after them one token each
    for genres, keywords, the collection and the first billed people, with the name of its field in
    front: ``genre_science_fiction``, ``person_ridley_scott``. Such a token is matched as a whole,
    and a model can tell by its front how much it should count. Case, accents and punctuation do not
    tell two names apart.

    Nothing of what became of a title after its release is in the text; for the text as of a day
    give ``tables.before(day)``.
    """
    own = tables.titles.select(
        "title_id",
        *(pl.col(name) for name in ("name", "tagline", "overview")),
        pl.col("keywords").list.join(" ").alias("words"),
        _tokens("genres", "genre"),
        _tokens("keywords", "keyword"),
        _token(pl.col("collection"), "collection"),
    )
    parts = [name for name in own.columns if name != "title_id"]
    text = pl.concat_str(*parts, "people", separator=" ", ignore_nulls=True)
    return (
        own.join(_people(tables.credits), on="title_id", how="left")
        .select("title_id", pl.when(text != "").then(text).alias("text"))
        .sort("title_id")
        .cast(_FRAME)  # type: ignore[arg-type]  # types are invariant in the values of a dict
    )


def _people(cast: pl.DataFrame) -> pl.DataFrame:
    """Tokens of the first billed people of each title: columns title_id and people."""
    order = {role: place for place, role in enumerate(PEOPLE)}
    billed = (
        cast.filter(pl.col("role").is_in(list(PEOPLE)))
        .with_columns(
            pl.col("role").replace_strict(order, return_dtype=pl.Int8).alias("order"),
            pl.col("role").replace_strict(PEOPLE, return_dtype=pl.UInt32).alias("limit"),
            _token(pl.col("person"), "person").alias("token"),
        )
        .filter(pl.col("token").is_not_null())
        .unique(["title_id", "role", "token"], keep="first", maintain_order=True)
        .sort("title_id", "order", "position", nulls_last=True, maintain_order=True)
    )
    first = billed.filter(pl.int_range(pl.len()).over("title_id", "role") < pl.col("limit"))
    # Somebody who directs and writes is named once.
    return (
        first.unique(["title_id", "token"], keep="first", maintain_order=True)
        .group_by("title_id", maintain_order=True)
        .agg(pl.col("token").str.join(" ").alias("people"))
    )


def _tokens(column: str, field: str) -> pl.Expr:
    """Tokens of a column of lists, joined by spaces."""
    tokens = pl.col(column).list.eval(_token(pl.element(), field)).list.drop_nulls()
    joined = tokens.list.unique(maintain_order=True).list.join(" ")
    return pl.when(joined != "").then(joined).alias(f"{field}_tokens")


def _token(names: pl.Expr, field: str) -> pl.Expr:
    """The name as one lower-case token after its field; null where it has no letter or digit."""
    plain = names.str.normalize("NFKD").str.replace_all(r"[\u0300-\u036f]", "").str.normalize("NFC")
    slug = plain.str.to_lowercase().str.replace_all(r"[^\p{L}\p{M}\p{N}]+", "_")
    slug = slug.str.strip_chars("_")
    return pl.when(slug != "").then(pl.concat_str(pl.lit(f"{field}_"), slug))


def stems(texts: pl.Series) -> pl.DataFrame:
    """The stemmed words of the texts in order: columns row (of the text) and token.

    Words are runs of letters and digits of any script in lower case, cut after 64 characters;
    single Latin letters are left out. Words are stemmed as English ones; tokens with an underscore
    stay as they are.

    References
    ----------
    M. F. Porter, "Snowball: a language for stemming algorithms", 2001 (the English stemmer).
    """
    import snowballstemmer

    found = texts.cast(pl.String).str.normalize("NFC").str.to_lowercase()
    words = (
        pl.DataFrame({"token": found.str.extract_all(r"[\p{L}\p{M}\p{N}_]+")})
        .with_row_index("row")
        .explode("token")
        .with_columns(pl.col("token").str.slice(0, LONGEST))
        .filter(pl.col("token").is_not_null() & ~pl.col("token").str.contains("^([a-z]|_+)$"))
    )
    plain = words["token"].unique()
    plain = plain.filter(~plain.str.contains("_", literal=True)).sort()
    stemmed = snowballstemmer.stemmer("english").stemWords(plain.to_list())
    known = pl.DataFrame({"token": plain, "stem": pl.Series(stemmed, dtype=pl.String)})
    return words.join(known, on="token", how="left", maintain_order="left").select(
        "row", pl.coalesce("stem", "token").alias("token")
    )
