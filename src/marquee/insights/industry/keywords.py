"""Keywords whose films do better or worse than films like them."""

from __future__ import annotations

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights.base import Chart, Finding, Insight, weighed
from marquee.insights.industry.drawing import factors
from marquee.insights.industry.films import films, need
from marquee.insights.sentences import Number, Sentence, count, listed, said
from marquee.insights.standing_out import StandingOut, farthest_groups, standing_out
from marquee.insights.wording import farthest

MIN_FILMS = 20
VALUE = "times expected"

MEASURES = (("multiple", "return"), ("revenue_real_usd", "revenue"), ("popularity", "popularity"))
"""Outcomes that success may be told by, the best first, and their words."""


def keywords(tables: Tables, _seed: int = 0) -> Finding:
    """What films of each keyword do beyond what budget, genres and the rest let expect."""
    own = films(tables)
    column, word = next(
        ((column, word) for column, word in MEASURES if own[column].count()), MEASURES[-1]
    )
    known = need(own, column)
    members = _members(tables)
    if members.is_empty():
        raise UnanswerableError("the data hold no keywords")
    out = standing_out(known, members, column, MIN_FILMS)
    table = farthest_groups(out, pl.Series(out.groups, dtype=pl.String), "keyword", VALUE)
    return Finding(
        sentences=(_claim(table, out, word),),
        n=out.n,
        counted="films",
        table=table,
        chart=Chart(
            factors(
                table,
                "keyword",
                VALUE,
                "from",
                "to",
                f"times the expected {word}",
            ),
            said(
                f"A dot with its interval for each of {{n}}: how many times the {word} its films "
                "have that films like them let expect; a line marks no difference.",
                n=count(table.height, "keywords"),
            ),
        ),
        caveats=(
            said(
                "Volunteers give keywords, mostly to films that became known, and some keywords "
                "tell what only success brings: they travel with it, and do not foretell it."
            ),
            said(
                "The table shows {shown} of {all} with at least {least} films, the farthest from "
                "what was expected first.",
                shown=count(table.height),
                all=count(len(out.groups), "keywords"),
                least=Number(MIN_FILMS),
            ),
        ),
        differences=tuple(table.filter(pl.col("differs") != "no")["keyword"]),
        weight=weighed(0.35, bool(out.found.differs.any())),
    )


def _members(tables: Tables) -> pl.DataFrame:
    word = pl.col("keywords").str.normalize("NFKC").str.to_lowercase().str.strip_chars()
    return (
        tables.titles.select("title_id", "keywords")
        .explode("keywords")
        .select("title_id", word.alias("group"))
        .filter(pl.col("group").is_not_null() & (pl.col("group") != ""))
        .unique()
    )


def _claim(table: pl.DataFrame, out: StandingOut, word: str) -> Sentence:
    named: dict[str, Number | str] = {
        "all": count(len(out.groups), "keywords"),
        "controls": listed(list(out.controls)) or "nothing",
    }
    sides = {
        side: farthest(table, side, VALUE, named, form="“{}”", last=side == "less")
        for side in ("more", "less")
    }
    parts = [f"{side} for {listed(told)}" for side, told in sides.items() if told]
    if not parts:
        return said(
            f"With {{controls}} held fixed, the {word} goes with none of {{all}} beyond what "
            "chance explains.",
            **named,
        )
    named["differ"] = count(int(out.found.differs.sum()))
    return said(
        f"With {{controls}} held fixed, the {word} goes with {{differ}} of {{all}}: "
        f"{', and '.join(parts)}.",
        **named,
    )


INSIGHT = Insight("keywords", "industry", "Which keywords travel with success?", keywords)
