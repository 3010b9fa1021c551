"""What the data cannot tell: facts that they lack, and whom they leave out."""

from __future__ import annotations

import math

import numpy as np
import polars as pl

from marquee.data.tables import Tables
from marquee.errors import UnanswerableError
from marquee.insights.base import Chart, Finding, Insight
from marquee.insights.charts import bars
from marquee.insights.industry.films import films, gross
from marquee.insights.intervals import estimate, welch
from marquee.insights.sentences import Number, Sentence, count, listed, said
from marquee.insights.wording import compared

FACTS = {
    "month": "month of release",
    "genres": "genres",
    "budget_usd": "budget",
    "revenue_usd": "box office",
    "certificate": "certificate",
    "language": "language",
    "country": "country",
    "runtime_min": "runtime",
    "score": "audience score",
}
"""Columns of the films that findings rest on, and their words."""

LITTLE = 0.05
"""Share below which a fact counts as not told."""


def limits(tables: Tables, _seed: int = 0) -> Finding:
    """How many of the films each fact is known of, and what follows for the findings."""
    own = films(tables)
    if own.is_empty():
        raise UnanswerableError("the data hold no films to say what is known of them")
    known = {
        word: own.select(
            (pl.col(column).list.len() > 0).fill_null(False).mean()
            if own[column].dtype == pl.List(pl.String)
            else pl.col(column).is_not_null().mean()
        ).item()
        for column, word in FACTS.items()
    }
    table = pl.DataFrame({"fact": list(known), "known of": list(known.values())})
    return Finding(
        sentences=tuple(filter(None, (_lacking(known), _partly(known, own), *_never(tables, own)))),
        n=own.height,
        counted="films",
        table=table,
        units={"known of": "%"},
        chart=Chart(
            bars(table, "fact", "known of", "share of films that it is known of", share=True),
            said(
                "A bar for each of {n}: the share of the films of which it is known.",
                n=count(table.height, "facts"),
            ),
        ),
        caveats=(
            said(
                "Every finding says on how many films it rests. What is missing is rarely missing "
                "by chance."
            ),
        ),
        weight=0.4,
    )


def _lacking(known: dict[str, float]) -> Sentence:
    lacking = [word for word, share in known.items() if share < LITTLE]
    if not lacking:
        return said("No fact that the findings rest on is wholly absent from these data.")
    return said(
        "These data do not tell the {facts} of films, so that nothing here can speak of it.",
        facts=listed(lacking),
    )


def _partly(known: dict[str, float], own: pl.DataFrame) -> Sentence | None:
    partly = {word: share for word, share in known.items() if LITTLE <= share < 0.95}
    if not partly:
        return None
    word = min(partly, key=lambda each: (partly[each], each))
    named: dict[str, Number | str] = {
        "word": word,
        "share": Number(partly[word], unit="%", n=own.height),
    }
    text = "Least known of those told in part is the {word}, of {share} of the films"
    both = own.filter(pl.col("popularity").is_not_null())
    money = both.filter(pl.col("budget_usd").is_not_null() & pl.col("revenue_usd").is_not_null())
    if LITTLE * both.height < money.height < 0.95 * both.height:
        rest = both.join(money.select("title_id"), on="title_id", how="anti")
        apart = estimate(welch(*(np.log(each["popularity"].to_numpy()) for each in (money, rest))))
        if apart.is_sure:
            named |= {
                "times": _factor(apart, money.height),
                "films": compared(apart, "better-known", "less-known", ""),
            }
            text += (
                "; films with known money have {times} the popularity of the others, "
                "{times:range}: findings about money are findings about the {films} films"
            )
    return said(f"{text}.", **named)


def _factor(difference: Number, n: int) -> Number:
    low, value, high = (
        math.exp(each) for each in (difference.low or 0, difference.value, difference.high or 0)
    )
    return Number(value, low, high, "times", 2, n)


def _never(tables: Tables, own: pl.DataFrame) -> list[Sentence]:
    """What no such data tell, and what the make-up of these leaves out."""
    told = []
    if own["revenue_usd"].count():
        abroad = "" if gross(tables) == "revenue_usd" else " and what came from abroad"
        told.append(
            said(
                "They tell nothing of advertising, of the number of screens, of what cinemas keep, "
                f"and of what came after cinemas{abroad}: profits here are no accounts."
            )
        )
    spoken = own.drop_nulls("language")
    if spoken.height:
        top = spoken["language"].value_counts(sort=True, name="n").sort(
            "n", "language", descending=[True, False]
        )  # fmt: skip
        told.append(
            said(
                "{share} of the films are in {language}: what holds of them need not hold of "
                "others.",
                share=Number(float(top["n"][0]) / spoken.height, unit="%", n=spoken.height),
                language=str(top["language"][0]),
            )
        )
    if not tables.ratings.is_empty():
        told.append(
            said(
                "Ratings are by {viewers} who chose to rate; those who watched and said nothing, "
                "and those who stayed away, are not in them.",
                viewers=count(tables.ratings["viewer_id"].n_unique(), "viewers"),
            )
        )
    told.append(
        said(
            "No cause can be read from them: films were not given their months, budgets and stars "
            "by lot."
        )
    )
    return told


INSIGHT = Insight("limits", "conclusions", "What can these data not tell?", limits)
