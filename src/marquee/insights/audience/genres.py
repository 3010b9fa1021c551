"""Which genres are largest, and which are watched more than their number lets expect."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights import charts
from marquee.insights.audience.scores import title_genres, title_scores
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.intervals import mean
from marquee.insights.sentences import Number, Sentence, count, listed, said

SHOWN = 12
"""Genres in the picture."""
LEAST_TITLES = 5
"""Titles that a genre has at least where attention per title is told."""


def genres(tables: Tables, _seed: int = 0) -> Finding:
    """Titles and ratings of each genre; a title counts in all of its genres."""
    of_titles = title_genres(tables)
    n_titles = tables.titles.height
    try:
        scores = title_scores(tables)
    except UnanswerableError:
        scores = None
    found = of_titles
    if scores is not None:
        found = found.join(scores.titles.select("title_id", "n"), on="title_id", how="left")
    else:
        found = found.with_columns(n=pl.lit(None, pl.Int64))
    total = 0 if scores is None else int(scores.titles["n"].sum())
    word = "ratings" if scores is None else scores.counted
    table = (
        found.group_by("genre")
        .agg(titles=pl.len().cast(pl.Int64), given=pl.col("n").sum())
        .sort(pl.col("titles").neg(), "genre")
        .with_columns(
            (pl.col("titles") / n_titles).alias("share of titles"),
            (pl.col("given") / max(total, 1)).alias(f"share of {word}"),
        )
        .rename({"given": word})
    )
    if scores is None:
        table = table.drop(word, f"share of {word}")
    top = table["genre"].head(3).to_list()
    sentences = [
        said(
            "{top} are the largest genres: {share} of the titles are {first}."
            if len(top) > 1
            else "{top} is the only genre: {share} of the titles are {first}.",
            top=listed(top),
            first=top[0],
            share=Number(table["share of titles"][0], unit="%", n=n_titles),
        )
    ]
    shown = table.head(SHOWN)
    if scores is not None:
        sentences += _attention(found, word)
    head = ["share of titles", *([f"share of {word}"] if scores is not None else [])]
    long = shown.unpivot(head, index="genre", variable_name="what", value_name="share")
    return Finding(
        sentences=tuple(sentences),
        n=n_titles,
        counted="titles",
        table=table,
        units=dict.fromkeys(head, "%"),
        chart=Chart(
            charts.pairs(long, "genre", "share", "what", share=True),
            said(
                "Bars of the share of titles"
                + (" and of {word}" if scores is not None else "")
                + " of the {n} largest genres, {top} first.",
                n=count(shown.height),
                top=top[0],
                **({"word": word} if scores is not None else {}),
            ),
        ),
        caveats=(
            said("A title counts in each of its genres, so that shares sum to more than all."),
        ),
        weight=0.5,
    )


def _attention(of_titles: pl.DataFrame, word: str) -> list[Sentence]:
    """What the genres with most and least ratings per title are, titles being what is sampled."""
    per_title = (
        of_titles.group_by("genre")
        .agg(pl.col("n").fill_null(0).sort())
        .filter(pl.col("n").list.len() >= LEAST_TITLES)
        .sort(pl.col("n").list.mean().neg(), "genre")
    )
    if per_title.height < 2:
        return []
    ends = []
    for at in (0, -1):
        counts = per_title["n"][at].to_numpy()
        each = mean(counts, digits=0 if counts.mean() >= 10 else 1)
        ends.append(replace(each, low=max(each.low or 0.0, 0.0)))
    return [
        said(
            "A title of {most} has {many:sure} {word} on average, one of {least} {few:sure}.",
            most=per_title["genre"][0],
            many=ends[0],
            word=word,
            least=per_title["genre"][-1],
            few=ends[1],
        )
    ]


INSIGHT = Insight("genres", "audience", "Which genres are largest, and most rated?", genres)
